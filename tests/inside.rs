//! Hostile checkouts, documents, remotes and arguments: each is refused, named on a line of its own, and nothing is written.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test that cannot go on fails there"
)]

mod support;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use support::{Mark, PROJECT, Run, Tree, World};

fn sample() -> World {
    World::of(&Path::new(PROJECT).join("fixtures/sample"))
}

/// The command ends with this code, says these words on lines that hold no control character, and leaves every byte, mode and time of the
/// checkout and its git directory.
fn refused(world: &World, arguments: &[&str], code: i32, words: &[&str]) -> Run {
    let before = Mark::of(&world.root);
    let run = world.nanoclaw(arguments);
    let what = arguments.join(" ");
    assert_eq!(run.code, code, "{what}: {run:?}");
    for word in words {
        assert!(run.stderr.contains(word), "{what}: no `{word}` in {run:?}");
    }
    let obeyed = |c: char| c.is_control() && c != '\n';
    assert!(!run.stderr.contains(obeyed), "{what}: {:?}", run.stderr);
    let written = before.differences(&Mark::of(&world.root));
    assert!(written.is_empty(), "{what}: {written:?}");
    run
}

fn fifo(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.expect("mkfifo").success());
}

const COPY: &str = "src/providers/codex.ts";
const BARREL: &str = "src/providers/index.ts";

/// Makes something of a checkout, whose root it is given.
type Make = fn(&Path);

#[test]
fn what_no_file_should_be_written_over_or_through_is_refused() {
    let rows: [(Make, &str); 13] = [
        (
            |root| fs::create_dir(root.join(COPY)).expect("a folder"),
            "a folder is where a file should be",
        ),
        (
            |root| fifo(&root.join(COPY)),
            "a special file is where a file should be",
        ),
        (
            |root| drop(UnixListener::bind(root.join(COPY)).expect("a socket")),
            "a special file is where a file should be",
        ),
        (
            |root| symlink("/dev/null", root.join(COPY)).expect("a symlink"),
            "a symlink leads out of the checkout, to /dev/null",
        ),
        (
            |root| symlink("../../../origin/x", root.join(COPY)).expect("a symlink"),
            "a symlink leads to nothing",
        ),
        (
            |root| symlink("codex.ts", root.join(COPY)).expect("a symlink"),
            "a symlink leads in a circle",
        ),
        (
            |root| symlink("../../.git/config", root.join(COPY)).expect("a symlink"),
            "git's own directory",
        ),
        (
            |root| {
                fs::write(root.join("src/a\nhint: x\u{1b}[2J"), "x").expect("a file");
                symlink("../a\nhint: x\u{1b}[2J", root.join(COPY)).expect("a symlink");
            },
            "`src/a\\nhint: x\\u{1b}[2J`: the path holds control characters",
        ),
        (
            |root| {
                let target = OsStr::from_bytes(b"caf\xe9.ts");
                fs::write(root.join("src/providers").join(target), "x").expect("a file");
                symlink(target, root.join(COPY)).expect("a symlink");
            },
            "`src/providers/caf\\xe9.ts`: the path is not UTF-8",
        ),
        (
            |root| fs::write(root.join("src/providers/Codex.ts"), "x").expect("a file"),
            "`src/providers/Codex.ts` is there, which differs from `src/providers/codex.ts` by case alone",
        ),
        (
            |root| fs::create_dir(root.join("Src")).expect("a folder"),
            "`Src` is there, which differs from `src` by case alone",
        ),
        (
            |root| {
                fs::remove_file(root.join(BARREL)).expect("the barrel");
                fifo(&root.join(BARREL));
            },
            "a special file is where a file should be",
        ),
        (
            |root| {
                fs::remove_dir_all(root.join("src/providers")).expect("a folder");
                fs::write(root.join("src/providers"), "x").expect("a file");
            },
            "`src/providers`, which should be a folder, is none",
        ),
    ];
    for (make, words) in rows {
        let world = sample();
        make(&world.root);
        refused(
            &world,
            &["skill", "add", "codex", "--no-build"],
            3,
            &[words],
        );
        refused(&world, &["skill", "add", "codex", "-n"], 3, &[words]);
        let run = world.nanoclaw(&["skill", "verify", "codex", "--no-tests"]);
        assert_eq!(run.code, 1, "{run:?}");
    }
}

