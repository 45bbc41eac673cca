//! `skill try` with the real codex of the npm registry, and an endpoint of the test's own in the place of the model's. Each test runs itself
//! again in a network namespace that has only the loopback, so that codex reaches nothing else; where the machine allows no such
//! namespace, the endpoint alone keeps codex from the network.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may panic and print"
)]

mod support;
mod tools;

mod real_codex {
    pub mod endpoint;
    pub mod site;
}

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use real_codex::endpoint::{ANSWER, Does, Endpoint};
use real_codex::site::{SignIn, Site, TRY, in_namespace};
use rustix::process::{Pid, Signal, kill_process};

#[test]
fn a_round_trip_answers_resumes_and_recovers() {
    in_namespace("a_round_trip_answers_resumes_and_recovers", |codex| {
        let endpoint = Endpoint::start(Does::Answers);
        let site = Site::at(codex, endpoint.port, &SignIn::Right);
        let before = support::Tree::read(&site.world.root);
        let prompt = ["--prompt", "Say pong", "--model", "gpt-5.4-mini"];
        let run = site.trial(&prompt, 0, &[]);
        let stdout = String::from_utf8(run.stdout.clone()).unwrap();
        let stages = stdout.lines().map(|line| line.get(..12).unwrap().trim());
        let expected = [
            "init",
            "activity",
            "progress",
            "result",
            "resume",
            "stale thread",
            "total",
        ];
        assert_eq!(stages.collect::<Vec<_>>(), expected, "{run:?}");
        for said in [
            ", model gpt-5.4-mini, signed in with an API key\n".to_owned(),
            format!(" ms  {ANSWER}\n"),
            format!("the same thread in another app-server: {ANSWER}\n"),
            "no rollout found for thread id".to_owned(),
        ] {
            assert!(stdout.contains(&said), "no `{said}` in {run:?}");
        }
        // Codex is of the pinned version: the announcement is all.
        assert_eq!(run.stderr.lines().count(), 1, "{run:?}");
        let asked = endpoint.asked();
        assert_eq!(asked.len(), 2);
        // The second turn knows the first.
        for (request, holds) in [(&asked[0], false), (&asked[1], true)] {
            assert!(request.body.contains("Say pong"), "{request:?}");
            assert!(request.body.contains(r#""model":"gpt-5.4-mini""#));
            assert_eq!(request.body.contains(ANSWER), holds, "{request:?}");
        }
        let after = support::Tree::read(&site.world.root);
        assert_eq!(before.differences(&after), Vec::<String>::new());
        assert!(!site.mark().exists(), "a tool server of the user's ran");
        let shells = site.world.base().join("codex home/shell_snapshots");
        assert!(!shells.exists(), "a login shell of the user's ran");
    });
}

#[test]
fn without_a_sign_in_codex_is_told_to_sign_in() {
    in_namespace("without_a_sign_in_codex_is_told_to_sign_in", |codex| {
        let words = [
            "error: codex is not signed in",
            "hint: codex login, or with an API key: printf %s \"$KEY\" | codex login --with-api-key",
        ];
        Site::new(codex).trial(&[], 1, &words);
        // An endpoint of one's own may ask for no key: this one does.
        let endpoint = Endpoint::start(Does::Answers);
        Site::at(codex, endpoint.port, &SignIn::None).trial(&[], 1, &words);
        assert_eq!(endpoint.asked().len(), 1);
    });
}

/// On a home that codex has never seen: it refuses to make its folder itself where that is named to it.
#[test]
fn a_key_is_signed_in_where_codex_has_no_folder_yet() {
    in_namespace(
        "a_key_is_signed_in_where_codex_has_no_folder_yet",
        |codex| {
            let mut site = Site::new(codex);
            let shell = tools::program("sh").unwrap();
            symlink(shell, site.world.base().join("bin/sh")).unwrap();
            let add = ["skill", "add", "codex", "--no-build", "-y"];
            assert_eq!(site.world.nanoclaw(&add).code, 0);
            let key = "sk-test-of-nobody-0123456789";
            site.world
                .environment
                .push(("NC_INPUT_API_KEY", key.to_owned()));
            let configure = ["skill", "configure", "codex", "--auth", "api-key"];
            for again in [false, true] {
                let run = site.world.nanoclaw(&configure);
                assert_eq!(run.code, 0, "{run:?}");
                assert!(run.stderr.contains("signed in"), "{run:?}");
                assert_eq!(run.stderr.contains("the old login is"), again, "{run:?}");
                assert!(!run.stderr.contains(key), "{run:?}");
                let login = site.world.base().join("home/.codex/auth.json");
                let login = fs::read_to_string(login).unwrap();
                assert!(login.contains(key), "{login}");
            }
        },
    );
}

#[test]
fn each_trouble_with_the_endpoint_is_told_as_what_it_is() {
    in_namespace(
        "each_trouble_with_the_endpoint_is_told_as_what_it_is",
        |codex| {
            for (does, sign_in, words, hint) in [
                (
                    Does::Answers,
                    SignIn::Wrong,
                    "refuses codex's sign-in (401)",
                    "sign in anew: codex login",
                ),
                (
                    Does::RefusesModel,
                    SignIn::Right,
                    "refuses the model `gpt-5.4-mini`: The 'gpt-5.4-mini' model requires a newer version of Codex.",
                    "name another with --model",
                ),
                (
                    Does::HasChatOnly,
                    SignIn::Right,
                    "has no Responses API (404): it may have chat completions only",
                    "codex speaks the Responses API alone",
                ),
                (
                    Does::SaysNonsense,
                    SignIn::Right,
                    "sends no stream of the Responses API",
                    "look at that endpoint",
                ),
                (
                    Does::BreaksOff,
                    SignIn::Right,
                    "breaks its answer off",
                    "look at that endpoint",
                ),
            ] {
                let endpoint = Endpoint::start(does);
                let site = Site::at(codex, endpoint.port, &sign_in);
                let address = format!("error: the endpoint http://127.0.0.1:{}/v1 ", endpoint.port);
                let run = site.trial(
                    &["--model", "gpt-5.4-mini"],
                    1,
                    &["init", &address, words, "\nhint: ", hint],
                );
                assert!(
                    !String::from_utf8_lossy(&run.stdout).contains("result"),
                    "{run:?}"
                );
                // Left alone, codex asks six times.
                let asked = endpoint.asked().len();
                assert!((1..=3).contains(&asked), "{does:?}: {asked} requests");
            }
        },
    );
}

#[test]
fn an_endpoint_that_does_not_answer_or_is_not_there_is_not_waited_for() {
    let test = "an_endpoint_that_does_not_answer_or_is_not_there_is_not_waited_for";
    in_namespace(test, |codex| {
        let endpoint = Endpoint::start(Does::Hangs);
        let site = Site::at(codex, endpoint.port, &SignIn::Right);
        let words = [
            "after 15 s (--timeout), and was ended",
            "a longer --timeout",
        ];
        site.trial(&["--timeout", "15"], 1, &words);
        assert_eq!(endpoint.asked().len(), 1);
        // Nobody listens at the port of the discard protocol.
        let site = Site::at(codex, 9, &SignIn::Right);
        let words = [
            "the endpoint http://127.0.0.1:9/v1 cannot be reached: ",
            "look at that endpoint",
        ];
        site.trial(&[], 1, &words);
    });
}

#[test]
fn a_signal_ends_the_real_codex_and_leaves_no_process() {
    in_namespace(
        "a_signal_ends_the_real_codex_and_leaves_no_process",
        |codex| {
            for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
                let endpoint = Endpoint::start(Does::Hangs);
                let site = Site::at(codex, endpoint.port, &SignIn::Right);
                let mut command = site
                    .world
                    .command(env!("CARGO_BIN_EXE_nanoclaw"), &site.world.root);
                command.args(TRY).stdin(Stdio::null()).stderr(Stdio::null());
                let mut child = command.stdout(Stdio::null()).spawn().unwrap();
                let since = Instant::now();
                while endpoint.asked().is_empty() {
                    assert!(since.elapsed() < Duration::from_secs(60), "no turn");
                    thread::sleep(Duration::from_millis(10));
                }
                kill_process(Pid::from_child(&child), signal).unwrap();
                assert_eq!(child.wait().unwrap().code(), Some(code));
                assert_eq!(site.running(), Vec::<String>::new());
            }
        },
    );
}

#[test]
fn the_real_codex_of_another_version_than_the_pin_is_a_note() {
    in_namespace(
        "the_real_codex_of_another_version_than_the_pin_is_a_note",
        |codex| {
            let endpoint = Endpoint::start(Does::Answers);
            let site = Site::at(codex, endpoint.port, &SignIn::Right);
            let add = [
                "skill",
                "add",
                "codex",
                "--no-build",
                "-y",
                "--set",
                "CODEX_VERSION=0.130.0",
            ];
            let added = site.world.nanoclaw(&add);
            assert_eq!(added.code, 0, "{added:?}");
            let note = "note     the codex of this machine is 0.124.0, and containers have 0.130.0 (`ARG CODEX_VERSION` in container/Dockerfile)";
            site.trial(&[], 0, &[note, ANSWER]);
        },
    );
}

#[test]
fn settings_that_codex_does_not_take_are_told_in_its_words() {
    let test = "settings_that_codex_does_not_take_are_told_in_its_words";
    in_namespace(test, |codex| {
        let site = Site::new(codex);
        let home = site.world.base().join("codex home");
        fs::write(home.join("config.toml"), "nonsense\n").unwrap();
        let words = ["error: codex refuses `config/read`: ", "config.toml:1:9: "];
        site.trial(&[], 1, &words);
        fs::remove_dir_all(&home).unwrap();
        let words = [
            "error: codex ended early (exit code 1)\n  ",
            "that path does not exist",
        ];
        site.trial(&[], 1, &words);
    });
}

#[test]
fn without_the_real_codex_its_install_is_named() {
    in_namespace("without_the_real_codex_its_install_is_named", |codex| {
        let site = Site::new(codex);
        fs::remove_file(&site.codex).unwrap();
        let words = [
            "the program `codex` is not on the PATH",
            "hint: npm install -g @openai/codex@0.124.0",
        ];
        site.trial(&[], 2, &words);
    });
}
