//! What container engines say of themselves and of their images. Starts no container.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Error, Result};
use xshell::cmd;

use super::{ask, child, is_program, shell};
use crate::interrupt;
use crate::masking::mask_labelled;
use crate::shown;

/// What a container engine answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineState {
    /// It runs, and we may use it.
    Ready,
    /// It is none of the container engines this program knows, and was not asked.
    Unknown,
    /// No program of that name is on the `PATH`.
    Absent,
    /// The program is there and its service does not answer.
    Stopped,
    /// The service does not let this user in.
    NotPermitted,
    /// The program is there and cannot be asked: why, what it does as a clause.
    Unasked(String),
}

/// How long an engine may take to say whether it can build.
const ENGINE_PATIENCE: Duration = Duration::from_secs(30);

/// The engines that are asked: a checkout says which it uses, and must not choose what a mere look at it starts.
const ENGINES: [&str; 4] = ["docker", "podman", "container", "nerdctl"];

/// Asks an engine whether it can build: `docker info` and its like, `container system status` for Apple's. An error is a signal to us alone.
pub fn engine_state(root: &Path, engine: &str) -> Result<EngineState> {
    if !ENGINES.contains(&engine) {
        return Ok(EngineState::Unknown);
    }
    if !is_program(engine) {
        return Ok(EngineState::Absent);
    }
    let shell = shell(root)?;
    let question = question(engine).split(' ');
    let command = cmd!(shell, "{engine} {question...}").env("LC_ALL", "C");
    // One whose service hangs says nothing for ever.
    let deadline = Instant::now().checked_add(ENGINE_PATIENCE);
    let output = match child::output(command.into(), deadline) {
        Ok(output) => output,
        Err(error) => return interrupt::check().map(|()| unasked(&error)),
    };
    if output.end.is_success()? {
        return Ok(EngineState::Ready);
    }
    let words = String::from_utf8_lossy(&output.err).to_lowercase();
    Ok(if words.contains("permission denied") {
        EngineState::NotPermitted
    } else {
        EngineState::Stopped
    })
}

/// What an engine is asked for its state, words with a space between them.
fn question(engine: &str) -> &'static str {
    if engine == "container" {
        "system status"
    } else {
        "info"
    }
}

/// The command by which a person asks an engine the same.
#[must_use]
pub fn asks(engine: &str) -> String {
    format!("{engine} {}", question(engine))
}

fn unasked(error: &Error) -> EngineState {
    let mut causes = error.chain();
    let why = match causes.find_map(|cause| cause.downcast_ref::<io::Error>()) {
        Some(cause) => format!("cannot be started ({cause})"),
        None => format!("cannot be asked: {error:#}"),
    };
    EngineState::Unasked(why)
}

/// What an engine says of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfImage {
    /// What it was asked for.
    Says(String),
    /// It has no such image.
    None,
    /// It does not tell: why, a clause that names the engine.
    NotTold(String),
}

/// The words, in lower case, by which engines say that an image is not there: docker's and nerdctl's, podman's, Apple's.
const NO_IMAGE: [&str; 4] = [
    "no such image",
    "no such object",
    "image not known",
    "notfound",
];

/// Asks an engine for something of an image. An error is a signal to us alone.
pub fn of_image(engine: &str, arguments: &[&str]) -> Result<OfImage> {
    let Some(answer) = ask(engine, arguments, &[])? else {
        return Ok(OfImage::NotTold(format!("`{engine}` gives no answer")));
    };
    if answer.code == Some(0) {
        return Ok(OfImage::Says(answer.out));
    }
    let words = answer.err.to_lowercase();
    if NO_IMAGE.iter().any(|none| words.contains(none)) {
        return Ok(OfImage::None);
    }
    let mut lines = answer.err.lines().map(str::trim);
    let why = match (lines.find(|line| !line.is_empty()), answer.code) {
        (Some(line), _) => format!("`{engine}` says: {}", mask_labelled(&shown::line(line))),
        (None, Some(code)) => format!("`{engine}` ended with {code} and says nothing"),
        (None, None) => format!("`{engine}` was ended by a signal"),
    };
    Ok(OfImage::NotTold(why))
}
