//! `skill try` with a stand-in for codex: what it asks before, what it says of what codex does, and how it ends codex.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "a test that cannot go on fails there"
)]

mod support;
mod interrupt {
    pub mod terminal;
}

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use interrupt::terminal::{CTRL_C, Terminal, lives, until};
use rustix::process::Signal;
use support::{PROJECT, Run, World};

const TRY: &[&str] = &["skill", "try", "codex"];

/// The sample, and a stand-in for codex that does this.
fn world(does: &str) -> World {
    let mut world = World::of(&Path::new(PROJECT).join("fixtures/sample"));
    let bin = world.base().join("bin");
    fs::create_dir(&bin).expect("a folder");
    let program = bin.join("codex");
    fs::write(&program, include_str!("support/codex.sh")).expect("a stand-in");
    fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("a mode");
    let path = std::env::var("PATH").unwrap_or_default();
    let ids = world.base().join("ids").display().to_string();
    world.environment.extend([
        ("PATH", format!("{}:{path}", bin.display())),
        ("CODEX_DOES", does.to_owned()),
        ("CODEX_IDS", ids),
    ]);
    world
}

fn ends(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, code, "{run:?}");
    let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), run.stderr);
    for word in words {
        assert!(said.contains(word), "no `{word}` in {run:?}");
    }
}

#[test]
fn a_round_trip_says_each_stage_on_stdout_and_what_it_spends_before_on_stderr() {
    let time = regex::Regex::new(" +[0-9]+ ms").expect("a pattern");
    for does in ["answers", "asks"] {
        let world = world(does);
        let run = world.nanoclaw(TRY);
        ends(&run, 0, &[]);
        let asks = "asks     the model twice";
        assert!(run.stderr.starts_with(asks), "{run:?}");
        assert!(run.stderr.contains("the plan's quota"), "{run:?}");
        assert_eq!(run.stderr.lines().count(), 1, "{run:?}");
        let stdout = String::from_utf8_lossy(&run.stdout);
        let stages = time.replace_all(&stdout, " N ms").into_owned();
        let expected = "init N ms  thread 0199a213-81c0-7800-8aa1-bbab2a035a53, model gpt-5.4, signed in with an API key\n\
            activity N ms  notifications: 5\n\
            progress N ms  items: 1, parts of the text: 1\n\
            result N ms  pong\n\
            resume N ms  the same thread in another app-server: pong\n\
            stale thread N ms  refused (no rollout found for thread id 00000000-0000-7000-8000-000000000000), and a fresh one began\n\
            total N ms\n";
        assert_eq!(stages, expected);
        let temporary = fs::read_dir(world.base().join("tmp")).expect("the folder");
        assert_eq!(temporary.count(), 0);
    }
}

#[test]
fn what_codex_does_wrong_is_a_failure_with_a_hint() {
    for (does, words) in [
        (
            "is old",
            &[
                "error: codex ended early (exit code 2)",
                "  error: unrecognized subcommand 'app-server'",
            ][..],
        ),
        (
            "says nonsense",
            &["what is no message of its protocol: Welcome!"],
        ),
        (
            "is signed out",
            &[
                "error: codex is not signed in",
                "hint: codex login, or with an API key: printf %s \"$KEY\" | codex login --with-api-key",
            ],
        ),
        (
            "refuses in other words",
            &[
                "resume ",
                "codex refuses `thread/resume`: out of luck",
                "would not know it for a lost thread",
            ],
        ),
        (
            "hangs",
            &[
                "had no answer from the model's endpoint after 1 s (--timeout), and was ended",
                "a longer --timeout",
            ],
        ),
    ] {
        let world = world(does);
        let timeout = if does == "hangs" { "1" } else { "60" };
        let run = world.nanoclaw(&[TRY, &["--timeout", timeout]].concat());
        ends(&run, 1, &[words, &["\nhint: "]].concat());
        assert!(!String::from_utf8_lossy(&run.stdout).contains("total"));
        none_lives(&world, does == "hangs");
    }
}

