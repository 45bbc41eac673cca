//! Which version counts, and where it comes from.

use super::{check, check_blocked, check_holds, check_wanted, codex, fill, look};
use crate::fact::dockerfile::{Wanted, pin};
use crate::skill::{Fault, Outcome};

#[test]
fn only_the_run_is_added_where_the_arg_stands_right() {
    check(
        "FROM node\nARG CODEX_VERSION=0.9\n{pin}\n{claude}\n",
        "install-missing",
        None,
        "FROM node\nARG CODEX_VERSION=0.9\n{pin}\n{claude}\n\n{codex}\n",
    );
}

#[test]
fn a_run_without_its_arg_gets_one_at_the_version_that_was_lost() {
    let before = "FROM node\n{pin}\n{claude}\n{codex}\n";
    check(
        before,
        "arg-missing",
        Some(6),
        "FROM node\n{pin}\n{arg}\n{claude}\n{codex}\n",
    );
    let head = b"FROM node\nARG CODEX_VERSION=0.130.0\n";
    let wanted = Wanted {
        head: Some(head),
        set: None,
    };
    check_wanted(
        before,
        &wanted,
        "arg-missing",
        Some(6),
        "FROM node\n{pin}\nARG CODEX_VERSION=0.130.0\n{claude}\n{codex}\n",
    );
    let wanted = Wanted {
        head: Some(head),
        set: Some("1.0.0"),
    };
    check_wanted(
        before,
        &wanted,
        "arg-missing",
        Some(6),
        "FROM node\n{pin}\nARG CODEX_VERSION=1.0.0\n{claude}\n{codex}\n",
    );
    check(
        "FROM node\n  {codex}\n",
        "arg-missing",
        Some(3),
        "FROM node\n{arg}\n  {codex}\n",
    );
    check(
        "FROM node\r\n{codex}\n",
        "arg-missing",
        Some(3),
        "FROM node\r\n{arg}\n{codex}\n",
    );
}

#[test]
fn a_misplaced_arg_is_repeated_where_it_counts() {
    let nine = "ARG CODEX_VERSION=0.9";
    for (before, code, line, after) in [
        (
            "FROM node\n{pin}\n{codex}\n{nine}\n",
            "arg-after-use",
            5,
            "FROM node\n{pin}\n{nine}\n{codex}\n{nine}\n",
        ),
        (
            "FROM a\n{nine}\nFROM node\n{pin}\n{claude}\n{codex}\n",
            "arg-other-stage",
            2,
            "FROM a\n{nine}\nFROM node\n{pin}\n{nine}\n{claude}\n{codex}\n",
        ),
        (
            "FROM a\n{nine}\nFROM node\n{pin}\n{codex}\n{nine}\n",
            "arg-after-use",
            7,
            "FROM a\n{nine}\nFROM node\n{pin}\n{nine}\n{codex}\n{nine}\n",
        ),
        (
            "{nine}\nFROM node\n{codex}\n",
            "arg-other-stage",
            1,
            "{nine}\nFROM node\n{nine}\n{codex}\n",
        ),
    ] {
        check(
            &before.replace("{nine}", nine),
            code,
            Some(line),
            &after.replace("{nine}", nine),
        );
    }
    check(
        &format!("FROM node\n{{pin}}\n{{claude}}\n{nine}\n"),
        "install-missing",
        None,
        &format!("FROM node\n{{pin}}\n{nine}\n{{claude}}\n\n{{codex}}\n{nine}\n"),
    );
}

#[test]
fn an_arg_without_a_value_gets_one_in_its_place() {
    for empty in [
        "ARG CODEX_VERSION",
        "ARG CODEX_VERSION=",
        "arg CODEX_VERSION  ",
    ] {
        let filled = empty
            .replace('=', "")
            .replace("CODEX_VERSION", "CODEX_VERSION=0.124.0");
        check(
            &format!("FROM node\n{empty}\n{{codex}}\n"),
            "arg-empty",
            Some(2),
            &format!("FROM node\n{filled}\n{{codex}}\n"),
        );
    }
    check(
        "FROM node\nARG CODEX_VERSION=\"\"\n{codex}\n",
        "arg-empty",
        Some(2),
        "FROM node\nARG CODEX_VERSION=\"0.124.0\"\n{codex}\n",
    );
    check(
        "FROM node\nARG CODEX_VERSION\n{pin}\n{claude}\n",
        "install-missing",
        None,
        "FROM node\n{arg}\n{pin}\n{claude}\n\n{codex}\n",
    );
}

#[test]
fn a_global_value_counts_where_the_stage_declares_it() {
    let before = "ARG CODEX_VERSION=0.9\nFROM node\nARG CODEX_VERSION\n{codex}\n";
    check_holds(
        before,
        5,
        Some("0.9 is pinned here, the document's is 0.124.0"),
    );
    check_wanted(
        before,
        &Wanted {
            set: Some("1.0"),
            head: None,
        },
        "version-differs",
        Some(1),
        "ARG CODEX_VERSION=1.0\nFROM node\nARG CODEX_VERSION\n{codex}\n",
    );
}

