//! An endpoint of somebody's own: asked once, then a layer of the image. `curl` is a stand-in where its answer matters, and once the real one.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails there"
)]

mod support;
#[path = "interrupt/terminal.rs"]
mod terminal;
mod tools;

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread::{self, JoinHandle};

use support::{INSTALL_SLUG, PROJECT, Run, Tree, World};
use terminal::Terminal;

fn ends(run: &Run, code: i32, words: &str) {
    assert_eq!(run.code, code, "{run:?}");
    assert!(run.stderr.contains(words), "no `{words}` in {run:?}");
}

/// Codex in the sample, with a `curl` that answers as an endpoint does.
fn codex(answer: &str) -> World {
    let mut world = World::of(&Path::new(PROJECT).join("fixtures/sample"));
    let bin = world.base().join("bin");
    fs::create_dir_all(&bin).expect("a folder");
    let curl = bin.join("curl");
    let script = format!("#!/bin/sh\necho \"$*\" >> \"$HOME/asked\"\n{answer}\n");
    fs::write(&curl, script).expect("a stand-in");
    fs::set_permissions(&curl, Permissions::from_mode(0o755)).expect("a mode");
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", bin.display());
    world.environment.push(("PATH", path));
    let run = world.nanoclaw(&["skill", "add", "codex", "--no-build", "-y"]);
    ends(&run, 0, "codex is installed");
    world
}

const SPEAKS: &str = "printf 'event: response.created\\ndata: {}\\n\\n200'";

fn endpoint(world: &World, url: &str, arguments: &[&str]) -> Run {
    let first = [
        "skill",
        "configure",
        "codex",
        "--base-url",
        url,
        "--no-image",
    ];
    world.nanoclaw(&[&first[..], arguments].concat())
}

#[test]
fn an_endpoint_is_asked_and_then_a_layer_of_the_image() {
    let world = codex(SPEAKS);
    let url = "http://host.docker.internal:11434/v1";
    let file = world.root.join("container/Dockerfile");
    let before = fs::read_to_string(&file).expect("a Dockerfile");
    let run = endpoint(&world, url, &["-n"]);
    ends(&run, 0, "asked from here, not from a container");
    let patch = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(
        patch.contains("+ARG CODEX_BASE_URL=http://host.docker.internal:11434/v1\n"),
        "{patch}"
    );
    assert_eq!(fs::read_to_string(&file).expect("a Dockerfile"), before);
    let run = endpoint(&world, &format!("{url}/"), &[]);
    ends(&run, 0, "written  container/Dockerfile");
    ends(&run, 0, "builds that are pending: ");
    let asked = fs::read_to_string(world.base().join("home/asked")).expect("a request");
    assert!(asked.contains("http://host.docker.internal:11434/v1/responses --connect-to host.docker.internal:11434:127.0.0.1:11434"), "{asked}");
    let after = fs::read_to_string(&file).expect("a Dockerfile");
    let patched = world.base().join("home/a.patch");
    fs::write(&patched, &patch).expect("a patch");
    fs::write(&file, &before).expect("a Dockerfile");
    world.git(&world.root, &["apply", patched.to_str().expect("UTF-8")]);
    assert_eq!(fs::read_to_string(&file).expect("a Dockerfile"), after);
    // The same again is nothing to do, another one changes the value alone.
    ends(&endpoint(&world, url, &[]), 0, "nothing is to do");
    let other = "https://api.example/v1";
    ends(
        &endpoint(&world, other, &[]),
        0,
        "written  container/Dockerfile",
    );
    let again = fs::read_to_string(&file).expect("a Dockerfile");
    assert_eq!(again, after.replace(url, other));
    let run = world.nanoclaw(&["skill", "verify", "codex", "--no-tests"]);
    assert_eq!(run.code, 0, "{run:?}");
    let run = world.nanoclaw(&["skill", "status", "codex"]);
    assert!(
        String::from_utf8_lossy(&run.stdout).contains("image"),
        "{run:?}"
    );
    for _ in 0..2 {
        ends(&world.nanoclaw(&["skill", "undo", "-y"]), 0, "is undone");
    }
    assert_eq!(fs::read_to_string(&file).expect("a Dockerfile"), before);
}

/// Where a container can be started it is asked from one, as the host would start it: this machine may be reached otherwise than from there.
#[test]
fn an_endpoint_is_asked_from_a_container_where_one_can_be_started() {
    let url = "http://host.docker.internal:8000/v1";
    let engine = |run: &str| {
        let world = codex("printf 'no such page\\n404'");
        fs::write(world.root.join("src/install-slug.ts"), INSTALL_SLUG).expect("a source");
        let docker = world.base().join("bin/docker");
        let script = format!(
            "#!/bin/sh\ncase \"$1\" in info) exit 0 ;; run) echo \"$*\" >> \"$HOME/ran\"\n{run} ;; *) exit 1 ;; esac\n"
        );
        fs::write(&docker, script).expect("a stand-in");
        fs::set_permissions(&docker, Permissions::from_mode(0o755)).expect("a mode");
        world
    };
    let world = engine(SPEAKS);
    let run = endpoint(&world, url, &["-n"]);
    ends(&run, 0, "an endpoint other than OpenAI's is experimental");
    assert!(!run.stderr.contains("asked from here"), "{run:?}");
    let ran = fs::read_to_string(world.base().join("home/ran")).expect("a run");
    let begin = "run --rm --pull=never --add-host=host.docker.internal:host-gateway --entrypoint=curl claw-agent-";
    assert!(
        ran.starts_with(begin) && ran.ends_with(&format!(" {url}/responses\n")),
        "{ran}"
    );
    assert!(!world.base().join("home/asked").exists());
    // One that answers here alone will not do.
    let world = engine("echo 'curl: (7) refused' >&2; printf '\\n000'; exit 7");
    ends(
        &endpoint(&world, url, &["-n"]),
        3,
        "is not reached: curl: (7) refused",
    );
    // An image that is not built yet, or has no curl, leaves this machine to ask.
    let world = engine("echo 'Unable to find image locally' >&2; exit 125");
    let run = endpoint(&world, url, &["-n"]);
    ends(&run, 3, "does not speak the Responses API (404)");
}

