//! Phone numbers and mail addresses, and the numbers of companies that look like the former.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::privacy::digits::{Gap, Group, is_day, keeps_cvr, number};
use crate::privacy::kinds::{Finding, FindingKind, Found, SCORE_MIN, Score};
use crate::privacy::labels::{Beside, beside};
use crate::privacy::lists::{Label, lists};
use crate::privacy::normal::Normal;

static MAIL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)[\p{L}\d](?:[\p{L}\d._%+'-]*[\p{L}\d_])?@[\p{L}\d](?:[\p{L}\d.-]*[\p{L}\d])?|[\p{L}\d]+(?:\.[\p{L}\d-]+)* ?(?:\(at\)|\[at\]| snabel-?a ) ?[\p{L}\d-]+(?:\.[\p{L}\d-]+)+").ok()
});
/// A number with a country code.
static ABROAD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:\( ?(?:\+|00) ?[1-9]\d{0,2} ?\)|\( ?45 ?\)|\+ ?[1-9]\d{0,2}|(?-u:\b)00[1-9]\d{0,2})(?: ?\(0\))?(?:[ ./-]{0,3}\d){6,12}(?-u:\b)|(?-u:\b)00 45(?:[ .-]?\d){8}(?-u:\b)").ok()
});
/// Digits of a Danish number.
const DANISH_DIGITS: usize = 8;

/// Every mail address.
pub(crate) fn mails(normal: &Normal, found: &mut Found) {
    if !normal.text.contains('@')
        && !normal.lower.contains("at")
        && !normal.lower.contains("snabel")
    {
        return;
    }
    let Some(pattern) = MAIL.as_ref() else { return };
    for part in pattern.find_iter(&normal.text) {
        let text = part.as_str();
        let local = text.split(['@', '(', '[', ' ']).next().unwrap_or_default();
        // "kystmuseet@kystmuseet.example"
        let place = text.split('@').nth(1).unwrap_or_default();
        let house = place.split('.').any(|part| part.len() > 3 && part.eq_ignore_ascii_case(local));
        let (kind, score) = if house || is_functional(local) {
            (FindingKind::OfficeMail, Score::of(80, "functional_address"))
        } else {
            (FindingKind::Mail, Score::of(95, "mail_shape"))
        };
        found.push(score.finding(kind, part.range()));
    }
}

/// Whether every part of a local part is a word of an office.
fn is_functional(local: &str) -> bool {
    let local = local.to_lowercase();
    let functional = &lists().functional;
    let office = [
        "loen",
        "løn",
        "regnskab",
        "faktura",
        "refusion",
        "kunde",
        "økonomi",
        "oekonomi",
        "personale",
        "afrapport",
        "budget",
        "controlling",
        "vagtplan",
        "barsel",
        "indkøb",
        "indkoeb",
    ];
    let whole = !local.contains(['.', '_', '-']) && !local.contains(|c: char| c.is_ascii_digit());
    let name = lists().of(&local).person();
    let holds = |word: &String| {
        word.chars().count() >= 4
            && word != "test"
            && (local.starts_with(word.as_str()) || local.ends_with(word.as_str()))
    };
    if whole && !name && local.chars().count() >= 6 && functional.iter().any(holds) {
        return true;
    }
    let strong = [
        "admin",
        "support",
        "service",
        "post",
        "info",
        "kontakt",
        "team",
        "hr",
        "loen",
        "løn",
        "koordinator",
    ];
    let parts: Vec<&str> = local.split(['.', '-', '_', '+']).collect();
    let named = |part: &&str| lists().of(part).person();
    if parts.iter().any(|part| strong.contains(part)) && !parts.iter().any(named) {
        return true;
    }
    functional.contains(&local)
        || (!local.contains(['.', '_']) && office.iter().any(|word| local.starts_with(word)))
        || local
            .split(['.', '-', '_', '+'])
            .all(|part| functional.contains(part.trim_end_matches(|c: char| c.is_ascii_digit())))
}

