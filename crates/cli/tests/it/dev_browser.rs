//! Page reload and error overlay of `squall dev` in a real browser.
//!
//! The program is squall-autoreload's example `axum_autoreload`. A "new build" is the same
//! executable with a patched string, so that no compiler runs.

use std::{env, fs, net::SocketAddr, path::Path, process::Command};

use testkit::{Browser, Running, TempDir, temp_dir, wait_until};

use crate::{
    dev::{in_place, state_file},
    fixture::squall,
};

/// The program under `squall dev`, the files that it reads, and a browser with its page open.
struct Site {
    browser: Browser,
    running: Running,
    address: SocketAddr,
    place: TempDir,
    files: TempDir,
    private: TempDir,
}

impl Site {
    fn open() -> Option<Self> {
        let browser = Browser::start()?;
        let (place, files, private) = (temp_dir(), temp_dir(), temp_dir());
        for (name, text) in [
            (
                "page.html",
                include_str!("../../../autoreload/examples/axum_autoreload/page.html"),
            ),
            (
                "site.css",
                include_str!("../../../autoreload/examples/axum_autoreload/site.css"),
            ),
        ] {
            fs::write(files.path().join(name), text).expect("there is room");
        }
        deploy(place.path(), "Hello from axum");
        let mut command: Command = in_place(squall(private.path()), place.path());
        command.args(["dev", "--bind", "127.0.0.1:0", "--", "./site"]);
        let running = Running::spawn(command.arg(files.path()));
        let line = running.wait_line("listening address=");
        let (_, address) = line.split_once("address=").expect("it was asked for");
        let site = Self {
            address: address.trim().parse().expect("a socket address"),
            browser,
            running,
            place,
            files,
            private,
        };
        site.browser.open(&format!("http://{}/", site.address));
        site.browser.wait_text("h1", "Hello from axum");
        Some(site)
    }

    fn edit(&self, name: &str, from: &str, to: &str) {
        let path = self.files.path().join(name);
        let text = fs::read_to_string(&path).expect("it is there");
        assert!(text.contains(from), "{text}");
        fs::write(path, text.replace(from, to)).expect("it is ours");
    }

    /// Replaces the state file as `squall dev` does after a build.
    fn publish(&self, state: &serde_json::Value) {
        let file = state_file(self.private.path());
        let beside = file.with_extension("test");
        fs::write(&beside, state.to_string()).expect("it is ours");
        fs::rename(beside, file).expect("it is ours");
    }

    /// Sets a mark and a scroll position, which a reload of the document discards.
    fn mark(&self) {
        self.browser
            .run("window.mark = true; window.scrollTo(0, 500)", &[]);
    }

    fn is_marked(&self) -> bool {
        self.browser.run("return window.mark === true", &[]) == true
    }

    /// Returns the text of the first visible overlay element that matches `selector`.
    fn overlay(&self, selector: &str) -> Option<String> {
        let read = "const e = document.querySelector('squall-live')?.shadowRoot.querySelector(arguments[0]); \
                    return e && e.checkVisibility() ? e.innerText : null";
        let text = self.browser.run(read, &[selector.into()]);
        text.as_str().map(str::to_owned)
    }
}

/// Writes a copy of the program with another greeting, and renames it into place as cargo does.
fn deploy(place: &Path, greeting: &str) {
    const TEXT: &[u8] = b"Hello from axum";
    let test = env::current_exe().expect("the path of this test");
    let profile = test.ancestors().nth(2).expect("target/PROFILE/deps/TEST");
    let built = profile.join("examples/dev_site");
    let mut program = fs::read(&built).expect("`cargo test` builds examples");
    assert_eq!(greeting.len(), TEXT.len());
    let found = program.windows(TEXT.len()).enumerate();
    let places: Vec<usize> = found
        .filter(|(_, bytes)| *bytes == TEXT)
        .map(|(at, _)| at)
        .collect();
    assert!(!places.is_empty());
    for at in places {
        program[at..at + TEXT.len()].copy_from_slice(greeting.as_bytes());
    }
    let beside = place.join(".site");
    fs::write(&beside, program).expect("there is room");
    let mode = built.metadata().expect("it was read").permissions();
    fs::set_permissions(&beside, mode).expect("it is ours");
    fs::rename(beside, place.join("site")).expect("it is ours");
}

