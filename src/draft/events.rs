//! What a mail tells that starts a deadline, with its day: only what is told beyond doubt.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use jiff::ToSpan;
use regex::{Captures, Regex};

use crate::language::{self, DATE, Written, nearest, sentences};
use crate::terms::{Day, MONTHS};

/// An event of a mail.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Event {
    /// The day from which a rule counts.
    pub(crate) start: Day,
    /// The last day of what began then, where the mail tells it.
    pub(crate) until: Option<Day>,
    /// The number of the payroll run that is told of.
    pub(crate) run: Option<u8>,
}

#[expect(
    clippy::expect_used,
    reason = "the patterns are part of the program; the tests below read them"
)]
fn fixed(pattern: &str) -> Regex {
    language::pattern(pattern).expect("a fixed pattern")
}

/// The line opens an item of a list, or there is nothing on it.
static OPENS: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"^\s*(?:$|[-–*•]\s|(?:\d{1,2}|[a-h])[.)]\s+(?-i:[A-ZÆØÅ]))"));
/// What is only thought of has no day.
static SUPPOSED: LazyLock<Regex> = LazyLock::new(|| {
    fixed(r"\b(?:hvis|såfremt|forudsat|hvad nu|forestil|eksempelvis|for eksempel|f\.?eks|fx)\b")
});
/// The word before denies what follows.
static DENIED: LazyLock<Regex> = LazyLock::new(|| fixed(r"\b(?:ikke|aldrig)\s*$"));
/// Up to when, after a day.
static UNTIL: LazyLock<Regex> = LazyLock::new(|| {
    fixed(&format!(r"^\s*(?:-|–|til og med|t\.?o\.?m\.?|til)\s*(?P<dato>{DATE})"))
});
/// How many days an absence lasted.
static LASTED: LazyLock<Regex> = LazyLock::new(|| fixed(r"\bi (?P<dage>\d{1,2}) (?:hele )?dage\b"));

/// A pattern of `index/lexicon/deadlines.toml`, where a space stands for any white space.
pub(crate) fn pattern(text: &str) -> Result<Regex, regex::Error> {
    let months = MONTHS.join("|");
    let text = text.replace(" ?", r"\s*").replace(' ', r"\s+");
    let text = text
        .replace(
            "<dato>",
            &format!(r"(?:(?:den|d\.)\s*)?(?:(?P<fra>\d{{1,2}})\.?\s?[-–]\s?)?(?P<dato>{DATE})"),
        )
        .replace(
            "<kvartal>",
            r"\b(?P<kvartal>[1-4])\.?\s?(?:kvartal\w*|kvt|kv)\b\.?(?:\s+(?:i\s+)?(?P<aar>20\d{2})\b)?",
        )
        .replace("<måned>", &format!(r"(?P<maaned>{months})(?:\s+(?P<aar>20\d{{2}})\b)?"))
        .replace("<år>", r"(?P<aar>20\d{2})\b")
        .replace("<nr>", r"\b(?P<nr>[12])\.?");
    language::pattern(&text)
}

/// The events of a text that the patterns find. `apart` are words that rule an event out when
/// they stand in its sentence. Where one paragraph tells two days, it is not clear which one
/// counts, and neither does.
pub(crate) fn events(
    text: &str,
    patterns: &[Regex],
    apart: Option<&Regex>,
    day: Day,
) -> BTreeSet<Event> {
    let mut found = BTreeSet::new();
    for part in paragraphs(text) {
        let told = in_paragraph(&part, patterns, apart, day);
        let starts: BTreeSet<(Day, Option<u8>)> =
            told.iter().map(|event| (event.start, event.run)).collect();
        if starts.len() == 1 {
            // Of the same event told twice, the one that says when it ended.
            found.extend(told.into_iter().max_by_key(|event| event.until));
        }
    }
    found
}

/// The paragraphs and the items of lists, without the marks of quoted lines.
fn paragraphs(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for line in text.lines() {
        let line = line.trim_start_matches(['>', ' ', '\t']);
        if OPENS.is_match(line) {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(line);
            part.push('\n');
        }
    }
    parts
}

fn in_paragraph(
    part: &str,
    patterns: &[Regex],
    apart: Option<&Regex>,
    day: Day,
) -> BTreeSet<Event> {
    let mut found = BTreeSet::new();
    let ranges = sentences(part);
    for captures in patterns.iter().flat_map(|pattern| pattern.captures_iter(part)) {
        let Some(whole) = captures.get(0) else { continue };
        let own = around(&ranges, whole.range());
        let sentence = part.get(own.clone()).unwrap_or_default();
        let before = part.get(own.start..whole.start()).unwrap_or_default();
        let out = apart.is_some_and(|apart| apart.is_match(sentence));
        if out || SUPPOSED.is_match(before) || DENIED.is_match(before) {
            continue;
        }
        found.extend(read(part, sentence, &captures, day));
    }
    found
}

/// The sentences in which a range lies.
fn around(sentences: &[Range<usize>], range: Range<usize>) -> Range<usize> {
    let mut own = range;
    for sentence in sentences {
        if sentence.start < own.end && own.start < sentence.end {
            own = own.start.min(sentence.start)..own.end.max(sentence.end);
        }
    }
    own
}

