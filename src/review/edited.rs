//! A reply that a person has edited, checked again against what its draft rests on.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::draft::{Check, Known, Setting, contacts_in, holds, without_numbers};
use crate::inquiry::char_range;
use crate::language::content_stems;
use crate::privacy;
use crate::retrieval::sentence_ranges;
use crate::review::diff::{Change, ChangeKind, diff, pieces};
use crate::review::kept::{Ground, KeptDraft};
use crate::review::texts::texts;

/// A paragraph still stands if this share of its words does: less is what any two paragraphs share.
const WORDS_KEPT_MIN: f64 = 0.4;
/// So many new words in the place of a paragraph may be another answer to its question.
const WORDS_NEW_MIN: usize = 3;
/// Checks of single sentences, which hold as long as the sentence stands.
const OF_SENTENCES: [&str; 4] =
    ["quote_verbatim", "source_in_scope", "source_current", "date_computed"];
/// Checks that are made anew of the edited text.
const MADE_ANEW: [&str; 4] =
    ["numbers_supported", "contacts_known", "no_personal_numbers", "questions_accounted_for"];

/// An edited text as it is checked and should be kept: one kind of line break, and no characters
/// that nobody sees, between which a number could hide.
pub fn clean(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    lines.chars().filter(|c| !privacy::is_unseen(*c)).collect()
}

/// Every check of an edited reply. `inquiry` is the customer's own words, subject and body.
///
/// A check that fails names where in the text, in characters; a sentence that stands as it was
/// suggested keeps its id. What was said of the inquiry itself is said again.
pub fn check(kept: &KeptDraft, inquiry: &str, text: &str, setting: &Setting) -> Vec<Check> {
    let text = clean(text);
    let edited = Edited::new(kept, &text);
    let mut checks = edited.numbers(inquiry, setting);
    checks.extend(edited.contacts(setting));
    checks.extend(edited.personal_numbers());
    checks.push(edited.questions());
    checks.extend(edited.still());
    checks
}

/// An edited text beside the draft that it was.
struct Edited<'a> {
    kept: &'a KeptDraft,
    text: &'a str,
    /// The sentences of the text, in bytes.
    sentences: Vec<Range<usize>>,
}

impl<'a> Edited<'a> {
    fn new(kept: &'a KeptDraft, text: &'a str) -> Self {
        Self { kept, text, sentences: sentence_ranges(text) }
    }

    /// Numbers, dates, amounts, sections and codes.
    fn numbers(&self, inquiry: &str, setting: &Setting) -> Vec<Check> {
        let known = self.known(inquiry, setting);
        let secret = privacy::find(self.text);
        let mut found: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for range in known.missing(self.text) {
            // A CPR number is named by its own check, and never repeated.
            if secret.iter().any(|it| it.range.start < range.end && range.start < it.range.end) {
                continue;
            }
            if self.is_list_marker(&range) {
                continue;
            }
            let value = self.text.get(range.clone()).unwrap_or_default();
            if value.chars().any(is_odd_digit) {
                continue;
            }
            found.entry(self.around(&range).start).or_default().push(value);
        }
        let mut checks: Vec<Check> = found
            .into_iter()
            .map(|(at, values)| {
                let range = self.around(&(at..at + 1));
                let values = values.join(", ");
                self.fails("numbers_supported", "numbers_unsupported", &range, &values)
            })
            .collect();
        // "４５" reads like 45, and no source can be asked for it.
        let unread =
            |(at, c): (usize, char)| is_odd_digit(c).then(|| self.around(&(at..at + c.len_utf8())));
        let mut unread: Vec<Range<usize>> = self.text.char_indices().filter_map(unread).collect();
        unread.dedup();
        let says = |range| self.fails("numbers_supported", "digits_unread", &range, "");
        checks.extend(unread.into_iter().map(says));
        or_holds("numbers_supported", checks)
    }

    /// What the sources, the inquiry, the settings and the draft's own phrases and steps hold.
    fn known(&self, inquiry: &str, setting: &Setting) -> Known {
        let kept = self.kept;
        // The number of an account that a mail asks to use is never repeated, nor is a CPR number.
        let inquiry =
            if kept.moves_money() { without_numbers(inquiry) } else { privacy::mask(inquiry) };
        let days: Vec<String> = kept
            .next_steps
            .iter()
            .filter_map(|step| step.date)
            .map(|day| day.to_string())
            .collect();
        let phrases = kept.sentences().filter(|it| it.support != Ground::Cited);
        let texts = self
            .sources()
            .chain(phrases.map(|sentence| sentence.text.as_str()))
            .chain(kept.next_steps.iter().map(|step| step.text.as_str()))
            .chain(days.iter().map(String::as_str))
            .chain([setting.name.as_str(), setting.team.as_str(), setting.phone.as_str()])
            .chain([inquiry.as_str()]);
        Known::of(texts)
    }

