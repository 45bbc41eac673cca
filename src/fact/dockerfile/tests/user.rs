//! Who a RUN runs as, and what stands around it that does not matter.

use super::{check, check_holds};

#[test]
fn a_run_by_another_user_than_the_anchors_holds_with_a_note() {
    let note = |user: &str, line: usize| {
        format!(
            "it runs as `{user}`, by the USER in line {line}, for whom pnpm's global folder may not be writable"
        )
    };
    for (user, name) in [
        ("USER node", "node"),
        ("USER node:node", "node"),
        ("user \"1000\" ", "1000"),
        ("USER root\nUSER node", "node"),
        ("ENV U=node\nUSER ${U}:0", "node"),
        ("USER $U", "$U"),
    ] {
        let above = format!("FROM node\n{{pin}}\n{{claude}}\n{user}");
        let line = 4 + user.lines().count();
        check_holds(
            &format!("{above}\n{{arg}}\n{{codex}}\n"),
            line + 3,
            Some(&note(name, line)),
        );
    }
    check_holds(
        "FROM node\nUSER a\n{pin}\n{claude}\nUSER b\n{arg}\n{codex}\n",
        9,
        Some(&note("b", 6)),
    );
    check_holds(
        "FROM node AS a\n{pin}\n{claude}\nUSER node\nFROM a\n{arg}\n{codex}\n",
        9,
        Some(&note("node", 5)),
    );
    check_holds(
        "FROM node\nUSER node\n{arg}\n{codex}\n",
        5,
        Some(&note("node", 2)),
    );
}

#[test]
fn a_run_by_root_or_by_the_anchors_user_holds() {
    for above in [
        "USER node\n{pin}\n{claude}",
        "USER a:b\n{pin}\n{claude}\nUSER root\nUSER a",
        "{pin}\n{claude}\nUSER node\nUSER root",
        "{pin}\n{claude}\nUSER 0:0",
        "{pin}\n{claude}\nUSER root:root",
        "{pin}\n{claude}\nUSER node\nFROM node",
        "{pin}\n{claude}\nFROM node AS b\nUSER node\nFROM node",
    ] {
        let above = format!("FROM node AS a\n{above}\n{{arg}}");
        let line = super::fill(&above).lines().count() + 2;
        check_holds(&format!("{above}\n{{codex}}\n"), line, None);
    }
    check_holds("FROM node\n{arg}\n{codex}\nUSER node\n", 4, None);
}

#[test]
fn the_layer_goes_behind_an_anchor_of_the_same_user() {
    check(
        "FROM node\nUSER node\n{pin}\n{claude}\nUSER root\n",
        "install-missing",
        None,
        "FROM node\nUSER node\n{pin}\n{arg}\n{claude}\n\n{codex}\nUSER root\n",
    );
}

#[test]
fn what_a_container_starts_may_be_said_before_what_is_in_it() {
    for start in [
        "ENTRYPOINT [\"/x\"]",
        "CMD x",
        "HEALTHCHECK CMD x",
        "STOPSIGNAL 9",
    ] {
        check_holds(
            &format!("FROM node\n{start}\n{{arg}}\n{{codex}}\n"),
            5,
            None,
        );
        check(
            &format!("FROM node\n{start}\n{{pin}}\n{{claude}}\n"),
            "install-missing",
            None,
            &format!("FROM node\n{start}\n{{pin}}\n{{arg}}\n{{claude}}\n\n{{codex}}\n"),
        );
    }
}
