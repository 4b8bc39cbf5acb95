//! Which steps of reading words are on. They are all on, but when an evaluation asks what one is worth.

use std::sync::OnceLock;

/// The version of all that decides a token; an index made with another one is rebuilt.
const VERSION: &str = "da-3";

/// The steps that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each step is on or off, whatever the others are"
)]
pub struct Steps {
    /// Whether words are stemmed.
    pub stemming: bool,
    /// Whether the list of exceptions goes before the stemmer.
    pub exceptions: bool,
    /// Whether codes, dates, amounts and sections are read whole, each in one normal form.
    pub codes: bool,
    /// Whether compounds are cut into their parts.
    pub compounds: bool,
    /// Whether equal terms of the glossary stand for each other.
    pub glossary: bool,
}

impl Steps {
    const ALL: Self =
        Self { stemming: true, exceptions: true, codes: true, compounds: true, glossary: true };

    /// Every step, but those that the settings `index.NAME=off` name; the first other setting is
    /// returned.
    pub fn without(settings: &[String]) -> Result<Self, String> {
        let mut steps = Self::ALL;
        for setting in settings {
            let (key, value) = setting.split_once('=').ok_or_else(|| setting.clone())?;
            let on = match value.trim() {
                "on" | "true" => true,
                "off" | "false" => false,
                _ => return Err(setting.clone()),
            };
            match key.trim() {
                "index.stemming" => steps.stemming = on,
                "index.exceptions" => steps.exceptions = on,
                "index.codes" => steps.codes = on,
                "index.compounds" => steps.compounds = on,
                "index.glossary" => steps.glossary = on,
                _ => return Err(setting.clone()),
            }
        }
        Ok(steps)
    }
}

static CHOSEN: OnceLock<Steps> = OnceLock::new();

/// Leaves steps out for the rest of this process; it must come before anything is read, and
/// says whether it did.
pub fn choose_steps(steps: Steps) -> bool {
    CHOSEN.set(steps).is_ok()
}

/// The steps that are on.
pub(crate) fn steps() -> Steps {
    *CHOSEN.get_or_init(|| Steps::ALL)
}

/// The analyser's name, by which an index knows what it was made with. Stems and parts are made
/// when an index is opened, so only how codes are read is kept in it.
pub fn analyser() -> String {
    if steps().codes { VERSION.to_owned() } else { format!("{VERSION} without codes") }
}
