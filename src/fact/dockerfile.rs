//! The fact that a Dockerfile installs a package in a layer of its own, at a version that an ARG pins. It never changes a line of the user's but a pin.

mod by_hand;
mod edit;
mod note;
pub mod setting;
mod site;

use std::rc::Rc;

use crate::dockerfile::{
    Declaration, Dockerfile, Install, Instruction, Unreadable, Value, Version,
};
use crate::fact::{conflict, unresolved};
use crate::skill::{ByHand, Fault, Layer, Outcome};

use by_hand::Stop;
use edit::Edit;
use site::{Pinned, Site};

/// What else decides on the version.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// The exact version that the user asks for, over what the file pins.
    pub set: Option<&'a str>,
    /// The bytes of the Dockerfile as HEAD has it: where a pin was lost, its version comes from here.
    pub head: Option<&'a [u8]>,
}

/// Returns whether the Dockerfile of these bytes has the layer, and otherwise its bytes with the layer, or why it must be added by hand.
#[must_use]
pub fn outcome(before: &[u8], layer: &Layer, wanted: &Wanted<'_>) -> Outcome {
    decide(before, layer, wanted).unwrap_or_else(|Stop { fault, mut by_hand }| {
        if by_hand.is_empty() {
            let version = wanted.set.unwrap_or(&layer.version);
            by_hand.push(ByHand::write(by_hand::lines(layer, version)));
        }
        Outcome::Blocked { fault, by_hand }
    })
}

/// Returns the version that counts in the Dockerfile of these bytes, if it has the layer and not only a build knows that.
#[must_use]
pub fn pin(before: &[u8], layer: &Layer) -> Option<String> {
    let file = Dockerfile::read(before).ok()?;
    Site { file: &file, layer }.version_pinned()
}

fn decide(before: &[u8], layer: &Layer, wanted: &Wanted<'_>) -> Result<Outcome, Stop> {
    let file = match read(before)? {
        Ok(file) => file,
        Err(unresolved) => return Ok(unresolved),
    };
    let site = Site { file: &file, layer };
    // One that stands beside ours may be the one that ends up in the image.
    let foreign = site.foreign();
    if let Some((_, install)) = foreign.first() {
        let found = site.not_ours(install);
        return Err(Stop {
            fault: fault("install-not-ours", Some(install.line), &found),
            by_hand: vec![site.in_place_of(&foreign, wanted)],
        });
    }
    let pinned = site.pinned();
    let (fault, edit) = match pinned.as_slice() {
        [] => site.mend(before, wanted)?,
        pinned => match site.repin(pinned, wanted) {
            Some(change) => change,
            None => return Ok(site.holds(pinned)),
        },
    };
    let after = edit.apply(before);
    let read_back = |file: &Dockerfile| {
        let last = Site { file, layer }.pinned().pop();
        last.is_some_and(|(_, _, pin)| pin.version() == edit.version.as_deref())
    };
    if added(&file, &after, &edit).is_some_and(|after| read_back(&after)) {
        return Ok(Outcome::Edit { fault, after });
    }
    // Such as after a `\` that ends the file, or with a version that is no single word.
    let found = "the lines would not be read there as instructions of their own";
    Err(self::fault("layer-unplaceable", fault.line, found).into())
}

/// Reads a Dockerfile that may be changed. One with an unfinished merge is an outcome, and no Dockerfile.
fn read(before: &[u8]) -> Result<Result<Rc<Dockerfile>, Outcome>, Stop> {
    if let Some(line) = conflict(before) {
        let found = "a merge conflict is not resolved here";
        return Ok(Err(unresolved(fault(
            "conflict-markers",
            Some(line),
            found,
        ))));
    }
    let file = Dockerfile::read(before).map_err(unreadable)?;
    if let Some(arg) = nameless(&file) {
        let found = "an ARG here has no name that can be read, such as for a space around `=`";
        return Err(fault("dockerfile-unreadable", Some(arg.line), found).into());
    }
    Ok(Ok(file))
}

