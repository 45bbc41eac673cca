//! A file that a branch holds stands in the checkout. Decides from bytes; reads nothing.

use crate::checkout::{Entry, File};
use crate::fact::conflict;
use crate::payload::{self, Lack, Modules, Names, Unresolved};
use crate::shown;
use crate::skill::{ByHand, Copied, Fault, Outcome};
use crate::typescript::Token;

/// What becomes of one copied file.
///
/// Without a branch (`source` is `None`) the fact holds by identity: a file that is not empty and whose relative imports are there.
/// With one it holds when the branch's bytes and executable bit are there.
/// `modules` knows the checkout with every copy in place.
#[must_use]
pub fn outcome(
    copy: &Copied,
    entry: &Entry,
    source: Option<&File>,
    modules: Modules<'_>,
) -> Outcome {
    match (entry, source) {
        (Entry::Refused(reason), _) => blocked(fault("file-refused", None, reason.clone()), copy),
        (_, Some(source)) if payload::is_pointer(&source.bytes) => pointer(
            "the branch has a pointer of git-lfs for this file, and not its content",
            "the file itself, which `git lfs pull` brings in a clone of the branch; or name a commit that has it: --ref",
        ),
        (Entry::File { file, .. }, None) if payload::is_pointer(&file.bytes) => pointer(
            "the file is a pointer of git-lfs, and its content is not here",
            "git lfs pull",
        ),
        (Entry::File { file, .. }, Some(source)) if file.is_to_git(source) => Outcome::Holds {
            line: None,
            note: None,
        },
        // Both sides of a merge are a person's, and what is written over them is neither.
        (Entry::File { file, .. }, _) if conflict(&file.bytes).is_some() => {
            let found = "the file holds an unfinished merge";
            super::unresolved(fault("conflict-markers", conflict(&file.bytes), found))
        }
        (Entry::File { file, .. }, Some(source)) => {
            let found = if file.bytes.is_empty() {
                "the file is empty"
            } else {
                "the file has other content than the branch's"
            };
            Outcome::Edit {
                fault: fault("file-differs", None, found),
                after: source.bytes.clone(),
            }
        }
        (Entry::Absent { .. }, Some(source)) => Outcome::Edit {
            fault: absent(),
            after: source.bytes.clone(),
        },
        (Entry::Absent { .. }, None) => Outcome::Missing(absent()),
        (Entry::File { file, .. }, None) if file.bytes.is_empty() => {
            Outcome::Missing(fault("file-empty", None, "the file is empty"))
        }
        (Entry::File { file, .. }, None) => match idle(copy, &file.bytes, modules) {
            None => Outcome::Holds {
                line: None,
                note: None,
            },
            Some(fault) => Outcome::Missing(fault),
        },
    }
}

/// The payload does not fit the checkout: one of its imports would not resolve.
#[must_use]
pub fn unfit(missing: &Unresolved) -> Outcome {
    let by_hand = format!(
        "{}, or another commit: --ref names one, and without it the newest that fits is taken",
        match &missing.lack {
            Lack::Module => format!("the module `{}`", missing.specifier),
            Lack::Export(name) =>
                format!("an export `{name}` of the module `{}`", missing.specifier),
            Lack::Lost { name, .. } =>
                format!("no import of `{name}`, or one from a file of your own that you move it to"),
        }
    );
    Outcome::Blocked {
        fault: unresolved(missing),
        by_hand: vec![ByHand::write(shown::line(by_hand))],
    }
}

/// What keeps a file that is there from doing anything: no code in it, or an import that is not there.
fn idle(copy: &Copied, bytes: &[u8], modules: Modules<'_>) -> Option<Fault> {
    let source = payload::source(&copy.to, bytes)?;
    if !source.tokens().iter().any(Token::is_code) {
        return Some(fault("file-empty", None, "the file has no code in it"));
    }
    let missing = payload::unresolved(&copy.to, &source, modules, Names::Values);
    missing.first().map(unresolved)
}

fn unresolved(missing: &Unresolved) -> Fault {
    fault("import-unresolved", Some(missing.line), missing.found())
}

