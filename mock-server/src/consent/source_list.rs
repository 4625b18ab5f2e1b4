//! The list of sources that a user chooses from, and its filter.

use digime_fixtures::catalogue::{self, PublishedStatus, Source, SourceType};

use super::parameters::SourcesScope;
use super::texts::Texts;
use crate::icon::Icon;

/// What the filter of the list asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub(super) search: String,
    pub(super) country: Option<u32>,
    pub(super) category: Option<u32>,
}

/// A source as the list shows it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: u32,
    pub(super) name: &'static str,
    pub(super) about: String,
    pub(super) icon: String,
    pub(super) sample_only: bool,
    pub(super) selected: bool,
    /// What a search looks at.
    pub(super) words: String,
    /// Ids of countries, with spaces between; empty for all.
    pub(super) countries: String,
    pub(super) category: u32,
}

/// An option of a field.
#[derive(Debug)]
pub(super) struct FilterOption {
    pub(super) value: String,
    pub(super) text: &'static str,
    pub(super) selected: bool,
}

/// The sources of a type, by name; those of a scope, if there is one.
pub(super) fn sources(
    wanted: SourceType,
    include_sample_only: bool,
    scope: Option<&SourcesScope>,
) -> Vec<&'static Source> {
    let listed = |source: &&Source| match source.status {
        PublishedStatus::Approved => true,
        PublishedStatus::SampleDataOnly => include_sample_only,
        _ => false,
    };
    let mut sources: Vec<_> = catalogue::sources()
        .iter()
        .filter(|source| source.onboardable && source.types.contains(&wanted))
        .filter(listed)
        .filter(|source| scope.is_none_or(|scope| scope.has(source)))
        .collect();
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    sources
}

impl Wanted {
    fn has(&self, source: &Source) -> bool {
        let text = words(source).to_lowercase();
        self.search.to_lowercase().split_whitespace().all(|word| text.contains(word))
            && self.country.is_none_or(|id| source.countries.is_empty() || source.countries.contains(&id))
            && self.category.is_none_or(|id| source.group_id == id)
    }

    /// The rows of those that fit.
    pub(super) fn rows(&self, sources: &[&'static Source], selected: Option<u32>, texts: &Texts) -> Vec<Row> {
        let fitting = sources.iter().filter(|source| self.has(source));
        fitting.map(|source| row(source, selected, texts)).collect()
    }

    /// The countries that any of the sources is in.
    pub(super) fn countries(&self, sources: &[&Source], texts: &Texts) -> Vec<FilterOption> {
        let countries = catalogue::countries().iter().map(|country| country.id);
        let present = countries.filter(|id| sources.iter().any(|source| source.countries.contains(id)));
        present.map(|id| option(id, texts.country_name(id), self.country)).collect()
    }

    /// The categories that any of the sources is of.
    pub(super) fn categories(&self, sources: &[&Source], texts: &Texts) -> Vec<FilterOption> {
        let groups = catalogue::service_groups().iter().map(|group| group.id);
        let present = groups.filter(|id| sources.iter().any(|source| source.group_id == *id));
        present.map(|id| option(id, texts.group(id), self.category)).collect()
    }
}

fn option(id: u32, text: &'static str, wanted: Option<u32>) -> FilterOption {
    FilterOption { value: id.to_string(), text, selected: wanted == Some(id) }
}

fn words(source: &Source) -> String {
    let others = source.aliases.iter().chain(&source.abbreviation).map(String::as_str);
    std::iter::once(source.name.as_str()).chain(others).collect::<Vec<_>>().join(" ")
}

/// The drawing that discovery shows for a source.
pub(super) fn icon(source: &Source) -> String {
    Icon::of(&source.reference).svg()
}

fn row(source: &'static Source, selected: Option<u32>, texts: &Texts) -> Row {
    let named: Vec<_> = source.countries.iter().map(|id| texts.country_name(*id)).collect();
    let place = if named.is_empty() { texts.worldwide.to_owned() } else { named.join(", ") };
    let ids: Vec<_> = source.countries.iter().map(u32::to_string).collect();
    Row {
        id: source.id,
        name: &source.name,
        about: format!("{} · {place}", texts.group(source.group_id)),
        icon: icon(source),
        sample_only: source.status == PublishedStatus::SampleDataOnly,
        selected: selected == Some(source.id),
        words: words(source),
        countries: ids.join(" "),
        category: source.group_id,
    }
}
