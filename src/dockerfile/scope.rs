//! What the names in a Dockerfile stand for, and words expanded by it as BuildKit does. What only a build knows is never guessed.

use std::iter::Peekable;
use std::str::Chars;

use rpds::RedBlackTreeMap;

/// What ARGs and ENVs make of their names, up to a place in a Dockerfile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Shared with the stages that begin with this one: each with a copy of its own, many stages would take quadratic time.
    names: RedBlackTreeMap<String, Entry>,
    /// How many stages this one stands on.
    depth: usize,
    /// Whether a name that does not stand here may have a value all the same: from the base image.
    open: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    stands: Stands,
    by: By,
    /// The depth of the stage that it stands in.
    depth: usize,
}

/// Which instruction gives a name its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Arg,
    Env,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Stands {
    /// For this text.
    For(String),
    /// For nothing.
    Unset,
    /// For what only a build knows.
    Unknown,
}

/// ARGs that a build gives values without being told (Dockerfile reference, "Automatic platform ARGs in the global scope").
const PLATFORM: [&str; 8] = [
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETARCH",
    "TARGETVARIANT",
];

impl Scope {
    /// The scope of a stage that begins with an image.
    pub fn of_image(image: &str) -> Self {
        Self {
            names: RedBlackTreeMap::new(),
            depth: 0,
            open: image != "scratch",
        }
    }

    /// The scope of a stage that begins with another.
    pub fn of_stage(base: &Self) -> Self {
        Self {
            depth: base.depth + 1,
            ..base.clone()
        }
    }

    /// Gives the name a value; without one, a value that only a build knows.
    pub fn set(&mut self, name: &str, value: Option<&str>, by: By) {
        let stands = value.map_or(Stands::Unknown, |text| Stands::For(text.to_owned()));
        match self.entry(name) {
            // Whether the ENV or an ARG below it counts depends on the builder.
            Some((known, By::Env)) if by == By::Arg => {
                if known != stands {
                    self.put(name, Stands::Unknown, By::Env);
                }
            }
            _ => self.put(name, stands, by),
        }
    }

    fn put(&mut self, name: &str, stands: Stands, by: By) {
        let depth = self.depth;
        let entry = Entry { stands, by, depth };
        self.names.insert_mut(name.to_owned(), entry);
    }

    /// Declares the name without a value: it gets the global one.
    pub fn declare(&mut self, name: &str, global: &Self) {
        match global.stands(name) {
            Stands::For(text) => self.set(name, Some(&text), By::Arg),
            Stands::Unknown => self.set(name, None, By::Arg),
            Stands::Unset => self.assume(name),
        }
    }

    /// Takes the name to stand for nothing unless something here gives it a value.
    pub fn assume(&mut self, name: &str) {
        if !self.names.contains_key(name) {
            self.put(name, Stands::Unset, By::Arg);
        }
    }

    /// Returns the word with its variables expanded and without its quotes and escapes, unless only a build knows it.
    ///
    /// The rules are those of BuildKit's `frontend/dockerfile/shell/lex.go`.
    pub fn expand(&self, word: &str, escape: char) -> Option<String> {
        let mut lexer = Lexer {
            scope: self,
            escape,
            rest: word.chars().peekable(),
            depth: 0,
        };
        lexer.until(None)
    }

    /// Returns what the name stands for, unless that is nothing, or only a build knows it.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.stands(name) {
            Stands::For(text) => Some(text).filter(|text| !text.trim().is_empty()),
            _ => None,
        }
    }

    /// What was said of a name. BuildKit hands ARGs down to a stage on this one, other builders do not.
    fn entry(&self, name: &str) -> Option<(Stands, By)> {
        let known = self.names.get(name)?;
        let handed = known.depth < self.depth && known.by == By::Arg;
        Some(match &known.stands {
            Stands::For(_) if handed => (Stands::Unknown, known.by),
            stands => (stands.clone(), known.by),
        })
    }

    fn stands(&self, name: &str) -> Stands {
        match self.entry(name) {
            Some((stands, _)) => stands,
            None if self.open || PLATFORM.contains(&name) => Stands::Unknown,
            None => Stands::Unset,
        }
    }
}

struct Lexer<'a> {
    scope: &'a Scope,
    escape: char,
    rest: Peekable<Chars<'a>>,
    /// How many `${...}` are open.
    depth: usize,
}

