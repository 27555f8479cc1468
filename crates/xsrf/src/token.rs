//! Tokens in the format of Tornado: 16 random bytes, in version 2 with a new mask each time.
//!
//! ```text
//! 2|<mask: 4 bytes>|<token, masked>|<time in seconds>      bytes in hexadecimal digits
//! ```
//!
//! The mask prevents the BREACH attack, which guesses a constant secret from the length of
//! compressed pages. Version 1 is the token alone, in hexadecimal digits.

use std::time::{SystemTime, UNIX_EPOCH};

use subtle::ConstantTimeEq;

const LENGTH: usize = 16;
const MASK: usize = 4;

#[derive(Clone, Copy)]
pub(crate) struct Token {
    bytes: [u8; LENGTH],
    /// The time of creation; for version 1, the time of parsing.
    time: i64,
}

impl Token {
    /// # Panics
    ///
    /// When the system gives no random bytes.
    pub(crate) fn random() -> Self {
        Self {
            bytes: random(),
            time: now(),
        }
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('|');
        let first = parts.next()?;
        let Some(mask) = parts.next() else {
            return Some(Self {
                bytes: from_hex(first)?,
                time: now(),
            });
        };
        let masked: [u8; LENGTH] = from_hex(parts.next()?)?;
        let time = parts.next()?.parse().ok()?;
        if first != "2" || parts.next().is_some() {
            return None;
        }
        Some(Self {
            bytes: masked_with(from_hex(mask)?, masked),
            time,
        })
    }

    /// # Panics
    ///
    /// When the system gives no random bytes.
    pub(crate) fn write(&self, version: Version) -> String {
        match version {
            Version::One => base16ct::lower::encode_string(&self.bytes),
            Version::Two => {
                let mask = random();
                let masked = masked_with(mask, self.bytes);
                format!(
                    "2|{}|{}|{}",
                    base16ct::lower::encode_string(&mask),
                    base16ct::lower::encode_string(&masked),
                    self.time
                )
            }
        }
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        self.bytes.ct_eq(&other.bytes).into()
    }
}

/// How tokens are written; both are read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Version {
    One,
    Two,
}

fn masked_with(mask: [u8; MASK], mut bytes: [u8; LENGTH]) -> [u8; LENGTH] {
    for (byte, mask) in bytes.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
    bytes
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("a system that runs servers gives random bytes");
    bytes
}

fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or_default()
}

/// Decodes hexadecimal digits of either case.
fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let decoded = base16ct::mixed::decode(text, &mut bytes).ok()?;
    (decoded.len() == N).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_tokens() {
        let one = "000102030405060708090a0b0c0d0e0f";
        let two = "2|ff00ff00|ff01fd03fb05f907f709f50bf30df10f|1300000000";
        let tokens = [one, two, &two.to_uppercase()].map(|text| Token::read(text).unwrap());
        for token in tokens {
            assert_eq!(token.write(Version::One), one);
            assert!(token.is(&tokens[0]));
        }
        assert_eq!(tokens[1].time, 1_300_000_000);
    }

    #[test]
    fn each_text_has_a_new_mask_and_the_same_token() {
        let token = Token::random();
        let texts = [(); 3].map(|()| token.write(Version::Two));
        assert_ne!(texts[0], texts[1]);
        for text in texts {
            let read = Token::read(&text).unwrap();
            assert!(read.is(&token));
            assert_eq!(read.time, token.time);
        }
        assert!(!token.is(&Token::random()));
    }

    #[test]
    fn not_tokens() {
        let long = "0".repeat(100_000);
        for text in [
            "",
            "0",
            "00",
            "a",
            "null",
            "undefined",
            "token",
            &long,
            "000102030405060708090a0b0c0d0e0",
            "000102030405060708090a0b0c0d0e0f0",
            "000102030405060708090a0b0c0d0e0f10",
            "000102030405060708090a0b0c0d0e0g",
            "000102030405060708090a0b0c0d0e0é",
            "0x0102030405060708090a0b0c0d0e0f",
            "+00102030405060708090a0b0c0d0e0f",
            " 000102030405060708090a0b0c0d0e0f",
            "000102030405060708090a0b0c0d0e0f ",
            "{000102030405060708090a0b0c0d0e0f}",
            "00010203-0405-0607-0809-0a0b0c0d0e0f",
            "|",
            "||",
            "|||",
            "||||",
            "2",
            "2|",
            "2|||",
            "2|00000000||1300000000",
            "2||000102030405060708090a0b0c0d0e0f|1300000000",
            "2|00000000|000102030405060708090a0b0c0d0e0f",
            "2|00000000|000102030405060708090a0b0c0d0e0f|",
            "2|00000000|000102030405060708090a0b0c0d0e0f|x",
            "2|00000000|000102030405060708090a0b0c0d0e0f|1.5",
            "2|00000000|000102030405060708090a0b0c0d0e0f|1300000000|",
            "2|00000000|000102030405060708090a0b0c0d0e0f|1300000000|0",
            "2|00000000|000102030405060708090a0b0c0d0e0f|99999999999999999999",
            "2|00000000|000102030405060708090a0b0c0d0e|1300000000",
            "2|00000000|000102030405060708090a0b0c0d0e0f10|1300000000",
            "2|00000000|000102030405060708090a0b0c0d0e0g|1300000000",
            "2|0000000|000102030405060708090a0b0c0d0e0f|1300000000",
            "2|000000|000102030405060708090a0b0c0d0e0f|1300000000",
            "2|0000000000|000102030405060708090a0b0c0d0e0f|1300000000",
            "2|0000000g|000102030405060708090a0b0c0d0e0f|1300000000",
            "2|é00000|000102030405060708090a0b0c0d0e0f|1300000000",
            "1|00000000|000102030405060708090a0b0c0d0e0f|1300000000",
            "3|00000000|000102030405060708090a0b0c0d0e0f|1300000000",
            "02|00000000|000102030405060708090a0b0c0d0e0f|1300000000",
            "20|00000000|000102030405060708090a0b0c0d0e0f|1300000000",
            "-2|00000000|000102030405060708090a0b0c0d0e0f|1300000000",
            " 2|00000000|000102030405060708090a0b0c0d0e0f|1300000000",
            "２|00000000|000102030405060708090a0b0c0d0e0f|1300000000",
            "2:00000000:000102030405060708090a0b0c0d0e0f:1300000000",
            "2%7C00000000%7C000102030405060708090a0b0c0d0e0f%7C1300000000",
            "\"2|00000000|000102030405060708090a0b0c0d0e0f|1300000000\"",
            "2|1:0|10:1300000000|5:_xsrf|24:AAECAwQFBgcICQoLDA0ODw==|00",
        ] {
            assert!(Token::read(text).is_none(), "{text}");
        }
    }
}
