//! Time of a line: date and second are formatted once a second.

use std::{
    cell::RefCell,
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use tracing_subscriber::fmt::{
    format::Writer,
    time::{self, FormatTime},
};

/// `2026-11-29T20:20:04.123456Z`, as [`time::SystemTime`] writes it.
#[derive(Debug, Default)]
pub(super) struct Clock;

/// `2026-11-29T20:20:04.`
const SECOND: usize = 20;

thread_local! {
    /// The text of a second, and which one it is since 1970.
    static LAST: RefCell<(u64, String)> = RefCell::default();
}

impl FormatTime for Clock {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let Ok(now) = SystemTime::now().duration_since(UNIX_EPOCH) else {
            return time::SystemTime.format_time(writer);
        };
        LAST.with_borrow_mut(|(second, text)| {
            if *second != now.as_secs() || text.len() != SECOND {
                text.clear();
                time::SystemTime.format_time(&mut Writer::new(text))?;
                let later = SystemTime::now().duration_since(UNIX_EPOCH);
                if !later.is_ok_and(|later| later.as_secs() == now.as_secs()) {
                    // The second may have ended in between.
                    return writer.write_str(text);
                }
                text.truncate(SECOND);
                *second = now.as_secs();
            }
            writer.write_str(text)?;
            let micros = now.subsec_micros();
            for digit in [100_000, 10_000, 1_000, 100, 10, 1] {
                writer.write_char(char::from(b'0' + (micros / digit % 10) as u8))?;
            }
            writer.write_char('Z')
        })
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::fmt::{
        format::Writer,
        time::{self, FormatTime},
    };

    use super::Clock;

    fn text(clock: &impl FormatTime) -> String {
        let mut text = String::new();
        clock.format_time(&mut Writer::new(&mut text)).unwrap();
        text
    }

    #[test]
    fn time_is_between_two_of_the_library() {
        for _ in 0..10_000 {
            let before = text(&time::SystemTime);
            let time = text(&Clock);
            let after = text(&time::SystemTime);
            assert!(before <= time && time <= after, "{before} {time} {after}");
        }
    }
}
