//! What the server can be asked for: operations, their routes and what they refuse.

pub(crate) mod refusals;
pub(crate) mod route;
