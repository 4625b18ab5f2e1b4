//! The format of scenario files.

mod at;
mod document;
mod duration;
mod expect;
mod field;
pub(crate) mod mistake;
mod path;
mod predicate;
mod reader;
mod schema;
mod step;

pub(crate) use at::At;
pub(crate) use document::{
    ClientSetup, Compression, Document, Generation, Lifetimes, Needs, SnapshotOf, Timeline,
};
pub(crate) use duration::Span24;
pub(crate) use expect::Expectations;
pub(crate) use field::Field;
pub(crate) use predicate::{JsonType, Operators, Order, Predicate};
pub(crate) use schema::schema;
pub(crate) use step::{Around, Doing};
