//! Signing in at one of four processes behind nginx; all of them accept the cookie.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    ops::Range,
};

use testkit::{Reply, Wire};

use super::{installed::SECRET, local, nginx::Nginx, supervisord::Site};

/// Makes nginx add a header with the process that responded.
const PROCESS: (&str, &str) = (
    "proxy_redirect off;",
    "proxy_redirect off; add_header X-Process $upstream_addr;",
);

#[test]
fn all_processes_accept_the_cookie_of_one() {
    let Some(site) = Site::start() else { return };
    let Some(nginx) = Nginx::start(site.ports(), &[PROCESS]) else {
        return;
    };
    let mut ada = Visitor {
        wire: Wire::connect(nginx.address),
        cookies: BTreeMap::new(),
    };
    assert_eq!(ada.ask("GET /me", "").status, 302);
    assert_eq!(ada.ask("GET /login", "").status, 200);
    let token = ada.cookies["_xsrf"].replace('|', "%7C");
    let signed_in = ada.ask("POST /login", &format!("name=Ada&_xsrf={token}"));
    assert_eq!(signed_in.status, 303, "{}", signed_in.text());
    let first = ada.ask("GET /me", "");
    assert!(first.text().contains("to you once."), "{}", first.text());
    let processes = site.ports().map(|port| local(port).to_string());
    assert_eq!(ada.is_known_by(2..10), processes.clone().into());
    site.restart_one_after_the_other();
    assert_eq!(ada.is_known_by(10..18), processes.into());
    for pid in site.pids() {
        // Every user can see arguments with `ps`.
        let shown = fs::read(format!("/proc/{pid}/cmdline")).expect("it runs");
        assert!(!String::from_utf8_lossy(&shown).contains(SECRET));
    }
}

/// A client with cookies, on one connection.
struct Visitor {
    wire: Wire,
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    fn ask(&mut self, start: &str, form: &str) -> Reply {
        let cookies = self.cookies.iter();
        let cookies: Vec<_> = cookies
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        self.wire.send(format!(
            "{start} HTTP/1.1\r\nHost: a\r\nCookie: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            cookies.join("; "),
            form.len()
        ));
        let reply = self.wire.response();
        for line in reply.head.lines().skip(1) {
            let (name, cookie) = line.split_once(": ").expect("a header");
            if name.eq_ignore_ascii_case("set-cookie") {
                let (cookie, _) = cookie.split_once(';').expect("attributes");
                let (name, value) = cookie.split_once('=').expect("a value");
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    /// Requests a page that counts its views in a cookie; returns the process that responded.
    #[track_caller]
    fn is_known_by(&mut self, visits: Range<u32>) -> BTreeSet<String> {
        visits
            .map(|visit| {
                let reply = self.ask("GET /me", "");
                let count = format!("to you {visit} times.");
                assert!(reply.text().contains(&count), "{}", reply.text());
                reply.header("x-process").expect("nginx says it").to_owned()
            })
            .collect()
    }
}
