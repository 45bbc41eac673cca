//! The packages among the words of a package manager's command. It never looks at what runs the command.

use super::super::shell::{Word, is_name};
use super::program;
use super::{Manager, Version};

const MANAGERS: [Manager; 4] = [Manager::Pnpm, Manager::Npm, Manager::Yarn, Manager::Bun];
/// What the managers call an installation, misspelt as npm allows.
const VERBS: [&str; 14] = [
    "install",
    "i",
    "add",
    "a",
    "in",
    "ins",
    "inst",
    "insta",
    "instal",
    "isnt",
    "isnta",
    "isntal",
    "isntall",
    "install-test",
];
/// Options whose value is a word of its own.
pub const VALUED: [&str; 36] = [
    "-C",
    "--allow-build",
    "--backend",
    "--cache",
    "--cache-dir",
    "--cache-folder",
    "--config",
    "--cwd",
    "--dir",
    "--fetch-retries",
    "--fetch-timeout",
    "--filter",
    "--global-bin-dir",
    "--global-dir",
    "--global-folder",
    "--globalconfig",
    "--https-proxy",
    "--include",
    "--install-strategy",
    "--location",
    "--loglevel",
    "--maxsockets",
    "--mutex",
    "--network-concurrency",
    "--network-timeout",
    "--noproxy",
    "--omit",
    "--prefix",
    "--proxy",
    "--registry",
    "--reporter",
    "--script-shell",
    "--store-dir",
    "--tag",
    "--userconfig",
    "--virtual-store-dir",
];

/// The manager that the command calls.
pub fn manager(words: &[Word]) -> Option<Manager> {
    let called = program::name(words.first()?);
    MANAGERS
        .into_iter()
        .find(|manager| manager.program() == called)
}

/// The packages of a manager's global install, or nothing.
pub fn operands(command: &[Word]) -> Vec<&Word> {
    let mut global = false;
    let mut operands = Vec::new();
    let mut words = command.iter().skip(1);
    while let Some(word) = words.next() {
        match word.text.as_str() {
            "--location" => global |= words.next().is_some_and(|value| value.text == "global"),
            option if VALUED.contains(&option) => drop(words.next()),
            option if option.starts_with('-') => global |= is_global(option),
            _ => operands.push(word),
        }
    }
    let verbs = operands.iter().map(|word| word.text.as_str());
    let skipped = match verbs.take(2).collect::<Vec<_>>().as_slice() {
        ["global", "add", ..] => 2,
        [verb, ..] if global && VERBS.contains(verb) => 1,
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

/// The package and the version that a word names: of `a@npm:b@1`, an alias, and of an address those that it brings.
pub fn split(text: &str) -> (&str, Version) {
    let (package, version) = halves(text);
    if let Some(brought) = version.strip_prefix("npm:") {
        let (package, version) = halves(brought);
        return (package, Version::of(version));
    }
    for address in [text, version] {
        if let Some(package) = packed(address) {
            return (package, Version::Literal(address.to_owned()));
        }
    }
    (package, Version::of(version))
}

fn halves(text: &str) -> (&str, &str) {
    // The first character of a scoped name is an `@`, too.
    let mut signs = text.char_indices().skip(1);
    let behind = signs.find(|(_, glyph)| *glyph == '@');
    let halves = behind.and_then(|(at, _)| Some((text.get(..at)?, text.get(at + 1..)?)));
    halves.unwrap_or((text, ""))
}

/// The package of `https://registry.npmjs.org/@s/a/-/a-1.tgz`.
fn packed(address: &str) -> Option<&str> {
    let (path, _) = address
        .split_once("/-/")
        .filter(|_| address.starts_with("http"))?;
    let (before, name) = path.rsplit_once('/')?;
    let scope = before
        .rsplit('/')
        .next()
        .filter(|scope| scope.starts_with('@'));
    let length = scope.map_or(name.len(), |scope| scope.len() + 1 + name.len());
    path.get(path.len() - length..)
}

/// The name of a variable that is all of the text: `$A`, `${A}`, also with a default or an error for when it has no value.
pub fn variable(text: &str) -> Option<&str> {
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
