//! `provider use` with a host that runs, beside another program that writes, and where something is broken.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "a test that cannot go on fails there"
)]

#[path = "provider/site.rs"]
mod site;
mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use site::{
    BEFORE_CONFIGS, CONFIGS, JSON, column, config, database, ends, json, use_codex, value, world,
};
use support::{Run, Tree, World};

/// A host's socket, which answers each request with a line; gives the requests.
fn host(world: &World, answer: &'static str) -> mpsc::Receiver<String> {
    let listener = UnixListener::bind(world.root.join("data/ncl.sock")).expect("a socket");
    let (sender, requests) = mpsc::channel();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.expect("a connection");
            let mut request = String::new();
            let mut reader = BufReader::new(connection.try_clone().expect("a copy"));
            reader.read_line(&mut request).expect("a line");
            // The run may have ended.
            let _ = connection.write_all(answer.as_bytes());
            let _ = sender.send(request);
        }
    });
    requests
}

#[test]
fn a_host_that_runs_is_asked() {
    let world = world(&[BEFORE_CONFIGS, CONFIGS]);
    let requests = host(&world, "{\"id\":\"x\",\"ok\":true,\"data\":{}}\n");
    // This host says yes and does nothing, which is found.
    ends(
        &use_codex(&world, &["--group", "main"]),
        2,
        &["it was set, and yet it is not so"],
    );
    let request = requests
        .recv_timeout(Duration::from_secs(5))
        .expect("a request");
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&request).expect("JSON"),
        serde_json::json!({"id": "nanoclaw", "command": "groups-config-update", "args": {"id": "ag-1", "provider": "codex"}})
    );
    assert_eq!(config(&world, "ag-1"), None);
}

#[test]
fn a_host_that_refuses_is_heard_and_one_that_cannot_is_passed_by() {
    let refusing = world(&[BEFORE_CONFIGS, CONFIGS]);
    let _requests = host(
        &refusing,
        "{\"ok\":false,\"error\":{\"code\":\"handler-error\",\"message\":\"No\\u001b[31m\\nway\"}}\n",
    );
    let run = use_codex(&refusing, &["--group", "main"]);
    ends(
        &run,
        2,
        &["the host did not set it for ag-1: No\\u{1b}[31m\\nway"],
    );
    assert_eq!(config(&refusing, "ag-1"), None);

    let older = world(&[BEFORE_CONFIGS, CONFIGS]);
    let _requests = host(
        &older,
        "{\"ok\":false,\"error\":{\"code\":\"unknown-command\",\"message\":\"no\"}}\n",
    );
    ends(
        &use_codex(&older, &["--group", "main"]),
        0,
        &["codex is set"],
    );

    let gone = world(&[BEFORE_CONFIGS, CONFIGS]);
    drop(UnixListener::bind(gone.root.join("data/ncl.sock")).expect("a socket"));
    ends(
        &use_codex(&gone, &["--group", "main"]),
        0,
        &["codex is set"],
    );
    for world in [&older, &gone] {
        assert_eq!(config(world, "ag-1").as_deref(), Some("codex"));
    }
}

#[test]
fn a_database_that_another_program_writes_to_is_waited_for() {
    for tables in [&[BEFORE_CONFIGS, CONFIGS][..], &[BEFORE_CONFIGS]] {
        let world = world(tables);
        let other = database(&world);
        let begin = "BEGIN IMMEDIATE; UPDATE agent_groups SET name = 'Main' WHERE id = 'ag-1'";
        other.execute_batch(begin).expect("a transaction");
        let run = use_codex(&world, &["--group", "ag-1"]);
        ends(
            &run,
            2,
            &["another program is writing to it", "--lock-timeout"],
        );
        assert_eq!(json(&world, "main"), JSON);
        let ends_soon = thread::spawn(move || {
            thread::sleep(Duration::from_millis(300));
            other.execute_batch("COMMIT").expect("a commit");
        });
        ends(
            &use_codex(&world, &["--group", "ag-1"]),
            0,
            &["codex is set"],
        );
        ends_soon.join().expect("the other program");
        let name = value(&world, "SELECT name FROM agent_groups WHERE id = 'ag-1'");
        assert_eq!(name.as_deref(), Some("Main"));
    }
}

