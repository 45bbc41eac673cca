//! Copied files: which hold beside each other, and what a payload makes of them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{DOCUMENT, Pins, checkout, codes, paths, payload, plan, planned, skill, text};
use crate::plan::{Role, State};

/// The document with these copies in the place of its one.
fn copies(paths: &[&str]) -> String {
    DOCUMENT.replace("src/x.ts", &paths.join("\n"))
}

#[test]
fn a_copy_that_is_there_may_import_what_the_checkout_has_and_what_is_copied_too() {
    let document = copies(&["src/x.ts", "src/y.ts"]);
    for (import, code) in [
        ("./y.js", "holds"),
        ("./own.js", "holds"),
        ("./gone.js", "import-unresolved"),
    ] {
        let source = format!("import '{import}';\n");
        let (_folder, checkout) = checkout(&[("src/x.ts", &source), ("src/own.ts", "")]);
        let survey = plan(&skill(&document), &checkout, None, &Pins::new()).unwrap();
        assert_eq!(codes(&survey)[..2], [code, "file-missing"], "{import}");
    }
}

#[test]
fn a_copy_gets_the_bytes_of_the_payload() {
    let payload = payload(&[("src/x.ts", "export const x = 1;\n")]);
    for (before, code) in [(None, "file-missing"), (Some("other"), "file-differs")] {
        let files = before.map(|text| ("src/x.ts", text));
        let plan = planned(files.as_slice(), Some(&payload));
        assert_eq!(codes(&plan)[0], code);
        assert_eq!(plan.findings[0].state, State::Changes);
        let edit = &plan.edits[0];
        assert_eq!(
            (edit.path.as_path(), edit.role),
            (Path::new("src/x.ts"), Role::Payload)
        );
        assert_eq!(text(edit.before.as_ref()), before);
        assert_eq!(text(edit.after.as_ref()), Some("export const x = 1;\n"));
    }
    let held = planned(&[("src/x.ts", "export const x = 1;\n")], Some(&payload));
    assert_eq!(codes(&held)[0], "holds");
}

#[test]
fn a_copy_that_the_payload_has_not_is_still_missing() {
    let plan = planned(&[], Some(&payload(&[])));
    assert_eq!(plan.findings[0].state, State::Missing);
    assert_eq!(plan.edits.len(), 2);
}

#[test]
fn a_copy_keeps_its_permission_bits_but_for_executing_it() {
    for (before, source, after) in [
        (None, 0o644, 0o644),
        (None, 0o755, 0o755),
        (Some(0o640), 0o644, 0o640),
        (Some(0o640), 0o755, 0o755),
        (Some(0o750), 0o755, 0o750),
        (Some(0o750), 0o644, 0o644),
    ] {
        let (folder, checkout) = checkout(&[]);
        let path = folder.path().join("src/x.ts");
        if let Some(mode) = before {
            fs::write(&path, "other").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        let mut payload = payload(&[("src/x.ts", "let x;\n")]);
        payload.files.get_mut("src/x.ts").unwrap().mode = source;
        let plan = plan(&skill(DOCUMENT), &checkout, Some(&payload), &Pins::new()).unwrap();
        let found = plan.edits[0].after.as_ref().map(|file| file.mode);
        assert_eq!(found, Some(after), "{before:?} {source:o}");
    }
}

#[test]
fn a_copy_that_does_not_fit_blocks_and_the_others_are_planned() {
    let document = copies(&["src/x.ts", "src/y.ts"]);
    let payload = payload(&[
        ("src/x.ts", "import './gone.js';\n"),
        ("src/y.ts", "let y;\n"),
    ]);
    let (_folder, checkout) = checkout(&[]);
    let plan = plan(&skill(&document), &checkout, Some(&payload), &Pins::new()).unwrap();
    assert_eq!(codes(&plan)[..2], ["import-unresolved", "file-missing"]);
    let by_hand = "the module `./gone.js`, or another commit: --ref names one, and without it the newest that fits is taken";
    assert_eq!(plan.findings[0].state, State::Blocked(by_hand.to_owned()));
    assert_eq!(plan.findings[0].line, Some(1));
    assert_eq!(plan.findings[1].state, State::Changes);
    assert!(!paths(&plan.edits).contains(&"src/x.ts"));
}

#[test]
fn a_copy_that_would_take_a_name_from_a_file_of_the_users_blocks() {
    let document = copies(&["src/y.ts", "src/x.ts"]);
    let payload = payload(&[
        ("src/x.ts", "export const two = 2;\n"),
        ("src/y.ts", "let y;\n"),
    ]);
    let (_folder, checkout) = checkout(&[
        ("src/x.ts", "export const one = 1;\n"),
        ("src/own.ts", "import { one } from './x.js';\n"),
    ]);
    let plan = plan(&skill(&document), &checkout, Some(&payload), &Pins::new()).unwrap();
    assert_eq!(codes(&plan)[..2], ["file-missing", "import-unresolved"]);
    assert_eq!(plan.findings[1].path, Path::new("src/own.ts"));
    assert!(plan.is_blocked());
    assert!(!paths(&plan.edits).contains(&"src/x.ts"));
}
