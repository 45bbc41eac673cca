//! Which commands of a script it may pass over and yet end well: those that hang on a condition, or on the success of others. It evaluates nothing.

use super::super::shell::{Command, Link, Word};

/// The words that end a compound command.
const ENDS: [&str; 4] = ["fi", "done", "esac", "}"];

/// A compound command that is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    /// What is asked, which runs in any case.
    Asked,
    /// What hangs on the answer.
    Inside,
    /// A loop over words: that there are none is not thought of.
    Words,
}

/// For each command, whether the script may end well without it.
pub fn passed_over(commands: &[Command]) -> Vec<bool> {
    let mut open = Open::default();
    let inside = commands.iter().map(|command| {
        open.follow(&command.words);
        open.inside > 0
    });
    let inside = inside.collect::<Vec<_>>();
    let by_list = by_list(&places(commands));
    inside.iter().zip(by_list).map(|(a, b)| *a || b).collect()
}

/// The compound commands that are open, the innermost last, and how many of them hang on an answer.
#[derive(Default)]
struct Open {
    blocks: Vec<Block>,
    inside: usize,
}

impl Open {
    /// Opens and closes blocks by the keywords that a command begins with.
    fn follow(&mut self, words: &[Word]) {
        for word in words.iter().take_while(|word| !word.quoted) {
            match word.text.as_str() {
                "if" | "while" | "until" => self.blocks.push(Block::Asked),
                "then" | "else" | "elif" | "do" => self.answer(),
                "for" | "select" => return self.blocks.push(Block::Words),
                "case" => {
                    self.blocks.push(Block::Asked);
                    return self.answer();
                }
                "{" | "!" => {}
                end if ENDS.contains(&end) => {
                    if end != "}" && self.blocks.pop() == Some(Block::Inside) {
                        self.inside -= 1;
                    }
                    return;
                }
                _ => return,
            }
        }
    }

    /// What was asked is answered.
    fn answer(&mut self) {
        if let Some(last) = self.blocks.last_mut().filter(|last| **last == Block::Asked) {
            *last = Block::Inside;
            self.inside += 1;
        }
    }
}

/// Where a command stands in a list that `&&` and `||` link.
#[derive(Clone, Copy)]
struct Place {
    /// The index of the list's first command.
    start: usize,
    link: Link,
    /// Whether an `||` stands before it.
    after_or: bool,
    /// Whether the script goes on with it: it is none that ends what others began, and none of a substitution's.
    goes_on: bool,
}

/// The place of each command.
fn places(commands: &[Command]) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for (index, command) in commands.iter().enumerate() {
        let before = places.get(command.before).copied();
        let place = match (command.after, before) {
            (link @ (Link::And | Link::Or), Some(before)) => Place {
                link,
                after_or: before.after_or || link == Link::Or,
                ..before
            },
            // A pipeline is one of a list's commands.
            (Link::Pipe, Some(before)) => before,
            (link, _) => Place {
                start: index,
                link,
                after_or: false,
                goes_on: false,
            },
        };
        places.push(place);
    }
    // Between a command and the one before it stand those of its substitutions.
    let mut index = commands.len().saturating_sub(1);
    while let (Some(command), Some(place)) = (commands.get(index), places.get_mut(index)) {
        let mut words = command.words.iter();
        place.goes_on = words.any(|word| word.quoted || !ENDS.contains(&word.text.as_str()));
        if command.before >= index {
            break;
        }
        index = command.before;
    }
    places
}

/// For each place, whether its command is passed over where another one fails: behind an `||`, or behind an `&&` where something goes on then.
fn by_list(places: &[Place]) -> Vec<bool> {
    // Of what follows: the first and the last list, and whether an `||` is there.
    let mut rest: Option<(usize, usize, bool)> = None;
    let behind = places.iter().rev().map(|place| {
        let goes_on = rest.is_some_and(|(first, last, has_or)| {
            has_or || first != place.start || last != place.start
        });
        if place.goes_on {
            let (first, last, has_or) = rest.unwrap_or((place.start, place.start, false));
            let has_or = has_or || place.link == Link::Or;
            rest = Some((first.min(place.start), last.max(place.start), has_or));
        }
        place.after_or || place.link == Link::And && goes_on
    });
    let mut skipped = behind.collect::<Vec<_>>();
    skipped.reverse();
    skipped
}
