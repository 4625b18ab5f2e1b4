//! YAML as values that know their place, so that every mistake in a file is told where it is.

mod at;
mod mistake;
mod reader;
mod tree;

pub(crate) use at::At;
pub(crate) use mistake::{Mistake, did_you_mean};
pub(crate) use reader::FIELD;
pub(crate) use tree::{Key, Kind, Node, Written, parse};
