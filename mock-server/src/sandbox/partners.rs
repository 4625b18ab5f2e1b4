//! Partners of the host: whose sandboxes are whose, who speaks for them, and how much they may use.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use governor::{DefaultDirectRateLimiter, RateLimiter};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::config::check::check_id;
use crate::domain::quota::{PartnerQuotas, UsedUp};
use crate::fingerprint::Fingerprint;
use crate::random;

/// Identifies a partner.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct PartnerId(String);

impl PartnerId {
    /// Takes a text as the id of a partner.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn new(text: String) -> Result<Self, String> {
        check_id(&text).map(|()| Self(text))
    }

    /// An id that no partner has.
    pub(crate) fn fresh() -> Self {
        Self(format!("partner-{}", random::alphanumeric(8).to_ascii_lowercase()))
    }

    /// The id as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PartnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What every partner's token begins with, so that one that is no longer good is known for what it is.
pub(crate) const TOKEN_PREFIX: &str = "dmp_";
/// Random characters of a partner's token: 238 bits.
const TOKEN_LENGTH: usize = 40;

/// A partner's token, to be shown once.
pub(crate) struct PartnerToken(String);

impl PartnerToken {
    pub(crate) fn fresh() -> Self {
        Self(format!("{TOKEN_PREFIX}{}", random::alphanumeric(TOKEN_LENGTH)))
    }

    /// What is kept of it.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&[&self.0])
    }

    /// The token itself, for the one answer that has it.
    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

/// What is kept of a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PartnerRecord {
    pub(crate) id: PartnerId,
    /// What people call it.
    pub(crate) name: String,
    /// Of its token.
    pub(crate) token: Fingerprint,
    pub(crate) quotas: PartnerQuotas,
    /// The id of the sandbox that it always has.
    pub(crate) sandbox: String,
}

/// A partner, and how much it has asked lately.
#[derive(Debug)]
pub(crate) struct Partner {
    pub(crate) record: PartnerRecord,
    requests: DefaultDirectRateLimiter,
}

impl Partner {
    fn new(record: PartnerRecord) -> Self {
        let per_second = governor::Quota::per_second(record.quotas.requests_per_second);
        Self { record, requests: RateLimiter::direct(per_second) }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// [`UsedUp::Requests`].
    pub(crate) fn count_request(&self) -> Result<(), UsedUp> {
        self.requests.check().map_err(|_| UsedUp::Requests)
    }
}

/// All partners, as this server knows them.
#[derive(Debug, Default)]
pub(crate) struct Partners(RwLock<HashMap<PartnerId, Arc<Partner>>>);

impl Partners {
    /// Takes up what is noted; a partner whose record is the same keeps its count of requests.
    pub(crate) fn take_up(&self, records: &[PartnerRecord]) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let kept = |record: &PartnerRecord| {
            let before = known.get(&record.id).filter(|partner| partner.record == *record);
            before.cloned().unwrap_or_else(|| Arc::new(Partner::new(record.clone())))
        };
        *known = records.iter().map(|record| (record.id.clone(), kept(record))).collect();
    }

    /// The partner with this id.
    pub(crate) fn get(&self, id: &PartnerId) -> Option<Arc<Partner>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// The partner whom a token is of.
    pub(crate) fn of_token(&self, token: &str) -> Option<Arc<Partner>> {
        let given = Fingerprint::of(&[token]);
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.values().find(|partner| bool::from(partner.record.token.bytes().ct_eq(given.bytes()))).cloned()
    }

    /// All of them, by their ids.
    pub(crate) fn list(&self) -> Vec<Arc<Partner>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = known.values().cloned().collect();
        all.sort_by(|one, other| one.record.id.cmp(&other.record.id));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    fn record(id: &str, token: &PartnerToken) -> PartnerRecord {
        PartnerRecord {
            id: PartnerId::new(id.to_owned()).unwrap(),
            name: id.to_owned(),
            token: token.fingerprint(),
            quotas: PartnerQuotas { requests_per_second: NonZeroU32::new(2).unwrap(), ..Default::default() },
            sandbox: "abcdefgh".to_owned(),
        }
    }

    #[test]
    fn a_token_leads_to_its_partner_until_it_is_replaced() {
        let (partners, [one, other, third]) = (Partners::default(), [(); 3].map(|()| PartnerToken::fresh()));
        let (first, second) = (record("one", &one), record("other", &other));
        partners.take_up(&[first.clone(), second.clone()]);
        let (one, other) = (one.into_text(), other.into_text());
        assert_eq!(partners.of_token(&other).unwrap().record, second);
        assert!(partners.of_token("").is_none() && partners.of_token(&one[..20]).is_none());
        partners.take_up(&[PartnerRecord { token: third.fingerprint(), ..first }]);
        assert!(partners.of_token(&one).is_none() && partners.of_token(&other).is_none());
        assert_eq!(partners.of_token(&third.into_text()).unwrap().record.name, "one");
    }

    #[test]
    fn requests_are_counted_on_through_a_look_that_brings_nothing_new() {
        let partners = Partners::default();
        let record = record("one", &PartnerToken::fresh());
        partners.take_up(std::slice::from_ref(&record));
        let ask = || partners.get(&record.id).unwrap().count_request();
        assert!(ask().is_ok() && ask().is_ok());
        partners.take_up(std::slice::from_ref(&record));
        assert_eq!(ask(), Err(UsedUp::Requests));
    }
}
