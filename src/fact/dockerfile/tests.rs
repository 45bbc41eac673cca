//! Rows through one `check`, which applies twice, and laws over any bytes. They touch no file.

use proptest::prelude::*;

use super::{Wanted, outcome, pin};
use crate::dockerfile::layer;
use crate::skill::{Fault, Layer, Outcome};

const RUN: &str = "RUN --mount=type=cache,target=/root/.cache/pnpm \\\n    pnpm install -g \"@openai/codex@${CODEX_VERSION}\"";
const CLAUDE: &str = "RUN --mount=type=cache,target=/root/.cache/pnpm \\\n    pnpm install -g \"@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}\"";

fn codex() -> Layer {
    let body = format!("ARG CODEX_VERSION=0.124.0\n\n{RUN}\n");
    layer("@anthropic-ai/claude-code", &body).unwrap_or_else(|error| panic!("{error}"))
}

/// `{codex}` and `{claude}` stand for the RUNs, `{arg}` and `{pin}` for the ARGs.
fn fill(text: &str) -> String {
    text.replace("{codex}", RUN)
        .replace("{claude}", CLAUDE)
        .replace("{pin}", "ARG CLAUDE_CODE_VERSION=2.1.128")
        .replace("{arg}", "ARG CODEX_VERSION=0.124.0")
}

fn look(before: &str, wanted: &Wanted<'_>) -> Outcome {
    outcome(fill(before).as_bytes(), &codex(), wanted)
}

fn check_wanted(before: &str, wanted: &Wanted<'_>, code: &str, line: Option<usize>, after: &str) {
    let before = fill(before);
    let Outcome::Edit {
        fault,
        after: found,
    } = outcome(before.as_bytes(), &codex(), wanted)
    else {
        panic!(
            "no edit: {:?}",
            outcome(before.as_bytes(), &codex(), wanted)
        );
    };
    assert_eq!(String::from_utf8_lossy(&found), fill(after));
    assert_eq!((fault.code, fault.line), (code, line), "{}", fault.found);
    let again = outcome(&found, &codex(), wanted);
    assert!(matches!(again, Outcome::Holds { .. }), "again: {again:?}");
}

fn check(before: &str, code: &str, line: Option<usize>, after: &str) {
    check_wanted(before, &Wanted::default(), code, line, after);
}

fn check_holds(before: &str, line: usize, note: Option<&str>) {
    let found = look(before, &Wanted::default());
    assert_eq!(
        found,
        Outcome::Holds {
            line: Some(line),
            note: note.map(str::to_owned)
        }
    );
}

fn check_blocked(before: &str, code: &str, line: Option<usize>, found: &str) {
    let Outcome::Blocked { fault, by_hand } = look(before, &Wanted::default()) else {
        panic!("not blocked: {:?}", look(before, &Wanted::default()));
    };
    assert_eq!(
        (fault.code, fault.line, fault.found.as_str()),
        (code, line, found)
    );
    assert_eq!(by_hand, fill("{arg}\n\n{codex}"));
}

#[test]
fn a_first_install_stands_beside_the_anchor() {
    check(
        "FROM node\n{pin}\nARG BUN=1\n\n{claude}\n\nUSER node\n",
        "install-missing",
        None,
        "FROM node\n{pin}\n{arg}\nARG BUN=1\n\n{claude}\n\n{codex}\n\nUSER node\n",
    );
}

#[test]
fn the_layer_goes_behind_a_run_that_goes_on() {
    let go_on = "{claude} \\\n    && echo done \\\n    # why\n\n    && echo more";
    check(
        &format!("FROM node\n{{pin}}\n{go_on}\nRUN pnpm i -g vercel\n"),
        "install-missing",
        None,
        &format!("FROM node\n{{pin}}\n{{arg}}\n{go_on}\n\n{{codex}}\nRUN pnpm i -g vercel\n"),
    );
}

