//! A real browser: what it asks for, and what it keeps.

use std::{fs, path::Path, process::Command};

use testkit::{Running, Wire, temp_dir, wait_until};

use crate::program::Friendfeed;

/// Chromium, driven over WebDriver (W3C). Its profile is its own, so its cache is empty.
struct Browser {
    driver: Running,
    address: std::net::SocketAddr,
    session: String,
}

impl Browser {
    fn start() -> Option<Self> {
        let driver = testkit::outside("chromedriver")?;
        let chromium = testkit::outside("chromium")?;
        let driver = Running::spawn(Command::new(driver).arg("--port=0"));
        let line = driver.wait_line("started successfully on port ");
        let port: String = line.chars().filter(char::is_ascii_digit).collect();
        let mut browser = Self {
            driver,
            address: ([127, 0, 0, 1], port.parse().expect("a port")).into(),
            session: String::new(),
        };
        let quiet = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ];
        let capabilities = serde_json::json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"binary": chromium, "args": quiet},
        }}});
        let answer = browser.ask("POST", "/session", &capabilities);
        let session = answer["value"]["sessionId"].as_str();
        let session = session.unwrap_or_else(|| panic!("no session: {answer}"));
        browser.session = format!("/session/{session}");
        Some(browser)
    }

    /// Waits until the page and all that it loads are there.
    fn open(&self, url: &str) {
        self.order("/url", &serde_json::json!({"url": url}));
    }

    fn reload(&self) {
        self.order("/refresh", &serde_json::json!({}));
    }

    fn order(&self, path: &str, body: &serde_json::Value) {
        let answer = self.ask("POST", &format!("{}{path}", self.session), body);
        assert!(answer["value"]["error"].is_null(), "{answer}");
    }

    fn ask(&self, method: &str, path: &str, body: &serde_json::Value) -> serde_json::Value {
        let body = body.to_string();
        let mut wire = Wire::connect(self.address);
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}",
            body.len()
        );
        wire.send(format!("{head}\r\n\r\n{body}"));
        serde_json::from_slice(&wire.response().body).expect("WebDriver answers in JSON")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Its process group is killed anyway; this ends the browser, which has one of its own.
        if !self.session.is_empty() && !std::thread::panicking() {
            self.ask("DELETE", &self.session, &serde_json::json!({}));
        }
        let _ = &self.driver;
    }
}

#[test]
fn what_has_a_version_is_asked_for_once() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let files = temp_dir();
    copy(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("examples/friendfeed/static")
            .as_path(),
        files.path(),
    );
    let site = Friendfeed::start(&[
        "--static-path",
        files.path().to_str().expect("a path in UTF-8"),
    ]);
    let page = format!("http://{}/", site.address);
    let asked = |what: &str| {
        let what = format!(" GET {what}");
        site.requests()
            .iter()
            .filter(|line| line.contains(&what))
            .count()
    };

    browser.open(&page);
    wait_until("the page and its parts", || {
        asked("/ ") == 1
            && asked("/static/styles.css?v=") == 1
            && asked("/static/images/logo.png?v=") == 1
    });
    browser.reload();
    wait_until("the page again", || asked("/ ") == 2);
    assert_eq!(asked("/static/styles.css?v="), 1, "kept");
    assert_eq!(asked("/static/images/logo.png?v="), 1, "kept");

    let old = static_url(&site);
    fs::write(files.path().join("new.css"), "body { color: green }").expect("a directory of ours");
    fs::rename(
        files.path().join("new.css"),
        files.path().join("styles.css"),
    )
    .expect("likewise");
    wait_until("the new version", || static_url(&site) != old);
    browser.reload();
    let new = static_url(&site);
    wait_until("the new version in the browser", || asked(&new) == 1);
    assert_eq!(asked("/static/images/logo.png?v="), 1, "still kept");
}

fn static_url(site: &Friendfeed) -> String {
    let mut wire = site.wire();
    wire.send("GET /static_url/styles.css HTTP/1.1\r\nHost: a\r\n\r\n");
    wire.response().text().to_owned()
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("the files of the example") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&to).expect("a directory of ours");
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("a directory of ours");
        }
    }
}
