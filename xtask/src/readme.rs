//! The README of each crate, rendered from the documentation at the top of its `lib.rs`.

use std::fs;

use crate::Result;
use crate::command::root;
use crate::repository::{File, files};

/// Every crate's documentation has a section with one of these headings; the example stands before it.
const LIMITS: [&str; 2] = ["Limits", "What it does not do"];

/// A README that a crate should have.
pub(crate) struct Page {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Writes the README of each published crate but the facade, whose README is that of the workspace.
pub(crate) fn write() -> Result {
    for page in pages(&files()?) {
        fs::write(root().join(&page.path), page.text)?;
    }
    Ok(())
}

pub(crate) fn pages(files: &[File]) -> Vec<Page> {
    files
        .iter()
        .filter(|manifest| manifest.is_published() && !manifest.text.contains("\nreadme = "))
        .filter_map(|manifest| page(files, manifest))
        .collect()
}

fn page(files: &[File], manifest: &File) -> Option<Page> {
    let folder = manifest.path.strip_suffix("/Cargo.toml")?;
    let text = |name: &str| {
        let path = format!("{folder}/src/{name}");
        Some(&*files.iter().find(|file| file.path == path)?.text)
    };
    let documentation = documentation(text("lib.rs").or_else(|| text("main.rs"))?);
    let name = manifest.value("name")?;
    let mut page = format!(
        "<!-- Written by `cargo xtask readme` from `src`. -->\n\n# {name}\n\n{}",
        markdown(&documentation)
    );
    if let Some(section) = example(files, folder) {
        let place = limits(&page).unwrap_or(page.len());
        page.insert_str(place, &section);
    }
    page.push_str(
        "\n## Licence\n\nMIT or Apache-2.0, at your choice. \
         A part of [squall](https://docs.rs/squall), and of use without it.\n",
    );
    Some(Page {
        path: format!("{folder}/README.md"),
        text: page,
    })
}

/// Where the section of limits begins.
pub(crate) fn limits(page: &str) -> Option<usize> {
    LIMITS
        .iter()
        .find_map(|heading| page.find(&format!("\n## {heading}\n")))
        .map(|at| at + 1)
}

/// The lines of a file's `//!` comments.
fn documentation(source: &str) -> Vec<&str> {
    source
        .lines()
        .filter_map(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect()
}

/// The first example beside axum, or else beside hyper.
fn example(files: &[File], folder: &str) -> Option<String> {
    let find = |library: &str| {
        let start = format!("{folder}/examples/{library}");
        let file = files
            .iter()
            .filter(|file| file.path.starts_with(&start) && file.path.ends_with(".rs"))
            .min_by_key(|file| &file.path)?;
        Some((library.to_owned(), file))
    };
    let (library, file) = find("axum").or_else(|| find("hyper"))?;
    let words = markdown(&documentation(&file.text));
    let code: String = file
        .text
        .lines()
        .skip_while(|line| line.starts_with("//!") || line.is_empty())
        .map(|line| format!("{line}\n"))
        .collect();
    Some(format!(
        "## Beside {library}\n\n{words}\n```rust\n{code}```\n\n"
    ))
}

/// Rustdoc's Markdown as that of a plain page: headings one level down, code blocks of Rust named
/// and without hidden lines, links to items as their text.
fn markdown(lines: &[&str]) -> String {
    let mut page = String::new();
    let mut paragraph = String::new();
    let mut block: Option<bool> = None;
    for line in lines {
        match (block, line.strip_prefix("```")) {
            (None, Some(language)) => {
                page.push_str(&without_item_links(&paragraph));
                paragraph.clear();
                let is_rust = language.split(',').all(is_rust);
                let shown = if is_rust { "rust" } else { language };
                page.push_str(&format!("```{shown}\n"));
                block = Some(is_rust);
            }
            (Some(_), Some(_)) => {
                page.push_str("```\n");
                block = None;
            }
            (Some(true), None) if *line == "#" || line.trim_start().starts_with("# ") => {}
            (Some(true), None) if line.trim_start().starts_with("##") => {
                page.push_str(&format!("{}\n", line.replacen("##", "#", 1)));
            }
            (Some(_), None) => page.push_str(&format!("{line}\n")),
            (None, None) if line.starts_with('#') => paragraph.push_str(&format!("#{line}\n")),
            (None, None) => paragraph.push_str(&format!("{line}\n")),
        }
    }
    page.push_str(&without_item_links(&paragraph));
    page
}

/// Whether rustdoc compiles a block with this word after its fence.
fn is_rust(word: &str) -> bool {
    [
        "",
        "rust",
        "no_run",
        "ignore",
        "should_panic",
        "compile_fail",
    ]
    .contains(&word.trim())
}

/// Replaces links that only rustdoc can resolve by their text. Links to addresses stay.
fn without_item_links(text: &str) -> String {
    // Definitions of links to items, such as `[minijinja]: squall_templates::minijinja`.
    let is_item_definition = |line: &str| {
        line.starts_with('[')
            && line
                .split_once("]: ")
                .is_some_and(|(_, target)| !is_address(target))
    };
    let text: String = text
        .split_inclusive('\n')
        .filter(|line| !is_item_definition(line))
        .collect();
    let mut out = String::new();
    let mut rest = &*text;
    while let Some(at) = rest.find(['[', '`']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = if rest.starts_with('`') {
            let end = code_span(rest);
            out.push_str(&rest[..end]);
            end
        } else {
            link(rest, &text, &mut out)
        };
        rest = &rest[taken..];
    }
    out.push_str(rest);
    out
}

/// The length of the code span that begins here.
fn code_span(text: &str) -> usize {
    text[1..].find('`').map_or(1, |end| end + 2)
}

/// Renders the link that begins here, and returns the length of its source.
fn link(text: &str, page: &str, out: &mut String) -> usize {
    let Some(end) = closing_bracket(text) else {
        out.push('[');
        return 1;
    };
    let words = &text[1..end];
    let after = &text[end + 1..];
    let (target, taken) = match after
        .strip_prefix('(')
        .and_then(|rest| rest.split_once(')'))
    {
        Some((target, _)) => (Some(target), end + 1 + target.len() + 2),
        None => (None, end + 1),
    };
    let is_defined = page.contains(&format!("\n[{words}]: "));
    let is_item = match target {
        Some(target) => !is_address(target),
        None => !is_defined && words.trim_matches('`').chars().all(is_path),
    };
    out.push_str(if is_item { words } else { &text[..taken] });
    taken
}

fn closing_bracket(text: &str) -> Option<usize> {
    let mut at = 1;
    loop {
        at += text[at..].find([']', '`'])?;
        if text[at..].starts_with(']') {
            return Some(at);
        }
        at += code_span(&text[at..]);
    }
}

/// Whether a path of Rust's may contain this.
fn is_path(c: char) -> bool {
    c.is_alphanumeric() || "_:<>()!".contains(c)
}

fn is_address(target: &str) -> bool {
    target.contains("://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links() {
        for (text, wanted) in [
            ("[`Layer`] and [`Layer::new`].", "`Layer` and `Layer::new`."),
            ("the [limit](Layer::limit) of it", "the limit of it"),
            ("[`a`](Layer::a)", "`a`"),
            (
                "[Babel](https://babel.test) finds",
                "[Babel](https://babel.test) finds",
            ),
            ("a list `x[0]`, `[y](z)`", "a list `x[0]`, `[y](z)`"),
            ("[two\nlines](Layer)", "two\nlines"),
            ("[`of [nested]`](Layer)", "`of [nested]`"),
            ("an open [ one", "an open [ one"),
            ("text [not a link] here", "text [not a link] here"),
            (
                "by [minijinja].\n\n[minijinja]: https://minijinja.test\n",
                "by [minijinja].\n\n[minijinja]: https://minijinja.test\n",
            ),
            ("[`x`].\n\n[`x`]: crate::x\n", "`x`.\n\n"),
            ("by [minijinja]", "by minijinja"),
            ("", ""),
        ] {
            assert_eq!(without_item_links(text), wanted, "{text}");
        }
    }

    #[test]
    fn blocks_and_headings() {
        let lines = [
            "What it is.",
            "",
            "# Use",
            "",
            "```no_run",
            "# fn main() {",
            "#[derive(Clone)]",
            "    ## shown",
            "let x = [`a`];",
            "#",
            "# }",
            "```",
            "```console",
            "# make",
            "```",
        ];
        assert_eq!(
            markdown(&lines),
            "What it is.\n\n## Use\n\n```rust\n#[derive(Clone)]\n    # shown\nlet x = [`a`];\n```\n\
             ```console\n# make\n```\n"
        );
    }

    #[test]
    fn a_page() {
        let file = |path: &str, text: &str| File {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let files = [
            file("crates/a/Cargo.toml", "[package]\nname = \"squall-a\"\n"),
            file(
                "crates/a/src/lib.rs",
                "//! Makes [`A`].\n//!\n//! # Limits\n//!\n//! B.\n\nmod a;\n",
            ),
            file(
                "crates/a/examples/axum_b.rs",
                "//! The second.\n\nfn main() {}\n",
            ),
            file(
                "crates/a/examples/axum_a.rs",
                "//! Serves.\n\nfn main() {}\n",
            ),
            file(
                "crates/t/Cargo.toml",
                "[package]\nname = \"t\"\npublish = false\n",
            ),
            file("crates/t/src/lib.rs", "//! T.\n"),
        ];
        let pages = pages(&files);
        let [page] = &*pages else { panic!("one page") };
        assert_eq!(page.path, "crates/a/README.md");
        assert_eq!(
            page.text,
            "<!-- Written by `cargo xtask readme` from `src`. -->\n\n# squall-a\n\nMakes `A`.\n\n\
             ## Beside axum\n\nServes.\n\n```rust\nfn main() {}\n```\n\n\
             ## Limits\n\nB.\n\n## Licence\n\nMIT or Apache-2.0, at your choice. \
             A part of [squall](https://docs.rs/squall), and of use without it.\n"
        );
    }
}
