//! The memory of a request's extensions, which the next request of the thread uses.

use std::cell::Cell;

use http::Extensions;

use crate::ConnectionInfo;

thread_local! {
    static SPARE: Cell<Extensions> = Cell::default();
}

/// Gives the memory of a request's extensions to the next request of this thread, which saves each request
/// the allocation of a table and of its entries.
///
/// **The next request has the values as well:** clear them before, or have them hold nothing.
/// [`ConnectionInfo`] may stay, since the server replaces it.
///
/// # Examples
///
/// ```
/// use http::{Request, Response};
///
/// fn hello<B>(request: Request<B>) -> Response<&'static str> {
///     let (mut parts, _) = request.into_parts();
///     parts.extensions.clear();
///     squall_server::recycle(parts.extensions);
///     Response::new("hello")
/// }
/// ```
pub fn recycle(extensions: Extensions) {
    // Where the thread's values are destroyed already, there is no next request.
    _ = SPARE.try_with(|spare| spare.set(extensions));
}

/// Adds the connection to the extensions of a request, in the memory that was kept, if any.
pub(crate) fn add(info: &ConnectionInfo, extensions: &mut Extensions) {
    if extensions.is_empty() {
        *extensions = SPARE.try_with(Cell::take).unwrap_or_default();
    }
    match extensions.get_mut::<ConnectionInfo>() {
        Some(kept) if kept.is_same(info) => {}
        Some(kept) => *kept = info.clone(),
        None => drop(extensions.insert(info.clone())),
    }
}

#[cfg(test)]
mod tests {
    use http::Extensions;

    use super::{add, recycle};
    use crate::ConnectionInfo;

    fn connection(id: u64) -> ConnectionInfo {
        let address = || "127.0.0.1:80".parse().unwrap();
        ConnectionInfo::new(address(), address(), id)
    }

    fn id(extensions: &Extensions) -> u64 {
        extensions.get::<ConnectionInfo>().unwrap().id()
    }

    #[test]
    fn request_gets_its_own_connection_and_no_value_of_another() {
        let first = connection(1);
        for (kept, id_of_next) in [(1, 1), (1, 2), (2, 1)] {
            let mut extensions = Extensions::new();
            add(&connection(kept), &mut extensions);
            assert_eq!((id(&extensions), extensions.len()), (kept, 1));
            recycle(extensions);
            let next = if id_of_next == 1 {
                first.clone()
            } else {
                connection(id_of_next)
            };
            let mut extensions = Extensions::new();
            add(&next, &mut extensions);
            assert_eq!((id(&extensions), extensions.len()), (id_of_next, 1));
        }
    }

    #[test]
    fn extensions_with_a_value_get_the_connection_too() {
        recycle(Extensions::new());
        let mut extensions = Extensions::new();
        extensions.insert(7);
        add(&connection(3), &mut extensions);
        assert_eq!(
            (id(&extensions), extensions.get(), extensions.len()),
            (3, Some(&7), 2)
        );
    }
}
