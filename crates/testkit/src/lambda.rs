//! AWS Lambda's Runtime API, for a function under test.
//!
//! A function polls for invocations, and posts a response or an error for each
//! (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>).

use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::Command,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use serde_json::Value;

use crate::wait::LIMIT;

/// What separates the prelude of a streamed response from its body.
const DELIMITER: [u8; 8] = [0; 8];

/// A Runtime API on a port of 127.0.0.1, for one function.
#[derive(Debug)]
pub struct RuntimeApi {
    address: SocketAddr,
    events: Sender<String>,
    parts: Receiver<Part>,
}

/// What a function has made of an event.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// A response in one JSON value.
    Buffered(Value),
    /// A response whose body came in chunks.
    Streamed {
        /// Status, headers and cookies.
        prelude: Value,
        /// The body, whole.
        body: Vec<u8>,
    },
    /// The function has reported an error for this event.
    Failed(Value),
    /// The function has reported an error at its start.
    NotStarted(Value),
}

/// A part of a request of the function, as it arrives.
#[derive(Debug)]
enum Part {
    Chunk(Vec<u8>),
    End { path: String, is_streamed: bool },
}

impl RuntimeApi {
    /// Listens on a free port.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    #[track_caller]
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (events, inbox) = channel();
        let (outbox, parts) = channel();
        let inbox = Arc::new(Mutex::new(inbox));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (inbox, outbox) = (Arc::clone(&inbox), outbox.clone());
                // Ends when the function has closed the connection, or this API is dropped.
                thread::spawn(move || while answer(&stream, &inbox, &outbox).is_some() {});
            }
        });
        Self {
            address,
            events,
            parts,
        }
    }

    /// Sets the variables with which Lambda starts a function.
    pub fn describe(&self, function: &mut Command) {
        function
            .env("AWS_LAMBDA_RUNTIME_API", self.address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "function")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "group")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "stream")
            .env("AWS_REGION", "eu-central-1");
    }

    /// Passes an event to the function, which need not be JSON.
    ///
    /// # Panics
    ///
    /// When the API has ended.
    #[track_caller]
    pub fn send(&self, event: impl Into<String>) {
        self.events.send(event.into()).expect("the API listens");
    }

    /// Waits for the next chunk of a streamed response, the prelude included.
    ///
    /// # Panics
    ///
    /// When the response ends, or 30 seconds pass.
    #[must_use]
    #[track_caller]
    pub fn chunk(&self) -> Vec<u8> {
        match self.part() {
            Part::Chunk(chunk) => chunk,
            Part::End { path, .. } => panic!("no chunk, but the end of {path}"),
        }
    }

    /// Waits for the outcome of the event that was sent. Chunks that were taken are not part of it.
    ///
    /// # Panics
    ///
    /// When there is none for 30 seconds, or it is not what Lambda expects.
    #[must_use]
    #[track_caller]
    pub fn outcome(&self) -> Outcome {
        let mut body = Vec::new();
        let (path, is_streamed) = loop {
            match self.part() {
                Part::Chunk(chunk) => body.extend(chunk),
                Part::End { path, is_streamed } => break (path, is_streamed),
            }
        };
        let json = |bytes: &[u8]| match serde_json::from_slice(bytes) {
            Ok(value) => value,
            Err(error) => panic!("{error}: {:?}", String::from_utf8_lossy(bytes)),
        };
        if path.ends_with("/response") && is_streamed {
            let mut positions = body.windows(DELIMITER.len());
            let end = positions.position(|bytes| bytes == DELIMITER);
            let end = end.unwrap_or_default();
            return Outcome::Streamed {
                prelude: json(&body[..end]),
                body: body.split_off(end + DELIMITER.len()),
            };
        }
        match path.rsplit_once('/') {
            Some((_, "response")) => Outcome::Buffered(json(&body)),
            Some(("/2018-06-01/runtime/init", "error")) => Outcome::NotStarted(json(&body)),
            Some((_, "error")) => Outcome::Failed(json(&body)),
            _ => panic!("no request of the Runtime API: {path}"),
        }
    }

    #[track_caller]
    fn part(&self) -> Part {
        match self.parts.recv_timeout(LIMIT) {
            Ok(part) => part,
            Err(error) => panic!("the function sends nothing: {error}"),
        }
    }
}

