//! The documents that are built into the program. Knows where they are, not what they say.

use crate::document;
use crate::problem::Problem;
use crate::skill::Skill;

/// A document: its path in the project and its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document {
    /// The path in the project, which errors name.
    pub path: &'static str,
    /// The text, in UTF-8.
    pub text: &'static str,
}

/// Every document that is built in.
pub const DOCUMENTS: &[Document] = &[Document {
    path: "skills/add-codex/SKILL.md",
    text: include_str!("../skills/add-codex/SKILL.md"),
}];

/// Every skill that is built in, with its document.
pub fn all() -> anyhow::Result<Vec<(Skill, Document)>> {
    DOCUMENTS
        .iter()
        .map(|document| Ok((document::parse(document.path, document.text)?, *document)))
        .collect()
}

/// The skill of a name, with its document. An unknown name is a [`Problem`] that says which there are.
pub fn find(name: &str) -> anyhow::Result<(Skill, Document)> {
    let skills = all()?;
    let names = skills
        .iter()
        .map(|(skill, _)| skill.name.clone())
        .collect::<Vec<_>>()
        .join(", ");
    let name = name.strip_prefix("add-").unwrap_or(name);
    let found = skills.into_iter().find(|(skill, _)| skill.name == name);
    found.ok_or_else(|| {
        Problem::could_not_run(format!("no skill is called `{name}`"))
            .hint(format!("there are: {names}"))
            .into()
    })
}
