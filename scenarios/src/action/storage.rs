//! `storage`: a user's files on the storage host.

use digime::storage::{StorageFile, StorageFiles, StorageFolder, StoragePath};
use digime::StorageId;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Act, Outcome, Trouble, to_json, without_nulls};
use crate::content::{Content, described};
use crate::format::Field;
use crate::scene::Scene;

/// What is done with a storage (protocol reference, http-api §8).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Storage {
    /// Makes a provisional storage.
    Create,
    /// Asks for the storage of the user who acts.
    Mine,
    /// Lists a folder.
    List(Folder),
    /// Uploads a file.
    Upload(Upload),
    /// Downloads a file.
    Download(File),
    /// Deletes a file.
    Delete(File),
    /// Deletes a folder and all that is in it.
    DeleteFolder(Folder),
}

/// A folder of a storage.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Folder {
    /// The storage's id.
    id: Field<String>,
    /// The folder's path; the root, if not given.
    #[serde(default)]
    path: Option<Field<String>>,
    /// Whether files in folders below are listed too.
    #[serde(default)]
    recursive: bool,
}

/// A file of a storage.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// The storage's id.
    id: Field<String>,
    /// The file's path.
    path: Field<String>,
}

/// A file to upload.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Upload {
    /// The storage's id.
    id: Field<String>,
    /// The file's path.
    path: Field<String>,
    /// Its content.
    content: Content,
}

impl JsonSchema for Storage {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Storage".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (folder, file) = (generator.subschema_for::<Folder>(), generator.subschema_for::<File>());
        let upload = generator.subschema_for::<Upload>();
        json_schema!({
            "description": "What is done with a storage",
            "anyOf": [
                { "enum": ["create", "mine"] },
                {
                    "type": "object",
                    "properties": {
                        "list": folder, "upload": upload, "download": file, "delete": file, "delete_folder": folder,
                    },
                    "additionalProperties": false,
                    "minProperties": 1,
                    "maxProperties": 1,
                },
            ],
        })
    }
}

impl Act for Storage {
    async fn act(&self, scene: &mut Scene) -> Outcome {
        match self {
            Self::Create => {
                let contract = scene.contract(None, None)?;
                to_json(&scene.client.create_provisional_storage(&contract).await?)
            }
            Self::Mine => to_json(&scene.user()?.storage().await?),
            Self::List(folder) => folder.list(scene).await,
            Self::Upload(upload) => upload.send(scene).await,
            Self::Download(file) => {
                let bytes = files(scene, &file.id)?.download(&file.path(scene)?).await?;
                Ok(described(&bytes))
            }
            Self::Delete(file) => {
                files(scene, &file.id)?.delete_file(&file.path(scene)?).await?;
                Ok(Value::Null)
            }
            Self::DeleteFolder(folder) => {
                files(scene, &folder.id)?.delete_folder(&folder.path(scene)?).await?;
                Ok(Value::Null)
            }
        }
    }
}

fn files(scene: &Scene, id: &Field<String>) -> Result<StorageFiles, Trouble> {
    let contract = scene.contract(None, None)?;
    Ok(scene.client.storage_files(&contract, &StorageId::new(scene.field(id)?)))
}

impl Folder {
    fn path(&self, scene: &Scene) -> Result<StorageFolder, Trouble> {
        match scene.optional(self.path.as_ref())? {
            Some(path) => Ok(StorageFolder::new(path)?),
            None => Ok(StorageFolder::root()),
        }
    }

    async fn list(&self, scene: &Scene) -> Outcome {
        let (files, folder) = (files(scene, &self.id)?, self.path(scene)?);
        let list = match self.recursive {
            true => files.list_all(&folder).await?,
            false => files.list(&folder).await?,
        };
        let file = |file: &StorageFile| {
            json!({
                "id": file.id, "name": file.name, "originalName": file.original_name,
                "originalPath": file.original_path, "path": file.path,
            })
        };
        Ok(json!({ "files": list.files.iter().map(file).collect::<Vec<_>>(), "total": list.total }))
    }
}

impl File {
    fn path(&self, scene: &Scene) -> Result<StoragePath, Trouble> {
        Ok(StoragePath::new(scene.field(&self.path)?)?)
    }
}

impl Upload {
    async fn send(&self, scene: &Scene) -> Outcome {
        let path = StoragePath::new(scene.field(&self.path)?)?;
        let bytes = self.content.bytes(scene)?;
        let mut result = described(&bytes);
        let uploaded = files(scene, &self.id)?.upload(&path, bytes).await?;
        result["id"] = json!(uploaded.id);
        Ok(without_nulls(result))
    }
}
