//! Directories: index files, redirects, listings and the fallback page.

use crate::transcript::{Case, check};

pub(crate) const CASES: &[Case] = &[
    (
        "GET /static/",
        "200\ncontent-type: text/html; charset=utf-8\n\n<h1>home</h1>",
    ),
    (
        "GET /static/docs/",
        "200\ncache-control: no-cache\n\n<h1>docs</h1>",
    ),
    ("HEAD /static/docs/", "200\ncontent-length: 13\n\n"),
    (
        "GET /static/docs/?v={v:docs/index.html}",
        "200\ncache-control: public, max-age=315360000, immutable",
    ),
    (
        "GET /static/docs",
        "301\nlocation: ./docs/\ncache-control: no-cache\n\n",
    ),
    ("HEAD /static/docs", "301\nlocation: ./docs/\n\n"),
    ("GET /static/docs?a=b", "301\nlocation: ./docs/?a=b"),
    (
        "GET /static/docs?é=%2F",
        "301\nlocation: ./docs/?%C3%A9=%2F",
    ),
    ("GET /static/%64ocs", "301\nlocation: ./docs/"),
    ("POST /static/docs", "405"),
    // Without index and listing, existing and missing directories give the same response.
    ("GET /static/bare/", "404"),
    ("GET /static/bare", "404"),
    ("GET /static/nowhere/", "404"),
    ("GET /plain/", "404"),
    ("GET /plain/docs", "404"),
    ("GET /plain/docs/", "404"),
    // A redirect must not lead to another host.
    ("GET //evil.com/..", "404\nlocation: -"),
    ("GET /static//evil.com/..", "404\nlocation: -"),
    ("GET /static//evil.com", "404\nlocation: -"),
    ("GET /static/%2f%2fevil.com/docs", "404\nlocation: -"),
    ("GET /static/%5cevil.com/docs", "404\nlocation: -"),
    ("GET /own//docs", "404\nlocation: -"),
    ("GET /own/docs", "301\nlocation: ./docs/"),
    // Listings.
    ("GET /list/bare", "301\nlocation: ./bare/"),
    ("GET /list/docs/", "200\n\n<h1>docs</h1>"),
    ("GET /list/.git/", "404"),
    ("GET /list/link-sibling/", "404"),
    (
        "GET /list/bare/",
        "200\ncontent-type: text/html; charset=utf-8\nx-content-type-options: nosniff\ncontent-security-policy: default-src 'none'\ncache-control: no-cache\n\n<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>/bare</title></head>\n<body><h1>/bare</h1>\n<ul>\n<li><a href=\"../\">../</a></li>\n<li><a href=\"./file.txt\">file.txt</a></li>\n</ul>\n</body></html>\n",
    ),
    (
        "GET /list/unlisted/",
        "200\n\n<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>/unlisted</title></head>\n<body><h1>/unlisted</h1>\n<ul>\n<li><a href=\"../\">../</a></li>\n</ul>\n</body></html>\n",
    ),
    (
        "HEAD /list/bare/",
        "200\ncontent-type: text/html; charset=utf-8\n\n",
    ),
    // The fallback page, for routing in the browser.
    (
        "GET /spa/users/7",
        "200\ncache-control: no-cache\n\n<h1>home</h1>",
    ),
    ("GET /spa/users/7/", "200\n\n<h1>home</h1>"),
    ("HEAD /spa/users/7", "200\ncontent-length: 13\n\n"),
    (
        "GET /spa/users/7?v={v:index.html}",
        "200\ncache-control: no-cache",
    ),
    ("GET /spa/robots.txt", "200\n\nUser-agent: *"),
    ("GET /spa/nowhere.js", "404"),
    ("GET /spa/../x", "404"),
    ("GET /spa/.env", "404"),
    ("POST /spa/users/7", "405"),
];

#[test]
fn directories_have_index_redirect_listing_or_fallback() {
    check(CASES);
}

/// The listings of the whole tree contain exactly the files that are served.
#[test]
fn listings_contain_exactly_the_served_files() {
    use squall_static::StaticFiles;

    use crate::{
        site::{SITE, serve_files},
        transcript::send,
    };

    let files = StaticFiles::new(SITE.root())
        .default_filename(None)
        .listing(true)
        .build()
        .unwrap();
    let reply = send(serve_files(files), "GET /static/");
    let page = reply.text();
    for shown in [
        "./data.txt",
        "./docs/",
        "./link-in.txt",
        "./link-dir/",
        "./.well-known/",
        "&lt;b&gt;&amp;.txt",
        "./a%3Fb%23c.txt",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    for hidden in [
        ".env",
        ".git",
        "fifo",
        "socket",
        "link-out",
        "link-etc",
        "link-sibling",
        "link-loop",
        "nul.txt",
        "a:b",
        "<b>",
    ] {
        assert!(!page.contains(hidden), "{hidden}: {page}");
    }
}
