//! Reference reader of pipelined HTTP/1.1 requests: strict, naive, and over the whole input at once.
//!
//! It shares no code with squall, so that both can be compared. It knows framing only: a request that
//! it reads may still be refused for its fields.

/// A request that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReferenceRequest {
    /// The method of the request line.
    pub method: String,
    /// The target of the request line.
    pub target: String,
    /// The content, without its framing.
    pub body: Vec<u8>,
    /// The connection must not be used for another request.
    pub is_last: bool,
}

/// The end of the input, behind the last whole request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReferenceEnd {
    /// Nothing.
    Clean,
    /// A part of a request.
    Partial,
    /// Malformed input, to be rejected (RFC 9112).
    Malformed(&'static str),
}

enum Stop {
    Partial,
    Malformed(&'static str),
}

type Read<T> = Result<T, Stop>;

/// Reads requests up to the first that is not whole or not valid.
#[must_use]
pub fn reference_requests(mut input: &[u8]) -> (Vec<ReferenceRequest>, ReferenceEnd) {
    let mut requests = Vec::new();
    loop {
        while let Some(rest) = input.strip_prefix(b"\r\n") {
            input = rest;
        }
        if input.is_empty() {
            return (requests, ReferenceEnd::Clean);
        }
        match request(&mut input) {
            Ok(request) => requests.push(request),
            Err(Stop::Partial) => return (requests, ReferenceEnd::Partial),
            Err(Stop::Malformed(why)) => return (requests, ReferenceEnd::Malformed(why)),
        }
    }
}

fn request(input: &mut &[u8]) -> Read<ReferenceRequest> {
    let start = text(line(input)?)?;
    let words: Vec<&str> = start.split(' ').collect();
    let [method, target, version] = words[..] else {
        return Err(Stop::Malformed("request line"));
    };
    if !is_token(method.as_bytes()) || target.is_empty() {
        return Err(Stop::Malformed("method or target"));
    }
    if version != "HTTP/1.1" && version != "HTTP/1.0" {
        return Err(Stop::Malformed("version"));
    }
    let fields = fields(input)?;
    let all = |wanted: &str| -> Vec<String> {
        let named = fields.iter().filter(|(name, _)| name == wanted);
        named.map(|(_, value)| value.to_ascii_lowercase()).collect()
    };
    let (codings, mut lengths) = (all("transfer-encoding"), all("content-length"));
    lengths.dedup();
    let body = match (&codings[..], &lengths[..]) {
        ([], []) => Vec::new(),
        ([], [length]) if !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit()) => {
            let length = length.parse().map_err(|_| Stop::Malformed("length"))?;
            take(input, length)?.to_vec()
        }
        ([coding], _) if coding == "chunked" && version == "HTTP/1.1" => chunked(input)?,
        _ => return Err(Stop::Malformed("length or coding")),
    };
    let connection = all("connection").join(",");
    let closes = connection.split(',').any(|option| option.trim() == "close");
    Ok(ReferenceRequest {
        method: method.to_owned(),
        target: target.to_owned(),
        body,
        is_last: closes || version == "HTTP/1.0" || !codings.is_empty() && !lengths.is_empty(),
    })
}

/// RFC 9112, 7.1.
fn chunked(input: &mut &[u8]) -> Read<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = line(input)?;
        let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit());
        let (size, extensions) = line.split_at(digits.count());
        if size.is_empty() || size.len() > 16 {
            return Err(Stop::Malformed("chunk size"));
        }
        let size = u64::from_str_radix(text(size)?, 16).map_err(|_| Stop::Malformed("size"))?;
        check_extensions(extensions)?;
        if size == 0 {
            fields(input)?;
            return Ok(body);
        }
        body.extend_from_slice(take(input, size)?);
        match (take(input, 1)?, input.first()) {
            (b"\r", None) => return Err(Stop::Partial),
            (b"\r", Some(b'\n')) => *input = &input[1..],
            _ => return Err(Stop::Malformed("end of a chunk")),
        }
    }
}

/// RFC 9112, 7.1.1.
fn check_extensions(mut rest: &[u8]) -> Read<()> {
    let bad = Err(Stop::Malformed("chunk extension"));
    while !rest.is_empty() {
        let Some(after) = skip_blanks(rest).strip_prefix(b";") else {
            return bad;
        };
        let name = skip_blanks(after);
        let length = name.iter().take_while(|byte| is_token(&[**byte])).count();
        if length == 0 {
            return bad;
        }
        rest = &name[length..];
        let Some(value) = skip_blanks(rest).strip_prefix(b"=") else {
            continue;
        };
        let value = skip_blanks(value);
        if let Some(quoted) = value.strip_prefix(b"\"") {
            let Some(length) = quoted_length(quoted) else {
                return bad;
            };
            rest = &quoted[length..];
        } else {
            let length = value.iter().take_while(|byte| is_token(&[**byte])).count();
            if length == 0 {
                return bad;
            }
            rest = &value[length..];
        }
    }
    Ok(())
}

