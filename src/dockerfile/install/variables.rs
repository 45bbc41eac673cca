//! What a script sets its variables to, where that is certain. A value that depends on a condition is not.

use super::super::scope::Scope;
use super::super::shell::{self, Command, Link, Word};
use super::package::variable;
use super::program::assignment;

/// So many words may a word be, and so many bytes a value; nobody writes more, but a file could.
const WORDS: usize = 64;
const LENGTH: usize = 4096;

/// The variables of a script up to a place in it.
pub struct Variables<'a> {
    /// The later ones count.
    known: Vec<(String, Vec<String>)>,
    /// What ARGs and ENVs say.
    scope: &'a Scope,
    /// The compounds that are open, and whether each depends on a condition.
    compounds: Vec<bool>,
    /// How many of those do.
    conditions: usize,
    /// Whether the command stands in a list that a test may end.
    tested: bool,
}

impl<'a> Variables<'a> {
    pub fn new(scope: &'a Scope) -> Self {
        Self {
            known: Vec::new(),
            scope,
            compounds: Vec::new(),
            conditions: 0,
            tested: false,
        }
    }

    /// Learns what the next command sets.
    pub fn learn(&mut self, command: &Command) {
        self.tested = command.after == Link::Or || self.tested && command.after == Link::And;
        let keywords = command
            .words
            .iter()
            .take_while(|word| shell::is_keyword(word));
        for keyword in keywords {
            if ["if", "while", "until"].contains(&keyword.text.as_str()) {
                self.open(true);
            }
        }
        let mut words = command
            .words
            .iter()
            .skip_while(|word| shell::is_keyword(word));
        let rest = words.clone();
        match words.next().map_or("", |word| word.text.as_str()) {
            "for" => self.learn_loop(words),
            "case" | "select" => self.open(true),
            "fi" | "done" | "esac" => self.close(),
            "[" | "[[" | "test" | "command" | "which" | "type" | "grep" => self.tested = true,
            "export" | "readonly" | "local" | "declare" | "typeset" => self.learn_list(words),
            _ => self.learn_list(rest),
        }
    }

    fn learn_loop<'w>(&mut self, mut words: impl Iterator<Item = &'w Word>) {
        self.open(false);
        let Some(name) = words.next() else { return };
        let values = words.skip_while(|word| word.text == "in");
        let values = values.flat_map(|word| self.words(word));
        let values = values.map(|word| word.text).take(WORDS).collect();
        self.known.push((name.text.clone(), values));
    }

    fn learn_list<'w>(&mut self, words: impl Iterator<Item = &'w Word> + Clone) {
        let mut set = words.filter(|word| !word.text.starts_with('-'));
        let certain = self.conditions == 0 && !self.tested;
        if certain && set.clone().all(|word| assignment(word).is_some()) {
            set.by_ref().for_each(|word| self.set(word));
        }
    }

    fn set(&mut self, word: &Word) {
        let Some((name, value)) = assignment(word) else {
            return;
        };
        let value = Word {
            at: word.at,
            text: value.to_owned(),
            quoted: true,
        };
        let values = self.words(&value).into_iter().map(|word| word.text);
        let values = values.collect();
        self.known.push((name.to_owned(), values));
    }

    /// Sets what stands before a command, for that command's own scripts. What it returns takes them back.
    pub fn lend<'w>(&mut self, lead: impl Iterator<Item = &'w Word>) -> usize {
        let known = self.known.len();
        lead.for_each(|word| self.set(word));
        known
    }

    pub fn take_back(&mut self, known: usize) {
        self.known.truncate(known);
    }

    fn open(&mut self, condition: bool) {
        self.compounds.push(condition);
        self.conditions += usize::from(condition);
    }

    fn close(&mut self) {
        let condition = self.compounds.pop().unwrap_or_default();
        self.conditions -= usize::from(condition);
    }

    /// The words that a word becomes.
    pub fn words(&self, word: &Word) -> Vec<Word> {
        if !word.text.contains('$') {
            return vec![word.clone()];
        }
        let texts = self.texts(&word.text);
        let pieces = |text: &String| -> Vec<String> {
            // What a substitution writes is not known, and no place to split at.
            if word.quoted || text.contains("$(") || *text == word.text {
                vec![text.clone()]
            } else {
                text.split_whitespace().map(str::to_owned).collect()
            }
        };
        let texts = texts.iter().flat_map(pieces).take(WORDS);
        texts
            .map(|text| Word {
                text,
                ..word.clone()
            })
            .collect()
    }

    fn texts(&self, text: &str) -> Vec<String> {
        let mut texts = vec![String::new()];
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            let (before, behind) = rest.split_at(at);
            let length = length(behind);
            let (piece, after) = behind.split_at(length);
            let first = before.is_empty() && rest.len() == text.len();
            let values = variable(piece)
                .filter(|_| !before.ends_with('\\'))
                .and_then(|name| self.values(name, first));
            let raw = vec![piece.to_owned()];
            let values = values.filter(|values| values.len() * texts.len() <= WORDS);
            let values = values.unwrap_or(raw);
            let joined = |text: &String| {
                let one = |value: &String| format!("{text}{before}{value}");
                values.iter().map(one).collect::<Vec<_>>()
            };
            texts = texts.iter().flat_map(joined).collect();
            if texts.iter().any(|text| text.len() > LENGTH) {
                return vec![text.to_owned()];
            }
            rest = after;
        }
        for text in &mut texts {
            text.push_str(rest);
        }
        texts
    }

    /// An ARG or an ENV is told only where it names a package: the version that it gives is what an install is by.
    fn values(&self, name: &str, first: bool) -> Option<Vec<String>> {
        let known = self.known.iter().rfind(|(known, _)| known == name);
        if let Some((_, values)) = known {
            return Some(values.clone());
        }
        let outside = self.scope.text(name).filter(|_| first);
        outside.map(|text| vec![text.replace('$', "\\$")])
    }
}

/// How long the variable is that begins the text; a substitution is all of it.
fn length(text: &str) -> usize {
    let behind = text.get(1..).unwrap_or_default();
    if behind.starts_with('(') {
        return text.len();
    }
    if behind.starts_with('{') {
        return text.find('}').map_or(text.len(), |end| end + 1);
    }
    let end = behind.find(|glyph: char| !glyph.is_ascii_alphanumeric() && glyph != '_');
    1 + end.unwrap_or(behind.len())
}
