//! The coder of permessage-deflate (RFC 7692, section 7.2): pooled by thread unless a context is taken over.

use std::cell::RefCell;

use bytes::Bytes;
use flate2::{Compress, Decompress, FlushCompress, FlushDecompress, Status};

use super::{Agreement, Compression};
use crate::codec::Fault;

/// The end of each flush, which is not sent (RFC 7692, section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// An empty message (RFC 7692, section 7.2.3.6).
const EMPTY: u8 = 0;

/// Memory for the output of a small message.
const RESERVED: usize = 512;

/// Compressors that a thread keeps; more settings than these make coders anew.
const POOLED: usize = 4;

/// Compresses and inflates the messages of one connection.
#[derive(Debug)]
pub(crate) struct Coder {
    level: u32,
    threshold: usize,
    agreement: Agreement,
    // Boxed, since few connections take contexts over.
    contexts: Option<Box<Contexts>>,
}

#[derive(Debug, Default)]
struct Contexts {
    compress: Option<Compress>,
    decompress: Option<Decompress>,
}

/// Coders of one thread, about 300 KiB each pair. They keep nothing from one message to the next.
#[derive(Default)]
struct Pool {
    /// By level and window.
    compress: Vec<((u32, u8), Compress)>,
    decompress: Option<Decompress>,
}

thread_local! {
    static POOL: RefCell<Pool> = RefCell::default();
}

impl Coder {
    pub(crate) fn new(settings: &Compression, agreement: Agreement) -> Self {
        let is_kept = agreement.server_takeover || agreement.client_takeover;
        Self {
            level: settings.level,
            threshold: settings.threshold,
            agreement,
            contexts: is_kept.then(Box::default),
        }
    }

    /// Returns whether a message of this length is to be compressed.
    pub(crate) fn is_worth(&self, len: usize) -> bool {
        len >= self.threshold
    }

    /// Compresses a message.
    pub(crate) fn compress(&mut self, message: &[u8]) -> Vec<u8> {
        let key = (self.level, self.agreement.server_window_bits);
        let make = || Compress::new_with_window_bits(flate2::Compression::new(key.0), false, key.1);
        if self.agreement.server_takeover {
            let contexts = self.contexts.get_or_insert_default();
            return compress(contexts.compress.get_or_insert_with(make), message);
        }
        POOL.with_borrow_mut(|pool| {
            let index = pool.compress.iter().position(|(other, _)| *other == key);
            let index = index.unwrap_or_else(|| {
                if pool.compress.len() == POOLED {
                    pool.compress.remove(0);
                }
                pool.compress.push((key, make()));
                pool.compress.len() - 1
            });
            let coder = &mut pool.compress[index].1;
            coder.reset();
            compress(coder, message)
        })
    }

    /// Inflates a message, and stops as soon as it is longer than `max`.
    pub(crate) fn inflate(&mut self, message: &[u8], max: usize) -> Result<Bytes, Fault> {
        // The largest window, which reads what smaller ones have written.
        let make = || Decompress::new(false);
        if self.agreement.client_takeover {
            let contexts = self.contexts.get_or_insert_default();
            return inflate(contexts.decompress.get_or_insert_with(make), message, max);
        }
        POOL.with_borrow_mut(|pool| {
            let coder = pool.decompress.get_or_insert_with(make);
            coder.reset(false);
            inflate(coder, message, max)
        })
    }
}

fn compress(coder: &mut Compress, message: &[u8]) -> Vec<u8> {
    // A coder writes nothing if it has nothing to add to the flush before.
    if message.is_empty() {
        return vec![EMPTY];
    }
    let start = coder.total_in();
    let mut output = Vec::with_capacity(RESERVED.max(message.len() / 2));
    loop {
        let taken = usize::try_from(coder.total_in() - start).unwrap_or(usize::MAX);
        let rest = message.get(taken..).unwrap_or_default();
        // Its only error is a wrong order of calls. An unfinished flush has filled the output.
        let is_done = match coder.compress_vec(rest, &mut output, FlushCompress::Sync) {
            Ok(_) => output.len() < output.capacity(),
            Err(_) => true,
        };
        if is_done {
            break;
        }
        output.reserve(output.capacity().max(RESERVED));
    }
    if output.ends_with(&TAIL) {
        output.truncate(output.len() - TAIL.len());
    }
    output
}

