//! Masking of secrets, by name or by format.

use percent_encoding::percent_decode_str;

/// The replacement of a secret.
pub(crate) const MASK: &str = "[hidden]";

/// Names that contain one of these are secret. Case and characters such as `-`, `_` and `.` are
/// ignored.
const CONTAIN: [&str; 25] = [
    "accesskey",
    "apikey",
    "assertion",
    "authoriz",
    "bearer",
    "cardnumber",
    "clientcert",
    "cookie",
    "credential",
    "creditcard",
    "csrf",
    "cvv",
    "jwt",
    "oauth",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "private",
    "remember",
    "secret",
    "sess",
    "signature",
    "token",
    "xsrf",
];

/// Names that end with one of these are secret. Matched anywhere, they would hide `monkeys` and
/// `considered`.
const END: [&str; 10] = [
    "auth", "hmac", "key", "nonce", "otp", "pass", "pin", "pwd", "sid", "sig",
];

/// Names that are secret if they are equal, such as the authorization code of OAuth.
const ARE: [&str; 4] = ["code", "cvc", "iban", "ssn"];

/// A cookie of this length is usually a session key.
const LONG_COOKIE: usize = 20;

/// The built-in names, and those of the configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mask {
    /// Normalized names.
    hidden: Vec<String>,
}

impl Mask {
    /// Adds a name; all names that contain it are secret.
    pub(crate) fn add(&mut self, name: &str) {
        let name = normal(name);
        // Every name contains the empty string.
        if !name.is_empty() {
            self.hidden.push(name);
        }
    }

    /// Whether a header, cookie, parameter or field of this name is secret.
    pub(crate) fn is_secret(&self, name: &str) -> bool {
        let name = normal(name);
        CONTAIN.iter().any(|part| name.contains(part))
            || END.iter().any(|end| name.ends_with(end))
            || ARE.contains(&name.as_str())
            || self.hidden.iter().any(|part| name.contains(part))
    }

    /// Returns the decoded value, or the mask.
    pub(crate) fn value(&self, name: &str, value: &str) -> String {
        if self.is_secret(name) || looks_secret(value) {
            return MASK.to_owned();
        }
        // A value with a query, such as a `Referer` or the target of a login redirect.
        match value.split_once('?') {
            Some((path, query)) => format!("{path}?{}", self.query(query)),
            None => value.to_owned(),
        }
    }

    pub(crate) fn cookie(&self, name: &str, value: &str) -> String {
        if value.len() >= LONG_COOKIE {
            return MASK.to_owned();
        }
        self.value(name, value)
    }

