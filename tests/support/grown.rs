//! Checkouts grown at random from the shapes that real ones have. Decides beforehand whether a skill can be added to one, from the shapes alone.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::subsequence;
use proptest::strategy::Union;

use super::{Node, PROJECT, Tree};

/// The barrels, and the Dockerfile.
pub const INSERTED: [&str; 3] = [
    "src/providers/index.ts",
    "container/agent-runner/src/providers/index.ts",
    "container/Dockerfile",
];

/// The files that the skill copies.
pub const COPIED: [&str; 4] = [
    "src/providers/codex.ts",
    "container/agent-runner/src/providers/codex-app-server.ts",
    "container/agent-runner/src/providers/codex.ts",
    "container/agent-runner/src/providers/codex.factory.test.ts",
];

/// Modules that a grown barrel may import: some sort just beside `codex`.
const MODULES: [&str; 7] = [
    "aider", "claude", "codec", "codex-2", "mock", "ollama", "zai",
];

/// Declares the variants of one trait of a checkout, each with how often it comes among them.
macro_rules! shapes {
    ($(#[$about:meta])* $name:ident { $($variant:ident: $weight:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($variant),* }

        impl $name {
            const ALL: &'static [Self] = &[$(Self::$variant),*];

            fn any() -> impl Strategy<Value = Self> + Clone {
                Union::new_weighted(vec![$(($weight, Just(Self::$variant))),*])
            }
        }
    };
}

shapes!(
    /// How a barrel is written.
    Form {
        Empty: 1,
        CommentsOnly: 3,
        Sorted: 3,
        HeaderTouchesFirst: 3,
        Unsorted: 3,
        BlankLinesBetween: 2,
        CommentsBetween: 3,
        DoubleQuotes: 2,
        DynamicInTry: 2,
        HasCodex: 3,
        CodexCommentedOut: 3,
        CodexInComment: 2,
        CodexInTemplate: 2,
        LoadedByList: 1,
        LoadedByFunction: 1,
        ReExports: 1,
        ConflictMarkers: 1,
    }
);

shapes!(
    /// How the lines of a file end.
    Ends { Lf: 6, Crlf: 3, Mixed: 1, }
);

shapes!(
    /// Where the bytes of a file lie.
    Link { Plain: 16, File: 3, Folder: 3, Outside: 1, }
);

shapes!(
    /// What stands where a copied file goes.
    Copied { Absent: 12, Same: 4, Executable: 2, Empty: 2, Edited: 2, Folder: 1, }
);

shapes!(
    /// How the stages of the image are made.
    Stages { One: 4, BuildBefore: 2, OnBase: 2, Beside: 2, TwoInstall: 1, }
);

shapes!(
    /// How the agent's own program is installed.
    Anchor { Own: 5, Combined: 2, Commented: 2, GoesOn: 2, Literal: 1, }
);

shapes!(
    /// What there is of the skill's program.
    Codex {
        Absent: 12,
        Own: 2,
        InList: 2,
        OtherVersion: 2,
        Twice: 2,
        PinLost: 2,
        PinEmpty: 2,
        CommentedOut: 2,
        InHeredoc: 2,
        Literal: 1,
        Unpinned: 1,
        ByNpm: 1,
        PinHidden: 1,
    }
);

shapes!(
    /// What a Dockerfile's first lines say to its reader.
    Directive { None: 2, Syntax: 3, Escape: 2, }
);

/// How a file's bytes are written, whatever it says.
#[derive(Debug, Clone)]
pub struct Style {
    ends: Ends,
    byte_order_mark: bool,
    final_newline: bool,
    mode: u32,
    link: Link,
}

/// A barrel.
#[derive(Debug, Clone)]
pub struct Barrel {
    form: Form,
    modules: Vec<&'static str>,
    style: Style,
}

/// A Dockerfile.
#[derive(Debug, Clone)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a shape that comes or not"
)]
pub struct Docker {
    directive: Directive,
    stages: Stages,
    anchor: Anchor,
    codex: Codex,
    /// A global ARG before the first FROM.
    global: bool,
    /// The package is named where it is not installed.
    named: bool,
    /// Another program's layer, before and after.
    others: [bool; 2],
    lower_case: bool,
    conflict: bool,
    /// The file ends with the layer that the new one goes after.
    ends_there: bool,
    style: Style,
}

/// A whole checkout.
#[derive(Debug, Clone)]
pub struct Grown {
    barrels: [Barrel; 2],
    docker: Docker,
    copied: [Copied; 4],
    /// After how many edits an add breaks off, where a law asks for that.
    pub stop: usize,
}

