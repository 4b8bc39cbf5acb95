//! What the form of a sentence and of a question says: whether the one can stand in a letter at all,
//! and whether it suits the kind of answer that the other wants.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::language::{ValueKind, quick_wording, values, wording};
use crate::privacy;
use crate::retrieval::{Hit, sentence_ranges};
use crate::sources::Kind;
use crate::terms::Audience;

/// A sentence of fewer words is a scrap, not an answer.
const SENTENCE_WORDS_MIN: usize = 4;
/// A sentence of more words is a paragraph that lost its full stops.
const SENTENCE_WORDS_MAX: usize = 60;
/// What a row of a table counts beside a sentence: it is exact, but no sentence of a letter.
const ROW_SHARE: f32 = 0.9;
/// What a line without a full stop counts beside a sentence: a slide's heading says little.
const FRAGMENT_SHARE: f32 = 0.8;

/// What other pages may reach beside a routing page that decides the outcome.
const ROUTING_LEAD: f32 = 0.85;

/// What kind of answer a question wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    When,
    HowMuch,
    Who,
    How,
    Whether,
    Which,
    Other,
}

static WANTED: LazyLock<Vec<(Wanted, Option<Regex>)>> = LazyLock::new(|| {
    let pattern = |text: &str| quick_wording(text).ok();
    vec![
        (
            Wanted::When,
            pattern(r"\b(hvornår|frist|fristen|senest|hvor længe|hvilken dato|hvilken dag)\b"),
        ),
        (
            Wanted::HowMuch,
            pattern(
                r"\b(hvor (meget|mange|stor|stort|højt|lang|langt)|beløb|grænse\w*|takst|sats|procent|pct)\b",
            ),
        ),
        (Wanted::Who, pattern(r"\b(hvem|hos hvem|skal (vi|I)|gør I|eller skal)\b")),
        (Wanted::Which, pattern(r"\b(hvilken|hvilket|hvilke)\b")),
        (Wanted::How, pattern(r"\b(hvordan|hvad skal vi|hvad gør)\b")),
        (
            Wanted::Whether,
            pattern(r"^\W*(kan|må|skal|er|bliver|får|har|gælder|udbetal\w*|læser|vil)(\s|$)"),
        ),
    ]
});

/// What kind of answer a question wants.
pub(crate) fn wanted(question: &str) -> Wanted {
    let fits = |pattern: &Option<Regex>| pattern.as_ref().is_some_and(|p| p.is_match(question));
    WANTED.iter().find(|(_, pattern)| fits(pattern)).map_or(Wanted::Other, |(kind, _)| *kind)
}

/// Whether a page that sends the customer elsewhere fits clearly better than all others.
pub(crate) fn routes(hits: &[Hit]) -> bool {
    let routing = hits
        .first()
        .filter(|hit| hit.kind == Kind::RetteSted && hit.audience == Audience::Customer);
    let other = hits.iter().find(|hit| hit.kind != Kind::RetteSted);
    routing.is_some_and(|best| other.is_none_or(|other| other.score < best.score * ROUTING_LEAD))
}

/// The first sentences of a page that sends the customer elsewhere, as far as they may be quoted.
pub(crate) fn routing_sentences(hit: &Hit, most: usize) -> Vec<Range<usize>> {
    let may_stand = |text: &str| {
        text.split_whitespace().count() >= SENTENCE_WORDS_MIN && privacy::find(text).is_empty()
    };
    if hit.audience != Audience::Customer {
        return Vec::new();
    }
    let ranges = sentence_ranges(&hit.text).into_iter();
    ranges.filter(|range| hit.text.get(range.clone()).is_some_and(may_stand)).take(most).collect()
}

/// Whether a hit may support a sentence of the reply at all.
pub(crate) fn quotable(hit: &Hit) -> bool {
    hit.audience == Audience::Customer && hit.kind != Kind::RetteSted && !is_empty_chapter(hit)
}

/// "Ikke aftalt - standard gælder": the drejebog leaves the matter to the guide.
pub(crate) fn is_empty_chapter(hit: &Hit) -> bool {
    hit.kind == Kind::Drejebog && hit.text.trim_start().to_lowercase().starts_with("ikke aftalt")
}

/// Words of a sentence that tells the caseworker how to answer.
const FOR_CASEWORKERS: [&str; 4] =
    ["før kunden får svar", "før institutionen får svar", "svaret til kunden", "svar kunden"];
/// A sentence whose matter must be looked up tells the caseworker so; one that says something else
/// before it ("...; det kræver opslag i sagen") speaks to the customer too.
const LOOKUPS: [&str; 2] = ["kræver opslag", "kræver et opslag"];

