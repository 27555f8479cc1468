//! A squall application as a Python extension module, whose `application` is a WSGI callable (Tornado's
//! `WSGIAdapter`): it runs where only a WSGI server may run, and beside an old site.
//!
//! ```no_run
//! use squall::{Application, get};
//!
//! fn make() -> squall::Result<Application> {
//!     Ok(Application::new().route("/", get(|| async { "Hello, world" })))
//! }
//!
//! squall_wsgi::application!(hello_wsgi, make);
//! # fn main() {}
//! ```
//!
//! The crate that has this is a `cdylib`, and depends on squall without its server:
//!
//! ```toml
//! [lib]
//! crate-type = ["cdylib"]
//!
//! [dependencies]
//! squall = { version = "0.1", default-features = false, features = ["cookies", "form", "json"] }
//! squall-wsgi = "0.1"
//! ```
//!
//! ```console
//! $ cargo build --release
//! $ cp target/release/libhello_wsgi.so hello_wsgi.so
//! $ gunicorn --threads 8 hello_wsgi:application
//! ```
//!
//! # Processes, threads and forks
//!
//! `make` runs in each process at the first request, in a runtime of that process, so a server may import the
//! module before it forks. `application.start()` does so at once, for a server that should not start with a
//! configuration error. A process that forks later gets a runtime and an application of its own.
//!
//! A request is handled in the thread of the server that calls `application`, and background tasks in one
//! thread of the runtime. Python's lock (GIL) is held only while `environ` is read, `wsgi.input` is called and
//! values are passed back.
//!
//! # Limits
//!
//! A WSGI server owns the sockets. Limits, deadlines and the shutdown are its own; each request holds one of
//! its threads to its end, streams and long polling too; and no connection can be upgraded: the handshake of a
//! WebSocket gets 501. Background tasks end with the process. A request body without a length is read only
//! where the server marks its end (`wsgi.input_terminated`); otherwise it gets 411. The module works in the
//! main interpreter of a process.

mod application;
mod drive;
mod environ;
mod input;
mod interpreter;
mod make;
mod process;
mod response;
mod settings;

pub use crate::{
    make::{IntoWsgi, Make},
    settings::Wsgi,
};

/// Makes the crate a Python module of that name, whose `application` is a WSGI callable.
///
/// The name is that of the crate's library, as Python looks it up in the file. The second argument is a
/// function, asynchronous or not, that returns an [`Application`](squall::Application) or a [`Wsgi`] in a
/// [`Result`](squall::Result).
///
/// # Examples
///
/// ```no_run
/// use squall::{Application, State, get};
/// use squall_wsgi::Wsgi;
///
/// # #[derive(Clone)] struct Pool;
/// # async fn connect() -> std::io::Result<Pool> { Ok(Pool) }
/// async fn make() -> squall::Result<Wsgi> {
///     let pool = connect().await?;
///     let application = Application::with_state(pool).route("/", get(home));
///     Ok(Wsgi::new(application)?.xheaders(true))
/// }
///
/// async fn home(State(_pool): State<Pool>) -> &'static str {
///     "Hello, world"
/// }
///
/// squall_wsgi::application!(site, make);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! application {
    ($module:ident, $make:expr) => {
        #[doc = "The application as a WSGI callable, `application`."]
        #[$crate::private::pyo3::pymodule]
        #[pyo3(crate = "squall_wsgi::private::pyo3")]
        fn $module(
            module: &$crate::private::pyo3::Bound<'_, $crate::private::pyo3::types::PyModule>,
        ) -> $crate::private::pyo3::PyResult<()> {
            $crate::private::add_application(module, $make)
        }
    };
}

/// For [`application!`] alone.
#[doc(hidden)]
pub mod private {
    pub use crate::{
        application::add_application,
        make::{Async, Blocking},
    };
    pub use pyo3;
}
