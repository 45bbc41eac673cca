//! Plans of one small document on small checkouts in temporary folders, and what of them is said, written and built.

mod copies;
mod edits;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use super::{Edit, Finding, Pins, Plan, State, plan};
use crate::checkout::{Checkout, File};
use crate::document;
use crate::payload::{Commit, Payload};
use crate::skill::{Layout, Skill};

const BARREL: &str = "src/providers/index.ts";
const DOCKERFILE: &str = "container/Dockerfile";
const IMAGE: &str = "FROM node\nARG CLAUDE_CODE_VERSION=2\nRUN pnpm i -g @anthropic-ai/claude-code@$CLAUDE_CODE_VERSION\n";

/// A copy, a line, a layer, and a build of the sources and of the image.
const DOCUMENT: &str = "\
---
name: add-x
description: A skill of every kind of fact
layouts: dockerfile
---

# files

```nc:copy from-branch:providers
src/x.ts
```

# barrel

```nc:append to:src/providers/index.ts
import '../x.js';
```

# layer

```nc:dockerfile in:container/Dockerfile after:@anthropic-ai/claude-code
ARG X_VERSION=1.0

RUN pnpm i -g x@$X_VERSION
```

# sources

```nc:run effect:build
tsc
```

# image

```nc:run effect:build needs:engine
./container/build.sh
```
";

fn skill(document: &str) -> Skill {
    document::parse("SKILL.md", document).unwrap()
}

/// A checkout of these files; its barrel and its Dockerfile stand where no others are named.
fn checkout(files: &[(&str, &str)]) -> (TempDir, Checkout) {
    let folder = tempfile::tempdir().unwrap();
    let base = [(BARREL, ""), (DOCKERFILE, IMAGE)];
    for (path, text) in base.iter().chain(files) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    }
    let checkout = Checkout::find(folder.path()).unwrap();
    (folder, checkout)
}

fn payload(files: &[(&str, &str)]) -> Payload {
    let file = |text: &str| File {
        bytes: text.as_bytes().to_vec(),
        mode: 0o644,
    };
    let files = files.iter();
    Payload {
        commit: Commit {
            id: "1".repeat(40),
            date: "2026-01-01".to_owned(),
        },
        files: files
            .map(|(path, text)| ((*path).to_owned(), file(text)))
            .collect::<BTreeMap<_, _>>(),
    }
}

fn planned(files: &[(&str, &str)], payload: Option<&Payload>) -> Plan {
    let (_folder, checkout) = checkout(files);
    plan(&skill(DOCUMENT), &checkout, payload, &Pins::new()).unwrap()
}

/// A checkout on which every fact of the document holds.
fn installed() -> Vec<(&'static str, &'static str)> {
    vec![
        ("src/x.ts", "export {};\n"),
        (BARREL, "import '../x.js';\n"),
        (
            DOCKERFILE,
            "FROM node\nARG X_VERSION=1.0\nRUN pnpm i -g x@$X_VERSION\n",
        ),
    ]
}

fn codes(plan: &Plan) -> Vec<&str> {
    plan.findings.iter().map(|finding| finding.code).collect()
}

fn paths(edits: &[Edit]) -> Vec<&str> {
    let path = |edit: &'_ Edit| edit.path.to_str().unwrap().to_owned().leak() as &str;
    edits.iter().map(path).collect()
}

fn text(file: Option<&File>) -> Option<&str> {
    file.map(|file| str::from_utf8(&file.bytes).unwrap())
}

/// Whether every fact holds, none does, one is blocked, one needs the branch.
fn said(plan: &Plan) -> [bool; 4] {
    [
        plan.holds(),
        plan.holds_nowhere(),
        plan.is_blocked(),
        plan.needs_branch(),
    ]
}

#[test]
fn a_survey_names_every_fact_and_its_edits_need_no_branch() {
    let survey = planned(&[], None);
    assert_eq!(
        codes(&survey),
        ["file-missing", "import-missing", "install-missing"]
    );
    let states = survey.findings.iter().map(|finding| &finding.state);
    assert_eq!(
        states.collect::<Vec<_>>(),
        [&State::Missing, &State::Changes, &State::Changes]
    );
    assert_eq!(paths(&survey.edits), [BARREL, DOCKERFILE]);
    assert_eq!(
        survey.findings[1],
        Finding {
            label: "barrel".to_owned(),
            code: "import-missing",
            path: BARREL.into(),
            line: None,
            expected: "`import '../x.js';`".to_owned(),
            found: Some("no import of `../x.js`".to_owned()),
            state: State::Changes,
        }
    );
    assert_eq!(said(&survey), [false, true, false, true]);
}

