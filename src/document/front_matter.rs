//! The head of a skill document: its name, what it is for, and the layouts that it serves. Knows nothing of its blocks.

use super::Located;
use super::safe::LONGEST;
use crate::skill::Layout;

/// What stands between the two `---`.
pub(super) struct FrontMatter {
    pub(super) name: String,
    pub(super) summary: String,
    pub(super) layouts: Vec<Layout>,
}

impl FrontMatter {
    /// Reads the `key: value` lines between the two `---`, and says where the prose begins.
    pub(super) fn read(text: &str) -> Located<(Self, usize)> {
        let mut lines = text.split_inclusive('\n');
        let mut at = lines.next().map_or(0, str::len);
        // An editor may have begun the file with a byte order mark.
        let first = text
            .get(..at)
            .map(|line| line.trim_start_matches('\u{feff}').trim_end());
        if first != Some("---") {
            return Err((1, "expected front matter, a first line `---`".to_owned()));
        }
        let (mut name, mut summary, mut layouts) = (None, None, None);
        for (index, line) in lines.enumerate() {
            at += line.len();
            let number = index + 2;
            if line.trim_end() == "---" {
                let name: String =
                    name.ok_or((number, "the front matter has no `name:`".to_owned()))?;
                let summary =
                    summary.ok_or((number, "the front matter has no `description:`".to_owned()))?;
                let layouts =
                    layouts.ok_or((number, "the front matter has no `layouts:`".to_owned()))?;
                return Ok((
                    Self {
                        name,
                        summary,
                        layouts,
                    },
                    at,
                ));
            }
            match line
                .split_once(':')
                .map(|(key, value)| (key.trim(), value.trim()))
            {
                Some(("name", value)) => {
                    name = Some(skill_name(value).map_err(|message| (number, message))?);
                }
                Some(("description", value)) => summary = Some(value.to_owned()),
                Some(("layouts", value)) => {
                    layouts = Some(layout_list(value).map_err(|message| (number, message))?);
                }
                _ => {}
            }
        }
        Err((1, "the front matter has no closing `---`".to_owned()))
    }
}

/// The short name: it becomes part of file names and of commands, where a leading `-` would be an option.
fn skill_name(value: &str) -> Result<String, String> {
    let name = value.strip_prefix("add-").unwrap_or(value);
    let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.starts_with('-') || name.len() > LONGEST || !name.chars().all(inside)
    {
        return Err(format!(
            "expected a name of a-z, 0-9 and `-`, {LONGEST} characters at most, found `{value}`"
        ));
    }
    Ok(name.to_owned())
}

fn layout_list(value: &str) -> Result<Vec<Layout>, String> {
    value
        .split([',', ' '])
        .filter(|word| !word.is_empty())
        .map(|word| {
            Layout::named(word).ok_or_else(|| {
                format!("expected the layout `dockerfile` or `cli-tools`, found `{word}`")
            })
        })
        .collect()
}
