//! Folds one fact after the other over an overlay of the checkout. Reads the checkout, and changes nothing.

use std::cell::RefCell;
use std::path::Path;

use anyhow::Result;

use super::{Edit, Finding, Pins, Role, State};
use crate::checkout::{Checkout, Entry, File};
use crate::fact::dockerfile::{self, Wanted};
use crate::fact::{append, copy, env_set};
use crate::payload::{Lack, Modules, Payload, Unresolved};
use crate::shown;
use crate::skill::{ByHand, Copied, ENV_FILE, Fact, Fault, Layer, Outcome, Setting, Step};

/// A plan while it is made.
pub(super) struct Fold<'a> {
    checkout: &'a Checkout,
    payload: Option<&'a Payload>,
    pins: &'a Pins,
    copies: Vec<Copied>,
    /// Imports of the payload that nothing satisfies.
    unfit: Vec<Unresolved>,
    /// The edits so far, by where the bytes really lie, in the order of their facts.
    overlay: RefCell<Vec<Edit>>,
    findings: Vec<Finding>,
}

impl<'a> Fold<'a> {
    /// Begins a plan. A payload's imports are looked at as a whole, before the first fact.
    pub(super) fn new(
        checkout: &'a Checkout,
        payload: Option<&'a Payload>,
        pins: &'a Pins,
        copies: Vec<Copied>,
    ) -> Self {
        let modules = Modules {
            is_file: &|path| checkout.is_file(path),
            read: &|path| checkout.bytes(path),
            importers: &|path| checkout.importers(path),
        };
        let unfit = payload.and_then(|payload| payload.unresolved(&copies, modules));
        Self {
            checkout,
            payload,
            pins,
            copies,
            unfit: unfit.unwrap_or_default(),
            overlay: RefCell::default(),
            findings: Vec::new(),
        }
    }

    /// The findings in the order of their facts, and the edits in the order in which they were first needed.
    pub(super) fn end(self) -> (Vec<Finding>, Vec<Edit>) {
        (self.findings, self.overlay.into_inner())
    }

    /// Decides on one fact, with the edits of those before it made.
    pub(super) fn fact(&mut self, step: &Step, fact: &Fact) -> Result<()> {
        match fact {
            Fact::Copy { files, .. } => files.iter().try_for_each(|copy| self.copy(step, copy)),
            Fact::Append { to, lines, at } => self.append(step, to, lines, at.as_deref()),
            Fact::Dockerfile { file, layer } => self.layer(step, file, layer),
            Fact::Setting { file, setting } => self.setting(step, file, setting),
            Fact::EnvSet { lines } => lines
                .iter()
                .try_for_each(|(key, value)| self.key(step, key, value)),
        }
    }

    fn copy(&mut self, step: &Step, copied: &Copied) -> Result<()> {
        let entry = self.entry(&copied.to)?;
        let expected = "a file that is not empty and whose imports are there".to_owned();
        let unfit = self
            .unfit
            .iter()
            .filter(|missing| match &missing.lack {
                Lack::Lost { from, .. } => *from == copied.to,
                _ => missing.file == copied.to,
            })
            .collect::<Vec<_>>();
        if !unfit.is_empty() {
            for missing in unfit {
                self.findings.push(finding(
                    step,
                    &missing.file,
                    expected.clone(),
                    &copy::unfit(missing),
                ));
            }
            return Ok(());
        }
        let source = self.source(copied);
        let source = source.as_ref();
        let there = Modules {
            is_file: &|path| {
                self.copies.iter().any(|copy| copy.to == path) || self.checkout.is_file(path)
            },
            read: &|path| self.checkout.bytes(path),
            importers: &|path| self.checkout.importers(path),
        };
        let outcome = match self.left_out(&copied.to, &entry) {
            Some(left_out) => left_out,
            None => copy::outcome(copied, &entry, source, there),
        };
        let mode = source.map_or(0o644, |source| source.mode);
        self.settle(
            step,
            &copied.to,
            expected,
            &entry,
            outcome,
            (Role::Payload, mode),
        );
        Ok(())
    }

