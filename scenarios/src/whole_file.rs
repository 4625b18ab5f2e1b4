//! Files that are there whole: a full disk leaves what was there before, and no half of what was to be.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

/// Writes a file in the place of what it has there.
///
/// # Errors
/// The operating system's. What was there is as it was, if the disk is full.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    let is_full = |error: &io::Error| {
        matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
    };
    match path.metadata() {
        // A pipe, or a device, keeps nothing.
        Ok(there) if !there.is_file() => fs::write(path, text),
        there => match beside(path, text, there.ok().map(|it| it.permissions())) {
            // Where nothing may be put beside it, or it cannot be replaced, as if it is mounted alone.
            Err(error) if !is_full(&error) => fs::write(path, text),
            written => written,
        },
    }
}

/// Writes it beside its place, and then puts it there.
fn beside(path: &Path, text: &str, permissions: Option<Permissions>) -> io::Result<()> {
    // A link stays one.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut part = path.clone().into_os_string();
    part.push(".part");
    // One that is there already is somebody else's.
    let mut file = File::create_new(&part)?;
    let placed = file
        .write_all(text.as_bytes())
        .and_then(|()| permissions.map_or(Ok(()), |it| file.set_permissions(it)))
        .and_then(|()| fs::rename(&part, &path));
    if placed.is_err() {
        fs::remove_file(&part)?;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_takes_the_place_of_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        for text in ["first", "second"] {
            write(&path, text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(write(&folder.path().join("none/report"), "text").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_permissions_and_devices_stay_what_they_are() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let [path, link] = ["report", "link"].map(|name| folder.path().join(name));
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        fs::write(&path, "first").unwrap();
        let usual = mode(&path);
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        symlink(&path, &link).unwrap();
        write(&link, "second").unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink() && mode(&path) == 0o640);
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        fs::remove_file(&path).unwrap();
        write(&path, "third").unwrap();
        assert_eq!(mode(&path), usual);
        write(Path::new("/dev/null"), "text").unwrap();
    }
}
