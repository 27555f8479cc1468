//! h2load: its load over HTTP/2 without TLS, and its reports.

use crate::{Result, Server, loader, outside};

/// Sends requests for a path over HTTP/2, `streams` at a time on each connection, and returns the number of responses.
///
/// # Errors
///
/// When one fails, or the machine has no `h2load`.
pub fn run(
    server: &Server,
    path: &str,
    connections: u32,
    streams: u32,
    seconds: u64,
) -> Result<u64> {
    let output = loader(&outside("h2load")?)?
        .arg(format!("-c{connections}"))
        .arg(format!("-m{streams}"))
        .arg(format!("-D{seconds}"))
        .arg(format!("http://{}{path}", server.address()))
        .output()?;
    succeeded(&String::from_utf8(output.stdout)?)
}

/// Reads the number of responses with a status of 2xx.
///
/// # Errors
///
/// When a request failed, or had another status.
pub fn succeeded(report: &str) -> Result<u64> {
    let line = |start| report.lines().find_map(|line| line.strip_prefix(start));
    let count = |line: &str, what: &str| -> Option<u64> {
        let mut parts = line.split(',').map(str::trim);
        parts.find_map(|part| part.strip_suffix(what)?.trim().parse().ok())
    };
    let counts = line("requests: ").zip(line("status codes: "));
    let counts = counts.and_then(|(requests, codes)| {
        let failed = count(requests, "failed")? + count(requests, "errored")?;
        Some((
            failed,
            count(codes, "2xx")?,
            count(codes, "4xx")? + count(codes, "5xx")?,
        ))
    });
    match counts {
        Some((0, succeeded, 0)) if succeeded > 0 => Ok(succeeded),
        _ => Err(format!("h2load: {report}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::succeeded;

    #[test]
    fn reports() {
        let text = |failed: u64, good: u64, missing: u64| {
            format!(
                "
finished in 1.01s, 90214.00 req/s, 5.60MB/s
requests: 90214 total, 90726 started, 90214 done, {good} succeeded, {failed} failed, 0 errored, 0 timeout
status codes: {good} 2xx, 0 3xx, {missing} 4xx, 0 5xx
traffic: 5.60MB (5873296) total, 885.13KB (906376) headers (space savings 96.10%), 1.12MB (1172782) data
"
            )
        };
        for (text, wanted) in [
            (text(0, 90214, 0), Some(90214)),
            (text(1, 90213, 0), None),
            (text(0, 0, 0), None),
            (text(0, 90000, 214), None),
            (String::new(), None),
            (
                "requests: many total\nstatus codes: few 2xx\n".to_owned(),
                None,
            ),
        ] {
            assert_eq!(succeeded(&text).ok(), wanted, "{text}");
        }
    }
}
