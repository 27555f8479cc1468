//! Whether a page gets its script. Pure: it sees the page's chunks as they pass.
//!
//! The script comes after all else. A search for `</body>` would find it in scripts and comments as well, and
//! would have to hold back what may be a part of it; after the end, every browser takes a script as the body's last.

use bytes::Bytes;

/// How far into a page its `<html …>` is looked for.
const FAR: usize = 4096;

/// On `<html>`, it leaves the page alone.
const OPT_OUT: &[u8] = b"data-no-reload";

#[derive(Debug)]
pub(super) struct Injector {
    script: Bytes,
    /// The beginning of the page, until it is known.
    start: Vec<u8>,
    wanted: Option<bool>,
}

impl Injector {
    pub(super) fn new(script: Bytes) -> Self {
        Self {
            script,
            start: Vec::new(),
            wanted: None,
        }
    }

    /// A chunk passes.
    pub(super) fn see(&mut self, chunk: &[u8]) {
        if self.wanted.is_some() || chunk.is_empty() {
            return;
        }
        let room = FAR.saturating_sub(self.start.len());
        self.start
            .extend_from_slice(&chunk[..chunk.len().min(room)]);
        self.wanted = match opts_out(&self.start) {
            Some(opts_out) => Some(!opts_out),
            None => (self.start.len() >= FAR).then_some(true),
        };
        if self.wanted.is_some() {
            self.start = Vec::new();
        }
    }

    /// What comes after the page. A page without a byte stays so.
    pub(super) fn end(&mut self) -> Option<Bytes> {
        let wanted = self.wanted.unwrap_or(!self.start.is_empty());
        self.start = Vec::new();
        // Only once.
        self.wanted = Some(false);
        wanted.then(|| self.script.clone())
    }
}

/// Whether `<html …>` has the attribute; `None` if it did not come yet, or is not whole.
fn opts_out(page: &[u8]) -> Option<bool> {
    let tag = (0..page.len()).find_map(|start| {
        let rest = &page[start..];
        let is_tag = rest.len() > 5
            && rest[..5].eq_ignore_ascii_case(b"<html")
            && (rest[5].is_ascii_whitespace() || rest[5] == b'>');
        is_tag.then(|| &rest[5..])
    })?;
    let mut quote = None;
    let mut name = 0..0;
    for (at, &byte) in tag.iter().enumerate() {
        match quote {
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
            None if byte.is_ascii_whitespace() || matches!(byte, b'=' | b'>' | b'/') => {
                name.end = at;
                if tag[name].eq_ignore_ascii_case(OPT_OUT) {
                    return Some(true);
                }
                if byte == b'>' {
                    return Some(false);
                }
                name = at + 1..at + 1;
                continue;
            }
            None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "<script></script>";

    /// The page in chunks of that length, with what comes after it.
    fn page(text: &str, chunk: usize) -> String {
        let mut injector = Injector::new(Bytes::from_static(SCRIPT.as_bytes()));
        let mut page = text.to_owned();
        for chunk in text.as_bytes().chunks(chunk) {
            injector.see(chunk);
        }
        page += str::from_utf8(&injector.end().unwrap_or_default()).unwrap();
        assert_eq!(injector.end(), None, "once");
        page
    }

    #[test]
    fn pages() {
        let long = format!("<!-- {} --><html data-no-reload>", "x".repeat(FAR));
        let table = [
            ("", false),
            ("Hello", true),
            ("<!doctype html><html><body></body></html>", true),
            ("<html lang=en>", true),
            ("<html", true),
            ("<html data-no-reload", true),
            ("<html data-no-reload>", false),
            ("<HTML Data-No-Reload>", false),
            (
                "<!doctype html>\n<html lang=\"en\" data-no-reload=\"\">\n<body>",
                false,
            ),
            ("<html\ndata-no-reload\nlang=en><p>", false),
            ("<html data-no-reload/>", false),
            ("<html class=\"a data-no-reload b\">", true),
            ("<html class='a>b' data-no-reload>", false),
            ("<html data-no-reloading>", true),
            ("<htmlx data-no-reload><html>", true),
            ("<body data-no-reload>", true),
            (&long, true),
        ];
        for (text, expected) in table {
            for chunk in [1, 2, 3, 7, 4000, usize::MAX] {
                let expected = if expected {
                    format!("{text}{SCRIPT}")
                } else {
                    text.to_owned()
                };
                let start: String = text.chars().take(60).collect();
                assert!(
                    page(text, chunk) == expected,
                    "{start} in chunks of {chunk}"
                );
            }
        }
    }
}
