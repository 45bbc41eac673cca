//! The sample with groups in a database of either schema generation.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use crate::support::{PROJECT, Run, World};

pub const BEFORE_CONFIGS: &str = "
    CREATE TABLE agent_groups (id TEXT PRIMARY KEY, name TEXT NOT NULL, folder TEXT NOT NULL UNIQUE, agent_provider TEXT, created_at TEXT NOT NULL);
    CREATE TABLE sessions (id TEXT PRIMARY KEY, agent_group_id TEXT NOT NULL REFERENCES agent_groups(id), messaging_group_id TEXT, thread_id TEXT,
        agent_provider TEXT, status TEXT DEFAULT 'active', created_at TEXT NOT NULL);
    INSERT INTO agent_groups VALUES
        ('ag-1', 'main', 'main', NULL, '2026-05-01T00:00:00.000Z'),
        ('ag-2', 'Family', 'whatsapp_family', NULL, '2026-05-01T00:00:00.000Z'),
        ('ag-3', 'Family', 'telegram_family', NULL, '2026-05-01T00:00:00.000Z');
    INSERT INTO sessions VALUES
        ('s-1', 'ag-1', NULL, NULL, NULL, 'active', '2026-05-01T00:00:00.000Z'),
        ('s-2', 'ag-2', NULL, NULL, 'claude', 'active', '2026-05-01T00:00:00.000Z'),
        ('s-3', 'ag-2', NULL, NULL, 'codex', 'closed', '2026-05-01T00:00:00.000Z');
";

pub const CONFIGS: &str = "
    CREATE TABLE container_configs (agent_group_id TEXT PRIMARY KEY REFERENCES agent_groups(id) ON DELETE CASCADE, provider TEXT, model TEXT,
        image_tag TEXT, updated_at TEXT NOT NULL);
    INSERT INTO container_configs VALUES
        ('ag-1', NULL, 'opus', NULL, '2026-05-01T00:00:00.000Z'),
        ('ag-2', 'Claude', NULL, 'own-image:1', '2026-05-01T00:00:00.000Z');
";

pub const JSON: &str =
    "{\n  \"mcpServers\": {},\n  \"provider\": \"claude\",\n  \"skills\": \"all\"\n}";

/// A checkout with the skill and a database of these tables, made as the host makes it: with a write-ahead log.
pub fn world(tables: &[&str]) -> World {
    let world = World::of(&Path::new(PROJECT).join("fixtures/sample"));
    ends(
        &world.nanoclaw(&["skill", "add", "codex", "--no-build", "-y"]),
        0,
        &[],
    );
    fs::create_dir(world.root.join("data")).expect("a folder");
    let database = database(&world);
    let made = database
        .pragma_update(None, "journal_mode", "WAL")
        .and_then(|()| database.execute_batch(&tables.concat()));
    made.expect("the tables");
    for folder in ["main", "whatsapp_family"] {
        let folder = world.root.join("groups").join(folder);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("container.json"), JSON).expect("a file");
    }
    world
}

pub fn database(world: &World) -> Connection {
    Connection::open(world.root.join("data/v2.db")).expect("the database")
}

/// One value of the database.
pub fn value(world: &World, select: &str) -> Option<String> {
    database(world)
        .query_row(select, [], |row| row.get(0))
        .expect("a row")
}

pub fn config(world: &World, id: &str) -> Option<String> {
    value(
        world,
        &format!("SELECT provider FROM container_configs WHERE agent_group_id = '{id}'"),
    )
}

pub fn column(world: &World, id: &str) -> Option<String> {
    value(
        world,
        &format!("SELECT agent_provider FROM agent_groups WHERE id = '{id}'"),
    )
}

pub fn json(world: &World, folder: &str) -> String {
    fs::read_to_string(
        world
            .root
            .join("groups")
            .join(folder)
            .join("container.json"),
    )
    .expect("a file")
}

pub fn ends(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, code, "{run:?}");
    for word in words {
        let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), run.stderr);
        assert!(said.contains(word), "no `{word}` in {run:?}");
    }
}

pub fn use_codex(world: &World, arguments: &[&str]) -> Run {
    let command = [
        &["provider", "use", "codex", "-y", "--lock-timeout", "1"],
        arguments,
    ]
    .concat();
    world.nanoclaw(&command)
}
