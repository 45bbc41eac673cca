//! The invariants of the design that the source itself shows, held by reading it. Runs nothing of the program.

#![allow(
    missing_docs,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on fails there"
)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use nanoclaw::{demo, document, skills};
use regex::Regex;
use support::{Node, PROJECT, Tree, fixtures};

/// A source file: its path under `src/`, `/` between folders, its text, and that text without comments and tests.
struct Source {
    path: String,
    whole: String,
    code: String,
}

/// Every source file but those of tests alone.
fn sources() -> Vec<Source> {
    let tree = Tree::read(&Path::new(PROJECT).join("src"));
    let mut found = Vec::new();
    for (path, node) in tree.0 {
        let path = path.to_string_lossy().into_owned();
        let Node::File(bytes, _) = node else { continue };
        let tests = path
            .split('/')
            .any(|part| part == "tests" || part == "tests.rs");
        if !path.ends_with(".rs") || tests {
            continue;
        }
        let whole = String::from_utf8(bytes).expect("a source in UTF-8");
        let code = code(&whole);
        found.push(Source { path, whole, code });
    }
    assert!(found.len() > 30, "few sources: {}", found.len());
    found
}

/// A source without its comments, and without what stands under `#[cfg(test)]`.
fn code(whole: &str) -> String {
    let comment = Regex::new(r"(?m)(^|[ \t])//.*$").expect("a pattern");
    let (before, tests) = whole
        .split_once("#[cfg(test)]\nmod tests {")
        .unwrap_or((whole, ""));
    let after = tests.split_once("\n}\n").map_or("", |(_, after)| after);
    let text = format!("{before}{after}");
    comment.replace_all(&text, "").into_owned()
}

/// A pattern whose classes and words are of ASCII.
fn ascii(pattern: &str) -> Regex {
    Regex::new(&format!("(?-u){pattern}")).expect("a pattern")
}

/// Says where a pattern stands in the code of a file that `may` does not let use it.
fn only(pattern: &str, may: impl Fn(&str) -> bool) {
    let pattern = ascii(pattern);
    let mut wrong = Vec::new();
    let mut used = false;
    for source in sources() {
        for (number, line) in source
            .code
            .lines()
            .enumerate()
            .filter(|(_, line)| pattern.is_match(line))
        {
            used = true;
            if !may(&source.path) {
                wrong.push(format!(
                    "src/{} near line {}: {}",
                    source.path,
                    number + 1,
                    line.trim()
                ));
            }
        }
    }
    assert!(
        used,
        "nothing matches {pattern}: the rule has nothing to hold"
    );
    assert!(wrong.is_empty(), "{pattern}:\n{}", wrong.join("\n"));
}

#[test]
fn only_checkout_and_branch_know_git2() {
    only(r"\bgit2\b|\bRepository\b", |path| {
        matches!(path, "checkout.rs" | "branch.rs")
            || path.starts_with("checkout/")
            || path.starts_with("branch/")
    });
}

#[test]
fn only_groups_know_the_hosts_database_and_socket() {
    only(r"\brusqlite\b", |path| {
        path == "groups/database.rs" || path.starts_with("groups/database/")
    });
    only(r"\bUnixStream\b", |path| path == "groups/socket.rs");
}

#[test]
fn only_process_starts_processes() {
    only(
        r"\bxshell\b|process::Command|process::Stdio|\bCommand::(new|from)\b|\bcmd!",
        |path| path == "process.rs" || path.starts_with("process/"),
    );
}

#[test]
fn only_ui_prints_or_asks() {
    only(
        r"\be?print(ln)?!|\bdbg!|\bstdout\(\)|\bstderr\(\)|\bstdin\(\)|\bdialoguer\b|\bindicatif\b",
        // Cargo reads what its build script prints.
        |path| matches!(path, "ui.rs" | "build.rs") || path.starts_with("ui/"),
    );
}

#[test]
fn only_main_ends_the_program() {
    only(
        r"\bExitCode\b|process::(exit|abort)|low_level::(exit|abort)",
        // A second signal does not wait for main.
        |path| matches!(path, "main.rs" | "interrupt.rs"),
    );
}