/// Ollama answers on this machine, LM Studio does not.
#[test]
fn servers_that_answer_here_are_offered_at_a_terminal() {
    let world = codex("case \"$*\" in *127.0.0.1:11434/api/version) exit 0 ;; *) exit 7 ;; esac");
    let mut command = world.command(env!("CARGO_BIN_EXE_nanoclaw"), &world.root);
    command.args(["skill", "configure", "codex"]);
    let terminal = Terminal::start(command);
    terminal.shows("auth:");
    terminal.types(b"\x1b[A\r");
    terminal.shows("which_model:");
    terminal.types(b"\r");
    terminal.shows("endpoint:");
    terminal.types(b"\r");
    let left = terminal.left();
    assert_eq!(left.code, 0, "{}", left.text);
    let offer =
        "Ollama answers on this machine; for containers it is http://host.docker.internal:11434/v1";
    assert!(left.text.contains(offer), "{}", left.text);
    assert!(!left.text.contains("LM Studio"), "{}", left.text);
    assert!(left.text.contains("nothing is to do"), "{}", left.text);
}

#[test]
fn an_endpoint_that_will_not_do_is_written_nowhere() {
    let url = "http://host.docker.internal:8000/v1";
    for (answer, url, arguments, code, words) in [
        (
            "printf 'no such page\\n404'",
            url,
            &[][..],
            3,
            "does not speak the Responses API (404)",
        ),
        (
            "printf '{}\\n200'",
            url,
            &[],
            3,
            "something else than a response",
        ),
        (
            "echo 'curl: (7) refused' >&2; printf '\\n000'; exit 7",
            url,
            &[],
            3,
            "is not reached: curl: (7) refused",
        ),
        (
            SPEAKS,
            "http://localhost:8000/v1",
            &[],
            3,
            "is the container itself",
        ),
        (
            SPEAKS,
            "http://me:tok-@h/v1",
            &[],
            2,
            "--base-url: expected what matches",
        ),
        (
            SPEAKS,
            "http://h/v1\"; RUN x",
            &[],
            2,
            "--base-url: expected what matches",
        ),
    ] {
        let world = codex(answer);
        let before = Tree::read(&world.root);
        ends(&endpoint(&world, url, arguments), code, words);
        assert_eq!(before.differences(&Tree::read(&world.root)), [""; 0]);
    }
}

/// An endpoint on the loopback that answers each request with one text, and gives what it was asked.
fn answers(count: usize, answer: &'static str) -> (u16, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let asked = thread::spawn(move || {
        let mut asked = String::new();
        for _ in 0..count {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut seen = Vec::new();
            let mut buffer = [0; 4096];
            // The body ends the request.
            while !seen.ends_with(b"}") {
                let count = stream.read(&mut buffer).expect("a request");
                seen.extend(&buffer[..count]);
            }
            asked.push_str(&String::from_utf8_lossy(&seen));
            stream.write_all(answer.as_bytes()).expect("an answer");
        }
        asked
    });
    (port, asked)
}

/// By the real `curl`, at the name that a container has for this machine.
#[test]
fn an_endpoint_on_this_machine_is_asked_by_curl() {
    let Some(_curl) = tools::or_skip(tools::program("curl")) else {
        return;
    };
    let world = World::of(&Path::new(PROJECT).join("fixtures/sample"));
    let run = world.nanoclaw(&["skill", "add", "codex", "--no-build", "-y"]);
    ends(&run, 0, "codex is installed");
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let event: &str = Box::leak(format!("{head}event: response.created\ndata: {{}}\n\n").into());
    for (answer, code, words) in [
        (event, 0, "an endpoint other than OpenAI's is experimental"),
        (
            "HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}",
            3,
            "does not speak the Responses API (404)",
        ),
    ] {
        let (port, asked) = answers(1, answer);
        let url = format!("http://host.docker.internal:{port}/v1");
        let run = endpoint(&world, &url, &["-n", "--input", "which_model=keep"]);
        ends(&run, code, words);
        let asked = asked.join().expect("a request");
        assert!(
            asked.starts_with("POST /v1/responses HTTP/1.1\r\n"),
            "{asked}"
        );
        assert!(
            asked.contains("\"model\":\"nanoclaw-asks-for-none\""),
            "{asked}"
        );
        assert!(!asked.to_lowercase().contains("authorization"), "{asked}");
    }
}
