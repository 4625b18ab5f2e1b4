//! Work that takes a while.

use crate::domain::refusal::Refusal;

/// Does what takes a while beside the requests of others. `problem` is what the caller is told if it cannot be done.
///
/// # Errors
/// A defect of the server, if the work panics.
pub(super) async fn beside<T: Send + 'static>(
    problem: &'static str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Refusal::defect(problem, &error))
}
