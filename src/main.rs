//! The program: reads the command line, runs the command, and alone turns an error into an exit code.

use std::process::ExitCode;

use nanoclaw::cli;
use nanoclaw::problem::{Exit, Problem};
use nanoclaw::ui::{self, Ui};
use nanoclaw::{command, interrupt, process, temporary};

fn main() -> ExitCode {
    interrupt::before_a_sudden_end(|| {
        process::kill_running();
        temporary::remove_all();
        ui::give_back();
    });
    let ui = Ui::new();
    let run = cli::parse(std::env::args_os()).and_then(|cli| match cli {
        Ok(cli) => command::run(&cli, ui),
        Err(exit) => Ok(exit),
    });
    let exit = run.unwrap_or_else(|error| {
        ui.fail(&error);
        error
            .downcast_ref::<Problem>()
            .map_or(Exit::CouldNotRun, |problem| problem.exit)
    });
    ExitCode::from(exit as u8)
}
