//! Where instructions begin and end, and the Dockerfiles that the layer goes into, by `BuildKit`'s parser.

mod shell;

use nanoclaw::dockerfile::{Block, Dockerfile, block};
use nanoclaw::fact::dockerfile::{Wanted, outcome};
use nanoclaw::skill::{Layer, Outcome};
use serde::Deserialize;

use super::soup::{Text, fixtures, rows, soup};
use crate::tools;

/// What `BuildKit` reads in a text.
#[derive(Debug, Deserialize)]
struct Read {
    error: Option<String>,
    instructions: Vec<Instruction>,
}

#[derive(Debug, Deserialize)]
struct Instruction {
    keyword: String,
    start_line: usize,
    end_line: usize,
    /// The instruction with its lines joined, and its heredocs.
    original: String,
}

#[test]
fn buildkit_finds_the_same_instructions() {
    let Some(folder) = tools::or_skip(tools::buildkit()) else {
        return;
    };
    let texts = texts();
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (text, read) in texts.iter().zip(read(&folder, &texts)) {
        let theirs = read.error.map_or_else(
            || {
                let place =
                    |found: &Instruction| (found.keyword.clone(), found.start_line, found.end_line);
                Ok(read.instructions.iter().map(place).collect::<Vec<_>>())
            },
            Err,
        );
        let ours = ours(&text.text);
        let same = match (&ours, &theirs) {
            (Ok(ours), Ok(theirs)) => ours == theirs,
            (Err(why), Ok(_)) => stricter(why),
            (_, Err(_)) => true,
        };
        compared += usize::from(ours.is_ok() && theirs.is_ok());
        if !same {
            wrong.push(format!(
                "{}: {:?}\n    ours {ours:?}\n  theirs {theirs:?}",
                text.name, text.text
            ));
        }
    }
    assert!(compared > 400, "only {compared} texts compared");
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn an_edited_dockerfile_has_the_layer_and_else_the_same_instructions() {
    let Some(folder) = tools::or_skip(tools::buildkit()) else {
        return;
    };
    for set in [None, Some("0.130.0")] {
        let edited: Vec<(Text, Text)> = texts()
            .into_iter()
            .chain(rows("unfinished", UNFINISHED))
            .filter_map(|text| edited(text, set))
            .collect();
        let (before, after): (Vec<Text>, Vec<Text>) = edited.into_iter().unzip();
        assert!(before.len() > 100, "only {} edited", before.len());
        let (old, new) = (read(&folder, &before), read(&folder, &after));
        for ((before, old), (after, new)) in before.iter().zip(old).zip(after.iter().zip(new)) {
            let both = format!(
                "{}\n--- before\n{}\n--- after\n{}\n--- read\n{new:#?}",
                before.name, before.text, after.text
            );
            assert_eq!(old.error, None, "{both}");
            assert_eq!(new.error, None, "{both}");
            let wanted = set.unwrap_or("0.124.0");
            assert!(is_layer_more(&old, &new, wanted), "{both}");
        }
    }
}

fn edited(before: Text, set: Option<&str>) -> Option<(Text, Text)> {
    let wanted = Wanted { set, head: None };
    match outcome(before.text.as_bytes(), &codex(), &wanted) {
        Outcome::Edit { fault: _, after } => {
            let name = before.name.clone();
            let text = String::from_utf8(after).unwrap();
            Some((before, Text { name, text }))
        }
        _ => None,
    }
}

/// Whether the new instructions are the old ones and the ARG, the RUN or both, or the ARGs with another value, where a RUN was added or not.
fn is_layer_more(old: &Read, new: &Read, version: &str) -> bool {
    let mut old = old.instructions.iter().peekable();
    let (mut args, mut runs) = (0, 0);
    for found in &new.instructions {
        let said = found.original.as_str();
        match old.peek() {
            Some(same) if same.original == said => {
                old.next();
            }
            Some(other) if is_pin(&other.original) && is_pin(said) => {
                args += 1;
                old.next();
            }
            _ if said == format!("ARG CODEX_VERSION={version}") || is_pin(said) => args += 1,
            _ if found.keyword == "run" && said.ends_with(INSTALL) => runs += 1,
            _ => return false,
        }
    }
    old.peek().is_none() && args <= 2 && runs <= 1 && args + runs > 0
}

const INSTALL: &str = "pnpm install -g \"@openai/codex@${CODEX_VERSION}\"";

fn is_pin(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    said.starts_with("arg") && said.contains("codex_version")
}

fn codex() -> Layer {
    let body = format!(
        "ARG CODEX_VERSION=0.124.0\n\nRUN --mount=type=cache,target=/root/.cache/pnpm \\\n    {INSTALL}\n"
    );
    match block("@anthropic-ai/claude-code", &body) {
        Ok(Block::Layer(layer)) => layer,
        other => panic!("{other:?}"),
    }
}

fn ours(text: &str) -> Result<Vec<(String, usize, usize)>, String> {
    let file = Dockerfile::parse(text.as_bytes()).map_err(|error| error.why)?;
    let place = |found: &nanoclaw::dockerfile::Instruction| {
        let said = &text[found.span.clone()];
        let keyword = said
            .split(|letter: char| letter.is_whitespace() || letter == file.escape)
            .next()
            .unwrap_or_default();
        (
            keyword.to_ascii_lowercase(),
            found.line,
            file.line(found.span.end),
        )
    };
    Ok(file.instructions.iter().map(place).collect())
}

/// What a build stops at, too, but only after the parser: a missing FROM or argument, and more words in a FROM than it takes.
fn stricter(why: &str) -> bool {
    [
        "expected FROM",
        "expected AS",
        "instruction requires at least one argument",
    ]
    .iter()
    .any(|reason| why.contains(reason))
}

fn read(folder: &std::path::Path, texts: &[Text]) -> Vec<Read> {
    let input = serde_json::to_string(texts).unwrap();
    let output = tools::ask("python3", "dockerfile.py", folder, &input);
    serde_json::from_str(&output).unwrap()
}

fn texts() -> Vec<Text> {
    let mut texts = fixtures(|path| path.ends_with("container/Dockerfile"));
    texts.extend(rows("odd", ODD));
    let ends = ["\n", "\n", "\n\n", "\r\n"];
    for Text { name, text } in soup("stage", 600, 9, LINES, &ends) {
        let text = format!("FROM a\n{text}");
        texts.push(Text { name, text });
    }
    for Text { name, text } in soup("claude", 900, 6, LINES, &ends) {
        let text = format!("{HEAD}{text}{CLAUDE}\n{}", tail(&text));
        texts.push(Text { name, text });
    }
    texts
}

/// The second half of what is thrown together stands below the install that anchors ours.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    lines[lines.len() / 2..].concat()
}

