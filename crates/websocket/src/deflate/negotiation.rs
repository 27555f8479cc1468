//! Negotiation of permessage-deflate in the handshake (RFC 7692, section 7.1), as values.

use super::Compression;

const NAME: &str = "permessage-deflate";

/// The parameters that both sides use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Agreement {
    /// Whether our messages may refer to earlier ones.
    pub(crate) server_takeover: bool,
    /// Whether the client's messages may refer to earlier ones.
    pub(crate) client_takeover: bool,
    /// The logarithm of our window.
    pub(crate) server_window_bits: u8,
    // Whether the client has limited our window, which the response has to repeat.
    is_server_window_offered: bool,
    // The limit of the client's window, if the client can be limited.
    client_window_bits: Option<u8>,
}

/// An offer of a client.
#[derive(Debug, Default)]
struct Offer {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    /// `Some(None)` without a value: the client can be limited.
    client_max_window_bits: Option<Option<u8>>,
}

impl Agreement {
    /// Selects the first acceptable offer of the header `Sec-WebSocket-Extensions`, whose lines are joined by commas.
    /// Offers of other extensions and malformed ones are declined (RFC 7692, section 5.1).
    pub(crate) fn select(header: &str, settings: &Compression) -> Option<Self> {
        let offers = split(header, ',').filter_map(Offer::parse);
        offers.filter_map(|offer| offer.accept(settings)).next()
    }

    /// Returns the value of the response's header.
    pub(crate) fn response(&self) -> String {
        let mut text = NAME.to_owned();
        if !self.server_takeover {
            text.push_str("; server_no_context_takeover");
        }
        if !self.client_takeover {
            text.push_str("; client_no_context_takeover");
        }
        if self.is_server_window_offered || self.server_window_bits < 15 {
            text.push_str(&format!(
                "; server_max_window_bits={}",
                self.server_window_bits
            ));
        }
        if let Some(bits) = self.client_window_bits {
            text.push_str(&format!("; client_max_window_bits={bits}"));
        }
        text
    }
}

impl Offer {
    /// Parses one offer; `None` for another extension, and for unknown, repeated or malformed parameters.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = split(text, ';');
        if !parts.next()?.eq_ignore_ascii_case(NAME) {
            return None;
        }
        let mut offer = Self::default();
        for part in parts {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (name.trim(), Some(unquoted(value.trim())?)),
                None => (part, None),
            };
            let set =
                |flag: &mut bool| (value.is_none() && !std::mem::replace(flag, true)).then_some(());
            match name {
                "server_no_context_takeover" => set(&mut offer.server_no_context_takeover)?,
                "client_no_context_takeover" => set(&mut offer.client_no_context_takeover)?,
                "server_max_window_bits" => {
                    let before = offer.server_max_window_bits.replace(window_bits(value?)?);
                    before.is_none().then_some(())?;
                }
                "client_max_window_bits" => {
                    let bits = match value {
                        Some(value) => Some(window_bits(value)?),
                        None => None,
                    };
                    let before = offer.client_max_window_bits.replace(bits);
                    before.is_none().then_some(())?;
                }
                _ => return None,
            }
        }
        Some(offer)
    }

    fn accept(self, settings: &Compression) -> Option<Agreement> {
        let offered = self.server_max_window_bits;
        // zlib cannot compress with a window of 256 bytes.
        if offered == Some(8) {
            return None;
        }
        let is_limited = settings.window_bits < 15;
        let client_window_bits = match self.client_max_window_bits {
            // The client cannot be limited. Its window costs us nothing: coders have room for the largest.
            None => None,
            Some(None) => is_limited.then_some(settings.window_bits),
            Some(Some(bits)) => Some(bits.min(settings.window_bits)),
        };
        Some(Agreement {
            server_takeover: settings.context_takeover && !self.server_no_context_takeover,
            client_takeover: settings.context_takeover && !self.client_no_context_takeover,
            server_window_bits: offered.unwrap_or(15).min(settings.window_bits),
            is_server_window_offered: offered.is_some(),
            client_window_bits,
        })
    }
}

