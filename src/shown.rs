//! Text as a message can hold it: control characters are shown and not obeyed. Prints nothing.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;

/// Makes a text safe for a terminal: control characters, escape sequences among them, and those that change the direction of writing are
/// shown and not obeyed. Line ends and tabs stay.
#[must_use]
pub fn clean(text: &str) -> String {
    escaped(text, |c| is_hidden(c) && c != '\n' && c != '\t')
}

/// A name or path as part of a line: as [`clean`] has it, with line ends and tabs shown as well, which would forge lines, and with bytes that
/// are not UTF-8 as `\xff`.
#[must_use]
pub fn line(name: impl AsRef<OsStr>) -> String {
    let mut text = String::new();
    for chunk in name.as_ref().as_bytes().utf8_chunks() {
        text.push_str(&escaped(chunk.valid(), is_hidden));
        // Writing to a string does not fail.
        let _ = write!(text, "{}", chunk.invalid().escape_ascii());
    }
    text
}

/// Whether a character is obeyed and not shown: a control character, a separator of lines, or one that changes the direction of writing
/// (Unicode's `Bidi_Control`).
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The first character that is obeyed and not shown, but for those of `passed`, which are ASCII.
#[must_use]
pub fn first_hidden<const N: usize>(text: &str, passed: &[u8; N]) -> Option<char> {
    if is_printed(text, passed) {
        return None;
    }
    let is_passed = |c: char| u8::try_from(c).is_ok_and(|byte| passed.contains(&byte));
    text.chars().find(|c| is_hidden(*c) && !is_passed(*c))
}

/// Whether a text is printed ASCII and some other bytes, as most are: told from many bytes at once, where each character costs a look of its own.
fn is_printed<const N: usize>(text: &str, others: &[u8; N]) -> bool {
    let is = |byte: u8| {
        let printed = matches!(byte, b' '..=b'~');
        others
            .iter()
            .fold(printed, |is, other| is || byte == *other)
    };
    let mut pieces = text.as_bytes().chunks(64);
    pieces.all(|piece| piece.iter().fold(true, |all, byte| all & is(*byte)))
}

fn escaped(text: &str, hidden: impl Fn(char) -> bool) -> String {
    if is_printed(text, b"") || !text.contains(&hidden) {
        return text.to_owned();
    }
    let mut shown = String::new();
    for c in text.chars() {
        if hidden(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::{clean, first_hidden, line};

    #[test]
    fn control_characters_are_shown_and_not_obeyed() {
        for (text, shown) in [
            ("a\tb\u{1b}[31mc\u{7}", "a\tb\\u{1b}[31mc\\u{7}"),
            ("plain\nwords", "plain\nwords"),
            ("over\rwritten", "over\\rwritten"),
            ("\u{9b}2J", "\\u{9b}2J"),
            (
                "a\u{202e}b\u{2066}c\u{200f}",
                "a\\u{202e}b\\u{2066}c\\u{200f}",
            ),
            ("grün ✅ 日本", "grün ✅ 日本"),
        ] {
            assert_eq!(clean(text), shown);
        }
    }

    #[test]
    fn a_name_stays_on_its_line() {
        for (name, shown) in [
            (&b"src/a b.ts"[..], "src/a b.ts"),
            (b"a\nhint: rm -rf /", "a\\nhint: rm -rf /"),
            (b"a\tb\x1b[2J", "a\\tb\\u{1b}[2J"),
            (b"caf\xe9/x", "caf\\xe9/x"),
            ("café\u{2028}".as_bytes(), "café\\u{2028}"),
        ] {
            assert_eq!(line(OsStr::from_bytes(name)), shown);
        }
    }

    #[test]
    fn the_first_hidden_character_is_found_wherever_it_stands() {
        for before in ["", "a", "ü", &"a\n".repeat(40), &"ü".repeat(70)] {
            let text = format!("{before}\t\u{202e}\u{7}");
            assert_eq!(first_hidden(&text, b"\n\t"), Some('\u{202e}'), "{before}");
            assert_eq!(first_hidden(before, b"\n\t"), None, "{before}");
            let first = if before.contains('\n') { '\n' } else { '\t' };
            assert_eq!(first_hidden(&text, b""), Some(first), "{before}");
        }
    }
}
