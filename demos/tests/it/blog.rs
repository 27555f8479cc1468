//! The demo `blog`: an author signs in, and composes, edits and shows entries.

use std::path::Path;

use testkit::{Browser, Reply, temp_dir};

use crate::{Demo, Visitor};

const AUTHOR: [(&str, &str); 3] = [
    ("email", "ada@a.example"),
    ("name", "Ada"),
    ("password", "correct horse"),
];

fn start(folder: &Path) -> Demo {
    let file = folder.join("blog.db");
    let file = file.to_str().expect("a path in UTF-8");
    Demo::start(env!("CARGO_BIN_EXE_blog"), &["--db", file])
}

fn redirect(reply: &Reply) -> &str {
    assert!(
        matches!(reply.status, 302 | 303),
        "{}{}",
        reply.head,
        reply.text()
    );
    reply.header("location").expect("a location")
}

/// Creates the author, who is then signed in.
fn create(visitor: &mut Visitor) {
    visitor.get("/auth/create");
    assert_eq!(redirect(&visitor.post("/auth/create", &AUTHOR)), "/");
}

#[test]
fn first_visit_leads_to_the_creation_of_the_author() {
    let folder = temp_dir();
    let demo = start(folder.path());
    let mut visitor = demo.visitor();
    assert_eq!(redirect(&visitor.get("/")), "/compose");
    assert_eq!(
        redirect(&visitor.get("/compose")),
        "/auth/login?next=%2Fcompose"
    );
    assert_eq!(
        redirect(&visitor.get("/auth/login?next=%2Fcompose")),
        "/auth/create"
    );
    create(&mut visitor);
    assert_eq!(visitor.get("/compose").status, 200);
    let again = visitor.post("/auth/create", &AUTHOR);
    assert_eq!(again.status, 400);
    assert!(again.text().contains("author already created"));
}

#[test]
fn entries_are_composed_edited_and_shown() {
    let folder = temp_dir();
    let demo = start(folder.path());
    let mut author = demo.visitor();
    create(&mut author);
    let text = "Some *markdown*, <script>alert(1)</script> & more.";
    for slug in ["uber-rust", "uber-rust-2", "uber-rust-2-2"] {
        let posted = author.post("/compose", &[("title", "Über Rust!"), ("markdown", text)]);
        assert_eq!(redirect(&posted), format!("/entry/{slug}"));
    }
    let posted = author.post("/compose", &[("title", "?!"), ("markdown", "")]);
    assert_eq!(redirect(&posted), "/entry/entry");
    let entry = author.get("/entry/uber-rust");
    let html = entry.text();
    assert!(
        html.contains("<em>markdown</em>") && html.contains("Über Rust!"),
        "{html}"
    );
    assert!(!html.contains("alert(1)</script>"), "{html}");
    assert!(html.contains("href=\"/compose?id=1\""), "{html}");
    let form = author.get("/compose?id=1");
    assert!(
        form.text().contains("Some *markdown*, &lt;script&gt;"),
        "{}",
        form.text()
    );
    let edited = [("id", "1"), ("title", "New title"), ("markdown", "edited")];
    assert_eq!(
        redirect(&author.post("/compose", &edited)),
        "/entry/uber-rust"
    );
    // Of a visitor who has not signed in.
    let mut visitor = demo.visitor();
    let page = visitor.get("/entry/uber-rust");
    assert!(page.text().contains("New title") && page.text().contains("edited"));
    assert!(!page.text().contains("Edit this post"));
    assert_eq!(visitor.get("/").text().matches("<article>").count(), 4);
    assert_eq!(visitor.get("/archive").text().matches("<li>").count(), 4);
    let feed = visitor.get("/feed");
    assert_eq!(feed.header("content-type"), Some("application/atom+xml"));
    assert!(feed.text().starts_with("<?xml"), "{}", feed.text());
    assert_eq!(feed.text().matches("<entry>").count(), 4);
    visitor.get("/auth/login");
    assert_eq!(visitor.post("/compose", &edited).status, 403);
    for (target, status) in [("/entry/none", 404), ("/compose?id=x", 400)] {
        assert_eq!(author.get(target).status, status, "{target}");
    }
    for (fields, status) in [
        (&[("id", "99"), ("title", "a"), ("markdown", "b")][..], 404),
        (&[("title", "a")], 422),
    ] {
        assert_eq!(author.post("/compose", fields).status, status, "{fields:?}");
    }
}

#[test]
fn sign_in_checks_email_and_password() {
    let folder = temp_dir();
    let demo = start(folder.path());
    let mut visitor = demo.visitor();
    create(&mut visitor);
    assert_eq!(
        redirect(&visitor.get("/auth/logout?next=/archive")),
        "/archive"
    );
    assert_eq!(
        redirect(&visitor.get("/compose")),
        "/auth/login?next=%2Fcompose"
    );
    assert_eq!(
        visitor.get("/auth/logout?next=https://evil.example").status,
        400
    );
    let sign_in = |visitor: &mut Visitor, email: &str, password: &str| {
        let fields = [("email", email), ("password", password)];
        visitor.post("/auth/login?next=%2Fcompose", &fields)
    };
    for (email, password, error) in [
        ("bob@a.example", "correct horse", "email not found"),
        ("ada@a.example", "wrong", "incorrect password"),
        ("ada@a.example", "", "incorrect password"),
        ("", "", "email not found"),
        ("' OR 1=1 --", "", "email not found"),
    ] {
        let reply = sign_in(&mut visitor, email, password);
        assert_eq!(reply.status, 200);
        assert!(reply.text().contains(error), "{email} {password}");
        assert_eq!(visitor.cookies.get("blogdemo_user"), None);
    }
    assert_eq!(
        redirect(&sign_in(&mut visitor, "ada@a.example", "correct horse")),
        "/compose"
    );
    assert_eq!(visitor.get("/compose").status, 200);
    // The author is in the file; the session ends with the secret of the process.
    drop(demo);
    let demo = start(folder.path());
    let mut again = demo.visitor();
    again.get("/auth/login");
    assert_eq!(
        redirect(&sign_in(&mut again, "ada@a.example", "correct horse")),
        "/compose"
    );
    assert_eq!(demo.logged("ERROR"), 0);
}

#[test]
fn chromium_writes_an_entry() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let folder = temp_dir();
    let demo = start(folder.path());
    browser.open(&format!("http://{}/", demo.address));
    for (name, value) in AUTHOR {
        browser.type_into(&format!("[name={name}]"), value);
    }
    browser.click("main button");
    // Without entries, the home page leads on to the form.
    browser.type_into("[name=title]", "First post");
    browser.type_into("[name=markdown]", "Hello, **world**");
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    browser.look(360, 800, true);
    browser.screenshot(pictures.join("blog-compose-360-dark.png"));
    browser.click("main button");
    browser.wait_text("article strong", "world");
    for (width, dark) in [(1280, false), (360, true)] {
        browser.look(width, 800, dark);
        browser.screenshot(pictures.join(format!("blog-{width}.png")));
        let fits = browser.run(
            "return document.documentElement.scrollWidth <= innerWidth",
            &[],
        );
        assert_eq!(fits, true, "{width}");
    }
}
