//! How authorizations are protected: PKCE, `state`, and a code that is used once.

use super::memory::Memory;
use super::request::Observed;
use super::tally::Tallies;
use crate::client_report::ClientCheck;
use crate::domain::token::Proof;
use crate::fingerprint::Fingerprint;
use crate::jwt::claims::Claims;
use crate::jwt::pkce;
use crate::operations::Operation;

/// What a verifier must be worth: RFC 7636 §7.1 wants 256 bits, of which some official clients reach
/// 190 only (protocol reference, crypto §2). This is what nobody can try out.
const LEAST_ENTROPY: f64 = 128.0;

/// What the authorizations of a client were protected by.
#[derive(Debug, Default)]
pub(super) struct Authorizations {
    states: Memory<()>,
    challenges: Memory<()>,
    /// Verifier → the code that it was sent with.
    verifiers: Memory<Fingerprint>,
    exchanged: Memory<()>,
}

impl Authorizations {
    pub(super) fn observe(&mut self, request: &Observed<'_>, tallies: &mut Tallies) {
        let Some(claims) = request.claims() else { return };
        match request.operation() {
            Some(Operation::AUTHORIZE) => self.start(request, claims, true, tallies),
            // Only the renewal of a user ends in a code.
            Some(Operation::TOKEN_REFERENCE) => {
                self.start(request, claims, request.claim("code_challenge").is_some(), tallies);
            }
            Some(Operation::TOKEN) => self.exchange(request, claims, tallies),
            _ => {}
        }
    }

    /// What did not succeed may be sent again as it is.
    fn start(&mut self, request: &Observed<'_>, claims: &Claims, ends_in_code: bool, tallies: &mut Tallies) {
        let remember = |memory: &mut Memory<()>, value: &str| {
            let key = Fingerprint::of(&[value]);
            let known = memory.contains(&key);
            if request.succeeded() {
                memory.insert(key, ());
            }
            known
        };
        if ends_in_code {
            let found = pkce::challenge(claims).map_err(|refusal| refusal.detail);
            let found = found.and_then(|challenge| match remember(&mut self.challenges, challenge) {
                true => Err("the code_challenge is one of an earlier authorization".to_owned()),
                false => Ok(()),
            });
            tallies.judge(ClientCheck::Pkce, request, found);
        }
        let found = match request.claim("state") {
            Some(state) if remember(&mut self.states, state) => {
                Err("the state is one of an earlier authorization".to_owned())
            }
            Some(_) => Ok(()),
            None if ends_in_code => Err("there is no state".to_owned()),
            None => return,
        };
        tallies.judge(ClientCheck::State, request, found);
    }

    fn exchange(&mut self, request: &Observed<'_>, claims: &Claims, tallies: &mut Tallies) {
        let Some(code) = request.claim("code") else { return };
        let code = Fingerprint::of(&[code]);
        let left_out = request.dialect().proof == Proof::Optional && request.claim("code_verifier").is_none();
        let found = pkce::verifier(claims).map_err(|refusal| refusal.detail);
        let found = found.and_then(|verifier| {
            let before = self.verifiers.insert(Fingerprint::of(&[verifier]), code);
            if before.is_some_and(|before| before != code) {
                return Err("the code_verifier was sent with another code before".to_owned());
            }
            match entropy(verifier) {
                bits if bits < LEAST_ENTROPY => Err(format!(
                    "the code_verifier is worth {bits:.0} bits at most, by how often each character occurs"
                )),
                _ => Ok(()),
            }
        });
        if !left_out {
            tallies.judge(ClientCheck::Pkce, request, found);
        }
        let again = Err("the code gave a token before".to_owned());
        let found = if self.exchanged.contains(&code) { again } else { Ok(()) };
        tallies.judge(ClientCheck::CodeExchangedOnce, request, found);
        if request.succeeded() {
            self.exchanged.insert(code, ());
        }
    }
}

