//! CPR numbers, in every way in which people write them.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::privacy::digits::{Gap, Group, is_day, keeps_modulus_11, number};
use crate::privacy::kinds::{Finding, FindingKind, Found, SCORE_MIN, Score};
use crate::privacy::labels::{Beside, beside};
use crate::privacy::lists::Label;
use crate::privacy::normal::Normal;

/// Replacement numbers add this to the day.
const REPLACED_DAY: u32 = 60;
/// A birth year of two digits between these, with a serial number of the last century, is that of
/// somebody of ninety and more: a day with a time of day is likelier.
const OLD_YEARS: std::ops::RangeInclusive<u32> = 10..=35;

/// Whoever was born from this year on has seldom a place of work.
const RECENT_YEAR: u32 = 2010;

/// Serial numbers with letters, with the last four left out, or read with O for 0 and l for 1.
static LETTERED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?-u:\b)\d{2}[./ ]?\d{2}[./ ]?\d{2} ?(?:-|\n|-\n)? ?(?:\d[a-zæøå]{2}\d|[a-zæøå]\d{2}[a-zæøå]|\d{2}[a-zæøå]\d|\d[a-zæøå]\d{2})(?-u:\b)").ok()
});
static LEFT_OUT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?-u:\b)\d{6} ?-? ?(?:[xX]{4}(?-u:\b)|[*•#]{4}|_{4})").ok());
static LAST_FOUR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"sidste (?:fire|4)(?: cifre| tal)?(?: i (?:hendes |hans )?cpr(?:-?n\w+)?)?(?: er|:)? (\d{4})(?-u:\b)").ok()
});
static SPACED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?-u:\b)(?:\d ){5}\d ?-? ?(?:\d ){3}\d(?-u:\b)").ok());
static MISREAD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?-u:\b)[0-9OolI]{6} ?-? ?[0-9OolI]{4}(?-u:\b)").ok());
/// Misread numbers still hold so many true digits.
const TRUE_DIGITS_MIN: usize = 7;

/// How the digits of a number are parted.
struct Shape<'a> {
    groups: &'a [Group],
    /// What stands before the serial number; none if nothing does.
    joint: Option<Gap>,
}

/// Every CPR number of the text.
pub(crate) fn find(normal: &Normal, groups: &[Group], found: &mut Found) {
    lettered(normal, found);
    let mut at = 0;
    while at < groups.len() {
        let rest = groups.get(at..).unwrap_or_default();
        let Some(shape) = shape(rest) else {
            at += 1;
            continue;
        };
        let taken = shape.groups.len();
        match judged(normal, &shape, rest.get(taken)) {
            Some(finding) if !found.holds(&finding.range) => {
                found.push(finding);
                at += taken;
            }
            _ => at += 1,
        }
    }
}

/// The groups at the front of these that are parted as CPR numbers are.
fn shape(groups: &[Group]) -> Option<Shape<'_>> {
    let sizes: Vec<usize> = groups.iter().take(6).map(Group::len).collect();
    let gaps: Vec<Gap> = groups.iter().skip(1).take(5).map(|group| group.gap).collect();
    let taken =
        |count: usize, joint: Option<Gap>| Some(Shape { groups: groups.get(..count)?, joint });
    let tight =
        |gap: Gap| !matches!(gap, Gap::Far | Gap::Wide | Gap::Cell | Gap::Line | Gap::HyphenLine);
    let same = |gaps: &[Gap]| gaps.iter().all(|gap| tight(*gap) && Some(gap) == gaps.first());
    match (sizes.as_slice(), gaps.as_slice()) {
        ([2, 2, 2, 4, ..], [a, b, c, ..]) if same(&[*a, *b]) && *c != Gap::Far => {
            taken(4, Some(*c))
        }
        ([2, 2, 2, 2, 2, ..], [a, b, c, d, ..])
            if same(&[*a, *b]) && tight(*c) && same(&[*d, Gap::Blank]) =>
        {
            taken(5, Some(*c))
        }
        ([2, 2, 4, 4, ..], [a, b, c, ..])
            if same(&[*a, *b]) && *a != Gap::Blank && *c == Gap::Hyphen =>
        {
            taken(4, Some(*c))
        }
        ([6, 2, 2, ..], [a, b, ..]) if tight(*a) && *b == Gap::Blank => taken(3, Some(*a)),
        ([6, 4, ..], [a, ..]) if !matches!(a, Gap::Far | Gap::Wide) => taken(2, Some(*a)),
        ([8, 4, ..], [a, ..]) if *a == Gap::Hyphen => taken(2, Some(*a)),
        ([10..=13, ..], _) => taken(1, None),
        _ => None,
    }
}

