//! Special kinds of personal data: health, union, belief, origin, sexuality, offences.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::privacy::lists::lists;
use crate::privacy::normal::Normal;

/// What a text says of somebody that the data protection regulation guards more than the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Special {
    /// Illness, pregnancy, disability, addiction.
    Health,
    /// Membership of a union.
    Union,
    /// Religion or political conviction.
    Belief,
    /// Ethnic origin.
    Origin,
    /// Sexual relations.
    Sexuality,
    /// Offences and disciplinary matters.
    Offence,
}

/// A word of a special kind, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flag {
    /// Which kind.
    pub kind: Special,
    /// Where, in bytes of the text as it came.
    pub range: Range<usize>,
}

/// The first word of each kind.
pub(crate) fn find(normal: &Normal) -> Vec<Flag> {
    let lists = &lists().special;
    let kinds = [
        (Special::Health, &lists.health),
        (Special::Union, &lists.union),
        (Special::Belief, &lists.belief),
        (Special::Origin, &lists.origin),
        (Special::Sexuality, &lists.sexuality),
        (Special::Offence, &lists.offence),
    ];
    let text = normal.lower.as_str();
    let first = |words: &[String]| {
        words
            .iter()
            .filter_map(|word| first_at(text, word).map(|at| at..at + word.len()))
            .min_by_key(|range| range.start)
    };
    let flags = kinds
        .into_iter()
        .filter_map(|(kind, words)| Some(Flag { kind, range: normal.back(&first(words)?) }));
    flags.collect()
}

/// Where a word begins with these letters.
fn first_at(text: &str, word: &str) -> Option<usize> {
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        before.is_none_or(|c| !c.is_alphanumeric())
    })
}
