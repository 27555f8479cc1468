//! Content codings: precompressed siblings, and compression at runtime.

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
    // Each coding has its own entity tag and its own ranges.
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
    // The URL contains the version of the original file.
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
    // Missing siblings, and siblings older than their original, are not served.
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
    // A sibling that is requested by its own name is a file of its own.
    (
        "GET /static/style.css.gz",
        "200\ncontent-encoding: -\ncontent-type: application/gzip\n\ngzip",
    ),
    // `precompressed(false)`, and uncached files.
    (
        "GET /plain/style.css\naccept-encoding: br",
        "200\ncontent-encoding: -\nvary: -",
    ),
    (
        "GET /uncached/style.css\naccept-encoding: br",
        "200\ncontent-encoding: br\n\nbrotli",
    ),
    (
        "GET /uncached/style.css?v={v:style.css}\naccept-encoding: br",
        "200\ncontent-encoding: br\netag: \"{v:style.css.br}\"\ncache-control: public, max-age=315360000, immutable",
    ),
];

#[test]
fn precompressed_siblings_are_negotiated() {
    check(CASES);
}

/// The drawing is gzip-coded whatever the client accepts, and never coded again.
#[test]
fn svgz_has_its_own_content_coding() {
    use std::time::{Duration, UNIX_EPOCH};

    use squall_static::StaticFiles;

    use crate::{
        site::{serve_files, write},
        transcript::send,
    };

    let folder = testkit::temp_dir();
    let then = UNIX_EPOCH + Duration::from_secs(1_577_836_800);
    let drawing = "<svg/>".repeat(500);
    write(&folder.path().join("a.svgz"), &drawing, then);
    write(&folder.path().join("a.svgz.gz"), "gzip twice", then);
    write(&folder.path().join("A.SVGZ"), &drawing, then);
    let files = StaticFiles::new(folder.path());
    for files in [files.clone(), files.clone().cache_size(0)] {
        #[cfg(feature = "compress")]
        let files = files.compress(true);
        let address = serve_files(files.build().unwrap());
        for name in ["a.svgz", "A.SVGZ"] {
            for accept in ["gzip, br", "br", "identity", "*"] {
                let request = format!("GET /static/{name}\naccept-encoding: {accept}");
                let reply = send(address, &request);
                assert_eq!(
                    (
                        reply.header("content-type"),
                        reply.header("content-encoding"),
                        reply.header("vary"),
                        reply.text() == drawing,
                    ),
                    (Some("image/svg+xml"), Some("gzip"), None, true),
                    "{request}"
                );
            }
            let request = format!("GET /static/{name}\nrange: bytes=0-4");
            let part = send(address, &request);
            assert_eq!(
                (part.status, part.header("content-encoding"), part.text()),
                (206, Some("gzip"), &drawing[..5])
            );
        }
    }
}

#[cfg(feature = "compress")]
#[test]
fn cached_text_is_compressed_at_runtime() {
    use squall_static::StaticFiles;

    use crate::{
        site::{SITE, data, serve_files},
        transcript::send,
    };

    let files = StaticFiles::new(SITE.root())
        .compress(true)
        .build()
        .unwrap();
    let address = serve_files(files);
    // A file that may still be incomplete is not compressed.
    testkit::wait_until("the file is settled", || {
        let reply = send(address, "GET /static/data.txt\naccept-encoding: br");
        reply.header("content-encoding") == Some("br")
    });
    let plain = send(address, "GET /static/data.txt");
    assert_eq!(
        (plain.header("content-encoding"), plain.header("vary")),
        (None, Some("accept-encoding"))
    );
    let tag = plain.header("etag").unwrap();
    for coding in ["br", "zstd", "gzip"] {
        let request = format!("GET /static/data.txt\naccept-encoding: {coding}");
        let reply = send(address, &request);
        assert_eq!(reply.header("content-encoding"), Some(coding));
        assert_eq!(
            reply.header("etag"),
            Some(&*format!("W/{tag}")),
            "the entity tag is weak"
        );
        assert_eq!(reply.header("vary"), Some("accept-encoding"));
        assert!(reply.body.len() < 800, "{coding}: {}", reply.body.len());
        // A weak tag matches If-None-Match.
        let again = send(address, &format!("{request}\nif-none-match: W/{tag}"));
        assert_eq!(again.status, 304);
        // Ranges are of the uncompressed file.
        let part = send(address, &format!("{request}\nrange: bytes=0-4"));
        assert_eq!(
            (part.status, part.header("content-encoding"), part.text()),
            (206, None, &data()[..5])
        );
    }
    // Too small, or not text.
    for path in ["robots.txt", "images/logo.png"] {
        let reply = send(
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
