//! The folder of exports: a file is written under another name and takes its own when it is whole (S5.50).

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What is being written ends so.
const PART: &str = ".part";

/// Where files are.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The folder itself, which is there then.
    pub(crate) fn path(&self) -> io::Result<&Path> {
        make(&self.0)?;
        Ok(&self.0)
    }

    /// A new file that only its owner reads, to be written and read again; what was there under its name is
    /// lost.
    pub(crate) fn part(&self, name: &str) -> io::Result<File> {
        make(&self.0)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(self.0.join(format!("{name}{PART}")))
    }

    /// Gives a file that is whole its name, so that a crash of the machine leaves all of it or none.
    pub(crate) fn settle(&self, name: &str, file: &File) -> io::Result<()> {
        file.sync_all()?;
        fs::rename(self.0.join(format!("{name}{PART}")), self.0.join(name))?;
        File::open(&self.0)?.sync_all()
    }

    /// The file of this name; none where it is gone, or the name is not one of ours.
    pub(crate) fn open(&self, name: &str) -> io::Result<Option<File>> {
        if !is_plain(name) {
            return Ok(None);
        }
        match File::open(self.0.join(name)) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes a file; that it is gone already is no fault.
    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        if !is_plain(name) {
            return Ok(());
        }
        match fs::remove_file(self.0.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Removes what is being written of the file of this name.
    pub(crate) fn remove_part(&self, name: &str) -> io::Result<()> {
        self.remove(&format!("{name}{PART}"))
    }

    /// Removes all files whose names begin so.
    pub(crate) fn remove_all(&self, begin: &str) -> io::Result<()> {
        for name in self.names()? {
            if name.starts_with(begin) {
                self.remove(&name)?;
            }
        }
        Ok(())
    }

    /// Removes what is being written of all files whose names begin so.
    pub(crate) fn remove_parts(&self, begin: &str) -> io::Result<()> {
        for name in self.names()? {
            if name.starts_with(begin) && name.ends_with(PART) {
                self.remove(&name)?;
            }
        }
        Ok(())
    }

    /// Removes what was begun and not gone on with for so long, which a process left that was killed; says how
    /// many there were.
    pub(crate) fn sweep(&self, age: Duration) -> io::Result<u64> {
        let mut swept = 0_u64;
        for name in self.names()?.into_iter().filter(|name| name.ends_with(PART)) {
            let changed = fs::metadata(self.0.join(&name)).and_then(|about| about.modified());
            let is_old = |at: SystemTime| at.elapsed().is_ok_and(|passed| passed > age);
            if changed.is_ok_and(is_old) {
                self.remove(&name)?;
                swept = swept.saturating_add(1);
            }
        }
        Ok(swept)
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        entries
            .filter_map(|entry| entry.map(|e| e.file_name().into_string().ok()).transpose())
            .collect()
    }
}

/// Whether a name leads nowhere else.
fn is_plain(name: &str) -> bool {
    Path::new(name).file_name() == Some(name.as_ref())
}

/// Makes a folder that only its owner looks into, with those above it.
fn make(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_file_has_its_name_when_it_is_whole() {
        // S5.50
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().join("deep/exports"));
        assert!(folder.open("a.csv").unwrap().is_none());
        let mut part = folder.part("a.csv").unwrap();
        part.write_all(b"x").unwrap();
        assert!(folder.open("a.csv").unwrap().is_none());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(part.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        folder.settle("a.csv", &part).unwrap();
        assert_eq!(folder.open("a.csv").unwrap().unwrap().metadata().unwrap().len(), 1);
        assert_eq!(folder.names().unwrap(), ["a.csv"]);
        // Nothing outside can be named.
        fs::write(place.path().join("secret"), "x").unwrap();
        for name in ["../../secret", "/etc/passwd", "..", ".", "", "a/../a.csv"] {
            assert!(folder.open(name).unwrap().is_none(), "{name}");
        }
        folder.remove("a.csv").unwrap();
        folder.remove("a.csv").unwrap();
        assert!(folder.open("a.csv").unwrap().is_none());
    }

    #[test]
    fn what_was_left_behind_is_removed_when_it_is_old() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().to_owned());
        for name in ["a.1.flows", "a.1", "a.2", "b.1"] {
            folder.part(name).unwrap();
        }
        folder.remove_all("a.1").unwrap();
        let mut left = folder.names().unwrap();
        left.sort();
        assert_eq!(left, ["a.2.part", "b.1.part"]);
        fs::write(place.path().join("b.1"), "x").unwrap();
        folder.remove_parts("b.").unwrap();
        assert_eq!(folder.names().unwrap().len(), 2);
        folder.part("b.1").unwrap();
        assert_eq!(folder.sweep(Duration::from_hours(1)).unwrap(), 0);
        assert_eq!(folder.sweep(Duration::ZERO).unwrap(), 2);
        assert_eq!(Folder::new(place.path().join("none")).sweep(Duration::ZERO).unwrap(), 0);
    }
}
