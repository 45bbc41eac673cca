//! What a document asks a person, and tells one. Holds values only.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

/// A question of a document, or words to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Binds a variable.
    Prompt(Prompt),
    /// Is shown. `{{variable}}` stands for an answer.
    Operator(String),
}

/// What binds a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The variable: a letter or `_`, then letters, digits and `_`, all ASCII.
    pub variable: String,
    /// Its value is typed unseen, and never shown.
    pub is_secret: bool,
    /// The question, LF between its lines.
    pub question: String,
    /// The only answers that there are; empty where any may be given.
    pub choices: Vec<String>,
    /// What an answer must look like.
    pub rule: Option<Rule>,
    /// What is done to an answer before it is looked at.
    pub normalize: Option<Normalize>,
    /// The key of `.env` whose value may be the answer.
    pub reuse: Option<String>,
}

impl Prompt {
    /// The answer that a text is, or why it is none: a clause that does not name it.
    pub fn answer(&self, text: &str) -> Result<String, String> {
        let text = match self.normalize {
            None => text,
            Some(Normalize::Trim) => text.trim(),
            Some(Normalize::RstripSlash) => text.trim().trim_end_matches('/'),
            Some(Normalize::Lower) => &text.trim().to_lowercase(),
        };
        let name = &self.variable;
        if text.is_empty() {
            return Err(format!("`{name}` is empty"));
        }
        if text.contains(char::is_control) {
            return Err(format!("`{name}` holds a control character or a line end"));
        }
        if !self.choices.is_empty() && !self.choices.iter().any(|choice| choice == text) {
            return Err(format!("expected {} for `{name}`", self.expected()));
        }
        match &self.rule {
            Some(rule) if !rule.fits(text) => {
                Err(format!("expected {} for `{name}`", self.expected()))
            }
            _ => Ok(text.to_owned()),
        }
    }

    /// What an answer has to be, a clause.
    #[must_use]
    pub fn expected(&self) -> String {
        match &self.rule {
            _ if !self.choices.is_empty() => self.choices.join(" or "),
            Some(rule) => format!("what matches {}", rule.pattern),
            None => "an answer".to_owned(),
        }
    }

    /// The variable of the environment that answers it, as NanoClaw's own tools name it.
    #[must_use]
    pub fn input(&self) -> String {
        input(&self.variable)
    }
}

/// How the variables of the environment begin that answer a document's questions (NanoClaw's own tools have it so).
pub const INPUT: &str = "NC_INPUT_";

/// The variable of the environment that stands for a document's variable.
#[must_use]
pub fn input(variable: &str) -> String {
    format!("{INPUT}{}", variable.to_ascii_uppercase())
}

/// A regular expression that an answer must match somewhere. It sees bytes, and letters and digits are ASCII's in it. It is compiled when the first
/// answer is looked at: that takes longer than all the rest of a document.
#[derive(Debug, Clone)]
pub struct Rule {
    pattern: String,
    flags: String,
    compiled: OnceLock<Option<Regex>>,
}

/// How much memory an expression may take, in bytes: a document may have many.
const LARGEST: usize = 256 * 1024;

impl Rule {
    /// Takes an expression, with flags as JavaScript has them; the error is a clause. [`Rule::check`] says whether it is one.
    pub fn new(pattern: &str, flags: &str) -> Result<Self, String> {
        if let Some(flag) = flags.chars().find(|flag| !"imsu".contains(*flag)) {
            return Err(format!("the flag `{flag}` is none of i, m, s and u"));
        }
        Ok(Self {
            pattern: pattern.to_owned(),
            flags: flags.to_owned(),
            compiled: OnceLock::new(),
        })
    }

    /// Whether it is an expression that can be used; the error is a clause.
    pub fn check(&self) -> Result<(), String> {
        match self.compile() {
            Some(_) => Ok(()),
            None => Err(format!(
                "`{}` is no regular expression that can be used here",
                self.pattern
            )),
        }
    }

    /// Whether an answer matches. None does where it is no expression.
    fn fits(&self, answer: &str) -> bool {
        let compiled = self.compiled();
        compiled.is_some_and(|regex| regex.is_match(answer.as_bytes()))
    }