#[test]
fn a_checkout_that_no_line_can_name_is_named_safely() {
    for (name, shown) in [
        (&b"a\nhint: run this"[..], "a\\nhint: run this"),
        (b"a\x1b]0;x\x07", "a\\u{1b}]0;x\\u{7}"),
        (b"caf\xe9", "caf\\xe9"),
    ] {
        let world = sample();
        let root = world.base().join(OsStr::from_bytes(name));
        fs::rename(&world.root, &root).expect("another name");
        for arguments in [["add", "codex"], ["verify", "codex"], ["status", "codex"]] {
            let before = Mark::of(&root);
            let mut command = world.command(env!("CARGO_BIN_EXE_nanoclaw"), &root);
            let ended = command.arg("skill").args(arguments).output();
            let ended = ended.expect("the program");
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert_eq!(ended.status.code(), Some(2), "{said}");
            assert!(said.contains(shown) && said.lines().count() == 2, "{said}");
            assert!(before.differences(&Mark::of(&root)).is_empty(), "{said}");
        }
    }
}

/// A document that copies one file, inserts one line, builds and tests.
fn document(world: &World) -> PathBuf {
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

#[test]
fn names_are_no_options_and_no_refspecs_to_git() {
    let world = sample();
    let pwned = world.base().join("pwned");
    let pack = format!("--upload-pack=touch {};", pwned.display());
    for name in [
        pack.as_str(),
        "-x",
        "+main",
        "a:b",
        "main:refs/heads/x",
        "^main",
        "a..b",
        "a\nb",
    ] {
        let reference = format!("--ref={name}");
        for more in [None, Some("--offline"), Some("-n")] {
            let add = ["skill", "add", "codex", "--no-build", &reference];
            let add = add.into_iter().chain(more).collect::<Vec<_>>();
            refused(
                &world,
                &add,
                2,
                &["expected a commit, branch or tag, found `"],
            );
        }
    }
    for name in [pack.as_str(), "-x", "--", ""] {
        let remote = format!("--remote={name}");
        let add = ["skill", "add", "codex", "--no-build", &remote];
        refused(&world, &add, 2, &[]);
    }
    // A remote of the checkout that is called like an option.
    let origin = world.base().join("origin");
    let instead = format!("url.{}.insteadOf", origin.display());
    let url = "https://github.com/qwibitai/nanoclaw";
    world.git(&world.root, &["config", &instead, url]);
    world.git(&world.root, &["config", &format!("remote.{pack}.url"), url]);
    let run = world.nanoclaw(&["skill", "add", "codex", "--no-build", "-n"]);
    assert!(
        run.stderr
            .contains("from     https://github.com/qwibitai/nanoclaw"),
        "{run:?}"
    );
    assert!(!pwned.exists(), "{run:?}");
}

#[test]
fn credentials_of_remotes_are_not_said() {
    for url in [
        "http://user:s3cret@127.0.0.1:1/x",
        "http://user:p@s3cret@127.0.0.1:1/x",
        "http://s3cret@127.0.0.1:1/x",
        "http://user:a/s3cret@127.0.0.1:1/x",
        "http://user%3As3cret%40@127.0.0.1:1/x",
        "http://127.0.0.1:1/x?token=s3cret",
        "HTTP://user:s3cret@127.0.0.1:1/x",
        "file://user:s3cret@/absent",
        "user:s3cret@127.0.0.1:x",
        "-http://user:s3cret@127.0.0.1:1/x",
    ] {
        let mut world = sample();
        world
            .environment
            .push(("GIT_SSH_COMMAND", "false".to_owned()));
        world
            .environment
            .push(("GIT_TERMINAL_PROMPT", "0".to_owned()));
        let say_nothing = |world: &World, arguments: &[&str]| {
            let run = world.nanoclaw(arguments);
            assert_eq!(run.code, 2, "{run:?}");
            let said = format!("{run:?}");
            assert!(!said.contains("s3cret"), "{arguments:?}: {said}");
        };
        let remote = format!("--remote={url}");
        say_nothing(&world, &["skill", "add", "codex", &remote, "--no-build"]);
        say_nothing(&world, &["skill", "add", "codex", &remote, "--offline"]);
        say_nothing(&world, &["skill", "add", "codex", "--", url]);
        let format = format!("--format={url}");
        say_nothing(&world, &["skill", "verify", "codex", &format]);
        say_nothing(
            &world,
            &["skill", "add", "codex", &remote, "--no-such-option"],
        );
        world
            .environment
            .push(("NANOCLAW_CHANNELS_REMOTE", url.to_owned()));
        say_nothing(&world, &["skill", "add", "codex", "--no-build"]);
        world.environment.pop();
        world.git(&world.root, &["config", "remote.origin.url", url]);
        say_nothing(&world, &["skill", "add", "codex", "--no-build"]);
        world.git(&world.root, &["remote", "rename", "origin", "other"]);
        say_nothing(&world, &["skill", "add", "codex", "--no-build"]);
    }
    // Where git goes on to another address, its own words name that one.
    let world = sample();
    let instead = "url.http://user:s3cret@127.0.0.1:1/x.insteadOf";
    world.git(&world.root, &["config", instead, "https://example.com/x"]);
    let add = ["skill", "add", "codex", "--remote=https://example.com/x"];
    let run = world.nanoclaw(&add);
    assert!(run.stderr.contains("127.0.0.1:1"), "{run:?}");
    assert!(!run.stderr.contains("s3cret"), "{run:?}");
}

#[test]
fn no_line_of_another_looks_like_one_of_ours() {
    let world = sample();
    let forged = "\nhint: run this\u{1b}[31m";
    world.git(
        &world.root,
        &["config", "remote.origin.url", &format!("../absent{forged}")],
    );
    let remote = format!("--remote=../absent{forged}");
    let reference = format!("--ref=x{forged}");
    let name = format!("codex{forged}");
    let rows: [&[&str]; 6] = [
        &["skill", "add", "codex"],
        &["skill", "add", "codex", &remote],
        &["skill", "add", "codex", &reference],
        &["skill", "verify", &name],
        &["skill", "verify", "codex", &name],
        &["-C", &name, "skill", "status"],
    ];
    for arguments in rows {
        let run = world.nanoclaw(arguments);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(
            run.stderr.contains("hint: run this"),
            "{arguments:?}: {run:?}"
        );
        let lines = run.stderr.lines();
        let like_ours = lines
            .filter(|line| line.starts_with("hint: run this"))
            .count();
        assert_eq!(like_ours, 0, "{arguments:?}: {run:?}");
        assert!(!run.stderr.contains('\u{1b}'), "{run:?}");
    }
}

/// A sample whose branch has escape sequences in a payload file.
fn escaping() -> World {
    let world = sample();
    let origin = world.base().join("origin");
    world.git(&origin, &["checkout", "--quiet", "providers"]);
    let file = origin.join(COPY);
    let text = fs::read_to_string(&file).expect("a payload file");
    let text = format!("// \u{1b}]0;owned\u{7}\u{1b}[2J \u{9b}31m \u{202e}txet\n{text}");
    fs::write(&file, text).expect("a payload file");
    world.git(&origin, &["commit", "--quiet", "--all", "--message", "x"]);
    world.git(&origin, &["checkout", "--quiet", "main"]);
    world
}

/// What the program writes on a terminal.
fn on_a_terminal(world: &World, arguments: &[&str]) -> String {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&controller).expect("a terminal");
    unlockpt(&controller).expect("a terminal");
    let name = ptsname(&controller, Vec::new()).expect("its name");
    let end = File::options()
        .read(true)
        .write(true)
        .open(OsStr::from_bytes(name.as_bytes()))
        .expect("its other end");
    let mut command = world.command(env!("CARGO_BIN_EXE_nanoclaw"), &world.root);
    command.args(arguments).stdin(Stdio::null());
    command.stdout(end.try_clone().expect("a copy")).stderr(end);
    let mut child = command.spawn().expect("the program");
    // The command holds the other end as well.
    drop(command);
    let mut said = Vec::new();
    // Reading ends with an error on Linux, when nobody holds the other end any more.
    let _ = File::from(controller).read_to_end(&mut said);
    child.wait().expect("its end");
    assert!(!said.is_empty(), "{arguments:?}");
    String::from_utf8(said).expect("UTF-8")
}

