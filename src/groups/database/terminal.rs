//! What a terminal's messages go to by the host's CLI channel, and the threads that sessions go on with. Changes nothing.

use anyhow::Result;
use rusqlite::OptionalExtension;

use super::{Database, SESSIONS};

/// What rows that belong to the CLI channel have.
const OF_TERMINAL: &str = "messaging_group_id IN (SELECT id FROM messaging_groups WHERE channel_type = 'cli' AND platform_id = 'local')";

impl Database {
    /// The ids of the groups that a terminal's messages go to: those wired to the CLI channel (NanoClaw's `src/channels/cli.ts`).
    pub fn in_terminal(&self) -> Result<Vec<String>> {
        self.has("messaging_groups", &["id", "channel_type", "platform_id"])?;
        let wired = ["agent_group_id", "messaging_group_id"];
        let only = format!("WHERE {OF_TERMINAL}");
        let rows = self.rows("messaging_group_agents", &wired, &only, |values| {
            values.some_text(0)
        })?;
        Ok(rows.read)
    }

    /// The sessions that take a terminal's messages: the group's id and the session's.
    pub fn sessions_in_terminal(&self) -> Result<Vec<(String, String)>> {
        let columns = ["id", "agent_group_id", "messaging_group_id", "status"];
        let only = format!("WHERE coalesce(status, 'active') = 'active' AND {OF_TERMINAL}");
        let rows = self.rows(SESSIONS, &columns, &only, |values| {
            Ok((values.some_text(1)?, values.some_text(0)?))
        })?;
        Ok(rows.read)
    }

    /// The conversation that a session goes on with by a provider (NanoClaw's `session_state`), as the provider calls it.
    pub fn continuation(&self, provider: &str) -> Result<Option<String>> {
        self.of_continuation(provider, "value")
    }

    /// When that was written last, as NanoClaw writes a time; nothing where its table does not say.
    pub fn continued(&self, provider: &str) -> Result<Option<String>> {
        self.of_continuation(provider, "updated_at")
    }

    fn of_continuation(&self, provider: &str, column: &'static str) -> Result<Option<String>> {
        if !self.columns("session_state")?.iter().any(|it| it == column) {
            return Ok(None);
        }
        let key = format!("continuation:{}", provider.to_lowercase());
        let columns = ["key", column];
        let select = format!("SELECT key, {column} FROM session_state WHERE key = ?1");
        let value = self.connection.query_row(&select, [key], |row| {
            Ok(self.values(row, "session_state", &columns).text(1))
        });
        let value = value.optional().map_err(|error| self.explained(&error))?;
        value.map_or(Ok(None), |value| {
            value.map_err(|not_text| not_text.problem().into())
        })
    }
}
