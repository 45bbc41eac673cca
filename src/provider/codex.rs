//! OpenAI's Codex: its sign-in, its versions and models, which settings reach it, and round trips with it. The facts are those of codex
//! 0.124.0 and of NanoClaw v2.0.64's provider for it.

mod chat;
mod container;
mod endpoint;
mod failure;
mod home;
mod login;
mod model;
mod probe;
mod program;
mod protocol;
mod runner;
mod server;
mod settings;
mod sign_in;
mod threads;
mod trip;
mod turn;
mod way;
mod wish;

use anyhow::Result;

pub use chat::{Wired, by_message, wired};
pub use container::image;
pub use model::{DropIn, write as write_drop_in};
pub use probe::notes;
pub use settings::CODEX_MODEL;
pub use sign_in::sign_in;
pub use trip::{PROMPT, Stage, Trip, by_provider, in_container, round_trip, version};
pub use wish::{Terms, Wish, wish};

use crate::doctor::{Check, Patient};
use crate::skill::{Skill, Task};

/// What the skill, the provider and its program are called.
pub const CODEX: &str = "codex";

/// Whether a skill is codex's.
#[must_use]
pub fn is(skill: &Skill) -> bool {
    skill.called == CODEX
}

/// Whether a task of the document signs in.
#[must_use]
pub fn is_login(patient: &Patient<'_>, task: &Task) -> bool {
    is(patient.skill) && sign_in::By::of(task).is_some()
}

/// The checks that are about codex; none for another skill.
pub fn checks(patient: &Patient<'_>) -> Result<Vec<Check>> {
    if !is(patient.skill) {
        return Ok(Vec::new());
    }
    let mut checks = settings::checks(patient)?;
    checks.extend(login::checks(patient));
    checks.extend(threads::checks(patient, CODEX));
    Ok(checks)
}
