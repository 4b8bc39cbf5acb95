//! The kind of value that alone answers a question: "hvor mange dage" is not answered by a date.

use std::sync::LazyLock;

use regex::Regex;

use crate::language::{ValueKind, quick_wording, stem, tokens, values, wording};

/// A value that an answer must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Demand {
    /// A share: "hvor mange procent".
    Percent,
    /// An amount or a rate: "hvad er satsen".
    Amount,
    /// A length of time, in this unit where one is named: "hvor mange år", "hvor længe".
    Duration(Option<Unit>),
    /// A number of these things, by their stem: "hvor mange linjer".
    Count(String),
    /// A time of day: "hvad er jeres telefontid".
    Clock,
    /// Any figure: "hvilken sats".
    Figure,
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// The units, each with the beginnings of its words; the longer ones first.
const UNITS: [(Unit, &[&str]); 6] = [
    (Unit::Minute, &["minut"]),
    (Unit::Hour, &["time", "timer"]),
    (Unit::Day, &["dage", "dag", "arbejdsdag", "kalenderdag", "feriedag", "hverdag", "bankdag"]),
    (Unit::Week, &["uge", "uger"]),
    (Unit::Month, &["måned", "mdr", "md"]),
    (Unit::Year, &["år"]),
];

/// Numbers that texts write as words.
const NUMBER_WORDS: [&str; 15] = [
    "en", "én", "et", "ét", "to", "tre", "fire", "fem", "seks", "syv", "otte", "ni", "ti", "tolv",
    "halv",
];

struct Patterns {
    percent: Option<Regex>,
    amount: Option<Regex>,
    long: Option<Regex>,
    many: Option<Regex>,
    clock: Option<Regex>,
    /// Hours written without a word: "9.00-15.00", "9-15".
    span: Option<Regex>,
    figure: Option<Regex>,
    /// Another question in the same words.
    several: Option<Regex>,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    Patterns {
    percent: wording(r"\b(hvor mange (procent|pct|%)|hvor (stor|mange) en andel|hvor stor en del|hvilken procent\w*|hvad er (så )?procent\w*|procentsats\w*)\b").ok(),
    amount: wording(r"\b(hvor (stort|højt|stor|høj) (er|bliver|et|må) [^?]{0,40}\b(beløb\w*|sats\w*|takst\w*|gratiale\w*|honorar\w*|tillæg\w*)|hvor (stort|højt) (et )?beløb|hvor (stor|høj) \w*(satsen|taksten|prisen)|hvad (er|bliver) (den nye |det |den )?(\w*satsen|sats|\w*taksten|takst|prisen|pris|beløbet|timesats)|hvad (den |det )?(nye |aktuelle )?(beløbet|satsen|taksten|prisen) (er|bliver)|hvad (\w+ ){0,3}kost(e|er|ede)|hvor mange (kroner|kr)|i kroner)\b").ok(),
    long: quick_wording(r"\bhvor (længe|lang tid)\b").ok(),
    many: Regex::new(r"(?i)\b(?:hvor|hv\.?) mange (?:af (?:\d+ )?(?:(?:de|disse|mine|vores|jeres|hans|hendes|deres) )?)?(\p{L}+)").ok(),
    several: wording(r"\w\W+\b(og|samt|eller),? (\w+ )?(hvornår|hvordan|hvad|hvem|hvor|hvilke[nt]?|hv\.?|sidste frist|kan|skal|må)\b").ok(),
    span: Regex::new(r"\b\d{1,2}(?:[.:]\d{2})? ?[-–] ?\d{1,2}(?:[.:]\d{2})?\b").ok(),
    clock: wording(r"\b(telefontid\w*|åbningstid\w*|lukketid\w*|hvad tid åbner|hvad tid lukker)\b").ok(),
    figure: wording(r"\b(hvilken (sats|takst|pris)|timesats\w*|hvad er satsen)\b").ok(),
}
});

