//! The sample with the skill and stand-ins for bun, codex and the engine, for trials of the provider and in a container.

#![allow(dead_code, reason = "each test program uses its own part")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::interrupt::terminal::{lives, until};
use crate::support::{PROJECT, Run, World};

pub const PROVIDER: &[&str] = &["skill", "try", "codex", "--level", "provider"];
pub const CONTAINER: &[&str] = &["skill", "try", "codex", "--level", "container"];

const IMAGE: &str = "export function getContainerImageBase(projectRoot?: string): string {\n  return `agent-of-${getInstallSlug(projectRoot)}`;\n}\nexport const image = `${getContainerImageBase()}:latest`;\n";

/// The sample with the skill, a sign-in, and stand-ins that do this.
pub fn world(does: &[(&'static str, &str)]) -> World {
    let mut world = World::of(&Path::new(PROJECT).join("fixtures/sample"));
    let bin = world.base().join("bin");
    fs::create_dir(&bin).expect("a folder");
    for (name, text) in [
        ("bun", include_str!("../support/bun.sh")),
        ("codex", include_str!("../support/codex.sh")),
        ("docker", include_str!("../support/engine.sh")),
        ("systemctl", "#!/bin/sh\necho LoadState=not-found\n"),
    ] {
        let program = bin.join(name);
        fs::write(&program, text).expect("a stand-in");
        fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("a mode");
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", bin.display());
    world.environment.push(("PATH", path));
    for name in [
        "BUN_SAW",
        "BUN_IDS",
        "CODEX_IDS",
        "ENGINE_SAW",
        "ENGINE_IDS",
    ] {
        let file = world.base().join(name).display().to_string();
        world.environment.push((name, file));
    }
    let added = world.nanoclaw(&["skill", "add", "codex", "--no-build", "-y"]);
    assert_eq!(added.code, 0, "{added:?}");
    let slug = world.root.join("src/install-slug.ts");
    let source = fs::read_to_string(&slug).expect("a source");
    fs::write(slug, format!("{source}{IMAGE}")).expect("a source");
    let codex = world.base().join("home/.codex");
    fs::create_dir_all(&codex).expect("a folder");
    fs::write(
        codex.join("auth.json"),
        "{\"OPENAI_API_KEY\":\"sk-secret\"}",
    )
    .expect("a sign-in");
    let does = does.iter().map(|(name, does)| (*name, (*does).to_owned()));
    world.environment.extend(does);
    world
}

pub fn ends(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, code, "{run:?}");
    let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), run.stderr);
    for word in words {
        assert!(said.contains(word), "no `{word}` in {run:?}");
    }
    assert!(!said.contains("sk-secret") && !said.contains('\u{1b}'));
}

/// What a stand-in wrote down, with the world's folder as `BASE` and what differs from run to run as `N`.
pub fn saw(world: &World, name: &str) -> String {
    let saw = fs::read_to_string(world.base().join(name)).unwrap_or_default();
    let saw = saw.replace(&world.base().display().to_string(), "BASE");
    let varies = regex::Regex::new(r"tmp/\.tmp[A-Za-z0-9]+|try-[0-9]+").expect("a pattern");
    varies.replace_all(&saw, "N").into_owned()
}

/// Holds when no temporary folder is left, and no process that a stand-in started.
pub fn nothing_is_left(world: &World) {
    let temporary = fs::read_dir(world.base().join("tmp")).expect("the folder");
    assert_eq!(temporary.count(), 0);
    none_lives(world);
}

/// Waits until no process that a stand-in started lives.
pub fn none_lives(world: &World) {
    let files = ["BUN_IDS", "CODEX_IDS", "ENGINE_IDS"].map(|name| world.base().join(name));
    let ids = files.map(|file| fs::read_to_string(file).unwrap_or_default());
    let ids = ids.concat();
    let ids = ids.split_whitespace().collect::<Vec<_>>();
    until(|| format!("{ids:?}"), || !ids.iter().any(|id| lives(id)));
}
