//! The sample with codex installed, and stand-ins for codex's own login and for systemd.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::support::{PROJECT, Run, World};

/// Logs in as codex does: a key comes on standard input; `status` says whether there is a login.
pub const CODEX: &str = "A=\"$HOME/.codex/auth.json\"; C=\"${CODEX_HOME:-$HOME/.codex}\"
[ -d \"$C\" ] || { echo \"CODEX_HOME points to $C, but that path does not exist\" >&2; exit 1; }
case \"$*\" in
'login --with-api-key') read -r key; printf '{\"OPENAI_API_KEY\":\"%s\"}' \"$key\" > \"$A\"; echo 'Successfully logged in' >&2 ;;
login) echo 'open https://auth.example/?id_token_x=true&state=s1'; printf '{\"tokens\":{\"refresh_token\":\"r2\"}}' > \"$A\" ;;
'login status') [ -s \"$A\" ] ;;
*) exit 9 ;;
esac";

pub const CHATGPT: &str =
    "{\"tokens\":{\"refresh_token\":\"r1\"},\"last_refresh\":\"2026-05-01T12:00:00Z\"}";

pub fn stand_in(world: &World, name: &str, body: &str) {
    let program = world.base().join("bin").join(name);
    fs::create_dir_all(world.base().join("bin")).expect("a folder");
    fs::write(&program, format!("#!/bin/sh\n{body}\n")).expect("a stand-in");
    fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("a mode");
}

pub fn world() -> World {
    let mut world = World::of(&Path::new(PROJECT).join("fixtures/sample"));
    stand_in(&world, "codex", CODEX);
    stand_in(
        &world,
        "systemctl",
        "echo \"$*\" >> \"$HOME/calls\"
        case \"$*\" in
        *'show --user'*) printf 'LoadState=loaded\\nActiveState=active\\n' ;;
        *'--user show'*) cat \"$HOME\"/.config/systemd/user/*.d/*.conf | grep Environment= | tail -n 1 ;;
        esac",
    );
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", world.base().join("bin").display());
    world.environment.push(("PATH", path));
    ends(
        &world.nanoclaw(&["skill", "add", "codex", "--no-build", "-y"]),
        0,
        "codex is installed",
    );
    world
}

pub fn login(world: &World) -> PathBuf {
    world.base().join("home/.codex/auth.json")
}

pub fn sign_in_before(world: &World, text: &str) {
    fs::create_dir_all(world.base().join("home/.codex")).expect("a folder");
    fs::write(login(world), text).expect("a login");
}

pub fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a file")
}

pub fn ends(run: &Run, code: i32, words: &str) {
    assert_eq!(run.code, code, "{run:?}");
    assert!(run.stderr.contains(words), "no `{words}` in {run:?}");
    assert!(!format!("{run:?}").contains("secret"), "{run:?}");
}

pub fn configure(world: &World, arguments: &[&str]) -> Run {
    world.nanoclaw(&[&["skill", "configure", "codex"], arguments].concat())
}

/// Runs the command with a key on standard input.
pub fn with_key(world: &World, key: &str, arguments: &[&str]) -> Run {
    let mut command = world.command(env!("CARGO_BIN_EXE_nanoclaw"), &world.root);
    command
        .args(["skill", "configure", "codex", "--api-key-stdin"])
        .args(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program");
    let mut stdin = child.stdin.take().expect("its standard input");
    // A run that refuses reads none of it.
    let _ = stdin.write_all(key.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("an end");
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
