//! Preconditions (RFC 9110, section 13); also compared with nginx.

use crate::transcript::{Case, check};

pub(crate) const CASES: &[Case] = &[
    (
        "GET /static/data.txt",
        "200\ncontent-length: 1000\nlast-modified: {date}\naccept-ranges: bytes",
    ),
    // If-None-Match.
    (
        "GET /static/data.txt\nif-none-match: {etag:/static/data.txt}",
        "304\netag: {etag:/static/data.txt}\nlast-modified: {date}\n\n",
    ),
    (
        "HEAD /static/data.txt\nif-none-match: {etag:/static/data.txt}",
        "304\netag: {etag:/static/data.txt}\n\n",
    ),
    (
        "GET /static/data.txt\nif-none-match: W/{etag:/static/data.txt}",
        "304",
    ),
    ("GET /static/data.txt\nif-none-match: *", "304"),
    (
        "GET /static/data.txt\nif-none-match: \"x\", {etag:/static/data.txt}",
        "304",
    ),
    (
        "GET /static/data.txt\nif-none-match: \"x\",W/\"y\" , {etag:/static/data.txt}, \"z\"",
        "304",
    ),
    (
        "GET /static/data.txt\nif-none-match: \"x\"\nif-none-match: {etag:/static/data.txt}",
        "304",
    ),
    (
        "GET /static/data.txt\nif-none-match: \"x, y\", {etag:/static/data.txt}",
        "304",
    ),
    ("GET /static/data.txt\nif-none-match: \"x\"", "200"),
    ("GET /static/data.txt\nif-none-match: x", "200"),
    ("GET /static/data.txt\nif-none-match: \"", "200"),
    // If-Modified-Since.
    (
        "GET /static/data.txt\nif-modified-since: {date}",
        "304\netag: {etag:/static/data.txt}\nlast-modified: {date}\n\n",
    ),
    (
        "HEAD /static/data.txt\nif-modified-since: {date}",
        "304\n\n",
    ),
    (
        "GET /static/data.txt\nif-modified-since: Thu, 02 Jan 2020 00:00:00 GMT",
        "304",
    ),
    (
        "GET /static/data.txt\nif-modified-since: Tue, 31 Dec 2019 23:59:59 GMT",
        "200",
    ),
    (
        "GET /static/data.txt\nif-modified-since: Wednesday, 01-Jan-20 00:00:00 GMT",
        "304",
    ),
    (
        "GET /static/data.txt\nif-modified-since: Wed Jan  1 00:00:00 2020",
        "304",
    ),
    (
        "GET /static/data.txt\nif-modified-since: 2020-01-01T00:00:00Z",
        "200",
    ),
    ("GET /static/data.txt\nif-modified-since: garbage", "200"),
    (
        "GET /static/data.txt\nif-modified-since: Wed, 32 Jan 2020 00:00:00 GMT",
        "200",
    ),
    // If-None-Match overrides If-Modified-Since.
    (
        "GET /static/data.txt\nif-none-match: \"x\"\nif-modified-since: {date}",
        "200",
    ),
    (
        "GET /static/data.txt\nif-none-match: {etag:/static/data.txt}\nif-modified-since: Tue, 31 Dec 2019 23:59:59 GMT",
        "304",
    ),
    // If-Match.
    (
        "GET /static/data.txt\nif-match: {etag:/static/data.txt}",
        "200",
    ),
    (
        "GET /static/data.txt\nif-match: \"x\", {etag:/static/data.txt}",
        "200",
    ),
    ("GET /static/data.txt\nif-match: *", "200"),
    ("GET /static/data.txt\nif-match: \"x\"", "412"),
    (
        "GET /static/data.txt\nif-match: W/{etag:/static/data.txt}",
        "412",
    ),
    ("HEAD /static/data.txt\nif-match: \"x\"", "412\n\n"),
    (
        "GET /static/data.txt\nif-match: {etag:/static/data.txt}\nif-none-match: {etag:/static/data.txt}",
        "304",
    ),
    (
        "GET /static/data.txt\nif-match: \"x\"\nif-none-match: {etag:/static/data.txt}",
        "412",
    ),
    // If-Unmodified-Since.
    ("GET /static/data.txt\nif-unmodified-since: {date}", "200"),
    (
        "GET /static/data.txt\nif-unmodified-since: Thu, 02 Jan 2020 00:00:00 GMT",
        "200",
    ),
    (
        "GET /static/data.txt\nif-unmodified-since: Tue, 31 Dec 2019 23:59:59 GMT",
        "412",
    ),
    ("GET /static/data.txt\nif-unmodified-since: garbage", "200"),
    (
        "GET /static/data.txt\nif-match: {etag:/static/data.txt}\nif-unmodified-since: Tue, 31 Dec 2019 23:59:59 GMT",
        "200",
    ),
    (
        "GET /static/data.txt\nif-unmodified-since: Tue, 31 Dec 2019 23:59:59 GMT\nif-none-match: {etag:/static/data.txt}",
        "412",
    ),
    // Combined with a range.
    (
        "GET /static/data.txt\nif-none-match: {etag:/static/data.txt}\nrange: bytes=0-4",
        "304\ncontent-range: -",
    ),
    (
        "GET /static/data.txt\nif-match: \"x\"\nrange: bytes=0-4",
        "412\ncontent-range: -",
    ),
    (
        "GET /static/data.txt\nif-none-match: \"x\"\nrange: bytes=0-4",
        "206\n\n0000\n",
    ),
];

#[test]
fn preconditions_follow_rfc_9110() {
    check(CASES);
}

/// Times that are no useful validators are neither sent nor compared.
#[test]
fn files_without_a_valid_time_ignore_date_conditions() {
    check(&[
        ("GET /static/nix.txt", "200\nlast-modified: -\n\nnix"),
        (
            "GET /static/nix.txt\nif-modified-since: Thu, 01 Jan 1970 00:00:01 GMT",
            "200",
        ),
        (
            "GET /static/nix.txt\nif-none-match: {etag:/static/nix.txt}",
            "304\nlast-modified: -",
        ),
        ("GET /static/old.txt", "200\nlast-modified: -\n\nold"),
        ("GET /static/old.txt\nif-modified-since: {date}", "200"),
        ("GET /static/future.txt", "200\nlast-modified: -\n\nfuture"),
        ("GET /static/future.txt\nif-modified-since: {date}", "200"),
    ]);
}