/// Every phone number, and the numbers of companies and production units.
pub(crate) fn find(normal: &Normal, groups: &[Group], found: &mut Found) {
    let mut at = 0;
    while at < groups.len() {
        let rest = groups.get(at..).unwrap_or_default();
        match shape(rest).and_then(|count| judged(normal, rest.get(..count)?, rest.get(count))) {
            Some(finding) if !found.holds(&finding.range) => {
                at +=
                    rest.iter().take_while(|it| it.range.start < finding.range.end).count().max(1);
                found.push(finding);
            }
            _ => at += 1,
        }
    }
}

/// Every number with a country code.
pub(crate) fn abroad(normal: &Normal, found: &mut Found) {
    let Some(pattern) = ABROAD.as_ref().filter(|_| normal.text.contains(['+', '0'])) else {
        return;
    };
    for part in pattern.find_iter(&normal.text) {
        let digits: String = part.as_str().chars().filter(char::is_ascii_digit).collect();
        let bare = digits.trim_start_matches('0');
        let plus = part.as_str().contains(['+', '(']);
        let before = normal.part(normal.line(part.start()).start..part.start());
        // "FI +73 12345678" is the line of a payment form.
        let form = ["+71", "+73", "+75"].iter().any(|form| part.as_str().starts_with(form));
        if form && before.trim_end().to_lowercase().ends_with("fi") {
            continue;
        }
        let behind = before.trim_end_matches([' ', '-', '.', '/']);
        if !plus && behind.ends_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let mut range = part.range();
        if bare.starts_with("45") {
            let Some(end) = nth_digit(part.as_str(), digits.len() - bare.len() + 2 + DANISH_DIGITS)
            else {
                continue;
            };
            range.end = range.start + end;
            if normal.after(range.end).is_some_and(|c| c.is_ascii_digit()) {
                continue;
            }
        }
        let beside = beside(normal, &range);
        let office = is_main(&beside);
        let thing = beside.is_of_a_thing() || matches!(beside.first(), Some(Label::Account));
        if found.holds(&range) || (thing && !plus) || bare.len() < 8 {
            continue;
        }
        let kind = if office { FindingKind::OfficePhone } else { FindingKind::Phone };
        found.push(Score::of(85, "country_code").finding(kind, range));
    }
}

/// Where the n-th digit of a text ends.
fn nth_digit(text: &str, n: usize) -> Option<usize> {
    let mut digits = text.char_indices().filter(|(_, c)| c.is_ascii_digit());
    digits.nth(n.checked_sub(1)?).map(|(at, _)| at + 1)
}

/// How many groups at the front are parted as phone numbers are.
fn shape(groups: &[Group]) -> Option<usize> {
    let sizes: Vec<usize> = groups.iter().take(4).map(Group::len).collect();
    let gaps: Vec<Gap> = groups.iter().skip(1).take(3).map(|group| group.gap).collect();
    let joined = |gap: &Gap| matches!(gap, Gap::Blank | Gap::Hyphen | Gap::Dot | Gap::Slash);
    let dense = |gap: &Gap| matches!(gap, Gap::Blank | Gap::Hyphen);
    match (sizes.as_slice(), gaps.as_slice()) {
        ([2, 2, 2, 2], [a, b, c]) if joined(a) && b == c && (a == b || *b == Gap::Blank) => Some(4),
        // A line break within, as wrapping leaves it.
        ([2, 2, 2, 2], [a, b, c])
            if [a, b, c].iter().all(|gap| matches!(gap, Gap::Blank | Gap::Line)) =>
        {
            Some(4)
        }
        ([2, 3, 3, ..] | [3, 2, 3, ..] | [3, 3, 2, ..], [a, b, ..]) if dense(a) && a == b => {
            Some(3)
        }
        ([4, 2, 2, ..] | [2, 2, 4, ..], [a, b, ..]) if *a == Gap::Blank && a == b => Some(3),
        ([4, 4, ..] | [2, 6, ..], [a, ..]) if dense(a) => Some(2),
        ([8 | 10, ..], _) => Some(1),
        _ => None,
    }
}

