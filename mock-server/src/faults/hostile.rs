//! Answers that a client must not believe: switched on to see whether it notices.
//!
//! A [`Fault`](crate::Fault) carries one. What is wrong with a token or a callback is made before the
//! answer is written, what is wrong with a body afterwards.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::operations::route::{AnswerKind, Route};

macro_rules! hostile_answers {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal;)*) => {
        /// What is wrong with an answer.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Hostile { $($(#[doc = $doc])* #[serde(rename = $name)] $variant,)* }

        impl Hostile {
            /// Every hostile answer.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in fault rules and reports.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

hostile_answers! {
    /// The token names a `kid` that the key set does not have; the signature is genuine.
    UnknownKid "unknownKid";
    /// The token's `jku` leads to another origin; the signature is genuine, and so is the key set
    /// there if the server is reached by a loopback name.
    ForeignJku "foreignJku";
    /// One bit of the token's signature is flipped.
    BadSignature "badSignature";
    /// The token is signed with RS512, by the right key.
    Rs512 "rs512";
    /// The token is signed with HS256, with the public key as the shared secret (RFC 8725 §2.1).
    Hs256 "hs256";
    /// The token's algorithm is `none`, and it has no signature.
    Unsigned "unsigned";
    /// The preauthorization or reference code of the token was never given out: the consent page
    /// refuses it. Nothing that a client could notice; it must cope with a user who never returns.
    WrongPreauthorizationCode "wrongPreauthorizationCode";
    /// The callback carries another `state` than the client sent.
    ChangedState "changedState";
    /// Every text of the JSON holds bytes that are no UTF-8.
    InvalidUtf8 "invalidUtf8";
    /// The right answer, followed by a gibibyte of spaces: more than a client should read.
    OversizeBody "oversizeBody";
    /// A redirect to where the request came from, again and again; the operation is not run.
    RedirectLoop "redirectLoop";
}

impl Hostile {
    /// Whether a route has an answer that can be wrong in this way.
    pub fn applies_to(self, route: &Route) -> bool {
        match self {
            Self::UnknownKid
            | Self::ForeignJku
            | Self::BadSignature
            | Self::Rs512
            | Self::Hs256
            | Self::Unsigned => matches!(route.answer, AnswerKind::Token | AnswerKind::CodeToken),
            Self::WrongPreauthorizationCode => route.answer == AnswerKind::CodeToken,
            Self::ChangedState => route.answer == AnswerKind::Callback,
            Self::InvalidUtf8 => {
                matches!(route.answer, AnswerKind::Json | AnswerKind::Token | AnswerKind::CodeToken)
            }
            Self::OversizeBody => route.answer != AnswerKind::Nothing,
            Self::RedirectLoop => true,
        }
    }

    /// Whether the client cannot use the answer at all.
    pub(crate) fn loses_answer(self) -> bool {
        matches!(self, Self::InvalidUtf8 | Self::OversizeBody | Self::RedirectLoop)
    }
}

/// The parameter that counts how often a request was redirected, by which a client that follows is
/// recognised.
pub(crate) const REDIRECTED: &str = "redirected";

/// A callback with this `state`, whether or not it had one.
pub(crate) fn with_another_state(location: &str, state: &str) -> String {
    let (address, fragment) = location.find('#').map_or((location, ""), |at| location.split_at(at));
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let others = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("state="));
    let pairs: Vec<_> = others.map(str::to_owned).chain([format!("state={state}")]).collect();
    format!("{path}?{}{fragment}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::endpoints::routes;

    #[test]
    fn every_hostile_answer_is_read_by_its_name_and_meets_some_operation() {
        for hostile in Hostile::ALL {
            let read: Hostile = serde_json::from_value(serde_json::json!(hostile.name())).unwrap();
            assert_eq!(read, *hostile);
            assert_eq!(serde_json::to_value(hostile).unwrap(), hostile.name());
            assert!(routes().any(|route| hostile.applies_to(route)), "{hostile:?}");
        }
    }
}
