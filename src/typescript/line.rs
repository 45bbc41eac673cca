//! The lines of a text, found by their ends; it never decodes them.

/// The byte-order mark of UTF-8, which belongs to no line.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// A text's lines. A line ends with LF, CRLF or a lone CR, as JavaScript has it; a line's number counts from 1.
#[derive(Debug)]
pub struct Lines<'a> {
    text: &'a [u8],
    /// Never empty: the first line starts after the byte-order mark, also in an empty text.
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Finds the lines of a text of any bytes.
    #[must_use]
    pub fn of(text: &'a [u8]) -> Self {
        let mut starts = vec![if text.starts_with(MARK) {
            MARK.len()
        } else {
            0
        }];
        let ends = memchr::memchr2_iter(b'\n', b'\r', text).filter(|place| ends_line(text, *place));
        starts.extend(
            ends.map(|place| place + 1)
                .filter(|start| *start < text.len()),
        );
        Self { text, starts }
    }

    /// The number of the line that a byte lies in; the last one's past the end.
    #[must_use]
    pub fn number(&self, place: usize) -> usize {
        self.starts.partition_point(|start| *start <= place).max(1)
    }

    /// Where a line starts; the text's end for a line that is not there.
    #[must_use]
    pub fn start(&self, number: usize) -> usize {
        let index = number.saturating_sub(1);
        self.starts.get(index).copied().unwrap_or(self.text.len())
    }

    /// Where the line after the one of a byte starts; the text's end when there is none.
    #[must_use]
    pub fn next(&self, place: usize) -> usize {
        self.start(self.number(place) + 1)
    }

    /// The lines' bytes, without white space around them, the first line's first.
    pub fn trimmed(&self) -> impl Iterator<Item = &'a [u8]> {
        (1..=self.starts.len()).map(|number| self.line(number).trim_ascii())
    }

    /// A line's bytes with its end; none for a line that is not there.
    #[must_use]
    pub fn line(&self, number: usize) -> &'a [u8] {
        self.text
            .get(self.start(number)..self.start(number + 1))
            .unwrap_or_default()
    }

    /// The bytes that end a line: LF, CRLF, CR, or none.
    #[must_use]
    pub fn ending(&self, number: usize) -> &'static str {
        match self.line(number) {
            [.., b'\r', b'\n'] => "\r\n",
            [.., b'\n'] => "\n",
            [.., b'\r'] => "\r",
            _ => "",
        }
    }

    /// The line end that most lines have, LF where none has one.
    #[must_use]
    pub fn usual_ending(&self) -> &'static str {
        let count = |ending| {
            (1..=self.starts.len())
                .filter(|number| self.ending(*number) == ending)
                .count()
        };
        let counted = [
            ("\r", count("\r")),
            ("\r\n", count("\r\n")),
            ("\n", count("\n")),
        ];
        counted
            .into_iter()
            .max_by_key(|(_, count)| *count)
            .map_or("\n", |(ending, _)| ending)
    }

    /// How many lines there are; one in an empty text.
    #[must_use]
    pub fn count(&self) -> usize {
        self.starts.len()
    }
}

/// Says whether the LF or CR at a place ends its line: a CR before an LF does not, the LF does.
fn ends_line(text: &[u8], place: usize) -> bool {
    text.get(place) == Some(&b'\n') || text.get(place + 1) != Some(&b'\n')
}
