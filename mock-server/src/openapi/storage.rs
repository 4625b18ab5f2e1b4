//! Storages and their files.

use super::exchange::{Answer, Auth, Content, Exchange};
use super::schemas::Schemas;
use crate::api::cloud::{StorageFile, StorageFiles};
use crate::api::storage::StorageJson;

pub(super) fn create(schemas: &mut Schemas) -> Exchange {
    Exchange::new(Auth::Contract, Answer::json("A new storage.", schemas.answer::<StorageJson>()))
}

pub(super) fn of_user(schemas: &mut Schemas) -> Exchange {
    Exchange::new(Auth::User, Answer::json("The user's storage.", schemas.answer::<StorageJson>()))
}

pub(super) fn list(schemas: &mut Schemas) -> Exchange {
    let answer = Answer::json("The files of the folder.", schemas.answer::<StorageFiles>());
    Exchange::new(Auth::Cloud, answer).query("recursive", "true: also the files of folders in it.")
}

pub(super) fn upload(schemas: &mut Schemas) -> Exchange {
    let answer = Content::json(schemas.answer::<StorageFile>());
    Exchange::new(Auth::Cloud, Answer::new(201, "Stored; a file at the path was replaced.", answer))
        .body(Content::opaque(&["application/octet-stream"]))
}

pub(super) fn download() -> Exchange {
    let content = Content::opaque(&["application/octet-stream"]);
    Exchange::new(Auth::Cloud, Answer::new(200, "The bytes of the file, as they were uploaded.", content))
}

pub(super) fn delete() -> Exchange {
    Exchange::new(Auth::Cloud, Answer::empty(204, "The file, or everything in the folder, is gone."))
}
