//! Request paths. The rejected names exist in the tree, so that a wrong lookup would find them.

use crate::{
    site::SITE,
    transcript::{Case, check, send},
};

const CASES: &[Case] = &[
    (
        "GET /static/robots.txt",
        "200\ncontent-type: text/plain; charset=utf-8\nx-content-type-options: nosniff\ncontent-length: 13\n\nUser-agent: *",
    ),
    (
        "GET /static/images/logo.png",
        "200\ncontent-type: image/png\nx-content-type-options: nosniff\n\na logo",
    ),
    (
        "GET /static/LICENSE",
        "200\ncontent-type: application/octet-stream\n\nlicense",
    ),
    (
        "GET /static/module.mjs",
        "200\ncontent-type: text/javascript; charset=utf-8",
    ),
    ("GET /static/page.svg", "200\ncontent-type: image/svg+xml"),
    (
        "GET /static/index.html",
        "200\ncontent-type: text/html; charset=utf-8",
    ),
    ("GET /plain/robots.txt", "200\ncontent-type: text/x-own"),
    ("GET /static/empty.txt", "200\ncontent-length: 0\n\n"),
    ("GET /static/with%20space.txt", "200\n\nspace"),
    ("GET /static/caf%C3%A9.txt", "200\n\ncafé"),
    ("GET /static/100%25.txt", "200\n\npercent"),
    ("GET /static/a%3Fb%23c.txt", "200\n\nmarks"),
    ("GET /static/%72obots.txt", "200\n\nUser-agent: *"),
    ("GET /static/robots.txt?x=y", "200\n\nUser-agent: *"),
    ("GET /static/.well-known/security.txt", "200\n\ncontact"),
    // Services of one file, and with a prefix.
    ("GET /robots.txt", "200\n\nUser-agent: *"),
    ("HEAD /robots.txt", "200\ncontent-length: 13\n\n"),
    ("GET /any/..%2f..", "200\ncontent-length: 1000"),
    ("GET /own/robots.txt", "200\n\nUser-agent: *"),
    ("GET /own/", "200\n\n<h1>home</h1>"),
    ("GET /own", "404"),
    ("GET /own//robots.txt", "404"),
    ("GET /owned/robots.txt", "404"),
    ("GET /elsewhere", "404\ncontent-length: 0"),
    // Missing.
    ("GET /static/nowhere.txt", "404\ncontent-length: 0"),
    ("GET /static/nowhere/file.txt", "404"),
    ("GET /static/robots.txt/", "404"),
    ("GET /static/robots.txt/file", "404"),
    ("GET /static/ROBOTS.TXT", "404"),
    ("HEAD /static/nowhere.txt", "404\n\n"),
    // Parent directories.
    ("GET /static/../outside.txt", "404"),
    ("GET /static/docs/../robots.txt", "404"),
    ("GET /static/./robots.txt", "404"),
    ("GET /static/%2e%2e/outside.txt", "404"),
    ("GET /static/%2E%2E/outside.txt", "404"),
    ("GET /static/.%2e/outside.txt", "404"),
    ("GET /static/..%2foutside.txt", "404"),
    ("GET /static/%2e%2e%2foutside.txt", "404"),
    ("GET /static/docs/%2e%2e/robots.txt", "404"),
    ("GET /static/docs%2fpage.html", "404"),
    ("GET /static/%252e%252e/outside.txt", "404"),
    ("GET /static/..%252foutside.txt", "404"),
    ("GET /static/..%c0%afoutside.txt", "404"),
    ("GET /static/%c0%ae%c0%ae/outside.txt", "404"),
    ("GET /static/docs//page.html", "404"),
    ("GET /static//etc/passwd", "404"),
    ("GET /static/%2fetc/passwd", "404"),
    ("GET /static/..%5coutside.txt", "404"),
    ("GET /static/../tree-secret/file.txt", "404"),
    ("GET /static-secret/file.txt", "404"),
    // Names with a meaning on Windows.
    ("GET /static/nul.txt", "404"),
    ("GET /static/a:b.txt", "404"),
    ("GET /static/a%3Ab.txt", "404"),
    ("GET /static/back%5cslash.txt", "404"),
    ("GET /static/dot.", "404"),
    ("GET /static/robots.txt.", "404"),
    ("GET /static/robots.txt%20", "404"),
    ("GET /static/short~1.txt", "404"),
    ("GET /static/robots.txt::$DATA", "404"),
    ("GET /static/c:/windows/win.ini", "404"),
    // Invalid bytes and escapes.
    ("GET /static/robots.txt%00", "404"),
    ("GET /static/robots.txt%00.png", "404"),
    ("GET /static/robots%0a.txt", "404"),
    ("GET /static/100%.txt", "404"),
    ("GET /static/%zz", "404"),
    ("GET /static/%ff", "404"),
    ("GET /static/a%2fb.txt", "404"),
    ("GET /static/a%252fb.txt", "200\n\nescape"),
    // Hidden.
    ("GET /static/.env", "404"),
    ("GET /static/%2eenv", "404"),
    ("GET /static/.git/config", "404"),
    ("GET /static/docs/.hidden", "404"),
    ("GET /dotfiles/.env", "200\n\nsecret"),
    ("GET /dotfiles/docs/.hidden", "200\n\nsecret"),
    ("GET /dotfiles/../outside.txt", "404"),
    // Symbolic links.
    ("GET /static/link-in.txt", "200\ncontent-length: 1000"),
    ("GET /static/link-dir/inner/file.txt", "200\n\ninner"),
    ("GET /static/docs/link-up.txt", "200\ncontent-length: 1000"),
    ("GET /static/docs/link-around.txt", "404"),
    ("GET /static/link-out.txt", "404"),
    ("GET /static/link-sibling/file.txt", "404"),
    ("GET /static/link-etc/passwd", "404"),
    ("GET /static/link-loop", "404"),
    ("GET /static/link-dangling", "404"),
    ("GET /linkless/link-in.txt", "404"),
    ("GET /linkless/link-dir/inner/file.txt", "404"),
    ("GET /linkless/real/inner/file.txt", "200\n\ninner"),
    ("GET /anywhere/link-out.txt", "200\n\noutside"),
    ("GET /anywhere/link-sibling/file.txt", "200\n\nsibling"),
    ("GET /anywhere/../outside.txt", "404"),
    // Neither file nor directory.
    ("GET /static/fifo", "404"),
    ("GET /static/socket", "404"),
    ("GET /uncached/fifo", "404"),
];

#[test]
fn invalid_names_are_not_found() {
    check(CASES);
}

/// hyper rejects these targets before they reach the service.
#[test]
fn invalid_targets_are_rejected_by_hyper() {
    for path in [
        "/static/back\\slash.txt",
        "/static/\u{1}",
        "static/robots.txt",
        "/static/\u{7f}",
    ] {
        let reply = send(SITE.address, &format!("GET {path}"));
        assert!(
            matches!(reply.status, 400 | 404),
            "{path:?}: {}",
            reply.status
        );
        assert_eq!(reply.text(), "", "{path:?}");
    }
}

/// The tables must have at least this many cases.
#[test]
fn tables_have_enough_cases() {
    let tables = [
        CASES,
        crate::directories::CASES,
        crate::encodings::CASES,
        crate::methods::CASES,
        crate::preconditions::CASES,
        crate::ranges::CASES,
        crate::versions::CASES,
    ];
    assert!(tables.iter().map(|table| table.len()).sum::<usize>() >= 150);
}
