//! NanoClaw's `.env`, by its own reading rules (`src/env.ts`). Reads and writes no disk.

/// The value that a text gives to a key: lines end at LF and are trimmed, those that begin with `#` are skipped, the first `=` splits, one pair
/// of quotes around the value goes, the last line that gives one wins. An empty value is none.
#[must_use]
pub fn value(text: &[u8], key: &str) -> Option<String> {
    given(text, key).map(|(_, value)| value)
}

/// As [`value()`], with the line that gives it, counted from 1.
#[must_use]
pub fn given(text: &[u8], key: &str) -> Option<(usize, String)> {
    let text = String::from_utf8_lossy(text);
    let lines = text.split('\n').enumerate();
    let given = lines.filter_map(|(index, line)| {
        let line = trimmed(line);
        let (name, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
        let value = unquoted(trimmed(value));
        (trimmed(name) == key && !value.is_empty()).then(|| (index + 1, value.to_owned()))
    });
    given.last()
}

/// A line that gives a key a value by those rules; `None` where no line does.
#[must_use]
pub fn line(key: &str, value: &str) -> Option<String> {
    let forms = ["", "\"", "'"].map(|quote| format!("{key}={quote}{value}{quote}"));
    let is_read = |line: &String| {
        !line.contains(char::is_control)
            && self::value(line.as_bytes(), key).as_deref() == Some(value)
    };
    forms.into_iter().find(is_read)
}

/// A text without white space around it, as JavaScript sees it (ECMA-262, "WhiteSpace"): a byte-order mark is some, a next-line sign is none.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c == '\u{feff}' || c.is_whitespace() && c != '\u{85}')
}

fn unquoted(value: &str) -> &str {
    let quoted = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    quoted('"').or_else(|| quoted('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn a_value_is_what_nanoclaw_reads() {
        for (text, expected) in [
            ("A=1", Some("1")),
            ("  A = 1 \r\n", Some("1")),
            ("A=1\nA=2\n", Some("2")),
            ("A=1\nA=\n", Some("1")),
            ("A=\"1 2\"", Some("1 2")),
            ("A='1'", Some("1")),
            ("A='1\"", Some("'1\"")),
            ("A=\"", Some("\"")),
            ("A=\"\"", None),
            ("A=1 # no comment", Some("1 # no comment")),
            ("A=b=c", Some("b=c")),
            ("\u{feff}A=1", Some("1")),
            ("A=1\u{feff}\u{a0}\u{3000}\n", Some("1")),
            ("A=1\u{85}\n", Some("1\u{85}")),
            ("# A=1\n#A=2", None),
            ("export A=1", None),
            ("AB=1\nB=2", None),
            ("A", None),
            ("", None),
        ] {
            assert_eq!(value(text.as_bytes(), "A").as_deref(), expected, "{text}");
        }
    }
}
