//! Personal data: found, masked, and held back from leaving.
//!
//! Takes: plain text.
//! Gives: [`Detected`] with its [`Finding`]s, the text with a mark in place of each, and [`Masked`], which may leave.
//! Never: lets modulus 11 acquit a number; it was given up as a rule in 2007.

mod kinds;
mod normal;
mod lists;
mod labels;
mod digits;
mod cpr;
mod accounts;
mod contacts;
mod addresses;
mod birth;
mod words;
mod cues;
mod standing;
mod again;
mod names;
mod special;
mod detect;
mod masked;
mod key;
mod vault;
mod seal;
mod restore;
mod masker;
mod areas;
mod outbound;

pub use areas::{AREAS, Area, Instruction, Settings, Stay};
pub(crate) use detect::numbers_of;
pub use detect::{Detected, cpr_numbers, detect, find};
pub use key::MasterKey;
pub use kinds::{Finding, FindingKind};
pub(crate) use masked::contacts;
pub use masked::{Masked, marked, mask};
pub use masker::Masker;
pub(crate) use normal::is_unseen;
pub use outbound::{Guarded, Leak, Outbound};
pub use restore::Restored;
pub use seal::{SealError, Sealer};
pub use special::{Flag, Special};
pub use vault::{Role, Vault};

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(mask(text), expected);
        assert_eq!(mask(&mask(text)), mask(text), "masking twice changes nothing");
    }

    #[test]
    fn cpr_numbers_are_masked_in_every_way_of_writing() {
        check("CPR: 210300-9996.", "CPR: [CPR-nummer fjernet].");
        check("hun (2911829996) stopper", "hun ([CPR-nummer fjernet]) stopper");
        check(
            "010772 9995 og 010772 \u{2013} 9995",
            "[CPR-nummer fjernet] og [CPR-nummer fjernet]",
        );
        check("umulig dato 310255-9996", "umulig dato [CPR-nummer fjernet]");
        check("cpr 9913999996", "cpr [CPR-nummer fjernet]");
    }

    #[test]
    fn other_numbers_are_left_alone() {
        check("SAM 2405-1351 af 29-01-2024", "SAM 2405-1351 af 29-01-2024");
        check("ring 3392 9800, løndel 2913", "ring 3392 9800, løndel 2913");
        check("EAN 5798000123456", "EAN 5798000123456");
        check("beløb 70.000 kr. i 2027-2028", "beløb 70.000 kr. i 2027-2028");
    }

    #[test]
    fn account_numbers_are_masked_where_the_words_say_account() {
        check("konto 0040 1234567890", "konto [kontonummer fjernet]");
        check("IBAN DK50 0040 0440 1162 43", "IBAN [kontonummer fjernet]");
    }
}
