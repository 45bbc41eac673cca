//! Signals while the program asks, fetches and builds, at a real pseudo-terminal: how it ends, what it leaves, and how the next run goes on.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails there"
)]

mod support;
mod interrupt {
    pub mod terminal;
}

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use interrupt::terminal::{CTRL_C, Left, Terminal, lives, until};
use rustix::process::{Pid, Signal, kill_process};
use support::{PROJECT, Tree, World};

const ADD: &[&str] = &["skill", "add", "codex"];
const ADD_YES: &[&str] = &["skill", "add", "codex", "--yes"];

/// What ends a run, and the exit code that this gives.
#[derive(Debug, Clone, Copy)]
enum By {
    CtrlC,
    Term,
    Hup,
}

impl By {
    const ALL: [Self; 3] = [Self::CtrlC, Self::Term, Self::Hup];

    fn send(self, terminal: &Terminal) {
        match self {
            Self::CtrlC => terminal.types(CTRL_C),
            Self::Term => terminal.signal(Signal::TERM),
            Self::Hup => terminal.signal(Signal::HUP),
        }
    }

    fn code(self) -> i32 {
        match self {
            Self::CtrlC => 130,
            Self::Term | Self::Hup => 143,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::CtrlC => "interrupted",
            Self::Term | Self::Hup => "terminated",
        }
    }
}