static YEAR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let before = "i|for|fra|til|siden|år|året|januar|februar|marts|april|maj|juni|juli|august|september|oktober|november|december";
    Regex::new(&format!(r"(?i)(?:(?-u:\b)(?:{before}) |\d[./-])((?:19|20)\d\d)(?-u:\b)")).ok()
});

/// What value a question demands; none where words may answer, or may answer a part of it.
pub(crate) fn demand(question: &str) -> Option<Demand> {
    let several = PATTERNS.several.as_ref().is_some_and(|several| several.is_match(question));
    sole(question).map(|demand| if several { Demand::Figure } else { demand })
}

fn sole(question: &str) -> Option<Demand> {
    let fits = |pattern: &Option<Regex>| pattern.as_ref().is_some_and(|p| p.is_match(question));
    if fits(&PATTERNS.percent) {
        return Some(Demand::Percent);
    }
    if fits(&PATTERNS.amount) {
        return Some(Demand::Amount);
    }
    if fits(&PATTERNS.long) {
        return Some(Demand::Duration(None));
    }
    if let Some(noun) = PATTERNS.many.as_ref().and_then(|many| many.captures(question)?.get(1)) {
        let noun = noun.as_str().to_lowercase();
        // "Hvor mange af dem" counts what was named before.
        if noun == "dem" {
            return None;
        }
        return Some(match unit_of(&noun) {
            Some(unit) => Demand::Duration(Some(unit)),
            None => Demand::Count(stem(&noun)),
        });
    }
    if fits(&PATTERNS.clock) {
        return Some(Demand::Clock);
    }
    fits(&PATTERNS.figure).then_some(Demand::Figure)
}

impl Demand {
    /// Whether a sentence holds such a value.
    pub(crate) fn is_met(&self, sentence: &str) -> bool {
        let has = |wanted: &[ValueKind]| {
            values(sentence).iter().any(|value| wanted.contains(&value.kind))
        };
        match self {
            Self::Percent => has(&[ValueKind::Percent]),
            Self::Amount => has(&[ValueKind::Amount, ValueKind::Percent]),
            Self::Clock => {
                let spans = PATTERNS.span.as_ref().is_some_and(|span| span.is_match(sentence));
                spans || has(&[ValueKind::Time])
            }
            Self::Figure => sentence.bytes().any(|byte| byte.is_ascii_digit()),
            Self::Duration(unit) => {
                let fits = |found: Unit| unit.is_none_or(|unit| unit == found);
                // "Hvor længe varer ordningen" is answered by its last day.
                unit.is_none() && has(&[ValueKind::Date])
                    || after_numbers(sentence).any(|word| unit_of(&word).is_some_and(fits))
            }
            Self::Count(noun) => after_numbers(sentence).any(|word| {
                let word = stem(&word);
                word == *noun || word.ends_with(noun.as_str())
            }),
        }
    }
}

/// Whether a sentence may hold the value of the year that a question names: it names that year,
/// or none.
pub(crate) fn is_of_year(question: &str, sentence: &str) -> bool {
    let asked: Vec<&str> = years(question).collect();
    asked.is_empty()
        || years(sentence).next().is_none()
        || years(sentence).any(|year| asked.contains(&year))
}

/// The years of a text: four digits behind a month, a day, or a word that comes before a year.
fn years(text: &str) -> impl Iterator<Item = &str> {
    let found = YEAR.iter().flat_map(move |year| year.captures_iter(text));
    found.filter_map(|year| year.get(1).map(|year| year.as_str()))
}

fn unit_of(word: &str) -> Option<Unit> {
    let opens = |beginnings: &&[&str]| beginnings.iter().any(|begin| word.starts_with(begin));
    // "årsag" and "timeløn" are no lengths of time.
    let short = word.chars().count() <= 12 && !word.starts_with("årsa") && !word.contains("løn");
    UNITS.iter().find(|(_, words)| short && opens(words)).map(|(unit, _)| *unit)
}

