//! Files that are replaced under load: every response is one complete version.

use std::{
    fs,
    io::Write,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use squall_static::StaticFiles;
use testkit::{TempDir, Wire, wait_until};

use crate::{clock::Clock, site::serve_files};

/// The number of versions.
const VERSIONS: usize = 1000;

/// A version is its number, repeated, so that a truncated or mixed version is detected.
fn version(number: usize, lines: usize) -> String {
    format!("{number:07}\n").repeat(lines)
}

/// The number of a complete version; `None` for any other content.
fn number_of(body: &str) -> Option<usize> {
    let first = body.lines().next()?;
    let is_whole = body.ends_with('\n') && body.lines().all(|line| line == first);
    is_whole.then(|| first.parse().ok()).flatten()
}

type Replace = fn(&Path, &str);

fn rename(path: &Path, content: &str) {
    let new = path.with_extension("new");
    fs::write(&new, content).unwrap();
    fs::rename(new, path).unwrap();
}

fn in_place(path: &Path, content: &str) {
    // Truncates, then writes in chunks.
    let mut file = fs::File::create(path).unwrap();
    for chunk in content.as_bytes().chunks(4096) {
        file.write_all(chunk).unwrap();
    }
}

/// The responses that the clients received.
#[derive(Default)]
struct Seen {
    answers: AtomicUsize,
    newest: AtomicUsize,
    /// The version of each entity tag.
    tags: Mutex<std::collections::HashMap<String, usize>>,
    wrong: Mutex<Vec<String>>,
}

impl Seen {
    fn send(&self, wire: &mut Wire) {
        // A wrong version in the query shortens the time until revalidation.
        wire.send("GET /static/file.txt?v=0 HTTP/1.1\r\nhost: localhost\r\n\r\n");
        let reply = wire.response();
        let body = String::from_utf8_lossy(&reply.body);
        let tag = reply.header("etag").unwrap_or_default().to_owned();
        let found = number_of(&body).filter(|_| reply.status == 200 && !tag.is_empty());
        self.answers.fetch_add(1, SeqCst);
        let Some(number) = found else {
            let start = &body[..body.len().min(100)];
            self.wrong.lock().unwrap().push(format!(
                "{} {tag} {} {start:?}",
                reply.status,
                body.len()
            ));
            return;
        };
        self.newest.fetch_max(number, SeqCst);
        let of = *self
            .tags
            .lock()
            .unwrap()
            .entry(tag.clone())
            .or_insert(number);
        if of != number {
            self.wrong
                .lock()
                .unwrap()
                .push(format!("{tag} is of {of} and of {number}"));
        }
    }
}

/// Returns responses that were wrong, and the longest time that a replacement took.
fn replaced_under_load(
    folder: &TempDir,
    replace: Replace,
    versions: usize,
    lines: usize,
) -> (Vec<String>, Duration) {
    let path = folder.path().join("file.txt");
    fs::write(&path, version(0, lines)).unwrap();
    // The clock advances with each version, and faster while the file is settled: so files are
    // revalidated while they are written, but the maximum time for stale entries never passes.
    let clock = Clock::default();
    let files = StaticFiles::new(folder.path())
        .clock(clock.reader())
        .build()
        .unwrap();
    let address: SocketAddr = serve_files(files.clone());
    let seen = Arc::new(Seen::default());
    let done = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (seen, done) = (Arc::clone(&seen), Arc::clone(&done));
            thread::spawn(move || {
                let mut wire = Wire::connect(address);
                while !done.load(SeqCst) {
                    seen.send(&mut wire);
                }
            })
        })
        .collect();
    // A stale version must exist before the file is rewritten.
    wait_until("the first version is cached", || files.cached() > 0);
    let mut longest = Duration::ZERO;
    for number in 1..=versions {
        clock.advance(30);
        let began = Instant::now();
        replace(&path, &version(number, lines));
        longest = longest.max(began.elapsed());
        // Sometimes the file is left settled until the version is served.
        if number % 50 == 0 {
            wait_until("the version is served", || {
                clock.advance(100);
                seen.newest.load(SeqCst) == number
            });
        }
    }
    done.store(true, SeqCst);
    for client in clients {
        client.join().unwrap();
    }
    assert!(seen.tags.lock().unwrap().len() > versions / 50);
    let mut wrong = seen.wrong.lock().unwrap();
    wrong.truncate(10);
    (wrong.clone(), longest)
}

#[test]
fn file_replaced_by_rename_is_never_torn() {
    let (wrong, _) = replaced_under_load(&testkit::temp_dir(), rename, VERSIONS, 5000);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn file_rewritten_in_place_is_never_torn() {
    const ROUNDS: usize = 5;
    // A file that stays truncated for half a second counts as complete.
    const PATIENCE: Duration = Duration::from_millis(250);
    let mut rounds = 0;
    for _ in 0..10 * ROUNDS {
        let (wrong, longest) = replaced_under_load(&memory(), in_place, VERSIONS / ROUNDS, 5000);
        // A round in which the machine stopped the writer proves nothing.
        if wrong.is_empty() || longest < PATIENCE {
            assert!(wrong.is_empty(), "{wrong:#?}");
            rounds += 1;
        }
        if rounds == ROUNDS {
            return;
        }
    }
    panic!("only in {rounds} rounds, each write took less than {PATIENCE:?}");
}

/// Makes a directory in memory, where that is possible: a disk under load stops a writer for seconds
/// when it truncates a file.
fn memory() -> TempDir {
    TempDir::with_prefix_in("squall-", "/dev/shm").unwrap_or_else(|_| testkit::temp_dir())
}