    /// The passages that a reply may say something from, and what the draft quotes.
    fn sources(&self) -> impl Iterator<Item = &'a str> {
        let kept = self.kept;
        let quotable = kept.evidence.iter().filter(|passage| passage.is_quotable());
        let quotes = kept.citations().map(|(_, citation)| citation.quote.as_str());
        quotable.map(|passage| passage.text.as_str()).chain(quotes)
    }

    /// Links, mail addresses and phone numbers.
    fn contacts(&self, setting: &Setting) -> Vec<Check> {
        let own = [setting.name.as_str(), setting.team.as_str(), setting.phone.as_str()];
        let phrases = self.kept.sentences().filter(|it| it.support == Ground::Phrase);
        let phrases: Vec<&str> = phrases.map(|sentence| sentence.text.as_str()).collect();
        let known = |contact: &str| {
            let mut texts = self.sources().chain(own).chain(phrases.iter().copied());
            texts.any(|text| holds(text, contact))
        };
        let mut checks = Vec::new();
        let mut start = 0;
        for line in self.text.split('\n') {
            let found: BTreeSet<&str> = contacts_in(line).into_iter().collect();
            for contact in found.into_iter().filter(|contact| !known(contact)) {
                let at = start + line.find(contact).unwrap_or_default();
                let range = at..at + contact.len();
                // What reads like a number of a person is not repeated.
                let shown = privacy::mask(contact);
                checks.push(self.fails("contacts_known", "contacts_unknown", &range, &shown));
            }
            start += line.len() + 1;
        }
        or_holds("contacts_known", checks)
    }

    /// CPR, account and card numbers.
    fn personal_numbers(&self) -> Vec<Check> {
        let found = privacy::find(self.text);
        let says = |finding: &privacy::Finding| {
            self.fails("no_personal_numbers", "personal_number", &finding.range, "")
        };
        or_holds("no_personal_numbers", found.iter().map(says).collect())
    }

    /// Whether every question still has a paragraph.
    fn questions(&self) -> Check {
        let changes = diff(&self.kept.reply, self.text);
        let paragraphs = self.kept.paragraphs();
        let mut without = Vec::new();
        for (n, range) in &paragraphs {
            let stands = range.as_ref().is_some_and(|range| {
                stands_in_place(&changes, range) || self.is_told_anew(*n, &changes, range)
            });
            if !stands && !self.is_moved(*n) {
                without.push(n.to_string());
            }
        }
        let words = &texts().checks;
        let (ok, detail) = if without.is_empty() {
            let n = paragraphs.len().to_string();
            (true, words.filled("questions_accounted_for", &[("n", &n)]))
        } else {
            (false, words.filled("questions_without", &[("found", &without.join(", "))]))
        };
        Check { code: "questions_accounted_for".to_owned(), sentence: None, ok, detail }
    }

    /// Whether new words in the place of a paragraph speak of its question.
    fn is_told_anew(&self, n: usize, changes: &[Change], range: &Range<usize>) -> bool {
        let new = added_within(changes, range);
        if pieces(&new).iter().filter(|it| it.chars().any(char::is_alphanumeric)).count()
            < WORDS_NEW_MIN
        {
            return false;
        }
        let Some(answer) = self.kept.questions.iter().find(|answer| answer.n == n) else {
            return false;
        };
        let said = answer.sentences.iter().map(|sentence| sentence.text.as_str());
        let about: Vec<&str> = said.chain([answer.text.as_str()]).collect();
        let about = content_stems(&about.join("\n"));
        content_stems(&new).iter().any(|stem| about.contains(stem))
    }

    /// Whether a sentence of the question stands somewhere, as often as questions have it.
    fn is_moved(&self, n: usize) -> bool {
        let answers = || self.kept.questions.iter();
        let own = answers().filter(|answer| answer.n == n).flat_map(|answer| &answer.sentences);
        own.into_iter().any(|sentence| {
            let has = |answer: &&crate::review::kept::KeptAnswer| {
                answer.sentences.iter().any(|other| other.text == sentence.text)
            };
            self.text.matches(&sentence.text).count() >= answers().filter(has).count()
        })
    }

    /// What was said of the inquiry, and what failed of sentences that still stand.
    fn still(&self) -> Vec<Check> {
        let stands = |id: &str| {
            let said = self.kept.sentences().map(|it| (it.id.as_str(), it.text.as_str()));
            let steps = self.kept.next_steps.iter().map(|it| (it.id.as_str(), it.text.as_str()));
            said.chain(steps).any(|(known, text)| known == id && self.text.contains(text))
        };
        let again = |check: &&Check| match &check.sentence {
            Some(id) => OF_SENTENCES.contains(&check.code.as_str()) && stands(id),
            None => !MADE_ANEW.contains(&check.code.as_str()),
        };
        self.kept.checks.iter().filter(again).cloned().collect()
    }

    /// The sentence around a place; the place itself, if it stands in none.
    fn around(&self, range: &Range<usize>) -> Range<usize> {
        let found =
            self.sentences.iter().find(|it| it.start <= range.start && range.start < it.end);
        found.unwrap_or(range).clone()
    }

    /// "3." at the beginning of a line counts the lines and says nothing.
    fn is_list_marker(&self, range: &Range<usize>) -> bool {
        let before = self.text.get(..range.start).unwrap_or_default();
        let digits = range.len() <= 2 && (before.is_empty() || before.ends_with('\n'));
        digits && !self.sentences.iter().any(|it| it.start <= range.start && range.start < it.end)
    }

    fn fails(&self, code: &str, words: &str, range: &Range<usize>, found: &str) -> Check {
        let [from, to] = char_range(self.text, range.clone());
        let place =
            texts().checks.filled("place", &[("from", &from.to_string()), ("to", &to.to_string())]);
        let detail = texts().checks.filled(words, &[("found", found), ("place", &place)]);
        let sentence = self.text.get(self.around(range)).unwrap_or_default();
        let same = self.kept.sentences().find(|it| it.text == sentence).map(|it| it.id.clone());
        Check { code: code.to_owned(), sentence: same, ok: false, detail }
    }
}

