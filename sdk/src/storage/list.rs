//! Listing a storage (protocol reference, http-api §8.4).

use http::Method;
use serde::Deserialize;

use crate::error::{Operation, Result};
use crate::http::json;
use crate::http::transport::UpTo;
use crate::storage::files::StorageFiles;
use crate::storage::path::{StorageFolder, StoragePath};

/// The files of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct StorageList {
    /// The files.
    #[serde(default, deserialize_with = "json::null_is_empty")]
    pub files: Vec<StorageFile>,
    /// How many there are.
    #[serde(deserialize_with = "json::integer")]
    pub total: i64,
}

/// One file of a storage.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct StorageFile {
    /// Id of the file.
    pub id: String,
    /// Name in lower case, the one that addresses the file.
    pub name: String,
    /// Name as it was uploaded.
    pub original_name: String,
    /// Folder as it was uploaded, such as `/Docs/`.
    pub original_path: String,
    /// Folder in lower case, such as `/docs/`, the one that addresses the file.
    pub path: String,
}

impl StorageFile {
    /// Where the file is, for download and deletion.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Config`] if the server names a place that cannot be
    /// asked for, such as one with `..`.
    pub fn location(&self) -> Result<StoragePath> {
        StorageFolder::new(&self.path)?.file(&self.name)
    }
}

impl StorageFiles {
    /// Lists the files of a folder itself (protocol reference, http-api §8.4).
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Api`], [`crate::ErrorKind::Transport`],
    /// [`crate::ErrorKind::Timeout`], [`crate::ErrorKind::Decode`].
    pub async fn list(&self, folder: &StorageFolder) -> Result<StorageList> {
        self.list_with(folder, false).await
    }

    /// Lists the files of a folder and of all folders in it.
    ///
    /// # Errors
    ///
    /// As [`StorageFiles::list`].
    pub async fn list_all(&self, folder: &StorageFolder) -> Result<StorageList> {
        self.list_with(folder, true).await
    }

    async fn list_with(&self, folder: &StorageFolder, recursive: bool) -> Result<StorageList> {
        let operation = Operation::ListStorage;
        let mut url = self.folder_url(folder)?;
        url.query_pairs_mut().append_pair("recursive", if recursive { "true" } else { "false" });
        let request = self.request(operation, Method::GET, url);
        let answer = self.send(&request, &UpTo(self.client().transport().max_json_size())).await?;
        let mut list: StorageList =
            json::parse(&answer.body).map_err(|error| error.with_operation(operation))?;
        for file in &mut list.files {
            let application = self.client().application_id();
            file.path = within_application(&file.path, application);
            file.original_path = within_application(&file.original_path, application);
        }
        Ok(list)
    }
}

/// A path without everything up to `/apps/{appId}`, whatever its case; as it is
/// if that is not part of it.
fn within_application(path: &str, application: &str) -> String {
    let root = format!("/apps/{application}/").to_ascii_lowercase();
    match path.to_ascii_lowercase().find(&root) {
        // ASCII case changes no length, so the place is the same in both.
        Some(start) => path[start + root.len() - 1..].to_owned(),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lose_the_applications_folder_only() {
        for (path, expected) in [
            ("/apps/DemoApp/Docs/", "/Docs/"),
            ("/apps/demoapp/", "/"),
            ("/x/apps/demoapp/docs/", "/docs/"),
            ("/apps/demoapp2/docs/", "/apps/demoapp2/docs/"),
            ("/Ünï/apps/demoapp/é/", "/é/"),
            ("/docs/", "/docs/"),
            ("", ""),
        ] {
            assert_eq!(within_application(path, "DemoApp"), expected, "{path}");
        }
    }
}
