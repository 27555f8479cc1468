//! What only those further in know of a request.

use std::sync::{Arc, Mutex, PoisonError};

/// What the page is to say of a request beyond its head: the route that was found, the parameters, the form.
///
/// The layer puts an empty one into the extensions of each request whose failure could be shown, and only of these. Whoever
/// finds out more adds it; after a panic it is still there.
///
/// ```
/// # let request = http::Request::new(());
/// use squall_debug::RequestFacts;
///
/// if let Some(facts) = request.extensions().get::<RequestFacts>() {
///     facts.set_route("/user/{id}");
///     facts.add_param("id", "7");
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct RequestFacts(Arc<Mutex<Facts>>);

#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) route: Option<String>,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) form: Vec<(String, String)>,
}

impl RequestFacts {
    /// The route, as it was written.
    pub fn set_route(&self, route: impl Into<String>) {
        self.change(|facts| facts.route = Some(route.into()));
    }

    /// A parameter of the route, decoded.
    pub fn add_param(&self, name: impl Into<String>, value: impl Into<String>) {
        self.change(|facts| facts.params.push((name.into(), value.into())));
    }

    /// A field of the form that was sent, decoded.
    pub fn add_form_field(&self, name: impl Into<String>, value: impl Into<String>) {
        self.change(|facts| facts.form.push((name.into(), value.into())));
    }

    pub(crate) fn get(&self) -> Facts {
        let facts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        facts.clone()
    }

    fn change(&self, change: impl FnOnce(&mut Facts)) {
        // Nothing panics while it is locked, and half of the facts would still be facts.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
