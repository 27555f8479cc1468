//! The demo `chat`: posting, waiting, and the end of a wait.

use testkit::{Browser, Signal};

use crate::Demo;

fn start() -> Demo {
    Demo::start(env!("CARGO_BIN_EXE_chat"), &[])
}

/// Returns the texts of a field in JSON.
fn field<'a>(json: &'a str, name: &str) -> Vec<&'a str> {
    let key = format!("\"{name}\":\"");
    let values = json
        .match_indices(&key)
        .map(|(index, _)| &json[index + key.len()..]);
    values
        .map(|text| text.split('"').next().unwrap_or_default())
        .collect()
}

#[test]
fn message_is_posted_shown_and_received() {
    let demo = start();
    let (mut ada, mut bob) = (demo.visitor(), demo.visitor());
    assert_eq!(ada.get("/").status, 200);
    assert_eq!(bob.get("/").status, 200);
    let posted = ada.post("/a/message/new", &[("body", "see http://a.example <b>")]);
    assert_eq!(posted.status, 200, "{}", posted.text());
    let id = field(posted.text(), "id")[0].to_owned();
    let page = bob.get("/");
    assert!(
        page.text().contains(&format!("id=\"m{id}\"")),
        "{}",
        page.text()
    );
    let link =
        "see <a href=\"http:&#x2f;&#x2f;a.example\">http:&#x2f;&#x2f;a.example</a> &lt;b&gt;";
    assert!(page.text().contains(link), "{}", page.text());
    // All messages without a cursor, or with an unknown one; the newer ones with a cursor.
    for fields in [&[][..], &[("cursor", "unknown")]] {
        let updates = bob.post("/a/message/updates", fields);
        assert_eq!(field(updates.text(), "id"), [id.as_str()]);
    }
    bob.send_form("/a/message/updates", &[("cursor", &id)]);
    let next = ada.post("/a/message/new", &[("body", "second"), ("next", "/")]);
    assert_eq!((next.status, next.header("location")), (303, Some("/")));
    let updates = bob.reply();
    assert_eq!(field(updates.text(), "body"), ["second"]);
}

#[test]
fn bad_messages_are_refused() {
    let demo = start();
    let mut visitor = demo.visitor();
    assert_eq!(
        visitor
            .post("/a/message/new", &[("body", "no token")])
            .status,
        403
    );
    visitor.get("/");
    for (fields, status) in [
        (&[][..], 422),
        (&[("body", "a"), ("next", "//evil.example")], 400),
        (&[("body", "a"), ("next", "https://evil.example")], 400),
    ] {
        assert_eq!(
            visitor.post("/a/message/new", fields).status,
            status,
            "{fields:?}"
        );
    }
    assert!(!visitor.get("/").text().contains("class=\"message\""));
}

#[test]
fn last_200_messages_are_kept() {
    let demo = start();
    let mut visitor = demo.visitor();
    visitor.get("/");
    for number in 0..201 {
        let body = format!("number {number}.");
        assert_eq!(
            visitor.post("/a/message/new", &[("body", &body)]).status,
            200
        );
    }
    let page = visitor.get("/");
    assert_eq!(page.text().matches("class=\"message\"").count(), 200);
    assert!(!page.text().contains("number 0.") && page.text().contains("number 1."));
}

#[test]
fn stop_ends_a_request_that_waits() {
    let mut demo = start();
    let mut visitor = demo.visitor();
    visitor.get("/");
    visitor.send_form("/a/message/updates", &[]);
    demo.running.signal(Signal::Term);
    assert_eq!(visitor.reply().text(), r#"{"messages":[]}"#);
    assert!(demo.running.wait().success());
}

#[test]
fn chromium_chats() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let demo = start();
    browser.open(&format!("http://{}/", demo.address));
    browser.type_into("#message", "hello <i>all</i>");
    browser.click("#messageform input[type=submit]");
    browser.wait_text("#inbox", "hello <i>all</i>");
    let mut visitor = demo.visitor();
    visitor.get("/");
    visitor.post("/a/message/new", &[("body", "from another")]);
    browser.wait_text("#inbox", "from another");
}