#[test]
fn a_database_that_is_missing_broken_or_of_another_kind_is_an_error_and_stays_as_it_is() {
    let world = world(&[BEFORE_CONFIGS, CONFIGS]);
    let file = world.root.join("data/v2.db");
    let whole = fs::read(&file).expect("the database");
    let fails = |words: &[&str]| {
        let before = Tree::read(&world.root);
        for command in [
            &["provider", "list"][..],
            &["provider", "use", "codex", "-y", "--all"],
        ] {
            ends(&world.nanoclaw(command), 2, words);
        }
        assert_eq!(before.differences(&Tree::read(&world.root)), [""; 0]);
    };
    fs::write(
        &file,
        "no database at all, and longer than the header of one: ".repeat(40),
    )
    .expect("a file");
    fails(&["it is no whole SQLite database"]);
    fs::write(&file, whole.get(..whole.len() / 2).expect("a half")).expect("a file");
    fails(&["`data/v2.db`"]);
    fs::remove_file(&file).expect("the file");
    fails(&["has no `data/v2.db`: its host has not run yet"]);
    let other = Connection::open(&file).expect("a database");
    other
        .execute_batch("CREATE TABLE agent_groups (id TEXT, label TEXT)")
        .expect("a table");
    drop(other);
    fails(&["has no `name` in a table `agent_groups`"]);
    fs::remove_file(&file).expect("the file");
    fs::create_dir(&file).expect("a folder");
    fails(&["`data/v2.db` in", "is no regular file"]);
}

#[test]
fn a_container_json_that_cannot_be_changed_is_refused_with_nothing_changed() {
    for text in ["{", "[]", "// mine\n{}"] {
        let world = world(&[BEFORE_CONFIGS]);
        fs::write(world.root.join("groups/main/container.json"), text).expect("a file");
        ends(
            &use_codex(&world, &["--all"]),
            3,
            &["`groups/main/container.json` of main (ag-1): it is"],
        );
        ends(
            &world.nanoclaw(&["provider", "list"]),
            0,
            &["`groups/main/container.json`: it is"],
        );
        let other = use_codex(&world, &["--group", "telegram_family"]);
        ends(&other, 0, &["codex is set"]);
        assert_eq!(column(&world, "ag-2"), None);
    }
    let world = world(&[BEFORE_CONFIGS]);
    database(&world)
        .execute(
            "UPDATE agent_groups SET folder = '../../x' WHERE id = 'ag-1'",
            [],
        )
        .expect("an update");
    ends(
        &use_codex(&world, &["--all"]),
        3,
        &["of main (ag-1)", "nothing was written"],
    );
}

/// `provider use` with a fault at one of its calls to the file system; `None` where it ends before that call.
fn faulty(world: &World, call: usize, fault: &str) -> Option<Run> {
    let log = world.base().join("calls");
    let mut command = world.command(env!("CARGO_BIN_EXE_nanoclaw"), &world.root);
    command.args(["provider", "use", "codex", "-y", "--group", "main"]);
    let asked = format!("{call}:{fault}:{}", log.display());
    let run = support::run(command.env("NANOCLAW_FAULT", asked));
    let calls = fs::read_to_string(&log).expect("a log");
    (calls.lines().count() >= call).then_some(run)
}

#[test]
fn a_disk_that_fails_leaves_both_or_says_which_is_changed() {
    let (mut failed, mut told) = (0, 0);
    for call in 1.. {
        let world = world(&[BEFORE_CONFIGS]);
        let Some(run) = faulty(&world, call, "5") else {
            break;
        };
        failed += 1;
        let in_database = column(&world, "ag-1").as_deref() == Some("codex");
        let in_file = json(&world, "main") != JSON;
        let is_told = run
            .stderr
            .contains("the database is changed, and the files are not");
        told += usize::from(is_told);
        assert_eq!(in_database != in_file, is_told, "call {call}: {run:?}");
        assert!(run.code == 2 || in_file, "call {call}: {run:?}");
        ends(&use_codex(&world, &["--group", "main"]), 0, &[]);
        assert_eq!(column(&world, "ag-1").as_deref(), Some("codex"));
        assert_eq!(json(&world, "main"), JSON.replace("claude", "codex"));
    }
    assert!(
        failed > 10 && told > 0,
        "{failed} calls failed, {told} told"
    );
}

