//! The guide's snippets: a page names each crate that they use, with its version.

use std::collections::{BTreeMap, BTreeSet};

use crate::repository::File;

const PAGES: &str = "crates/squall/docs/";

/// Crates that each snippet may use: the dependencies of a site that `squall new` makes, and `squall::http`.
const GIVEN: &[&str] = &["http", "serde", "squall", "tokio"];

/// A page whose snippets use another crate of the workspace's manifest has that crate in a block of TOML, with a
/// version that the workspace's fits.
pub(super) fn each_crate_of_a_snippet_is_on_its_page(files: &[File]) -> Vec<String> {
    let manifest = files.iter().find(|file| file.path == "Cargo.toml");
    let versions = versions(manifest.map_or("", |file| &file.text));
    let pages = files
        .iter()
        .filter(|file| file.path.starts_with(PAGES) && file.path.ends_with(".md"));
    pages.flat_map(|page| complaints(page, &versions)).collect()
}

fn complaints(page: &File, versions: &BTreeMap<&str, &str>) -> Vec<String> {
    let path = &page.path;
    let listed = listed(&page.text);
    let is_other = |name: &&&str| !GIVEN.contains(*name) && versions.contains_key(*name);
    let used: BTreeSet<String> = crates(&page.text).collect();
    let used: Vec<&str> = used.iter().map(String::as_str).collect();
    let missing = used
        .iter()
        .filter(is_other)
        .filter(|name| !listed.contains_key(*name))
        .map(|name| format!("{path}: a snippet uses {name}, which no block of TOML has"));
    let outdated = listed.iter().filter_map(|(name, version)| {
        let ours = versions.get(name)?;
        let fits = ours.strip_prefix(version);
        let fits = fits.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        (!fits).then(|| format!("{path}: {name} has version {version}, and the workspace {ours}"))
    });
    missing.chain(outdated).collect()
}

/// The versions of the workspace's dependencies.
fn versions(manifest: &str) -> BTreeMap<&str, &str> {
    let start = manifest.split_once("[workspace.dependencies]");
    let lines = start.map_or("", |(_, rest)| rest).lines();
    lines
        .take_while(|line| !line.starts_with('['))
        .filter_map(dependency)
        .collect()
}

/// The dependencies of the blocks of TOML.
fn listed(page: &str) -> BTreeMap<&str, &str> {
    let blocks = blocks(page, "toml");
    blocks.flat_map(str::lines).filter_map(dependency).collect()
}

/// `name = "1"`, or `name = { version = "1", … }`.
fn dependency(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(" = ")?;
    let value = match value.split_once("version = ") {
        Some((_, rest)) => rest,
        None => value,
    };
    let version = value.strip_prefix('"')?.split('"').next()?;
    Some((name, version))
}

/// The crates that paths in the snippets begin with, by the names of their packages.
fn crates(page: &str) -> impl Iterator<Item = String> {
    let words = blocks(page, "rust")
        .flat_map(|block| block.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | ':')));
    words.filter_map(|word| {
        let (name, _) = word.split_once("::")?;
        (!name.is_empty()).then(|| name.replace('_', "-"))
    })
}

/// The blocks of code in a language.
fn blocks<'a>(page: &'a str, language: &'a str) -> impl Iterator<Item = &'a str> {
    let fences = page.split("\n```").skip(1).step_by(2);
    fences.filter_map(move |block| {
        let (info, text) = block.split_once('\n')?;
        (info.split(',').next() == Some(language)).then_some(text)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::repository;
    use super::each_crate_of_a_snippet_is_on_its_page as check;

    #[test]
    fn crates_of_snippets_are_listed_with_fitting_versions() {
        let manifest = "[workspace.dependencies]\naxum = { version = \"0.8.9\" }\nfutures-util = \"0.3.34\"\n\
            serde = \"1.0.1\"\nuuid = \"1.26.1\"\n[profile.dev]\n";
        let rust = "```rust,no_run\nuse futures_util::stream;\nlet a = serde::a::<axum::B>();\nmod own; own::f();\n```\n";
        let toml = |lines: &str| format!("# A\n\n```toml\n[dependencies]\n{lines}```\n\n{rust}");
        for (page, wanted) in [
            (
                toml("futures-util = \"0.3\"\naxum = { version = \"0.8\" }   # why\n"),
                &[][..],
            ),
            (
                toml("futures-util = \"0.3\"\n"),
                &["a snippet uses axum, which no block of TOML has"][..],
            ),
            (
                toml("axum = \"0.8\"\nfutures-util = \"0.2\"\nuuid = \"1.2\"\n"),
                &[
                    "futures-util has version 0.2, and the workspace 0.3.34",
                    "uuid has version 1.2, and the workspace 1.26.1",
                ],
            ),
        ] {
            let files = repository(&[("Cargo.toml", manifest), ("crates/squall/docs/a.md", &page)]);
            let wanted: Vec<String> = wanted
                .iter()
                .map(|text| format!("crates/squall/docs/a.md: {text}"))
                .collect();
            assert_eq!(check(&files), wanted, "{page}");
        }
    }
}
