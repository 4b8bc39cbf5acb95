//! What a person changed of a reply, word for word.

use serde::{Deserialize, Serialize};
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// More words and signs than both texts together have in any letter; beyond it what lies between
/// the common beginning and the common end counts as one change, so that no text takes long.
const PIECES_MAX: usize = 8_000;

/// What became of a piece of text.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It stands in both texts.
    Kept,
    /// It stands only in the text after.
    Added,
    /// It stands only in the text before.
    Removed,
}

/// A piece of text, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Change {
    /// What became of it.
    pub kind: ChangeKind,
    /// The text, with its spaces and line breaks.
    pub text: String,
}

/// The changes that turn one text into the other, by whole words; at one place what was removed
/// stands before what was added.
pub fn diff(before: &str, after: &str) -> Vec<Change> {
    let (old, new) = (pieces(before), pieces(after));
    let mut changes = Changes::default();
    for op in operations(&old, &new) {
        let (_, old_range, new_range) = op.as_tag_tuple();
        let removed = old.get(old_range).unwrap_or_default();
        let added = new.get(new_range).unwrap_or_default();
        match op {
            DiffOp::Equal { .. } => changes.keep(removed),
            _ => changes.replace(removed, added),
        }
    }
    changes.finish()
}

/// The text before the changes.
pub fn before(changes: &[Change]) -> String {
    without(changes, ChangeKind::Added)
}

/// The text after the changes.
pub fn after(changes: &[Change]) -> String {
    without(changes, ChangeKind::Removed)
}

/// How much of a text was changed, from 0 (nothing) to 1 (no word is left), by words.
pub fn share_changed(changes: &[Change]) -> f64 {
    let words = |kind: ChangeKind| -> usize {
        let texts = changes.iter().filter(|change| change.kind == kind);
        texts.flat_map(|change| pieces(&change.text)).filter(|piece| is_word(piece)).count()
    };
    let kept = words(ChangeKind::Kept);
    let new_or_gone = words(ChangeKind::Added) + words(ChangeKind::Removed);
    let all = 2 * kept + new_or_gone;
    if all == 0 { 0.0 } else { new_or_gone as f64 / all as f64 }
}

fn without(changes: &[Change], kind: ChangeKind) -> String {
    changes.iter().filter(|change| change.kind != kind).map(|it| it.text.as_str()).collect()
}

fn is_word(piece: &str) -> bool {
    piece.chars().any(char::is_alphanumeric)
}

/// A text as words, signs around them, and spaces; joined they are the text.
pub(crate) fn pieces(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if first == '\n' {
            1
        } else if first.is_whitespace() {
            rest.find(|c: char| !c.is_whitespace() || c == '\n').unwrap_or(rest.len())
        } else if first.is_alphanumeric() {
            // "70.000" and "kl. 12:00" are read whole, "dage." is a word and a sign.
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            let run = rest.get(..end).unwrap_or(rest);
            run.trim_end_matches(|c: char| !c.is_alphanumeric()).len()
        } else {
            first.len_utf8()
        };
        let (piece, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        found.push(piece);
        rest = after;
    }
    found
}

/// The operations of the diff, over pieces.
fn operations(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let ends = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let ends = ends.min(old.len() - start).min(new.len() - start);
    let (old_len, new_len) = (old.len() - start - ends, new.len() - start - ends);
    if old_len + new_len <= PIECES_MAX {
        return capture_diff_slices(Algorithm::Myers, old, new);
    }
    vec![
        DiffOp::Equal { old_index: 0, new_index: 0, len: start },
        DiffOp::Replace { old_index: start, old_len, new_index: start, new_len },
        DiffOp::Equal { old_index: start + old_len, new_index: start + new_len, len: ends },
    ]
}

/// Changes as they are put together: single spaces between changed words change with them, so
/// that a reader sees phrases instead of crumbs.
#[derive(Default)]
struct Changes {
    done: Vec<Change>,
    removed: String,
    added: String,
    /// What is kept behind the open change, while it may yet be a part of it.
    spaces: String,
}

impl Changes {
    fn keep(&mut self, pieces: &[&str]) {
        let open = !(self.removed.is_empty() && self.added.is_empty());
        if open && pieces.iter().all(|piece| *piece == " ") {
            self.spaces.extend(pieces.iter().copied());
            return;
        }
        self.close();
        self.push(ChangeKind::Kept, pieces.concat());
    }

