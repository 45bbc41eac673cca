//! Whether the image that the host starts containers of is there, and holds what the Dockerfile asks for. Starts no container.

use std::path::Path;

use anyhow::Result;

use super::{Check, Moment, Patient};
use crate::groups::{self, Database};
use crate::host;
use crate::next::quoted;
use crate::process::{self, EngineState};
use crate::shown;

const NAME: &str = "image";

pub(super) fn checks(patient: &Patient<'_>) -> Result<Vec<Check>> {
    let engine = patient.checkout.engine();
    let state = process::engine_state(patient.checkout.root(), &engine)?;
    // Apple's engine tells what an image was made of in another way.
    if state != EngineState::Ready || engine == "container" {
        return Ok(vec![not_looked_at(&engine, &state)]);
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

fn not_looked_at(engine: &str, state: &EngineState) -> Check {
    let (why, mend) = match state {
        EngineState::Ready => (
            "is not asked for what an image holds",
            format!("{engine} image list"),
        ),
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
    if *state == EngineState::Ready {
        return Check {
            mend: None,
            ..Check::warning(NAME, found, "")
        };
    }
    Check::warning(NAME, found, mend)
}

/// An image, as its engine tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Image {
    name: String,
    is_there: bool,
    /// When it was made, where that can be read.
    created: Option<Moment>,
    /// The instructions that it was made by, with the values of their ARGs.
    history: String,
}

fn look(engine: &str, name: &str) -> Result<Image> {
    let inspect = [
        "image",
        "inspect",
        "--format",
        "{{json .Created}}",
        "--",
        name,
    ];
    let created = process::answer(engine, &inspect, &[])?;
    let history = match created {
        Some(_) => process::answer(
            engine,
            &[
                "history",
                "--no-trunc",
                "--format",
                "{{.CreatedBy}}",
                "--",
                name,
            ],
            &[],
        )?,
        None => None,
    };
    Ok(Image {
        name: name.to_owned(),
        is_there: created.is_some(),
        created: created.and_then(|created| Moment::of_rfc3339(created.trim().trim_matches('"'))),
        history: history.unwrap_or_default(),
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
    if !image.is_there {
        return Check::error(NAME, format!("{name} is not there"), build);
    }
    let package = wanted.package;
    if !image.history.contains(package) {
        return Check::error(NAME, format!("{name} was made without {package}"), build);
    }
    if let Some(pin) = &wanted.pin {
        let pinned = format!("{}={pin}", wanted.arg);
        let is_pinned = |word: &str| word.trim_matches(['"', '\'']) == pinned;
        if !image.history.split_whitespace().any(is_pinned) {
            let found =
                format!("{name} holds another {package} than {pin}, which the Dockerfile pins");
            return Check::warning(NAME, found, build);
        }
    }
    let is_older = |changed| image.created.is_some_and(|created| changed > created);
    if wanted.dockerfile.is_some_and(is_older) {
        return Check::warning(NAME, format!("{name} is older than the Dockerfile"), build);
    }
    Check::ok(NAME, format!("{name} holds {package}"))
}

#[cfg(test)]
mod tests {
    use super::{EngineState, Image, Moment, Wanted, judge_image, not_looked_at};
    use crate::doctor::Level;

    const HISTORY: &str = "RUN |2 CLAUDE=1 CODEX_VERSION=0.124.0 /bin/sh -c pnpm install -g \"@openai/codex@${CODEX_VERSION}\" # buildkit";

    #[test]
    fn an_image_holds_what_the_dockerfile_pins_and_is_newer() {
        let good = Image {
            name: "agent:latest".to_owned(),
            is_there: true,
            created: Some(Moment(20)),
            history: HISTORY.to_owned(),
        };
        let absent = Image {
            is_there: false,
            ..good.clone()
        };
        let without = Image {
            history: "RUN true".to_owned(),
            ..good.clone()
        };
        let other = Image {
            history: HISTORY.replace("0.124.0", "0.124.01"),
            ..good.clone()
        };
        let older = Image {
            created: Some(Moment(9)),
            ..good.clone()
        };
        for (image, level, words) in [
            (good, Level::Ok, "agent:latest holds @openai/codex"),
            (absent, Level::Error, "agent:latest is not there"),
            (without, Level::Error, "was made without @openai/codex"),
            (other, Level::Warning, "another @openai/codex than 0.124.0"),
            (older, Level::Warning, "older than the Dockerfile"),
        ] {
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
        ] {
            let check = not_looked_at("docker", &state);
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
