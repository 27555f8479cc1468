//! wrk: its load and its reports.

use std::{fmt, path::Path, time::Duration};

use crate::{Result, Server, loader, outside};

/// Requests that wrk sends again and again.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "benches fill it in")]
pub struct Load<'a> {
    /// The path of their URL.
    pub path: &'a str,
    /// Header lines beside `Host`.
    pub headers: &'a [String],
    /// Connections at a time.
    pub connections: u32,
    /// How long.
    pub seconds: u64,
    /// A script in Lua that makes the requests.
    pub script: Option<&'a Path>,
}

impl Load<'_> {
    /// Sends them to a server.
    ///
    /// # Errors
    ///
    /// When one fails, or the machine has no `wrk`. A response that takes more than 2 s is late, and no error.
    pub fn run(&self, server: &Server) -> Result<Report> {
        let mut wrk = loader(&outside("wrk")?)?;
        wrk.args(["-t1", "--latency"])
            .arg(format!("-c{}", self.connections))
            .arg(format!("-d{}s", self.seconds));
        for header in self.headers {
            wrk.args(["-H", header]);
        }
        if let Some(script) = self.script {
            wrk.arg("-s").arg(script);
        }
        let output = wrk
            .arg(format!("http://{}{}", server.address(), self.path))
            .output()?;
        let report = Report::read(&String::from_utf8(output.stdout)?)?;
        if report.errors() > report.timeout || report.requests == 0 {
            return Err(report.to_string().into());
        }
        Ok(report)
    }
}

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
    /// The time that 99 of 100 responses took at most, where wrk printed it.
    pub p99: Option<Duration>,
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
        report.p99 = lines()
            .find_map(|line| line.strip_prefix("99%"))
            .map(|time| duration(time.trim()))
            .transpose()?;
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
            p99: _,
        } = self;
        write!(
            f,
            "{requests} requests, errors: connect {connect}, read {read}, write {write}, timeout {timeout}, status {status}"
        )
    }
}

/// wrk prints two decimals and a unit, which grows with the time.
fn duration(text: &str) -> Result<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        _ => return Err(format!("wrk has a new unit of time: {text}").into()),
    };
    Ok(Duration::try_from_secs_f64(digits.parse::<f64>()? * unit)?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
        let late = |micros| Report {
            p99: Some(Duration::from_micros(micros)),
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
            (text("     99%  153.07ms\n"), Some(late(153_070))),
            (text("     99%  890.00us\n"), Some(late(890))),
            (text("     99%    1.25s \n"), Some(late(1_250_000))),
            (text("     99%    1.25h\n"), None),
            (text("  Socket errors: connect many\n"), None),
            (text("  Socket errors: luck 1\n"), None),
            (String::new(), None),
        ] {
            assert_eq!(Report::read(&text).ok(), wanted, "{text}");
        }
        assert_eq!((good.errors(), broken.errors()), (0, 10));
    }
}
