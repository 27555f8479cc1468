//! Names of headers: `HTTP_ACCEPT_LANGUAGE` is `accept-language`.

use squall::http::HeaderName;

/// The longest name that is converted without an allocation, in bytes.
const USUAL: usize = 64;

/// Returns the header of a variable, without its `HTTP_`; `None` if it is no token.
pub(crate) fn name(variable: &str) -> Option<HeaderName> {
    let lower = |byte: u8| match byte {
        b'_' => b'-',
        byte => byte.to_ascii_lowercase(),
    };
    if variable.len() <= USUAL {
        let mut name = [0; USUAL];
        for (to, from) in name.iter_mut().zip(variable.bytes()) {
            *to = lower(from);
        }
        return HeaderName::from_bytes(&name[..variable.len()]).ok();
    }
    let name: Vec<u8> = variable.bytes().map(lower).collect();
    HeaderName::from_bytes(&name).ok()
}

#[cfg(test)]
mod tests {
    use super::{HeaderName, USUAL, name};

    #[test]
    fn names() {
        for (variable, expected) in [
            ("HOST", Some("host")),
            ("ACCEPT_LANGUAGE", Some("accept-language")),
            ("X_A_B", Some("x-a-b")),
            ("X", Some("x")),
            ("", None),
            ("A B", None),
            ("A:B", None),
            ("\u{e4}", None),
        ] {
            assert_eq!(name(variable).as_ref().map(HeaderName::as_str), expected);
        }
        let long = "X".repeat(USUAL + 1);
        assert_eq!(name(&long).unwrap().as_str().len(), USUAL + 1);
    }
}
