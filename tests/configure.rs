//! `skill configure`: signing in by codex's own login, of which a stand-in is here.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails there"
)]

#[path = "configure/site.rs"]
mod site;
mod support;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use site::{
    CHATGPT, CODEX, configure, ends, login, read, sign_in_before, stand_in, with_key, world,
};
use support::{INSTALL_SLUG, Tree};

#[test]
fn a_key_goes_through_codexs_own_login() {
    let world = world();
    ends(&with_key(&world, "sk-secret\n", &[]), 0, "signed in");
    assert_eq!(read(&login(&world)), "{\"OPENAI_API_KEY\":\"sk-secret\"}");
    let secret = world.base().join("home/secret");
    fs::write(&secret, "sk-secret2\n").expect("a key");
    // As a secret's folder has it that is mounted.
    let file = world.base().join("home/key");
    symlink(&secret, &file).expect("a symlink");
    let run = configure(
        &world,
        &[
            "--auth",
            "api-key",
            "--api-key-file",
            file.to_str().expect("UTF-8"),
        ],
    );
    ends(&run, 0, "the old login is");
    assert_eq!(read(&login(&world)), "{\"OPENAI_API_KEY\":\"sk-secret2\"}");
    let kept = world.base().join("home/.codex/auth.json.nanoclaw-1");
    assert_eq!(read(&kept), "{\"OPENAI_API_KEY\":\"sk-secret\"}");
    let mode = kept.metadata().expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_chatgpt_login_goes_only_where_that_was_asked_for() {
    let world = world();
    sign_in_before(&world, CHATGPT);
    ends(
        &with_key(&world, "sk-secret\n", &[]),
        3,
        "--replace-login does it",
    );
    ends(
        &configure(&world, &["--auth", "chatgpt", "-y"]),
        0,
        "already signed in by ChatGPT",
    );
    assert_eq!(read(&login(&world)), CHATGPT);
    ends(
        &with_key(&world, "sk-secret\n", &["--replace-login"]),
        0,
        "signed in",
    );
    assert_eq!(read(&login(&world)), "{\"OPENAI_API_KEY\":\"sk-secret\"}");
    let kept = world.base().join("home/.codex/auth.json.nanoclaw-1");
    assert_eq!(read(&kept), CHATGPT);
    // The address is for the person, whole.
    ends(
        &configure(&world, &["--auth", "chatgpt", "-y"]),
        0,
        "open https://auth.example/?id_token_x=true&state=s1",
    );
    assert!(read(&login(&world)).contains("r2"));
}

#[test]
fn a_login_that_fails_leaves_the_one_that_was() {
    let world = world();
    for body in [
        "echo no >&2; exit 1",
        "rm -f \"$HOME/.codex/auth.json\"; exit 1",
        "case \"$*\" in *status) exit 1 ;; esac; echo x > \"$HOME/.codex/auth.json\"",
    ] {
        sign_in_before(&world, CHATGPT);
        stand_in(&world, "codex", body);
        let run = with_key(&world, "sk-secret\n", &["--replace-login"]);
        ends(
            &run,
            2,
            "codex did not sign in; the login is as it was before",
        );
        assert_eq!(read(&login(&world)), CHATGPT);
        let folder = fs::read_dir(world.base().join("home/.codex")).expect("the folder");
        assert_eq!(folder.count(), 1);
    }
}

#[test]
fn what_cannot_be_done_is_said_before_anything_is_written() {
    let world = world();
    let before = Tree::read(&world.base().join("home"));
    ends(
        &with_key(&world, "two words\n", &[]),
        2,
        "expected what matches ^[!-~]{1,1024}$ for `api_key`",
    );
    ends(
        &with_key(&world, "", &[]),
        2,
        "--api-key-stdin: `api_key` is empty",
    );
    ends(
        &configure(&world, &["--auth", "api-key"]),
        1,
        "--api-key-stdin, --api-key-file FILE or NC_INPUT_API_KEY in the environment answers it",
    );
    let pending = configure(&world, &[]);
    for variable in ["auth", "which_model", "endpoint"] {
        ends(&pending, 1, &format!("pending  {variable}: "));
    }
    ends(
        &with_key(&world, "sk-secret\n", &["--auth", "chatgpt"]),
        2,
        "--api-key-stdin: `api_key` is asked for only where `auth` is api-key",
    );
    ends(
        &configure(&world, &["--model", "gpt-5.4-mini"]),
        3,
        "left Codex on 2026-08-31",
    );
    ends(
        &configure(&world, &["--model", "x\nExecStart=y"]),
        2,
        "--model: `model` holds a control character or a line end",
    );
    ends(
        &configure(&world, &["--model=-x"]),
        2,
        "--model: expected what matches ^[A-Za-z0-9]",
    );
    fs::remove_file(world.base().join("bin/codex")).expect("the stand-in");
    if !std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .any(|folder| folder.join("codex").exists())
    {
        ends(
            &with_key(&world, "sk-secret\n", &[]),
            2,
            "npm install -g @openai/codex@",
        );
    }
    ends(&world.nanoclaw(&["skill", "undo", "-y"]), 0, "is undone");
    ends(
        &with_key(&world, "sk-secret\n", &[]),
        3,
        "nanoclaw skill add codex",
    );
    let _ = fs::remove_file(world.base().join("home/calls"));
    assert_eq!(
        before.differences(&Tree::read(&world.base().join("home"))),
        [""; 0]
    );
}

#[test]
fn the_login_that_counts_is_the_one_that_the_host_reads() {
    let mut world = world();
    let elsewhere = world.base().join("dotfiles.json");
    fs::write(&elsewhere, CHATGPT).expect("a login");
    fs::create_dir_all(world.base().join("home/.codex")).expect("a folder");
    std::os::unix::fs::symlink(&elsewhere, login(&world)).expect("a symlink");
    ends(
        &with_key(&world, "sk-secret\n", &[]),
        3,
        "--replace-login does it",
    );
    stand_in(&world, "codex", "rm -f \"$HOME/.codex/auth.json\"; exit 1");
    ends(
        &with_key(&world, "sk-secret\n", &["--replace-login"]),
        2,
        "as it was before",
    );
    assert_eq!(read(&login(&world)), CHATGPT);
    stand_in(
        &world,
        "codex",
        &CODEX.replace("$HOME/.codex", "$CODEX_HOME"),
    );
    let other = world.base().join("other");
    fs::create_dir(&other).expect("a folder");
    world
        .environment
        .push(("CODEX_HOME", other.display().to_string()));
    ends(
        &with_key(&world, "sk-secret\n", &["--replace-login"]),
        0,
        "signed in",
    );
    assert!(read(&login(&world)).contains("sk-secret"));
    assert_eq!(fs::read_dir(&other).expect("the folder").count(), 0);
}

#[test]
fn a_login_that_somebody_refreshed_meanwhile_is_not_put_back() {
    let world = world();
    sign_in_before(&world, CHATGPT);
    let newer = CHATGPT.replace("r1", "r9");
    let body = format!("printf '%s' '{newer}' > \"$HOME/.codex/auth.json\"; exit 1");
    stand_in(&world, "codex", &body);
    let run = with_key(&world, "sk-secret\n", &["--replace-login"]);
    ends(&run, 2, "and yet left another login; the old one is");
    assert_eq!(read(&login(&world)), newer);
    assert_eq!(
        read(&world.base().join("home/.codex/auth.json.nanoclaw-1")),
        CHATGPT
    );
}

/// What codex says is not enough: the host copies `auth.json`.
#[test]
fn a_login_that_is_not_in_its_file_is_none() {
    for (codex, before, words) in [
        ("exit 0", None, "does not hold that login"),
        (
            "exit 0",
            Some("{\"OPENAI_API_KEY\":\"sk-old\"}"),
            "does not hold that login",
        ),
        (
            "echo garbage > \"$HOME/.codex/auth.json\"",
            Some(CHATGPT),
            "does not hold that login",
        ),
        (
            "echo garbage > \"$HOME/.codex/auth.json\"; exit 1",
            None,
            "the login is as it was before",
        ),
    ] {
        let world = world();
        stand_in(&world, "codex", codex);
        if let Some(before) = before {
            sign_in_before(&world, before);
        }
        let run = with_key(&world, "sk-secret\n", &["--replace-login"]);
        ends(&run, 2, words);
        match before {
            Some(before) => assert_eq!(read(&login(&world)), before),
            None => assert!(!world.base().join("home/.codex").exists()),
        }
        let kept = world.base().join("home/.codex/auth.json.nanoclaw-1");
        assert!(!kept.exists(), "{codex}");
    }
}

/// An engine that has the image; of it runs the stand-in above, with the folder of the host for that in the container.
const ENGINE: &str = "case \"$1\" in
info) exit 0 ;;
image)
    [ ! -e \"$HOME/is-denied\" ] || { echo permission denied >&2; exit 1; }
    [ -e \"$HOME/has-image\" ] || { echo \"No such image: $3\" >&2; exit 1; } ;;
run)
    echo \"$*\" >> \"$HOME/ran\"
    while :; do
        shift
        case \"$1\" in claw-agent-*) shift; break ;; esac
    done
    exec \"$HOME/codex-in-image\" \"$@\" ;;
esac";

#[test]
fn without_a_codex_here_the_one_in_the_image_signs_in() {
    let mut world = world();
    let bin = world.base().join("bin");
    let in_image = world.base().join("home/codex-in-image");
    fs::rename(bin.join("codex"), &in_image).expect("the stand-in");
    stand_in(&world, "docker", ENGINE);
    // No codex of this machine's own.
    let path = format!("{}:/usr/bin:/bin", bin.display());
    world.environment.retain(|(name, _)| *name != "PATH");
    world.environment.push(("PATH", path));
    let slug = world.root.join("src/install-slug.ts");
    fs::write(slug, INSTALL_SLUG).expect("a source");
    ends(
        &with_key(&world, "sk-secret\n", &[]),
        2,
        "none in the image (claw-agent-",
    );
    let denied = world.base().join("home/is-denied");
    fs::write(&denied, "").expect("a file");
    ends(
        &with_key(&world, "sk-secret\n", &[]),
        2,
        "none in the image (`docker` says: permission denied)",
    );
    fs::remove_file(denied).expect("a file");
    assert!(!world.base().join("home/.codex").exists());
    fs::write(world.base().join("home/has-image"), "").expect("a file");
    let run = with_key(&world, "sk-secret\n", &[]);
    ends(&run, 0, "no codex on the PATH: the one in claw-agent-");
    ends(&run, 0, "signed in");
    assert_eq!(read(&login(&world)), "{\"OPENAI_API_KEY\":\"sk-secret\"}");
    let ran = read(&world.base().join("home/ran"));
    let lines = ran.lines().collect::<Vec<_>>();
    assert_eq!(lines.len(), 2, "{ran}");
    assert!(lines[0].ends_with(" login --with-api-key"), "{ran}");
    assert!(lines[1].ends_with(" login status"), "{ran}");
    let home = world.base().join("home");
    let volume = format!("--volume={}/.codex:/codex-home", home.display());
    assert!(lines.iter().all(|line| line.contains(&volume)), "{ran}");
    assert!(!ran.contains("sk-secret"), "{ran}");
}
