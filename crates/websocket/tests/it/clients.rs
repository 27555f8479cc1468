//! Python's `websockets` and npm's `ws` as clients, with and without compression.

use std::process::Command;

use serde_json::{Value, json};

use crate::site::Site;

const PYTHON_SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/ask_websockets.py");
const NODE_SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/ask_ws.js");

#[test]
fn python_websockets() {
    let Some(python) = testkit::outside("python-with-websockets") else {
        return;
    };
    asks(Command::new(python).arg(PYTHON_SCRIPT));
}

#[test]
fn npm_ws() {
    let (Some(node), Some(ws)) = (testkit::outside("node"), testkit::outside("ws/index.js")) else {
        return;
    };
    asks(Command::new(node).arg(NODE_SCRIPT).arg(ws));
}

/// Messages, fragments, pings, close codes, subprotocols and negotiated compression.
#[track_caller]
fn asks(client: &mut Command) {
    let site = Site::start();
    let question = |path: &str, deflate: Value, text: &str, count: usize| json!({"url": site.url(path), "deflate": deflate, "text": text, "count": count});
    let no_takeover = json!({"client_max_window_bits": 9, "server_max_window_bits": 9});
    let table = [
        (question("/echo", json!(null), "Hello", 1), "none"),
        (question("/echo", json!({}), "Hello", 1), "none"),
        (question("/chat", json!(null), "é", 70_000), "none"),
        (question("/deflate", json!({}), "", 1), "permessage-deflate"),
        (
            question("/deflate", json!({}), "Hello ", 20_000),
            "permessage-deflate",
        ),
        (
            question("/deflate", no_takeover.clone(), "é1", 20_000),
            "permessage-deflate",
        ),
        (
            question("/takeover", json!({}), "Hello ", 20_000),
            "permessage-deflate",
        ),
        (
            question("/takeover", no_takeover, "Hello ", 20_000),
            "permessage-deflate",
        ),
        (
            question("/big", json!(null), "0123456789", 1_000_000),
            "none",
        ),
    ];
    let questions: Vec<Value> = table.iter().map(|(question, _)| question.clone()).collect();
    let answers = testkit::ask_all(client, &questions);
    for ((question, extension), answer) in table.iter().zip(answers) {
        let is_chat = question["url"].as_str().unwrap().ends_with("/chat");
        let wanted = json!({
            "is_same": true, "extension": extension, "code": 3000, "pong": true,
            "protocol": if is_chat { json!("chat") } else { json!(null) },
        });
        assert_eq!(answer, wanted, "{question}");
    }
}
