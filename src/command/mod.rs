//! The commands, one a file: each takes its arguments, the folder it works on and the user interface, and gives an exit code.

pub mod add;
pub mod build;
pub mod configure;
pub mod consent;
pub mod doctor;
pub mod look;
pub mod provider;
pub mod try_out;
pub mod undo;
pub mod verify;
pub mod write;

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::cli::{Cli, Command, Provider, Skill};
use crate::demo;
use crate::problem::{Exit, Problem};
use crate::ui::Ui;

/// Runs the command that was asked for.
pub fn run(cli: &Cli, ui: Ui) -> Result<Exit> {
    let here = cli.directory.clone().unwrap_or_else(|| PathBuf::from("."));
    let here: &Path = &here;
    let command = match &cli.command {
        Command::Skill(command) => command,
        Command::Provider(Provider::List) => return provider::list(here, ui),
        Command::Provider(Provider::Use(arguments)) => {
            return provider::use_provider(arguments, here, ui);
        }
    };
    match command {
        Skill::Add(arguments) if arguments.demo => {
            if cli.directory.is_some() {
                return Err(Problem::could_not_run(
                    "--demo makes its own checkout and does not go with -C",
                )
                .into());
            }
            demo::run(arguments, here, ui)
        }
        Skill::Add(arguments) => add::run(arguments, here, ui),
        Skill::Verify(arguments) => verify::run(arguments, here, ui),
        Skill::Try(arguments) => try_out::run(arguments, here, ui),
        Skill::Status(arguments) => look::status(arguments, here, ui),
        Skill::Build(arguments) => build::run(arguments, here, ui),
        Skill::Undo(arguments) => undo::run(arguments, here, ui),
        Skill::Configure(arguments) => configure::run(arguments, here, ui),
        Skill::Doctor(arguments) => doctor::run(arguments, here, ui),
        Skill::List => look::list(ui),
        Skill::Show(arguments) => look::show(arguments, here, ui),
    }
}
