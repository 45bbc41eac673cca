//! Settings that NanoClaw's own document of the skill names, and that this checkout does not read. Reads the sources as text.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use memchr::memmem;
use regex::Regex;

use super::{Check, Patient};
use crate::checkout::Checkout;
use crate::env_file;
use crate::shown;
use crate::typescript;

const NAME: &str = "document";

/// Where the sources are that a setting would be read in.
const SOURCES: [&str; 2] = ["src", "container/agent-runner/src"];

/// The files beside them that take variables.
const SCRIPTS: [&str; 3] = [
    "container/Dockerfile",
    "container/build.sh",
    "container/entrypoint.sh",
];

/// Where the members of a group's configuration are declared, and how the declaration begins.
const CONFIG: &str = "src/container-config.ts";
const DECLARED: &str = "interface ContainerConfig {";

/// What a document calls that configuration, before the member's name.
const MEMBER: &str = "container_config.";

pub(super) fn check(patient: &Patient<'_>) -> Check {
    let place = format!(".claude/skills/add-{}/SKILL.md", patient.skill.name);
    let Some(text) = patient.checkout.bytes(Path::new(&place)) else {
        return Check::ok(NAME, "this checkout has none of its own");
    };
    let named = settings(&String::from_utf8_lossy(&text));
    let unread = unread(patient.checkout, named);
    let is_set = |name: &&String| {
        let env = patient.env.as_ref().ok();
        let of_env = env.and_then(|env| env_file::value(env, name));
        of_env.is_some() || patient.service.variable(name).is_some()
    };
    let set = unread.iter().filter(is_set).cloned().collect::<Vec<_>>();
    let unset = match patient.env {
        Ok(_) => "none is set",
        Err(_) => ".env is not looked at",
    };
    judge(&place, &unread, &set, unset, &patient.skill.called)
}

/// The settings that a document names: variables, and members of a group's configuration.
fn settings(text: &str) -> BTreeSet<String> {
    let pattern = r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|container_config\.[A-Za-z_]+";
    let Ok(pattern) = Regex::new(pattern) else {
        return BTreeSet::new();
    };
    let found = pattern.find_iter(text).filter(|found| {
        let before = text.get(..found.start()).unwrap_or_default();
        let after = text.get(found.end()..).unwrap_or_default();
        let goes_on = |c: char| c.is_ascii_alphanumeric() || c == '_';
        !before.ends_with(goes_on) && !after.starts_with(goes_on)
    });
    found.map(|found| found.as_str().to_owned()).collect()
}

/// Those of some settings that nothing in the checkout reads.
fn unread(checkout: &Checkout, named: BTreeSet<String>) -> Vec<String> {
    let below = |folder| checkout.sources_below(Path::new(folder));
    let sources = SOURCES.into_iter().flat_map(below);
    let sources = sources
        .filter(|(path, _)| !is_test(path))
        .collect::<Vec<_>>();
    let scripts = SCRIPTS
        .iter()
        .filter_map(|it| checkout.bytes(Path::new(it)));
    let scripts = scripts.collect::<Vec<_>>();
    let config = checkout.bytes(Path::new(CONFIG));
    let is_read = |name: &String| {
        if let Some(member) = name.strip_prefix(MEMBER) {
            let config = config.as_deref().unwrap_or_default();
            return is_member(&String::from_utf8_lossy(config), member);
        }
        let holds = |text: &[u8]| memmem::find(text, name.as_bytes()).is_some();
        let mut sources = sources.iter().map(|(_, text)| text);
        sources.any(|text| holds(text) && typescript::mentions(text, name))
            || scripts.iter().any(|text| holds(text))
    };
    named.into_iter().filter(|name| !is_read(name)).collect()
}

fn is_test(path: &Path) -> bool {
    let stem = path.file_stem().map(PathBuf::from);
    stem.is_some_and(|stem| stem.extension().is_some_and(|end| end == "test"))
}

/// Whether a group's configuration is declared with a member; where no declaration is found, it is taken to be.
fn is_member(config: &str, member: &str) -> bool {
    let Some((_, declared)) = config.split_once(DECLARED) else {
        return true;
    };
    let declared = declared
        .split_once("\n}")
        .map_or(declared, |(inside, _)| inside);
    declared.lines().any(|line| {
        let rest = line.trim_start().strip_prefix(member);
        rest.is_some_and(|rest| rest.starts_with(':') || rest.starts_with("?:"))
    })
}

/// `unset` is what is said where none is known to be set.
fn judge(place: &str, unread: &[String], set: &[String], unset: &str, called: &str) -> Check {
    let list = |names: &[String]| names.iter().map(shown::line).collect::<Vec<_>>().join(", ");
    if unread.is_empty() {
        return Check::ok(NAME, format!("{place} names nothing that is not read here"));
    }
    if set.is_empty() {
        let found = format!(
            "{place} names {}, which nothing here reads; {unset}",
            list(unread)
        );
        return Check::ok(NAME, found);
    }
    let found = format!(
        "{place} names {}, which nothing here reads: {} is set without an effect",
        list(unread),
        list(set)
    );
    Check::warning(
        NAME,
        found,
        format!("nanoclaw skill show {called} says what counts"),
    )
}

#[cfg(test)]
mod tests {
    use super::{is_member, settings};
    use crate::typescript::mentions;

    #[test]
    fn variables_and_members_are_settings() {
        let text = "`AGENT_PROVIDER`, A_B=1 and OPENAI_*, container_config.env. SKILL, a_B_C, X_Yz, `CODEX_MODEL2`";
        let found = settings(text).into_iter().collect::<Vec<_>>();
        assert_eq!(
            found,
            [
                "AGENT_PROVIDER",
                "A_B",
                "CODEX_MODEL2",
                "container_config.env"
            ]
        );
    }

    #[test]
    fn a_variable_that_only_a_comment_names_is_not_read() {
        for (text, expected) in [
            ("process.env.A_B", true),
            ("readEnvFile(['X_Y', \"A_B\"])", true),
            ("const { A_B } = env;", true),
            ("// A_B\n/* A_B */ const x = 1;", false),
            ("const text = 'set A_B';", false),
            ("process.env.A_B_C", false),
        ] {
            assert_eq!(mentions(text.as_bytes(), "A_B"), expected, "{text}");
        }
    }

    #[test]
    fn a_member_is_one_of_the_configuration_itself() {
        let config = "interface Other {\n  env?: X;\n}\nexport interface ContainerConfig {\n  mcpServers: Y;\n  model?: string;\n}\ninterface Last {\n  last: X;\n}\n";
        for (member, expected) in [
            ("mcpServers", true),
            ("model", true),
            ("mod", false),
            ("env", false),
            ("last", false),
        ] {
            assert_eq!(is_member(config, member), expected, "{member}");
        }
        assert!(is_member("", "any"));
    }
}