/// Reads one request and answers it. Returns `None` at the end of the connection.
fn answer(
    stream: &TcpStream,
    events: &Mutex<Receiver<String>>,
    parts: &Sender<Part>,
) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let head = head(&mut reader)?;
    let path = head.split(' ').nth(1)?.to_owned();
    let response = if path.ends_with("/invocation/next") {
        let event = events.lock().unwrap_or_else(PoisonError::into_inner);
        let event = event.recv().ok()?;
        format!(
            "200 OK\r\nLambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
             Lambda-Runtime-Deadline-Ms: 4102444800000\r\nLambda-Runtime-Trace-Id: Root=1-5bef4de7\r\n\
             Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-central-1:123456789012:function:function\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{event}",
            event.len()
        )
    } else {
        body(&head, &mut reader, parts)?;
        let is_streamed = field(&head, "Lambda-Runtime-Function-Response-Mode").is_some();
        parts.send(Part::End { path, is_streamed }).ok()?;
        "202 Accepted\r\nContent-Length: 0\r\n\r\n".to_owned()
    };
    // A function sends its next request after the response, so nothing is left in the reader.
    (&mut &*stream)
        .write_all(format!("HTTP/1.1 {response}").as_bytes())
        .ok()
}

fn head(reader: &mut impl BufRead) -> Option<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    Some(head)
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

fn body(head: &str, reader: &mut impl BufRead, parts: &Sender<Part>) -> Option<()> {
    if let Some(length) = field(head, "Content-Length") {
        let chunk = take(reader, length.parse().ok()?)?;
        return parts.send(Part::Chunk(chunk)).ok();
    }
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let length = usize::from_str_radix(line.trim_end(), 16).ok()?;
        if length == 0 {
            break;
        }
        parts.send(Part::Chunk(take(reader, length)?)).ok()?;
        take(reader, 2)?;
    }
    // Trailers, up to the empty line.
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        reader.read_line(&mut line).ok()?;
    }
    Some(())
}

fn take(reader: &mut impl BufRead, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Wire;

    const ID: &str = "/2018-06-01/runtime/invocation/8476a536-e9f4-11e8-9739-2dfe598c3fcd";

    fn post(path: &str, fields: &str, body: &str) -> String {
        format!("POST {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n{body}")
    }

    #[test]
    fn events_and_outcomes_are_passed_on() {
        let api = RuntimeApi::start();
        let mut wire = Wire::connect(api.address);
        let mut poll = || {
            wire.send("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: a\r\n\r\n");
        };
        poll();
        api.send("no JSON");
        assert_eq!(wire.response().text(), "no JSON");
        let failure = json!({ "errorType": "bad" });
        let path = format!("{ID}/error");
        wire.send(post(&path, "content-length: 19", &failure.to_string()));
        assert_eq!(wire.response().status, 202);
        assert_eq!(api.outcome(), Outcome::Failed(failure.clone()));
        let path = format!("{ID}/response");
        wire.send(post(&path, "Content-Length: 19", &failure.to_string()));
        assert_eq!(api.outcome(), Outcome::Buffered(failure.clone()));
        assert_eq!(wire.response().status, 202);
        let fields =
            "Transfer-Encoding: chunked\r\nLambda-Runtime-Function-Response-Mode: streaming";
        wire.send(post(&path, fields, "2\r\n{}\r\n"));
        wire.send("8\r\n\0\0\0\0\0\0\0\0\r\n3\r\none\r\n3\r\ntwo\r\n0\r\nA: b\r\n\r\n");
        let streamed = Outcome::Streamed {
            prelude: json!({}),
            body: b"onetwo".to_vec(),
        };
        assert_eq!(api.outcome(), streamed);
        assert_eq!(wire.response().status, 202);
        let path = "/2018-06-01/runtime/init/error";
        wire.send(post(path, "Content-Length: 19", &failure.to_string()));
        assert_eq!(api.outcome(), Outcome::NotStarted(failure));
    }
}
