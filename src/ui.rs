//! The only module that prints or asks. Decides nothing: what is data goes to stdout, what is words goes to stderr.

mod terminal;

use std::io::{self, IsTerminal, Read, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};

pub use terminal::give_back;

use crate::interrupt::{self, TICK};
use crate::problem::Problem;

pub use crate::shown::clean;

/// A colour, as the terminal's own sixteen have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tint {
    /// Something holds, or was done.
    Good,
    /// Something wants a look.
    Warn,
    /// Something is wrong.
    Bad,
    /// Something of less weight.
    Dim,
    /// A heading.
    Strong,
}

/// The two output streams and what they can show.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says what one stream can show"
)]
pub struct Ui {
    color_out: bool,
    color_err: bool,
    /// Whether stdout is a terminal: data is cleaned for one, and nowhere else.
    terminal_out: bool,
    terminal: bool,
}

impl Ui {
    /// Looks at the streams and at `NO_COLOR`, `CLICOLOR_FORCE`, `CI` and `TERM`. Colour and questions are only for terminals.
    #[must_use]
    pub fn new() -> Self {
        let set = |name: &str| {
            std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0")
        };
        let ci = set("CI");
        let terminal = io::stdin().is_terminal() && io::stderr().is_terminal() && !ci;
        // As git has it: a terminal that is called nothing, or dumb, shows no colours.
        let term = std::env::var_os("TERM").unwrap_or_default();
        let can_color = !ci && !term.is_empty() && term != "dumb";
        let color =
            |terminal: bool| (set("CLICOLOR_FORCE") || (terminal && can_color)) && !set("NO_COLOR");
        Self {
            color_out: color(io::stdout().is_terminal()),
            color_err: color(io::stderr().is_terminal()),
            terminal_out: io::stdout().is_terminal(),
            terminal,
        }
    }

    /// Prints a line of words on stderr.
    pub fn say(self, line: &str) {
        err(&clean(line));
    }

    /// Prints a line of words on stderr that begins with a coloured word.
    pub fn tell(self, tint: Tint, word: &str, rest: &str) {
        let word = paint(self.color_err, tint, &clean(word));
        let space = if rest.is_empty() { "" } else { " " };
        err(&format!("{word}{space}{}", clean(rest)));
    }

    /// Prints a line of a command's result on stdout, beginning with a coloured word. A reader that has gone away is no error.
    pub fn print(self, tint: Tint, word: &str, rest: &str) -> Result<()> {
        quiet_pipe(writeln!(
            io::stdout().lock(),
            "{}{}",
            paint(self.color_out, tint, &clean(word)),
            clean(rest)
        ))
    }

    /// Writes data on stdout: byte for byte, but to a terminal, which would obey what the data holds.
    pub fn data(self, bytes: &[u8]) -> Result<()> {
        if self.terminal_out {
            out(clean(&String::from_utf8_lossy(bytes)).as_bytes())
        } else {
            out(bytes)
        }
    }

    /// Writes a patch on stdout: as data, on a terminal with colour line by line.
    pub fn patch(self, patch: &[u8]) -> Result<()> {
        if !self.terminal_out || !self.color_out {
            return self.data(patch);
        }
        let mut painted = Vec::new();
        for line in patch.split_inclusive(|byte| *byte == b'\n') {
            let text = clean(String::from_utf8_lossy(line).trim_end_matches('\n'));
            let tint = match line.first() {
                Some(b'+') => Some(Tint::Good),
                Some(b'-') => Some(Tint::Bad),
                Some(b'@') => Some(Tint::Dim),
                Some(b'd' | b'i' | b'n' | b'o') => Some(Tint::Strong),
                _ => None,
            };
            painted.extend(
                tint.map_or_else(|| text.clone(), |tint| paint(true, tint, &text))
                    .into_bytes(),
            );
            painted.push(b'\n');
        }
        out(&painted)
    }

