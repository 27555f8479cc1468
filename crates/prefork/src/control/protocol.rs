//! Requests and responses of the control socket, one JSON object a line.

use serde::{Deserialize, Serialize};

use crate::Status;

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
pub(crate) struct Response {
    pub(crate) ok: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) generation: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<Status>,
}

impl Response {
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
