//! Errors as codex 0.124.0 gave them, and what they are told as.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Failure, Setting, Who, shown};
use crate::problem::Exit;

fn setting() -> Setting {
    Setting {
        who: Who::Provider,
        model: "gpt-5.4".to_owned(),
        endpoint: Some("http://user:pw@127.0.0.1:8080/v1".to_owned()),
        signed_in: true,
    }
}

fn error(message: &str, info: &Value, details: Option<&str>) -> Value {
    json!({ "message": message, "codexErrorInfo": info, "additionalDetails": details })
}

fn retried(status: Option<u16>, details: &str) -> Value {
    let info = json!({ "responseStreamDisconnected": { "httpStatusCode": status } });
    error("Reconnecting... 2/5", &info, Some(details))
}

fn last(message: &str) -> Value {
    error(message, &json!("other"), None)
}

#[test]
fn an_error_is_known_by_its_status_and_words() {
    let unauthorized = "unexpected status 401 Unauthorized: Incorrect API key provided, url: http://127.0.0.1:1/v1/responses";
    let not_found =
        "unexpected status 404 Not Found: Not Found, url: http://127.0.0.1:1/v1/responses";
    let no_model = "unexpected status 404 Not Found: The model `gpt-5.4` does not exist, url: http://127.0.0.1:1/v1/responses";
    let newer = "The 'gpt-5.4' model requires a newer version of Codex.";
    let plan = "The 'gpt-5.4' model is not supported when using Codex with a ChatGPT account.";
    let refused = "stream disconnected before completion: Connection refused (os error 111)";
    let closed = "stream disconnected before completion: stream closed before response.completed";
    let busy = "stream disconnected before completion: gpt-5.4 is overloaded";
    let demand = "We're currently experiencing high demand, which may cause temporary errors.";
    let retries = "exceeded retry limit, last status: 429 Too Many Requests";
    let websocket =
        "unexpected status 404 Not Found: Unknown error, url: ws://127.0.0.1:1/v1/responses";
    let text = str::to_owned;
    for (error, expected) in [
        (
            retried(Some(401), unauthorized),
            Some(Failure::Unauthorized),
        ),
        (last(unauthorized), Some(Failure::Unauthorized)),
        (
            error("", &json!("unauthorized"), None),
            Some(Failure::Unauthorized),
        ),
        (retried(Some(404), websocket), None),
        (
            retried(
                None,
                "stream disconnected before completion: WebSocket protocol error: HTTP version must be 1.1 or higher",
            ),
            None,
        ),
        (
            retried(Some(404), not_found),
            Some(Failure::NoResponses(text(not_found))),
        ),
        (last(not_found), Some(Failure::NoResponses(text(not_found)))),
        (last(no_model), Some(Failure::Model(text(no_model)))),
        (
            last(&json!({ "error": { "message": newer } }).to_string()),
            Some(Failure::Model(text(newer))),
        ),
        (
            last(&json!({ "detail": plan }).to_string()),
            Some(Failure::Model(text(plan))),
        ),
        (
            last(r#"{"error":{"message":"no such thing","param":"model"}}"#),
            Some(Failure::Model(text("no such thing"))),
        ),
        (
            last(r#"{"error":{"message":"a wrong tool"}}"#),
            Some(Failure::Other(text("a wrong tool"))),
        ),
        (
            retried(None, refused),
            Some(Failure::Unreachable(text(refused))),
        ),
        (retried(None, closed), Some(Failure::Broken(text(closed)))),
        (retried(None, busy), Some(Failure::Broken(text(busy)))),
        (
            error(demand, &json!("internalServerError"), None),
            Some(Failure::Other(text(demand))),
        ),
        (
            error(
                retries,
                &json!({ "responseTooManyFailedAttempts": { "httpStatusCode": 429 } }),
                None,
            ),
            Some(Failure::Quota(text(retries))),
        ),
        (
            error("later", &json!("usageLimitExceeded"), None),
            Some(Failure::Quota(text("later"))),
        ),
    ] {
        assert_eq!(Failure::of(&error, &setting()), expected, "{error}");
    }
    let signed_out = Setting {
        signed_in: false,
        ..setting()
    };
    let found = Failure::of(&last(unauthorized), &signed_out);
    assert_eq!(found, Some(Failure::NotSignedIn));
}

#[test]
fn every_failure_is_one_sentence_with_a_hint_and_without_credentials() {
    let said = || "no: sk-abcdefghijkl\u{1b}[2J\nok".to_owned();
    for failure in [
        Failure::NotSignedIn,
        Failure::Unauthorized,
        Failure::Model(said()),
        Failure::NoResponses(said()),
        Failure::Quota(said()),
        Failure::Unreachable(said()),
        Failure::Broken(said()),
        Failure::Other(said()),
        Failure::Silent,
        Failure::Late(Duration::from_secs(2), Some(said())),
        Failure::Ended("exit code 1".to_owned(), vec![said()]),
        Failure::Refused("thread/start", said()),
        Failure::NoMessage(said()),
        Failure::Unloaded(said()),
        Failure::Unregistered(said()),
        Failure::Provider(said()),
        Failure::OtherThread(said(), said()),
        Failure::LostThread(said()),
        Failure::Unanswered(Duration::from_secs(2)),
        Failure::Answered(said()),
        Failure::HungUp(said()),
        Failure::OtherProvider,
    ] {
        let problem = failure.clone().problem(&setting());
        assert_eq!(problem.exit, Exit::Findings);
        let hint = problem.hint.unwrap_or_default();
        assert!(
            hint.contains("; see also nanoclaw skill doctor codex"),
            "{hint}"
        );
        let ended = matches!(failure, Failure::Ended(..));
        let message = problem.message;
        assert_eq!(message.lines().count(), 1 + usize::from(ended), "{message}");
        for hidden in ["sk-abc", "pw@", "\u{1b}"] {
            assert!(!message.contains(hidden), "{message}");
        }
        assert!(!message.ends_with('.'), "{message}");
    }
}

#[test]
fn long_words_are_cut_between_characters() {
    assert_eq!(shown(&"ü".repeat(400)), "ü".repeat(400));
    assert_eq!(shown(&"ü".repeat(401)), format!("{}...", "ü".repeat(400)));
}
