//! The guide as a site with search, made by mdbook.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::{PAGES, Page, html, pages};
use crate::Result;
use crate::command::{command, read, root, run};
use crate::complain;

/// The version of mdbook that the site is made with.
const VERSION: &str = "0.5.4";

/// Where the documentation of the crates is, seen from the site.
const DOCUMENTATION: &str = "api";

const BOOK: &str = r#"
[book]
title = "squall"
language = "en"
src = "src"

[output.html]
default-theme = "light"
preferred-dark-theme = "navy"
input-404 = ""
no-section-label = true

[output.html.playground]
runnable = false
"#;

/// Builds the site with the documentation of all crates, and returns where it is.
pub(crate) fn build() -> Result<PathBuf> {
    install()?;
    super::rustdoc()?;
    make()
}

/// Checks the links of the site, if mdbook is there.
pub(super) fn check() -> Result {
    if !is_installed() {
        if env::var_os("CI").is_none_or(|ci| ci != "true") {
            eprintln!(
                "skipped: the site's links; mdbook {VERSION} is missing, get it with: cargo xtask site"
            );
            return Ok(());
        }
        install()?;
    }
    let is_own = |page: &Path| !page.starts_with(DOCUMENTATION);
    complain(&html::dead_links(&make()?, is_own)?)
}

fn program() -> PathBuf {
    root().join(".outside/bin/mdbook")
}

fn is_installed() -> bool {
    read(&mut command(program(), "--version")).is_ok_and(|text| text.contains(VERSION))
}

fn install() -> Result {
    if is_installed() {
        return Ok(());
    }
    run(&mut command(
        "cargo",
        &format!("install --locked --root .outside mdbook@{VERSION}"),
    ))
}

fn make() -> Result<PathBuf> {
    let book = root().join("target/guide");
    if book.exists() {
        fs::remove_dir_all(&book)?;
    }
    fs::create_dir_all(book.join("src"))?;
    fs::write(book.join("book.toml"), BOOK)?;
    let pages = pages()?;
    fs::write(book.join("src/SUMMARY.md"), summary(&pages))?;
    for page in &pages {
        let text = fs::read_to_string(root().join(PAGES).join(&page.file))?;
        fs::write(book.join("src").join(&page.file), source(page, &text))?;
    }
    run(command(program(), "build").arg(&book))?;
    let site = book.join("book");
    for entry in fs::read_dir(root().join("target/doc"))? {
        let entry = entry?;
        let name = entry.file_name();
        if is_published(&name.to_string_lossy()) {
            copy(&entry.path(), &site.join(DOCUMENTATION).join(name))?;
        }
    }
    Ok(site)
}

/// Returns a page for mdbook, which has neighbours of its own, and with links to the documentation
/// on the same site.
fn source(page: &Page, text: &str) -> String {
    let definitions = text
        .lines()
        .filter(|line| line.starts_with('[') && line.contains("]: "));
    let definitions = definitions.map(|line| {
        let Some((label, address)) = line.split_once("]: https://docs.rs/squall") else {
            return format!("{line}\n");
        };
        match address.split_once("/latest/") {
            Some((_, page)) => format!("{label}]: {DOCUMENTATION}/{page}\n"),
            None => format!("{line}\n"),
        }
    });
    format!("{}\n\n{}", page.body, definitions.collect::<String>())
}

/// Returns mdbook's table of contents: the headings and links of the front page.
fn summary(pages: &[Page]) -> String {
    let mut summary = format!("# Summary\n\n[{}](README.md)\n", pages[0].title);
    let mut part = None;
    for line in pages[0].body.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            part = Some(name);
        }
        let is_link = |page: &&Page| line.contains(&format!("][{}]", page.file));
        let item = line.strip_prefix("- [");
        if let Some(Page { title, file, .. }) = item.and_then(|_| pages[1..].iter().find(is_link)) {
            // A part without pages is not listed.
            if let Some(part) = part.take() {
                summary.push_str(&format!("\n# {part}\n\n"));
            }
            summary.push_str(&format!("- [{title}]({file})\n"));
        }
    }
    summary
}

/// Whether an entry of rustdoc's output is of a published crate, or shared by all crates.
fn is_published(name: &str) -> bool {
    name.contains('.') || name.starts_with("squall")
}

fn copy(from: &Path, to: &Path) -> Result {
    if !from.is_dir() {
        fs::create_dir_all(to.parent().unwrap_or(to))?;
        fs::copy(from, to)?;
        return Ok(());
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(file: &str, title: &str, body: &str) -> Page {
        Page {
            file: file.to_owned(),
            title: title.to_owned(),
            body: body.to_owned(),
        }
    }

    #[test]
    fn summary_has_the_parts_of_the_front_page() {
        let front = "# Guide\n\n## Writing\n\n- [Routes][routes.md]: rules\n\n## Running\n\n- [Debug][debug.md]\n\n## Else\n\n| [Routes][routes.md] |\n";
        let pages = [
            page("README.md", "Guide", front),
            page("routes.md", "Routes", ""),
            page("debug.md", "Debug mode", ""),
        ];
        assert_eq!(
            summary(&pages),
            "# Summary\n\n[Guide](README.md)\n\n# Writing\n\n- [Routes](routes.md)\n\n\
             # Running\n\n- [Debug mode](debug.md)\n"
        );
    }

    #[test]
    fn links_to_items_stay_on_the_site() {
        let text =
            "\n[`Page`]: https://docs.rs/squall/latest/squall/struct.Page.html\n[a.md]: a.md\n";
        assert_eq!(
            source(&page("b.md", "B", "# B\n"), text),
            "# B\n\n\n[`Page`]: api/squall/struct.Page.html\n[a.md]: a.md\n"
        );
    }
}
