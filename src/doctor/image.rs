//! Whether the image that the host starts containers of is there, and holds what the Dockerfile asks for. Starts no container.

use std::path::Path;

use anyhow::Result;

use super::{Check, Moment, Patient};
use crate::groups::{self, Database};
use crate::host;
use crate::next::quoted;
use crate::process::{self, EngineState, OfImage};
use crate::shown;

const NAME: &str = "image";

pub(super) fn checks(patient: &Patient<'_>) -> Result<Vec<Check>> {
    let engine = patient.checkout.engine();
    let state = process::engine_state(patient.checkout.root(), &engine)?;
    // Apple's engine tells what an image was made of in another way.
    if state != EngineState::Ready || engine == "container" {
        return Ok(vec![not_looked_at(&engine, &state, &patient.skill.called)]);
    }
    let Some(own) = host::image(patient.checkout) else {
        let found = "not looked at: src/install-slug.ts gives its name in no way that is read here";
        return Ok(vec![Check::warning(
            NAME,
            found,
            format!("{engine} images"),
        )]);
    };
    let build = patient.build();
    let mut checks = vec![judge(patient, &look(&engine, &own)?, &build)];
    for (id, name) in of_groups(patient) {
        let image = look(&engine, &name)?;
        let id = quoted(Path::new(&id));
        let mend = format!("{build}, and then pnpm ncl groups restart --id {id} --rebuild");
        checks.push(judge(patient, &image, &mend));
    }
    Ok(checks)
}

/// The groups that have images of their own, by their ids, and these. A database that cannot be read is another check's matter.
fn of_groups(patient: &Patient<'_>) -> Vec<(String, String)> {
    let database = Database::to_read(patient.checkout);
    let groups = database.and_then(|database| groups::read(patient.checkout, &database));
    let groups = groups.unwrap_or_default().read.into_iter();
    groups
        .filter_map(|group| Some((group.id, group.image?)))
        .collect()
}

fn not_looked_at(engine: &str, state: &EngineState, called: &str) -> Check {
    let (why, mend) = match state {
        EngineState::Ready => (
            "is not asked for what an image holds",
            format!("nanoclaw skill try {called} --level container asks it for an answer"),
        ),
        EngineState::Unasked(why) => (why.as_str(), process::asks(engine)),
        EngineState::Unknown => (
            "is none that this program knows",
            format!("{engine} images"),
        ),
        EngineState::Absent => ("is not on the PATH", format!("install {engine}")),
        EngineState::Stopped => ("does not answer", format!("start {engine}")),
        EngineState::NotPermitted => (
            "does not let this user in",
            format!("sudo usermod -aG {engine} \"$USER\" and sign in anew"),
        ),
    };
    let found = format!("not looked at: the container engine `{engine}` {why}");
    Check::warning(NAME, found, mend)
}

/// An image, as its engine tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Image {
    name: String,
    /// How it was made, where it is there; else why that is not known, a clause.
    made: std::result::Result<Option<Made>, String>,
    /// The command that asks for it.
    look: String,
}

/// How an image was made.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Made {
    /// When, where that can be read.
    created: Option<Moment>,
    /// The instructions that it was made by, with the values of their ARGs.
    history: String,
}

fn look(engine: &str, name: &str) -> Result<Image> {
    let inspect = ["image", "inspect", "--format", "{{json .Created}}"];
    let history = ["history", "--no-trunc", "--format", "{{.CreatedBy}}"];
    let ask = |question: &[&str]| process::of_image(engine, &[question, &["--", name]].concat());
    let made = match ask(&inspect)? {
        OfImage::None => Ok(None),
        OfImage::NotTold(why) => Err(why),
        OfImage::Says(created) => match ask(&history)? {
            OfImage::Says(history) => Ok(Some(Made {
                created: Moment::of_rfc3339(created.trim().trim_matches('"')),
                history,
            })),
            // It went meanwhile.
            OfImage::None => Ok(None),
            OfImage::NotTold(why) => Err(why),
        },
    };
    Ok(Image {
        name: name.to_owned(),
        made,
        look: format!("{engine} history {}", quoted(Path::new(name))),
    })
}

/// What an image must hold.
struct Wanted<'a> {
    package: &'a str,
    arg: &'a str,
    pin: Option<String>,
    dockerfile: Option<Moment>,
}

