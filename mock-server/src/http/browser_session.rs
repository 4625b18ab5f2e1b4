//! Sessions of browsers in the console.
//!
//! A session is a value that the server signs and the browser shows in a cookie: no table of sessions has to
//! be shared by servers on one database, and none grows. The key comes from the admin token, so that another
//! token ends all sessions, and a partner's from its token besides, so that a renewed token ends its own. A
//! server without an admin token draws its key at its start.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::clock::Moment;
use crate::config::admin_token::AdminToken;
use crate::fingerprint::Fingerprint;
use crate::random;
use crate::sandbox::caller::Caller;
use crate::sandbox::partners::{PartnerId, Partners};

/// How long a session lasts, in real time.
pub(crate) const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);
/// Ended sessions that a server remembers until their time is over; of more, the oldest are forgotten.
const MOST_ENDED: usize = 10_000;
/// Who the host is in a session; the id of no partner begins so.
const HOST: &str = "~host";

/// What signs and remembers sessions.
pub(crate) struct BrowserSessions {
    key: Key,
    /// Whether the host logs in at all.
    has_token: bool,
    ended: Mutex<BTreeSet<(i64, Fingerprint)>>,
}

/// A session that a browser showed.
#[derive(Clone, Debug)]
pub(crate) struct BrowserSession {
    /// Who logged in.
    pub(crate) caller: Caller,
    /// What a change must carry besides the cookie, so that no other page can make one.
    pub(crate) csrf: String,
    end: i64,
    mark: Fingerprint,
}

#[derive(Clone)]
struct Key([u8; 32]);

impl Key {
    /// The signature over texts in this order.
    fn sign(&self, parts: &[&str]) -> Self {
        let mut hash = mac(&self.0);
        for part in parts {
            hash.update(part.as_bytes());
            hash.update(&[0]);
        }
        Self(hash.finalize().into_bytes().into())
    }

    fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

/// HMAC fills a short key up with zeros; a key of a block's length cannot be refused.
fn mac(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    Hmac::new(&block.into())
}

impl BrowserSessions {
    pub(crate) fn new(token: Option<&AdminToken>) -> Self {
        let key = Key(token.map_or_else(random::bytes, AdminToken::session_key));
        Self { key, has_token: token.is_some(), ended: Mutex::default() }
    }

    /// A session of somebody who showed a token; none for a client, who administrates nothing.
    pub(crate) fn open(&self, caller: &Caller, now: Moment) -> Option<String> {
        let who = match caller {
            Caller::Client => return None,
            Caller::Host => HOST.to_owned(),
            Caller::Partner(partner) => partner.record.id.to_string(),
        };
        let end = now.plus(LIFETIME).millis();
        let signed = format!("{who}~{end}~{}", random::alphanumeric(24));
        let signature = self.key_of(caller)?.sign(&["session", &signed]).text();
        Some(format!("{signed}~{signature}"))
    }

    /// The session that a value stands for, if it is good.
    pub(crate) fn of(&self, value: &str, partners: &Partners, now: Moment) -> Option<BrowserSession> {
        let (signed, signature) = value.rsplit_once('~')?;
        let mut parts = signed.rsplitn(3, '~');
        let (_, end, who) = (parts.next()?, parts.next()?.parse::<i64>().ok()?, parts.next()?);
        let caller = match who {
            HOST => Caller::Host,
            partner => Caller::Partner(partners.get(&PartnerId::new(partner.to_owned()).ok()?)?),
        };
        let key = self.key_of(&caller)?;
        let expected = key.sign(&["session", signed]).text();
        let is_signed = bool::from(expected.as_bytes().ct_eq(signature.as_bytes()));
        if !is_signed {
            return None;
        }
        let (csrf, mark) = (key.sign(&["csrf", value]).text(), Fingerprint::of(&[value]));
        let session = BrowserSession { caller, csrf, end, mark };
        (!self.is_over(&session, now)).then_some(session)
    }

