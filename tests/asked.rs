//! What a document asks somebody who is at a terminal.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails there"
)]

#[path = "answers/site.rs"]
mod site;
mod support;
#[path = "interrupt/terminal.rs"]
mod terminal;

use site::{called, document, env, world};
use support::Tree;
use terminal::Terminal;

/// At a terminal every question is put, a wrong answer again, and a secret is not echoed.
#[test]
fn somebody_at_a_terminal_is_asked() {
    let world = world();
    let mut command = world.command(env!("CARGO_BIN_EXE_nanoclaw"), &world.root);
    command.args(["skill", "configure"]).arg(document(&world));
    let terminal = Terminal::start(command);
    terminal.shows("Make a bot");
    terminal.shows("token:");
    terminal.hides();
    terminal.types(b"wrong\r");
    terminal.shows("expected what matches ^tok- for `token`");
    // Once asked, once taken away with `[hidden]` in its place, and asked anew.
    terminal.shows_times("token: ", 3);
    terminal.hides();
    terminal.types(b"tok-secret\r");
    terminal.shows("mode:");
    // The second one of the choices.
    terminal.types(b"\x1b[B\r");
    terminal.shows("port:");
    terminal.types(b"8o\r");
    terminal.shows("expected what matches ^[0-9]+$ for `port`");
    terminal.shows_times("port:", 3);
    terminal.types(b"80\r");
    terminal.shows("do this?");
    terminal.types(b"y");
    let left = terminal.left();
    assert_eq!(left.code, 0, "{}", left.text);
    assert!(!left.text.contains("tok-secret"), "{}", left.text);
    assert_eq!(env(&world), "CHAT_TOKEN=tok-secret\nCHAT_MODE=by-webhook\n");
    assert_eq!(called(&world), "<tok-secret>|webhook\nport 80\n");
}

#[test]
fn somebody_at_a_terminal_may_say_no() {
    let world = world();
    let before = Tree::read(&world.root);
    for typed in [
        &b"\r"[..],
        b"tok-secret\r\r\r",
        b"tok-secret\r\x1b",
        b"tok-secret\r\rn",
        b"tok-secret\r\x03",
    ] {
        let mut command = world.command(env!("CARGO_BIN_EXE_nanoclaw"), &world.root);
        command.args(["skill", "configure"]).arg(document(&world));
        let terminal = Terminal::start(command);
        terminal.shows("token:");
        terminal.hides();
        let (first, rest) = typed.split_at(
            typed
                .iter()
                .position(|byte| *byte == b'\r')
                .expect("a line")
                + 1,
        );
        terminal.types(first);
        if !rest.is_empty() {
            terminal.shows("mode:");
            terminal.types(&rest[..1]);
        }
        if rest.len() > 1 {
            terminal.shows("do this?");
            terminal.types(&rest[1..]);
        }
        let left = terminal.left();
        let expected = if typed.ends_with(b"\x03") { 130 } else { 3 };
        assert_eq!(left.code, expected, "{typed:?}: {}", left.text);
        assert!(left.text.contains("nothing was written"), "{}", left.text);
    }
    assert_eq!(before.differences(&Tree::read(&world.root)), [""; 0]);
    assert_eq!(called(&world), "");
}
