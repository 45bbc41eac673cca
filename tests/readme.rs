//! What README.md and ARCHITECTURE.md say, held against the real binary: every command is run, and what it prints is what is shown.
//! `UPDATE=1 cargo test --test readme` writes the README's console blocks and the picture anew; it changes no other file.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod readme {
    pub mod picture;
    pub mod world;
}

use std::fs;
use std::path::{Path, PathBuf};

use readme::picture;
use readme::world::{World, stable, with_slug};
use regex::Regex;

const DEMO: &str = "nanoclaw skill add codex --demo";

/// The slug of the picture's checkout: the SHA-1 of `/tmp/nanoclaw-demo/nanoclaw`.
const DEMO_SLUG: &str = "ea6d0cbc";

/// The sections that go on where the skill is installed.
const AFTER_ADD: [&str; 3] = ["Verify", "Try", "Go back"];

/// The section that goes on where a group is, and the one where its host runs.
const USE: &str = "Use";
const DOCTOR: &str = "When nobody answers";

#[test]
fn the_rust_that_is_asked_for_is_cargos() {
    let asked = format!("Rust ({} or later)", env!("CARGO_PKG_RUST_VERSION"));
    assert!(read("README.md").contains(&asked), "no `{asked}`");
}

#[test]
fn every_console_block_shows_what_its_commands_print() {
    let world = World::new();
    let readme = read("README.md");
    let (mut rewritten, mut at) = (String::new(), 0);
    let mut section = "";
    for block in blocks(&readme)
        .iter()
        .filter(|block| block.language == "console")
    {
        if block.section != section {
            section = block.section;
            if section == USE {
                world.with_a_group();
            } else if section == DOCTOR {
                world.running();
            } else if AFTER_ADD.contains(&section) {
                world.installed();
            } else {
                world.fresh();
            }
        }
        let mut found = String::new();
        for command in commands(block.body) {
            let ended = world.in_checkout(command);
            assert_eq!(ended.code, 0, "{command}: {}", ended.text);
            found.extend(["$ ", command, "\n", &ended.text]);
        }
        if updating() {
            rewritten.push_str(&readme[at..block.start]);
            rewritten.push_str(&keep_stable_lines(&found, block.body));
            at = block.start + block.body.len();
        } else {
            assert_eq!(stable(block.body), stable(&found), "section {section}");
        }
        let changed = world.in_checkout("git status --short");
        match section {
            "Add" => {
                assert_eq!(changed.text.lines().count(), 7, "{}", changed.text);
                built_once(&world.calls());
            }
            "Look first" => assert_eq!(changed.text, "?? codex.patch\n"),
            "Verify" => assert_eq!(
                world.calls(),
                "bun test src/providers/codex.factory.test.ts\n"
            ),
            USE | DOCTOR | "Try" => {
                assert_eq!(changed.text.lines().count(), 7, "{}", changed.text);
            }
            "Go back" => assert_eq!(changed.text, ""),
            other => panic!("section {other} has a console block that no test knows"),
        }
    }
    assert_eq!(section, "Go back", "the last section with a console block");
    if updating() {
        fs::write(project("README.md"), rewritten + &readme[at..]).unwrap();
    }
}

/// The builds that were not left out ran, in the document's order, and none twice: also after a second `add`.
fn built_once(calls: &str) {
    let calls = calls.lines().collect::<Vec<_>>();
    let [host, types] = calls.as_slice() else {
        panic!("{calls:?}");
    };
    assert_eq!(*host, "pnpm run build");
    assert!(
        types.starts_with("pnpm exec tsc -p container/agent-runner/"),
        "{types}"
    );
}

#[test]
fn the_patch_equals_what_add_writes() {
    let world = World::new();
    let spans = spans(&read("README.md"));
    assert!(
        spans
            .iter()
            .any(|span| span == "git apply --allow-empty codex.patch")
    );
    let tree = "git add --all && git write-tree";
    world.installed();
    let added = world.in_checkout(tree).text;
    world.fresh();
    world.in_checkout("nanoclaw skill add codex --dry-run 2>/dev/null > ../codex.patch");
    assert_eq!(
        world.in_checkout("nanoclaw skill add codex --check").code,
        1
    );
    let applied = world.in_checkout("git apply --allow-empty ../codex.patch");
    assert_eq!((applied.code, applied.text.as_str()), (0, ""));
    assert_eq!(world.in_checkout(tree).text, added);
}

#[test]
fn every_command_in_the_prose_runs() {
    let world = World::new();
    world.running();
    let named = spans(&read("README.md"));
    // They take a codex and a host; tests/configure.rs and tests/try_chat.rs run them.
    let takes_more = |span: &str| span.contains("skill configure") || span.contains("--level chat");
    let full = |span: &String| {
        if takes_more(span) {
            return None;
        }
        let begins = |words: &[&str]| words.iter().any(|word| span.starts_with(word));
        if begins(&["skill ", "provider "]) {
            Some(format!("nanoclaw {span}"))
        } else {
            begins(&["nanoclaw skill ", "nanoclaw provider ", "pnpm "]).then(|| span.clone())
        }
    };
    let commands = named.iter().filter_map(full).collect::<Vec<_>>();
    assert!(commands.len() >= 5, "{commands:?}");
    for command in commands {
        let ended = world.in_checkout(&command);
        assert_eq!(ended.code, 0, "{command}: {}", ended.text);
    }
}

