//! NanoClaw's central database, `data/v2.db`, of both generations: read as its host reads it, and changed in one transaction. What a version
//! number says is not looked at: the tables are.

mod fault;
mod row;
mod terminal;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Error, Result};
use rusqlite::{Connection, OpenFlags, Row, Transaction, TransactionBehavior, params};

use crate::checkout::Checkout;
use crate::interrupt::{self, TICK};
use crate::problem::Problem;
use crate::shown;

pub use row::{NotText, Rows};

use fault::is_busy;
use row::Values;

/// Where the database is, relative to the root (NanoClaw's `src/index.ts`).
pub const DATABASE: &str = "data/v2.db";

/// The table of sessions.
pub const SESSIONS: &str = "sessions";

/// The database, open.
pub struct Database {
    connection: Connection,
    /// Where it is, relative to the root.
    place: PathBuf,
}

/// A row of `agent_groups`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRow {
    pub id: String,
    pub name: String,
    pub folder: String,
    pub agent_provider: Option<String>,
}

/// A row of `container_configs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigRow {
    pub agent_group_id: String,
    pub provider: Option<String>,
    pub image_tag: Option<String>,
}

/// A row of `sessions`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    pub id: String,
    pub agent_group_id: String,
    pub agent_provider: Option<String>,
    pub status: String,
}

/// A column that holds the provider of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// `container_configs.provider`.
    OfConfig,
    /// `agent_groups.agent_provider`.
    OfGroup,
    /// `sessions.agent_provider`.
    OfSession,
}

impl Column {
    /// The table and the column, as SQL names them.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OfConfig => "container_configs.provider",
            Self::OfGroup => "agent_groups.agent_provider",
            Self::OfSession => "sessions.agent_provider",
        }
    }

    /// The statement that gives `?1` to the row `?2` where the column still holds `?3`.
    fn update(self) -> &'static str {
        match self {
            // The time as NanoClaw writes it: ISO 8601, UTC, in milliseconds.
            Self::OfConfig => {
                "UPDATE container_configs SET provider = ?1, updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
                 WHERE agent_group_id = ?2 AND provider IS ?3"
            }
            Self::OfGroup => {
                "UPDATE agent_groups SET agent_provider = ?1 WHERE id = ?2 AND agent_provider IS ?3"
            }
            Self::OfSession => {
                "UPDATE sessions SET agent_provider = ?1 WHERE id = ?2 AND agent_provider IS ?3"
            }
        }
    }
}

/// A value that is to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// Where it stands.
    pub column: Column,
    /// The row's id.
    pub id: String,
    /// What stands there now.
    pub before: Option<String>,
    /// What is to stand there.
    pub after: String,
}

impl Database {
    /// Opens the database to look at it. Makes no file: where nobody has it open, it is read as it lies there.
    pub fn to_read(checkout: &Checkout) -> Result<Self> {
        Self::read_at(checkout, &path(checkout)?, Path::new(DATABASE))
    }

    /// Opens what the container of a session writes, to look at it; `None` where no container has run for it.
    pub fn of_session(checkout: &Checkout, group: &str, session: &str) -> Result<Option<Self>> {
        let place = Path::new("data/v2-sessions").join(group).join(session);
        let place = place.join("outbound.db");
        match checkout.standing(&place)? {
            Some((path, metadata)) if metadata.is_file() => {
                Self::read_at(checkout, &path, &place).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn read_at(checkout: &Checkout, path: &Path, place: &Path) -> Result<Self> {
        let log = checkout.standing(&place.with_extension("db-wal"))?;
        let mut uri = format!("file:{}", escaped(path)?);
        // SQLite itself would make the files of a write-ahead log that nobody has open.
        if log.is_none() && has_log(path) {
            uri.push_str("?immutable=1");
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        Self::open(place, || Connection::open_with_flags(&uri, flags))
    }

    /// Opens the database to change it.
    pub fn to_write(checkout: &Checkout) -> Result<Self> {
        let path = path(checkout)?;
        Self::open(Path::new(DATABASE), || {
            Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)
        })
    }

    fn open(place: &Path, open: impl FnOnce() -> rusqlite::Result<Connection>) -> Result<Self> {
        let open = || {
            let connection = open()?;
            connection.busy_timeout(TICK)?;
            connection.pragma_update(None, "foreign_keys", true)?;
            Ok(connection)
        };
        let place = place.to_path_buf();
        match open() {
            Ok(connection) => Ok(Self { connection, place }),
            Err(error) => Err(fault::explained(&place, &error)),
        }
    }

    fn explained(&self, error: &rusqlite::Error) -> Error {
        fault::explained(&self.place, error)
    }

    /// The groups, by name.
    pub fn groups(&self) -> Result<Rows<GroupRow>> {
        let columns = ["id", "name", "folder", "agent_provider"];
        self.rows("agent_groups", &columns, "ORDER BY name, id", |values| {
            Ok(GroupRow {
                id: values.some_text(0)?,
                name: values.some_text(1)?,
                folder: values.some_text(2)?,
                agent_provider: values.text(3)?,
            })
        })
    }

    /// The configurations of groups; `None` where this generation keeps them in files.
    pub fn configs(&self) -> Result<Option<Rows<ConfigRow>>> {
        if self.columns("container_configs")?.is_empty() {
            return Ok(None);
        }
        let columns = ["agent_group_id", "provider", "image_tag", "updated_at"];
        let rows = self.rows("container_configs", &columns, "", |values| {
            Ok(ConfigRow {
                agent_group_id: values.some_text(0)?,
                provider: values.text(1)?,
                image_tag: values.text(2)?,
            })
        })?;
        Ok(Some(rows))
    }

    /// The sessions, by id.
    pub fn sessions(&self) -> Result<Rows<SessionRow>> {
        let columns = ["id", "agent_group_id", "agent_provider", "status"];
        self.rows(SESSIONS, &columns, "ORDER BY id", |values| {
            Ok(SessionRow {
                id: values.some_text(0)?,
                agent_group_id: values.some_text(1)?,
                agent_provider: values.text(2)?,
                status: values.text(3)?.unwrap_or_else(|| "active".to_owned()),
            })
        })
    }

    /// Makes the changes in one transaction, which is not committed yet. A value that is no more what it was is a [`Problem`], and nothing is
    /// changed. While another program writes, it is waited for as long as `timeout`.
    pub fn change(&self, updates: &[Update], timeout: Duration) -> Result<Change<'_>> {
        let transaction = self.begin(timeout)?;
        for update in updates {
            let Update {
                column,
                id,
                before,
                after,
            } = update;
            let changed = transaction.execute(column.update(), params![after, id, before]);
            if changed.map_err(|error| self.explained(&error))? != 1 {
                let name = column.name();
                let found = format!("{name} of {} has changed meanwhile", shown::line(id));
                return Err(Problem::refused(found)
                    .and_nothing_written()
                    .hint("run the command again")
                    .into());
            }
        }
        Ok(Change {
            transaction,
            database: self,
        })
    }

    fn begin(&self, timeout: Duration) -> Result<Transaction<'_>> {
        let since = Instant::now();
        loop {
            match Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate) {
                Err(error) if is_busy(&error) && since.elapsed() < timeout => interrupt::check()?,
                begun => return begun.map_err(|error| fault::waited(&self.place, &error)),
            }
        }
    }

