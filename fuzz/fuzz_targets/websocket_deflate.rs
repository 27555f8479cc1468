//! Negotiation of permessage-deflate: no panic, and an answer that the offer allows (RFC 7692, section 7.1).
#![no_main]

use libfuzzer_sys::fuzz_target;
use squall_websocket::Compression;

fuzz_target!(|input: (u8, bool, Vec<u8>, &str)| {
    let (bits, takeover, choices, text) = input;
    // Most offers are made of the words of the RFC, which would rarely be guessed.
    let words = [
        "permessage-deflate",
        ";",
        ",",
        "=",
        "\"",
        " ",
        "; server_no_context_takeover",
        "; client_no_context_takeover",
        "; server_max_window_bits=",
        "; client_max_window_bits",
        "8",
        "9",
        "1",
        "0",
        "5",
    ];
    let mut offer: String = choices
        .iter()
        .map(|&choice| words[usize::from(choice) % words.len()])
        .collect();
    offer.push_str(text);
    let settings = Compression::new()
        .max_window_bits(bits)
        .context_takeover(takeover);
    let Some(answer) = settings.negotiate(&offer) else {
        return;
    };
    let mut parameters = answer.split("; ");
    assert_eq!(parameters.next(), Some("permessage-deflate"));
    assert!(offer.to_ascii_lowercase().contains("permessage-deflate"));
    for parameter in parameters {
        match parameter.split_once('=') {
            None => assert!(parameter.ends_with("_no_context_takeover")),
            Some((name, value)) => {
                let value: u8 = value.parse().expect("a number");
                assert!((8..=15).contains(&value));
                match name {
                    "server_max_window_bits" => assert!(value >= 9),
                    // Only for a client that can be limited.
                    "client_max_window_bits" => assert!(offer.contains(name)),
                    _ => panic!("{answer}"),
                }
            }
        }
    }
    assert!(takeover || answer.contains("server_no_context_takeover; client_no_context_takeover"));
    // An answer is an offer that is accepted as it is.
    assert_eq!(settings.negotiate(&answer), Some(answer));
});
