//! What a document must not hold: a row each, with the line and the words of its error.

use super::parse;

const FRONT: &str = "---\nname: add-x\ndescription: x\nlayouts: dockerfile\n---\n\n# X\n\n";
const FACT: &str = "## lines\n\n```nc:append to:src/a.ts\nimport './x.js';\n```\n";

/// The document's error.
fn error(text: &str) -> String {
    parse("x.md", text).map_or_else(|error| error.to_string(), |skill| format!("{skill:?}"))
}

/// A document with this block, whose fence is its line 11.
fn with(block: &str) -> String {
    format!("{FRONT}## block\n\n{block}\n\n{FACT}")
}

#[test]
fn the_rows_stand_on_a_document_that_is_right() {
    let skill = parse("x.md", &with("```nc:copy from-branch:b\nsrc/a.ts\n```")).unwrap();
    assert_eq!(
        (
            skill.name.as_str(),
            skill.called.as_str(),
            skill.steps.len()
        ),
        ("x", "x", 2)
    );
}

#[test]
fn a_path_that_no_checkout_should_have_is_an_error_with_its_line() {
    for path in [
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a/./b",
        "./a",
        "a//b",
        "a/",
        "a\\b",
        ".git/config",
        "x/.GIT/config",
        "GIT~1/config",
        ".git ./config",
        ".git::$INDEX_ALLOCATION/x",
        ".g\u{200d}it/config",
        "a\u{feff}/.git\u{feff}/x",
    ] {
        for block in [
            format!("```nc:copy from-branch:b\n{path}\n```"),
            format!("```nc:copy from-branch:b\n{path} -> src/a.ts\n```"),
            format!("```nc:copy from-branch:b\nsrc/a.ts -> {path}\n```"),
            format!("```nc:append to:{path}\nx\n```"),
        ] {
            // An attribute ends at a space.
            if path.contains(' ') && block.contains("to:") {
                continue;
            }
            let found = error(&with(&block));
            let expected = found
                .starts_with("x.md:11: expected a relative path inside the checkout, found")
                || found.starts_with("x.md:11: a character that changes how the block looks");
            assert!(expected, "{block}: {found}");
        }
    }
    for block in [
        "```nc:append to:\u{7}\nx\n```",
        "```nc:copy from-branch:b\na\u{1b}[2Jb\n```",
        "```nc:copy from-branch:b\na\rb\n```",
    ] {
        let found = error(&with(block));
        assert!(found.contains(": a control character, `\\"), "{found}");
    }
}

#[test]
fn a_branch_that_git_would_read_otherwise_is_an_error() {
    for branch in [
        "-x",
        "--upload-pack=x",
        "+x",
        "a:b",
        "a..b",
        "a^",
        "a~1",
        "a\\b",
        "a.lock",
        "*",
        "a@{1}",
        "/a",
    ] {
        let found = error(&with(&format!(
            "```nc:copy from-branch:{branch}\nsrc/a.ts\n```"
        )));
        assert_eq!(
            found,
            format!("x.md:11: expected the name of a branch, found `{branch}`")
        );
    }
}

#[test]
fn a_name_that_is_not_plain_is_an_error() {
    let long = "x".repeat(65);
    for name in [
        "add-", "-x", "add--x", "a/b", "..", "A", "a b", "$(x)", "ä", "", &long,
    ] {
        let text = with("").replace("name: add-x", &format!("name: {name}"));
        let found = error(&text);
        assert!(
            found.starts_with("x.md:2: expected a name of a-z"),
            "{name}: {found}"
        );
    }
}

