//! What can be connected: sources and what they are sorted by
//! (protocol reference, http-api §6).

mod catalogue;
mod pages;
mod sample_data;
mod services;
mod source;
mod sources_filter;
mod sources_query;

pub use catalogue::{Category, CategoryTexts, Country, ListQuery, Platform, Resource, SourceKind};
pub use pages::{Sources, SourcesPage};
pub use sample_data::SampleDataSet;
pub use services::{AvailableServices, ServiceCountry, ServiceEntry, ServiceGroupEntry, ServicesQuery};
pub use source::{Address, Authorisation, AuthorisationKind, PublishedStatus, Service, Source};
pub use sources_query::{SearchField, SortOrder, SourcesQuery};
