//! The patch: edits in git's extended diff format, which `git apply` takes. Writes nothing.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use similar::{Algorithm, TextDiff};

use crate::checkout::{Checkout, File};
use crate::digest::blob_id;
use crate::plan::Edit;
use crate::sink::Sink;

/// Collects edits as one patch, in the bytes of the files themselves.
pub struct Preview<'a> {
    /// The patch so far.
    pub patch: Vec<u8>,
    checkout: &'a Checkout,
    /// The checkout's root relative to the repository's work tree: git takes the paths of a patch in its own format from there, wherever it is run.
    prefix: PathBuf,
}

impl<'a> Preview<'a> {
    /// Begins a patch with the words above it.
    #[must_use]
    pub fn new(checkout: &'a Checkout, preamble: String) -> Self {
        Self {
            patch: preamble.into_bytes(),
            checkout,
            prefix: checkout.prefix(),
        }
    }

    /// A file as it is in a patch: with the line ends of its blob, where git's own conversion gives those of the work tree back.
    fn in_patch(&self, edit: &Edit) -> (Option<File>, Option<File>) {
        let line_ends = self.checkout.line_ends(&edit.path);
        let blob = |file: &Option<File>| {
            file.as_ref().map(|file| File {
                bytes: line_ends.in_blob(&file.bytes).into_owned(),
                mode: file.mode,
            })
        };
        (blob(&edit.before), blob(&edit.after))
    }
}

impl Sink for Preview<'_> {
    fn edit(&mut self, edit: &Edit) -> Result<()> {
        let mut head = String::new();
        let inside = self.prefix.join(&edit.path);
        let path = |side: &str| quote(side, &inside);
        writeln!(head, "diff --git {} {}", path("a/"), path("b/"))?;
        let (old, new) = self.in_patch(edit);
        head.push_str(&modes(old.as_ref(), new.as_ref()));
        let before = old.as_ref().map_or(&[][..], |file| &file.bytes);
        let after = new.as_ref().map_or(&[][..], |file| &file.bytes);
        if before != after {
            let side = |file: &Option<File>, side| {
                if file.is_some() {
                    path(side)
                } else {
                    "/dev/null".to_owned()
                }
            };
            let tab = if inside.to_string_lossy().contains(' ') {
                "\t"
            } else {
                ""
            };
            writeln!(
                head,
                "--- {}{tab}\n+++ {}{tab}",
                side(&edit.before, "a/"),
                side(&edit.after, "b/")
            )?;
        }
        self.patch.extend(head.as_bytes());
        hunks(before, after, &mut self.patch)
    }
}

/// The header lines on modes and blob ids, which `git apply --3way` needs.
fn modes(before: Option<&File>, after: Option<&File>) -> String {
    let id = |file: Option<&File>| file.map_or_else(|| "0".repeat(40), |file| blob_id(&file.bytes));
    let index = format!("index {}..{}", id(before), id(after));
    match (before, after) {
        (None, Some(after)) => format!("new file mode {}\n{index}\n", mode(after)),
        (Some(before), None) => format!("deleted file mode {}\n{index}\n", mode(before)),
        (Some(before), Some(after)) if mode(before) != mode(after) => {
            let index = if before.bytes == after.bytes {
                String::new()
            } else {
                format!("{index}\n")
            };
            format!(
                "old mode {}\nnew mode {}\n{index}",
                mode(before),
                mode(after)
            )
        }
        (Some(before), Some(_)) => format!("{index} {}\n", mode(before)),
        (None, None) => String::new(),
    }
}

/// Git knows two modes of regular files, by the owner's executable bit.
fn mode(file: &File) -> &'static str {
    if file.mode & 0o100 == 0 {
        "100644"
    } else {
        "100755"
    }
}

/// A line ends at LF alone, as git has it: a lone CR is content.
fn hunks(before: &[u8], after: &[u8], patch: &mut Vec<u8>) -> Result<()> {
    let lines =
        |bytes| <[u8]>::split_inclusive(bytes, |byte: &u8| *byte == b'\n').collect::<Vec<_>>();
    let (before, after) = (lines(before), lines(after));
    let diff = TextDiff::configure()
        .algorithm(Algorithm::Myers)
        .newline_terminated(true)
        .diff_slices(&before, &after);
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        writeln!(patch, "{}", hunk.header())?;
        for change in hunk.iter_changes() {
            write!(patch, "{}", change.tag())?;
            let line = change.value();
            patch.extend(line);
            if !line.ends_with(b"\n") {
                patch.extend(b"\n\\ No newline at end of file\n");
            }
        }
    }
    Ok(())
}

/// A path in a patch's header: git's C quoting where it holds bytes that a header cannot.
fn quote(side: &str, path: &Path) -> String {
    let text = path.to_string_lossy();
    if !text
        .bytes()
        .any(|byte| !(0x20..0x7f).contains(&byte) || byte == b'"' || byte == b'\\')
    {
        return format!("{side}{text}");
    }
    let mut quoted = format!("\"{side}");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
            0x20..0x7f => quoted.push(char::from(byte)),
            _ => {
                let _ = write!(quoted, "\\{byte:03o}");
            }
        }
    }
    quoted.push('"');
    quoted
}