/// The Dockerfile after an edit, where its instructions are those before it and those that the edit adds.
fn added(file: &Dockerfile, after: &[u8], edit: &Edit) -> Option<Rc<Dockerfile>> {
    let after = Dockerfile::read(after).ok()?;
    let is_more = after.instructions.len() == file.instructions.len() + edit.added();
    is_more.then_some(after)
}

impl Site<'_> {
    /// The version that counts, if the layer is there and it can be told.
    fn version_pinned(self) -> Option<String> {
        let (_, _, pin) = self.pinned().pop()?;
        pin.version().map(str::to_owned)
    }

    /// Changes the pins that are not at the version the user asks for.
    fn repin(self, pinned: &[Pinned<'_>], wanted: &Wanted<'_>) -> Option<(Fault, Edit)> {
        let set = wanted.set?;
        let (_, _, last) = pinned
            .iter()
            .rfind(|(_, _, pin)| pin.version() != Some(set))?;
        let said = last.filled().map(Value::said);
        let version = last.version().or(said).unwrap_or_default();
        let found = format!("`{}` is {version}, not the {set} asked for", self.layer.arg);
        let mut edit = Edit::new(Some(set));
        for (_, _, pin) in pinned {
            edit.set_value(pin, set);
        }
        Some((
            fault("version-differs", Some(self.line(last)), &found),
            edit,
        ))
    }

    /// Adds what is missing of the layer.
    fn mend(self, before: &[u8], wanted: &Wanted<'_>) -> Result<(Fault, Edit), Stop> {
        let ours = self.ours();
        match ours.last() {
            Some((run, install)) => self.mend_arg(before, run, install, wanted),
            None => self.add_run(before, wanted),
        }
    }

    /// The RUN stands and its version is missing.
    fn mend_arg(
        self,
        before: &[u8],
        run: &Instruction,
        install: &Install,
        wanted: &Wanted<'_>,
    ) -> Result<(Fault, Edit), Stop> {
        if let Some(env) = self.hiding(run) {
            return Err(self.hidden(env));
        }
        let version = self.lost_version(wanted);
        let mut edit = Edit::new(Some(&version));
        if let Some(empty) = self.declaration(run) {
            edit.set_value(empty, &version);
            return Ok((self.empty_fault(empty), edit));
        }
        match self.anchor_arg(run) {
            Some(arg) => edit.add_after(before, arg, &self.arg_line(&version), 0),
            None => edit.add_before(before, run, &self.arg_line(&version)),
        }
        Ok((self.misplaced_fault(run, install), edit))
    }

    /// No RUN installs the package.
    fn add_run(self, before: &[u8], wanted: &Wanted<'_>) -> Result<(Fault, Edit), Stop> {
        let (run, arg) = self.anchor()?;
        if let Some(env) = self.hiding(run) {
            return Err(self.hidden(env));
        }
        let version = self.first_version(wanted);
        let mut edit = Edit::new(Some(&version));
        let wanted = |pin: &Declaration| wanted.set.is_none_or(|set| pin.version() == Some(set));
        match self.declaration(run) {
            None => edit.add_after(before, arg, &self.arg_line(&version), 0),
            Some(pin) if pin.filled().is_some() && wanted(pin) => edit = Edit::new(pin.version()),
            Some(pin) => edit.set_value(pin, &version),
        }
        let lines = self
            .layer
            .run
            .lines()
            .map(|line| self.escaped(line))
            .collect::<Vec<_>>();
        edit.add_after(before, run, &lines.join("\n"), 1);
        Ok((self.missing_fault(), edit))
    }

    /// A first install is at the document's version; HEAD's counts only where something is left of the layer.
    fn first_version(self, wanted: &Wanted<'_>) -> String {
        let set = wanted.set.or_else(|| self.version_nearby());
        set.unwrap_or(&self.layer.version).to_owned()
    }

    fn lost_version(self, wanted: &Wanted<'_>) -> String {
        let here = wanted.set.or_else(|| self.version_nearby());
        let committed = || committed(wanted.head?, self.layer);
        let anywhere = || self.version_anywhere().map(str::to_owned);
        here.map(str::to_owned)
            .or_else(committed)
            .or_else(anywhere)
            .unwrap_or_else(|| self.layer.version.clone())
    }

    fn arg_line(self, version: &str) -> String {
        format!("ARG {}={version}", self.layer.arg)
    }

    /// The document continues its lines with `\`, the file perhaps with another character.
    fn escaped(self, line: &str) -> String {
        line.strip_suffix('\\').map_or_else(
            || line.to_owned(),
            |line| format!("{line}{}", self.file.escape),
        )
    }

    fn empty_fault(self, empty: &Declaration) -> Fault {
        let name = &self.layer.arg;
        let varies = empty.value.as_ref().filter(|value| value.varies());
        let found = match varies.map(Value::said) {
            Some(said) => format!("`ARG {name}={said}` comes to nothing"),
            None => format!("`ARG {name}` has no value"),
        };
        fault("arg-empty", Some(self.line(empty)), &found)
    }

    fn hidden(self, env: &Instruction) -> Stop {
        let arg = &self.layer.arg;
        let found = format!("an ENV of the same name stands over `ARG {arg}`");
        Stop {
            fault: fault("arg-hidden", Some(env.line), &found),
            by_hand: vec![self.without_env(env)],
        }
    }

    fn not_ours(self, install: &Install) -> String {
        let (package, program) = (&self.layer.package, install.manager.program());
        let version = match &install.version {
            Version::Arg(name) => format!("by `{name}`"),
            Version::Literal(text) => format!("as `{text}`"),
            Version::Unpinned => "without a version".to_owned(),
        };
        format!(
            "`{package}` is installed with {program} {version} here, not with pnpm by `{}`",
            self.layer.arg
        )
    }

    fn missing_fault(self) -> Fault {
        let package = &self.layer.package;
        match self.file.commented(package) {
            Some(line) => fault(
                "install-commented",
                Some(line),
                &format!("the install of `{package}` is a comment"),
            ),
            None => fault(
                "install-missing",
                None,
                &format!("no RUN of the image installs `{package}`"),
            ),
        }
    }

    fn misplaced_fault(self, run: &Instruction, install: &Install) -> Fault {
        let name = &self.layer.arg;
        let mut valued = self.valued();
        let after = self.valued().find(|(arg, _)| arg.stage == run.stage);
        let Some((arg, found)) = after.or_else(|| valued.next()) else {
            return fault(
                "arg-missing",
                Some(install.line),
                &format!("no ARG gives `{name}` a version"),
            );
        };
        let line = Some(self.line(found));
        match arg.stage {
            stage if stage == run.stage => fault(
                "arg-after-use",
                line,
                &format!("`ARG {name}` stands below the RUN that uses it"),
            ),
            Some(_) => fault(
                "arg-other-stage",
                line,
                &format!("`ARG {name}` stands in another stage than the RUN that uses it"),
            ),
            None => fault(
                "arg-other-stage",
                line,
                &format!(
                    "`ARG {name}` stands before the first FROM, and the RUN's stage does not declare it"
                ),
            ),
        }
    }
}

/// The version in the committed file, wherever its ARG stands there.
fn committed(head: &[u8], layer: &Layer) -> Option<String> {
    let file = Dockerfile::read(head).ok()?;
    let site = Site { file: &file, layer };
    let declared = || site.version_nearby().or_else(|| site.version_anywhere());
    site.version_pinned()
        .or_else(|| declared().map(str::to_owned))
}

/// An ARG whose declaration has no name, which a build stops at.
fn nameless(file: &Dockerfile) -> Option<&Instruction> {
    let named = |name: &str| {
        let mut letters = name.bytes();
        let first = letters
            .next()
            .is_some_and(|letter| letter.is_ascii_alphabetic() || letter == b'_');
        first && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == b'_')
    };
    let nameless = |arg: &&Instruction| arg.declarations().iter().any(|found| !named(&found.name));
    file.instructions.iter().find(nameless)
}

fn unreadable(error: Unreadable) -> Fault {
    Fault {
        code: "dockerfile-unreadable",
        line: error.line,
        found: error.why,
    }
}

fn fault(code: &'static str, line: Option<usize>, found: &str) -> Fault {
    Fault {
        code,
        line,
        found: found.to_owned(),
    }
}

#[cfg(test)]
mod tests;
