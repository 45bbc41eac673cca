//! OpenAI's Codex: its sign-in, its versions and models, and which settings reach it. The facts are those of codex 0.124.0 and of NanoClaw
//! v2.0.64's provider for it.

mod login;
mod model;
mod settings;
mod sign_in;
mod threads;

use anyhow::Result;

pub use model::{DropIn, drop_in, write};
pub use sign_in::{Already, By, is_possible as can_sign_in, key, look, sign_in};

use crate::doctor::{Check, Patient};
use crate::skill::Skill;

/// What the skill and the provider are called.
const CALLED: &str = "codex";

/// Whether a skill is codex's.
#[must_use]
pub fn is(skill: &Skill) -> bool {
    skill.called == CALLED
}

/// The checks that are about codex; none for another skill.
pub fn checks(patient: &Patient<'_>) -> Result<Vec<Check>> {
    if !is(patient.skill) {
        return Ok(Vec::new());
    }
    let mut checks = settings::checks(patient)?;
    checks.extend(login::checks(patient));
    checks.push(threads::check(patient, CALLED));
    Ok(checks)
}
