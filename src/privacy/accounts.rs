//! Bank accounts, IBANs and payment cards.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::privacy::digits::{Gap, Group, keeps_97, keeps_ean, keeps_luhn};
use crate::privacy::kinds::{Finding, FindingKind, Found, Score};
use crate::privacy::labels::{Beside, beside};
use crate::privacy::lists::{Label, lists};
use crate::privacy::normal::Normal;

/// An IBAN in any grouping.
static IBAN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let lands = LANDS.join("|");
    let groups = r"(?:[ -]{0,2}[A-Za-z0-9]{1,4}){2,9}";
    Regex::new(&format!(r"(?:(?-u:\b)|_)((?i:{lands}) ?\d{{2}}{groups})(?-u:\b)")).ok()
});
/// Letters and digits of the shortest and the longest IBAN.
const IBAN_LENGTHS: std::ops::RangeInclusive<usize> = 15..=34;
/// Countries whose banks write IBANs and send wages here.
const LANDS: [&str; 38] = [
    "DK", "FO", "GL", "SE", "NO", "FI", "IS", "DE", "NL", "BE", "FR", "GB", "IE", "ES", "PT", "IT",
    "PL", "LT", "LV", "EE", "CZ", "SK", "AT", "CH", "HU", "RO", "BG", "HR", "SI", "GR", "LU", "UA",
    "TR", "CY", "MT", "LI", "RS", "BA",
];
/// An account number without its registration number has so many digits.
const ACCOUNT_DIGITS: std::ops::RangeInclusive<usize> = 7..=10;
/// Registration number and account number together.
const WHOLE_DIGITS: std::ops::RangeInclusive<usize> = 10..=14;
/// A registration number stands so close to its word, in bytes.
const REGISTRATION_DISTANCE_MAX: usize = 12;

/// Every IBAN.
pub(crate) fn ibans(normal: &Normal, found: &mut Found) {
    let Some(pattern) = IBAN.as_ref() else { return };
    let mut at = 0;
    while let Some(part) = pattern.captures_at(&normal.text, at).and_then(|parts| parts.get(1)) {
        let Some((range, checked)) = iban(part.as_str(), part.start()) else {
            // "is 12 dage DK50…": another one may begin within.
            at = part.start() + 2;
            continue;
        };
        let named = beside(normal, &range).says(Label::Iban);
        // "is 1234 5678901234 or IBAN DK50…": the true one begins within.
        let within =
            normal.part(range.start + 2..range.end).contains(char::is_alphabetic) && !checked;
        at = if within { part.start() + 2 } else { range.end };
        if checked || (named && !within) {
            let mut score = Score::of(if checked { 90 } else { 20 }, "iban");
            score.add(
                if checked { 5 } else { -10 },
                if checked { "modulus_97" } else { "no_modulus_97" },
            );
            if named {
                score.add(50, "label_iban");
            }
            found.push(score.finding(FindingKind::Iban, range));
        }
    }
}

/// The longest beginning of a match that keeps modulus 97; else the whole, where it has the length
/// of a Danish one.
fn iban(text: &str, start: usize) -> Option<(Range<usize>, bool)> {
    let upper = text.to_ascii_uppercase();
    let mut ends: Vec<usize> = upper.match_indices([' ', '-']).map(|(at, _)| at).collect();
    ends.push(upper.len());
    if upper.bytes().filter(u8::is_ascii_digit).count() < 10 {
        return None;
    }
    for end in ends.iter().rev() {
        let bare = bare(upper.get(..*end)?);
        if IBAN_LENGTHS.contains(&bare.len()) && keeps_97(&bare) {
            return Some((start..start + end, true));
        }
    }
    for end in ends.iter().rev() {
        let bare = bare(upper.get(..*end)?);
        let danish = ["DK", "FO", "GL"].iter().any(|land| bare.starts_with(land));
        let digits = bare.bytes().filter(u8::is_ascii_digit).count();
        if (danish && bare.len() == 18) || (digits >= 12 && IBAN_LENGTHS.contains(&bare.len())) {
            return Some((start..start + end, false));
        }
    }
    None
}

