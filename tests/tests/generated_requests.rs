//! Requests made from the server's own OpenAPI document, well and badly formed, signed and with living
//! tokens, sessions and ids: whatever is asked, the answer is a documented one, and never a 5xx.
//!
//! `GENERATED_CASES` sets how many an operation gets (default 6), `GENERATED_SEED` another seed.

#![allow(clippy::panic, clippy::unwrap_used)]

use digime_mock_server::{ContractKind, Timeline};
use digime_tests::raw_client::{RawClient, VERIFIER};
use digime_tests::{Answer, RawUser, World};
use rand::seq::IndexedRandom as _;
use rand::{Rng, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use serde_json::{Map, Value, json};

const PAGE: &str = "&service=16&sampleDataSet=default&sampleDataAutoOnboard=true";
/// Each is wrong for something.
const GARBAGE: [&str; 10] = [
    "",
    "0",
    "-1",
    "99999999999999999999",
    "true",
    "null",
    "ä😀",
    "../../etc/passwd",
    "%00",
    "a b+c&d=e\"'<>",
];

/// What stands for the parameters of the document.
struct Living {
    world: World,
    user: RawUser,
    file: String,
    account: String,
    storage: String,
    code: String,
}

impl Living {
    async fn new() -> Self {
        let world = World::with(|builder| builder.timeline(Timeline::INSTANT).allow_unused_faults()).await;
        let user = Self::user(&world).await;
        let list = user.file_list(&user.session).await.json();
        let file = list["fileList"][0]["name"].as_str().unwrap().to_owned();
        let account = user.accounts().await[0]["id"].as_str().unwrap().to_owned();
        let storage = user.client.call(Method::POST, "storage", json!({})).await.json();
        let storage = storage["storage"]["id"].as_str().or(storage["id"].as_str()).unwrap_or("x").to_owned();
        let (code, _) = user.client.authorize().await;
        Self { world, user, file, account, storage, code }
    }

    async fn user(world: &World) -> RawUser {
        RawUser::consent(world.raw(ContractKind::Read), &world.sandbox, None, PAGE).await
    }

    /// A user may be deleted by a request, a sandbox be reset.
    async fn revive(&mut self) {
        *self = Self::new().await;
    }

    fn parameter(&self, name: &str) -> String {
        let credentials = self.world.credentials(ContractKind::Read);
        match name {
            "sessionKey" | "sessionExchangeToken" => self.user.session.clone(),
            "fileName" | "path" => self.file.clone(),
            "accountId" => self.account.clone(),
            "appId" | "applicationId" => credentials.application_id,
            "contractId" | "contractid" => credentials.contract_id,
            "id" | "storageId" | "cloudId" | "storage" => self.storage.clone(),
            "sandbox" => self.world.sandbox.id().to_owned(),
            "code" => self.code.clone(),
            "sourceId" | "service" => "16".to_owned(),
            "standard" => "fhir".to_owned(),
            "version" => "stu3".to_owned(),
            "serviceType" => "medmij".to_owned(),
            "format" => "xml".to_owned(),
            "recursive" => "true".to_owned(),
            "redirectUri" | "callbackUrl" => "http://127.0.0.1:9000/callback".to_owned(),
            "FileDescriptor" => self.user.client.sign(&json!({
                "metadata": { "mimeType": "text/plain", "accounts": [{ "accountId": "a" }] },
            })),
            _ => "1".to_owned(),
        }
    }

    /// The claims that the operation needs, most of the time.
    fn claims(&self, operation: &str, rng: &mut impl Rng) -> Value {
        let mut claims = RawClient::authorize_claims();
        let more = json!({
            "access_token": self.user.access,
            "refresh_token": self.user.refresh,
            "grant_type": if rng.random_bool(0.5) { "refresh_token" } else { "authorization_code" },
            "code": self.code,
            "code_verifier": VERIFIER,
            "session_key": self.user.session,
        });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        if operation.starts_with("tokenReference") && rng.random_bool(0.7) {
            claims["code_challenge"] = Value::Null;
        }
        if rng.random_bool(0.25) {
            let names: Vec<_> = claims.as_object().unwrap().keys().cloned().collect();
            claims[names.choose(rng).unwrap()] = junk(rng, 1);
        }
        claims
    }
}

/// Any JSON.
fn junk(rng: &mut impl Rng, depth: u8) -> Value {
    match rng.random_range(0..9) {
        0 => Value::Null,
        1 => json!(rng.random_bool(0.5)),
        2 => json!(rng.random::<i64>()),
        3 => json!(1e300),
        4 => json!("x".repeat(rng.random_range(0..3000))),
        5 if depth > 0 => json!([junk(rng, depth - 1)]),
        6 if depth > 0 => json!({ "a": junk(rng, depth - 1) }),
        _ => json!(GARBAGE.choose(rng).unwrap()),
    }
}

/// A value of a schema of requests, which has no references.
fn of_schema(schema: &Value, rng: &mut impl Rng, depth: u8) -> Value {
    if rng.random_bool(0.06) || depth == 0 {
        return junk(rng, 1);
    }
    if let Some(choices) = schema["enum"].as_array() {
        return choices.choose(rng).unwrap().clone();
    }
    for several in ["anyOf", "oneOf", "allOf"] {
        if let Some(choices) = schema[several].as_array().filter(|it| !it.is_empty()) {
            return of_schema(choices.choose(rng).unwrap(), rng, depth - 1);
        }
    }
    let named = schema["type"].as_str().map(str::to_owned);
    let kind = named.or_else(|| Some(schema["type"].as_array()?.choose(rng)?.as_str()?.to_owned()));
    match kind.as_deref() {
        Some("object") => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            let wanted = properties.filter(|_| rng.random_bool(0.6)).collect::<Vec<_>>();
            let object = wanted.into_iter().map(|(name, of)| (name.clone(), of_schema(of, rng, depth - 1)));
            Value::Object(object.collect::<Map<_, _>>())
        }
        Some("array") => {
            let length = rng.random_range(0..3);
            (0..length).map(|_| of_schema(&schema["items"], rng, depth - 1)).collect()
        }
        Some("string") => match rng.random_range(0..4) {
            0 => json!("6m"),
            1 => json!("gzip"),
            _ => json!(GARBAGE.choose(rng).unwrap()),
        },
        Some("integer") => json!(rng.random_range(-2..2000)),
        Some("number") => json!(rng.random_range(-2.0..2e12)),
        Some("boolean") => json!(rng.random_bool(0.5)),
        Some("null") => Value::Null,
        _ => junk(rng, 2),
    }
}

