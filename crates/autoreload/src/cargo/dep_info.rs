//! Parser of dep-info files, which are rules for `make`: an output, a colon, and every file that
//! was read for it, `include_str!` and `rerun-if-changed` included.

use std::collections::BTreeSet;

/// Returns the files of all rules. A space in a name is escaped as `\ `.
///
/// cargo writes one rule for each executable; rustc writes one for each output, an empty one for
/// each file, and comments.
pub(super) fn files(text: &str) -> BTreeSet<String> {
    let rules = text.lines().filter(|line| !line.starts_with('#'));
    let files = rules.filter_map(|rule| rule.split_once(": "));
    files
        .flat_map(|(_, files)| {
            // A placeholder for escaped spaces: no path has a NUL.
            let files = files.replace("\\ ", "\0");
            let names = files.split_whitespace().map(|file| file.replace('\0', " "));
            names.collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_all_rules() {
        for (text, expected) in [
            ("", vec![]),
            ("/t/site:\n", vec![]),
            ("/t/site: /w/a.rs\n", vec!["/w/a.rs"]),
            (
                "/t/site: /w/a.rs /w/my\\ page.html b.rs",
                vec!["/w/a.rs", "/w/my page.html", "b.rs"],
            ),
            (
                "/t/site.d: src/a.rs b.rs\n\n/t/site: src/a.rs\n\nsrc/a.rs:\n# env-dep:A=: b\n",
                vec!["b.rs", "src/a.rs"],
            ),
        ] {
            let expected: BTreeSet<String> = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(files(text), expected, "{text:?}");
        }
    }
}
