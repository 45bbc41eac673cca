//! `skill doctor` on a host where all is well, and on one where one thing after the other is not.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails there"
)]

#[path = "doctor/env_file.rs"]
mod env_file;
#[path = "doctor/groups.rs"]
mod groups;
#[path = "doctor/harms.rs"]
mod harms;
#[path = "doctor/service.rs"]
mod service;
mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use rusqlite::Connection;
use serde_json::Value;
use support::{PROJECT, Run, Tree, World};

const TABLES: &str = "
    CREATE TABLE agent_groups (id TEXT PRIMARY KEY, name TEXT, folder TEXT, agent_provider TEXT);
    CREATE TABLE sessions (id TEXT PRIMARY KEY, agent_group_id TEXT, agent_provider TEXT, status TEXT);
    CREATE TABLE container_configs (agent_group_id TEXT PRIMARY KEY, provider TEXT, image_tag TEXT, updated_at TEXT);
    INSERT INTO agent_groups VALUES ('ag-1', 'Main', 'main', NULL);
    INSERT INTO container_configs VALUES ('ag-1', 'codex', NULL, '2026-05-01T12:00:00.000Z');
    INSERT INTO sessions VALUES ('s-1', 'ag-1', NULL, 'active');
";

const SESSION: &str = "
    CREATE TABLE session_state (key TEXT PRIMARY KEY, value TEXT, updated_at TEXT);
    INSERT INTO session_state VALUES ('continuation:codex', '0199-thread', '2026-05-01T12:00:00.000Z');
";

const IMAGE: &str = "export function getContainerImageBase(projectRoot?: string): string {\n  return `nanoclaw-agent-v2-${getInstallSlug(projectRoot)}`;\n}\nexport const image = `${getContainerImageBase()}:latest`;\n";

/// What the host was built of the skill's file.
const DIST: &str = "registerProviderContainerConfig('codex', () => ({}));\n";

/// Engine, service manager and codex of a host where all is well.
const DOCKER: &str = "case \"$*\" in info) ;; *inspect*) echo '\"2100-01-01T00:00:00.5Z\"' ;; history*) echo 'RUN |1 CODEX_VERSION=0.130.0 /bin/sh -c pnpm install -g \"@openai/codex@${CODEX_VERSION}\"' ;; *) exit 1 ;; esac";
const SYSTEMCTL: &str = "case \"$*\" in *--user*) printf 'LoadState=loaded\\nActiveState=active\\nActiveEnterTimestamp=Fri 2100-01-01 00:00:00 UTC\\nEnvironment=HOME=/h CODEX_MODEL=gpt-6\\n' ;; *) echo LoadState=not-found ;; esac";
const CODEX: &str = "echo codex-cli 0.130.0";
const PNPM: &str = "[ \"$*\" = 'exec tsc -p container/agent-runner/tsconfig.json --noEmit' ]";

/// Every check, in the order in which a message meets what it is about.
const CHECKS: [&str; 21] = [
    "sources",
    "host build",
    "builds",
    "types",
    "image",
    "service",
    "codex here",
    "pin",
    "model",
    "model read",
    ".env",
    "endpoint",
    "sign-in",
    "copies",
    "auth.json",
    "threads",
    "document",
    "groups",
    "folder",
    "OneCLI",
    "error log",
];

const LOGIN: &str = r#"{"OPENAI_API_KEY":"sk-secret"}"#;
const BUN_TYPES: &str = "container/agent-runner/node_modules/@types/bun";

