//! Markdown as GitHub shows it: its links, and the anchors of its headings.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use pulldown_cmark::{BrokenLink, Event, Options, Parser, Tag, TagEnd};

use super::items::Items;
use crate::Result;
use crate::command::root;
use crate::repository::{File, files};

const OPTIONS: Options = Options::ENABLE_TABLES;

/// The start of an address in the published documentation.
const DOCS: &str = "https://docs.rs/";

/// Returns the labels that a text refers to and does not define, in their order, each once.
pub(super) fn labels(text: &str) -> Vec<String> {
    let labels = RefCell::new(Vec::<String>::new());
    let note = |link: BrokenLink<'_>| {
        let label = link.reference.to_string();
        if !labels.borrow().contains(&label) {
            labels.borrow_mut().push(label);
        }
        Some(("".into(), "".into()))
    };
    Parser::new_with_broken_link_callback(text, OPTIONS, Some(note)).for_each(drop);
    labels.into_inner()
}

/// Returns the dead links of all Markdown files of the repository; those to our documentation as well, if its items
/// are given.
pub(super) fn dead_links(items: Option<&Items>) -> Result<Vec<String>> {
    let pages: BTreeMap<String, String> = files()?
        .into_iter()
        .filter(|file| file.path.ends_with(".md") && !is_link(file))
        // Definitions for rustdoc.
        .filter(|file| file.path != super::LINKS)
        // The README of a site that `squall new` makes.
        .filter(|file| !file.path.starts_with("crates/cli/src/new/"))
        .map(|file| (file.path, file.text))
        .collect();
    let mut dead = Vec::new();
    for (path, text) in &pages {
        for link in links(text) {
            if !is_alive(&link, path, &pages, items) {
                dead.push(format!("{path}: dead link {link}"));
            }
        }
    }
    Ok(dead)
}

/// Symbolic links are shown where they lead to.
fn is_link(file: &File) -> bool {
    root().join(&file.path).is_symlink()
}

fn is_alive(
    link: &str,
    from: &str,
    pages: &BTreeMap<String, String>,
    items: Option<&Items>,
) -> bool {
    if let Some(address) = link.strip_prefix(DOCS) {
        // Other packages are not ours to check.
        return !address.starts_with("squall") || items.is_none_or(|items| items.has(address));
    }
    if link.contains("://") || link.starts_with("mailto:") {
        return true;
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let Some(path) = resolve(from, path) else {
        return false;
    };
    match pages.get(&path) {
        Some(text) => anchor.is_empty() || anchors(text).contains(anchor),
        None => anchor.is_empty() && root().join(path).exists(),
    }
}

/// Returns the path, seen from the top, of a relative link. An empty link is the page itself.
fn resolve(from: &str, link: &str) -> Option<String> {
    if link.is_empty() {
        return Some(from.to_owned());
    }
    let mut path = PathBuf::from(from);
    path.pop();
    for component in Path::new(link).components() {
        match component {
            Component::Normal(name) => path.push(name),
            Component::ParentDir if !path.pop() => return None,
            Component::ParentDir | Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(path.to_str()?.to_owned())
}

fn links(text: &str) -> BTreeSet<String> {
    Parser::new_ext(text, OPTIONS)
        .filter_map(|event| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some(dest_url.to_string())
            }
            _ => None,
        })
        .collect()
}

/// Returns the anchors of the headings, as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    let mut heading = None;
    for event in Parser::new_ext(text, OPTIONS) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(words) | Event::Code(words) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&words);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let base = anchor(&heading.take().unwrap_or_default());
                let numbered = (1..).map(|number| format!("{base}-{number}"));
                let free = [base.clone()].into_iter().chain(numbered);
                let free = { free }.find(|name| !anchors.contains(name));
                anchors.extend(free);
            }
            _ => {}
        }
    }
    anchors
}

fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' '))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_those_without_a_definition() {
        let text = "[`Page`], [a page][routes.md#groups], [text](inline.md), `[code]`, [known], [`Page`]\n\n\
            [known]: known.md\n\n```\n[block]\n```\n";
        assert_eq!(labels(text), ["`Page`", "routes.md#groups"]);
    }

    #[test]
    fn anchors_are_those_of_github() {
        let text = "# From `Tornado`: what's there?\n\n## A b_c-d\n\n## Twice\n\n## Twice\n";
        let wanted = ["from-tornado-whats-there", "a-b_c-d", "twice", "twice-1"];
        assert_eq!(anchors(text), wanted.map(str::to_owned).into());
    }

    #[test]
    fn relative_links() {
        for (link, wanted) in [
            ("b.md", Some("docs/b.md")),
            ("../README.md", Some("README.md")),
            ("./b.md", Some("docs/b.md")),
            ("", Some("docs/a.md")),
            ("../../outside.md", None),
            ("/etc/passwd", None),
        ] {
            assert_eq!(resolve("docs/a.md", link).as_deref(), wanted, "{link}");
        }
    }
}
