//! The fenced blocks of a document, which a Markdown library finds: of one at a path as it is read; of one that is built in as the program is
//! built, for this is the most of reading it. Knows nothing of what they say.

use std::borrow::Cow;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A fenced block whose info string begins with `nc:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block<'a> {
    /// The heading above it.
    pub label: Cow<'a, str>,
    /// The info string as the source has it: `CommonMark` would unescape it.
    pub head: &'a str,
    /// What stands between the fences.
    pub body: Cow<'a, str>,
    /// Where the block begins, in bytes from the beginning of the document.
    pub at: usize,
}

/// The blocks of a document whose prose begins at this offset, in bytes.
#[must_use]
pub fn blocks(document: &str, prose: usize) -> Vec<Block<'_>> {
    let text = document.get(prose..).unwrap_or_default();
    let mut blocks = Vec::new();
    let mut heading = String::new();
    let mut in_heading = false;
    let mut open: Option<Block<'_>> = None;
    for (event, range) in Parser::new_ext(text, Options::empty()).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                heading.clear();
                in_heading = true;
            }
            Event::End(TagEnd::Heading(_)) => in_heading = false,
            Event::Text(words) | Event::Code(words) if in_heading => heading.push_str(&words),
            Event::SoftBreak | Event::HardBreak if in_heading => heading.push(' '),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) => {
                let head = head(text.get(range.start..).unwrap_or_default());
                open = head.starts_with("nc:").then(|| Block {
                    label: heading.clone().into(),
                    head,
                    body: Cow::default(),
                    at: prose + range.start,
                });
            }
            Event::Text(words) => {
                if let Some(block) = &mut open {
                    block.body.to_mut().push_str(&words);
                }
            }
            Event::End(TagEnd::CodeBlock) => blocks.extend(open.take()),
            _ => {}
        }
    }
    blocks
}

fn head(block: &str) -> &str {
    block
        .lines()
        .next()
        .unwrap_or_default()
        .trim_start_matches(['`', '~'])
        .trim()
}
