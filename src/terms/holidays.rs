//! Danish public holidays, closing days and working days.

use jiff::ToSpan;
use jiff::civil::Weekday;

use crate::terms::day::Day;

/// The last year with store bededag as a holiday (lov nr. 214 of 6 March 2023).
const PRAYER_DAY_LAST_YEAR: i16 = 2023;
/// More days than ever stand side by side without a working day among them.
const DAYS_OFF_MAX: usize = 14;

/// Why a day is no working day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DayOff {
    /// A Saturday.
    Saturday,
    /// A Sunday that is no holiday by its own name.
    Sunday,
    /// A public holiday: New Year's Day, Easter, Whitsun, Christmas and the like.
    Holiday,
    /// No public holiday, but institutions and banks are closed: 5 June, 24 and 31 December.
    ///
    /// They are told apart because a law or an agreement that says "helligdag" does not mean
    /// them; they are days off all the same, for nobody is there to take anything in.
    Closing,
}

/// Easter Sunday of a year, by the Gregorian computus.
#[expect(clippy::many_single_char_names, reason = "the names of the published algorithm")]
fn easter(year: i16) -> Option<Day> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    Day::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// Days from Easter Sunday to the holidays that follow it around, but store bededag.
const AROUND_EASTER: [i32; 7] = [-3, -2, 0, 1, 39, 49, 50];
/// Days from Easter Sunday to store bededag.
const PRAYER_DAY: i32 = 26;
/// Days from Easter Sunday to the Friday after Kristi himmelfartsdag, on which banks are closed.
const BANK_FRIDAY: i32 = 40;

/// Whole days from Easter Sunday of the same year.
fn from_easter(day: Day) -> Option<i32> {
    easter(day.year()).map(|easter| (day - easter).get_days())
}

/// Whether the day is a public holiday.
pub fn is_holiday(day: Day) -> bool {
    let fixed = matches!((day.month(), day.day()), (1, 1) | (12, 25 | 26));
    fixed
        || from_easter(day).is_some_and(|days| {
            AROUND_EASTER.contains(&days)
                || days == PRAYER_DAY && day.year() <= PRAYER_DAY_LAST_YEAR
        })
}

/// Why the day is no working day; nothing if it is one.
pub fn day_off(day: Day) -> Option<DayOff> {
    if is_holiday(day) {
        return Some(DayOff::Holiday);
    }
    match day.weekday() {
        Weekday::Saturday => return Some(DayOff::Saturday),
        Weekday::Sunday => return Some(DayOff::Sunday),
        _ => {}
    }
    matches!((day.month(), day.day()), (6, 5) | (12, 24 | 31)).then_some(DayOff::Closing)
}

/// Whether it is a working day: neither a weekend, a holiday nor a closing day.
pub fn is_working_day(day: Day) -> bool {
    day_off(day).is_none()
}

/// Whether banks move money on the day: a working day that is not the Friday after Kristi
/// himmelfartsdag.
pub fn is_bank_day(day: Day) -> bool {
    is_working_day(day) && from_easter(day) != Some(BANK_FRIDAY)
}

/// The day itself if it is a working day, else the first one after it.
pub fn next_working_day(day: Day) -> Option<Day> {
    step(day, 1, 0)
}

/// The day itself if it is a working day, else the last one before it.
pub fn previous_working_day(day: Day) -> Option<Day> {
    step(day, -1, 0)
}

/// The day that lies so many working days after the given one, or before it if negative.
pub fn add_working_days(day: Day, days: i32) -> Option<Day> {
    let sign = days.signum();
    let mut at = day;
    for _ in 0..days.unsigned_abs() {
        at = step(at, sign, 1)?;
    }
    Some(at)
}

