//! What this process counts of its requests: for its supervisor, and for `/metrics`.

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
use squall_server::{Handle, Observe, Phase};

/// The servers of this process: it counts once, however many it runs.
static SERVERS: Mutex<Vec<Handle>> = Mutex::new(Vec::new());

/// What each thread has counted, those that have ended too.
static ALL: Mutex<Vec<Arc<Counts>>> = Mutex::new(Vec::new());

thread_local! {
    /// What this thread counts. Nobody else writes to it, which spares it atomic additions.
    static OWN: Arc<Counts> = {
        let own = Arc::<Counts>::default();
        lock(&ALL).push(Arc::clone(&own));
        own
    };
}

/// Counts what the servers of this process tell of.
#[derive(Debug)]
pub(crate) struct Counting;

#[derive(Debug, Default)]
struct Counts {
    requests: AtomicU64,
    /// Requests that are done with; perhaps of other threads.
    ended: AtomicU64,
    responses: [AtomicU64; 5],
    latency: [AtomicU64; LATENCY_BOUNDS.len() + 1],
    latency_sum: AtomicU64,
}

impl Observe for Counting {
    fn on_request(&self) {
        OWN.with(|own| add(&own.requests, 1));
    }

    fn on_response(&self, status: StatusCode, took: Duration) {
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = LATENCY_BOUNDS.partition_point(|bound| *bound < micros);
        OWN.with(|own| {
            add(&own.responses[class], 1);
            add(&own.latency[bucket], 1);
            add(&own.latency_sum, micros);
        });
    }

    fn on_end(&self) {
        OWN.with(|own| add(&own.ended, 1));
    }
}

fn add(count: &AtomicU64, more: u64) {
    count.store(count.load(Relaxed) + more, Relaxed);
}

/// A server whose connections count, and whose phase tells whether this process is ready.
pub(crate) fn serves(handle: Handle) {
    lock(&SERVERS).push(handle);
}

/// All that was counted so far.
pub(crate) fn counters() -> Counters {
    let (servers, all) = (lock(&SERVERS), lock(&ALL));
    let sum = |of: &dyn Fn(&Counts) -> &AtomicU64| -> u64 {
        all.iter().map(|counts| of(counts).load(Relaxed)).sum()
    };
    // In this order, so that none can end that has not begun.
    let ended = sum(&|counts| &counts.ended);
    let requests = sum(&|counts| &counts.requests);
    Counters {
        accepted: servers.iter().map(Handle::accepted).sum(),
        connections: servers
            .iter()
            .map(|server| server.connections() as u64)
            .sum(),
        in_flight: requests.saturating_sub(ended),
        responses: array::from_fn(|class| sum(&|counts| &counts.responses[class])),
        latency: array::from_fn(|bucket| sum(&|counts| &counts.latency[bucket])),
        latency_sum: sum(&|counts| &counts.latency_sum),
    }
}

/// Whether every server of this process serves, and none has been told to stop.
pub(crate) fn is_ready() -> bool {
    lock(&SERVERS)
        .iter()
        .all(|server| server.phase() == Phase::Serving)
}

/// The lists here are whole even if somebody panicked while adding to them.
fn lock<T>(list: &Mutex<T>) -> MutexGuard<'_, T> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}
