//! The check of `next`, the redirect target after a sign-in, against open redirects.

use percent_encoding::percent_decode_str;

/// Returns the text if it is a path of this site, with its query: `/me?tab=1`. `None` if a browser
/// could read it as the URL of another site, or if it is not valid in the header `Location`.
///
/// A safe path begins with exactly one slash, and has only printable ASCII characters and no
/// backslash, which browsers read as a slash. The same must hold for its beginning after
/// percent-decoding, since a proxy or handler may decode it once more.
///
/// ```
/// use squall_auth::safe_next;
///
/// assert_eq!(safe_next("/me?tab=1"), Some("/me?tab=1"));
/// assert_eq!(safe_next("https://evil.example/"), None);
/// assert_eq!(safe_next("//evil.example/"), None);
/// assert_eq!(safe_next(r"/\evil.example/"), None);
/// ```
#[must_use]
pub fn safe_next(next: &str) -> Option<&str> {
    let decoded: Vec<u8> = percent_decode_str(next).collect();
    // Browsers remove tabs and line ends anywhere: `/<tab>/evil.example` is another site.
    let begins_well = |path: &[u8]| {
        path.first() == Some(&b'/') && !matches!(path.get(1), Some(b'/' | b'\\' | ..=b' ' | 0x7f))
    };
    let is_printable = next
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (is_printable && begins_well(next.as_bytes()) && begins_well(&decoded)).then_some(next)
}