#[test]
fn the_anchor_is_where_its_package_is_installed_and_not_where_it_is_named() {
    let vercel = "# @anthropic-ai/claude-code\n\
        RUN echo \"only-built-dependencies[]=@anthropic-ai/claude-code\" >> /root/.npmrc && \\\n    pnpm install -g \"vercel@${V}\"\n\
        RUN echo \"pnpm install -g @anthropic-ai/claude-code@$CLAUDE_CODE_VERSION\"\n\
        # RUN pnpm install -g @anthropic-ai/claude-code@$CLAUDE_CODE_VERSION\n";
    check(
        &format!("FROM node\n{{pin}}\n{vercel}\n{{claude}}\n"),
        "install-missing",
        None,
        &format!("FROM node\n{{pin}}\n{{arg}}\n{vercel}\n{{claude}}\n\n{{codex}}\n"),
    );
    check_blocked(
        &format!("FROM node\n{{pin}}\n{vercel}\n"),
        "anchor-missing",
        None,
        "no RUN of the image installs `@anthropic-ai/claude-code`, which the layer goes after",
    );
}

#[test]
fn the_anchor_may_stand_in_a_combined_list_with_comments_in_it() {
    let list = "RUN pnpm install -g \\\n    # the agent\n    \"@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}\" \\\n\n    \"vercel@${VERCEL_VERSION}\"";
    check(
        &format!("FROM node\n{{pin}}\n{list}\n"),
        "install-missing",
        None,
        &format!("FROM node\n{{pin}}\n{{arg}}\n{list}\n\n{{codex}}\n"),
    );
}

#[test]
fn the_anchor_may_stand_in_a_heredoc() {
    for open in [
        "<<EOF",
        "bash <<EOF",
        "<<-'EOF'",
        "echo x && sh -e <<\"EOF\"",
    ] {
        let claude = format!(
            "RUN {open}\n\tset -e\n  pnpm i -g @anthropic-ai/claude-code@$CLAUDE_CODE_VERSION\nUSER nobody\nEOF"
        );
        check(
            &format!("FROM node\n{{pin}}\n{claude}\nUSER node\n"),
            "install-missing",
            None,
            &format!("FROM node\n{{pin}}\n{{arg}}\n{claude}\n\n{{codex}}\nUSER node\n"),
        );
    }
}

#[test]
fn a_heredoc_that_no_shell_runs_installs_nothing() {
    let install = "pnpm i -g @anthropic-ai/claude-code@$CLAUDE_CODE_VERSION";
    for run in ["cat <<EOF > /x", "bash /y.sh <<EOF", "python3 <<EOF"] {
        check_blocked(
            &format!("FROM node\n{{pin}}\nRUN {run}\n{install}\nEOF\n"),
            "anchor-missing",
            None,
            "no RUN of the image installs `@anthropic-ai/claude-code`, which the layer goes after",
        );
    }
    check(
        &format!("FROM node\n{{pin}}\nCOPY <<A <<B /d/\n{install}\nA\nRUN false\nB\n{{claude}}\n"),
        "install-missing",
        None,
        &format!(
            "FROM node\n{{pin}}\n{{arg}}\nCOPY <<A <<B /d/\n{install}\nA\nRUN false\nB\n{{claude}}\n\n{{codex}}\n"
        ),
    );
}

#[test]
fn another_escape_character_continues_the_lines() {
    let claude = CLAUDE.replace(" \\\n", " `\n");
    let codex = RUN.replace(" \\\n", " `\n");
    check(
        &format!("# escape=`\nFROM node\n{{pin}}\n{claude}\n"),
        "install-missing",
        None,
        &format!("# escape=`\nFROM node\n{{pin}}\n{{arg}}\n{claude}\n\n{codex}\n"),
    );
}

#[test]
fn instructions_may_be_in_lower_case() {
    check(
        "from node as base\narg CLAUDE_CODE_VERSION=1\nrun pnpm add --global @anthropic-ai/claude-code@$CLAUDE_CODE_VERSION\n",
        "install-missing",
        None,
        "from node as base\narg CLAUDE_CODE_VERSION=1\n{arg}\nrun pnpm add --global @anthropic-ai/claude-code@$CLAUDE_CODE_VERSION\n\n{codex}\n",
    );
}

