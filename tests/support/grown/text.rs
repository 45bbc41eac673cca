//! The texts of a grown checkout's files: what its shapes are when they are written.

use std::path::PathBuf;

use super::super::{Node, Tree};
use super::*;

impl Copied {
    pub(super) fn write(self, path: &str, bytes: Vec<u8>, tree: &mut Tree) {
        match self {
            Self::Absent => {}
            Self::Same => tree.put(path, bytes),
            Self::Executable => {
                tree.0.insert(PathBuf::from(path), Node::File(bytes, 0o755));
            }
            Self::Empty => tree.put(path, ""),
            Self::Edited => tree.put(path, [&bytes[..], b"// Mine.\n"].concat()),
            Self::Folder => tree.put(&format!("{path}/notes.md"), "Mine.\n"),
        }
    }
}

impl Style {
    pub(super) fn shapes(&self, which: &str) -> Vec<String> {
        let mut found = vec![
            format!("{which}: {:?}", self.ends),
            format!("{which}: {:?} link", self.link),
            format!("{which}: mode {:o}", self.mode),
        ];
        if self.byte_order_mark {
            found.push(format!("{which}: byte-order mark"));
        }
        if !self.final_newline {
            found.push(format!("{which}: no final newline"));
        }
        found
    }

    /// The bytes for a text whose lines end with LF.
    fn bytes(&self, text: &str) -> Vec<u8> {
        let text = if self.final_newline {
            text
        } else {
            text.trim_end_matches('\n')
        };
        let mut bytes = if self.byte_order_mark {
            b"\xef\xbb\xbf".to_vec()
        } else {
            Vec::new()
        };
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let crlf = match self.ends {
                Ends::Lf => false,
                Ends::Crlf => true,
                Ends::Mixed => number % 2 == 1,
            };
            match line.strip_suffix('\n') {
                Some(line) if crlf => bytes.extend(format!("{line}\r\n").bytes()),
                _ => bytes.extend(line.bytes()),
            }
        }
        bytes
    }

    pub(super) fn write(&self, path: &str, text: &str, tree: &mut Tree, outside: &mut Tree) {
        let path = PathBuf::from(path);
        let file = Node::File(self.bytes(text), self.mode);
        let folder = path.parent().expect("a folder").to_path_buf();
        let up = "../".repeat(folder.components().count());
        match self.link {
            Link::Plain => {
                tree.0.insert(path, file);
            }
            Link::File => {
                tree.0.insert(path.with_file_name("real.txt"), file);
                tree.0.insert(path, Node::Link(PathBuf::from("real.txt")));
            }
            Link::Outside => {
                let name = path.to_string_lossy().replace('/', "-");
                tree.0
                    .insert(path, Node::Link(format!("{up}../outside/{name}").into()));
                outside.0.insert(PathBuf::from(name), file);
            }
            Link::Folder => {
                // The folder of `container/Dockerfile` holds another that is linked; it stays where it is.
                if folder == Path::new("container") {
                    tree.0.insert(PathBuf::from("docker/agent"), file);
                    tree.0
                        .insert(path, Node::Link(PathBuf::from("../docker/agent")));
                    return;
                }
                tree.0.insert(path, file);
                let real = Path::new("lib").join(folder.to_string_lossy().replace('/', "-"));
                let moved = tree
                    .0
                    .keys()
                    .filter(|path| path.starts_with(&folder))
                    .cloned()
                    .collect::<Vec<_>>();
                for path in moved {
                    let node = tree.0.remove(&path).expect("a node");
                    if path != folder {
                        tree.0.insert(
                            real.join(path.strip_prefix(&folder).expect("a path inside")),
                            node,
                        );
                    }
                }
                let up = up.strip_prefix("../").unwrap_or_default();
                tree.0
                    .insert(folder, Node::Link(format!("{up}{}", real.display()).into()));
            }
        }
    }
}

