//! `Matched`: the matched route, in a request's extensions, whose memory the next request uses.

use std::{mem, sync::Arc};

use http::Extensions;
use squall_routing::Captures;

use crate::application::site::Site;

/// The matched route of a request.
#[derive(Clone)]
pub(crate) struct Matched {
    /// `None` in an error page.
    pub(crate) captures: Option<Captures>,
    pub(crate) site: Arc<Site>,
}

/// In the extensions of a request. It is empty once the request is handled.
#[derive(Clone, Default)]
struct Slot(Option<Matched>);

impl Matched {
    /// Returns the matched route of a request.
    pub(crate) fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get::<Slot>()?.0.as_ref()
    }

    /// Takes the matched route from a request.
    pub(crate) fn take(extensions: &mut Extensions) -> Option<Self> {
        extensions.get_mut::<Slot>()?.0.take()
    }

    /// Adds the matched route to a request.
    pub(crate) fn put(self, extensions: &mut Extensions) {
        match extensions.get_mut::<Slot>() {
            Some(slot) => slot.0 = Some(self),
            None => drop(extensions.insert(Slot(Some(self)))),
        }
    }
}

/// Gives the memory of a request's extensions to the next request, without the values of this one.
pub(crate) fn recycle(mut extensions: Extensions) {
    let slot = extensions.get_mut::<Slot>();
    let has_slot = slot.map(mem::take).is_some();
    squall_server::recycle_extensions(extensions, usize::from(has_slot));
}