    fn compiled(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| self.compile()).as_ref()
    }

    fn compile(&self) -> Option<Regex> {
        let has = |flag: char| self.flags.contains(flag);
        let mut builder = RegexBuilder::new(&self.pattern);
        builder
            .unicode(false)
            .case_insensitive(has('i'))
            .multi_line(has('m'))
            .dot_matches_new_line(has('s'))
            .size_limit(LARGEST);
        builder.build().ok()
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        (&self.pattern, &self.flags) == (&other.pattern, &other.flags)
    }
}

impl Eq for Rule {}

/// A change to an answer before it is looked at, by the word that a document has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Normalize {
    /// `trim`: without white space around it.
    Trim,
    /// `rstrip-slash`: as `trim`, and without slashes at its end.
    RstripSlash,
    /// `lower`: as `trim`, and in lower case.
    Lower,
}

impl Normalize {
    /// The change that a document names by this word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Some(match word {
            "trim" => Self::Trim,
            "rstrip-slash" => Self::RstripSlash,
            "lower" => Self::Lower,
            _ => return None,
        })
    }
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use super::{Normalize, Prompt, Rule};

    fn prompt(rule: &str, flags: &str, choices: &[&str], normalize: Option<Normalize>) -> Prompt {
        Prompt {
            variable: "x".to_owned(),
            is_secret: false,
            question: "X?".to_owned(),
            choices: choices.iter().map(|&choice| choice.to_owned()).collect(),
            rule: (!rule.is_empty()).then(|| Rule::new(rule, flags).unwrap()),
            normalize,
            reuse: None,
        }
    }

    #[test]
    fn an_answer_is_normalized_and_then_looked_at() {
        let any = |normalize| prompt("", "", &[], normalize);
        let slash = Some(Normalize::RstripSlash);
        for (prompt, text, expected) in [
            (any(None), " a ", Ok(" a ")),
            (any(Some(Normalize::Trim)), " a\n", Ok("a")),
            (any(Some(Normalize::Lower)), " AB", Ok("ab")),
            (any(slash), "http://h/v1// ", Ok("http://h/v1")),
            (prompt("/v1$", "", &[], slash), "h/v1/", Ok("h/v1")),
            (prompt("^sk-", "i", &[], None), "SK-1", Ok("SK-1")),
            (
                prompt("^sk-", "", &[], None),
                "SK-1",
                Err("what matches ^sk- for `x`"),
            ),
            (prompt("", "", &["a", "b"], None), "b", Ok("b")),
            (
                prompt("", "", &["a", "b"], None),
                "c",
                Err("expected a or b for `x`"),
            ),
            (any(None), "", Err("`x` is empty")),
            (any(Some(Normalize::Trim)), " ", Err("`x` is empty")),
            (any(None), "a\nb", Err("a control character or a line end")),
        ] {
            match (prompt.answer(text), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(found), Err(words)) => {
                    assert!(found.contains(words), "{found}");
                    assert!(!found.contains("SK-1"), "{found}");
                }
                (found, expected) => panic!("{text}: {found:?}, expected {expected:?}"),
            }
        }
    }

    #[test]
    fn the_words_of_a_document_have_their_meaning() {
        for (word, expected) in [
            ("trim", Some(Normalize::Trim)),
            ("rstrip-slash", Some(Normalize::RstripSlash)),
            ("lower", Some(Normalize::Lower)),
            ("upper", None),
        ] {
            assert_eq!(Normalize::named(word), expected);
        }
        assert_eq!(prompt("", "", &[], None).input(), "NC_INPUT_X");
        let rule = |pattern, flags| Rule::new(pattern, flags).unwrap();
        assert_eq!(rule("a", "i"), rule("a", "i"));
        assert_ne!(rule("a", "i"), rule("a", ""));
        assert_ne!(rule("a", "i"), rule("b", "i"));
    }

    #[test]
    fn an_expression_that_cannot_be_used_is_an_error() {
        let checked = |pattern| Rule::new(pattern, "").unwrap().check();
        assert!(checked("(").unwrap_err().contains("no regular expression"));
        assert!(checked("(?=a)").is_err());
        assert!(checked(r"(\w{0,90}){0,450}").is_err());
        assert!(checked("^[A-Za-z0-9._-]{50,200}$").is_ok());
        assert!(Rule::new("a", "g").unwrap_err().contains("the flag `g`"));
        assert!(checked(r"^\+\d{8,15}$").is_ok());
    }
}
