//! Request metadata that inner layers and handlers add: route, parameters and form fields.

use std::sync::{Arc, Mutex, PoisonError};

/// Request metadata for the page that is not in the request's head: the route, its parameters and
/// form fields.
///
/// The layer adds an empty one to the extensions of each request whose client may see the page.
/// Inner layers add what they parse; it is kept even if the handler panics.
///
/// ```
/// # let request = http::Request::new(());
/// use squall_debug::RequestMetadata;
///
/// if let Some(metadata) = request.extensions().get::<RequestMetadata>() {
///     metadata.set_route("/user/{id}");
///     metadata.add_param("id", "7");
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct RequestMetadata(Arc<Mutex<Metadata>>);

#[derive(Clone, Debug, Default)]
pub(crate) struct Metadata {
    pub(crate) route: Option<String>,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) form: Vec<(String, String)>,
}

impl RequestMetadata {
    /// Sets the route's pattern.
    pub fn set_route(&self, route: impl Into<String>) {
        self.update(|metadata| metadata.route = Some(route.into()));
    }

    /// Adds a decoded parameter of the route.
    pub fn add_param(&self, name: impl Into<String>, value: impl Into<String>) {
        self.update(|metadata| metadata.params.push((name.into(), value.into())));
    }

    /// Adds a decoded field of the request's form.
    pub fn add_form_field(&self, name: impl Into<String>, value: impl Into<String>) {
        self.update(|metadata| metadata.form.push((name.into(), value.into())));
    }

    pub(crate) fn get(&self) -> Metadata {
        let metadata = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        metadata.clone()
    }

    fn update(&self, update: impl FnOnce(&mut Metadata)) {
        // A poisoned lock is harmless: each update is a single assignment or push.
        update(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
