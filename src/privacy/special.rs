//! Special kinds of personal data: health, union, belief, origin, sexuality, offences.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
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

/// Every word of every kind, looked for at once.
struct Words {
    all: AhoCorasick,
    kinds: Vec<Special>,
}

static WORDS: LazyLock<Option<Words>> = LazyLock::new(|| {
    let lists = &lists().special;
    let kinds = [
        (Special::Health, &lists.health),
        (Special::Union, &lists.union),
        (Special::Belief, &lists.belief),
        (Special::Origin, &lists.origin),
        (Special::Sexuality, &lists.sexuality),
        (Special::Offence, &lists.offence),
    ];
    let words = kinds.iter().flat_map(|(kind, words)| words.iter().map(|word| (*kind, word)));
    let (kinds, words): (Vec<Special>, Vec<&String>) = words.unzip();
    Some(Words { all: AhoCorasick::new(words).ok()?, kinds })
});

/// The first word of each kind.
pub(crate) fn find(normal: &Normal) -> Vec<Flag> {
    let Some(words) = WORDS.as_ref() else { return Vec::new() };
    let mut flags: Vec<Flag> = Vec::new();
    for found in words.all.find_overlapping_iter(normal.lower.as_str()) {
        let Some(kind) = words.kinds.get(found.pattern().as_usize()).copied() else { continue };
        let begins = normal.before(found.start()).is_none_or(|c| !c.is_alphanumeric());
        if begins && !flags.iter().any(|flag| flag.kind == kind) {
            flags.push(Flag { kind, range: normal.back(&found.range()) });
        }
    }
    flags.sort_by_key(|flag| flag.kind);
    flags
}
