//! Where the layer goes, and what stands around it.

use super::{CLAUDE, RUN, check, check_blocked, check_holds, codex, fill};
use crate::fact::dockerfile::{Wanted, outcome};
use crate::skill::Outcome;

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
fn the_anchor_may_stand_in_an_array() {
    let list = "SHELL [\"/bin/bash\", \"-c\"]\nRUN CLIS=( \\\n    vercel \\\n    \"@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}\" \\\n  ); \\\n  pnpm install -g \"${CLIS[@]}\"";
    check(
        &format!("FROM node\n{{pin}}\n{list}\n"),
        "install-missing",
        None,
        &format!("FROM node\n{{pin}}\n{{arg}}\n{list}\n\n{{codex}}\n"),
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
fn a_second_stage_with_the_anchor_is_ambiguous_even_beside_the_image() {
    check_blocked(
        "FROM node AS tools\n{pin}\n{claude}\nFROM node\n{pin}\n{claude}\n",
        "anchor-ambiguous",
        Some(8),
        "two stages install `@anthropic-ai/claude-code`, the other in line 4",
    );
}
