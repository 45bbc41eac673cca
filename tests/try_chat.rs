//! `skill try --level chat` with a stand-in for the host's CLI channel: who would answer, what is sent, and what counts as an answer.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "a test that cannot go on fails there"
)]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use support::{PROJECT, Run, World};

const CHAT: &[&str] = &["skill", "try", "codex", "--level", "chat"];

const TABLES: &str = "
    CREATE TABLE agent_groups (id TEXT PRIMARY KEY, name TEXT, folder TEXT, agent_provider TEXT);
    CREATE TABLE sessions (id TEXT PRIMARY KEY, agent_group_id TEXT, messaging_group_id TEXT, agent_provider TEXT, status TEXT);
    INSERT INTO sessions VALUES ('s-1', 'ag-1', 'mg-1', NULL, 'active'), ('s-2', 'ag-1', 'mg-2', NULL, 'active'), ('s-3', 'ag-1', 'mg-1', NULL, 'closed');
    CREATE TABLE container_configs (agent_group_id TEXT PRIMARY KEY, provider TEXT, image_tag TEXT, updated_at TEXT);
    CREATE TABLE messaging_groups (id TEXT PRIMARY KEY, channel_type TEXT, platform_id TEXT);
    CREATE TABLE messaging_group_agents (id TEXT PRIMARY KEY, messaging_group_id TEXT, agent_group_id TEXT);
    INSERT INTO agent_groups VALUES ('ag-1', 'Main', 'main', NULL), ('ag-2', 'Family', 'family', NULL);
    INSERT INTO container_configs VALUES ('ag-1', 'codex', NULL, ''), ('ag-2', 'claude', NULL, '');
    INSERT INTO messaging_groups VALUES ('mg-1', 'cli', 'local'), ('mg-2', 'discord', 'discord:1');
    INSERT INTO messaging_group_agents VALUES ('mga-1', 'mg-1', 'ag-1'), ('mga-2', 'mg-2', 'ag-2');
";

fn world() -> World {
    let world = World::of(&Path::new(PROJECT).join("fixtures/sample"));
    fs::create_dir(world.root.join("data")).expect("a folder");
    execute(&world, TABLES);
    world
}

fn execute(world: &World, sql: &str) {
    execute_in(&world.root.join("data/v2.db"), sql);
}

fn execute_in(file: &Path, sql: &str) {
    let database = Connection::open(file).expect("a database");
    database.execute_batch(sql).expect("its tables");
}

/// Has a session go on with a thread.
fn session(world: &World, id: &str, thread: &str) {
    let folder = world.root.join("data/v2-sessions/ag-1").join(id);
    fs::create_dir_all(&folder).expect("a folder");
    let table = "CREATE TABLE session_state (key TEXT PRIMARY KEY, value TEXT)";
    let row = format!("INSERT INTO session_state VALUES ('continuation:codex', '{thread}')");
    execute_in(&folder.join("outbound.db"), &format!("{table}; {row}"));
}

/// A host that takes one message, answers with these lines, and gives what it was sent. `stays` keeps the channel open.
fn host(world: &World, lines: &'static [&str], stays: bool) -> JoinHandle<String> {
    host_that(world, lines, stays, || {})
}

/// The same, which does something before it answers.
fn host_that(
    world: &World,
    lines: &'static [&str],
    stays: bool,
    does: impl FnOnce() + Send + 'static,
) -> JoinHandle<String> {
    let listener = UnixListener::bind(world.root.join("data/cli.sock")).expect("a socket");
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut from = BufReader::new(stream.try_clone().expect("a stream"));
        let mut sent = String::new();
        from.read_line(&mut sent).expect("a line");
        does();
        for line in lines {
            stream.write_all(line.as_bytes()).expect("a client");
        }
        if stays {
            from.read_line(&mut sent).expect("an end");
        }
        sent
    })
}

fn ends(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, code, "{run:?}");
    let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), run.stderr);
    for word in words {
        assert!(said.contains(word), "no `{word}` in {run:?}");
    }
}

#[test]
fn a_message_goes_to_the_group_of_the_cli_channel_and_its_first_text_is_the_answer() {
    let world = world();
    let lines = &[
        "{\"typing\":true}\n{\"text\":\" \"}\n{\"te",
        "xt\":\"po\\u001bng\"}\n",
    ];
    session(&world, "s-1", "0199-before");
    session(&world, "s-2", "0199-discord");
    session(&world, "s-3", "0199-closed");
    let data = world.root.join("data");
    let terminal = data.join("v2-sessions/ag-1/s-1/outbound.db");
    let goes_on = move || {
        let row = "UPDATE session_state SET value = '0199-terminal'";
        execute_in(&terminal, row);
    };
    let host = host_that(&world, lines, true, goes_on);
    let database = data.join("v2.db");
    let before = fs::read(&database).expect("the database");
    let run = world.nanoclaw(&[CHAT, &["--prompt", "Say \"pong\""]].concat());
    let asks = "asks     the model once, by a message to Main (ag-1) that stays in its chat; a terminal in that chat is cut off: that spends a little of the plan's quota\n";
    ends(&run, 0, &[asks]);
    let time = regex::Regex::new(" +[0-9]+ ms").expect("a pattern");
    let stdout = String::from_utf8_lossy(&run.stdout);
    let stages = "sent N ms  the host took the message\nresult N ms  po\\u{1b}ng\nthread N ms  0199-terminal, which the chat goes on with\ntotal N ms\n";
    assert_eq!(time.replace_all(&stdout, " N ms"), stages);
    let sent = host.join().expect("a host");
    assert_eq!(sent, "{\"text\":\"Say \\\"pong\\\"\"}\n");
    assert_eq!(fs::read(&database).expect("the database"), before);
}

