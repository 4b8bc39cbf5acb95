//! Words by which a general source leaves a matter to the own drejebog.

use std::sync::LazyLock;

use regex::Regex;

use crate::language::wording;

/// Words by which a source leaves a matter to the drejebog.
static POINTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    wording(r"\b((står|fremgår|ses|findes|aftalt|aftales|skrevet)\b[^.;]{0,40}\bdrejebog\w*|drejebogen\w* (viser|siger|afgør|fortæller)|(kunden|institutionen|i) (selv )?(til)?købt|tilkøbt|et tilkøb|standardopgavesplit\w*|ikke har aftalt)\b").ok()
});

/// Whether a sentence says no more than that the drejebog decides, or what holds without one.
pub(crate) fn says_standard(sentence: &str) -> bool {
    let lower = sentence.to_lowercase();
    lower.contains("drejebog") || lower.contains("standard")
}

/// Whether a sentence leaves the matter to the drejebog.
pub(crate) fn leaves_to_drejebog(sentence: &str) -> bool {
    POINTS.as_ref().is_some_and(|pattern| pattern.is_match(sentence))
}

#[cfg(test)]
mod tests {
    use super::leaves_to_drejebog;

    #[test]
    fn a_sentence_that_leaves_a_matter_to_the_drejebog_is_told() {
        for sentence in [
            "Modtagerne af afrapporteringen står i institutionens drejebog.",
            "Har institutionen tilkøbt opgaven, taster SAM løndel 4555, og det fremgår af drejebogen.",
            "Drejebogen viser, om institutionen selv har BSL.",
            "I standardopgavesplittet taster kunden selv elevens befordring.",
            "Standardgrænsen gælder, når institutionen ikke har aftalt sin egen maksgrænse.",
        ] {
            assert!(leaves_to_drejebog(sentence), "{sentence}");
        }
        for sentence in [
            "Institutionen må ikke rette i en serviceanmodning, medmindre det er aftalt med SAM.",
            "Drejebogen ligger i Kundeportalen.",
            "Fristen er den 12. i måneden.",
        ] {
            assert!(!leaves_to_drejebog(sentence), "{sentence}");
        }
    }
}