const HEAD: &str =
    "# syntax=docker/dockerfile:1.7\nFROM node:22-slim\nARG CLAUDE_CODE_VERSION=2.1.128\n";
const CLAUDE: &str = "RUN pnpm install -g \"@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}\"";

/// Lines, of which a few or any number are a Dockerfile.
const LINES: &[&str] = &[
    "FROM node:22-slim",
    "from node:22 as base",
    "FROM base AS last",
    "FROM --platform=$BUILDPLATFORM a",
    "ARG CLAUDE_CODE_VERSION=2.1.128",
    "ARG A=1 B=\"2 3\" \\\n    C",
    "ARG CODEX_VERSION",
    "ARG CODEX_VERSION=",
    "ARG CODEX_VERSION=0.100.0",
    "ENV A=b C=\"d e\"",
    "ENV A b c",
    "RUN pnpm install -g \"@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}\"",
    "RUN pnpm install -g \"@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}\" \\\n    && claude --version",
    "RUN --mount=type=cache,target=/root/.cache/pnpm \\\n    pnpm install -g \"@openai/codex@${CODEX_VERSION}\"",
    "RUN a \\\n    && b",
    "RUN a \\  \n    && b",
    "RUN a \\\n# comment\n    && b",
    "RUN a \\\n  # comment \\\n\n    && b",
    "RUN a \\\\",
    "RUN [\"a\", \"b\"]",
    "RUN <<EOF\na \\\n# not a comment\nFROM b\nEOF",
    "RUN <<-EOF cat\n\ta\n\tEOF",
    "RUN <<'EOF' bash\n$a\nEOF",
    "RUN cat <<EOF && \\\n  b\nc\nEOF",
    "RUN --mount=type=cache,target=/a <<EOF\nb\nEOF",
    "RUN 3<<EOF cat <&3\na\nEOF",
    "RUN cat <<<\"a\"",
    "RUN a $((1<<2)) 'b' \"<<c\"",
    "COPY <<A <<\"B\" /c/\n1\nA\n2\nB",
    "COPY --from=base /a /b",
    "ADD a b",
    "ONBUILD RUN a",
    "HEALTHCHECK --interval=1s CMD a",
    "HEALTHCHECK NONE",
    "SHELL [\"/bin/sh\", \"-c\"]",
    "LABEL a=\"b\" 'c'=1",
    "USER a",
    "WORKDIR /a",
    "  WORKDIR /a",
    "\tRUN\ta",
    "EXPOSE 80/tcp",
    "VOLUME [\"/a\"]",
    "STOPSIGNAL SIGTERM",
    "CMD [\"a\"]",
    "ENTRYPOINT a",
    "# a comment",
    "  # a comment \\",
    "#",
    "",
];

