//! Looking up words: what is found, why, what was meant, and what an odd query is told.

use svarforslag::retrieval::{BoostReason, Correction, FoundAs};
use svarforslag::service::{self, LookupQuery, QueryRemark};
use svarforslag::terms::Asker;

use crate::desk::{Desk, TestDesk};

fn desk() -> Desk {
    TestDesk::new()
        .register("[[institution]]\nname = \"Banedanmark\"\nshort = \"BDK\"\n")
        .drejebog("Banedanmark", "Togordningen bestilles af controlling hver måned.")
        .drejebog("Ankestyrelsen", "Rugbrødsordningen bestilles af sekretariatet hver måned.")
        .guide("Barsel", "Barsel indberettes i Statens HR senest den 15. i måneden.")
        .guide("Kørsel", "Kørselsgodtgørelse udbetales med lønnen. Løndel 2913 bruges.")
        .guide("Arkiv", "Sedlerne lægges i arkivet, når lønnen er udbetalt.")
        .open()
}

/// The corrections and the titles of what is found.
#[track_caller]
fn check_meant(desk: &Desk, institution: &str, query: &str, meant: &[(&str, &str)], first: &str) {
    let answer = desk.look_up(institution, query);
    let correction = |(written, meant): &(&str, &str)| Correction {
        written: (*written).to_owned(),
        meant: (*meant).to_owned(),
    };
    let expected: Vec<Correction> = meant.iter().map(correction).collect();
    assert_eq!(answer.did_you_mean, expected, "{query}");
    let titles: Vec<&str> = answer.hits.iter().map(|hit| hit.title.as_str()).collect();
    assert_eq!(titles.first().copied().unwrap_or_default(), first, "{query}: {titles:?}");
}

#[test]
fn a_misspelt_word_is_searched_for_as_the_word_that_sources_have() {
    let desk = desk();
    check_meant(
        &desk,
        "",
        "indbertes barzel",
        &[("indbertes", "indberettes"), ("barzel", "barsel")],
        "Barsel",
    );
    check_meant(&desk, "", "barsel", &[], "Barsel");
    check_meant(&desk, "", "sedlerne", &[], "Arkiv");
    // A name is no slip, a short word is near too many, and a code is what it is.
    check_meant(&desk, "", "fra Barzel", &[], "");
    check_meant(&desk, "", "hvr", &[], "");
    check_meant(&desk, "", "2914", &[], "");
}

#[test]
fn only_words_that_the_scope_may_see_are_suggested() {
    let desk = desk();
    let meant = [("rugbrødsordnigen", "rugbrødsordningen")];
    check_meant(&desk, "Ankestyrelsen", "rugbrødsordnigen", &meant, "Drejebog for Ankestyrelsen");
    check_meant(&desk, "Banedanmark", "rugbrødsordnigen", &[], "");
    check_meant(&desk, "", "rugbrødsordnigen", &[], "");
}

#[test]
fn a_hit_explains_itself() {
    let desk = desk();
    let answer = desk.look_up("Banedanmark", "togordning bestille frokost");
    let best = &answer.hits[0];
    assert_eq!(best.title, "Drejebog for Banedanmark");
    let words: Vec<(&str, FoundAs)> =
        best.explanation.words.iter().map(|word| (word.word.as_str(), word.found)).collect();
    assert!(words.contains(&("togordning", FoundAs::Text)), "{words:?}");
    assert_eq!(best.explanation.missing, ["frokost"]);
    assert_eq!(best.explanation.boosts[0].reason, BoostReason::OwnDrejebog);
    assert_eq!((best.explanation.word_score, best.explanation.similarity), (1.0, None));
    let answer = desk.look_up("", "SHR");
    let word = &answer.hits[0].explanation.words[0];
    assert_eq!((word.found, word.name.as_deref()), (FoundAs::EqualName, Some("Statens HR")));
    assert!(answer.expanded[0].names.contains(&"Statens HR".to_owned()), "{:?}", answer.expanded);
    let answer = desk.look_up("", "godtgørelse");
    assert_eq!(answer.hits[0].explanation.words[0].found, FoundAs::InCompound);
}

#[test]
fn passages_that_say_nearly_the_same_are_shown_once() {
    let words: Vec<String> = (0..40)
        .map(|at| {
            format!(
                "ord{}",
                "abcdefghij".chars().nth(at % 10).unwrap().to_string().repeat(at / 10 + 1)
            )
        })
        .collect();
    let text = words.join(" ");
    let desk = TestDesk::new()
        .guide("Første", &format!("Fristen er kort. {text}."))
        .guide("Anden", &format!("Fristen er kort. {text} igen."))
        .guide("Tredje", "Fristen er en anden her.")
        .source("nyhed", &[], "Fjerde", &format!("Fristen er kort. {text}, nu."))
        .open();
    let answer = desk.look_up("", "frist orda ordb");
    let shown: Vec<(&str, usize)> =
        answer.hits.iter().map(|hit| (hit.title.as_str(), hit.explanation.collapsed)).collect();
    // Another kind of source says it with another right, and is shown beside.
    assert_eq!(shown.len(), 3, "{shown:?}");
    let guide = shown.iter().find(|(title, _)| ["Første", "Anden"].contains(title));
    assert_eq!(guide.unwrap().1, 1, "{shown:?}");
}

#[track_caller]
fn check_odd(desk: &Desk, query: &str, remarks: &[QueryRemark], found: bool) {
    let query = LookupQuery { q: query.to_owned(), ..LookupQuery::default() };
    let answer = desk.service.look_up(&query, Asker::operator()).unwrap();
    let shown: String = query.q.chars().take(40).collect();
    assert_eq!(answer.remarks, remarks, "{shown}");
    assert_eq!(!answer.hits.is_empty(), found, "{shown}");
}

#[test]
fn an_odd_query_gets_a_clear_answer() {
    let desk = desk();
    check_odd(&desk, "a", &[], false);
    check_odd(&desk, "i", &[QueryRemark::OnlyStopWords], false);
    check_odd(&desk, "hvad er det for en", &[QueryRemark::OnlyStopWords], false);
    check_odd(&desk, "2913", &[], true);
    check_odd(&desk, "løndel 2913", &[], true);
    check_odd(&desk, "🙂🙃", &[QueryRemark::NoWords], false);
    check_odd(&desk, "…!?", &[QueryRemark::NoWords], false);
    check_odd(&desk, "отпуск по уходу за ребёнком 休暇 إجازة", &[], false);
    check_odd(&desk, "barsel 休暇 🙂", &[], true);
    check_odd(&desk, "\u{0}barsel\u{ad}\u{200b}", &[], true);
    let long = "barsel ".repeat(50_000 / 7);
    check_odd(&desk, &long, &[QueryRemark::Shortened], true);
    check_odd(&desk, &"x".repeat(50_000), &[QueryRemark::Shortened, QueryRemark::NoWords], false);
    let words: String = (0..6_000).fold(String::new(), |text, at| text + &format!("ord{at} "));
    check_odd(&desk, &words, &[QueryRemark::Shortened], false);
    let empty = LookupQuery { q: " \n".to_owned(), ..LookupQuery::default() };
    let refused = desk.service.look_up(&empty, Asker::operator());
    assert!(matches!(refused, Err(service::Error::EmptyQuery)));
}
