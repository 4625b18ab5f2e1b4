//! `http`: any request, with a JWT that may be wrong on purpose.

mod jwt;
mod request_line;

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value, json};

use super::{Act, StepOutcome, StepError, innermost_cause};
use crate::format::{Field, Generations};
use crate::record::{Party, readable_metadata};
use crate::context::ScenarioContext;
use jwt::Jwt;
pub(super) use request_line::Header;
use request_line::RequestLine;

/// A request without the SDK: `http: GET permission-access/accounts`, or with more settings.
#[derive(Clone, Debug)]
pub(crate) struct Http(Settings);

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Method and path: relative to the API of the scenario's generation, or to the server with a
    /// leading `/`, or a whole URL.
    request: Field<RequestLine>,
    /// How it is signed; as the SDK would, if not given.
    #[serde(default)]
    jwt: Jwt,
    /// JSON body.
    #[serde(default)]
    body: Option<Value>,
    /// Any other body.
    #[serde(default)]
    text: Option<Field<String>>,
    /// The fields of a form, as a browser posts it.
    #[serde(default)]
    form: Option<BTreeMap<String, Field<String>>>,
    /// Headers, over those that follow from the rest.
    #[serde(default)]
    headers: BTreeMap<Header, Field<String>>,
    /// Sends the very same request so many times at once.
    #[serde(default, deserialize_with = "at_least_one")]
    #[schemars(range(min = 1))]
    at_once: Option<usize>,
}

fn at_least_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    match Option::deserialize(deserializer)? {
        Some(0) => Err(D::Error::custom("`at_once` is a number of requests, at least 1")),
        count => Ok(count),
    }
}

impl<'de> Deserialize<'de> for Http {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct HttpVisitor;

        impl<'de> Visitor<'de> for HttpVisitor {
            type Value = Http;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("method and path, such as `GET permission-access/accounts`, or settings")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Http, E> {
                let request = match text.contains("${") {
                    true => Field::Template(text.to_owned()),
                    false => Field::Value(text.parse().map_err(E::custom)?),
                };
                let jwt = Jwt::default();
                let headers = BTreeMap::new();
                Ok(Http(Settings { request, jwt, body: None, text: None, form: None, headers, at_once: None }))
            }

            fn visit_map<A: MapAccess<'de>>(self, pairs: A) -> Result<Http, A::Error> {
                Settings::deserialize(MapAccessDeserializer::new(pairs)).map(Http)
            }
        }

        deserializer.deserialize_any(HttpVisitor)
    }
}

impl JsonSchema for Http {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Http".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let text = json!({ "type": "string", "pattern": "^[A-Z]+ \\S", "description": "Method and path" });
        json_schema!({ "anyOf": [text, generator.subschema_for::<Settings>()] })
    }
}

/// A request that is ready to be sent.
struct Prepared {
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Act for Http {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let prepared = self.0.prepare(context)?;
        let Some(count) = self.0.at_once else {
            let answer = send(context, &prepared).await?;
            let bad = answer["status"].as_u64().is_some_and(|status| status >= 400);
            return if bad { Err(StepError::Refused(answer)) } else { Ok(answer) };
        };
        let mut answers = try_join_all((0..count).map(|_| send(context, &prepared))).await?;
        // Which of them came first is chance.
        answers.sort_by_key(|answer| answer["status"].as_u64());
        let statuses: Vec<_> = answers.iter().filter_map(|answer| answer["status"].as_u64()).collect();
        Ok(json!({ "statuses": statuses, "answers": answers }))
    }

    fn generations(&self) -> Generations {
        Generations::All
    }

    fn is_concurrent(&self) -> bool {
        self.0.at_once.is_some()
    }
}

impl Settings {
    fn prepare(&self, context: &ScenarioContext) -> Result<Prepared, StepError> {
        let RequestLine { method, path } = context.field(&self.request)?;
        let mut headers = HeaderMap::new();
        if let Some(bearer) = self.jwt.bearer(context)? {
            set(&mut headers, "authorization", &bearer)?;
        }
        let body = self.body(context, &mut headers)?;
        for (name, value) in &self.headers {
            set(&mut headers, name.as_str(), &context.field(value)?)?;
        }
        Ok(Prepared { method, url: url(context, &path), headers, body })
    }

