//! Versions in URLs: `immutable` for the current version, `no-cache` for others.

use crate::transcript::{Case, check};

pub(crate) const CASES: &[Case] = &[
    (
        "GET /static/data.txt",
        "200\ncache-control: no-cache\nexpires: -\netag: \"{v:data.txt}\"",
    ),
    (
        "GET /static/data.txt?v={v:data.txt}",
        "200\ncache-control: public, max-age=315360000, immutable\netag: \"{v:data.txt}\"",
    ),
    (
        "HEAD /static/data.txt?v={v:data.txt}",
        "200\ncache-control: public, max-age=315360000, immutable",
    ),
    (
        "GET /static/data.txt?x=y&v={v:data.txt}",
        "200\ncache-control: public, max-age=315360000, immutable",
    ),
    (
        "GET /static/data.txt?v={v:data.txt}\nrange: bytes=0-4",
        "206\ncache-control: public, max-age=315360000, immutable",
    ),
    (
        "GET /static/data.txt?v={v:data.txt}\nif-none-match: \"{v:data.txt}\"",
        "304\ncache-control: public, max-age=315360000, immutable\netag: \"{v:data.txt}\"",
    ),
    (
        "GET /static/data.txt\nif-none-match: \"{v:data.txt}\"",
        "304\ncache-control: no-cache\nexpires: -",
    ),
    (
        "GET /static/images/logo.png?v={v:images/logo.png}",
        "200\ncache-control: public, max-age=315360000, immutable",
    ),
    // Another version, or none.
    (
        "GET /static/data.txt?v=0123456789abcdef0123",
        "200\ncache-control: no-cache\nexpires: -\netag: \"{v:data.txt}\"",
    ),
    (
        "GET /static/data.txt?v={v:robots.txt}",
        "200\ncache-control: no-cache",
    ),
    ("GET /static/data.txt?v=", "200\ncache-control: no-cache"),
    ("GET /static/data.txt?v", "200\ncache-control: no-cache"),
    (
        "GET /static/data.txt?V={v:data.txt}",
        "200\ncache-control: no-cache",
    ),
    (
        "GET /static/data.txt?vv={v:data.txt}",
        "200\ncache-control: no-cache",
    ),
    (
        "GET /static/data.txt?v={v:data.txt}x",
        "200\ncache-control: no-cache",
    ),
    (
        "GET /static/nowhere.txt?v=0123456789abcdef0123",
        "404\ncache-control: -",
    ),
    // A version in the name.
    (
        "GET /static/data.{v:data.txt}.txt",
        "200\ncache-control: public, max-age=315360000, immutable\ncontent-length: 1000\ncontent-type: text/plain; charset=utf-8",
    ),
    (
        "GET /static/images/logo.{v:images/logo.png}.png",
        "200\ncache-control: public, max-age=315360000, immutable\n\na logo",
    ),
    (
        "GET /static/LICENSE.{v:LICENSE}",
        "200\ncache-control: public, max-age=315360000, immutable\n\nlicense",
    ),
    (
        "GET /static/data.0123456789abcdef0123.txt",
        "200\ncache-control: no-cache\ncontent-length: 1000",
    ),
    ("GET /static/nowhere.0123456789abcdef0123.txt", "404"),
    ("GET /static/docs.0123456789abcdef0123", "404"),
    // A file whose own name contains a version is itself; it is immutable only if that version is
    // right.
    (
        "GET /static/named.0123456789abcdef0123.txt",
        "200\ncache-control: no-cache\n\nnamed",
    ),
    (
        "GET /static/named.0123456789abcdef0123.txt?v={v:named.0123456789abcdef0123.txt}",
        "200\ncache-control: public, max-age=315360000, immutable",
    ),
    // Uncached files, and a service without a cache.
    (
        "GET /uncached/data.txt?v={v:data.txt}",
        "200\ncache-control: public, max-age=315360000, immutable\netag: \"{v:data.txt}\"",
    ),
    (
        "GET /uncached/data.txt?v=0123456789abcdef0123",
        "200\ncache-control: no-cache\netag: \"{v:data.txt}\"",
    ),
    (
        "GET /uncached/data.txt\nif-none-match: \"{v:data.txt}\"",
        "304\netag: \"{v:data.txt}\"",
    ),
    (
        "GET /debug/data.txt?v={v:data.txt}",
        "200\ncache-control: public, max-age=315360000, immutable",
    ),
    // Another policy for URLs without a version.
    (
        "GET /day/data.txt",
        "200\ncache-control: public, max-age=86400",
    ),
    (
        "GET /day/data.txt\nif-none-match: \"{v:data.txt}\"",
        "304\ncache-control: public, max-age=86400",
    ),
    (
        "GET /day/data.txt?v={v:data.txt}",
        "200\ncache-control: public, max-age=315360000, immutable",
    ),
];

#[test]
fn only_the_current_version_is_immutable() {
    check(CASES);
}