    /// A [`Problem`] where a table lacks one of these columns.
    fn has(&self, table: &str, columns: &[&str]) -> Result<()> {
        let there = self.columns(table)?;
        let Some(lacking) = columns
            .iter()
            .find(|column| !there.iter().any(|it| it == *column))
        else {
            return Ok(());
        };
        let found = format!("`{DATABASE}` has no `{lacking}` in a table `{table}`");
        let hint = "it is of another NanoClaw than this program knows: its own ncl, or a newer nanoclaw, may know it";
        Err(Problem::could_not_run(found).hint(hint).into())
    }

    /// The columns of a table; none where there is no such table.
    fn columns(&self, table: &str) -> Result<Vec<String>> {
        let columns = || -> rusqlite::Result<_> {
            let select = "SELECT name FROM pragma_table_info(?1)";
            let mut statement = self.connection.prepare(select)?;
            statement.query_map([table], |row| row.get(0))?.collect()
        };
        columns().map_err(|error| self.explained(&error))
    }

    fn values<'a>(
        &'a self,
        row: &'a Row<'a>,
        table: &'static str,
        columns: &'a [&'static str],
    ) -> Values<'a> {
        Values {
            place: &self.place,
            row,
            table,
            columns,
        }
    }

    /// Reads a table that has these columns, of which the first has the rows' ids; `rest` is what the query has behind the table's name. A row of which a value is no text is passed over, and told.
    fn rows<T>(
        &self,
        table: &'static str,
        columns: &[&'static str],
        rest: &str,
        read: impl Fn(&Values<'_>) -> std::result::Result<T, NotText>,
    ) -> Result<Rows<T>> {
        self.has(table, columns)?;
        let select = format!("SELECT {} FROM {table} {rest}", columns.join(", "));
        let rows = || -> rusqlite::Result<_> {
            let mut statement = self.connection.prepare(&select)?;
            let mut rows = statement.query([])?;
            let mut found = Rows {
                read: Vec::new(),
                not_text: Vec::new(),
            };
            while let Some(row) = rows.next()? {
                match read(&self.values(row, table, columns)) {
                    Ok(row) => found.read.push(row),
                    Err(not_text) => found.not_text.push(not_text),
                }
            }
            Ok(found)
        };
        rows().map_err(|error| self.explained(&error))
    }
}

/// Changes that are made and not committed. Dropped, they are taken back.
pub struct Change<'a> {
    transaction: Transaction<'a>,
    database: &'a Database,
}

impl Change<'_> {
    /// Makes them last.
    pub fn commit(self) -> Result<()> {
        let committed = self.transaction.commit();
        committed.map_err(|error| self.database.explained(&error))
    }
}

/// Where the database lies: a regular file.
fn path(checkout: &Checkout) -> Result<PathBuf> {
    let root = checkout.root().display();
    match checkout.standing(Path::new(DATABASE))? {
        Some((path, metadata)) if metadata.is_file() => Ok(path),
        Some(_) => {
            let found = format!("`{DATABASE}` in {root} is no regular file");
            Err(Problem::could_not_run(found).into())
        }
        None => {
            let found = format!(
                "{root} has no `{DATABASE}`: its host has not run yet, so there are no groups"
            );
            Err(Problem::could_not_run(found)
                .hint("bash nanoclaw.sh sets NanoClaw up")
                .into())
        }
    }
}

/// Whether a database is written through a write-ahead log (the "write version" of SQLite's file format).
fn has_log(path: &Path) -> bool {
    let mut head = [0; 19];
    let file = std::fs::File::open(path);
    let read = file.and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head.last() == Some(&2)
}

/// A path in a URI of SQLite's, which is text.
fn escaped(path: &Path) -> Result<String> {
    let Some(text) = path.to_str() else {
        let found = format!("`{}` is not UTF-8", shown::line(path));
        return Err(Problem::could_not_run(found).into());
    };
    // The sign of the escapes themselves comes first.
    let escapes = [('%', "%25"), ('?', "%3f"), ('#', "%23")];
    let escape = |text: String, (sign, escape): (char, &str)| text.replace(sign, escape);
    Ok(escapes.into_iter().fold(text.to_owned(), escape))
}