const MODES: [u32; 5] = [0o644, 0o755, 0o600, 0o444, 0o664];

fn style() -> impl Strategy<Value = Style> {
    let mode = prop::sample::select(MODES.as_slice());
    let last = prop::bool::weighted(0.7);
    (
        Ends::any(),
        prop::bool::weighted(0.2),
        last,
        mode,
        Link::any(),
    )
        .prop_map(|(ends, byte_order_mark, final_newline, mode, link)| Style {
            ends,
            byte_order_mark,
            final_newline,
            mode,
            link,
        })
}

fn barrel() -> impl Strategy<Value = Barrel> {
    let modules = subsequence(MODULES.as_slice(), 1..=4).prop_shuffle();
    (Form::any(), modules, style()).prop_map(|(form, mut modules, style)| {
        if !matches!(form, Form::Unsorted | Form::HeaderTouchesFirst) {
            modules.sort_unstable();
        }
        Barrel {
            form,
            modules,
            style,
        }
    })
}

fn docker() -> impl Strategy<Value = Docker> {
    let seldom = || prop::bool::weighted(0.2);
    (
        (Directive::any(), Stages::any(), Anchor::any(), Codex::any()),
        (seldom(), seldom(), [any::<bool>(), any::<bool>()], seldom()),
        (
            prop::bool::weighted(0.04),
            prop::bool::weighted(0.3),
            style(),
        ),
    )
        .prop_map(|(shapes, marks, (conflict, ends_there, style))| {
            let (directive, stages, anchor, codex) = shapes;
            let (global, named, others, lower_case) = marks;
            Docker {
                directive,
                stages,
                anchor,
                codex,
                global,
                named,
                others,
                lower_case,
                conflict,
                ends_there,
                style,
            }
        })
}

/// Any checkout.
pub fn grown() -> impl Strategy<Value = Grown> {
    let copied = prop_oneof![
        2 => Just([Copied::Absent; 4]),
        3 => [Copied::any(), Copied::any(), Copied::any(), Copied::any()],
        1 => Just([Copied::Same, Copied::Same, Copied::Edited, Copied::Same]),
    ];
    let tame = prop::bool::weighted(0.6);
    (barrel(), barrel(), docker(), copied, 0..9usize, tame).prop_map(
        |(host, container, docker, copied, stop, tame)| {
            let grown = Grown {
                barrels: [host, container],
                docker,
                copied,
                stop,
            };
            if tame { grown.tamed() } else { grown }
        },
    )
}

impl Grown {
    /// The names of the shapes in it.
    pub fn shapes(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (barrel, which) in self.barrels.iter().zip(["host", "container"]) {
            found.push(format!("{which} barrel: {:?}", barrel.form));
            found.extend(barrel.style.shapes(which));
        }
        let docker = &self.docker;
        found.extend(docker.style.shapes("Dockerfile"));
        found.push(format!("directive: {:?}", docker.directive));
        found.push(format!("stages: {:?}", docker.stages));
        found.push(format!("anchor: {:?}", docker.anchor));
        found.push(format!("codex: {:?}", docker.codex));
        let marks = [
            (docker.global, "global ARG"),
            (docker.named, "named, not installed"),
            (docker.others[0], "another layer before"),
            (docker.others[1], "another layer after"),
            (docker.lower_case, "lower case"),
            (docker.conflict, "conflict markers"),
            (docker.ends_there, "ends with the anchor"),
        ];
        let marked = marks.iter().filter(|(is, _)| *is);
        found.extend(marked.map(|(_, name)| format!("Dockerfile: {name}")));
        found.extend(
            self.copied
                .iter()
                .map(|state| format!("copied file: {state:?}")),
        );
        found
    }

