//! Rules that tell what is risky about a reply, and whether a second person must approve it
//! (`index/lexicon/risk.toml`).

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::draft::{Check, Outcome};
use crate::inquiry::{Inquiry, Tone, read};
use crate::language::{ValueKind, values};
use crate::privacy;
use crate::review::kept::{KeptAnswer, KeptDraft};
use crate::review::texts::{fill, names_in, texts};

/// Persons who approve at most.
const PERSONS_MAX: u8 = 2;
/// A limit for amounts above this is none.
const KRONER_MAX: f64 = 1e9;

/// A rule.
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
pub enum RiskRule {
    /// The reply names an amount over a limit.
    Amounts,
    /// A question has no answer.
    Uncovered,
    /// The evidence for an answer is weak.
    LowSupport,
    /// The inquiry is about something grave, or its sender is angry.
    Tone,
    /// Something is refused.
    Refused,
    /// The inquiry asks to change where money goes.
    PaymentChange,
    /// A document is cited that no approved reply has cited.
    NewSource,
    /// A check does not hold.
    FailedChecks,
    /// The inquiry speaks of special kinds of personal data.
    Special,
}

impl RiskRule {
    /// Its word in JSON, in the ledger and in the log.
    pub fn value(self) -> String {
        let word = serde_json::to_value(self).ok();
        word.and_then(|word| Some(word.as_str()?.to_owned())).unwrap_or_default()
    }
}

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Risk {
    /// The rule.
    pub rule: RiskRule,
    /// Why it holds, in Danish.
    pub why: String,
    /// How many persons must approve because of it.
    pub persons: u8,
}

/// What the rules look at beside the draft.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What the customer sent.
    pub inquiry: &'a Inquiry,
    /// The reply that is to be approved.
    pub reply: &'a str,
    /// The checks of that reply.
    pub checks: &'a [Check],
    /// The documents that approved replies have cited.
    pub known_documents: &'a BTreeSet<String>,
}

/// How many must approve, and what is told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    persons: u8,
    why: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Amounts {
    persons: u8,
    why: String,
    kroner: f64,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Uncovered {
    persons: u8,
    why: String,
    outcomes: Vec<Outcome>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct LowSupport {
    persons: u8,
    why: String,
    strength: f32,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ToneRule {
    persons: u8,
    why: String,
    tones: Vec<Tone>,
}

/// The rules, as they stand in the file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    amounts: Amounts,
    uncovered: Uncovered,
    low_support: LowSupport,
    tone: ToneRule,
    refused: Plain,
    payment_change: Plain,
    new_source: Plain,
    failed_checks: Plain,
    special: Plain,
}

/// Why a file of rules cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// It is no TOML, lacks a rule or a key, or has one that there is none of.
    #[error("the risk rules cannot be read: {detail}")]
    Unreadable {
        /// What and where.
        detail: String,
    },
    /// A value is one that it cannot be.
    #[error("`{key}` of the risk rules is `{value}`, and it must be {allowed}")]
    OutOfRange {
        /// The key.
        key: String,
        /// What stands there.
        value: String,
        /// What may stand there.
        allowed: String,
    },
}

impl RuleError {
    /// What the operator can do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => {
                "compare the file with the built-in rules (`index/lexicon/risk.toml`): every rule \
                 and every key of it must be there, and no other"
            }
            Self::OutOfRange { .. } => "write a value that is allowed",
        }
    }
}

static BUILT_IN: LazyLock<Rules> = LazyLock::new(built_in);

#[expect(
    clippy::expect_used,
    reason = "the rules are part of the program; `the_built_in_rules_are_read` reads them in every test run"
)]
fn built_in() -> Rules {
    Rules::parse(include_str!("../../index/lexicon/risk.toml"))
        .expect("index/lexicon/risk.toml is read")
}

impl Rules {
    /// The rules that the program holds.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// The rules of a file in the form of `index/lexicon/risk.toml`.
    pub fn parse(toml: &str) -> Result<Self, RuleError> {
        let rules: Self = toml::from_str(toml)
            .map_err(|error| RuleError::Unreadable { detail: error.to_string() })?;
        rules.look_through()?;
        Ok(rules)
    }