/// Up to and with the closing quote.
fn quoted_length(text: &[u8]) -> Option<usize> {
    let mut i = 0;
    loop {
        i += match *text.get(i)? {
            b'"' => return Some(i + 1),
            b'\\' if is_text(*text.get(i + 1)?) => 2,
            b'\\' => return None,
            byte if is_text(byte) => 1,
            _ => return None,
        };
    }
}

/// Lines up to an empty one, names in lower case.
fn fields(input: &mut &[u8]) -> Read<Vec<(String, String)>> {
    let mut fields = Vec::new();
    loop {
        let line = line(input)?;
        if line.is_empty() {
            return Ok(fields);
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return Err(Stop::Malformed("field without a colon"));
        };
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        if !is_token(name) || !value.iter().all(|byte| is_text(*byte)) {
            return Err(Stop::Malformed("field"));
        }
        let name = text(name)?.to_ascii_lowercase();
        let value = String::from_utf8_lossy(value);
        fields.push((name, value.trim_matches([' ', '\t']).to_owned()));
    }
}

/// Up to CRLF. A CR or LF elsewhere ends the request.
fn line<'a>(input: &mut &'a [u8]) -> Read<&'a [u8]> {
    let Some(end) = input.iter().position(|byte| b"\r\n".contains(byte)) else {
        return Err(Stop::Partial);
    };
    let (line, rest) = input.split_at(end);
    match rest {
        [b'\r', b'\n', after @ ..] => {
            *input = after;
            Ok(line)
        }
        [b'\r'] => Err(Stop::Partial),
        _ => Err(Stop::Malformed("bare CR or LF")),
    }
}

fn take<'a>(input: &mut &'a [u8], length: u64) -> Read<&'a [u8]> {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let (taken, rest) = input.split_at_checked(length).ok_or(Stop::Partial)?;
    *input = rest;
    Ok(taken)
}

fn text(bytes: &[u8]) -> Read<&str> {
    str::from_utf8(bytes).map_err(|_| Stop::Malformed("not text"))
}

fn skip_blanks(bytes: &[u8]) -> &[u8] {
    let blanks = bytes.iter().take_while(|byte| b" \t".contains(byte));
    &bytes[blanks.count()..]
}

fn is_token(bytes: &[u8]) -> bool {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !bytes.is_empty() && bytes.iter().all(is_token)
}

fn is_text(byte: u8) -> bool {
    byte == b'\t' || byte >= b' ' && byte != 0x7f
}

#[cfg(test)]
mod tests {
    use super::{ReferenceEnd, reference_requests};

    #[test]
    fn requests_end_where_the_specification_has_it() {
        let chunked = "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (input, bodies, end) in [
            (String::new(), &[][..], ReferenceEnd::Clean),
            ("GET / HTTP/1.1\r\n\r\n".into(), &[""], ReferenceEnd::Clean),
            ("GET / HTTP/1.1\r\n".into(), &[], ReferenceEnd::Partial),
            (
                "GET / HTTP/1.1\n\r\n".into(),
                &[],
                ReferenceEnd::Malformed("bare CR or LF"),
            ),
            (
                "\r\nPOST / HTTP/1.1\r\ncontent-LENGTH: 2\r\n\r\nabGET / HTTP/1.1\r\n\r\n".into(),
                &["ab", ""],
                ReferenceEnd::Clean,
            ),
            (
                format!("{chunked}2;a=\"b\\\"\" ; c\r\nab\r\n1\r\nc\r\n0\r\nA: b\r\n\r\n\r\n"),
                &["abc"],
                ReferenceEnd::Clean,
            ),
            (
                format!("{chunked}2 \r\nab\r\n0\r\n\r\n"),
                &[],
                ReferenceEnd::Malformed("chunk extension"),
            ),
            (
                format!("{chunked}0\r\n\nGET / HTTP/1.1\r\n\r\n"),
                &[],
                ReferenceEnd::Malformed("bare CR or LF"),
            ),
            (
                format!("{chunked}0;a=\"b\r\n\r\n"),
                &[],
                ReferenceEnd::Malformed("chunk extension"),
            ),
            (
                format!("{chunked}2\r\nab\r\n0\r\n"),
                &[],
                ReferenceEnd::Partial,
            ),
        ] {
            let (requests, found) = reference_requests(input.as_bytes());
            let read: Vec<_> = requests.iter().map(|request| &request.body[..]).collect();
            let bodies: Vec<_> = bodies.iter().map(|body| body.as_bytes()).collect();
            assert_eq!((read, found), (bodies, end), "{input:?}");
        }
    }
}
