//! The parameters of a page (protocol reference, consent-web §2).

use digime_fixtures::catalogue::{Source, SourceType};
use serde::Deserialize;

use crate::domain::consent::Page;

/// The parameters of a page; each page reads those that it has. Unknown ones are ignored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PageParameters {
    pub(crate) page: Page,
    pub(crate) code: String,
    /// Source to connect; the user chooses if it is absent.
    pub(crate) service: Option<u32>,
    pub(crate) source_type: Option<SourceType>,
    pub(crate) sample_data_set: Option<String>,
    pub(crate) auto_onboard: bool,
    pub(crate) include_sample_only: bool,
    /// Whether a query runs after the source is added; true when absent.
    pub(crate) trigger: bool,
    pub(crate) locale: Option<String>,
    pub(crate) sources_scope: Option<SourcesScope>,
    /// Stands for the provisional storage that becomes the user's.
    pub(crate) storage_ref: Option<String>,
    /// Stands for the account to log in at.
    pub(crate) account_ref: Option<String>,
    /// Where clients of some years want to return to (protocol reference, legacy/js-5-to-12 §2).
    pub(crate) callback: Option<String>,
}

/// How the source list is narrowed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SourcesScope {
    #[serde(default)]
    pub(crate) data_type: Vec<String>,
    pub(crate) organization_type: Option<String>,
}

impl SourcesScope {
    /// Whether a source offers one of the kinds of data, and is of the kind of care provider, where these are given.
    pub(super) fn has(&self, source: &Source) -> bool {
        let has_type = |wanted: &String| source.data_types.contains(wanted);
        (self.data_type.is_empty() || self.data_type.iter().any(has_type))
            && self.organization_type.as_ref().is_none_or(|it| source.organization_type.as_ref() == Some(it))
    }
}

/// Parameters that do not pass the page's first checks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BadParameters {
    /// The page that they were given to.
    pub(crate) page: Page,
    /// The code, if there is one: it leads to the callback.
    pub(crate) code: String,
    /// What is wrong.
    pub(crate) problem: String,
}

impl PageParameters {
    /// Reads the query of a page, decoded once.
    pub(crate) fn read(page: Page, query: &[(String, String)]) -> Result<Self, BadParameters> {
        let get = |name: &str| {
            let found = query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
            found.filter(|value| !value.is_empty())
        };
        let code = get("code").unwrap_or_default().to_owned();
        let bad = |problem: String| BadParameters { page, code: code.clone(), problem };
        let flag = |name: &str, default: bool| match get(name) {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(other) => Err(bad(format!("{name} is \"{other}\", expected true or false"))),
        };
        let service = get("service")
            .filter(|text| *text != "0")
            .map(|text| text.parse().map_err(|_| bad(format!("service is \"{text}\", expected a source id"))))
            .transpose()?;
        let source_type = match get("sourceType") {
            None => None,
            Some("pull") => Some(SourceType::Pull),
            Some("push") => Some(SourceType::Push),
            Some(other) => return Err(bad(format!("sourceType is \"{other}\", expected pull or push"))),
        };
        let sources_scope = get("sourcesScope").map(|text| sources_scope(text).map_err(bad)).transpose()?;
        Ok(Self {
            service,
            source_type,
            sample_data_set: get("sampleDataSet").map(str::to_owned),
            auto_onboard: flag("sampleDataAutoOnboard", false)?,
            include_sample_only: flag("includeSampleDataOnlySources", false)?,
            trigger: flag("triggerQuery", true)?,
            // iOS names it `locale` on one page.
            locale: get("lng").or_else(|| get("locale")).map(str::to_owned),
            sources_scope,
            storage_ref: get("storageRef").map(str::to_owned),
            account_ref: get("accountRef").map(str::to_owned),
            callback: get("callback").map(str::to_owned),
            page,
            code,
        })
    }

    /// Whether no page is shown at all. Without a service there would be nothing to connect.
    pub(crate) fn skips_the_page(&self) -> bool {
        let connects = matches!(self.page, Page::Authorize | Page::Onboard);
        connects && self.auto_onboard && self.sample_data_set.is_some() && self.service.is_some()
    }
}

/// The value is encoded twice (protocol reference, consent-web §2.1); a client that encodes it
/// once is understood too.
fn sources_scope(once: &str) -> Result<SourcesScope, String> {
    let twice = percent_decoded(once);
    serde_json::from_str(&twice)
        .or_else(|_| serde_json::from_str(once))
        .map_err(|error| format!("sourcesScope is not the expected JSON: {error}"))
}

/// Decodes `%XX`; unlike a form decoder it leaves `+` alone.
fn percent_decoded(text: &str) -> String {
    let guarded = text.replace('+', "%2B");
    let pair = format!("v={guarded}");
    let decoded = url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned());
    decoded.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn read(query: &str) -> Result<PageParameters, BadParameters> {
        let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        PageParameters::read(Page::Authorize, &pairs)
    }

    #[test]
    fn the_reference_query_is_understood() {
        let vectors: Value =
            serde_json::from_str(include_str!("../../../fixtures/vectors/vectors.json")).unwrap();
        let page = read(vectors["consent_url"]["query"].as_str().unwrap()).unwrap();
        assert_eq!(page.code, "demo-preauthorization-code");
        assert_eq!((page.service, page.source_type), (Some(16), Some(SourceType::Pull)));
        assert!(page.skips_the_page() && page.include_sample_only && !page.trigger);
        let scope = page.sources_scope.unwrap();
        assert_eq!(scope.data_type, ["images", "documents"]);
        assert_eq!(scope.organization_type.as_deref(), Some("hospital"));
    }

    #[test]
    fn a_scope_that_was_encoded_once_is_understood() {
        let page = read("code=c&sourcesScope=%7B%22dataType%22%3A%5B%22images%22%5D%7D").unwrap();
        assert_eq!(page.sources_scope.unwrap().data_type, ["images"]);
    }

    #[test]
    fn a_bad_parameter_is_named_and_the_code_kept() {
        for query in ["service=x", "triggerQuery=maybe", "sourceType=both", "sourcesScope=%7B"] {
            let bad = read(&format!("code=abc&{query}")).unwrap_err();
            assert_eq!(bad.code, "abc");
            assert!(query.starts_with(bad.problem.split(' ').next().unwrap()), "{}", bad.problem);
        }
    }

    #[test]
    fn defaults_are_the_platforms() {
        let page = read("code=abc").unwrap();
        assert!(page.trigger && !page.skips_the_page() && page.service.is_none());
        assert!(!read("code=a&sampleDataSet=default&sampleDataAutoOnboard=true").unwrap().skips_the_page());
    }
}