/// The body of a request, as bytes, and what it says that it is.
fn body(operation: &Value, rng: &mut impl Rng) -> (Vec<u8>, &'static str) {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let types =
        ["application/json", "application/json; charset=UTF-8", "text/plain", "multipart/form-data", ""];
    let kind = if rng.random_bool(0.8) { types[0] } else { types.choose(rng).unwrap() };
    let bytes = match rng.random_range(0..12) {
        0 => Vec::new(),
        1 => b"\xef\xbb\xbf{}".to_vec(),
        2 => b"\xff\xfe{".to_vec(),
        3 => junk(rng, 3).to_string().into_bytes(),
        4 => format!("{}null{}", "[".repeat(300), "]".repeat(300)).into_bytes(),
        _ if schema.is_null() => b"decision=approve&service=16".to_vec(),
        _ => of_schema(schema, rng, 8).to_string().into_bytes(),
    };
    (bytes, kind)
}

async fn send(living: &Living, path: &str, method: &Method, operation: &Value, rng: &mut impl Rng) -> Answer {
    let name = operation["operationId"].as_str().unwrap();
    let encoded = |text: &str| -> String { url::form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let (mut address, mut query, mut headers) = (path.to_owned(), Vec::new(), Vec::new());
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let parameter_name = parameter["name"].as_str().unwrap();
        let living_value = rng.random_bool(0.85);
        let value = match living_value {
            true => living.parameter(parameter_name),
            false => (*GARBAGE.choose(rng).unwrap()).to_owned(),
        };
        match parameter["in"].as_str().unwrap() {
            // Without a segment the path is another one, which is not in the document.
            "path" if value.is_empty() => address = address.replace(&format!("{{{parameter_name}}}"), "0"),
            "path" => address = address.replace(&format!("{{{parameter_name}}}"), &encoded(&value)),
            "query" if rng.random_bool(0.5) => query.push(format!("{parameter_name}={}", encoded(&value))),
            "header" if rng.random_bool(0.9) => headers.push((parameter_name.to_owned(), value)),
            _ => {}
        }
    }
    if !query.is_empty() {
        address = format!("{address}?{}", query.join("&"));
    }
    let client = &living.user.client;
    let signed = rng.random_bool(0.95) && !path.starts_with("/__admin");
    let jwt = signed.then(|| client.sign(&client.claims(living.claims(name, rng))));
    let mut request = client.request(method.clone(), &address, jwt.as_deref());
    for (name, value) in headers {
        if let Ok(value) = reqwest::header::HeaderValue::from_bytes(value.as_bytes()) {
            request = request.header(name, value);
        }
    }
    if *method != Method::GET && *method != Method::HEAD {
        let (bytes, kind) = body(operation, rng);
        request = request.header("Content-Type", kind).body(bytes);
    }
    Answer::of(request).await
}

