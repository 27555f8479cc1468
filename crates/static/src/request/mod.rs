//! Request metadata: the path, and the headers that select a representation. Pure functions, each
//! with its section of the RFC.

pub(crate) mod accept_encoding;
pub(crate) mod conditions;
pub(crate) mod head;
pub(crate) mod path;
pub(crate) mod range;
