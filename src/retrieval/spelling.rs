//! Words that stand in no source, and what was meant: "did you mean".

use serde::{Deserialize, Serialize};

use crate::index::Snapshot;
use crate::language::{fold, lexicon, stem, tokens};
use crate::terms::Scope;

/// A word of fewer letters is left as it is written: too many others are near it.
const WORD_CHARS_MIN: usize = 4;
/// From this many letters on two slips are seen through, below it one.
const LONG_WORD_CHARS: usize = 8;
/// Words of one query that are corrected.
const CORRECTIONS_MAX: usize = 5;

/// A word that stands nowhere, and the word of the sources that was searched for instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Correction {
    /// The word as it was written.
    pub written: String,
    /// The word that sources have.
    pub meant: String,
}

/// The query with its misspelt words put right by the words that the scope may see.
pub(crate) fn corrected(
    snapshot: &Snapshot,
    scope: &Scope,
    text: &str,
) -> (String, Vec<Correction>) {
    let mut corrections: Vec<Correction> = Vec::new();
    let mut corrected = String::with_capacity(text.len());
    let mut at = 0;
    for token in tokens(text) {
        let Some(written) = text.get(token.range.clone()) else { continue };
        if token.range.start < at || corrections.len() == CORRECTIONS_MAX {
            continue;
        }
        // A capital within a text is a name, or letters of an abbreviation.
        let is_name = written.chars().any(char::is_uppercase) && token.position > 0
            || written.chars().skip(1).any(char::is_uppercase);
        if is_name || !is_unknown(snapshot, scope, written) {
            continue;
        }
        let word = fold(written);
        let slips = if word.chars().count() < LONG_WORD_CHARS { 1 } else { 2 };
        if let Some(meant) = snapshot.word_near(scope, &word, slips) {
            corrected.push_str(text.get(at..token.range.start).unwrap_or_default());
            corrected.push_str(&meant);
            at = token.range.end;
            corrections.push(Correction { written: written.to_owned(), meant });
        }
    }
    corrected.push_str(text.get(at..).unwrap_or_default());
    (corrected, corrections)
}

/// Whether a word of letters stands nowhere that the scope may see, neither whole nor in parts,
/// and no list of the program knows it.
fn is_unknown(snapshot: &Snapshot, scope: &Scope, written: &str) -> bool {
    let word = fold(written);
    word.chars().count() >= WORD_CHARS_MIN
        && word.chars().all(char::is_alphabetic)
        && !lexicon().is_stop_word(&word)
        && !snapshot.stands(scope, &stem(&word))
        && snapshot.parts_of(&word).is_empty()
        && lexicon().terms_in(written).is_empty()
}
