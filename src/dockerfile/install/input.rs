//! What a command of a script reads, where the script itself says it. No file is looked into.

use super::super::lines::Glyph;
use super::super::shell::{self, Command, Link, Word};
use super::program;

/// So much of what printf writes is looked at.
const LENGTH: usize = 65_536;
/// So many commands are looked at for the end of a loop.
const BODY: usize = 256;
/// What begins a loop.
const LOOPS: [&str; 4] = ["for", "select", "until", "while"];

/// The text that the command with this index reads: its heredoc, or what `echo` and the like write into its pipe.
pub fn text(commands: &[Command], index: usize) -> Option<Vec<Glyph>> {
    let mut index = index;
    loop {
        let command = commands.get(index)?;
        if let Some(body) = command.bodies.last() {
            return Some(body.clone());
        }
        index = Some(command.before).filter(|at| command.after == Link::Pipe && *at < index)?;
        let before = commands.get(index).filter(|before| !before.diverted)?;
        let (first, arguments) = program::behind_lead(&before.words).split_first()?;
        match program::name(first) {
            "echo" => return Some(echoed(arguments)),
            "printf" => return Some(printed(arguments)),
            "cat" | "sort" | "uniq" if only_options(arguments) => {}
            "tr" | "tee" => {}
            _ => return None,
        }
    }
}

/// The heredoc of the loop that the command with this index stands in, or is the condition of.
pub fn of_loop(commands: &[Command], index: usize) -> Option<Vec<Glyph>> {
    let mut open = 1_usize;
    for command in commands.iter().skip(index + 1).take(BODY) {
        open += opened(command);
        open -= usize::from(
            command
                .words
                .first()
                .is_some_and(|word| word.text == "done"),
        );
        if open == 0 {
            return command.bodies.last().cloned();
        }
    }
    None
}

/// How many loops the command begins.
fn opened(command: &Command) -> usize {
    let lead = command
        .words
        .iter()
        .take_while(|word| shell::is_keyword(word));
    let words = command.words.iter().take(lead.count() + 1);
    let loops = words.filter(|word| LOOPS.contains(&word.text.as_str()));
    loops.count()
}

fn only_options(arguments: &[Word]) -> bool {
    arguments.iter().all(|word| word.text.starts_with('-'))
}

fn echoed(arguments: &[Word]) -> Vec<Glyph> {
    let options = arguments.iter();
    let options =
        options.take_while(|word| ["-n", "-e", "-E", "-ne", "-en"].contains(&word.text.as_str()));
    let words = arguments.get(options.count()..).unwrap_or_default();
    unescaped(&program::joined(words))
}

/// The format is used again as long as there are arguments.
fn printed(arguments: &[Word]) -> Vec<Glyph> {
    let Some((format, arguments)) = arguments.split_first() else {
        return Vec::new();
    };
    let format = unescaped(&shell::inner(format));
    let mut words = arguments.iter();
    let mut text = Vec::new();
    loop {
        let left = words.len();
        let mut glyphs = format.iter().copied();
        while let Some(glyph) = glyphs.next() {
            if glyph.1 != '%' {
                text.push(glyph);
                continue;
            }
            match glyphs.next() {
                Some(percent @ (_, '%')) => text.push(percent),
                _ => text.extend(words.next().into_iter().flat_map(shell::inner)),
            }
        }
        if words.len() == left || words.len() == 0 || text.len() > LENGTH {
            return text;
        }
    }
}

/// `\n` and `\t` as white space.
fn unescaped(text: &[Glyph]) -> Vec<Glyph> {
    let mut rest = text.iter().copied().peekable();
    let mut plain = Vec::with_capacity(text.len());
    while let Some((at, glyph)) = rest.next() {
        let space = |next: &Glyph| matches!(next.1, 'n' | 't');
        match rest.next_if(|next| glyph == '\\' && space(next)) {
            Some((_, 'n')) => plain.push((at, '\n')),
            Some(_) => plain.push((at, ' ')),
            None => plain.push((at, glyph)),
        }
    }
    plain
}
