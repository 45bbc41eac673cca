//! What a document asks, answered by the command line, the environment and `.env`: the keys of `.env`, words to a person, commands, and builds.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "a test that cannot go on fails there"
)]

#[path = "answers/site.rs"]
mod site;
mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use site::{DOCUMENT, called, configure, document, ends, env, world};
use support::Tree;

#[test]
fn answers_come_from_the_command_line_and_the_environment() {
    let mut world = world();
    world
        .environment
        .push(("NC_INPUT_TOKEN", " tok-secret'$(x)\"; \n".to_owned()));
    let before = Tree::read(&world.root);
    let run = configure(&world, &[]);
    ends(&run, 1, "pending  mode: How do messages come?");
    ends(
        &run,
        1,
        "--input mode=socket|webhook, or NC_INPUT_MODE in the environment, answers it",
    );
    assert!(!run.stderr.contains("pending  token"), "{run:?}");
    ends(
        &configure(&world, &["--input", "mode=socket", "-n"]),
        0,
        "run      owner: printf '%s|%s\\n' '<{{token}}>' \"{{mode}}\" >> \"$HOME/called\"; printf 'token {{token}}\\n'\n         {{mode}} is socket\n",
    );
    ends(
        &configure(&world, &["--input", "mode=socket"]),
        3,
        "nobody has agreed to them",
    );
    assert_eq!(before.differences(&Tree::read(&world.root)), [""; 0]);
    let run = configure(&world, &["--input", "mode=socket", "-y"]);
    ends(&run, 0, "  token ***");
    ends(&run, 0, "Make a bot, and copy its token.");
    ends(&run, 0, "git does not ignore .env");
    assert_eq!(
        env(&world),
        "CHAT_TOKEN=tok-secret'$(x)\";\nCHAT_MODE=by-socket\n"
    );
    assert_eq!(called(&world), "<tok-secret'$(x)\";>|socket\n");
    let file = world.root.join(".env").metadata().expect("a file");
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
    // What is there stays, and is an answer.
    world.environment.pop();
    let run = configure(
        &world,
        &["--input", "mode=webhook", "--input", "port=80", "-y"],
    );
    ends(&run, 0, "token: by CHAT_TOKEN in .env:1");
    ends(&run, 0, "`CHAT_MODE` has another value here, which stays");
    ends(&run, 0, "Open the port 80.");
    assert!(
        called(&world).ends_with("|webhook\nport 80\n"),
        "{}",
        called(&world)
    );
    assert!(env(&world).ends_with("CHAT_MODE=by-socket\n"));
    ends(&world.nanoclaw(&["skill", "undo", "-y"]), 0, "is undone");
    assert!(!world.root.join(".env").exists());
}

#[test]
fn an_answer_that_is_none_ends_it_before_anything_is_written() {
    let mut world = world();
    let before = Tree::read(world.base().as_path());
    for (arguments, words) in [
        (&["--input", "token=tok-secret"][..], "`token` is a secret"),
        (&["--input", "mode"], "expected NAME=VALUE"),
        (
            &["--input", "bot=x"],
            "asks for no `bot`; it asks for: token, mode, port",
        ),
        (
            &["--input", "mode=x"],
            "--input: expected socket or webhook for `mode`",
        ),
        (&["--model", "x"], "--model: "),
        (&["--auth", "api-key"], "--auth: "),
    ] {
        ends(&configure(&world, &[arguments, &["-y"]].concat()), 2, words);
    }
    world
        .environment
        .push(("NC_INPUT_TOKEN", "wrong-secret".to_owned()));
    let run = configure(&world, &["--input", "mode=socket", "-y"]);
    ends(
        &run,
        2,
        "NC_INPUT_TOKEN: expected what matches ^tok- for `token`",
    );
    assert!(!run.stderr.contains("wrong-secret"), "{run:?}");
    world.environment.pop();
    world
        .environment
        .push(("NC_INPUT_TOKEN", "tok-secret".to_owned()));
    // The port counts for a webhook alone.
    let run = configure(
        &world,
        &["--input", "mode=socket", "--input", "port=80", "-y"],
    );
    ends(&run, 2, "`port` is asked for only where `mode` is webhook");
    let run = configure(&world, &["--input", "port=80", "-n"]);
    ends(&run, 0, "port %s");
    assert_eq!(
        before.differences(&Tree::read(world.base().as_path())),
        [""; 0]
    );
    // A key that nothing reads would change nothing.
    fs::write(world.root.join("src/config.ts"), "export const chat = 1;\n").expect("a source");
    let run = configure(&world, &["--input", "mode=socket", "-y"]);
    ends(
        &run,
        3,
        "nothing in this checkout reads `CHAT_TOKEN` from `.env`",
    );
    assert_eq!(
        (env(&world), called(&world)),
        (String::new(), String::new())
    );
}

