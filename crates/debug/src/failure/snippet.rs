//! Snippets: the lines of a text around a line of interest.

use std::path::{Path, PathBuf};

/// The number of lines before and after the line of interest.
const AROUND: usize = 5;

/// Lines of a text that explain a failure, such as a template; passed to
/// [`Failure::with_snippet`](crate::Failure::with_snippet).
#[derive(Clone, Debug)]
pub struct Snippet {
    title: String,
    file: Option<PathBuf>,
    excerpt: Excerpt,
}

impl Snippet {
    /// Takes the lines of `text` around `line`, which is counted from 1. The title is shown above
    /// them, such as the name of a template.
    pub fn new(title: impl Into<String>, text: &str, line: u32) -> Self {
        Self {
            title: title.into(),
            file: None,
            excerpt: Excerpt::around(text, line),
        }
    }

    /// Sets the path of the text, for the editor link. Default: no path.
    #[must_use]
    pub fn file(mut self, file: impl Into<PathBuf>) -> Self {
        self.file = Some(file.into());
        self
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    pub(crate) fn path(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    pub(crate) fn excerpt(&self) -> &Excerpt {
        &self.excerpt
    }
}

/// Lines of a text, and the number of the line of interest.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Excerpt {
    pub(crate) first: u32,
    pub(crate) line: u32,
    pub(crate) lines: Vec<String>,
}

impl Excerpt {
    /// Empty if the text has no such line.
    pub(crate) fn around(text: &str, line: u32) -> Self {
        let index = (line as usize).saturating_sub(1);
        let start = index.saturating_sub(AROUND);
        let all = text.lines().skip(start);
        let mut lines: Vec<_> = all.take(index - start + 1 + AROUND).collect();
        if lines.len() <= index - start {
            lines.clear();
        }
        Self {
            first: start as u32 + 1,
            line,
            lines: without_common_indent(&lines),
        }
    }

    /// Iterates over the lines with their numbers.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u32, &str)> {
        (self.first..).zip(self.lines.iter().map(String::as_str))
    }
}

/// Removes the common indentation.
fn without_common_indent(lines: &[&str]) -> Vec<String> {
    let indent = |line: &&str| line.len() - line.trim_start_matches(' ').len();
    let filled = lines.iter().filter(|line| !line.trim().is_empty());
    let common = filled.map(indent).min().unwrap_or(0);
    lines
        .iter()
        .map(|line| line.get(common..).unwrap_or("").to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Excerpt;

    #[test]
    fn excerpt_is_clamped_to_the_text() {
        let text: String = (1..=20).map(|n| format!("line {n}\n")).collect();
        for (line, first, last) in [
            (1, 1, 6),
            (3, 1, 8),
            (10, 5, 15),
            (18, 13, 20),
            (20, 15, 20),
        ] {
            let excerpt = Excerpt::around(&text, line);
            let numbered: Vec<_> = excerpt.numbered().collect();
            let named: Vec<_> = (first..=last).map(|n| (n, format!("line {n}"))).collect();
            let named: Vec<_> = named.iter().map(|(n, line)| (*n, line.as_str())).collect();
            assert_eq!(numbered, named, "{line}");
        }
        for (text, line) in [(text.as_str(), 21), (text.as_str(), u32::MAX), ("", 1)] {
            assert!(Excerpt::around(text, line).lines.is_empty(), "{line}");
        }
    }

    #[test]
    fn common_indentation_is_removed() {
        for (text, wanted) in [
            ("    a\n\n      b", &["a", "", "  b"][..]),
            ("\ta\n    b", &["\ta", "    b"]),
            ("  \n    a", &["", "a"]),
            ("a", &["a"]),
        ] {
            assert_eq!(Excerpt::around(text, 1).lines, wanted, "{text:?}");
        }
    }
}
