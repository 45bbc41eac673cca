//! Every fixture through the real binary, compared with its `expected/` folder. `UPDATE=1 cargo test` rewrites those; it never changes another file.

#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on fails there"
)]

mod support;

use std::fs;
use std::path::Path;

use nanoclaw::digest::sha1;
use support::{PROJECT, Run, World, for_each_fixture};

#[test]
fn every_fixture_comes_out_as_expected() {
    let update = std::env::var_os("UPDATE").is_some_and(|value| value == "1");
    let sample = preview(&World::of(&Path::new(PROJECT).join("fixtures/sample")));
    let sample = parts(&sample.stdout);
    for_each_fixture(|fixture| {
        let expected = fixture.join("expected");
        let known = if support::name(fixture) == "sample" {
            &[][..]
        } else {
            &sample
        };
        let found = outcome(fixture, known);
        if update {
            let _ = fs::remove_dir_all(&expected);
            fs::create_dir_all(&expected).map_err(|error| error.to_string())?;
        }
        let mut wrong = Vec::new();
        for (name, text) in found {
            let file = expected.join(name);
            if update && !text.is_empty() {
                fs::write(&file, &text).map_err(|error| error.to_string())?;
            }
            let there = fs::read(&file).unwrap_or_default();
            if there != text {
                wrong.push(format!(
                    "{name} is not what it was; now:\n{}",
                    String::from_utf8_lossy(&text)
                ));
            }
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(wrong.join("\n"))
        }
    });
}

/// The patch, and what the commands say and end with, by the name of their file. What stays empty has no file.
fn outcome(fixture: &Path, sample: &[Vec<u8>]) -> Vec<(&'static str, Vec<u8>)> {
    let world = World::of(fixture);
    let plain = Plain::of(&world);
    let verify = || world.nanoclaw(&["skill", "verify", "codex", "--no-tests"]);
    let before = verify();
    let preview = preview(&world);
    let added = world.nanoclaw(&["skill", "add", "codex", "--no-build"]);
    assert_eq!(
        preview.code, added.code,
        "a preview ends as the install does"
    );
    vec![
        ("verify-before.txt", plain.words(&before)),
        ("add.patch", plain.patch(&preview.stdout, sample)),
        ("add.txt", plain.words(&added)),
        ("verify-after.txt", plain.words(&verify())),
    ]
}

fn preview(world: &World) -> Run {
    world.nanoclaw(&["skill", "add", "codex", "--dry-run", "--no-build"])
}

/// Takes out of a text what is of this run alone: paths, ids, versions.
struct Plain {
    names: Vec<(String, String)>,
}

impl Plain {
    fn of(world: &World) -> Self {
        let commits = world.git(&world.base().join("origin"), &["rev-list", "providers"]);
        let slug = sha1(world.root.to_string_lossy().as_bytes());
        let mut names = vec![
            (world.root.display().to_string(), "{checkout}".to_owned()),
            (world.base().display().to_string(), "{world}".to_owned()),
            (slug[..8].to_owned(), "{slug}".to_owned()),
            (
                format!("nanoclaw {}:", env!("CARGO_PKG_VERSION")),
                "nanoclaw {version}:".to_owned(),
            ),
        ];
        for (behind, commit) in commits.lines().enumerate() {
            names.push((commit.to_owned(), format!("{{providers~{behind}}}")));
            names.push((commit[..7].to_owned(), format!("{{providers~{behind}}}")));
        }
        Self { names }
    }

    fn text(&self, text: &str) -> String {
        self.names
            .iter()
            .fold(text.to_owned(), |text, (own, plain)| {
                text.replace(own, plain)
            })
    }

    fn words(&self, run: &Run) -> Vec<u8> {
        let mut words = format!("exit code {}\n", run.code);
        for (stream, text) in [
            ("stdout", String::from_utf8_lossy(&run.stdout)),
            ("stderr", run.stderr.as_str().into()),
        ] {
            if !text.is_empty() {
                words.push_str("--- ");
                words.push_str(stream);
                words.push('\n');
                words.push_str(&self.text(&text));
            }
        }
        // How a service is restarted is the machine's matter.
        let mut lines: Vec<&str> = words.split_inclusive('\n').collect();
        if let Some(restart) = lines
            .iter()
            .position(|line| line.contains("# restart the host"))
        {
            lines[restart + 1] = "  {restart}\n";
        }
        lines.concat().into_bytes()
    }

    /// The patch with each file's part that is the sample's too left out: what stays is the shape's own.
    fn patch(&self, patch: &[u8], sample: &[Vec<u8>]) -> Vec<u8> {
        let mut plain = Vec::new();
        for part in parts(patch) {
            let name = || {
                String::from_utf8_lossy(&part)
                    .split_whitespace()
                    .nth(3)
                    .unwrap_or_default()
                    .to_owned()
            };
            if !part.starts_with(MARK) {
                plain.extend(self.text(&String::from_utf8_lossy(&part)).bytes());
            } else if sample.contains(&part) {
                plain.extend(format!("(as in the sample: {})\n", name()).bytes());
            } else {
                plain.extend(part);
            }
        }
        plain
    }
}

const MARK: &[u8] = b"diff --git ";

/// The preamble of a patch, and its part for each file.
fn parts(patch: &[u8]) -> Vec<Vec<u8>> {
    let mut parts = vec![Vec::new()];
    for line in patch.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(MARK) {
            parts.push(Vec::new());
        }
        parts.last_mut().expect("the preamble").extend(line);
    }
    parts
}
