//! Editor links: URLs that open a source file at a line.

use std::{path::Path, str::FromStr};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::ConfigError;

/// The editor for the links to source files.
///
/// Parsed from the name of an editor (`vscode`, `vscode-insiders`, `vscodium`, `cursor`,
/// `windsurf`, `zed`, `jetbrains`, `rustrover`, `emacs`, `macvim`, `sublime`, `textmate`), or from
/// a URL with the placeholders `{file}`, `{line}` and `{column}`. The editor must have registered
/// the URL's scheme; some need a plug-in for this.
///
/// ```
/// use squall_debug::{ConfigError, Editor};
///
/// let zed: Editor = "zed".parse()?;
/// let own: Editor = "my-editor://open?path={file}&line={line}".parse()?;
/// assert!("javascript:alert('{file}')".parse::<Editor>().is_err());
/// # Ok::<_, ConfigError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Editor(String);

const EDITORS: [(&str, &str); 12] = [
    ("vscode", "vscode://file{file}:{line}:{column}"),
    (
        "vscode-insiders",
        "vscode-insiders://file{file}:{line}:{column}",
    ),
    ("vscodium", "vscodium://file{file}:{line}:{column}"),
    ("cursor", "cursor://file{file}:{line}:{column}"),
    ("windsurf", "windsurf://file{file}:{line}:{column}"),
    ("zed", "zed://file{file}:{line}:{column}"),
    (
        "jetbrains",
        "jetbrains://idea/navigate/reference?path={file}:{line}:{column}",
    ),
    (
        "rustrover",
        "jetbrains://rustrover/navigate/reference?path={file}:{line}:{column}",
    ),
    (
        "emacs",
        "emacs://open?url=file://{file}&line={line}&column={column}",
    ),
    (
        "macvim",
        "mvim://open?url=file://{file}&line={line}&column={column}",
    ),
    (
        "sublime",
        "subl://open?url=file://{file}&line={line}&column={column}",
    ),
    (
        "textmate",
        "txmt://open?url=file://{file}&line={line}&column={column}",
    ),
];

/// Everything except characters that are literal both in a URL's path and in its query.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

impl Editor {
    pub(crate) fn url(&self) -> &str {
        &self.0
    }

    pub(crate) fn link(&self, file: &Path, line: u32, column: u32) -> Option<String> {
        let file = utf8_percent_encode(file.to_str()?, PATH).to_string();
        let link = self.0.replace("{file}", &file);
        let link = link.replace("{line}", &line.max(1).to_string());
        Some(link.replace("{column}", &column.max(1).to_string()))
    }
}

impl Default for Editor {
    fn default() -> Self {
        Self(EDITORS[0].1.to_owned())
    }
}

impl FromStr for Editor {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        if let Some((_, link)) = EDITORS.iter().find(|(name, _)| *name == text) {
            return Ok(Self((*link).to_owned()));
        }
        let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        // The browser would execute a URL with one of these schemes.
        let scripts = ["javascript", "data", "vbscript"];
        let is_script = scripts
            .iter()
            .any(|script| scheme.eq_ignore_ascii_case(script));
        if is_scheme && !is_script && text.contains("{file}") {
            Ok(Self(text.to_owned()))
        } else {
            Err(ConfigError::Editor(text.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{EDITORS, Editor};
    use crate::error::ConfigError;

    #[test]
    fn link_fills_in_the_placeholders() {
        for (editor, file, link) in [
            ("vscode", "/src/main.rs", "vscode://file/src/main.rs:7:3"),
            (
                "jetbrains",
                "/a b/é&c?.rs",
                "jetbrains://idea/navigate/reference?path=/a%20b/%C3%A9%26c%3F.rs:7:3",
            ),
            ("x://{file}#{line}", "/\"<>'#", "x:///%22%3C%3E%27%23#7"),
        ] {
            let editor: Editor = editor.parse().unwrap();
            let made = editor.link(Path::new(file), 7, 3);
            assert_eq!(made.as_deref(), Some(link));
        }
        for (name, _) in EDITORS {
            let link = name.parse::<Editor>().unwrap().link(Path::new("/f"), 1, 1);
            assert!(!link.unwrap().contains('{'), "{name}");
        }
    }

    #[test]
    fn invalid_editors_are_rejected() {
        for text in [
            "",
            "notepad",
            "vscode://file",
            "{file}",
            "javascript:alert('{file}')",
            "JavaScript:{file}",
            "data:text/html,{file}",
            " javascript:{file}",
            "java\nscript:{file}",
        ] {
            let error = text.parse::<Editor>().unwrap_err();
            assert_eq!(error, ConfigError::Editor(text.to_owned()));
            assert!(error.to_string().contains(&format!("{text:?}")));
        }
    }
}