    /// Adds to the job summary of a GitHub workflow, in the file that `GITHUB_STEP_SUMMARY` names; without one there is no job to sum up.
    pub fn job_summary(self, markdown: &str) -> Result<()> {
        let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty())
        else {
            return Ok(());
        };
        let file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path);
        file.and_then(|mut file| file.write_all(markdown.as_bytes()))
            .context("failed to write the job summary")
    }

    /// Asks for a yes on a terminal, before anything is written; elsewhere the command itself was the yes. A signal that comes meanwhile is an
    /// error, with the exit code of the signal.
    pub fn confirm(self, question: &str) -> Result<bool> {
        self.confirm_or(question, true)
    }

    /// As [`Ui::confirm`], with what Enter alone says.
    pub fn confirm_or(self, question: &str, enter: bool) -> Result<bool> {
        if !self.terminal {
            return Ok(true);
        }
        interrupt::watch()?;
        terminal::lend();
        let question = clean(question);
        let answer = ask(move || {
            let confirm = dialoguer::Confirm::new();
            confirm.with_prompt(question).default(enter).interact_opt()
        });
        if let (Ok(answer), None) = (&answer, interrupt::asked()) {
            terminal::is_back();
            return Ok(answer.unwrap_or(false));
        }
        give_back();
        let signal = interrupt::asked();
        match (signal, answer) {
            (Some(problem), _) => Err(problem.and_nothing_written().into()),
            // Of a Ctrl-C alone, where the signal is ignored.
            (None, Err(error)) if error.kind() == io::ErrorKind::Interrupted => {
                Err(interrupt::interrupted().and_nothing_written().into())
            }
            (None, answer) => Ok(answer
                .context("failed to read the answer")?
                .unwrap_or(false)),
        }
    }

    /// Asks for a secret, which is not shown as it is typed; `None` where nobody is there to be asked, or nothing was typed. A signal that comes
    /// meanwhile is an error.
    pub fn secret(self, question: &str) -> Result<Option<String>> {
        let question = clean(question);
        let answer = self.asked(move || {
            let password = dialoguer::Password::new();
            let password = password.with_prompt(question);
            password.allow_empty_password(true).interact()
        })?;
        Ok(answer.filter(|answer| !answer.is_empty()))
    }

    /// Asks for a line; as [`Ui::secret`] otherwise.
    pub fn line(self, question: &str) -> Result<Option<String>> {
        let question = clean(question);
        let answer = self.asked(move || {
            let input = dialoguer::Input::<String>::new();
            let input = input.with_prompt(question).allow_empty(true);
            input.interact_text()
        })?;
        Ok(answer.filter(|answer| !answer.is_empty()))
    }

    /// Asks for one of a few; `None` where nobody is there to be asked, or none was chosen. A signal that comes meanwhile is an error.
    pub fn choose(self, question: &str, choices: &[String]) -> Result<Option<String>> {
        let question = clean(question);
        let offered = choices.iter().map(|choice| clean(choice));
        let offered = offered.collect::<Vec<_>>();
        let chosen = self.asked(move || {
            let select = dialoguer::Select::new();
            let select = select.with_prompt(question).items(&offered).default(0);
            select.interact_opt()
        })?;
        Ok(chosen
            .flatten()
            .and_then(|index| choices.get(index).cloned()))
    }

    /// Puts a question to whoever is at the terminal.
    fn asked<T: Send + 'static>(
        self,
        question: impl FnOnce() -> dialoguer::Result<T> + Send + 'static,
    ) -> Result<Option<T>> {
        if !self.terminal {
            return Ok(None);
        }
        interrupt::watch()?;
        terminal::lend();
        let answer = ask(question);
        give_back();
        if let Some(problem) = interrupt::asked() {
            return Err(problem.and_nothing_written().into());
        }
        answer.context("failed to read the answer").map(Some)
    }

    /// Whether somebody is there to be asked.
    #[must_use]
    pub fn can_ask(self) -> bool {
        self.terminal
    }

    /// Shows a task at work: a live line on a terminal, its start elsewhere.
    #[must_use]
    pub fn start(self, label: &str, command: &str) -> Live {
        let bar = self.terminal.then(|| {
            let bar = ProgressBar::new_spinner();
            let style = ProgressStyle::with_template("{spinner} {prefix} {elapsed} {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.set_prefix(clean(label));
            bar.set_message(clean(command));
            terminal::live(true);
            bar
        });
        if bar.is_none() {
            self.say(&format!("run      {label}"));
        }
        Live {
            bar,
            since: Instant::now(),
        }
    }

    /// Prints what ended the program, and what mends it.
    pub fn fail(self, error: &anyhow::Error) {
        let problem = error.downcast_ref::<Problem>();
        self.tell(Tint::Bad, "error:", &format!("{error:#}"));
        if let Some(hint) = problem.and_then(|problem| problem.hint.as_ref()) {
            self.tell(Tint::Warn, "hint:", hint);
        }
    }
}