impl Barrel {
    pub(super) fn text(&self) -> String {
        const HEADER: &str = "// The list of providers. Each registers itself on import.\n";
        let line = |module: &&str| format!("import './{module}.js';\n");
        let imports = self.modules.iter().map(line).collect::<Vec<_>>();
        let all = imports.concat();
        let with_codex = |codex: &str| {
            let (first, rest) = imports.split_first().expect("an import");
            format!("{HEADER}\n{first}{codex}{}", rest.concat())
        };
        match self.form {
            Form::Empty => String::new(),
            Form::CommentsOnly => format!("{HEADER}//\n// Skills add one import line below.\n"),
            Form::Sorted | Form::Unsorted => format!("{HEADER}\n{all}"),
            Form::HeaderTouchesFirst => format!("{HEADER}{all}"),
            Form::BlankLinesBetween => format!("{HEADER}\n{}", imports.join("\n\n")),
            Form::CommentsBetween => {
                format!(
                    "{HEADER}\n{}",
                    imports.join("\n/* Mine,\n   of old. */\n// And tried.\n")
                )
            }
            Form::DoubleQuotes => format!("{HEADER}\n{}", all.replace('\'', "\"").replace(';', "")),
            Form::DynamicInTry => format!(
                "{HEADER}{all}\ntry {{\n  await import('./mock.js');\n}} catch {{\n  // Not here.\n}}\n"
            ),
            Form::HasCodex => with_codex("import \"./codex.js\"\n"),
            Form::CodexCommentedOut => with_codex("// import './codex.js';\n"),
            Form::CodexInComment => with_codex("/* './codex.js' comes here. */\n"),
            Form::CodexInTemplate => {
                format!("{HEADER}{all}\nexport const example = `\nimport './codex.js';\n`;\n")
            }
            Form::LoadedByList => format!(
                "{HEADER}const modules = ['./{}.js'];\nfor (const name of modules) await import(name);\n",
                self.modules.join(".js', './")
            ),
            Form::LoadedByFunction => {
                format!(
                    "{HEADER}load('./claude.js');\n\nfunction load(name: string) {{\n  void import(name);\n}}\n"
                )
            }
            Form::ReExports => format!("{HEADER}{}", all.replace("import", "export * from")),
            Form::ConflictMarkers => {
                with_codex("<<<<<<< HEAD\nimport './codex.js';\n=======\n>>>>>>> upstream/main\n")
            }
        }
    }
}

impl Docker {
    pub(super) fn text(&self) -> String {
        let mut text = match self.directive {
            Directive::None => String::new(),
            Directive::Syntax => "# syntax=docker/dockerfile:1.7\n".to_owned(),
            Directive::Escape => "# syntax=docker/dockerfile:1.7\n# escape=`\n\n".to_owned(),
        };
        if self.global {
            text.push_str("ARG NODE_VERSION=22\nARG CLAUDE_CODE_VERSION=2.1.100\n\n");
        }
        text.push_str(match self.stages {
            Stages::One => "FROM node:22-slim\n",
            Stages::BuildBefore => "FROM golang:1.24 AS tools\nRUN go install example.com/tool@v1\n\nFROM node:22-slim\n",
            Stages::OnBase | Stages::Beside | Stages::TwoInstall => "FROM node:22-slim AS base\n",
        });
        text.push_str("\n# Pins.\n");
        if self.conflict {
            text.push_str("<<<<<<< HEAD\n=======\nARG OTHER=1\n>>>>>>> upstream/main\n");
        }
        text.push_str(if self.global {
            "ARG CLAUDE_CODE_VERSION\n"
        } else {
            "ARG CLAUDE_CODE_VERSION=2.1.128\n"
        });
        text.push_str(match self.codex {
            Codex::Own | Codex::InList | Codex::Twice | Codex::ByNpm => {
                "ARG CODEX_VERSION=0.124.0\n"
            }
            Codex::OtherVersion => "ARG CODEX_VERSION=0.130.0\n",
            Codex::PinEmpty => "ARG CODEX_VERSION\n",
            Codex::PinHidden => "ENV CODEX_VERSION=0.1.0\n",
            Codex::CommentedOut => "# ARG CODEX_VERSION=0.124.0\n",
            _ => "",
        });
        text.push_str("ARG VERCEL_VERSION=52.2.1\n\nENV PATH=\"/pnpm:$PATH\"\n\n");
        if self.named {
            text.push_str("# pnpm install -g \"@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}\" stands below.\n");
            text.push_str("LABEL agent=\"pnpm install -g @anthropic-ai/claude-code\"\n");
        }
        if self.others[0] {
            text.push_str("RUN --mount=type=cache,target=/root/.cache/pnpm \\\n    echo \"only-built-dependencies[]=@anthropic-ai/claude-code\" > /root/.npmrc && \\\n    pnpm install -g \"vercel@${VERCEL_VERSION}\"\n\n");
        }
        let layers = [self.codex_layers(), anchor_layers(self.anchor)];
        text.push_str(&layers.concat());
        match self.stages {
            Stages::Beside => text
                .push_str("\nFROM base AS checked\nRUN claude --version\n\nFROM base\nUSER node\n"),
            Stages::OnBase => text.push_str("\nFROM base\nUSER node\n"),
            Stages::TwoInstall => {
                text.push_str("\nFROM base\nARG CLAUDE_CODE_VERSION=2.1.128\n");
                text.push_str(&anchor_layers(Anchor::Own));
            }
            _ => {}
        }
        if self.others[1] && !self.ends_there {
            text.push_str("\nRUN pnpm install -g \"vercel@${VERCEL_VERSION}\"\n");
        }
        if !self.ends_there {
            text.push_str(
                "\nCOPY entrypoint.sh /app/entrypoint.sh\nENTRYPOINT [\"/app/entrypoint.sh\"]\n",
            );
        }
        if self.directive == Directive::Escape {
            text = text.replace("\\\n", "`\n");
        }
        if self.lower_case {
            for word in ["FROM", "ARG", "ENV", "RUN", "COPY", "LABEL", "USER"] {
                text = text.replace(
                    &format!("\n{word} "),
                    &format!("\n{} ", word.to_lowercase()),
                );
            }
        }
        text
    }