    fn replace(&mut self, removed: &[&str], added: &[&str]) {
        let spaces = std::mem::take(&mut self.spaces);
        self.removed.push_str(&spaces);
        self.added.push_str(&spaces);
        self.removed.extend(removed.iter().copied());
        self.added.extend(added.iter().copied());
    }

    fn close(&mut self) {
        let (removed, added) = (std::mem::take(&mut self.removed), std::mem::take(&mut self.added));
        self.push(ChangeKind::Removed, removed);
        self.push(ChangeKind::Added, added);
        let spaces = std::mem::take(&mut self.spaces);
        self.push(ChangeKind::Kept, spaces);
    }

    fn push(&mut self, kind: ChangeKind, text: String) {
        match self.done.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.kind == kind => last.text.push_str(&text),
            _ => self.done.push(Change { kind, text }),
        }
    }

    fn finish(mut self) -> Vec<Change> {
        self.close();
        self.done
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(old: &str, new: &str, expected: &[(&str, &str)]) {
        let changes = diff(old, new);
        let found: Vec<(&str, &str)> = changes
            .iter()
            .map(|change| {
                let sign = match change.kind {
                    ChangeKind::Kept => "=",
                    ChangeKind::Added => "+",
                    ChangeKind::Removed => "-",
                };
                (sign, change.text.as_str())
            })
            .collect();
        assert_eq!(found, expected);
        assert_eq!((before(&changes).as_str(), after(&changes).as_str()), (old, new));
    }

    #[test]
    fn whole_words_change() {
        check("ens", "ens", &[("=", "ens")]);
        check("", "", &[]);
        check(
            "Fristen er 28 dage.",
            "Fristen er 30 dage.",
            &[("=", "Fristen er "), ("-", "28"), ("+", "30"), ("=", " dage.")],
        );
        check(
            "beløbet er 70.000 kr.",
            "beløbet er 75.000 kr.",
            &[("=", "beløbet er "), ("-", "70.000"), ("+", "75.000"), ("=", " kr.")],
        );
        check(
            "løn på tirsdag",
            "løn pålægges tirsdag",
            &[("=", "løn "), ("-", "på"), ("+", "pålægges"), ("=", " tirsdag")],
        );
        check("en to tre", "fire fem tre", &[("-", "en to"), ("+", "fire fem"), ("=", " tre")]);
        check("a\n\nb", "a\n\nb\n\nc", &[("=", "a\n\nb"), ("+", "\n\nc")]);
    }

    #[test]
    fn how_much_was_changed_is_a_share() {
        let share = |old: &str, new: &str| share_changed(&diff(old, new));
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(near(share("en to tre", "en to tre"), 0.0));
        assert!(near(share("en to tre", "fire fem seks"), 1.0));
        assert!(near(share("en to", "en tre"), 0.5));
        assert!(near(share("", ""), 0.0));
        assert!(near(share("en", ""), 1.0));
    }

    #[test]
    fn a_text_longer_than_any_letter_is_one_change() {
        let words = |word: &str| vec![word; PIECES_MAX].join(" ");
        let (old, new) =
            (format!("Hej. {} Hilsen", words("en")), format!("Hej. {} Hilsen", words("to")));
        let changes = diff(&old, &new);
        assert_eq!(changes.len(), 4);
        assert_eq!((before(&changes), after(&changes)), (old, new));
    }

    proptest! {
        #[test]
        fn both_texts_are_given_back_exactly(
            old in "[a-cæøå ,.\n0-9]{0,60}",
            new in "[a-cæøå ,.\n0-9]{0,60}",
        ) {
            let changes = diff(&old, &new);
            prop_assert_eq!(before(&changes), old.clone());
            prop_assert_eq!(after(&changes), new.clone());
            let share = share_changed(&changes);
            prop_assert!((0.0..=1.0).contains(&share));
            prop_assert_eq!(diff(&old, &old).iter().any(|it| it.kind != ChangeKind::Kept), false);
        }

        #[test]
        fn any_text_is_given_back_exactly(old in any::<String>(), new in any::<String>()) {
            let changes = diff(&old, &new);
            prop_assert_eq!(before(&changes), old);
            prop_assert_eq!(after(&changes), new);
        }
    }
}