#[test]
fn line_ends_the_byte_order_mark_and_a_missing_final_newline_stay() {
    let before = "\u{feff}# syntax=docker/dockerfile:1\nFROM node\n{pin}\n\n{claude}";
    let after =
        "\u{feff}# syntax=docker/dockerfile:1\nFROM node\n{pin}\n{arg}\n\n{claude}\n\n{codex}";
    check(before, "install-missing", None, after);
    let crlf = |text: &str| fill(text).replace('\n', "\r\n");
    check(&crlf(before), "install-missing", None, &crlf(after));
    check(
        &crlf(&format!("{before}\n")),
        "install-missing",
        None,
        &crlf(&format!("{after}\n")),
    );
}

#[test]
fn bytes_that_are_not_utf_8_stay() {
    let before = [
        b"# caf\xe9\n".as_slice(),
        fill("FROM node\n{pin}\n{claude}\n").as_bytes(),
    ]
    .concat();
    let after = [
        b"# caf\xe9\n".as_slice(),
        fill("FROM node\n{pin}\n{arg}\n{claude}\n\n{codex}\n").as_bytes(),
    ]
    .concat();
    let Outcome::Edit { after: found, .. } = outcome(&before, &codex(), &Wanted::default()) else {
        panic!()
    };
    assert_eq!(found, after);
}

#[test]
fn only_stages_of_the_image_count() {
    check(
        "FROM node AS Base\n{pin}\n{claude}\nFROM golang AS tools\n{arg}\n{codex}\nFROM base\nCOPY --from=tools /a /b\n",
        "install-missing",
        None,
        "FROM node AS Base\n{pin}\nARG CODEX_VERSION=0.124.0\n{claude}\n\n{codex}\nFROM golang AS tools\n{arg}\n{codex}\nFROM base\nCOPY --from=tools /a /b\n",
    );
    check_blocked(
        "FROM node AS base\n{pin}\n{claude}\nFROM node\nCOPY --from=base /pnpm /pnpm\n",
        "anchor-missing",
        None,
        "no RUN of the image installs `@anthropic-ai/claude-code`, which the layer goes after",
    );
    check_holds(
        "ARG BASE=one\nFROM node AS one\n{arg}\n{codex}\nFROM $BASE AS two\nFROM two\n",
        5,
        None,
    );
}

#[test]
fn an_anchor_in_two_stages_of_the_image_is_ambiguous() {
    check_blocked(
        "FROM node AS base\n{pin}\n{claude}\nFROM base\n{pin}\n{claude}\n",
        "anchor-ambiguous",
        Some(8),
        "two stages install `@anthropic-ai/claude-code`, the other in line 4",
    );
}

#[test]
fn an_anchor_without_an_arg_of_its_stage_above_it_is_none() {
    let found = "`@anthropic-ai/claude-code` is not installed with pnpm by an ARG that its own stage declares above it";
    for (before, line) in [
        ("FROM node\nRUN pnpm i -g @anthropic-ai/claude-code\n", 2),
        (
            "FROM node\nRUN pnpm i -g @anthropic-ai/claude-code@2.1\n",
            2,
        ),
        ("FROM node\n{claude}\n{pin}\n", 3),
        ("{pin}\nFROM node\n{claude}\n", 4),
        (
            "FROM node\n{pin}\nRUN npm i -g @anthropic-ai/claude-code@$CLAUDE_CODE_VERSION\n",
            3,
        ),
    ] {
        check_blocked(before, "anchor-missing", Some(line), found);
    }
}

#[test]
fn a_global_arg_of_the_anchor_is_left_and_its_redeclaration_is_the_neighbour() {
    check(
        "{pin}\nFROM node\nARG CLAUDE_CODE_VERSION\n{claude}\n",
        "install-missing",
        None,
        "{pin}\nFROM node\nARG CLAUDE_CODE_VERSION\n{arg}\n{claude}\n\n{codex}\n",
    );
}

