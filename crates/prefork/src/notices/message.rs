//! A worker's notice: assignments of systemd's protocol (`sd_notify(3)`) and some of ours.

use crate::Counters;

/// One datagram. Assignments that are not known are ignored, as systemd does.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Message {
    pub(crate) ready: bool,
    /// `WATCHDOG=1`: the event loop turns.
    pub(crate) alive: bool,
    /// `X_SQUALL_SIGNAL=…`: the worker ends because of this signal.
    pub(crate) signal: Option<i32>,
    pub(crate) status: Option<String>,
    pub(crate) counters: Option<Counters>,
}

const STATUS_LIMIT: usize = 200;

impl Message {
    pub(crate) fn parse(datagram: &[u8]) -> Self {
        let mut message = Self::default();
        for line in String::from_utf8_lossy(datagram).lines() {
            match line.split_once('=') {
                Some(("READY", "1")) => message.ready = true,
                Some(("WATCHDOG", "1")) => message.alive = true,
                Some(("STATUS", status)) => message.status = Some(printable(status)),
                Some(("X_SQUALL_SIGNAL", signal)) => message.signal = signal.parse().ok(),
                Some(("X_SQUALL_COUNTERS", numbers)) => {
                    message.counters = Counters::decode(numbers).or(message.counters);
                }
                _ => {}
            }
        }
        message
    }
}

/// The status is shown on terminals, so it must not steer them.
fn printable(text: &str) -> String {
    text.chars()
        .take(STATUS_LIMIT)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams() {
        let ready = Message {
            ready: true,
            ..Message::default()
        };
        let cases: &[(&[u8], Message)] = &[
            (b"READY=1", ready),
            (b"", Message::default()),
            (
                b"X_SQUALL_SIGNAL=TERM\nX_SQUALL_SIGNAL=15",
                Message {
                    signal: Some(15),
                    ..Message::default()
                },
            ),
            (b"READY=0\nREADY\n=\n\n=1\nready=1", Message::default()),
            (b"\xff\xfe\x00READY=1", Message::default()),
            (b"MAINPID=1\nFDSTORE=1\nERRNO=2", Message::default()),
            (
                b"X_SQUALL_COUNTERS=1 2\nX_SQUALL_COUNTERS=",
                Message::default(),
            ),
            (
                b"STOPPING=1\nWATCHDOG=1\nSTATUS=a=b \x1b[31mred\n",
                Message {
                    alive: true,
                    status: Some("a=b \u{fffd}[31mred".to_owned()),
                    ..Message::default()
                },
            ),
        ];
        for (datagram, expected) in cases {
            assert_eq!(
                Message::parse(datagram),
                *expected,
                "{}",
                datagram.escape_ascii()
            );
        }
        let long = format!("STATUS={}", "é".repeat(10_000));
        let status = Message::parse(long.as_bytes()).status.unwrap_or_default();
        assert_eq!(status.chars().count(), STATUS_LIMIT);
    }
}
