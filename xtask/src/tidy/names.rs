//! The guide's page of all names of the facade, compared with its `lib.rs`.

use std::collections::BTreeSet;

use crate::repository::File;

const LIB: &str = "crates/squall/src/lib.rs";
const PAGE: &str = "crates/squall/docs/names.md";

/// The page has each public name of the facade once, and no other.
pub(super) fn each_name_of_the_facade_is_on_its_page(files: &[File]) -> Vec<String> {
    let text = |path: &str| {
        let file = files.iter().find(|file| file.path == path);
        file.map_or("", |file| file.text.as_str())
    };
    let public = public(text(LIB));
    let rows: Vec<&str> = listed(text(PAGE)).collect();
    let listed: BTreeSet<&str> = rows.iter().copied().collect();
    let missing = public.difference(&listed);
    let missing = missing.map(|name| format!("{PAGE}: `{name}` of {LIB} is missing"));
    let unknown = listed.difference(&public);
    let unknown = unknown.map(|name| format!("{PAGE}: {LIB} has no `{name}`"));
    let is_twice = (rows.len() > listed.len()).then(|| format!("{PAGE}: a name comes twice"));
    missing.chain(unknown).chain(is_twice).collect()
}

/// The names of `pub use` and `pub mod` that begin a line, and so are at the top of the crate.
fn public(lib: &str) -> BTreeSet<&str> {
    let uses = lib.split("\npub use ").skip(1);
    let paths = uses.flat_map(|text| {
        let end = text.find(';').unwrap_or(text.len());
        text[..end].split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | ':'))
    });
    // `a::` comes before a list.
    let names = paths.filter_map(|path| path.rsplit("::").next());
    let modules = lib.split("\npub mod ").skip(1);
    let modules = modules.filter_map(|text| text.split([';', ' ']).next());
    names
        .chain(modules)
        .filter(|name| !name.is_empty())
        .collect()
}

fn listed(page: &str) -> impl Iterator<Item = &str> {
    // Items of other crates have no link.
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| [`") || line.starts_with("| `"));
    rows.filter_map(|row| row.split('`').nth(1))
}

#[cfg(test)]
mod tests {
    use super::super::tests::repository;
    use super::each_name_of_the_facade_is_on_its_page as check;

    #[test]
    fn names_and_page_agree() {
        let lib = "//! A.\n\nmod a;\npub mod b;\n\npub use crate::{\n    a::{A, c::D},\n    e::e,\n};\n\
            pub use http;\npub mod f {\n    pub use crate::a::G;\n}\n";
        let row = |name: &&str| format!("| [`{name}`] | a name |\n");
        for (names, wanted) in [
            (&["A", "D", "b", "e", "f", "http"][..], &[][..]),
            (
                &["A", "D", "D", "G", "b", "e", "f"],
                &[
                    "crates/squall/docs/names.md: `http` of crates/squall/src/lib.rs is missing",
                    "crates/squall/docs/names.md: crates/squall/src/lib.rs has no `G`",
                    "crates/squall/docs/names.md: a name comes twice",
                ],
            ),
        ] {
            let page: String = names.iter().map(row).collect();
            let files = repository(&[
                ("crates/squall/src/lib.rs", lib),
                ("crates/squall/docs/names.md", &page),
            ]);
            assert_eq!(check(&files), wanted);
        }
    }
}
