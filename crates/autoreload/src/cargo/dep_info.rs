//! Parser of cargo's dep-info files, which are rules for `make`: an executable, a colon, and every
//! file that the compiler has read for it, including other packages and `include_str!`.

/// Returns the files. A space in a name is escaped as `\ `.
pub(super) fn files(text: &str) -> impl Iterator<Item = String> {
    let rule = text.lines().next().unwrap_or_default();
    let files = rule.split_once(": ").map_or("", |(_, files)| files);
    files
        // A placeholder for escaped spaces: no path has a NUL.
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
    fn files_of_the_first_rule() {
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