fn picture(name: &str) -> String {
    format!("{}/dev-{name}.png", env!("CARGO_TARGET_TMPDIR"))
}

#[test]
fn page_reloads_after_changed_files_and_new_builds() {
    let Some(site) = Site::open() else {
        return;
    };
    let colour = || {
        let read = "return getComputedStyle(document.querySelector('h1')).color";
        site.browser.run(read, &[])
    };
    assert_eq!(colour(), "rgb(0, 0, 160)");
    site.mark();
    site.edit("site.css", "160", "255");
    wait_until("the new style", || colour() == "rgb(0, 0, 255)");
    assert!(site.is_marked(), "the style is replaced without a reload");

    site.edit("page.html", "Edit this page", "Edited:");
    site.browser.wait_text("p", "Edited:");
    assert!(!site.is_marked());
    let scrolled = || site.browser.run("return window.scrollY", &[]);
    wait_until("the restored scroll position", || scrolled() == 500);

    // Typed text stays, but for passwords, and a field that the page has changed is as sent.
    let form = "<form><input name=a><input name=b type=checkbox><textarea name=c></textarea>\
                <select name=d><option>1<option>2</select><input name=e type=password></form>";
    site.edit("page.html", "Edited:", &format!("With a form: {form}"));
    site.browser.wait_text("p", "With a form:");
    let fill = "const [a, b, e] = document.querySelectorAll('input'); a.value = 'typed'; b.checked = true; \
                e.value = 'secret'; document.querySelector('textarea').value = 'two\\nlines'; \
                document.querySelector('select').value = '2'; window.scrollTo(0, 300);";
    site.browser.run(fill, &[]);
    site.edit("page.html", "With a form:", "With the same form:");
    site.browser.wait_text("p", "With the same form:");
    let read = "const [a, b, e] = document.querySelectorAll('input'); return [a.value, b.checked, e.value, \
                document.querySelector('textarea').value, document.querySelector('select').value]";
    let expected = serde_json::json!(["typed", true, "", "two\nlines", "2"]);
    wait_until("the fields", || site.browser.run(read, &[]) == expected);
    wait_until("the scroll position", || scrolled() == 300);
    // They are kept for one reload only.
    site.browser.reload();
    site.browser.wait_text("p", "With the same form:");
    assert_eq!(site.browser.run(read, &[])[0], "");

    // A new program: the page reloads, and the event stream does not keep the old worker alive.
    site.mark();
    deploy(site.place.path(), "Howdy from axum");
    site.browser.wait_text("h1", "Howdy from axum");
    assert!(!site.is_marked());
    site.running.wait_line("handed over in ");
    site.running.wait_line("worker ended");

    // The reloaded page is subscribed to the new program's events.
    deploy(site.place.path(), "Servus from axu");
    site.browser.wait_text("h1", "Servus from axu");
}

