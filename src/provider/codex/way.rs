//! How the programs of a trial are started, and where: on this machine, or in a container of the host's image. Starts none of them itself.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::CODEX;
use super::failure::Who;
use super::home::Home;
use super::settings::CODEX_MODEL;
use crate::checkout::{BARRELS, Checkout};
use crate::process::{Container, Conversation};

/// A program that is to be started.
pub(super) struct Launch {
    pub(super) program: String,
    pub(super) arguments: Vec<String>,
    pub(super) environment: Vec<(&'static str, String)>,
    /// Where it is started, on this machine.
    pub(super) folder: PathBuf,
    /// The folder that it works in, as it sees it.
    pub(super) work: PathBuf,
    /// The name of the container that the program, an engine, runs it in.
    pub(super) container: Option<String>,
}

/// The arguments that start codex's app-server.
pub(super) const APP_SERVER: [&str; 3] = ["app-server", "--listen", "stdio://"];

impl Launch {
    /// Codex's app-server, with the user's own settings.
    pub(super) fn app_server(folder: &Path) -> Self {
        Self {
            program: CODEX.to_owned(),
            arguments: APP_SERVER.map(str::to_owned).to_vec(),
            // The last lines of one that breaks are shown: words, and no addresses of its code.
            environment: vec![
                ("NO_COLOR", "1".to_owned()),
                ("RUST_BACKTRACE", "0".to_owned()),
            ],
            folder: folder.to_path_buf(),
            work: folder.to_path_buf(),
            container: None,
        }
    }

    /// Starts it.
    pub(super) fn start(&self) -> Result<Conversation> {
        let arguments = self.arguments.iter().map(String::as_str);
        let arguments = arguments.collect::<Vec<_>>();
        let environment = self.environment.iter();
        let environment = environment.map(|(name, value)| (*name, value.as_str()));
        let environment = environment.collect::<Vec<_>>();
        let started = Conversation::start(&self.program, &arguments, &self.folder, &environment)?;
        Ok(match &self.container {
            Some(name) => started.of(Container::new(&self.program, name)),
            None => started,
        })
    }
}

/// How a provider is tried.
pub(super) struct Way {
    pub(super) who: Who,
    /// Bun, with [`SCRIPT`].
    pub(super) runner: Launch,
    /// Codex itself, with the same sign-in and settings.
    pub(super) codex: Launch,
    /// The folder of the agent runner's providers, as bun sees it.
    pub(super) providers: PathBuf,
    /// What the programs need while they run.
    pub(super) _home: Home,
}

/// What bun runs: it knows the agent runner, and no checkout. Nothing of a checkout or a person is pasted into it.
const SCRIPT: &str = include_str!("runner.ts");

/// The arguments that have bun run the script. It would fetch a package that is not there.
pub(super) fn bun_arguments() -> Vec<String> {
    ["--no-install", "-e", SCRIPT].map(str::to_owned).to_vec()
}

/// Bun and codex of this machine.
pub(super) fn here(checkout: &Checkout, model: Option<&str>) -> Result<Way> {
    let home = Home::new()?;
    home.fence()?;
    let shown = |path: PathBuf| path.to_string_lossy().into_owned();
    let mut codex = Launch::app_server(&home.work());
    codex.environment.extend([
        ("HOME", shown(home.path())),
        ("CODEX_HOME", shown(home.codex())),
    ]);
    let model = model.map(|model| (CODEX_MODEL, model.to_owned()));
    codex.environment.extend(model);
    let runner = Launch {
        program: "bun".to_owned(),
        arguments: bun_arguments(),
        environment: codex.environment.clone(),
        folder: home.work(),
        work: home.work(),
        container: None,
    };
    Ok(Way {
        who: Who::Provider,
        runner,
        codex,
        providers: folder_of_providers(checkout)?,
        _home: home,
    })
}

/// The folder of the agent runner's providers, on this machine.
pub(super) fn folder_of_providers(checkout: &Checkout) -> Result<PathBuf> {
    let [_, barrel] = BARRELS;
    let folder = Path::new(barrel).parent().unwrap_or(Path::new(""));
    let standing = checkout.standing(folder)?;
    let (folder, _) = standing.with_context(|| format!("`{barrel}` is not there"))?;
    Ok(folder)
}