/// The finding of a shape, with what speaks for it, where that is enough.
fn judged(normal: &Normal, shape: &Shape<'_>, next: Option<&Group>) -> Option<Finding> {
    let (first, last) = (shape.groups.first()?, shape.groups.last()?);
    let mut range = first.range.start..last.range.end;
    let mut digits: String =
        shape.groups.iter().map(|group| normal.part(group.range.clone())).collect();
    let beside = beside(normal, &range);
    let named = beside.is_cpr();
    if shape.joint.is_none() && digits.len() > 10 {
        // A number of an employment: the CPR number and its own number behind it.
        if !named || beside.is_of_a_thing() {
            return None;
        }
        range.end = range.start + 10;
        digits.truncate(10);
    }
    if digits.len() == 12 {
        let year = number(digits.get(4..8)?)?;
        // "01.01.2024-2025" are two years rather than a birth date with a serial number.
        let years = year >= RECENT_YEAR && is_year(digits.get(8..12)?);
        if !(1900..2100).contains(&year) || (years && !named) {
            return None;
        }
        digits = format!("{}{}", digits.get(..4)?, digits.get(6..)?);
    }
    // Ten digits behind four, beside the word for an account, are its second half.
    let behind = matches!(first.gap, Gap::Blank | Gap::Hyphen | Gap::Slash | Gap::Wide);
    let four = digits_before(normal, range.start) == 4;
    if behind && four && shape.joint.is_none() && beside.near != Some(Label::Cpr) {
        return None;
    }
    let dated = birth(&digits);
    let mut score = Score::of(20, if dated.is_some() { "date" } else { "no_date" });
    weigh_joint(&mut score, normal, shape, &range);
    weigh_digits(&mut score, &digits, dated);
    weigh_words(&mut score, &beside);
    weigh_edges(&mut score, normal, &range, (first, next));
    let hyphen = matches!(shape.joint, Some(Gap::Hyphen | Gap::HyphenLine));
    let passes = match dated {
        _ if named => true,
        Some(birth) => hyphen || !is_moment(&digits, birth, &beside, shape),
        // "202405-1351" beside the word for a case has no date that can be.
        None => hyphen && shape.groups.len() == 2 && !beside.is_of_a_thing(),
    };
    let cell = matches!(shape.joint, Some(Gap::Cell | Gap::Line));
    let fits = passes
        && (!cell
            || named
            || (dated.is_some() && shape.joint == Some(Gap::Line) && !beside.is_of_a_thing()));
    (fits && score.points() >= i32::from(SCORE_MIN)).then(|| score.finding(FindingKind::Cpr, range))
}

/// Digits of the group before a place.
fn digits_before(normal: &Normal, at: usize) -> usize {
    let before = normal.part(normal.floor(at.saturating_sub(12))..at);
    let before = before.trim_end_matches([' ', '-', '/']);
    before.bytes().rev().take_while(u8::is_ascii_digit).count()
}

fn is_year(digits: &str) -> bool {
    digits.starts_with("19") || digits.starts_with("20")
}

/// The day, month and year of ten digits, if the day is one.
fn birth(digits: &str) -> Option<(u32, u32, u32)> {
    let (day, month) = (number(digits.get(..2)?)?, number(digits.get(2..4)?)?);
    let year = number(digits.get(4..6)?)?;
    let own = if day > REPLACED_DAY { day - REPLACED_DAY } else { day };
    is_day(own, month).then_some((day, month, year))
}

/// Whether digits are rather a day with a time of day, as systems stamp them.
fn is_moment(digits: &str, birth: (u32, u32, u32), beside: &Beside, shape: &Shape<'_>) -> bool {
    let serial = digits.get(6..).unwrap_or_default();
    let (hour, minute) =
        (number(serial.get(..2).unwrap_or_default()), number(serial.get(2..).unwrap_or_default()));
    let clock = hour.is_some_and(|hour| hour < 24) && minute.is_some_and(|minute| minute < 60);
    let timed = beside.first() == Some(Label::Time);
    let blank = matches!(shape.joint, None | Some(Gap::Blank));
    clock && blank && (OLD_YEARS.contains(&birth.2) || timed) && keeps_century(serial)
}

/// Whether a serial number is one of the last century for a year before 1937.
fn keeps_century(serial: &str) -> bool {
    serial.starts_with(['0', '1', '2', '3'])
}

