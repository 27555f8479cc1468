//! Renders a status in the text format of Prometheus (version 0.0.4).

use std::fmt::Write;

use crate::{Counters, Status, WorkerStatus, counters::LATENCY_BOUNDS};

/// The media type of [`render`]'s text.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The whole service, then what differs between workers.
///
/// Totals include workers that are gone, so they never go back while the supervisor lives.
#[must_use]
pub fn render(status: &Status) -> String {
    let mut text = Text::default();
    let total = status.total();
    requests(&mut text, &total);
    latency(&mut text, &total);
    text.metric(
        "squall_connections_accepted_total",
        "counter",
        "Connections accepted.",
    );
    text.sample("squall_connections_accepted_total", "", total.accepted);
    text.metric(
        "squall_worker_restarts_total",
        "counter",
        "Restarts of workers that failed.",
    );
    text.sample(
        "squall_worker_restarts_total",
        "",
        u64::from(status.restarts),
    );
    text.metric(
        "squall_generation",
        "gauge",
        "The executable that new workers run.",
    );
    text.sample("squall_generation", "", status.generation);
    text.metric("squall_uptime_seconds", "gauge", "Age of the supervisor.");
    text.sample("squall_uptime_seconds", "", seconds(status.uptime));
    for (name, help, value) in BY_WORKER {
        text.metric(name, "gauge", help);
        for worker in status.workers.iter().filter(|worker| worker.pid != 0) {
            let labels = format!("{{task_id=\"{}\",pid=\"{}\"}}", worker.task_id, worker.pid);
            text.sample(name, &labels, value(worker));
        }
    }
    text.0
}

type ByWorker = (&'static str, &'static str, fn(&WorkerStatus) -> String);

const BY_WORKER: [ByWorker; 9] = [
    (
        "squall_worker_connections",
        "Connections open now.",
        |worker| worker.counters.connections.to_string(),
    ),
    (
        "squall_worker_websockets",
        "WebSockets open now.",
        |worker| worker.counters.websockets.to_string(),
    ),
    (
        "squall_worker_requests_in_flight",
        "Requests being answered now.",
        |worker| worker.counters.in_flight.to_string(),
    ),
    (
        "squall_worker_requests",
        "Requests answered by this process.",
        |worker| worker.counters.requests().to_string(),
    ),
    (
        "squall_worker_ready",
        "Whether it accepts connections.",
        |worker| u8::from(worker.state == "ready").to_string(),
    ),
    (
        "squall_worker_uptime_seconds",
        "Age of the process.",
        |worker| seconds(worker.uptime),
    ),
    (
        "squall_worker_restarts",
        "Restarts of this task id after a failure.",
        |worker| worker.restarts.to_string(),
    ),
    (
        "squall_worker_resident_bytes",
        "Resident memory.",
        |worker| worker.rss.to_string(),
    ),
    (
        "squall_worker_cpu_seconds",
        "Processor time used.",
        |worker| seconds(worker.cpu),
    ),
];

fn requests(text: &mut Text, total: &Counters) {
    let name = "squall_requests_total";
    text.metric(name, "counter", "Requests answered, by class of status.");
    for (class, count) in (1..).zip(total.responses) {
        text.sample(name, &format!("{{status=\"{class}xx\"}}"), count);
    }
    text.metric(
        "squall_requests_aborted_total",
        "counter",
        "Requests whose client gave up before there was a response.",
    );
    text.sample("squall_requests_aborted_total", "", total.aborted);
    text.metric(
        "squall_requests_in_flight",
        "gauge",
        "Requests being answered now.",
    );
    text.sample("squall_requests_in_flight", "", total.in_flight);
    text.metric("squall_connections", "gauge", "Connections open now.");
    text.sample("squall_connections", "", total.connections);
    text.metric(
        "squall_websockets",
        "gauge",
        "WebSockets open now; over HTTP/2, each is a stream.",
    );
    text.sample("squall_websockets", "", total.websockets);
}

fn latency(text: &mut Text, total: &Counters) {
    let name = "squall_request_duration_seconds";
    text.metric(
        name,
        "histogram",
        "Time from a request's head to its response's end.",
    );
    let bounds = LATENCY_BOUNDS
        .iter()
        .map(|&micros| micros_as_seconds(micros));
    let mut below = 0_u64;
    for (bound, count) in bounds.chain(["+Inf".to_owned()]).zip(total.latency) {
        below = below.saturating_add(count);
        text.sample(
            &format!("{name}_bucket"),
            &format!("{{le=\"{bound}\"}}"),
            below,
        );
    }
    text.sample(
        &format!("{name}_sum"),
        "",
        micros_as_seconds(total.latency_sum),
    );
    text.sample(&format!("{name}_count"), "", below);
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn metric(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}"));
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        self.line(format_args!("{name}{labels} {value}"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{line}").expect("writing to a String cannot fail");
    }
}

fn seconds(millis: u64) -> String {
    micros_as_seconds(millis.saturating_mul(1000))
}

/// Exact, where a float would round.
fn micros_as_seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    let text = text.trim_end_matches('0');
    text.strip_suffix('.').unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_dead_count_in_totals_and_not_among_workers() {
        let mut dead = Counters {
            accepted: 2,
            ..Counters::default()
        };
        dead.record(200, Duration::from_millis(3));
        dead.record(500, Duration::from_secs(60));
        let mut alive = Counters {
            websockets: 3,
            ..Counters::default()
        };
        alive.record(200, Duration::from_millis(30));
        let worker = WorkerStatus {
            task_id: 1,
            pid: 42,
            state: "ready".to_owned(),
            uptime: 1500,
            counters: alive,
            ..WorkerStatus::default()
        };
        let status = Status {
            restarts: 1,
            workers: vec![worker, WorkerStatus::default()],
            gone: dead,
            ..Status::default()
        };
        let text = render(&status);
        for line in [
            "# TYPE squall_requests_total counter",
            "squall_requests_total{status=\"2xx\"} 2",
            "squall_requests_total{status=\"5xx\"} 1",
            "squall_connections_accepted_total 2",
            "squall_websockets 3",
            "squall_worker_websockets{task_id=\"1\",pid=\"42\"} 3",
            "squall_worker_restarts_total 1",
            "squall_request_duration_seconds_bucket{le=\"0.005\"} 1",
            "squall_request_duration_seconds_bucket{le=\"0.05\"} 2",
            "squall_request_duration_seconds_bucket{le=\"10\"} 2",
            "squall_request_duration_seconds_bucket{le=\"+Inf\"} 3",
            "squall_request_duration_seconds_sum 60.033",
            "squall_request_duration_seconds_count 3",
            "squall_worker_requests{task_id=\"1\",pid=\"42\"} 1",
            "squall_worker_uptime_seconds{task_id=\"1\",pid=\"42\"} 1.5",
        ] {
            assert!(
                text.lines().any(|found| found == line),
                "{line}\nin\n{text}"
            );
        }
        assert!(!text.contains("pid=\"0\""), "{text}");
        assert!(text.ends_with('\n'));
    }
}
