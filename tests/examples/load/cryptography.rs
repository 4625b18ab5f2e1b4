//! What aws-lc does on one core, by which the server is judged.

use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA512, RSA_PSS_SHA512, RsaKeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use digime_fixtures::keys;

use crate::Fallible;

/// How long each is measured at a time.
const TIME: Duration = Duration::from_millis(300);

/// Signatures and verifications a second with PS512 and a key of 2048 bits; the best that was seen, because nothing makes a
/// core faster than it is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rates {
    pub(crate) signatures: f64,
    pub(crate) verifications: f64,
}

impl Rates {
    /// Measures again.
    pub(crate) fn measure(&mut self) -> Fallible<()> {
        let lines: String = keys::READ.private_pem.lines().filter(|line| !line.starts_with('-')).collect();
        let key = RsaKeyPair::from_der(&STANDARD.decode(lines)?).map_err(|error| error.to_string())?;
        let lines: String = keys::READ.public_pem.lines().filter(|line| !line.starts_with('-')).collect();
        let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA512, STANDARD.decode(lines)?)
            .parse()
            .map_err(|_| "no public key")?;
        let (random, message) = (SystemRandom::new(), [7; 700]);
        let mut signature = vec![0; key.public_modulus_len()];
        let signatures = rate(|| {
            key.sign(&RSA_PSS_SHA512, &random, &message, &mut signature)
                .map_err(|_| "the key does not sign".into())
        })?;
        let verifications =
            rate(|| public.verify_sig(&message, &signature).map_err(|_| "no signature".into()))?;
        self.signatures = self.signatures.max(signatures);
        self.verifications = self.verifications.max(verifications);
        Ok(())
    }
}

fn rate(mut doing: impl FnMut() -> Fallible<()>) -> Fallible<f64> {
    let (started, mut count) = (Instant::now(), 0.0);
    while started.elapsed() < TIME {
        doing()?;
        count += 1.0;
    }
    Ok(count / started.elapsed().as_secs_f64())
}
