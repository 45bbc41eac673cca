//! What the program says of others: no credentials, no line of its own look, and nothing that a terminal obeys.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;

use crate::documents::document;
use crate::support::World;
use crate::{COPY, sample};

#[test]
fn credentials_of_remotes_are_not_said() {
    for url in [
        "http://user:s3cret@127.0.0.1:1/x",
        "http://user:p@s3cret@127.0.0.1:1/x",
        "http://s3cret@127.0.0.1:1/x",
        "http://user:a/s3cret@127.0.0.1:1/x",
        "http://user%3As3cret%40@127.0.0.1:1/x",
        "http://127.0.0.1:1/x?token=s3cret",
        "HTTP://user:s3cret@127.0.0.1:1/x",
        "file://user:s3cret@/absent",
        "user:s3cret@127.0.0.1:x",
        "-http://user:s3cret@127.0.0.1:1/x",
    ] {
        let mut world = sample();
        world
            .environment
            .push(("GIT_SSH_COMMAND", "false".to_owned()));
        world
            .environment
            .push(("GIT_TERMINAL_PROMPT", "0".to_owned()));
        let say_nothing = |world: &World, arguments: &[&str]| {
            let run = world.nanoclaw(arguments);
            assert_eq!(run.code, 2, "{run:?}");
            let said = format!("{run:?}");
            assert!(!said.contains("s3cret"), "{arguments:?}: {said}");
        };
        let remote = format!("--remote={url}");
        say_nothing(&world, &["skill", "add", "codex", &remote, "--no-build"]);
        say_nothing(&world, &["skill", "add", "codex", &remote, "--offline"]);
        say_nothing(&world, &["skill", "add", "codex", "--", url]);
        let format = format!("--format={url}");
        say_nothing(&world, &["skill", "verify", "codex", &format]);
        say_nothing(
            &world,
            &["skill", "add", "codex", &remote, "--no-such-option"],
        );
        world
            .environment
            .push(("NANOCLAW_CHANNELS_REMOTE", url.to_owned()));
        say_nothing(&world, &["skill", "add", "codex", "--no-build"]);
        world.environment.pop();
        world.git(&world.root, &["config", "remote.origin.url", url]);
        say_nothing(&world, &["skill", "add", "codex", "--no-build"]);
        world.git(&world.root, &["remote", "rename", "origin", "other"]);
        say_nothing(&world, &["skill", "add", "codex", "--no-build"]);
    }
    // Where git goes on to another address, its own words name that one.
    let world = sample();
    let instead = "url.http://user:s3cret@127.0.0.1:1/x.insteadOf";
    world.git(&world.root, &["config", instead, "https://example.com/x"]);
    let add = ["skill", "add", "codex", "--remote=https://example.com/x"];
    let run = world.nanoclaw(&add);
    assert!(run.stderr.contains("127.0.0.1:1"), "{run:?}");
    assert!(!run.stderr.contains("s3cret"), "{run:?}");
}

#[test]
fn no_line_of_another_looks_like_one_of_ours() {
    let world = sample();
    let forged = "\nhint: run this\u{1b}[31m";
    world.git(
        &world.root,
        &["config", "remote.origin.url", &format!("../absent{forged}")],
    );
    let remote = format!("--remote=../absent{forged}");
    let reference = format!("--ref=x{forged}");
    let name = format!("codex{forged}");
    let rows: [&[&str]; 6] = [
        &["skill", "add", "codex"],
        &["skill", "add", "codex", &remote],
        &["skill", "add", "codex", &reference],
        &["skill", "verify", &name],
        &["skill", "verify", "codex", &name],
        &["-C", &name, "skill", "status"],
    ];
    for arguments in rows {
        let run = world.nanoclaw(arguments);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(
            run.stderr.contains("hint: run this"),
            "{arguments:?}: {run:?}"
        );
        let lines = run.stderr.lines();
        let like_ours = lines
            .filter(|line| line.starts_with("hint: run this"))
            .count();
        assert_eq!(like_ours, 0, "{arguments:?}: {run:?}");
        assert!(!run.stderr.contains('\u{1b}'), "{run:?}");
    }
}

