//! What this process counts of its requests: for its supervisor, and for `/metrics`.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use http::StatusCode;
use squall_prefork::{Counters, LATENCY_BOUNDS};
use squall_server::{Handle, Observe, Phase};

/// A process counts once, however many servers it runs.
static COUNTS: Counts = Counts::new();

/// Counts what the servers of this process tell of.
#[derive(Debug)]
pub(crate) struct Counting;

#[derive(Debug)]
struct Counts {
    in_flight: AtomicU64,
    responses: [AtomicU64; 5],
    latency: [AtomicU64; LATENCY_BOUNDS.len() + 1],
    latency_sum: AtomicU64,
    servers: Mutex<Vec<Handle>>,
}

impl Counts {
    const fn new() -> Self {
        Self {
            in_flight: AtomicU64::new(0),
            responses: [const { AtomicU64::new(0) }; 5],
            latency: [const { AtomicU64::new(0) }; LATENCY_BOUNDS.len() + 1],
            latency_sum: AtomicU64::new(0),
            servers: Mutex::new(Vec::new()),
        }
    }
}

impl Observe for Counting {
    fn on_request(&self) {
        COUNTS.in_flight.fetch_add(1, Relaxed);
    }

    fn on_response(&self, status: StatusCode, took: Duration) {
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = LATENCY_BOUNDS.partition_point(|bound| *bound < micros);
        COUNTS.responses[class].fetch_add(1, Relaxed);
        COUNTS.latency[bucket].fetch_add(1, Relaxed);
        COUNTS.latency_sum.fetch_add(micros, Relaxed);
    }

    fn on_end(&self) {
        COUNTS.in_flight.fetch_sub(1, Relaxed);
    }
}

/// A server whose connections count, and whose phase tells whether this process is ready.
pub(crate) fn serves(handle: Handle) {
    servers(|servers| servers.push(handle));
}

/// All that was counted so far.
pub(crate) fn counters() -> Counters {
    let (accepted, connections) = servers(|servers| {
        servers
            .iter()
            .fold((0, 0), |(accepted, connections), server| {
                (
                    accepted + server.accepted(),
                    connections + server.connections() as u64,
                )
            })
    });
    Counters {
        accepted,
        connections,
        in_flight: COUNTS.in_flight.load(Relaxed),
        responses: COUNTS.responses.each_ref().map(|count| count.load(Relaxed)),
        latency: COUNTS.latency.each_ref().map(|count| count.load(Relaxed)),
        latency_sum: COUNTS.latency_sum.load(Relaxed),
    }
}

/// Whether every server of this process serves, and none has been told to stop.
pub(crate) fn is_ready() -> bool {
    servers(|servers| {
        servers
            .iter()
            .all(|server| server.phase() == Phase::Serving)
    })
}

fn servers<T>(look: impl FnOnce(&mut Vec<Handle>) -> T) -> T {
    // A list of handles is whole even if somebody panicked while adding to it.
    look(
        &mut COUNTS
            .servers
            .lock()
            .unwrap_or_else(PoisonError::into_inner),
    )
}