/// The words that follow upon a number at once or with a word between, in lower case.
fn after_numbers(sentence: &str) -> impl Iterator<Item = String> {
    let words: Vec<String> =
        tokens(sentence).into_iter().map(|token| token.text.to_lowercase()).collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let digits = word.bytes().any(|byte| byte.is_ascii_digit());
        if digits || NUMBER_WORDS.contains(&word.as_str()) {
            found.extend(words.iter().skip(at + 1).take(2).cloned());
        }
    }
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(question: &str, yes: &[&str], no: &[&str]) {
        let demand = demand(question).expect(question);
        for sentence in yes {
            assert!(demand.is_met(sentence), "{demand:?} should be met by: {sentence}");
        }
        for sentence in no {
            assert!(!demand.is_met(sentence), "{demand:?} should not be met by: {sentence}");
        }
    }

    #[test]
    fn a_length_of_time_needs_its_unit() {
        check(
            "Hvor mange år bliver lønsedlerne liggende?",
            &["Lønsedler gemmes i 5 år.", "De ligger der i fem hele år."],
            &["Lønsedlen ses omkring 4 dage inden dispositionsdatoen.", "3 årsager er kendt."],
        );
        check(
            "Hvor længe kan vi se lukkede sager?",
            &["De kan ses i 30 dage.", "Sager kan ses i tre måneder."],
            &["Serviceportalen viser sager, som brugeren selv har oprettet."],
        );
    }

    #[test]
    fn a_number_of_things_names_them() {
        check(
            "Hvor mange linjer må der være i én fil?",
            &["En fil må højst have 200 linjer."],
            &["Skabelonen fra 2024 afvises."],
        );
        assert_eq!(demand("Hvor mange procent skal der lægges på?"), Some(Demand::Percent));
    }

    #[test]
    fn the_value_of_another_year_answers_nothing() {
        let asked = "Hvad er taksten pr. time i 2026?";
        assert!(!is_of_year(asked, "For 2022 var taksten 78 kr."));
        assert!(is_of_year(asked, "Taksten er 81 kr.") && is_of_year(asked, "I 2026: 81 kr."));
        assert!(is_of_year("Hvad er taksten?", "For 2022 var taksten 78 kr."));
        let asked = "Hvad er satsen for løndel 2000?";
        assert!(is_of_year(asked, "I 2026 er satsen 3 pct."), "a code is no year");
        assert!(is_of_year("Hvad var den i 2026?", "Løndel 2000 har satsen 3 pct."));
        assert!(!is_of_year("Hvad var den i 2026?", "Pr. 1. oktober 2023 var den 3 pct."));
    }

    #[test]
    fn a_word_before_the_question_is_no_second_one() {
        let asked = "Og hvor mange timer får man for at censurere?";
        assert_eq!(demand(asked), Some(Demand::Duration(Some(Unit::Hour))));
        assert_eq!(demand("Hvor længe varer det, og hvem betaler?"), Some(Demand::Figure));
        check(
            "Hvad er jeres telefontid?",
            &["Der er åbent kl. 9.00.", "Telefonen er åben mandag 9-15."],
            &["LG 01 er kørt."],
        );
        assert_eq!(
            demand("Hvor mange af timerne er dækket?"),
            Some(Demand::Duration(Some(Unit::Hour)))
        );
        assert_eq!(demand("Hvor mange af dem kan hun få?"), None);
        assert_eq!(demand("Hvad gør vi, når beløbet er forkert?"), None);
        check("Hvad ville det koste os?", &["Det koster 40 kr."], &["Opgaven lægges over til os."]);
    }

    #[test]
    fn rates_and_amounts_are_figures_of_money() {
        check(
            "Hvad er den nye sats for PKAT 121?",
            &["Satsen er 212,40 kr. i timen."],
            &["Overenskomsten for PKAT 121 afgør, hvilke satser der gælder."],
        );
        assert_eq!(demand("Hvad er fristen for honorarer?"), None);
        assert_eq!(demand("Hvem godkender merarbejdet?"), None);
    }
}
