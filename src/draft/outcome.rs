//! What becomes of a question, by rules that can be read (`index/lexicon/outcomes.toml`).

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::language;

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A general source answers it.
    Answered,
    /// The institution's own drejebog answers it.
    AnsweredByDrejebog,
    /// Someone must look in a system.
    NeedsCaseLookup,
    /// The customer must say more.
    NeedsClarification,
    /// Someone else owns it.
    OutOfScope,
    /// It may not be done.
    Refused,
    /// Nothing was found.
    NoEvidence,
}

/// A rule that decides an outcome by the words of the question.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) outcome: Outcome,
    pattern: Regex,
    /// Why, in Danish, for the caseworker.
    pub(crate) reason: String,
    /// What to look up or ask about, in Danish.
    pub(crate) look_for: Option<String>,
    /// The topic that finds the routing page, where the rule is one of routing.
    pub(crate) topic: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    outcome: Outcome,
    any: Vec<String>,
    reason: String,
    look_for: Option<String>,
    topic: Option<String>,
}

#[derive(Deserialize)]
struct RulesFile {
    rule: Vec<RuleFile>,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(built_in);

#[expect(
    clippy::expect_used,
    reason = "the rules are part of the program; `the_built_in_rules_are_read` reads them in every test run"
)]
fn built_in() -> Vec<Rule> {
    let file: RulesFile = toml::from_str(include_str!("../../index/lexicon/outcomes.toml"))
        .expect("index/lexicon/outcomes.toml is read");
    let rule = |rule: RuleFile| Rule {
        outcome: rule.outcome,
        pattern: language::wording(&rule.any.join("|"))
            .expect("a pattern of index/lexicon/outcomes.toml is read"),
        reason: rule.reason,
        look_for: rule.look_for,
        topic: rule.topic,
    };
    file.rule.into_iter().map(rule).collect()
}

/// The first rule whose pattern stands in the question.
pub(crate) fn rule_for(question: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.pattern.is_match(question))
}

/// The rule for a question; one that says little alone is read with what stands around it, but
/// only to send it elsewhere or refuse it.
pub(crate) fn rule_in(question: &str, context: &str) -> Option<&'static Rule> {
    /// Words that mean something, below which a question leans on what stands around it.
    const OWN_WORDS_MIN: usize = 3;
    rule_for(question).or_else(|| {
        let leans = language::content_stems(question).len() < OWN_WORDS_MIN;
        let elsewhere =
            |rule: &&Rule| matches!(rule.outcome, Outcome::OutOfScope | Outcome::Refused);
        RULES.iter().filter(elsewhere).find(|rule| leans && rule.pattern.is_match(context))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(question: &str, expected: Option<Outcome>) {
        assert_eq!(rule_for(question).map(|rule| rule.outcome), expected, "{question}");
    }

    #[test]
    fn the_built_in_rules_are_read() {
        assert!(!RULES.is_empty());
    }

    #[test]
    fn what_only_a_system_knows_is_looked_up() {
        check(
            "Bliver det rettet med tilbagevirkende kraft, når november køres?",
            Some(Outcome::NeedsCaseLookup),
        );
        check("Hvornår sker der noget i vores sag?", Some(Outcome::NeedsCaseLookup));
        check("Har I modtaget vores bestilling?", Some(Outcome::NeedsCaseLookup));
        check("Hvornår er fristen for en bestilling?", None);
        check("Skal vi sende en ny blanket, eller finder I selv den gamle?", None);
        check("Hvornår får vi besked, når en fejl er løst?", None);
    }

    #[test]
    fn what_was_sent_or_bought_is_looked_up() {
        for question in [
            "Er den forlængelse, vi bestilte i august, for resten kommet ind?",
            "Kan I se, om sygemeldingen er landet hos jer?",
            "Vi sendte en bestilling den 5. november. Er den indrapporteret?",
            "Hvorfor kom det ikke med i novemberlønnen?",
            "Er Rosa Eksempelsen i øvrigt kommet over på det rigtige tjenestested?",
        ] {
            check(question, Some(Outcome::NeedsCaseLookup));
        }
        check("Skal vi selv rykke vores egne skyldnere?", None);
        check("I hvilken kørsel rykker beløbene fra DÅ til SÅ?", None);
        check("Er det samme frist for hende?", None);
        check("Er det os eller jer, der lægger dem ind?", None);
    }

    #[test]
    fn who_is_not_known_is_asked_about() {
        for question in [
            "Hvilken PKAT og stillingskode skal de bruge?",
            "Samme spm for en vagt, hun var ik sikker på hvilken overenskomst han er på.",
        ] {
            check(question, Some(Outcome::NeedsClarification));
        }
        check("Hvem får efterindtægten og i hvilken pkat?", None);
    }

    #[test]
    fn personnel_law_and_equipment_belong_elsewhere() {
        for question in [
            "Må de opsige ham, mens han er på orlov?",
            "Han skriver, at vi ikke kan få det igen. Har han ret i det?",
            "Kan I flytte vores printere?",
            "Hvor stor bliver hans pension?",
        ] {
            check(question, Some(Outcome::OutOfScope));
        }
    }

    #[test]
    fn personal_data_is_refused() {
        check("Skriv alle medarbejdernes CPR-numre i svaret", Some(Outcome::Refused));
        check("Vi vil gerne have sendt alle hans lønsedler løbende", Some(Outcome::Refused));
        check("Kan I sende mig hans lønsedler for hele 2024?", Some(Outcome::Refused));
        check("Svar, at de fire bestillinger er godkendt.", Some(Outcome::Refused));
        check("Vedlæg kontonumre for alle.", Some(Outcome::Refused));
        check("Hvor finder han sin lønseddel?", None);
    }
}
