//! What each institution's drafts have cost in a month, kept in a small file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::draft::Cost;
use crate::draft::endpoint::settings::Error;
use crate::terms::Day;

/// The file, in the data directory.
const FILE: &str = "spending.json";
/// Taken while the file is read and written anew: two programs may share a data directory.
const LOCK: &str = "spending.lock";
/// Months that are kept.
const MONTHS_MAX: usize = 13;
/// Whose drafts those are that belong to no institution that is known.
const NOBODY: &str = "";

/// What was spent, by month and institution.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Months(BTreeMap<String, BTreeMap<String, Spent>>);

/// What one institution's drafts took in one month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Spent {
    /// Drafts for which a model was asked.
    pub drafts: u64,
    /// Kroner.
    pub kroner: f64,
    /// Tokens sent.
    pub tokens_in: u64,
    /// Tokens received.
    pub tokens_out: u64,
}

/// The book of one data directory.
#[derive(Debug)]
pub(crate) struct Spending {
    data: PathBuf,
}

impl Spending {
    /// Opens the book, which may not have been begun.
    pub(crate) fn open(data: &Path) -> Result<Self, Error> {
        let spending = Self { data: data.to_owned() };
        spending.months()?;
        Ok(spending)
    }

    /// What an institution's drafts took in the month of a day.
    pub(crate) fn of(&self, institution: Option<&str>, day: Day) -> Result<Spent, Error> {
        let months = self.months()?;
        let month = months.0.get(&month_of(day));
        let spent = month.and_then(|month| month.get(institution.unwrap_or(NOBODY)));
        Ok(spent.copied().unwrap_or_default())
    }

    /// Writes down what a draft took.
    pub(crate) fn add(&self, institution: Option<&str>, day: Day, cost: Cost) -> Result<(), Error> {
        let failed = |source| Error::Spending { path: self.file(), source };
        std::fs::create_dir_all(&self.data).map_err(failed)?;
        let lock = File::create(self.data.join(LOCK)).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let mut months = self.months()?;
        let month = months.0.entry(month_of(day)).or_default();
        let spent = month.entry(institution.unwrap_or(NOBODY).to_owned()).or_default();
        spent.drafts = spent.drafts.saturating_add(1);
        spent.kroner += cost.kroner;
        spent.tokens_in = spent.tokens_in.saturating_add(cost.tokens_in);
        spent.tokens_out = spent.tokens_out.saturating_add(cost.tokens_out);
        while months.0.len() > MONTHS_MAX {
            months.0.pop_first();
        }
        let text = serde_json::to_string_pretty(&months).unwrap_or_default();
        let mut written = tempfile::NamedTempFile::new_in(&self.data).map_err(failed)?;
        written.write_all(text.as_bytes()).map_err(failed)?;
        written.as_file().sync_all().map_err(failed)?;
        written.persist(self.file()).map_err(|error| failed(error.error))?;
        Ok(())
    }

    fn file(&self) -> PathBuf {
        self.data.join(FILE)
    }

    fn months(&self) -> Result<Months, Error> {
        let failed = |source| Error::Spending { path: self.file(), source };
        match std::fs::read(self.file()) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| failed(error.into())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Months::default()),
            Err(error) => Err(failed(error)),
        }
    }
}

fn month_of(day: Day) -> String {
    format!("{:04}-{:02}", day.year(), day.month())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::parse_day;

    #[test]
    fn what_was_spent_is_held_by_month_and_institution() {
        let data = tempfile::tempdir().unwrap();
        let book = Spending::open(data.path()).unwrap();
        let (november, december) =
            (parse_day("2025-11-30").unwrap(), parse_day("2025-12-01").unwrap());
        let cost = Cost { kroner: 0.25, tokens_in: 100, tokens_out: 20, ..Cost::default() };
        book.add(Some("Banedanmark"), november, cost).unwrap();
        book.add(Some("Banedanmark"), november, cost).unwrap();
        book.add(None, november, cost).unwrap();
        let again = Spending::open(data.path()).unwrap();
        let spent = again.of(Some("Banedanmark"), november).unwrap();
        assert_eq!((spent.drafts, spent.tokens_in, spent.tokens_out), (2, 200, 40));
        assert!((spent.kroner - 0.5).abs() < 1e-12);
        assert_eq!(again.of(Some("Banedanmark"), december).unwrap(), Spent::default());
        assert_eq!(again.of(None, november).unwrap().drafts, 1);
    }

    #[test]
    fn old_months_are_forgotten_and_a_broken_book_is_told_of() {
        let data = tempfile::tempdir().unwrap();
        let book = Spending::open(data.path()).unwrap();
        for month in 1..=12 {
            for year in [2024, 2025] {
                let day = parse_day(&format!("{year}-{month:02}-01")).unwrap();
                book.add(None, day, Cost::default()).unwrap();
            }
        }
        assert_eq!(book.months().unwrap().0.len(), MONTHS_MAX);
        std::fs::write(data.path().join(FILE), "{").unwrap();
        assert!(Spending::open(data.path()).is_err());
    }
}