#[test]
fn the_pure_modules_know_no_git_process_terminal_or_disk() {
    let pure = Regex::new(r"^skill\.rs$|^(document|plan|payload|fact|typescript|dockerfile)[./]")
        .expect("a pattern");
    let impure = ascii(
        r"\bgit2\b|\bxshell\b|std::process|crate::(process|ui|branch|command|cli|builds|pending|sink)\b|std::(fs|env|net|io)\b|\bfs::|\bPath::exists\b",
    );
    let mut looked = 0;
    for source in sources()
        .iter()
        .filter(|source| pure.is_match(&source.path))
    {
        looked += 1;
        let found = source.code.lines().find(|line| impure.is_match(line));
        assert!(found.is_none(), "src/{}: {found:?}", source.path);
    }
    assert!(looked > 15, "{looked} pure modules");
}

#[test]
fn each_module_that_writes_has_its_reason() {
    let reasons = [
        (
            "files.rs",
            "every call of a write to the work tree, and of the program's own files under the git directory",
        ),
        (
            "files/own.rs",
            "opens a file of the program's own for others to write: one that is no link or pipe",
        ),
        ("files/fault.rs", "the log of calls, in a test build alone"),
        ("lock.rs", "the lock, under the git directory"),
        (
            "branch/store.rs",
            "the store, under the git directory or in a temporary folder",
        ),
        (
            "checkout/rules.rs",
            "copies of git's files of rules, in a temporary folder",
        ),
        ("process.rs", "the logs of builds, under the git directory"),
        ("ui.rs", "the job summary, in the file that GitHub names"),
        ("demo.rs", "the sample, in a temporary folder of its own"),
        (
            "build.rs",
            "as the program is built: the list of its documents, in Cargo's folder for that",
        ),
        ("temporary.rs", "temporary folders"),
        (
            "provider/codex/home.rs",
            "the home of a trial of the provider, a temporary folder",
        ),
    ];
    let writes = r"fs::(write|rename|remove_\w+|create_dir\w*|copy|hard_link|set_permissions)\b|\bOpenOptions\b|File::(create\w*|options)\b|\bsymlink\(|\btempfile\b|\btempdir\b";
    only(writes, |path| {
        reasons.iter().any(|(module, _)| *module == path)
    });
    let pattern = ascii(writes);
    for (module, reason) in reasons {
        let source = sources().into_iter().find(|source| source.path == module);
        let still = source.is_some_and(|source| pattern.is_match(&source.code));
        assert!(
            still,
            "{module} writes no more ({reason}): take it from the list"
        );
    }
}

#[test]
fn what_installs_knows_no_skills_name() {
    let named = ascii("(?i)codex|openai|claude|anthropic");
    // Where the name is shown as an example, the sample of one skill lies, or NanoClaw's own usual provider is named.
    let shows = ["demo.rs", "skills.rs", "cli.rs", "groups.rs", "doctor.rs"];
    // And what no document can say: the provider's own protocol, and the commands for it.
    let knows = |path: &str| {
        path.starts_with("provider")
            || path.starts_with("command/configure")
            || path == "command/try_out.rs"
    };
    let may = |path: &str| shows.contains(&path) || knows(path);
    for source in sources() {
        // The folder in which NanoClaw itself keeps its documents.
        let code = source.code.replace(".claude/skills", "");
        let found = code.lines().find(|line| named.is_match(line));
        assert!(
            may(&source.path) || found.is_none(),
            "src/{}: {found:?}",
            source.path
        );
    }
}

#[test]
fn every_source_says_what_it_is() {
    for source in sources() {
        assert!(
            source.whole.starts_with("//! "),
            "src/{} does not start with `//!`",
            source.path
        );
    }
    for (path, node) in Tree::read(&Path::new(PROJECT).join("tests")).0 {
        if let (Node::File(bytes, _), Some("rs")) =
            (node, path.extension().and_then(|end| end.to_str()))
        {
            assert!(
                bytes.starts_with(b"//! "),
                "tests/{} does not start with `//!`",
                path.display()
            );
        }
    }
}

#[test]
fn every_document_is_built_in_as_it_stands() {
    let folder = Path::new(PROJECT).join("skills");
    let entries = fs::read_dir(folder).expect("the documents");
    let there: BTreeSet<String> = entries
        .map(|entry| {
            format!(
                "skills/{}/SKILL.md",
                entry.expect("a folder").file_name().to_string_lossy()
            )
        })
        .collect();
    let built: BTreeSet<String> = skills::DOCUMENTS
        .iter()
        .map(|document| document.path.to_owned())
        .collect();
    assert_eq!(there, built);
    for document in skills::DOCUMENTS {
        // Also what a start of the program does not look at.
        let read = document::parse(document.path, document.text).expect("a valid document");
        let built = document::parse_own(document.path, document.text, document.blocks);
        assert_eq!(built, Ok(read));
        let text = fs::read_to_string(Path::new(PROJECT).join(document.path)).expect("a document");
        assert_eq!(text, document.text, "{}", document.path);
    }
    assert_eq!(
        skills::all().expect("the documents are valid").len(),
        built.len()
    );
}

