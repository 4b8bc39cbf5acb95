//! Danish text: sentences, words, and the numbers, dates and codes that stand in it.
//!
//! Takes: plain text.
//! Gives: sentence ranges, [`Token`]s for the index, [`Value`]s for the check, the [`Lexicon`].
//! Never: drops a word that turns a rule around, or tears a code apart.

mod steps;
mod patterns;
mod instructions;
mod lexicon;
mod compounds;
mod sentences;
mod values;
mod lix;
mod dates;
mod forms;
mod words;
mod stems;

pub(crate) use compounds::split_by;
pub use dates::{DATE, Written, nearest};
pub use instructions::{instructs, instructs_in_mail};
pub use lexicon::{Lexicon, Term, lexicon};
pub use lix::lix;
pub use patterns::{pattern, quick_wording, wording};
pub use sentences::sentences;
pub use stems::Stems;
pub(crate) use steps::steps;
pub use steps::{Steps, analyser, choose_steps};
pub use values::{Value, ValueKind, values};
pub(crate) use words::mark_of;
pub use words::{
    Token, compound_tokens, content_stems, fold, parts_of, stem, tokens, written_tokens,
};
