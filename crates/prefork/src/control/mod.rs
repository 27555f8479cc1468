//! The control socket: a unix socket, one JSON object a line each way.
//!
//! | request | answer |
//! |---|---|
//! | `{"do":"status"}` | `{"ok":true,"status":{…}}`, a [`Status`] |
//! | `{"do":"reload"}` | at its end: `{"ok":true,"generation":3}` or `{"ok":false,"error":"…"}` |
//! | `{"do":"upgrade"}` | the same; then the supervisor itself is replaced, and the connection closed |
//! | `{"do":"scale","processes":4}` | `{"ok":true}`, at once |
//! | `{"do":"stop"}` | `{"ok":true}`, at once; the connection closes when the supervisor is gone |
//!
//! The socket has mode 0600, so only its owner and root can connect; by default it lies in a
//! directory of mode 0700. A line that is no request is answered with `{"ok":false,"error":"…"}`. A
//! socket that was deleted is bound again within a second; connections are not affected.

mod client;
mod find;
mod server;

use serde::{Deserialize, Serialize};

use crate::Status;
pub use client::Client;
pub use find::{find, find_in, find_process};
pub(crate) use server::{Asked, Identity, Server};

/// The name of the socket in the supervisor's directory.
pub(crate) const NAME: &str = "control";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Request {
    Status,
    Reload,
    Upgrade,
    Scale { processes: usize },
    Stop,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) ok: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) generation: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<Status>,
}

impl Answer {
    pub(crate) fn done() -> Self {
        Self {
            ok: true,
            ..Self::default()
        }
    }

    pub(crate) fn failed(error: impl Into<String>) -> Self {
        Self {
            error: Some(error.into()),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests() {
        let cases = [
            (r#"{"do":"status"}"#, Some(Request::Status)),
            (
                r#"{"do":"scale","processes":4}"#,
                Some(Request::Scale { processes: 4 }),
            ),
            (r#"{"do":"scale"}"#, None),
            (r#"{"do":"scale","processes":-1}"#, None),
            (r#"{"do":"scale","processes":4,"now":true}"#, None),
            (r#"{"do":"explode"}"#, None),
            ("", None),
            ("GET / HTTP/1.1", None),
            ("[[[[", None),
        ];
        for (line, expected) in cases {
            assert_eq!(serde_json::from_str(line).ok(), expected, "{line}");
        }
    }
}