    /// A file of the payload as git would put it into the work tree.
    fn source(&self, copied: &Copied) -> Option<File> {
        let file = self.payload?.files.get(&copied.from)?;
        let line_ends = self.checkout.line_ends(&copied.to);
        Some(File {
            bytes: line_ends.in_work_tree(&file.bytes).into_owned(),
            mode: file.mode,
        })
    }

    fn append(&mut self, step: &Step, to: &Path, lines: &[String], at: Option<&str>) -> Result<()> {
        let decide = |bytes: &[u8]| append::outcome(bytes, lines, at);
        self.insert(
            step,
            to,
            format!("`{}`", lines.join("`, `")),
            &lines.join("\n"),
            Role::Insert,
            &decide,
        )
    }

    fn layer(&mut self, step: &Step, file: &Path, layer: &Layer) -> Result<()> {
        let set = self.pins.get(&layer.arg).map(String::as_str);
        let expected = format!(
            "`ARG {}=<version>` and a RUN that installs `{}` by it",
            layer.arg, layer.package
        );
        let by_hand = format!("ARG {}={}\n{}", layer.arg, layer.version, layer.run);
        let checkout = self.checkout;
        let decide = |bytes: &[u8]| {
            let outcome = dockerfile::outcome(bytes, layer, &Wanted { set, head: None });
            // HEAD knows the version of an ARG that was lost, and is asked for nothing else.
            let lost =
                matches!(&outcome, Outcome::Edit { fault, .. } if fault.code.starts_with("arg-"));
            if !lost {
                return outcome;
            }
            let head = checkout.head().bytes(file);
            dockerfile::outcome(
                bytes,
                layer,
                &Wanted {
                    set,
                    head: head.as_deref(),
                },
            )
        };
        self.insert(step, file, expected, &by_hand, Role::Image, &decide)
    }

    fn setting(&mut self, step: &Step, file: &Path, setting: &Setting) -> Result<()> {
        let expected = format!(
            "`ARG {}={}` and a RUN that writes it into the image",
            setting.arg, setting.value
        );
        let by_hand = format!("ARG {}={}\n{}", setting.arg, setting.value, setting.run);
        let decide = |bytes: &[u8]| dockerfile::setting::outcome(bytes, setting);
        self.insert(step, file, expected, &by_hand, Role::Image, &decide)
    }

    /// A key of `.env`, which is made where it is not there, for its owner alone.
    fn key(&mut self, step: &Step, key: &str, value: &str) -> Result<()> {
        let path = Path::new(ENV_FILE);
        let entry = self.entry(path)?;
        let outcome = match &entry {
            Entry::File { file, .. } => env_set::outcome(Some(&file.bytes), key, value),
            Entry::Absent { .. } => self
                .left_out(path, &entry)
                .unwrap_or_else(|| env_set::outcome(None, key, value)),
            Entry::Refused(reason) => Outcome::Blocked {
                fault: Fault {
                    code: "file-refused",
                    line: None,
                    found: reason.clone(),
                },
                by_hand: vec![ByHand::write(format!("give `{key}` its value"))],
            },
        };
        let expected = format!("a value for `{key}`");
        self.settle(
            step,
            path,
            expected,
            &entry,
            outcome,
            (Role::Settings, 0o600),
        );
        Ok(())
    }

