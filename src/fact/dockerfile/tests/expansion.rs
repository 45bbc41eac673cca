//! Versions that stand in other variables, or in nothing.

use super::{check, check_blocked, check_holds, check_wanted, codex, fill};
use crate::fact::dockerfile::{Wanted, pin};

#[test]
fn a_blank_value_is_no_version() {
    for (blank, filled) in [
        ("\"\"", "\"0.124.0\""),
        ("''", "'0.124.0'"),
        (" ", "0.124.0 "),
        ("\" \"", "\"0.124.0\""),
        ("'\t'", "'0.124.0'"),
    ] {
        check(
            &format!("FROM node\nARG CODEX_VERSION={blank}\n{{codex}}\n"),
            "arg-empty",
            Some(2),
            &format!("FROM node\nARG CODEX_VERSION={filled}\n{{codex}}\n"),
        );
    }
}

#[test]
fn a_value_that_is_another_variable_is_what_that_one_is() {
    let note = |raw: &str| format!("`{raw}` is 1.2.3 here, the document's is 0.124.0");
    for (above, raw) in [
        ("FROM node\nARG OTHER=1.2.3", "$OTHER"),
        ("FROM node\nENV OTHER=1.2.3", "${OTHER}"),
        ("FROM node\nENV OTHER 1.2.3", "${OTHER:?}"),
        ("FROM node AS a\nENV OTHER=1.2.3\nFROM a", "${OTHER-9}"),
        ("ARG OTHER=1.2.3\nFROM node\nARG OTHER", "$OTHER"),
        ("FROM node\nARG OTHER", "${OTHER:-1.2.3}"),
        ("FROM node\nARG OTHER=", "${OTHER:-1.2.3}"),
        ("FROM node\nARG OTHER=x", "${OTHER:+1.2.3}"),
        ("FROM node\nARG OTHER=v1.2.3", "${OTHER#v}"),
        ("FROM node\nARG A=1.2 OTHER=$A.3", "$OTHER"),
        ("FROM node\nARG OTHER=2", "1.$OTHER.3"),
        ("FROM scratch\nARG A", "${OTHER:-1.2.3}"),
        ("FROM node", "${CODEX_VERSION:-1.2.3}"),
    ] {
        let file = format!("{above}\nARG CODEX_VERSION={raw}\n{{codex}}\n");
        let line = file.lines().count() + 1;
        check_holds(&file, line, Some(&note(raw)));
        assert_eq!(
            pin(fill(&file).as_bytes(), &codex()).as_deref(),
            Some("1.2.3")
        );
    }
    check_holds(
        "FROM node\nARG OTHER=0.124.0\nARG CODEX_VERSION=\"$OTHER\"\n{codex}\n",
        5,
        Some("`$OTHER` is 0.124.0 here"),
    );
}

#[test]
fn a_value_that_only_a_build_knows_is_called_that() {
    for (above, raw) in [
        ("FROM node", "$OTHER"),
        ("FROM node", "${OTHER:-1.2.3}"),
        ("ARG OTHER=1\nFROM node", "$OTHER"),
        ("FROM node AS a\nARG OTHER=1\nFROM a", "$OTHER"),
        ("FROM node\nARG TARGETARCH", "$TARGETARCH"),
        ("FROM node\nENV OTHER=1\nARG OTHER=2", "$OTHER"),
        ("FROM node\nARG OTHER=1", "${OTHER/1/2}"),
        ("FROM node\nARG OTHER=", "${OTHER:?}"),
    ] {
        let file = format!("{above}\nARG CODEX_VERSION={raw}\n{{codex}}\n");
        let line = file.lines().count() + 1;
        let note = format!("`{raw}` is only known to a build, the document's version is 0.124.0");
        check_holds(&file, line, Some(&note));
        assert_eq!(pin(fill(&file).as_bytes(), &codex()), None);
    }
    check_wanted(
        "FROM node\nARG CODEX_VERSION=\"$OTHER\"\n{codex}\n",
        &Wanted {
            set: Some("1.0"),
            head: None,
        },
        "version-differs",
        Some(2),
        "FROM node\nARG CODEX_VERSION=\"1.0\"\n{codex}\n",
    );
    check(
        "FROM node\n{pin}\nARG CODEX_VERSION=$OTHER\n{claude}\n",
        "install-missing",
        None,
        "FROM node\n{pin}\nARG CODEX_VERSION=$OTHER\n{claude}\n\n{codex}\n",
    );
}