fn inflate(coder: &mut Decompress, message: &[u8], max: usize) -> Result<Bytes, Fault> {
    let mut output =
        Vec::with_capacity((4 * message.len()).clamp(RESERVED, 64 * 1024).min(max + 1));
    for mut input in [message, &TAIL] {
        loop {
            let start = coder.total_in();
            let status = coder
                .decompress_vec(input, &mut output, FlushDecompress::Sync)
                .map_err(|_| Fault::Deflate)?;
            if output.len() > max {
                return Err(Fault::MessageTooBig);
            }
            let taken = usize::try_from(coder.total_in() - start).unwrap_or(usize::MAX);
            input = input.get(taken..).unwrap_or_default();
            match status {
                // A final block does not end the message (RFC 7692, section 7.2.3.4).
                Status::StreamEnd => coder.reset(false),
                Status::Ok | Status::BufError if output.len() < output.capacity() => {
                    if taken == 0 && !input.is_empty() {
                        return Err(Fault::Deflate);
                    }
                }
                Status::Ok | Status::BufError => {
                    // One byte beyond the limit shows that it is exceeded.
                    let more = output.capacity().max(RESERVED).min(max + 1 - output.len());
                    output.reserve_exact(more);
                    continue;
                }
            }
            if input.is_empty() {
                break;
            }
        }
    }
    Ok(output.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAX: usize = 1 << 20;

    fn coder(offer: &str, takeover: bool) -> Coder {
        let settings = Compression::new().threshold(0).context_takeover(takeover);
        let agreement = Agreement::select(offer, &settings).unwrap();
        Coder::new(&settings, agreement)
    }

    #[test]
    fn examples_of_the_rfc() {
        let mut coder = coder("permessage-deflate", true);
        // RFC 7692, sections 7.2.3.1, .2 (with a shared window), .3, .4, .5 and .6.
        for (bytes, wanted) in [
            (&b"\xf2\x48\xcd\xc9\xc9\x07\x00"[..], &b"Hello"[..]),
            (b"\xf2\x00\x11\x00\x00", b"Hello"),
            (b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", b"Hello"),
            (b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", b"Hello"),
            (
                b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",
                b"Hello",
            ),
            (b"\x00", b""),
        ] {
            let found = coder.inflate(bytes, MAX);
            assert_eq!(found.as_deref(), Ok(wanted), "{bytes:x?}");
        }
        assert_eq!(coder.compress(b""), b"\x00");
    }

    #[test]
    fn empty_messages_between_others() {
        for takeover in [true, false] {
            let mut coder = coder("permessage-deflate", takeover);
            for message in [&b""[..], b"", b"text", b"", b"", b"text"] {
                let compressed = coder.compress(message);
                assert_eq!(compressed == [0], message.is_empty(), "{compressed:x?}");
                assert_eq!(coder.inflate(&compressed, MAX).as_deref(), Ok(message));
            }
        }
    }

    #[test]
    fn malformed_messages() {
        for bytes in [
            &b"\x07"[..],
            b"\x06\xff\xff",
            b"\xff\xff\xff\xff",
            // A distance beyond the start, and a stored block that is too short.
            b"\xf2\x00\x11\x00\x00",
            b"\x00\x05\x00\xfa\xffHe",
            b"\x00\x05\x00\x00\x00Hello",
        ] {
            let found = coder("permessage-deflate", false).inflate(bytes, MAX);
            assert_eq!(found, Err(Fault::Deflate), "{bytes:x?}");
        }
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let mut coder = coder("permessage-deflate", false);
        let bomb = coder.compress(&vec![0; 64 << 20]);
        assert!(bomb.len() < 100_000);
        for max in [0, 1, 511, 512, 65_536, MAX] {
            assert_eq!(
                coder.inflate(&bomb, max),
                Err(Fault::MessageTooBig),
                "{max}"
            );
        }
        for len in [0, 1, 511, 512, 513, 65_535, 65_536, 65_537, MAX] {
            let message = coder.compress(&vec![0; len]);
            assert_eq!(
                coder.inflate(&message, len).map(|bytes| bytes.len()),
                Ok(len)
            );
            if len > 0 {
                assert_eq!(
                    coder.inflate(&message, len - 1),
                    Err(Fault::MessageTooBig),
                    "{len}"
                );
            }
        }
    }

    #[test]
    fn contexts_are_taken_over_if_agreed() {
        let text = "a text that is not repeated in itself: 0123456789";
        for (offer, takeover, is_smaller) in [
            ("permessage-deflate", true, true),
            (
                "permessage-deflate; server_no_context_takeover",
                true,
                false,
            ),
            ("permessage-deflate", false, false),
        ] {
            let mut coder = coder(offer, takeover);
            let (first, second) = (
                coder.compress(text.as_bytes()),
                coder.compress(text.as_bytes()),
            );
            assert_eq!(second.len() < first.len() / 2, is_smaller, "{offer}");
            assert_eq!(second == first, !is_smaller, "{offer}");
        }
    }

    /// Messages: many are empty, have one byte, or fill the first memory for their output.
    fn messages() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let len = prop_oneof![
            2 => Just(0),
            1 => Just(1),
            2 => RESERVED - 9..RESERVED + 9,
            2 => 0_usize..5000,
        ];
        let message = (len, prop::sample::select(vec![0, 3, u8::MAX]))
            .prop_flat_map(|(len, most)| prop::collection::vec(0..=most, len));
        prop::collection::vec(message, 1..8)
    }

    proptest! {
        #[test]
        fn messages_return_as_they_were(
            messages in messages(),
            bits in 9_u8..16,
            level in 0_u32..10,
            takeover: bool,
        ) {
            let settings = Compression::new().level(level).context_takeover(takeover);
            let offer = format!("permessage-deflate; server_max_window_bits={bits}");
            let agreement = Agreement::select(&offer, &settings).unwrap();
            let mut coder = Coder::new(&settings, agreement);
            for message in messages {
                let compressed = coder.compress(&message);
                prop_assert_eq!(coder.inflate(&compressed, message.len()).unwrap(), message);
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, max in 0_usize..1000) {
            let found = coder("permessage-deflate", false).inflate(&bytes, max);
            prop_assert!(found.is_err() || found.unwrap().len() <= max);
        }

        #[test]
        fn damaged_messages_never_panic(
            messages in messages(),
            damages in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
            max in 0_usize..5000,
            takeover: bool,
        ) {
            let mut coder = coder("permessage-deflate", takeover);
            for message in messages {
                let mut compressed = coder.compress(&message);
                for (at, byte) in &damages {
                    let at = at.index(compressed.len());
                    compressed[at] = *byte;
                }
                let found = coder.inflate(&compressed, max);
                prop_assert!(found.is_err() || found.unwrap().len() <= max);
            }
        }
    }
}
