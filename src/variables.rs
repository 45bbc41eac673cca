//! The variables of a document: `{{name}}` in its texts, and how a value gets there. A command gets it as data, by the environment of its shell.

use std::ops::Range;

use crate::skill::input;

/// Whether a word can be a variable's name: a letter or `_`, then letters, digits and `_`, all ASCII.
#[must_use]
pub fn is_name(word: &str) -> bool {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    word.starts_with(is_first) && word.chars().all(|c| is_first(c) || c.is_ascii_digit())
}

/// Where a text names variables, and which, in its order.
fn references(text: &str) -> Vec<(Range<usize>, &str)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find("{{")) {
        let start = from + start;
        let inside = text.get(start + 2..).unwrap_or_default();
        let name = inside
            .split_once("}}")
            .map(|(inside, _)| inside)
            .filter(|name| is_name(name.trim()));
        if let Some(name) = name {
            let end = start + 2 + name.len() + 2;
            found.push((start..end, name.trim()));
            from = end;
        } else {
            from = start + 1;
        }
    }
    found
}

/// The variables that a text names, in its order.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    references(text).into_iter().map(|(_, name)| name)
}

/// A text with the value of each variable in the place of its name. One without a value stays as it is.
pub fn fill<'v>(text: &str, value: &dyn Fn(&str) -> Option<&'v str>) -> String {
    let mut filled = String::new();
    let mut from = 0;
    for (at, name) in references(text) {
        if let Some(value) = value(name) {
            filled.push_str(text.get(from..at.start).unwrap_or_default());
            filled.push_str(value);
            from = at.end;
        }
    }
    filled.push_str(text.get(from..).unwrap_or_default());
    filled
}

/// A command for `sh -c` that takes each variable from the environment, where it is called as [`input`] says. Its value is one word or a part of
/// one, whatever it holds; what the program that gets it takes it for is the document's matter. The error says, a clause, what in a command keeps that from being sure.
pub fn for_shell(command: &str) -> Result<String, String> {
    let references = references(command);
    if references.is_empty() {
        return Ok(command.to_owned());
    }
    // In these the quotes begin anew, or end in ways of their own, or what is data to the shell becomes a text for it.
    if let Some(found) = ["$(", "`", "<<", "$'", "[[", "((", "eval "]
        .into_iter()
        .find(|it| command.contains(it))
    {
        return Err(format!(
            "a command with a variable can hold no `{found}`: what is data there cannot be told"
        ));
    }
    let mut made = String::new();
    let mut quotes = Quotes::default();
    let mut from = 0;
    for (at, name) in references {
        let before = command.get(from..at.start).unwrap_or_default();
        before.chars().for_each(|c| quotes.pass(c));
        made.push_str(before);
        if quotes.is_escaped {
            // It would take the first of our characters for itself.
            return Err("a variable stands behind a backslash".to_owned());
        }
        let name = input(name);
        let reference = match quotes.open {
            None => format!("\"${{{name}}}\""),
            Some('"') => format!("${{{name}}}"),
            Some(_) => format!("'\"${{{name}}}\"'"),
        };
        made.push_str(&reference);
        from = at.end;
    }
    made.push_str(command.get(from..).unwrap_or_default());
    Ok(made)
}

/// Whether what comes behind a piece of a command stands in no quotes of a shell.
#[must_use]
pub fn is_outside_quotes(before: &str) -> bool {
    let mut quotes = Quotes::default();
    before.chars().for_each(|c| quotes.pass(c));
    quotes.open.is_none() && !quotes.is_escaped
}

/// The quotes of a POSIX shell, as far as a command was read (Shell Command Language, 2.2).
#[derive(Default)]
struct Quotes {
    open: Option<char>,
    is_escaped: bool,
}

impl Quotes {
    fn pass(&mut self, c: char) {
        if std::mem::take(&mut self.is_escaped) {
            return;
        }
        match (self.open, c) {
            (None | Some('"'), '\\') => self.is_escaped = true,
            (None, '\'' | '"') => self.open = Some(c),
            (Some(open), _) if open == c => self.open = None,
            _ => {}
        }
    }
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::{fill, for_shell, names};

