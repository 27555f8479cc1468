//! The smallest application for a WSGI server.
//!
//! ```console
//! $ cargo build --release --example hello_wsgi
//! $ cp target/release/examples/libhello_wsgi.so hello_wsgi.so
//! $ gunicorn hello_wsgi:application
//! ```

use squall::{Application, get};

fn make() -> squall::Result<Application> {
    Ok(Application::new().route("/", get(|| async { "Hello, world" })))
}

squall_wsgi::application!(hello_wsgi, make);