#[test]
fn the_one_line_test_tells_which_checkouts_are_served() {
    let world = World::new();
    let readme = read("README.md");
    let line = only(&readme, "sh");
    world.fresh();
    assert_eq!(world.in_checkout(line).text, "served\n");
    let other = world.empty();
    let elsewhere = world.sh(&other, line);
    assert_eq!((elsewhere.code != 0, elsewhere.text.as_str()), (true, ""));
    let document = ".claude/skills/add-codex/SKILL.md";
    for (path, text) in [
        ("container/cli-tools.json", "[]\n"),
        (document, "# Codex\n"),
    ] {
        let file = world.root().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let later = world.in_checkout(line);
    assert_eq!((later.code != 0, later.text.as_str()), (true, ""));
    let refused = world.in_checkout("nanoclaw skill add codex");
    assert_eq!(refused.code, 3, "{}", refused.text);
    assert!(refused.text.contains(document), "{}", refused.text);
    assert_eq!(
        world.in_checkout("git status --short").text,
        "?? .claude/\n?? container/cli-tools.json\n"
    );
}

#[test]
fn the_demo_does_the_whole_job_and_says_where() {
    let indented = read("README.md")
        .lines()
        .filter_map(|line| line.strip_prefix("    ").map(str::to_owned))
        .filter(|line| line.starts_with("cargo"))
        .collect::<Vec<_>>();
    assert_eq!(
        indented,
        [
            format!(
                "cargo run --release -- {}",
                DEMO.trim_start_matches("nanoclaw ")
            ),
            "cargo test".to_owned()
        ]
    );
    let world = World::new();
    let printed = uncoloured(&world.demo);
    for said in [
        "are in /tmp/nanoclaw-demo\n",
        "cd /tmp/nanoclaw-demo/nanoclaw && git status\n",
        "rm -r /tmp/nanoclaw-demo\n",
        "host build: the program `pnpm` is not on the PATH",
        "image: the container engine `docker`, which this host runs, is not on the PATH",
        "container types: the program `pnpm` is not on the PATH",
    ] {
        assert!(printed.contains(said), "{said}\n{printed}");
    }
    let status = world.sh(
        &world.demo_folder().join("nanoclaw"),
        "git status --short --untracked-files=all",
    );
    assert_eq!(status.text.lines().count(), 7, "{}", status.text);
}

#[test]
fn the_picture_is_what_the_demo_prints() {
    let world = World::new();
    let found = picture::svg(DEMO, &with_slug(&world.demo, DEMO_SLUG));
    let file = project(".github/demo.svg");
    if updating() {
        fs::create_dir_all(project(".github")).unwrap();
        fs::write(&file, &found).unwrap();
    }
    let shown = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        shown, found,
        "UPDATE=1 cargo test --test readme draws it anew"
    );
    assert!(read("README.md").contains("](.github/demo.svg)"));
}

#[test]
fn the_workflow_annotates_what_is_wrong_and_sums_up_what_is_there() {
    let readme = read("README.md");
    let workflow = only(&readme, "yaml");
    let line = Regex::new(r"^ *(- )?[A-Za-z0-9_-]+:( .+)?$|^#").unwrap();
    for text in workflow.lines() {
        assert!(line.is_match(text), "{text}");
    }
    let command = "nanoclaw skill verify codex --format github";
    assert!(workflow.contains(&format!("- run: {command}\n")));
    let world = World::new();
    world.installed();
    let clean = world.in_checkout(command);
    let summary = world.take_summary();
    assert_eq!(
        (clean.code, clean.text.contains("::error")),
        (0, false),
        "{}",
        clean.text
    );
    assert!(
        summary.starts_with("### codex: verified\n\n| | what | where | found |\n"),
        "{summary}"
    );
    assert_eq!(summary.matches("\n| ✅ |").count(), 8, "{summary}");
    let barrel = world.root().join("src/providers/index.ts");
    let text = fs::read_to_string(&barrel).unwrap();
    fs::write(
        &barrel,
        text.replace("import './codex.js'", "// import './codex.js'"),
    )
    .unwrap();
    let broken = world.in_checkout(command);
    let summary = world.take_summary();
    assert_eq!(broken.code, 1, "{}", broken.text);
    let annotations = broken
        .text
        .matches("::error file=src/providers/index.ts,line=")
        .count();
    assert_eq!(annotations, 1, "{}", broken.text);
    assert!(
        summary.starts_with("### codex: not verified\n"),
        "{summary}"
    );
    assert_eq!(summary.matches("\n| ❌ |").count(), 1, "{summary}");
}