#[test]
fn a_heading_is_the_name_of_its_block_on_one_line() {
    let long = format!("## {}", "x".repeat(65));
    for heading in ["## a&#10;b", "## a&#27;[2Jb", "## a&#8238;b", &long] {
        let text = with("```nc:run effect:build\ntrue\n```").replace("## block", heading);
        let found = error(&text);
        assert!(
            found.starts_with("x.md:11: expected a heading of one line") && !found.contains('\n'),
            "{heading}: {found}"
        );
    }
    let found = error(&with("```nc:run\ntrue\n```").replace("## block", "## &#32;"));
    assert!(
        found.starts_with("x.md:11: a block needs a heading"),
        "{found}"
    );
    let two = with("one\ntwo\n===\n\n```nc:run\ntrue\n```");
    assert_eq!(parse("x.md", &two).unwrap().steps[0].label, "one two");
}

#[test]
fn characters_that_hide_what_a_line_says_are_an_error() {
    for (c, line) in [
        ('\u{1b}', 12),
        ('\r', 12),
        ('\u{0}', 12),
        ('\u{85}', 12),
        ('\u{202e}', 11),
        ('\u{2066}', 11),
        ('\u{2028}', 11),
    ] {
        let found = error(&with(&format!("```nc:run\ntrue {c} x\n```")));
        assert!(found.starts_with(&format!("x.md:{line}: a c")), "{found}");
        assert!(!found.contains(c), "{found:?}");
    }
    let windows = with("```nc:run\ntrue\n```").replace('\n', "\r\n");
    assert!(parse("x.md", &windows).is_ok());
    let prose = with("").replace("# X", "# X\n\nright to left: \u{200f}x");
    assert!(parse("x.md", &prose).is_ok());
}

#[test]
fn steps_that_one_disk_or_record_takes_for_one_are_an_error() {
    for (path, words) in [
        ("src/A.ts", "`src/A.ts` and `src/a.ts` differ by case alone"),
        ("SRC/b.ts", "`SRC` and `src` differ by case alone"),
        (
            "src/a.ts/b",
            "`src/a.ts` is named as a file and as a folder",
        ),
        ("src", "`src` is named as a file and as a folder"),
    ] {
        let found = error(&with(&format!("```nc:copy from-branch:b\n{path}\n```")));
        assert!(
            found.starts_with("x.md:17: ") && found.contains(words),
            "{found}"
        );
    }
    let build = "```nc:run effect:build\ntrue\n```";
    let found = error(&with(&format!("{build}\n\n{build}")));
    assert_eq!(found, "x.md:15: a second build below the heading `block`");
    assert!(parse("x.md", &with(&format!("{build}\n\n## other\n\n{build}"))).is_ok());
}

#[test]
fn a_byte_order_mark_stands_before_the_front_matter() {
    let text = with("");
    let marked = parse("x.md", &format!("\u{feff}{text}")).unwrap();
    assert_eq!(marked.name, "x");
}

#[test]
fn blocks_of_a_thousand_lines_are_the_most() {
    let block = |count| format!("```nc:run effect:check\n{}```", "true\n".repeat(count));
    // One stands in the fact behind it.
    assert!(parse("x.md", &with(&block(999))).is_ok());
    let found = error(&with(&block(1000)));
    let words =
        "x.md:1016: the blocks up to here have 1001 lines, and a document's have 1000 at most";
    assert_eq!(found, words);
}

