//! Files that are there compressed too.

use crate::transcript::{Case, check};

pub(crate) const CASES: &[Case] = &[
    (
        "GET /static/style.css",
        "200\ncontent-encoding: -\nvary: accept-encoding\ncontent-length: 1000\ncontent-type: text/css; charset=utf-8",
    ),
    (
        "GET /static/style.css\naccept-encoding: gzip, deflate, br, zstd",
        "200\ncontent-encoding: br\nvary: accept-encoding\ncontent-type: text/css; charset=utf-8\netag: \"{v:style.css.br}\"\n\nbrotli",
    ),
    (
        "GET /static/style.css\naccept-encoding: gzip, zstd",
        "200\ncontent-encoding: zstd\nvary: accept-encoding\n\nzstandard",
    ),
    (
        "GET /static/style.css\naccept-encoding: gzip",
        "200\ncontent-encoding: gzip\ncontent-length: 4\n\ngzip",
    ),
    (
        "GET /static/style.css\naccept-encoding: x-gzip",
        "200\ncontent-encoding: gzip",
    ),
    (
        "GET /static/style.css\naccept-encoding: gzip;q=1, br;q=0.1",
        "200\ncontent-encoding: gzip",
    ),
    (
        "GET /static/style.css\naccept-encoding: br;q=0, zstd;q=0, *",
        "200\ncontent-encoding: gzip",
    ),
    (
        "GET /static/style.css\naccept-encoding: *",
        "200\ncontent-encoding: br",
    ),
    (
        "GET /static/style.css\naccept-encoding: gzip;q=0",
        "200\ncontent-encoding: -\nvary: accept-encoding",
    ),
    (
        "GET /static/style.css\naccept-encoding: identity",
        "200\ncontent-encoding: -",
    ),
    (
        "GET /static/style.css\naccept-encoding: identity;q=0",
        "200\ncontent-encoding: -",
    ),
    (
        "GET /static/style.css\naccept-encoding: deflate",
        "200\ncontent-encoding: -",
    ),
    (
        "GET /static/style.css\naccept-encoding: gzip;q=nonsense",
        "200\ncontent-encoding: -",
    ),
    (
        "GET /static/style.css\naccept-encoding: deflate\naccept-encoding: gzip",
        "200\ncontent-encoding: gzip",
    ),
    (
        "HEAD /static/style.css\naccept-encoding: br",
        "200\ncontent-encoding: br\ncontent-length: 6\n\n",
    ),
    // Each coding has its own tag, and its own ranges.
    (
        "GET /static/style.css\naccept-encoding: br\nif-none-match: \"{v:style.css.br}\"",
        "304\nvary: accept-encoding\netag: \"{v:style.css.br}\"",
    ),
    (
        "GET /static/style.css\naccept-encoding: br\nif-none-match: \"{v:style.css}\"",
        "200\ncontent-encoding: br",
    ),
    (
        "GET /static/style.css\naccept-encoding: br\nrange: bytes=0-2",
        "206\ncontent-encoding: br\ncontent-range: bytes 0-2/6\n\nbro",
    ),
    (
        "GET /static/style.css\naccept-encoding: gzip\nrange: bytes=5-",
        "416\ncontent-range: bytes */4",
    ),
    // The URL names the version of what is encoded.
    (
        "GET /static/style.css?v={v:style.css}\naccept-encoding: br",
        "200\ncontent-encoding: br\ncache-control: public, max-age=315360000, immutable",
    ),
    (
        "GET /static/style.css?v={v:style.css.br}\naccept-encoding: br",
        "200\ncontent-encoding: br\ncache-control: no-cache",
    ),
    (
        "GET /static/style.{v:style.css}.css\naccept-encoding: br",
        "200\ncontent-encoding: br\ncache-control: public, max-age=315360000, immutable",
    ),
    // Only what is there, and not what is older than its original.
    (
        "GET /static/only-gzip.js\naccept-encoding: br",
        "200\ncontent-encoding: -\nvary: accept-encoding\n\nplain",
    ),
    (
        "GET /static/only-gzip.js\naccept-encoding: br, gzip",
        "200\ncontent-encoding: gzip\n\ngzip",
    ),
    (
        "GET /static/stale.js\naccept-encoding: gzip",
        "200\ncontent-encoding: -\nvary: -\n\nnew",
    ),
    (
        "GET /static/data.txt\naccept-encoding: gzip, br",
        "200\ncontent-encoding: -\nvary: -",
    ),
    // A sibling by its own name is what it is.
    (
        "GET /static/style.css.gz",
        "200\ncontent-encoding: -\ncontent-type: application/gzip\n\ngzip",
    ),
    // Switched off; from the disk.
    (
        "GET /plain/style.css\naccept-encoding: br",
        "200\ncontent-encoding: -\nvary: -",
    ),
    (
        "GET /great/style.css\naccept-encoding: br",
        "200\ncontent-encoding: br\n\nbrotli",
    ),
    (
        "GET /great/style.css?v={v:style.css}\naccept-encoding: br",
        "200\ncontent-encoding: br\netag: \"{v:style.css.br}\"\ncache-control: public, max-age=315360000, immutable",
    ),
];

#[test]
fn siblings() {
    check(CASES);
}

#[cfg(feature = "compress")]
#[test]
fn compressed_here() {
    use squall_static::StaticFiles;

    use crate::{
        site::{SITE, data, serve_files},
        transcript::ask,
    };

    let files = StaticFiles::new(SITE.root())
        .compress(true)
        .build()
        .unwrap();
    let address = serve_files(files);
    // What may still be being written is not compressed.
    testkit::wait_until("the file has rested", || {
        let reply = ask(address, "GET /static/data.txt\naccept-encoding: br");
        reply.header("content-encoding") == Some("br")
    });
    let plain = ask(address, "GET /static/data.txt");
    assert_eq!(
        (plain.header("content-encoding"), plain.header("vary")),
        (None, Some("accept-encoding"))
    );
    let tag = plain.header("etag").unwrap();
    for coding in ["br", "zstd", "gzip"] {
        let request = format!("GET /static/data.txt\naccept-encoding: {coding}");
        let reply = ask(address, &request);
        assert_eq!(reply.header("content-encoding"), Some(coding));
        assert_eq!(
            reply.header("etag"),
            Some(&*format!("W/{tag}")),
            "it is a weak one"
        );
        assert_eq!(reply.header("vary"), Some("accept-encoding"));
        assert!(reply.body.len() < 800, "{coding}: {}", reply.body.len());
        // A weak tag is good enough to have nothing sent.
        let again = ask(address, &format!("{request}\nif-none-match: W/{tag}"));
        assert_eq!(again.status, 304);
        // Parts are of the plain file.
        let part = ask(address, &format!("{request}\nrange: bytes=0-4"));
        assert_eq!(
            (part.status, part.header("content-encoding"), part.text()),
            (206, None, &data()[..5])
        );
    }
    // Too small, and no text.
    for path in ["robots.txt", "images/logo.png"] {
        let reply = ask(
            address,
            &format!("GET /static/{path}\naccept-encoding: gzip"),
        );
        assert_eq!(
            (reply.header("content-encoding"), reply.header("vary")),
            (None, None),
            "{path}"
        );
    }
}
