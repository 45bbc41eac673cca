//! The home of a trial of the provider: a temporary folder, for the provider rewrites `~/.codex/config.toml` at every query. Touches nothing in the
//! user's own but the sign-in, which codex itself refreshes there.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::login::FILE;
use crate::temporary::Temporary;
use anyhow::{Context, Result};

/// A temporary home. Dropped, it is removed.
pub(super) struct Home {
    folder: Temporary,
    /// The user's sign-in, where there is one: of which the host gives each session a copy. A trial has the file itself, for a ChatGPT login that was
    /// refreshed in a copy is used up in the file.
    pub(super) sign_in: Option<PathBuf>,
}

/// What keeps codex, which the provider lets do all that it wants, from doing it outside a container, and from starting the login shell.
const TOOLS_OFF: &str = "web_search = \"disabled\"\n\n[features]\nshell_tool = false\nshell_snapshot = false\nunified_exec = false\napps = false\nplugins = false\nmulti_agent = false\n";

impl Home {
    /// Makes one.
    pub(super) fn new() -> Result<Self> {
        let folder = Temporary::new()?;
        let sign_in = std::env::home_dir().map(|home| home.join(FILE));
        let home = Self {
            folder,
            sign_in: sign_in.filter(|file| file.is_file()),
        };
        for place in [home.work(), home.codex()] {
            fs::create_dir(&place)
                .with_context(|| format!("failed to make `{}`", place.display()))?;
        }
        Ok(home)
    }

    /// Readies codex's folder for this machine: the sign-in as a link, which codex writes through, and its tools off.
    pub(super) fn fence(&self) -> Result<()> {
        let context = "failed to ready a temporary folder for codex";
        if let Some(file) = &self.sign_in {
            symlink(file, self.codex().join("auth.json")).context(context)?;
        }
        fs::write(self.codex().join("config.toml"), TOOLS_OFF).context(context)
    }

    /// The home folder itself.
    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }

    /// The empty folder that the agent works in.
    pub(super) fn work(&self) -> PathBuf {
        self.folder.path().join("agent")
    }

    /// Codex's own folder: not `.codex`, which the provider writes to.
    pub(super) fn codex(&self) -> PathBuf {
        self.folder.path().join("codex")
    }
}