#[test]
fn failed_build_is_shown_in_an_overlay() {
    let Some(site) = Site::open() else {
        return;
    };
    site.mark();
    site.publish(&serde_json::json!({"status": "building"}));
    wait_until("the build badge", || {
        site.overlay(".badge")
            .is_some_and(|text| text == "building…")
    });
    assert_eq!(site.overlay("section"), None);

    let diagnostics = "\u{1b}[0m\u{1b}[1m\u{1b}[38;5;9merror[E0425]\u{1b}[0m\u{1b}[1m: cannot find `x`\u{1b}[0m\n\
                       \u{1b}[1m\u{1b}[94m3 |\u{1b}[0m   Vec::<script>window.mark = false</script><img src=x onerror=\"mark = false\">";
    let state = serde_json::json!({"status": "failed", "diagnostics": diagnostics});
    site.publish(&state);
    wait_until("the overlay", || site.overlay("section").is_some());
    let shown = site.overlay("pre").expect("the diagnostics");
    assert!(
        shown.starts_with("error[E0425]: cannot find `x`\n3 |   Vec::<script>"),
        "{shown}"
    );
    assert!(site.is_marked(), "diagnostics are not parsed as HTML");
    let red = "return document.querySelector('squall-live').shadowRoot.querySelector('pre .bold.red').innerText";
    assert_eq!(site.browser.run(red, &[]), "error[E0425]");
    site.browser.screenshot(picture("overlay"));

    let press = "dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))";
    site.browser.run(press, &[]);
    assert_eq!(site.overlay("section"), None);
    assert_eq!(site.overlay(".badge").as_deref(), Some("stale"));
    site.browser.screenshot(picture("stale"));

    // A page loaded now shows the overlay too, over the response of the old program.
    site.browser.reload();
    wait_until("the overlay again", || site.overlay("section").is_some());
    assert_eq!(site.browser.text("h1").as_deref(), Some("Hello from axum"));

    site.publish(&serde_json::json!({"status": "fine"}));
    wait_until("the overlay to be gone", || {
        site.overlay("section").is_none() && site.overlay(".badge").is_none()
    });
    site.browser.screenshot(picture("fine"));
}

#[test]
fn problems_are_stepped_through_and_linked_to_the_editor() {
    let Some(site) = Site::open() else {
        return;
    };
    let problem = |level: &str, text: &str, line: u32| {
        serde_json::json!({
            "level": level, "text": format!("\u{1b}[1m\u{1b}[91m{level}\u{1b}[0m: {text}\n  --> src/my file.rs:{line}:5\n{}", "  | let long_line = 1;".repeat(9)),
            "file": "/w/src/my file.rs", "line": line, "column": 5,
        })
    };
    let state = serde_json::json!({
        "status": "failed", "diagnostics": "both",
        "problems": [problem("error", "first", 3), problem("warning", "careful", 4), problem("error", "second", 9)],
    });
    site.publish(&state);
    wait_until("the overlay", || site.overlay("section").is_some());
    let element = |selector: &str, property: &str| {
        let read = "return document.querySelector('squall-live').shadowRoot.querySelector(arguments[0])[arguments[1]]";
        site.browser.run(read, &[selector.into(), property.into()])
    };
    let text = || site.overlay("pre").unwrap_or_default();
    let place = || (element("nav a", "href"), element("nav span", "textContent"));
    let press = |key: &str| {
        let press = "dispatchEvent(new KeyboardEvent('keydown', {key: arguments[0]}))";
        site.browser.run(press, &[key.into()]);
    };
    assert!(text().starts_with("error: first"), "{}", text());
    assert_eq!(
        place(),
        (
            "vscode://file/w/src/my%20file.rs:3:5".into(),
            "1 of 2".into()
        )
    );
    for (width, height, name) in [(1280, 800, "desktop"), (390, 844, "phone")] {
        site.browser.look(width, height, true);
        site.browser
            .screenshot(picture(&format!("problems-{name}")));
        // The block begins where the heading does.
        let left = "const root = document.querySelector('squall-live').shadowRoot; \
                    return ['h1', 'pre', 'nav a', 'p'].map(name => root.querySelector(name).getBoundingClientRect().left)";
        let left = site.browser.run(left, &[]);
        let left = left.as_array().expect("four places");
        assert!(
            left.iter().all(|place| place == &left[0]),
            "{name}: {left:?}"
        );
    }
    press("ArrowRight");
    press("ArrowRight");
    assert!(text().starts_with("error: second"), "{}", text());
    assert_eq!(
        place(),
        (
            "vscode://file/w/src/my%20file.rs:9:5".into(),
            "2 of 2".into()
        )
    );
    press("ArrowLeft");
    assert!(text().starts_with("error: first"), "{}", text());
    assert_eq!(element("header button", "textContent"), "Show 1 warning");
    site.browser.run(
        "document.querySelector('squall-live').shadowRoot.querySelector('header button').click()",
        &[],
    );
    press("ArrowRight");
    assert!(text().starts_with("warning: careful"), "{}", text());
    assert_eq!(place().1, "2 of 3");
    site.browser.screenshot(picture("warning"));
}
