//! A real browser: its requests for static files, and its cache.

use std::{fs, path::Path};

use testkit::{Browser, temp_dir, wait_until};

use crate::program::Friendfeed;

#[test]
fn versioned_files_are_requested_once() {
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

#[test]
fn files_are_uploaded_by_the_form() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let uploads = temp_dir();
    let files = temp_dir();
    let sent = files.path().join("Grüße 1\u{202e}.txt");
    fs::write(&sent, "hello").expect("a directory of ours");
    let site = Friendfeed::start(&[
        "--uploads",
        uploads.path().to_str().expect("a path in UTF-8"),
    ]);
    browser.open(&format!("http://{}/upload", site.address));
    browser.type_into("#files", sent.to_str().expect("a path in UTF-8"));
    browser.click("form.card button");
    browser.wait_text("dl", "Grüße 1.txt");
    browser.wait_text("dl", "5 bytes");
    let saved = fs::read(uploads.path().join("Grüße 1.txt"));
    assert_eq!(saved.expect("the file"), b"hello");
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
