//! What a write changes, as it is written down: a line of JSON, the bytes that were there before, and a checksum. Touches no file.

use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::checkout::File;
use crate::digest::{blob_id, sha1};
use crate::names;
use crate::next::quoted;
use crate::plan::Role;
use crate::shown;

/// The form of the record; a program reads its own alone.
const FORM: u32 = 1;

/// A change of several files, to be done and undone as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The command that makes it, such as `skill add codex`.
    pub command: String,
    /// What the records of the skill that it is about are called.
    pub skill: String,
    /// What the command line called the skill: its name, or its document's path.
    pub called: String,
    /// The labels of the builds that it calls for.
    pub builds: Vec<String>,
    /// The folders that it makes, from the outermost in.
    pub folders: Vec<(Kind, PathBuf)>,
    /// Its files, in the order in which they are written.
    pub steps: Vec<Step>,
}

/// One file of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Whose file it is.
    pub kind: Kind,
    /// Where it really lies, relative to the checkout's root or to the program's folder.
    pub path: PathBuf,
    /// What is there before.
    pub before: Option<File>,
    /// What is there after.
    pub after: Option<Written>,
}

/// A file that was written, known by its content's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The id of the bytes as a blob, in hex digits.
    pub id: String,
    /// The permission bits, before the umask.
    pub mode: u32,
}

impl Step {
    /// Whether a file, or that there is none, is what was there before the step, as git tells files apart.
    #[must_use]
    pub fn is_before(&self, now: Option<&File>) -> bool {
        match (now, &self.before) {
            (Some(now), Some(before)) => now.is_to_git(before),
            (None, None) => true,
            _ => false,
        }
    }

    /// What was there before, to be put in the place of what is there now: with its permission bits, but where both may be executed or neither.
    #[must_use]
    pub fn before_in_place_of(&self, now: Option<&File>) -> Option<File> {
        let mut before = self.before.clone()?;
        if let Some(now) = now.filter(|now| now.is_executable() == before.is_executable()) {
            before.mode = now.mode;
        }
        Some(before)
    }

    /// Whether a file, or that there is none, is what the step makes. A mode is not looked at: it was given with some umask.
    #[must_use]
    pub fn is_written(&self, now: Option<&File>) -> bool {
        match (now, &self.after) {
            (Some(now), Some(after)) => blob_id(&now.bytes) == after.id,
            (None, None) => true,
            _ => false,
        }
    }
}

impl Written {
    /// What a file of these bytes and this mode is known by.
    #[must_use]
    pub fn of(bytes: &[u8], mode: u32) -> Self {
        Self {
            id: blob_id(bytes),
            mode,
        }
    }
}

/// Whose a file is: of the checkout, by the role of its edit; or a record of the program's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A file of the checkout that is the skill's.
    Payload,
    /// A file of the checkout that lines are inserted into.
    Insert,
    /// As `Insert`, in a file that the image is built from.
    Image,
    /// As `Insert`, in a file that nothing is built from.
    Settings,
    /// A record under the program's folder that an undo takes back, too.
    Record,
    /// A record that an undo leaves.
    Stays,
}

impl Kind {
    /// Whether the file is of the checkout, and its path relative to the root.
    #[must_use]
    pub fn is_of_checkout(self) -> bool {
        self.role().is_some()
    }

    /// The role of the edit.
    #[must_use]
    pub fn role(self) -> Option<Role> {
        match self {
            Self::Payload => Some(Role::Payload),
            Self::Insert => Some(Role::Insert),
            Self::Image => Some(Role::Image),
            Self::Settings => Some(Role::Settings),
            Self::Record | Self::Stays => None,
        }
    }
}

