//! cargo's dep-info files, which are rules for `make`: a program, a colon, and every file that the compiler
//! has read for it, `include_str!` and other packages included.

/// The files. A space in a name is written as `\ `.
pub(super) fn files(text: &str) -> impl Iterator<Item = String> {
    let rule = text.lines().next().unwrap_or_default();
    let files = rule.split_once(": ").map_or("", |(_, files)| files);
    files
        // Not in any path: a placeholder until the names are apart.
        .replace("\\ ", "\0")
        .split_whitespace()
        .map(|file| file.replace('\0', " "))
        .collect::<Vec<_>>()
        .into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        for (text, expected) in [
            ("", vec![]),
            ("/t/site:\n", vec![]),
            ("/t/site: /w/a.rs\n", vec!["/w/a.rs"]),
            (
                "/t/site: /w/a.rs /w/my\\ page.html b.rs",
                vec!["/w/a.rs", "/w/my page.html", "b.rs"],
            ),
            ("/t/site: /w/a.rs\n\n/w/a.rs:\n", vec!["/w/a.rs"]),
        ] {
            assert_eq!(files(text).collect::<Vec<_>>(), expected, "{text:?}");
        }
    }
}
