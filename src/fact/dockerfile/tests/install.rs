//! Which installs of the package make the fact hold, and which block it.

use super::{RUN, check, check_blocked, check_holds};

#[test]
fn the_layer_holds_by_the_package_and_its_arg() {
    check_holds("FROM node\n{arg}\n{codex}\n", 4, None);
    for install in [
        "corepack pnpm add -g @openai/codex@$CODEX_VERSION",
        "set -e; sudo -u root CI=1 /usr/bin/pnpm --global i '@openai/codex'@\"${CODEX_VERSION:-1}\" > /dev/null",
        "mkdir -p /x && (cd /x && pnpm --dir /x i -g @openai/codex@${CODEX_VERSION:?})",
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
fn an_install_that_its_run_may_pass_over_holds_with_a_note() {
    let ours = "pnpm i -g @openai/codex@$CODEX_VERSION";
    let note =
        "its RUN may succeed without it: it hangs on a condition, or on another command's success";
    for (script, is_noted) in [
        ("if [ \"$WITH\" = true ]; then {}; fi", true),
        ("if [ -x /y ]; then true; else {}; fi", true),
        ("if a; then b; elif c; then {}; fi && d", true),
        ("if {}; then echo there; fi", false),
        ("if a; then b; fi; {}", false),
        ("if a; then if b; then c; fi; {}; fi", true),
        ("while read x; do {}; done", true),
        ("for x in 1 2; do {}; done", false),
        ("case $ARCH in arm) {} ;; esac", true),
        ("case $ARCH in arm) a ;; esac; {}", false),
        ("test -z \"$WITH\" || {}", true),
        ("false && {} || true", true),
        ("{} || {}", false),
        ("{} || true", false),
        ("a && {} && b", false),
        ("a && {} && echo \"$(c || d; e)\"", false),
        ("a && {}; echo \"$(c)\"", true),
        ("a | b && {}", false),
        ("a && {}; b", true),
        ("a; b && {}", false),
        ("a || b; {}", false),
        ("{ a && {}; }", false),
        ("sh -c 'a || {}'", true),
        ("a || sh -c '{}'", true),
        ("echo \"$(a || b)\" && {}", false),
    ] {
        let run = script.replace("{}", ours);
        let noted = is_noted.then_some(note);
        let twice = script.matches("{}").count() > 1;
        if !twice {
            check_holds(&format!("FROM node\n{{arg}}\nRUN {run}\n"), 3, noted);
        }
        check_holds(
            &format!("FROM node\n{{arg}}\nRUN <<E\n{run}\nE\n"),
            4,
            if twice {
                Some("it is installed twice, also in line 4")
            } else {
                noted
            },
        );
    }
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
fn an_install_beside_ours_that_is_not_ours_blocks() {
    check_blocked(
        "FROM node\n{arg}\n{codex}\nRUN npm i -g @openai/codex\n",
        "install-not-ours",
        Some(5),
        "`@openai/codex` is installed with npm without a version here, not with pnpm by `CODEX_VERSION`",
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
fn an_install_behind_a_bracket_in_quotes_is_seen() {
    check_holds(
        "FROM node\n{arg}\nRUN x=$(echo \")\") && pnpm i -g \"@openai/codex@${CODEX_VERSION}\"\n",
        3,
        None,
    );
    check_blocked(
        "FROM node\n{pin}\n{claude}\nRUN x=$(case y in y) echo;; esac); npm i -g @openai/codex\n",
        "install-not-ours",
        Some(5),
        "`@openai/codex` is installed with npm without a version here, not with pnpm by `CODEX_VERSION`",
    );
}

#[test]
fn an_install_by_another_way_is_seen() {
    for install in [
        "npx -y pnpm@10 install -g @openai/codex@$CODEX_VERSION",
        "env CI=1 pnpm add --global \"@openai/codex@\"$CODEX_VERSION",
        "echo \"@openai/codex@$CODEX_VERSION\" | xargs pnpm i -g",
        "pnpm i -g codex@npm:@openai/codex@$CODEX_VERSION",
        "pnpm i -g @openai/codex@v${CODEX_VERSION}",
        "p=\"@openai/codex@${CODEX_VERSION}\" && pnpm i -g \"$p\"",
        "sh -c \"pnpm i -g '@openai/codex@$CODEX_VERSION'\"",
        "CODEX_VERSION=1 pnpm i -g @openai/codex@$CODEX_VERSION",
        "[ -n \"$CODEX_VERSION\" ] || CODEX_VERSION=1; pnpm i -g @openai/codex@$CODEX_VERSION",
        "A=(\"@openai/codex@${CODEX_VERSION}\"); pnpm i -g \"${A[@]}\"",
        "cat <<E > /log\n$(pnpm i -g @openai/codex@$CODEX_VERSION)\nE",
        "out=$(pnpm i -g @openai/codex@$CODEX_VERSION) || { echo \"$out\"; exit 1; }",
    ] {
        let line = if install.contains('\n') { 4 } else { 3 };
        check_holds(&format!("FROM node\n{{arg}}\nRUN {install}\n"), line, None);
    }
    for (install, how) in [
        ("npx pnpm@10 install -g @openai/codex@1", "with pnpm as `1`"),
        (
            "echo @openai/codex | xargs npm install -g",
            "with npm without a version",
        ),
        (
            "npm i -g codex@npm:@openai/codex@1.2.3",
            "with npm as `1.2.3`",
        ),
        (
            "CODEX_VERSION=$(cat v) && pnpm i -g @openai/codex@$CODEX_VERSION",
            "with pnpm as `$(cat v)`",
        ),
        (
            "for p in vercel @openai/codex; do npm i -g $p; done",
            "with npm without a version",
        ),
        (
            "PKGS=(vercel @openai/codex@1); npm i -g \"${PKGS[@]}\"",
            "with npm as `1`",
        ),
        (
            "printf '%s\\n' vercel @openai/codex | while read -r p; do npm i -g \"$p\"; done",
            "with npm without a version",
        ),
        (
            "env -S 'npm i -g @openai/codex'",
            "with npm without a version",
        ),
    ] {
        check_blocked(
            &format!("FROM node\n{{pin}}\n{{arg}}\n{{claude}}\nRUN {install}\n"),
            "install-not-ours",
            Some(6),
            &format!("`@openai/codex` is installed {how} here, not with pnpm by `CODEX_VERSION`"),
        );
    }
    check_blocked(
        "FROM node\nENV CLIS=\"vercel @openai/codex@1\"\n{pin}\n{claude}\nRUN pnpm i -g $CLIS\n",
        "install-not-ours",
        Some(6),
        "`@openai/codex` is installed with pnpm as `1` here, not with pnpm by `CODEX_VERSION`",
    );
}

#[test]
fn what_only_names_the_package_is_no_install() {
    for run in [
        "RUN echo @openai/codex",
        "RUN echo @openai/codex | grep codex | tee x",
        "RUN echo \"npm i -g @openai/codex\" > /x",
        "RUN npx -y @openai/codex --version",
        "RUN pnpm dlx @openai/codex --version",
        "RUN npm view @openai/codex version",
        "RUN npm install @openai/codex",
        "RUN command -v codex || echo 'npm i -g @openai/codex'",
        "ONBUILD RUN npm i -g @openai/codex",
        "LABEL install='npm i -g @openai/codex'",
        "CMD npm i -g @openai/codex",
    ] {
        check(
            &format!("FROM node\n{{pin}}\n{{claude}}\n{run}\n"),
            "install-missing",
            None,
            &format!("FROM node\n{{pin}}\n{{arg}}\n{{claude}}\n\n{{codex}}\n{run}\n"),
        );
    }
}