fn weigh_joint(score: &mut Score, normal: &Normal, shape: &Shape<'_>, range: &Range<usize>) {
    match shape.joint {
        Some(Gap::Hyphen | Gap::HyphenLine) => score.add(45, "hyphen"),
        Some(Gap::Blank) => score.add(25, "blank"),
        None => score.add(15, "unseparated"),
        Some(_) => score.add(15, "other_separator"),
    }
    let glued = |c: Option<char>| c.is_some_and(char::is_alphabetic);
    if glued(normal.before(range.start)) || glued(normal.after(range.end)) {
        score.add(-20, "glued_to_letters");
    }
}

fn weigh_digits(score: &mut Score, digits: &str, birth: Option<(u32, u32, u32)>) {
    if keeps_modulus_11(digits) {
        score.add(25, "modulus_11");
    } else if birth.is_some_and(|(day, month, _)| (day, month) != (1, 1)) {
        score.add(-15, "no_modulus_11");
    }
    if birth.is_some_and(|(day, _, _)| day > REPLACED_DAY) {
        score.add(0, "replacement_number");
    }
}

fn weigh_words(score: &mut Score, beside: &Beside) {
    if beside.is_cpr() {
        score.add(50, "label_cpr");
    }
    match beside.first() {
        _ if beside.all.contains(&Label::ProductionUnit) && !beside.is_cpr() => {
            score.add(-60, "label_production_unit");
        }
        // A word that another number stands behind speaks of that one.
        Some(label @ (Label::Ean | Label::Account | Label::Finance | Label::Iban))
            if beside.direct.contains(&label) || beside.behind == Some(label) =>
        {
            score.add(-25, "label_account");
        }
        Some(Label::Case | Label::Other) => score.add(-15, "label_other"),
        Some(Label::Amount) => score.add(-10, "label_amount"),
        Some(Label::Cvr) => score.add(-10, "label_cvr"),
        _ => {}
    }
}

/// Digits that go on before or behind, and a sign before.
fn weigh_edges(
    score: &mut Score,
    normal: &Normal,
    range: &Range<usize>,
    (first, next): (&Group, Option<&Group>),
) {
    let close = |gap: Gap| matches!(gap, Gap::Hyphen | Gap::Dot | Gap::Slash);
    if close(first.gap) || next.is_some_and(|next| close(next.gap) && next.len() > 3) {
        score.add(-10, "digits_beside");
    }
    if normal.before(range.start) == Some('+') {
        score.add(-40, "plus");
    }
}

fn lettered(normal: &Normal, found: &mut Found) {
    let text = normal.text.as_str();
    for part in LETTERED.iter().flat_map(|it| it.find_iter(text)) {
        let digits: String = part.as_str().chars().filter(char::is_ascii_digit).collect();
        let named = beside(normal, &part.range()).is_cpr();
        let joined = part.as_str().contains('-');
        if (birth(&digits).is_some() && joined) || named {
            let score = Score::of(if named { 90 } else { 60 }, "letters_in_serial");
            found.push(score.finding(FindingKind::Cpr, part.range()));
        }
    }
    for part in LEFT_OUT.iter().flat_map(|it| it.find_iter(text)) {
        found.push(Score::of(60, "left_out").finding(FindingKind::PartialCpr, part.range()));
    }
    let lower = normal.lower.as_str();
    for parts in LAST_FOUR.iter().flat_map(|it| it.captures_iter(lower)) {
        if let Some(four) = parts.get(1) {
            let score = Score::of(60, "last_four");
            found.push(score.finding(FindingKind::PartialCpr, four.range()));
        }
    }
    for part in SPACED.iter().flat_map(|it| it.find_iter(text)) {
        let digits: String = part.as_str().chars().filter(char::is_ascii_digit).collect();
        if birth(&digits).is_some() {
            found.push(Score::of(45, "spaced").finding(FindingKind::Cpr, part.range()));
        }
    }
    for part in MISREAD.iter().flat_map(|it| it.find_iter(text)) {
        let read: String = part.as_str().chars().filter_map(misread).collect();
        let digits = part.as_str().chars().filter(char::is_ascii_digit).count();
        let letters = part.as_str().chars().any(char::is_alphabetic);
        if letters && digits >= TRUE_DIGITS_MIN && birth(&read).is_some() {
            found.push(Score::of(50, "misread_digits").finding(FindingKind::Cpr, part.range()));
        }
    }
}

fn misread(c: char) -> Option<char> {
    match c {
        'O' | 'o' => Some('0'),
        'l' | 'I' => Some('1'),
        c => c.is_ascii_digit().then_some(c),
    }
}
