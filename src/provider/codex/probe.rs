//! An endpoint of somebody's own in the place of OpenAI's: codex asks it by the Responses API, from inside a container. Asks it once, by the
//! user's own `curl`, and writes nothing.

use anyhow::Result;
use serde_json::{Value, json};

use crate::checkout::Checkout;
use crate::doctor::Patient;
use crate::host;
use crate::problem::Problem;
use crate::process::{self, Answer, EngineState};
use crate::shown;

/// The name by which a container finds the machine that it runs on.
const MACHINE: &str = "host.docker.internal";

/// The servers of models that people run on their own machine: what they are called, their port, and a path that each answers without a key.
const LOCAL: [(&str, u16, &str); 2] = [
    ("Ollama", 11434, "/api/version"),
    ("LM Studio", 1234, "/v1/models"),
];

/// What is said above the question for an endpoint: the servers that answer on this machine, with the address that a container has for each.
#[must_use]
pub fn notes(variable: &str) -> Vec<String> {
    if variable != "endpoint" {
        return Vec::new();
    }
    let answers = |(_, port, path): &&(&str, u16, &str)| {
        let url = format!("http://127.0.0.1:{port}{path}");
        let asked = ["-q", "-sS", "-f", "--noproxy", "*", "--max-time", "1", &url];
        matches!(process::answer("curl", &asked, &[]), Ok(Some(_)))
    };
    let offered = LOCAL.iter().filter(answers);
    let offered = offered.map(|(name, port, _)| {
        format!("{name} answers on this machine; for containers it is http://{MACHINE}:{port}/v1")
    });
    offered.collect()
}

/// Asks an endpoint whether it speaks the Responses API, from a container where one can be started, else from here, and gives what to say of it. One
/// that does not, or is not reached, is a [`Problem`].
pub(super) fn look(patient: &Patient<'_>, url: &str, model: Option<&str>) -> Result<Vec<String>> {
    let host = host_of(url);
    if is_loopback(&host) {
        let found = format!(
            "`{}` in a container is the container itself",
            shown::line(&host)
        );
        let hint = format!(
            "http://{MACHINE}:PORT is this machine, where the server listens on more than 127.0.0.1"
        );
        return Err(Problem::refused(found)
            .and_nothing_written()
            .hint(hint)
            .into());
    }
    let asked = Asked {
        url: format!("{url}/responses"),
        model,
    };
    let mut notes = Vec::new();
    let said = match asked.by_container(patient.checkout)? {
        Ok(answer) => answer,
        Err(why) => {
            notes.push(format!(
                "the endpoint is asked from here, not from a container: {why}"
            ));
            asked.by_machine(url)?
        }
    };
    notes.extend(asked.judge(&said)?);
    notes.push("an endpoint other than OpenAI's is experimental: codex's own tools may not be known to its models".to_owned());
    Ok(notes)
}

/// The host of an address, in lower case, without its port.
fn host_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => authority.split(':').next(),
    };
    host.unwrap_or_default().to_ascii_lowercase()
}

/// Whether a host is whoever asks for it; also as a number of another form, which resolvers read as an address.
fn is_loopback(host: &str) -> bool {
    let is_number = host.starts_with("0x") || host.chars().all(|c| c.is_ascii_digit());
    let is_named = host == "localhost" || host.ends_with(".localhost");
    is_named || is_number || host == "::1" || host == "0.0.0.0" || host.starts_with("127.")
}

/// A request of a few words.
struct Asked<'a> {
    url: String,
    model: Option<&'a str>,
}

