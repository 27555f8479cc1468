//! Refuses sub-interpreters, which share the statics of a module but none of Python's objects.

use pyo3::{exceptions::PyImportError, prelude::*, types::PyTuple};

/// The modules that tell interpreters apart, of Python 3.13 and of those before.
const MODULES: [&str; 2] = ["_interpreters", "_xxsubinterpreters"];

/// Returns an error outside of the main interpreter.
///
/// # Errors
///
/// An `ImportError` that names the settings of mod_wsgi and uWSGI.
pub(crate) fn check(py: Python<'_>) -> PyResult<()> {
    // A Python without these modules has no sub-interpreters.
    let Some(interpreters) = MODULES.iter().find_map(|name| py.import(*name).ok()) else {
        return Ok(());
    };
    let id = |function| {
        let id = interpreters.call_method0(function)?;
        // With its origin, since Python 3.13.
        let id = match id.cast::<PyTuple>() {
            Ok(pair) => pair.get_item(0)?,
            Err(_) => id,
        };
        id.str()?.extract::<String>()
    };
    if id("get_current")? == id("get_main")? {
        return Ok(());
    }
    Err(PyImportError::new_err(
        "a squall application works in the main interpreter only: set `WSGIApplicationGroup %{GLOBAL}` \
         (mod_wsgi) or `single-interpreter = true` (uWSGI)",
    ))
}