    /// The names of all shapes.
    pub fn all_shapes() -> Vec<String> {
        let mut all = Vec::new();
        for which in ["host", "container"] {
            all.extend(
                Form::ALL
                    .iter()
                    .map(|form| format!("{which} barrel: {form:?}")),
            );
        }
        for which in ["host", "container", "Dockerfile"] {
            all.extend(Ends::ALL.iter().map(|ends| format!("{which}: {ends:?}")));
            all.extend(
                Link::ALL
                    .iter()
                    .map(|link| format!("{which}: {link:?} link")),
            );
            all.extend(MODES.iter().map(|mode| format!("{which}: mode {mode:o}")));
            all.push(format!("{which}: byte-order mark"));
            all.push(format!("{which}: no final newline"));
        }
        all.extend(
            Directive::ALL
                .iter()
                .map(|shape| format!("directive: {shape:?}")),
        );
        all.extend(Stages::ALL.iter().map(|shape| format!("stages: {shape:?}")));
        all.extend(Anchor::ALL.iter().map(|shape| format!("anchor: {shape:?}")));
        all.extend(Codex::ALL.iter().map(|shape| format!("codex: {shape:?}")));
        all.extend(
            Copied::ALL
                .iter()
                .map(|shape| format!("copied file: {shape:?}")),
        );
        let marks = [
            "global ARG",
            "named, not installed",
            "another layer before",
            "another layer after",
            "lower case",
            "conflict markers",
            "ends with the anchor",
        ];
        all.extend(marks.iter().map(|name| format!("Dockerfile: {name}")));
        all
    }

    /// Whether the shapes are such that the program must refuse.
    pub fn must_be_refused(&self) -> bool {
        let outside = |style: &Style| style.link == Link::Outside;
        let barrel = |barrel: &Barrel| {
            let by_code = [
                Form::LoadedByList,
                Form::LoadedByFunction,
                Form::ReExports,
                Form::ConflictMarkers,
            ];
            by_code.contains(&barrel.form) || outside(&barrel.style)
        };
        let unanchored =
            self.docker.anchor == Anchor::Literal || self.docker.stages == Stages::TwoInstall;
        let docker = match self.docker.codex {
            Codex::Literal | Codex::Unpinned | Codex::ByNpm | Codex::PinHidden => true,
            Codex::Absent | Codex::CommentedOut | Codex::InHeredoc => unanchored,
            _ => false,
        };
        self.barrels.iter().any(barrel)
            || docker
            || self.docker.conflict
            || outside(&self.docker.style)
            || self.copied.contains(&Copied::Folder)
    }

    /// The same checkout without what must be refused: left to chance, more than half would be refused.
    fn tamed(mut self) -> Self {
        for barrel in &mut self.barrels {
            if let Form::LoadedByList
            | Form::LoadedByFunction
            | Form::ReExports
            | Form::ConflictMarkers = barrel.form
            {
                barrel.form = Form::Sorted;
            }
        }
        let [host, container] = &mut self.barrels;
        for style in [
            &mut host.style,
            &mut container.style,
            &mut self.docker.style,
        ] {
            if style.link == Link::Outside {
                style.link = Link::Plain;
            }
        }
        let docker = &mut self.docker;
        if let Codex::Literal | Codex::Unpinned | Codex::ByNpm | Codex::PinHidden = docker.codex {
            docker.codex = Codex::Absent;
        }
        if docker.anchor == Anchor::Literal {
            docker.anchor = Anchor::Own;
        }
        if docker.stages == Stages::TwoInstall {
            docker.stages = Stages::One;
        }
        docker.conflict = false;
        for state in &mut self.copied {
            if *state == Copied::Folder {
                *state = Copied::Absent;
            }
        }
        self
    }

    /// Whether the Dockerfile has a pin without a value, the one thing that is changed in a line of the user's.
    pub fn has_empty_pin(&self) -> bool {
        self.docker.codex == Codex::PinEmpty
    }

    /// The checkout, and what lies outside of it.
    pub fn trees(&self) -> (Tree, Tree) {
        let (mut tree, mut outside) = (Tree::sample(), Tree::default());
        for module in MODULES {
            for folder in ["src/providers", "container/agent-runner/src/providers"] {
                tree.put(&format!("{folder}/{module}.ts"), "export {};\n");
            }
        }
        let sample = Tree::read(&Path::new(PROJECT).join("fixtures/sample/providers"));
        for (state, path) in self.copied.iter().zip(COPIED) {
            let bytes = sample.bytes(path).expect("a file of the sample").to_vec();
            state.write(path, bytes, &mut tree);
        }
        let [host, container] = &self.barrels;
        let files = [
            (host.text(), &host.style),
            (container.text(), &container.style),
            (self.docker.text(), &self.docker.style),
        ];
        for ((text, style), path) in files.into_iter().zip(INSERTED) {
            style.write(path, &text, &mut tree, &mut outside);
        }
        (tree, outside)
    }
}

impl Copied {
    fn write(self, path: &str, bytes: Vec<u8>, tree: &mut Tree) {
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
    fn shapes(&self, which: &str) -> Vec<String> {
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

    fn write(&self, path: &str, text: &str, tree: &mut Tree, outside: &mut Tree) {
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
    fn text(&self) -> String {
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
    fn text(&self) -> String {
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
