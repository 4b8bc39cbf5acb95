//! The register of institutions, wherever it lies.

use std::path::PathBuf;

use crate::config::Config;
use crate::service::Error;
use crate::terms::Register;

/// The file's name beside the documents.
const REGISTER_FILE: &str = "institutions.toml";

/// The register that the settings name, or the one beside the documents, or the one that is held.
pub(crate) fn register(
    config: &Config,
    paths: &[PathBuf],
    held: Option<&Register>,
) -> Result<Register, Error> {
    let named = config.institutions.as_path();
    let beside = paths.iter().map(|path| path.join(REGISTER_FILE)).find(|path| path.is_file());
    let path = if named.as_os_str().is_empty() { beside } else { Some(named.to_owned()) };
    let Some(path) = path else { return Ok(held.cloned().unwrap_or_default()) };
    let text = std::fs::read_to_string(&path)
        .map_err(|source| Error::File { path: path.clone(), source })?;
    Register::from_toml(&text).map_err(|source| Error::Register { path, source })
}
