//! Checkouts of another user than the one whom the program runs as.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;

use crate::documents::document;
use crate::support::{Tree, program_for_all};
use crate::{refused, sample};

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
    let (_folder, program) = program_for_all();
    let run = |user: u32, arguments: &[&str]| {
        let mut command = world.command(&program, &world.root);
        let ended = command.args(arguments).uid(user).gid(user).output();
        let ended = ended.expect("the program, which every user must be able to start");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        (ended.status.code(), said)
    };
    let before = Tree::read(&world.root);
    let all = Permissions::from_mode(0o755);
    fs::set_permissions(world.base(), all).expect("a folder for all");
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
