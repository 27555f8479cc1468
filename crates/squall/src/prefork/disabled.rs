//! One process, without a supervisor.

#[cfg(feature = "server")]
use squall_server::{Bind, Handle, Limits};

#[cfg(feature = "server")]
use crate::{Error, Result};

#[cfg(feature = "server")]
pub(crate) const IS_ENABLED: bool = false;

#[cfg(feature = "server")]
#[derive(Default)]
pub(crate) struct Settings {}

#[cfg(feature = "server")]
impl Settings {
    pub(crate) fn limits(&mut self, _: &Limits) {}

    pub(crate) fn supervise(
        self,
        processes: usize,
        _: impl Iterator<Item = (Bind, Option<&'static str>)>,
    ) -> Result<()> {
        Err(Error::new(format!(
            "start({processes}): several processes need a Unix system and the feature `prefork`; \
             start(1) serves in this process"
        )))
    }
}

/// Returns no number: this process is not a worker.
#[cfg(any(feature = "debug", feature = "server"))]
pub(crate) fn task_id() -> Option<usize> {
    None
}

/// Counts nothing.
#[cfg(feature = "websocket")]
#[derive(Default)]
pub(crate) struct OpenWebSocket(());

#[cfg(feature = "debug")]
pub(crate) fn generation() -> Option<u64> {
    None
}

#[cfg(feature = "autoreload")]
pub(crate) fn generation_id() -> Option<String> {
    None
}

#[cfg(feature = "server")]
pub(crate) fn is_worker() -> bool {
    false
}

#[cfg(feature = "server")]
pub(crate) fn observe(server: squall_server::Server) -> squall_server::Server {
    server
}

/// Does not stop with a supervisor, since there is none.
#[cfg(feature = "server")]
pub(crate) fn follow_supervisor() -> Result<()> {
    Ok(())
}

/// Returns `false`: nothing obeys signals yet.
#[cfg(feature = "server")]
pub(crate) fn obey_signals(_: &Handle) -> Result<bool> {
    Ok(false)
}

/// Notifies no supervisor.
#[cfg(feature = "server")]
pub(crate) async fn notify(_: &Handle, serving: impl Future<Output = Result<()>>) -> Result<()> {
    serving.await
}

pub(crate) async fn has_successor() -> bool {
    false
}

#[cfg(test)]
#[cfg(feature = "server")]
mod tests {
    use crate::{Application, Server};

    #[test]
    fn start_with_several_processes_is_a_configuration_error() {
        for processes in [0, 2, 64] {
            let server = Server::new(Application::new());
            let error = server.start(processes).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("start({processes}): several processes need")),
                "{error}"
            );
        }
    }
}
