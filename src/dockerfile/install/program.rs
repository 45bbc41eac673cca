//! The program that a command comes down to, behind keywords, assignments and programs that only run another one.

use super::super::lines::Glyph;
use super::super::shell::{self, Word};
use super::FED;
use super::package::VALUED;

pub const SHELLS: [&str; 6] = ["sh", "bash", "dash", "ash", "zsh", "ksh"];
/// Programs that fetch packages and run a program of theirs.
const RUNNERS: [&str; 2] = ["npx", "bunx"];
/// Options of a runner whose value is a word of its own.
const RUNNER_VALUED: [&str; 4] = ["-p", "--package", "-w", "--workspace"];

/// A program that runs the command behind it.
struct Wrapper {
    name: &'static str,
    /// Options whose value is a word of its own.
    valued: &'static [&'static str],
    /// How many words stand before the command.
    operands: usize,
}

const fn wrapper(name: &'static str, valued: &'static [&'static str], operands: usize) -> Wrapper {
    Wrapper {
        name,
        valued,
        operands,
    }
}

const WRAPPERS: [Wrapper; 24] = [
    wrapper(
        "sudo",
        &[
            "-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T", "--user", "--group",
        ],
        0,
    ),
    wrapper("doas", &["-u", "-C"], 0),
    wrapper("env", &["-u", "-C", "--unset", "--chdir"], 0),
    wrapper("corepack", &[], 0),
    wrapper("exec", &["-a"], 0),
    wrapper("builtin", &[], 0),
    wrapper("command", &[], 0),
    wrapper("nice", &["-n"], 0),
    wrapper("time", &["-f", "-o"], 0),
    wrapper("timeout", &["-k", "-s", "--kill-after", "--signal"], 1),
    wrapper("nohup", &[], 0),
    wrapper("stdbuf", &["-i", "-o", "-e"], 0),
    wrapper("ionice", &["-c", "-n"], 0),
    wrapper("setsid", &[], 0),
    wrapper("setpriv", &["--reuid", "--regid", "--groups"], 0),
    wrapper("gosu", &[], 1),
    wrapper("su-exec", &[], 1),
    wrapper("chroot", &[], 1),
    wrapper("flock", &["-w", "-E", "--timeout"], 1),
    wrapper("runuser", &["-u", "--user", "-g", "--group"], 0),
    wrapper("strace", &["-e", "-o"], 0),
    wrapper("tini", &[], 0),
    wrapper("dumb-init", &[], 0),
    wrapper("busybox", &[], 0),
];

/// The words from the program on.
pub fn behind_lead(mut words: &[Word]) -> &[Word] {
    while let Some((first, rest)) = words.split_first() {
        if shell::is_keyword(first) || assignment(first).is_some() || is_instruction(first) {
            words = rest;
            continue;
        }
        let called = name(first);
        if let Some(wrapper) = WRAPPERS.iter().find(|known| known.name == called) {
            let Some(command) = wrapped(wrapper, rest) else {
                break;
            };
            words = command;
        } else if let Some(command) = fetched(called, rest) {
            words = command;
        } else {
            break;
        }
    }
    words
}

fn wrapped<'a>(wrapper: &Wrapper, words: &'a [Word]) -> Option<&'a [Word]> {
    let asks = |word: &&Word| word.text.starts_with('-') && word.text.ends_with(['v', 'V']);
    let first = words.first();
    let command = behind_options(words, wrapper.valued);
    let mut options = words.iter().take(words.len() - command.len());
    let other = match wrapper.name {
        // `command -v` looks for a program and runs none.
        "command" => first.as_ref().is_some_and(asks),
        // With another option it is `su`.
        "runuser" => first.is_none_or(|word| !["-u", "--user"].contains(&word.text.as_str())),
        // It takes a string apart and runs that.
        "env" => options.any(|word| split_string(word).is_some()),
        _ => false,
    };
    (!other).then(|| command.get(wrapper.operands..).unwrap_or_default())
}

/// The command behind `npx`, `npm exec`, `pnpm dlx` and the like.
fn fetched<'a>(called: &str, rest: &'a [Word]) -> Option<&'a [Word]> {
    let behind = match called {
        runner if RUNNERS.contains(&runner) => rest,
        manager => {
            let verbs: &[&str] = match manager {
                "npm" => &["exec", "x"],
                "pnpm" | "yarn" => &["dlx", "exec"],
                "bun" => &["x"],
                _ => return None,
            };
            let valued = [&VALUED[..], &RUNNER_VALUED].concat();
            let (verb, rest) = behind_options(rest, &valued).split_first()?;
            Some(rest).filter(|_| verbs.contains(&verb.text.as_str()))?
        }
    };
    let command = behind_options(behind, &RUNNER_VALUED);
    let options = behind.len() - command.len();
    let calls = |word: &Word| word.text == "-c" || word.text.starts_with("--call");
    // With a command among its options it runs that.
    let called = behind.iter().take(options).any(calls);
    (!called && !command.is_empty()).then_some(command)
}

fn behind_options<'a>(mut words: &'a [Word], valued: &[&str]) -> &'a [Word] {
    while let Some((option, rest)) = words
        .split_first()
        .filter(|(first, _)| first.text.starts_with('-'))
    {
        if option.text == "--" {
            return rest;
        }
        let valued = valued.contains(&option.text.as_str());
        words = rest.get(usize::from(valued)..).unwrap_or_default();
    }
    words
}

/// A comment keeps the `RUN --mount=...` of the instruction that it was.
fn is_instruction(word: &Word) -> bool {
    !word.quoted && (word.text == "RUN" || word.text.starts_with("--"))
}

