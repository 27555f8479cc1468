//! `Tasks`: work that goes on after its response, and that a graceful shutdown waits for.

use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{runtime::Handle, sync::Notify};

/// Spawns background tasks: work that goes on after its response, such as sending mail, or for as long
/// as the program. It is an extractor, and a field of [`Worker`](crate::Worker). Clones are cheap.
///
/// A graceful shutdown waits for the tasks after the last connection is closed, until
/// [`Limits::longest_shutdown`](crate::Limits::longest_shutdown) is over; then it cuts them off and
/// logs how many there were. A task without an end waits for the
/// [signal](crate::Handle::shutdown_signal) of the shutdown. Tasks run on the first thread of the
/// process, and must not block it. A panic of a task is logged and ends that task alone.
///
/// # Examples
///
/// ```
/// use squall::{Application, Server, Tasks, post};
///
/// async fn register(tasks: Tasks) -> &'static str {
///     tasks.spawn(async { send_mail().await });
///     "check your mail"
/// }
///
/// let server = Server::new(Application::new().route("/register", post(register)))
///     .on_start(|worker| async move {
///         let shutdown = worker.handle.shutdown_signal();
///         worker.tasks.spawn(async move {
///             let mut hourly = tokio::time::interval(std::time::Duration::from_secs(3600));
///             loop {
///                 tokio::select! {
///                     _ = hourly.tick() => clean_up().await,
///                     () = shutdown.received() => return,
///                 }
///             }
///         });
///         Ok(())
///     });
/// # async fn send_mail() {}
/// # async fn clean_up() {}
/// ```
#[derive(Clone, Default)]
pub struct Tasks(Arc<Shared>);

#[derive(Default)]
struct Shared {
    running: AtomicUsize,
    finished: Notify,
    /// The runtime of the first thread, once the server runs.
    runtime: OnceLock<Handle>,
}

/// Counts a task until it is dropped.
struct Running(Arc<Shared>);

impl Tasks {
    /// Spawns a task.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime, if no server runs.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let running = Running::begin(&self.0);
        let task = async move {
            let _running = running;
            task.await;
        };
        match self.0.runtime.get() {
            Some(runtime) => runtime.spawn(task),
            None => tokio::spawn(task),
        };
    }

    /// Returns the number of tasks that have not ended.
    #[must_use]
    pub fn running(&self) -> usize {
        self.0.running.load(Ordering::SeqCst)
    }

    /// Lets all tasks run in this runtime.
    #[cfg(feature = "server")]
    pub(crate) fn run_here(&self) {
        let _ = self.0.runtime.set(Handle::current());
    }

    /// Waits until no task is running. A server does so at its shutdown.
    pub async fn finished(&self) {
        loop {
            let finished = self.0.finished.notified();
            if self.running() == 0 {
                return;
            }
            finished.await;
        }
    }
}

impl Running {
    fn begin(shared: &Arc<Shared>) -> Self {
        shared.running.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(shared))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        self.0.finished.notify_waiters();
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running = self.running();
        f.debug_struct("Tasks").field("running", &running).finish()
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::Tasks;

    #[tokio::test]
    async fn finished_waits_for_every_task_even_one_that_panics() {
        let tasks = Tasks::default();
        tasks.finished().await;
        let (release, released) = oneshot::channel::<()>();
        tasks.spawn(async { panic!("a task can panic") });
        let inner = tasks.clone();
        tasks.spawn(async move {
            released.await.unwrap();
            inner.spawn(async {});
        });
        let mut finished = Box::pin(tasks.finished());
        while tasks.running() > 1 {
            tokio::task::yield_now().await;
        }
        tokio::select! {
            biased;
            () = &mut finished => panic!("a task is running"),
            () = std::future::ready(()) => {}
        }
        release.send(()).unwrap();
        finished.await;
        assert_eq!(tasks.running(), 0);
    }
}