#[test]
fn a_plan_where_all_facts_hold_has_no_edits() {
    let survey = planned(&installed(), None);
    assert_eq!(codes(&survey), ["holds"; 3]);
    assert_eq!(survey.edits, []);
    assert_eq!(said(&survey), [true, false, false, false]);
    let lines = survey.findings.iter().map(|finding| finding.line);
    assert_eq!(lines.collect::<Vec<_>>(), [None, Some(1), Some(3)]);
}

#[test]
fn a_plan_where_one_fact_does_not_hold_is_neither_installed_nor_nowhere() {
    let mut files = installed();
    files[1].1 = "";
    let survey = planned(&files, None);
    assert_eq!(codes(&survey), ["holds", "import-missing", "holds"]);
    assert_eq!(said(&survey), [false, false, false, false]);
}

#[test]
fn a_blocked_fact_says_what_to_do_by_hand() {
    let survey = planned(&[(BARREL, "import '../x';\n")], None);
    assert_eq!(said(&survey), [false, true, true, true]);
    let state = &survey.findings[1].state;
    let by_hand = "write this in place of src/providers/index.ts:1:\nimport '../x.js';";
    assert_eq!(*state, State::Blocked(by_hand.to_owned()));
    assert_eq!(survey.findings[1].line, Some(1));
}

#[test]
fn a_file_to_insert_into_that_is_not_there_or_no_file_blocks() {
    let document = DOCUMENT.replace("to:src/providers/index.ts", "to:src/other.ts");
    for (made, code, by_hand) in [
        (None, "file-missing", "import '../x.js';"),
        (
            Some("src/other.ts"),
            "file-refused",
            "a regular file `src/other.ts` in the place of what stands there; what it lacks then is added",
        ),
    ] {
        let (folder, checkout) = checkout(&[]);
        if let Some(made) = made {
            fs::create_dir_all(folder.path().join(made)).unwrap();
        }
        let survey = plan(&skill(&document), &checkout, None, &Pins::new()).unwrap();
        assert_eq!(codes(&survey), ["file-missing", code, "install-missing"]);
        let by_hand = State::Blocked(by_hand.to_owned());
        assert_eq!(survey.findings[1].state, by_hand);
        assert_eq!(paths(&survey.edits), [DOCKERFILE]);
    }
}

#[test]
fn a_layout_that_the_document_does_not_serve_is_one_blocked_finding() {
    let own = (".claude/skills/add-x/SKILL.md", "");
    let cli_tools = ("container/cli-tools.json", "[]");
    let guarded = DOCUMENT
        .replace(
            "from-branch:providers",
            "from-branch:providers when:layout=cli-tools",
        )
        .replace("index.ts\nimport", "index.ts when:layout=cli-tools\nimport")
        .replace("claude-code\nARG", "claude-code when:layout=cli-tools\nARG");
    let no_document = "no document here serves this checkout";
    let own_document = "follow this checkout's own document: .claude/skills/add-x/SKILL.md";
    for (document, files, path, by_hand) in [
        (
            DOCUMENT,
            vec![cli_tools],
            "container/cli-tools.json",
            no_document,
        ),
        (
            DOCUMENT,
            vec![cli_tools, own],
            "container/cli-tools.json",
            own_document,
        ),
        (guarded.as_str(), vec![], "container", no_document),
    ] {
        let (_folder, checkout) = checkout(&files);
        let plan = plan(&skill(document), &checkout, None, &Pins::new()).unwrap();
        assert_eq!(codes(&plan), ["layout-not-served"]);
        assert_eq!(plan.findings[0].path, Path::new(path));
        assert_eq!(plan.findings[0].state, State::Blocked(by_hand.to_owned()));
        assert_eq!(plan.edits, []);
    }
}

#[test]
fn a_checkout_without_a_layout_is_not_served() {
    let (folder, _) = checkout(&[]);
    fs::remove_file(folder.path().join(DOCKERFILE)).unwrap();
    let checkout = Checkout::find(folder.path()).unwrap();
    let plan = plan(&skill(DOCUMENT), &checkout, None, &Pins::new()).unwrap();
    assert_eq!(codes(&plan), ["layout-not-served"]);
}

#[test]
fn builds_follow_the_edits() {
    let mut image = installed();
    image.remove(2);
    let mut sources = installed();
    sources[1].1 = "";
    for (files, builds) in [
        (installed(), &[][..]),
        (sources, &["sources"]),
        (image, &["image"]),
        (vec![], &["sources", "image"]),
    ] {
        let skill = skill(DOCUMENT);
        let plan = planned(&files, None);
        let called = plan.builds(&skill, Layout::Dockerfile).into_iter();
        let called = called.map(|(step, _)| step.label.as_str());
        assert_eq!(called.collect::<Vec<_>>(), builds, "{files:?}");
    }
}
