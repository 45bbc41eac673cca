//! The agent groups of a checkout's host, and which provider each one has, as the host and the agent runner find it. Decides nothing of what is
//! written.

mod chat;
mod container_json;
mod database;
mod socket;

use std::path::{Path, PathBuf};

use anyhow::Result;

pub use chat::{Chat, Heard};
pub use database::{Change, Column, DATABASE, Database, NotText, SESSIONS, Update};
pub use socket::{Answer, host_answers, set_provider};

use database::{ConfigRow, GroupRow, SessionRow};

use crate::checkout::{Checkout, Entry, File};
use crate::next::{option, quoted};
use crate::plan::{Edit, Role};
use crate::problem::Problem;
use crate::shown;

/// The provider of a group that names none (NanoClaw's `resolveProviderName`).
pub const USUAL: &str = "claude";

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The id, such as `ag-1778000000000-k3x9qz`.
    pub id: String,
    /// The name, which another group may have, too.
    pub name: String,
    /// Its folder below `groups`.
    pub folder: String,
    /// Where its provider is read.
    pub source: Source,
    /// The image of its own, where it has one: that of its row of `container_configs`; without a row that of `container.json`, of which the host
    /// makes the row.
    pub image: Option<String>,
    /// Its sessions that receive messages.
    pub sessions: Vec<Session>,
}

/// Where the provider of a group is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// In its row of `container_configs`, which the host writes `container.json` from at every start of a container.
    Config(Option<String>),
    /// The host reads `agent_groups.agent_provider` and then `container.json`, the agent runner the second alone. So it is in checkouts before
    /// there was such a table, and for a group that has no row yet, of which the host makes one from both.
    Files {
        /// The column.
        column: Option<String>,
        /// What `container.json` names.
        file: Option<String>,
        /// Why that cannot be read, a clause: NanoClaw takes such a file for empty.
        unreadable: Option<String>,
    },
}

/// A session of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The id.
    pub id: String,
    /// The provider of its own, which the host alone reads.
    pub provider: Option<String>,
}

impl Group {
    /// The provider that the agent runner starts in a container of the group.
    #[must_use]
    pub fn in_container(&self) -> String {
        let (Source::Config(named) | Source::Files { file: named, .. }) = &self.source;
        effective([named])
    }

    /// The provider that the host readies a container of the group for: of a session that has one of its own, that.
    #[must_use]
    pub fn on_host(&self, session: Option<&Session>) -> String {
        let own = session.and_then(|session| session.provider.clone());
        match &self.source {
            Source::Config(named) => effective([&own, named]),
            Source::Files { column, file, .. } => effective([&own, column, file]),
        }
    }

    /// Where the host readies its containers for another provider than the agent runner starts in them: what is so, and the command that mends it,
    /// by the same provider where it is registered.
    #[must_use]
    pub fn disagreements(&self, registered: &[String]) -> Vec<(String, String)> {
        let runner = self.in_container();
        let named = shown::line(&runner);
        let first = registered.first().unwrap_or(&runner);
        let mend = self.mend(if registered.contains(&runner) {
            &runner
        } else {
            first
        });
        let differs = |session: Option<&Session>| {
            let host = self.on_host(session);
            (host != runner).then(|| shown::line(host))
        };
        let of_group = differs(None).map(|host| {
            let found =
                format!("the host readies its containers for {host}, and {named} runs in them");
            (found, mend.clone())
        });
        let with_own = self
            .sessions
            .iter()
            .filter(|session| session.provider.is_some());
        let of_sessions = with_own.filter_map(|session| {
            let host = differs(Some(session))?;
            let id = shown::line(&session.id);
            let found = format!(
                "session {id}: the host readies its container for {host}, and {named} runs in it"
            );
            let of_session = option("--session", &session.id);
            Some((found, format!("{mend} {of_session}")))
        });
        of_group.into_iter().chain(of_sessions).collect()
    }

    /// The command that gives it a provider.
    #[must_use]
    pub fn mend(&self, provider: &str) -> String {
        let provider = quoted(Path::new(provider));
        format!(
            "nanoclaw provider use {provider} {}",
            option("--group", &self.id)
        )
    }

    /// What messages call it.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{} ({})", shown::line(&self.name), shown::line(&self.id))
    }

    /// Why its `container.json` cannot be read, where that is so and it counts: a clause.
    #[must_use]
    pub fn unreadable(&self) -> Option<String> {
        let Source::Files {
            unreadable: Some(found),
            ..
        } = &self.source
        else {
            return None;
        };
        Some(format!("`{}`: {found}", shown::line(self.file())))
    }

    /// Whether a person means it by a word: by its name, its folder or its id.
    #[must_use]
    pub fn is_called(&self, word: &str) -> bool {
        [&self.name, &self.folder, &self.id]
            .into_iter()
            .any(|name| name == word)
    }

    fn file(&self) -> PathBuf {
        Path::new("groups")
            .join(&self.folder)
            .join("container.json")
    }
}

/// The first that names one, in lower case.
fn effective<'a>(named: impl IntoIterator<Item = &'a Option<String>>) -> String {
    let named = named.into_iter().flatten();
    let mut named = named.filter(|name| !name.is_empty());
    named.next().map_or(USUAL, String::as_str).to_lowercase()
}

/// The groups of a checkout, and what keeps others from being read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Groups {
    /// Those that can be read, by their names.
    pub read: Vec<Group>,
    /// Values that are no text: of groups that are not among them, and of sessions that are not among theirs.
    pub not_text: Vec<NotText>,
}

