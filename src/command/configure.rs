//! `skill configure`: asks what the document asks, and does what follows from the answers. All questions come before the plan, and one
//! confirmation after it.

mod acts;
mod given;
mod interview;
mod keys;

use std::path::Path;

use anyhow::Result;

use crate::answers::Answers;
use crate::builds::{Build, Leave, Ready};
use crate::checkout::Checkout;
use crate::cli::Configure;
use crate::command::consent::{self, Yes};
use crate::command::look;
use crate::doctor::Patient;
use crate::plan::{Edit, Pins, Plan, Role, plan};
use crate::problem::{Exit, Problem};
use crate::provider::codex::{self, DropIn, Terms, Wish};
use crate::sink::pour;
use crate::sink::preview::Preview;
use crate::skill::{Effect, Origin, Prompt, Question, Skill, Step, What};
use crate::skills;
use crate::ui::{Tint, Ui};
use crate::variables;

use interview::Ended;

/// Runs the command.
pub fn run(arguments: &Configure, directory: &Path, ui: Ui) -> Result<Exit> {
    let (skill, _) = skills::find(&arguments.skill, directory)?;
    let checkout = Checkout::find(directory)?;
    if !arguments.dry_run {
        checkout.of_this_user()?;
    }
    is_possible(&skill, &checkout)?;
    let answers = match interview::hold(&skill, &checkout, arguments, ui)? {
        Ended::Answered(answers) => answers,
        Ended::Pending => return Ok(Exit::Findings),
        Ended::Declined => {
            ui.say("nothing was written");
            return Ok(Exit::Refused);
        }
    };
    let skill = answers.given_to(&skill)?;
    let patient = Patient::new(&checkout, &skill)?;
    let job = Job {
        patient: &patient,
        answers: &answers,
        arguments,
        ui,
    };
    job.run()
}

fn is_possible(skill: &Skill, checkout: &Checkout) -> Result<()> {
    let called = &skill.called;
    if !skill.steps.iter().any(Step::is_of_configure) {
        let found = format!("nothing of `{called}` is to be configured");
        return Err(Problem::refused(found).into());
    }
    if plan(skill, checkout, None, &Pins::new())?.holds() {
        return Ok(());
    }
    let found = format!("`{called}` is not installed here");
    Err(Problem::refused(found)
        .and_nothing_written()
        .hint(format!("nanoclaw skill add {called}"))
        .into())
}

/// One run of the command, with every question answered.
struct Job<'a> {
    /// With the skill as the answers make it.
    patient: &'a Patient<'a>,
    answers: &'a Answers,
    arguments: &'a Configure,
    ui: Ui,
}

/// What is to be done. All that can be known to stand in its way was looked at.
struct Todo<'a> {
    plan: Plan,
    builds: Ready<'a>,
    /// The commands of the document that are to be run.
    commands: Vec<Build<'a>>,
    /// What no document can say.
    wish: Wish,
}