/// The first working day in a direction, at least so many days away.
fn step(day: Day, sign: i32, least: usize) -> Option<Day> {
    let mut at = day;
    for away in 0..=DAYS_OFF_MAX {
        if away >= least && is_working_day(at) {
            return Some(at);
        }
        at = at.checked_add(sign.days()).ok()?;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::terms::day::parse_day;

    fn day(text: &str) -> Day {
        parse_day(text).unwrap()
    }

    /// Every holiday of the year, in order.
    #[track_caller]
    fn check(year: i16, expected: &[&str]) {
        let first = Day::new(year, 1, 1).unwrap();
        let found: Vec<String> = first
            .series(1.day())
            .take_while(|day| day.year() == year)
            .filter(|day| is_holiday(*day))
            .map(|day| day.strftime("%m-%d").to_string())
            .collect();
        assert_eq!(found, expected, "{year}");
    }

    #[test]
    fn holidays_are_those_of_the_almanac() {
        check(
            2022,
            &[
                "01-01", "04-14", "04-15", "04-17", "04-18", "05-13", "05-26", "06-05", "06-06",
                "12-25", "12-26",
            ],
        );
        check(
            2023,
            &[
                "01-01", "04-06", "04-07", "04-09", "04-10", "05-05", "05-18", "05-28", "05-29",
                "12-25", "12-26",
            ],
        );
        // Without store bededag, which would have been 26 April.
        check(
            2024,
            &[
                "01-01", "03-28", "03-29", "03-31", "04-01", "05-09", "05-19", "05-20", "12-25",
                "12-26",
            ],
        );
        check(
            2025,
            &[
                "01-01", "04-17", "04-18", "04-20", "04-21", "05-29", "06-08", "06-09", "12-25",
                "12-26",
            ],
        );
        check(
            2026,
            &[
                "01-01", "04-02", "04-03", "04-05", "04-06", "05-14", "05-24", "05-25", "12-25",
                "12-26",
            ],
        );
        check(
            2027,
            &[
                "01-01", "03-25", "03-26", "03-28", "03-29", "05-06", "05-16", "05-17", "12-25",
                "12-26",
            ],
        );
    }

    #[test]
    fn easter_is_found_at_its_earliest_and_latest() {
        for (year, expected) in [
            (1818, "1818-03-22"),
            (1943, "1943-04-25"),
            (1961, "1961-04-02"),
            (2000, "2000-04-23"),
            (2008, "2008-03-23"),
            (2038, "2038-04-25"),
        ] {
            assert_eq!(easter(year), parse_day(expected));
        }
    }

    #[track_caller]
    fn check_off(text: &str, expected: Option<DayOff>) {
        assert_eq!(day_off(day(text)), expected, "{text}");
    }

    #[test]
    fn days_off_are_told_apart() {
        check_off("2025-11-14", None);
        check_off("2025-11-15", Some(DayOff::Saturday));
        check_off("2025-11-16", Some(DayOff::Sunday));
        check_off("2025-12-24", Some(DayOff::Closing));
        check_off("2025-12-25", Some(DayOff::Holiday));
        check_off("2025-12-31", Some(DayOff::Closing));
        check_off("2025-06-05", Some(DayOff::Closing));
        // Whit Sunday on the day of the constitution.
        check_off("2022-06-05", Some(DayOff::Holiday));
        check_off("2023-05-05", Some(DayOff::Holiday));
        check_off("2024-04-26", None);
        assert!(is_working_day(day("2025-05-30")) && !is_bank_day(day("2025-05-30")));
        assert!(is_bank_day(day("2025-05-28")) && !is_bank_day(day("2025-05-29")));
    }

    #[track_caller]
    fn check_moved(text: &str, next: &str, previous: &str) {
        assert_eq!(next_working_day(day(text)), parse_day(next), "{text}");
        assert_eq!(previous_working_day(day(text)), parse_day(previous), "{text}");
    }

    #[test]
    fn a_day_off_moves_to_the_working_days_around_it() {
        check_moved("2025-11-14", "2025-11-14", "2025-11-14");
        check_moved("2025-11-15", "2025-11-17", "2025-11-14");
        check_moved("2025-12-25", "2025-12-29", "2025-12-23");
        check_moved("2026-04-04", "2026-04-07", "2026-04-01");
    }

    #[track_caller]
    fn check_added(text: &str, days: i32, expected: &str) {
        assert_eq!(add_working_days(day(text), days), parse_day(expected), "{text} {days}");
    }

    #[test]
    fn working_days_are_counted_in_both_directions() {
        check_added("2025-11-19", -5, "2025-11-12");
        check_added("2025-11-19", -2, "2025-11-17");
        check_added("2025-12-23", 1, "2025-12-29");
        check_added("2026-01-02", -1, "2025-12-30");
        check_added("2025-11-15", 1, "2025-11-17");
        check_added("2025-11-15", 0, "2025-11-15");
    }

    proptest! {
        #[test]
        fn there_and_back_again_is_the_same_working_day(
            year in 1900_i16..2200, month in 1_i8..=12, dag in 1_i8..=28, days in -60_i32..=60
        ) {
            let start = next_working_day(Day::new(year, month, dag).unwrap()).unwrap();
            let end = add_working_days(start, days).unwrap();
            prop_assert!(is_working_day(end));
            prop_assert_eq!(add_working_days(end, -days), Some(start));
        }
    }
}
