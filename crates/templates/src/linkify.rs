//! `linkify`: a text as HTML, with its URLs as links.

use linkify::{LinkFinder, LinkKind};
use minijinja::{HtmlEscape, Value};

use crate::html;

/// Returns a text as HTML: escaped, and with links for its `http://` and `https://` URLs.
pub(crate) fn linkify(text: &str) -> Value {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let mut linked = String::new();
    for span in finder.spans(text) {
        let text = HtmlEscape(span.as_str());
        if span.kind().is_some() && is_web(span.as_str()) {
            linked.push_str(&format!("<a href=\"{text}\">{text}</a>"));
        } else {
            linked.push_str(&text.to_string());
        }
    }
    html(linked)
}

/// Other schemes, such as `javascript:`, can do harm.
fn is_web(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        ["http", "https"]
            .iter()
            .any(|web| scheme.eq_ignore_ascii_case(web))
    })
}

#[cfg(test)]
mod tests {
    use super::linkify;

    #[test]
    fn urls_of_the_web_are_links_and_all_text_is_escaped() {
        let link = |url: &str| format!("<a href=\"{url}\">{url}</a>");
        for (text, wanted) in [
            ("", String::new()),
            ("no link", "no link".to_owned()),
            ("http://a.example", link("http://a.example")),
            (
                "see https://a.example/b?c=1&d=2, and (http://b.example).",
                format!(
                    "see {}, and ({}).",
                    link("https://a.example/b?c=1&amp;d=2"),
                    link("http://b.example")
                ),
            ),
            ("HTTPS://A.example", link("HTTPS://A.example")),
            (
                "<script>alert(1)</script>",
                "&lt;script&gt;alert(1)&lt;/script&gt;".to_owned(),
            ),
            (
                "http://a.example/\"onclick=\"x",
                format!("{}&quot;onclick=&quot;x", link("http://a.example/")),
            ),
            ("http://a.example/'x", link("http://a.example/&#x27;x")),
            // Other schemes, and addresses without a scheme.
            (
                "javascript://a.example/%0aalert(1)",
                "javascript://a.example/%0aalert(1)".to_owned(),
            ),
            ("javascript:alert(1)", "javascript:alert(1)".to_owned()),
            ("ftp://a.example/", "ftp://a.example/".to_owned()),
            ("data:text/html,x", "data:text/html,x".to_owned()),
            ("www.a.example", "www.a.example".to_owned()),
            ("ada@a.example", "ada@a.example".to_owned()),
        ] {
            assert_eq!(
                linkify(text).to_string().replace("&#x2f;", "/"),
                wanted,
                "{text:?}"
            );
        }
    }
}