#[test]
fn a_question_binds_one_variable_that_is_asked_for_before_it_is_used() {
    let prompt = "```nc:prompt x choices:a,b\nX?\n```\n\n";
    for (block, words) in [
        ("```nc:prompt\nX?\n```", "`nc:prompt` needs one variable"),
        ("```nc:prompt x y\nX?\n```", "found `x y`"),
        ("```nc:prompt layout\nX?\n```", "other than `layout`"),
        ("```nc:prompt 1x\nX?\n```", "found `1x`"),
        ("```nc:prompt x secret\n\n```", "expected words to a person"),
        ("```nc:operator\n\n```", "expected words to a person"),
        ("```nc:operator gate\nGo.\n```", "does not take `gate`"),
        ("```nc:prompt x min:2\nX?\n```", "does not take `min:`"),
        (
            "```nc:prompt x validate:(\nX?\n```",
            "`(` is no regular expression",
        ),
        ("```nc:prompt x validate:a flags:g\nX?\n```", "the flag `g`"),
        ("```nc:prompt x normalize:upper\nX?\n```", "found `upper`"),
        ("```nc:prompt x reuse:a-b\nX?\n```", "found `a-b`"),
        ("```nc:env-set\nA\n```", "expected `KEY=value`, found `A`"),
        ("```nc:env-set\n\n```", "expected a `KEY=value` a line"),
        (
            "```nc:env-set\nA={{y}}\n```",
            "the variable `y` is asked for by no",
        ),
        ("```nc:operator\n{{y}}\n```", "the variable `y`"),
        ("```nc:operator when:y=1\nGo.\n```", "the variable `y`"),
        (
            "```nc:run effect:external\nrun {{y}}\n```",
            "the variable `y`",
        ),
        (
            "```nc:run effect:external\nrun $(x {{x}})\n```",
            "can hold no `$(`",
        ),
        ("```nc:run effect:test\nrun {{x}}\n```", "takes no answer"),
        (
            "```nc:run effect:test when:x=a\nrun\n```",
            "on `layout` alone",
        ),
        (
            "```nc:copy from-branch:b when:x=a\nsrc/b.ts\n```",
            "on `layout` alone",
        ),
        ("```nc:prompt X\nX?\n```", "`x` and `X` are both NC_INPUT_X"),
        (
            "```nc:prompt x secret when:x=a\nX?\n```",
            "a secret in one question, and none in another",
        ),
        (
            "```nc:dockerfile in:D after:p\nARG A={{x}}\nRUN [\"w\", \"${A}\"]\n```",
            "expected a RUN that takes its value as",
        ),
        (
            "```nc:dockerfile in:D after:p\nARG A={{x}}\nRUN w '\"${A}\"'\n```",
            "expected a RUN that takes its value as",
        ),
        (
            "```nc:dockerfile in:D after:p\nARG A={{x}}\nRUN w \"${A}\" && rm -rf $A/x\n```",
            "expected a RUN that takes its value as",
        ),
        (
            "```nc:dockerfile in:D after:p\nARG A={{x}}\nRUN w $A\n```",
            "expected a RUN that takes its value as `\"${A}\"`",
        ),
        (
            "```nc:dockerfile in:D after:p\nARG A={{y}}\nRUN w \"${A}\"\n```",
            "the variable `y`",
        ),
    ] {
        let found = error(&with(&format!("{prompt}{block}")));
        assert!(found.contains(words), "{block}: {found}");
        assert!(found.starts_with("x.md:15: "), "{block}: {found}");
    }
    let used = "```nc:env-set when:x=a\nA={{ x }}\n```";
    assert!(parse("x.md", &with(&format!("{prompt}{used}"))).is_ok());
    let above = error(&with(&format!("{used}\n\n{prompt}")));
    assert!(
        above.contains("asked for by no `nc:prompt` above"),
        "{above}"
    );
}

/// A later question may bind the variable again, where its guard is another one.
#[test]
fn a_variable_may_have_two_questions() {
    let two = "```nc:prompt x\nX?\n```\n\n```nc:prompt y when:x=1\nY?\n```\n\n```nc:prompt y when:x=2\nY?\n```";
    assert!(parse("x.md", &with(two)).is_ok());
}

#[test]
fn an_empty_block_is_an_error_with_what_was_expected() {
    for (head, expected) in [
        ("copy from-branch:b", "a path a line"),
        ("append to:a.ts", "lines to insert"),
        ("run effect:test", "a command a line"),
        ("env-set", "a `KEY=value` a line"),
    ] {
        let text = format!(
            "---\nname: x\ndescription: x\nlayouts: dockerfile\n---\n\n# y\n\n```nc:{head}\n```\n"
        );
        let found = parse("x.md", &text).unwrap_err();
        let message = format!("the block is empty; expected {expected}");
        assert_eq!((found.line, found.message), (9, message), "{head}");
    }
}