/// A container that runs keeps the provider that it started with.
#[test]
fn a_text_that_codex_did_not_give_is_no_answer() {
    let lines = &["{\"text\":\"pong\"}\n"];
    let words = [
        "result ",
        "error: a text came, and no thread of codex went on with it",
        "hint: pnpm ncl groups restart --id ID",
    ];
    for before in [None, Some("0199-before")] {
        let world = world();
        if let Some(thread) = before {
            session(&world, "s-1", thread);
        }
        // Another chat's thread is none of this one's.
        session(&world, "s-2", "0199-discord");
        let host = host(&world, lines, true);
        let run = world.nanoclaw(CHAT);
        ends(&run, 1, &words);
        assert!(
            !String::from_utf8_lossy(&run.stdout).contains("thread"),
            "{run:?}"
        );
        host.join().expect("a host");
    }
}

/// Of a query that goes on codex's own record alone changes.
#[test]
fn a_thread_that_codex_writes_to_is_one_that_goes_on() {
    let world = world();
    session(&world, "s-1", "0199-same");
    let folder = world
        .root
        .join("data/v2-sessions/ag-1/s-1/codex/sessions/2026/05/01");
    fs::create_dir_all(&folder).expect("a folder");
    let record = folder.join("rollout-2026-05-01T12-00-00-0199-same.jsonl");
    fs::write(&record, "{}\n").expect("a record");
    let old = std::time::SystemTime::UNIX_EPOCH;
    let file = fs::File::options()
        .write(true)
        .open(&record)
        .expect("a record");
    file.set_modified(old).expect("a time");
    let writes = move || fs::write(&record, "{}\n{}\n").expect("a record");
    let host = host_that(&world, &["{\"text\":\"pong\"}\n"], true, writes);
    ends(
        &world.nanoclaw(CHAT),
        0,
        &["0199-same, which the chat goes on with"],
    );
    host.join().expect("a host");
}

#[test]
fn what_is_no_answer_is_a_failure_with_a_hint() {
    let container =
        "hint: nanoclaw skill try codex --level container; see also nanoclaw skill doctor codex\n";
    let again = "hint: run the command again; ";
    for (lines, stays, words) in [
        (
            &["{\"text\":\"Error: thread/start failed: 401\"}\n"][..],
            true,
            [
                "error: the agent answers with an error: thread/start failed: 401",
                container,
            ],
        ),
        (
            &["{\"text\":\"[superseded by a newer client]\"}\n"],
            true,
            [
                "error: the host speaks with us no more: [superseded by a newer client]",
                again,
            ],
        ),
        (
            &["no JSON\n"],
            false,
            [
                "error: the host speaks with us no more: it closed the channel",
                again,
            ],
        ),
        (
            &[],
            true,
            [
                "error: no answer came after 1 s (--timeout), though the host took the message",
                container,
            ],
        ),
    ] {
        let world = world();
        let host = host(&world, lines, stays);
        let timeout = if lines.is_empty() { "1" } else { "60" };
        let run = world.nanoclaw(&[CHAT, &["--timeout", timeout]].concat());
        ends(&run, 1, &words);
        assert!(!String::from_utf8_lossy(&run.stdout).contains("total"));
        host.join().expect("a host");
    }
}

#[test]
fn without_a_host_that_listens_its_restart_is_named() {
    let world = world();
    let slug = nanoclaw::digest::sha1(world.root.display().to_string().as_bytes());
    let slug = slug.get(..8).unwrap_or_default();
    let restart = format!("hint: systemctl --user restart nanoclaw-v2-{slug}\n");
    let words = ["error: no host listens at `data/cli.sock`", &restart];
    ends(&world.nanoclaw(CHAT), 2, &words);
    // One that ended leaves its socket.
    drop(UnixListener::bind(world.root.join("data/cli.sock")).expect("a socket"));
    ends(&world.nanoclaw(CHAT), 2, &words);
}

#[test]
fn a_channel_that_leads_to_no_group_or_to_another_provider_gets_no_message() {
    let world = world();
    execute(
        &world,
        "UPDATE container_configs SET provider = 'Claude' WHERE agent_group_id = 'ag-1'",
    );
    let words = [
        "the CLI channel leads to Main (ag-1), whose provider is claude",
        "hint: nanoclaw provider use codex --group ag-1\n",
    ];
    ends(&world.nanoclaw(CHAT), 3, &words);
    execute(
        &world,
        "DELETE FROM messaging_group_agents WHERE id = 'mga-1'",
    );
    let words = ["no group is wired to the host's CLI channel", "hint: "];
    ends(&world.nanoclaw(CHAT), 3, &words);
    execute(&world, "DROP TABLE messaging_group_agents");
    let words = ["`data/v2.db` has no `agent_group_id` in a table `messaging_group_agents`"];
    ends(&world.nanoclaw(CHAT), 2, &words);
    let words = [
        "--model is for the other levels",
        "hint: nanoclaw skill configure codex --model MODEL",
    ];
    ends(
        &world.nanoclaw(&[CHAT, &["--model", "x"]].concat()),
        2,
        &words,
    );
}
