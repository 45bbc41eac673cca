//! Which codex and which model answer, and which settings reach them.

use std::path::Path;

use anyhow::Result;
use regex::bytes::Regex;

use super::{CODEX, endpoint, model};
use crate::doctor::{Check, Patient};
use crate::env_file;
use crate::next;
use crate::process;
use crate::shown;

/// The provider in the container, which gives the model that is asked when nobody names one.
const PROVIDER: &str = "container/agent-runner/src/providers/codex.ts";

/// The newest release that the models of today refuse, as a request of NanoClaw's tells (nanocoai/nanoclaw pull 3299).
const REFUSED_UP_TO: [u32; 3] = [0, 124, 0];

/// Models that have left Codex, by how their names begin, and since when.
const RETIRED: [(&str, &str); 1] = [("gpt-5.4", "2026-08-31")];

/// Keys of `.env` that the host's provider reads in its environment alone.
const OF_ENVIRONMENT: [&str; 3] = ["OPENAI_API_KEY", "OPENAI_BASE_URL", CODEX_MODEL];

/// The variable that names the model.
pub const CODEX_MODEL: &str = "CODEX_MODEL";

/// What the check of the keys is called.
const KEYS: &str = ".env";

pub(super) fn checks(patient: &Patient<'_>) -> Result<Vec<Check>> {
    let pin = patient
        .pinned
        .as_ref()
        .and_then(|pinned| pinned.version.clone());
    let is_newer = model::is_newer_than_service(patient);
    let restart = || {
        let restart = next::restart(patient.checkout);
        restart.command.unwrap_or(restart.what)
    };
    let unread = patient.service.reload(CODEX_MODEL);
    let unread = unread.or_else(|| is_newer.then(restart));
    let asked = process::answer(CODEX, &["--version"], &[])?;
    Ok(vec![
        judge_host(process::is_program(CODEX), asked.as_deref(), pin.as_deref()),
        judge_pin(pin.as_deref()),
        judge_model(
            patient.service.variable(CODEX_MODEL).as_deref(),
            usual_model(
                &patient
                    .checkout
                    .bytes(Path::new(PROVIDER))
                    .unwrap_or_default(),
            )
            .as_deref(),
            patient.service.named(),
            &give(patient),
        ),
        judge_started(unread.as_deref(), patient.service.is_unknown()),
        match &patient.env {
            Ok(env) => judge_keys(env),
            Err(reason) => unread_keys(reason),
        },
        endpoint::check(patient),
    ])
}

fn judge_host(is_here: bool, answer: Option<&str>, pin: Option<&str>) -> Check {
    const NAME: &str = "codex here";
    let pin = pin.unwrap_or("latest");
    let install = format!("npm install -g @openai/codex@{pin}");
    let Some(answer) = answer else {
        let found = if is_here {
            "the codex on the PATH does not answer `codex --version`"
        } else {
            "no codex on the PATH: it signs in here, and runs in the image"
        };
        return Check::warning(NAME, found, install);
    };
    let version = answer.split_whitespace().last().unwrap_or_default();
    if version == pin {
        return Check::ok(NAME, version);
    }
    let found = format!("{} here, and {pin} in the image", shown::line(version));
    Check::warning(NAME, found, install)
}

fn judge_pin(pin: Option<&str>) -> Check {
    const NAME: &str = "pin";
    let Some(pin) = pin else {
        return Check::error(
            NAME,
            "the Dockerfile pins no codex",
            "nanoclaw skill add codex",
        );
    };
    let numbers = pin.split(['.', '-', '+']).take(3).map(str::parse::<u32>);
    let numbers = numbers.collect::<Result<Vec<_>, _>>().unwrap_or_default();
    if numbers.len() < REFUSED_UP_TO.len() {
        return Check::ok(NAME, format!("codex {}: not known here", shown::line(pin)));
    }
    if numbers[..] <= REFUSED_UP_TO[..] {
        let found = format!("codex {pin}: the models of today refuse it (400)");
        let mend = "nanoclaw skill add codex --set CODEX_VERSION=X.Y.Z, a release that npm view @openai/codex version names";
        return Check::warning(NAME, found, mend);
    }
    Check::ok(NAME, format!("codex {pin}"))
}

