//! A Dockerfile looked at for a layer: where its package, its anchor and its ARG stand. It never decides what to do about them.

use crate::dockerfile::{Declaration, Dockerfile, Install, Instruction, Manager, Version};
use crate::skill::{Fault, Layer};

use super::fault;

/// An install in a stage that ends up in the image, and the instruction it stands in.
pub type Place<'a> = (&'a Instruction, &'a Install);
/// A place that holds, and the declaration that gives it its version.
pub type Pinned<'a> = (&'a Instruction, &'a Install, &'a Declaration);

/// A Dockerfile, looked at for a layer.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    pub file: &'a Dockerfile,
    pub layer: &'a Layer,
}

impl<'a> Site<'a> {
    /// The installs that make the fact hold, the one that counts last.
    pub fn pinned(self) -> Vec<Pinned<'a>> {
        // Looking through the whole file for each of many RUNs would take quadratic time.
        let naming = self.naming();
        let places = self
            .ours()
            .into_iter()
            .filter(|(run, _)| self.hiding_among(&naming, run).is_none());
        let pin = |run| {
            self.declaration_among(&naming, run)
                .filter(|pin| pin.filled().is_some())
        };
        places
            .filter_map(|(run, install)| Some((run, install, pin(run)?)))
            .collect()
    }

    /// The RUN that installs the anchor's package, and the ARG that gives it its version.
    pub fn anchor(self) -> Result<(&'a Instruction, &'a Instruction), Fault> {
        let after = &self.layer.after;
        let places = self.places(after);
        let Some((run, install)) = places.last().copied() else {
            return Err(fault(
                "anchor-missing",
                None,
                &format!("no RUN of the image installs `{after}`, which the layer goes after"),
            ));
        };
        // Also a stage that the image is not built from: which of them the person means is not ours to guess.
        let everywhere = self
            .file
            .instructions
            .iter()
            .filter(|other| other.stage != run.stage);
        let mut others = everywhere.flat_map(Instruction::installs);
        if let Some(other) = others.find(|other| other.package == *after) {
            let found = format!(
                "two stages install `{after}`, the other in line {}",
                other.line
            );
            return Err(fault("anchor-ambiguous", Some(install.line), &found));
        }
        let pinned = places
            .iter()
            .rev()
            .find_map(|(run, install)| Some((*run, self.arg_of(run, install)?)));
        pinned.ok_or_else(|| {
            let found = format!("`{after}` is not installed with pnpm by an ARG that its own stage declares above it");
            fault("anchor-missing", Some(install.line), &found)
        })
    }

    /// The ARG of the anchor that stands above the RUN in its stage.
    pub fn anchor_arg(self, run: &Instruction) -> Option<&'a Instruction> {
        let same = self
            .places(&self.layer.after)
            .into_iter()
            .filter(|(anchor, _)| anchor.stage == run.stage);
        let mut args = same.filter_map(|(anchor, install)| self.arg_of(anchor, install));
        args.rfind(|arg| arg.is_above(run))
    }

    /// The last ARG above a RUN, in its stage, that declares the version which the install uses.
    fn arg_of(self, run: &Instruction, install: &Install) -> Option<&'a Instruction> {
        let Version::Arg(name) = &install.version else {
            return None;
        };
        let declares =
            |arg: &&Instruction| arg.declarations().iter().any(|found| found.name == *name);
        let above = self.file.instructions.iter();
        let mut above = above.filter(|other| other.is_above_in_stage(run));
        above
            .rfind(declares)
            .filter(|_| install.manager == Manager::Pnpm)
    }

    /// The instructions that declare or set our ARG's name.
    fn naming(self) -> Vec<&'a Instruction> {
        let name = &self.layer.arg;
        let declares =
            |found: &Instruction| found.declarations().iter().any(|arg| arg.name == *name);
        let names = |found: &&Instruction| declares(found) || found.sets(name).is_some();
        self.file.instructions.iter().filter(names).collect()
    }

    /// The declaration that gives our ARG its value at the RUN, or one without a value where none has one.
    ///
    /// An ARG without a value takes the global one, and where there is none leaves what its stage declared before it
    /// (Dockerfile reference, "Understand how ARG and FROM interact").
    pub fn declaration(self, run: &Instruction) -> Option<&'a Declaration> {
        self.declaration_among(&self.naming(), run)
    }

    fn declaration_among(
        self,
        naming: &[&'a Instruction],
        run: &Instruction,
    ) -> Option<&'a Declaration> {
        let named = |found: &&Declaration| found.name == self.layer.arg;
        let naming = || naming.iter().copied();
        let global = naming()
            .filter(|instruction| instruction.stage.is_none())
            .flat_map(Instruction::declarations)
            .filter(named)
            .rfind(|found| found.filled().is_some());
        let declarations = naming()
            .filter(|other| other.is_above_in_stage(run))
            .flat_map(Instruction::declarations)
            .filter(named);
        declarations.fold(None, |last, found| match found.value {
            Some(_) => Some(found),
            None => global.or(last).or(Some(found)),
        })
    }

    /// An ENV of the ARG's name, which the RUN gets in the ARG's place. One that is given the ARG's value hides nothing.
    pub fn hiding(self, run: &Instruction) -> Option<&'a Instruction> {
        self.hiding_among(&self.naming(), run)
    }

    fn hiding_among(
        self,
        naming: &[&'a Instruction],
        run: &Instruction,
    ) -> Option<&'a Instruction> {
        let inherited = self.inherited(run);
        let envs = naming.iter().copied();
        let mut envs = envs.filter(|env| env.sets(&self.layer.arg).is_some());
        envs.find(|env| {
            env.is_above_in_stage(run) && !self.repeats(naming, env, run) || inherited(env)
        })
    }

    /// The line of the USER that a RUN runs as, and its name; none where only the base image says who that is.
    pub fn user(self, run: &Instruction) -> Option<(usize, &'a str)> {
        let inherited = self.inherited(run);
        let above = self.file.instructions.iter();
        let above = above.filter(|other| other.is_above(run));
        let mut users = above.filter_map(|other| Some((other, other.user()?)));
        let (user, name) = users.rfind(|(user, _)| user.stage == run.stage || inherited(user))?;
        Some((user.line, name))
    }

    /// Says of an instruction whether it stands in a stage that the RUN's stage is built from.
    fn inherited(self, run: &Instruction) -> impl Fn(&Instruction) -> bool + use<> {
        let (stage, built) = (run.stage, self.file.built());
        move |other| other.stage < stage && is_among(&built, other)
    }

    /// Whether the ENV is given the value of the ARG that counts at the RUN, as in `ENV A=$A`.
    fn repeats(self, naming: &[&'a Instruction], env: &Instruction, run: &Instruction) -> bool {
        let name = &self.layer.arg;
        let value = env.sets(name).and_then(|set| set.value.as_ref());
        let same =
            value.is_some_and(|value| Version::of(value.said()) == Version::Arg(name.clone()));
        let arg = || {
            self.declaration_among(naming, env)
                .filter(|arg| arg.filled().is_some())
        };
        same && arg().is_some() && arg() == self.declaration_among(naming, run)
    }

    /// The installs of the layer's package as the layer has it: with pnpm, by the layer's ARG.
    pub fn ours(self) -> Vec<Place<'a>> {
        let mut places = self.places(&self.layer.package);
        places.retain(|(_, install)| self.is_ours(install));
        places
    }

    /// The installs of the layer's package that are not as the layer has it.
    pub fn foreign(self) -> Vec<Place<'a>> {
        let mut places = self.places(&self.layer.package);
        places.retain(|(_, install)| !self.is_ours(install));
        places
    }

    fn is_ours(self, install: &Install) -> bool {
        let by_arg = matches!(&install.version, Version::Arg(name) if *name == self.layer.arg);
        install.manager == Manager::Pnpm && by_arg
    }

    /// The installs of a package in the stages that end up in the image.
    pub fn places(self, package: &str) -> Vec<Place<'a>> {
        let built = self.file.built();
        let runs = self.file.instructions.iter();
        let runs = runs.filter(|run| is_among(&built, run));
        let places = runs.flat_map(|run| run.installs().iter().map(move |install| (run, install)));
        places
            .filter(|(_, install)| install.package == package)
            .collect()
    }

    /// The version that our ARG has in a stage that ends up in the image, or before the first FROM.
    pub fn version_nearby(self) -> Option<&'a str> {
        let built = self.file.built();
        let counts = |arg: &Instruction| arg.stage.is_none() || is_among(&built, arg);
        let mut nearby = self.valued().filter(|(arg, _)| counts(arg));
        nearby.find_map(|(_, found)| found.version())
    }

    /// The version that our ARG has wherever it stands.
    pub fn version_anywhere(self) -> Option<&'a str> {
        self.valued().find_map(|(_, found)| found.version())
    }

    /// Declarations of our ARG that give it a value somewhere.
    pub fn valued(self) -> impl Iterator<Item = (&'a Instruction, &'a Declaration)> {
        let name = &self.layer.arg;
        let of = |arg: &'a Instruction| arg.declarations().iter().map(move |found| (arg, found));
        let all = self.file.instructions.iter().flat_map(of);
        all.filter(move |(_, found)| found.name == *name && found.filled().is_some())
    }

    /// The line of a declaration, counted from 1.
    pub fn line(self, declaration: &Declaration) -> usize {
        self.file.line(declaration.name_end)
    }
}

/// Says whether an instruction stands in one of the stages, the last of which comes first.
pub fn is_among(stages: &[usize], instruction: &Instruction) -> bool {
    let found = |stage: usize| stages.binary_search_by(|other| stage.cmp(other));
    instruction.stage.is_some_and(|stage| found(stage).is_ok())
}
