//! Street addresses: of persons, and of institutions, which are kept.

use std::sync::LazyLock;

use regex::Regex;

use crate::privacy::digits::{Gap, Group};
use crate::privacy::kinds::{Finding, FindingKind, Found, Score};
use crate::privacy::lists::lists;
use crate::privacy::normal::Normal;

/// What may stand behind a house number: a letter, a floor and a side, a postcode and a town.
static BEHIND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let letter = r"(?:/\d{1,4}|-\d{1,3}\b)?(?: ?[A-Za-z]\b)?";
    let door = r"(?:(?:th|tv|mf)\b\.?|dør \d+|(?:lejl|vær)\.? ?\d+|nr\. ?\d+|-\d{1,3}\b)";
    let floor = format!(
        r"(?P<floor>(?:,? ?\(?(?:st|kl|stuen|\d{{1,2}})\.?(?:,? ?(?:sal|etage))?\.?,? ?{door}|,? ?\d{{1,2}}\. ?sal|,? ?(?:st|kl|stuen|th|tv|mf|kld)\b\.?|,? ?(?:lejl|vær)\.? ?\d+|,? ?\d{{1,2}}\.(?: ?\d{{1,3}}\b)?|, ?[A-Z]-?\d{{2,4}}\b)\)?)?"
    );
    let before = r"(?:(?:Kongens|Kgs\.|Store|St\.|Gl\.|Gamle|Nørre|Nr\.|Sdr\.|Sønder|Ny|Øster|Vester|Skt\.|Sct\.|Lille|Ll\.|Hvide|Over|Neder) )?";
    let place = r"(?:, ?[A-ZÆØÅ][\p{L}-]+(?: [A-ZÆØÅ][\p{L}-]+)?)?";
    let code = r"(?:[A-Za-z]{1,2}-? ?)?(?:\d{2}-\d{3}|\d{3} \d\d\b|\d{3,5}) ?";
    let town = format!(
        r"(?P<town>{place}(?:,? ?\n? ?| , ?){code}{before}[A-ZÆØÅ][\p{{L}}-]+(?: (?:[A-ZÆØÅ]{{1,2}}|Falster|Sjælland|Mors|Sogn)\b)?)?"
    );
    Regex::new(&format!("^{letter}{floor}{town}")).ok()
});
/// Words before the street's last word that are looked at.
const WORDS_MAX: usize = 4;
/// Bytes before an address in which an institution is named.
const BEFORE_MAX: usize = 90;
/// Parts of the text before an address among which somebody is named.
const PARTS_MAX: usize = 3;

/// Addresses as they are written abroad: "12 High Street, York YO1 1AA", "ul. Długa 8/14, 80-299 Gdańsk".
static ABROAD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let word = r"\p{Lu}[\p{L}'-]+";
    let ways = "Street|St|Road|Rd|Close|Lane|Avenue|Ave|Drive|Court|Crescent|Way|Place|Gardens|Terrace|Square|Grove|Row|Walk|Mews|Hill|Rise|Green";
    let english = format!(
        r"(?:Flat \d+[A-Z]?, )?\d{{1,4}}[A-Z]? (?:{word} ){{1,3}}(?:{ways})(?-u:\b)(?:,? \n?{word}(?: {word})?){{0,2}}(?:,? [A-Z]{{1,2}}\d[\dA-Z]? \d[A-Z]{{2}}(?-u:\b))?"
    );
    let ahead =
        r"(?:ul|al|os|pl|Str|Bd|Al|Av|Rua|Calle|Via|Viale|Rue|rue|ulica|Ulica|Strada|Avenue|Iela)";
    let other = format!(
        r"(?-u:\b){ahead}\.? (?:(?:de|du|des|la|del|di|da) )?{word}(?: {word}){{0,3}},? (?:nr\. ?)?\d{{1,4}}[A-Za-z]?(?:/\d{{1,4}})?(?:,? \n?\d{{2,4}}-?\d{{2,3}} {word}(?:-{word})*)?"
    );
    Regex::new(&format!("{other}|(?-u:\\b){english}")).ok()
});

/// Every address. House numbers lead to them: they are few.
pub(crate) fn find(normal: &Normal, groups: &[Group], found: &mut Found) {
    for part in ABROAD.iter().flat_map(|it| it.find_iter(&normal.text)) {
        if !found.holds(&part.range()) {
            let score = Score::of(60, "address_abroad");
            found.push(score.finding(FindingKind::Address, part.range()));
        }
    }
    for (at, group) in groups.iter().enumerate() {
        let free = !found.holds(&group.range);
        let alone = at == 0 || !matches!(group.gap, Gap::Dot | Gap::Hyphen | Gap::Slash);
        if group.len() <= 3
            && free
            && alone
            && let Some(finding) = address(normal, group)
        {
            found.push(finding);
        }
    }
}

