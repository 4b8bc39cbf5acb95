//! A folder of mails that are taken in as they come: each file once, and none of them lost.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use crate::access::{Principal, Program};
use crate::inquiry::{self, Inquiry};
use crate::service::Error;
use crate::service::casework::kept::passes;
use crate::service::casework::{Arrival, Review};

/// How often the folder is looked at.
const PAUSE: Duration = Duration::from_secs(1);
/// Where a mail goes that was taken in.
const TAKEN: &str = "taken";
/// Where a mail goes that could not be, beside a file that says why.
const REFUSED: &str = "refused";
/// Bytes of a mail; a larger one is refused unread.
const MAIL_BYTES_MAX: u64 = 25 * 1024 * 1024;

/// A file as it was last seen: one that still changes is still being written.
type Seen = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

impl Review {
    /// Watches the folder of the settings, if there is one, until it is told to stop.
    pub async fn watch(self: Arc<Self>, stop: CancellationToken) {
        let folder = self.service.config().review.watch.clone();
        if folder.as_os_str().is_empty() {
            return;
        }
        let mut seen = Seen::new();
        let mut ticks = tokio::time::interval(PAUSE);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            for path in settled(&folder, &mut seen) {
                if stop.is_cancelled() {
                    return;
                }
                self.take_file(&folder, &path).await;
            }
        }
    }

    /// Takes one mail in, and puts it where the one who looks after the folder sees what became
    /// of it. While the ledger cannot be written, it stays where it is.
    async fn take_file(self: &Arc<Self>, folder: &Path, path: &Path) {
        let done = self.try_take(path).await;
        let moved = match done {
            Ok(()) => put_away(folder, path, TAKEN, None),
            Err(error) if passes(&error) => {
                tracing::warn!(code = error.code(), "a mail of the watched folder waits");
                return;
            }
            Err(error) => {
                tracing::warn!(code = error.code(), "a mail of the watched folder was refused");
                let why = format!("{}\n{error}\n{}\n", error.code(), error.remedy());
                put_away(folder, path, REFUSED, Some(&why))
            }
        };
        if let Err(error) = moved {
            tracing::error!(kind = ?error.kind(), "a file of the watched folder cannot be moved");
        }
    }

    async fn try_take(self: &Arc<Self>, path: &Path) -> Result<(), Error> {
        let failed = |source| Error::File { path: path.to_owned(), source };
        let size = tokio::fs::metadata(path).await.map_err(failed)?.len();
        if size > MAIL_BYTES_MAX {
            let (size, max) = (size, MAIL_BYTES_MAX);
            let bytes = usize::try_from(size).unwrap_or(usize::MAX);
            let max = usize::try_from(max).unwrap_or(usize::MAX);
            return Err(inquiry::Error::TooLarge { bytes, max }.into());
        }
        let bytes = tokio::fs::read(path).await.map_err(failed)?;
        // The same mail again, after a crash between the ledger and the move, is the same inquiry.
        let key = blake3::hash(&bytes).to_hex().to_string();
        let service = Arc::clone(&self.service);
        let reading = tokio::task::spawn_blocking(move || -> Result<Inquiry, Error> {
            Ok(service.with_attachments(Inquiry::from_eml(&bytes)?))
        });
        let inquiry = reading.await.map_err(|_| Error::Panicked)??;
        let principal = Principal::Program(Program::inbox("watched-folder"));
        self.take_in(Arrival { inquiry, key: Some(key) }, &principal).await.map(drop)
    }
}

/// The mails of the folder that have not changed since the last look, by name.
fn settled(folder: &Path, seen: &mut Seen) -> Vec<PathBuf> {
    let mut now = Seen::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_mail = path
            .extension()
            .and_then(OsStr::to_str)
            .is_some_and(|it| it.eq_ignore_ascii_case("eml"));
        let Ok(known) = entry.metadata() else { continue };
        if is_mail && known.is_file() {
            now.insert(path, (known.len(), known.modified().ok()));
        }
    }
    let settled = now.iter().filter(|(path, known)| seen.get(*path) == Some(known));
    let settled = settled.map(|(path, _)| path.clone()).collect();
    *seen = now;
    settled
}

/// Moves a file into a folder beside it; one of the same name that lies there stays.
fn put_away(folder: &Path, path: &Path, to: &str, why: Option<&str>) -> std::io::Result<()> {
    let to = folder.join(to);
    std::fs::create_dir_all(&to)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let free = |n: u32| to.join(if n == 0 { name.clone() } else { format!("{n}-{name}") });
    let target = (0..u32::MAX).map(free).find(|target| !target.exists());
    let target = target.unwrap_or_else(|| to.join(&name));
    if let Some(why) = why {
        // Whoever looks at the folder sees the whole text or none.
        let part = target.with_extension("part");
        std::fs::write(&part, why)?;
        std::fs::rename(part, target.with_extension("txt"))?;
    }
    std::fs::rename(path, target)
}