fn read(part: &str, sentence: &str, captures: &Captures<'_>, day: Day) -> Option<Event> {
    let number = |name: &str| captures.name(name)?.as_str().parse::<i16>().ok();
    let year = number("aar");
    let of_year = |of: &dyn Fn(i16) -> Option<Day>| match year {
        Some(year) => of(year),
        None => nearest(day, of),
    };
    let only = |start| Event { start, until: None, run: None };
    if let Some(dato) = captures.name("dato") {
        return span(part, sentence, dato.range(), captures, day);
    }
    if let Some(quarter) = number("kvartal") {
        let month = i8::try_from(quarter * 3).ok()?;
        return of_year(&|year| Some(Day::new(year, month, 1).ok()?.last_of_month())).map(only);
    }
    if let Some(name) = captures.name("maaned") {
        let at = MONTHS.iter().position(|month| *month == name.as_str().to_lowercase())?;
        let month = i8::try_from(at + 1).ok()?;
        let start = of_year(&|year| Day::new(year, month, 1).ok())?;
        return Some(Event { run: number("nr").and_then(|nr| nr.try_into().ok()), ..only(start) });
    }
    Day::new(year?, 1, 1).ok().map(only)
}

/// The event of a day that is written out, with its end: "3.-4. september", "3/11-14/11",
/// "3. november til 14. november", "den 3. november i 9 dage".
fn span(
    part: &str,
    sentence: &str,
    dato: Range<usize>,
    captures: &Captures<'_>,
    day: Day,
) -> Option<Event> {
    let mut text = part.get(dato.clone())?;
    let mut rest = part.get(dato.end..)?;
    if rest.starts_with('/') {
        // "3/11-14/11": the day, and not the year, goes on after the hyphen.
        let cut = text.rfind(['-', '–'])?;
        (text, rest) = (text.get(..cut)?, part.get(dato.start + cut..)?);
    }
    let last = Written::read(text)?.near(day)?;
    if let Some(first) = captures.name("fra") {
        let start = Day::new(last.year(), last.month(), first.as_str().parse().ok()?).ok()?;
        return (start <= last).then_some(Event { start, until: Some(last), run: None });
    }
    let start = last;
    let until = UNTIL.captures(rest).and_then(|captures| {
        let until = Written::read(captures.name("dato")?.as_str())?;
        until.near(start).filter(|until| start <= *until)
    });
    let lasted = || {
        let days: i32 = LASTED.captures(sentence)?.name("dage")?.as_str().parse().ok()?;
        start.checked_add((days - 1).days()).ok()
    };
    Some(Event { start, until: until.or_else(lasted), run: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::parse_day;

    #[track_caller]
    fn check(rule: &str, text: &str, expected: &[&str]) {
        let patterns = [pattern(rule).unwrap()];
        let apart = Regex::new("ferie").unwrap();
        let day = parse_day("2025-11-17").unwrap();
        let found: Vec<String> = events(text, &patterns, Some(&apart), day)
            .into_iter()
            .map(|event| {
                let until = event.until.map(|until| format!("..{until}")).unwrap_or_default();
                let run = event.run.map(|run| format!("#{run}")).unwrap_or_default();
                format!("{}{until}{run}", event.start)
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn an_event_is_told_with_its_day_and_its_end() {
        let sick = |text, expected: &[&str]| check(r"\bsyg( siden| fra)? <dato>", text, expected);
        sick("Hun er syg siden 3. november.", &["2025-11-03"]);
        sick("Hun var syg 3.-4. november.", &["2025-11-03..2025-11-04"]);
        sick("Hun var syg den 3. - 4. november.", &["2025-11-03..2025-11-04"]);
        sick("syg fra 3/11 til 14/11", &["2025-11-03..2025-11-14"]);
        sick("syg 3/11-14/11", &["2025-11-03..2025-11-14"]);
        sick("syg 3/11-25", &["2025-11-03"]);
        sick("Syg fra 3. november og var væk i 9 dage.", &["2025-11-03..2025-11-11"]);
        sick("syg fra 28/12-2025 til 4/1", &["2025-12-28..2026-01-04"]);
    }

    #[test]
    fn what_is_in_doubt_is_no_event() {
        let sick = |text, expected: &[&str]| check(r"\bsyg( siden| fra)? <dato>", text, expected);
        sick("Hvis hun bliver syg fra 3. december, hvad så?", &[]);
        sick("Hun var ikke syg 3. november.", &[]);
        sick("Hun blev syg 3. november, mens hun holdt ferie.", &[]);
        sick("Hun var syg 3. november og igen syg 10. november.", &[]);
        sick("Hun var syg 31. november.", &[]);
        sick("Hun er syg siden 1. juni.", &[]);
        sick("Anna er syg siden 3/11.\n\nBo er syg siden 5/11.", &["2025-11-03", "2025-11-05"]);
        sick("- Anna er syg siden 3/11\n- Bo er syg siden 5/11", &["2025-11-03", "2025-11-05"]);
        sick("> syg siden 3/11", &["2025-11-03"]);
    }

    #[test]
    fn quarters_months_years_and_runs_are_events_too() {
        check("<kvartal>", "for 4. kvartal", &["2025-12-31"]);
        check("<kvartal>", "4. kvt og 1 kvt. 2026?", &[]);
        check("<kvartal>", "3. kvartal 2024", &["2024-09-30"]);
        check("<kvartal>", "2. kvartal", &[]);
        check("timer for <måned>", "timer for oktober", &["2025-10-01"]);
        check("optjent i <år>", "optjent i 2024", &["2024-01-01"]);
        let run = "<nr> ?(løn)?kørsel (i|for) <måned>";
        check(run, "2. lønkørsel i december", &["2025-12-01#2"]);
        check(run, "1. kørsel for januar 2026", &["2026-01-01#1"]);
        check(run, "kørsel i december", &[]);
    }
}
