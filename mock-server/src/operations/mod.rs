//! What the server can be asked for: operations, where they are reached and what they refuse.

pub(crate) mod generation;
pub(crate) mod operation;
pub(crate) mod refusals;
pub(crate) mod route;

pub use operation::Operation;
