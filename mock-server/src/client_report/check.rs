//! The checks of a client report, and what each asks of a client.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! client_checks {
    ($($(#[doc = $doc:literal])* $variant:ident $meaning:literal;)*) => {
        /// What a client should do, as its traffic shows it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase")]
        pub enum ClientCheck { $($(#[doc = $doc])* $variant,)* }

        impl ClientCheck {
            /// Every check.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// What it asks of a client, and why.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

client_checks! {
    /// Protocol reference, crypto §1.1.
    Ps512 "Every request that needs a JWT has one, signed with PS512 and a salt of 64 bytes by the \
        contract's key.";
    /// Protocol reference, crypto §1.2 and errors §4.
    FreshNonce "Every request, a repeated one too, is signed with a nonce of its own: 32 letters and digits. \
        A nonce that was used before is refused.";
    /// Protocol reference, crypto §1.3.
    TimestampInRange "Every request says when it was signed, and that is now: a clock that is off makes every \
        request fail.";
    /// RFC 7636 §4.1 and §7.1; protocol reference, crypto §2.
    Pkce "Every authorization has a code verifier of its own that cannot be guessed: 43 to 128 characters of \
        A-Z a-z 0-9 - . _ ~, at least 128 bits of entropy, and its challenge made with S256.";
    /// RFC 9700 §4.7; protocol reference, http-api §2.1.
    State "Every authorization has a state of its own, so that a callback can be told from a planted one.";
    /// RFC 6749 §4.1.2.
    CodeExchangedOnce "An authorization code is not sent again once it has given a token.";
    /// Protocol reference, README §7.
    RefreshAfterExpiry "Tokens are refreshed once the access token has expired or was refused, not before; \
        up to a minute, or a tenth of the token's life, early is no haste.";
    /// Protocol reference, README §8.
    CurrentRefreshToken "The refresh token that a refresh gave is used from then on; requests that were under \
        way may still bring the old one for the grace period.";
    /// Protocol reference, README §8.
    PollingInterval "The file list of a session that is still syncing is asked for every 3 seconds, not more \
        often; half a second is allowed for the network. The sandbox's clock counts.";
    /// Protocol reference, legacy/endpoints §2.
    CompleteList "A file list that is asked for once, as in the generations up to v1.3, is complete by then. \
        A sync that takes longer than the client waits loses files: shorten the sandbox's timeline.";
    /// RFC 9110 §10.2.3; protocol reference, README §6.
    RetryAfter "A refused request whose answer said Retry-After is not sent again before that time has passed \
        on the sandbox's clock.";
    /// Protocol reference, legacy.
    CurrentEndpoints "Only endpoints of the current API version are used, and none that a later one replaced.";
    /// Protocol reference, http-api §1.2.
    AcceptHeader "Accept names the media type that the operation answers: application/json, or \
        application/octet-stream for files. Strict servers refuse anything else.";
    /// RFC 9110 §8.3; protocol reference, legacy rules 11 and 24: no content type at all is what official
    /// clients send in places.
    ContentType "A body of JSON is called application/json. The mock reads it whatever it is called; strict \
        servers refuse anything else.";
    /// Protocol reference, http-api §1.6.
    Agent "Requests that start a session or a page say in their body which SDK sends them, in agent.";
    /// RFC 9700 §4.11.
    NoRedirectFollowed "A redirected API request is not sent on with its JWT, which may be meant for nobody else.";
    /// RFC 9700 §4.3.2.
    NoSecretInUrl "No token, code or verifier is part of a request's URL, which logs and proxies keep.";
}