fn judged(normal: &Normal, groups: &[Group], next: Option<&Group>) -> Option<Finding> {
    let range = groups.first()?.range.start..groups.last()?.range.end;
    let digits: String = groups.iter().map(|group| normal.part(group.range.clone())).collect();
    let beside = beside(normal, &range);
    if digits.len() == 10 {
        return (beside.first() == Some(Label::ProductionUnit)).then(|| {
            Score::of(80, "label_production_unit").finding(FindingKind::ProductionUnit, range)
        });
    }
    let vat = normal.lower_part(normal.floor(range.start.saturating_sub(3))..range.start);
    let vat = vat.trim_end_matches([' ', '-']).ends_with("dk");
    if beside.first() == Some(Label::Cvr) || (vat && !beside.says(Label::Phone)) {
        let mut score = Score::of(60, "label_cvr");
        if keeps_cvr(&digits) {
            score.add(30, "modulus_11");
        }
        return Some(score.finding(FindingKind::Cvr, range));
    }
    let said = is_said(&beside);
    let score = weighed(normal, groups, next, (&digits, &beside, said))?;
    let office = is_main(&beside) || is_of_office(normal, range.start);
    let kind = if office { FindingKind::OfficePhone } else { FindingKind::Phone };
    (score.points() >= i32::from(SCORE_MIN)).then(|| score.finding(kind, range))
}

/// Whether the words beside say that it is a phone number.
fn is_said(beside: &Beside) -> bool {
    match beside.near {
        Some(Label::Phone) => true,
        Some(Label::Time | Label::Cpr | Label::Born | Label::MainNumber) => {
            beside.says(Label::Phone)
        }
        None => beside.behind == Some(Label::Phone),
        Some(_) => beside.direct.contains(&Label::Phone),
    }
}

/// Whether the words beside say that it is the number of an office.
fn is_main(beside: &Beside) -> bool {
    beside.direct.contains(&Label::MainNumber) || beside.behind == Some(Label::MainNumber)
}

/// Whether the word right before a number is the name of somebody, or says that they are there:
/// "Anna 1234-5678", "hun er på 1234-5678".
fn is_of_person(normal: &Normal, start: usize) -> bool {
    let line = normal.line(start);
    let from = normal.floor(start.saturating_sub(24)).max(line.start);
    let before = normal.lower_part(from..start).trim_end_matches([' ', ':', ',', '(', '|', '\t']);
    let last = before.rsplit(|c: char| !(c.is_alphabetic() || c == '-')).next();
    let last = last.unwrap_or_default();
    let reached = ["er på", "fat på", "fat i hende på", "fat i ham på", "mig på", "hende på"];
    lists().of(last).person() || reached.iter().any(|end| before.ends_with(end))
}

/// Whether an institution is reached there: "ring til Nets på 12 34 56 78".
fn is_of_office(normal: &Normal, start: usize) -> bool {
    let line = normal.line(start);
    let from = normal.floor(start.saturating_sub(48)).max(line.start);
    let before = normal.lower_part(from..start).trim_end();
    let Some(before) = before.strip_suffix(" på") else { return false };
    let words: Vec<&str> = before.rsplit(' ').take(3).collect();
    let to = words.iter().skip(1).any(|word| matches!(*word, "til" | "hos"));
    let named = |word: &&str| {
        lists().of(word).thing()
            || lists().institutions.iter().any(|end| end.len() > 3 && word.ends_with(end.as_str()))
    };
    let person = |word: &&str| lists().of(word).person();
    let own = ["mig", "ham", "hende", "dem", "os", "chefen", "lederen"];
    to && words.first().is_some_and(|word| named(word) && !own.contains(word))
        && !words.iter().any(person)
}