    /// Ends a session on this server; the browser forgets it besides.
    pub(crate) fn end(&self, session: &BrowserSession, now: Moment) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        while ended.first().is_some_and(|(end, _)| *end <= now.millis()) || ended.len() >= MOST_ENDED {
            ended.pop_first();
        }
        ended.insert((session.end, session.mark));
    }

    /// Whether a session that was good no longer is.
    pub(crate) fn is_over(&self, session: &BrowserSession, now: Moment) -> bool {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        session.end <= now.millis() || ended.contains(&(session.end, session.mark))
    }

    /// What signs sessions of somebody; none if they have no token to log in with.
    fn key_of(&self, caller: &Caller) -> Option<Key> {
        match caller {
            Caller::Client => None,
            Caller::Host => self.has_token.then(|| self.key.clone()),
            Caller::Partner(partner) => Some(self.key.sign(&["partner", &partner.record.token.to_string()])),
        }
    }
}

impl BrowserSession {
    /// Whether a request that changes something carries what it must.
    pub(crate) fn allows_change(&self, csrf: &str) -> bool {
        self.csrf.as_bytes().ct_eq(csrf.as_bytes()).into()
    }
}

impl fmt::Debug for BrowserSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BrowserSessions([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::domain::quota::PartnerQuotas;
    use crate::sandbox::partners::{PartnerRecord, PartnerToken};

    fn record(id: &str) -> PartnerRecord {
        PartnerRecord {
            id: PartnerId::new(id.to_owned()).unwrap(),
            name: id.to_owned(),
            token: PartnerToken::fresh().fingerprint(),
            quotas: PartnerQuotas { requests_per_second: NonZeroU32::MIN, ..Default::default() },
            sandbox: "abcdefgh".to_owned(),
        }
    }

    fn token(text: &str) -> AdminToken {
        AdminToken::new(text).unwrap()
    }

    #[test]
    fn a_session_is_good_on_every_server_with_the_token_until_it_ends() {
        let now = Moment::from_millis(1_000);
        let (one, other) = [(); 2].map(|()| BrowserSessions::new(Some(&token("the-token")))).into();
        let nobody = Partners::default();
        let value = one.open(&Caller::Host, now).unwrap();
        let session = other.of(&value, &nobody, now).unwrap();
        assert!(matches!(session.caller, Caller::Host));
        assert!(session.allows_change(&one.of(&value, &nobody, now).unwrap().csrf));
        assert!(!session.allows_change("") && !session.allows_change(&value));
        assert!(other.of(&value, &nobody, now.plus(LIFETIME)).is_none());
        assert!(BrowserSessions::new(Some(&token("another"))).of(&value, &nobody, now).is_none());
        assert!(BrowserSessions::new(None).of(&value, &nobody, now).is_none());
        assert!(!one.is_over(&session, now) && one.is_over(&session, now.plus(LIFETIME)));
        one.end(&session, now);
        assert!(one.is_over(&session, now));
        assert!(one.of(&value, &nobody, now).is_none());
    }

    #[test]
    fn nobody_makes_a_session_of_another_or_a_longer_one() {
        let (sessions, now) = (BrowserSessions::new(Some(&token("the-token"))), Moment::from_millis(1_000));
        let partners = Partners::default();
        let (first, second) = (record("one"), record("other"));
        partners.take_up(&[first.clone(), second]);
        let caller = Caller::Partner(partners.get(&first.id).unwrap());
        let value = sessions.open(&caller, now).unwrap();
        assert!(sessions.of(&value, &partners, now).unwrap().caller.partner().is_some());
        let end = now.plus(LIFETIME).millis();
        for forged in [
            value.replacen("one", "other", 1),
            value.replacen("one", HOST, 1),
            value.replacen(&end.to_string(), &(end + 1).to_string(), 1),
            value[..value.len() - 1].to_owned(),
            String::new(),
            "~~~".to_owned(),
        ] {
            assert!(sessions.of(&forged, &partners, now).is_none(), "{forged}");
        }
        partners.take_up(&[PartnerRecord { token: PartnerToken::fresh().fingerprint(), ..first }]);
        assert!(sessions.of(&value, &partners, now).is_none(), "a renewed token ends its sessions");
    }
}