#[test]
fn the_demo_has_the_whole_sample() {
    let sample = Path::new(PROJECT).join("fixtures/sample");
    for (folder, embedded) in [("checkout", demo::CHECKOUT), ("providers", demo::PROVIDERS)] {
        let mut there = Tree::read(&sample.join(folder)).in_git();
        for (path, bytes) in embedded {
            let node = there
                .0
                .remove(Path::new(path))
                .unwrap_or_else(|| panic!("{folder}/{path} is not in the sample"));
            let mode = if path.ends_with(".sh") { 0o755 } else { 0o644 };
            assert_eq!(node, Node::File(bytes.to_vec(), mode), "{folder}/{path}");
        }
        let left: Vec<&PathBuf> = there.0.keys().collect();
        assert!(left.is_empty(), "{folder}: the demo lacks {left:?}");
    }
}

#[test]
fn every_fixture_says_what_it_shows_and_what_is_expected() {
    let known = [
        "about.txt",
        "absent.txt",
        "checkout",
        "head",
        "newer",
        "outside",
        "providers",
        "expected",
    ];
    let mut said = BTreeSet::new();
    for fixture in fixtures() {
        let about = fs::read_to_string(fixture.join("about.txt")).unwrap_or_default();
        assert!(
            about.ends_with(".\n") && about.lines().count() == 1,
            "{}: about.txt is no one sentence",
            fixture.display()
        );
        assert!(
            said.insert(about),
            "{}: another fixture says the same",
            fixture.display()
        );
        let entries = fs::read_dir(&fixture).expect("a fixture").map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        });
        let parts: BTreeSet<String> = entries.collect();
        let strange = parts.iter().find(|part| !known.contains(&part.as_str()));
        assert!(
            strange.is_none(),
            "{}: what is {strange:?}?",
            fixture.display()
        );
        for file in ["add.txt", "verify-before.txt", "verify-after.txt"] {
            assert!(
                fixture.join("expected").join(file).is_file(),
                "{}: no expected/{file}",
                fixture.display()
            );
        }
    }
}

#[test]
fn a_fixture_holds_no_file_that_is_the_samples_too() {
    let same = [
        "sample",
        "executable-barrel",
        "symlink-inside",
        "directory-symlink",
        "symlink-outside",
    ];
    let sample = Tree::read(&Path::new(PROJECT).join("fixtures/sample/checkout"));
    for fixture in fixtures()
        .iter()
        .filter(|fixture| !same.contains(&support::name(fixture).as_str()))
    {
        let overlay = fixture.join("checkout");
        if !overlay.is_dir() || fixture.join("head").is_dir() {
            continue;
        }
        let twice = Tree::read(&overlay).0.into_iter().find(|(path, node)| {
            matches!(node, Node::File(..)) && sample.0.get(path) == Some(node)
        });
        assert!(
            twice.is_none(),
            "{}: {:?} is the sample's",
            fixture.display(),
            twice.map(|(path, _)| path)
        );
    }
}

#[test]
fn every_test_that_the_tables_name_is_there() {
    let tables = fs::read_to_string(Path::new(PROJECT).join("tests/README.md")).expect("tables");
    let named = Regex::new("`([a-z0-9_]+)` in `(tests/[a-z_/]+[.]rs)`").expect("a pattern");
    let mut count = 0;
    for (_, [name, file]) in named.captures_iter(&tables).map(|found| found.extract()) {
        let source = fs::read_to_string(Path::new(PROJECT).join(file)).expect("a test file");
        let test = format!("#[test]\nfn {name}() {{\n");
        assert!(source.contains(&test), "{file} has no test {name}");
        count += 1;
    }
    let rows = tables.lines().filter(|line| line.starts_with("| ")).count();
    assert_eq!(
        count,
        rows - 4,
        "rows without a test, but for the heads of two tables"
    );
}
