//! The media type of a file, by its extension.

use std::collections::HashMap;

use http::HeaderValue;
use squall_fields::MediaType;

/// Media types that mime_guess lacks or has outdated.
const NEWER: &[(&str, &str)] = &[
    ("avif", "image/avif"),
    ("cjs", "text/javascript"),
    ("deb", "application/vnd.debian.binary-package"),
    ("glb", "model/gltf-binary"),
    ("gltf", "model/gltf+json"),
    ("ico", "image/x-icon"),
    ("js", "text/javascript"),
    ("jxl", "image/jxl"),
    ("m2ts", "video/mp2t"),
    ("m3u8", "application/vnd.apple.mpegurl"),
    ("m4a", "audio/mp4"),
    ("m4s", "video/iso.segment"),
    ("m4v", "video/mp4"),
    ("map", "application/json"),
    ("md", "text/markdown"),
    ("mjs", "text/javascript"),
    ("mts", "video/mp2t"),
    ("opus", "audio/ogg"),
    ("otf", "font/otf"),
    ("rpm", "application/x-rpm"),
    // A segment of an HLS stream, as in nginx's table. Browsers do not run TypeScript, which a site
    // serves as JavaScript.
    ("ts", "video/mp2t"),
    ("ttf", "font/ttf"),
    ("usdz", "model/vnd.usdz+zip"),
    ("wasm", "application/wasm"),
    ("webmanifest", "application/manifest+json"),
    ("webp", "image/webp"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
];

/// Media types that compression makes smaller, besides `text/*`, `+xml` and `+json`.
const COMPRESSIBLE: &[&str] = &[
    "application/json",
    "application/javascript",
    "application/xml",
    "application/wasm",
    "application/vnd.apple.mpegurl",
    "application/vnd.ms-fontobject",
    "font/otf",
    "font/ttf",
    "image/bmp",
    "image/x-icon",
];

/// From extensions to types; a program's own entries come first.
#[derive(Clone, Debug, Default)]
pub(crate) struct MediaTypes {
    own: HashMap<String, HeaderValue>,
}

impl MediaTypes {
    /// The type is sent as it is given.
    pub(crate) fn insert(&mut self, extension: &str, value: HeaderValue) {
        let extension = extension.trim_start_matches('.').to_ascii_lowercase();
        self.own.insert(extension, value);
    }

    /// The `Content-Type` of a file of this name; text is said to be UTF-8.
    pub(crate) fn of(&self, name: &str) -> HeaderValue {
        let extension = extension(name).to_ascii_lowercase();
        if let Some(value) = self.own.get(&extension) {
            return value.clone();
        }
        let newer = NEWER.iter().find(|(newer, _)| *newer == extension);
        let known = newer.map(|(_, essence)| *essence);
        match known.or_else(|| mime_guess::from_ext(&extension).first_raw()) {
            Some(essence) if essence.starts_with("text/") => {
                HeaderValue::try_from([essence, "; charset=utf-8"].concat())
                    .expect("the table is ASCII")
            }
            Some(essence) => HeaderValue::from_static(essence),
            None => HeaderValue::from_static("application/octet-stream"),
        }
    }
}

/// Whether a file of this name is gzip-coded itself: `.svgz` is the media type of `.svg` with
/// `Content-Encoding: gzip` (SVG 1.1, section 1.2).
pub(crate) fn is_gzip(name: &str) -> bool {
    // Most names are not searched for their extension.
    name.ends_with(['z', 'Z']) && extension(name).eq_ignore_ascii_case("svgz")
}

/// Whether compression makes such a file smaller.
pub(crate) fn is_text(media_type: &HeaderValue) -> bool {
    MediaType::parse(media_type.as_bytes()).is_some_and(|media_type| {
        media_type.kind().eq_ignore_ascii_case("text")
            || media_type.has_suffix("xml")
            || media_type.has_suffix("json")
            || COMPRESSIBLE.iter().any(|essence| media_type.is(essence))
    })
}

/// Behind the last dot of the last segment, if that does not begin with it.
fn extension(name: &str) -> &str {
    let file = name.rsplit('/').next().unwrap_or_default();
    match file.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => extension,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types() {
        let mut types = MediaTypes::default();
        types.insert(".Foo", HeaderValue::from_static("application/foo"));
        types.insert(
            "txt",
            HeaderValue::from_static("text/plain; charset=latin1"),
        );
        for (name, wanted) in [
            ("index.html", "text/html; charset=utf-8"),
            ("a/b.css", "text/css; charset=utf-8"),
            ("a.js", "text/javascript; charset=utf-8"),
            ("a.mjs", "text/javascript; charset=utf-8"),
            ("a.CSV", "text/csv; charset=utf-8"),
            ("a.xml", "text/xml; charset=utf-8"),
            ("a.md", "text/markdown; charset=utf-8"),
            ("a.json", "application/json"),
            ("a.js.map", "application/json"),
            ("a.webmanifest", "application/manifest+json"),
            ("a.svg", "image/svg+xml"),
            ("a.PNG", "image/png"),
            ("a.avif", "image/avif"),
            ("a.wasm", "application/wasm"),
            ("a.woff2", "font/woff2"),
            ("favicon.ico", "image/x-icon"),
            ("a.mp4", "video/mp4"),
            ("a.pdf", "application/pdf"),
            ("a.gz", "application/gzip"),
            ("live.m3u8", "application/vnd.apple.mpegurl"),
            ("live/1.ts", "video/mp2t"),
            ("a.m2ts", "video/mp2t"),
            ("a.m4s", "video/iso.segment"),
            ("a.m4v", "video/mp4"),
            ("a.m4a", "audio/mp4"),
            ("a.usdz", "model/vnd.usdz+zip"),
            ("a.svgz", "image/svg+xml"),
            ("a.rpm", "application/x-rpm"),
            ("a.deb", "application/vnd.debian.binary-package"),
            ("a.unheard-of", "application/octet-stream"),
            ("a.d/LICENSE", "application/octet-stream"),
            (".html", "application/octet-stream"),
            ("a.", "application/octet-stream"),
            ("a.foo", "application/foo"),
            ("a.FOO", "application/foo"),
            ("robots.txt", "text/plain; charset=latin1"),
        ] {
            assert_eq!(types.of(name), wanted, "{name}");
        }
    }
}