    /// Every rule's name, persons and wording, and whether it has a limit.
    fn all(&self) -> [(&'static str, u8, &str, bool); 9] {
        [
            ("amounts", self.amounts.persons, &self.amounts.why, true),
            ("uncovered", self.uncovered.persons, &self.uncovered.why, false),
            ("low_support", self.low_support.persons, &self.low_support.why, true),
            ("tone", self.tone.persons, &self.tone.why, false),
            ("refused", self.refused.persons, &self.refused.why, false),
            ("payment_change", self.payment_change.persons, &self.payment_change.why, false),
            ("new_source", self.new_source.persons, &self.new_source.why, false),
            ("failed_checks", self.failed_checks.persons, &self.failed_checks.why, false),
            ("special", self.special.persons, &self.special.why, false),
        ]
    }

    fn look_through(&self) -> Result<(), RuleError> {
        let wrong = |key: String, value: String, allowed: &str| {
            Err(RuleError::OutOfRange { key, value, allowed: allowed.to_owned() })
        };
        for (name, persons, why, limit) in self.all() {
            if !(1..=PERSONS_MAX).contains(&persons) {
                return wrong(format!("{name}.persons"), persons.to_string(), "1 or 2");
            }
            let allowed: &[&str] = if limit { &["found", "limit"] } else { &["found"] };
            if why.trim().is_empty() {
                return wrong(format!("{name}.why"), why.to_owned(), "a sentence");
            }
            if let Some(unknown) = names_in(why).into_iter().find(|it| !allowed.contains(it)) {
                let names = allowed.iter().map(|it| format!("{{{it}}}")).collect::<Vec<_>>();
                let allowed = format!("a text with no other names than {}", names.join(" and "));
                return wrong(format!("{name}.why"), format!("{{{unknown}}}"), &allowed);
            }
        }
        let kroner = self.amounts.kroner;
        if !(0.0..=KRONER_MAX).contains(&kroner) {
            return wrong("amounts.kroner".to_owned(), kroner.to_string(), "from 0 to a milliard");
        }
        let strength = self.low_support.strength;
        if !(0.0..=1.0).contains(&strength) {
            return wrong("low_support.strength".to_owned(), strength.to_string(), "from 0 to 1");
        }
        if self.tone.tones.contains(&Tone::Plain) {
            let allowed = "bereavement, illness, dismissal or complaint";
            return wrong("tone.tones".to_owned(), "plain".to_owned(), allowed);
        }
        Ok(())
    }
}

/// What is risky about approving a reply, in the order of the rules; nothing, if no rule holds.
pub fn risks(kept: &KeptDraft, facts: &Facts<'_>, rules: &Rules) -> Vec<Risk> {
    let found = [
        amounts(facts.reply, &rules.amounts),
        uncovered(kept, &rules.uncovered),
        low_support(kept, &rules.low_support),
        tone(facts.inquiry, &rules.tone),
        refused(kept, &rules.refused),
        kept.moves_money().then(|| risk(RiskRule::PaymentChange, &rules.payment_change, "")),
        new_source(kept, facts.known_documents, &rules.new_source),
        failed_checks(facts.checks, &rules.failed_checks),
        special(facts.inquiry, &rules.special),
    ];
    found.into_iter().flatten().collect()
}

/// How many persons must approve: one, or two if a rule asks for it.
pub fn persons_needed(risks: &[Risk]) -> u8 {
    risks.iter().map(|risk| risk.persons).max().unwrap_or(1).clamp(1, PERSONS_MAX)
}

fn risk(rule: RiskRule, plain: &Plain, found: &str) -> Risk {
    Risk { rule, why: fill(&plain.why, &[("found", found)]), persons: plain.persons }
}

/// "1,5 mio. kr." and "75 tusind kroner", which are no single value.
static IN_WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+(?:,\d+)?) ?(mia\b|milliard|mio\b|million|tusind|t\.? ?kr\b)",
    )
    .ok()
});