fn address(normal: &Normal, house: &Group) -> Option<Finding> {
    let line = normal.line(house.range.start);
    let before = normal.part(line.start..house.range.start);
    let bare = before.trim_end_matches([' ', ',']).trim_end_matches(" nr.").trim_end_matches(" nr");
    if bare.len() == before.len() {
        return None;
    }
    let street = street(bare)?;
    let behind = BEHIND.as_ref()?.captures(normal.text.get(house.range.end..)?)?;
    let has = |name: &str| behind.name(name).is_some_and(|part| !part.as_str().is_empty());
    let start = line.start + street.start;
    let own = own(normal, start);
    let evidence = has("town") || has("floor") || own;
    let mut score = match street.kind {
        Street::Sure => Score::of(60, "street_ending"),
        Street::Likely if evidence => Score::of(45, "street_ending"),
        Street::Named if has("town") || (own && has("floor")) => Score::of(40, "capital"),
        _ => return None,
    };
    for (name, reason) in [("town", "postcode_and_town"), ("floor", "floor")] {
        if has(name) {
            score.add(15, reason);
        }
    }
    let end = house.range.end + behind.get(0).map_or(0, |part| part.end());
    let office = !own && is_of_institution(normal, start, end);
    let kind = if office { FindingKind::OfficeAddress } else { FindingKind::Address };
    Some(score.finding(kind, start..end))
}

/// How sure a word is the name of a street.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Street {
    Sure,
    Likely,
    Named,
}

struct Named {
    start: usize,
    kind: Street,
}

/// The street whose name ends a text.
fn street(text: &str) -> Option<Named> {
    let start = text.rfind([' ', '\t', ',', ':', ';', '|', '(']).map_or(0, |at| at + 1);
    let word = text.get(start..)?;
    let lower = word.to_lowercase();
    // "Sk0lebakken": read with 0 for o.
    let letters =
        word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '.' | '\u{2019}' | '0'));
    if !letters || word.chars().count() < 3 {
        return None;
    }
    let capital = word.starts_with(char::is_uppercase);
    let ends = |list: &[String]| {
        list.iter().any(|ending| {
            lower.strip_suffix(ending.as_str()).is_some_and(|stem| stem.len() >= 2 || capital)
        })
    };
    let mut from = start;
    let mut words = 0;
    while words < WORDS_MAX {
        let before = text.get(..from)?.trim_end_matches(' ');
        let next = before.rfind([' ', '\t', ',', ':', ';', '|', '(']).map_or(0, |at| at + 1);
        let part = before.get(next..).unwrap_or_default();
        let named = part.starts_with(char::is_uppercase)
            && part.chars().all(|c| c.is_alphabetic() || matches!(c, '.' | '-' | '\''))
            && (!lists().of(&part.to_lowercase()).thing()
                || lists().of(&part.to_lowercase()).first());
        let short = part.ends_with('.') && part.len() <= 5 && part.starts_with(char::is_alphabetic);
        let old = matches!(
            part,
            "Nørre"
                | "Nr."
                | "Sdr."
                | "Sønder"
                | "Øster"
                | "Vester"
                | "Ny"
                | "Gammel"
                | "Store"
                | "Lille"
                | "St."
                | "Sct."
                | "Skt."
        );
        if !(named || short || old) || before.len() + 1 < from {
            break;
        }
        from = next;
        words += 1;
    }
    let several = from < start;
    let kind = if ends(&lists().sure_streets) && (capital || several || lower.chars().count() >= 7)
    {
        Street::Sure
    } else if ends(&lists().streets) && (capital || several) {
        Street::Likely
    } else if capital && !lists().of(&lower).thing() {
        Street::Named
    } else {
        return None;
    };
    Some(Named { start: from, kind })
}

/// Whether the words before say that somebody lives there.
fn own(normal: &Normal, start: usize) -> bool {
    let line = normal.line(start);
    let from = normal.floor(start.saturating_sub(BEFORE_MAX)).max(line.start);
    let before = normal.lower_part(from..start);
    lists().own_address.iter().any(|word| holds(before, word))
}

/// Whether what is named right before it, or behind it on its line, is an institution.
fn is_of_institution(normal: &Normal, start: usize, end: usize) -> bool {
    let from = normal.floor(start.saturating_sub(BEFORE_MAX));
    let before = normal.part(from..start);
    let parts = before.rsplit([',', '\n', ';', '|', ':', '(', '.', '\t']);
    let named = parts.map(str::trim).filter(|part| part.chars().any(char::is_alphabetic));
    for part in named.take(PARTS_MAX) {
        // "Anna (hende i arkivet), Xvej 3" is the address of somebody.
        let lower = part.to_lowercase();
        let spoken = ["hende", "ham", "hun", "han", "jeg", "min", "mit"]
            .iter()
            .any(|word| holds(&lower, word));
        if !spoken && names_institution(&lower) {
            return true;
        }
        if names_person(part) {
            return false;
        }
    }
    let stop = normal.line(start).end.max(end);
    let behind = normal.lower_part(end..normal.floor(end + 40).min(stop));
    behind.trim_start().starts_with('(') && names_institution(behind)
}

/// Whether a part of a line holds the first name of somebody.
fn names_person(part: &str) -> bool {
    part.split(|c: char| !(c.is_alphabetic() || c == '-')).any(|word| {
        let lower = word.to_lowercase();
        word.starts_with(char::is_uppercase)
            && lists().of(&lower).first()
            && !lists().of(&lower).ordinary()
    })
}

fn names_institution(text: &str) -> bool {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '/'));
    words.filter(|word| word.len() > 2).any(|word| {
        let word = word.strip_suffix('s').filter(|_| word.len() > 6).unwrap_or(word);
        lists()
            .institutions
            .iter()
            .any(|ending| word == ending || (ending.len() > 3 && word.ends_with(ending.as_str())))
    })
}

fn holds(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        edge(text.get(..at).and_then(|it| it.chars().next_back()))
            && edge(text.get(at + word.len()..).and_then(|it| it.chars().next()))
    })
}
