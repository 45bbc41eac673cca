//! The packages that a RUN installs globally with a Node package manager. It never looks at a package it does not find installed.

use super::lines::{self, Glyph};
use super::shell::{self, Command, Word};

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
        match variable(text) {
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

/// Finds the installs of a RUN in shell form.
pub fn of_script(script: &[Glyph]) -> Vec<Found> {
    nested(script, 0)
}

/// Finds the installs of a RUN in exec form, where no shell expands a variable unless the array calls one.
pub fn of_argv(argv: Vec<(usize, String)>) -> Vec<Found> {
    let word = |(at, text): (usize, String)| Word {
        at,
        text: text.replace('$', "\\$"),
        quoted: true,
    };
    let script = script_of(&argv);
    match script {
        // The array's own escapes are resolved, so the whole script stands where its word begins.
        Some((at, script)) => {
            of_script(&script.chars().map(|glyph| (*at, glyph)).collect::<Vec<_>>())
        }
        None => installed(&argv.into_iter().map(word).collect::<Vec<_>>()),
    }
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
    let installs = of_script(&script)
        .iter()
        .any(|found| found.install.package == package);
    installs || shell::commands(&script).first().is_some_and(listed)
}

/// Programs that run the command behind them.
const WRAPPERS: [&str; 6] = ["sudo", "env", "corepack", "exec", "command", "nice"];
const SHELLS: [&str; 6] = ["sh", "bash", "dash", "ash", "zsh", "ksh"];
const MANAGERS: [Manager; 4] = [Manager::Pnpm, Manager::Npm, Manager::Yarn, Manager::Bun];
/// Options whose value is a word of its own.
const VALUED: [&str; 25] = [
    "-C",
    "--allow-build",
    "--cache",
    "--cache-dir",
    "--config",
    "--cwd",
    "--dir",
    "--fetch-retries",
    "--fetch-timeout",
    "--filter",
    "--global-bin-dir",
    "--global-dir",
    "--include",
    "--location",
    "--loglevel",
    "--maxsockets",
    "--network-concurrency",
    "--omit",
    "--prefix",
    "--registry",
    "--reporter",
    "--store-dir",
    "--tag",
    "--userconfig",
    "--virtual-store-dir",
];
/// Heredocs in heredocs are read this deep; nobody writes deeper ones, but a file could.
const DEPTH: usize = 4;

fn nested(script: &[Glyph], depth: usize) -> Vec<Found> {
    let mut found = Vec::new();
    for command in shell::commands(script) {
        let words = without_lead(&command.words);
        found.extend(installed(words));
        for body in command
            .bodies
            .iter()
            .filter(|body| depth < DEPTH && is_script(words, body))
        {
            found.extend(nested(body, depth + 1));
        }
        if let Some(script) = command_string(words).filter(|_| depth < DEPTH) {
            found.extend(nested(&script, depth + 1));
        }
    }
    found
}

/// What a `sh -c` runs. A `$` that the outer shell leaves alone is the inner one's to expand.
fn command_string(words: &[Word]) -> Option<Vec<Glyph>> {
    let argv = words.iter().map(|word| (word.at, word.text.clone()));
    let argv = argv.collect::<Vec<_>>();
    let (at, script) = script_of(&argv)?;
    Some(lines::glyphs(&script.replace("\\$", "$"), *at).collect())
}

/// The words from the program on.
fn without_lead(mut words: &[Word]) -> &[Word] {
    while let Some((first, rest)) = words.split_first() {
        if shell::is_keyword(first) || is_assignment(first) || is_instruction(first) {
            words = rest;
        } else if WRAPPERS.contains(&program(first)) {
            words = without_options(rest);
        } else {
            break;
        }
    }
    words
}

/// A comment keeps the `RUN --mount=...` of the instruction that it was.
fn is_instruction(word: &Word) -> bool {
    !word.quoted && (word.text == "RUN" || word.text.starts_with("--"))
}

fn is_assignment(word: &Word) -> bool {
    let name = word.text.split_once('=').map(|(name, _)| name);
    name.is_some_and(is_name)
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name
            .chars()
            .all(|glyph| glyph.is_ascii_alphanumeric() || glyph == '_')
}

/// The words behind a wrapper's options, such as those of `sudo -u root`.
fn without_options(mut words: &[Word]) -> &[Word] {
    while let Some((option, rest)) = words
        .split_first()
        .filter(|(first, _)| first.text.starts_with('-'))
    {
        let valued = ["-u", "-g", "-n"].contains(&option.text.as_str());
        words = rest.get(usize::from(valued)..).unwrap_or_default();
    }
    words
}

/// The last part of the program's path, without the `@version` that corepack takes.
fn program(word: &Word) -> &str {
    let name = word.text.rsplit('/').next().unwrap_or_default();
    name.split('@').next().unwrap_or_default()
}

fn installed(words: &[Word]) -> Vec<Found> {
    let Some((first, arguments)) = words.split_first() else {
        return Vec::new();
    };
    let Some(manager) = MANAGERS
        .into_iter()
        .find(|manager| manager.program() == program(first))
    else {
        return Vec::new();
    };
    let packages = packages(arguments);
    let alone = packages.len() == 1;
    packages
        .into_iter()
        .map(|word| found(word, manager, alone))
        .collect()
}

fn found(word: &Word, manager: Manager, alone: bool) -> Found {
    let (package, version) = split(&word.text);
    Found {
        at: word.at,
        install: Install {
            manager,
            package: package.to_owned(),
            version,
            line: 0,
            alone,
        },
    }
}

/// The packages of a global install, or nothing.
fn packages(arguments: &[Word]) -> Vec<&Word> {
    let mut global = false;
    let mut operands = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.text.as_str() {
            "--location" => global |= words.next().is_some_and(|value| value.text == "global"),
            option if VALUED.contains(&option) => drop(words.next()),
            option if option.starts_with('-') => global |= is_global(option),
            _ => operands.push(word),
        }
    }
    let verbs: Vec<&str> = operands
        .iter()
        .map(|word| word.text.as_str())
        .take(2)
        .collect();
    let skipped = match verbs.as_slice() {
        ["global", "add", ..] => 2,
        ["install" | "i" | "add", ..] if global => 1,
        _ => operands.len(),
    };
    operands.split_off(skipped)
}

