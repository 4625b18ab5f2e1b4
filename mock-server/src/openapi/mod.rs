//! The OpenAPI 3.1 document of everything that the server answers, derived from the route table,
//! the table of refusals and, where there are types, the types of the answers.

pub(crate) mod exchange;
pub(crate) mod schemas;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::config::public_url::PublicUrl;
use crate::operations::route::{Area, Route};
use exchange::{Answer, Exchange};
use schemas::Schemas;

/// An operation as the document describes it: its route, and what goes over the wire.
pub(crate) type Described = (&'static Route, fn(&mut Schemas) -> Exchange);

/// The document of a server that is reached at `url`.
pub(crate) fn document(url: &PublicUrl, operations: impl Iterator<Item = Described> + Clone) -> Value {
    let mut schemas = Schemas::new();
    let mut paths = Map::new();
    for (route, exchange) in operations.clone() {
        let exchange = exchange(&mut schemas);
        for path in route.paths() {
            let mut operation = described(route, exchange.at(&path));
            operation["operationId"] = json!(operation_id(route, &path));
            let item = paths.entry(path.replace("{*", "{")).or_insert_with(|| json!({}));
            item[route.method.as_str().to_ascii_lowercase()] = operation;
        }
    }
    let mut definitions = schemas.into_definitions();
    if let Some(operation) = definitions.get_mut("Operation") {
        operation["enum"] = operations.map(|(route, _)| route.name()).collect();
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "digi.me mock server",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A server that behaves as the digi.me platform does, for development and tests.",
        },
        "servers": [{ "url": url.to_string() }],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "headers": error_headers(),
            "securitySchemes": security_schemes(),
        },
    })
}

/// The operation's name; further addresses of the same operation add what sets them apart.
fn operation_id(route: &Route, path: &str) -> String {
    let name = route.name();
    match path.split('/').nth(1) {
        _ if route.area == Area::Guest && path.contains("/v1/") => name.to_owned(),
        _ if route.area == Area::Guest => format!("{name}_unversioned"),
        Some("v1.7") | None => name.to_owned(),
        _ if route.paths().len() == 1 => name.to_owned(),
        Some(version) if version.starts_with("v1") => format!("{name}_{version}"),
        Some(_) => format!("{name}_origin"),
    }
}

fn described(route: &Route, exchange: &Exchange) -> Value {
    let mut operation = json!({
        "summary": route.summary,
        "tags": [tag(route.area)],
        "security": exchange.auth.requirement(),
        "responses": responses(route, &exchange.answers),
        "x-refusals": route.refusals().map(|refusal| {
            json!({ "status": refusal.status, "code": refusal.code.as_str(), "when": refusal.when })
        }).collect::<Value>(),
    });
    let in_path = route.template.split(['{', '}']).skip(1).step_by(2).map(|name| {
        let name = name.trim_start_matches('*');
        json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
    });
    let parameters: Vec<_> = in_path.chain(exchange.parameters.iter().cloned()).collect();
    if !parameters.is_empty() {
        operation["parameters"] = json!(parameters);
    }
    if let Some(request) = &exchange.request {
        operation["requestBody"] = json!({ "content": request.as_json() });
    }
    operation
}

fn tag(area: Area) -> &'static str {
    match area {
        Area::Api(_) | Area::ApiAndOrigin(_) => "API",
        Area::Cloud | Area::CloudFolder => "Cloud",
        Area::Web => "Consent web client",
        Area::Guest => "Guest page",
        Area::Phone => "Phone",
        Area::Assets => "Assets",
        Area::Admin => "Administration",
    }
}

fn responses(route: &Route, answers: &[Answer]) -> Value {
    let mut responses: Map<_, _> =
        answers.iter().map(|answer| (answer.status.to_string(), answer.as_json())).collect();
    let mut refusals: BTreeMap<u16, Vec<_>> = BTreeMap::new();
    for refusal in route.refusals() {
        refusals.entry(refusal.status).or_default().push(refusal);
    }
    for (status, refusals) in refusals {
        let codes: Vec<_> = refusals.iter().map(|refusal| refusal.code.as_str()).collect();
        let lines: Vec<_> =
            refusals.iter().map(|refusal| format!("`{}`: {}.", refusal.code, refusal.when)).collect();
        let from_cloud = route.is_for_cloud();
        let mut response = json!({
            "description": lines.join("\n"),
            "headers": error_headers().keys().map(|name| {
                (name.clone(), json!({ "$ref": format!("#/components/headers/{name}") }))
            }).collect::<Map<_, _>>(),
        });
        if route.method != http::Method::HEAD {
            let schema = schemas::error(from_cloud, Some(&codes));
            response["content"] = json!({ "application/json": { "schema": schema } });
        }
        responses.insert(status.to_string(), response);
    }
    Value::Object(responses)
}

fn error_headers() -> Map<String, Value> {
    let header = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    [
        ("X-Error-Code", header("The error's code.")),
        ("X-Error-Message", header("The error's message.")),
        ("X-Error-Reference", header("What GET /__admin/explain/{reference} explains.")),
    ]
    .map(|(name, header)| (name.to_owned(), header))
    .into_iter()
    .collect()
}

fn security_schemes() -> Value {
    let bearer = |description: &str| json!({ "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": description });
    json!({
        "contractJwt": bearer("PS512, claims client_id, nonce, timestamp; signed by the contract."),
        "userJwt": bearer("As contractJwt, with the claim access_token."),
        "cloudJwt": bearer("PS512, typ at+jwt, claims sub, iss, aud, iat, exp; signed by the contract."),
        "adminToken": {
            "type": "http", "scheme": "bearer",
            "description": "Required if the server was started with one; else only this machine is served.",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::endpoints::{described, routes};
    use std::collections::BTreeSet;

    fn document() -> Value {
        super::document(&PublicUrl::http("mock.test"), described())
    }

    #[test]
    fn every_route_is_in_the_document_once_with_its_refusals() {
        let document = document();
        let mut ids = BTreeSet::new();
        let items = document["paths"].as_object().unwrap().values();
        for operation in items.flat_map(|item| item.as_object().unwrap().values()) {
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{operation}");
        }
        let paths: usize = routes().map(|route| route.paths().len()).sum();
        assert_eq!(ids.len(), paths);
        for route in routes() {
            assert!(ids.contains(route.name()), "{}", route.name());
            for path in route.paths() {
                let method = route.method.as_str().to_ascii_lowercase();
                let operation = &document["paths"][path.replace("{*", "{")][method];
                assert!(!operation["summary"].as_str().unwrap().is_empty(), "{}", route.name());
                for refusal in route.refusals() {
                    let response = &operation["responses"][refusal.status.to_string()];
                    assert!(response["description"].as_str().unwrap().contains(refusal.code.as_str()));
                }
            }
        }
    }

    #[test]
    fn a_refusal_never_hides_a_documented_answer() {
        let mut schemas = Schemas::new();
        for (route, exchange) in described() {
            let answers = exchange(&mut schemas).answers;
            assert!(!answers.is_empty(), "{}", route.name());
            for answer in &answers {
                assert!(route.refusals().all(|it| it.status != answer.status), "{}", route.name());
            }
        }
    }

    #[test]
    fn every_reference_within_the_document_leads_somewhere() {
        fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
            match value {
                Value::Object(members) => {
                    found.extend(members.get("$ref").and_then(Value::as_str));
                    members.values().for_each(|member| references(member, found));
                }
                Value::Array(items) => items.iter().for_each(|item| references(item, found)),
                _ => {}
            }
        }
        let document = document();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 50);
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }
}
