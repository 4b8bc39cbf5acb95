//! How a clause opens that asks, by the order of its words: a wh-word and its verb, or a verb and its
//! subject.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::inquiry::phrases as say;
use crate::language::{content_stems, fold, tokens};

/// Words that name no matter: a question of these alone means nothing without what stands before.
const LIGHT: [&str; 40] = [
    "noget",
    "galt",
    "rigtigt",
    "korrekt",
    "senest",
    "muligt",
    "ok",
    "okay",
    "tilfælde",
    "problem",
    "forklaring",
    "mere",
    "stadig",
    "derfor",
    "egentlig",
    "forstået",
    "passer",
    "stemmer",
    "betyder",
    "gælder",
    "altid",
    "hjælpe",
    "i",
    "siger",
    "mener",
    "ske",
    "skyldes",
    "løses",
    "sådan",
    "situation",
    "forhold",
    "forholde",
    "vide",
    "høre",
    "gerne",
    "spørger",
    "what",
    "do",
    "we",
    "you",
];

/// How many content words a text holds that name its matter.
pub(crate) fn weight(text: &str) -> usize {
    static STEMS: LazyLock<HashSet<String>> =
        LazyLock::new(|| LIGHT.iter().flat_map(|word| tokens(word)).map(|t| t.text).collect());
    content_stems(text).iter().filter(|stem| !STEMS.contains(*stem)).count()
}

