//! Where a user is on a page: which of its steps, and what was chosen on the way. It travels in parameters of the
//! address that begin with `mock_`, which no parameter of the platform does, so that pages work without scripts.

use digime_fixtures::catalogue::{self, SourceType};

use super::decision::SourceChoice;
use super::parameters::PageParameters;
use super::source_list::Wanted;
use crate::domain::consent::Page;

/// A step of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Request,
    Source,
    SignIn,
    Review,
}

impl Step {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Source => "source",
            Self::SignIn => "sign-in",
            Self::Review => "review",
        }
    }
}

/// Where a user is.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    step: Option<Step>,
    pub(super) source: Option<u32>,
    /// The sources that were chosen before that one.
    pub(super) also: Vec<SourceChoice>,
    pub(super) user: Option<String>,
    pub(super) dataset: Option<String>,
    pub(super) direction: Option<SourceType>,
    pub(super) wanted: Wanted,
    /// The parameters of the platform.
    given: Vec<(String, String)>,
}

impl Visit {
    pub(super) fn read(query: &[(String, String)]) -> Self {
        let get = |name: &str| {
            let found = query.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim());
            found.filter(|value| !value.is_empty())
        };
        let steps = [Step::Request, Step::Source, Step::SignIn, Step::Review];
        Self {
            step: steps.into_iter().find(|step| get("mock_step") == Some(step.name())),
            source: get("mock_source")
                .and_then(|text| text.parse().ok())
                .filter(|id| catalogue::source(*id).is_some()),
            also: SourceChoice::read(
                query.iter().filter(|(name, _)| name == "mock_also").map(|(_, value)| value.as_str()),
            ),
            user: get("mock_user").map(str::to_owned),
            dataset: get("mock_dataset").map(str::to_owned),
            direction: SourceType::ALL.into_iter().find(|it| get("mock_direction") == Some(it.reference())),
            wanted: Wanted {
                search: get("mock_search").unwrap_or_default().to_owned(),
                country: get("mock_country").and_then(|text| text.parse().ok()),
                category: get("mock_category").and_then(|text| text.parse().ok()),
            },
            given: query.iter().filter(|(name, _)| !name.starts_with("mock_")).cloned().collect(),
        }
    }

    /// The steps of a page. `optional` says that nothing need be connected.
    pub(super) fn steps(&self, page: &PageParameters, optional: bool) -> Vec<Step> {
        let chooses = page.service.is_none();
        let signs_in = page.sample_data_set.is_none();
        let wants_source = self.source.is_some()
            || !self.also.is_empty()
            || self.step.is_some_and(|step| step != Step::Request);
        match page.page {
            Page::UserReauth | Page::Revoke => vec![Step::Request],
            Page::Reauthorize => vec![Step::Request, Step::SignIn, Step::Review],
            Page::Authorize | Page::Onboard if optional && !wants_source => vec![Step::Request],
            Page::Authorize | Page::Onboard => {
                let all = [(Step::Request, true), (Step::Source, chooses), (Step::SignIn, signs_in)];
                let mut steps: Vec<_> =
                    all.into_iter().filter(|(_, there)| *there).map(|(step, _)| step).collect();
                if steps.len() > 1 {
                    steps.push(Step::Review);
                }
                steps
            }
        }
    }

    /// The step that is shown: the one that was asked for, if what comes before it was done.
    pub(super) fn step(&self, steps: &[Step]) -> Step {
        let asked = self.step.filter(|step| steps.contains(step)).unwrap_or(Step::Request);
        let needs_source = steps.contains(&Step::Source) && self.source.is_none();
        let needs_sign_in = steps.contains(&Step::SignIn) && self.user.is_none() && self.dataset.is_none();
        match asked {
            Step::SignIn | Step::Review if needs_source => Step::Source,
            Step::Review if needs_sign_in => Step::SignIn,
            asked => asked,
        }
    }

    /// The fields of a form that leads to another step.
    pub(super) fn carried(&self, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let also = self.also.iter().map(|it| ("mock_also".to_owned(), it.to_string()));
        self.given.iter().cloned().chain(also).chain(more).collect()
    }

    /// The address of a step, relative to the page.
    pub(super) fn address(&self, step: Step, source: Option<u32>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.carried(&[])).append_pair("mock_step", step.name());
        if let Some(source) = source {
            query.append_pair("mock_source", &source.to_string());
        }
        format!("?{}", query.finish())
    }

    /// The address, relative to the page, of the choice of one more source after one that is done.
    pub(super) fn one_more(&self, done: SourceChoice) -> String {
        let mut after = self.clone();
        after.also.push(done);
        after.address(Step::Source, None)
    }

    /// The address that decisions are sent to, relative to the page: as the app opened it.
    pub(super) fn own(&self) -> String {
        format!(
            "?{}",
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.given).finish()
        )
    }
}
