//! The key of the ledger: the one of the settings, else one that is made on first use.

use std::io::Write as _;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::config::Config;
use crate::privacy::MasterKey;
use crate::service::Error;

/// The file of the key in the data directory.
pub const KEY_FILE: &str = "ledger.key";
/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// The key of the ledger: `privacy.key_file` or `privacy.key_variable` if one is set, else the file
/// in the data directory, which is made on first use and which its owner alone can read.
pub fn ledger_key(config: &Config) -> Result<MasterKey, Error> {
    if let Some(key) = &config.privacy.key {
        return Ok(key.clone());
    }
    let path = config.data.join(KEY_FILE);
    if let Some(key) = read(&path)? {
        return Ok(key);
    }
    make(&path)?;
    // Whoever was faster made the one that counts.
    read(&path)?.ok_or(Error::NoKey(path))
}

/// Whether there is a key already.
pub fn has_ledger_key(config: &Config) -> bool {
    config.privacy.key.is_some() || config.data.join(KEY_FILE).exists()
}

fn read(path: &Path) -> Result<Option<MasterKey>, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => MasterKey::parse(&text).map(Some).ok_or_else(|| Error::NoKey(path.to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::File { path: path.to_owned(), source }),
    }
}

fn make(path: &Path) -> Result<(), Error> {
    let mut bytes = [0_u8; KEY_BYTES];
    let failed = |source| Error::File { path: path.to_owned(), source };
    getrandom::fill(&mut bytes).map_err(|error| failed(std::io::Error::other(error)))?;
    let text = STANDARD.encode(bytes) + "\n";
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = || {
        std::fs::create_dir_all(folder)?;
        // Its owner alone reads it, and nobody ever sees half of it.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(path) {
            Ok(_) => std::fs::File::open(folder)?.sync_all(),
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error.error),
        }
    };
    written().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(data: &Path) -> Config {
        Config { data: data.to_owned(), ..Config::default() }
    }

    #[test]
    fn the_key_is_made_once_and_its_owner_alone_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        assert!(!has_ledger_key(&config(&data)));
        let keys: Vec<MasterKey> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|_| scope.spawn(|| ledger_key(&config(&data)).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]), "whoever asks gets the same");
        assert!(has_ledger_key(&config(&data)));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = data.join(KEY_FILE).metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(std::fs::read_dir(&data).unwrap().count(), 1, "nothing else is left there");
    }

    #[test]
    fn the_key_of_the_settings_comes_first_and_a_damaged_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(KEY_FILE);
        std::fs::write(&path, "hemmelig").unwrap();
        let error = ledger_key(&config(folder.path())).unwrap_err();
        assert!(matches!(error, Error::NoKey(_)) && error.remedy().contains("base64"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "hemmelig", "it is never written over");
        let mut set = config(folder.path());
        set.privacy.key = Some(MasterKey::of_this_run());
        assert_eq!(Some(ledger_key(&set).unwrap()), set.privacy.key);
    }
}
