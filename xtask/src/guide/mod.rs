//! The guide: Markdown that is read on GitHub, in rustdoc and as a site, from one source.
//!
//! A page has links by reference only: `[text][routes.md#groups]` to a page, `` [`Page`] `` or
//! `[text][Page::render]` to an item. Their definitions at the page's end hold on GitHub. In rustdoc,
//! [`LINKS`] stands before each page, and the first definition of a link wins. Both are written here.

mod html;
mod items;
mod markdown;
mod site;
mod targets;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::command::{cargo, root, run};
use crate::test::wsgi;
use crate::{Result, complain};
use items::Items;
use targets::Targets;

pub(crate) use site::build as site;

/// The directory of the pages. Its README.md lists them in order.
const PAGES: &str = "crates/squall/docs";

/// The definitions of all links for rustdoc.
const LINKS: &str = "crates/squall/src/guide_links.md";

/// The modules of rustdoc, and the tests of the snippets.
const LISTS: [&str; 2] = ["crates/squall/src/guide.rs", "guide/src/lib.rs"];

/// What follows is written by `cargo xtask guide`.
const MARK: &str = "\n<!-- Written by `cargo xtask guide`: neighbours and links. -->\n";

/// A page: its file name, its title, and its text without the part that is written here.
struct Page {
    file: String,
    title: String,
    body: String,
}

/// Documents all crates without a warning.
fn rustdoc() -> Result {
    document("-D warnings")
}

/// Documents all crates, which the links to items are looked up in; `squall-wsgi` is a workspace of its own.
fn document(flags: &str) -> Result {
    run(cargo("doc --workspace --all-features --no-deps").env("RUSTDOCFLAGS", flags))?;
    run(wsgi("doc --all-features --no-deps").env("RUSTDOCFLAGS", flags))
}

/// Writes the links of the pages and their neighbours.
pub(crate) fn write() -> Result {
    document("")?;
    for (path, text) in rendered(&Targets::Rustdoc(Items::load()?))? {
        fs::write(root().join(path), text)?;
    }
    Ok(())
}

/// Checks what needs no documentation to be built: the pages' neighbours, links between files, and that each
/// link to an item has been written. Where these lead to is checked by [`check`].
pub(crate) fn check_files() -> Result {
    complain_outdated(&Targets::written()?)?;
    complain(&markdown::dead_links(None)?)
}

/// Checks the documentation: rustdoc's warnings, and the links on GitHub, in rustdoc and on the site.
pub(crate) fn check() -> Result {
    rustdoc()?;
    complain_outdated(&Targets::Rustdoc(Items::load()?))?;
    complain(&markdown::dead_links(Some(&Items::load()?))?)?;
    // rustdoc links to items of other crates' private modules, which have no page: only the guide is
    // free of dead links.
    let is_guide = |page: &Path| page.starts_with("squall/guide");
    complain(&html::dead_links(&root().join("target/doc"), is_guide)?)?;
    site::check()
}

fn complain_outdated(targets: &Targets) -> Result {
    let outdated = rendered(targets)?
        .into_iter()
        .filter(|(path, text)| fs::read_to_string(root().join(path)).ok().as_ref() != Some(text))
        .map(|(path, _)| format!("{path}: outdated; run cargo xtask guide"));
    complain(&outdated.collect::<Vec<_>>())
}

/// Returns the files that are written here, with their texts.
fn rendered(targets: &Targets) -> Result<BTreeMap<String, String>> {
    let pages = pages()?;
    let mut rendered = BTreeMap::new();
    let mut links = BTreeMap::new();
    let mut complaints = Vec::new();
    for (at, page) in pages.iter().enumerate() {
        let neighbours = neighbours(&pages, at);
        let mut definitions = String::new();
        for label in markdown::labels(&format!("{}{neighbours}", page.body)) {
            match target(&label, &pages, targets) {
                Some((github, rustdoc)) => {
                    definitions.push_str(&format!("[{label}]: {github}\n"));
                    links.insert(label, rustdoc);
                }
                None => complaints.push(format!(
                    "{PAGES}/{}: {}",
                    page.file,
                    targets.unknown(&label)
                )),
            }
        }
        rendered.insert(
            format!("{PAGES}/{}", page.file),
            format!("{}{MARK}{neighbours}\n{definitions}", page.body),
        );
    }
    // Labels are compared without their case.
    let mut seen = BTreeMap::new();
    for label in links.keys() {
        if let Some(other) = seen.insert(label.to_lowercase(), label) {
            complaints.push(format!("[{other}] and [{label}] are one label"));
        }
    }
    complain(&complaints)?;
    let links = links
        .iter()
        .map(|(label, target)| format!("[{label}]: {target}\n"));
    rendered.insert(LINKS.to_owned(), links.collect());
    Ok(rendered)
}