    #[test]
    fn a_variable_is_named_in_double_braces() {
        for (text, expected) in [
            ("{{a}} {{ b_1 }}", &["a", "b_1"][..]),
            ("{a} {{}} {{1a}} {{a b}} {{a", &[]),
            ("{{{a}}} {{x{{y}}", &["a", "y"]),
        ] {
            assert_eq!(names(text).collect::<Vec<_>>(), expected, "{text}");
        }
        let value = |name: &str| (name == "a").then_some("{{b}}");
        assert_eq!(
            fill("<{{a}} {{b}} {{{a}}}>", &value),
            "<{{b}} {{b}} {{{b}}}>"
        );
    }

    /// What a shell makes of a command whose variable has a value that no quotes of its own would hold.
    #[test]
    fn a_value_reaches_a_shell_as_data() {
        let value = "a  'b\" $(touch hurt) `x` \\ ; ${HOME} *";
        for (command, expected) in [
            ("printf %s {{v}}", value.to_owned()),
            ("printf %s \"<{{v}}>\"", format!("<{value}>")),
            ("printf %s '<{{v}}>'", format!("<{value}>")),
            ("printf %s x{{v}}'{{v}}'y", format!("x{value}{value}y")),
            ("printf %s \\'{{v}}", format!("'{value}")),
            ("printf %s \"it's {{v}}\"", format!("it's {value}")),
            ("printf %s '\\'{{v}}", format!("\\{value}")),
            ("printf %s \"\\\"{{v}}\"", format!("\"{value}")),
        ] {
            let made = for_shell(command).unwrap();
            let output = Command::new("sh")
                .args(["-c", &made])
                .env("NC_INPUT_V", value)
                .output()
                .unwrap();
            let said = String::from_utf8(output.stdout).unwrap();
            assert_eq!(said, expected, "{command} -> {made}");
        }
        assert!(!std::path::Path::new("hurt").exists());
    }

    /// A piece of a word of a command, and what a shell takes it for.
    fn piece(value: &'static str) -> impl Strategy<Value = (String, String)> {
        let inner = || {
            prop_oneof![
                Just("{{v}}"),
                Just("a"),
                Just(" "),
                Just("%"),
                Just("{"),
                Just("}}"),
                Just("#"),
                Just("*")
            ]
        };
        let text = move |parts: &[&str]| parts.concat().replace("{{v}}", value);
        prop_oneof![
            Just(("{{v}}".to_owned(), value.to_owned())),
            "[a-z]{1,3}".prop_map(|word| (word.clone(), word)),
            prop_oneof![Just("'"), Just("\""), Just("\\"), Just(" "), Just("%")]
                .prop_map(|c| (format!("\\{c}"), c.to_owned())),
            proptest::collection::vec(inner(), 0..4)
                .prop_map(move |parts| (format!("'{}'", parts.concat()), text(&parts))),
            proptest::collection::vec(
                prop_oneof![Just("{{v}}"), Just("a"), Just("'"), Just(" "), Just("#")],
                0..4
            )
            .prop_map(move |parts| (format!("\"{}\"", parts.concat()), text(&parts))),
            Just(("\"\\\"\\\\{{v}}\"".to_owned(), format!("\"\\{value}"))),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn whatever_the_quotes_a_value_is_data(pieces in proptest::collection::vec(piece("x'\"$(false) `y`\\"), 1..6)) {
            let (command, expected): (Vec<_>, Vec<_>) = pieces.into_iter().unzip();
            let command = format!("printf '<%s>' {}", command.concat());
            let made = for_shell(&command).unwrap();
            let output = Command::new("sh")
                .args(["-c", &made])
                .env("NC_INPUT_V", "x'\"$(false) `y`\\")
                .output()
                .unwrap();
            let said = String::from_utf8(output.stdout).unwrap();
            prop_assert_eq!(said, format!("<{}>", expected.concat()), "{}", made);
        }
    }

    #[test]
    fn where_a_value_could_be_read_as_text_is_an_error() {
        for command in [
            "x $(echo {{v}})",
            "x `echo {{v}}`",
            "cat <<E {{v}}",
            "x $'{{v}}'",
            "[[ {{v}} -eq 0 ]]",
            "eval {{v}}",
            "x \\{{v}}",
        ] {
            assert!(for_shell(command).is_err(), "{command}");
        }
        assert_eq!(for_shell("echo $(date)").unwrap(), "echo $(date)");
    }
}
