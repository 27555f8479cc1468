//! Human-readable table of `squall status`.

use std::time::Duration;

use squall_prefork::{Status, WorkerStatus};

/// A column: its heading, and the cell for a worker.
type Column = (&'static str, fn(&WorkerStatus) -> String);

const COLUMNS: [Column; 12] = [
    ("TASK", |worker| worker.task_id.to_string()),
    ("PID", |worker| worker.pid.to_string()),
    ("GEN", |worker| worker.generation.to_string()),
    ("STATE", |worker| worker.state.clone()),
    ("UPTIME", |worker| age(worker.uptime)),
    ("RESTARTS", |worker| worker.restarts.to_string()),
    ("CONNECTIONS", |worker| {
        worker.counters.connections.to_string()
    }),
    ("WEBSOCKETS", |worker| {
        worker.counters.websockets.to_string()
    }),
    ("REQUESTS", |worker| worker.counters.requests().to_string()),
    ("IN FLIGHT", |worker| worker.counters.in_flight.to_string()),
    ("RSS", |worker| {
        format!("{:.1} MiB", worker.rss as f64 / 1_048_576.0)
    }),
    ("CPU", |worker| {
        format!("{:.1} s", worker.cpu as f64 / 1000.0)
    }),
];

/// Renders one or two lines for the service, then one line per worker.
pub(crate) fn render(status: &Status) -> String {
    let total = status.total();
    let mut text = format!(
        "{} on {}: process {}, generation {}, up {}, {} requests, {} restarts\n",
        status.state,
        status.listen.join(", "),
        status.pid,
        status.generation,
        age(status.uptime),
        total.requests(),
        status.restarts,
    );
    if let Some(error) = &status.reload_error {
        text += &format!("last reload failed: {error}\n");
    }
    let headings = COLUMNS.iter().map(|(heading, _)| (*heading).to_owned());
    let mut rows: Vec<Vec<String>> = vec![headings.collect()];
    for worker in &status.workers {
        rows.push(COLUMNS.iter().map(|(_, cell)| cell(worker)).collect());
    }
    for row in &rows {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = rows.iter().map(|row| row[column].chars().count()).max();
            format!("{cell:>width$}", width = width.unwrap_or_default())
        });
        text += &cells.collect::<Vec<_>>().join("  ");
        text.push('\n');
    }
    text
}

/// Formats a duration in its two largest units: `3d 4h`, `2m 5s`.
fn age(milliseconds: u64) -> String {
    let seconds = Duration::from_millis(milliseconds).as_secs();
    let units = [(86_400, 'd'), (3600, 'h'), (60, 'm'), (1, 's')];
    let largest = units
        .iter()
        .position(|(length, _)| seconds >= *length)
        .unwrap_or(3);
    let parts = units[largest..]
        .iter()
        .take(2)
        .scan(seconds, |rest, (length, unit)| {
            let count = *rest / length;
            *rest %= length;
            Some(format!("{count}{unit}"))
        });
    parts.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use squall_prefork::{Counters, Status, WorkerStatus};

    #[test]
    fn age_shows_two_largest_units() {
        for (milliseconds, expected) in [
            (0, "0s"),
            (999, "0s"),
            (59_000, "59s"),
            (125_000, "2m 5s"),
            (3_600_000, "1h 0m"),
            (273_600_000, "3d 4h"),
        ] {
            assert_eq!(super::age(milliseconds), expected);
        }
    }

    #[test]
    fn status_has_one_line_per_worker() {
        let mut worker = WorkerStatus::default();
        worker.pid = 12345;
        worker.state = "ready".to_owned();
        worker.rss = 5 << 20;
        worker.counters = Counters {
            responses: [0, 7, 0, 1, 0],
            ..Counters::default()
        };
        let mut status = Status::default();
        status.state = "running".to_owned();
        status.listen = vec!["127.0.0.1:8888".to_owned()];
        status.reload_error = Some("it panicked".to_owned());
        status.workers = vec![worker];
        let text = super::render(&status);
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[0].starts_with("running on 127.0.0.1:8888: "),
            "{text}"
        );
        assert!(lines[0].contains(", 8 requests, "), "{text}");
        assert_eq!(lines[1], "last reload failed: it panicked");
        assert!(lines[2].starts_with("TASK    PID  GEN  STATE"), "{text}");
        assert!(lines[3].starts_with("   0  12345    0  ready"), "{text}");
        assert!(lines[3].contains("5.0 MiB"), "{text}");
    }
}
