//! The body of a form with files (`multipart/form-data`, RFC 7578), as a browser sends it.

use bytes::Bytes;

/// Random, so that no content has it.
const BOUNDARY: &str = "----squall-test-5b0a8a4ef0f94c6bb0c3c1d4a0a6e7f2";

pub(super) const CONTENT_TYPE: &str =
    "multipart/form-data; boundary=----squall-test-5b0a8a4ef0f94c6bb0c3c1d4a0a6e7f2";

/// The fields of a form so far.
#[derive(Debug, Default)]
pub(super) struct Upload(Vec<u8>);

impl Upload {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn field(&mut self, name: &str, text: &str) {
        self.part(&format!("name=\"{}\"", quoted(name)), text.as_bytes());
    }

    pub(super) fn file(&mut self, name: &str, file_name: &str, media_type: &str, content: &[u8]) {
        let (name, file_name) = (quoted(name), quoted(file_name));
        let parameters =
            format!("name=\"{name}\"; filename=\"{file_name}\"\r\nContent-Type: {media_type}");
        self.part(&parameters, content);
    }

    fn part(&mut self, parameters: &str, content: &[u8]) {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {parameters}\r\n\r\n");
        self.0.extend_from_slice(head.as_bytes());
        self.0.extend_from_slice(content);
        self.0.extend_from_slice(b"\r\n");
    }

    pub(super) fn into_body(mut self) -> Bytes {
        self.0
            .extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.0.into()
    }
}

/// Escapes a name as browsers do (HTML, section 4.10.22.8).
fn quoted(name: &str) -> String {
    name.replace('\n', "%0A")
        .replace('\r', "%0D")
        .replace('"', "%22")
}
