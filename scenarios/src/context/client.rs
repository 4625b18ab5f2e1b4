//! The SDK as a scenario sets it up.

use std::time::Duration;

use digime::{Client, RetryPolicy};

use super::error::StepError;
use crate::format::ClientSetup;
use crate::record::{Recording, SdkObserver};
use crate::target::Environment;

/// Our SDK, its requests recorded. It waits but briefly before it tries again, unless the server
/// asks for longer.
pub(super) fn client(
    environment: &Environment,
    setup: &ClientSetup,
    recording: &Recording,
) -> Result<Client, StepError> {
    let mut retry = RetryPolicy::default()
        .base_delay(Duration::from_millis(10))
        .max_delay(Duration::from_millis(50))
        .jitter(Duration::ZERO);
    if let Some(attempts) = setup.attempts {
        retry = retry.attempts(attempts);
    }
    if let Some(longest) = setup.max_retry_after {
        retry = retry.max_retry_after(longest.0);
    }
    let mut builder = Client::builder(&environment.application_id)
        .api_url(&environment.urls.api)
        .onboard_url(&environment.urls.onboard)
        .cloud_url(&environment.urls.cloud)
        .trust_jku(environment.urls.origin())
        .observe(SdkObserver::new(recording.clone()))
        .retry(retry);
    if let Some(ca) = &environment.ca {
        builder = builder.root_certificate(ca.pem());
    }
    if let Some(limit) = setup.timeout {
        builder = builder.timeout(limit.0).read_timeout(limit.0).download_timeout(limit.0);
    }
    if let Some(bytes) = setup.max_file_size {
        builder = builder.max_file_size(bytes);
    }
    if let Some(bytes) = setup.max_json_size {
        builder = builder.max_json_size(bytes);
    }
    Ok(builder.build()?)
}