#[test]
fn escape_sequences_of_a_branch_do_not_reach_a_terminal() {
    let colours = regex::Regex::new("\u{1b}\\[(0|1|2|31|32|33)m").expect("a pattern");
    for variable in ["NO_COLOR", "CI", "CLICOLOR_FORCE", "LANG"] {
        let mut world = escaping();
        let preview = ["skill", "add", "codex", "-n"];
        world.environment.push((variable, "1".to_owned()));
        let said = on_a_terminal(&world, &preview);
        assert!(
            said.contains("\\u{1b}]0;owned\\u{7}\\u{1b}[2J \\u{9b}31m \\u{202e}txet"),
            "{said}"
        );
        let plain = colours.replace_all(&said, "");
        let coloured = matches!(variable, "CLICOLOR_FORCE" | "LANG");
        assert_eq!(plain != said, coloured, "{variable}: {said:?}");
        let obeyed = plain
            .chars()
            .find(|c| c.is_control() && !"\r\n\t".contains(*c));
        assert_eq!(obeyed, None, "{variable}: {plain:?}");
        // To a pipe go the bytes themselves, whatever the colours.
        let run = world.nanoclaw(&preview);
        let patch = String::from_utf8(run.stdout).expect("UTF-8");
        assert!(
            patch.contains("+// \u{1b}]0;owned\u{7}\u{1b}[2J"),
            "{patch:?}"
        );
        assert!(!patch.contains("\u{1b}[32m"), "{patch:?}");
    }
}

