//! Events that are no requests: an error for each, and the function goes on.

use serde_json::json;
use testkit::Outcome;

use crate::events::{ALL, Function, Gateway, Request, event};

const HOME: Request = Request {
    method: "GET",
    target: "/",
    headers: &[],
    body: b"",
};

#[test]
fn bad_event_is_an_error_and_the_next_one_is_served() {
    let function = Function::start(&[]);
    let mut events = vec![
        String::new(),
        "no JSON".to_owned(),
        "{}".to_owned(),
        "[]".to_owned(),
        json!({ "Records": [{ "eventSource": "aws:s3" }] }).to_string(),
    ];
    for gateway in ALL {
        let mut bad = event(gateway, HOME);
        match gateway {
            Gateway::Rest | Gateway::Balancer => bad["httpMethod"] = json!("G E T"),
            Gateway::Http | Gateway::FunctionUrl => {
                bad["requestContext"]["http"]["method"] = json!("G E T");
            }
        }
        events.push(bad.to_string());
    }
    for event in events {
        function.api.send(event.clone());
        let outcome = function.api.outcome();
        assert!(
            matches!(outcome, Outcome::Failed(_)),
            "{event}: {outcome:?}"
        );
        let answer = function.ask(Gateway::Http, HOME);
        assert_eq!(answer.text(), "Hello, world", "after {event}");
    }
}
