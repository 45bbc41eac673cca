//! What the doctor says of a `.env` that is a symlink: the host reads whatever it leads to.

use std::fs;
use std::os::unix::fs::symlink;

use super::harms::Harm;
use super::support::World;
use super::{checks, doctor, put, well};

const ENV: &str = "OPENAI_API_KEY=sk-secret\nONECLI_URL=http://127.0.0.1:1\n";

/// What the doctor says of a host that starts its containers with OneCLI, by the names of some checks.
fn told(world: &World) -> [(String, String); 3] {
    let runner = world.root.join("src/container-runner.ts");
    put(&runner, "import { OneCLI } from '@onecli-sh/sdk';\n");
    let document = world.root.join(".claude/skills/add-codex/SKILL.md");
    put(&document, "Set AGENT_PROVIDER.");
    let run = doctor(world);
    assert!(!String::from_utf8_lossy(&run.stdout).contains("secret"));
    let found = checks(&run);
    [".env", "OneCLI", "document"].map(|name| {
        let (_, level, words) = found.iter().find(|(its, ..)| its == name).expect("a check");
        (level.clone(), words.clone())
    })
}

#[test]
fn a_symlink_to_a_file_of_the_checkout_is_followed() {
    let world = well();
    put(&world.root.join("config/env"), ENV);
    symlink("config/env", world.root.join(".env")).expect("a symlink");
    let [keys, gateway, document] = told(&world);
    assert_eq!(keys.0, "warning");
    assert!(keys.1.contains("OPENAI_API_KEY: read in"), "{keys:?}");
    assert_eq!(gateway.0, "error");
    assert!(document.1.ends_with("none is set"), "{document:?}");
}

#[test]
fn what_leads_out_of_the_checkout_or_to_nothing_is_told_and_not_read() {
    let outside = |world: &World| {
        put(&world.base().join("home/env"), ENV);
        let home = world.base().join("home/env");
        symlink(home, world.root.join(".env")).expect("a symlink");
    };
    let dangling = |world: &World| {
        symlink("gone", world.root.join(".env")).expect("a symlink");
    };
    let folder = |world: &World| fs::create_dir(world.root.join(".env")).expect("a folder");
    let harms: [(Harm, &str); 3] = [
        (outside, "a symlink leads out of the checkout, to ~/env"),
        (dangling, "a symlink leads to nothing"),
        (folder, "a folder is where a file should be"),
    ];
    for (harm, words) in harms {
        let world = well();
        harm(&world);
        let [keys, gateway, document] = told(&world);
        assert_eq!(keys.0, "warning");
        assert!(keys.1.contains(words), "{keys:?}");
        assert_eq!(gateway.0, "warning");
        for (_, words) in [gateway, document] {
            assert!(words.ends_with(".env is not looked at"), "{words}");
        }
    }
}