    fn insert(
        &mut self,
        step: &Step,
        path: &Path,
        expected: String,
        by_hand: &str,
        role: Role,
        decide: &dyn Fn(&[u8]) -> Outcome,
    ) -> Result<()> {
        let entry = self.entry(path)?;
        let refused = |code, found: &str, by_hand: &str| Outcome::Blocked {
            fault: Fault {
                code,
                line: None,
                found: found.to_owned(),
            },
            by_hand: vec![ByHand::write(by_hand)],
        };
        let (outcome, mode) = match &entry {
            Entry::File { file, .. } => (decide(&file.bytes), file.mode),
            Entry::Absent { .. } => {
                let left_out = self.left_out(path, &entry);
                let found = "the file to insert into is not there";
                let missing = || refused("file-missing", found, by_hand);
                (left_out.unwrap_or_else(missing), 0o644)
            }
            // Whatever lines it has are not looked at.
            Entry::Refused(reason) => {
                let path = shown::line(path);
                let file = format!(
                    "a regular file `{path}` in the place of what stands there; what it lacks then is added"
                );
                (refused("file-refused", reason, &file), 0o644)
            }
        };
        self.settle(step, path, expected, &entry, outcome, (role, mode));
        Ok(())
    }

    /// A file that git's sparse checkout leaves out is neither missing nor to be made.
    fn left_out(&self, path: &Path, entry: &Entry) -> Option<Outcome> {
        let Entry::Absent { .. } = entry else {
            return None;
        };
        let mend = self.checkout.left_out(path)?;
        let found = format!("git's sparse checkout leaves `{}` out", path.display());
        Some(Outcome::Blocked {
            fault: Fault {
                code: "file-left-out",
                line: None,
                found,
            },
            by_hand: vec![ByHand::write(mend)],
        })
    }

    /// What stands at a path when the edits so far are made.
    fn entry(&self, path: &Path) -> Result<Entry> {
        let entry = self.checkout.entry(path)?;
        let (Entry::Absent { real } | Entry::File { real, .. }) = &entry else {
            return Ok(entry);
        };
        let overlay = self.overlay.borrow();
        let edited = overlay
            .iter()
            .find(|edit| edit.path == *real)
            .and_then(|edit| edit.after.clone());
        Ok(match edited {
            Some(file) => Entry::File {
                real: real.clone(),
                file,
            },
            None => entry,
        })
    }

    fn settle(
        &mut self,
        step: &Step,
        path: &Path,
        expected: String,
        entry: &Entry,
        outcome: Outcome,
        (role, mode): (Role, u32),
    ) {
        self.findings.push(finding(step, path, expected, &outcome));
        let (Outcome::Edit { after, .. }, Entry::Absent { real } | Entry::File { real, .. }) =
            (outcome, &entry)
        else {
            return;
        };
        let before = if let Entry::File { file, .. } = entry {
            Some(file.clone())
        } else {
            None
        };
        // A file keeps its permission bits but where the branch says otherwise of executing it.
        let mode = before
            .as_ref()
            .filter(|file| file.is_executable() == (mode & 0o100 != 0))
            .map_or(mode, |file| file.mode);
        let after = Some(File { bytes: after, mode });
        let mut overlay = self.overlay.borrow_mut();
        match overlay.iter_mut().find(|edit| edit.path == *real) {
            Some(edit) => edit.after = after,
            None => overlay.push(Edit {
                path: real.clone(),
                before,
                after,
                role,
            }),
        }
    }
}

fn finding(step: &Step, path: &Path, expected: String, outcome: &Outcome) -> Finding {
    let (code, line, found, state) = match outcome {
        Outcome::Holds { line, note } => ("holds", *line, note.clone(), State::Holds),
        Outcome::Missing(fault) => (
            fault.code,
            fault.line,
            Some(fault.found.clone()),
            State::Missing,
        ),
        Outcome::Edit { fault, .. } => (
            fault.code,
            fault.line,
            Some(fault.found.clone()),
            State::Changes,
        ),
        Outcome::Blocked { fault, by_hand } => (
            fault.code,
            fault.line,
            Some(fault.found.clone()),
            State::Blocked(ByHand::said(by_hand, path)),
        ),
    };
    Finding {
        label: step.label.clone(),
        code,
        path: path.to_path_buf(),
        line,
        expected,
        // A module's name in a source, say, may hold anything.
        found: found.map(shown::line),
        state,
    }
}
