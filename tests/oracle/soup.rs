//! Texts thrown together from pieces, the same ones in every run.

use std::fs;
use std::path::Path;

/// A text with the name that failures call it by.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Text {
    pub name: String,
    pub text: String,
}

/// Numbers that look random and are not (xorshift).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % limit
    }

    pub fn pick<'a>(&mut self, pieces: &[&'a str]) -> &'a str {
        pieces[self.below(pieces.len())]
    }
}

/// `count` texts of up to `longest` pieces, each followed by one of the ends.
pub fn soup(name: &str, count: usize, longest: usize, pieces: &[&str], ends: &[&str]) -> Vec<Text> {
    let mut dice = Dice::new(0x9E37_79B9_7F4A_7C15);
    let mut one = |number| {
        let text = (0..=dice.below(longest))
            .flat_map(|_| [dice.pick(pieces), dice.pick(ends)])
            .collect();
        Text {
            name: format!("{name} {number}"),
            text,
        }
    };
    (0..count).map(&mut one).collect()
}

/// Each row as a text.
pub fn rows(name: &str, rows: &[&str]) -> Vec<Text> {
    rows.iter()
        .enumerate()
        .map(|(number, row)| Text {
            name: format!("{name} {number}"),
            text: (*row).to_owned(),
        })
        .collect()
}

/// The texts under `fixtures` whose paths are wanted.
pub fn fixtures(wanted: impl Fn(&Path) -> bool) -> Vec<Text> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut folders = vec![root.clone()];
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_symlink() {
            } else if path.is_dir() {
                folders.push(path);
            } else if wanted(&path)
                && let Ok(text) = fs::read_to_string(&path)
            {
                let name = path.strip_prefix(&root).unwrap().display().to_string();
                texts.push(Text { name, text });
            }
        }
    }
    texts.sort_by(|one, other| one.name.cmp(&other.name));
    texts
}
