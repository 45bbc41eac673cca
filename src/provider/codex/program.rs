//! Which codex signs in: the one on the `PATH`, else the one in the image that the host starts containers of; and whether it says that
//! somebody is signed in.

use std::path::Path;

use anyhow::Result;

use super::CODEX;
use crate::doctor::Patient;
use crate::host;
use crate::next::quoted;
use crate::pinned::Pinned;
use crate::problem::Problem;
use crate::process::{self, EngineState, OfImage};

/// Codex's own folder inside the container that signs in.
const HOME: &str = "/codex-home";

/// What stands for the command `codex`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Program {
    /// The one on the `PATH`.
    Here,
    /// The one in the image: the engine, and what it is given before codex's own arguments.
    InImage(String, Vec<String>),
}

impl Program {
    /// Looks for one. None is a [`Problem`], for a login is made by codex alone.
    pub(super) fn find(patient: &Patient<'_>) -> Result<Self> {
        if process::is_program(CODEX) {
            return Ok(Self::Here);
        }
        let found = match Self::in_image(patient)? {
            Ok(program) => return Ok(program),
            Err(why) => {
                format!(
                    "no codex on the PATH, and none in the image ({why}): a login is made by it alone"
                )
            }
        };
        let problem = Problem::could_not_run(found).and_nothing_written();
        let install = patient.pinned.iter().map(Pinned::install);
        Err(install.fold(problem, Problem::hint).into())
    }

    /// The one in the image; the error says, a clause, why there is none.
    fn in_image(patient: &Patient<'_>) -> Result<Result<Self, String>> {
        let checkout = patient.checkout;
        let engine = checkout.engine();
        let Some(image) = host::image(checkout) else {
            return Ok(Err("its name is not read here".to_owned()));
        };
        // Apple's engine shares no network with its machine, where a browser ends the login.
        let state = process::engine_state(checkout.root(), &engine)?;
        if state != EngineState::Ready || engine == "container" {
            return Ok(Err(format!("`{engine}` does not run here")));
        }
        match process::of_image(&engine, &["image", "inspect", &image])? {
            OfImage::Says(_) => {}
            OfImage::None => return Ok(Err(format!("{image} is not built"))),
            OfImage::NotTold(why) => return Ok(Err(why)),
        }
        // A browser on this machine ends a ChatGPT login at a port of codex's, which listens on the loopback alone.
        let mut arguments = ["run", "--rm", "-i", "--pull=never", "--network=host"]
            .map(str::to_owned)
            .to_vec();
        // The login is this user's file.
        arguments.push(match engine.as_str() {
            "podman" => "--userns=keep-id".to_owned(),
            _ => format!(
                "--user={}:{}",
                rustix::process::geteuid().as_raw(),
                rustix::process::getegid().as_raw()
            ),
        });
        let folder = patient.home.join(".codex");
        arguments.extend([
            format!("--volume={}:{HOME}", folder.display()),
            format!("--env=CODEX_HOME={HOME}"),
            format!("--entrypoint={CODEX}"),
            image,
        ]);
        Ok(Ok(Self::InImage(engine, arguments)))
    }

    /// A command of a shell in which `codex` is this one.
    pub(super) fn within(&self, command: &str) -> String {
        match self {
            Self::Here => command.to_owned(),
            Self::InImage(engine, arguments) => {
                let words = arguments.iter().map(|word| quoted(Path::new(word)));
                let words = words.collect::<Vec<_>>().join(" ");
                format!("{CODEX}() {{ {engine} {words} \"$@\"; }}; {command}")
            }
        }
    }

    /// Whether it says that somebody is signed in, by the login in a folder.
    pub(super) fn is_signed_in(&self, folder: &Path) -> Result<bool> {
        let status = ["login", "status"];
        let answer = match self {
            Self::Here => process::answer(CODEX, &status, &[("CODEX_HOME", folder)])?,
            Self::InImage(engine, arguments) => {
                let words = arguments.iter().map(String::as_str).chain(status);
                process::answer(engine, &words.collect::<Vec<_>>(), &[])?
            }
        };
        Ok(answer.is_some())
    }

    /// What to say of it beforehand.
    pub(super) fn note(&self) -> Option<String> {
        match self {
            Self::Here => None,
            Self::InImage(engine, arguments) => {
                let image = arguments.last().map_or("", String::as_str);
                Some(format!(
                    "no codex on the PATH: the one in {image} signs in, by {engine}"
                ))
            }
        }
    }
}
