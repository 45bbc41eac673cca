//! What a RUN installs, and what it only says.

use super::parse;
use crate::dockerfile::{Install, Instruction, Version};

pub(super) fn installs(run: &str) -> Vec<Install> {
    parse(&format!("FROM node\n{run}\n"))
        .instructions
        .iter()
        .flat_map(Instruction::installs)
        .cloned()
        .collect()
}

/// The installs as `manager package version`, `$` before the name of an ARG.
fn check_installs(run: &str, expected: &[&str]) {
    let version = |version: &Version| match version {
        Version::Arg(name) => format!(" ${name}"),
        Version::Literal(text) => format!(" {text}"),
        Version::Unpinned => String::new(),
    };
    let one = |found: &Install| {
        format!(
            "{} {}{}",
            found.manager.program(),
            found.package,
            version(&found.version)
        )
    };
    let found: Vec<String> = installs(run).iter().map(one).collect();
    assert_eq!(found, expected, "{run}");
}

#[test]
fn every_manager_installs_globally() {
    check_installs("RUN pnpm install -g a@1", &["pnpm a 1"]);
    check_installs("RUN npm i --global @s/a@$V b", &["npm @s/a $V", "npm b"]);
    check_installs("RUN yarn global add a@${V}", &["yarn a $V"]);
    check_installs("RUN bun add -g a", &["bun a"]);
    check_installs(
        "RUN pnpm --loglevel error add -g a && npm -g --prefix=/x i b",
        &["pnpm a", "npm b"],
    );
    check_installs(
        "RUN pnpm install a; npm ci -g; pnpm run -g install; install -g b; xpnpm i -g c",
        &[],
    );
}

#[test]
fn a_version_is_a_variable_only_as_a_whole() {
    check_installs(
        "RUN npm i -g a@${V:-1} b@${V-1} c@${V:?no} d@^$V e@${V}x f@${V:0:1} g@${V:+1} h@",
        &[
            "npm a $V",
            "npm b $V",
            "npm c $V",
            "npm d ^$V",
            "npm e ${V}x",
            "npm f ${V:0:1}",
            "npm g ${V:+1}",
            "npm h",
        ],
    );
}

#[test]
fn commands_are_found_behind_separators_keywords_and_programs() {
    for before in [
        "a && ",
        "a || ",
        "a; ",
        "a | ",
        "a & ",
        "(",
        "{ ",
        "! ",
        "if ",
        "if a; then ",
        "for a in b; do ",
        "A=1 B='x y' ",
        "sudo -E ",
        "corepack ",
        "env A=1 ",
        "/usr/local/bin/",
        "x 2>&1 && ",
        "x &> y; ",
        "a \\\n # c\n\n && ",
        "--mount=type=cache \\\n ",
    ] {
        check_installs(&format!("RUN {before}pnpm i -g a@1; }})"), &["pnpm a 1"]);
    }
    check_installs("RUN pnpm i -g a &> /b c", &["pnpm a", "pnpm c"]);
    check_installs(
        "RUN pnpm i -g a > /b 2>&1 < c \\\n  d # e",
        &["pnpm a", "pnpm d"],
    );
}

#[test]
fn what_is_only_said_is_not_installed() {
    for run in [
        "echo pnpm i -g a",
        "echo \"x; pnpm i -g a\"",
        "x # && pnpm i -g a",
        "echo x\\; pnpm i -g a",
        "x \\\n# && pnpm i -g a\n",
        "[\"echo\", \"pnpm i -g a\"]",
        "cat <<E\npnpm i -g a\nE",
        "<<E\n#!/usr/bin/python3\npnpm i -g a\nE",
        "<<E\n# pnpm i -g a\nE",
    ] {
        check_installs(&format!("RUN {run}"), &[]);
    }
}

