//! `svarforslag backup` and `svarforslag restore`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::cli::ledger::{block_on, no_key, open, say_verified};
use crate::cli::{Desk, out};
use crate::review::{Actor, FILE, Head, Ledger};
use crate::service::{clock, has_ledger_key, ledger_key};

/// Documents that were given over HTTP, in the data directory.
const LIBRARY: &str = "library";
/// What a backup says of itself.
const MANIFEST: &str = "manifest.json";

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    svarforslag backup /srv/backup/2026-01-31\n  \
    svarforslag --json backup /srv/backup/2026-01-31\n\n\
    The service may run meanwhile. The key of the ledger is NOT in a backup: keep it apart from \
    it, or whoever finds the one can read the other. The index is not in it either: \
    `svarforslag index` makes it again. A ledger in PostgreSQL is copied with pg_dump.")]
pub(crate) struct BackupArguments {
    /// The folder of the backup; it is made.
    folder: PathBuf,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    svarforslag --data /var/lib/svarforslag restore /srv/backup/2026-01-31\n\n\
    Put the key there first: `ledger.key` in the data directory, or `privacy.key_file` or \
    `privacy.key_variable`. Nothing is written over: a data directory that holds a ledger is left \
    alone. Afterwards run `svarforslag index`.")]
pub(crate) struct RestoreArguments {
    /// The folder that `svarforslag backup` has made.
    folder: PathBuf,
}

/// What a backup holds.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    program: String,
    schema: i64,
    made: String,
    head: Head,
    files: Vec<Copied>,
}

/// A file of a backup.
#[derive(Debug, Serialize, Deserialize)]
struct Copied {
    file: String,
    bytes: u64,
    blake3: String,
}

