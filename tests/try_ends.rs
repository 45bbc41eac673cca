//! The end of `skill try` by the provider and in a container, with stand-ins for bun, codex and the engine: nothing of it goes on after it.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "a test that cannot go on fails there"
)]

mod support;
mod interrupt {
    pub mod terminal;
}
mod trial {
    pub mod world;
}

use interrupt::terminal::{CTRL_C, Terminal, until};
use support::World;
use trial::world::{CONTAINER, PROVIDER, nothing_is_left, saw, world};

/// Starts a trial at a terminal and waits until a stand-in has begun to hang.
fn hanging(world: &World, level: &[&str], ids: &str) -> Terminal {
    let mut command = world.command(env!("CARGO_BIN_EXE_nanoclaw"), &world.root);
    command.args(level).arg("--yes");
    let terminal = Terminal::start(command);
    let ids = world.base().join(ids);
    until(|| "no turn".to_owned(), || ids.exists());
    terminal
}

/// Types Ctrl-C until the program has ended: those close to the first count as the first.
fn ends_by_second_signal(mut terminal: Terminal) {
    let still = || "still there".to_owned();
    until(still, || {
        let has_ended = terminal.has_ended();
        if !has_ended {
            terminal.types(CTRL_C);
        }
        has_ended
    });
    let left = terminal.left();
    assert_eq!(left.code, 130, "{}", left.text);
}

#[test]
fn a_second_signal_amid_the_explanation_ends_the_provider_too() {
    let world = world(&[
        ("BUN_DOES", "is silent and starts another"),
        ("CODEX_DOES", "hangs on"),
    ]);
    ends_by_second_signal(hanging(&world, PROVIDER, "CODEX_IDS"));
    nothing_is_left(&world);
}

#[test]
fn a_second_signal_removes_the_container_whose_client_it_kills() {
    let world = world(&[("BUN_DOES", "hangs"), ("ENGINE_DOES", "has a daemon")]);
    ends_by_second_signal(hanging(&world, CONTAINER, "BUN_IDS"));
    nothing_is_left(&world);
    let saw = saw(&world, "ENGINE_SAW");
    assert!(saw.ends_with("\nrm -f nanoclaw-N-0\n"), "{saw}");
}

#[test]
fn a_container_that_its_engine_does_not_remove_is_named() {
    let left = r"(?m)^left     the container nanoclaw-try-\d+-0 may still run: docker rm -f nanoclaw-try-\d+-0$";
    let left = regex::Regex::new(left).expect("a pattern");
    for (does, code) in [("hangs", 1), ("answers", 0)] {
        let world = world(&[("BUN_DOES", does), ("ENGINE_DOES", "removes nothing")]);
        let run = world.nanoclaw(&[CONTAINER, &["--timeout", "3"]].concat());
        assert!(!run.stderr.contains("was ended"), "{run:?}");
        assert!(run.code == code && left.is_match(&run.stderr), "{run:?}");
    }
}

#[test]
fn a_temporary_folder_that_is_not_removed_is_named() {
    let world = world(&[("BUN_DOES", "replaces its home")]);
    let run = world.nanoclaw(PROVIDER);
    let left = regex::Regex::new(r"(?m)^left     /.*/tmp/.tmp\w+: Not a directory");
    let left = left.expect("a pattern");
    assert!(run.code == 0 && left.is_match(&run.stderr), "{run:?}");
}

#[test]
fn a_child_of_the_provider_that_left_its_group_and_heeds_no_signal_is_ended() {
    for (does, code) in [("answers", 0), ("hangs", 1), ("breaks later", 1)] {
        let world = world(&[("BUN_DOES", does), ("BUN_STARTS", "another")]);
        let run = world.nanoclaw(&[PROVIDER, &["--timeout", "4"]].concat());
        assert_eq!(run.code, code, "{run:?}");
        nothing_is_left(&world);
    }
}

#[test]
fn a_child_of_the_provider_that_ends_when_it_is_told_to_is_not_killed() {
    let mut world = world(&[]);
    let mark = world.base().join("mark");
    let file = mark.display().to_string();
    world.environment.push(("BUN_STARTS", file));
    let run = world.nanoclaw(PROVIDER);
    assert_eq!(run.code, 0, "{run:?}");
    nothing_is_left(&world);
    let written = std::fs::read_to_string(mark).expect("the mark");
    assert_eq!(written, "done\n");
}
