//! The packages that a RUN installs globally with a Node package manager. It never looks at a package it does not find installed.

mod condition;
mod input;
mod package;
mod program;
mod variables;

use super::lines::{self, Glyph};
use super::scope::Scope;
use super::shell::{self, Command, Word};

use package::{split, variable};
use variables::Variables;

/// A package that a command installs globally.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Install {
    /// What installs it.
    pub manager: Manager,
    /// The package's name, its scope included.
    pub package: String,
    /// The version that is asked for.
    pub version: Version,
    /// The line the package is named on, counted from 1.
    pub line: usize,
    /// Whether its command installs nothing else.
    pub alone: bool,
    /// Whether its RUN may succeed without it: it hangs on a condition, or on the success of another command.
    pub passed_over: bool,
}

/// A package manager for Node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manager {
    /// `pnpm`
    Pnpm,
    /// `npm`
    Npm,
    /// `yarn`
    Yarn,
    /// `bun`
    Bun,
}

/// What follows the `@` behind a package's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    /// The value of a variable: `$NAME`, `${NAME}`, also with a default or an error for when it has none.
    Arg(String),
    /// Anything else, as it stands.
    Literal(String),
    /// Nothing.
    Unpinned,
}

/// An install and the byte offset of the word that names it.
#[derive(Debug)]
pub struct Found {
    at: usize,
    install: Install,
}

impl Manager {
    /// Returns the name of the program.
    #[must_use]
    pub fn program(self) -> &'static str {
        match self {
            Self::Pnpm => "pnpm",
            Self::Npm => "npm",
            Self::Yarn => "yarn",
            Self::Bun => "bun",
        }
    }
}

impl Version {
    /// Reads what stands behind a package's `@`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        // `v1` and `=1` are the version 1, by semver's loose reading.
        let plain = text.strip_prefix(['v', '=']).unwrap_or(text);
        match variable(plain) {
            _ if text.is_empty() => Self::Unpinned,
            Some(name) => Self::Arg(name.to_owned()),
            None => Self::Literal(text.to_owned()),
        }
    }
}

impl Found {
    /// Returns the install with the line that its offset is in.
    pub fn placed(self, line: impl Fn(usize) -> usize) -> Install {
        Install {
            line: line(self.at),
            ..self.install
        }
    }
}

/// Says whether the text names a manager at all: most RUNs name none, and are not worth the reading.
pub fn names_manager(text: &str) -> bool {
    // The end of `pnpm` is `npm`.
    ["npm", "yarn", "bun"]
        .into_iter()
        .any(|name| text.contains(name))
}

/// Finds the installs of a RUN in shell form, among names that stand for what the scope says.
pub fn of_script(script: &[Glyph], scope: &Scope) -> Vec<Found> {
    let mut run = Run::new(scope);
    run.script(script, 0);
    run.found
}

/// Finds the installs of a RUN in exec form, where no shell expands a variable unless the array calls one.
pub fn of_argv(argv: &[(usize, String)], scope: &Scope) -> Vec<Found> {
    let word = |(at, text): &(usize, String)| Word {
        at: *at,
        text: text.replace('$', "\\$"),
        quoted: true,
    };
    let mut run = Run::new(scope);
    run.command(&argv.iter().map(word).collect::<Vec<_>>(), None, 0);
    // The array's own escapes are resolved, so a script stands where its word begins.
    for found in &mut run.found {
        let above = argv.partition_point(|(at, _)| *at <= found.at);
        let word = argv.get(above.saturating_sub(1));
        found.at = word.map_or(found.at, |(at, _)| *at);
    }
    run.found
}

/// Says whether the line has a comment that installs the package, or lists it with a version.
pub fn commented(line: &str, package: &str) -> bool {
    // Most comments do not name it, and are not worth the reading.
    let Some(comment) = comment(line).filter(|comment| comment.contains(package)) else {
        return false;
    };
    let comment = comment
        .trim_start_matches(['#', ' ', '\t'])
        .trim_end_matches(['\\', '`', ' ', '\t']);
    let script: Vec<Glyph> = lines::glyphs(comment, 0).collect();
    let listed = |command: &Command| {
        let first = command.words.first().map(|word| split(&word.text));
        first.is_some_and(|(name, version)| name == package && version != Version::Unpinned)
    };
    let installs = of_script(&script, &Scope::default())
        .iter()
        .any(|found| found.install.package == package);
    installs || shell::commands(&script).first().is_some_and(listed)
}

/// Scripts in scripts are read this deep; nobody writes deeper ones, but a file could.
const DEPTH: usize = 4;
/// So many words of an input are looked at.
const FED: usize = 256;

