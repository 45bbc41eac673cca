//! `skill try` by the provider and in a container, with stand-ins for bun, codex and the engine: what each is told, and what is said of what it does.
#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "a test that cannot go on fails there"
)]

mod support;
mod interrupt {
    pub mod terminal;
}
mod trial {
    pub mod world;
}

use std::fs;

use interrupt::terminal::{CTRL_C, Terminal, until};
use support::Run;
use trial::world::{CONTAINER, PROVIDER, ends, nothing_is_left, saw, world};

/// The lines on stdout without their times.
fn stages(run: &Run) -> String {
    let time = regex::Regex::new(" +[0-9]+ ms").expect("a pattern");
    let stdout = String::from_utf8_lossy(&run.stdout);
    time.replace_all(&stdout, " N ms").into_owned()
}

const STAGES: &str = "init N ms  thread t-1, model gpt-own\n\
    activity N ms  notifications: 1\n\
    progress N ms  messages: 1, the last `status: active\\u{1b}[2J`\n\
    result N ms  pong\n\
    resume N ms  the same thread in another app-server: pong\n\
    stale thread N ms  known by the provider (no rollout found), and a fresh one began\n\
    total N ms\n";

/// What the script is asked in a round trip.
fn asked(providers: &str, work: &str) -> String {
    let say = "Answer with the one word: pong";
    let lost = "00000000-0000-7000-8000-000000000000";
    format!(
        "{{\"name\":\"codex\",\"providers\":\"{providers}\"}}\n\
        {{\"cwd\":\"{work}\",\"prompt\":\"{say}\"}}\n\
        {{\"continuation\":\"t-1\",\"cwd\":\"{work}\",\"prompt\":\"Repeat the first word of your last answer\"}}\n\
        {{\"continuation\":\"{lost}\",\"cwd\":\"{work}\",\"prompt\":\"{say}\",\"until\":\"init\"}}\n\
        {{\"cwd\":\"{work}\",\"prompt\":\"{say}\",\"until\":\"init\"}}\n"
    )
}

#[test]
fn the_provider_is_asked_with_a_home_of_its_own() {
    let world = world(&[]);
    let run = world.nanoclaw(&[PROVIDER, &["--model", "gpt-named"]].concat());
    ends(
        &run,
        0,
        &["asks     the model three times, in short, by the provider"],
    );
    assert_eq!(stages(&run), STAGES);
    let home = "HOME=BASE/N CODEX_HOME=BASE/N/codex CODEX_MODEL=gpt-named\n";
    let folder = "BASE/checkout/container/agent-runner/src/providers";
    let expected = format!("{home}{}", asked(folder, "BASE/N/agent"));
    assert_eq!(saw(&world, "BUN_SAW"), expected);
    nothing_is_left(&world);
}

#[test]
fn the_model_is_that_of_the_hosts_service_where_none_is_named() {
    let world = world(&[]);
    let systemctl = "#!/bin/sh\ncase \"$*\" in *--user*) printf 'LoadState=loaded\\nEnvironment=CODEX_MODEL=gpt-host\\n' ;; *) echo LoadState=not-found ;; esac\n";
    fs::write(world.base().join("bin/systemctl"), systemctl).expect("a stand-in");
    ends(&world.nanoclaw(PROVIDER), 0, &[]);
    let saw = saw(&world, "BUN_SAW");
    assert!(saw.contains("CODEX_MODEL=gpt-host\n"), "{saw}");
}

#[test]
fn what_a_provider_does_wrong_is_a_failure_with_a_hint() {
    for (does, codex, words) in [
        (
            "does not load",
            "answers",
            &[
                "error: the checkout's providers do not load: Cannot find package zod",
                "hint: cd container/agent-runner && bun install --frozen-lockfile; see also nanoclaw skill doctor codex, its `sources`\n",
            ][..],
        ),
        (
            "has no codex",
            "answers",
            &[
                "the checkout's providers have no codex: Unknown provider",
                "hint: nanoclaw skill add codex;",
            ],
        ),
        (
            "is not made",
            "answers",
            &[
                "error: the provider is not made: no key\n",
                "hint: nanoclaw skill verify codex; see also nanoclaw skill doctor codex, its `sources`\n",
            ],
        ),
        (
            "says nonsense",
            "answers",
            &["error: the provider said what is no message of its protocol: Welcome!"],
        ),
        (
            "breaks",
            "answers",
            &["error: the provider ended early (exit code 137)\n  out of memory"],
        ),
        (
            "is silent",
            "answers",
            &["error: the provider gives no text, where codex does: it completes without a text"],
        ),
        (
            "fails",
            "is signed out",
            &[
                "error: the provider gives no text (Turn failed): codex is not signed in",
                "hint: codex login, or with an API key: ",
                "its `sign-in`\n",
            ],
        ),
        (
            "goes astray",
            "answers",
            &["asked to go on with the thread t-1, the provider went on with t-3"],
        ),
        (
            "does not know",
            "answers",
            &[
                "resume",
                "error: the provider does not begin afresh when a thread is lost: out of luck",
            ],
        ),
    ] {
        fails(does, codex, "60", words);
    }
}