#[test]
fn a_variable_that_comes_to_nothing_is_no_version() {
    for (above, raw) in [
        ("FROM node\nARG OTHER", "$OTHER"),
        ("FROM node\nARG OTHER=", "\"${OTHER}\""),
        ("FROM node", "$CODEX_VERSION"),
        ("FROM node\nARG OTHER=1", "${OTHER#1}"),
        ("FROM scratch", "$OTHER"),
    ] {
        let line = above.lines().count() + 1;
        let file = |value: &str| format!("{above}\nARG CODEX_VERSION={value}\n{{codex}}\n");
        let quoted = raw.starts_with('"');
        let filled = if quoted { "\"0.124.0\"" } else { "0.124.0" };
        check(&file(raw), "arg-empty", Some(line), &file(filled));
    }
}

#[test]
fn a_text_that_no_variable_stands_in_is_a_version() {
    check_holds(
        "FROM node\nARG CODEX_VERSION='$OTHER'\n{codex}\n",
        4,
        Some("$OTHER is pinned here, the document's is 0.124.0"),
    );
}

#[test]
fn an_env_that_is_the_arg_hides_nothing() {
    for env in [
        "ENV CODEX_VERSION=$CODEX_VERSION",
        "ENV A=1 CODEX_VERSION=\"${CODEX_VERSION}\"",
        "ENV CODEX_VERSION ${CODEX_VERSION:-9}",
    ] {
        check_holds(&format!("FROM node\n{{arg}}\n{env}\n{{codex}}\n"), 5, None);
        for hidden in [
            format!("FROM node\n{env}\n{{arg}}\n{{codex}}\n"),
            format!("FROM node AS a\n{{arg}}\n{env}\nFROM a\n{{arg}}\n{{codex}}\n"),
        ] {
            let line = hidden
                .lines()
                .position(|line| line == env)
                .unwrap_or_default()
                + 1;
            let found = "an ENV of the same name stands over `ARG CODEX_VERSION`";
            check_blocked(&hidden, "arg-hidden", Some(line), found);
        }
    }
}

#[test]
fn a_stage_may_be_named_by_parts_of_an_arg() {
    check_holds(
        "ARG KIND=slim\nFROM node AS base-slim\n{arg}\n{codex}\nFROM base-${KIND:-full}\n",
        5,
        None,
    );
}

#[test]
fn defaults_in_defaults_do_not_exhaust_the_stack() {
    let deep = format!("{}1{}", "${A:-".repeat(100_000), "}".repeat(100_000));
    let text = format!("FROM node\nARG B={deep}\nARG CODEX_VERSION=1.2.3\nRUN true\n");
    assert!(crate::dockerfile::Dockerfile::parse(text.as_bytes()).is_ok());
    let deep = format!("{}true{}", "$(".repeat(100_000), ")".repeat(100_000));
    let text = format!("FROM node\nRUN npm {deep}\n");
    assert!(crate::dockerfile::Dockerfile::parse(text.as_bytes()).is_ok());
}

#[test]
fn values_that_double_with_every_line_are_left_to_a_build() {
    let line = |number: usize| format!("ARG A{}=$A{number}$A{number}\n", number + 1);
    let doubled = (0..64).map(line).collect::<String>();
    let file = format!("FROM node\nARG A0=aaaaaaaa\n{doubled}ARG CODEX_VERSION=$A64\n{{codex}}\n");
    let note = "`$A64` is only known to a build, the document's version is 0.124.0";
    check_holds(&file, 69, Some(note));
}