/// What speaks for a phone number of eight digits; none if it cannot be one.
fn weighed(
    normal: &Normal,
    groups: &[Group],
    next: Option<&Group>,
    (digits, beside, said): (&str, &Beside, bool),
) -> Option<Score> {
    let range = groups.first()?.range.start..groups.last()?.range.end;
    // The demo's numbers begin with 00: nobody has them.
    let assigned = !digits.starts_with(['0', '1']) || digits.starts_with("00");
    let dated = is_dated(digits, groups);
    let range_of_years = dated && groups.len() == 2;
    let wrapped = groups.iter().skip(1).any(|group| group.gap == Gap::Line);
    if wrapped && !said && (groups.len() < 4 || beside.first().is_some()) {
        return None;
    }
    let digit = digits.chars().next();
    if digits.chars().all(|c| Some(c) == digit) {
        return None;
    }
    if range_of_years || (!said && (!assigned || dated)) {
        return None;
    }
    let mut score = match groups.len() {
        1 if digits.starts_with("00") && !said => return None,
        1 => Score::of(30, "eight_digits"),
        // "2000-6999" is rather a range of accounts.
        2 if groups.iter().any(|group| group.gap == Gap::Hyphen) => {
            Score::of(if is_of_person(normal, range.start) { 35 } else { 10 }, "two_groups")
        }
        2 => Score::of(35, "two_groups"),
        _ => Score::of(40, "pairs"),
    };
    if said {
        score.add(50, "label_phone");
    } else if is_main(beside) {
        score.add(40, "label_main_number");
    } else if beside.is_of_a_thing() {
        // Pairs are written for phones alone; a case or an order is not.
        let pairs = groups.len() > 2 && beside.near != Some(Label::Week);
        score.add(if pairs { -20 } else { -60 }, "label_other");
    } else if matches!(beside.near, Some(Label::Account | Label::Card | Label::Iban)) {
        score.add(-60, "label_account");
    }
    // " - " parts what stands beside; "-" joins it.
    let joins = |c: Option<char>| matches!(c, Some('-' | '.' | '/'));
    let glued = |c: Option<char>| c.is_some_and(|c| c.is_alphabetic() || c == '_');
    let other = digits_before(normal, range.start);
    let before = joins(normal.before(range.start)) && other != 0 && other != DANISH_DIGITS;
    let behind = joins(normal.after(range.end))
        && next.is_some_and(|next| {
            next.range.start == range.end + 1 && next.len() > 2 && next.len() != DANISH_DIGITS
        });
    if before || behind {
        score.add(-25, "digits_beside");
    }
    if glued(normal.before(range.start)) || glued(normal.after(range.end)) {
        score.add(-30, "glued_to_letters");
    }
    if is_amount(normal, &range) {
        score.add(-60, "amount");
    }
    Some(score)
}

/// Digits of the group before a place.
fn digits_before(normal: &Normal, at: usize) -> usize {
    let before = normal.part(normal.floor(at.saturating_sub(16))..at);
    let before = before.trim_end_matches([' ', '-', '/', '.']);
    before.bytes().rev().take_while(u8::is_ascii_digit).count()
}

/// Whether eight digits are a day of this or the last century, or two years.
fn is_dated(digits: &str, groups: &[Group]) -> bool {
    let part = |range: Range<usize>| digits.get(range).and_then(number).unwrap_or(99);
    let year = |century: u32| (19..=20).contains(&century);
    if let [first, second] = groups {
        if first.len() == 4 && second.len() == 4 {
            return year(part(0..2)) && year(part(4..6));
        }
        return false;
    }
    let whole = groups.len() == 1 || groups.len() == 3;
    whole
        && ((year(part(0..2)) && is_day(part(6..8), part(4..6)))
            || (year(part(4..6)) && is_day(part(0..2), part(2..4))))
}

/// Whether a number goes on as amounts do.
fn is_amount(normal: &Normal, range: &Range<usize>) -> bool {
    let end = normal.floor(range.end.saturating_add(6));
    let after = normal.lower_part(range.end..end);
    let cents = after
        .strip_prefix(',')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || c == '-'));
    let unit = ["kr", "dkk", "eur", "%"].iter().any(|unit| after.trim_start().starts_with(unit));
    cents || unit
}
