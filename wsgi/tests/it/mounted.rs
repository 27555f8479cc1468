//! Below a prefix of an old site: URLs, redirects, cookies and the sign-in lead back to the application.

use testkit::{Reply, temp_dir};

use crate::containers::{Container, FRIENDFEED, Options, PROBE, Site};

/// A site of Flask's, which has ours below `/feed`.
const FLASK: &str = r#"
from flask import Flask, session
from werkzeug.middleware.dispatcher import DispatcherMiddleware
import friendfeed_wsgi

old = Flask(__name__)
old.secret_key = "a secret of the old site"

@old.get("/")
def home():
    session["visits"] = session.get("visits", 0) + 1
    return "the old site, visit %d" % session["visits"]

application = DispatcherMiddleware(old, {"/feed": friendfeed_wsgi.application})
"#;

/// A browser's cookies.
#[derive(Default)]
struct Cookies(Vec<(String, String)>);

impl Cookies {
    fn keep(&mut self, reply: &Reply) {
        for line in reply.head.lines() {
            let Some((name, value)) = line.split_once(": ") else {
                continue;
            };
            if !name.eq_ignore_ascii_case("set-cookie") {
                continue;
            }
            assert!(value.to_lowercase().contains("path=/"), "{line}");
            let pair = value.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("name=value");
            self.0.retain(|(kept, _)| kept != name);
            self.0.push((name.to_owned(), value.to_owned()));
        }
    }

    fn send(&mut self, site: &Site, line: &str, body: &str) -> Reply {
        let pairs: Vec<_> = self
            .0
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let cookies = if pairs.is_empty() {
            String::new()
        } else {
            format!("Cookie: {}\r\n", pairs.join("; "))
        };
        let request = format!(
            "{line} HTTP/1.1\r\nHost: site.example\r\n{cookies}Content-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let reply = site.send(request.as_bytes());
        self.keep(&reply);
        reply
    }
}

fn token(page: &str) -> String {
    let token = page
        .split("value=\"")
        .find(|part| part.starts_with("2|"))
        .expect("a token");
    token
        .split('"')
        .next()
        .unwrap_or_default()
        .replace('|', "%7C")
}

#[test]
fn a_site_of_flasks_has_ours_below_a_prefix() {
    let uploads = temp_dir();
    let options = Options {
        application: "old_site:application",
        script: Some(("old_site.py", FLASK)),
        variables: &[("FRIENDFEED_UPLOADS", &uploads.path().to_string_lossy())],
        ..FRIENDFEED
    };
    if testkit::outside("python-with-flask").is_none() {
        return;
    }
    let Some(site) = Container::GunicornThreads.start(options) else {
        return;
    };
    let mut browser = Cookies::default();
    assert_eq!(
        browser.send(&site, "GET /", "").text(),
        "the old site, visit 1"
    );
    assert_eq!(browser.send(&site, "GET /nowhere", "").status, 404);
    // The sign-in, from the page that needs it and back.
    let reply = browser.send(&site, "GET /feed/me", "");
    assert_eq!(
        (reply.status, reply.header("location")),
        (302, Some("/feed/login?next=%2Ffeed%2Fme"))
    );
    let page = browser.send(&site, "GET /feed/login?next=%2Ffeed%2Fme", "");
    let form = format!("name=Ada&next=%2Ffeed%2Fme&_xsrf={}", token(page.text()));
    let reply = browser.send(&site, "POST /feed/login", &form);
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, Some("/feed/me")),
        "{}",
        reply.text()
    );
    let page = browser.send(&site, "GET /feed/me", "");
    assert!(page.text().contains("Ada"), "{}", page.text());
    // URLs of the page.
    let attributes = ["href=\"", "src=\"", "action=\""];
    let attributes = attributes
        .iter()
        .flat_map(|start| page.text().split(start).skip(1));
    let paths = attributes.filter_map(|rest| rest.split('"').next());
    for path in paths {
        assert!(path.starts_with("/feed/"), "{path}");
        if path.ends_with("/logout") {
            continue;
        }
        let reply = browser.send(&site, &format!("GET {path}"), "");
        assert!(matches!(reply.status, 200 | 303), "{path}: {}", reply.head);
        if path.contains("?v=") {
            let caching = reply.header("cache-control").unwrap_or_default();
            assert!(caching.contains("immutable"), "{path}: {}", reply.head);
        }
    }
    // Redirects of handlers, and the old site's session beside ours.
    let form = format!("_xsrf={}", token(page.text()));
    let reply = browser.send(&site, "POST /feed/logout", &form);
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, Some("/feed/"))
    );
    assert_eq!(browser.send(&site, "GET /feed/me", "").status, 302);
    assert_eq!(
        browser.send(&site, "GET /", "").text(),
        "the old site, visit 2"
    );
}

#[test]
fn a_prefix_of_the_server_is_part_of_urls() {
    let mount = "import probe_wsgi\n\ndef application(environ, start_response):\n    \
                 environ['SCRIPT_NAME'] += '/caf\\xc3\\xa9'\n    \
                 environ['PATH_INFO'] = environ['PATH_INFO'][6:]\n    \
                 return probe_wsgi.application(environ, start_response)\n";
    let options = Options {
        application: "mount:application",
        script: Some(("mount.py", mount)),
        ..PROBE
    };
    let Some(site) = Container::Waitress.start(options) else {
        return;
    };
    let reply = site.get("/caf%C3%A9/moved");
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, Some("/caf%C3%A9/"))
    );
    assert_eq!(site.get("/caf%C3%A9").text(), "Hello, world");
    assert_eq!(site.get("/caf%C3%A9/").text(), "Hello, world");
}
