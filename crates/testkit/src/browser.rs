//! A real browser, driven over WebDriver (W3C).

use std::{fs, net::SocketAddr, path::Path, process::Command};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};

use crate::{Running, Wire, outside, wait_for, wait_until};

/// Flags of Chromium for tests: no window, and no requests of its own to the Internet.
const QUIET: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// Where a found element's id is (WebDriver, 11).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A headless Chromium with a profile of its own, so its cache and its cookies are empty.
///
/// Elements are named by CSS selectors. Every method panics when the driver reports an error.
#[derive(Debug)]
pub struct Browser {
    _driver: Running,
    address: SocketAddr,
    session: String,
}

impl Browser {
    /// Starts a browser, or skips the test as [`outside`] does.
    ///
    /// # Panics
    ///
    /// When it does not start.
    #[must_use]
    #[track_caller]
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// As [`start`](Self::start), with more flags of Chromium.
    ///
    /// # Panics
    ///
    /// When it does not start.
    #[must_use]
    #[track_caller]
    pub fn start_with(flags: &[&str]) -> Option<Self> {
        let driver = outside("chromedriver")?;
        let chromium = outside("chromium")?;
        let (driver, port) = start(&driver);
        let mut browser = Self {
            _driver: driver,
            address: ([127, 0, 0, 1], port).into(),
            session: String::new(),
        };
        let flags = [&QUIET, flags].concat();
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"binary": chromium, "args": flags},
        }}});
        let session = browser.ask("POST", "/session", &capabilities);
        let id = session["sessionId"].as_str();
        browser.session = id.unwrap_or_else(|| panic!("no id: {session}")).to_owned();
        Some(browser)
    }

    /// Waits until the page and all that it loads are there.
    #[track_caller]
    pub fn open(&self, url: &str) {
        self.order("url", &json!({"url": url}));
    }

    /// Loads the page again.
    #[track_caller]
    pub fn reload(&self) {
        self.order("refresh", &json!({}));
    }

    /// Where it is now.
    #[must_use]
    #[track_caller]
    pub fn url(&self) -> String {
        text(&self.get("url"))
    }

    /// The text of the first such element as a reader sees it, or nothing when there is none.
    #[must_use]
    #[track_caller]
    pub fn text(&self, selector: &str) -> Option<String> {
        let read = "const e = document.querySelector(arguments[0]); return e && e.innerText";
        self.run(read, &[selector.into()])
            .as_str()
            .map(str::to_owned)
    }

    /// Waits until the first such element has this text somewhere.
    #[track_caller]
    pub fn wait_text(&self, selector: &str, needle: &str) {
        wait_until(&format!("{needle:?} in {selector:?}"), || {
            self.text(selector)
                .is_some_and(|text| text.contains(needle))
        });
    }

    /// Clicks as a user does: at the middle, which must not be covered.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        self.order(&format!("{}/click", self.find(selector)), &json!({}));
    }

    /// Types into an input, after what is there.
    #[track_caller]
    pub fn type_into(&self, selector: &str, text: &str) {
        let path = format!("{}/value", self.find(selector));
        self.order(&path, &json!({"text": text}));
    }

    /// Runs the body of a function in the page and returns what it returns.
    #[track_caller]
    #[expect(
        clippy::must_use_candidate,
        reason = "a script may be run for what it does"
    )]
    pub fn run(&self, script: &str, arguments: &[Value]) -> Value {
        self.order(
            "execute/sync",
            &json!({"script": script, "args": arguments}),
        )
    }

    /// Sets the size of what is visible of a page, and whether it prefers the dark.
    #[track_caller]
    pub fn look(&self, width: u32, height: u32, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        self.chromium(
            "Emulation.setDeviceMetricsOverride",
            json!({
                "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600,
            }),
        );
        self.chromium(
            "Emulation.setEmulatedMedia",
            json!({
                "features": [{"name": "prefers-color-scheme", "value": scheme}],
            }),
        );
    }

    /// Keeps a picture of the page, as PNG.
    ///
    /// # Panics
    ///
    /// When the file cannot be written.
    #[track_caller]
    pub fn screenshot(&self, to: impl AsRef<Path>) {
        let picture = self.chromium(
            "Page.captureScreenshot",
            json!({"captureBeyondViewport": true}),
        );
        let picture = picture["data"].as_str().expect("a picture in base64");
        let bytes = BASE64_STANDARD.decode(picture);
        let to = to.as_ref();
        fs::create_dir_all(to.parent().unwrap_or(Path::new("."))).expect("a folder for pictures");
        fs::write(to, bytes.expect("base64")).expect("a picture is written");
    }

    /// A command of the Chrome DevTools Protocol, where WebDriver has none.
    #[track_caller]
    fn chromium(&self, command: &str, params: Value) -> Value {
        self.order(
            "goog/cdp/execute",
            &json!({"cmd": command, "params": params}),
        )
    }

    #[track_caller]
    fn find(&self, selector: &str) -> String {
        let by = json!({"using": "css selector", "value": selector});
        let found = self.order("element", &by);
        format!("element/{}", text(&found[ELEMENT]))
    }

    #[track_caller]
    fn get(&self, path: &str) -> Value {
        self.ask(
            "GET",
            &format!("/session/{}/{path}", self.session),
            &Value::Null,
        )
    }

    #[track_caller]
    fn order(&self, path: &str, body: &Value) -> Value {
        self.ask("POST", &format!("/session/{}/{path}", self.session), body)
    }

    #[track_caller]
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let mut wire = Wire::connect(self.address);
        wire.send(format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        let answer: Value =
            serde_json::from_slice(&wire.response().body).expect("WebDriver answers in JSON");
        let value = &answer["value"];
        assert!(value["error"].is_null(), "{method} {path}: {answer}");
        value.clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver's process group is killed anyway; this ends the browser, which has one of its own.
        if !self.session.is_empty() && !std::thread::panicking() {
            self.ask(
                "DELETE",
                &format!("/session/{}", self.session),
                &Value::Null,
            );
        }
    }
}

/// The driver takes a free port of IPv6, and ends if that of IPv4 with its number is not free too.
#[track_caller]
fn start(driver: &Path) -> (Running, u16) {
    const STARTED: &str = "started successfully on port ";
    loop {
        let driver = Running::spawn(Command::new(driver).arg("--port=0"));
        let said = wait_for("the driver starts, or finds no port", || {
            let said = driver.output();
            (said.contains(STARTED) || said.contains("port not available")).then_some(said)
        });
        if let Some((_, port)) = said.split_once(STARTED) {
            let digits: String = port.chars().take_while(char::is_ascii_digit).collect();
            if let Ok(port) = digits.parse() {
                return (driver, port);
            }
        }
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}