/// "４" and other digits than those of ASCII.
fn is_odd_digit(c: char) -> bool {
    c.is_numeric() && !c.is_ascii() && !"¼½¾²³".contains(c)
}

/// The checks that fail, or one that holds.
fn or_holds(code: &str, failed: Vec<Check>) -> Vec<Check> {
    if !failed.is_empty() {
        return failed;
    }
    let detail = texts().checks.of(code).to_owned();
    vec![Check { code: code.to_owned(), sentence: None, ok: true, detail }]
}

/// Whether enough words of a part of the text before were kept.
fn stands_in_place(changes: &[Change], range: &Range<usize>) -> bool {
    let words = |text: &str| {
        pieces(text).iter().filter(|piece| piece.chars().any(char::is_alphanumeric)).count()
    };
    let (mut kept, mut all) = (0, 0);
    for (change, at) in with_places(changes) {
        if change.kind == ChangeKind::Added {
            continue;
        }
        let from = range.start.clamp(at, at + change.text.len()) - at;
        let to = range.end.clamp(at, at + change.text.len()) - at;
        let inside = words(change.text.get(from..to).unwrap_or_default());
        all += inside;
        kept += if change.kind == ChangeKind::Kept { inside } else { 0 };
    }
    all > 0 && kept as f64 >= WORDS_KEPT_MIN * all as f64
}

/// What was added within a part of the text before, or at its end.
fn added_within(changes: &[Change], range: &Range<usize>) -> String {
    let inside = |(change, at): &(&Change, usize)| {
        change.kind == ChangeKind::Added && range.start <= *at && *at <= range.end
    };
    let added: Vec<&str> =
        with_places(changes).filter(inside).map(|(change, _)| change.text.as_str()).collect();
    added.join(" ")
}