/// Returns where a link leads: on GitHub and the site, and in rustdoc.
fn target(label: &str, pages: &[Page], targets: &Targets) -> Option<(String, String)> {
    let (file, anchor) = match label.split_once('#') {
        Some((file, anchor)) => (file, format!("#{anchor}")),
        None => (label, String::new()),
    };
    if pages.iter().any(|page| page.file == file) {
        let module = module(file);
        return Some((label.to_owned(), format!("crate::guide{module}{anchor}")));
    }
    targets.of(label)
}

/// Returns the module of a page in rustdoc, below that of the guide.
fn module(file: &str) -> String {
    match file.strip_suffix(".md") {
        Some("README") | None => String::new(),
        Some(name) => format!("::{}", name.replace('-', "_")),
    }
}

/// Returns the links to the pages before and after.
fn neighbours(pages: &[Page], at: usize) -> String {
    let link = |page: &Page, words: String| format!("[{words}][{}]", page.file);
    let before = at.checked_sub(1).map(|at| &pages[at]);
    let after = pages.get(at + 1);
    let links = [
        before
            .filter(|_| at > 1)
            .map(|page| link(page, format!("← {}", page.title))),
        (at > 0).then(|| link(&pages[0], pages[0].title.clone())),
        after.map(|page| link(page, format!("{} →", page.title))),
    ];
    let links: Vec<String> = links.into_iter().flatten().collect();
    format!("\n---\n\n{}\n", links.join(" · "))
}

/// Returns the pages in order: README.md, and those that it links to.
fn pages() -> Result<Vec<Page>> {
    let front = page("README.md")?;
    let mut pages = vec![];
    for label in markdown::labels(&front.body) {
        if label.ends_with(".md") {
            pages.push(page(&label)?);
        }
    }
    pages.insert(0, front);
    for list in LISTS {
        let text = fs::read_to_string(root().join(list))?;
        let missing = |page: &&Page| !text.contains(&format!("\"{}\"", page.file));
        if let Some(page) = pages.iter().skip(1).find(missing) {
            return Err(format!("{list} does not list {}", page.file).into());
        }
    }
    let known: BTreeSet<&str> = pages.iter().map(|page| &*page.file).collect();
    for entry in fs::read_dir(root().join(PAGES))? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        if name.ends_with(".md") && !known.contains(&*name) {
            return Err(format!("{PAGES}/README.md does not list {name}").into());
        }
    }
    Ok(pages)
}

fn page(file: &str) -> Result<Page> {
    let path = format!("{PAGES}/{file}");
    let text =
        fs::read_to_string(root().join(&path)).map_err(|error| format!("{path}: {error}"))?;
    let body = text.split(MARK).next().unwrap_or_default().to_owned();
    let title = body.lines().next().and_then(|line| line.strip_prefix("# "));
    let title = title.ok_or_else(|| format!("{path}: the first line is no title"))?;
    Ok(Page {
        file: file.to_owned(),
        title: title.to_owned(),
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(file: &str, title: &str) -> Page {
        Page {
            file: file.to_owned(),
            title: title.to_owned(),
            body: String::new(),
        }
    }

    #[test]
    fn neighbours_are_in_the_order_of_the_pages() {
        let pages = [
            named("README.md", "Guide"),
            named("a.md", "A"),
            named("b.md", "B"),
        ];
        for (at, wanted) in [
            (0, "[A →][a.md]"),
            (1, "[Guide][README.md] · [B →][b.md]"),
            (2, "[← A][a.md] · [Guide][README.md]"),
        ] {
            assert_eq!(neighbours(&pages, at), format!("\n---\n\n{wanted}\n"));
        }
    }

    #[test]
    fn modules_have_the_names_of_files() {
        assert_eq!(module("README.md"), "");
        assert_eq!(module("static-files.md"), "::static_files");
    }
}
