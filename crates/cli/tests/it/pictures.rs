//! The pictures of the front page: a site of `squall new` under `squall dev`, in a browser.

use std::{fs, path::Path, process::Command};

use testkit::{Browser, Running, Signal, temp_dir};

use crate::{
    fixture::squall,
    new::{checkout, make},
};

/// Returns the text of the compiler's errors over the page, or an empty text.
const OVERLAY: &str = "const pre = document.querySelector('squall-live')?.shadowRoot.querySelector('pre'); \
    return pre?.offsetParent ? pre.innerText : ''";

#[test]
#[ignore = "writes the pictures of the front page: cargo xtask pictures"]
fn pictures_of_the_front_page() {
    let browser = Browser::start().expect("chromium is needed for the pictures");
    let (directory, private) = (temp_dir(), temp_dir());
    let package = make(directory.path(), &[]);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new");
    let cargo = |command: &mut Command| {
        command
            .current_dir(&package)
            .env("CARGO_TARGET_DIR", &target)
            .env("CARGO_NET_OFFLINE", "true")
            .env("LISTEN", "127.0.0.1:0")
            .env_remove("RUSTFLAGS");
    };
    // The first build takes longer than the timeout of `wait_line`.
    let mut build = Command::new("cargo");
    cargo(build.arg("build"));
    assert!(build.status().expect("cargo is here").success());
    let mut dev = squall(private.path());
    cargo(dev.args(["dev", "--", "cargo", "run"]));
    let mut running = Running::spawn(&mut dev);
    let line = running.wait_line("listening on http://");
    let url = line.split_whitespace().find(|word| word.contains("://"));
    browser.open(url.expect("the address"));
    browser.look(1100, 420, false);

    let pages = package.join("src/pages.rs");
    let text = fs::read_to_string(&pages).expect("it was made");
    let edit = |from: &str, to: &str| {
        assert!(text.contains(from), "pages.rs has no {from:?}");
        fs::write(&pages, text.replacen(from, to, 1)).expect("it is ours");
    };
    let pictures = checkout().join("crates/squall/docs/pictures");
    fs::create_dir_all(&pictures).expect("there is room");

    edit("context! { name }", "context! { nme }");
    testkit::wait_until("the overlay", || {
        browser
            .run(OVERLAY, &[])
            .as_str()
            .is_some_and(|text| text.contains("nme"))
    });
    browser.screenshot(pictures.join("compile-error.png"));

    edit(
        "let name = cookies.get_signed_cookie(NAME);",
        "let name = std::fs::read_to_string(\"name.txt\")?;",
    );
    browser.wait_text("body", "No such file");
    // The part below, with the request, has the addresses of the moment.
    browser.run(
        "for (const box of [document.documentElement, document.body]) \
             box.style.cssText = 'height: 620px; overflow: hidden'",
        &[],
    );
    browser.screenshot(pictures.join("traceback.png"));

    running.signal(Signal::Int);
    running.wait();
}
