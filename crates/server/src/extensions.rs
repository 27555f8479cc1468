//! Extensions of requests: their memory goes from one request of a thread to the next.

use std::cell::Cell;

use http::Extensions;

use crate::ConnectionInfo;

thread_local! {
    /// The extensions of the last request of this thread.
    static SPARE: Cell<Extensions> = Cell::default();
}

/// Gives the memory of a request's extensions to the next request of this thread, which saves each
/// request the allocation of a table and of its entries.
///
/// `emptied` is the number of entries that hold nothing of this request: the next request has them
/// as they are. [`ConnectionInfo`] is not one of them, since the server replaces it. If there are
/// more entries, all are dropped, so that no value of a request reaches another one.
///
/// # Examples
///
/// ```
/// use http::{Request, Response};
///
/// fn hello<B>(request: Request<B>) -> Response<&'static str> {
///     squall_server::recycle_extensions(request.into_parts().0.extensions, 0);
///     Response::new("hello")
/// }
/// ```
pub fn recycle_extensions(mut extensions: Extensions, emptied: usize) {
    let has_connection = extensions.get::<ConnectionInfo>().is_some();
    if extensions.len() > emptied + usize::from(has_connection) {
        extensions.clear();
    }
    // Where the thread's values are destroyed already, there is no next request.
    _ = SPARE.try_with(|spare| spare.set(extensions));
}

/// Adds the connection to the extensions of a request, in the memory of an earlier request, if any.
pub(crate) fn add_connection(info: &ConnectionInfo, extensions: &mut Extensions) {
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

    use super::{add_connection, recycle_extensions};
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
            add_connection(&connection(kept), &mut extensions);
            assert_eq!((id(&extensions), extensions.len()), (kept, 1));
            recycle_extensions(extensions, 0);
            let next = if id_of_next == 1 {
                first.clone()
            } else {
                connection(id_of_next)
            };
            let mut extensions = Extensions::new();
            add_connection(&next, &mut extensions);
            assert_eq!((id(&extensions), extensions.len()), (id_of_next, 1));
        }
    }

    #[test]
    fn extensions_with_a_value_get_the_connection_too() {
        recycle_extensions(Extensions::new(), 0);
        let mut extensions = Extensions::new();
        extensions.insert(7);
        add_connection(&connection(3), &mut extensions);
        assert_eq!(
            (id(&extensions), extensions.get(), extensions.len()),
            (3, Some(&7), 2)
        );
    }

    #[test]
    fn values_are_dropped_unless_their_entries_are_emptied() {
        for (emptied, kept) in [(0, 1), (1, 1), (2, 3)] {
            let mut extensions = Extensions::new();
            add_connection(&connection(1), &mut extensions);
            extensions.insert("a value");
            extensions.insert(7);
            recycle_extensions(extensions, emptied);
            let mut next = Extensions::new();
            add_connection(&connection(1), &mut next);
            assert_eq!(next.len(), kept, "{emptied} emptied");
        }
    }
}
