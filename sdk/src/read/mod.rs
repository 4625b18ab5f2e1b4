//! Reading a library: sessions, file lists, files, accounts
//! (protocol reference, http-api §4).

pub(crate) mod accounts;
pub(crate) mod all_files;
pub(crate) mod file;
pub(crate) mod file_list;
pub(crate) mod metadata;
pub(crate) mod portability;
pub(crate) mod read_all_options;
pub(crate) mod reader;
pub(crate) mod scope;
pub(crate) mod session;