fn bare(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Every location number, payment card and account among the groups.
pub(crate) fn find(normal: &Normal, groups: &[Group], found: &mut Found) {
    let mut at = 0;
    while at < groups.len() {
        let rest = groups.get(at..).unwrap_or_default();
        let first = rest.first().map_or(0..0, |group| group.range.clone());
        let free = !found.holds(&first);
        let finding = if free { one(normal, rest, found) } else { None };
        let Some(finding) = finding else {
            at += 1;
            continue;
        };
        at += rest.iter().take_while(|group| group.range.start < finding.range.end).count().max(1);
        found.push(finding);
    }
}

fn one(normal: &Normal, groups: &[Group], found: &Found) -> Option<Finding> {
    let reach = together(normal, groups, found);
    ean(normal, groups, reach)
        .or_else(|| card(normal, groups, reach))
        .or_else(|| whole(normal, groups, reach))
        .or_else(|| registration(normal, groups))
        .or_else(|| account(normal, groups))
}

/// How many groups stand close to each other and belong to nothing else.
fn together(normal: &Normal, groups: &[Group], found: &Found) -> usize {
    let close =
        |group: &&Group| matches!(group.gap, Gap::Blank | Gap::Hyphen | Gap::Slash | Gap::Dot);
    let free = |group: &&Group| !found.holds(&group.range);
    let _ = normal;
    1 + groups.iter().skip(1).take(8).take_while(close).take_while(free).count()
}

fn span(groups: &[Group]) -> Option<Range<usize>> {
    Some(groups.first()?.range.start..groups.last()?.range.end)
}

fn digits(normal: &Normal, groups: &[Group]) -> String {
    groups.iter().map(|group| normal.part(group.range.clone())).collect()
}

/// The fewest groups at the front that hold so many digits, if some do.
fn holding(groups: &[Group], reach: usize, wanted: usize) -> Option<&[Group]> {
    let mut held = 0;
    for (at, group) in groups.iter().take(reach).enumerate() {
        held += group.len();
        if held >= wanted {
            return if held == wanted { groups.get(..=at) } else { None };
        }
    }
    None
}

fn ean(normal: &Normal, groups: &[Group], reach: usize) -> Option<Finding> {
    let held = holding(groups, reach, 13)?;
    let (digits, range) = (digits(normal, held), span(held)?);
    let named = beside(normal, &range).says(Label::Ean);
    let shaped = digits.starts_with("57") && keeps_ean(&digits);
    if !named && !shaped {
        return None;
    }
    let mut score = Score::of(60, "thirteen_digits");
    if named {
        score.add(30, "label_ean");
    }
    Some(score.finding(FindingKind::Ean, range))
}

fn card(normal: &Normal, groups: &[Group], reach: usize) -> Option<Finding> {
    for wanted in [16, 15, 19, 18, 14, 13, 17] {
        let Some(held) = holding(groups, reach, wanted) else { continue };
        let shaped = matches!(
            held.iter().map(Group::len).collect::<Vec<_>>().as_slice(),
            [4, 4, 4, 4] | [16 | 15] | [4, 6, 5] | [4, 4, 4, 4, 3]
        );
        let (digits, range) = (digits(normal, held), span(held)?);
        let beside = beside(normal, &range);
        let (luhn, named) = (keeps_luhn(&digits), beside.says(Label::Card));
        let issuer = digits.starts_with(['2', '3', '4', '5', '6']);
        let thing = beside.is_of_a_thing() && !named;
        let four = held.len() == 4;
        let summed = luhn && issuer && (shaped || named) && (!thing || four);
        let said = named && shaped && four;
        if summed || said {
            let mut score = Score::of(50, "card_shape");
            if luhn {
                score.add(30, "luhn");
            }
            if named {
                score.add(20, "label_card");
            }
            return Some(score.finding(FindingKind::Card, range));
        }
    }
    None
}

/// Registration number and account number together.
fn whole(normal: &Normal, groups: &[Group], reach: usize) -> Option<Finding> {
    let first = groups.first()?;
    let joined =
        |gap: Gap| matches!(gap, Gap::Blank | Gap::Wide | Gap::Hyphen | Gap::Slash | Gap::Dot);
    let two = groups.get(1).filter(|second| first.len() == 4 && joined(second.gap));
    // "1234   1234567890" and "1234_1234567890": farther apart, where the words say it.
    if let Some(second) = two.filter(|second| (6..=10).contains(&second.len())) {
        let range = first.range.start..second.range.end;
        let beside = beside(normal, &range);
        let lone = matches!(first.gap, Gap::Far | Gap::Cell | Gap::Line);
        let year = is_year(normal.part(first.range.clone()));
        let typical = second.len() == 10 || (!year && lone && second.gap != Gap::Wide);
        if let Some(score) = weighed(&beside, typical) {
            return Some(score.finding(FindingKind::Account, range));
        }
    }
    if first.len() == 14 {
        let beside = beside(normal, &first.range);
        let stamp = normal.part(first.range.clone()).starts_with("20");
        if stamp && beside.near != Some(Label::Account) {
            return None;
        }
        if let Some(score) = weighed(&beside, !stamp) {
            return Some(score.finding(FindingKind::Account, first.range.clone()));
        }
    }
    // "1234 12 34 56 78 90": only where the words say it.
    two?;
    for wanted in WHOLE_DIGITS.rev() {
        let Some(held) = holding(groups, reach, wanted).filter(|held| held.len() > 2) else {
            continue;
        };
        let range = span(held)?;
        let beside = beside(normal, &range);
        let named = beside.says(Label::Account);
        let gaps = held.iter().skip(1).all(|group| Some(group.gap) == held.get(1).map(|it| it.gap));
        let year = is_year(normal.part(first.range.clone()));
        if named
            || (gaps
                && !year
                && wanted > 10
                && !beside.is_of_a_thing()
                && beside.near != Some(Label::Phone))
        {
            let mut score = Score::of(if named { 40 } else { 25 }, "account_shape");
            if named {
                score.add(30, "label_account");
            }
            return Some(score.finding(FindingKind::Account, range));
        }
    }
    None
}

fn is_year(digits: &str) -> bool {
    digits.starts_with("19") || digits.starts_with("20")
}

/// Whether the words beside an account's digits let them be one; `typical` shapes need no word.
fn weighed(beside: &Beside, typical: bool) -> Option<Score> {
    let mut score = Score::of(if typical { 40 } else { 20 }, "account_shape");
    match beside.first() {
        Some(Label::Account | Label::Iban) => score.add(40, "label_account"),
        _ if beside.says(Label::Account) => score.add(25, "label_account"),
        Some(Label::Phone | Label::MainNumber) if !typical => return None,
        Some(Label::Week) => return None,
        // "SKB 1234 1234567890": an account of the state all the same.
        Some(Label::Finance) if typical && beside.distance <= 4 => {}
        _ if beside.is_of_a_thing() && !(typical && beside.distance > 4) => return None,
        _ if !typical => return None,
        _ => {}
    }
    Some(score)
}

/// A registration number on its own, close behind its word.
fn registration(normal: &Normal, groups: &[Group]) -> Option<Finding> {
    let first = groups.first().filter(|group| group.len() == 4)?;
    let line = normal.line(first.range.start);
    let from = normal.floor(first.range.start.saturating_sub(REGISTRATION_DISTANCE_MAX + 12));
    let before = normal.lower_part(from.max(line.start)..first.range.start);
    let before = before.rsplit([';', ',', '|', '\t']).next().unwrap_or_default();
    let said = lists().registration.as_ref().and_then(|word| word.find_iter(before).last());
    let between =
        before.get(said.map_or(0, |word| word.end().saturating_sub(1))..).unwrap_or_default();
    let clean = !between.chars().any(|c| c.is_ascii_digit());
    let said = said.is_some();
    let headed = before.trim().is_empty() && beside(normal, &first.range).says(Label::Account) && {
        let words = beside(normal, &first.range);
        words.near == Some(Label::Account)
    };
    (clean && (said || headed)).then(|| {
        Score::of(60, "label_registration").finding(FindingKind::Account, first.range.clone())
    })
}

/// An account number behind its word.
fn account(normal: &Normal, groups: &[Group]) -> Option<Finding> {
    let first = groups.first()?;
    let loose = |group: &&Group| group.gap == Gap::Blank && group.len() <= 4;
    let more = groups.iter().skip(1).take(4).take_while(loose).count();
    let sizes: usize = groups.iter().take(more + 1).map(Group::len).sum();
    let two = groups.get(1).filter(|second| {
        second.gap == Gap::Blank
            && (3..=6).contains(&first.len())
            && (9..=14).contains(&(first.len() + second.len()))
            && second.len() > 3
    });
    let count = if two.is_some() {
        2
    } else if ACCOUNT_DIGITS.contains(&first.len()) || first.len() > 10 {
        1
    } else if first.len() <= 4 && (7..=10).contains(&sizes) {
        more + 1
    } else {
        return None;
    };
    let held = groups.get(..count)?;
    let range = span(held)?;
    if range.len() > 18 || digits(normal, held).len() > 14 {
        return None;
    }
    let beside = beside(normal, &range);
    let near = beside.near == Some(Label::Account) && beside.distance <= 30;
    let behind = normal.part(range.end..normal.floor(range.end + 2));
    let cents = behind.starts_with(',') && behind.ends_with(|c: char| c.is_ascii_digit());
    (near && !cents).then(|| {
        let mut score = Score::of(30, "account_digits");
        score.add(30, "label_account");
        score.finding(FindingKind::Account, range)
    })
}
