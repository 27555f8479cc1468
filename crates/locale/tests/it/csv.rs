//! CSV catalogues: encodings, ignored rows and errors.

use squall_locale::{CatalogueError, Translations};

fn load(bytes: &[u8]) -> Result<Translations, CatalogueError> {
    Translations::new().csv("es", bytes)
}

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
    units.flat_map(to_bytes).collect()
}

#[test]
fn utf8_and_utf16_are_detected() {
    let text = "Sign out,Cerrar sesión 🦀\n";
    for bytes in [
        text.as_bytes().to_vec(),
        format!("\u{feff}{text}").into_bytes(),
        utf16(text, u16::to_le_bytes),
        utf16(text, u16::to_be_bytes),
    ] {
        let locale = load(&bytes).unwrap().get(["es"]);
        assert_eq!(
            locale.translate("Sign out"),
            "Cerrar sesión 🦀",
            "{bytes:?}"
        );
    }
}

#[test]
fn invalid_encodings_are_errors() {
    let not_utf8 = |text: &str| CatalogueError::NotUtf8 {
        text: text.to_owned(),
    };
    for (bytes, wanted) in [
        (
            &b"a,b\nHome,Casa\xed\nc,d"[..],
            not_utf8(r"a,b\nHome,Casa\xed\nc,"),
        ),
        (b"\xc3", not_utf8(r"\xc3")),
        (b"\xef\xbb\xbf\xff", not_utf8(r"\xff")),
        (b"\xff\xfea", CatalogueError::NotUtf16),
        (b"\xff\xfe\x00\xd8", CatalogueError::NotUtf16),
        (b"\xfe\xff\xdc\x00\x00a", CatalogueError::NotUtf16),
    ] {
        assert_eq!(
            load(bytes).map(drop),
            Err(wanted),
            "{}",
            bytes.escape_ascii()
        );
    }
}

#[test]
fn malformed_rows_are_ignored() {
    for bytes in [
        &b""[..],
        b"\n\r\n\r",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"one column",
        b"a,b,plurals\n",
        b"a,b,singular,more,and,more\n",
        b"\"never closed,b\n",
        b"a\"b,\"c\"d\"\n",
        b"\0,\0\n",
        b",,,,\n",
    ] {
        drop(load(bytes).unwrap());
    }
}
