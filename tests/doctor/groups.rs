//! What the doctor says of groups, by databases of both generations.

use std::fs;

use super::{checks, doctor, execute, put, told, well};

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
