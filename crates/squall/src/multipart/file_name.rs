//! `safe_file_name`: the client's name of a file as a component of a path.

/// The bytes of a name. File systems take 255; a program can still add to it.
const MAX: usize = 200;

/// The bytes of an extension that is kept when a name is cut.
const MAX_EXTENSION: usize = 20;

/// Returns the last component of a client's file name so that it can be a file in a directory, on any
/// system; `None` if nothing of it is left.
///
/// - It ends at the last `/` or `\`, so it cannot leave the directory.
/// - Control characters (NUL and newlines) and marks that change the direction of text are removed;
///   `<>:"|?*` become `_`.
/// - Dots and blanks at the beginning and the end are removed: no name is hidden, `.` or `..`.
/// - Names of Windows devices (`CON`, `nul.txt`) get an underscore in front.
/// - It has at most 200 bytes, the extension included.
///
/// Two names can become the same. The name says nothing about the content, and a server can give it a
/// meaning (`.html`): serve uploads from a host of their own, or as attachments.
///
/// # Examples
///
/// ```
/// use squall::safe_file_name;
///
/// assert_eq!(safe_file_name("../../etc/passwd").as_deref(), Some("passwd"));
/// assert_eq!(safe_file_name("C:\\photos\\sea.jpg").as_deref(), Some("sea.jpg"));
/// assert_eq!(safe_file_name(".."), None);
/// ```
#[must_use]
pub fn safe_file_name(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let characters = last
        .chars()
        .filter(|&c| !c.is_control() && !is_direction_mark(c));
    let safe: String = characters
        .map(|c| if r#"<>:"|?*"#.contains(c) { '_' } else { c })
        .collect();
    let is_edge = |c: char| c == '.' || c.is_whitespace();
    let safe = safe.trim_matches(is_edge);
    let safe = match is_device(safe) {
        true => format!("_{safe}"),
        false => safe.to_owned(),
    };
    let safe = shortened(safe);
    (!safe.is_empty()).then_some(safe)
}

/// Whether a character is invisible and changes how a name is shown, such as one that
/// reverses the letters of an extension.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Whether Windows opens a device by this name, whatever the extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let stem = stem.to_ascii_uppercase();
    if ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&&*stem) {
        return true;
    }
    let number = stem
        .strip_prefix("COM")
        .or_else(|| stem.strip_prefix("LPT"));
    let mut number = number.unwrap_or_default().chars();
    let first = number.next();
    first.is_some_and(|c| c.is_ascii_digit() || "¹²³".contains(c)) && number.next().is_none()
}

/// Cuts the stem of a name that is too long.
fn shortened(name: String) -> String {
    if name.len() <= MAX {
        return name;
    }
    let extension = name.rfind('.').map_or("", |dot| &name[dot..]);
    let extension = if extension.len() > MAX_EXTENSION {
        ""
    } else {
        extension
    };
    let mut end = MAX - extension.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let stem = name[..end].trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    format!("{stem}{extension}")
}

#[cfg(test)]
mod tests {
    use super::safe_file_name;

    #[test]
    fn names_are_one_safe_component() {
        for (name, safe) in [
            ("photo.jpg", Some("photo.jpg")),
            ("Übersicht 2026.pdf", Some("Übersicht 2026.pdf")),
            ("写真.jpg", Some("写真.jpg")),
            ("a.tar.gz", Some("a.tar.gz")),
            ("a b", Some("a b")),
            // Directories.
            ("../../etc/passwd", Some("passwd")),
            ("/etc/passwd", Some("passwd")),
            ("..\\..\\boot.ini", Some("boot.ini")),
            ("C:\\photos\\sea.jpg", Some("sea.jpg")),
            ("C:sea.jpg", Some("C_sea.jpg")),
            ("\\\\server\\share\\a", Some("a")),
            ("a/", None),
            ("a/..", None),
            ("..", None),
            (".", None),
            ("...", None),
            ("", None),
            (" ", None),
            (". .", None),
            // Hidden names, and ends that Windows ignores.
            (".htaccess", Some("htaccess")),
            ("..a..", Some("a")),
            (" a.txt ", Some("a.txt")),
            ("a.txt.", Some("a.txt")),
            ("a.txt. . ", Some("a.txt")),
            // Control characters.
            ("a\0.txt", Some("a.txt")),
            ("a.jpg\0.php", Some("a.jpg.php")),
            ("a\r\nSet-Cookie: b", Some("aSet-Cookie_ b")),
            ("\n..\n", None),
            (".\0.", None),
            ("a\u{85}b\u{7f}c\x1b[31m", Some("abc[31m")),
            ("photo\u{202e}gpj.exe", Some("photogpj.exe")),
            ("\u{feff}a", Some("a")),
            // Characters and names of Windows.
            ("a<b>c:d\"e|f?g*h", Some("a_b_c_d_e_f_g_h")),
            ("a.txt:stream", Some("a.txt_stream")),
            ("CON", Some("_CON")),
            ("con.txt", Some("_con.txt")),
            ("nul .txt", Some("_nul .txt")),
            ("Com1.tar.gz", Some("_Com1.tar.gz")),
            ("COM¹", Some("_COM¹")),
            ("lpt9", Some("_lpt9")),
            ("CONOUT$", Some("_CONOUT$")),
            ("COM10", Some("COM10")),
            ("COM", Some("COM")),
            ("console.log", Some("console.log")),
            // No decoding: the name is a text.
            ("%2e%2e%2fa", Some("%2e%2e%2fa")),
        ] {
            let found = safe_file_name(name);
            assert_eq!(found.as_deref(), safe, "{name:?}");
            // The result is its own safe name.
            if let Some(found) = found {
                assert_eq!(safe_file_name(&found), Some(found.clone()), "{name:?}");
            }
        }
    }

    #[test]
    fn long_names_are_cut_and_keep_their_extension() {
        for (name, length, end) in [
            (format!("{}.jpg", "a".repeat(300)), 200, "a.jpg"),
            (format!("{}.jpg", "写".repeat(100)), 199, "写.jpg"),
            (format!("{}.jpg", "a ".repeat(150)), 199, "a.jpg"),
            (format!("a.{}", "b".repeat(300)), 200, "bb"),
            (format!("CON{}", ".".repeat(300)), 4, "_CON"),
        ] {
            let safe = safe_file_name(&name).unwrap();
            assert_eq!(safe.len(), length, "{safe}");
            assert!(safe.ends_with(end), "{safe}");
            assert_eq!(safe_file_name(&safe), Some(safe.clone()));
        }
    }
}
