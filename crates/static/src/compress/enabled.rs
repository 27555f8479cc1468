//! brotli, zstd and gzip encoders, with a fast and a best level.

use std::io::{self, Write};

use crate::request::accept_encoding::Coding;

/// The base-2 logarithm of brotli's window: 4 MiB, the default of its command-line tool.
const BROTLI_WINDOW: u32 = 22;

/// Compresses at runtime: takes some milliseconds for 100 KiB.
pub(crate) fn fast(content: &[u8], coding: Coding) -> io::Result<Vec<u8>> {
    let level = match coding {
        Coding::Br => 5,
        Coding::Zstd => 6,
        Coding::Gzip => 6,
    };
    encode(content, coding, level)
}

/// Compresses in a build, as small as possible.
#[cfg(feature = "build")]
pub(crate) fn best(content: &[u8], coding: Coding) -> io::Result<Vec<u8>> {
    let level = match coding {
        Coding::Br => 11,
        Coding::Zstd => 19,
        Coding::Gzip => 9,
    };
    encode(content, coding, level)
}

fn encode(content: &[u8], coding: Coding, level: u32) -> io::Result<Vec<u8>> {
    match coding {
        Coding::Br => {
            let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, level, BROTLI_WINDOW);
            writer.write_all(content)?;
            Ok(writer.into_inner())
        }
        Coding::Zstd => {
            zstd::bulk::compress(content, i32::try_from(level).map_err(io::Error::other)?)
        }
        Coding::Gzip => {
            // No time and no name in the header, so that equal content gives equal bytes.
            let mut writer =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
            writer.write_all(content)?;
            writer.finish()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn compressed_content_round_trips() {
        let content = "body { color: red }\n".repeat(100).into_bytes();
        for coding in Coding::ALL {
            let encoded = fast(&content, coding).unwrap();
            assert!(encoded.len() < content.len() / 4, "{coding:?}");
            let mut decoded = Vec::new();
            match coding {
                Coding::Br => brotli::Decompressor::new(&*encoded, 4096).read_to_end(&mut decoded),
                Coding::Zstd => zstd::Decoder::new(&*encoded)
                    .unwrap()
                    .read_to_end(&mut decoded),
                Coding::Gzip => flate2::read::GzDecoder::new(&*encoded).read_to_end(&mut decoded),
            }
            .unwrap();
            assert_eq!(decoded, content, "{coding:?}");
        }
    }
}