#[test]
fn the_exit_codes_are_those_of_the_help() {
    let readme = read("README.md");
    let table = Regex::new(r"(?m)^\| ([0-9]+) \| (.+) \|$").unwrap();
    let written = table
        .captures_iter(&readme)
        .map(|row| (row[1].to_owned(), row[2].replace('`', "")))
        .collect::<Vec<_>>();
    let help = help("");
    let (_, codes) = help.split_once("Exit codes:\n").unwrap();
    let mut told = Vec::<(String, String)>::new();
    for line in codes.lines() {
        match line.trim().split_once("  ") {
            Some((code, meaning)) => told.push((code.to_owned(), meaning.trim().replace('`', ""))),
            // The help is wrapped at the width of the terminal.
            None => told.last_mut().unwrap().1.extend([" ", line.trim()]),
        }
    }
    assert_eq!(written, told);
}

#[test]
fn every_flag_that_is_named_exists() {
    let readme = read("README.md");
    let shown = blocks(&readme);
    let commands = shown
        .iter()
        .flat_map(|block| commands(block.body))
        .map(str::to_owned);
    let ours = |text: &String| !text.starts_with("git ") && !text.starts_with("cargo ");
    let flag = Regex::new(r"(?:^|[ \n])--([a-z][a-z-]*)").unwrap();
    let help = [
        "",
        "skill",
        "skill add",
        "skill verify",
        "skill try",
        "skill status",
        "skill build",
        "skill list",
        "skill show",
        "skill configure",
        "skill doctor",
        "provider list",
        "provider use",
    ]
    .map(help)
    .concat();
    let known = flag
        .captures_iter(&help)
        .map(|found| found[1].to_owned())
        .collect::<Vec<_>>();
    let mut named = 0;
    for text in spans(&readme).into_iter().chain(commands).filter(ours) {
        for found in flag.captures_iter(&text) {
            named += 1;
            assert!(
                known.contains(&found[1].to_owned()),
                "`{text}` names a flag that no help has"
            );
        }
    }
    assert!(named >= 8, "{named} flags found");
}

#[test]
fn the_map_of_the_code_is_short_and_true() {
    let map = read("ARCHITECTURE.md");
    assert!(map.lines().count() <= 100);
    let rows = Regex::new(r"(?m)^\| (`.+?`) \|").unwrap();
    let paths = rows
        .captures_iter(&map)
        .flat_map(|row| spans(&row[1]))
        .collect::<Vec<_>>();
    assert!(paths.len() > 20, "{paths:?}");
    for path in paths {
        let path = path.replace("<name>", "add-codex");
        assert!(project(&path).exists(), "{path}");
    }
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(project(path)).unwrap()
}

fn updating() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value == "1")
}

/// What `nanoclaw <command> --help` prints.
fn help(command: &str) -> String {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_nanoclaw"))
        .args(command.split_whitespace())
        .arg("--help")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// A fenced block and the `##` section where it stands.
struct Block<'a> {
    section: &'a str,
    language: &'a str,
    /// Where the body begins in the document, in bytes.
    start: usize,
    /// The lines between the fences, with their ends.
    body: &'a str,
}

fn blocks(document: &str) -> Vec<Block<'_>> {
    let fence =
        Regex::new(r"(?ms)^## (?<section>[^\n]+)$|^```(?<language>[a-z]+)\n(?<body>.*?)^```$")
            .unwrap();
    let mut section = "";
    let mut blocks = Vec::new();
    for found in fence.captures_iter(document) {
        if let Some(heading) = found.name("section") {
            section = heading.as_str();
        } else if let (Some(language), Some(body)) = (found.name("language"), found.name("body")) {
            blocks.push(Block {
                section,
                start: body.start(),
                language: language.as_str(),
                body: body.as_str(),
            });
        }
    }
    blocks
}

/// The one block of a language.
fn only<'a>(document: &'a str, language: &str) -> &'a str {
    let found = blocks(document)
        .into_iter()
        .filter(|block| block.language == language)
        .collect::<Vec<_>>();
    assert_eq!(found.len(), 1, "{language}");
    found.first().unwrap().body
}

/// The commands of a console block.
fn commands(body: &str) -> impl Iterator<Item = &str> {
    body.lines().filter_map(|line| line.strip_prefix("$ "))
}

/// The code spans of the prose.
fn spans(document: &str) -> Vec<String> {
    let fenced = Regex::new(r"(?ms)^```.*?^```$").unwrap();
    let prose = fenced.replace_all(document, "");
    let span = Regex::new(r"`([^`]+)`").unwrap();
    span.captures_iter(&prose)
        .map(|found| found[1].replace('\n', " "))
        .collect()
}

/// A text with the old lines where they differ only in what differs from run to run.
fn keep_stable_lines(found: &str, old: &str) -> String {
    let keep = |line: &str| {
        let same = old.lines().find(|other| stable(other) == stable(line));
        format!("{}\n", same.unwrap_or(line))
    };
    found.lines().map(keep).collect()
}

fn uncoloured(text: &str) -> String {
    Regex::new("\x1b\\[[0-9]+m")
        .unwrap()
        .replace_all(text, "")
        .into_owned()
}
