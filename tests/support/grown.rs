//! Checkouts grown at random from the shapes that real ones have. Decides beforehand whether a skill can be added to one, from the shapes alone.

mod text;

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::subsequence;
use proptest::strategy::Union;

use super::{PROJECT, Tree};

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