fn put(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

fn append(path: &Path, text: &str) {
    let was = fs::read_to_string(path).expect("a file");
    put(path, &format!("{was}{text}"));
}

fn stand_in(world: &World, name: &str, body: &str) {
    let program = world.base().join("bin").join(name);
    put(&program, &format!("#!/bin/sh\n{body}\n"));
    fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("a mode");
}

fn execute(file: &Path, sql: &str) {
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    let database = Connection::open(file).expect("a database");
    database.execute_batch(sql).expect("its tables");
}

/// A host where all is well.
fn well() -> World {
    let mut world = World::of(&Path::new(PROJECT).join("fixtures/sample"));
    for (name, body) in [
        ("docker", DOCKER),
        ("systemctl", SYSTEMCTL),
        ("codex", CODEX),
        ("pnpm", PNPM),
    ] {
        stand_in(&world, name, body);
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", world.base().join("bin").display());
    world.environment.push(("PATH", path));
    let added = world.nanoclaw(&[
        "skill",
        "add",
        "codex",
        "--no-build",
        "-y",
        "--set",
        "CODEX_VERSION=0.130.0",
    ]);
    assert_eq!(added.code, 0, "{added:?}");
    let root = world.root.clone();
    put(&root.join(".git/nanoclaw/pending-codex"), "");
    append(&root.join("src/install-slug.ts"), IMAGE);
    for types in ["node_modules", BUN_TYPES] {
        fs::create_dir_all(root.join(types)).expect("a folder");
    }
    put(&root.join("dist/index.js"), "");
    put(&root.join("dist/providers/codex.js"), DIST);
    put(
        &root.join("dist/providers/index.js"),
        "import './codex.js';\n",
    );
    execute(&root.join("data/v2.db"), TABLES);
    let session = root.join("data/v2-sessions/ag-1/s-1");
    execute(&session.join("outbound.db"), SESSION);
    put(&session.join("codex/auth.json"), LOGIN);
    put(
        &session.join("codex/sessions/2026/05/01/rollout-x-0199-thread.jsonl"),
        "",
    );
    let login = world.base().join("home/.codex/auth.json");
    put(&login, LOGIN);
    fs::set_permissions(&login, Permissions::from_mode(0o600)).expect("a mode");
    world
}

fn doctor(world: &World) -> Run {
    world.nanoclaw(&["skill", "doctor", "codex", "--format", "json"])
}

/// The checks of a run: the level and the evidence of each.
fn checks(run: &Run) -> Vec<(String, String, String)> {
    let whole = serde_json::from_slice::<Value>(&run.stdout);
    let whole = whole.unwrap_or_else(|error| panic!("{error}: {run:?}"));
    let checks = whole["checks"].as_array().expect("checks").iter();
    let text = |check: &Value, key: &str| check[key].as_str().unwrap_or_default().to_owned();
    let checks = checks.map(|check| {
        (
            text(check, "name"),
            text(check, "level"),
            text(check, "found"),
        )
    });
    checks.collect()
}

/// The level and the words of the first check of a name, with the command that mends it.
fn told(world: &World, name: &str) -> String {
    let mut all = all_told(world, name).into_iter();
    all.next().expect("a check")
}

/// The same of all of a name.
fn all_told(world: &World, name: &str) -> Vec<String> {
    let whole = serde_json::from_slice::<Value>(&doctor(world).stdout).expect("JSON");
    let all = whole["checks"].as_array().expect("checks").iter();
    let of_name = all.filter(|check| check["name"] == name);
    let told = of_name.map(|check| {
        let text = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
        format!("{}: {} [{}]", text("level"), text("found"), text("mend"))
    });
    told.collect()
}

#[test]
fn a_host_where_all_is_well_has_no_warning() {
    let world = well();
    let before = Tree::read(&world.base());
    let run = doctor(&world);
    let found = checks(&run);
    let worse = found
        .iter()
        .filter(|(_, level, _)| level != "ok")
        .collect::<Vec<_>>();
    assert!(worse.is_empty(), "{worse:?}");
    let names = found.iter().map(|(name, ..)| name.as_str());
    assert_eq!(names.collect::<Vec<_>>(), CHECKS);
    assert_eq!(run.code, 0);
    assert_eq!(before.differences(&Tree::read(&world.base())), [""; 0]);
    let text = world.nanoclaw(&["skill", "doctor", "codex"]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(
        text.contains("ok       sign-in     by an API key\n"),
        "{text}"
    );
    assert!(!text.contains("sk-secret"));
}

/// What the host's unit is called: the first words of the doctor on it.
fn host_unit(world: &World) -> String {
    let found = checks(&doctor(world));
    let service = found.iter().find(|(name, _, _)| name == "service");
    let (_, _, words) = service.expect("a service");
    words.split(' ').next().unwrap_or_default().to_owned()
}

fn later(path: &Path) {
    let file = fs::File::options().append(true).open(path).expect("a file");
    let time = SystemTime::now() + Duration::from_secs(3600);
    file.set_modified(time).expect("a time");
}

#[test]
fn a_checkout_that_is_entered_by_a_symlink_is_told() {
    let mut world = well();
    let link = world.base().join("link");
    symlink(&world.root, &link).expect("a symlink");
    let shown = link.to_str().expect("UTF-8").to_owned();
    world.environment.push(("PWD", shown));
    let run = world.nanoclaw_in(&link, &["skill", "doctor", "codex", "--format", "json"]);
    let found = checks(&run);
    let told = |(name, level, _): &(String, String, String)| name == "folder" && level == "warning";
    assert!(found.iter().any(told), "{found:?}");
}

#[test]
fn what_cannot_be_started_is_no_end_of_the_doctor() {
    let mends = |engine: &str, body: &str| {
        let world = well();
        stand_in(&world, engine, body);
        put(
            &world.root.join("src/container-runtime.ts"),
            &format!("export const CONTAINER_RUNTIME_BIN = '{engine}';\n"),
        );
        told(&world, "image")
    };
    assert!(!mends("container", "exit 0").ends_with("[]"));
    assert!(mends("docker", "exec yes").ends_with("[docker info]"));
    assert!(mends("container", "exec yes").ends_with("[container system status]"));
}

#[test]
fn mends_are_told_with_the_folder_that_they_are_for() {
    let world = well();
    put(&world.root.join("logs/nanoclaw.error.log"), "codex 401\n");
    let text = |folder: &str, more: &[&str]| {
        let arguments = [&["skill", "doctor", "codex"], more].concat();
        let run = world.nanoclaw_in(&world.root.join(folder), &arguments);
        String::from_utf8_lossy(&run.stdout).into_owned()
    };
    let root = world.root.display();
    let cd = format!("the mends are for: cd {root}\n");
    assert!(text("src", &[]).ends_with(&cd));
    assert!(!text("", &[]).contains("the mends are for"));
    let json = text("src", &["--format", "json"]);
    let whole = serde_json::from_str::<Value>(&json).expect("JSON");
    assert_eq!(whole["root"], root.to_string());
    // The home folder is no business of who is shown a report.
    let home = world.root.parent().expect("a folder").to_path_buf();
    let name = world.root.strip_prefix(&home).expect("below it").display();
    let mut at_home = world.command(env!("CARGO_BIN_EXE_nanoclaw"), &world.root.join("src"));
    at_home
        .args(["skill", "doctor", "codex"])
        .env("HOME", &home);
    let run = support::run(&mut at_home);
    let said = String::from_utf8_lossy(&run.stdout);
    let cd = format!("the mends are for: cd ~/{name}\n");
    assert!(said.ends_with(&cd), "{said}");
}

#[test]
fn a_barrel_that_does_not_load_is_a_finding_and_keeps_no_add_away() {
    let world = World::of(&Path::new(PROJECT).join("fixtures/sample"));
    let barrel = "container/agent-runner/src/providers/index.ts";
    append(&world.root.join(barrel), "import './other.js';\n");
    let words = format!("{barrel}:7: the imported module `./other.js` is not there");
    let said = |command: &str, code: i32| {
        let run = world.nanoclaw(&["skill", command, "codex"]);
        let text = String::from_utf8_lossy(&run.stdout).into_owned();
        assert_eq!(run.code, code, "{run:?}");
        text
    };
    let added = world.nanoclaw(&["skill", "add", "codex", "--no-build", "-y"]);
    assert_eq!(added.code, 0, "{added:?}");
    let note = format!("note     {words}, so that no provider is loaded");
    assert!(added.stderr.contains(&note), "{added:?}");
    let verified = said("verify", 1);
    let heading = format!("container barrel: BLOCKED  {words}");
    assert!(verified.contains(&heading), "{verified}");
    assert!(said("status", 1).contains("`./other.js` is not there"));
    append(&world.root.join(barrel), "// import './gone.js';\n");
    put(&world.root.join(barrel).with_file_name("other.ts"), "");
    said("status", 0);
}