/// Holds when a trial of the provider fails so, with a hint, and leaves nothing.
fn fails(does: &str, codex: &str, timeout: &str, words: &[&str]) {
    let world = world(&[("BUN_DOES", does), ("CODEX_DOES", codex)]);
    let run = world.nanoclaw(&[PROVIDER, &["--timeout", timeout]].concat());
    let hint = &["\nhint: ", "; see also nanoclaw skill doctor codex"][..];
    ends(&run, 1, &[words, hint].concat());
    assert!(!stages(&run).contains("total"), "{run:?}");
    nothing_is_left(&world);
}

#[test]
fn a_provider_that_is_late_is_told_by_what_it_did_or_by_what_codex_says() {
    for (does, codex, words) in [
        (
            "hangs",
            "answers",
            &[
                "error: the provider gave no answer, where codex does, in 2 s of --timeout 3, and was ended\n",
                "hint: a longer --timeout, or nanoclaw skill verify codex; see also nanoclaw skill doctor codex, its `sources`\n",
            ][..],
        ),
        (
            "hangs",
            "is signed out",
            &[
                "error: the provider gives no text (no answer in 2 s of --timeout 3): codex is not signed in\n",
            ],
        ),
        (
            "hangs",
            "hangs",
            &[
                "error: the provider gives no text (no answer in 2 s of --timeout 3): codex had no answer from the model's endpoint after 3 s (--timeout), and was ended\n",
            ],
        ),
        (
            "looks for the thread",
            "answers",
            &[
                "resume",
                "error: the provider gave no answer, where codex does, in 2 s of --timeout 3, and was ended\n",
            ],
        ),
        (
            "never loads",
            "answers",
            &["error: the provider did not load in 2 s of --timeout 3, and was ended\n"],
        ),
        (
            "never ends",
            "answers",
            &[
                "error: the provider gave its text and did not end in 2 s of --timeout 3, and was ended\n",
            ],
        ),
    ] {
        fails(does, codex, "3", words);
    }
}

#[test]
fn a_provider_that_begins_afresh_by_itself_has_recovered() {
    let world = world(&[("BUN_DOES", "forgets by itself")]);
    let recovered = "known by the provider itself, and a fresh one began\n";
    ends(&world.nanoclaw(PROVIDER), 0, &[recovered]);
}

#[test]
fn a_text_stands_though_a_result_without_one_comes_after_it() {
    let world = world(&[("BUN_DOES", "answers twice")]);
    let run = world.nanoclaw(PROVIDER);
    ends(&run, 0, &[]);
    assert_eq!(stages(&run), STAGES);
}

#[test]
fn without_the_skill_or_bun_nothing_is_asked() {
    let mut world = world(&[]);
    world.environment.push(("PATH", "/nowhere".to_owned()));
    let codex = "the program `codex` is not on the PATH";
    ends(&world.nanoclaw(PROVIDER), 2, &[codex]);
    let bin = world.base().join("bin");
    fs::remove_file(bin.join("bun")).expect("a stand-in");
    let path = bin.display().to_string();
    world.environment.push(("PATH", path));
    let bun = [
        "the program `bun` is not on the PATH",
        "hint: npm install -g bun@1.3.12\n",
    ];
    ends(&world.nanoclaw(PROVIDER), 2, &bun);
    let barrel = "container/agent-runner/src/providers/index.ts";
    fs::write(world.root.join(barrel), "import './mock.js';\n").expect("a barrel");
    for level in [PROVIDER, CONTAINER] {
        let words = [
            "the agent runner of this checkout has no provider codex, but mock",
            "hint: nanoclaw skill add codex\n",
        ];
        ends(&world.nanoclaw(level), 3, &words);
    }
    assert_eq!(saw(&world, "ENGINE_SAW"), "");
}

