//! Which names may be used: of files, none that git's own directory answers to on any disk; of branches, those that git takes for one.
//! Reads nothing.

use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

use gix_validate::path::component::Options;

use crate::shown::first_hidden;

/// Why the path of a file must not be used, a clause; `None` where it may be. It is relative and leads nowhere upward, has names that a line
/// can hold, and none that HFS+ or NTFS takes for `.git` (git's `core.protectHFS` and `core.protectNTFS`).
#[must_use]
pub fn refused(path: &Path) -> Option<&'static str> {
    let mut own = false;
    for part in path.components() {
        let Component::Normal(name) = part else {
            return Some("the path is not a plain relative one");
        };
        own = own || is_own(name.as_bytes());
    }
    let own = own.then_some("the path leads into git's own directory");
    forged(path).or(own)
}

/// Why a path cannot be named in a line, a clause; `None` where it can be.
#[must_use]
pub fn forged(path: &Path) -> Option<&'static str> {
    match path.to_str() {
        None => Some("the path is not UTF-8"),
        Some(text) => first_hidden(text, b"").map(|_| "the path holds control characters"),
    }
}

/// Whether a name in a folder means `.git` to git: in any case, as a short name, with what HFS+ or NTFS passes over.
fn is_own(name: &[u8]) -> bool {
    let rules = Options {
        protect_windows: false,
        protect_hfs: true,
        protect_ntfs: true,
    };
    gix_validate::path::component(name.into(), None, rules).is_err()
}

/// Whether git takes a name for that of a branch (git-check-ref-format(1)), and for nothing else: no option, and no forced refspec.
#[must_use]
pub fn is_branch(name: &str) -> bool {
    let whole = format!("refs/heads/{name}");
    !name.starts_with(['-', '+']) && gix_validate::reference::name(whole.as_bytes().into()).is_ok()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    use super::{is_branch, refused};

    #[test]
    fn names_that_git_or_a_disk_reads_otherwise_are_refused() {
        for path in [
            &b"/etc/passwd"[..],
            b"../x",
            b"a/../../x",
            b".git",
            b".git/config",
            b"a/.GIT/config",
            b".git./config",
            b".git . /config",
            b"GIT~1/config",
            b"git~1",
            b".git::$INDEX_ALLOCATION/config",
            b"git~1:x",
            ".g\u{200c}it/config".as_bytes(),
            "\u{feff}.Git/config".as_bytes(),
            ".gi\u{206a}t".as_bytes(),
            b"a\nb",
            b"a\x1b[2J",
            "a\u{202e}b".as_bytes(),
            b"caf\xe9",
        ] {
            let path = Path::new(OsStr::from_bytes(path));
            assert!(refused(path).is_some(), "{path:?}");
        }
        for path in [
            "src/a.ts",
            ".github/x.yml",
            ".gitignore",
            "git/x",
            "a.git/x",
            "git~2",
            "grün/日本.ts",
            "...",
        ] {
            assert_eq!(refused(Path::new(path)), None, "{path}");
        }
    }

    #[test]
    fn a_branch_is_what_git_takes_for_one() {
        for name in [
            "",
            "-x",
            "--upload-pack=x",
            "+main",
            "a:b",
            "a..b",
            "a b",
            "a~1",
            "a^",
            "a\\b",
            "a\nb",
            "a\u{1b}",
            "/a",
            "a/",
            "a//b",
            ".a",
            "a/.b",
            "a.lock",
            "a.lock/b",
            "a.",
            "a@{0}",
            "a*",
            "a?",
            "[a",
        ] {
            assert!(!is_branch(name), "{name}");
        }
        for name in ["providers", "feature/x-1", "v1.2", "a+b", "grün", "HEAD"] {
            assert!(is_branch(name), "{name}");
        }
    }
}
