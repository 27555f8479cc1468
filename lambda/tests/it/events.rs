//! Events as AWS documents them, and what a gateway makes of a response.

use std::process::Command;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};
use testkit::{Outcome, Running, RuntimeApi};

/// The directory with the folder `static`.
pub(crate) const ROOT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../crates/squall/examples/friendfeed"
);
pub(crate) const CLIENT: &str = "203.0.113.7";

/// What stands between a client and the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gateway {
    /// API Gateway's REST API (payload version 1.0), at a domain of its own.
    Rest,
    /// API Gateway's HTTP API (payload version 2.0), with the stage `$default`.
    Http,
    FunctionUrl,
    /// An Application Load Balancer.
    Balancer,
}

pub(crate) const ALL: [Gateway; 4] = [
    Gateway::Rest,
    Gateway::Http,
    Gateway::FunctionUrl,
    Gateway::Balancer,
];

#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    /// The path and the query.
    pub(crate) target: &'static str,
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) body: &'static [u8],
}

/// A response as a client gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u64,
    /// In the order of their names, in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }
}

/// The function, as Lambda starts it.
pub(crate) struct Function {
    pub(crate) api: RuntimeApi,
    pub(crate) running: Running,
}

impl Function {
    pub(crate) fn start(variables: &[(&str, &str)]) -> Self {
        let api = RuntimeApi::start();
        let mut command = Command::new(env!("CARGO_BIN_EXE_lambda"));
        api.describe(&mut command);
        command
            .env("LAMBDA_TASK_ROOT", ROOT)
            .envs(variables.iter().copied());
        let running = Running::spawn(&mut command);
        Self { api, running }
    }

    pub(crate) fn ask(&self, gateway: Gateway, request: Request) -> Answer {
        self.send(gateway, &event(gateway, request))
    }

    pub(crate) fn send(&self, gateway: Gateway, event: &Value) -> Answer {
        self.api.send(event.to_string());
        match self.api.outcome() {
            Outcome::Buffered(response) => answer(gateway, &response),
            other => panic!("{other:?}\n{}", self.running.output()),
        }
    }
}

pub(crate) fn event(gateway: Gateway, request: Request) -> Value {
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((request.target, ""));
    let host = [("host", "site.example"), ("x-forwarded-proto", "https")];
    // Gateways append the client to the field.
    let client = [("x-forwarded-for", CLIENT)];
    let headers: Vec<(&str, &str)> = host
        .into_iter()
        .chain(client)
        .chain(request.headers.iter().copied())
        .collect();
    let body = BASE64_STANDARD.encode(request.body);
    let one = |values: &[(&str, &str)]| -> Map<String, Value> {
        values
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.into()))
            .collect()
    };
    let many = |values: &[(String, String)]| {
        let mut map: Map<String, Value> = Map::new();
        for (name, value) in values {
            let list = map.entry(name).or_insert_with(|| json!([]));
            list.as_array_mut()
                .expect("a list")
                .push(value.as_str().into());
        }
        map
    };
    let decoded = |text: &str| {
        percent_encoding::percent_decode_str(&text.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    let pairs: Vec<(&str, &str)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    };
    match gateway {
        Gateway::Rest => json!({
            "resource": "/{proxy+}",
            "path": path,
            "httpMethod": request.method,
            "headers": one(&headers),
            "multiValueHeaders": many(&owned(&headers)),
            "multiValueQueryStringParameters": many(&pairs.iter().map(|(name, value)| (decoded(name), decoded(value))).collect::<Vec<_>>()),
            "pathParameters": { "proxy": path.trim_start_matches('/') },
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "api",
                "domainName": "site.example",
                "httpMethod": request.method,
                "identity": { "sourceIp": CLIENT },
                "path": path,
                "protocol": "HTTP/1.1",
                "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
                "requestTimeEpoch": 1_428_582_896_000_u64,
                "resourcePath": "/{proxy+}",
                "stage": "prod",
            },
            "body": body,
            "isBase64Encoded": true,
        }),
        Gateway::Http | Gateway::FunctionUrl => {
            let cookies = headers.iter().filter(|(name, _)| *name == "cookie");
            let cookies: Vec<&str> = cookies.flat_map(|(_, value)| value.split("; ")).collect();
            let others: Vec<_> = headers
                .iter()
                .copied()
                .filter(|(name, _)| *name != "cookie")
                .collect();
            json!({
                "version": "2.0",
                "routeKey": "$default",
                "rawPath": path,
                "rawQueryString": query,
                "cookies": cookies,
                "headers": one(&others),
                "requestContext": {
                    "accountId": "123456789012",
                    "apiId": "api",
                    "domainName": "site.example",
                    "domainPrefix": "site",
                    "http": {
                        "method": request.method,
                        "path": path,
                        "protocol": "HTTP/1.1",
                        "sourceIp": CLIENT,
                        "userAgent": "test",
                    },
                    "requestId": "JKJaXmPLvHcESHA=",
                    "routeKey": "$default",
                    "stage": "$default",
                    "time": "12/Mar/2020:19:03:58 +0000",
                    "timeEpoch": 1_583_348_638_390_u64,
                },
                "body": body,
                "isBase64Encoded": true,
            })
        }
        Gateway::Balancer => json!({
            "requestContext": { "elb": { "targetGroupArn": "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/a/b" } },
            "httpMethod": request.method,
            "path": path,
            "multiValueQueryStringParameters": many(&owned(&pairs)),
            "multiValueHeaders": many(&owned(&headers)),
            "body": body,
            "isBase64Encoded": true,
        }),
    }
}

fn answer(gateway: Gateway, response: &Value) -> Answer {
    let text = response["body"].as_str().unwrap_or_default();
    let body = if response["isBase64Encoded"] == true {
        BASE64_STANDARD.decode(text).expect("base64")
    } else {
        text.as_bytes().to_vec()
    };
    let mut headers = Vec::new();
    let field = if matches!(gateway, Gateway::Rest | Gateway::Balancer) {
        "multiValueHeaders"
    } else {
        "headers"
    };
    for (name, value) in response[field].as_object().expect("headers") {
        match value {
            Value::Array(values) => {
                headers.extend(values.iter().map(|value| (name.clone(), text_of(value))));
            }
            value => headers.push((name.clone(), text_of(value))),
        }
    }
    for cookie in response["cookies"].as_array().into_iter().flatten() {
        headers.push(("set-cookie".to_owned(), text_of(cookie)));
    }
    headers.sort();
    Answer {
        status: response["statusCode"].as_u64().expect("a status"),
        headers,
        body,
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
