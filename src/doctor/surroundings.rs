//! What lies around the host: the name under which its folder is entered, its credential gateway, and the last words of its log.

use std::io::{Read, Seek, SeekFrom};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use memchr::memmem;

use super::{Check, Patient};
use crate::env_file;
use crate::masking::{mask, mask_labelled};
use crate::next::quoted;
use crate::shown;

/// The host's log of errors, by NanoClaw's `setup/service.ts`.
const LOG: &str = "logs/nanoclaw.error.log";

/// What keeps the credentials of containers.
const GATEWAY: &str = "OneCLI";

/// How much of the end of a log is read, in bytes.
const END: i64 = 64 * 1024;

/// How long the look for an address may take.
const ENOUGH: Duration = Duration::from_secs(5);

/// How many lines of it are shown.
const LINES: usize = 3;

pub(super) fn checks(patient: &Patient<'_>) -> Vec<Check> {
    vec![place(patient), gateway(patient), log(patient)]
}

/// `container/build.sh` names the image by the path as the shell has it, and the host looks for it by the real one.
fn place(patient: &Patient<'_>) -> Check {
    const NAME: &str = "folder";
    let root = patient.checkout.root();
    let here = std::env::var_os("PWD")
        .map(std::path::PathBuf::from)
        .unwrap_or_default();
    let is_below = std::fs::canonicalize(&here).is_ok_and(|real| real.starts_with(root));
    judge_place(
        is_below && !here.starts_with(root),
        NAME,
        &root.display().to_string(),
    )
}

fn judge_place(is_linked: bool, name: &'static str, root: &str) -> Check {
    if is_linked {
        let found = format!(
            "entered by a symlink to {root}: an image built here has another name than the one that the host looks for"
        );
        let root = quoted(Path::new(root));
        return Check::warning(name, found, format!("cd {root}"));
    }
    Check::ok(name, root)
}

/// OneCLI keeps the credentials that containers get.
fn gateway(patient: &Patient<'_>) -> Check {
    const KEY: &str = "ONECLI_URL";
    let of_service = patient.service.variable(KEY);
    let of_env = || env_file::value(patient.env.as_ref().ok()?, KEY);
    let url = of_service.or_else(of_env);
    let answers = url.as_deref().map(|url| (url.to_owned(), answers(url)));
    let runner = patient.checkout.bytes(Path::new("src/container-runner.ts"));
    let is_used = runner.is_some_and(|text| memmem::find(&text, b"@onecli-sh/sdk").is_some());
    match &patient.env {
        Err(_) if is_used && answers.is_none() => {
            let found = "not looked at: it may be in .env, and .env is not looked at";
            Check::warning(GATEWAY, found, "grep ONECLI_URL .env")
        }
        _ => judge_gateway(answers, is_used),
    }
}

fn judge_gateway(asked: Option<(String, bool)>, is_used: bool) -> Check {
    match asked {
        None if is_used => {
            let found = "no ONECLI_URL, and the host starts no container without OneCLI: it asks the one that OneCLI's own library takes";
            Check::warning(GATEWAY, found, "ONECLI_URL in .env")
        }
        None => Check::ok(GATEWAY, "not used here"),
        Some((url, true)) => Check::ok(GATEWAY, format!("answers at {}", address(&url))),
        Some((url, false)) => {
            let found = format!("nothing answers at {}", address(&url));
            Check::error(
                GATEWAY,
                found,
                "onecli start, or another ONECLI_URL in .env",
            )
        }
    }
}

/// An address without what may be a secret in it, also where its scheme is left out.
fn address(url: &str) -> String {
    if url.contains("://") {
        return mask(url);
    }
    let shown = mask(&format!("http://{url}"));
    shown.trim_start_matches("http://").to_owned()
}

/// Whether something listens where a URL points to.
fn answers(url: &str) -> bool {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let port = if scheme == "https" { 443 } else { 80 };
    let has_port = host
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let address = if has_port {
        host.to_owned()
    } else {
        format!("{host}:{port}")
    };
    let wait = Duration::from_secs(2);
    let all = within(ENOUGH, move || address.to_socket_addrs().ok());
    let mut all = all.flatten().into_iter().flatten();
    all.any(|one| TcpStream::connect_timeout(&one, wait).is_ok())
}

/// What a question comes to; `None` where it takes longer, for the system's own look for an address takes as long as it likes.
fn within<T: Send + 'static>(
    limit: Duration,
    ask: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (answer, heard) = mpsc::channel();
    // Nobody may wait for it any more.
    thread::spawn(move || answer.send(ask()).ok());
    heard.recv_timeout(limit).ok()
}

/// The last lines of the log that name the skill.
fn log(patient: &Patient<'_>) -> Check {
    let end = end_of(patient, Path::new(LOG));
    judge_log(end.as_deref(), &patient.skill.called)
}