/// The model that the provider's source gives where the environment names none.
fn usual_model(source: &[u8]) -> Option<String> {
    let pattern = r#"(?-u)CODEX_MODEL\b[^\n]*(?:\?\?|\|\|)\s*['"]([A-Za-z0-9._-]+)['"]"#;
    let found = Regex::new(pattern)
        .ok()?
        .captures(source)?
        .get(1)?
        .as_bytes()
        .to_vec();
    String::from_utf8(found).ok()
}

/// Since when a model is gone; `None` of one that is not known to be.
pub(super) fn retired(model: &str) -> Option<&'static str> {
    let mut known = RETIRED.iter();
    // As a provider of others' models names it, too.
    let name = model.rsplit('/').next()?.to_ascii_lowercase();
    let (_, since) = known.find(|(begin, _)| name.starts_with(begin))?;
    Some(since)
}

/// The command that gives the host's service another model.
fn give(patient: &Patient<'_>) -> String {
    let service = &patient.service;
    match service.units.first() {
        Some(unit) if unit.is_of_user => format!("nanoclaw skill configure {CODEX} --model MODEL"),
        Some(unit) => format!(
            "sudo systemctl edit {}: [Service] Environment={CODEX_MODEL}=MODEL; then restart it",
            unit.name
        ),
        None => {
            let given = service.give(CODEX_MODEL, "MODEL");
            given.unwrap_or_else(|| format!("{CODEX_MODEL}=MODEL in the environment of the host"))
        }
    }
}

/// `service` is what the environment is known of.
fn judge_model(
    named: Option<&str>,
    usual: Option<&str>,
    service: Option<&str>,
    mend: &str,
) -> Check {
    const NAME: &str = "model";
    let (model, whence) = match (named, usual) {
        (Some(model), _) => (model, "CODEX_MODEL of the service".to_owned()),
        (None, Some(model)) => {
            let whence = match service {
                Some(service) => format!("the provider's own, for {service} names none"),
                None => "the provider's own; the environment of this host is not known".to_owned(),
            };
            (model, whence)
        }
        (None, None) => {
            let found = format!("not looked at: {PROVIDER} gives it in no way that is read here");
            return Check::warning(NAME, found, format!("grep -n MODEL {PROVIDER}"));
        }
    };
    let model = shown::line(model);
    let Some(since) = retired(&model) else {
        return Check::ok(NAME, format!("{model} ({whence})"));
    };
    Check::warning(
        NAME,
        format!("{model} ({whence}) left Codex on {since}"),
        mend,
    )
}

/// The host reads its environment when it starts.
fn judge_started(unread: Option<&str>, is_unknown: bool) -> Check {
    const NAME: &str = "model read";
    if let Some(mend) = unread {
        let found = "a model was set after the service began: it still asks the one before";
        return Check::warning(NAME, found, mend);
    }
    if is_unknown {
        let found = "not looked at: what runs the host, and since when, is not known";
        return Check::warning(NAME, found, "run this where the host's user is signed in");
    }
    Check::ok(NAME, "no model was set since the service began")
}

/// What is said of a `.env` that is not read here: the host reads whatever it leads to.
fn unread_keys(reason: &str) -> Check {
    let found = format!("not looked at: {reason}; the host reads whatever it finds there");
    Check::warning(KEYS, found, "sed -n 's/=.*//p' .env shows its keys")
}

fn judge_keys(env: &[u8]) -> Check {
    let is_set = |key: &&str| env_file::value(env, key).is_some();
    let idle = OF_ENVIRONMENT
        .into_iter()
        .filter(is_set)
        .collect::<Vec<_>>();
    if idle.is_empty() {
        return Check::ok(KEYS, "no key for codex without an effect");
    }
    let found = format!(
        "{}: read in the host's environment, which .env does not reach",
        idle.join(", ")
    );
    let mend = "take them out; a key counts by codex login --with-api-key, a model in the service's environment";
    Check::warning(KEYS, found, mend)
}

