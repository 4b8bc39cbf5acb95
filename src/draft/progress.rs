//! How far a draft has come, for those who wait for it.

use crate::draft::phrases::{Phrase, PhraseError};

/// How far a draft has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The inquiry is read.
    Reading,
    /// Its questions are known.
    Questions {
        /// How many there are.
        n: usize,
    },
    /// The sources are searched for one of them.
    Searching {
        /// Which.
        n: usize,
        /// How many there are.
        of: usize,
    },
    /// The reply is put together from the sources.
    Drafting,
    /// A language model writes.
    Writing,
    /// The reply is checked.
    Checking,
}

impl Progress {
    /// The step in one stable word; a language model's writing is drafting too.
    pub fn step(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Questions { .. } => "questions",
            Self::Searching { .. } => "searching",
            Self::Drafting | Self::Writing => "drafting",
            Self::Checking => "checking",
        }
    }

    /// Which one, and how many there are in all, where something is counted.
    pub fn count(self) -> (Option<usize>, Option<usize>) {
        match self {
            Self::Questions { n } => (Some(n), Some(n)),
            Self::Searching { n, of } => (Some(n), Some(of)),
            Self::Reading | Self::Drafting | Self::Writing | Self::Checking => (None, None),
        }
    }

    /// The step in a line of Danish.
    pub fn text(self) -> Result<String, PhraseError> {
        let (n, of) = self.count();
        let step = if self == Self::Writing { "writing" } else { self.step() };
        let phrase = Phrase::render("prompts/page/status.j2", minijinja::context! { step, n, of })?;
        Ok(phrase.text().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_a_line_of_danish() {
        let all = [
            (Progress::Reading, "Læser henvendelsen"),
            (Progress::Questions { n: 1 }, "Har fundet 1 spørgsmål"),
            (Progress::Searching { n: 2, of: 3 }, "Søger svar på spørgsmål 2 af 3"),
            (Progress::Drafting, "Samler svaret ud fra kilderne"),
            (Progress::Writing, "Sprogmodellen skriver"),
            (Progress::Checking, "Kontrollerer svaret"),
        ];
        for (progress, line) in all {
            assert_eq!(progress.text().unwrap(), line);
        }
    }
}