/// Names that only this program has for what went wrong. They are words: an id may have their letters in it.
fn names_of_the_program(text: &str) -> Option<&'static str> {
    let is_word = |at: usize, name: &str| {
        let (before, after) = (text[..at].chars().next_back(), text[at + name.len()..].chars().next());
        let ends = name.ends_with(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric);
        !before.is_some_and(char::is_alphanumeric) && !ends
    };
    ["struct ", "enum ", "a sequence", "a map", "usize", "u32", "i64", "f64", "serde", "panicked", "Option<"]
        .into_iter()
        .find(|name| text.match_indices(name).any(|(at, _)| is_word(at, name)))
}

#[test]
fn a_name_of_the_program_is_found_where_it_is_a_word() {
    for (text, found) in [
        ("invalid type: string, expected i64", Some("i64")),
        ("expected Option<u32>, found null", Some("u32")),
        ("i64: no number", Some("i64")),
        ("there is no application \"mock-app-pmwaqi64\"", None),
        ("reconstruct it", None),
    ] {
        assert_eq!(names_of_the_program(text), found, "{text}");
    }
}

#[tokio::test]
async fn whatever_the_document_allows_and_much_that_it_does_not_is_answered_as_documented() {
    let number = |name: &str, default: u64| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let (cases, seed) = (number("GENERATED_CASES", 6), number("GENERATED_SEED", 20261127));
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut living = Living::new().await;
    let document = living.world.server.openapi();
    let (mut sent, mut past_authentication, mut succeeded) = (0_u32, 0_u32, 0_u32);
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            // A stream has no end that could be waited for.
            if path == "/__admin/events" {
                continue;
            }
            for case in 0..cases {
                let answer = send(&living, path, &method, operation, &mut rng).await;
                let line = format!("seed {seed}, case {case} of {method} {path}: {}", answer.status);
                let status = answer.status.as_u16();
                assert!(status < 500 || status == 507, "{line}: {}", String::from_utf8_lossy(&answer.body));
                let documented = &operation["responses"][status.to_string()];
                assert!(!documented.is_null(), "{line} is not documented");
                let is_json = answer.header("content-type").starts_with("application/json");
                if status >= 400 && is_json && method != Method::HEAD {
                    let error = answer.json()["error"].clone();
                    let message = error["message"].as_str().or(answer.json()["message"].as_str().map(|_| ""));
                    let message = message.unwrap_or_else(|| panic!("{line}: {error}")).to_owned();
                    let found = names_of_the_program(&message);
                    assert!(found.is_none(), "{line}: {message} names {found:?}");
                }
                sent += 1;
                past_authentication += u32::from(!matches!(status, 401 | 403));
                succeeded += u32::from(status < 400);
                let ends = [
                    "/user",
                    "/__admin/applications",
                    "/__admin/clock",
                    "/__admin/faults",
                    "/__admin/reset",
                    "/__admin/sandboxes",
                ];
                if method != Method::GET && status < 400 && ends.iter().any(|end| path.contains(end)) {
                    living.revive().await;
                }
            }
            living.world.verify();
        }
    }
    let share = |count: u32| f64::from(count) * 100.0 / f64::from(sent);
    println!(
        "{sent} requests (seed {seed}): {:.0} % got past authentication, {:.0} % succeeded, none was a 5xx",
        share(past_authentication),
        share(succeeded)
    );
    assert!(share(past_authentication) > 60.0, "too few requests tested more than the signature");
}