#[cfg(test)]
mod tests {
    use super::{judge_host, judge_keys, judge_model, judge_pin, judge_started, usual_model};
    use crate::doctor::{Check, Level};

    fn is(check: &Check, level: Level, words: &str) {
        assert_eq!(check.level, level, "{check:?}");
        assert!(check.found.contains(words), "{check:?}");
        assert_eq!(check.mend.is_some(), level > Level::Ok);
    }

    #[test]
    fn codex_here_is_of_the_pinned_version() {
        for (answer, level, words) in [
            (Some("codex-cli 0.130.0\n"), Level::Ok, "0.130.0"),
            (
                Some("codex-cli 0.124.0\n"),
                Level::Warning,
                "0.124.0 here, and 0.130.0 in the image",
            ),
            (Some(""), Level::Warning, " here"),
            (None, Level::Warning, "does not answer"),
        ] {
            is(&judge_host(true, answer, Some("0.130.0")), level, words);
        }
    }

    #[test]
    fn a_pin_that_models_refuse_is_warned_of() {
        for (pin, level) in [
            (Some("0.124.0"), Level::Warning),
            (Some("0.99.9"), Level::Warning),
            (Some("0.124.1"), Level::Ok),
            (Some("0.130.0-alpha.1"), Level::Ok),
            (Some("1.0.0"), Level::Ok),
            (Some("latest"), Level::Ok),
            (None, Level::Error),
        ] {
            is(&judge_pin(pin), level, "");
        }
    }

    #[test]
    fn a_model_that_has_left_is_warned_of() {
        let source =
            b"this.model = (options.env?.CODEX_MODEL as string | undefined) ?? 'gpt-5.4-mini';";
        let usual = usual_model(source);
        assert_eq!(usual.as_deref(), Some("gpt-5.4-mini"));
        assert_eq!(usual_model(b"const m = 'gpt';"), None);
        for (named, usual, level, words) in [
            (
                None,
                usual.as_deref(),
                Level::Warning,
                "gpt-5.4-mini (the provider's own",
            ),
            (
                Some("gpt-5.4"),
                None,
                Level::Warning,
                "left Codex on 2026-08-31",
            ),
            (
                Some("gpt-6"),
                usual.as_deref(),
                Level::Ok,
                "gpt-6 (CODEX_MODEL of the service)",
            ),
            (None, Some("gpt-6"), Level::Ok, "gpt-6"),
            (None, None, Level::Warning, "not looked at"),
        ] {
            is(
                &judge_model(named, usual, Some("claw"), "configure"),
                level,
                words,
            );
        }
    }

    #[test]
    fn of_a_service_that_is_not_known_nothing_is_said_to_be_well() {
        for (unread, is_unknown, level, words) in [
            (None, false, Level::Ok, "no model was set since"),
            (
                Some("restart"),
                false,
                Level::Warning,
                "still asks the one before",
            ),
            (None, true, Level::Warning, "not looked at"),
        ] {
            is(&judge_started(unread, is_unknown), level, words);
        }
    }

    #[test]
    fn keys_without_an_effect_are_warned_of() {
        for (env, level, words) in [
            (
                "TZ=UTC\n# OPENAI_API_KEY=x\nCODEX_MODEL=\nNANOCLAW_MCP_SERVERS={}\n",
                Level::Ok,
                "",
            ),
            (
                "OPENAI_API_KEY=sk-secret\nCODEX_MODEL=m\n",
                Level::Warning,
                "OPENAI_API_KEY, CODEX_MODEL: read in the host's environment",
            ),
        ] {
            let check = judge_keys(env.as_bytes());
            is(&check, level, words);
            assert!(!check.found.contains("secret"));
        }
    }
}
