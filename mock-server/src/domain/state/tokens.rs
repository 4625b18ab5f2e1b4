//! Codes and refresh tokens become tokens, and tokens open libraries.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::State;
use crate::clock::Moment;
use crate::domain::contract::{Contract, ContractKind};
use crate::domain::library::LibraryId;
use crate::domain::refusal::{Refusal, RefusalCode, TokenKind};
use crate::domain::token::{Grant, Proof, RefreshGrant, TokenPair};
use crate::fingerprint::Fingerprint;

/// What a code is exchanged with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CodeExchange<'a> {
    /// The authorization code.
    pub code: &'a str,
    /// PKCE verifier; clients of some generations leave it out.
    pub code_verifier: Option<&'a str>,
    /// The callback; optional, but it must be the same if it is sent.
    pub redirect_uri: Option<&'a str>,
}

impl State {
    /// Exchanges an authorization code for tokens, once.
    ///
    /// # Errors
    /// `InvalidGrant` if the code is unknown, expired, used, another contract's or the verifier is
    /// wrong. A wrong attempt does not use the code up.
    pub(crate) fn exchange(
        &mut self,
        contract: &Contract,
        exchange: CodeExchange<'_>,
        now: Moment,
    ) -> Result<TokenPair, Refusal> {
        let client_id = contract.client_id();
        let key = Fingerprint::of(&[exchange.code]);
        let code = self
            .codes
            .get(&key)
            .filter(|code| code.client_id == client_id)
            .ok_or_else(|| Refusal::invalid_grant("this contract was given no such code"))?;
        if code.used {
            return Err(Refusal::invalid_grant("the code was exchanged before; it works once"));
        }
        if now >= code.expires {
            return Err(Refusal::invalid_grant("the code has expired on the sandbox's clock"));
        }
        match exchange.code_verifier {
            Some(verifier) => {
                let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
                if !same(&challenge, &code.code_challenge) {
                    return Err(Refusal::invalid_grant(
                        "BASE64URL(SHA256(code_verifier)) is not the code_challenge of the authorization",
                    ));
                }
            }
            None if code.proof == Proof::Required => {
                return Err(Refusal::invalid_grant(
                    "the authorization was made in a generation of the API that needs the code_verifier",
                ));
            }
            None => {}
        }
        if exchange.redirect_uri.is_some_and(|uri| uri != code.redirect_uri) {
            return Err(Refusal::invalid_grant("redirect_uri is not the one of the authorization"));
        }
        if !self.libraries.contains(&code.library) {
            return Err(Refusal::invalid_grant("the user was deleted"));
        }
        let library = code.library.clone();
        self.codes.change(&key, |code| code.used = true);
        let refresh_expires = now.plus(self.rules.lifetimes.refresh_token);
        self.issue(client_id, library, refresh_expires, now)
    }

    /// Exchanges a refresh token for a new pair; the old refresh token keeps working for the grace
    /// period.
    ///
    /// # Errors
    /// `InvalidToken` if it is unknown, expired, replaced or another contract's;
    /// `InsufficientScope` for a one-off contract.
    pub(crate) fn refresh(
        &mut self,
        contract: &Contract,
        token: &str,
        now: Moment,
    ) -> Result<TokenPair, Refusal> {
        let invalid = |detail: &str| Refusal::invalid_token(TokenKind::Refresh, detail);
        let client_id = contract.client_id();
        let grace = self.rules.lifetimes.refresh_grace;
        let key = Fingerprint::of(&[token]);
        let entry = self
            .refresh
            .get(&key)
            .filter(|entry| entry.grant.client_id == client_id)
            .ok_or_else(|| invalid("this contract was given no such refresh token"))?;
        if now >= entry.grant.expires {
            return Err(invalid("the refresh token has expired on the sandbox's clock"));
        }
        if entry.superseded.is_some_and(|at| now.since(at) > grace) {
            return Err(invalid("the refresh token was replaced by a refresh, and its grace period is over"));
        }
        if !self.libraries.contains(&entry.grant.library) {
            return Err(invalid("the user was deleted"));
        }
        if contract.kind == ContractKind::OneOff {
            return Err(Refusal::insufficient_scope("a one-off contract's token cannot be refreshed"));
        }
        let Grant { library, expires, .. } = entry.grant.clone();
        if entry.superseded.is_none() {
            self.refresh.change(&key, |entry| entry.superseded = Some(now));
        }
        self.issue(client_id, library, expires, now)
    }

