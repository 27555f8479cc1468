//! Items of the documentation, found in rustdoc's output.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::command::root;

/// The kinds of items that have a page of their own. `fn` comes last: a type is meant first.
const KINDS: &[&str] = &["struct", "enum", "trait", "type", "constant", "macro", "fn"];

/// The kinds of what a page of a type or a trait lists.
const MEMBERS: &[&str] = &[
    "method",
    "tymethod",
    "variant",
    "structfield",
    "associatedconstant",
];

/// The output of rustdoc, and the package of each crate in it.
pub(super) struct Items {
    doc: PathBuf,
    packages: BTreeMap<String, String>,
}

/// An item, for instance `Page::render` of the facade.
#[derive(Debug, PartialEq)]
pub(super) struct Item {
    package: String,
    /// The page below the documentation's directory, and the place in it.
    page: String,
    path: String,
    kind: &'static str,
}

impl Items {
    pub(super) fn load() -> Result<Self> {
        let doc = root().join("target/doc");
        let mut packages = BTreeMap::new();
        for entry in fs::read_dir(&doc)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            packages.insert(name.clone(), name.replace('_', "-"));
        }
        Ok(Self { doc, packages })
    }

    /// Finds an item of the facade, or of the crate that the path begins with.
    pub(super) fn find(&self, path: &str) -> Option<Item> {
        let (library, rest) = match path.split_once("::") {
            Some((library, rest)) if self.packages.contains_key(library) => (library, rest),
            _ => ("squall", path),
        };
        let is_own = library == "squall";
        let item = |kind, page: String| Item {
            package: self.packages.get(library).cloned().unwrap_or_default(),
            page: format!("{library}/{page}"),
            path: format!("{}::{rest}", if is_own { "crate" } else { library }),
            kind,
        };
        let mut directory = String::new();
        let mut names = rest.split("::").peekable();
        while let Some(name) = names.next() {
            let name = name.trim_end_matches('!');
            let folder = self.doc.join(library).join(&directory);
            let kind = KINDS
                .iter()
                .find(|kind| folder.join(format!("{kind}.{name}.html")).is_file());
            if let Some(kind) = kind {
                let page = format!("{directory}{kind}.{name}.html");
                return match names.next() {
                    None => Some(item(kind, page)),
                    Some(member) => {
                        let text = fs::read_to_string(folder.join(format!("{kind}.{name}.html")));
                        let text = text.ok()?;
                        let kind = MEMBERS
                            .iter()
                            .find(|kind| text.contains(&format!("id=\"{kind}.{member}\"")))?;
                        Some(item(kind, format!("{page}#{kind}.{member}")))
                    }
                };
            }
            if !is_directory(&folder.join(name)) {
                return None;
            }
            directory.push_str(&format!("{name}/"));
            if names.peek().is_none() {
                return Some(item("mod", format!("{directory}index.html")));
            }
        }
        None
    }

    /// Whether the page of an address of docs.rs is in the output.
    pub(super) fn has(&self, address: &str) -> bool {
        let Some((package, page)) = address.split_once("/latest/") else {
            // The front page of a package.
            return self.packages.values().any(|known| known == address);
        };
        let (page, anchor) = page.split_once('#').unwrap_or((page, ""));
        let page = if page.ends_with('/') {
            format!("{page}index.html")
        } else {
            page.to_owned()
        };
        let text = fs::read_to_string(self.doc.join(page));
        self.packages.values().any(|known| known == package)
            && text
                .is_ok_and(|text| anchor.is_empty() || text.contains(&format!("id=\"{anchor}\"")))
    }
}

fn is_directory(path: &Path) -> bool {
    path.join("index.html").is_file()
}

impl Item {
    /// Returns the item's address where the documentation is published.
    pub(super) fn url(&self) -> String {
        format!("https://docs.rs/{}/latest/{}", self.package, self.page)
    }

    /// Returns the item's path in a link of rustdoc's, with its kind where the name is ambiguous.
    pub(super) fn path(&self) -> String {
        match self.kind {
            "fn" => format!("fn@{}", self.path),
            "mod" => format!("mod@{}", self.path),
            _ => self.path.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_found_by_their_paths() {
        let doc = testkit::temp_dir();
        let squall = doc.path().join("squall");
        fs::create_dir_all(squall.join("multipart")).unwrap();
        for (file, text) in [
            ("struct.Page.html", "<a id=\"method.render\">"),
            ("fn.env.html", ""),
            ("macro.context.html", ""),
            ("multipart/index.html", ""),
            ("multipart/struct.Field.html", ""),
        ] {
            fs::write(squall.join(file), text).unwrap();
        }
        let items = Items {
            doc: doc.path().to_owned(),
            packages: [("squall".to_owned(), "squall".to_owned())].into(),
        };
        for (path, wanted) in [
            ("Page", Some(("struct.Page.html", "crate::Page"))),
            (
                "Page::render",
                Some(("struct.Page.html#method.render", "crate::Page::render")),
            ),
            ("env", Some(("fn.env.html", "fn@crate::env"))),
            ("context!", Some(("macro.context.html", "crate::context!"))),
            (
                "multipart",
                Some(("multipart/index.html", "mod@crate::multipart")),
            ),
            (
                "multipart::Field",
                Some(("multipart/struct.Field.html", "crate::multipart::Field")),
            ),
            ("Page::missing", None),
            ("Missing", None),
            ("", None),
        ] {
            let found = items.find(path).map(|item| (item.url(), item.path()));
            let wanted = wanted.map(|(page, path)| {
                let url = format!("https://docs.rs/squall/latest/squall/{page}");
                (url, path.to_owned())
            });
            assert_eq!(found, wanted, "{path}");
        }
        assert!(items.has("squall"));
        assert!(items.has("squall/latest/squall/struct.Page.html#method.render"));
        assert!(!items.has("squall/latest/squall/struct.Page.html#method.missing"));
        assert!(!items.has("squall/latest/squall/struct.Missing.html"));
    }
}