    /// Masks the secrets in an encoded query.
    pub(crate) fn query(&self, query: &str) -> String {
        let pairs = query.split('&').map(|pair| {
            let Some((name, value)) = pair.split_once('=') else {
                return if looks_secret(&decode(pair)) {
                    MASK
                } else {
                    pair
                }
                .to_owned();
            };
            let decoded = self.value(&decode(name), &decode(value));
            // A value without secrets keeps its encoding.
            if decoded == decode(value) {
                pair.to_owned()
            } else {
                format!("{name}={MASK}")
            }
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// Masks the segments of an encoded path that contain a secret parameter.
    pub(crate) fn path(&self, path: &str, params: &[(String, String)]) -> String {
        let secrets = params.iter().filter(|(name, value)| {
            !value.is_empty() && (self.is_secret(name) || looks_secret(value))
        });
        let secrets: Vec<_> = secrets.map(|(_, value)| value).collect();
        let segments = path.split('/').map(|segment| {
            let decoded = percent_decode_str(segment).decode_utf8_lossy();
            let is_secret = |secret: &&String| {
                // A parameter can span several segments.
                decoded.contains(secret.as_str()) || secret.split('/').any(|part| part == decoded)
            };
            if !segment.is_empty() && secrets.iter().any(is_secret) || looks_secret(&decoded) {
                MASK
            } else {
                segment
            }
        });
        segments.collect::<Vec<_>>().join("/")
    }
}

/// Detects HTTP credentials, JSON Web Tokens and Tornado's signed values.
fn looks_secret(value: &str) -> bool {
    let lower = value.trim_start().to_ascii_lowercase();
    ["basic ", "bearer ", "digest ", "negotiate ", "2|1:"]
        .iter()
        .any(|begin| lower.starts_with(begin))
        || lower.starts_with("eyj") && lower.contains('.')
}

/// Decodes form encoding, in which `+` is a space.
fn decode(text: &str) -> String {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

fn normal(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::{MASK, Mask};

    fn mask() -> Mask {
        let mut mask = Mask::default();
        mask.add("Shoe-Size");
        mask.add("-");
        mask
    }

    #[test]
    fn harmless_names_are_shown() {
        for name in [
            "accept",
            "author",
            "authority",
            "basket",
            "body",
            "compass_bearing",
            "country_code",
            "dnt",
            "host",
            "id",
            "keyboard",
            "keyword",
            "monkeys",
            "name",
            "origin",
            "page",
            "passenger",
            "q",
            "shoe",
            "spinner",
            "state",
            "theme",
            "user-agent",
        ] {
            assert!(!mask().is_secret(name), "{name}");
        }
    }

    #[test]
    fn configured_names_are_hidden() {
        for name in ["shoe_size", "SHOESIZE", "my.shoe.size[0]"] {
            assert!(mask().is_secret(name), "{name}");
        }
    }

    #[test]
    fn secrets_in_queries_are_hidden() {
        for (query, shown) in [
            ("", ""),
            ("a=b&c", "a=b&c"),
            ("token=x&page=2", "token=[hidden]&page=2"),
            ("page=2&t%6Fken=x%26y", "page=2&t%6Fken=[hidden]"),
            ("user%5Bpassword%5D=x", "user%5Bpassword%5D=[hidden]"),
            ("token", "token"),
            ("eyJhbGciOiJI.e30.c2ln&a=b", "[hidden]&a=b"),
            ("token=", "token=[hidden]"),
            ("token=a=b", "token=[hidden]"),
            ("next=/login%3Ftoken%3Dx", "next=[hidden]"),
            ("next=/login%3Fpage%3D2", "next=/login%3Fpage%3D2"),
            ("x=Bearer+y", "x=[hidden]"),
            ("x=eyJhbGciOiJI.e30.c2ln", "x=[hidden]"),
            ("x=eye", "x=eye"),
        ] {
            assert_eq!(mask().query(query), shown);
        }
    }

    #[test]
    fn secrets_in_paths_are_hidden() {
        for (path, name, value, shown) in [
            ("/reset/abc", "id", "abc", "/reset/abc"),
            ("/reset/abc", "token", "abc", "/reset/[hidden]"),
            ("/reset/a%62c/x", "token", "abc", "/reset/[hidden]/x"),
            ("/f/a/b", "secret_path", "a/b", "/f/[hidden]/[hidden]"),
            ("/f/abc.txt", "token", "abc", "/f/[hidden]"),
            ("//", "token", "", "//"),
            ("/eyJhbGciOiJI.e30.c2ln", "id", "", "/[hidden]"),
        ] {
            let params = [(name.to_owned(), value.to_owned())];
            assert_eq!(mask().path(path, &params), shown);
        }
    }

    #[test]
    fn credentials_are_hidden_under_any_name() {
        let mask = mask();
        for value in [
            "Basic dTpw",
            "bearer x",
            "2|1:0|10:1|4:user|4:eA==|f00d",
            "eyJh.e30.x",
        ] {
            assert_eq!(mask.value("x", value), MASK, "{value}");
        }
        assert_eq!(mask.cookie("theme", "dark"), "dark");
        assert_eq!(mask.cookie("theme", &"x".repeat(20)), MASK);
        let referer = "http://localhost/a?code=x&b=c";
        assert_eq!(
            mask.value("referer", referer),
            "http://localhost/a?code=[hidden]&b=c"
        );
    }
}