fn judge(patient: &Patient<'_>, image: &Image, mend: &str) -> Check {
    let Some(pinned) = &patient.pinned else {
        return Check::ok(NAME, "the skill adds nothing to it");
    };
    let wanted = Wanted {
        package: &pinned.layer.package,
        arg: &pinned.layer.arg,
        pin: pinned.version.clone(),
        dockerfile: patient.changed(pinned.file),
    };
    judge_image(image, &wanted, mend)
}

fn judge_image(image: &Image, wanted: &Wanted<'_>, build: &str) -> Check {
    let name = shown::line(&image.name);
    let made = match &image.made {
        Ok(Some(made)) => made,
        Ok(None) => return Check::error(NAME, format!("{name} is not there"), build),
        Err(why) => {
            let found = format!("{name} is not looked at: {why}");
            return Check::warning(NAME, found, image.look.as_str());
        }
    };
    let package = wanted.package;
    if !made.history.contains(package) {
        return Check::error(NAME, format!("{name} was made without {package}"), build);
    }
    if let Some(pin) = &wanted.pin {
        let pinned = format!("{}={pin}", wanted.arg);
        let is_pinned = |word: &str| word.trim_matches(['"', '\'']) == pinned;
        if !made.history.split_whitespace().any(is_pinned) {
            let found =
                format!("{name} holds another {package} than {pin}, which the Dockerfile pins");
            return Check::warning(NAME, found, build);
        }
    }
    let is_older = |changed| made.created.is_some_and(|created| changed > created);
    if wanted.dockerfile.is_some_and(is_older) {
        return Check::warning(NAME, format!("{name} is older than the Dockerfile"), build);
    }
    Check::ok(NAME, format!("{name} holds {package}"))
}

#[cfg(test)]
mod tests {
    use super::{EngineState, Image, Made, Moment, Wanted, judge_image, not_looked_at};
    use crate::doctor::Level;

    const HISTORY: &str = "RUN |2 CLAUDE=1 CODEX_VERSION=0.124.0 /bin/sh -c pnpm install -g \"@openai/codex@${CODEX_VERSION}\" # buildkit";

    #[test]
    fn an_image_holds_what_the_dockerfile_pins_and_is_newer() {
        let made = |created, history: &str| {
            let history = history.to_owned();
            let created = Some(Moment(created));
            Ok(Some(Made { created, history }))
        };
        let good = made(20, HISTORY);
        let absent = Ok(None);
        let not_told = Err("`docker` says: x".to_owned());
        let without = made(20, "RUN true");
        let other = made(20, &HISTORY.replace("0.124.0", "0.124.01"));
        let older = made(9, HISTORY);
        for (made, level, words) in [
            (good, Level::Ok, "agent:latest holds @openai/codex"),
            (absent, Level::Error, "agent:latest is not there"),
            (without, Level::Error, "was made without @openai/codex"),
            (other, Level::Warning, "another @openai/codex than 0.124.0"),
            (older, Level::Warning, "older than the Dockerfile"),
            (
                not_told,
                Level::Warning,
                "is not looked at: `docker` says: x",
            ),
        ] {
            let image = Image {
                name: "agent:latest".to_owned(),
                made,
                look: "docker history".to_owned(),
            };
            let wanted = Wanted {
                package: "@openai/codex",
                arg: "CODEX_VERSION",
                pin: Some("0.124.0".to_owned()),
                dockerfile: Some(Moment(10)),
            };
            let check = judge_image(&image, &wanted, "build");
            assert_eq!(check.level, level, "{check:?}");
            assert!(check.found.contains(words), "{check:?}");
        }
    }

    #[test]
    fn an_engine_that_does_not_answer_is_no_error_of_the_image() {
        for state in [
            EngineState::Unknown,
            EngineState::Absent,
            EngineState::Stopped,
            EngineState::NotPermitted,
            EngineState::Unasked("cannot be started".to_owned()),
        ] {
            let check = not_looked_at("docker", &state, "x");
            assert_eq!(check.level, Level::Warning);
            assert!(
                check
                    .found
                    .starts_with("not looked at: the container engine `docker`"),
                "{check:?}"
            );
        }
    }
}
