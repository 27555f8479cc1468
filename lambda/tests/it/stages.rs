//! The client's address, and paths below a stage.

use serde_json::json;

use crate::events::{ALL, CLIENT, Function, Gateway, Request, event};

const fn get(target: &'static str) -> Request {
    Request {
        method: "GET",
        target,
        headers: &[],
        body: b"",
    }
}

#[test]
fn client_is_that_of_the_event() {
    let function = Function::start(&[]);
    for gateway in ALL {
        let forged: &[(&str, &str)] = &[("forwarded", "for=192.0.2.9")];
        let request = Request {
            headers: forged,
            ..get("/me")
        };
        let answer = function.ask(gateway, request);
        assert_eq!(answer.text(), format!("{CLIENT} https"), "{gateway:?}");
    }
}

#[test]
fn urls_lead_below_the_stage() {
    let function = Function::start(&[]);
    let location = |gateway, event: &serde_json::Value| {
        let answer = function.send(gateway, event);
        answer.header("location").unwrap_or_default().to_owned()
    };
    for gateway in ALL {
        assert_eq!(
            location(gateway, &event(gateway, get("/moved"))),
            "/users/7"
        );
    }
    // The domain of the API itself: a REST API has the stage in the path of its context only.
    let mut rest = event(Gateway::Rest, get("/moved"));
    rest["requestContext"]["path"] = json!("/prod/moved");
    assert_eq!(location(Gateway::Rest, &rest), "/prod/users/7");
    let mut http = event(Gateway::Http, get("/prod/moved"));
    http["requestContext"]["stage"] = json!("prod");
    assert_eq!(location(Gateway::Http, &http), "/prod/users/7");
    // A domain of its own, whose paths have no stage.
    let mut http = event(Gateway::Http, get("/moved"));
    http["requestContext"]["stage"] = json!("prod");
    assert_eq!(location(Gateway::Http, &http), "/users/7");
}
