//! Paths in a storage (protocol reference, http-api §8.4).
//!
//! A storage holds `/apps/{applicationId}/…`. Names are kept as they were written and looked up
//! without regard to case; repeated slashes count as one, because iOS writes them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;

/// Longest path, in bytes, the application's folder included.
const LONGEST: usize = 1024;

/// A folder: begins and ends with a slash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FolderPath(String);

/// A file in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FilePath {
    folder: FolderPath,
    name: String,
}

/// What the end of a path says that it is: a folder ends in a slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoragePath {
    /// A folder.
    Folder(FolderPath),
    /// A file.
    File(FilePath),
}

impl StoragePath {
    /// Reads what follows the application's id in a URL, percent-decoded.
    ///
    /// # Errors
    /// `ValidationErrors` if a name is `.`, `..` or holds spaces or control characters, or the
    /// path is longer than 1024 bytes.
    pub(crate) fn parse(application_id: &str, path: &str) -> Result<Self, Refusal> {
        let mut names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
        for name in &names {
            if matches!(*name, "." | "..") || name.chars().any(|c| c.is_whitespace() || c.is_control()) {
                let problem =
                    "names in a storage are not \".\" or \"..\" and hold no spaces or control characters";
                return Err(Refusal::validation(format!("{name:?}: {problem}")));
            }
        }
        let file = if path.ends_with('/') { None } else { names.pop() };
        let mut folder = format!("/apps/{application_id}/");
        for name in names {
            folder.push_str(name);
            folder.push('/');
        }
        if folder.len() + file.map_or(0, str::len) > LONGEST {
            return Err(Refusal::validation(format!("the path is longer than {LONGEST} bytes")));
        }
        let folder = FolderPath(folder);
        Ok(match file {
            None => Self::Folder(folder),
            Some(name) => Self::File(FilePath { folder, name: name.to_owned() }),
        })
    }

    /// The path as a file.
    ///
    /// # Errors
    /// `ValidationErrors` for a folder.
    pub(crate) fn file(self) -> Result<FilePath, Refusal> {
        match self {
            Self::File(file) => Ok(file),
            Self::Folder(folder) => {
                Err(Refusal::validation(format!("{folder} is a folder; the name of a file is missing")))
            }
        }
    }

    /// The path as a folder, whether or not it ends in a slash.
    pub(crate) fn folder(self) -> FolderPath {
        match self {
            Self::Folder(folder) => folder,
            Self::File(file) => FolderPath(format!("{}{}/", file.folder.0, file.name)),
        }
    }
}

impl FolderPath {
    /// Whether it is the application's own folder.
    pub(crate) fn is_root(&self) -> bool {
        self.0.matches('/').count() == 3
    }

    /// What it is looked up by.
    pub(crate) fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl FilePath {
    /// The folder.
    pub(crate) fn folder(&self) -> &FolderPath {
        &self.folder
    }

    /// The name as it was written.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What it is looked up by.
    pub(crate) fn key(&self) -> String {
        format!("{}{}", self.folder.key(), self.name.to_lowercase())
    }
}

impl fmt::Display for FolderPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.folder, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(path: &str) -> StoragePath {
        StoragePath::parse("DemoApp", path).unwrap()
    }

    #[test]
    fn the_end_of_a_path_says_what_it_is_and_repeated_slashes_are_one() {
        for path in ["", "/", "//"] {
            assert_eq!(parse(path), StoragePath::Folder(FolderPath("/apps/DemoApp/".to_owned())), "{path}");
        }
        for path in ["Docs/", "/Docs//", "//Docs/"] {
            assert_eq!(parse(path).folder().0, "/apps/DemoApp/Docs/", "{path}");
            assert!(parse(path).file().is_err());
        }
        for path in ["Docs/Report.pdf", "//Docs//Report.pdf"] {
            let file = parse(path).file().unwrap();
            assert_eq!((file.folder().0.as_str(), file.name()), ("/apps/DemoApp/Docs/", "Report.pdf"));
            assert_eq!(file.key(), "/apps/demoapp/docs/report.pdf");
        }
        assert_eq!(parse("Docs").folder(), parse("Docs/").folder());
    }

    #[test]
    fn names_that_the_platform_does_not_allow_are_refused() {
        for path in ["a b", "a/../b", ".", "x/./", "a\nb", "a\u{0}", "\u{a0}", &"x".repeat(1100)] {
            let refusal = StoragePath::parse("a", path).unwrap_err();
            assert_eq!((refusal.status, refusal.code.as_str()), (400, "ValidationErrors"), "{path:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_read_is_stable(path in ".{0,200}") {
            if let Ok(StoragePath::File(file)) = StoragePath::parse("app", &path) {
                let again = StoragePath::parse("app", file.to_string().strip_prefix("/apps/app").unwrap());
                prop_assert_eq!(again.unwrap(), StoragePath::File(file));
            }
        }
    }
}
