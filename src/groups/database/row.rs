//! A row of a table, whose values should all be text or nothing: what of it is neither. Decides nothing of what a value means.

use std::path::{Path, PathBuf};

use rusqlite::Row;
use rusqlite::types::ValueRef;

use crate::next::quoted;
use crate::problem::Problem;
use crate::shown;

/// A value of the database that should be text, and is none: the row that holds it is passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotText {
    /// The database, relative to the root.
    place: PathBuf,
    /// The table.
    pub table: &'static str,
    /// The row's id, where that is text, and not the value itself.
    pub id: Option<String>,
    /// The column of the ids.
    id_column: &'static str,
    /// The column of the value.
    column: &'static str,
    /// What the value is instead, a clause.
    kind: String,
}

impl NotText {
    /// What is so, a clause.
    #[must_use]
    pub fn found(&self) -> String {
        let Self {
            table,
            column,
            kind,
            ..
        } = self;
        let place = shown::line(&self.place);
        let row = match &self.id {
            Some(id) => format!("the row `{}`", shown::line(id)),
            None => "a row".to_owned(),
        };
        format!(
            "`{place}`: `{column}` of {row} in `{table}` is {kind}, and should be text in UTF-8"
        )
    }

    /// The command that shows the value.
    #[must_use]
    pub fn look(&self) -> String {
        let Self {
            table,
            column,
            id_column,
            ..
        } = self;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '@');
        let id = self
            .id
            .as_ref()
            .filter(|id| id.chars().all(plain))
            .map(|id| format!(" WHERE {id_column} = '{id}'"));
        let (place, which) = (quoted(&self.place), id.unwrap_or_default());
        format!("sqlite3 {place} \"SELECT typeof({column}), hex({column}) FROM {table}{which}\"")
    }

    /// The error where just that row is asked for.
    #[must_use]
    pub fn problem(&self) -> Problem {
        Problem::could_not_run(self.found())
            .and_nothing_written()
            .hint(self.look())
    }
}

/// The rows of a table: those that can be read, and what of the others cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows<T> {
    /// The rows.
    pub read: Vec<T>,
    /// A value of each other one.
    pub not_text: Vec<NotText>,
}

/// The values of a row.
pub(super) struct Values<'a> {
    /// The database, relative to the root.
    pub(super) place: &'a Path,
    pub(super) row: &'a Row<'a>,
    pub(super) table: &'static str,
    /// The columns in the order of the row; the first one has the row's id.
    pub(super) columns: &'a [&'static str],
}

impl Values<'_> {
    /// The text of a column, or nothing.
    pub(super) fn text(&self, at: usize) -> Result<Option<String>, NotText> {
        let kind = match self.value(at) {
            ValueRef::Null => return Ok(None),
            ValueRef::Text(text) => match str::from_utf8(text) {
                Ok(text) => return Ok(Some(text.to_owned())),
                Err(_) => "text that is not UTF-8".to_owned(),
            },
            ValueRef::Blob(bytes) => format!("a blob of {} bytes", bytes.len()),
            ValueRef::Integer(_) | ValueRef::Real(_) => "a number".to_owned(),
        };
        Err(self.not_text(at, kind))
    }

    /// The text of a column that each row has.
    pub(super) fn some_text(&self, at: usize) -> Result<String, NotText> {
        let text = self.text(at)?;
        text.ok_or_else(|| self.not_text(at, "NULL".to_owned()))
    }

    fn value(&self, at: usize) -> ValueRef<'_> {
        self.row.get_ref(at).unwrap_or(ValueRef::Null)
    }

    fn not_text(&self, at: usize, kind: String) -> NotText {
        let name = |at: usize| self.columns.get(at).copied().unwrap_or_default();
        let id = (at > 0).then(|| self.text(0).ok().flatten()).flatten();
        NotText {
            place: self.place.to_path_buf(),
            table: self.table,
            id,
            id_column: name(0),
            column: name(at),
            kind,
        }
    }
}
