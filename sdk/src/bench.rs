//! What the benchmarks measure and no caller has a use for: one signed request,
//! one verified answer, both without the network in between.

use http::header::{HeaderMap, HeaderValue};
use serde_json::Value;

use crate::client::Client;
use crate::contract::Contract;
use crate::error::{Operation, Result};
use crate::http::jwt::Claims;

/// The `Authorization` value of a user's request.
///
/// # Errors
///
/// As signing any request.
pub async fn authorization(client: &Client, contract: &Contract, access_token: &str) -> Result<HeaderValue> {
    let claims = Claims { access_token: Some(access_token), ..Claims::default() };
    client.signer(contract, claims).authorization(client.transport().cores()).await
}

/// Verifies a token of the server; its key set is read once and then cached.
///
/// # Errors
///
/// As reading any token of the server.
pub async fn verify(client: &Client, token: &str) -> Result<Value> {
    client.verified(Operation::ExchangeCode, token, &HeaderMap::new()).await
}