pub(crate) fn words(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    // A placeholder in the place of a name, "[[PERSON_1_ABCD]]", is one word.
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

fn word_count(text: &str) -> usize {
    words(text).count()
}

pub(crate) fn first_person(clause: &str) -> bool {
    words(clause).any(|word| matches!(fold(word).as_str(), "vi" | "jeg" | "os" | "we"))
}

/// A clause without the words and marks that join it to the one before.
pub(crate) fn bare(clause: &str) -> &str {
    let clause = clause.trim_start_matches(['"', '”', '»', '\'', '“']);
    say::JOINING.find(clause).and_then(|found| clause.get(found.end()..)).unwrap_or(clause).trim()
}

/// The same without adverbs that a statement may open with.
pub(crate) fn without_adverb(bare: &str) -> &str {
    say::ADDING.find(bare).and_then(|found| bare.get(found.end()..)).unwrap_or(bare)
}

/// Whether a clause opens as only a direct question does: "hvad er status", not "hvad der mangler".
pub(crate) fn asks_directly(clause: &str) -> bool {
    let clause = without_adverb(bare(clause));
    direct_interrogative(clause) && verb_at_once(clause)
}

/// The same, or as a question for yes or no.
pub(crate) fn asks_itself(clause: &str) -> bool {
    asks_directly(clause) || verb_first(bare(clause), false)
}

/// Whether a verb that questions open with stands in the text.
pub(crate) fn has_verb(text: &str) -> bool {
    // Behind other words, "ved" is a preposition: "sats ved 60 timer".
    let verb = |(at, word): (usize, &str)| {
        say::FIRST_VERB.is_match(word) && !(at > 0 && fold(word) == "ved")
    };
    words(text).enumerate().any(verb)
}

/// Words that end as a verb in the present does, and are none.
const NO_VERBS: [&str; 5] = ["eller", "efter", "under", "ellers", "andres"];

/// Whether a word has the form of a verb in the present: "lander", "udbetales".
fn is_present(word: &str) -> bool {
    /// Shorter words of that form are no verbs, or are known.
    const CHARS_MIN: usize = 5;
    word.chars().count() >= CHARS_MIN
        && (word.ends_with("er") || word.ends_with("es"))
        && !NO_VERBS.contains(&fold(word).as_str())
}

/// Whether the clause begins with a verb and its subject.
pub(crate) fn verb_first(clause: &str, marked: bool) -> bool {
    let Some(verb) = words(clause).next() else { return false };
    let Some(rest) = clause.get(verb.len()..) else { return false };
    let (subject, known) = (rest.trim_start(), say::FIRST_VERB.is_match(verb));
    let person = say::PERSON.is_match(subject) && !say::PREPOSITION_I.is_match(subject);
    if !marked {
        let thing = say::THING.is_match(subject)
            && ["er", "kan", "skal", "må", "bliver"].contains(&fold(verb).as_str());
        // "Er Ole på den rigtige overenskomst"; but "Er systemet nede, ringer I".
        let named = words(subject).next().is_some_and(|word| {
            word.starts_with(char::is_uppercase)
                && (word.chars().skip(1).all(char::is_lowercase) || word.contains('_'))
        });
        return say::MODAL.is_match(clause)
            && (person || thing || named && word_count(subject) > 1)
            && !say::CONDITION.is_match(clause);
    }
    // "udbetaler I", "sendes de"; but "eller vi", "hvis I".
    let noun = words(subject).next().is_some_and(|word| {
        word.starts_with(char::is_uppercase)
            || ["en", "et", "ne", "erne", "ens"].iter().any(|end| word.ends_with(end))
                && word.chars().count() > 4
    });
    known && (person || say::THING.is_match(subject) || noun) || is_present(verb) && person
}

/// Whether a line of a note or a list begins with a verb and a noun, as only questions do:
/// "skal timerne skrives som 22:12", "skal fleksjobrefusion i portalen".
pub(crate) fn modal_first(clause: &str) -> bool {
    let mut words = words(clause);
    let (verb, noun) = (words.next().map(fold), words.next());
    let asks = verb.is_some_and(|verb| ["skal", "må", "kan", "bliver"].contains(&verb.as_str()));
    let is_noun = |noun: &str| {
        noun.chars().count() > 4
            && noun.chars().all(char::is_alphabetic)
            && !["bruge", "ikke", "gerne", "også", "derfor", "måske"].contains(&fold(noun).as_str())
            && !noun.ends_with("es")
    };
    asks && noun.is_some_and(is_noun) && !say::CONDITION.is_match(clause)
}

/// Whether a line opens with a verb in the present and a pronoun behind it, as only questions do:
/// "udløber de", "stopper de selv"; "får hun ikke svar, ringer hun" puts a condition.
pub(crate) fn present_with_subject(clause: &str) -> bool {
    let mut words = words(clause).map(fold);
    let (Some(verb), Some(subject)) = (words.next(), words.next()) else { return false };
    let known = verb.chars().count() > 2 && verb != "ved" && say::FIRST_VERB.is_match(&verb);
    (known || is_present(&verb))
        && ["de", "den", "det", "han", "hun", "vi", "man", "jeg"].contains(&subject.as_str())
        && !say::CONDITION.is_match(clause)
        && !clause.contains(", ")
}

/// Whether the clause begins with a wh-word and its verb comes before its subject:
/// "hvornår lukker I", not "hvornår I lukker".
pub(crate) fn direct_interrogative(clause: &str) -> bool {
    if present_at_once(clause) {
        return true;
    }
    let Some(found) = say::INTERROGATIVE.find(clause) else { return false };
    let after = clause.get(found.end()..).unwrap_or_default();
    let mut next = words(after).take(3);
    let verb = next.find(|word| {
        let subject = say::PERSON.is_match(word) || say::THING.is_match(word);
        subject || say::FIRST_VERB.is_match(word)
    });
    verb.is_some_and(|word| say::FIRST_VERB.is_match(word)) && !say::RELATIVE.is_match(clause)
}

/// Whether a verb in the present follows the wh-word at once: "hvor lander differencen".
fn present_at_once(clause: &str) -> bool {
    let mut words = words(clause).map(fold);
    let (Some(asking), Some(verb)) = (words.next(), words.next()) else { return false };
    ["hvor", "hvornår", "hvordan", "hvorfor", "hvem", "hvad"].contains(&asking.as_str())
        && is_present(&verb)
        && words.next().is_some()
}

/// Whether the verb follows the wh-word at once, as it does only in a main clause.
pub(crate) fn verb_at_once(clause: &str) -> bool {
    if present_at_once(clause) {
        return true;
    }
    let after = say::INTERROGATIVE.find(clause).and_then(|found| clause.get(found.end()..));
    let next = after.and_then(|after| words(after).next());
    next.is_some_and(|word| say::FIRST_VERB.is_match(word)) || verb_first(clause, false)
}

/// Whether the words open as a question does, wherever it ends.
pub(crate) fn opens(clause: &str) -> bool {
    let clause = bare(clause);
    say::INTERROGATIVE.is_match(clause) || verb_first(clause, true)
}

/// A word or three without a verb: "og hvornår senest?".
pub(crate) fn elliptic(clause: &str) -> bool {
    /// Longer clauses stand by themselves.
    const WORDS_MAX: usize = 3;
    let clause = without_adverb(bare(clause));
    let first = clause.split([',', '?', '.', ';']).next().unwrap_or_default();
    say::INTERROGATIVE.is_match(clause)
        && words(first).count() <= WORDS_MAX
        && !words(first).any(|word| say::FIRST_VERB.is_match(word))
        && !present_first(first)
}

/// Whether a verb and its subject follow the wh-word, by their form: "hvem flytter det".
fn present_first(clause: &str) -> bool {
    let mut next = words(clause);
    let asking = next.next().map(fold);
    next.next().is_some_and(is_present)
        && next.next().map_or(
            // "hvem indberetter" is whole; "hvornår udbetales" is not.
            asking.is_some_and(|word| word == "hvem"),
            |word| say::PERSON.is_match(word) || say::THING.is_match(word),
        )
}

/// Whether a wh-word with a verb at once behind it stands within the words.
pub(crate) fn inner_question(sentence: &str) -> bool {
    let starts = sentence.match_indices(' ').filter_map(|(at, _)| sentence.get(at + 1..));
    let mut asking = starts.filter(|rest| say::INTERROGATIVE.is_match(rest));
    asking.any(|rest| {
        direct_interrogative(rest)
            || present_first(rest)
            || elliptic_end(rest)
            || rest.starts_with("hv ")
            || rest.starts_with("hv. ")
    }) || inner_verb_first(sentence)
}

/// Whether the words are the end of a note that asks without a verb: "hvornår senest til os".
fn elliptic_end(rest: &str) -> bool {
    /// More words are a clause, and have a verb.
    const WORDS_MAX: usize = 4;
    words(rest).count() <= WORDS_MAX && !has_verb(rest) && !say::RELATIVE.is_match(rest)
}

/// Whether a verb and its subject stand within the words as only a question has them: "chefen er
/// syg kan vi ikke bare godkende".
fn inner_verb_first(sentence: &str) -> bool {
    let words: Vec<&str> = words(sentence).collect();
    words.windows(3).any(|three| {
        let [before, verb, subject] = three else { return false };
        turns_to_ask(before, verb, subject)
    })
}

/// Whether a verb and its subject open a question behind a word: "har osse brækket fingeren tæller
/// det med"; but "så gælder det" tells.
pub(crate) fn turns_to_ask(before: &str, verb: &str, subject: &str) -> bool {
    let (before, verb, subject) = (fold(before), fold(verb), fold(subject));
    let person = ["vi", "de", "jeg", "han", "hun", "i"].contains(&subject.as_str());
    let thing = ["det", "den"].contains(&subject.as_str());
    (["kan", "skal", "må", "får"].contains(&verb.as_str()) && person
        || ["tæller", "gælder", "hører", "ryger"].contains(&verb.as_str()) && thing)
        && !["så", "og", "men", "derfor", "nu", "da", "her", "i", "det", "der", "eller"]
            .contains(&before.as_str())
}
