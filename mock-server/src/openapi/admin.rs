//! Administration.

use serde_json::{Value, json};

use super::exchange::{Answer, Auth, Content, Exchange};
use super::schemas::{Schemas, array, integer, object, string};
use crate::admin;
use crate::client_report::ClientReport;
use crate::faults::Fault;
use crate::journal::Entry;
use crate::operations::route::Operation;
use crate::sandbox::credentials::Credentials;

fn done(schemas: &mut Schemas, name: &str, description: &'static str, schema: Value) -> Exchange {
    let answer = Answer::json(description, schemas.written(name, schema));
    Exchange::new(Auth::Admin, answer).query("sandbox", "The sandbox; the default one if absent.")
}

pub(super) fn health(schemas: &mut Schemas) -> Exchange {
    done(schemas, "Health", "The server answers.", object([("status", string()), ("version", string())]))
}

pub(super) fn openapi(schemas: &mut Schemas) -> Exchange {
    done(schemas, "Document", "This document.", json!({ "type": "object" }))
}

pub(super) fn credentials(operation: Operation, schemas: &mut Schemas) -> Exchange {
    let answer = Answer::json("What a client needs to use the sandbox.", schemas.answer::<Credentials>());
    let exchange = Exchange::new(Auth::Admin, answer);
    match operation {
        Operation::AdminCreateSandbox => {
            exchange.body(Content::json(schemas.request::<admin::sandboxes::Body>()))
        }
        _ => exchange.query("sandbox", "The sandbox; the default one if absent."),
    }
}

pub(super) fn consent(schemas: &mut Schemas) -> Exchange {
    let request = schemas.request::<admin::consent::Body>();
    done(schemas, "Decided", "Where the user's browser is sent.", object([("location", string())]))
        .body(Content::json(request))
}

pub(super) fn clock(operation: Operation, schemas: &mut Schemas) -> Exchange {
    let schema = object([("now", string()), ("nowMillis", integer()), ("offset", string())]);
    let exchange = done(schemas, "Clock", "The sandbox's clock.", schema);
    match operation {
        Operation::AdminMoveClock => exchange.body(Content::json(schemas.request::<admin::clock::Advance>())),
        _ => exchange,
    }
}

pub(super) fn reset(schemas: &mut Schemas) -> Exchange {
    done(schemas, "Reset", "The sandbox is as new.", object([("sandbox", string())]))
}

pub(super) fn requests(schemas: &mut Schemas) -> Exchange {
    let entries = array(schemas.answer::<Entry>().to_value());
    done(schemas, "Requests", "The requests that the journal keeps.", object([("requests", entries)]))
}

pub(super) fn explain(schemas: &mut Schemas) -> Exchange {
    let explanation = schemas.answer::<admin::requests::Explanation>();
    Exchange::new(Auth::Admin, Answer::json("The refused request, and why as text.", explanation))
}

pub(super) fn client_report(schemas: &mut Schemas) -> Exchange {
    let report = schemas.answer::<ClientReport>();
    Exchange::new(Auth::Admin, Answer::json("What the traffic of clients shows about them.", report))
        .query("sandbox", "The sandbox; the default one if absent.")
}

pub(super) fn faults(schemas: &mut Schemas) -> Exchange {
    let faults = array(schemas.answer::<Fault>().to_value());
    done(schemas, "Faults", "The injected faults.", object([("faults", faults)]))
}

pub(super) fn inject_fault(schemas: &mut Schemas) -> Exchange {
    let answer = Answer::json("The fault as it was understood.", schemas.answer::<Fault>());
    Exchange::new(Auth::Admin, answer)
        .query("sandbox", "The sandbox; the default one if absent.")
        .body(Content::json(schemas.request::<admin::faults::Rule>()))
}

pub(super) fn remove_sandbox(schemas: &mut Schemas) -> Exchange {
    done(schemas, "Removed", "The sandbox is gone.", object([("removed", string())]))
}
