//! Links between the HTML pages of a directory.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;

/// Returns the relative links of the pages that `of` selects by their path below the directory, as
/// far as they lead to no file or to no place in it.
pub(super) fn dead_links(directory: &Path, of: impl Fn(&Path) -> bool) -> Result<Vec<String>> {
    let mut pages = BTreeMap::new();
    read(directory, &mut pages)?;
    let mut dead = Vec::new();
    for (path, text) in &pages {
        let name = path.strip_prefix(directory).unwrap_or(path);
        if !of(name) {
            continue;
        }
        for link in values(text, "href") {
            if !is_alive(path, &link, &pages) {
                dead.push(format!("{}: dead link {link}", name.display()));
            }
        }
    }
    Ok(dead)
}

fn read(directory: &Path, pages: &mut BTreeMap<PathBuf, String>) -> Result {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            read(&path, pages)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "html")
        {
            pages.insert(path.clone(), fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

fn is_alive(from: &Path, link: &str, pages: &BTreeMap<PathBuf, String>) -> bool {
    // An address, or an image in the link itself.
    if link.contains("://") || link.starts_with("data:") || link.starts_with("javascript:") {
        return true;
    }
    let (file, anchor) = match link.split_once('#') {
        // The lines of a listing have their anchors from a script.
        Some((file, _)) if file.ends_with(".rs.html") => (file, ""),
        Some(parts) => parts,
        None => (link, ""),
    };
    let (file, _) = file.split_once('?').unwrap_or((file, ""));
    let mut path = match from.parent() {
        _ if file.is_empty() => from.to_owned(),
        Some(folder) => normal(&folder.join(file)),
        None => return false,
    };
    if path.is_dir() {
        path.push("index.html");
    }
    match pages.get(&path) {
        Some(text) => anchor.is_empty() || values(text, "id").any(|id| id == anchor),
        None => path.exists(),
    }
}

fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        if component == std::path::Component::ParentDir {
            out.pop();
        } else {
            out.push(component);
        }
    }
    out
}

/// Returns the values of an attribute in all tags.
fn values<'a>(text: &'a str, attribute: &str) -> impl Iterator<Item = String> + 'a {
    let start = format!(" {attribute}=\"");
    // Text has `&lt;` instead.
    text.split('<').skip(1).filter_map(move |tag| {
        let (tag, _) = tag.split_once('>')?;
        let (_, rest) = tag.split_once(&start)?;
        let (value, _) = rest.split_once('"')?;
        Some(value.replace("&amp;", "&"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_links_are_found() {
        let all = |_: &Path| true;
        let directory = testkit::temp_dir();
        fs::create_dir(directory.path().join("sub")).unwrap();
        let page = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
        page("style.css", "");
        page(
            "sub/index.html",
            "<h1 id=\"top\"></h1><a href=\"../a.html\">",
        );
        page(
            "a.html",
            "<a href=\"sub/index.html#top\"><a href=\"sub\"><link href=\"style.css?v=1\"><a href=\"https://a.test\">\
             &lt;a href=\"text.html\"&gt; <a href=\"sub/index.html#gone\"><a href=\"gone.html\"><a href=\"#gone\">",
        );
        let dead = dead_links(directory.path(), all).unwrap();
        let wanted = ["sub/index.html#gone", "gone.html", "#gone"];
        assert_eq!(dead, wanted.map(|link| format!("a.html: dead link {link}")));
    }
}
