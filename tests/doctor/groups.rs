//! What the doctor says of groups, by databases of both generations.

use std::fs;
use std::os::unix::fs::symlink;

use rusqlite::Connection;

use super::{all_told, checks, doctor, execute, put, told, well};

#[test]
fn the_image_of_a_group_is_the_databases_where_that_has_configurations() {
    let before_configs = "DROP TABLE container_configs";
    let without_row = "DELETE FROM container_configs";
    let empty = "UPDATE container_configs SET image_tag = ''";
    let named = "UPDATE container_configs SET image_tag = 'own:1'";
    for (sql, looked, passed_over) in [
        ("", ":latest holds", "of-file:1"),
        // To the host an empty one is none.
        (empty, ":latest holds", "; "),
        (named, "own:1 holds", "of-file:1"),
        (before_configs, "of-file:1 holds", "own:1"),
        // The host makes its row of the file.
        (without_row, "of-file:1 holds", "own:1"),
    ] {
        let world = well();
        execute(&world.root.join("data/v2.db"), sql);
        put(
            &world.root.join("groups/main/container.json"),
            r#"{"provider":"codex","imageTag":"of-file:1"}"#,
        );
        let found = checks(&doctor(&world));
        let images = found.iter().filter(|(name, ..)| name == "image");
        let images = images.map(|(_, _, found)| found.as_str());
        let images = images.collect::<Vec<_>>().join("; ");
        assert!(images.contains(looked), "{sql}: {images}");
        assert!(!images.contains(passed_over), "{sql}: {images}");
    }
}

#[test]
fn a_mend_is_a_command_that_mends() {
    let provider = |name: &str| format!("UPDATE container_configs SET provider = '{name}'");
    let of_session = "UPDATE sessions SET agent_provider = 'codex'";
    let dash = "UPDATE agent_groups SET id = '--group=x'; UPDATE container_configs SET agent_group_id = '--group=x', provider = 'gone'";
    for (sql, wanted, unwanted) in [
        (
            format!("{}; {of_session}", provider("gone")),
            "[nanoclaw provider use claude --group ag-1 --session s-1]",
            "provider use gone",
        ),
        (
            dash.to_owned(),
            "nanoclaw provider use claude --group='--group=x'",
            "--group --group",
        ),
    ] {
        let world = well();
        execute(&world.root.join("data/v2.db"), &sql);
        let found = all_told(&world, "groups").join("\n");
        assert!(found.contains(wanted), "{found}");
        assert!(!found.contains(unwanted), "{found}");
    }
}

#[test]
fn a_database_that_is_not_used_is_no_matter_of_the_list() {
    let world = well();
    let data = world.root.join("data/v2.db");
    fs::rename(&data, world.base().join("v2.db")).expect("a file");
    symlink(world.base().join("v2.db"), &data).expect("a symlink");
    for name in ["groups", "threads"] {
        let found = told(&world, name);
        assert!(found.starts_with("warning: not looked at: "), "{found}");
        assert!(found.ends_with("[ls -l data/v2.db]"), "{found}");
    }
}

#[test]
fn a_database_that_is_written_to_is_looked_at_again_without_an_option_that_is_not_there() {
    let world = well();
    let writer = Connection::open(world.root.join("data/v2.db")).expect("a database");
    let begun = writer.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    begun.expect("a transaction");
    let found = told(&world, "groups");
    assert!(found.contains("another program is writing"), "{found}");
    assert!(!found.contains("--lock-timeout"), "{found}");
}

#[test]
fn what_cannot_be_looked_at_names_what_mends_that() {
    let world = well();
    fs::remove_file(world.root.join("data/v2.db")).expect("a file");
    for name in ["groups", "threads"] {
        let found = told(&world, name);
        assert!(
            found.ends_with("[bash nanoclaw.sh sets NanoClaw up]"),
            "{found}"
        );
    }
}