/// The name and the value of an assignment, also of one that adds to what the name stands for.
pub fn assignment(word: &Word) -> Option<(&str, &str)> {
    let (name, value) = word.text.split_once('=')?;
    let name = name.strip_suffix('+').unwrap_or(name);
    shell::is_name(name).then_some((name, value))
}

/// The last part of the program's path, without the `@version` that corepack and npx take.
pub fn name(word: &Word) -> &str {
    let name = word.text.rsplit('/').next().unwrap_or_default();
    name.split('@').next().unwrap_or_default()
}

/// What a shell, or what hands it to one, is given as a command.
pub fn script(words: &[Word]) -> Option<Vec<Glyph>> {
    let (first, arguments) = words.split_first()?;
    match name(first) {
        shell if SHELLS.contains(&shell) => command_string(arguments).map(shell::inner),
        "su" | "runuser" => value(arguments, ["-c", "--command"]),
        "npx" | "npm" => value(arguments, ["-c", "--call"]),
        "eval" => Some(joined(arguments)),
        "env" => split(arguments),
        _ => None,
    }
}

/// What `env -S` runs: the string, and what stands behind it.
fn split(arguments: &[Word]) -> Option<Vec<Glyph>> {
    let mut words = arguments.iter();
    let (option, text) = words.find_map(|word| Some((word, split_string(word)?)))?;
    let string = Word {
        text: text.to_owned(),
        ..option.clone()
    };
    let words = std::iter::once(string).chain(words.cloned());
    Some(joined(&words.collect::<Vec<_>>()))
}

/// What is attached to an `-S`, also behind other flags, or to a `--split-string`.
fn split_string(option: &Word) -> Option<&str> {
    let text = option.text.as_str();
    if let Some(behind) = text.strip_prefix("--split-string") {
        return Some(behind.strip_prefix('=').unwrap_or(behind));
    }
    let (flags, behind) = text.strip_prefix('-')?.split_once('S')?;
    flags
        .chars()
        .all(|flag| "0iv".contains(flag))
        .then_some(behind)
}

/// The texts of the words, a space between them.
pub fn joined(words: &[Word]) -> Vec<Glyph> {
    let words = words.iter().map(|word| (word.at, shell::inner(word)));
    let spaced = words.flat_map(|(at, text)| text.into_iter().chain([(at, ' ')]));
    spaced.collect()
}

/// The command of `sh -c`, also behind other options, as in `-euxo pipefail -c`.
fn command_string(arguments: &[Word]) -> Option<&Word> {
    let short = |word: &&Word| word.text.starts_with(['-', '+']) && !word.text.starts_with("--");
    let mut commanded = false;
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.text.as_str() {
            option if option.starts_with("--") => {}
            option if short(&word) => {
                commanded |= option.contains('c');
                if option.ends_with(['o', 'O']) {
                    words.next();
                }
            }
            _ => return commanded.then_some(word),
        }
    }
    None
}

fn value(arguments: &[Word], names: [&str; 2]) -> Option<Vec<Glyph>> {
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if names.contains(&word.text.as_str()) {
            return words.next().map(shell::inner);
        }
        let [_, long] = names;
        let value = word
            .text
            .strip_prefix(long)
            .and_then(|rest| rest.strip_prefix('='));
        if let Some(value) = value {
            let text = value.to_owned();
            return Some(shell::inner(&Word {
                text,
                ..word.clone()
            }));
        }
    }
    None
}

/// Whether the command is a shell that reads its script from its input.
pub fn reads_script(words: &[Word]) -> bool {
    let Some((first, arguments)) = words.split_first() else {
        return false;
    };
    let given = arguments.iter().any(|word| word.text == "-c");
    SHELLS.contains(&name(first)) && !given && operands(arguments) == 0
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

/// The names that `read` gives values.
pub fn read(words: &[Word]) -> Option<&[Word]> {
    let (first, rest) = words.split_first()?;
    let valued = ["-d", "-i", "-n", "-N", "-p", "-t", "-u"];
    (first.text == "read").then(|| behind_options(rest, &valued))
}

pub fn is_xargs(words: &[Word]) -> bool {
    words.first().is_some_and(|first| name(first) == "xargs")
}

/// The commands that xargs makes of the words of its input; without an input that can be told, what stands in its own words.
pub fn fed(words: &[Word], input: Option<&[Glyph]>) -> Vec<Vec<Word>> {
    let valued = ["-n", "-P", "-L", "-d", "-s", "-E", "-a", "--arg-file"];
    let mut rest = words.get(1..).unwrap_or_default();
    let mut place = None;
    let mut input = input;
    while let Some((option, after)) = rest
        .split_first()
        .filter(|(first, _)| first.text.starts_with('-'))
    {
        let text = option.text.as_str();
        if text.starts_with("-a") || text.starts_with("--arg-file") {
            input = None;
        }
        let attached = text
            .strip_prefix("-I")
            .or_else(|| text.strip_prefix("--replace="));
        place = attached.or((text == "-i").then_some("{}")).or(place);
        rest = after;
        if place == Some("") {
            place = after.first().map(|word| word.text.as_str());
            rest = after.get(1..).unwrap_or_default();
        } else if valued.contains(&text) {
            rest = after.get(1..).unwrap_or_default();
        }
    }
    // Without a command it writes what it reads.
    if rest.is_empty() {
        return Vec::new();
    }
    let command = rest.to_vec();
    let fed = input.map(shell::data).unwrap_or_default();
    let fed = fed.into_iter().take(FED);
    match place {
        None => vec![command.into_iter().chain(fed).collect()],
        Some(place) => {
            let put = |word: &Word, fed: &Word| Word {
                text: word.text.replace(place, &fed.text),
                ..word.clone()
            };
            fed.map(|fed| command.iter().map(|word| put(word, &fed)).collect())
                .collect()
        }
    }
}
