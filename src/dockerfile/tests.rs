//! What is read out of a Dockerfile, and what of a document's block. They touch no file.

mod block;
mod input;
mod install;
mod script;

use std::time::{Duration, Instant};

use super::{Base, Declaration, Dockerfile, Instruction, Unreadable, What};

fn parse(text: &str) -> Dockerfile {
    Dockerfile::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error:?}"))
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
fn hostile_files_take_linear_time() {
    let names = |count| {
        let names = (0..count).map(|number| format!(" A{number}=1"));
        names.collect::<Vec<_>>().concat()
    };
    let run = |script: &str| format!("FROM a\nRUN {script} pnpm i -g a@1\n");
    for (name, text) in [
        ("conditions", run(&"if a; then ".repeat(30_000))),
        ("a list", run(&"a && ".repeat(60_000))),
        ("lists", run(&"a && b; ".repeat(30_000))),
        ("stages", "FROM a AS b\n".repeat(40_000)),
        ("stages without a name", "FROM b\n".repeat(60_000)),
        (
            "names",
            format!(
                "FROM a AS b\nENV{}\n{}",
                names(5_000),
                "FROM b\n".repeat(10_000)
            ),
        ),
    ] {
        let start = Instant::now();
        assert!(Dockerfile::parse(text.as_bytes()).is_ok(), "{name}");
        // A quadratic search takes half a minute and more, a copy of every name for every stage gigabytes.
        assert!(start.elapsed() < Duration::from_secs(10), "{name}");
    }
}

#[test]
fn args_have_names_values_and_places() {
    let text = "FROM a\nARG A B= C=1 D=\"x y\" E='z' \\\n  F=\\\n2 G=a\"b\"\\ c\n";
    let file = parse(text);
    let one = |found: &Declaration| {
        let value = found.value.as_ref().map(|value| {
            (
                value.text.clone().unwrap_or_default(),
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
    let set = |text: &str| match parse(&format!("FROM a\n{text}\n"))
        .instructions
        .pop()
        .map(|found| found.what)
    {
        Some(What::Env(set)) => {
            let one = |found: &Declaration| {
                let value = found.value.as_ref().and_then(|value| value.text.as_deref());
                format!("{}={}", found.name, value.unwrap_or("?"))
            };
            set.iter().map(one).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(set("ENV A=1 B=\"x C=2\" D=$A"), ["A=1", "B=x C=2", "D=?"]);
    assert_eq!(set("env A B=1  \"c d\" "), ["A=B=1  c d"]);
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
    // The parser would say line 3, which the file does not have.
    assert_eq!(
        error("FROM a\nRUN <<<E\n"),
        expected(
            Some(2),
            "expected end of here-document (<E), but reached eof"
        )
    );
}
