//! The edits: their order, what several facts make of one file, and which version a lost pin gets.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::{
    BARREL, DOCKERFILE, DOCUMENT, IMAGE, Pins, checkout, codes, paths, payload, plan, skill, text,
};
use crate::plan::Role;

const RUN: &str = "RUN pnpm i -g x@$X_VERSION\n";

#[test]
fn files_are_written_before_what_imports_them_and_before_what_is_inserted_into() {
    let copy = "```nc:copy from-branch:providers\n";
    let first = format!("{copy}src/c.ts\nsrc/b.ts\nsrc/a.ts\nsrc/z.ts\nsrc/y.ts\n");
    let document = DOCUMENT.replace(&format!("{copy}src/x.ts\n"), &first);
    // A step with a copy may stand below the others, too.
    let document = format!("{document}\n# last\n\n{copy}src/x.ts\n```\n");
    let payload = payload(&[
        ("src/c.ts", "import './b.js';\nimport './a.js';\n"),
        ("src/b.ts", "import './a.js';\n"),
        ("src/a.ts", "let a;\n"),
        ("src/z.ts", "import './y.js';\n"),
        ("src/y.ts", "import './z.js';\n"),
        ("src/x.ts", "let x;\n"),
    ]);
    let (_folder, checkout) = checkout(&[]);
    let plan = plan(&skill(&document), &checkout, Some(&payload), &Pins::new()).unwrap();
    assert_eq!(
        paths(&plan.edits),
        [
            "src/a.ts", "src/b.ts", "src/c.ts", "src/x.ts", "src/z.ts", "src/y.ts", BARREL,
            DOCKERFILE
        ]
    );
    let roles = plan.edits.iter().skip(5).map(|edit| edit.role);
    let roles = roles.collect::<Vec<_>>();
    assert_eq!(roles, [Role::Payload, Role::Insert, Role::Image]);
}

#[test]
fn a_file_that_imports_itself_waits_for_no_other() {
    let document = DOCUMENT.replace("src/x.ts", "src/x.ts\nsrc/a.ts");
    let payload = payload(&[("src/x.ts", "import './x.js';\n"), ("src/a.ts", "let a;\n")]);
    let (_folder, checkout) = checkout(&[]);
    let plan = plan(&skill(&document), &checkout, Some(&payload), &Pins::new()).unwrap();
    assert_eq!(paths(&plan.edits)[..2], ["src/x.ts", "src/a.ts"]);
}

#[test]
fn two_facts_of_one_file_are_one_edit_where_its_bytes_lie() {
    let document =
        format!("{DOCUMENT}\n# again\n\n```nc:append to:src/link.ts\nimport '../y.js';\n```\n");
    let (folder, checkout) = checkout(&[(BARREL, "import '../z.js';\n")]);
    symlink("providers/index.ts", folder.path().join("src/link.ts")).unwrap();
    let plan = plan(&skill(&document), &checkout, None, &Pins::new()).unwrap();
    assert_eq!(plan.findings[3].path, Path::new("src/link.ts"));
    assert_eq!(paths(&plan.edits), [BARREL, DOCKERFILE]);
    let edit = &plan.edits[0];
    assert_eq!(text(edit.before.as_ref()), Some("import '../z.js';\n"));
    let after = "import '../x.js';\nimport '../y.js';\nimport '../z.js';\n";
    assert_eq!(text(edit.after.as_ref()), Some(after));
    assert_eq!(edit.after.as_ref().map(|file| file.mode), Some(0o640));
}

#[test]
fn a_lost_pin_has_the_version_of_head_and_a_first_one_the_documents() {
    let pinned = format!("{IMAGE}ARG X_VERSION=0.9\n{RUN}");
    let lost = format!("{IMAGE}{RUN}");
    let elsewhere = format!("{IMAGE}ARG Y=1\n");
    for (here, code, version) in [
        (&lost, "arg-missing", "0.9"),
        (&elsewhere, "install-missing", "1.0"),
    ] {
        let (folder, checkout) = checkout(&[(DOCKERFILE, &pinned)]);
        commit(folder.path());
        fs::write(folder.path().join(DOCKERFILE), here).unwrap();
        let plan = plan(&skill(DOCUMENT), &checkout, None, &Pins::new()).unwrap();
        assert_eq!(codes(&plan)[2], code);
        let after = text(plan.edits[1].after.as_ref()).unwrap();
        assert!(
            after.contains(&format!("ARG X_VERSION={version}\n")),
            "{after}"
        );
    }
}

#[test]
fn a_version_that_is_asked_for_counts_over_heads() {
    let (folder, checkout) = checkout(&[(DOCKERFILE, &format!("{IMAGE}ARG X_VERSION=0.9\n{RUN}"))]);
    commit(folder.path());
    let pins = Pins::from([("X_VERSION".to_owned(), "2.0".to_owned())]);
    let plan = plan(&skill(DOCUMENT), &checkout, None, &pins).unwrap();
    assert_eq!(codes(&plan)[2], "version-differs");
    let after = text(plan.edits[1].after.as_ref()).unwrap();
    assert!(after.contains("ARG X_VERSION=2.0\n"), "{after}");
}

/// Makes the folder a repository whose HEAD has the Dockerfile as it is.
fn commit(folder: &Path) {
    let repository = git2::Repository::init(folder).unwrap();
    let mut index = repository.index().unwrap();
    index.add_path(Path::new(DOCKERFILE)).unwrap();
    let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
    let author = git2::Signature::now("A", "a@example.com").unwrap();
    repository
        .commit(Some("HEAD"), &author, &author, "one", &tree, &[])
        .unwrap();
}
