//! The lines of `codex app-server`: one JSON object each, JSON-RPC without its `jsonrpc` member. Names as
//! `codex app-server generate-json-schema` of 0.124.0 has them. Sends and waits for nothing.

use serde_json::{Value, json};

/// A line from the app-server.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    /// A request of ours was done.
    Answer { id: u64, result: Value },
    /// A request of ours was refused, in these words.
    Refusal { id: u64, words: String },
    /// It asks something, and waits.
    Request { id: Value, method: String },
    /// It tells something.
    Note { method: String, params: Value },
}

/// Reads a line; `None` where it is no message.
pub(super) fn read(line: &[u8]) -> Option<Message> {
    let mut message: Value = serde_json::from_slice(line).ok()?;
    let mut take = |name: &str| message.get_mut(name).map(Value::take);
    let (id, method) = (take("id"), take("method"));
    if let Some(method) = method {
        let method = method.as_str()?.to_owned();
        let params = take("params").unwrap_or_default();
        return Some(match id {
            Some(id) => Message::Request { id, method },
            None => Message::Note { method, params },
        });
    }
    let id = id?.as_u64()?;
    if let Some(error) = take("error") {
        let words = text(&error, "/message").to_owned();
        return Some(Message::Refusal { id, words });
    }
    take("result").map(|result| Message::Answer { id, result })
}

/// The text at a JSON pointer (RFC 6901); nothing where there is none.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_default()
}

pub(super) fn request(id: u64, method: &str, params: &Value) -> String {
    json!({ "id": id, "method": method, "params": params }).to_string()
}

pub(super) fn notification(method: &str) -> String {
    json!({ "method": method }).to_string()
}

/// The answer no to what the app-server asks.
pub(super) fn no(id: &Value, method: &str) -> String {
    let decision = match method {
        "item/commandExecution/requestApproval" | "item/fileChange/requestApproval" => "decline",
        "execCommandApproval" | "applyPatchApproval" => "denied",
        _ => {
            let error = json!({ "code": -32601, "message": "refused" });
            return json!({ "id": id, "error": error }).to_string();
        }
    };
    json!({ "id": id, "result": { "decision": decision } }).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Message, no, notification, read, request};

    #[test]
    fn a_line_is_read_as_what_it_is() {
        let note = |method: &str, params: Value| {
            let method = method.to_owned();
            Some(Message::Note { method, params })
        };
        for (line, expected) in [
            (
                r#"{"id":3,"result":{"thread":{"id":"t"}}}"#,
                Some(Message::Answer {
                    id: 3,
                    result: json!({ "thread": { "id": "t" } }),
                }),
            ),
            (
                r#"{"error":{"code":-32600,"message":"no rollout found for thread id x"},"id":7}"#,
                Some(Message::Refusal {
                    id: 7,
                    words: "no rollout found for thread id x".to_owned(),
                }),
            ),
            (
                r#"{"id":7,"error":null}"#,
                Some(Message::Refusal {
                    id: 7,
                    words: String::new(),
                }),
            ),
            (
                r#"{"method":"item/fileChange/requestApproval","id":"a","params":{}}"#,
                Some(Message::Request {
                    id: json!("a"),
                    method: "item/fileChange/requestApproval".to_owned(),
                }),
            ),
            (
                r#"{"method":"turn/started","params":{"threadId":"t"}}"#,
                note("turn/started", json!({ "threadId": "t" })),
            ),
            (
                r#"{"method":"initialized"}"#,
                note("initialized", Value::Null),
            ),
            (r#"{"id":"not ours","result":{}}"#, None),
            (r#"{"id":1}"#, None),
            (r#"{"method":7}"#, None),
            ("[]", None),
            ("thread 'main' panicked", None),
            ("", None),
        ] {
            assert_eq!(read(line.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn what_is_sent_has_no_version_member() {
        assert_eq!(
            request(2, "account/read", &json!({})),
            r#"{"id":2,"method":"account/read","params":{}}"#
        );
        assert_eq!(notification("initialized"), r#"{"method":"initialized"}"#);
    }

    #[test]
    fn whatever_is_asked_is_refused() {
        for (method, answer) in [
            (
                "item/commandExecution/requestApproval",
                r#"{"id":"a","result":{"decision":"decline"}}"#,
            ),
            (
                "applyPatchApproval",
                r#"{"id":"a","result":{"decision":"denied"}}"#,
            ),
            (
                "item/tool/requestUserInput",
                r#"{"error":{"code":-32601,"message":"refused"},"id":"a"}"#,
            ),
        ] {
            assert_eq!(no(&json!("a"), method), answer);
        }
    }
}
