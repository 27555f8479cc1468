//! Counters of a worker, and their text form in a notification.

use serde::{Deserialize, Serialize};

/// Upper bounds of the latency histogram, in microseconds (Prometheus' default buckets).
pub const LATENCY_BOUNDS: [u64; 11] = [
    5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
    10_000_000,
];

/// The fields at the end that workers of earlier versions do not send.
const APPENDED: usize = 2;

/// Totals of one worker since its start.
///
/// ```
/// use squall_prefork::Counters;
/// use std::time::Duration;
///
/// let mut counters = Counters::default();
/// counters.record(200, Duration::from_millis(7));
/// assert_eq!(counters.requests(), 1);
/// assert_eq!(counters.latency[1], 1); // More than 5 ms, at most 10 ms.
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "workers fill it in field by field"
)]
pub struct Counters {
    /// Connections accepted.
    pub accepted: u64,
    /// Connections open now.
    pub connections: u64,
    /// Requests being answered now.
    pub in_flight: u64,
    /// Requests answered, by class of status: 1xx, 2xx, 3xx, 4xx, 5xx.
    pub responses: [u64; 5],
    /// Requests answered within each of [`LATENCY_BOUNDS`] but not within the one before; the last
    /// is the rest.
    pub latency: [u64; LATENCY_BOUNDS.len() + 1],
    /// The sum of all latencies, in microseconds.
    pub latency_sum: u64,
    /// Requests without a response: the client gave up, or the worker was stopped first.
    pub aborted: u64,
    /// WebSockets open now. Over HTTP/2, several are streams of one connection.
    pub websockets: u64,
}

impl Counters {
    /// Counts one answered request. Statuses outside 100–599 count as 5xx.
    pub fn record(&mut self, status: u16, latency: std::time::Duration) {
        let class = match status / 100 {
            class @ 1..=5 => usize::from(class) - 1,
            _ => 4,
        };
        self.responses[class] += 1;
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.latency[LATENCY_BOUNDS.partition_point(|&bound| bound < micros)] += 1;
        self.latency_sum = self.latency_sum.saturating_add(micros);
    }

    /// Requests answered, of every class.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.responses
            .iter()
            .fold(0, |sum, &count| sum.saturating_add(count))
    }

    /// Adds what another worker has counted.
    pub fn add(&mut self, other: &Self) {
        let mut other = other.clone();
        for (mine, theirs) in self.fields().into_iter().zip(other.fields()) {
            *mine = mine.saturating_add(*theirs);
        }
    }

    /// The part that outlives the worker: totals, without open connections, requests under way and
    /// open WebSockets.
    #[must_use]
    pub fn settled(&self) -> Self {
        Self {
            connections: 0,
            in_flight: 0,
            websockets: 0,
            ..self.clone()
        }
    }

    /// The value of `X_SQUALL_COUNTERS` in a notification.
    pub(crate) fn encode(&self) -> String {
        let numbers: Vec<String> = self
            .clone()
            .fields()
            .iter()
            .map(ToString::to_string)
            .collect();
        numbers.join(" ")
    }

    /// Reads `encode`'s form. Numbers that a later version may append are ignored, and the
    /// [`APPENDED`] ones may be missing.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        let mut numbers = text.split(' ');
        let mut counters = Self::default();
        let mut fields = counters.fields();
        let appended = fields.split_off(fields.len() - APPENDED);
        for field in fields {
            *field = numbers.next()?.parse().ok()?;
        }
        for field in appended {
            *field = numbers.next().map_or(Ok(0), str::parse).ok()?;
        }
        Some(counters)
    }

    fn fields(&mut self) -> Vec<&mut u64> {
        let single = [
            &mut self.accepted,
            &mut self.connections,
            &mut self.in_flight,
        ];
        let rest = self.responses.iter_mut().chain(&mut self.latency);
        single
            .into_iter()
            .chain(rest)
            .chain([&mut self.latency_sum])
            .chain([&mut self.aborted, &mut self.websockets])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn latencies_fall_into_the_bucket_whose_bound_they_do_not_exceed() {
        let cases = [
            (0, 0),
            (5_000, 0),
            (5_001, 1),
            (10_000_000, 10),
            (10_000_001, 11),
        ];
        for (micros, bucket) in cases {
            let mut counters = Counters::default();
            counters.record(200, Duration::from_micros(micros));
            assert_eq!(counters.latency[bucket], 1, "{micros} µs");
        }
    }

    #[test]
    fn statuses_fall_into_their_class() {
        for (status, class) in [
            (101, 0),
            (204, 1),
            (304, 2),
            (404, 3),
            (599, 4),
            (0, 4),
            (999, 4),
        ] {
            let mut counters = Counters::default();
            counters.record(status, Duration::ZERO);
            assert_eq!(counters.responses[class], 1, "{status}");
        }
    }

    #[test]
    fn counters_line_is_parsed_as_it_was_written() {
        let mut counters = Counters {
            accepted: u64::MAX,
            in_flight: 3,
            aborted: 5,
            websockets: 7,
            ..Counters::default()
        };
        counters.record(404, Duration::from_millis(70));
        assert_eq!(Counters::decode(&counters.encode()), Some(counters.clone()));
        assert_eq!(
            Counters::decode(&format!("{} 9", counters.encode())),
            Some(counters.clone())
        );
        let mut encoded = counters.encode();
        for (aborted, websockets) in [(5, 7), (5, 0), (0, 0)] {
            let decoded = Counters::decode(&encoded).unwrap();
            let appended = (decoded.aborted, decoded.websockets);
            assert_eq!((decoded.in_flight, appended), (3, (aborted, websockets)));
            encoded.truncate(encoded.rfind(' ').unwrap());
        }
        assert_eq!(Counters::decode(&encoded), None, "{encoded}");
        assert_eq!(counters.settled().websockets, 0);
        counters.add(&counters.clone());
        assert_eq!((counters.accepted, counters.requests()), (u64::MAX, 2));
        for nonsense in [
            "",
            "1",
            "1 2 x",
            "-1 0 0 0 0 0 0 0 0",
            "18446744073709551616",
        ] {
            assert_eq!(Counters::decode(nonsense), None, "{nonsense:?}");
        }
    }
}
