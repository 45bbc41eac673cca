//! What is not read, and said so.

use super::{check_blocked, check_holds};

#[test]
fn an_arg_without_a_name_blocks() {
    for arg in ["CODEX_VERSION = 0.124.0", "1A=2", "A-B=2"] {
        check_blocked(
            &format!("FROM node\n{{pin}}\nARG {arg}\n{{claude}}\n"),
            "dockerfile-unreadable",
            Some(3),
            "an ARG here has no name that can be read, such as for a space around `=`",
        );
    }
    check_holds("FROM node\nARG _a1=2\n{arg}\n{codex}\n", 5, None);
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
