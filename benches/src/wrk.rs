//! Reports of wrk.

use std::fmt;

use crate::Result;

/// Outcomes of the requests of one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Requests that were answered, with whatever status.
    pub requests: u64,
    /// Connections that could not be made.
    pub connect: u64,
    /// Connections that ended before their response did.
    pub read: u64,
    /// Requests that could not be sent.
    pub write: u64,
    /// Responses that took more than 2 s.
    pub timeout: u64,
    /// Answers with a status below 200 or above 399.
    pub status: u64,
}

impl Report {
    /// Reads what wrk prints, which mentions errors only where there are any.
    ///
    /// # Errors
    ///
    /// When it has no count of requests.
    pub fn read(text: &str) -> Result<Self> {
        let lines = || text.lines().map(str::trim);
        let requests = lines().find_map(|line| line.split_once(" requests in ")?.0.parse().ok());
        let mut report = Self {
            requests: requests.ok_or_else(|| format!("wrk counted no requests: {text}"))?,
            ..Self::default()
        };
        if let Some(errors) = lines().find_map(|line| line.strip_prefix("Socket errors: ")) {
            for error in errors.split(", ") {
                let (kind, count) = error.split_once(' ').unwrap_or_default();
                let count = count.parse()?;
                match kind {
                    "connect" => report.connect = count,
                    "read" => report.read = count,
                    "write" => report.write = count,
                    "timeout" => report.timeout = count,
                    _ => return Err(format!("wrk has a new kind of error: {errors}").into()),
                }
            }
        }
        let mut bad = lines().filter_map(|line| line.strip_prefix("Non-2xx or 3xx responses: "));
        if let Some(count) = bad.next() {
            report.status = count.parse()?;
        }
        Ok(report)
    }

    /// How much went wrong altogether.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.connect + self.read + self.write + self.timeout + self.status
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            requests,
            connect,
            read,
            write,
            timeout,
            status,
        } = self;
        write!(
            f,
            "{requests} requests, errors: connect {connect}, read {read}, write {write}, timeout {timeout}, status {status}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Report;

    #[test]
    fn reports() {
        let text = |more: &str| {
            format!(
                "Running 1s test @ http://127.0.0.1:8888/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   635.91us  890.00us  12.92ms   93.69%
    Req/Sec    56.20k     8.07k   62.00k    86.54%
  55903 requests in 1.00s, 7.25MB read
{more}Requests/sec:  55891.97
Transfer/sec:      7.25MB
"
            )
        };
        let good = Report {
            requests: 55903,
            ..Report::default()
        };
        let broken = Report {
            connect: 1,
            read: 3,
            write: 2,
            timeout: 4,
            ..good
        };
        let errors = "  Socket errors: connect 1, read 3, write 2, timeout 4\n";
        let statuses = "  Non-2xx or 3xx responses: 7\n";
        for (text, wanted) in [
            (text(""), Some(good)),
            (text(errors), Some(broken)),
            (text(statuses), Some(Report { status: 7, ..good })),
            (
                text(&format!("{errors}{statuses}")),
                Some(Report {
                    status: 7,
                    ..broken
                }),
            ),
            (text("  Socket errors: connect many\n"), None),
            (text("  Socket errors: luck 1\n"), None),
            (String::new(), None),
        ] {
            assert_eq!(Report::read(&text).ok(), wanted, "{text}");
        }
        assert_eq!((good.errors(), broken.errors()), (0, 10));
    }
}
