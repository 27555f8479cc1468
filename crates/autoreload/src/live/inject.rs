//! Script injection: decides whether a page gets the script. Pure: the caller passes the chunks.
//!
//! The script is appended to the page. A search for `</body>` would also match it in scripts and
//! comments, and would have to buffer partial matches. Browsers move a script after `</html>` to
//! the end of the body.

use bytes::Bytes;

/// How many bytes of a page are searched for its `<html …>`.
const SEARCHED: usize = 4096;

/// The attribute of `<html>` that disables live reload of the page.
const OPT_OUT: &[u8] = b"data-no-reload";

#[derive(Debug)]
pub(super) struct Injector {
    script: Bytes,
    /// The start of the page, until `wanted` is set.
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

    /// Records a chunk of the page.
    pub(super) fn record(&mut self, chunk: &[u8]) {
        if self.wanted.is_some() || chunk.is_empty() {
            return;
        }
        let room = SEARCHED.saturating_sub(self.start.len());
        self.start
            .extend_from_slice(&chunk[..chunk.len().min(room)]);
        self.wanted = match opts_out(&self.start) {
            Some(opts_out) => Some(!opts_out),
            None => (self.start.len() >= SEARCHED).then_some(true),
        };
        if self.wanted.is_some() {
            self.start = Vec::new();
        }
    }

    /// Returns the script to append, once. An empty page gets none.
    pub(super) fn end(&mut self) -> Option<Bytes> {
        let wanted = self.wanted.unwrap_or(!self.start.is_empty());
        self.start = Vec::new();
        self.wanted = Some(false);
        wanted.then(|| self.script.clone())
    }
}

/// Whether `<html …>` has the attribute; `None` if the tag is missing or incomplete.
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

    /// Returns the page, passed in chunks of this length, and the injected script.
    fn page(text: &str, chunk: usize) -> String {
        let mut injector = Injector::new(Bytes::from_static(SCRIPT.as_bytes()));
        let mut page = text.to_owned();
        for chunk in text.as_bytes().chunks(chunk) {
            injector.record(chunk);
        }
        page += str::from_utf8(&injector.end().unwrap_or_default()).unwrap();
        assert_eq!(injector.end(), None, "the script is appended once");
        page
    }

    #[test]
    fn pages_get_the_script_unless_they_opt_out() {
        let long = format!("<!-- {} --><html data-no-reload>", "x".repeat(SEARCHED));
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