/// Files that end within an instruction, which `BuildKit` and we let end on different lines.
const UNFINISHED: &[&str] = &[
    "FROM a\nARG CLAUDE_CODE_VERSION=1\nRUN pnpm install -g \"@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}\" \\\n\n",
    "FROM a\nARG CLAUDE_CODE_VERSION=1\nRUN pnpm install -g \"@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}\" \\\n\n# a\n",
    "FROM a\nRUN pnpm install -g \"@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}\"\nARG CLAUDE_CODE_VERSION=1 \\\n# a",
];

/// Whole files.
const ODD: &[&str] = &[
    "",
    "# a comment\n",
    "FROM a",
    "FROM a\nRUN b",
    "\u{feff}FROM a\nRUN b\n",
    "\u{feff}# escape=`\nFROM a\nRUN b `\n c\n",
    "# escape=`\nFROM a\nRUN dir C:\\ `\n  && b\nCOPY a C:\\\nRUN c\n",
    "# syntax=docker/dockerfile:1.7\n# escape=`\nFROM a\nRUN b `\n c\n",
    "# check=skip=all\n# escape=`\nFROM a\nRUN b `\n c\n",
    "# a=b\n# escape=`\nFROM a\nRUN b `\nRUN c\n",
    "# a comment\n# escape=`\nFROM a\nRUN b `\nRUN c\n",
    "\n# escape=`\nFROM a\nRUN b `\nRUN c\n",
    "#  EsCaPe = ` \nFROM a\nRUN b `\n c\n",
    "# escape=x\nFROM a\n",
    "# escape=`\n# escape=\\\nFROM a\n",
    "FROM a\r\nRUN b \\\r\n  c\r\n# d\r\nUSER e\r\n",
    "FROM a\r\nRUN <<EOF\r\nb\r\nEOF\r\nRUN c\r\n",
    "FROM a\rRUN b\r",
    "  FROM a\n\tRUN b\n   # c\n",
    "FROM a\nRUNN b\n",
    "FROM a\nRUN\n",
    "FROM a\nRUN b && \\\n",
    "FROM a\nRUN b && \\",
    "FROM a\nRUN b \\\n\nUSER c\n",
    "FROM a\nRUN <<EOF\nb\n",
    "FROM a\nRUN <<EOF",
    "FROM a\nRUN <<EOF\nEOF",
    "FROM a\nRUN <<EOF\n b\n EOF\nEOF \nEOF\nUSER c\n",
    "FROM a\nRUN <<\"E O F\"\nb\nE O F\nUSER c\n",
    "FROM a\nENV A=<<EOF\nRUN b\n",
    "FROM a\nLABEL a=<<EOF\nRUN b\n",
    "FROM a\nONBUILD RUN <<EOF\nb\nEOF\nUSER c\n",
    "FROM a\nENV A\n",
    "FROM a\nARG\n",
    "FROM a\nRUN echo é😀 \\\n  ü\nUSER b\n",
    "FROM a\nRUN b\u{2028}USER c\n",
    "FROM a\nRUN b\u{c}\\\u{b}\n  c\n",
    "FROM a\nRUN b \\\n  c \\\n  \\\n  d\nUSER e\n",
    "RUN a\nFROM b\n",
    "ARG A=b\nFROM $A\nFROM scratch\n",
    "ARG CODEX_VERSION=0.1.0\nFROM a\nARG CLAUDE_CODE_VERSION=1\nRUN pnpm install -g \"@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}\"\n",
    "FROM a\nARG CLAUDE_CODE_VERSION=1\nRUN pnpm install -g \"@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}\"",
    "FROM a\nARG CLAUDE_CODE_VERSION=1\nRUN pnpm install -g \"@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}\" \\\n",
    "FROM a\nARG CLAUDE_CODE_VERSION=1 \\\n    OTHER=2\nRUN <<EOF\npnpm install -g \"@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}\"\nEOF\nUSER b\n",
    "# escape=`\nFROM a\nARG CLAUDE_CODE_VERSION=1\nRUN b && `\n  pnpm install -g \"@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}\" `\n  && c\nUSER d\n",
    "FROM a\r\nARG CLAUDE_CODE_VERSION=1\r\nRUN b && \\\r\n  pnpm install -g \"@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}\"\r\nUSER d\r\n",
    "FROM a\nARG CLAUDE_CODE_VERSION=1\nRUN [\"pnpm\", \"install\", \"-g\", \"@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}\"]\nUSER b\n",
];
