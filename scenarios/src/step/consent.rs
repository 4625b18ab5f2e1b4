//! `consent`: the user's part.

use http::HeaderMap;
use reqwest::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Act, StepOutcome, StepError, innermost_cause};
use crate::format::{Field, Generations};
use crate::record::Party;
use crate::context::{Page, ScenarioContext};

/// The user decides on the consent page, or in the digi.me app; the browser comes back to the callback.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Consent {
    /// Approves.
    Approve(Choices),
    /// Declines: `USER_CANCEL`.
    Decline,
    /// Is sent back with an error: `ONBOARD_ERROR`, `SERVER_ERROR`, …
    Error(Field<String>),
}

impl JsonSchema for Consent {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Consent".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let choices = generator.subschema_for::<Choices>();
        json_schema!({
            "description": "The user decides on the consent page",
            "anyOf": [
                { "enum": ["approve", "decline"] },
                {
                    "type": "object",
                    "properties": { "approve": choices, "error": { "type": "string" } },
                    "additionalProperties": false,
                    "minProperties": 1,
                    "maxProperties": 1,
                },
            ],
        })
    }
}

/// What the user chooses.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Choices {
    /// The source to connect, if the application left it open.
    source: Option<Field<u32>>,
    /// The dataset that the source delivers.
    data_set: Option<Field<String>>,
    /// The user who consents, if the sandbox has them, by the `sub` of their tokens; a new one otherwise.
    user: Option<Field<String>>,
    /// The page, if it is not that of the last `authorize`.
    url: Option<Field<String>>,
    /// Whether the phone is another user's from now on, for links to the digi.me app.
    new_user: bool,
}

impl Act for Consent {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let url = match self {
            Self::Approve(Choices { url: Some(url), .. }) => context.field(url)?,
            _ => page(context)?,
        };
        let decision = self.decision(context, &url)?;
        let straight_back = context.user_state().page.as_ref().is_some_and(Page::goes_straight_back);
        let straight_back = straight_back && matches!(self, Self::Approve(Choices { user: None, .. }));
        let location = match straight_back {
            true => visit(context, &url).await?,
            false => {
                let control = context.control()?.clone();
                let ending = control.consent(&decision).await?;
                let Some(location) = ending["location"].as_str() else {
                    note(context, &url, None);
                    return Ok(ending);
                };
                note(context, &url, Some(location));
                location.to_owned()
            }
        };
        context.user_state().callback = Some(location.clone());
        Ok(json!({ "location": location, "parameters": parameters(&location) }))
    }

    fn generations(&self) -> Generations {
        Generations::All
    }
}

impl Consent {
    fn decision(&self, context: &ScenarioContext, url: &str) -> StepOutcome {
        Ok(match self {
            Self::Approve(choices) => super::without_nulls(json!({
                "url": url,
                "decision": "approve",
                "service": context.optional(choices.source.as_ref())?,
                "dataSet": context.optional(choices.data_set.as_ref())?,
                "user": context.optional(choices.user.as_ref())?,
                "newUser": choices.new_user.then_some(true),
            })),
            Self::Decline => json!({ "url": url, "decision": "decline" }),
            Self::Error(code) => json!({ "url": url, "decision": "error", "errorCode": context.field(code)? }),
        })
    }
}

fn page(context: &mut ScenarioContext) -> Result<String, StepError> {
    match &context.user_state().page {
        Some(page) => Ok(page.url().to_owned()),
        None => Err(StepError::Misuse("there is no page to consent on: `authorize` or `link` comes first".to_owned())),
    }
}

/// Opens a page that goes straight back.
async fn visit(context: &ScenarioContext, url: &str) -> Result<String, StepError> {
    let pending = context.recording.request(Party::User, "GET", url, &HeaderMap::new(), &[]);
    let answer = context.http.request(Method::GET, url).send().await.map_err(|error| {
        pending.broke(innermost_cause(&error));
        StepError::Unreachable(format!("the consent page cannot be reached: {}", innermost_cause(&error.without_url())))
    })?;
    pending.answer(answer.status().as_u16(), answer.headers());
    match answer.headers().get("location").and_then(|value| value.to_str().ok()) {
        Some(location) => Ok(location.to_owned()),
        None => Err(StepError::Refused(json!({
            "status": answer.status().as_u16(),
            "message": "the consent page did not go straight back",
        }))),
    }
}

/// Records the visit that the control API stands in for.
fn note(context: &ScenarioContext, url: &str, location: Option<&str>) {
    let pending = context.recording.request(Party::User, "GET", url, &HeaderMap::new(), &[]);
    let mut headers = HeaderMap::new();
    if let Some(location) = location.and_then(|location| location.parse().ok()) {
        headers.insert("location", location);
    }
    pending.answer(if location.is_some() { 302 } else { 200 }, &headers);
}

pub(super) fn parameters(location: &str) -> Map<String, Value> {
    let query = location.split_once('?').map_or("", |(_, query)| query);
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect()
}
