//! The values of the scenario language: durations, templates, predicates, settings.

mod contract_kind;
mod duration;
mod expect;
mod field;
mod path;
mod predicate;
mod setup;
pub(crate) mod template;

pub use contract_kind::{ContractKind, UnknownContractKind};
pub(crate) use duration::HumanDuration;
pub(crate) use expect::Expectations;
pub(crate) use field::Field;
pub(crate) use path::Path;
pub(crate) use predicate::{JsonType, Operators, Order, Predicate};
pub(crate) use setup::{ClientSetup, Compression, Generation, Lifetimes, ServerSetup, SnapshotOf, Timeline};
