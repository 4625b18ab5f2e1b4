//! What a client asks of the sources, and which of them answer (protocol reference, http-api §6.1
//! and objects §5.2).
//!
//! Filters are exact and all of them must be met; a search is met by any of its texts, found
//! anywhere in any of its fields, in any case of letters. The reference infers the rule and is
//! silent on several searched fields: clients put the same words of a user into each, so that
//! asking for all would find nothing.

use std::collections::BTreeMap;

use digime_fixtures::catalogue::{self, PublishedStatus, Source};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::catalogue_query::Ids;
use super::refusal::Refusal;

/// How many sources a page has if the client does not say.
const DEFAULT_LIMIT: u64 = 10;

/// The body of `POST discovery/sources`. Unknown keys are ignored; `null` means absent.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, JsonSchema)]
pub(crate) struct SourceQuery {
    limit: Option<f64>,
    offset: Option<f64>,
    sort: Option<Sort>,
    query: Option<SourceCriteria>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, JsonSchema)]
struct Sort {
    name: Option<Direction>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Direction {
    Asc,
    Desc,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SourceCriteria {
    query_string: Option<String>,
    /// Field path → texts. A map, because iOS writes paths with dots.
    search: Option<BTreeMap<String, Vec<String>>>,
    include: Option<Vec<String>>,
    filter: Option<SourceFilter>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SourceFilter {
    id: Option<Ids>,
    published_status: Option<Vec<StatusName>>,
    service: Option<Ids>,
    country: Option<Ids>,
    category: Option<Ids>,
    platform: Option<Ids>,
    r#type: Option<Ids>,
    source_id: Option<f64>,
    reference: Option<Vec<String>>,
    alias: Option<Vec<String>>,
    #[serde(flatten)]
    #[schemars(skip)]
    unknown: BTreeMap<String, Value>,
}

/// A status as text or, as iOS knows it too, as a number.
#[derive(Clone, Debug, Deserialize, PartialEq, JsonSchema)]
#[serde(
    untagged,
    expecting = "expected approved, pending, deprecated, blocked or sampledataonly, or 1 to 5 for them"
)]
enum StatusName {
    Text(#[schemars(with = "String")] PublishedStatus),
    Number(f64),
}

impl StatusName {
    fn means(&self, status: PublishedStatus) -> bool {
        match self {
            Self::Text(text) => *text == status,
            Self::Number(number) => {
                let named = (1_u32..).zip(PublishedStatus::ALL).find(|(id, _)| f64::from(*id) == *number);
                named.is_some_and(|(_, named)| named == status)
            }
        }
    }
}

/// The sources of one page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SourcePage<'a> {
    /// The sources, in order.
    pub sources: Vec<&'a Source>,
    /// How many a page has.
    pub limit: u64,
    /// How many come before the page.
    pub offset: u64,
    /// How many there are on all pages.
    pub total: usize,
}

impl SourceQuery {
    /// The page of `sources` that is asked for. They are ordered by name, without regard to the
    /// case of letters, and by id where names are the same, so that pages neither repeat nor skip
    /// any.
    ///
    /// # Errors
    /// `ValidationErrors` if `limit` or `offset` is not a whole number from 0.
    pub(crate) fn page<'a>(&self, sources: &'a [Source]) -> Result<SourcePage<'a>, Refusal> {
        let limit = whole("limit", self.limit)?.unwrap_or(DEFAULT_LIMIT);
        let offset = whole("offset", self.offset)?.unwrap_or(0);
        let mut found: Vec<_> = sources.iter().filter(|source| self.asks_for(source)).collect();
        let descending = self.sort.as_ref().and_then(|sort| sort.name) == Some(Direction::Desc);
        found.sort_by(|a, b| {
            let by_name = a.name.to_lowercase().cmp(&b.name.to_lowercase());
            let by_name = if descending { by_name.reverse() } else { by_name };
            by_name.then(a.id.cmp(&b.id))
        });
        let total = found.len();
        let [skipped, taken] = [offset, limit].map(|count| usize::try_from(count).unwrap_or(usize::MAX));
        let sources = found.into_iter().skip(skipped).take(taken).collect();
        Ok(SourcePage { sources, limit, offset, total })
    }

    /// The paths of the fields that are asked for; empty means all.
    pub(crate) fn include(&self) -> &[String] {
        self.query.as_ref().and_then(|query| query.include.as_deref()).unwrap_or_default()
    }

    /// The fields of search and filter that are not documented, and so change nothing.
    pub(crate) fn ignored(&self) -> Vec<&str> {
        let Some(query) = &self.query else { return Vec::new() };
        let searched = query.search.iter().flatten().map(|(field, _)| field.as_str());
        let searched = searched.filter(|field| Field::named(field).is_none());
        let filtered = query.filter.iter().flat_map(|filter| filter.unknown.keys().map(String::as_str));
        searched.chain(filtered).collect()
    }

    fn asks_for(&self, source: &Source) -> bool {
        self.query.as_ref().is_none_or(|query| {
            query.filter.as_ref().is_none_or(|filter| filter.allows(source))
                && query.search.as_ref().is_none_or(|search| search_finds(search, source))
                && query.query_string.as_deref().is_none_or(|words| words_find(words, source))
        })
    }
}