    /// The library that an access token opens for a contract.
    ///
    /// # Errors
    /// `InvalidToken` if it is unknown, expired or another contract's, or its user is deleted.
    pub(crate) fn access(
        &self,
        contract: &Contract,
        token: &str,
        now: Moment,
    ) -> Result<&LibraryId, Refusal> {
        let grant = self.own_grant(contract, token)?;
        require_alive(grant, now)?;
        Ok(&grant.library)
    }

    /// The library that an access token of this contract opens, or opened before it expired: a user
    /// is re-authorized by a token that ran out (protocol reference, http-api §2.2).
    ///
    /// # Errors
    /// `InvalidToken` if it is unknown or another contract's, or its user is deleted.
    pub(crate) fn renewable(&self, contract: &Contract, token: &str) -> Result<&LibraryId, Refusal> {
        Ok(&self.own_grant(contract, token)?.library)
    }

    /// The callback of the user's last authorization of a contract, where requests that name none return to.
    ///
    /// # Errors
    /// `InvalidRedirectUri` if nothing is known of one.
    pub(crate) fn callback(&self, contract: &Contract, library: &LibraryId) -> Result<&str, Refusal> {
        let known = self.libraries.get(library).and_then(|it| it.callbacks.get(&contract.client_id()));
        known.map(String::as_str).ok_or_else(|| {
            let detail =
                "it may be left out once the user has authorized the contract, whose callback is taken then";
            Refusal::new(404, RefusalCode::InvalidRedirectUri, "The claim redirect_uri is missing", detail)
        })
    }

    /// The library that an access token of any contract opens, or opened before it expired: how a
    /// user consents again, and how a further contract is attached to a library. Mobile clients send
    /// a token that ran out, and the user is not to lose the library for it (protocol reference,
    /// http-api §2.1 and consent-web §2.3).
    ///
    /// # Errors
    /// `InvalidToken` if it is unknown, or its user is deleted.
    pub(crate) fn linked_library(&self, token: &str) -> Result<&LibraryId, Refusal> {
        Ok(&self.grant(token)?.library)
    }

    fn own_grant(&self, contract: &Contract, token: &str) -> Result<&Grant, Refusal> {
        let grant = self.grant(token)?;
        if grant.client_id != contract.client_id() {
            let detail = format!("the access token belongs to {}", grant.client_id);
            return Err(Refusal::invalid_token(TokenKind::Access, detail));
        }
        Ok(grant)
    }

    fn grant(&self, token: &str) -> Result<&Grant, Refusal> {
        let unknown = || Refusal::invalid_token(TokenKind::Access, "there is no such access token");
        let grant = self.access.get(&Fingerprint::of(&[token])).ok_or_else(unknown)?;
        self.library(&grant.library)?;
        Ok(grant)
    }

    fn issue(
        &mut self,
        client_id: String,
        library_id: LibraryId,
        refresh_expires: Moment,
        now: Moment,
    ) -> Result<TokenPair, Refusal> {
        self.tidy(now);
        let consent = self.library(&library_id)?.consents.get(&client_id).cloned();
        let (access, refresh) = (self.mint(), self.mint());
        // An access token that outlives its refresh token would hide the end of the consent.
        let access_expires = now.plus(self.rules.lifetimes.access_token).min(refresh_expires);
        let grant = |expires| Grant { client_id: client_id.clone(), library: library_id.clone(), expires };
        self.access.insert(Fingerprint::of(&[&access]), grant(access_expires));
        let entry = RefreshGrant { grant: grant(refresh_expires), superseded: None };
        self.refresh.insert(Fingerprint::of(&[&refresh]), entry);
        Ok(TokenPair {
            access,
            access_expires,
            refresh,
            refresh_expires,
            library: library_id,
            consent: consent.unwrap_or_default(),
        })
    }
}

fn require_alive(grant: &Grant, now: Moment) -> Result<(), Refusal> {
    if now < grant.expires {
        return Ok(());
    }
    let detail = "the access token has expired on the sandbox's clock";
    Err(Refusal::invalid_token(TokenKind::Access, detail))
}

/// Compares secrets without telling by the time it takes where they differ.
fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}
