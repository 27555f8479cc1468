//! Debug mode's page about a refused request, and what other clients get.

use std::{net::SocketAddr, path::Path as FilePath, time::Duration};

use squall::{
    Application, Error, Form, Json, Path, Query, Tracebacks, Xsrf, get, http::StatusCode, post,
};
use testkit::{Browser, Reply, Wire};

use crate::serve_in_background;

#[derive(serde::Deserialize, serde::Serialize)]
struct Comment {
    text: String,
    age: u8,
}

/// Text that clients may not see.
#[derive(Debug)]
struct Confidential(std::io::Error);

impl std::fmt::Display for Confidential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the table of users is broken")
    }
}

impl std::error::Error for Confidential {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

async fn conflict() -> squall::Result<()> {
    let cause = Confidential(std::io::Error::other("row 7 is missing"));
    Err(Error::new(cause).with_status(StatusCode::CONFLICT))
}

fn application(debug: bool) -> Application {
    Application::new()
        .debug(debug)
        .tracebacks(Tracebacks::new().even_in_release())
        .xsrf_cookies(true)
        .route(
            "/",
            get(async |xsrf: Xsrf| {
                let token = xsrf.xsrf_form_html();
                squall::Html(format!(
                    "<!doctype html><title>A</title><form>{token}</form>"
                ))
            }),
        )
        .route(
            "/comments",
            post(async |Form(comment): Form<Comment>| comment.text),
        )
        .route(
            "/api/comments",
            post(async |Json(comment): Json<Comment>| comment.text)
                .body_limit(64)
                .without_xsrf(),
        )
        .route(
            "/search",
            get(async |Query(comment): Query<Comment>| comment.text),
        )
        .route(
            "/users/{id}",
            get(async |Path(id): Path<u32>| id.to_string()),
        )
        .route("/users/{id}/posts", get(async || "posts"))
        .route(
            "/nobody",
            get(async || Error::status(StatusCode::FORBIDDEN)),
        )
        .route("/conflict", get(conflict))
        .route(
            "/fails",
            get(async || -> squall::Result<String> {
                Ok(std::fs::read_to_string("there/is/no/such/file")?)
            }),
        )
        .route(
            "/slow",
            get(std::future::pending::<()>).timeout(Duration::from_millis(1)),
        )
}

fn ask(address: SocketAddr, line: &str, head: &str, body: &str) -> Reply {
    let mut wire = Wire::connect(address);
    let length = body.len();
    wire.send(format!(
        "{line} HTTP/1.1\r\nHost: localhost\r\n{head}Content-Length: {length}\r\n\r\n{body}"
    ));
    wire.response()
}

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
const JSON: &str = "Content-Type: application/json\r\n";

/// A request line, headers, a body, a status, and what the page has.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    u16,
    &'static [&'static str],
);

const CASES: [Case; 16] = [
    (
        "GET /user/7",
        "",
        "",
        404,
        &[
            "no route matches /user/7",
            "Did you mean `/users/{id}`?",
            "- `/comments`: POST, OPTIONS\n",
            "- `/users/{id}`: GET, HEAD, OPTIONS (nearest)\n",
        ],
    ),
    (
        "GET /users/ada",
        "",
        "",
        404,
        &["A route matches", "ada", "{id:", "/users/{id}"],
    ),
    (
        "DELETE /users/7",
        "",
        "",
        405,
        &[
            "the route has no handler for DELETE",
            "add `delete(…)`",
            "- Route: `/users/{id}`",
            "- `GET`:",
            "- `HEAD`:",
        ],
    ),
    ("BREW /users/7", "", "", 405, &["add `on(\"BREW\", …)`"]),
    ("GET /%FF", "", "", 400, &["percent-encoded UTF-8"]),
    (
        "GET /search?text=a&age=old",
        "",
        "",
        400,
        &["Field: `age`", "invalid digit"],
    ),
    (
        "GET /nobody",
        "",
        "",
        403,
        &["403 Forbidden", "`CurrentUser`"],
    ),
    (
        "POST /comments",
        FORM,
        "text=a",
        403,
        &[
            "the _xsrf token is missing",
            "xsrf\\_form\\_html",
            "X-XSRFToken",
        ],
    ),
    (
        "POST /comments",
        "X-XSRFToken: 0123456789abcdef0123456789abcdef\r\n",
        "",
        403,
        &["the _xsrf cookie is missing", "The cookie is missing"],
    ),
    (
        "POST /comments",
        "Cookie: _xsrf=0123456789abcdef0123456789abcdee\r\nX-XSRFToken: 0123456789abcdef0123456789abcdef\r\n",
        "",
        403,
        &["does not match the cookie", "belongs to another cookie"],
    ),
    (
        "POST /comments",
        "Origin: http://127.0.0.1:1\r\n",
        "",
        403,
        &["comes from another site", "The origin is wrong"],
    ),
    (
        "POST /api/comments",
        JSON,
        "{\"text\":\"0123456789012345678901234567890123456789012345678901234567890123456789\"}",
        413,
        &["longer than 64 bytes", "`Route::body_limit`"],
    ),
    (
        "POST /api/comments",
        "Content-Type: text/plain\r\n",
        "{}",
        415,
        &["application/json", "`Content-Type`"],
    ),
    (
        "POST /api/comments",
        JSON,
        "{\"text\":\"a\",\"age\":\"old\"}",
        422,
        &["Field: `age`", "invalid type", "`Option<T>`"],
    ),
    (
        "GET /conflict",
        "",
        "",
        409,
        &[
            "the table of users is broken",
            "caused by: row 7 is missing",
            "refusals.rs",
            "`Error::refusal(status, reason)`",
        ],
    ),
    (
        "GET /slow",
        "",
        "",
        503,
        &["took longer than 1ms", "`Route::timeout`"],
    ),
];

