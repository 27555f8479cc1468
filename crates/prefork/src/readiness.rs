//! When a new worker counts as ready: the setting, its text form, and the HTTP health check.

use std::{fmt, str::FromStr};

use crate::ConfigError;

/// When a new worker counts as ready.
///
/// As text ([`FromStr`], and `squall supervise --ready-when`): `notify`, `exec`, `listening`,
/// `http:/healthz`, `http://example.org/healthz`.
///
/// [`Listening`](Self::Listening) and [`Http`](Self::Http) are for programs that never send
/// `READY=1`, or send it too early, as gunicorn does before its workers have loaded the application.
/// The supervisor connects to the worker's first address. Old and new workers accept from the same
/// socket, so it then finds out which process has accepted the connection, and counts only
/// those that the new worker or a process of its process group has accepted. That needs Linux, its
/// `/proc` and `NETLINK_SOCK_DIAG`, and a worker of the supervisor's own user; elsewhere
/// [`Supervisor::run`](crate::Supervisor::run) returns an error.
///
/// With both, the worker accepts connections of clients as soon as it listens, before it counts as
/// ready: the readiness decides whether the old worker goes. A worker that is not ready in time
/// gets SIGTERM, to finish what it has accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Readiness {
    /// When it sends `READY=1`, as systemd's `Type=notify`.
    #[default]
    Notify,
    /// As soon as it is executed, as systemd's `Type=exec`. A bad build is then found out only after
    /// the old workers are gone.
    Exec,
    /// When it accepts its first connection, which the supervisor makes and closes without a byte.
    /// A `READY=1` of the worker is ignored.
    Listening,
    /// When it responds to the request of a health check. A `READY=1` of the worker is ignored.
    Http(HealthCheck),
}

/// A GET request over HTTP/1.1 that has to get a response with a status from 200 to 399.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    path: String,
    host: String,
}

impl HealthCheck {
    /// Requests this path, which begins with a slash and may have a query.
    pub fn get(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            host: "localhost".to_owned(),
        }
    }

    /// Sets the field `Host`, for programs that reject others. Default: `localhost`.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = host.into();
        self
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        let is_target = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
        let valid = self.path.starts_with('/')
            && self.path.bytes().all(is_target)
            && !self.host.is_empty()
            && self.host.bytes().all(is_host);
        let text = || Readiness::Http(self.clone()).to_string();
        valid
            .then_some(())
            .ok_or_else(|| ConfigError::Readiness(text()))
    }

    pub(crate) fn request(&self) -> String {
        let Self { path, host } = self;
        format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: squall-supervisor\r\n\
             Accept: */*\r\nConnection: close\r\n\r\n"
        )
    }
}

/// `GET /healthz`.
impl fmt::Display for HealthCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GET {}", self.path)
    }
}

impl Readiness {
    /// Whether the supervisor connects to a worker to find out.
    pub(crate) fn connects(&self) -> bool {
        matches!(self, Self::Listening | Self::Http(_))
    }
}

impl FromStr for Readiness {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let unknown = || ConfigError::Readiness(text.to_owned());
        match text {
            "notify" => Ok(Self::Notify),
            "exec" => Ok(Self::Exec),
            "listening" => Ok(Self::Listening),
            _ => {
                let target = text.strip_prefix("http:").ok_or_else(unknown)?;
                let check = match target.strip_prefix("//") {
                    Some(rest) => {
                        let slash = rest.find('/').ok_or_else(unknown)?;
                        HealthCheck::get(&rest[slash..]).host(&rest[..slash])
                    }
                    None => HealthCheck::get(target),
                };
                check.check().map_err(|_| unknown())?;
                Ok(Self::Http(check))
            }
        }
    }
}

/// The text that [`FromStr`] reads.
impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Notify => f.write_str("notify"),
            Self::Exec => f.write_str("exec"),
            Self::Listening => f.write_str("listening"),
            Self::Http(HealthCheck { path, host }) if host == "localhost" => {
                write!(f, "http:{path}")
            }
            Self::Http(HealthCheck { path, host }) => write!(f, "http://{host}{path}"),
        }
    }
}

/// The state of a worker, from the beginning of its response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The status is not complete.
    Incomplete,
    Healthy,
    /// The reason, for people.
    Unhealthy(String),
}

/// Reads the status from the beginning of a response (RFC 9112, section 4).
pub(crate) fn verdict(response: &[u8]) -> Verdict {
    const SHAPE: &[u8] = b"HTTP/1.d ddd";
    let fits = |(&byte, &shape): (&u8, &u8)| match shape {
        b'd' => byte.is_ascii_digit(),
        _ => byte == shape,
    };
    if !response.iter().zip(SHAPE).all(fits) {
        return Verdict::Unhealthy("the response is not HTTP/1.1".to_owned());
    }
    let Some(status) = response.get(9..12) else {
        return Verdict::Incomplete;
    };
    let status = String::from_utf8_lossy(status).into_owned();
    match status.as_bytes()[0] {
        b'2' | b'3' => Verdict::Healthy,
        _ => Verdict::Unhealthy(format!("status {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_is_read_and_written_as_text() {
        let get = HealthCheck::get;
        for (text, expected) in [
            ("notify", Readiness::Notify),
            ("exec", Readiness::Exec),
            ("listening", Readiness::Listening),
            ("http:/", Readiness::Http(get("/"))),
            (
                "http:/healthz?all=1",
                Readiness::Http(get("/healthz?all=1")),
            ),
            (
                "http://example.org:80/healthz",
                Readiness::Http(get("/healthz").host("example.org:80")),
            ),
            ("http://[::1]/", Readiness::Http(get("/").host("[::1]"))),
        ] {
            assert_eq!(text.parse::<Readiness>().unwrap(), expected);
            assert_eq!(expected.to_string(), text);
        }
        for bad in [
            "",
            "ready",
            "Notify",
            "http",
            "http:",
            "http:healthz",
            "http://",
            "http://example.org",
            "http:///healthz",
            "http://user@host/",
            "https:/healthz",
            "http:/a b",
            "http:/a\r\nb",
            "http:/a#b",
            "http:/ä",
            "http://a b/",
        ] {
            let error = bad.parse::<Readiness>().unwrap_err().to_string();
            assert!(error.contains(&format!("{bad:?}")), "{error}");
        }
    }

    #[test]
    fn status_of_a_response() {
        let not_http = || Verdict::Unhealthy("the response is not HTTP/1.1".to_owned());
        let status = |text: &str| Verdict::Unhealthy(format!("status {text}"));
        for (response, expected) in [
            ("HTTP/1.1 200 OK\r\n\r\n", Verdict::Healthy),
            ("HTTP/1.0 204", Verdict::Healthy),
            ("HTTP/1.1 302 Found\r\n", Verdict::Healthy),
            ("HTTP/1.1 404 Not Found\r\n", status("404")),
            ("HTTP/1.1 503", status("503")),
            ("HTTP/1.1 100 Continue\r\n", status("100")),
            ("HTTP/1.1 999 OK\r\n", status("999")),
            ("", Verdict::Incomplete),
            ("HTTP/1.1 20", Verdict::Incomplete),
            ("HTTP/1.1 2x0", not_http()),
            ("HTTP/2 200", not_http()),
            ("220 mail.example.org", not_http()),
            ("\u{15}\u{3}\u{1}", not_http()),
        ] {
            assert_eq!(verdict(response.as_bytes()), expected, "{response:?}");
        }
    }
}