/// Variables in the defaults of variables are read this deep; nobody writes deeper ones, but a file could.
const DEPTH: usize = 16;

/// So many bytes with variables in them are expanded.
const LENGTH: usize = 4096;

impl Lexer<'_> {
    fn until(&mut self, stop: Option<char>) -> Option<String> {
        let mut text = String::new();
        while let Some(glyph) = self.rest.next() {
            match glyph {
                glyph if Some(glyph) == stop => return Some(text),
                '\'' => self.single_quoted(&mut text),
                '"' => self.double_quoted(&mut text)?,
                '$' => self.expanded(&mut text)?,
                glyph if glyph == self.escape => text.extend(self.rest.next()),
                glyph => text.push(glyph),
            }
        }
        stop.is_none().then_some(text)
    }

    fn single_quoted(&mut self, text: &mut String) {
        text.extend(self.rest.by_ref().take_while(|glyph| *glyph != '\''));
    }

    fn double_quoted(&mut self, text: &mut String) -> Option<()> {
        while let Some(glyph) = self.rest.next().filter(|glyph| *glyph != '"') {
            match glyph {
                '$' => self.expanded(text)?,
                glyph if glyph == self.escape => {
                    let escape = self.escape;
                    let escaped = |next: &char| ['"', '$', escape].contains(next);
                    text.push(self.rest.next_if(escaped).unwrap_or(glyph));
                }
                glyph => text.push(glyph),
            }
        }
        Some(())
    }

    /// Adds what stands behind a `$`. What comes to more than [`LENGTH`] is left to a build: values made of values double with every line.
    fn expanded(&mut self, text: &mut String) -> Option<()> {
        text.push_str(&self.variable()?);
        (text.len() <= LENGTH).then_some(())
    }

    /// What stands behind a `$`.
    fn variable(&mut self) -> Option<String> {
        if self.rest.next_if_eq(&'{').is_none() {
            let name = self.name();
            if name.is_empty() {
                // Such as `$1` and `$@`, which nobody means.
                let special = |next: &char| next.is_ascii_digit() || "@*#?-$!".contains(*next);
                let plain = !self.rest.peek().is_some_and(special);
                return plain.then(|| "$".to_owned());
            }
            return self.value(&name);
        }
        self.depth += 1;
        let value = self.braced();
        self.depth -= 1;
        value
    }

    /// What stands behind a `${`.
    fn braced(&mut self) -> Option<String> {
        let name = self.name();
        if name.is_empty() || self.depth > DEPTH {
            return None;
        }
        let operator = self.rest.next()?;
        let blank = operator == ':';
        let operator = if blank { self.rest.next()? } else { operator };
        match operator {
            '}' if !blank => self.value(&name),
            '-' | '+' | '?' => self.conditional(&name, operator, blank),
            '#' | '%' if !blank => self.trimmed(&name, operator),
            _ => None,
        }
    }

    fn conditional(&mut self, name: &str, operator: char, blank: bool) -> Option<String> {
        let word = self.until(Some('}'));
        let value = match self.scope.stands(name) {
            Stands::Unknown => return None,
            Stands::Unset => None,
            Stands::For(text) => Some(text).filter(|text| !blank || !text.is_empty()),
        };
        match (operator, value) {
            ('+', Some(_)) | ('-', None) => word,
            ('+', None) => Some(String::new()),
            (_, value) => value,
        }
    }

    fn trimmed(&mut self, name: &str, operator: char) -> Option<String> {
        let _longest = self.rest.next_if_eq(&operator);
        let pattern = self.until(Some('}'))?;
        if pattern.contains(['*', '?', '\\']) {
            return None;
        }
        let value = self.value(name)?;
        let trimmed = match operator {
            '#' => value.strip_prefix(&pattern),
            _ => value.strip_suffix(&pattern),
        };
        Some(trimmed.map_or_else(|| value.clone(), str::to_owned))
    }

    fn value(&self, name: &str) -> Option<String> {
        match self.scope.stands(name) {
            Stands::For(text) => Some(text),
            Stands::Unset => Some(String::new()),
            Stands::Unknown => None,
        }
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(glyph) = self.rest.next_if(|glyph| {
            glyph.is_ascii_alphabetic()
                || *glyph == '_'
                || !name.is_empty() && glyph.is_ascii_digit()
        }) {
            name.push(glyph);
        }
        name
    }
}
