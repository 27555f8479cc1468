//! Links that open a file in an editor.

use std::{path::Path, str::FromStr};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::ConfigError;

/// The editor that links open.
///
/// It is made from the name of an editor (`vscode`, `vscode-insiders`, `vscodium`, `cursor`, `windsurf`, `zed`, `jetbrains`,
/// `rustrover`, `emacs`, `macvim`, `sublime`, `textmate`), or from a URL of your own in which `{file}`, `{line}` and `{column}` are
/// replaced. The scheme has to be registered by the editor, which some do only with a plug-in.
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

const KNOWN: [(&str, &str); 12] = [
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

/// What may stand in a path as it is, whether that is in a URL's path or in its query.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

impl Editor {
    pub(crate) fn link(&self, file: &Path, line: u32, column: u32) -> Option<String> {
        let file = utf8_percent_encode(file.to_str()?, PATH).to_string();
        let link = self.0.replace("{file}", &file);
        let link = link.replace("{line}", &line.max(1).to_string());
        Some(link.replace("{column}", &column.max(1).to_string()))
    }
}

impl Default for Editor {
    fn default() -> Self {
        Self(KNOWN[0].1.to_owned())
    }
}

impl FromStr for Editor {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        if let Some((_, link)) = KNOWN.iter().find(|(name, _)| *name == text) {
            return Ok(Self((*link).to_owned()));
        }
        let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        // These would run what they carry.
        let runs = ["javascript", "data", "vbscript"];
        let runs = runs.iter().any(|runs| scheme.eq_ignore_ascii_case(runs));
        if is_scheme && !runs && text.contains("{file}") {
            Ok(Self(text.to_owned()))
        } else {
            Err(ConfigError::Editor(text.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Editor, KNOWN};
    use crate::ConfigError;

    #[test]
    fn links() {
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
        for (name, _) in KNOWN {
            let link = name.parse::<Editor>().unwrap().link(Path::new("/f"), 1, 1);
            assert!(!link.unwrap().contains('{'), "{name}");
        }
    }

    #[test]
    fn what_is_no_editor() {
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