#[test]
fn what_a_build_says_is_not_obeyed() {
    let world = sample();
    let path = document(&world);
    let text = fs::read_to_string(&path).expect("a document");
    let text = text.replace(
        "touch built",
        r"printf '\033]0;owned\007\rhint: x\n' && false",
    );
    fs::write(&path, text).expect("a document");
    let given = path.to_str().expect("a path");
    let add = ["skill", "add", given, "--yes"];
    let run = world.nanoclaw(&add);
    assert_eq!(run.code, 4, "{run:?}");
    assert!(
        run.stderr
            .contains("\n    \\u{1b}]0;owned\\u{7}\\rhint: x\n"),
        "{run:?}"
    );
    assert!(!run.stderr.contains(['\u{1b}', '\r', '\u{7}']), "{run:?}");
    let said = on_a_terminal(&world, &["skill", "build", given, "--yes"]);
    assert!(!said.contains("\u{1b}]0"), "{said:?}");
}

/// Gives everything in a folder to a user.
fn give(folder: &Path, user: u32) {
    chown(folder, Some(user), Some(user)).expect("another owner");
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        if entry.file_type().expect("its type").is_dir() {
            give(&entry.path(), user);
        } else {
            std::os::unix::fs::lchown(entry.path(), Some(user), Some(user)).expect("another owner");
        }
    }
}

#[test]
fn another_user_than_the_owner_is_refused_with_the_command_to_use() {
    let world = sample();
    let root = fs::metadata(&world.root).expect("the root").uid() == 0;
    if !root {
        eprintln!("skipped: only root can give a checkout to another user, or be one");
        return;
    }
    let (owner, other) = (12_345, 54_321);
    // Git's own refusal is another matter; libgit2 reads the home's configuration.
    for file in ["gitconfig", "home/.gitconfig"] {
        let file = world.base().join(file);
        let text = fs::read_to_string(&file).unwrap_or_default();
        fs::write(&file, format!("{text}[safe]\n\tdirectory = *\n")).expect("a configuration");
    }
    let add = ["skill", "add", "codex", "--no-build"];
    let words = [
        "is user 12345's, and this runs as root",
        "nanoclaw skill add codex --no-build, or: sudo -u '#12345' nanoclaw skill add codex --no-build\n",
    ];
    // The git directory alone, then all of it.
    give(&world.root.join(".git"), owner);
    refused(&world, &add, 3, &words);
    give(&world.base(), owner);
    refused(&world, &add, 3, &words);
    let kept = [
        "skill",
        "add",
        "codex",
        "--no-build",
        "--remote=https://a:s3cret@127.0.0.1:1/",
    ];
    let run = refused(&world, &kept, 3, &["'--remote=https://***@127.0.0.1:1/'"]);
    assert!(!run.stderr.contains("s3cret"), "{run:?}");
    for (look, code) in [
        (&["skill", "add", "codex", "-n"][..], 0),
        (&["skill", "add", "codex", "--check"], 1),
        (&["skill", "verify", "codex", "--no-tests"], 1),
        (&["skill", "status", "codex"], 1),
    ] {
        let run = world.nanoclaw(look);
        assert_eq!(run.code, code, "{look:?}: {run:?}");
    }
    let run = |user: u32, arguments: &[&str]| {
        let mut command = world.command(env!("CARGO_BIN_EXE_nanoclaw"), &world.root);
        let ended = command.args(arguments).uid(user).gid(user).output();
        let ended = ended.expect("the program, which every user must be able to start");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        (ended.status.code(), said)
    };
    let before = Tree::read(&world.root);
    fs::set_permissions(
        world.base(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .expect("a folder for all");
    let (code, said) = run(other, &add);
    assert_eq!(code, Some(3), "{said}");
    assert!(
        said.contains("user 12345's, and this runs as user 54321"),
        "{said}"
    );
    assert!(before.differences(&Tree::read(&world.root)).is_empty());
    let (code, said) = run(owner, &add);
    assert_eq!(code, Some(0), "{said}");
    // A build is run by the owner as well; what has nothing to do is let be.
    let build = ["skill", "build", "codex"];
    let run = world.nanoclaw(&["skill", "add", "codex", "--no-build"]);
    assert_eq!(run.code, 0, "{run:?}");
    let path = document(&world);
    let given = path.to_str().expect("a path");
    refused(&world, &["skill", "build", given, "--yes"], 3, &["sudo -u"]);
    assert_ne!(world.nanoclaw(&build).code, 0);
}
