//! A model's endpoint on this machine: enough of HTTP and of the Responses API for a turn of codex, and the ways in which one can fail it.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The key that the endpoint takes.
pub const KEY: &str = "sk-test-the-right-one-0123456789";

/// A ChatGPT identity, as `auth.json` keeps one: a token that nobody signed.
pub const IDENTITY: &str = "eyJhbGciOiJub25lIn0.eyJleHAiOjk5OTk5OTk5OTksImVtYWlsIjoibWVAbG9jYWxob3N0IiwiaHR0cHM6Ly9hcGkub3BlbmFpLmNvbS9hdXRoIjp7ImNoYXRncHRfcGxhbl90eXBlIjoicGx1cyIsImNoYXRncHRfYWNjb3VudF9pZCI6ImFjYyJ9fQ.c2ln";

/// What the model says.
pub const ANSWER: &str = "pong from the endpoint";

/// What an endpoint does with a request for a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// Answers, where the key is right.
    Answers,
    /// Refuses the model, with a 400.
    RefusesModel,
    /// Takes the request, and says nothing.
    Hangs,
    /// Has chat completions only: a 404.
    HasChatOnly,
    /// Answers what is no stream of events.
    SaysNonsense,
    /// Ends the stream amid the answer.
    BreaksOff,
}

/// An endpoint that listens until the program ends.
pub struct Endpoint {
    pub port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

/// A request to the endpoint.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its method and path.
    pub line: String,
    /// Its body.
    pub body: String,
    authorized: bool,
}

impl Endpoint {
    /// Starts one on a port of its own.
    pub fn start(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&seen);
                thread::spawn(move || answer(stream, does, &seen));
            }
        });
        Self { port, requests }
    }

    /// The requests for a response so far.
    pub fn asked(&self) -> Vec<Request> {
        let requests = self.requests.lock().unwrap();
        let posts = requests
            .iter()
            .filter(|request| request.line == "POST /v1/responses");
        posts.cloned().collect()
    }
}

fn answer(mut stream: TcpStream, does: Does, seen: &Mutex<Vec<Request>>) -> Result<()> {
    let mut from = BufReader::new(stream.try_clone()?);
    let request = read(&mut from)?;
    seen.lock().unwrap().push(request.clone());
    match (request.line.as_str(), does) {
        (_, Does::HasChatOnly) => {
            let body = r#"{"error":{"message":"Not Found"}}"#;
            send(&mut stream, "404 Not Found", body)
        }
        // A ChatGPT login is refreshed, and what was there before is used up.
        ("POST /oauth/token", _) => {
            let body = format!(
                r#"{{"id_token":"{IDENTITY}","access_token":"{KEY}","refresh_token":"refresh-2"}}"#
            );
            send(&mut stream, "200 OK", &body)
        }
        // Codex asks for a WebSocket first.
        ("GET /v1/responses", _) => send(&mut stream, "426 Upgrade Required", ""),
        ("POST /v1/responses", Does::Hangs) => {
            // Until codex goes away.
            from.read_to_end(&mut Vec::new()).map(drop)
        }
        ("POST /v1/responses", Does::RefusesModel) => {
            let model = model(&request.body);
            let body = format!(
                r#"{{"error":{{"message":"The '{model}' model requires a newer version of Codex.","type":"invalid_request_error"}}}}"#
            );
            send(&mut stream, "400 Bad Request", &body)
        }
        ("POST /v1/responses", _) if !request.authorized => {
            let body = r#"{"error":{"message":"Incorrect API key provided: sk-test-0123**********wxyz.","code":"invalid_api_key"}}"#;
            send(&mut stream, "401 Unauthorized", body)
        }
        ("POST /v1/responses", Does::SaysNonsense) => {
            stream.write_all(STREAM)?;
            stream.write_all(b"<html>Welcome</html>\n\ndata: {not json\n\n")
        }
        ("POST /v1/responses", Does::BreaksOff) => {
            stream.write_all(STREAM)?;
            events()
                .iter()
                .take(3)
                .try_for_each(|event| send_event(&mut stream, event))
        }
        ("POST /v1/responses", _) => {
            stream.write_all(STREAM)?;
            events()
                .iter()
                .try_for_each(|event| send_event(&mut stream, event))
        }
        _ => send(&mut stream, "404 Not Found", ""),
    }
}

fn read(from: &mut impl BufRead) -> Result<Request> {
    let mut first = String::new();
    from.read_line(&mut first)?;
    let line = first
        .rsplit_once(' ')
        .map_or("", |(line, _)| line)
        .to_owned();
    let (mut length, mut authorized) = (0, false);
    loop {
        let mut header = String::new();
        from.read_line(&mut header)?;
        let Some((name, value)) = header.trim_end().split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap_or(0),
            "authorization" => authorized = value == format!("Bearer {KEY}"),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok(Request {
        line,
        body: String::from_utf8_lossy(&body).into_owned(),
        authorized,
    })
}

/// The model that a request names.
fn model(body: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    body["model"].as_str().unwrap_or_default().to_owned()
}

fn send(stream: &mut TcpStream, status: &str, body: &str) -> Result<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(format!("{head}{body}").as_bytes())
}

/// The head of a stream of events, which ends with the connection.
const STREAM: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

/// The events of an answer, each with its type.
fn events() -> [String; 6] {
    let item = format!(
        r#"{{"type":"message","role":"assistant","id":"m1","content":[{{"type":"output_text","text":"{ANSWER}"}}]}}"#
    );
    let (begun, rest) = ANSWER.split_at(4);
    let delta = |text: &str| {
        format!(
            r#"{{"type":"response.output_text.delta","item_id":"m1","output_index":0,"content_index":0,"delta":"{text}"}}"#
        )
    };
    [
        r#"{"type":"response.created","response":{"id":"r1"}}"#.to_owned(),
        r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"message","role":"assistant","id":"m1","content":[]}}"#.to_owned(),
        delta(begun),
        delta(rest),
        format!(r#"{{"type":"response.output_item.done","output_index":0,"item":{item}}}"#),
        r#"{"type":"response.completed","response":{"id":"r1","usage":{"input_tokens":1,"input_tokens_details":null,"output_tokens":1,"output_tokens_details":null,"total_tokens":2}}}"#.to_owned(),
    ]
}

fn send_event(stream: &mut TcpStream, event: &str) -> Result<()> {
    let event_type = event.split('"').nth(3).unwrap_or_default();
    stream.write_all(format!("event: {event_type}\ndata: {event}\n\n").as_bytes())
}