/// Parses 8 to 15, without leading zeros.
fn window_bits(text: &str) -> Option<u8> {
    let bits: u8 = match text.as_bytes() {
        [digit @ b'8'..=b'9'] => digit - b'0',
        [b'1', digit @ b'0'..=b'5'] => 10 + digit - b'0',
        _ => return None,
    };
    Some(bits)
}

/// Returns a value without its quotes. Values of this extension have no characters to escape.
fn unquoted(value: &str) -> Option<&str> {
    match value.strip_prefix('"') {
        Some(value) => value.strip_suffix('"'),
        None => Some(value),
    }
}

/// Splits at a separator outside of quotes, and trims the parts.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    let parts = text.split(move |c: char| {
        is_quoted ^= c == '"';
        c == separator && !is_quoted
    });
    parts.map(|part| part.trim_matches([' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: &str =
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    #[test]
    fn offers_that_are_accepted() {
        let default = Compression::new();
        let small = Compression::new().max_window_bits(10);
        let takeover = Compression::new().context_takeover(true);
        let bits = |text: &str| format!("{DEFAULT}; {text}");
        for (settings, offer, wanted) in [
            (default, "permessage-deflate", DEFAULT.to_owned()),
            (default, "Permessage-Deflate", DEFAULT.to_owned()),
            (
                default,
                "permessage-deflate; client_max_window_bits",
                DEFAULT.to_owned(),
            ),
            (
                default,
                "permessage-deflate ;\tserver_no_context_takeover",
                DEFAULT.to_owned(),
            ),
            (
                default,
                "permessage-deflate; server_max_window_bits=9",
                bits("server_max_window_bits=9"),
            ),
            (
                default,
                "permessage-deflate; server_max_window_bits=\"12\"",
                bits("server_max_window_bits=12"),
            ),
            (
                default,
                "permessage-deflate; server_max_window_bits = 15",
                bits("server_max_window_bits=15"),
            ),
            (
                default,
                "permessage-deflate; client_max_window_bits=8",
                bits("client_max_window_bits=8"),
            ),
            (
                small,
                "permessage-deflate; client_max_window_bits",
                bits("server_max_window_bits=10; client_max_window_bits=10"),
            ),
            (
                small,
                "permessage-deflate",
                bits("server_max_window_bits=10"),
            ),
            (
                small,
                "permessage-deflate; server_max_window_bits=9; client_max_window_bits=15",
                bits("server_max_window_bits=9; client_max_window_bits=10"),
            ),
            (
                takeover,
                "permessage-deflate",
                "permessage-deflate".to_owned(),
            ),
            (
                takeover,
                "permessage-deflate; client_no_context_takeover",
                "permessage-deflate; client_no_context_takeover".to_owned(),
            ),
            // The first that is acceptable.
            (
                default,
                "x-other; a=\"b,c\", permessage-deflate; unknown, permessage-deflate; server_max_window_bits=8, \
                 permessage-deflate; server_max_window_bits=11, permessage-deflate",
                bits("server_max_window_bits=11"),
            ),
        ] {
            let agreement = Agreement::select(offer, &settings);
            assert_eq!(
                agreement.map(|agreement| agreement.response()),
                Some(wanted),
                "{offer}"
            );
        }
    }

    #[test]
    fn offers_that_are_declined() {
        for offer in [
            "",
            ",",
            "x-webkit-deflate-frame",
            "permessage-bzip2",
            "permessage-deflate2",
            "permessage-deflate; unknown",
            "permessage-deflate;",
            "permessage-deflate; ; client_max_window_bits",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
            "permessage-deflate; client_no_context_takeover=",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=",
            "permessage-deflate; server_max_window_bits=7",
            "permessage-deflate; server_max_window_bits=8",
            "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits=010",
            "permessage-deflate; server_max_window_bits=+9",
            "permessage-deflate; server_max_window_bits=\"9",
            "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9",
            "permessage-deflate; client_max_window_bits=7",
            "permessage-deflate; client_max_window_bits; client_max_window_bits",
            "permessage-deflate; CLIENT_max_window_bits",
        ] {
            assert_eq!(
                Agreement::select(offer, &Compression::new()),
                None,
                "{offer}"
            );
        }
    }
}
