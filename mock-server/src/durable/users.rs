//! The users of a sandbox, read page by page.

use super::{Durable, Failure, unavailable};
use crate::domain::library::{Library, LibraryId};
use crate::domain::table::{Row as _, Surroundings};
use crate::domain::unavailable::Unavailable;
use crate::random::SandboxTag;

impl Durable {
    /// Some users after one, in the order that the database has for ids.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub(crate) async fn users_after(
        &self,
        tag: &SandboxTag,
        after: Option<&LibraryId>,
        most: usize,
    ) -> Result<Vec<(LibraryId, Library)>, Unavailable> {
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        let rows = self.database.page(tag, Library::TABLE, after.map(String::as_str), most).await;
        let read = |(id, body): (String, String)| {
            let mut library: Library = serde_json::from_str(&body).map_err(|error| {
                Failure::Lost(format!("the user {id} is not as this version writes it: {error}"))
            })?;
            library.revive(&id, self.around.as_ref() as &dyn Surroundings);
            Ok((id, library))
        };
        rows.and_then(|rows| rows.into_iter().map(read).collect()).map_err(unavailable)
    }
}