    fn body(&self, context: &ScenarioContext, headers: &mut HeaderMap) -> Result<Vec<u8>, StepError> {
        if let Some(body) = &self.body {
            set(headers, "content-type", "application/json")?;
            return Ok(context.json(body)?.to_string().into_bytes());
        }
        if let Some(form) = &self.form {
            set(headers, "content-type", "application/x-www-form-urlencoded")?;
            let mut text = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in form {
                text.append_pair(name, &context.field(value)?);
            }
            return Ok(text.finish().into_bytes());
        }
        Ok(context.optional(self.text.as_ref())?.unwrap_or_default().into_bytes())
    }
}

fn url(context: &ScenarioContext, path: &str) -> String {
    if path.starts_with("http://") || path.starts_with("https://") {
        return path.to_owned();
    }
    if path.starts_with('/') {
        return format!("{}{path}", context.environment.urls.origin());
    }
    let api = &context.environment.urls.api;
    let generation = context.generation.as_str();
    match api.strip_suffix("v1.7/") {
        Some(root) => format!("{root}{generation}/{path}"),
        None => format!("{api}{path}"),
    }
}

fn set(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), StepError> {
    let wrong = || StepError::Misuse(format!("`{name}` and its value are no HTTP header"));
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
    headers.insert(name, HeaderValue::from_str(value).map_err(|_| wrong())?);
    Ok(())
}

async fn send(context: &ScenarioContext, prepared: &Prepared) -> StepOutcome {
    let Prepared { method, url, headers, body } = prepared;
    let pending = context.recording.request(Party::Application, method.as_str(), url, headers, body);
    let lost = |error: reqwest::Error| {
        let why = innermost_cause(&error.without_url());
        pending.broke(&why);
        why
    };
    let request = context.http.request(method.clone(), url).headers(headers.clone());
    let request = if body.is_empty() { request } else { request.body(body.clone()) };
    let answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) if error.is_connect() => {
            return Err(StepError::Unreachable(format!("the server cannot be reached: {}", lost(error))));
        }
        Err(error) => return Err(broken(&lost(error))),
    };
    let (status, headers) = (answer.status(), answer.headers().clone());
    pending.answer(status.as_u16(), &headers);
    let body = answer.bytes().await.map_err(|error| broken(&lost(error)))?;
    pending.piece(&body);
    Ok(described(status.as_u16(), &headers, &body))
}

fn broken(why: &str) -> StepError {
    StepError::Refused(json!({ "kind": "Transport", "message": format!("the answer broke off: {why}") }))
}

/// An answer as assertions see it.
fn described(status: u16, headers: &HeaderMap, body: &[u8]) -> Value {
    let named = |(name, value): (&HeaderName, &HeaderValue)| {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), Value::String(text))
    };
    let mut described = json!({
        "status": status,
        "headers": headers.iter().map(named).collect::<Map<_, _>>(),
        "bytes": body.len(),
    });
    let json: Option<Value> = serde_json::from_slice(body).ok();
    if let Some(body) = &json {
        described["body"] = body.clone();
        if let Some(claims) = body["token"].as_str().and_then(jwt::claims_of) {
            described["token"] = claims;
        }
        if let Some(error) = error_of(body).filter(|_| status >= 400) {
            described["kind"] = "Api".into();
            described["message"] = error["message"].clone();
            described["error"] = error;
        }
    } else if let Ok(text) = std::str::from_utf8(body) {
        described["text"] = text.into();
    }
    if let Some(location) = headers.get("location").and_then(|value| value.to_str().ok()) {
        described["parameters"] = super::consent::parameters(location).into();
    }
    if let Some(metadata) = headers.get("x-metadata").and_then(|value| value.to_str().ok()) {
        described["metadata"] = readable_metadata("x-metadata", metadata).unwrap_or_default();
    }
    described
}

/// The error of an answer, in the form of the API or of the storage host.
fn error_of(body: &Value) -> Option<Value> {
    match &body["error"] {
        Value::Object(_) => Some(body["error"].clone()),
        Value::String(code) => Some(json!({ "code": code, "message": body["message"] })),
        _ => None,
    }
}
