//! Birth dates: dates behind a word that says so.

use std::sync::LazyLock;

use regex::Regex;

use crate::privacy::kinds::{FindingKind, Found, Score};
use crate::privacy::normal::Normal;

static BORN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let month = "(?:januar|februar|marts|april|maj|juni|juli|august|september|oktober|november|december|jan|feb|mar|apr|jun|jul|aug|sep|okt|nov|dec)";
    let date = format!(
        r"\d{{1,2}}\.? ?{month}\.? ?(?:19|20)\d{{2}}|\d{{1,2}}[./-] ?\d{{1,2}}[./-] ?(?:19|20)?\d{{2}}(?-u:\b)|(?:19|20)\d{{2}}-\d{{2}}-\d{{2}}|\d{{6}}(?-u:\b)"
    );
    Regex::new(&format!(
        r"(?-u:\b)(?:født|fødselsdato(?:en)?|fødselsdag|f\.? ?d\.|f\.)(?: er)?[:.]? ?(?:den |d\. ?)?({date})"
    ))
    .ok()
});

/// Every birth date.
pub(crate) fn find(normal: &Normal, found: &mut Found) {
    let Some(pattern) = BORN.as_ref().filter(|_| normal.lower.contains('f')) else { return };
    for parts in pattern.captures_iter(&normal.lower) {
        let Some(date) = parts.get(1).map(|part| part.range()) else { continue };
        let longer = normal.part(date.end..normal.floor(date.end + 5));
        let goes_on =
            longer.trim_start_matches([' ', '-']).starts_with(|c: char| c.is_ascii_digit());
        if !goes_on && !found.holds(&date) {
            found.push(Score::of(70, "label_born").finding(FindingKind::BirthDate, date));
        }
    }
}
