//! `application`: the WSGI callable, a Python object.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use pyo3::{
    exceptions::PyRuntimeError,
    intern,
    prelude::*,
    types::{PyDict, PyModule},
};

use squall::http::Method;

use crate::{Make, environ, input, interpreter, make::Making, process::Process, response};

/// A squall application as a WSGI callable.
#[pyclass(frozen, module = "squall_wsgi", name = "Application")]
struct WsgiApplication {
    make: Box<dyn Fn() -> Making + Send + Sync>,
    /// The process that the application was made in last. Only a thread that has Python's lock takes this one,
    /// so no process is forked while it is taken.
    process: Mutex<Option<&'static Process>>,
}

/// Adds `application` to a module; for [`application!`](crate::application).
///
/// # Errors
///
/// An `ImportError` in a sub-interpreter.
pub fn add_application<M>(module: &Bound<'_, PyModule>, make: impl Make<M>) -> PyResult<()> {
    let py = module.py();
    interpreter::check(py)?;
    let application = WsgiApplication {
        make: Box::new(move || make.make()),
        process: Mutex::default(),
    };
    let application = Bound::new(py, application)?;
    let finish = application.getattr("_finish")?;
    py.import("atexit")?.call_method1("register", (finish,))?;
    module.add("application", application)
}

#[pymethods]
impl WsgiApplication {
    /// Handles a request (PEP 3333).
    fn __call__<'py>(
        &self,
        environ: &Bound<'py, PyDict>,
        start_response: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = environ.py();
        let process = self.process()?;
        let environ::Head { request, body } = environ::head(environ)?;
        let is_head = request.method() == Method::HEAD;
        let (responding, input) = match body {
            Ok(length) => {
                let stream = environ.get_item(intern!(py, "wsgi.input"))?;
                let (body, input) = input::body(length, stream);
                (process.site.call(request.map(|()| body)), input)
            }
            Err(error) => (process.site.refuse(request, error), None),
        };
        response::send(start_response, process, responding, is_head, input)
    }

    /// Makes the application now, in this process, instead of at the first request: a server that calls it at
    /// its start does not start with a configuration error.
    fn start(&self) -> PyResult<()> {
        self.process().map(|_| ())
    }

    /// Waits for background tasks, at the end of a process that has handled requests.
    fn _finish(&self, py: Python<'_>) {
        let process = *self.lock();
        if let Some(process) = process.filter(|process| process.is_this()) {
            py.detach(|| process.finish());
        }
    }
}

impl WsgiApplication {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<&'static Process>> {
        // A reference is whole even after a panic.
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns this process, in which the application is made if it is new. Python's lock is held meanwhile, so
    /// that it is made once and nothing forks.
    fn process(&self) -> PyResult<&'static Process> {
        let mut current = self.lock();
        if let Some(process) = current.filter(|process| process.is_this()) {
            return Ok(process);
        }
        let process = Process::start(|| (self.make)()).map_err(|error| {
            tracing::error!(?error, "the application cannot be made");
            PyRuntimeError::new_err(format!("the application cannot be made: {error:?}"))
        })?;
        *current = Some(process);
        Ok(process)
    }
}

impl fmt::Debug for WsgiApplication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WsgiApplication")
    }
}