impl Asked<'_> {
    /// The arguments of `curl`: the status comes on a line of its own behind the answer. No key is sent: the route shows itself without.
    fn arguments(&self) -> Vec<String> {
        let body = json!({
            "model": self.model.unwrap_or("nanoclaw-asks-for-none"),
            "input": "Say ok.",
            "max_output_tokens": 16,
            "stream": true,
        });
        let fixed = [
            "-q",
            "-sS",
            "--max-time",
            "8",
            "--max-filesize",
            "1000000",
            "-w",
            "\n%{http_code}",
            "-H",
            "Content-Type: application/json",
            "-H",
            "Accept: text/event-stream",
            "-d",
        ];
        let mut arguments = fixed.map(str::to_owned).to_vec();
        arguments.extend([body.to_string(), self.url.clone()]);
        arguments
    }

    /// Asks from a container as the host would start one; the error says, a clause, why there is none.
    fn by_container(&self, checkout: &Checkout) -> Result<Result<Answer, String>> {
        let engine = checkout.engine();
        let Some(image) = host::image(checkout) else {
            return Ok(Err("the name of its image is not read here".to_owned()));
        };
        if process::engine_state(checkout.root(), &engine)? != EngineState::Ready {
            return Ok(Err(format!("`{engine}` does not run here")));
        }
        let gateway = format!("--add-host={MACHINE}:host-gateway");
        let run = [
            "run",
            "--rm",
            "--pull=never",
            &gateway,
            "--entrypoint=curl",
            &image,
        ];
        let mut arguments = run.map(str::to_owned).to_vec();
        arguments.extend(self.arguments());
        let arguments = arguments.iter().map(String::as_str).collect::<Vec<_>>();
        let Some(answer) = process::ask(&engine, &arguments, &[])? else {
            return Ok(Err(format!("`{engine}` took too long")));
        };
        // What the engine ends with where it started no container, or no curl in it (docker run, "Exit status").
        Ok(match answer.code {
            Some(125..=127) => Err(last_line(&answer.err)),
            _ => Ok(answer),
        })
    }

    /// Asks from this machine, which is its own host to a container.
    fn by_machine(&self, url: &str) -> Result<Answer> {
        let mut arguments = self.arguments();
        let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
        if host_of(url) == MACHINE {
            let authority = authority.split('/').next().unwrap_or_default();
            let port = authority.split_once(':').map_or("", |(_, port)| port);
            let to = format!("{MACHINE}:{port}:127.0.0.1:{port}");
            arguments.extend(["--connect-to".to_owned(), to]);
            // A proxy would not come to this machine.
            arguments.extend(["--noproxy".to_owned(), MACHINE.to_owned()]);
        }
        let arguments = arguments.iter().map(String::as_str).collect::<Vec<_>>();
        if !process::is_program("curl") {
            let found =
                "no curl on the PATH, by which an endpoint is asked before it is written anywhere";
            let problem = Problem::could_not_run(found).and_nothing_written();
            return Err(problem
                .hint("install `curl` and run the command again")
                .into());
        }
        process::ask("curl", &arguments, &[])?
            .ok_or_else(|| self.refused("gives no answer in time"))
    }

    fn refused(&self, found: &str) -> anyhow::Error {
        let hint = "an endpoint must speak the Responses API (POST .../responses, streamed): chat completions alone do not do";
        self.refused_with(found, hint)
    }

    fn refused_with(&self, found: &str, hint: &str) -> anyhow::Error {
        let url = shown::line(&self.url);
        Problem::refused(format!("{url} {found}"))
            .and_nothing_written()
            .hint(hint)
            .into()
    }

    fn judge(&self, said: &Answer) -> Result<Option<String>> {
        let (body, status) = said.out.rsplit_once('\n').unwrap_or_default();
        let status = status.trim().parse::<u16>().unwrap_or_default();
        let words = error_of(body);
        let shown = || shown::line(words.as_deref().unwrap_or_default());
        let says = |word: &str| {
            let words = words.as_deref().unwrap_or_default();
            words.to_lowercase().contains(word)
        };
        match status {
            0 => Err(self.refused_with(
                &format!("is not reached: {}", last_line(&said.err)),
                "look whether the endpoint runs, and listens for others than its own machine",
            )),
            200..=299 if is_response(body) => Ok(None),
            200..=299 => Err(self.refused("answers with something else than a response")),
            401 | 403 => Ok(Some(format!(
                "{} asks for a key ({status}), so that no more is known of it; a key is signed in with --auth api-key",
                self.url
            ))),
            // By the name of its field, that is chat completions.
            400 | 422 if says("messages") => Err(self.refused(&format!(
                "does not speak the Responses API ({status}): {}",
                shown()
            ))),
            400 | 404 | 422 if says("model") => match self.model {
                None => Ok(Some(format!(
                    "{} is known by its words for a model that it has not ({status}): {}",
                    self.url,
                    shown()
                ))),
                Some(model) => Err(self.refused(&format!(
                    "does not take the model {model} ({status}): {}",
                    shown()
                ))),
            },
            400 | 422 | 429 if words.is_some() => Ok(Some(format!(
                "{} takes no such request without more ({status}): {}",
                self.url,
                shown()
            ))),
            _ => Err(self.refused(&format!("does not speak the Responses API ({status})"))),
        }
    }
}