impl From<Role> for Kind {
    fn from(role: Role) -> Self {
        match role {
            Role::Payload => Self::Payload,
            Role::Insert => Self::Insert,
            Role::Image => Self::Image,
            Role::Settings => Self::Settings,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Head {
    form: u32,
    command: String,
    skill: String,
    called: String,
    builds: Vec<String>,
    folders: Vec<(Kind, String)>,
    steps: Vec<HeadStep>,
}

#[derive(Serialize, Deserialize)]
struct HeadStep {
    kind: Kind,
    path: String,
    before: Option<Before>,
    after: Option<Written>,
}

#[derive(Serialize, Deserialize)]
struct Before {
    mode: u32,
    /// The count of its bytes, which follow the head in the order of the steps.
    length: usize,
}

impl Change {
    /// The record's bytes. A path that is not UTF-8 is an error.
    pub fn to_bytes(&self) -> anyhow::Result<Vec<u8>> {
        let folder = |(kind, path): &(Kind, PathBuf)| Ok((*kind, text(path)?));
        let step = |step: &Step| {
            let before = step.before.as_ref().map(|file| Before {
                mode: file.mode,
                length: file.bytes.len(),
            });
            anyhow::Ok(HeadStep {
                kind: step.kind,
                path: text(&step.path)?,
                before,
                after: step.after.clone(),
            })
        };
        let head = Head {
            form: FORM,
            command: self.command.clone(),
            skill: self.skill.clone(),
            called: self.called.clone(),
            builds: self.builds.clone(),
            folders: self
                .folders
                .iter()
                .map(folder)
                .collect::<anyhow::Result<_>>()?,
            steps: self.steps.iter().map(step).collect::<anyhow::Result<_>>()?,
        };
        let mut bytes = serde_json::to_vec(&head)?;
        bytes.push(b'\n');
        for before in self.steps.iter().filter_map(|step| step.before.as_ref()) {
            bytes.extend(&before.bytes);
        }
        let sum = sha1(&bytes);
        bytes.extend(sum.as_bytes());
        Ok(bytes)
    }

    /// Reads a record; one that is torn, or of another form, is none.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        const SUM: usize = 40;
        let (body, sum) = bytes.split_at_checked(bytes.len().checked_sub(SUM)?)?;
        if sha1(body).as_bytes() != sum {
            return None;
        }
        let end = body.iter().position(|byte| *byte == b'\n')?;
        let (head, mut rest) = body.split_at_checked(end + 1)?;
        let head: Head = serde_json::from_slice(head).ok()?;
        if head.form != FORM {
            return None;
        }
        let mut steps = Vec::with_capacity(head.steps.len());
        for step in head.steps {
            let mut before = None;
            if let Some(Before { mode, length }) = step.before {
                let (bytes, others) = rest.split_at_checked(length)?;
                rest = others;
                before = Some(File {
                    bytes: bytes.to_vec(),
                    // No file of a checkout runs as its owner.
                    mode: mode & 0o777,
                });
            }
            steps.push(Step {
                kind: step.kind,
                path: inside(step.path)?,
                before,
                after: step.after,
            });
        }
        let folders = head.folders.into_iter();
        let folders = folders.map(|(kind, path)| Some((kind, inside(path)?)));
        let folders = folders.collect::<Option<_>>()?;
        // It becomes part of a file's name.
        let mut parts = Path::new(&head.skill).components();
        let one = matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == head.skill.as_str());
        (one && rest.is_empty()).then_some(Self {
            // What is said of a change stands in lines.
            command: shown::line(head.command),
            skill: head.skill,
            called: word(&head.called),
            builds: head.builds.into_iter().map(shown::line).collect(),
            folders,
            steps,
        })
    }
}

/// The path, where it is a plain relative one.
fn inside(path: String) -> Option<PathBuf> {
    let path = PathBuf::from(path);
    names::refused(&path).is_none().then_some(path)
}

/// What the command line called a skill, as one word for a shell.
fn word(called: &str) -> String {
    let called = shown::line(called);
    let inner = called
        .strip_prefix('\'')
        .and_then(|called| called.strip_suffix('\''));
    match inner {
        // A path that is quoted already.
        Some(inner) if !inner.replace(r"'\''", "").contains('\'') => called,
        _ => quoted(Path::new(&called)),
    }
}

fn text(path: &Path) -> anyhow::Result<String> {
    let text = path.to_str();
    text.map(str::to_owned)
        .ok_or_else(|| anyhow::anyhow!("the path `{}` is not UTF-8", path.display()))
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use super::{Change, File, Kind, Step, Written};

    fn change() -> Change {
        let step = |kind, path: &str, before: Option<&[u8]>| Step {
            kind,
            path: path.into(),
            before: before.map(|bytes| File {
                bytes: bytes.to_vec(),
                mode: 0o755,
            }),
            after: Some(Written {
                id: "b429ab3".to_owned(),
                mode: 0o644,
            }),
        };
        Change {
            command: "skill add x".to_owned(),
            skill: "x".to_owned(),
            called: "./x.md".to_owned(),
            builds: vec!["image".to_owned()],
            folders: vec![(Kind::Payload, "src/new".into())],
            steps: vec![
                step(Kind::Payload, "src/a b.ts", None),
                step(Kind::Insert, "src/b.ts", Some(b"\xff\n\0")),
                step(Kind::Stays, "pending-x", Some(b"")),
            ],
        }
    }

    #[test]
    fn a_record_reads_as_it_was_written() {
        let change = change();
        let bytes = change.to_bytes().unwrap();
        assert_eq!(Change::from_bytes(&bytes), Some(change));
    }

    #[test]
    fn a_record_that_leads_out_is_none() {
        for path in ["/etc/passwd", "../outside"] {
            let mut change = change();
            if let Some(step) = change.steps.first_mut() {
                step.path = path.into();
            }
            assert_eq!(Change::from_bytes(&change.to_bytes().unwrap()), None);
        }
    }

    #[test]
    fn a_record_that_would_forge_a_path_or_a_line_does_not() {
        for skill in ["", "..", "../x", "x/../../y", "/x", "a/b"] {
            let forged = Change {
                skill: skill.to_owned(),
                ..change()
            };
            assert_eq!(
                Change::from_bytes(&forged.to_bytes().unwrap()),
                None,
                "{skill}"
            );
        }
        for called in ["codex", "/a/b.md", "'/a b.md'", r"'/a'\''b.md'"] {
            let change = Change {
                called: called.to_owned(),
                ..change()
            };
            let read = Change::from_bytes(&change.to_bytes().unwrap()).unwrap();
            assert_eq!(read.called, called);
        }
        let forged = Change {
            called: "x; rm -rf ~".to_owned(),
            ..change()
        };
        let read = Change::from_bytes(&forged.to_bytes().unwrap()).unwrap();
        assert_eq!(read.called, "'x; rm -rf ~'");
        let words = "x\n::error::\u{1b}[2J".to_owned();
        let forged = Change {
            command: words.clone(),
            called: words.clone(),
            builds: vec![words],
            ..change()
        };
        let read = Change::from_bytes(&forged.to_bytes().unwrap()).unwrap();
        for said in [&read.command, &read.called]
            .into_iter()
            .chain(&read.builds)
        {
            assert!(!said.contains(char::is_control), "{said}");
        }
    }

    #[test]
    fn a_torn_record_is_none() {
        let bytes = change().to_bytes().unwrap();
        for length in 0..bytes.len() {
            assert_eq!(
                Change::from_bytes(bytes.get(..length).unwrap()),
                None,
                "{length}"
            );
        }
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            *other.get_mut(at).unwrap() ^= 1;
            assert_eq!(Change::from_bytes(&other), None, "{at}");
        }
    }
}