fn pointer(found: &str, by_hand: &str) -> Outcome {
    Outcome::Blocked {
        fault: fault("lfs-pointer", None, found),
        by_hand: vec![ByHand::write(by_hand)],
    }
}

fn absent() -> Fault {
    fault("file-missing", None, "the file is not there")
}

fn blocked(fault: Fault, copy: &Copied) -> Outcome {
    Outcome::Blocked {
        fault,
        by_hand: vec![ByHand::write(format!(
            "a regular file `{}` with the branch's content",
            copy.to.display()
        ))],
    }
}

fn fault(code: &'static str, line: Option<usize>, found: impl Into<String>) -> Fault {
    Fault {
        code,
        line,
        found: found.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{Copied, Entry, File, Modules, Outcome, outcome};

    fn decide(entry: &Entry, source: Option<&str>) -> String {
        let copy = Copied {
            from: "src/a.ts".to_owned(),
            to: PathBuf::from("src/a.ts"),
        };
        let source = source.map(|text| File {
            bytes: text.as_bytes().to_vec(),
            mode: 0o644,
        });
        let modules = Modules {
            importers: &|_| Vec::new(),
            is_file: &|path| path == Path::new("src/there.ts"),
            read: &|_| Some(b"export const there = 1;".to_vec()),
        };
        match outcome(&copy, entry, source.as_ref(), modules) {
            Outcome::Holds { .. } => "holds".to_owned(),
            Outcome::Missing(fault) | Outcome::Edit { fault, .. } => fault.code.to_owned(),
            Outcome::Blocked { fault, .. } => format!("blocked: {}", fault.code),
        }
    }

    fn file(text: &str) -> Entry {
        Entry::File {
            real: PathBuf::from("src/a.ts"),
            file: File {
                bytes: text.as_bytes().to_vec(),
                mode: 0o600,
            },
        }
    }

    #[test]
    fn a_copy_holds_by_identity_and_with_a_branch_by_its_bytes() {
        let absent = Entry::Absent {
            real: PathBuf::from("src/a.ts"),
        };
        for (entry, source, expected) in [
            (&absent, None, "file-missing"),
            (&absent, Some("x"), "file-missing"),
            (&file(""), None, "file-empty"),
            (&file(""), Some("x"), "file-differs"),
            (&file("edited"), None, "holds"),
            (&file("\n"), None, "file-empty"),
            (&file("// nothing\n"), None, "file-empty"),
            (
                &file("<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n"),
                None,
                "blocked: conflict-markers",
            ),
            (
                &file("a\n<<<<<<< HEAD\n"),
                Some("x"),
                "blocked: conflict-markers",
            ),
            (&file("<<<<<<< x"), Some("<<<<<<< x"), "holds"),
            (&file("edited"), Some("x"), "file-differs"),
            (&file("x"), Some("x"), "holds"),
            (&file("import './there.js';"), None, "holds"),
            (&file("import { there } from './there.js';"), None, "holds"),
            (
                &file("import { gone } from './there.js';"),
                None,
                "import-unresolved",
            ),
            (&file("let a; // import './gone.js';"), None, "holds"),
            (
                &file("import type { A } from './gone.js';"),
                None,
                "import-unresolved",
            ),
            (&file("import { A } from 'gone';"), None, "holds"),
            (
                &Entry::Refused("a folder".to_owned()),
                Some("x"),
                "blocked: file-refused",
            ),
        ] {
            assert_eq!(decide(entry, source), expected, "{entry:?} {source:?}");
        }
    }

    #[test]
    fn an_empty_file_that_is_no_source_is_missing() {
        let copy = Copied {
            from: "notes.md".to_owned(),
            to: PathBuf::from("notes.md"),
        };
        let modules = Modules {
            importers: &|_| Vec::new(),
            is_file: &|_| false,
            read: &|_| None,
        };
        let decide = |text: &str| outcome(&copy, &file(text), None, modules);
        assert!(matches!(decide(""), Outcome::Missing(fault) if fault.code == "file-empty"));
        assert!(matches!(decide("x"), Outcome::Holds { .. }));
    }
}
