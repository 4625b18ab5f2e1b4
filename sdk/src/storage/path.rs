//! Where a file is in a storage. Folders and files are different types, so that
//! deleting one cannot delete the other.

use std::fmt;

use crate::error::{Error, Result};

/// Longest path, in bytes; the slashes are part of it.
const MAX_LENGTH: usize = 1024;

/// A folder of a storage; begins and ends with `/`.
///
/// ```
/// use digime::storage::StorageFolder;
///
/// # fn main() -> Result<(), digime::Error> {
/// assert_eq!(StorageFolder::new("docs/2026")?.as_str(), "/docs/2026/");
/// assert_eq!(StorageFolder::root().file("report.pdf")?.as_str(), "/report.pdf");
/// assert!(StorageFolder::new("/my docs/").is_err());
/// assert!(StorageFolder::new("/docs/../").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StorageFolder(String);

/// A file of a storage; begins with `/` and does not end with one.
///
/// ```
/// use digime::storage::StoragePath;
///
/// # fn main() -> Result<(), digime::Error> {
/// let path = StoragePath::new("/docs/report.pdf")?;
/// assert_eq!(path.name(), "report.pdf");
/// assert_eq!(path.folder().as_str(), "/docs/");
/// assert!(StoragePath::new("/docs/").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoragePath(String);

impl StorageFolder {
    /// The folder of everything.
    #[must_use]
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// Checks a folder; the outer slashes may be missing.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Config`] for paths with white space (which the
    /// platform does not allow), control characters, backslashes, or empty, `.`
    /// or `..` segments.
    pub fn new(path: impl AsRef<str>) -> Result<Self> {
        let path = path.as_ref();
        if matches!(path, "" | "/") {
            return Ok(Self::root());
        }
        let inner = path.strip_prefix('/').unwrap_or(path);
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        check("storage folder", inner)?;
        let folder = format!("/{inner}/");
        check_length("storage folder", &folder)?;
        Ok(Self(folder))
    }

    /// A file in this folder.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Config`] if the name has a slash or anything
    /// [`StorageFolder::new`] refuses.
    pub fn file(&self, name: impl AsRef<str>) -> Result<StoragePath> {
        let name = name.as_ref();
        if name.contains('/') {
            return Err(Error::config("storage file name", "must not contain a slash"));
        }
        check("storage file name", name)?;
        let path = format!("{}{name}", self.0);
        check_length("storage path", &path)?;
        Ok(StoragePath(path))
    }

    /// The folder as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        segments(&self.0)
    }
}

impl StoragePath {
    /// Checks the path of a file; the first slash may be missing.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Config`] if it ends with a slash, or for anything
    /// [`StorageFolder::new`] refuses.
    pub fn new(path: impl AsRef<str>) -> Result<Self> {
        let path = path.as_ref();
        let (folder, name) = path.split_at(path.rfind('/').map_or(0, |slash| slash + 1));
        StorageFolder::new(folder)?.file(name)
    }

    /// The folder the file is in.
    #[must_use]
    pub fn folder(&self) -> StorageFolder {
        StorageFolder(self.0[..self.0.len() - self.name().len()].to_owned())
    }

    /// The name of the file.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        segments(&self.0)
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

fn check(field: &str, path: &str) -> Result<()> {
    if path.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err(Error::config(field, "must not contain white space, control characters or backslashes"));
    }
    if path.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return Err(Error::config(field, "must not have empty, `.` or `..` segments"));
    }
    Ok(())
}

fn check_length(field: &str, path: &str) -> Result<()> {
    match path.len() {
        0..=MAX_LENGTH => Ok(()),
        _ => Err(Error::config(field, format!("is longer than {MAX_LENGTH} bytes"))),
    }
}

macro_rules! path_text {
    ($($name:ident),+) => {
        $(
            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(&self.0)
                }
            }

            impl std::str::FromStr for $name {
                type Err = Error;

                fn from_str(path: &str) -> Result<Self> {
                    Self::new(path)
                }
            }

            impl TryFrom<&str> for $name {
                type Error = Error;

                fn try_from(path: &str) -> Result<Self> {
                    Self::new(path)
                }
            }
        )+
    };
}

path_text!(StorageFolder, StoragePath);
