//! Where a user may be sent after the sign-in: nowhere but to this site.

use percent_encoding::percent_decode_str;

/// The same text, if it is the path of a page of this site, with its query: `/me?tab=1`. `None` if a browser
/// might take it for another site's address, and if a redirect could not hold it.
///
/// It begins with one slash; it has printable ASCII characters only, and no backslash, which browsers take for a
/// slash. It must not be another site's address when it is decoded once more, either: somebody may do that on
/// the way.
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
    // Browsers leave out tabs and line ends, wherever they are: `/<tab>/evil.example` is another site.
    let begins_well = |path: &[u8]| {
        path.first() == Some(&b'/') && !matches!(path.get(1), Some(b'/' | b'\\' | ..=b' ' | 0x7f))
    };
    let is_printable = next
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (is_printable && begins_well(next.as_bytes()) && begins_well(&decoded)).then_some(next)
}
