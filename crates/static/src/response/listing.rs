//! Directory listing page.

use std::fmt::Write;

use crate::request::path;

/// An entry of the listing.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) is_directory: bool,
}

/// Renders the listing of a directory; the name of the root is empty.
pub(crate) fn page(directory: &str, mut items: Vec<Item>) -> String {
    items.sort();
    let title = format!("/{}", escape(directory));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n<body><h1>{title}</h1>\n<ul>\n"
    );
    if !directory.is_empty() {
        page.push_str("<li><a href=\"../\">../</a></li>\n");
    }
    for Item { name, is_directory } in &items {
        let slash = if *is_directory { "/" } else { "" };
        // "./" prevents a name with a colon from being parsed as a scheme.
        let url = format!("./{}{slash}", path::encode(name));
        writeln!(
            page,
            "<li><a href=\"{}\">{}{slash}</a></li>",
            escape(&url),
            escape(name)
        )
        .expect("writing to a string cannot fail");
    }
    page.push_str("</ul>\n</body></html>\n");
    page
}

/// Escapes text for HTML content and quoted attributes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped() {
        let item = |name: &str, is_directory| Item {
            name: name.to_owned(),
            is_directory,
        };
        let items = vec![
            item("b", true),
            item("a.txt", false),
            item("<script>alert('1')</script>&\".txt", false),
            item("50% off?#x", false),
        ];
        let page = page("d<e", items);
        assert_eq!(
            page,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>/d&lt;e</title></head>\n\
             <body><h1>/d&lt;e</h1>\n<ul>\n\
             <li><a href=\"../\">../</a></li>\n\
             <li><a href=\"./50%25%20off%3F%23x\">50% off?#x</a></li>\n\
             <li><a href=\"./%3Cscript%3Ealert(&#39;1&#39;)%3C/script%3E&amp;%22.txt\">&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;.txt</a></li>\n\
             <li><a href=\"./a.txt\">a.txt</a></li>\n\
             <li><a href=\"./b/\">b/</a></li>\n\
             </ul>\n</body></html>\n"
        );
    }
}
