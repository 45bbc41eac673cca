//! `provider list` and `provider use` on databases of both schema generations: what is set, and where.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "a test that cannot go on fails there"
)]

#[path = "provider/site.rs"]
mod site;
mod support;

use std::fs;

use site::{
    BEFORE_CONFIGS, CONFIGS, JSON, column, config, database, ends, json, use_codex, value, world,
};
use support::Tree;

#[test]
fn a_provider_is_set_where_a_configuration_has_a_row() {
    let world = world(&[BEFORE_CONFIGS, CONFIGS]);
    let before = Tree::read(&world.root.join("groups"));
    let run = use_codex(&world, &["--group", "main"]);
    ends(
        &run,
        0,
        &[
            "set      container_configs.provider of ag-1: nothing -> codex",
            "codex is set",
            "a conversation of its own",
        ],
    );
    assert_eq!(config(&world, "ag-1").as_deref(), Some("codex"));
    assert_eq!(config(&world, "ag-2").as_deref(), Some("Claude"));
    assert_eq!(column(&world, "ag-1"), None);
    let updated = value(
        &world,
        "SELECT updated_at FROM container_configs WHERE agent_group_id = 'ag-1'",
    );
    let updated = updated.expect("a time");
    assert!(
        updated.as_str() > "2026-05-01T00:00:00.000Z" && updated.len() == 24,
        "{updated}"
    );
    assert_eq!(
        before.differences(&Tree::read(&world.root.join("groups"))),
        [""; 0]
    );
    ends(
        &use_codex(&world, &["--group", "ag-1"]),
        0,
        &["codex is already set"],
    );
    ends(
        &world.nanoclaw(&["provider", "use", "claude", "-y", "--group", "main"]),
        0,
        &["claude is set"],
    );
    assert_eq!(config(&world, "ag-1").as_deref(), Some("claude"));
}

#[test]
fn a_group_without_a_row_gets_both_that_its_row_is_made_from() {
    for tables in [
        &[BEFORE_CONFIGS][..],
        &[
            BEFORE_CONFIGS,
            "CREATE TABLE container_configs (agent_group_id TEXT, provider TEXT, image_tag TEXT, updated_at TEXT);",
        ],
    ] {
        let world = world(tables);
        let run = use_codex(&world, &["--group", "main", "--group", "telegram_family"]);
        ends(
            &run,
            0,
            &[
                "update   groups/main/container.json",
                "create   groups/telegram_family/container.json",
            ],
        );
        assert_eq!(column(&world, "ag-1").as_deref(), Some("codex"));
        assert_eq!(column(&world, "ag-3").as_deref(), Some("codex"));
        assert_eq!(json(&world, "main"), JSON.replace("claude", "codex"));
        assert_eq!(
            json(&world, "telegram_family"),
            "{\n  \"provider\": \"codex\"\n}\n"
        );
        assert_eq!(json(&world, "whatsapp_family"), JSON);
        // It is no installation: what `skill undo` takes back is the skill.
        assert!(!world.root.join(".git/nanoclaw/undo-0002").exists());
    }
}

#[test]
fn groups_go_by_name_folder_or_id_and_all_means_all() {
    let world = world(&[BEFORE_CONFIGS, CONFIGS]);
    ends(
        &use_codex(&world, &["--group", "nobody"]),
        3,
        &[
            "no group is called `nobody`; there are:",
            "main (ag-1)",
            "groups/telegram_family",
        ],
    );
    ends(
        &use_codex(&world, &["--group", "Family"]),
        3,
        &[
            "several groups are called `Family`; there are:",
            "Family (ag-2)",
            "Family (ag-3)",
        ],
    );
    ends(&use_codex(&world, &[]), 2, &["--group"]);
    assert_eq!(config(&world, "ag-1"), None);
    ends(&use_codex(&world, &["--all"]), 0, &["codex is set"]);
    for id in ["ag-1", "ag-2"] {
        assert_eq!(config(&world, id).as_deref(), Some("codex"));
    }
    assert_eq!(column(&world, "ag-3").as_deref(), Some("codex"));
    let listed = world.nanoclaw(&["provider", "list"]);
    ends(
        &listed,
        0,
        &[
            "registered: claude, codex, mock",
            "codex       main (ag-1) · groups/main",
        ],
    );
}

#[test]
fn a_provider_that_is_not_registered_is_refused() {
    let world = world(&[BEFORE_CONFIGS, CONFIGS]);
    let run = world.nanoclaw(&["provider", "use", "Codex", "-y", "--all"]);
    ends(
        &run,
        3,
        &[
            "no provider called `Codex` is registered",
            "there are: claude, codex, mock",
        ],
    );
    let listed = world.nanoclaw(&["provider", "list"]);
    database(&world)
        .execute("UPDATE container_configs SET provider = 'gone'", [])
        .expect("an update");
    ends(&listed, 0, &["claude      main (ag-1)"]);
    ends(
        &world.nanoclaw(&["provider", "list"]),
        0,
        &[
            "gone        main (ag-1)",
            "not registered: its container ends at every start",
        ],
    );
}

#[test]
fn a_session_of_its_own_provider_is_set_where_that_takes_effect() {
    let world = world(&[BEFORE_CONFIGS, CONFIGS]);
    let session = ["--group", "ag-2", "--session", "s-2"];
    ends(
        &use_codex(&world, &session),
        3,
        &[
            "reaches the host alone",
            "nanoclaw provider use codex --group ag-2",
        ],
    );
    let run = use_codex(&world, &["--group", "ag-2"]);
    let note = "session s-2: the host readies its container for claude, and codex runs in it: nanoclaw provider use codex --group ag-2 --session s-2";
    ends(&run, 0, &[note]);
    ends(&world.nanoclaw(&["provider", "list"]), 0, &[note]);
    ends(
        &use_codex(&world, &["--group", "ag-2", "--session", "s-3"]),
        3,
        &["no active session `s-3`; there are: s-2"],
    );
    ends(
        &use_codex(&world, &session),
        0,
        &["sessions.agent_provider of s-2: claude -> codex"],
    );
    let provider = value(
        &world,
        "SELECT agent_provider FROM sessions WHERE id = 's-2'",
    );
    assert_eq!(provider.as_deref(), Some("codex"));
    assert!(
        !world
            .nanoclaw(&["provider", "list"])
            .stdout
            .windows(9)
            .any(|part| part == b"readies i")
    );
}

#[test]
fn a_dry_run_shows_what_changes_and_changes_nothing() {
    let world = world(&[BEFORE_CONFIGS]);
    let before = Tree::read(&world.base());
    let run = world.nanoclaw(&["provider", "use", "codex", "--group", "main", "-n"]);
    ends(
        &run,
        0,
        &[
            "data/v2.db: agent_groups.agent_provider of ag-1: nothing -> codex",
            "-  \"provider\": \"claude\"",
            "+  \"provider\": \"codex\"",
        ],
    );
    ends(&world.nanoclaw(&["provider", "list"]), 0, &[]);
    assert_eq!(before.differences(&Tree::read(&world.base())), [""; 0]);
    let patch = world.base().join("patch");
    fs::write(&patch, &run.stdout).expect("a patch");
    world.git(&world.root, &["apply", patch.to_str().expect("UTF-8")]);
    assert_eq!(json(&world, "main"), JSON.replace("claude", "codex"));
}