fn is_global(option: &str) -> bool {
    let short = option
        .strip_prefix('-')
        .filter(|flags| flags.chars().all(|flag| flag.is_ascii_alphabetic()));
    ["--global", "--global=true", "--location=global"].contains(&option)
        || short.is_some_and(|flags| flags.contains('g'))
}

fn split(text: &str) -> (&str, Version) {
    // The first character of a scoped name is an `@`, too.
    let behind = text
        .char_indices()
        .skip(1)
        .find(|(_, glyph)| *glyph == '@')
        .map(|(index, _)| index);
    let (package, version) = behind
        .and_then(|index| text.split_at_checked(index))
        .unwrap_or((text, ""));
    (
        package,
        Version::of(version.strip_prefix('@').unwrap_or_default()),
    )
}

fn variable(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('$')?;
    let inner = rest
        .strip_prefix('{')
        .and_then(|inner| inner.strip_suffix('}'));
    let name = match inner {
        Some(inner) => {
            let name = inner.split([':', '-', '?']).next()?;
            let after = inner.strip_prefix(name)?;
            let operator = after.strip_prefix(':').unwrap_or(after);
            (after.is_empty() || operator.starts_with(['-', '?'])).then_some(name)?
        }
        None => rest,
    };
    is_name(name).then_some(name)
}

/// Whether the command, without words the RUN itself, has a shell run the heredoc.
fn is_script(words: &[Word], body: &[Glyph]) -> bool {
    let Some((first, arguments)) = words.split_first() else {
        let line: String = body
            .iter()
            .map(|(_, glyph)| *glyph)
            .take_while(|glyph| *glyph != '\n')
            .collect();
        return !line.starts_with("#!")
            || SHELLS
                .iter()
                .any(|shell| line.ends_with(shell) || line.contains(&format!("{shell} ")));
    };
    SHELLS.contains(&program(first))
        && !arguments.iter().any(|word| word.text == "-c")
        && operands(arguments) == 0
}

/// How many words of a shell's arguments are no options: a script of its own and its arguments.
fn operands(arguments: &[Word]) -> usize {
    let mut words = arguments.iter().take_while(|word| word.text != "-s");
    let mut count = 0;
    while let Some(word) = words.next() {
        match word.text.as_str() {
            "-o" | "+o" => drop(words.next()),
            option if option.starts_with(['-', '+']) => {}
            _ => count += 1,
        }
    }
    count
}

/// The script of `["sh", "-c", "script"]`, also behind other options, as in `-euxo pipefail -c`.
fn script_of(argv: &[(usize, String)]) -> Option<(&usize, &String)> {
    let (_, first) = argv.first()?;
    first
        .rsplit('/')
        .next()
        .filter(|name| SHELLS.contains(name))?;
    let is_command = |(_, word): &(usize, String)| {
        word.starts_with('-') && !word.starts_with("--") && word.ends_with('c')
    };
    let option = argv.iter().position(is_command)?;
    argv.get(option + 1).map(|(at, script)| (at, script))
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
