//! The memory of a request's extensions, which the next request of the thread uses.

use std::{cell::Cell, mem};

use http::Extensions;

use crate::ConnectionInfo;

thread_local! {
    static SPARE: Cell<Extensions> = Cell::default();
}

/// Adds the connection to the extensions of a request, in the memory that was kept, if any.
pub(super) fn add(info: &ConnectionInfo, extensions: &mut Extensions) {
    if extensions.is_empty() {
        // Where the thread's values are destroyed already, there is none.
        *extensions = SPARE.try_with(Cell::take).unwrap_or_default();
    }
    match extensions.get_mut::<ConnectionInfo>() {
        Some(kept) if kept.is_same(info) => {}
        Some(kept) => *kept = info.clone(),
        None => drop(extensions.insert(info.clone())),
    }
}

/// Keeps the memory of a response's extensions, unless they have values. Extensions without memory
/// replace others, because the two cannot be told apart.
pub(super) fn keep(extensions: &mut Extensions) {
    let is_unused = match extensions.len() {
        0 => true,
        1 => extensions.get::<ConnectionInfo>().is_some(),
        _ => false,
    };
    if is_unused {
        let extensions = mem::take(extensions);
        _ = SPARE.try_with(|spare| spare.set(extensions));
    }
}

#[cfg(test)]
mod tests {
    use http::Extensions;

    use super::{add, keep};
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
            keep(&mut extensions);
            assert!(extensions.is_empty());
            let next = if id_of_next == 1 {
                first.clone()
            } else {
                connection(id_of_next)
            };
            add(&next, &mut extensions);
            assert_eq!((id(&extensions), extensions.len()), (id_of_next, 1));
            extensions.insert("a value");
            keep(&mut extensions);
            assert_eq!(extensions.len(), 2, "they have a value");
        }
    }

    #[test]
    fn extensions_with_a_value_get_the_connection_too() {
        let mut extensions = Extensions::new();
        extensions.insert(7);
        add(&connection(3), &mut extensions);
        assert_eq!(
            (id(&extensions), extensions.get(), extensions.len()),
            (3, Some(&7), 2)
        );
    }
}
