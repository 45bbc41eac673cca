//! What a script sets its variables to, where that is certain. A value that depends on a condition counts only where that does.

use super::super::lines::Glyph;
use super::super::scope::Scope;
use super::super::shell::{self, Array, Command, Link, Word};
use super::package::variable;
use super::program::assignment;

/// So many words may a word be, and so many bytes a value; nobody writes more, but a file could.
const WORDS: usize = 64;
const LENGTH: usize = 4096;

/// The variables of a script up to a place in it.
pub struct Variables<'a> {
    /// The later ones count.
    known: Vec<Known>,
    /// What ARGs and ENVs say.
    scope: &'a Scope,
    place: Place,
}

struct Known {
    name: String,
    values: Vec<String>,
    certain: bool,
}

/// Where in a script the next command stands.
#[derive(Default)]
pub struct Place {
    /// For each compound that is open, how many variables are known without it.
    compounds: Vec<usize>,
    /// Whether the list that the command stands in may have ended before it.
    tested: bool,
    /// How many variables are known without the script.
    known: usize,
}

impl<'a> Variables<'a> {
    pub fn new(scope: &'a Scope) -> Self {
        Self {
            known: Vec::new(),
            scope,
            place: Place::default(),
        }
    }

    /// Begins a script in a script. What it returns ends it.
    pub fn begin(&mut self) -> Place {
        let place = Place {
            known: self.known.len(),
            ..Place::default()
        };
        std::mem::replace(&mut self.place, place)
    }

    /// Ends a script in a script, whose variables are its own.
    pub fn end(&mut self, outer: Place) {
        self.known.truncate(self.place.known);
        self.place = outer;
    }

    /// Learns what the next command sets.
    pub fn learn(&mut self, command: &Command) {
        let place = &mut self.place;
        place.tested = command.after == Link::Or || place.tested && command.after == Link::And;
        if command.after == Link::Branch {
            self.branch();
        }
        let keywords = command.words.iter();
        for keyword in keywords.take_while(|word| shell::is_keyword(word)) {
            match keyword.text.as_str() {
                "if" | "while" | "until" => self.open(),
                "else" | "elif" => self.branch(),
                _ => {}
            }
        }
        command
            .arrays
            .iter()
            .for_each(|array| self.learn_array(array));
        let words = command.words.iter();
        let mut words = words.skip_while(|word| shell::is_keyword(word));
        let list = words.clone();
        match words.next().map_or("", |word| word.text.as_str()) {
            "for" => self.learn_loop(words),
            "case" | "select" => self.open(),
            "fi" | "done" | "esac" => self.close(),
            "[" | "[[" | "test" | "command" | "which" | "type" | "grep" => {
                self.place.tested = true;
            }
            "export" | "readonly" | "local" | "declare" | "typeset" => self.learn_list(words),
            _ => self.learn_list(list),
        }
    }

    fn learn_loop<'w>(&mut self, mut words: impl Iterator<Item = &'w Word>) {
        self.open();
        let Some(name) = words.next() else { return };
        let values = words.skip_while(|word| word.text == "in");
        let values = values.flat_map(|word| self.words(word));
        let values = values.map(|word| word.text).take(WORDS).collect();
        self.know(&name.text, values, true);
    }

    /// `$A` is its first element, `${A[@]}` is each, and `${A[*]}` is all of them.
    fn learn_array(&mut self, array: &Array) {
        let certain = !self.place.tested;
        let words = array.words.iter().flat_map(|word| self.words(word));
        let all: Vec<String> = words.map(|word| word.text).take(WORDS).collect();
        let Array { name, .. } = array;
        self.know(name, all.iter().take(1).cloned().collect(), certain);
        self.know(&format!("{name}[*]"), vec![all.join(" ")], certain);
        self.know(&format!("{name}[@]"), all, certain);
    }

    fn learn_list<'w>(&mut self, words: impl Iterator<Item = &'w Word> + Clone) {
        let set = words.filter(|word| !word.text.starts_with('-'));
        if set.clone().all(|word| assignment(word).is_some()) {
            let certain = !self.place.tested;
            set.for_each(|word| self.set(word, certain));
        }
    }

    fn set(&mut self, word: &Word, certain: bool) {
        let Some((name, value)) = assignment(word) else {
            return;
        };
        let added = word
            .text
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('+'));
        let value = Word {
            at: word.at,
            text: if added {
                format!("${{{name}}}{value}")
            } else {
                value.to_owned()
            },
            quoted: true,
        };
        let values = self.words(&value).into_iter().map(|word| word.text);
        let values = values.collect();
        self.know(name, values, certain);
    }

    /// Learns that names are read from the text: of each of its lines the first gets the first word, and one alone gets all.
    pub fn read(&mut self, names: &[Word], text: &[Glyph]) {
        let Some(name) = names.first() else { return };
        let taken = if names.len() == 1 { WORDS } else { 1 };
        let lines = text.split(|(_, glyph)| *glyph == '\n');
        let words = lines.flat_map(|line| shell::data(line).into_iter().take(taken));
        let words = words.flat_map(|word| self.words(&word));
        let values = words.map(|word| word.text).take(WORDS).collect();
        self.know(&name.text, values, !self.place.tested);
    }

    fn know(&mut self, name: &str, values: Vec<String>, certain: bool) {
        self.known.push(Known {
            name: name.to_owned(),
            values,
            certain,
        });
    }

    /// Sets what stands before a command, for that command's own scripts. What it returns takes them back.
    pub fn lend<'w>(&mut self, lead: impl Iterator<Item = &'w Word>) -> usize {
        let known = self.known.len();
        lead.for_each(|word| self.set(word, true));
        known
    }

    pub fn take_back(&mut self, known: usize) {
        self.known.truncate(known);
    }

    fn open(&mut self) {
        self.place.compounds.push(self.known.len());
    }

    /// What one branch sets is not known in the next.
    fn branch(&mut self) {
        if let Some(known) = self.place.compounds.last() {
            self.known.truncate(*known);
        }
    }

    fn close(&mut self) {
        self.branch();
        self.place.compounds.pop();
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
                .or_else(|| elements(piece))
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

    /// An ARG, an ENV or what is not certain is told only where it names a package: an install is by what gives the version.
    fn values(&self, name: &str, first: bool) -> Option<Vec<String>> {
        let counts = |known: &&Known| known.name == name && (known.certain || first);
        if let Some(known) = self.known.iter().rev().find(counts) {
            return Some(known.values.clone());
        }
        let outside = self.scope.text(name).filter(|_| first);
        outside.map(|text| vec![text.replace('$', "\\$")])
    }
}

/// The `A[@]` of `${A[@]}`.
fn elements(piece: &str) -> Option<&str> {
    let named = piece.strip_prefix("${")?.strip_suffix('}')?;
    let name = ["[@]", "[*]"]
        .iter()
        .find_map(|all| named.strip_suffix(all))?;
    shell::is_name(name).then_some(named)
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
