//! Days as Danish mails write them, and the year that a day without one lies in.

use crate::terms::{Day, MONTHS};

/// A pattern for a day in any of its Danish forms: "mandag den 3. marts 2025", "d. 3/3", "1.10.",
/// "3-3-2025", "2025-03-03". Without regard to case; what it finds is read by [`Written::read`].
pub const DATE: &str = concat!(
    r"(?:(?:man|tirs|ons|tors|fre|lør|søn)dag,?\s+)?(?:(?:den|d\.)\s*)?",
    r"(?:\d{4}-\d{2}-\d{2}\b",
    r"|\d{1,2}\.?\s?(?:januar|februar|marts|april|maj|juni|juli|august|september|oktober",
    r"|november|december|jan|feb|mar|apr|jun|jul|aug|sept|sep|okt|nov|dec)\b\.?",
    r"(?:,?\s+(?:19|20)\d{2}\b)?",
    r"|\d{1,2}/\d{1,2}\b(?:\s?[-/.]\s?(?:(?:19|20)\d{2}|\d{2})\b|\s+(?:19|20)\d{2}\b)?",
    r"|\d{1,2}-\d{1,2}-(?:(?:19|20)\d{2}|\d{2})\b",
    r"|\d{1,2}\.\s?\d{1,2}\.(?:\s?(?:(?:19|20)\d{2}|\d{2})\b)?)",
);

/// So many days from the day of the mail, a day without a year is of the nearest year beyond
/// doubt: that of the next one is more than twice as far away.
const CLEAR_DAYS: i32 = 120;

const WEEKDAYS: [&str; 7] =
    ["mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"];

/// A day as it was written: the year and the weekday may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The day of the month.
    pub day: i8,
    /// The month, from 1.
    pub month: i8,
    /// The year, where it was written.
    pub year: Option<i16>,
    /// The weekday from Monday, which is 1, where it was written.
    pub weekday: Option<i8>,
}

/// The month of a name or its short form, from 1.
fn month_of(word: &str) -> Option<i8> {
    let at = MONTHS.iter().position(|month| {
        *month == word || month.get(..3) == Some(word) || word == "sept" && *month == "september"
    })?;
    i8::try_from(at + 1).ok()
}

impl Written {
    /// Reads what [`DATE`] finds; nothing if no calendar has such a day.
    pub fn read(text: &str) -> Option<Self> {
        let lower = text.to_lowercase();
        let words = || lower.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
        let weekday = words().find_map(|word| WEEKDAYS.iter().position(|day| *day == word));
        let weekday = weekday.and_then(|at| i8::try_from(at + 1).ok());
        let numbers: Vec<i16> =
            lower.split(|c: char| !c.is_ascii_digit()).filter_map(|run| run.parse().ok()).collect();
        let (day, month, year) = match (words().find_map(month_of), numbers.as_slice()) {
            (Some(month), [day]) => (*day, i16::from(month), None),
            (Some(month), [day, year]) => (*day, i16::from(month), Some(*year)),
            (None, [year, month, day]) if *year > 1000 => (*day, *month, Some(*year)),
            (None, [day, month, year]) => (*day, *month, Some(*year)),
            (None, [day, month]) => (*day, *month, None),
            _ => return None,
        };
        let year = year.map(|year| if year < 100 { year + 2000 } else { year });
        let (day, month) = (i8::try_from(day).ok()?, i8::try_from(month).ok()?);
        // 2024 is a leap year, so that 29 February is a day.
        Day::new(year.unwrap_or(2024), month, day).ok()?;
        Some(Self { day, month, year, weekday })
    }

    /// The day, seen from another one; nothing if the weekday is another day's, or if the year
    /// is missing and cannot be told.
    pub fn near(&self, day: Day) -> Option<Day> {
        let fits = |found: &Day| {
            self.weekday.is_none_or(|weekday| found.weekday().to_monday_one_offset() == weekday)
        };
        let of = |year| Day::new(year, self.month, self.day).ok().filter(fits);
        match self.year {
            Some(year) => of(year),
            None => nearest(day, of),
        }
    }
}

/// Of the days that a thing has in the years around, the one that lies near beyond doubt.
pub fn nearest(day: Day, of: impl Fn(i16) -> Option<Day>) -> Option<Day> {
    let years = [-1, 0, 1].into_iter().filter_map(|more| day.year().checked_add(more));
    let away = |found: &Day| (*found - day).get_days().abs();
    years.filter_map(of).filter(|found| away(found) <= CLEAR_DAYS).min_by_key(away)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;
    use crate::terms::{parse_day, show_day};

    /// Every day of the text, read on 15 October 2025.
    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let pattern = Regex::new(&format!("(?i){DATE}")).unwrap();
        let day = parse_day("2025-10-15").unwrap();
        let found: Vec<String> = pattern
            .find_iter(text)
            .map(|found| Written::read(found.as_str()).and_then(|written| written.near(day)))
            .map(|day| day.map_or("-".to_owned(), |day| day.to_string()))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn days_are_read_in_all_danish_writings() {
        check("den 3. november 2025", &["2025-11-03"]);
        check("d. 3.november, 3 nov. og 3. NOV 2024", &["2025-11-03", "2025-11-03", "2024-11-03"]);
        check("3/11, 3/11-2025, 3/11 2025 og 3/11-25", &["2025-11-03"; 4]);
        check("pr. 1.10. og 1.10.2025", &["2025-10-01", "2025-10-01"]);
        check("03-11-2025 og 2025-11-03", &["2025-11-03", "2025-11-03"]);
        check("mandag den 3. november", &["2025-11-03"]);
        check("1. sept. 2025", &["2025-09-01"]);
    }

    #[test]
    fn what_is_no_day_is_not_read_as_one() {
        check("31. november, 30/2 og 32/1", &["-", "-", "-"]);
        check("kl. 9.12, 70.000 kr. og § 56, stk. 2", &[]);
        check("SAM 2405-1351 og løndel 2913", &[]);
        check("3/11 14 timer", &["2025-11-03"]);
    }

    #[test]
    fn a_missing_year_is_told_only_beyond_doubt() {
        check("1. januar", &["2026-01-01"]);
        check("1. august", &["2025-08-01"]);
        // Five months back or seven ahead: it could be either.
        check("1. maj", &["-"]);
        check("15. april", &["-"]);
        check("29. februar", &["-"]);
        // A weekday must be that day's.
        check("tirsdag den 3. november", &["-"]);
        check("tirsdag den 3. november 2026", &["2026-11-03"]);
        check("mandag den 3. november 2026", &["-"]);
    }

    proptest! {
        #[test]
        fn a_day_that_is_shown_is_read_again(year in 1950_i16..2099, month in 1_i8..=12, dag in 1_i8..=28) {
            let day = Day::new(year, month, dag).unwrap();
            let read = |text: &str| Written::read(text).and_then(|written| written.near(day));
            prop_assert_eq!(read(&show_day(day)), Some(day));
            prop_assert_eq!(read(&day.to_string()), Some(day));
            prop_assert_eq!(read(&format!("{dag}/{month}")), Some(day));
        }
    }
}
