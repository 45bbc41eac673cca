//! The fact that `.env` gives a key a value. It never changes a byte that is there: a value that is missing gets a line of its own at the end.

use crate::env_file;
use crate::skill::{ByHand, Fault, Outcome};

use super::{conflict, unresolved};

/// Returns whether the `.env` of these bytes, which may not be there, gives the key a value, and otherwise its bytes with this one. No value of
/// either is in what is said: it may be a secret.
#[must_use]
pub fn outcome(before: Option<&[u8]>, key: &str, value: &str) -> Outcome {
    let text = before.unwrap_or_default();
    let fault = |code, line, found: String| Fault { code, line, found };
    if let Some(line) = conflict(text) {
        let found = "a merge conflict is not resolved here".to_owned();
        return unresolved(fault("conflict-markers", Some(line), found));
    }
    if let Some((line, there)) = env_file::given(text, key) {
        let differs = there != value;
        return Outcome::Holds {
            line: Some(line),
            note: differs.then(|| format!("`{key}` has another value here, which stays")),
        };
    }
    let Some(line) = env_file::line(key, value) else {
        let found = format!("the value of `{key}` cannot be written so that NanoClaw reads it");
        let act = "a value is one line, without white space around it that counts";
        return Outcome::Blocked {
            fault: fault("value-unwritable", None, found),
            by_hand: vec![ByHand::write(act)],
        };
    };
    let mut after = text.to_vec();
    let eol = if text
        .split(|byte| *byte == b'\n')
        .next()
        .is_some_and(|line| line.ends_with(b"\r"))
    {
        "\r\n"
    } else {
        "\n"
    };
    if !text.is_empty() && !text.ends_with(b"\n") {
        after.extend_from_slice(eol.as_bytes());
    }
    after.extend_from_slice(line.as_bytes());
    after.extend_from_slice(eol.as_bytes());
    Outcome::Edit {
        fault: fault(
            "key-missing",
            None,
            format!("no line gives `{key}` a value"),
        ),
        after,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::outcome;
    use crate::env_file::value;
    use crate::skill::Outcome;

    #[test]
    fn a_missing_value_gets_a_line_and_every_other_byte_stays() {
        for (before, given, after) in [
            (None, "1", "K=1\n"),
            (Some(""), "1", "K=1\n"),
            (Some("A=1\n# K=2\n"), "x y", "A=1\n# K=2\nK=x y\n"),
            (Some("A=1"), "1", "A=1\nK=1\n"),
            (Some("A=1\r\nB=2\r\n"), "1", "A=1\r\nB=2\r\nK=1\r\n"),
            (Some("A=1\r\nB=2"), "1", "A=1\r\nB=2\r\nK=1\r\n"),
            (Some("K=\n"), "1", "K=\nK=1\n"),
            (None, " 1 ", "K=\" 1 \"\n"),
            (None, "\"1\"", "K=\"\"1\"\"\n"),
            (None, "a=b#c", "K=a=b#c\n"),
        ] {
            match outcome(before.map(str::as_bytes), "K", given) {
                Outcome::Edit { after: made, .. } => {
                    assert_eq!(String::from_utf8_lossy(&made), after);
                    assert_eq!(value(&made, "K").as_deref(), Some(given));
                }
                found => panic!("{before:?}: {found:?}"),
            }
        }
    }

    proptest! {
        /// Every byte stays where it is, every other key keeps its value, and what is written is read.
        #[test]
        fn a_line_is_all_that_comes(
            before in "([AKk= \"'#\r\t]|\n){0,40}",
            value in "[a-z =\"'#]{1,8}",
        ) {
            match outcome(Some(before.as_bytes()), "K", &value) {
                Outcome::Edit { after, .. } => {
                    prop_assert!(after.starts_with(before.as_bytes()));
                    prop_assert_eq!(super::env_file::value(&after, "K"), Some(value));
                    for other in ["A", "k", ""] {
                        let of = |text: &[u8]| super::env_file::value(text, other);
                        prop_assert_eq!(of(&after), of(before.as_bytes()));
                    }
                    let new = after.get(before.len()..).unwrap_or_default();
                    prop_assert!(memchr::memchr_iter(b'\n', new).count() <= 2);
                }
                Outcome::Holds { .. } => {
                    prop_assert!(super::env_file::value(before.as_bytes(), "K").is_some());
                }
                Outcome::Blocked { .. } => {
                    prop_assert!(super::env_file::line("K", &value).is_none());
                }
                found @ Outcome::Missing(_) => prop_assert!(false, "{found:?}"),
            }
        }
    }

    #[test]
    fn a_value_that_is_there_stays_and_is_not_said() {
        for (before, line, noted) in [("A=1\nK=secret\n", 2, false), ("K=secret2\nK=\n", 1, true)] {
            let found = outcome(Some(before.as_bytes()), "K", "secret");
            assert!(!format!("{found:?}").contains("secret"), "{found:?}");
            match found {
                Outcome::Holds { line: at, note } => {
                    assert_eq!((at, note.is_some()), (Some(line), noted));
                }
                found => panic!("{found:?}"),
            }
        }
    }

    #[test]
    fn a_value_that_would_not_be_read_is_blocked() {
        for value in ["a\nb", "a\u{0}", ""] {
            let found = outcome(None, "K", value);
            assert!(
                matches!(found, Outcome::Blocked { .. }),
                "{value:?}: {found:?}"
            );
        }
        let merge = outcome(Some(b"<<<<<<< a\nK=1\n"), "K", "1");
        assert!(matches!(merge, Outcome::Blocked { .. }));
    }
}