/// Every amount over the limit, as written. A number with a dot before each three digits is taken
/// for an amount too: "grænsen er 100.000".
fn over(reply: &str, limit: f64) -> Vec<&str> {
    let kroner = |text: &str| text.replace(',', ".").parse::<f64>().unwrap_or(0.0);
    let mut found: Vec<(usize, &str)> = Vec::new();
    for value in values(reply) {
        let text = reply.get(value.range.clone()).unwrap_or_default();
        let grouped = value.kind == ValueKind::Number && text.contains('.');
        if (value.kind == ValueKind::Amount || grouped) && kroner(&value.norm) > limit {
            found.push((value.range.start, text));
        }
    }
    for parts in IN_WORDS.iter().flat_map(|pattern| pattern.captures_iter(reply)) {
        let part = |n: usize| parts.get(n).map_or("", |it| it.as_str());
        let unit = match part(2).to_lowercase() {
            unit if unit == "mia" || unit == "milliard" => 1e9,
            unit if unit.starts_with('m') => 1e6,
            _ => 1e3,
        };
        if kroner(&part(1).replace('.', "")) * unit > limit {
            found.push((parts.get(0).map_or(0, |it| it.start()), part(0)));
        }
    }
    found.sort_unstable();
    let mut texts: Vec<&str> = Vec::new();
    for (_, text) in found {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

fn amounts(reply: &str, rule: &Amounts) -> Option<Risk> {
    let found = over(reply, rule.kroner);
    let limit = thousands(rule.kroner.round());
    let why = fill(&rule.why, &[("found", &found.join(", ")), ("limit", &limit)]);
    (!found.is_empty()).then_some(Risk { rule: RiskRule::Amounts, why, persons: rule.persons })
}

/// 50000 as "50.000".
fn thousands(kroner: f64) -> String {
    let digits = format!("{kroner:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

fn uncovered(kept: &KeptDraft, rule: &Uncovered) -> Option<Risk> {
    let open = kept.questions.iter().filter(|answer| rule.outcomes.contains(&answer.outcome));
    let found = named(open, |answer| texts().outcomes.of_value(answer.outcome))?;
    let why = fill(&rule.why, &[("found", &found)]);
    Some(Risk { rule: RiskRule::Uncovered, why, persons: rule.persons })
}

fn low_support(kept: &KeptDraft, rule: &LowSupport) -> Option<Risk> {
    let weak = kept.questions.iter().filter(|it| it.is_answered() && it.strength < rule.strength);
    let percent = |share: f32| format!("{:.0}", share * 100.0);
    let found = named(weak, |answer| format!("{} %", percent(answer.strength)))?;
    let why = fill(&rule.why, &[("found", &found), ("limit", &percent(rule.strength))]);
    Some(Risk { rule: RiskRule::LowSupport, why, persons: rule.persons })
}

fn tone(inquiry: &Inquiry, rule: &ToneRule) -> Option<Risk> {
    let tone = Some(read(inquiry).tone).filter(|tone| rule.tones.contains(tone))?;
    let why = fill(&rule.why, &[("found", &texts().tones.of_value(tone))]);
    Some(Risk { rule: RiskRule::Tone, why, persons: rule.persons })
}

fn refused(kept: &KeptDraft, rule: &Plain) -> Option<Risk> {
    let refused = kept.questions.iter().filter(|answer| answer.outcome == Outcome::Refused);
    let found = named(refused, |answer| texts().outcomes.of_value(answer.outcome))?;
    Some(risk(RiskRule::Refused, rule, &found))
}

fn new_source(kept: &KeptDraft, known: &BTreeSet<String>, rule: &Plain) -> Option<Risk> {
    let cited = kept.documents_cited();
    let new = cited.into_iter().filter(|document| !known.contains(*document));
    let title = |document: &str| {
        let mut passages = kept.evidence.iter();
        let passage = passages.find(|passage| passage.document == document);
        format!("»{}«", passage.map_or(document, |passage| passage.title.as_str()))
    };
    let found: Vec<String> = new.map(title).collect();
    (!found.is_empty()).then(|| risk(RiskRule::NewSource, rule, &found.join(", ")))
}

fn failed_checks(checks: &[Check], rule: &Plain) -> Option<Risk> {
    let failed = checks.iter().filter(|check| !check.ok && check.code != "payment_change");
    let mut found: Vec<&str> = failed.map(|check| check.detail.trim_end_matches('.')).collect();
    found.dedup();
    (!found.is_empty()).then(|| risk(RiskRule::FailedChecks, rule, &found.join("; ")))
}

fn special(inquiry: &Inquiry, rule: &Plain) -> Option<Risk> {
    let subject = inquiry.subject.as_deref().unwrap_or_default();
    let flags = privacy::detect(&format!("{subject}\n{}", inquiry.body)).flags;
    let found: Vec<String> = flags.iter().map(|flag| texts().special.of_value(flag.kind)).collect();
    (!found.is_empty()).then(|| risk(RiskRule::Special, rule, &found.join(", ")))
}

/// "spørgsmål 1 (…), spørgsmål 3 (…)"; nothing of no questions.
fn named<'a>(
    answers: impl Iterator<Item = &'a KeptAnswer>,
    say: impl Fn(&KeptAnswer) -> String,
) -> Option<String> {
    let lines = answers.map(|it| {
        texts().checks.filled("question", &[("n", &it.n.to_string()), ("says", &say(it))])
    });
    let lines: Vec<String> = lines.collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::review::kept::made;

    const FILE: &str = include_str!("../../index/lexicon/risk.toml");

    /// A draft that no rule finds anything about.
    fn plain() -> Value {
        let mut json = made::json();
        json["questions"].as_array_mut().unwrap().truncate(1);
        json
    }

    fn found(json: Value, body: &str, reply: &str) -> Vec<Risk> {
        let kept = made::draft(json);
        let known: BTreeSet<String> =
            kept.documents_cited().into_iter().map(str::to_owned).collect();
        let inquiry = Inquiry { body: body.to_owned(), ..Inquiry::default() };
        let facts = Facts {
            inquiry: &inquiry,
            reply: if reply.is_empty() { &kept.reply } else { reply },
            checks: &kept.checks,
            known_documents: &known,
        };
        risks(&kept, &facts, Rules::built_in())
    }

    #[track_caller]
    fn holds(risks: &[Risk], rule: RiskRule, says: &str) {
        let rules: Vec<RiskRule> = risks.iter().map(|risk| risk.rule).collect();
        assert_eq!(rules, [rule]);
        assert!(risks[0].why.contains(says) && !risks[0].why.contains('{'), "{}", risks[0].why);
    }

    #[test]
    fn the_built_in_rules_are_read() {
        assert_eq!(Rules::built_in(), &Rules::parse(FILE).unwrap());
    }

    #[test]
    fn a_plain_reply_has_no_risk_and_needs_one_person() {
        let none = found(plain(), "Hvornår kan vi få aconto?", "");
        assert_eq!(none, []);
        assert_eq!(persons_needed(&none), 1);
    }

    #[test]
    fn an_amount_over_the_limit_is_told() {
        for over in [
            "Det er 50.001 kr.",
            "Det er 70.000 kroner.",
            "kr. 120.000,50 i alt",
            "Grænsen er 100.000.",
            "Det er 1,5 mio. kr. i alt.",
            "Det er to gange 75 tusind kroner.",
            "Det er 60 t.kr.",
            "Det er 2 milliarder",
        ] {
            let risks = found(plain(), "Hvad?", over);
            holds(&risks, RiskRule::Amounts, "over 50.000 kr.");
            assert_eq!(persons_needed(&risks), 2);
        }
        for under in [
            "Det er 50.000 kr.",
            "Det er 49.999,99 kr.",
            "Det er 50 tusind kr.",
            "konto 702000",
            "ring 0070 2000",
            "den 10. december 2025",
        ] {
            assert_eq!(found(plain(), "Hvad?", under), [], "{under}");
        }
    }

    #[test]
    fn a_question_without_an_answer_is_told() {
        holds(
            &found(made::json(), "Hvad?", ""),
            RiskRule::Uncovered,
            "spørgsmål 2 (ingen kilde fundet)",
        );
        let mut json = made::json();
        json["questions"][1]["outcome"] = "needs_case_lookup".into();
        assert_eq!(found(json, "Hvad?", ""), []);
    }

    #[test]
    fn weak_evidence_is_told_of_answers_only() {
        let mut json = plain();
        json["questions"][0]["strength"] = json!(0.2);
        holds(&found(json.clone(), "Hvad?", ""), RiskRule::LowSupport, "spørgsmål 1 (20 %)");
        json["questions"][0]["outcome"] = "out_of_scope".into();
        assert_eq!(found(json, "Hvad?", ""), []);
    }

    #[test]
    fn a_grave_matter_is_told() {
        let death = "Vores kollega døde i weekenden. Hvad gør vi med lønnen?";
        let complaint = "Det er uacceptabelt. Hvor er lønnen?";
        holds(&found(plain(), death, ""), RiskRule::Tone, "dødsfald");
        holds(&found(plain(), complaint, ""), RiskRule::Tone, "utilfredshed");
        assert_eq!(found(plain(), "Hvor er lønnen?", ""), []);
    }

    #[test]
    fn a_refusal_is_told() {
        let mut json = plain();
        json["questions"][0]["outcome"] = "refused".into();
        holds(&found(json.clone(), "Hvad?", ""), RiskRule::Refused, "spørgsmål 1");
        json["questions"][0]["outcome"] = "out_of_scope".into();
        assert_eq!(found(json, "Hvad?", ""), []);
    }

    #[test]
    fn a_change_of_payment_is_told_once() {
        let mut json = plain();
        json["checks"] = json!([{ "code": "payment_change", "ok": false, "detail": "Konto." }]);
        holds(&found(json.clone(), "Hvad?", ""), RiskRule::PaymentChange, "konto");
        json["checks"][0]["ok"] = true.into();
        assert_eq!(found(json, "Hvad?", ""), []);
    }

    #[test]
    fn a_source_that_no_approved_reply_has_cited_is_told() {
        let kept = made::draft(plain());
        let known: BTreeSet<String> = ["guider/sygdom.md".to_owned()].into();
        let inquiry = Inquiry { body: "Hvad?".to_owned(), ..Inquiry::default() };
        let (reply, checks) = (kept.reply.as_str(), kept.checks.as_slice());
        let facts = Facts { inquiry: &inquiry, reply, checks, known_documents: &known };
        let found = risks(&kept, &facts, Rules::built_in());
        holds(&found, RiskRule::NewSource, "»guider/aconto.md«");
        let known: BTreeSet<String> =
            kept.documents_cited().into_iter().map(str::to_owned).collect();
        let facts = Facts { known_documents: &known, ..facts };
        assert_eq!(risks(&kept, &facts, Rules::built_in()), []);
    }

    #[test]
    fn a_check_that_does_not_hold_is_told() {
        let mut json = plain();
        json["checks"] = json!([
            { "code": "numbers_supported", "sentence": "q1s1", "ok": false, "detail": "Uden dækning: 9." }]);
        holds(&found(json.clone(), "Hvad?", ""), RiskRule::FailedChecks, "Uden dækning: 9.");
        json["checks"][0]["ok"] = true.into();
        assert_eq!(found(json, "Hvad?", ""), []);
    }

    #[test]
    fn special_kinds_of_personal_data_are_told_and_ask_for_nobody() {
        let risks = found(plain(), "Hun er gravid. Hvad gør vi?", "");
        holds(&risks, RiskRule::Special, "helbred");
        assert_eq!(persons_needed(&risks), 1);
        assert_eq!(found(plain(), "Hun er ny. Hvad gør vi?", ""), []);
    }

    #[test]
    fn a_file_of_rules_that_cannot_be_is_refused() {
        #[track_caller]
        fn refused(old: &str, new: &str, says: &str) {
            assert!(FILE.contains(old), "{old}");
            let error = Rules::parse(&FILE.replacen(old, new, 1)).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
            assert!(!error.remedy().is_empty());
        }
        refused("kroner = 50000", "kroner = -1", "`amounts.kroner` of the risk rules is `-1`");
        refused("kroner = 50000", "kroner = nan", "from 0 to a milliard");
        refused("kroner = 50000", "kroner = \"mange\"", "cannot be read");
        refused("strength = 0.3", "strength = 30", "from 0 to 1");
        refused("persons = 2", "persons = 3", "`amounts.persons`");
        refused("persons = 2", "persons = 0", "1 or 2");
        refused("[refused]", "[refusd]", "refusd");
        refused("[tone]\npersons = 2", "[tone]", "persons");
        refused("\"bereavement\"", "\"sorrow\"", "sorrow");
        refused("\"bereavement\"", "\"plain\"", "tone.tones");
        refused("nævner {found}", "nævner {amount}", "{amount}");
        refused("er følsom: {found}", "er følsom: {limit}", "no other names than {found}");
        assert!(Rules::parse("").is_err());
    }
}