fn whole(name: &str, number: Option<f64>) -> Result<Option<u64>, Refusal> {
    match number {
        None => Ok(None),
        // Beyond this size a JSON number is not exact any more.
        Some(number) if (0.0..=9e15).contains(&number) && number.fract() == 0.0 => Ok(Some(number as u64)),
        Some(number) => {
            Err(Refusal::validation(format!("{name} is {number}, expected a whole number from 0")))
        }
    }
}

impl SourceFilter {
    fn allows(&self, source: &Source) -> bool {
        let types: Vec<_> = source.types.iter().map(|it| it.id()).collect();
        let ids = [
            (&self.id, &[source.id][..]),
            (&self.service, &[source.service_id]),
            (&self.country, &source.countries),
            (&self.category, &[source.group_id]),
            (&self.platform, &source.platforms),
            (&self.r#type, &types),
        ];
        let texts = |wanted: &Option<Vec<String>>, own: &[String]| {
            wanted.as_ref().is_none_or(|wanted| own.iter().any(|text| wanted.contains(text)))
        };
        let status = &self.published_status;
        ids.iter().all(|(wanted, own)| wanted.as_ref().is_none_or(|wanted| wanted.allow(own)))
            && status.as_ref().is_none_or(|names| names.iter().any(|name| name.means(source.status)))
            && self.source_id.is_none_or(|id| id == f64::from(source.id))
            && texts(&self.reference, std::slice::from_ref(&source.reference))
            && texts(&self.alias, &source.aliases)
    }
}

/// A field that can be searched.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Field {
    Name,
    Abbreviation,
    Alias,
    MedicalCenter,
    Practitioner,
    City,
    ZipCode,
}

impl Field {
    const ALL: [Self; 7] = [
        Self::Name,
        Self::Abbreviation,
        Self::Alias,
        Self::MedicalCenter,
        Self::Practitioner,
        Self::City,
        Self::ZipCode,
    ];

    fn path(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Abbreviation => "abbreviation",
            Self::Alias => "alias",
            Self::MedicalCenter => "medicalCenter",
            Self::Practitioner => "practitioner",
            Self::City => "address.city",
            Self::ZipCode => "address.zipCode",
        }
    }

    fn named(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.path() == path)
    }

    fn texts(self, source: &Source) -> &[String] {
        let address = source.address.as_slice().first();
        match self {
            Self::Name => std::slice::from_ref(&source.name),
            Self::Abbreviation => source.abbreviation.as_slice(),
            Self::Alias => &source.aliases,
            Self::MedicalCenter => &source.medical_centers,
            Self::Practitioner => &source.practitioners,
            Self::City => address.map(|it| std::slice::from_ref(&it.city)).unwrap_or_default(),
            Self::ZipCode => address.map(|it| std::slice::from_ref(&it.zip_code)).unwrap_or_default(),
        }
    }
}

/// A search without a text, or in unknown fields alone, leaves nothing out.
fn search_finds(search: &BTreeMap<String, Vec<String>>, source: &Source) -> bool {
    let known = search.iter().filter_map(|(path, wanted)| Some((Field::named(path)?, wanted)));
    let mut wanted =
        known.flat_map(|(field, wanted)| wanted.iter().map(move |text| (field, text))).peekable();
    wanted.peek().is_none()
        || wanted.any(|(field, text)| field.texts(source).iter().any(|own| contains(own, text)))
}

/// Each word that the user typed stands somewhere in what describes the source.
fn words_find(words: &str, source: &Source) -> bool {
    let service = catalogue::service(source.service_id).map(|service| &service.name);
    let group = catalogue::service_group(source.group_id).map(|group| &group.name);
    let described: Vec<&String> = Field::ALL
        .into_iter()
        .flat_map(|field| field.texts(source))
        .chain([&source.reference])
        .chain(service)
        .chain(group)
        .collect();
    words.split_whitespace().all(|word| described.iter().any(|text| contains(text, word)))
}

fn contains(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.trim().to_lowercase())
}

#[cfg(test)]
mod tests;
