//! Lines of a file before and after an edit, read apart from the program's own way to read them.

const MARK: &[u8] = "\u{feff}".as_bytes();

/// What ends a line.
#[derive(Clone, Copy)]
pub enum Ends {
    /// LF, CRLF or a lone CR.
    OfJavaScript,
    /// LF or CRLF.
    OfDockerfile,
}

/// A line with its end, which the last one may lack.
#[derive(Clone, Debug)]
pub struct Line {
    said: Vec<u8>,
    end: &'static str,
}

impl Line {
    /// The lines of a text; the byte-order mark that it may begin with is one of its own.
    pub fn all(text: &[u8], ends: Ends) -> Vec<Self> {
        let mut lines = Vec::new();
        let mut said = Vec::new();
        let mut at = 0;
        if text.starts_with(MARK) {
            at = MARK.len();
            lines.push(Self {
                said: MARK.to_vec(),
                end: "",
            });
        }
        while let Some(byte) = text.get(at) {
            let next = text.get(at + 1);
            let end = match (byte, ends) {
                (b'\r', _) if next == Some(&b'\n') => "\r\n",
                (b'\r', Ends::OfJavaScript) => "\r",
                (b'\n', _) => "\n",
                _ => {
                    said.push(*byte);
                    ""
                }
            };
            at += end.len().max(1);
            if !end.is_empty() || at == text.len() {
                let said = std::mem::take(&mut said);
                lines.push(Self { said, end });
            }
        }
        lines
    }

    /// The number of a text's last line, counted from 1.
    pub fn last(text: &[u8], ends: Ends) -> usize {
        Self::all(text.strip_prefix(MARK).unwrap_or(text), ends)
            .len()
            .max(1)
    }
}

impl PartialEq<Line> for Line {
    /// Says whether an old line is the new one: the last may get the end that it lacked.
    fn eq(&self, new: &Line) -> bool {
        self.said == new.said && (self.end == new.end || self.end.is_empty())
    }
}

/// A thing that a file has one after the other, as text.
pub trait Said: PartialEq {
    /// What it says, without its end.
    fn said(&self) -> String;
}

impl Said for Line {
    fn said(&self) -> String {
        String::from_utf8_lossy(&self.said).into_owned()
    }
}

impl Said for String {
    fn said(&self) -> String {
        self.clone()
    }
}

/// What the new list has more than the old one, all of which stands in it in its order.
pub fn added<T: Said>(old: &[T], new: &[T]) -> Vec<String> {
    let mut left = old.iter().peekable();
    let mut more = Vec::new();
    for item in new {
        if left.next_if(|old| *old == item).is_none() {
            more.push(item.said());
        }
    }
    let lost: Vec<String> = left.map(Said::said).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    more
}