impl Default for Ui {
    fn default() -> Self {
        Self::new()
    }
}

/// Waits for the answer to a question, or for a signal. It is put by a thread of its own: that may read on when a signal has come, and is left to.
fn ask<T: Send + 'static>(
    question: impl FnOnce() -> dialoguer::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (sender, answers) = mpsc::channel();
    let ask = move || {
        let asked = question().map_err(|dialoguer::Error::IO(error)| error);
        // Nobody waits any more when a signal came first.
        let _ = sender.send(asked);
    };
    thread::Builder::new().spawn(ask)?;
    loop {
        match answers.recv_timeout(TICK) {
            Ok(answer) => return answer,
            Err(RecvTimeoutError::Timeout) if interrupt::asked().is_none() => {}
            Err(_) => return Err(io::ErrorKind::Interrupted.into()),
        }
    }
}

/// What comes on standard input, as text: as much as any secret is long. A terminal is none: it would show what is typed.
pub fn read_secret() -> Result<String> {
    const LONGEST: u64 = 64 * 1024;
    if io::stdin().is_terminal() {
        let found = "standard input is a terminal, which would show what is typed";
        let problem = Problem::could_not_run(found).and_nothing_written();
        return Err(problem.hint("--auth api-key asks for it unseen").into());
    }
    io::read_to_string(io::stdin().take(LONGEST)).context("failed to read standard input")
}

/// Writes a line on stderr at once: stderr is not buffered, and a line in pieces could be broken by another program's.
fn err(line: &str) {
    // Nobody is left to tell when stderr is gone.
    let _ = io::stderr()
        .lock()
        .write_all(format!("{line}\n").as_bytes());
}

/// A task at work.
pub struct Live {
    bar: Option<ProgressBar>,
    since: Instant,
}

impl Live {
    /// Shows the last line of the task's output, and that time goes by where there is no new one.
    pub fn show(&self, line: Option<&str>) {
        let Some(bar) = &self.bar else {
            return;
        };
        if let Some(line) = line {
            bar.set_message(clean(line));
        }
        bar.tick();
    }

    /// Takes the live line away and gives the time it stood, in seconds with one decimal.
    #[must_use]
    pub fn end(self) -> String {
        format!("{:.1} s", self.since.elapsed().as_secs_f64())
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
            terminal::live(false);
        }
    }
}

fn paint(color: bool, tint: Tint, text: &str) -> String {
    let code = match tint {
        Tint::Good => "32",
        Tint::Warn => "33",
        Tint::Bad => "31",
        Tint::Dim => "2",
        Tint::Strong => "1",
    };
    if color && !text.is_empty() {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

fn out(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    quiet_pipe(out.write_all(bytes).and_then(|()| out.flush()))
}

fn quiet_pipe(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("failed to write to stdout")
        }
        _ => Ok(()),
    }
}
