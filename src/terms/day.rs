//! Days, as files and mails write them.

/// A calendar day in Denmark.
pub type Day = jiff::civil::Date;

/// How a day was written in its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayStyle {
    /// `YYYY-MM-DD`, the form that metadata asks for.
    Iso,
    /// `dd-mm-yyyy`, `dd.mm.yyyy` or `dd/mm-yyyy`: read, but worth a note.
    Danish,
}

/// Reads `YYYY-MM-DD` and nothing else.
pub fn parse_day(text: &str) -> Option<Day> {
    let text = text.trim();
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if shape { text.parse().ok() } else { None }
}

/// Reads a day in ISO or in the Danish order, and says which it was.
pub fn read_day(text: &str) -> Option<(Day, DayStyle)> {
    if let Some(day) = parse_day(text) {
        return Some((day, DayStyle::Iso));
    }
    let mut parts =
        text.trim().split(['-', '.', '/']).map(str::trim).filter(|part| !part.is_empty());
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    let date = Day::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    Some((date, DayStyle::Danish))
}

/// The months in Danish, January first.
pub const MONTHS: [&str; 12] = [
    "januar",
    "februar",
    "marts",
    "april",
    "maj",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "december",
];

/// A day in plain Danish: `30. november 2025`.
pub fn show_day(day: Day) -> String {
    let month = usize::try_from(day.month() - 1).ok().and_then(|at| MONTHS.get(at)).unwrap_or(&"");
    format!("{}. {month} {}", day.day(), day.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, DayStyle)>) {
        let found = read_day(text).map(|(day, style)| (day.to_string(), style));
        assert_eq!(found, expected.map(|(day, style)| (day.to_owned(), style)), "{text}");
    }

    #[test]
    fn days_are_read_in_iso_and_in_danish_order() {
        check("2025-03-01", Some(("2025-03-01", DayStyle::Iso)));
        check("01-03-2025", Some(("2025-03-01", DayStyle::Danish)));
        check("1.3.2025", Some(("2025-03-01", DayStyle::Danish)));
        check("8/4-2024", Some(("2024-04-08", DayStyle::Danish)));
        check("31-02-2025", None);
        check("2025-3-1", None);
        check("i morgen", None);
    }

    #[test]
    fn a_day_is_shown_in_plain_danish() {
        assert_eq!(parse_day("2025-11-30").map(show_day).as_deref(), Some("30. november 2025"));
    }
}
