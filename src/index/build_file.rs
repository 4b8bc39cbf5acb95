//! A file beside the index in its build: written whole or not at all, and taken along to the next.

use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::NamedTempFile;

use crate::index::Error;

/// Bytes that are gathered before they are written.
const GATHERED_BYTES: usize = 1 << 20;

/// By which another file in its place is known: its number, its size, and when it was written.
pub(crate) type Stamp = (u64, u64, SystemTime);

/// A file that a build may hold.
#[derive(Debug)]
pub(crate) struct BuildFile {
    /// Its name.
    pub(crate) name: &'static str,
    /// What the names of unfinished ones begin with.
    pub(crate) unfinished: &'static str,
}

impl BuildFile {
    /// Where it lies in a build.
    pub(crate) fn path(&self, build: &Path) -> PathBuf {
        build.join(self.name)
    }

    /// The stamp of a build's file, if there is one.
    pub(crate) fn stamp(&self, build: &Path) -> Option<Stamp> {
        let held = fs::metadata(self.path(build)).ok()?;
        Some((held.ino(), held.len(), held.modified().ok()?))
    }

    /// Takes the file of an older build along, so that what has not changed is not made again.
    pub(crate) fn carry(&self, from: &Path, to: &Path) {
        let (from, to) = (self.path(from), self.path(to));
        if from.is_file() && fs::hard_link(&from, &to).is_err() {
            // Without a copy everything is made again, which costs time and nothing else.
            let _ = fs::copy(&from, &to);
        }
    }

    /// Removes the file of a build.
    pub(crate) fn remove(&self, build: &Path) -> Result<(), Error> {
        let path = self.path(build);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                Err(Error::Io { doing: "remove", path, source })
            }
            _ => Ok(()),
        }
    }

    /// Whether a name in a build is this file's, whole or in part.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        name == self.name || self.is_unfinished(name)
    }

    /// Whether a name in a build is that of one left behind by a run that was killed.
    pub(crate) fn is_unfinished(&self, name: &str) -> bool {
        name.starts_with(self.unfinished)
    }

    /// An unfinished file in the build, to be written and then kept.
    pub(crate) fn begin(&self, build: &Path) -> std::io::Result<BufWriter<NamedTempFile>> {
        let place = tempfile::Builder::new().prefix(self.unfinished).tempfile_in(build)?;
        Ok(BufWriter::with_capacity(GATHERED_BYTES, place))
    }

    /// Puts what was written in the place of the build's file, for good.
    pub(crate) fn keep(&self, build: &Path, file: BufWriter<NamedTempFile>) -> std::io::Result<()> {
        let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist(self.path(build)).map_err(|error| error.error)?;
        File::open(build)?.sync_all()
    }
}
