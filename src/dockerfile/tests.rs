//! What is read out of a Dockerfile, and what of a document's block. They touch no file.

use super::{
    Base, Declaration, Dockerfile, Install, Instruction, Manager, Unreadable, Version, What, layer,
};

fn parse(text: &str) -> Dockerfile {
    Dockerfile::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error:?}"))
}

fn installs(run: &str) -> Vec<Install> {
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
fn an_instruction_ends_with_its_last_line() {
    let text = "\u{feff}# c\nFROM a AS b\n\n  RUN x \\\n  # c\n\n  y\nRUN cat <<A && sh <<B\n1\nA\nRUN 2\nB\n# c\r\nENV A 1\r\nUSER u";
    let file = parse(text);
    let spans: Vec<&str> = file
        .instructions
        .iter()
        .filter_map(|found| text.get(found.span.clone()))
        .collect();
    assert_eq!(
        spans,
        [
            "FROM a AS b",
            "RUN x \\\n  # c\n\n  y",
            "RUN cat <<A && sh <<B\n1\nA\nRUN 2\nB",
            "ENV A 1",
            "USER u"
        ]
    );
    let lines: Vec<usize> = file.instructions.iter().map(|found| found.line).collect();
    assert_eq!(lines, [2, 4, 8, 14, 15]);
}

#[test]
fn a_lone_continuation_is_no_instruction() {
    let file = parse("FROM a\n\\\n\n \\\n  USER u\n\\\n");
    let lines: Vec<usize> = file.instructions.iter().map(|found| found.line).collect();
    assert_eq!(lines, [1, 5]);
}

#[test]
fn an_escaped_escape_continues_no_line() {
    for (text, lines) in [
        ("FROM a\nRUN b \\\\\nRUN c\n", [1, 2, 3]),
        ("FROM a\nRUN b \\\\ \r\nRUN c\r\n", [1, 2, 3]),
        ("# escape=`\nFROM a\nCOPY b C:``\nRUN c\n", [2, 3, 4]),
    ] {
        let found: Vec<usize> = parse(text)
            .instructions
            .iter()
            .map(|found| found.line)
            .collect();
        assert_eq!(found, lines, "{text:?}");
    }
}

#[test]
fn stages_know_what_they_are_built_from() {
    let file = parse(
        "ARG B=one\nFROM node AS One\nFROM one\nFROM ${B} AS two\nFROM go\nFROM --platform=x TWO\n",
    );
    let bases: Vec<&Base> = file.stages.iter().map(|stage| &stage.base).collect();
    let image = |name: &str| Base::Image(name.to_owned());
    assert_eq!(
        bases,
        [
            &image("node"),
            &Base::Stage(0),
            &Base::Stage(0),
            &image("go"),
            &Base::Stage(2)
        ]
    );
    assert_eq!(file.built(), [4, 2, 0]);
}

#[test]
fn a_stage_name_that_stands_twice_is_the_later_one() {
    let file = parse("FROM a AS x\nFROM b AS x\nFROM x\n");
    assert_eq!(file.built(), [2, 1]);
}

#[test]
fn args_have_names_values_and_places() {
    let text = "FROM a\nARG A B= C=1 D=\"x y\" E='z' \\\n  F=\\\n2 G=a\"b\"\\ c\n";
    let file = parse(text);
    let one = |found: &Declaration| {
        let value = found.value.as_ref().map(|value| {
            (
                value.text.clone(),
                text.get(value.span.clone()).unwrap_or("?"),
            )
        });
        format!(
            "{}{}",
            found.name,
            value
                .map(|(value, raw)| format!("={value} in {raw:?}"))
                .unwrap_or_default()
        )
    };
    let found: Vec<String> = file
        .instructions
        .iter()
        .flat_map(Instruction::declarations)
        .map(one)
        .collect();
    let expected = [
        "A",
        "B= in \"\"",
        "C=1 in \"1\"",
        "D=x y in \"x y\"",
        "E=z in \"z\"",
        "F=2 in \"\\\\\\n2\"",
        "G=ab c in \"a\\\"b\\\"\\\\ c\"",
    ];
    assert_eq!(found, expected);
}

#[test]
fn both_forms_of_env_name_what_they_set() {
    let names = |text: &str| match parse(&format!("FROM a\n{text}\n"))
        .instructions
        .pop()
        .map(|found| found.what)
    {
        Some(What::Env(names)) => names,
        other => panic!("{other:?}"),
    };
    assert_eq!(names("ENV A=1 B=\"x C=2\" D=3"), ["A", "B", "D"]);
    assert_eq!(names("env A B=1"), ["A"]);
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
fn a_mistake_has_its_line() {
    let error = |text: &str| Dockerfile::parse(text.as_bytes()).err();
    let expected = |line, why: &str| {
        Some(Unreadable {
            line,
            why: why.to_owned(),
        })
    };
    assert_eq!(
        error("\u{feff}\nFROM a\n\nNO b\n"),
        expected(Some(4), "unknown instruction 'NO'")
    );
    assert_eq!(error("RUN a\n"), expected(Some(1), "expected FROM"));
    assert_eq!(
        error("# only\n"),
        expected(None, "expected at least one FROM instruction")
    );
    assert_eq!(
        error("FROM a\nRUN x <<E\n"),
        expected(Some(2), "the heredoc has no end, a line `E`")
    );
}

#[test]
fn a_block_is_one_arg_and_one_run() {
    let found = layer(
        "a",
        "# why\r\nARG V=1.0\r\n\r\nRUN --mount=x \\\r\n  pnpm i -g \"@s/b@${V}\"",
    )
    .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        (
            found.after.as_str(),
            found.package.as_str(),
            found.arg.as_str(),
            found.version.as_str()
        ),
        ("a", "@s/b", "V", "1.0")
    );
    assert_eq!(found.run, "RUN --mount=x \\\n  pnpm i -g \"@s/b@${V}\"");
    assert_eq!(
        installs(&found.run).first().map(|install| install.manager),
        Some(Manager::Pnpm)
    );
}

#[test]
fn another_block_is_refused_with_what_was_expected() {
    let run = "RUN pnpm i -g b@$V";
    for (body, error) in [
        (
            String::new(),
            "expected one ARG and then one RUN, found 0 ARG, 0 RUN and 0 other instructions",
        ),
        (
            format!("{run}\nARG V=1"),
            "expected one ARG and then one RUN, found 1 ARG, 1 RUN and 0 other instructions",
        ),
        (
            format!("ARG V=1\nUSER x\n{run}"),
            "expected one ARG and then one RUN, found 1 ARG, 1 RUN and 1 other instructions",
        ),
        (
            format!("ARG V=1 W=2\n{run}"),
            "expected an ARG of one name, found 2 names",
        ),
        (
            format!("ARG V\n{run}"),
            "expected `ARG V=VERSION`, found `V` without a value",
        ),
        (
            format!("ARG V=\"1 2\"\n{run}"),
            "expected a plain version in `ARG V=VERSION`, found `1 2`",
        ),
        (
            "ARG V=1\nRUN x".to_owned(),
            "expected a RUN that installs one package globally, found 0 packages",
        ),
        (
            "ARG V=1\nRUN pnpm i -g b@$V c".to_owned(),
            "expected a RUN that installs one package globally, found 2 packages",
        ),
        (
            "ARG V=1\nRUN npm i -g b@$V".to_owned(),
            "expected a global install with pnpm, found one with npm",
        ),
        (
            "ARG V=1\nRUN pnpm i -g b@$W".to_owned(),
            "expected `b@${V}`, found `b` by `W`",
        ),
        (
            "ARG V=1\nRUN pnpm i -g b@2".to_owned(),
            "expected `b@${V}`, found `b@2`",
        ),
        (
            "ARG V=1\nRUN pnpm i -g b".to_owned(),
            "expected `b@${V}`, found `b` without a version",
        ),
        (
            "ARG V=1\nRUN pnpm i -g a@$V".to_owned(),
            "expected an `after` other than the package that the RUN installs, found `a` for both",
        ),
        (
            "ARG V=1\nNO".to_owned(),
            "expected an ARG and a RUN, found that unknown instruction 'NO' in line 2",
        ),
    ] {
        assert_eq!(layer("a", &body).err().as_deref(), Some(error));
    }
}
