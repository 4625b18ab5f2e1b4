//! Who takes part in a flow.

use serde::Serialize;

/// Who takes part in a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Party {
    /// The application: what the scenario does without the SDK.
    Application,
    /// The SDK.
    Sdk,
    /// The platform's API.
    Api,
    /// The consent web client, and the guest page of older generations.
    ConsentPage,
    /// The digi.me app on the user's phone.
    Phone,
    /// The storage host.
    Storage,
    /// The user and their browser.
    User,
}
