//! How requests are signed: algorithm, nonce and time.

use super::memory::Memory;
use super::request::Observed;
use super::tally::Tallies;
use crate::client_report::ClientCheck;
use crate::domain::session::SessionAccess;
use crate::fingerprint::Fingerprint;
use crate::journal::check::Check;
use crate::jwt::claims::Claims;
use crate::jwt::{lifetime, nonce, timestamp};
use crate::operations::Operation;
use crate::operations::route::Area;

/// The nonces that a client used last. The server remembers more, but not those of requests whose
/// answer it lost on purpose.
#[derive(Debug, Default)]
pub(super) struct Signatures {
    nonces: Memory<()>,
}

impl Signatures {
    pub(super) fn observe(&mut self, request: &Observed<'_>, tallies: &mut Tallies) {
        let Some(jwt) = request.jwt else {
            if needs_jwt(request) {
                let missing = "there is no JWT that could be read".to_owned();
                tallies.judge(ClientCheck::Ps512, request, Err(missing));
            }
            return;
        };
        let signed = match request.failed_check {
            Some(Check::Signature) => Err("the signature is not one of the contract's key".to_owned()),
            _ => jwt.require_ps512().map_err(|refusal| refusal.detail),
        };
        tallies.judge(ClientCheck::Ps512, request, signed);
        let clocks = [request.when.real, request.when.arrived];
        if request.is_for_cloud() {
            let fresh = lifetime::lifetime(&jwt.claims, clocks).map_err(|refusal| refusal.message);
            tallies.judge(ClientCheck::TimestampInRange, request, fresh);
            return;
        }
        let fresh = timestamp::fresh(&jwt.claims, clocks).map(drop).map_err(|refusal| refusal.message);
        tallies.judge(ClientCheck::TimestampInRange, request, fresh);
        let fresh = self.fresh_nonce(request, &jwt.claims);
        tallies.judge(ClientCheck::FreshNonce, request, fresh);
    }

    fn fresh_nonce(&mut self, request: &Observed<'_>, claims: &Claims) -> Result<(), String> {
        let nonce = nonce::form(claims).map_err(|refusal| refusal.detail)?;
        let before = self.nonces.insert(Fingerprint::of(&[nonce]), ());
        match before.is_some() || request.failed_check == Some(Check::NonceReuse) {
            true => Err("the nonce was used before".to_owned()),
            false => Ok(()),
        }
    }
}

/// The key set, what older clients ask unsigned, and paths that lead nowhere need no JWT.
fn needs_jwt(request: &Observed<'_>) -> bool {
    let open = match request.operation() {
        Some(Operation::AVAILABLE_SERVICES | Operation::NAMED_CONTRACT_DETAILS | Operation::OPEN_SESSION) => {
            true
        }
        Some(Operation::READ_FILE_LIST | Operation::READ_FILE | Operation::READ_FILE_METADATA) => {
            request.dialect().access == SessionAccess::Key
        }
        _ => false,
    };
    !open && matches!(request.area(), Some(Area::Api(_) | Area::Cloud | Area::CloudFolder))
}

#[cfg(test)]
mod tests {
    use super::super::sample::Sample;
    use super::super::sample::{failed, offence};
    use super::*;

    #[test]
    fn a_nonce_is_good_once() {
        let first = Sample::of(Operation::READ_ACCOUNTS);
        assert!(failed([&first]).is_empty());
        assert_eq!(failed([&first, &first]), [ClientCheck::FreshNonce]);
        for nonce in ["", "short", "ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ"] {
            let bad = Sample::of(Operation::READ_ACCOUNTS).claim("nonce", nonce);
            assert_eq!(failed([&bad]), [ClientCheck::FreshNonce], "{nonce}");
        }
        let forgotten = Sample::of(Operation::READ_ACCOUNTS).failed(Check::NonceReuse);
        assert_eq!(failed([&forgotten]), [ClientCheck::FreshNonce]);
    }

    #[test]
    fn time_is_judged_in_both_kinds_of_jwt() {
        let stale = Sample::of(Operation::READ_ACCOUNTS).claim("timestamp", 1);
        assert_eq!(failed([&stale]), [ClientCheck::TimestampInRange]);
        let good = Sample::of(Operation::DELETE_STORAGE_FILES);
        assert!(failed([&good]).is_empty());
        let expired = Sample::of(Operation::DELETE_STORAGE_FILES).claim("iat", 1).claim("exp", 2);
        assert_eq!(failed([&expired]), [ClientCheck::TimestampInRange]);
    }

    #[test]
    fn nothing_but_ps512_of_the_right_key_will_do() {
        let other = Sample::of(Operation::READ_ACCOUNTS).algorithm("RS512");
        let stranger = Sample::of(Operation::READ_ACCOUNTS).failed(Check::Signature);
        let unsigned = Sample::of(Operation::READ_ACCOUNTS).without_jwt();
        for sample in [other, stranger, unsigned] {
            let offence = offence(ClientCheck::Ps512, [&sample]).unwrap();
            assert_eq!(offence.sequence, sample.sequence());
        }
        let open = [
            Sample::of(Operation::JWKS).without_jwt(),
            Sample::of(Operation::NAMED_CONTRACT_DETAILS).without_jwt(),
        ];
        assert!(open.iter().all(|sample| offence(ClientCheck::Ps512, [sample]).is_none()));
    }
}
