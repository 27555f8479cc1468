//! Worker processes, their supervisor and its metrics, with the feature `prefork` on Unix systems.

#[cfg(not(all(unix, feature = "prefork")))]
mod disabled;
#[cfg(all(unix, feature = "prefork"))]
mod enabled;

#[cfg(not(all(unix, feature = "prefork")))]
use self::disabled as imp;
#[cfg(all(unix, feature = "prefork"))]
use self::enabled as imp;

#[cfg(all(unix, feature = "prefork"))]
pub use self::enabled::metrics;
#[cfg(feature = "websocket")]
pub(crate) use self::imp::OpenWebSocket;
#[cfg(feature = "debug")]
pub(crate) use self::imp::generation;
#[cfg(feature = "autoreload")]
pub(crate) use self::imp::generation_id;
pub(crate) use self::imp::has_successor;
#[cfg(any(feature = "debug", feature = "server"))]
pub(crate) use self::imp::task_id;
#[cfg(feature = "server")]
pub(crate) use self::imp::{
    IS_ENABLED, Settings, follow_supervisor, is_worker, notify, obey_signals, observe,
};
