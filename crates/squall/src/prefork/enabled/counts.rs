//! Counters of this process: for its supervisor, and for `/metrics`.

use std::{
    array,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use http::StatusCode;
use squall_prefork::{Counters, LATENCY_BOUNDS};
use squall_server::{Handle, Observe};

use crate::server::handles;

/// The counters of each thread, including those that have ended.
static ALL: Mutex<Vec<Arc<Counts>>> = Mutex::new(Vec::new());

thread_local! {
    /// The counters of this thread. No other thread writes to them, so they need no atomic
    /// additions.
    static OWN: Arc<Counts> = {
        let own = Arc::<Counts>::default();
        lock(&ALL).push(Arc::clone(&own));
        own
    };
}

/// The WebSockets of this process that are open. They are opened rarely, so threads share the counter.
static WEBSOCKETS: AtomicU64 = AtomicU64::new(0);

/// Counts a WebSocket as open until this is dropped.
#[cfg(feature = "websocket")]
pub(crate) struct OpenWebSocket(());

#[cfg(feature = "websocket")]
impl Default for OpenWebSocket {
    fn default() -> Self {
        WEBSOCKETS.fetch_add(1, Relaxed);
        Self(())
    }
}

#[cfg(feature = "websocket")]
impl Drop for OpenWebSocket {
    fn drop(&mut self) {
        WEBSOCKETS.fetch_sub(1, Relaxed);
    }
}

/// Counts the requests and responses of this process' servers.
#[derive(Debug)]
pub(crate) struct Counting;

#[derive(Debug, Default)]
struct Counts {
    requests: AtomicU64,
    /// Finished requests; another thread may have begun them.
    ended: AtomicU64,
    responses: [AtomicU64; 5],
    aborted: AtomicU64,
    latency: [AtomicU64; LATENCY_BOUNDS.len() + 1],
    latency_sum: AtomicU64,
}

impl Observe for Counting {
    fn on_request(&self) {
        OWN.with(|own| add(&own.requests, 1));
    }

    fn on_response(&self, status: StatusCode, took: Duration) {
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        let micros = took.as_secs().saturating_mul(1_000_000);
        let micros = micros.saturating_add(took.subsec_micros().into());
        // From the front, since nearly all are in the first.
        let bound = LATENCY_BOUNDS.iter().position(|bound| micros <= *bound);
        let bucket = bound.unwrap_or(LATENCY_BOUNDS.len());
        OWN.with(|own| {
            add(&own.responses[class], 1);
            add(&own.latency[bucket], 1);
            add(&own.latency_sum, micros);
        });
    }

    fn on_abort(&self, _: Duration) {
        OWN.with(|own| add(&own.aborted, 1));
    }

    fn on_end(&self) {
        OWN.with(|own| add(&own.ended, 1));
    }
}

fn add(count: &AtomicU64, more: u64) {
    count.store(count.load(Relaxed) + more, Relaxed);
}

/// Returns the sums over all threads.
pub(crate) fn counters() -> Counters {
    let (accepted, connections) = handles::with(|servers| {
        let accepted = servers.iter().map(Handle::accepted).sum();
        let connections = servers.iter().map(Handle::connections).sum::<usize>();
        (accepted, connections as u64)
    });
    let all = lock(&ALL);
    let sum = |of: &dyn Fn(&Counts) -> &AtomicU64| -> u64 {
        all.iter().map(|counts| of(counts).load(Relaxed)).sum()
    };
    // In this order: a request that is counted as finished is also counted as begun.
    let ended = sum(&|counts| &counts.ended);
    let requests = sum(&|counts| &counts.requests);
    Counters {
        accepted,
        connections,
        in_flight: requests.saturating_sub(ended),
        responses: array::from_fn(|class| sum(&|counts| &counts.responses[class])),
        latency: array::from_fn(|bucket| sum(&|counts| &counts.latency[bucket])),
        latency_sum: sum(&|counts| &counts.latency_sum),
        aborted: sum(&|counts| &counts.aborted),
        websockets: WEBSOCKETS.load(Relaxed),
    }
}

/// Locks the list, which is whole even after a panic of another thread.
fn lock<T>(list: &Mutex<T>) -> MutexGuard<'_, T> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}
