//! Where a line goes by a marker, and how it gets there: between two lines, with their line end; it never splits or joins lines.

use crate::skill::Fault;
use crate::typescript::Lines;

/// The place after a marked line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Anchor<'l> {
    /// The line, compared without the white space around it.
    pub(super) marker: &'l str,
    /// The lines that the document puts there too, before this one.
    pub(super) earlier: &'l [String],
}

impl Anchor<'_> {
    /// The byte after the marked line and the earlier lines that follow it, which keeps the document's order.
    pub(super) fn place(self, lines: &Lines) -> Result<usize, Fault> {
        let mut number = self.line(lines)?;
        let earlier = |held: &[u8]| {
            self.earlier
                .iter()
                .any(|line| line.as_bytes().trim_ascii() == held)
        };
        number += lines
            .trimmed()
            .skip(number)
            .take_while(|held| earlier(held))
            .count();
        Ok(lines.start(number + 1))
    }

    fn line(self, lines: &Lines) -> Result<usize, Fault> {
        let marker = self.marker.trim_ascii();
        let numbered = (1..)
            .zip(lines.trimmed())
            .filter(|(_, held)| *held == marker.as_bytes());
        let found: Vec<usize> = numbered.map(|(number, _)| number).collect();
        let fault = |found| Fault {
            code: "anchor-missing",
            line: None,
            found,
        };
        match found.as_slice() {
            [number] => Ok(*number),
            [] => Err(fault(format!("no line `{marker}` to insert after"))),
            [first, ..] => {
                let all: Vec<String> = found.iter().map(ToString::to_string).collect();
                let found = format!(
                    "`{marker}` stands in {} lines: {}",
                    all.len(),
                    all.join(", ")
                );
                Err(Fault {
                    line: Some(*first),
                    ..fault(found)
                })
            }
        }
    }
}

/// The text with one more line before the one that starts at `place`, a byte; at the text's end, after the last one.
pub(super) fn insert(text: &[u8], lines: &Lines, place: usize, line: &str) -> Vec<u8> {
    let (head, tail) = text.split_at_checked(place).unwrap_or((text, &[]));
    let ending = ending(lines, place);
    // A file that ends without a line end keeps ending so.
    let unended = head.len() > lines.start(1) && !head.ends_with(b"\n") && !head.ends_with(b"\r");
    let (before, after) = if unended { (ending, "") } else { ("", ending) };
    [
        head,
        before.as_bytes(),
        line.as_bytes(),
        after.as_bytes(),
        tail,
    ]
    .concat()
}

/// The line end of the line above the place, else of the one below, else the file's usual one.
fn ending(lines: &Lines, place: usize) -> &'static str {
    let above = if place > lines.start(1) {
        lines.ending(lines.number(place - 1))
    } else {
        ""
    };
    let below = lines.ending(lines.number(place));
    [above, below]
        .into_iter()
        .find(|ending| !ending.is_empty())
        .unwrap_or_else(|| lines.usual_ending())
}