pub(crate) fn run_backup(desk: &Desk, arguments: &BackupArguments) -> anyhow::Result<ExitCode> {
    let config = &desk.loaded.config;
    if !config.review.database.is_empty() {
        anyhow::bail!(out::Advised {
            code: "elsewhere",
            reason: "the ledger lies in PostgreSQL, which has its own backup".to_owned(),
            remedy: "run `pg_dump --format=custom`, and copy the folder `library` of the data \
                     directory and, elsewhere, the key"
                .to_owned(),
        });
    }
    let folder = &arguments.folder;
    if !is_empty(folder) {
        anyhow::bail!(not_empty(folder, "name a folder that is not there yet"));
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent)?;
    // Whole or not at all: it gets its name when it is on the disk.
    let making = tempfile::Builder::new().prefix(".backup-").tempdir_in(parent)?;
    let head = block_on(async {
        let ledger = open(desk).await?;
        let detail = json!({ "schema": Ledger::schema() });
        ledger.note("backup", &Actor::operator(), &clock::now(), detail).await?;
        let head = ledger.last().await?;
        ledger.copy_to(&making.path().join(FILE)).await?;
        ledger.close().await;
        Ok(head)
    })?;
    let library = config.data.join(LIBRARY);
    if library.is_dir() {
        copy(&library, &making.path().join(LIBRARY))?;
    }
    let manifest = Manifest {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        schema: Ledger::schema(),
        made: clock::now(),
        head,
        files: files_of(making.path())?,
    };
    let written = making.path().join(MANIFEST);
    std::fs::write(&written, serde_json::to_string_pretty(&manifest)?)?;
    std::fs::File::open(&written)?.sync_all()?;
    if folder.exists() {
        std::fs::remove_dir(folder)?;
    }
    std::fs::rename(making.keep(), folder)?;
    std::fs::File::open(parent)?.sync_all()?;
    if desk.json {
        out::say(&serde_json::to_string_pretty(&manifest)?);
    } else {
        let bytes: u64 = manifest.files.iter().map(|copied| copied.bytes).sum();
        let Head { seq, hash } = &manifest.head;
        out::say(&format!(
            "{}: {} files, {bytes} bytes, up to event {seq}:{hash}",
            folder.display(),
            manifest.files.len()
        ));
    }
    out::tell("the key of the ledger is NOT in it: keep a copy of the key in another place");
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn run_restore(desk: &Desk, arguments: &RestoreArguments) -> anyhow::Result<ExitCode> {
    let (config, folder) = (&desk.loaded.config, &arguments.folder);
    if !config.review.database.is_empty() {
        anyhow::bail!(out::Advised {
            code: "elsewhere",
            reason: "the ledger of these settings lies in PostgreSQL".to_owned(),
            remedy: "restore it with `pg_restore`, then run `svarforslag log verify`".to_owned(),
        });
    }
    let manifest = checked(folder)?;
    for name in [FILE, LIBRARY] {
        let there = config.data.join(name);
        if there.exists() {
            let remedy = "name another data directory with `--data`, or move this one away";
            anyhow::bail!(not_empty(&there, remedy));
        }
    }
    if !has_ledger_key(config) {
        anyhow::bail!(no_key());
    }
    let key = ledger_key(config)?;
    std::fs::create_dir_all(&config.data)?;
    // Tried beside the data first: what does not open or is damaged is not put in its place.
    let trying = tempfile::Builder::new().prefix(".restore-").tempdir_in(&config.data)?;
    for Copied { file, .. } in &manifest.files {
        let to = trying.path().join(file);
        std::fs::create_dir_all(to.parent().unwrap_or(trying.path()))?;
        std::fs::copy(folder.join(file), &to)?;
        std::fs::File::open(&to)?.sync_all()?;
    }
    let verified = block_on(async {
        let ledger = Ledger::open(&config.review, trying.path(), key).await?;
        let verified = ledger.verify_with(Some(&manifest.head)).await?;
        ledger.close().await;
        Ok(verified)
    })?;
    let whole = verified.damage.is_empty();
    if whole {
        for name in [LIBRARY, FILE] {
            let tried = trying.path().join(name);
            if tried.exists() {
                std::fs::rename(tried, config.data.join(name))?;
            }
        }
        std::fs::File::open(&config.data)?.sync_all()?;
    }
    if desk.json {
        out::say(&serde_json::to_string_pretty(&verified)?);
    } else {
        say_verified(&verified);
    }
    if whole {
        out::tell("restored; run `svarforslag index` to make the index again");
        Ok(ExitCode::SUCCESS)
    } else {
        out::tell("nothing was restored: take an older backup");
        Ok(ExitCode::FAILURE)
    }
}

/// A backup whose files are those that were copied.
fn checked(folder: &Path) -> anyhow::Result<Manifest> {
    let bad = |reason: String, remedy: &str| out::Advised {
        code: "bad_backup",
        reason,
        remedy: remedy.to_owned(),
    };
    let path = folder.join(MANIFEST);
    let text = std::fs::read_to_string(&path)
        .map_err(|error| bad(format!("cannot read {}: {error}", path.display()), MADE_BY))?;
    let manifest: Manifest = serde_json::from_str(&text)
        .map_err(|error| bad(format!("{} is no manifest: {error}", path.display()), MADE_BY))?;
    if manifest.schema > Ledger::schema() {
        let reason = format!("the backup has schema {}", manifest.schema);
        anyhow::bail!(bad(reason, "restore it with the version of the program that made it"));
    }
    let found = files_of(folder)?;
    for copied in &manifest.files {
        let same = |it: &&Copied| it.file == copied.file && it.blake3 == copied.blake3;
        if !found.iter().any(|it| same(&it)) {
            let reason = format!("{} is missing or changed", copied.file);
            anyhow::bail!(bad(reason, "copy the backup again, or take another one"));
        }
    }
    if !manifest.files.iter().any(|copied| copied.file == FILE) {
        anyhow::bail!(bad("the backup holds no ledger".to_owned(), MADE_BY));
    }
    Ok(manifest)
}

const MADE_BY: &str = "name a folder that `svarforslag backup` has made";

fn not_empty(folder: &Path, remedy: &str) -> out::Advised {
    out::Advised {
        code: "not_empty",
        reason: format!("{} is there already", folder.display()),
        remedy: remedy.to_owned(),
    }
}

fn is_empty(folder: &Path) -> bool {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(_) => !folder.exists(),
    }
}

/// Every file below a folder but the manifest, with its hash.
fn files_of(folder: &Path) -> anyhow::Result<Vec<Copied>> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        let name = entry.path().strip_prefix(folder)?.to_string_lossy().into_owned();
        if !entry.file_type().is_file() || name == MANIFEST {
            continue;
        }
        let mut hasher = blake3::Hasher::new();
        let bytes = std::io::copy(&mut std::fs::File::open(entry.path())?, &mut hasher)?;
        let blake3 = hasher.finalize().to_hex().to_string();
        files.push(Copied { file: name, bytes, blake3 });
    }
    Ok(files)
}

/// Copies a folder of documents; links are left out.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry?;
        let there = to.join(entry.path().strip_prefix(from)?);
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(&there)?;
        } else if entry.file_type().is_file() {
            std::fs::copy(entry.path(), &there)?;
            std::fs::File::open(&there)?.sync_all()?;
        }
    }
    Ok(())
}