/// The sample, its packages, and stand-ins for pnpm, Bun and docker that do nothing.
fn sample() -> World {
    let mut world = World::of(&Path::new(PROJECT).join("fixtures/sample"));
    for folder in [world.base().join("bin"), world.root.join("node_modules")] {
        fs::create_dir(folder).expect("a folder");
    }
    for name in ["pnpm", "bun", "docker"] {
        stand_in(&world, name, "");
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", world.base().join("bin").display());
    world.environment.push(("PATH", path));
    world
}

/// Puts a script in the place of a program. `$W` is the world's folder.
fn stand_in(world: &World, name: &str, body: &str) {
    let base = world.base();
    let program = base.join("bin").join(name);
    let script = format!("#!/bin/sh\nW='{}'\n{body}\n", base.display());
    fs::write(&program, script).expect("a stand-in");
    fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("a mode");
}

/// Runs the program at a terminal.
fn at_terminal(world: &World, arguments: &[&str]) -> Terminal {
    let mut command = world.command(env!("CARGO_BIN_EXE_nanoclaw"), &world.root);
    command.args(arguments);
    Terminal::start(command)
}

/// The ids that stand-ins have written down.
fn ids(world: &World) -> Vec<String> {
    let ids = fs::read_to_string(world.base().join("ids")).unwrap_or_default();
    ids.lines().map(str::to_owned).collect()
}

/// Waits until none of the stand-ins' processes lives.
fn none_lives(world: &World) {
    let ids = ids(world);
    assert!(!ids.is_empty(), "no stand-in ran");
    until(|| format!("{ids:?}"), || !ids.iter().any(|id| lives(id)));
}

fn pending(world: &World) -> Option<String> {
    fs::read_to_string(world.root.join(".git/nanoclaw/pending-codex")).ok()
}

/// Holds when the run ended with the code and these words, and wrote nothing but the store.
fn nothing_was_written(world: &World, before: &Tree, left: &Left, by: By) {
    assert_eq!(left.code, by.code(), "{by:?}: {}", left.text);
    let words = format!("error: {}; nothing was written", by.word());
    assert!(plain(left).contains(&words), "{by:?}: {}", left.text);
    let after = Tree::read(&world.root);
    assert_eq!(before.differences(&after), Vec::<String>::new());
    let ours = fs::read_dir(world.root.join(".git/nanoclaw"));
    for entry in ours.into_iter().flatten() {
        let name = entry.expect("an entry").file_name();
        assert!(name == "store" || name == "lock", "{}", name.display());
    }
    let pack = fs::read_dir(world.root.join(".git/nanoclaw/store/objects/pack"));
    for entry in pack.into_iter().flatten() {
        let name = entry.expect("an entry").file_name();
        assert!(
            !name.to_string_lossy().starts_with("tmp_"),
            "{}",
            name.display()
        );
    }
    let temporary = fs::read_dir(world.base().join("tmp")).expect("the folder");
    assert_eq!(temporary.count(), 0);
}

/// What was written, without colours.
fn plain(left: &Left) -> String {
    let colour = regex::Regex::new("\x1b\\[[0-9]*m").expect("a pattern");
    colour.replace_all(&left.text, "").into_owned()
}

#[test]
fn a_question_that_is_interrupted_ends_with_nothing_written() {
    for by in By::ALL {
        let world = sample();
        let before = Tree::read(&world.root);
        let terminal = at_terminal(&world, ADD);
        terminal.shows("\x1b[?25l");
        by.send(&terminal);
        nothing_was_written(&world, &before, &terminal.left(), by);
    }
}

#[test]
fn a_question_that_is_answered_leaves_the_terminal_as_it_was() {
    let world = sample();
    let terminal = at_terminal(&world, ADD);
    terminal.shows("\x1b[?25l");
    terminal.types(b"n");
    let left = terminal.left();
    assert_eq!(left.code, 3, "{}", left.text);
    let terminal = at_terminal(&world, ADD);
    terminal.shows("\x1b[?25l");
    terminal.types(b"y");
    let left = terminal.left();
    assert_eq!(left.code, 0, "{}", left.text);
}

/// A program whose output nobody sees as it comes: it writes its id down, then a file `begun`, and ends by a signal alone.
const BLOCKS_UNHEARD: &str =
    "echo $$ >> \"$W/ids\"; mkfifo \"$W/never\"; : > \"$W/begun\"; read x < \"$W/never\"";

/// Has the sample's origin be reached by an ssh that connects to nothing: it writes its id down, and waits.
fn unreachable(world: &World) {
    stand_in(world, "ssh", BLOCKS_UNHEARD);
    let origin = ["remote", "set-url", "origin", "ssh://localhost/origin"];
    world.git(&world.root, &origin);
    // What is known here of the branch is looked up first; what is not is fetched.
    let tracking = ["update-ref", "-d", "refs/remotes/origin/providers"];
    world.git(&world.root, &tracking);
}

/// Puts into the store what a git leaves there that is ended while it writes.
fn half_a_pack(world: &World) {
    let pack = world.root.join(".git/nanoclaw/store/objects/pack");
    fs::create_dir_all(&pack).expect("the store");
    fs::write(pack.join("tmp_pack_ABCDEF"), "PACK").expect("half a pack");
}

#[test]
fn a_fetch_that_is_interrupted_ends_with_nothing_written() {
    for arguments in [ADD_YES, &["skill", "add", "codex", "--dry-run"]] {
        for by in By::ALL {
            let world = sample();
            unreachable(&world);
            if arguments == ADD_YES {
                half_a_pack(&world);
            }
            let before = Tree::read(&world.root);
            let terminal = at_terminal(&world, arguments);
            let begun = world.base().join("begun");
            until(|| "no ssh".to_owned(), || begun.exists());
            by.send(&terminal);
            nothing_was_written(&world, &before, &terminal.left(), by);
            none_lives(&world);
        }
    }
}

#[test]
fn a_container_engine_that_does_not_answer_is_not_waited_for() {
    for by in By::ALL {
        let world = sample();
        stand_in(&world, "docker", BLOCKS_UNHEARD);
        let before = Tree::read(&world.root);
        let terminal = at_terminal(&world, ADD);
        let begun = world.base().join("begun");
        until(|| "no docker".to_owned(), || begun.exists());
        by.send(&terminal);
        let left = terminal.left();
        assert_eq!(left.code, by.code(), "{by:?}: {}", left.text);
        let after = Tree::read(&world.root);
        assert_eq!(before.differences(&after), Vec::<String>::new());
        none_lives(&world);
    }
}

#[test]
fn a_fetch_that_takes_too_long_is_ended() {
    for known in [false, true] {
        let world = sample();
        let tip = world.git(&world.root, &["rev-parse", "origin/providers"]);
        unreachable(&world);
        if known {
            let tracking = ["update-ref", "refs/remotes/origin/providers", tip.trim()];
            world.git(&world.root, &tracking);
        }
        let before = Tree::read(&world.root);
        let run = world.nanoclaw(&["skill", "add", "codex", "--timeout", "1"]);
        assert_eq!(run.code, 2, "{run:?}");
        let said = "git had not fetched from `origin` after 1 s (--timeout), and was ended\nhint: a longer --timeout";
        assert!(run.stderr.contains(said), "{run:?}");
        let after = Tree::read(&world.root);
        assert_eq!(before.differences(&after), Vec::<String>::new());
        none_lives(&world);
    }
}

#[test]
fn a_time_of_nothing_is_no_timeout() {
    let world = sample();
    let run = world.nanoclaw(&["skill", "add", "codex", "--timeout", "0"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("--timeout <SECONDS>"), "{run:?}");
}

/// A build that writes its id down and that of a process behind it, says so, and ends by a signal alone.
const BLOCKS: &str =
    "echo $$ >> \"$W/ids\"; sleep 1000 & echo $! >> \"$W/ids\"; echo begun; wait; sleep 1000";

#[test]
fn a_build_that_is_interrupted_stays_pending_and_the_next_add_goes_on() {
    let added = {
        let world = sample();
        let run = world.nanoclaw(ADD);
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(pending(&world).as_deref(), Some(""));
        Tree::read(&world.root)
    };
    for by in By::ALL {
        let world = sample();
        stand_in(&world, "pnpm", BLOCKS);
        let terminal = at_terminal(&world, ADD_YES);
        terminal.shows("begun");
        by.send(&terminal);
        let left = terminal.left();
        assert_eq!(left.code, by.code(), "{by:?}: {}", left.text);
        let plain = plain(&left);
        for said in [
            format!("ended    host build: {} after ", by.word()),
            "in place: the files are written.".to_owned(),
            "go on: the build stays pending (host build); nanoclaw skill add codex runs it"
                .to_owned(),
        ] {
            assert!(plain.contains(&said), "{by:?}: no `{said}` in {plain}");
        }
        assert!(!plain.contains("failed"), "{plain}");
        assert_eq!(pending(&world).as_deref(), Some("host build\nimage\n"));
        none_lives(&world);
        stand_in(&world, "pnpm", "");
        let run = world.nanoclaw(ADD);
        assert_eq!(run.code, 0, "{by:?}: {run:?}");
        assert_eq!(pending(&world).as_deref(), Some(""));
        let tree = Tree::read(&world.root);
        assert_eq!(added.differences(&tree), Vec::<String>::new());
    }
}

#[test]
fn a_build_that_ignores_the_signal_is_killed_after_its_grace() {
    let world = sample();
    stand_in(&world, "pnpm", &format!("trap '' INT TERM HUP\n{BLOCKS}"));
    let terminal = at_terminal(&world, ADD_YES);
    terminal.shows("begun");
    terminal.types(CTRL_C);
    terminal.shows("being ended");
    let left = terminal.left();
    assert_eq!(left.code, 130, "{}", left.text);
    assert!(left.text.contains("in place:"), "{}", left.text);
    none_lives(&world);
}

#[test]
fn a_second_signal_does_not_wait_for_the_build() {
    for by in By::ALL {
        let world = sample();
        stand_in(&world, "pnpm", &format!("trap '' INT TERM HUP\n{BLOCKS}"));
        let mut terminal = at_terminal(&world, ADD_YES);
        terminal.shows("begun");
        by.send(&terminal);
        terminal.shows("being ended");
        // Signals close to the first one count as the first.
        until(
            || "still there".to_owned(),
            || {
                let ended = terminal.has_ended();
                if !ended {
                    by.send(&terminal);
                }
                ended
            },
        );
        let left = terminal.left();
        assert_eq!(left.code, by.code(), "{by:?}: {}", left.text);
        assert!(!left.text.contains("in place:"), "{by:?}: {}", left.text);
        assert_eq!(pending(&world).as_deref(), Some("host build\nimage\n"));
        none_lives(&world);
    }
}

#[test]
fn a_signal_that_comes_twice_at_once_is_one() {
    let world = sample();
    stand_in(&world, "pnpm", BLOCKS);
    let terminal = at_terminal(&world, ADD_YES);
    terminal.shows("begun");
    terminal.signal(Signal::HUP);
    terminal.signal(Signal::TERM);
    let left = terminal.left();
    assert_eq!(left.code, 143, "{}", left.text);
    assert!(left.text.contains("in place:"), "{}", left.text);
    none_lives(&world);
}

/// A process that leaves the build's group, and keeps its output open.
const LEAVES: &str = "setsid sh -c 'echo $$ >> \"$0/ids\"; echo begun; exec sleep 1000' \"$W\" &";

/// Ends the process that has left.
fn end_what_left(world: &World) {
    for id in ids(world) {
        let id = id.parse().ok().and_then(Pid::from_raw).expect("an id");
        let _ = kill_process(id, Signal::KILL);
    }
}

#[test]
fn a_process_that_left_the_group_keeps_nobody_waiting() {
    let world = sample();
    stand_in(&world, "pnpm", &format!("{LEAVES}\nwait"));
    let terminal = at_terminal(&world, ADD_YES);
    terminal.shows("begun");
    terminal.types(CTRL_C);
    let left = terminal.left();
    end_what_left(&world);
    assert_eq!(left.code, 130, "{}", left.text);
    // Nor does it where the build itself has ended.
    let world = sample();
    let once = format!("{LEAVES}\nuntil [ -s \"$W/ids\" ]; do sleep 0; done");
    stand_in(&world, "pnpm", &once);
    let run = world.nanoclaw(ADD);
    end_what_left(&world);
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn a_hangup_that_the_starter_ignores_ends_nothing() {
    let world = sample();
    let goes_on = "mkfifo \"$W/on\"; echo begun; read x < \"$W/on\"";
    stand_in(&world, "pnpm", goes_on);
    let mut command = world.command("sh", &world.root);
    command.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]);
    command.arg(env!("CARGO_BIN_EXE_nanoclaw")).args(ADD_YES);
    let terminal = Terminal::start(command);
    terminal.shows("begun");
    terminal.signal(Signal::HUP);
    fs::write(world.base().join("on"), "\n").expect("the build reads");
    let left = terminal.left();
    assert_eq!(left.code, 0, "{}", left.text);
}

#[test]
fn a_build_that_asks_on_the_terminal_fails_and_does_not_hang() {
    let world = sample();
    stand_in(&world, "pnpm", "echo $$ >> \"$W/ids\"; read x < /dev/tty");
    let left = at_terminal(&world, ADD_YES).left();
    assert_eq!(left.code, 4, "{}", left.text);
    let said = "host build: stopped, for it asked something on the terminal";
    assert!(left.text.contains(said), "{}", left.text);
    none_lives(&world);
}

#[test]
fn a_test_of_verify_that_is_interrupted_is_ended() {
    for by in By::ALL {
        let world = sample();
        assert_eq!(world.nanoclaw(ADD).code, 0);
        stand_in(&world, "bun", BLOCKS);
        let terminal = at_terminal(&world, &["skill", "verify", "codex"]);
        terminal.shows("begun");
        by.send(&terminal);
        let left = terminal.left();
        assert_eq!(left.code, by.code(), "{by:?}: {}", left.text);
        none_lives(&world);
    }
}

#[test]
fn what_a_build_says_is_logged_for_the_user_alone_and_without_credentials() {
    let world = sample();
    let url = "https://me:secret@example.com/x?token=secret";
    stand_in(&world, "pnpm", &format!("echo '{url}'; exit 7"));
    let logs = world.root.join(".git/nanoclaw/logs");
    fs::create_dir_all(&logs).expect("the folder");
    let log = logs.join("codex-host-build.log");
    fs::write(&log, "an older one\n").expect("a log");
    fs::set_permissions(&log, Permissions::from_mode(0o644)).expect("a mode");
    let left = at_terminal(&world, ADD_YES).left();
    assert_eq!(left.code, 4, "{}", left.text);
    let masked = "https://***@example.com/x?token=***";
    assert!(left.text.contains(masked), "{}", left.text);
    assert!(!left.text.contains("secret"), "{}", left.text);
    let logged = fs::read_to_string(&log).expect("the log");
    assert_eq!(logged, format!("{masked}\n"));
    let modes = fs::metadata(&log).expect("the log").permissions();
    assert_eq!(modes.mode() & 0o777, 0o600);
}

#[test]
fn a_build_whose_log_cannot_be_opened_has_failed_and_what_is_in_place_is_said() {
    let world = sample();
    let log = world
        .root
        .join(".git/nanoclaw/logs/codex-host-build.log/inside");
    fs::create_dir_all(&log).expect("a folder");
    let left = at_terminal(&world, ADD_YES).left();
    assert_eq!(left.code, 4, "{}", left.text);
    for words in [
        "host build: failed to open the log",
        "in place: the files are written",
        "go back: nanoclaw skill undo",
    ] {
        assert!(left.text.contains(words), "no `{words}` in {}", left.text);
    }
    assert!(pending(&world).is_some_and(|labels| labels.contains("host build")));
}
