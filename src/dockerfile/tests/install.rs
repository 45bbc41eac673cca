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
pub(super) fn check_installs(run: &str, expected: &[&str]) {
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
fn an_install_knows_its_line_and_its_company() {
    let found = installs("RUN x && \\\n  pnpm i -g \\\n  \"a@$V\" \\\n  # c\n  b && npm i -g c");
    let places: Vec<(usize, bool)> = found
        .iter()
        .map(|found| (found.line, found.alone))
        .collect();
    assert_eq!(places, [(4, false), (6, false), (6, true)]);
}

#[test]
fn programs_that_run_another_are_looked_through() {
    for before in [
        "npx ",
        "npx -y ",
        "npx --yes --package=pnpm@10 ",
        "npx -p pnpm@10 -- ",
        "npm exec -y -- ",
        "npm --silent x --package pnpm@10 -- ",
        "pnpm dlx ",
        "pnpm --package=pnpm dlx ",
        "pnpm --dir /x exec ",
        "yarn dlx -q ",
        "bunx ",
        "bun x ",
        "corepack ",
        "sudo -u root -E A=1 ",
        "sudo --user root -- ",
        "doas -u root ",
        "env -i A=1 ",
        "env -u X ",
        "exec ",
        "exec -a x ",
        "command -p ",
        "builtin command ",
        "nice -n 5 ",
        "nice -5 ",
        "time -p ",
        "/usr/bin/time -f %e ",
        "timeout 60 ",
        "timeout -k 5 --signal=9 60s ",
        "nohup ",
        "stdbuf -oL -e 0 ",
        "ionice -c 3 ",
        "gosu node ",
        "su-exec node:node ",
        "setpriv --reuid=1 ",
        "chroot /x ",
        "flock -w 3 /lock ",
        "runuser -u node -- ",
        "strace -f -o /x ",
        "tini -- ",
        "dumb-init ",
        "sudo env A=1 nice timeout 5 npx ",
    ] {
        check_installs(&format!("RUN x && {before}pnpm@10 i -g a@1"), &["pnpm a 1"]);
    }
    for run in [
        "npx a",
        "npx -p a b",
        "pnpm dlx a",
        "bunx a@1",
        "npm exec a",
        "command -v pnpm i -g a",
        "timeout 60 a",
        "env -i",
        "corepack install -g pnpm@10",
    ] {
        check_installs(&format!("RUN {run}"), &[]);
    }
}

#[test]
fn an_alias_and_an_address_are_of_the_package_that_they_bring() {
    check_installs(
        "RUN npm i -g x@npm:@s/a@1.2 @s/x@npm:a @s/a@npm:b@$V x@npm:a@npm:b",
        &["npm @s/a 1.2", "npm a", "npm b $V", "npm a npm:b"],
    );
    check_installs(
        "RUN npm i -g https://registry.npmjs.org/@s/a/-/a-1.2.3.tgz x@https://y/a/-/a-1.tgz",
        &[
            "npm @s/a https://registry.npmjs.org/@s/a/-/a-1.2.3.tgz",
            "npm a https://y/a/-/a-1.tgz",
        ],
    );
}

#[test]
fn a_version_may_begin_with_a_letter_or_a_sign_that_says_nothing() {
    check_installs(
        "RUN npm i -g a@v$V b@=${V} c@v1 d@vv$V",
        &["npm a $V", "npm b $V", "npm c v1", "npm d vv$V"],
    );
}

#[test]
fn flags_and_verbs_have_other_spellings() {
    for run in [
        "pnpm i a@1 -g",
        "pnpm add --global a@1 --reporter append-only",
        "npm install --prefix /usr a@1 --global",
        "npm --global --loglevel=error in a@1",
        "npm add -g -- a@1",
        "npm i --location global a@1",
        "bun install -g a@1",
        "bun a -g a@1",
        "yarn --network-timeout 5 global --prefix /x add a@1",
    ] {
        let manager = run.split(' ').next().unwrap_or_default();
        check_installs(&format!("RUN {run}"), &[&format!("{manager} a 1")]);
    }
}