impl Job<'_> {
    fn skill(&self) -> &Skill {
        self.patient.skill
    }

    fn run(&self) -> Result<Exit> {
        let todo = self.todo()?;
        if self.arguments.dry_run {
            return self.preview(&todo);
        }
        self.say_notes(&todo);
        if todo.is_empty() {
            if let Some(drop_in) = &todo.wish.drop_in {
                // It is there; whether it counts is looked at.
                codex::write_drop_in(drop_in)?;
            }
            self.ui
                .say("nothing is to do: all is as the answers have it");
            self.say_next(&todo)?;
            return Ok(Exit::Done);
        }
        self.say(&todo);
        let yes = Yes::of(self.arguments.yes);
        let commands = [&todo.commands[..], &todo.builds.run].concat();
        let without = "nothing leaves them out";
        consent::given_or_asked(self.skill(), &commands, yes, without, self.ui)?;
        // Somebody else's document is agreed to by a word.
        let enter = self.skill().origin == Origin::BuiltIn;
        if !self.arguments.yes && !self.ui.confirm_or("do this?", enter)? {
            self.ui.say("nothing was written");
            return Ok(Exit::Refused);
        }
        self.act(&todo)
    }

    /// Looks at everything that is to be done, and at what stands in its way.
    fn todo(&self) -> Result<Todo<'_>> {
        let (skill, checkout) = (self.skill(), self.patient.checkout);
        keys::have_readers(skill, checkout)?;
        let plan = plan(skill, checkout, None, &Pins::new())?;
        if plan.is_blocked() {
            let problem = look::blocked(skill, checkout, "cannot be configured in", &plan);
            return Err(problem
                .hint("mend that by hand and run the command again")
                .into());
        }
        if !plan.edits.is_empty() {
            checkout.repository()?;
        }
        let layout = checkout.layout().into_iter();
        let tasks = layout.flat_map(|layout| skill.tasks(layout));
        let tasks = tasks.filter(|(_, task)| task.effect == Effect::External);
        let tasks = tasks.collect::<Vec<_>>();
        let terms = Terms {
            replaces_login: self.arguments.replace_login,
            may_open_browser: self.arguments.yes || self.ui.can_ask(),
        };
        let wish = codex::wish(self.patient, self.answers, &tasks, terms)?;
        let commands = tasks.into_iter().filter(|(_, task)| !wish.has_done(task));
        let commands = Ready::look(checkout, &commands.collect::<Vec<_>>(), Leave::None)?;
        if let Some(problem) = commands.refusal("nothing of it was done") {
            return Err(problem.into());
        }
        let builds = checkout.layout().map(|layout| plan.builds(skill, layout));
        let leave = if self.arguments.no_image {
            Leave::Image
        } else {
            Leave::None
        };
        let builds = Ready::look(checkout, &builds.unwrap_or_default(), leave)?;
        if let Some(problem) = builds.refusal("or leave the image for later: --no-image") {
            return Err(problem.into());
        }
        Ok(Todo {
            plan,
            builds,
            commands: commands.run,
            wish,
        })
    }

    /// Prints the files as a patch. A file of settings may hold secrets, and is named alone.
    fn preview(&self, todo: &Todo<'_>) -> Result<Exit> {
        self.say_notes(todo);
        self.say(todo);
        let edits = todo.plan.edits.iter();
        let edits = edits.filter(|edit| edit.role != Role::Settings);
        let words = format!("nanoclaw skill configure {}\n", self.skill().called);
        let mut preview = Preview::new(self.patient.checkout, words);
        pour(&edits.cloned().collect::<Vec<_>>(), &mut preview)?;
        self.ui.patch(&preview.patch)?;
        Ok(Exit::Done)
    }

    /// What holds already, and is not as was asked for or needs no deed.
    fn say_notes(&self, todo: &Todo<'_>) {
        for finding in &todo.plan.findings {
            if let Some(found) = finding.found.as_ref().filter(|_| finding.code == "holds") {
                let note = format!("{}: {found}", finding.path.display());
                self.ui.tell(Tint::Warn, "note    ", &note);
            }
        }
        let mut settings = todo.plan.edits.iter();
        let is_seen = |edit: &&Edit| {
            edit.role == Role::Settings && !self.patient.checkout.is_ignored(&edit.path)
        };
        if let Some(seen) = settings.find(is_seen) {
            let path = seen.path.display();
            let note =
                format!("git does not ignore {path}: what is written there could be committed");
            self.ui.tell(Tint::Warn, "note    ", &note);
        }
        for note in &todo.wish.notes {
            self.ui.tell(Tint::Warn, "note    ", note);
        }
    }

    /// What is to be done, a line each.
    fn say(&self, todo: &Todo<'_>) {
        for edit in &todo.plan.edits {
            let verb = if edit.before.is_some() {
                "update  "
            } else {
                "create  "
            };
            self.ui
                .tell(Tint::Good, verb, &edit.path.display().to_string());
        }
        for finding in &todo.plan.findings {
            if finding.code != "holds" {
                self.ui.say(&format!("         {}", finding.expected));
            }
        }
        if let Some(drop_in) = &todo.wish.drop_in {
            self.say_drop_in(drop_in);
        }
        for (verb, tasks) in [("run     ", &todo.commands), ("then    ", &todo.builds.run)] {
            for (step, task) in tasks {
                for command in &task.commands {
                    let line = format!("{verb} {}: {command}", step.label);
                    self.ui.say(&line);
                }
            }
        }
        let commands = todo.commands.iter();
        let commands = commands.flat_map(|(_, task)| &task.commands);
        let named = commands.flat_map(|command| variables::names(command));
        let named = named.collect::<Vec<_>>();
        let seen = self.answers.seen();
        for (variable, text) in seen.filter(|(variable, _)| named.contains(variable)) {
            self.ui
                .say(&format!("         {{{{{variable}}}}} is {text}"));
        }
    }

    fn say_drop_in(&self, drop_in: &DropIn) {
        if drop_in.is_there() {
            return;
        }
        let verb = if drop_in.old.is_some() {
            "replace "
        } else {
            "create  "
        };
        let path = drop_in.path.display().to_string();
        self.ui.tell(Tint::Good, verb, &path);
        for (sign, text) in [("-", drop_in.old.as_deref()), ("+", Some(&*drop_in.text))] {
            for line in text.unwrap_or_default().lines() {
                self.ui.say(&format!("  {sign} {line}"));
            }
        }
    }
}

impl Todo<'_> {
    fn is_empty(&self) -> bool {
        let drop_in = self.wish.drop_in.as_ref();
        let is_set = drop_in.is_none_or(DropIn::is_there);
        self.plan.edits.is_empty() && self.commands.is_empty() && is_set
    }
}

/// The prompts of a skill, in the document's order.
fn prompts(skill: &Skill) -> impl Iterator<Item = &Prompt> {
    skill.steps.iter().filter_map(|step| match &step.what {
        What::Question(Question::Prompt(prompt)) => Some(prompt),
        _ => None,
    })
}