/// What a document's own guards leave open, the environment of whoever runs it, and `.env`, are no answers.
#[test]
fn only_an_answer_reaches_a_command() {
    let mut world = world();
    world
        .environment
        .push(("NC_INPUT_TOKEN", "tok-secret".to_owned()));
    world
        .environment
        .push(("NC_INPUT_PORT", "not-asked-for".to_owned()));
    let command = "printf 'env %s|%s\\n' \"$NC_INPUT_TOKEN\" \"$NC_INPUT_PORT\"";
    let text = DOCUMENT.replace("printf '%s|%s", &format!("{command}; printf '%s|%s"));
    fs::write(document(&world), &text).expect("a document");
    let run = configure(&world, &["--input", "mode=socket", "-y"]);
    ends(&run, 0, "  env ***|\n");
    // A step that takes what was not asked for.
    fs::write(
        document(&world),
        text.replace("Make a bot", "Make a bot of {{port}}"),
    )
    .expect("a document");
    let run = configure(&world, &["--input", "mode=socket", "-y"]);
    ends(
        &run,
        2,
        "the variable `port` is asked for by no `nc:prompt` above",
    );
    let open = text
        .replace("Open the port", "Open")
        .replace("nc:operator when:mode=webhook", "nc:operator");
    fs::write(document(&world), open).expect("a document");
    let run = configure(&world, &["--input", "mode=socket", "-y"]);
    ends(&run, 3, "`port` is not asked for with these answers");
    // What `.env` holds is not shown, whatever the question says of it.
    let shown = DOCUMENT.replace("token secret", "token");
    let shown = shown.replace(
        "## owner\n",
        "## owner\n\n```nc:operator\nIt is {{token}}.\n```\n",
    );
    fs::write(document(&world), shown).expect("a document");
    world.environment.clear();
    let run = configure(&world, &["--input", "mode=socket", "-y"]);
    ends(&run, 0, "token: by CHAT_TOKEN in .env:1");
    ends(&run, 0, "It is ***.");
}

#[test]
fn answers_that_contradict_each_other_are_none() {
    let world = world();
    let run = configure(
        &world,
        &["--input", "mode=socket", "--input", "mode=webhook"],
    );
    ends(&run, 2, "--input: `mode` is given twice, and not alike");
}

/// The builds that a setting calls for are commands of the document, too.
#[test]
fn a_document_by_path_builds_nothing_without_a_yes() {
    let mut world = world();
    let bin = world.base().join("bin");
    fs::create_dir_all(&bin).expect("a folder");
    let docker = bin.join("docker");
    fs::write(&docker, "#!/bin/sh\nexit 0\n").expect("a stand-in");
    fs::set_permissions(&docker, Permissions::from_mode(0o755)).expect("a mode");
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", bin.display());
    world.environment.push(("PATH", path));
    let text = DOCUMENT.split("## credentials").next().expect("a head");
    let text = format!(
        "{text}## site\n\n```nc:prompt url\nURL?\n```\n\n```nc:dockerfile in:container/Dockerfile after:@anthropic-ai/claude-code\nARG SITE={{{{url}}}}\nRUN echo \"${{SITE}}\" > /site\n```\n\n## image\n\n```nc:run effect:build needs:engine\necho built >> \"$HOME/called\"\n```\n"
    );
    fs::write(document(&world), text).expect("a document");
    let before = Tree::read(&world.root);
    let run = configure(&world, &["--input", "url=u"]);
    ends(&run, 3, "then     image: echo built");
    ends(&run, 3, "nobody has agreed to them");
    assert_eq!(called(&world), "");
    assert_eq!(before.differences(&Tree::read(&world.root)), [""; 0]);
    ends(
        &configure(&world, &["--input", "url=u", "-y"]),
        0,
        "built    image",
    );
    assert_eq!(called(&world), "built\n");
    // Left for later, it is named when nothing else is to do.
    let run = configure(&world, &["--input", "url=v", "--no-image"]);
    ends(&run, 0, "builds that are pending: ");
    let run = configure(&world, &["--input", "url=v"]);
    ends(&run, 0, "nothing is to do");
    ends(&run, 0, "builds that are pending: ");
}

#[test]
fn a_command_that_fails_says_what_was_not_done() {
    let mut world = world();
    world
        .environment
        .push(("NC_INPUT_TOKEN", "tok-secret".to_owned()));
    let text = DOCUMENT.replace(
        "printf '%s|%s\\n'",
        "echo no {{token}}; exit 7; printf '%s|%s\\n'",
    );
    fs::write(document(&world), text).expect("a document");
    let run = configure(&world, &["--input", "port=80", "-y"]);
    ends(&run, 2, "  no ***");
    ends(
        &run,
        2,
        "owner: exit code 7; what comes after it was not done",
    );
    ends(
        &run,
        2,
        "  in place: the files are written\n  go on: mend the cause, then nanoclaw skill configure ",
    );
    assert_eq!(called(&world), "");
}
