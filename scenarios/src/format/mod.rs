//! The values of the scenario language: durations, templates, predicates, settings.

mod capture;
mod contract_kind;
mod date;
mod duration;
mod expect;
mod field;
mod generation;
mod path;
mod pattern;
mod predicate;
mod setup;
pub(crate) mod template;

pub(crate) use capture::Capture;
pub use contract_kind::{ContractKind, UnknownContractKind};
pub(crate) use date::{Day, Last};
pub(crate) use duration::HumanDuration;
pub(crate) use expect::Expectations;
pub(crate) use field::Field;
pub(crate) use generation::{Generation, Generations};
pub(crate) use path::Path;
pub(crate) use pattern::Pattern;
pub(crate) use predicate::{JsonType, Operators, Order, Predicate};
pub(crate) use setup::{ClientSetup, Compression, Lifetimes, ServerSetup, SnapshotOf, Timeline};