    fn codex_layers(&self) -> String {
        let own = "RUN --mount=type=cache,target=/root/.cache/pnpm \\\n    pnpm install -g \"@openai/codex@${CODEX_VERSION}\"\n\n";
        match self.codex {
            Codex::Absent | Codex::PinHidden => String::new(),
            Codex::Own | Codex::OtherVersion | Codex::PinLost | Codex::PinEmpty => own.to_owned(),
            Codex::Twice => own.repeat(2),
            Codex::InList => "RUN pnpm install -g \\\n    \"vercel@${VERCEL_VERSION}\" \\\n    \"@openai/codex@${CODEX_VERSION}\"\n\n".to_owned(),
            Codex::CommentedOut => "# RUN pnpm install -g \"@openai/codex@${CODEX_VERSION}\"\n\n".to_owned(),
            Codex::InHeredoc => "RUN <<'END'\ncat > /root/Dockerfile <<'INNER'\nARG CODEX_VERSION=0.1.0\nRUN pnpm install -g \"@openai/codex@${CODEX_VERSION}\"\nINNER\nEND\n\n".to_owned(),
            Codex::Literal => "RUN pnpm install -g \"@openai/codex@0.124.0\"\n\n".to_owned(),
            Codex::Unpinned => "RUN pnpm install -g @openai/codex\n\n".to_owned(),
            Codex::ByNpm => "RUN npm install -g \"@openai/codex@${CODEX_VERSION}\"\n\n".to_owned(),
        }
    }
}

fn anchor_layers(anchor: Anchor) -> String {
    const MOUNT: &str = "RUN --mount=type=cache,target=/root/.cache/pnpm \\\n";
    const PACKAGE: &str = "\"@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}\"";
    match anchor {
        Anchor::Own => format!("{MOUNT}    pnpm install -g {PACKAGE}\n"),
        Anchor::Combined => format!(
            "{MOUNT}    pnpm install -g \\\n        {PACKAGE} \\\n        \"vercel@${{VERCEL_VERSION}}\"\n"
        ),
        Anchor::Commented => format!(
            "{MOUNT}    # its program,\n    pnpm install -g \\\n\n    # at its pin\n    {PACKAGE}\n"
        ),
        Anchor::GoesOn => format!(
            "{MOUNT}    pnpm install -g {PACKAGE} && \\\n    pnpm store prune && \\\n    claude --version\n"
        ),
        Anchor::Literal => "RUN pnpm install -g \"@anthropic-ai/claude-code@2.1.128\"\n".to_owned(),
    }
}