/// A sentence that says what its page is for answers nothing, nor does the caption of a picture.
static ABOUT_ITSELF: LazyLock<Option<Regex>> = LazyLock::new(|| {
    wording(r"^\W*(i denne (bruger)?vejledning|denne (vejledning|side|guide|nyhed)|bruges, når|læs mere|se også|formålet med|slå op i|svar (altid )?kunden|(skærm)?billede( \d+)?:|figur( \d+)?:)").ok()
});

/// Whether a sentence is none that a letter can quote.
pub(crate) fn is_scrap(text: &str) -> bool {
    !(SENTENCE_WORDS_MIN..=SENTENCE_WORDS_MAX).contains(&text.split_whitespace().count())
        || text.ends_with(['?', ':'])
        || FOR_CASEWORKERS.iter().any(|told| text.contains(told))
        || LOOKUPS
            .iter()
            .filter_map(|it| text.split_once(it))
            .any(|(it, _)| !it.ends_with("; det "))
        || ABOUT_ITSELF.as_ref().is_some_and(|pattern| pattern.is_match(text))
        || !privacy::find(text).is_empty()
}

/// Whether a line is neither a whole sentence nor a row of a table.
pub(crate) fn is_fragment(text: &str) -> bool {
    form_share(text) <= FRAGMENT_SHARE
}

/// Whether a line is a row of a table with more than one column: "Fravær: § 56; Frist: 28 dage".
pub(crate) fn is_row(text: &str) -> bool {
    text.contains("; ") && text.matches(": ").count() > 1 && !text.ends_with(['.', '!', '?'])
}

/// Labels that shout at a guide's reader, and say nothing in a letter.
const LABELS: [&str; 4] = ["BEMÆRK: ", "VIGTIGT: ", "OBS: ", "NB: "];

/// A quote as a letter says it: without a label, and the row of a table without its empty cells;
/// nothing where its words stand as they are.
pub(crate) fn tidied(quote: &str) -> Option<String> {
    let text = if is_row(quote) {
        let value = |cell: &str| cell.split_once(':').map(|(_, value)| value.trim().to_owned());
        let is_empty = |cell: &&str| value(cell).is_some_and(|it| ["", "-", "–"].contains(&&*it));
        let cells: Vec<&str> = quote.split("; ").filter(|cell| !is_empty(cell)).collect();
        if cells.len() > 1 { cells.join("; ") } else { quote.to_owned() }
    } else {
        LABELS.iter().find_map(|label| quote.strip_prefix(label))?.to_owned()
    };
    let mut characters = text.chars();
    let first = characters.next()?;
    // "eIndkomst" stays what it is.
    let is_name = characters.clone().next().is_some_and(char::is_uppercase);
    let capital: String = first.to_uppercase().chain(characters).collect();
    let text = if is_name { text } else { capital };
    (text != quote).then_some(text)
}

/// What the form of a line counts beside that of a whole sentence.
pub(crate) fn form_share(text: &str) -> f32 {
    if text.ends_with(['.', '!', ')', '"', '»', '\'']) {
        1.0
    } else if text.contains(": ") {
        ROW_SHARE
    } else {
        FRAGMENT_SHARE
    }
}

/// Whether a sentence's form suits the kind of answer that is wanted.
pub(crate) fn suits(wanted: Wanted, text: &str) -> bool {
    let kinds: Vec<ValueKind> = values(text).into_iter().map(|value| value.kind).collect();
    let has = |kind| kinds.contains(&kind);
    let lower = text.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    match wanted {
        Wanted::When => {
            has(ValueKind::Date)
                || has(ValueKind::Time)
                || says(&["senest", "frist", " dage", " uger", "måned", "når ", "dagligt"])
        }
        Wanted::HowMuch => {
            has(ValueKind::Amount) || has(ValueKind::Percent) || has(ValueKind::Number)
        }
        Wanted::Who => says(&["sam ", "kunden", "institutionen", "statens administration", "selv"]),
        Wanted::Which => {
            has(ValueKind::Code) || has(ValueKind::Number) || says(&["hedder", "blanket"])
        }
        Wanted::How => {
            says(&["skal ", "send", "indberet", "opret", "bestil", "brug", "vælg", "meld", "ret "])
        }
        Wanted::Whether => {
            says(&["ikke", "kun", "skal", "kan ", "må ", "altid", "aldrig", "automatisk"])
        }
        Wanted::Other => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_repeats_no_label_and_no_empty_cell() {
        let check = |quote: &str, expected: &str| {
            assert_eq!(tidied(quote).as_deref().unwrap_or(""), expected, "{quote}");
        };
        check("BEMÆRK: Fristen er kort.", "Fristen er kort.");
        check("VIGTIGT: ring altid først.", "Ring altid først.");
        check("Fristen er kort.", "");
        check("Bemærk fristen.", "");
        check(
            "opgave: honorar; SAM: -; Akademiet: taster selv",
            "Opgave: honorar; Akademiet: taster selv",
        );
        check("Løndel: 8025; Felt: dage; Bruges: ved fradrag", "");
    }
}
