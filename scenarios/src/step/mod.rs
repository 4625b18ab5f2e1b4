//! What a step can do: one file an action.
//!
//! To add one, write its file (a struct for its settings, [`Act`] for what it does) and its line in
//! the table below.

mod content;

use schemars::{Schema, SchemaGenerator};
use serde::de::{Error as _, MapAccess};

use crate::context::{ScenarioContext, StepError, StepOutcome, without_nulls};
use crate::format::{Generation, Generations};
use crate::target::innermost_cause;
use crate::yaml::{Kind, Mistake, Node};

/// What an action does.
pub(crate) trait Act {
    /// Does it.
    ///
    /// # Errors
    /// [`StepError`]; a refusal of the platform may be what the step expects.
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome;

    /// The generations that have it; today's alone, if nothing else is said.
    fn generations(&self) -> Generations {
        Generations::TODAY
    }

    /// Whether a generation that has it has its settings too.
    ///
    /// # Errors
    /// What is wrong, for people.
    fn settings_suit(&self, _generation: Generation) -> Result<(), String> {
        Ok(())
    }

    /// Whether it only looks, so that the scenario can go on where it must be skipped.
    fn only_looks(&self) -> bool {
        false
    }

    /// Whether its requests are sent at once, so that their order says nothing.
    fn is_concurrent(&self) -> bool {
        false
    }
}

macro_rules! actions {
    ($($key:ident $settings:ident;)*) => {
        $(mod $key;)*

        /// The keys by which steps name their action.
        pub(crate) const ACTION_NAMES: &[&str] = &[$(stringify!($key)),*];

        /// An action and its settings.
        #[derive(Clone, Debug)]
        pub(crate) enum Action {
            $($settings($key::$settings),)*
        }

        impl Action {
            /// Reads the settings of an action.
            pub(crate) fn read<'de, A: MapAccess<'de>>(name: &str, pairs: &mut A) -> Result<Self, A::Error> {
                match name {
                    $(stringify!($key) => Ok(Self::$settings(pairs.next_value()?)),)*
                    other => Err(A::Error::unknown_variant(other, ACTION_NAMES)),
                }
            }

            /// The action without any setting.
            pub(crate) fn read_empty(name: &str) -> Result<Self, Mistake> {
                let nothing = Node { place: Default::default(), kind: Kind::Null };
                match name {
                    $(stringify!($key) => serde::Deserialize::deserialize(&nothing).map(Self::$settings),)*
                    other => Err(Mistake::unknown("action", other, ACTION_NAMES)),
                }
            }

            /// The key by which steps name it.
            pub(crate) fn name(&self) -> &'static str {
                match self { $(Self::$settings(_) => stringify!($key),)* }
            }

            /// Does it.
            ///
            /// # Errors
            /// [`StepError`].
            pub(crate) async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
                match self { $(Self::$settings(action) => action.act(context).await,)* }
            }

            /// Whether it means something in a generation.
            ///
            /// # Errors
            /// What is wrong, for people.
            pub(crate) fn suits(&self, generation: Generation) -> Result<(), String> {
                match self {
                    $(Self::$settings(action) => {
                        action.generations().check(stringify!($key), generation)?;
                        action.settings_suit(generation)
                    })*
                }
            }

            /// Whether it only looks.
            pub(crate) fn only_looks(&self) -> bool {
                match self { $(Self::$settings(action) => action.only_looks(),)* }
            }

            /// Whether its requests are sent at once.
            pub(crate) fn is_concurrent(&self) -> bool {
                match self { $(Self::$settings(action) => action.is_concurrent(),)* }
            }

            /// The schemas of all actions' settings.
            pub(crate) fn schemas(generator: &mut SchemaGenerator) -> Vec<(&'static str, Schema)> {
                vec![$((stringify!($key), generator.subschema_for::<Option<$key::$settings>>())),*]
            }
        }
    };
}

actions! {
    accounts Accounts;
    authorize Authorize;
    client Client;
    clock Clock;
    consent Consent;
    contract ContractDetails;
    delete_account DeleteAccount;
    delete_user DeleteUser;
    discover Discover;
    exchange Exchange;
    expect_requests ExpectRequests;
    fault Fault;
    finish Finish;
    http Http;
    link Link;
    list List;
    metadata Metadata;
    onboard Onboard;
    push Push;
    push_provider PushProvider;
    read_all ReadAll;
    read_file ReadFile;
    reauthorize Reauthorize;
    reauthorize_account ReauthorizeAccount;
    refresh Refresh;
    report Report;
    reset Reset;
    revoke Revoke;
    session Session;
    storage Storage;
    trigger Trigger;
    wait Wait;
}

/// Refuses settings that a generation does not have: of each its name, and whether it is given.
fn without(step: &str, generation: Generation, settings: &[(&str, bool)]) -> Result<(), String> {
    match settings.iter().find(|(_, given)| *given) {
        Some((name, _)) => Err(format!("`{step}` has no `{name}` in {generation}")),
        None => Ok(()),
    }
}

/// JSON of a value that serialises, such as a token pair.
fn to_json(value: &impl serde::Serialize) -> StepOutcome {
    serde_json::to_value(value).map_err(|error| StepError::Misuse(format!("the result is no JSON: {error}")))
}
