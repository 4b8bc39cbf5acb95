//! The key under which the ledger is sealed: the one of the settings, else one of its own.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::config::Config;
use crate::privacy::MasterKey;
use crate::service::Error;

/// The file of the ledger's own key in the data directory.
const FILE: &str = "ledger.key";

/// The key of the settings, or the one beside the ledger, which is made on first use.
pub fn ledger_key(config: &Config) -> Result<MasterKey, Error> {
    if let Some(key) = &config.privacy.key {
        return Ok(key.clone());
    }
    let path = config.data.join(FILE);
    let failed = |source| Error::File { path: path.clone(), source };
    match std::fs::read_to_string(&path) {
        Ok(written) => MasterKey::parse(&written).ok_or_else(|| {
            failed(std::io::Error::new(std::io::ErrorKind::InvalidData, "it holds no key"))
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            std::fs::create_dir_all(&config.data).map_err(failed)?;
            make(&path).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Makes a key that only the program's own user reads; another start that was faster made it.
fn make(path: &Path) -> std::io::Result<MasterKey> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(STANDARD.encode(bytes).as_bytes())?;
    file.sync_all()?;
    let written = std::fs::read_to_string(path)?;
    MasterKey::parse(&written).ok_or_else(|| std::io::Error::other("it holds no key"))
}
