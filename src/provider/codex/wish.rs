//! What the answers to the document's questions ask of codex that no document can say: what stands in the way of a sign-in, the model for the
//! host's service, and whether an endpoint will do.

use anyhow::Result;

use super::model::{self, DropIn};
use super::probe;
use super::program::Program;
use super::sign_in::{self, Already, By};
use crate::answers::Answers;
use crate::builds::Build;
use crate::doctor::Patient;
use crate::problem::Problem;
use crate::skill::Task;

/// What is to be done, all of it possible.
#[derive(Debug, Default)]
pub struct Wish {
    /// The model, for the host's service.
    pub drop_in: Option<DropIn>,
    /// What to say of it, a line each.
    pub notes: Vec<String>,
    is_signed_in: bool,
}

impl Wish {
    /// Whether what a task would do is there already.
    #[must_use]
    pub fn has_done(&self, task: &Task) -> bool {
        self.is_signed_in && By::of(task).is_some()
    }
}

/// What the person agreed to beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// A ChatGPT login may be replaced.
    pub replaces_login: bool,
    /// A ChatGPT login may begin: somebody is there for its browser, or has said that it may all the same.
    pub may_open_browser: bool,
}

/// Looks at what the answers ask for, and the document's commands that follow from them. What stands in the way is a [`Problem`].
pub fn wish(
    patient: &Patient<'_>,
    answers: &Answers,
    tasks: &[Build<'_>],
    terms: Terms,
) -> Result<Wish> {
    let mut wish = Wish::default();
    if !super::is(patient.skill) {
        return Ok(wish);
    }
    if let Some(model) = answers.get("model") {
        let drop_in = model::drop_in(patient, model)?;
        if drop_in.is_there() {
            let note = format!("{model} is already set for {}", drop_in.unit);
            wish.notes.push(note);
        }
        wish.drop_in = Some(drop_in);
    }
    if let Some(by) = tasks.iter().find_map(|(_, task)| By::of(task)) {
        if by == By::ChatGpt && !terms.may_open_browser {
            let found = "nobody is here to open the browser that a ChatGPT login takes; --yes begins it all the same";
            return Err(Problem::could_not_run(found).and_nothing_written().into());
        }
        wish.notes.extend(Program::find(patient)?.note());
        if let Already::There(login) = sign_in::look(patient, &by, terms.replaces_login)? {
            let note = format!("already signed in {login}; --replace-login signs in anew");
            wish.notes.push(note);
            wish.is_signed_in = true;
        } else {
            wish.notes.push("~/.codex/auth.json is written, by codex login; a file that is there is kept beside it".to_owned());
        }
    }
    if let Some(url) = answers.get("base_url") {
        wish.notes
            .extend(probe::look(patient, url, answers.get("model"))?);
    }
    Ok(wish)
}