#[test]
fn an_arg_of_several_names_is_one_instruction() {
    check(
        "FROM node\nARG A=1 CLAUDE_CODE_VERSION=2 \\\n    B=\"x y\"\n{claude}\n",
        "install-missing",
        None,
        "FROM node\nARG A=1 CLAUDE_CODE_VERSION=2 \\\n    B=\"x y\"\n{arg}\n{claude}\n\n{codex}\n",
    );
    check_holds(
        "FROM node\nARG A=1 CODEX_VERSION='0.124.0' B\n{codex}\n",
        4,
        None,
    );
    check(
        "FROM node\nARG A=1 CODEX_VERSION B=2\n{codex}\n",
        "arg-empty",
        Some(2),
        "FROM node\nARG A=1 CODEX_VERSION=0.124.0 B=2\n{codex}\n",
    );
}

#[test]
fn the_layer_holds_by_the_package_and_its_arg() {
    check_holds("FROM node\n{arg}\n{codex}\n", 4, None);
    for install in [
        "corepack pnpm add -g @openai/codex@$CODEX_VERSION",
        "set -e; if true; then sudo -u root CI=1 /usr/bin/pnpm --global i '@openai/codex'@\"${CODEX_VERSION:-1}\" > /dev/null; fi",
        "[ -x /y ] || (cd /x && pnpm --dir /x i -g @openai/codex@${CODEX_VERSION:?})",
        "[\"sh\", \"-euc\", \"pnpm i -g @openai/codex@$CODEX_VERSION\"]",
    ] {
        check_holds(&format!("FROM node\n{{arg}}\nRUN {install}\n"), 3, None);
    }
}

#[test]
fn another_version_a_list_and_a_second_install_hold_with_a_note() {
    check_holds(
        "FROM node\nARG CODEX_VERSION=0.130.0\n{codex}\n",
        4,
        Some("0.130.0 is pinned here, the document's is 0.124.0"),
    );
    check_holds(
        "FROM node\n{arg}\nRUN pnpm i -g \\\n  vercel \\\n  @openai/codex@$CODEX_VERSION\n",
        5,
        Some("it stands in a list with other packages"),
    );
    check_holds(
        "FROM node\n{arg}\n{codex}\n{codex}\n",
        6,
        Some("it is installed twice, also in line 4"),
    );
}

#[test]
fn what_a_shell_is_given_as_a_command_is_read() {
    check_blocked(
        "FROM node\n{pin}\n{claude}\nRUN bash -c 'npm install -g @openai/codex'\n",
        "install-not-ours",
        Some(5),
        "`@openai/codex` is installed with npm without a version here, not with pnpm by `CODEX_VERSION`",
    );
    check_holds(
        "FROM node\n{arg}\nRUN sh -ec 'pnpm i -g \"@openai/codex@${CODEX_VERSION}\"'\n",
        3,
        None,
    );
    check_blocked(
        "FROM node\n{pin}\nRUN echo 'pnpm install -g @anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}'\n",
        "anchor-missing",
        None,
        "no RUN of the image installs `@anthropic-ai/claude-code`, which the layer goes after",
    );
}

#[test]
fn an_arg_without_a_name_blocks() {
    check_blocked(
        "FROM node\n{pin}\nARG CODEX_VERSION = 0.124.0\n{claude}\n",
        "dockerfile-unreadable",
        Some(3),
        "an ARG here has no name that can be read, such as for a space around `=`",
    );
}

#[test]
fn an_install_beside_ours_that_is_not_ours_blocks() {
    check_blocked(
        "FROM node\n{arg}\n{codex}\nRUN npm i -g @openai/codex\n",
        "install-not-ours",
        Some(5),
        "`@openai/codex` is installed with npm without a version here, not with pnpm by `CODEX_VERSION`",
    );
}

#[test]
fn a_second_stage_with_the_anchor_is_ambiguous_even_beside_the_image() {
    check_blocked(
        "FROM node AS tools\n{pin}\n{claude}\nFROM node\n{pin}\n{claude}\n",
        "anchor-ambiguous",
        Some(8),
        "two stages install `@anthropic-ai/claude-code`, the other in line 4",
    );
}