#[test]
fn a_change_that_is_killed_is_taken_back_or_whole() {
    let (mut back, mut whole) = (0, 0);
    for call in 1.. {
        let world = world(&[BEFORE_CONFIGS]);
        if faulty(&world, call, "kill").is_none() {
            break;
        }
        let state = world.root.join(".git/nanoclaw");
        let status = world.nanoclaw(&["skill", "status", "codex"]);
        if format!("{status:?}").contains("was broken off here") {
            let undone = world.nanoclaw(&["skill", "undo", "-y"]);
            assert_eq!(undone.code, 0, "call {call}: {undone:?}");
            let is_whole = undone.stderr.contains("its files are in place");
            back += usize::from(undone.stderr.contains("as they were before"));
            whole += usize::from(is_whole);
            assert_eq!(
                json(&world, "main") != JSON,
                is_whole,
                "call {call}: {undone:?}"
            );
            assert!(!state.join("journal").exists());
            // What was installed before is not what is undone.
            assert!(state.join("undo-0001").exists());
        }
        let in_database = column(&world, "ag-1").as_deref() == Some("codex");
        let in_file = json(&world, "main") != JSON;
        assert_eq!(in_database, in_file, "call {call}");
        ends(&use_codex(&world, &["--group", "main"]), 0, &[]);
    }
    assert!(back > 5 && whole > 0, "{back} taken back, {whole} whole");
}

#[test]
fn a_value_that_is_no_text_is_named_and_hides_no_other_group() {
    for (sql, words, listed) in [
        (
            "UPDATE container_configs SET provider = x'00ff41' WHERE agent_group_id = 'ag-2'",
            [
                "`data/v2.db`: `provider` of the row `ag-2` in `container_configs` is a blob of 3 bytes, and should be text in UTF-8",
                "sqlite3 data/v2.db \"SELECT typeof(provider), hex(provider) FROM container_configs WHERE agent_group_id = 'ag-2'\"",
            ],
            [true, false, true],
        ),
        (
            "UPDATE agent_groups SET name = CAST(x'ff41' AS TEXT) WHERE id = 'ag-1'",
            [
                "`name` of the row `ag-1` in `agent_groups` is text that is not UTF-8, and should be text in UTF-8",
                "hex(name) FROM agent_groups WHERE id = 'ag-1'",
            ],
            [false, true, true],
        ),
        (
            "PRAGMA foreign_keys = OFF; UPDATE agent_groups SET id = x'01' WHERE id = 'ag-3'",
            [
                "`id` of a row in `agent_groups` is a blob of 1 bytes, and should be text in UTF-8",
                "sqlite3 data/v2.db \"SELECT typeof(id), hex(id) FROM agent_groups\"",
            ],
            [true, true, false],
        ),
        (
            "UPDATE sessions SET agent_provider = x'' WHERE id = 's-2'",
            [
                "`agent_provider` of the row `s-2` in `sessions` is a blob of 0 bytes, and should be text in UTF-8",
                "FROM sessions WHERE id = 's-2'",
            ],
            [true, true, true],
        ),
    ] {
        let world = world(&[BEFORE_CONFIGS, CONFIGS]);
        database(&world).execute_batch(sql).expect("an update");
        let run = world.nanoclaw(&["provider", "list"]);
        ends(&run, 1, &words);
        let said = String::from_utf8_lossy(&run.stdout).into_owned();
        for (folder, is_listed) in ["main", "whatsapp_family", "telegram_family"]
            .iter()
            .zip(listed)
        {
            let group = format!("· groups/{folder}\n");
            assert_eq!(said.contains(&group), is_listed, "{sql}: {said}");
        }
        // What is whole can be set, and what is not is not taken for whole.
        if listed == [true, true, true] {
            continue;
        }
        ends(&use_codex(&world, &["--all"]), 2, &words);
        for (id, is_listed) in ["ag-1", "ag-2", "ag-3"].iter().zip(listed) {
            let run = use_codex(&world, &["--group", id]);
            if is_listed {
                ends(&run, 0, &["codex is set"]);
            } else {
                ends(&run, 2, &words);
            }
        }
    }
}