#[test]
fn page_explains_a_refusal_to_the_developer_only() {
    let [debugging, quiet] = [true, false].map(|debug| serve_in_background(application(debug)));
    for (line, head, body, status, parts) in CASES {
        let page = ask(debugging, line, head, body);
        assert_eq!(page.status, status, "{line}: {}", page.text());
        let text = page.text().replace("\\_", "_");
        for part in parts {
            let part = part.replace("\\_", "_");
            assert!(text.contains(&part), "{line}: {part:?} in {text}");
        }
        assert!(text.contains("## Process"), "{line}: {text}");
        assert_eq!(page.header("allow").is_some(), status == 405);

        // The JSON form has the members of RFC 9457.
        let accept = format!("{head}Accept: application/json\r\n");
        let json = ask(debugging, line, &accept, body);
        let read: serde_json::Value = serde_json::from_str(json.text()).expect("JSON");
        assert_eq!(
            (&read["type"], &read["status"]),
            (&"about:blank".into(), &status.into())
        );
        assert_eq!(
            json.header("content-type"),
            Some("application/problem+json")
        );

        // Other clients get the same as without debug mode, and nothing of the page.
        let stranger = format!("{head}X-Forwarded-For: 192.0.2.7\r\n");
        let hidden = ask(debugging, line, &stranger, body);
        let plain = ask(quiet, line, head, body);
        assert_eq!(
            (hidden.status, hidden.text()),
            (status, plain.text()),
            "{line}"
        );
        assert_eq!(plain.status, status);
        for part in [
            "## ",
            "Route::",
            "row 7",
            "refusals.rs",
            "the table of users",
        ] {
            assert!(!plain.text().contains(part), "{line}: {}", plain.text());
        }
    }
}

#[test]
fn head_of_a_refusal_has_no_body() {
    let address = serve_in_background(application(true));
    let mut wire = Wire::connect(address);
    wire.send("HEAD /user/7 HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\nGET /users/7 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let head = wire.response_to("HEAD");
    assert_eq!((head.status, head.text()), (404, ""));
    assert_eq!(wire.response().text(), "7");
}

/// Pictures of the pages are kept in `<target>/tmp/pictures/refusal-*.png`.
#[test]
fn pages_fit_desktop_and_phone() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let [debugging, quiet] = [true, false].map(|debug| serve_in_background(application(debug)));
    let pictures = FilePath::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    for (address, kind) in [(debugging, "debug"), (quiet, "default")] {
        for (name, method, path, fields, title) in [
            ("400", "GET", "/search?text=a&age=old", "", "age"),
            ("403", "POST", "/comments", "text=a", "_xsrf"),
            ("404", "GET", "/user/7?token=secret", "", "o"),
            ("405", "POST", "/users/7", "", "o"),
            (
                "413",
                "POST",
                "/api/comments",
                "text=0123456789012345678901234567890123456789012345678901234567890123",
                "o",
            ),
            ("422", "POST", "/comments", "text=a&age=old&_xsrf", "age"),
            ("409", "GET", "/conflict", "", "o"),
            ("500", "GET", "/fails", "", "o"),
        ] {
            browser.open(&format!("http://localhost:{}/", address.port()));
            // The token of the page, if a field asks for it.
            let send = "const [method, path, fields] = arguments;
                if (method === 'GET') { location = path; return; }
                const form = document.createElement('form');
                form.method = method;
                form.action = path;
                for (const [name, value] of new URLSearchParams(fields)) {
                    const input = document.createElement('input');
                    input.name = name;
                    input.value = value || document.querySelector('[name=_xsrf]').value;
                    form.append(input);
                }
                document.body.append(form);
                form.submit();";
            browser.run(send, &[method.into(), path.into(), fields.into()]);
            let status = match kind {
                "debug" => ".status",
                _ => "p.status",
            };
            browser.wait_text(status, name);
            browser.wait_text("main", title);
            for (device, width, height, dark) in [
                ("desktop", 1280, 900, false),
                ("desktop-dark", 1280, 900, true),
                ("phone", 360, 800, false),
                ("phone-dark", 360, 800, true),
            ] {
                browser.look(width, height, dark);
                let overflow = "const e = document.documentElement;
                    return e.scrollWidth - e.clientWidth";
                assert_eq!(browser.run(overflow, &[]), 0, "{kind} {name} {device}");
                let style = "return getComputedStyle(document.body).margin";
                assert_eq!(
                    browser.run(style, &[]),
                    "0px",
                    "the policy allows the style"
                );
                let contrast = browser.run(CONTRAST, &[]);
                assert_eq!(contrast, serde_json::json!([]), "{kind} {name} {device}");
                browser.screenshot(pictures.join(format!("refusal-{kind}-{name}-{device}.png")));
            }
        }
    }
}

/// Returns the texts whose contrast is below 4.5 (WCAG 2.2, 1.4.3).
const CONTRAST: &str = r"
    const parse = (colour) => colour.match(/[\d.]+/g).map(Number);
    const light = (colour) => {
        const [r, g, b] = parse(colour).map((c) => c / 255)
            .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (element) => {
        for (let e = element; e; e = e.parentElement) {
            const colour = getComputedStyle(e).backgroundColor;
            if ((parse(colour)[3] ?? 1) > 0) return colour;
        }
        return 'rgb(255, 255, 255)';
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const low = [];
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        const text = walker.currentNode.textContent.trim();
        if (!text || /SCRIPT|STYLE/.test(element.tagName) || !element.checkVisibility()) continue;
        const [a, b] = [getComputedStyle(element).color, ground(element)].map(light);
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) low.push(`${text}: ${ratio.toFixed(2)}`);
    }
    return low;
";
