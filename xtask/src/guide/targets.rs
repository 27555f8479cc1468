//! Links to items: from rustdoc's output, or as they were written from it.

use std::collections::BTreeMap;
use std::fs;

use super::items::Items;
use super::{LINKS, MARK, PAGES};
use crate::Result;
use crate::command::root;

/// Where links to items lead to.
pub(super) enum Targets {
    /// The documentation that has just been built.
    Rustdoc(Items),
    /// The definitions that `cargo xtask guide` has written: by label, on GitHub and in rustdoc.
    Written(BTreeMap<String, (String, String)>),
}

impl Targets {
    /// Reads the definitions that were written.
    pub(super) fn written() -> Result<Self> {
        let mut github = BTreeMap::new();
        for entry in fs::read_dir(root().join(PAGES))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let text = fs::read_to_string(path)?;
                github.extend(definitions(
                    text.split_once(MARK).map_or("", |(_, end)| end),
                ));
            }
        }
        let links = fs::read_to_string(root().join(LINKS))?;
        let both = definitions(&links).filter_map(|(label, path)| {
            let address = github.get(&label)?.clone();
            Some((label, (address, path)))
        });
        Ok(Self::Written(both.collect()))
    }

    /// Returns where the link of a label leads to: on GitHub and the site, and in rustdoc.
    pub(super) fn of(&self, label: &str) -> Option<(String, String)> {
        match self {
            Self::Rustdoc(items) => {
                let item = items.find(label.trim_matches('`'))?;
                Some((item.url(), item.path()))
            }
            Self::Written(targets) => targets.get(label).cloned(),
        }
    }

    /// Returns the complaint about a label that leads nowhere.
    pub(super) fn unknown(&self, label: &str) -> String {
        match self {
            Self::Rustdoc(_) => format!("[{label}] is neither a page nor an item"),
            Self::Written(_) => format!("[{label}] is not written yet; run cargo xtask guide"),
        }
    }
}

/// Returns the label and the target of each line `[label]: target`.
fn definitions(text: &str) -> impl Iterator<Item = (String, String)> {
    text.lines().filter_map(|line| {
        let (label, target) = line.strip_prefix('[')?.split_once("]: ")?;
        Some((label.to_owned(), target.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_whole_lines() {
        let text = "[Next →][b.md]\n\n[b.md]: b.md\n[`Page`]: https://docs.rs/Page\n[no]:target\n";
        let wanted = [("b.md", "b.md"), ("`Page`", "https://docs.rs/Page")];
        let wanted = wanted.map(|(label, target)| (label.to_owned(), target.to_owned()));
        assert_eq!(definitions(text).collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn new_label_is_unknown_until_it_is_written() {
        let page = ("crate::Page".to_owned(), "https://docs.rs/Page".to_owned());
        let targets = Targets::Written([("`Page`".to_owned(), page.clone())].into());
        assert_eq!(targets.of("`Page`"), Some(page));
        assert_eq!(targets.of("`Pages`"), None);
        assert!(targets.unknown("`Pages`").contains("cargo xtask guide"));
    }
}
