//! Documents that are given by a path: data, until somebody agrees to their commands.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::support::World;
use crate::{COPY, fifo, refused, sample};

/// A document that copies one file, inserts one line, builds and tests.
pub(super) fn document(world: &World) -> PathBuf {
    let path = world.base().join("given/SKILL.md");
    let text = "---\nname: add-given\ndescription: Given by its path\nlayouts: dockerfile\n---\n\n# Given\n\n## file\n\n```nc:copy from-branch:providers\nsrc/providers/codex.ts\n```\n\n## barrel\n\n```nc:append to:src/providers/index.ts\nimport './codex.js';\n```\n\n## build it\n\n```nc:run effect:build\ntouch built\n```\n\n## test it\n\n```nc:run effect:test\ntest -f built && touch tested\n```\n";
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(&path, text).expect("a document");
    path
}

#[test]
fn a_documents_commands_are_shown_and_need_a_yes() {
    let world = sample();
    let path = document(&world);
    let given = path.to_str().expect("a path");
    let skill = |arguments: &[&str]| world.nanoclaw(&[&["skill"], arguments].concat());
    let hint = format!("the document {given}, and nobody has agreed");
    assert_eq!(skill(&["status", given]).code, 1);
    let words = [
        "then     build it: touch built\n",
        &hint,
        "--yes",
        "--no-build",
    ];
    let run = world.nanoclaw(&["skill", "add", given]);
    assert_eq!(run.code, 3, "{run:?}");
    for word in words {
        assert!(run.stderr.contains(word), "no `{word}` in {run:?}");
    }
    assert!(!world.root.join(COPY).exists());
    assert_eq!(skill(&["add", given, "-n"]).code, 0);
    let run = skill(&["add", given, "--no-build"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.stderr
            .contains(&format!("\n  nanoclaw skill add {given}\n")),
        "a hint names the document by its path: {run:?}"
    );
    let run = skill(&["verify", given, "--no-tests"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(skill(&["status", given]).code, 0);
    let words = [
        "command  test it: test -f built && touch tested\n",
        &hint,
        "--yes",
        "--no-tests",
    ];
    refused(&world, &["skill", "verify", given], 3, &words);
    let words = ["command  build it: touch built\n", &hint, "--yes"];
    refused(&world, &["skill", "build", given], 3, &words);
    // What was left for later needs the yes as well.
    refused(&world, &["skill", "add", given], 3, &[&hint]);
    let run = skill(&["verify", given, "--yes"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(!world.root.join("tested").exists() && !world.root.join("built").exists());
    assert_eq!(skill(&["build", given, "--yes"]).code, 0);
    assert!(world.root.join("built").is_file());
    let run = skill(&["verify", given, "--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.stderr.contains("command  test it: test -f built"),
        "{run:?}"
    );
    let run = refused(&world, &["skill", "add", given], 0, &["already installed"]);
    assert_eq!(run.stdout, b"");
    assert_eq!(skill(&["show", given]).stdout, fs::read(&path).expect("it"));
}

#[test]
fn a_yes_on_the_command_line_installs_a_document_by_its_path() {
    let world = sample();
    document(&world);
    // Relative to the folder that -C names, and named like a skill that is built in.
    let path = world.base().join("given/SKILL.md");
    let text = fs::read_to_string(&path).expect("a document");
    fs::write(&path, text.replace("add-given", "add-codex")).expect("a document");
    let run = world.nanoclaw(&["-C", "src", "skill", "add", "../../given/SKILL.md", "--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(world.root.join("built").is_file() && world.root.join(COPY).is_file());
    let undone = world.nanoclaw(&["-C", "src", "skill", "undo", "--yes"]);
    // By a path that holds wherever the command is run.
    let (_, build) = undone
        .stderr
        .split_once("nanoclaw skill build ")
        .unwrap_or_default();
    assert!(
        build.starts_with('/') && build.trim_end().ends_with("/given/SKILL.md"),
        "{undone:?}"
    );
    assert!(!world.root.join(COPY).exists(), "{undone:?}");
}

/// Puts documents beside the good one, each with one thing wrong.
fn hostile_documents(world: &World) {
    let path = document(world);
    let text = fs::read_to_string(&path).expect("a document");
    let folder = world.base().join("given");
    let put = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).expect("a file");
    put(
        "long.md",
        &[text.as_bytes(), &vec![b'x'; 1024 * 1024]].concat(),
    );
    put("latin.md", &[text.as_bytes(), b"\n\ncaf\xe9\n"].concat());
    put(
        "bell.md",
        text.replace("touch built", "touch \u{7}built").as_bytes(),
    );
    put(
        "up.md",
        text.replace("\nsrc/providers/codex.ts", "\n../x -> ../../outside")
            .as_bytes(),
    );
    put(
        "git.md",
        text.replace("to:src/providers/index.ts", "to:.git/hooks/post-checkout")
            .as_bytes(),
    );
    put(
        "short.md",
        text.replace("to:src/providers/index.ts", "to:GIT~1/config")
            .as_bytes(),
    );
    put(
        "twin.md",
        text.replace("to:src/providers/index.ts", "to:src/providers/Codex.ts")
            .as_bytes(),
    );
    put(
        "branch.md",
        text.replace("from-branch:providers", "from-branch:--upload-pack=x")
            .as_bytes(),
    );
    put(
        "name.md",
        text.replace("add-given", "../../../x").as_bytes(),
    );
    put(
        "heading.md",
        text.replace("## build it", "## build&#10;it").as_bytes(),
    );
    put("nothing.md", b"");
    fifo(&folder.join("fifo.md"));
    symlink("/dev/zero", folder.join("zero.md")).expect("a symlink");
    fs::create_dir(folder.join("folder.md")).expect("a folder");
}

#[test]
fn a_document_that_is_no_plain_text_file_is_an_error() {
    let world = sample();
    hostile_documents(&world);
    for (name, words) in [
        ("long.md", "long.md` is longer than 1048576 bytes"),
        ("latin.md", "latin.md:34: the document is not UTF-8"),
        ("bell.md", "bell.md:24: a control character, `\\u{7}`"),
        (
            "up.md",
            "up.md:11: expected a relative path inside the checkout, found `../x`",
        ),
        (
            "git.md",
            "git.md:17: expected a relative path inside the checkout",
        ),
        (
            "short.md",
            "short.md:17: expected a relative path inside the checkout",
        ),
        (
            "twin.md",
            "twin.md:17: `src/providers/codex.ts` and `src/providers/Codex.ts` differ by case",
        ),
        (
            "branch.md",
            "branch.md:11: expected the name of a branch, found `--upload-pack=x`",
        ),
        ("name.md", "name.md:2: expected a name of a-z"),
        (
            "heading.md",
            "heading.md:23: expected a heading of one line",
        ),
        ("nothing.md", "nothing.md:1: expected front matter"),
        ("fifo.md", "fifo.md` is no regular file"),
        ("zero.md", "zero.md` is no regular file"),
        ("folder.md", "name the document in it"),
        (
            "absent.md",
            "failed to read the document `../given/absent.md`",
        ),
        (
            "a\n\u{1b}[2Jb.md",
            "failed to read the document `../given/a\\n\\u{1b}[2Jb.md`",
        ),
    ] {
        let path = format!("../given/{name}");
        for command in ["add", "verify", "status", "build", "show"] {
            let run = refused(&world, &["skill", command, &path], 2, &[words]);
            assert_eq!(run.stdout, b"", "{run:?}");
        }
    }
    let outside = [world.base().join("outside"), world.base().join("x")];
    assert!(outside.iter().all(|path| !path.exists()));
}