/// Shannon's entropy of a text whose characters are drawn as often as they occur in it, in bits.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = text.len() as f64;
    let of = |count: u32| f64::from(count) * (length / f64::from(count)).log2();
    counts.into_iter().filter(|count| *count > 0).map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, counts, failed, offence};
    use super::*;
    use crate::faults::Fault;

    /// Verifiers in the three official forms (protocol reference, crypto §2).
    const NODE: &str = "YUIzZEU2Z0g5aksybU41cFE4c1Qxdlc0eVo3YkMwZUY";
    const IOS: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const ANDROID: &str = "8b0e7153bf7c3706d85c524e440066559a6656c90bd5482a90a29b9fa5ff5180\
        bc0dbc0e15637ebb8e3b91d26ab4a829a95249f512c17b8ed411fa644d35db41";

    fn start(state: &str, challenge: &str) -> Sample {
        let challenge = format!("{challenge:x<43}");
        Sample::of(Operation::AUTHORIZE)
            .claim("state", state)
            .claim("code_challenge_method", "S256")
            .claim("code_challenge", challenge)
    }

    fn exchange(code: &str, verifier: &str) -> Sample {
        Sample::of(Operation::TOKEN).claim("code", code).claim("code_verifier", verifier)
    }

    #[test]
    fn state_and_challenge_are_new_for_every_authorization() {
        assert!(failed([&start("s", "c"), &start("t", "d")]).is_empty());
        assert_eq!(failed([&start("s", "c"), &start("s", "d")]), [ClientCheck::State]);
        assert_eq!(failed([&start("s", "c"), &start("t", "c")]), [ClientCheck::Pkce]);
        assert_eq!(failed([&start("", "c")]), [ClientCheck::State]);
        assert_eq!(failed([&start("s", "c").claim("code_challenge_method", "plain")]), [ClientCheck::Pkce]);
    }

    #[test]
    fn an_authorization_that_failed_may_be_tried_again_as_it_is() {
        assert!(failed([&start("s", "c").answer(503), &start("s", "c")]).is_empty());
        let lost = start("s", "c").fault(Fault::on(Operation::AUTHORIZE).disconnect());
        assert!(failed([&lost, &start("s", "c")]).is_empty());
    }

    #[test]
    fn a_reference_needs_a_state_only_where_it_ends_in_a_code() {
        let onboard = || Sample::of(Operation::TOKEN_REFERENCE);
        assert!(failed([&onboard()]).is_empty());
        assert_eq!(
            failed([&onboard().claim("state", "s"), &onboard().claim("state", "s")]),
            [ClientCheck::State]
        );
        let renewal =
            onboard().claim("code_challenge_method", "S256").claim("code_challenge", "c".repeat(43));
        assert_eq!(failed([&renewal]), [ClientCheck::State]);
    }

    #[test]
    fn every_official_verifier_has_enough_entropy() {
        for verifier in [NODE, IOS, ANDROID] {
            assert!(failed([&exchange("c", verifier)]).is_empty(), "{verifier}: {}", entropy(verifier));
        }
        for verifier in ["a".repeat(43), "abc".repeat(20), "short".to_owned(), format!("{NODE}!")] {
            assert_eq!(failed([&exchange("c", &verifier)]), [ClientCheck::Pkce], "{verifier}");
        }
    }

    #[test]
    fn a_verifier_belongs_to_one_code_and_a_code_gives_one_token() {
        assert_eq!(failed([&exchange("a", NODE), &exchange("b", NODE)]), [ClientCheck::Pkce]);
        let again = exchange("a", NODE).answer(400);
        let found = offence(ClientCheck::CodeExchangedOnce, [&exchange("a", NODE), &again]).unwrap();
        assert_eq!((found.sequence, found.reference.as_deref()), (again.sequence(), Some("a-reference")));
        let tries = [exchange("a", NODE).answer(400), exchange("a", NODE)];
        assert_eq!(counts(ClientCheck::CodeExchangedOnce, &tries), (2, 0));
    }
}
