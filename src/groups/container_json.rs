//! `container.json` of a group: which provider it names, and the same bytes with another one. Reads and writes no disk.

use std::ops::Range;

use serde_json::Value;

/// The key of the provider's name, on the outermost level.
const KEY: &str = "provider";

/// What a text says of its group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// The provider that it names, as the agent runner reads it.
    pub provider: Option<String>,
    /// The image of the group's own that it names (`imageTag`), as the host reads it.
    pub image: Option<String>,
}

/// What a text says; an error, a clause, where it is no JSON object.
pub fn said(text: &[u8]) -> Result<Said, String> {
    let object = object(text)?;
    let named = |key| {
        let named = object.get(key).and_then(Value::as_str);
        named.filter(|name| !name.is_empty()).map(str::to_owned)
    };
    Ok(Said {
        provider: named(KEY),
        image: named("imageTag"),
    })
}

/// The text with another provider: every other byte stays. An error, a clause, where it is no JSON object.
pub fn with_provider(text: &[u8], provider: &str) -> Result<Vec<u8>, String> {
    let is_empty = object(text)?.is_empty();
    let value = Value::from(provider).to_string();
    let (place, new) = if let Some(place) = last_value(text, KEY) {
        (place, value)
    } else {
        let first = text.iter().position(|byte| *byte == b'{');
        let at = first.map_or(0, |brace| brace + 1);
        let after = text.get(at..).unwrap_or_default();
        let space = after.iter().take_while(|byte| byte.is_ascii_whitespace());
        let space = String::from_utf8_lossy(after.get(..space.count()).unwrap_or_default());
        // As the first member, where the others stand.
        let new = if is_empty {
            format!("\"{KEY}\": {value}")
        } else {
            format!("{space}\"{KEY}\": {value},")
        };
        (at..at, new)
    };
    let before = text.get(..place.start).unwrap_or_default();
    let after = text.get(place.end..).unwrap_or_default();
    Ok([before, new.as_bytes(), after].concat())
}

/// A file for a group that has none: the runner takes its own values for all that is not there.
#[must_use]
pub fn new(provider: &str) -> Vec<u8> {
    let value = Value::from(provider);
    format!("{{\n  \"{KEY}\": {value}\n}}\n").into_bytes()
}

fn object(text: &[u8]) -> Result<serde_json::Map<String, Value>, String> {
    match serde_json::from_slice(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("it is JSON and no object".to_owned()),
        Err(error) => Err(format!("it is no JSON: {error}")),
    }
}

/// Where the value of the last member with a key stands on the outermost level of a text that is a JSON object: of several, the last one counts
/// (ECMA-262, `JSON.parse`).
fn last_value(text: &[u8], key: &str) -> Option<Range<usize>> {
    let mut found = None;
    let mut depth = 0_usize;
    // The start of the value under way, where its member has the key.
    let mut value: Option<usize> = None;
    let mut is_key = false;
    let mut last_text: Option<Range<usize>> = None;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let mut next = at + 1;
        match byte {
            b'"' => {
                next = end_of_text(text, at);
                last_text = Some(at..next);
            }
            b'{' | b'[' => depth += 1,
            b':' if depth == 1 => {
                let name = last_text.clone().and_then(|place| text.get(place));
                let name = name.and_then(|name| serde_json::from_slice::<String>(name).ok());
                is_key = name.is_some_and(|name| name == key);
                let space = text.get(next..).unwrap_or_default().iter();
                let space = space.take_while(|byte| byte.is_ascii_whitespace());
                value = is_key.then_some(next + space.count());
            }
            b',' | b'}' if depth == 1 => {
                if let Some(start) = value.take().filter(|_| is_key) {
                    let whole = text.get(start..at).unwrap_or_default();
                    found = Some(start..start + whole.trim_ascii_end().len());
                }
                depth -= usize::from(*byte == b'}');
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at = next;
    }
    found
}

/// Where a JSON text that begins at a quote ends, its closing quote included.
fn end_of_text(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

#[expect(clippy::unwrap_used, reason = "a test may panic")]
#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Value, new, said, with_provider};

    fn provider(text: &[u8]) -> Result<Option<String>, String> {
        said(text).map(|said| said.provider)
    }

    fn changed(text: &str) -> String {
        String::from_utf8(with_provider(text.as_bytes(), "codex").unwrap()).unwrap()
    }

    #[test]
    fn only_the_value_changes() {
        for (text, expected) in [
            (
                "{\n  \"provider\": \"claude\",\n  \"a\": 1\n}\n",
                "{\n  \"provider\": \"codex\",\n  \"a\": 1\n}\n",
            ),
            (
                "{\"a\":[{\"provider\":1}],\"provider\" :\"x\" }",
                "{\"a\":[{\"provider\":1}],\"provider\" :\"codex\" }",
            ),
            (
                "{\n\t\"a\": {}\n}",
                "{\n\t\"provider\": \"codex\",\n\t\"a\": {}\n}",
            ),
            (
                "{\"a\": \"}\\\"\"}",
                "{\"provider\": \"codex\",\"a\": \"}\\\"\"}",
            ),
            ("{}", "{\"provider\": \"codex\"}"),
            (" { } \n", " {\"provider\": \"codex\" } \n"),
            ("{\"provider\": null}", "{\"provider\": \"codex\"}"),
            (
                "{\"provider\": {\"provider\": [1, 2]}}",
                "{\"provider\": \"codex\"}",
            ),
            // The last one counts, and its name may be written otherwise.
            (
                "{\"provider\": \"a\", \"\\u0070rovider\": \"b\"}",
                "{\"provider\": \"a\", \"\\u0070rovider\": \"codex\"}",
            ),
        ] {
            assert_eq!(changed(text), expected, "{text}");
            assert_eq!(provider(expected.as_bytes()).unwrap().unwrap(), "codex");
            assert_eq!(changed(expected), expected);
        }
    }

    #[test]
    fn what_names_none_names_none() {
        for text in [
            "{}",
            "{\"provider\": \"\"}",
            "{\"provider\": 1}",
            "{\"x\": {\"provider\": \"a\"}}",
        ] {
            assert_eq!(provider(text.as_bytes()).unwrap(), None, "{text}");
        }
        assert_eq!(provider(&new("codex")).unwrap().unwrap(), "codex");
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        for text in [
            "",
            "[]",
            "\"provider\"",
            "{",
            "{\"a\": 1,}",
            "\u{feff}{}",
            "// c\n{}",
        ] {
            assert!(provider(text.as_bytes()).is_err(), "{text}");
            assert!(with_provider(text.as_bytes(), "codex").is_err(), "{text}");
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let name = || prop_oneof![Just("provider".to_owned()), "[a-c\"\\\\:,{}]{0,3}"];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            name().prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 32, 4, move |inner| {
            let list = proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from);
            let members = proptest::collection::vec((name(), inner), 0..4);
            prop_oneof![
                list,
                members.prop_map(|members| members.into_iter().collect())
            ]
        })
    }

    proptest! {
        #[test]
        fn an_object_is_the_same_but_for_its_provider(value in json(), pretty in any::<bool>()) {
            let Value::Object(mut object) = value else { return Ok(()) };
            let text = if pretty {
                serde_json::to_vec_pretty(&object).unwrap()
            } else {
                serde_json::to_vec(&object).unwrap()
            };
            let changed = with_provider(&text, "codex").unwrap();
            object.insert("provider".to_owned(), Value::from("codex"));
            prop_assert_eq!(serde_json::from_slice::<Value>(&changed).unwrap(), Value::Object(object));
        }
    }
}