#[test]
fn a_version_that_is_asked_for_replaces_the_pin() {
    let wanted = Wanted {
        set: Some("1.0"),
        head: None,
    };
    for (before, after) in [
        ("0.9", "1.0"),
        ("\"0.9\"", "\"1.0\""),
        ("'0.9'", "'1.0'"),
        ("0.\"9\"", "1.0"),
    ] {
        let file =
            |pin: &str| format!("FROM node\nARG CODEX_VERSION={pin} B=1\n{{codex}}\n{{codex}}\n");
        check_wanted(
            &file(before),
            &wanted,
            "version-differs",
            Some(2),
            &file(after),
        );
    }
    assert!(matches!(
        look("FROM node\nARG CODEX_VERSION=1.0\n{codex}\n", &wanted),
        Outcome::Holds { .. }
    ));
    check_wanted(
        "FROM node\n{pin}\n{arg}\n{claude}\n",
        &wanted,
        "install-missing",
        None,
        "FROM node\n{pin}\nARG CODEX_VERSION=1.0\n{claude}\n\n{codex}\n",
    );
}

#[test]
fn a_version_that_is_no_single_word_is_not_written() {
    for set in ["", "1 2", "1\nRUN false", "\"1"] {
        let found = look(
            "FROM node\n{arg}\n{codex}\n",
            &Wanted {
                set: Some(set),
                head: None,
            },
        );
        assert!(
            matches!(
                found,
                Outcome::Blocked {
                    fault: Fault {
                        code: "layer-unplaceable",
                        ..
                    },
                    ..
                }
            ),
            "{found:?}"
        );
    }
}

#[test]
fn an_env_of_the_same_name_hides_the_arg() {
    let found = "an ENV of the same name stands over `ARG CODEX_VERSION`";
    for (before, line) in [
        (
            "FROM node\nENV A=1 CODEX_VERSION=2\n{pin}\n{arg}\n{claude}\n{codex}\n",
            2,
        ),
        (
            "FROM node\n{pin}\n{arg}\nENV CODEX_VERSION 2\n{claude}\n",
            4,
        ),
        (
            "FROM node AS base\nENV CODEX_VERSION=2\nFROM base\n{arg}\n{codex}\n",
            2,
        ),
    ] {
        check_blocked(before, "arg-hidden", Some(line), found);
    }
    check_holds(
        "FROM node AS other\nENV CODEX_VERSION=2\nFROM node\n{arg}\n{codex}\nENV CODEX_VERSION=3\nENV A CODEX_VERSION=3\n",
        6,
        None,
    );
}

#[test]
fn the_pin_is_the_version_that_counts() {
    let read = |before: &str| pin(fill(before).as_bytes(), &codex());
    assert_eq!(
        read("FROM node\nARG CODEX_VERSION=1\nARG CODEX_VERSION=2\n{codex}\nARG CODEX_VERSION=3\n")
            .as_deref(),
        Some("2")
    );
    assert_eq!(read("FROM node\n{arg}\n"), None);
}

#[test]
fn an_arg_of_a_stage_beside_the_image_gives_no_first_install_its_version() {
    check(
        "FROM go AS tools\nARG CODEX_VERSION=0.9\nFROM node\n{pin}\n{claude}\n",
        "install-missing",
        None,
        "FROM go AS tools\nARG CODEX_VERSION=0.9\nFROM node\n{pin}\n{arg}\n{claude}\n\n{codex}\n",
    );
    check(
        "FROM node AS base\nARG CODEX_VERSION=0.9\nFROM base\n{pin}\n{claude}\n",
        "install-missing",
        None,
        "FROM node AS base\nARG CODEX_VERSION=0.9\nFROM base\n{pin}\nARG CODEX_VERSION=0.9\n{claude}\n\n{codex}\n",
    );
}

#[test]
fn a_version_that_was_lost_comes_from_the_image_then_head_then_a_stage_beside_it() {
    let file = |arg: &str| {
        format!("FROM go AS tools\nARG CODEX_VERSION=0.9\nFROM node\n{{pin}}\n{arg}{{codex}}\n")
    };
    let head = b"FROM go AS tools\nARG CODEX_VERSION=0.8\nFROM node\nARG CODEX_VERSION=0.130.0\n";
    for (head, version) in [(Some(&head[..]), "0.130.0"), (None, "0.9")] {
        check_wanted(
            &file(""),
            &Wanted { set: None, head },
            "arg-other-stage",
            Some(2),
            &file(&format!("ARG CODEX_VERSION={version}\n")),
        );
    }
}