/// Waits until none of the stand-in's processes lives.
fn none_lives(world: &World, did_run: bool) {
    let ids = fs::read_to_string(world.base().join("ids")).unwrap_or_default();
    let ids = ids.split_whitespace().collect::<Vec<_>>();
    assert_eq!(!ids.is_empty(), did_run);
    until(|| format!("{ids:?}"), || !ids.iter().any(|id| lives(id)));
}

#[test]
fn what_the_model_says_is_shown_and_not_obeyed() {
    let world = world("obeys");
    let run = world.nanoclaw(TRY);
    ends(
        &run,
        0,
        &["\\u{1b}[2Jred\\u{7}\n                        resume          1 ms  forged ***\n"],
    );
    assert!(!run.stdout.contains(&0x1b), "{run:?}");
    assert!(!String::from_utf8_lossy(&run.stdout).contains("sk-abc"));
}

#[test]
fn without_codex_the_trial_cannot_run_and_its_install_is_named() {
    let mut world = world("answers");
    world.environment.push(("PATH", "/nowhere".to_owned()));
    let mend = |version: &str| format!("hint: npm install -g @openai/codex@{version}\n");
    let absent = "the program `codex` is not on the PATH";
    ends(&world.nanoclaw(TRY), 2, &[absent, &mend("0.124.0")]);
    pin(&world, "0.130.0");
    ends(&world.nanoclaw(TRY), 2, &[absent, &mend("0.130.0")]);
}

/// Installs the skill with another pin.
fn pin(world: &World, version: &str) {
    let set = format!("CODEX_VERSION={version}");
    let add = ["skill", "add", "codex", "--no-build", "-y", "--set", &set];
    let mut command = world.command(env!("CARGO_BIN_EXE_nanoclaw"), &world.root);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    ends(&support::run(command.args(add)), 0, &[]);
}

#[test]
fn codex_of_another_version_than_the_pin_is_a_note() {
    let world = world("answers");
    pin(&world, "0.130.0");
    let run = world.nanoclaw(TRY);
    let note = "note     the codex of this machine is 0.124.0, and containers have 0.130.0 (`ARG CODEX_VERSION` in container/Dockerfile)";
    ends(&run, 0, &[note, "result "]);
}

#[test]
fn another_skill_has_no_provider_to_try() {
    let world = world("answers");
    let document = include_str!("../skills/add-codex/SKILL.md");
    let document = document.replace("name: add-codex", "name: add-other");
    fs::write(world.root.join("OTHER.md"), document).expect("a document");
    let run = world.nanoclaw(&["skill", "try", "./OTHER.md"]);
    ends(&run, 3, &["has no provider to try"]);
    let run = world.nanoclaw(&["skill", "try", "nobody"]);
    ends(&run, 2, &["no skill is called `nobody`"]);
}

fn at_terminal(world: &World, arguments: &[&str]) -> Terminal {
    let mut command = world.command(env!("CARGO_BIN_EXE_nanoclaw"), &world.root);
    command.args(arguments);
    Terminal::start(command)
}

#[test]
fn at_a_terminal_nothing_is_asked_without_a_yes() {
    let world = world("hangs");
    let terminal = at_terminal(&world, TRY);
    terminal.shows("ask it?");
    terminal.types(b"n");
    let left = terminal.left();
    assert_eq!(left.code, 3, "{}", left.text);
    assert!(left.text.contains("nothing was asked"), "{}", left.text);
    none_lives(&world, false);
}

#[test]
fn a_signal_ends_codex_with_all_that_it_started() {
    for (signal, code) in [
        (None, 130),
        (Some(Signal::TERM), 143),
        (Some(Signal::HUP), 143),
    ] {
        let world = world("hangs");
        let terminal = at_terminal(&world, &[TRY, &["--yes"]].concat());
        let ids = world.base().join("ids");
        until(|| "no turn".to_owned(), || ids.exists());
        match signal {
            None => terminal.types(CTRL_C),
            Some(signal) => terminal.signal(signal),
        }
        let left = terminal.left();
        assert_eq!(left.code, code, "{}", left.text);
        none_lives(&world, true);
        let temporary = fs::read_dir(world.base().join("tmp")).expect("the folder");
        assert_eq!(temporary.count(), 0);
    }
}
