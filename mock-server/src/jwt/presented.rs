//! The JWT that a request shows, read once for all who look at it.

use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::bearer;
use super::unverified::UnverifiedJwt;
use crate::domain::refusal::Refusal;
use crate::journal::check::Check;
use crate::journal::verdict::Verdict;

/// What a request shows as its `Authorization`.
#[derive(Clone, Debug)]
pub(crate) enum Presented {
    /// No header.
    Nothing,
    /// A header that has no token.
    Malformed(Refusal),
    /// A token that cannot be read.
    Unreadable(Refusal),
    /// A JWT, not believed.
    Jwt(Arc<UnverifiedJwt>),
}

impl Presented {
    /// What these headers show.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        if !headers.contains_key(AUTHORIZATION) {
            return Self::Nothing;
        }
        match bearer::token(headers).map(UnverifiedJwt::parse) {
            Err(refusal) => Self::Malformed(refusal),
            Ok(Err(refusal)) => Self::Unreadable(refusal),
            Ok(Ok(jwt)) => Self::Jwt(Arc::new(jwt)),
        }
    }

    /// The JWT, if there is one that can be read.
    pub(crate) fn jwt(&self) -> Option<&Arc<UnverifiedJwt>> {
        match self {
            Self::Jwt(jwt) => Some(jwt),
            Self::Nothing | Self::Malformed(_) | Self::Unreadable(_) => None,
        }
    }

    /// The JWT, which must be there and be one.
    ///
    /// # Errors
    /// `InvalidJWT` if it is not.
    pub(crate) fn require(&self, verdict: &mut Verdict) -> Result<Arc<UnverifiedJwt>, Refusal> {
        let (token, jwt) = match self {
            Self::Nothing => (Err(bearer::missing()), None),
            Self::Malformed(refusal) => (Err(refusal.clone()), None),
            Self::Unreadable(refusal) => (Ok(()), Some(Err(refusal.clone()))),
            Self::Jwt(jwt) => (Ok(()), Some(Ok(Arc::clone(jwt)))),
        };
        verdict.check(Check::AuthorizationHeader, token)?;
        let jwt = verdict.check(Check::JwtForm, jwt.unwrap_or_else(|| Err(bearer::missing())))?;
        verdict.shows_claims = true;
        Ok(jwt)
    }
}