#[test]
fn an_install_that_is_not_by_our_arg_is_not_ours_to_edit() {
    for (install, how) in [
        ("pnpm i -g @openai/codex", "with pnpm without a version"),
        (
            "pnpm i -g \"@openai/codex@\"",
            "with pnpm without a version",
        ),
        ("pnpm i -g @openai/codex@0.1", "with pnpm as `0.1`"),
        (
            "pnpm i -g '@openai/codex@$CODEX_VERSION'",
            "with pnpm as `\\$CODEX_VERSION`",
        ),
        ("pnpm i -g @openai/codex@$OTHER", "with pnpm by `OTHER`"),
        (
            "npm i --location=global @openai/codex@$CODEX_VERSION",
            "with npm by `CODEX_VERSION`",
        ),
        (
            "yarn global add @openai/codex@$CODEX_VERSION",
            "with yarn by `CODEX_VERSION`",
        ),
        ("bun add -g @openai/codex@latest", "with bun as `latest`"),
        (
            "[\"pnpm\", \"i\", \"-g\", \"@openai/codex@$CODEX_VERSION\"]",
            "with pnpm as `\\$CODEX_VERSION`",
        ),
    ] {
        check_blocked(
            &format!("FROM node\n{{pin}}\n{{arg}}\n{{claude}}\nRUN {install}\n"),
            "install-not-ours",
            Some(6),
            &format!("`@openai/codex` is installed {how} here, not with pnpm by `CODEX_VERSION`"),
        );
    }
}

#[test]
fn a_commented_install_is_not_an_install() {
    let comment = format!("# {}", RUN.replace('\n', "\n# "));
    check(
        &format!("FROM node\n{{pin}}\n{{arg}}\n{{claude}}\n\n{comment}\n"),
        "install-commented",
        Some(8),
        &format!("FROM node\n{{pin}}\n{{arg}}\n{{claude}}\n\n{{codex}}\n\n{comment}\n"),
    );
    let comment = "  #RUN --mount=type=cache pnpm i -g @openai/codex@$CODEX_VERSION";
    check(
        &format!("FROM node\n{{pin}}\n{{claude}}\n{comment}\n"),
        "install-commented",
        Some(5),
        &format!("FROM node\n{{pin}}\n{{arg}}\n{{claude}}\n\n{{codex}}\n{comment}\n"),
    );
    let list = "RUN pnpm i -g \\\n#    \"@openai/codex@${CODEX_VERSION}\" \\\n    \"@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}\"";
    check(
        &format!("FROM node\n{{pin}}\n{list}\n"),
        "install-commented",
        Some(4),
        &format!("FROM node\n{{pin}}\n{{arg}}\n{list}\n\n{{codex}}\n"),
    );
    check(
        "FROM node\n{pin}\n{claude} # && pnpm i -g @openai/codex@$CODEX_VERSION\n",
        "install-commented",
        Some(4),
        "FROM node\n{pin}\n{arg}\n{claude} # && pnpm i -g @openai/codex@$CODEX_VERSION\n\n{codex}\n",
    );
}

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
fn conflict_markers_block() {
    let found = "a merge conflict is not resolved here";
    check_blocked(
        "FROM node\n<<<<<<< HEAD\n{arg}\n=======\n>>>>>>> main\n{codex}\n",
        "conflict-markers",
        Some(2),
        found,
    );
}

#[test]
fn what_cannot_be_parsed_blocks_with_the_line() {
    for (before, line, found) in [
        ("", None, "expected at least one FROM instruction"),
        (
            "FROM node\n\nRUNE x\n",
            Some(3),
            "unknown instruction 'RUNE'",
        ),
        (
            "FROM node\nRUN bash <<EOF\nx\n",
            Some(2),
            "the heredoc has no end, a line `EOF`",
        ),
        ("# escape=x\nFROM node\n", Some(1), "invalid escape 'x'"),
    ] {
        check_blocked(before, "dockerfile-unreadable", line, found);
    }
}