#[test]
fn heredocs_of_shells_are_scripts() {
    for run in [
        "<<E",
        "<<-\"E\"",
        "3<<E",
        "bash <<E",
        "sh -eux <<'E'",
        "x && /bin/bash -o pipefail -s y <<E | z",
        "<<X cat <<Y\n1\nX\n2\nY\nRUN <<E",
        "<<E\n#!/bin/bash -e",
    ] {
        check_installs(
            &format!("RUN {run}\nx \\\n  && pnpm i -g a@1\nE"),
            &["pnpm a 1"],
        );
    }
    check_installs("RUN <<-E\n\tpnpm i -g a@1\n\tE\n", &["pnpm a 1"]);
    assert_eq!(
        installs("RUN bash <<E\n\npnpm i -g \\\n  a\nE")
            .first()
            .map(|found| found.line),
        Some(5)
    );
}

#[test]
fn heredocs_in_heredocs_end_somewhere() {
    check_installs(&format!("RUN {}A\n", "<<A\n".repeat(20_000)), &[]);
    check_installs("RUN <<A\nbash <<B\npnpm i -g a\nB\nA\n", &["pnpm a"]);
}

#[test]
fn an_install_knows_its_line_and_its_company() {
    let found = installs("RUN x && \\\n  pnpm i -g \\\n  \"a@$V\" \\\n  # c\n  b && npm i -g c");
    let places: Vec<(usize, bool)> = found
        .iter()
        .map(|found| (found.line, found.alone))
        .collect();
    assert_eq!(places, [(4, false), (6, false), (6, true)]);
}

#[test]
fn a_bracket_in_an_expansion_ends_nothing() {
    for before in [
        "x $(echo \")\") && ",
        "x $(echo ')') && ",
        "x \"$(echo ')')\" && ",
        "x $(echo \\)) && ",
        "x $(case x in a) echo;; b|c) (y);; esac) && ",
        "x $(case x in (a) echo;; esac; echo \")\") && ",
        "x $(if y; then case x in a) echo;; esac; fi) && ",
        "x $(echo $(echo \")\") `echo \")\"`) && ",
        "x $(echo case) && ",
        "x ${y:-\"}\"} && ",
        "x ${y:-'}'} && ",
        "x \"${y:-$(echo '}')}\" && ",
        "x \"${y:-\\}}\" && ",
        "x ${y:-{} && ",
        "x \"it's ${y:-it's}\" && ",
        "x $((1 + (2))) && ",
        "x $((1 << 2)) && ",
        "x `echo \"\\`\"` && ",
        "x=$(echo \"#\" # it's )\n) && ",
    ] {
        check_installs(
            &format!("RUN <<E\n{before}pnpm i -g a@1\nE\n"),
            &["pnpm a 1"],
        );
    }
}

#[test]
fn a_substitution_runs_its_commands() {
    for run in [
        "out=$(pnpm i -g a@1 2>&1) || exit 1",
        "echo \"`pnpm i -g a@1`\"",
        "echo ${x:-$(pnpm i -g a@1)}",
        "echo \"$(cd /x && (pnpm i -g a@1))\"",
        "echo $(echo $(pnpm i -g a@1))",
    ] {
        check_installs(&format!("RUN {run}"), &["pnpm a 1"]);
    }
    check_installs("RUN echo '$(pnpm i -g a@1)' \\`pnpm i -g a@1\\`", &[]);
    check_installs(
        "RUN <<E\ncat <<X > $(pnpm i -g a)\npnpm i -g b\nX\nY=$(pnpm i -g c\n) bash <<X\npnpm i -g d\nX\nE\n",
        &["pnpm a", "pnpm c", "pnpm d"],
    );
}

#[test]
fn substitutions_in_substitutions_end_somewhere() {
    for (open, count) in [
        ("$(", 20_000),
        ("${a:-", 20_000),
        ("`\\", 2_000),
        ("\"$(", 20_000),
    ] {
        check_installs(&format!("RUN x {}", open.repeat(count)), &[]);
    }
}