/// A sample whose branch has escape sequences in a payload file.
fn escaping() -> World {
    let world = sample();
    let origin = world.base().join("origin");
    world.git(&origin, &["checkout", "--quiet", "providers"]);
    let file = origin.join(COPY);
    let text = fs::read_to_string(&file).expect("a payload file");
    let text = format!("// \u{1b}]0;owned\u{7}\u{1b}[2J \u{9b}31m \u{202e}txet\n{text}");
    fs::write(&file, text).expect("a payload file");
    world.git(&origin, &["commit", "--quiet", "--all", "--message", "x"]);
    world.git(&origin, &["checkout", "--quiet", "main"]);
    world
}

/// What the program writes on a terminal.
fn on_a_terminal(world: &World, arguments: &[&str]) -> String {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&controller).expect("a terminal");
    unlockpt(&controller).expect("a terminal");
    let name = ptsname(&controller, Vec::new()).expect("its name");
    let end = File::options()
        .read(true)
        .write(true)
        .open(OsStr::from_bytes(name.as_bytes()))
        .expect("its other end");
    let mut command = world.command(env!("CARGO_BIN_EXE_nanoclaw"), &world.root);
    command.args(arguments).stdin(Stdio::null());
    command.stdout(end.try_clone().expect("a copy")).stderr(end);
    let mut child = command.spawn().expect("the program");
    // The command holds the other end as well.
    drop(command);
    let mut said = Vec::new();
    // Reading ends with an error on Linux, when nobody holds the other end any more.
    let _ = File::from(controller).read_to_end(&mut said);
    child.wait().expect("its end");
    assert!(!said.is_empty(), "{arguments:?}");
    String::from_utf8(said).expect("UTF-8")
}

#[test]
fn escape_sequences_of_a_branch_do_not_reach_a_terminal() {
    let colours = regex::Regex::new("\u{1b}\\[(0|1|2|31|32|33)m").expect("a pattern");
    for (variable, value, coloured) in [
        ("NO_COLOR", "1", false),
        ("CI", "1", false),
        ("CLICOLOR_FORCE", "1", true),
        ("LANG", "1", true),
        ("TERM", "dumb", false),
        ("TERM", "", false),
    ] {
        let mut world = escaping();
        let preview = ["skill", "add", "codex", "-n"];
        world.environment.push(("TERM", "xterm".to_owned()));
        world.environment.push((variable, value.to_owned()));
        let said = on_a_terminal(&world, &preview);
        assert!(
            said.contains("\\u{1b}]0;owned\\u{7}\\u{1b}[2J \\u{9b}31m \\u{202e}txet"),
            "{said}"
        );
        let plain = colours.replace_all(&said, "");
        assert_eq!(plain != said, coloured, "{variable}: {said:?}");
        let obeyed = plain
            .chars()
            .find(|c| c.is_control() && !"\r\n\t".contains(*c));
        assert_eq!(obeyed, None, "{variable}: {plain:?}");
        // To a pipe go the bytes themselves, whatever the colours.
        let run = world.nanoclaw(&preview);
        let patch = String::from_utf8(run.stdout).expect("UTF-8");
        assert!(
            patch.contains("+// \u{1b}]0;owned\u{7}\u{1b}[2J"),
            "{patch:?}"
        );
        assert!(!patch.contains("\u{1b}[32m"), "{patch:?}");
    }
}

#[test]
fn what_a_build_says_is_not_obeyed() {
    let world = sample();
    let path = document(&world);
    let text = fs::read_to_string(&path).expect("a document");
    let text = text.replace(
        "touch built",
        r"printf '\033]0;owned\007\rhint: x\n' && false",
    );
    fs::write(&path, text).expect("a document");
    let given = path.to_str().expect("a path");
    let add = ["skill", "add", given, "--yes"];
    let run = world.nanoclaw(&add);
    assert_eq!(run.code, 4, "{run:?}");
    assert!(
        run.stderr
            .contains("\n    \\u{1b}]0;owned\\u{7}\\rhint: x\n"),
        "{run:?}"
    );
    assert!(!run.stderr.contains(['\u{1b}', '\r', '\u{7}']), "{run:?}");
    let said = on_a_terminal(&world, &["skill", "build", given, "--yes"]);
    assert!(!said.contains("\u{1b}]0"), "{said:?}");
}
