//! What pushes to a library and to a postbox have in common.

use serde_json::Value;

use crate::domain::pushed::Descriptor;
use crate::domain::refusal::Refusal;
use crate::domain::state::quota_used_up;
use crate::http::call::{Call, in_words_of_json};

/// What is said about a file; `place` is where the client said it.
///
/// # Errors
/// `ValidationErrors` naming the field.
pub(super) fn described(metadata: Value, place: &str) -> Result<Descriptor, Refusal> {
    let descriptor: Descriptor = serde_path_to_error::deserialize(metadata).map_err(|error| {
        let field = Some(error.path().to_string()).filter(|path| path != ".");
        let field = field.map(|path| format!(".{path}")).unwrap_or_default();
        let problem = in_words_of_json(&error.into_inner().to_string());
        Refusal::validation(format!("{place}{field}: {problem}"))
    })?;
    descriptor.validate(place)?;
    Ok(descriptor)
}

/// How large a file may become while it arrives, in bytes.
#[derive(Clone, Copy)]
pub(super) struct PushLimits {
    file: u64,
    quota: u64,
    room: u64,
}

impl PushLimits {
    /// The configured limits; `room` is what the quota has left.
    pub(super) fn of(call: &Call, room: u64) -> Self {
        let settings = &call.server.settings;
        Self { file: settings.push_limit, quota: settings.push_quota, room }
    }

    /// Whether a file may have this length.
    ///
    /// # Errors
    /// `ValidationErrors` with status 413 otherwise.
    pub(super) fn admit(self, length: u64) -> Result<(), Refusal> {
        if length > self.file {
            let message = format!("The file is larger than {} bytes", self.file);
            return Err(Refusal::too_large(message, "raise push_limit if that is on purpose"));
        }
        if length > self.room {
            return Err(quota_used_up(self.quota));
        }
        Ok(())
    }
}
