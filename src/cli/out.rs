//! Standard output, standard error, and failures that come with advice.

use std::io::{self, Write};

/// A failure with a way out.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Advised {
    pub(crate) code: &'static str,
    pub(crate) reason: String,
    pub(crate) remedy: String,
}

/// A line on standard output; a reader that has gone away is no failure of ours.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// A line on standard error.
pub(crate) fn tell(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
