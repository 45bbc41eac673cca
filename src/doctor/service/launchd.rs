//! The host as an agent of launchd's: its property list in the home folder, and what `launchctl print` says of it. Loads and starts none.

use std::fs;
use std::path::Path;

use anyhow::Result;
use regex::Regex;
use rustix::process::getuid;

use super::running::{self, Known};
use super::{Kind, Other, State, Variables};
use crate::next::quoted;
use crate::process;

/// The longest property list that is read, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// The domains of a user, with a desktop and without one (launchctl(1)).
const DOMAINS: [&str; 2] = ["gui", "user"];

/// The agent of a label; `None` where there is neither a property list nor an agent that is loaded.
pub(super) fn look(label: &str, home: &Path) -> Result<Option<Other>> {
    let file = home
        .join("Library/LaunchAgents")
        .join(format!("{label}.plist"));
    let is_there = fs::metadata(&file).is_ok_and(|it| it.is_file() && it.len() <= LONGEST);
    let text = is_there.then(|| fs::read(&file).unwrap_or_default());
    let plist = text.map(|text| variables(&String::from_utf8_lossy(&text)));
    let mut loaded = None;
    for domain in DOMAINS {
        let target = format!("{domain}/{}/{label}", getuid().as_raw());
        let answer = process::answer("launchctl", &["print", &target], &[])?;
        loaded = answer.map(|answer| (target, read(&answer)));
        if loaded.is_some() {
            break;
        }
    }
    if plist.is_none() && loaded.is_none() {
        return Ok(None);
    }
    let load = format!("launchctl load {}", quoted(&file));
    let mut other = Other {
        kind: Kind::Agent,
        name: label.to_owned(),
        state: State::Ended("is not loaded".to_owned()),
        since: None,
        environment: plist.clone(),
        plist: plist.map(|variables| (file, variables)),
        start: load,
    };
    match loaded {
        Some((target, loaded)) => {
            other.start = format!("launchctl kickstart -k {target}");
            other.environment = loaded.environment.or(other.environment);
            other.state = match loaded.id {
                Some(id) => {
                    if let Known::Runs(running) = running::look(id)? {
                        other.since = running.since;
                    }
                    State::Runs
                }
                None => State::Ended(loaded.words),
            };
        }
        None if !process::is_program("launchctl") => {
            other.state = State::Unknown("launchctl is not here".to_owned());
        }
        None => {}
    }
    Ok(Some(other))
}

/// What is read of an agent that is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Loaded {
    /// The process, where it runs.
    id: Option<i32>,
    /// How it stands where it does not, a clause.
    words: String,
    /// What its property list gave to its environment when it was loaded.
    environment: Option<Variables>,
}

/// Reads what `launchctl print` says of an agent: members `name = value` in braces.
fn read(answer: &str) -> Loaded {
    let mut depth = 0_usize;
    let mut is_environment = false;
    let mut environment = None;
    let mut members = Vec::new();
    for line in answer.lines().map(str::trim) {
        if line == "}" {
            depth = depth.saturating_sub(1);
            is_environment = false;
        } else if line.ends_with('{') {
            depth += 1;
            is_environment = depth == 2 && line == "environment = {";
            if is_environment {
                environment = Some(Vec::new());
            }
        } else if let (true, Some(all), Some((key, value))) =
            (is_environment, &mut environment, line.split_once(" => "))
        {
            all.push((key.to_owned(), value.to_owned()));
        } else if let (1, Some(member)) = (depth, line.split_once(" = ")) {
            members.push(member);
        }
    }
    let member = |name: &str| {
        let mut found = members.iter().filter(|(key, _)| *key == name);
        found.next().map(|(_, value)| *value)
    };
    let id = member("pid").and_then(|id| id.parse().ok());
    let state = member("state").unwrap_or("in an unknown state");
    let words = match member("last exit code") {
        Some(code) => format!("is {state} (last exit code: {code})"),
        None => format!("is {state}"),
    };
    Loaded {
        id,
        words,
        environment,
    }
}

/// The variables that a property list gives (`EnvironmentVariables`, launchd.plist(5)), where it is XML.
fn variables(text: &str) -> Variables {
    let pattern = |pattern: &str| Regex::new(pattern).ok();
    let (Some(comment), Some(pair)) = (
        pattern("(?s)<!--.*?-->"),
        pattern("<key>([^<]*)</key>[ \t\r\n]*<string>([^<]*)</string>"),
    ) else {
        return Vec::new();
    };
    let text = comment.replace_all(text, "");
    let inside = text.split_once("<key>EnvironmentVariables</key>");
    let inside = inside.and_then(|(_, rest)| rest.trim_start().strip_prefix("<dict>"));
    let inside = inside.and_then(|rest| rest.split_once("</dict>"));
    let inside = inside.map_or("", |(inside, _)| inside);
    let pairs = pair.captures_iter(inside).map(|pair| pair.extract());
    pairs
        .map(|(_, [key, value])| (plain(key), plain(value)))
        .collect()
}

/// A text of XML's without its escapes.
fn plain(text: &str) -> String {
    // The sign of the escapes themselves comes last.
    let escapes = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ];
    let mut text = text.to_owned();
    for (escape, sign) in escapes {
        text = text.replace(escape, sign);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Loaded, read, variables};

    fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        all.iter().map(owned).collect()
    }

    #[test]
    fn an_agent_is_read_as_launchctl_prints_it() {
        let answer = "gui/501/com.claw = {\n\tactive count = 1\n\tstate = running\n\n\targuments = {\n\t\tpid = 7\n\t}\n\tdefault environment = {\n\t\tA => 1\n\t}\n\n\tenvironment = {\n\t\tCODEX_MODEL => m 1\n\t\tX => \n\t}\n\n\tpid = 42\n\tlast exit code = (never exited)\n}\n";
        let loaded = read(answer);
        assert_eq!(loaded.id, Some(42));
        assert_eq!(loaded.environment, Some(pairs(&[("CODEX_MODEL", "m 1")])));
        let ended = "x = {\n\tstate = not running\n\tlast exit code = 78: EX_CONFIG\n}\n";
        let expected = Loaded {
            id: None,
            words: "is not running (last exit code: 78: EX_CONFIG)".to_owned(),
            environment: None,
        };
        assert_eq!(read(ended), expected);
    }

    #[test]
    fn a_property_list_gives_its_variables() {
        let list = |inside: &str| {
            format!(
                "<plist><dict><key>Label</key><string>x</string><key>EnvironmentVariables</key>\n<dict>{inside}</dict><key>A</key><string>b</string></dict></plist>"
            )
        };
        for (inside, expected) in [
            ("", pairs(&[])),
            (
                "\n<key>HOME</key>\n  <string>/h</string>\n<key>CODEX_MODEL</key><string>a&amp;lt;b</string>",
                pairs(&[("HOME", "/h"), ("CODEX_MODEL", "a&lt;b")]),
            ),
            (
                "<!-- <key>CODEX_MODEL</key><string>m</string> -->",
                pairs(&[]),
            ),
        ] {
            assert_eq!(variables(&list(inside)), expected, "{inside}");
        }
        assert_eq!(variables("bplist00"), pairs(&[]));
    }
}