/// A RUN while it is read.
struct Run<'a> {
    found: Vec<Found>,
    variables: Variables<'a>,
    /// Whether the command that is read may be passed over.
    passed_over: bool,
}

impl<'a> Run<'a> {
    fn new(scope: &'a Scope) -> Self {
        Self {
            found: Vec::new(),
            variables: Variables::new(scope),
            passed_over: false,
        }
    }

    fn script(&mut self, script: &[Glyph], depth: usize) {
        if depth > DEPTH {
            return;
        }
        let outer = self.variables.begin();
        let commands = shell::commands(script);
        let whole = self.passed_over;
        let passed_over = condition::passed_over(&commands);
        for (index, (command, passed_over)) in commands.iter().zip(passed_over).enumerate() {
            self.passed_over = whole || passed_over;
            self.variables.learn(command);
            let words = program::behind_lead(&command.words);
            if words.is_empty() {
                let bodies = command.bodies.iter().filter(|body| is_script(body));
                bodies.for_each(|body| self.script(body, depth + 1));
            }
            self.read(words, &commands, index);
            let reads = program::is_xargs(words) || program::reads_script(words);
            let input = reads.then(|| input::text(&commands, index)).flatten();
            self.command(&command.words, input.as_deref(), depth);
        }
        self.passed_over = whole;
        self.variables.end(outer);
    }

    fn read(&mut self, words: &[Word], commands: &[Command], index: usize) {
        let Some(names) = program::read(words) else {
            return;
        };
        let text = input::text(commands, index);
        if let Some(text) = text.or_else(|| input::of_loop(commands, index)) {
            self.variables.read(names, &text);
        }
    }

    fn command(&mut self, command: &[Word], input: Option<&[Glyph]>, depth: usize) {
        let words = program::behind_lead(command);
        let lead = command.len() - words.len();
        if let Some(called) = self.called(words).filter(|_| depth <= DEPTH) {
            let lead = command.iter().take(lead).cloned();
            let command: Vec<Word> = lead.chain(called).collect();
            self.command(&command, input, depth + 1);
            return;
        }
        if program::is_xargs(words) && depth <= DEPTH {
            for words in program::fed(words, input) {
                self.command(&words, None, depth + 1);
            }
            return;
        }
        self.install(words);
        // An assignment before a command counts in that command's own script.
        let known = self.variables.lend(command.iter().take(lead));
        if let Some(script) = program::script(words) {
            self.script(&script, depth + 1);
        } else if let Some(input) = input.filter(|_| program::reads_script(words)) {
            self.script(input, depth + 1);
        }
        self.variables.take_back(known);
    }

    /// The command that a variable is the beginning of.
    fn called(&self, words: &[Word]) -> Option<Vec<Word>> {
        let (first, rest) = words
            .split_first()
            .filter(|(first, _)| first.text.starts_with('$'))?;
        let called = self.variables.words(first);
        let known = called.iter().map(|word| &word.text).ne([&first.text]);
        known.then(|| called.into_iter().chain(rest.iter().cloned()).collect())
    }

    fn install(&mut self, words: &[Word]) {
        let Some(manager) = package::manager(words) else {
            return;
        };
        let expanded = |word: &Word| self.variables.words(word);
        // A variable may hold options and the verb as well.
        let named: Vec<Word> = if words.iter().any(|word| word.text.starts_with('$')) {
            let words: Vec<Word> = words.iter().flat_map(expanded).collect();
            package::operands(&words).into_iter().cloned().collect()
        } else {
            let named = package::operands(words).into_iter();
            named.flat_map(expanded).collect()
        };
        let alone = named.len() == 1;
        for word in &named {
            let mut found = found(word, manager);
            found.install.alone = alone;
            found.install.passed_over = self.passed_over;
            self.found.push(found);
        }
    }
}

fn found(word: &Word, manager: Manager) -> Found {
    let (package, version) = split(&word.text);
    Found {
        at: word.at,
        install: Install {
            manager,
            package: package.to_owned(),
            version,
            line: 0,
            alone: true,
            passed_over: false,
        },
    }
}

/// Whether a shell runs the heredoc that is all of a RUN.
fn is_script(body: &[Glyph]) -> bool {
    let line = body.iter().map(|(_, glyph)| *glyph);
    let line: String = line.take_while(|glyph| *glyph != '\n').collect();
    let calls = |shell: &&str| line.ends_with(shell) || line.contains(&format!("{shell} "));
    !line.starts_with("#!") || program::SHELLS.iter().any(calls)
}

/// The comment of a line: what follows its first `#` that begins a word.
fn comment(line: &str) -> Option<&str> {
    let begins = |at: &usize| {
        line.get(..*at)
            .is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t']))
    };
    let at = line.match_indices('#').map(|(at, _)| at).find(begins)?;
    line.get(at..)
}
