//! Storages, and their files on the cloud host (protocol reference, http-api §8).

mod access;
pub(super) mod create;
pub(super) mod delete_files;
pub(super) mod download_file;
pub(super) mod list_files;
pub(super) mod of_user;
pub(super) mod upload_file;