/// Whether an answer is one of the Responses API, whole or the beginning of a stream.
fn is_response(body: &str) -> bool {
    let is_event = |line: &str| {
        line.starts_with("event: response.")
            || line.contains("\"type\":\"response.")
            || line.contains("\"type\": \"response.")
    };
    let whole = serde_json::from_str::<Value>(body);
    let is_whole =
        whole.is_ok_and(|value| value.get("object").and_then(Value::as_str) == Some("response"));
    is_whole || body.lines().any(is_event)
}

/// The words of an error, in the forms that the APIs of OpenAI's kind give them; none where it has another.
fn error_of(body: &str) -> Option<String> {
    let value = serde_json::from_str::<Value>(body).ok()?;
    let text = ["/error/message", "/error", "/message", "/detail"].into_iter();
    let mut text = text.filter_map(|pointer| value.pointer(pointer)?.as_str());
    text.next().map(str::to_owned)
}

fn last_line(text: &str) -> String {
    shown::line(text.trim().lines().next_back().unwrap_or("no word of why"))
}

#[cfg(test)]
mod tests {
    use super::{Answer, Asked, host_of, is_loopback};

    #[test]
    fn the_machine_itself_is_known_by_each_of_its_names() {
        for (url, host, is) in [
            ("http://localhost:1234/v1", "localhost", true),
            ("http://127.0.0.1/v1", "127.0.0.1", true),
            ("http://[::1]:1/v1", "::1", true),
            (
                "http://HOST.docker.internal:1/v1",
                "host.docker.internal",
                false,
            ),
            ("https://api.example/v1", "api.example", false),
            ("http://2130706433/v1", "2130706433", true),
            ("http://0x7f000001/v1", "0x7f000001", true),
            ("http://a.localhost/v1", "a.localhost", true),
        ] {
            assert_eq!(host_of(url), host);
            assert_eq!(is_loopback(host), is, "{url}");
        }
    }

    #[test]
    fn an_answer_tells_what_the_endpoint_speaks() {
        let stream = "event: response.created\ndata: {\"type\":\"response.created\"}\n\n";
        let ollama = r#"{"error":{"message":"model 'm' not found, try pulling it first"}}"#;
        for (body, status, model, expected) in [
            (stream, 200, None, Ok("")),
            (r#"{"object":"response","output":[]}"#, 200, None, Ok("")),
            (
                r#"{"object":"chat.completion"}"#,
                200,
                None,
                Err("something else than a response"),
            ),
            ("<html>", 200, None, Err("something else than a response")),
            (
                "404 page not found",
                404,
                None,
                Err("does not speak the Responses API (404)"),
            ),
            (
                "{\"detail\":\"Not Found\"}",
                404,
                Some("m"),
                Err("does not speak"),
            ),
            ("", 405, None, Err("(405)")),
            ("", 502, None, Err("(502)")),
            (
                ollama,
                404,
                None,
                Ok("known by its words for a model that it has not (404)"),
            ),
            (
                "<html>no page of our Model Gateway",
                404,
                None,
                Err("does not speak"),
            ),
            (
                "{\"error\":\"messages is required for model\"}",
                400,
                None,
                Err("(400): messages is required"),
            ),
            (
                "bad",
                400,
                None,
                Err("does not speak the Responses API (400)"),
            ),
            (
                ollama,
                404,
                Some("m"),
                Err("does not take the model m (404): model 'm' not found"),
            ),
            ("{}", 401, None, Ok("asks for a key (401)")),
            ("{\"error\":\"bad\"}", 400, None, Ok("(400): bad")),
            ("", 0, None, Err("is not reached: curl: (7) refused")),
        ] {
            let asked = Asked {
                url: "http://h/v1/responses".to_owned(),
                model,
            };
            let answer = Answer {
                code: Some(0),
                out: format!("{body}\n{status:03}"),
                err: "curl: (7) refused\n".to_owned(),
            };
            match (asked.judge(&answer), expected) {
                (Ok(None), Ok("")) => {}
                (Ok(Some(note)), Ok(words)) if !words.is_empty() => {
                    assert!(note.contains(words), "{note}");
                }
                (Err(error), Err(words)) => {
                    assert!(error.to_string().contains(words), "{error}");
                }
                (found, expected) => panic!("{body}: {found:?}, expected {expected:?}"),
            }
        }
    }
}
