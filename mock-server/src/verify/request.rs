//! Verification of the JWT of an API request.
//!
//! authorization header → JWT form → algorithm → `client_id` → signature → nonce form → nonce
//! reuse → timestamp; what an endpoint checks after these is its own (protocol reference,
//! errors §7). The contract must be known before its key can check the signature, so `client_id`
//! is looked up first; nothing else of an unsigned claim is used.

use std::sync::Arc;

use http::{HeaderMap, Method, Uri};
use sha2::{Digest as _, Sha256};

use crate::domain::contract::Contract;
use crate::domain::nonce::{NonceKey, NonceUse};
use crate::domain::refusal::Refusal;
use crate::fingerprint::Fingerprint;
use crate::journal::check::Check;
use crate::journal::verdict::Verdict;
use crate::jwt::claims::Claims;
use crate::jwt::presented::Presented;
use crate::jwt::{nonce, timestamp};
use crate::sandbox::{Sandbox, Sandboxes};

/// A request whose JWT was verified.
#[derive(Debug)]
pub(crate) struct Verified {
    /// The contract that signed it.
    pub contract: Arc<Contract>,
    /// Its claims.
    pub claims: Arc<Claims>,
}

/// What a client sent, as a whole: what it repeats is the same in every byte.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

impl Sent<'_> {
    /// What tells it from every other request. A body that is taken in piece by piece is not part of
    /// it; its length is.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let mut hash = Sha256::new();
        hash.update(format!("{} {}\n", self.method, self.uri));
        for (name, value) in self.headers {
            hash.update(name.as_str());
            hash.update([0]);
            hash.update(value);
            hash.update([0]);
        }
        hash.update(self.body);
        Fingerprint::of_bytes(&hash.finalize())
    }
}

/// Whether a request may pass as far as its head tells: a JWT that its contract signed. Nothing is taken
/// into use.
pub(crate) fn may_pass(headers: &HeaderMap, sandboxes: &Sandboxes) -> bool {
    let signed = || -> Option<()> {
        let presented = Presented::of(headers);
        let jwt = presented.jwt()?;
        jwt.require_ps512().ok()?;
        let client_id = jwt.claims.required("client_id").ok()?;
        let sandbox = sandboxes.of_client(client_id)?;
        let contract = sandbox.contract(client_id)?;
        contract.signing(sandbox.now(), |key| jwt.require_signature(key)).ok().map(|_| ())
    };
    signed().is_some()
}

/// Takes the nonce of a request that a fault answers into use, if the request is a good one.
pub(crate) async fn spend_nonce(
    sent: Sent<'_>,
    presented: &Presented,
    sandbox: &Sandbox,
) -> Option<NonceKey> {
    let mut taken = None;
    // Why it is refused is of no interest: the fault answers.
    let _ = request(sent, presented, sandbox, &mut Verdict::default(), &mut taken).await;
    taken
}

/// Verifies the JWT of an API request, and notes the nonce that it takes into use.
///
/// # Errors
/// The refusal of the first check that fails.
pub(crate) async fn request(
    sent: Sent<'_>,
    presented: &Presented,
    sandbox: &Sandbox,
    verdict: &mut Verdict,
    taken: &mut Option<NonceKey>,
) -> Result<Verified, Refusal> {
    let jwt = presented.require(verdict)?;
    verdict.check(Check::Algorithm, jwt.require_ps512())?;
    let client_id = verdict.check(Check::ClientId, jwt.claims.required("client_id"))?;
    let known = sandbox.contract(client_id).ok_or_else(|| Refusal::invalid_client(client_id));
    let contract = verdict.check(Check::Contract, known)?;
    let signed = contract.signing(sandbox.now(), |key| jwt.require_signature(key));
    let contract = verdict.check(Check::Signature, signed)?;
    let nonce = verdict.check(Check::NonceForm, nonce::form(&jwt.claims))?;
    let real_now = sandbox.real_now();
    let fresh = timestamp::fresh(&jwt.claims, [real_now, sandbox.now()]);
    // One that is not fresh is refused below; its nonce is only kept for a while.
    let signed = fresh.as_ref().copied().unwrap_or(real_now);
    let key = NonceKey::of(client_id, nonce);
    let used = NonceUse { key, nonce, signed, request: &|| sent.fingerprint() };
    let first = sandbox.store.take_nonce(used, real_now).await;
    verdict.check(Check::NonceReuse, first)?;
    *taken = Some(key);
    verdict.check(Check::Timestamp, fresh)?;
    Ok(Verified { contract, claims: Arc::clone(&jwt.claims) })
}
