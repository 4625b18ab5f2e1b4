//! Signing in at a pretend provider: the user name decides what comes of it.

use std::time::Duration;

use super::decision::DEFAULT_DATASET;
use super::texts::Texts;
use crate::domain::consent::{CallbackErrorCode, Page};

/// How long a slow provider takes.
const SLOW: Duration = Duration::from_secs(5);

/// What comes of signing in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SignIn {
    /// The account delivers a dataset, after a while.
    Succeeds { dataset: &'static str, after: Duration },
    /// The user may try again.
    WrongPassword,
    /// The page ends.
    Fails(CallbackErrorCode),
}

/// What a page says of a user name.
type Described = fn(&Texts) -> &'static str;

/// The user names with an effect, and its description.
const STEERING: [(&str, Described); 8] = [
    ("cancel", |texts| texts.steer_cancel),
    ("wrong-password", |texts| texts.steer_wrong_password),
    ("expired", |texts| texts.steer_expired),
    ("slow", |texts| texts.steer_slow),
    ("no-data", |texts| texts.steer_no_data),
    ("much-data", |texts| texts.steer_much_data),
    ("source-error", |texts| texts.steer_source_error),
    ("server-error", |texts| texts.steer_server_error),
];

impl SignIn {
    /// What comes of signing in as a user.
    pub(super) fn of(user: &str) -> Self {
        let with = |dataset| Self::Succeeds { dataset, after: Duration::ZERO };
        match user.trim().to_lowercase().as_str() {
            "cancel" => Self::Fails(CallbackErrorCode::UserCancel),
            "wrong-password" => Self::WrongPassword,
            "expired" => with("reauth"),
            "slow" => Self::Succeeds { dataset: DEFAULT_DATASET, after: SLOW },
            "no-data" => with("empty"),
            "much-data" => with("busy-user"),
            "source-error" => Self::Fails(CallbackErrorCode::OnboardError),
            "server-error" => Self::Fails(CallbackErrorCode::ServerError),
            _ => with(DEFAULT_DATASET),
        }
    }
}

/// The user names with an effect on a page. An account that is there already keeps its data.
pub(super) fn steering(page: Page, texts: &Texts) -> Vec<(&'static str, &'static str)> {
    let chooses_data = |name: &str| match SignIn::of(name) {
        SignIn::Succeeds { dataset, .. } => dataset != DEFAULT_DATASET,
        SignIn::WrongPassword | SignIn::Fails(_) => false,
    };
    let listed = STEERING.into_iter().filter(|(name, _)| page != Page::Reauthorize || !chooses_data(name));
    listed.map(|(name, describe)| (name, describe(texts))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::language::Language;
    use super::*;

    #[test]
    fn each_listed_name_has_an_effect_and_others_have_none() {
        let plain = SignIn::of("anna");
        assert_eq!(plain, SignIn::Succeeds { dataset: DEFAULT_DATASET, after: Duration::ZERO });
        let all = steering(Page::Authorize, Language::English.texts());
        assert!(all.len() == STEERING.len() && all.iter().all(|(name, _)| SignIn::of(name) != plain));
        assert_eq!(SignIn::of(" Cancel "), SignIn::Fails(CallbackErrorCode::UserCancel));
        let again = steering(Page::Reauthorize, Language::English.texts());
        assert!(again.iter().all(|(name, _)| !["expired", "no-data", "much-data"].contains(name)));
    }
}