fn end_of(patient: &Patient<'_>, path: &Path) -> Option<String> {
    let (path, metadata) = patient.checkout.standing(path).ok()??;
    let mut file = metadata
        .is_file()
        .then(|| std::fs::File::open(path).ok())??;
    // A shorter one is read from its beginning.
    let is_cut = file.seek(SeekFrom::End(-END)).is_ok();
    if !is_cut {
        file.seek(SeekFrom::Start(0)).ok()?;
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).ok()?;
    Some(whole_lines(&String::from_utf8_lossy(&bytes), is_cut).to_owned())
}

/// The lines of a log's end. Of one without its beginning nobody can tell what in it is a secret.
fn whole_lines(text: &str, is_cut: bool) -> &str {
    let rest = text.split_once('\n').filter(|_| is_cut);
    rest.map_or(text, |(_, rest)| rest)
}

/// A line of a log without what may be a secret, and not a long one.
fn masked(line: &str) -> String {
    const LONGEST: usize = 240;
    let text = mask_labelled(&shown::line(line));
    text.chars().take(LONGEST).collect()
}

fn judge_log(end: Option<&str>, called: &str) -> Check {
    const NAME: &str = "error log";
    let Some(end) = end else {
        return Check::ok(NAME, format!("{LOG} is not there"));
    };
    let mut lines = end
        .lines()
        .filter(|line| line.to_lowercase().contains(called))
        .collect::<Vec<_>>();
    let Some(first) = lines
        .len()
        .checked_sub(LINES)
        .or(Some(0))
        .filter(|_| !lines.is_empty())
    else {
        return Check::ok(NAME, format!("no line at the end of {LOG} names {called}"));
    };
    let lines = lines.split_off(first).into_iter();
    let lines = lines.map(masked).collect::<Vec<_>>();
    Check::warning(NAME, lines.join(" | "), format!("tail {LOG}"))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::{answers, judge_gateway, judge_log, judge_place, within};
    use crate::doctor::Level;

    #[test]
    fn a_symlinked_folder_is_warned_of() {
        assert_eq!(judge_place(true, "folder", "/real").level, Level::Warning);
        assert_eq!(judge_place(false, "folder", "/real").level, Level::Ok);
        let spaced = judge_place(true, "folder", "/my claws");
        assert_eq!(spaced.mend.as_deref(), Some("cd '/my claws'"));
    }

    #[test]
    fn what_takes_too_long_is_not_waited_for() {
        assert_eq!(within(Duration::from_secs(60), || 1), Some(1));
        let (never, heard) = mpsc::channel::<()>();
        let slow = within(Duration::from_millis(20), move || heard.recv());
        assert_eq!(slow, None);
        drop(never);
    }

    #[test]
    fn a_gateway_answers_or_does_not() {
        let listener =
            TcpListener::bind("127.0.0.1:0").map(|listener| (listener.local_addr(), listener));
        let Ok((Ok(address), listener)) = listener else {
            panic!("no port of the loopback");
        };
        let url = format!("http://me:secret@{address}/x");
        assert!(answers(&url));
        let check = judge_gateway(Some((url.clone(), true)), true);
        assert!(
            check.level == Level::Ok && !check.found.contains("secret"),
            "{check:?}"
        );
        drop(listener);
        assert_eq!(super::address("secret@host:1"), "***@host:1");
        assert!(!answers(&url));
        assert_eq!(judge_gateway(Some((url, false)), true).level, Level::Error);
        assert_eq!(judge_gateway(None, false).level, Level::Ok);
        assert_eq!(judge_gateway(None, true).level, Level::Warning);
    }

    #[test]
    fn a_line_without_its_beginning_is_left_out() {
        let text = "er SECRET codex\n2 codex\n";
        assert_eq!(super::whole_lines(text, true), "2 codex\n");
        assert_eq!(super::whole_lines(text, false), text);
    }

    #[test]
    fn the_last_lines_that_name_the_skill_are_shown() {
        let log = "1 Codex\n2 other\n3 codex https://u:p@h/\n4 codex\n5 codex\x1b[0m\n6\n";
        let check = judge_log(Some(log), "codex");
        assert_eq!(check.level, Level::Warning);
        assert_eq!(
            check.found,
            "3 codex https://***@h/ | 4 codex | 5 codex\\u{1b}[0m"
        );
        for (line, expected) in [
            ("codex sk-proj-abc_123456 x", "codex *** x"),
            (
                "codex Authorization: Bearer eyJhbGciOi.a.b",
                "codex Authorization: ***",
            ),
            (
                "codex OPENAI_API_KEY=live-1 x",
                "codex OPENAI_API_KEY=*** x",
            ),
            (
                r#"codex {"refresh_token":"rt_1","a":2}"#,
                r#"codex {"refresh_token":***,"a":2}"#,
            ),
            ("codex eyJhbGciOi.eyJh.x_y", "codex ***"),
        ] {
            assert_eq!(judge_log(Some(line), "codex").found, expected);
        }
        let endless = format!("codex {}", "x".repeat(1000));
        assert_eq!(judge_log(Some(&endless), "codex").found.len(), 240);
        assert_eq!(judge_log(Some("1 codex"), "codex").found, "1 codex");
        for quiet in [None, Some(""), Some("other\n")] {
            assert_eq!(judge_log(quiet, "codex").level, Level::Ok);
        }
    }
}
