//! Per-request values: a minijinja object that computes values on first use.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use minijinja::{Value, value::Object};

/// Calls `look_up` once per name, and caches the result.
pub(crate) struct RequestValues<F> {
    look_up: F,
    /// By name. A template uses a few, which a search finds sooner than their hash is computed.
    found: Mutex<Vec<(Value, Option<Value>)>>,
}

impl<F> RequestValues<F> {
    pub(crate) fn new(look_up: F) -> Self {
        Self {
            look_up,
            found: Mutex::default(),
        }
    }
}

impl<F> fmt::Debug for RequestValues<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestValues").finish_non_exhaustive()
    }
}

impl<F> Object for RequestValues<F>
where
    F: Fn(&str) -> Option<Value> + Send + Sync + 'static,
{
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let lock = || self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let is_found = |(found, _): &&(Value, _)| found.as_str() == Some(name);
        if let Some((_, value)) = lock().iter().find(is_found) {
            return value.clone();
        }
        // Without the lock, since `look_up` may itself render a template with these values.
        let value = (self.look_up)(name);
        lock().push((key.clone(), value.clone()));
        value
    }
}