#[test]
fn a_continuation_that_ends_the_file_swallows_nothing() {
    check_blocked(
        "FROM node\n{pin}\n{claude} \\\n# end\n",
        "layer-unplaceable",
        None,
        "the lines would not be read there as instructions of their own",
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

/// Lines that files like these are made of, and some that are not.
const SOUP: [&str; 34] = [
    "FROM node",
    "FROM node AS base",
    "FROM base",
    "from base as top",
    "{pin}",
    "{arg}",
    "{claude}",
    "{codex}",
    "{claude} \\",
    "ARG CODEX_VERSION",
    "ARG CODEX_VERSION=",
    "ARG CODEX_VERSION=\"0.9\" B",
    "ARG CLAUDE_CODE_VERSION",
    "ENV CODEX_VERSION=1",
    "RUN <<EOF",
    "RUN bash <<-'EOF'",
    "EOF",
    "COPY <<EOF /x",
    "pnpm i -g @openai/codex@$CODEX_VERSION",
    "RUN npm i -g @openai/codex",
    "# {codex}",
    "# escape=`",
    "# syntax=docker/dockerfile:1",
    "",
    "  \\",
    "# comment",
    "RUN echo \"a",
    "`",
    "USER node",
    "RUN [\"pnpm\", \"i\"]",
    "ONBUILD RUN x <<EOF",
    "\u{feff}",
    "é\r",
    "<<<<<<< a",
];

fn soup() -> impl Strategy<Value = String> {
    let line = (
        prop::sample::select(&SOUP[..]),
        prop::sample::select(&["\n", "\n", "\n", "\r\n", ""][..]),
    );
    let lines = prop::collection::vec(line, 0..14);
    let start = prop::sample::select(
        &[
            "",
            "FROM node\n{pin}\n",
            "FROM node\n{pin}\n{claude}\n",
            "\u{feff}# escape=`\n",
        ][..],
    );
    (start, lines).prop_map(|(start, lines)| {
        let text: String = lines
            .into_iter()
            .flat_map(|(line, end)| [line, end])
            .collect();
        fill(&format!("{start}{text}"))
    })
}

fn laws(before: &[u8], set: Option<&str>) {
    let wanted = Wanted {
        set,
        head: Some(before),
    };
    let Outcome::Edit { fault, after } = outcome(before, &codex(), &wanted) else {
        return;
    };
    let again = outcome(&after, &codex(), &wanted);
    assert!(
        matches!(again, Outcome::Holds { .. }),
        "{again:?}\n{}",
        String::from_utf8_lossy(&after)
    );
    // With the RUN, an ARG that stands without a value gets it in its place.
    let filled = fault.code.starts_with("install") && lost(before, &after) == 1;
    let valued = filled || ["arg-empty", "version-differs"].contains(&fault.code);
    assert!(valued || is_inserted_into(before, &after), "{fault:?}");
    assert_eq!(before.ends_with(b"\n"), after.ends_with(b"\n"));
}

/// The lines with their ends, but for a last one that has none and may get one.
fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    lines.filter(|line| line.ends_with(b"\n")).collect()
}

/// How many lines of the one are not among those of the other.
fn lost(before: &[u8], after: &[u8]) -> usize {
    let mut rest = lines(after);
    let mut lost = lines(before);
    lost.retain(|line| {
        rest.iter()
            .position(|other| other == line)
            .map(|at| rest.remove(at))
            .is_none()
    });
    lost.len()
}

fn is_inserted_into(before: &[u8], after: &[u8]) -> bool {
    let mut rest = lines(after).into_iter();
    lines(before)
        .into_iter()
        .all(|line| rest.any(|other| other == line))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        laws(&bytes, None);
        laws(&[b"FROM a\nRUN ".as_slice(), &bytes].concat(), None);
    }

    #[test]
    fn any_shell_is_read_without_a_panic(text in "[ -~\n]{0,80}", tail in "[a-z<>&|;$(){}'\"`\\\\# \t\r\n=]{0,80}") {
        laws(fill(&format!("FROM node\n{{pin}}\n{{claude}} && {text}\nRUN {tail}\n")).as_bytes(), None);
    }

    #[test]
    fn a_soup_of_lines_is_mended_once_and_by_insertion(text in soup(), set in prop::option::of(Just("7.0.0"))) {
        laws(text.as_bytes(), set);
    }
}