/// Reads the groups of a checkout.
pub fn read(checkout: &Checkout, database: &Database) -> Result<Groups> {
    let rows = database.groups()?;
    let sessions = database.sessions()?;
    let (configs, of_configs) = match database.configs()? {
        Some(configs) => (configs.read, configs.not_text),
        None => (Vec::new(), Vec::new()),
    };
    // What a group has there counts, also where it cannot be read.
    let has_read = |row: &GroupRow| {
        let mut others = of_configs.iter();
        !others.any(|it| it.id.as_deref() == Some(&row.id))
    };
    let group = |row| group(checkout, row, &configs, &sessions.read);
    let groups = rows.read.into_iter().filter(has_read).map(group);
    let read = groups.collect::<Result<_>>()?;
    let not_text = [rows.not_text, of_configs, sessions.not_text].concat();
    Ok(Groups { read, not_text })
}

fn group(
    checkout: &Checkout,
    row: GroupRow,
    configs: &[ConfigRow],
    sessions: &[SessionRow],
) -> Result<Group> {
    let mut configs = configs.iter();
    let config = configs.find(|config| config.agent_group_id == row.id);
    let active = sessions
        .iter()
        .filter(|session| session.agent_group_id == row.id && session.status == "active");
    let sessions = active.map(|session| Session {
        id: session.id.clone(),
        provider: session.agent_provider.clone(),
    });
    let mut group = Group {
        source: Source::Config(None),
        image: None,
        sessions: sessions.collect(),
        id: row.id,
        name: row.name,
        folder: row.folder,
    };
    if let Some(config) = config {
        group.source = Source::Config(config.provider.clone());
        let named = |image: &&String| !image.is_empty();
        group.image = config.image_tag.as_ref().filter(named).cloned();
        return Ok(group);
    }
    let text = text(checkout, &group)?.and_then(|file| {
        let said = file.map(|file| container_json::said(&file.bytes));
        said.transpose().map(Option::unwrap_or_default)
    });
    let (said, unreadable) = match text {
        Ok(said) => (said, None),
        Err(reason) => (container_json::Said::default(), Some(reason)),
    };
    group.image = said.image;
    group.source = Source::Files {
        column: row.agent_provider,
        file: said.provider,
        unreadable,
    };
    Ok(group)
}

/// What makes a provider that of a group: values of the database, and `container.json` where that is read.
pub fn changes(
    checkout: &Checkout,
    group: &Group,
    provider: &str,
) -> Result<(Vec<Update>, Option<Edit>)> {
    let is = |named: &Option<String>| named.as_deref() == Some(provider);
    let update = |column, before: &Option<String>| Update {
        column,
        id: group.id.clone(),
        before: before.clone(),
        after: provider.to_owned(),
    };
    match &group.source {
        Source::Config(named) if is(named) => Ok((Vec::new(), None)),
        Source::Config(named) => Ok((vec![update(Column::OfConfig, named)], None)),
        Source::Files { column, file, .. } => {
            let updates = (!is(column)).then(|| update(Column::OfGroup, column));
            let edit = if is(file) {
                None
            } else {
                Some(edit(checkout, group, provider)?)
            };
            Ok((Vec::from_iter(updates), edit))
        }
    }
}

/// Whether the database names for the groups of these files, relative to the root, just the providers that the files name. Where it cannot be read,
/// that is not so.
#[must_use]
pub fn agree(checkout: &Checkout, files: &[&Path]) -> bool {
    let read = || read(checkout, &Database::to_read(checkout)?);
    let Ok(groups) = read() else {
        return false;
    };
    let has_file = |group: &&Group, file: &Path| match checkout.entry(&group.file()) {
        Ok(Entry::File { real, .. }) => real == file,
        _ => false,
    };
    files.iter().all(|file| {
        let mut groups = groups.read.iter();
        let group = groups.find(|group| has_file(group, file));
        group.is_some_and(|group| match &group.source {
            Source::Files { column, file, .. } => column.is_some() && column == file,
            Source::Config(_) => false,
        })
    })
}

/// What makes a provider that of a session: a value of the database.
#[must_use]
pub fn session_change(session: &Session, provider: &str) -> Option<Update> {
    let is = session.provider.as_deref() == Some(provider);
    (!is).then(|| Update {
        column: Column::OfSession,
        id: session.id.clone(),
        before: session.provider.clone(),
        after: provider.to_owned(),
    })
}

fn edit(checkout: &Checkout, group: &Group, provider: &str) -> Result<Edit> {
    let entry = checkout.entry(&group.file())?;
    let (path, before) = match entry {
        Entry::File { real, file } => (real, Some(file)),
        Entry::Absent { real } => (real, None),
        Entry::Refused(reason) => return Err(unreadable(group, &reason)),
    };
    let bytes = match &before {
        Some(file) => container_json::with_provider(&file.bytes, provider)
            .map_err(|found| unreadable(group, &found))?,
        None => container_json::new(provider),
    };
    let mode = before.as_ref().map_or(0o644, |file| file.mode);
    Ok(Edit {
        path,
        before,
        after: Some(File { bytes, mode }),
        role: Role::Insert,
    })
}

/// A group's `container.json`, where there is one; inside, the reason why it must not be used.
fn text(checkout: &Checkout, group: &Group) -> Result<std::result::Result<Option<File>, String>> {
    Ok(match checkout.entry(&group.file())? {
        Entry::File { file, .. } => Ok(Some(file)),
        Entry::Absent { .. } => Ok(None),
        Entry::Refused(reason) => Err(reason),
    })
}

fn unreadable(group: &Group, found: &str) -> anyhow::Error {
    let path = shown::line(group.file());
    let found = format!("`{path}` of {}: {found}", group.shown());
    Problem::refused(found)
        .and_nothing_written()
        .hint("look at it, and mend it by hand")
        .into()
}
