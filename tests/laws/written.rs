//! What a plan's edits leave of the user's files, read line by line and not by the program's own readers.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use nanoclaw::plan::Plan;
use regex::bytes::Regex;

use super::Judged;
use super::support::grown::{COPIED, INSERTED};
use super::support::{Node, Tree};

static TEMPLATE: LazyLock<Regex> = LazyLock::new(|| Regex::new("(?s)`[^`]*`").expect("a pattern"));
static IMPORT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?m)^(?:\x{feff})?(?:import|export)(?-u:\b)[^'"\n]*['"](\./[^'"]+)['"]"#)
        .expect("a pattern")
});
static PIN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^ARG CODEX_VERSION=[0-9]+(\.[0-9]+){2}$").expect("a pattern"));

/// Law 8 for a plan's edits of the user's files.
pub fn inserts_alone(plan: &Plan, mends: bool) -> Judged {
    for edit in &plan.edits {
        if COPIED
            .iter()
            .any(|path| Path::new(path).file_name() == edit.path.file_name())
        {
            continue;
        }
        let before = edit.before.as_ref().ok_or("an insertion makes a file")?;
        let after = edit
            .after
            .as_ref()
            .ok_or("an insertion takes a file away")?;
        hold!(
            before.mode == after.mode,
            "{}: the mode changes",
            edit.path.display()
        );
        let barrel = !contains(&before.bytes, b"FROM") && !contains(&before.bytes, b"from ");
        let which = if barrel { INSERTED[0] } else { INSERTED[2] };
        inserted_alone(which, Some(&before.bytes), Some(&after.bytes), mends)?;
    }
    Ok(())
}

/// Law 8 for one file: whole lines of the skill are added, and nothing else is another.
pub fn inserted_alone(
    path: &str,
    before: Option<&[u8]>,
    after: Option<&[u8]>,
    mends: bool,
) -> Judged {
    let (Some(before), Some(after)) = (before, after) else {
        hold!(before.is_none() && after.is_none(), "{path} came or went");
        return Ok(());
    };
    let docker = path.ends_with("Dockerfile");
    if before == after || (docker && mends) {
        return Ok(());
    }
    let mark = b"\xef\xbb\xbf";
    let (text, new) = (
        before.strip_prefix(mark).unwrap_or(before),
        after.strip_prefix(mark).unwrap_or(after),
    );
    hold!(
        before.starts_with(mark) == after.starts_with(mark),
        "{path}: a byte-order mark came or went"
    );
    hold!(!contains(new, mark), "{path}: a byte-order mark inside");
    let ended = |text: &[u8]| text.is_empty() || text.ends_with(b"\n");
    hold!(
        ended(text) == ended(new),
        "{path}: the final newline came or went"
    );
    let added = added(text, new).ok_or_else(|| {
        format!(
            "{path}: lines changed: {:?}",
            String::from_utf8_lossy(after)
        )
    })?;
    let crlf = |line: &&[u8]| line.ends_with(b"\r\n");
    let whole = |text: &[u8]| {
        text.split_inclusive(|byte| *byte == b'\n')
            .filter(|line| line.ends_with(b"\n"))
            .map(|line| crlf(&line))
            .collect::<BTreeSet<_>>()
    };
    let (ends, new_ends) = (whole(text), whole(new));
    hold!(
        ends.len() != 1 || ends == new_ends,
        "{path}: other line ends: {:?}",
        String::from_utf8_lossy(after)
    );
    let lines = added
        .iter()
        .map(|line| {
            String::from_utf8_lossy(line)
                .trim_end_matches(['\r', '\n'])
                .to_owned()
        })
        .collect::<Vec<_>>();
    let wanted: &[&str] = &["import './codex.js';"];
    let good = if docker {
        let (pins, rest): (Vec<_>, Vec<_>) =
            lines.iter().partition(|line| PIN.is_match(line.as_bytes()));
        let layer = rest.len() == 3
            && rest.iter().filter(|line| line.is_empty()).count() == 1
            && rest
                .iter()
                .filter(|line| line.starts_with("RUN --mount=type=cache,target=/root/.cache/pnpm "))
                .count()
                == 1
            && rest
                .iter()
                .filter(|line| **line == r#"    pnpm install -g "@openai/codex@${CODEX_VERSION}""#)
                .count()
                == 1;
        pins.len() <= 1 && (layer || (rest.is_empty() && pins.len() == 1))
    } else {
        lines == wanted
    };
    hold!(good, "{path}: added {lines:?}");
    Ok(())
}

/// The lines of `after` that are not `before`'s, when those all stay in their order. A last line without an end may get one.
pub fn added<'a>(before: &[u8], after: &'a [u8]) -> Option<Vec<&'a [u8]>> {
    let mut lines = before.split_inclusive(|byte| *byte == b'\n').peekable();
    let mut added = Vec::new();
    for line in after.split_inclusive(|byte| *byte == b'\n') {
        let same = |old: &&[u8]| {
            *old == line
                || (!old.ends_with(b"\n")
                    && !after.ends_with(b"\n")
                    && [&b"\n"[..], b"\r\n"]
                        .iter()
                        .any(|end| line == [old, *end].concat()))
        };
        if lines.next_if(|old| same(old)).is_none() {
            added.push(line);
        }
    }
    lines.next().is_none().then_some(added)
}

/// What no edit names has the bytes, the mode and the target it had; what one names has its mode, and is a link if it was.
pub fn touches_no_other(before: &Tree, after: &Tree, plan: &Plan) -> Judged {
    let edited = |path: &PathBuf| plan.edits.iter().any(|edit| edit.path == *path);
    for (path, node) in &before.0 {
        let now = after.0.get(path);
        match node {
            Node::File(_, mode) if edited(path) => {
                let kept = matches!(now, Some(Node::File(_, now)) if now & 0o7677 == mode & 0o7677 || COPIED.iter().any(|copied| path.ends_with(Path::new(copied).file_name().unwrap_or_default())));
                hold!(kept, "{}: {now:?}", path.display());
            }
            _ => hold!(
                now == Some(node),
                "{} changed, and no edit names it",
                path.display()
            ),
        }
    }
    let new = after
        .0
        .keys()
        .filter(|path| !before.0.contains_key(*path))
        .find(|path| !edited(path));
    hold!(new.is_none(), "{new:?} is new, and no edit names it");
    Ok(())
}

/// The relative imports of the barrels and the copied files that lead nowhere, read line by line and not by the program's own parser.
pub fn missing_imports(root: &Path) -> BTreeSet<(String, String)> {
    let mut missing = BTreeSet::new();
    for path in INSERTED[..2].iter().chain(&COPIED) {
        let file = root.join(path);
        let Ok(bytes) = fs::read(&file) else { continue };
        let code = TEMPLATE.replace_all(&bytes, &b"``"[..]).into_owned();
        for found in IMPORT.captures_iter(&code) {
            let specifier = String::from_utf8_lossy(&found[1]).into_owned();
            let module =
                file.with_file_name(specifier.trim_start_matches("./").replace(".js", ".ts"));
            if !module.is_file() {
                missing.insert(((*path).to_owned(), specifier));
            }
        }
    }
    missing
}

pub fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
