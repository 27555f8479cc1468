//! The example `chat`: events and long polling, their shutdown, and a browser with each.

use std::{net::SocketAddr, process::Command};

use testkit::{Browser, Running, Signal, Wire};

use crate::{
    program::{address, built},
    sse::EventLines,
};

struct Chat {
    running: Running,
    address: SocketAddr,
}

impl Chat {
    fn start() -> Self {
        Self::start_at(0)
    }

    fn start_at(port: u16) -> Self {
        let mut command = Command::new(built("chat"));
        command
            .env_remove("RUST_LOG")
            .args(["--port", &port.to_string()]);
        let running = Running::spawn(&mut command);
        let address = address(&running);
        Self { running, address }
    }

    fn get(&self, target: &str, headers: &str) -> Wire {
        let mut wire = Wire::connect(self.address);
        wire.send(format!(
            "GET {target} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"
        ));
        wire
    }

    fn say(&self, text: &str) -> u16 {
        let mut wire = Wire::connect(self.address);
        let body = format!("text={text}");
        wire.send(format!(
            "POST /messages HTTP/1.1\r\nHost: localhost\r\nCookie: _xsrf=0123456789abcdef0123456789abcdef\r\n\
             X-XSRFToken: 0123456789abcdef0123456789abcdef\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        wire.response().status
    }
}

/// Returns the text and the id of each message in JSON.
fn messages(json: &str) -> Vec<(String, u64)> {
    let values: Vec<serde_json::Value> = serde_json::from_str(json).expect("a list");
    let message = |value: &serde_json::Value| {
        let text = value["text"].as_str().expect("a text").to_owned();
        (text, value["id"].as_u64().expect("an id"))
    };
    values.iter().map(message).collect()
}

#[test]
fn events_and_long_polling_have_the_same_messages() {
    let chat = Chat::start();
    let mut events = EventLines::open(chat.address, "/events", "");
    events.wait_line("content-type: text/event-stream");
    let mut waiting = chat.get("/messages", "");
    assert_eq!(chat.say("first%0Aline"), 204);
    let first = messages(waiting.response().text());
    assert_eq!(first[0].0, "first\nline");
    assert_eq!(events.wait_line("id: "), format!("id: {}", first[0].1));
    assert_eq!(events.wait_line("data: "), "data: first");
    assert_eq!(events.wait_line("data: "), "data: line");

    // With the id of the last message, those before it do not come again.
    let mut next = chat.get(&format!("/messages?after={}", first[0].1), "");
    assert_eq!(chat.say("second"), 204);
    let second = messages(next.response().text());
    assert_eq!((second.len(), second[0].0.as_str()), (1, "second"));
    let bookmark = format!("Last-Event-ID: {}\r\n", first[0].1);
    let mut again = EventLines::open(chat.address, "/events", &bookmark);
    assert_eq!(again.wait_line("data: "), "data: second");
    // A client that is new gets both.
    let all = messages(chat.get("/messages", "").response().text());
    assert_eq!(all, [&first[..], &second].concat());
}

#[test]
fn bad_requests_are_refused() {
    let chat = Chat::start();
    let long = "a".repeat(1001);
    for (text, status) in [("", 422), ("%20", 422), (long.as_str(), 422)] {
        assert_eq!(chat.say(text), status, "{text:?}");
    }
    assert_eq!(chat.say(&"a".repeat(20_000)), 413);
    assert_eq!(chat.get("/messages?after=x", "").response().status, 400);
    assert_eq!(chat.say(&long[..1000]), 204);
}

#[test]
fn last_100_messages_are_kept() {
    let chat = Chat::start();
    for number in 0..101 {
        assert_eq!(chat.say(&number.to_string()), 204);
    }
    let kept = messages(chat.get("/messages", "").response().text());
    let texts: Vec<String> = (1..101).map(|number| number.to_string()).collect();
    let kept: Vec<String> = kept.into_iter().map(|(text, _)| text).collect();
    assert_eq!(kept, texts);
}

#[test]
fn shutdown_ends_both_kinds_of_wait_and_ids_go_on() {
    let mut chat = Chat::start();
    let mut events = EventLines::open(chat.address, "/events", "");
    events.wait_line("content-type");
    assert_eq!(chat.say("before"), 204);
    let id = events.wait_line("id: ");
    let after = id.trim_start_matches("id: ").to_owned();
    let mut waiting = chat.get(&format!("/messages?after={after}"), "");
    // A request that has not been read yet is answered as well.
    chat.running.signal(Signal::Term);
    assert_eq!(waiting.response().text(), "[]");
    events.end();
    assert!(chat.running.wait().success());

    let next = Chat::start();
    let bookmark = format!("Last-Event-ID: {after}\r\n");
    let mut events = EventLines::open(next.address, "/events", &bookmark);
    events.wait_line("content-type");
    assert_eq!(next.say("after"), 204);
    assert_eq!(events.wait_line("data: "), "data: after");
}

#[test]
fn pages_show_messages_and_connect_again() {
    let Some(browser) = Browser::start() else {
        return;
    };
    for (query, connected) in [("", "by events"), ("?polling=true", "by long polling")] {
        let mut chat = Chat::start_at(testkit::free_port());
        browser.open(&format!("http://{}/{query}", chat.address));
        browser.wait_text("#state", connected);
        browser.type_into("#text", "hello <i>all</i>");
        browser.click("#say button");
        browser.wait_text("#messages", "hello <i>all</i>");
        assert_eq!(chat.say("from%20another"), 204);
        browser.wait_text("#messages", "from another");

        // Another process takes the port: a deploy.
        chat.running.signal(Signal::Term);
        assert!(chat.running.wait().success());
        browser.wait_text("#state", "connecting again");
        let next = Chat::start_at(chat.address.port());
        browser.wait_text("#state", connected);
        assert_eq!(next.say("after%20the%20deploy"), 204);
        browser.wait_text("#messages", "after the deploy");
        let count = "return document.querySelectorAll('#messages li').length";
        assert_eq!(browser.run(count, &[]), 3, "{query:?}");
    }
}
