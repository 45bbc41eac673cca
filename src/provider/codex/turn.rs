//! One turn as the app-server tells of it: its notifications folded into counts and a text. Waits for nothing.

use serde_json::Value;

use super::failure::{Failure, Setting};
use super::protocol::text;

/// The longest text that is taken in, in bytes. Codex has no bound of its own.
const LONGEST: usize = 16 * 1024 * 1024;

/// What was told of a turn so far.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Turn {
    /// How many notifications came.
    pub(super) notifications: usize,
    /// How many items began: messages, reasoning, calls of tools.
    pub(super) items: usize,
    /// How many parts of the text came.
    pub(super) parts: usize,
    /// The text of the last message.
    pub(super) text: String,
    /// The last trouble that codex told of, and tries again after.
    pub(super) trouble: Option<Failure>,
}

/// What a notification means for a turn.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It goes on.
    On,
    /// It completed.
    Completed,
    /// It failed, or will.
    Failed(Failure),
}

impl Turn {
    /// Takes a notification in.
    pub(super) fn take(&mut self, method: &str, params: &Value, setting: &Setting) -> Step {
        self.notifications += 1;
        match method {
            "item/started" => self.items += 1,
            "item/agentMessage/delta" => {
                let part = text(params, "/delta");
                if self.text.len() + part.len() > LONGEST {
                    return Step::Failed(Failure::Endless);
                }
                self.parts += 1;
                self.text.push_str(part);
            }
            // The whole of a message stands over its parts.
            "item/completed" if text(params, "/item/type") == "agentMessage" => {
                text(params, "/item/text").clone_into(&mut self.text);
            }
            "error" => return self.error(params, setting),
            "turn/completed" => return self.completed(params, setting),
            _ => {}
        }
        Step::On
    }

    fn error(&mut self, params: &Value, setting: &Setting) -> Step {
        let error = params.pointer("/error").unwrap_or(&Value::Null);
        let retries = params.pointer("/willRetry") == Some(&Value::Bool(true));
        let Some(failure) = Failure::of(error, setting) else {
            return Step::On;
        };
        let again = self.trouble.as_ref().is_some_and(|trouble| {
            std::mem::discriminant(trouble) == std::mem::discriminant(&failure)
        });
        if failure.is_certain(again) || !retries {
            return Step::Failed(failure);
        }
        self.trouble = Some(failure);
        Step::On
    }

    fn completed(&mut self, params: &Value, setting: &Setting) -> Step {
        let status = text(params, "/turn/status");
        if status == "completed" {
            return if self.text.trim().is_empty() {
                Step::Failed(Failure::Silent)
            } else {
                Step::Completed
            };
        }
        let error = params.pointer("/turn/error").unwrap_or(&Value::Null);
        let unsaid = || Failure::Other(format!("its status is `{status}`"));
        let failure =
            Failure::of(error, setting).filter(|failure| *failure != Failure::Other(String::new()));
        Step::Failed(failure.unwrap_or_else(unsaid))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{LONGEST, Step, Turn};
    use crate::provider::codex::failure::{Failure, Setting};

    /// Folds notifications, and gives the turn and what the last one means.
    fn fold(notes: &[(&str, Value)]) -> (Turn, Step) {
        let mut turn = Turn::default();
        let mut step = Step::On;
        for (method, params) in notes {
            assert_eq!(step, Step::On, "{method} comes after the end");
            step = turn.take(method, params, &Setting::default());
        }
        (turn, step)
    }

    fn completed(status: &str, error: &Value) -> (&'static str, Value) {
        let turn = json!({ "status": status, "error": error });
        ("turn/completed", json!({ "turn": turn }))
    }

    fn retried(details: &str) -> (&'static str, Value) {
        let error = json!({ "message": "Reconnecting... 1/5", "codexErrorInfo": "other", "additionalDetails": details });
        ("error", json!({ "error": error, "willRetry": true }))
    }

    fn delta(text: &str) -> (&'static str, Value) {
        ("item/agentMessage/delta", json!({ "delta": text }))
    }

    fn message(text: &str) -> (&'static str, Value) {
        let item = json!({ "type": "agentMessage", "text": text });
        ("item/completed", json!({ "item": item }))
    }

    #[test]
    fn a_turn_completes_with_the_text_of_its_last_message() {
        let started = || {
            (
                "item/started",
                json!({ "item": { "type": "agentMessage" } }),
            )
        };
        let done = || completed("completed", &Value::Null);
        for (notes, said) in [
            (vec![started(), delta("po"), delta("ng"), done()], "pong"),
            (vec![delta("po"), message("pong"), done()], "pong"),
            (vec![message("first"), message("second"), done()], "second"),
        ] {
            let (turn, step) = fold(&notes);
            assert_eq!((turn.text.as_str(), step), (said, Step::Completed));
            assert_eq!(turn.notifications, notes.len());
        }
        let (turn, _) = fold(&[started(), delta("po"), delta("ng")]);
        assert_eq!((turn.items, turn.parts), (1, 2));
    }

    #[test]
    fn a_turn_without_a_text_or_of_another_status_fails() {
        let other = |said: &str| Step::Failed(Failure::Other(said.to_owned()));
        let boom = json!({ "message": "boom", "codexErrorInfo": "other" });
        for (notes, expected) in [
            (
                vec![completed("completed", &Value::Null)],
                Step::Failed(Failure::Silent),
            ),
            (
                vec![message(" \n"), completed("completed", &Value::Null)],
                Step::Failed(Failure::Silent),
            ),
            (
                vec![message("pong"), completed("failed", &boom)],
                other("boom"),
            ),
            (
                vec![message("pong"), completed("interrupted", &Value::Null)],
                other("its status is `interrupted`"),
            ),
        ] {
            assert_eq!(fold(&notes).1, expected, "{notes:?}");
        }
    }

    #[test]
    fn a_connection_that_is_refused_twice_is_not_waited_for() {
        let refused = "stream disconnected before completion: Connection refused (os error 111)";
        let broken =
            "stream disconnected before completion: stream closed before response.completed";
        assert_eq!(fold(&[retried(refused)]).1, Step::On);
        assert_eq!(fold(&[retried(broken), retried(refused)]).1, Step::On);
        assert_eq!(
            fold(&[retried(refused), retried(refused)]).1,
            Step::Failed(Failure::Unreachable(refused.to_owned()))
        );
        let (turn, step) = fold(&[retried("high demand"), retried("high demand")]);
        let trouble = Failure::Other("high demand".to_owned());
        assert_eq!((turn.trouble, step), (Some(trouble), Step::On));
    }

    #[test]
    fn a_text_without_an_end_is_a_failure() {
        let part = "x".repeat(1024 * 1024);
        let mut turn = Turn::default();
        let (method, params) = delta(&part);
        let mut take = || turn.take(method, &params, &Setting::default());
        for _ in 0..16 {
            assert_eq!(take(), Step::On);
        }
        assert_eq!(take(), Step::Failed(Failure::Endless));
        assert_eq!(turn.text.len(), LONGEST);
    }
}