/// The changes, each with where it stands in the text before.
fn with_places(changes: &[Change]) -> impl Iterator<Item = (&Change, usize)> {
    changes.iter().scan(0, |at, change| {
        let here = *at;
        if change.kind != ChangeKind::Added {
            *at += change.text.len();
        }
        Some((change, here))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::review::kept::made::{draft, json};

    const INQUIRY: &str = "Hej. Hun (010172-9995) fik 1.250 kr. Ring 0077 6655. Hvornår kan vi få \
                           aconto? Hvem lukker hans nøglekort?";

    fn settings() -> Setting {
        Setting { phone: "0012 3456".to_owned(), ..Setting::default() }
    }

    fn failing(text: &str) -> Vec<(String, String)> {
        let checks = check(&draft(json()), INQUIRY, text, &settings());
        checks.into_iter().filter(|it| !it.ok).map(|it| (it.code, it.detail)).collect()
    }

    /// The suggested reply with one part put in another's place.
    fn with(old: &str, new: &str) -> String {
        let reply = draft(json()).reply;
        assert!(reply.contains(old), "{old}");
        reply.replace(old, new)
    }

    #[track_caller]
    fn holds_true(text: &str) {
        assert_eq!(failing(text), []);
    }

    #[track_caller]
    fn breaks(text: &str, code: &str, says: &str) {
        let failing = failing(text);
        assert_eq!(
            failing.iter().map(|it| it.0.as_str()).collect::<Vec<_>>(),
            [code],
            "{failing:?}"
        );
        assert!(failing[0].1.contains(says), "{failing:?}");
    }

    #[test]
    fn the_suggested_reply_holds() {
        holds_true(&draft(json()).reply);
        let checks = check(&draft(json()), INQUIRY, &draft(json()).reply, &settings());
        let codes: Vec<&str> = checks.iter().map(|it| it.code.as_str()).collect();
        assert_eq!(codes, MADE_ANEW);
    }

    #[test]
    fn a_number_needs_a_source_the_inquiry_or_a_computed_day() {
        holds_true(&with("fra 500 kr. netto", "fra 500 kr. netto (løndel 2913)"));
        holds_true(&with("fra 500 kr. netto", "fra 500 kroner. Hun fik 1.250 kr."));
        holds_true(&with("Hej\n", "Hej\n\nFristen er 1/12-2025 efter 28 dage."));
        holds_true(&with("Aconto udb", "1. Aconto udb"));
        breaks(&with("500 kr.", "550 kr."), "numbers_supported", "550 kr.");
        breaks(&with("Hej\n", "Hej\n\nDet følger af § 56."), "numbers_supported", "§ 56");
        breaks(&with("Hej\n", "Hej\n\nBrug PKAT 026."), "numbers_supported", "PKAT 026");
        breaks(
            &with("Hej\n", "Hej\n\nSvar inden 2. december 2025."),
            "numbers_supported",
            "2. december",
        );
        breaks(&with("Hej\n", "Hej\n\nDer går ４５ dage."), "numbers_supported", "0–9");
        // What nobody sees does not split a number in two that are known.
        breaks(&with("Hej\n", "Hej\n\nDer går 28\u{200b}15 dage."), "numbers_supported", "2815");
    }

    #[test]
    fn a_check_that_fails_says_where() {
        let text = with("Hej\n", "Hej\n\nÆh, det er 99 dage.\n");
        breaks(&text, "numbers_supported", "99 (tegn 5–24 i svaret)");
        let place: String = text.chars().skip(5).take(19).collect();
        assert_eq!(place, "Æh, det er 99 dage.");
    }

    #[test]
    fn what_only_caseworkers_may_read_supports_nothing() {
        let mut json = json();
        json["evidence"][2]["audience"] = "intern".into();
        let kept = draft(json);
        let text = kept.reply.replace("Hej\n", "Hej\n\nDet tager 15 dage.\n");
        let failing: Vec<Check> =
            check(&kept, INQUIRY, &text, &settings()).into_iter().filter(|it| !it.ok).collect();
        assert_eq!(failing.len(), 1);
        holds_true(&with("Hej\n", "Hej\n\nDet tager 15 dage.\n"));
    }

    #[test]
    fn a_contact_needs_a_source_or_the_settings() {
        holds_true(&with(
            "Hej\n",
            "Hej\n\nRing 0099 8877 eller 0012 3456, se www.statens.example.\n",
        ));
        breaks(
            &with("Hej\n", "Hej\n\nSe www.ondt.example nu.\n"),
            "contacts_known",
            "www.ondt.example",
        );
        breaks(
            &with("Hej\n", "Hej\n\nSkriv til x@sted.example.\n"),
            "contacts_known",
            "x@sted.example",
        );
        // The customer's own number is in the inquiry; it is still nobody we tell others to call.
        breaks(&with("Hej\n", "Hej\n\nRing 0077 6655.\n"), "contacts_known", "0077 6655");
    }

    #[test]
    fn a_personal_number_is_found_and_not_repeated() {
        let text = with("Hej\n", "Hej\n\nHun har CPR 010172-9995.\n");
        breaks(&text, "no_personal_numbers", "CPR- eller kontonummer (tegn");
        assert!(!format!("{:?}", failing(&text)).contains("9995"));
    }

    #[test]
    fn a_number_of_an_account_that_a_mail_asks_to_use_is_not_known() {
        let mut json = json();
        json["checks"] = serde_json::json!([
            { "code": "payment_change", "sentence": null, "ok": false, "detail": "" }]);
        let kept = draft(json);
        let inquiry = "Kontoen er nu 9999 0001234567.";
        let text = kept.reply.replace("Hej\n", "Hej\n\nVi bruger 0001234567 fremover.\n");
        let codes: Vec<String> = check(&kept, inquiry, &text, &settings())
            .into_iter()
            .filter(|it| !it.ok)
            .map(|it| it.code)
            .collect();
        assert!(codes.iter().any(|it| it == "numbers_supported" || it == "no_personal_numbers"));
        assert!(codes.contains(&"payment_change".to_owned()), "{codes:?}");
    }

    #[test]
    fn every_question_keeps_a_paragraph() {
        let first = "Aconto udbetales fra 500 kr. netto.";
        let second = "Det finder vi ikke svar på, så vi undersøger det og vender tilbage.";
        breaks(&with(&format!("{first}\n\n"), ""), "questions_accounted_for", "spørgsmål 1.");
        breaks(&with(&format!("{second}\n\n"), ""), "questions_accounted_for", "spørgsmål 2.");
        breaks("", "questions_accounted_for", "spørgsmål 1, 2.");
        breaks("Hej\n\nTak for jeres mail.", "questions_accounted_for", "spørgsmål 1, 2.");
        holds_true(&with(second, "Nøglekortet lukker I selv i jeres eget system."));
        holds_true(&with(first, "I kan få aconto fra 500 kr."));
        // In another order.
        let moved = with(&format!("{first}\n\n{second}"), &format!("{second}\n\n{first}"));
        holds_true(&moved);
    }

    #[test]
    fn questions_with_the_same_phrase_need_it_each() {
        let mut json = json();
        let phrase = json["questions"][1]["sentences"].clone();
        let old = json["questions"][0]["sentences"][0]["text"].as_str().unwrap().to_owned();
        let new = phrase[0]["text"].as_str().unwrap().to_owned();
        json["questions"][0]["sentences"] = phrase;
        json["reply"] = json["reply"].as_str().unwrap().replace(&old, &new).into();
        let kept = draft(json);
        let text = kept.reply.replacen(&format!("{new}\n\n"), "", 1);
        let failing: Vec<Check> =
            check(&kept, INQUIRY, &text, &settings()).into_iter().filter(|it| !it.ok).collect();
        assert_eq!(failing.len(), 1);
        assert_eq!(failing[0].code, "questions_accounted_for");
    }

    #[test]
    fn what_failed_of_a_sentence_fails_as_long_as_it_stands() {
        let mut json = json();
        json["checks"] = serde_json::json!([
            { "code": "source_current", "sentence": "q1s1", "ok": false, "detail": "udløbet" },
            { "code": "unknown_institution", "sentence": null, "ok": false, "detail": "ukendt" }]);
        let kept = draft(json);
        let codes = |text: &str| -> Vec<String> {
            let checks = check(&kept, INQUIRY, text, &settings());
            checks.into_iter().filter(|it| !it.ok).map(|it| it.code).collect()
        };
        assert_eq!(codes(&kept.reply), ["source_current", "unknown_institution"]);
        let without = kept.reply.replace("Aconto udbetales fra", "I kan få aconto fra");
        assert_eq!(codes(&without), ["unknown_institution"]);
    }

    proptest! {
        #[test]
        fn any_text_can_be_checked(
            at in 0usize..200,
            any in any::<String>(),
            near in "[Hej 0-9.§kræøå\n-]{0,40}",
        ) {
            let kept = draft(json());
            for new in [any, near] {
                let at = kept.reply.floor_char_boundary(at);
                let mut text = kept.reply.clone();
                text.insert_str(at, &new);
                let checks = check(&kept, INQUIRY, &text, &settings());
                // Each of the four is said, whether it holds or not.
                for code in MADE_ANEW {
                    prop_assert!(checks.iter().any(|it| it.code == code));
                }
                prop_assert_eq!(clean(&clean(&text)), clean(&text));
            }
        }
    }
}
