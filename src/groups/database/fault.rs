//! What SQLite's errors mean for one of NanoClaw's databases. Opens none.

use std::path::Path;

use anyhow::Error;
use rusqlite::ErrorCode;

use crate::next::quoted;
use crate::problem::Problem;
use crate::shown;

/// Whether another program is writing.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    let busy = [ErrorCode::DatabaseBusy, ErrorCode::DatabaseLocked];
    error
        .sqlite_error_code()
        .is_some_and(|code| busy.contains(&code))
}

/// As [`explained`], of a command that has waited for another program, as long as its `--lock-timeout` says.
pub(super) fn waited(place: &Path, error: &rusqlite::Error) -> Error {
    let mut problem = problem(place, error);
    if is_busy(error) {
        problem.hint =
            Some("run the command again; --lock-timeout SECONDS waits longer".to_owned());
    }
    problem.into()
}

/// What SQLite says of the database at a place relative to the root, with what it means here.
pub(super) fn explained(place: &Path, error: &rusqlite::Error) -> Error {
    problem(place, error).into()
}

fn problem(place: &Path, error: &rusqlite::Error) -> Problem {
    let path = quoted(place);
    let folder = quoted(place.parent().unwrap_or(place));
    let (found, hint) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            "another program is writing to it",
            "run the command again when that has ended".to_owned(),
        ),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => (
            "it is no whole SQLite database",
            format!(
                "stop the host, keep a copy, and look at it: sqlite3 {path} 'PRAGMA integrity_check'"
            ),
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => (
            "it cannot be opened, or not be written",
            format!("look at who owns it and its folder: ls -la {folder}"),
        ),
        Some(ErrorCode::DiskFull) => (
            "the disk is full",
            "make room, and run the command again".to_owned(),
        ),
        _ => (
            "SQLite refuses",
            format!("look at it: sqlite3 {path} .schema"),
        ),
    };
    let error = shown::line(error.to_string());
    let place = shown::line(place);
    let found = format!("`{place}`: {found} ({error}); nothing was changed");
    Problem::could_not_run(found).hint(hint)
}
