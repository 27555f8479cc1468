//! Chaos test: a service under faults, and clients that verify every byte of every response.
//!
//! `cargo xtask chaos [SECONDS] [SEED]`; benches/README.md describes the faults and the report.
#![expect(clippy::print_stdout, reason = "prints its report")]

mod client;
mod exchange;
mod fault;
mod hostile;
mod log;
mod service;
mod tally;

use std::{
    env,
    sync::Arc,
    time::{Duration, Instant},
};

use benches::{Result, current_thread};
use tokio::{task::JoinSet, time::sleep};

use crate::{fault::Faults, service::Service, tally::Tally};

/// Verifying clients, over HTTP/1.1 and over HTTP/2.
const CLIENTS: [(client::Protocol, usize); 2] =
    [(client::Protocol::Http1, 12), (client::Protocol::Http2, 4)];

/// Hostile clients of each kind.
const HOSTILE: usize = 2;

/// Memory and descriptors are compared with their values after this time.
const WARM_UP: Duration = Duration::from_secs(10);

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let time = Duration::from_secs(arguments.next().map_or(Ok(60), |text| text.parse())?);
    let seed = arguments
        .next()
        .map_or(Ok(fastrand::u64(..)), |text| text.parse())?;
    fastrand::seed(seed);
    println!("chaos: {} s, seed {seed}", time.as_secs());
    current_thread()?.block_on(run(time))
}

async fn run(time: Duration) -> Result<()> {
    let service = Arc::new(Service::start().await?);
    let tally = Arc::new(Tally::new());
    let start = Instant::now();
    let mut background = JoinSet::new();
    for (protocol, count) in CLIENTS {
        for _ in 0..count {
            background.spawn(client::run(
                protocol,
                service.address(),
                service.files(),
                Arc::clone(&tally),
                fastrand::Rng::with_seed(fastrand::u64(..)),
            ));
        }
    }
    for kind in hostile::KINDS {
        for _ in 0..HOSTILE {
            background.spawn(hostile::run(
                kind,
                service.address(),
                fastrand::Rng::with_seed(fastrand::u64(..)),
            ));
        }
    }
    background.spawn(fault::delete_directory(Arc::clone(&service)));
    let mut faults = Faults::default();
    let mut before = None;
    while start.elapsed() < time {
        if before.is_none() && start.elapsed() >= WARM_UP.min(time / 3) {
            before = Some(service.resources()?);
        }
        faults.inject(&service, &tally).await?;
        // The next fault may meet the end of this one.
        sleep(Duration::from_millis(fastrand::u64(0..1500))).await;
        if tally.has_failed() {
            break;
        }
    }
    // Responses that a fault has delayed may still be under way.
    sleep(Duration::from_secs(1)).await;
    let after = service.resources()?;
    background.shutdown().await;
    println!("\nfaults\n{faults}\nrequests\n{tally}");
    let mut complaints = tally.complaints();
    if let Some(before) = before {
        println!("supervisor: {before}, at the end {after}");
        complaints.extend(after.complaints(&before));
    }
    let service = Arc::into_inner(service).ok_or("a client still holds the service")?;
    match service.stop().await {
        Ok(more) => complaints.extend(more),
        Err(error) => complaints.push(error.to_string()),
    }
    if complaints.is_empty() {
        println!("clean");
        return Ok(());
    }
    for complaint in &complaints {
        println!("{complaint}");
    }
    Err(format!("{} complaints", complaints.len()).into())
}
