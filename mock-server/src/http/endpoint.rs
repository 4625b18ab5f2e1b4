//! An endpoint: everything that the server knows of one operation, as one value in one file.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::call::{CONTRACT_ID, Call};
use super::reply::Outcome;
use crate::domain::app_link::AppLink;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::openapi::exchange::Exchange;
use crate::openapi::schemas::Schemas;
use crate::operations::Operation;
use crate::operations::route::Route;
use crate::sandbox::{Sandbox, Sandboxes};

/// Serves a request.
pub(crate) type Handler = for<'a> fn(&'a mut Call) -> BoxFuture<'a, Outcome>;

/// One operation of the server.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// Where it is reached, and what it refuses.
    pub route: Route,
    /// What tells the sandbox that a request means; the first that names one decides.
    pub sandbox: &'static [SandboxBy],
    /// What goes over the wire, for the OpenAPI document.
    pub exchange: fn(&mut Schemas) -> Exchange,
    /// What serves it.
    pub handler: Handler,
}

/// What tells the sandbox that a request means. Nothing of it is verified yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SandboxBy {
    /// The JWT's `client_id` belongs to it.
    Jwt,
    /// It minted this parameter of the path.
    Path(&'static str),
    /// It minted this parameter of the query.
    Query(&'static str),
    /// The path names one of its contracts.
    ContractInPath,
    /// The body, which is JSON, names one of its contracts, or at least its application.
    ContractInBody,
    /// The header `contractId` names one of its contracts.
    ContractHeader,
    /// It minted the value of this header.
    Header(&'static str),
    /// The parameter `link` of the query is a link of an app for it.
    AppLink,
    /// Administration names it by `?sandbox=ID`.
    Admin,
}

/// What requests of the API and of the cloud host are told apart by.
pub(crate) const BY_JWT: &[SandboxBy] = &[SandboxBy::Jwt];
/// What requests of administration are told apart by.
pub(crate) const BY_ADMIN: &[SandboxBy] = &[SandboxBy::Admin];

impl SandboxBy {
    /// The sandbox; none if the request says nothing of it.
    ///
    /// # Errors
    /// `NotFound` if administration names one that does not exist.
    fn find(self, call: &Call, sandboxes: &Sandboxes) -> Result<Option<Arc<Sandbox>>, Refusal> {
        Ok(match self {
            Self::Jwt => by_jwt(call, sandboxes),
            Self::Path(name) => sandboxes.minting(call.param(name)),
            Self::Query(name) => call.query_value(name).and_then(|value| sandboxes.minting(&value)),
            Self::ContractInPath => {
                sandboxes.of_client(&format!("{}_{}", call.param("appId"), call.param("contractId")))
            }
            Self::ContractInBody => call.contract_of_body().and_then(|named| {
                let of_contract = sandboxes.of_client(&named.client_id());
                of_contract.or_else(|| sandboxes.of_application(&named.app_id))
            }),
            Self::ContractHeader => {
                let named = call.headers.get(CONTRACT_ID).and_then(|value| value.to_str().ok());
                named.and_then(|id| sandboxes.of_contract(id))
            }
            Self::Header(name) => {
                let value = call.headers.get(name).and_then(|value| value.to_str().ok());
                value.and_then(|value| sandboxes.minting(value))
            }
            Self::AppLink => {
                let link = call.query_value("link").and_then(|link| AppLink::parse(&link).ok());
                link.and_then(|link| sandboxes.of_link(&link))
            }
            Self::Admin => match call.query_value("sandbox") {
                Some(id) => Some(call.caller.get(sandboxes, &id).ok_or_else(|| {
                    let message = format!("There is no sandbox {id}");
                    Refusal::new(404, RefusalCode::NotFound, message, "POST /__admin/sandboxes makes one")
                })?),
                None => None,
            },
        })
    }
}

/// The sandbox of the `client_id` that an unverified JWT claims.
pub(crate) fn by_jwt(call: &Call, sandboxes: &Sandboxes) -> Option<Arc<Sandbox>> {
    sandboxes.of_client(&call.jwt()?.claims.client_id()?)
}

impl Endpoint {
    /// What it does.
    pub(crate) fn operation(&self) -> Operation {
        self.route.operation
    }

    /// The sandbox that a request means; the caller's own if it names none that is there for them.
    ///
    /// # Errors
    /// `NotFound` if it names one that does not exist.
    pub(crate) fn sandbox_of(&self, call: &Call) -> Result<Arc<Sandbox>, Refusal> {
        let sandboxes = &call.server.sandboxes;
        for by in self.sandbox {
            if let Some(sandbox) = by.find(call, sandboxes)?.filter(|sandbox| call.caller.reaches(sandbox)) {
                return Ok(sandbox);
            }
        }
        call.caller.home(sandboxes).ok_or_else(|| {
            let message = "The sandbox of the partner is gone";
            Refusal::new(404, RefusalCode::NotFound, message, "it was removed meanwhile")
        })
    }
}