#[test]
fn a_container_gets_the_hosts_image_and_mounts_and_is_removed_at_the_end() {
    let world = world(&[]);
    let run = world.nanoclaw(&[CONTAINER, &["--model", "gpt-named"]].concat());
    let slug = nanoclaw::digest::sha1(world.root.display().to_string().as_bytes());
    let image = format!("agent-of-{}:latest", &slug[..8]);
    ends(
        &run,
        0,
        &[&format!("in a container of {image}: that spends")],
    );
    assert_eq!(stages(&run), STAGES);
    let id = |flag: &str| {
        let id = std::process::Command::new("id").arg(flag).output();
        String::from_utf8_lossy(&id.expect("an id").stdout)
            .trim()
            .to_owned()
    };
    let user = match id("-u").as_str() {
        "0" | "1000" => String::new(),
        user => format!(" --user {user}:{} -e HOME=/home/node", id("-g")),
    };
    let gateway = if cfg!(target_os = "linux") {
        " --add-host host.docker.internal:host-gateway"
    } else {
        ""
    };
    let expected = format!(
        "info\n\
        image inspect {image}\n\
        run --rm -i --name nanoclaw-N-0 --workdir /workspace/agent -e CODEX_MODEL=gpt-named{gateway}{user} \
        -v BASE/checkout/container/agent-runner/src:/app/src:ro -v BASE/N/agent:/workspace/agent -v BASE/N/codex:/home/node/.codex \
        -v BASE/home/.codex/auth.json:/home/node/.codex/auth.json --entrypoint bun {image} --no-install -e SCRIPT\n\
        rm -f nanoclaw-N-0\n"
    );
    assert_eq!(saw(&world, "ENGINE_SAW"), expected);
    let saw = saw(&world, "BUN_SAW");
    let folder = "BASE/checkout/container/agent-runner/src/providers";
    assert!(saw.ends_with(&asked(folder, "BASE/N/agent")), "{saw}");
    nothing_is_left(&world);
}

#[test]
fn an_engine_that_cannot_run_the_image_is_told_with_what_mends_it() {
    for (does, code, words) in [
        (
            "is stopped",
            2,
            [
                "the container engine `docker` is installed and not running",
                "hint: start `docker`\n",
            ],
        ),
        (
            "floods",
            2,
            [
                "engine `docker`, which this host runs, cannot be asked: it says more than 4194304 bytes",
                "hint: docker info\n",
            ],
        ),
        (
            "tells no image",
            2,
            [
                " is not looked at: `docker` says: permission denied",
                "hint: docker image inspect agent-of-",
            ],
        ),
        (
            "has no image",
            2,
            [
                "`docker` has no image agent-of-",
                "hint: nanoclaw skill build codex\n",
            ],
        ),
        (
            "runs nothing",
            1,
            [
                "error: the provider in its container ended early (exit code 125)\n  docker: no space left on device",
                "hint: nanoclaw skill try codex asks codex alone; see also nanoclaw skill doctor codex\n",
            ],
        ),
    ] {
        let world = world(&[("ENGINE_DOES", does)]);
        ends(&world.nanoclaw(CONTAINER), code, &words);
        assert_eq!(saw(&world, "BUN_SAW"), "");
    }
    let mut world = world(&[]);
    world.environment.push(("PATH", "/nowhere".to_owned()));
    let absent = "the container engine `docker`, which this host runs, is not on the PATH";
    let words = [absent, "hint: install `docker`\n"];
    ends(&world.nanoclaw(CONTAINER), 2, &words);
}

#[test]
fn why_a_container_gives_no_text_is_asked_of_codex_in_another() {
    let world = world(&[("BUN_DOES", "is silent"), ("CODEX_DOES", "is signed out")]);
    let words = "error: the provider in its container gives no text (it completes without a text): codex is not signed in";
    ends(&world.nanoclaw(CONTAINER), 1, &[words]);
    let saw = saw(&world, "ENGINE_SAW");
    let calls = saw.lines().skip(2).map(|call| {
        let (_, entry) = call.split_once("--entrypoint").unwrap_or(("", call));
        entry
            .split_whitespace()
            .filter(|word| !word.starts_with("agent-of-"))
            .collect::<Vec<_>>()
            .join(" ")
    });
    let expected = [
        "bun --no-install -e SCRIPT",
        "codex app-server --listen stdio://",
        "rm -f nanoclaw-N-1",
        "rm -f nanoclaw-N-0",
    ];
    assert_eq!(calls.collect::<Vec<_>>(), expected);
}

#[test]
fn a_container_that_hangs_is_removed_in_time_and_by_a_signal() {
    let hangs = || world(&[("BUN_DOES", "hangs")]);
    let late = hangs();
    let run = late.nanoclaw(&[CONTAINER, &["--timeout", "3"]].concat());
    let words = "the provider in its container gave no answer, where codex does, in 2 s of --timeout 3, and was told to end";
    ends(&run, 1, &[words]);
    let interrupted = hangs();
    let mut command = interrupted.command(env!("CARGO_BIN_EXE_nanoclaw"), &interrupted.root);
    command.args(CONTAINER).arg("--yes");
    let terminal = Terminal::start(command);
    let ids = interrupted.base().join("BUN_IDS");
    until(|| "no turn".to_owned(), || ids.exists());
    terminal.types(CTRL_C);
    assert_eq!(terminal.left().code, 130);
    for world in [late, interrupted] {
        let saw = saw(&world, "ENGINE_SAW");
        assert!(saw.ends_with("\nrm -f nanoclaw-N-0\n"), "{saw}");
        nothing_is_left(&world);
    }
}
