//! Near-equal inquiries: warnings from rejected drafts, and candidates for a standardsvar.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::inquiry::{Inquiry, Reading};
use crate::language::{Stems, ValueKind, content_stems, fold, parts_of, tokens, values};
use crate::privacy::{Masked, detect};
use crate::review::reasons::Reason;

// The floors and weights were chosen on the pairs of questions of the demo's gold set, parts `dev`
// and `inquiries` (`tests/it/review_rules.rs` prints them): of the pairs above the floor at least
// nine of ten ask for the same fact. They miss most pairs that ask for it in other words.

/// Two questions are near-equal from this likeness on, if enough of their words are the same.
pub const LIKENESS_MIN: f32 = 0.22;
/// So much weight must be shared: two long words, or four short ones.
const SHARED_MIN: f32 = 2.0;
/// From this likeness on short questions are near-equal too.
const LIKENESS_SHORT_MIN: f32 = 0.6;
/// What a word weighs that the mail tells about a question, beside one of the question.
const CONTEXT_WEIGHT: f32 = 0.7;
/// What a word of the subject weighs.
const SUBJECT_WEIGHT: f32 = 0.5;
/// What a part of a compound weighs: "acontoudbetaling" is near "aconto".
const PART_WEIGHT: f32 = 0.5;

/// Two replies say the same if they share this share of all words of both: three of four are the
/// same in each.
pub const REPLY_LIKENESS_MIN: f32 = 0.6;
/// Approved replies from which a standardsvar may come; issue 7 leaves the number open.
pub const REPLIES_MIN: usize = 3;
/// Persons who must have approved them.
pub const PERSONS_MIN: usize = 2;
/// Warnings beside one draft: more are not read.
pub const WARNINGS_MAX: usize = 3;

/// The weighted stems of one question.
type Weights = BTreeMap<String, f32>;

/// What an inquiry asks, as weighted stems of each of its questions, without persons, dates,
/// amounts and numbers.
///
/// Stems are words of the customer all the same: a fingerprint is kept as carefully as the inquiry.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(Vec<Weights>);

impl Fingerprint {
    /// The fingerprint of an inquiry that has been read.
    pub fn of(inquiry: &Inquiry, reading: &Reading) -> Self {
        let subject = inquiry.subject.as_deref().unwrap_or_default();
        let asked = reading.questions.iter().map(|question| {
            let mut weights = Weights::new();
            add(&mut weights, &question.text, 1.0);
            add(&mut weights, &question.context, CONTEXT_WEIGHT);
            add(&mut weights, subject, SUBJECT_WEIGHT);
            weights
        });
        Self(asked.filter(|weights| !weights.is_empty()).collect())
    }

    /// The fingerprint of one question that stands alone.
    pub fn of_question(text: &str) -> Self {
        let mut weights = Weights::new();
        add(&mut weights, text, 1.0);
        Self(Some(weights).into_iter().filter(|weights| !weights.is_empty()).collect())
    }

    /// How alike two inquiries are, from 0 to 1: each question of either beside the one of the
    /// other that is most like it, the mean of all.
    pub fn likeness(&self, other: &Self) -> f32 {
        if self.0.is_empty() || other.0.is_empty() {
            return 0.0;
        }
        let (own, others) = (self.best(other), other.best(self));
        let count = own.len() + others.len();
        own.iter().chain(&others).sum::<f32>() / count as f32
    }

    /// How alike the two questions are that are most alike, from 0 to 1.
    pub fn nearest(&self, other: &Self) -> f32 {
        self.best(other).into_iter().fold(0.0, f32::max)
    }

    fn best(&self, other: &Self) -> Vec<f32> {
        let best = |own: &Weights| other.0.iter().map(|it| alike(own, it)).fold(0.0, f32::max);
        self.0.iter().map(best).collect()
    }
}

/// The weight of what both have, of the weight of all that either has; 0 where both have too
/// little to say so.
fn alike(a: &Weights, b: &Weights) -> f32 {
    let sum = |weights: &Weights| weights.values().sum::<f32>();
    let shared: f32 = a.iter().filter_map(|(stem, own)| Some(own.min(*b.get(stem)?))).sum();
    let all = sum(a) + sum(b) - shared;
    let likeness = if all > 0.0 { shared / all } else { 0.0 };
    if shared >= SHARED_MIN || likeness >= LIKENESS_SHORT_MIN { likeness } else { 0.0 }
}

/// How much a stem tells: "skal" and "send" stand in every other mail, "fratrædelsesbeløb" in few.
/// Length tells them apart without a collection to count in.
fn weight(stem: &str) -> f32 {
    let length = stem.chars().count() as f32;
    ((length - 2.0) / 6.0).clamp(0.2, 1.5)
}

fn add(weights: &mut Weights, text: &str, share: f32) {
    let text = matter(text);
    let mut add = |stem: String, share: f32| {
        let weight = share * weight(&stem);
        let known = weights.entry(stem).or_insert(0.0);
        *known = known.max(weight);
    };
    for stem in content_stems(&text) {
        add(stem, share);
    }
    for token in tokens(&text) {
        let word = fold(text.get(token.range).unwrap_or_default());
        for part in parts_of(&word) {
            add(part, share * PART_WEIGHT);
        }
    }
}

/// What a question is about: without persons, and without the days, amounts and numbers of its
/// case.
fn matter(question: &str) -> String {
    let own = [
        ValueKind::Case,
        ValueKind::Date,
        ValueKind::Time,
        ValueKind::Percent,
        ValueKind::Amount,
        ValueKind::Number,
    ];
    let values = values(question).into_iter().filter(|value| own.contains(&value.kind));
    let found = detect(question);
    let mut out: Vec<_> =
        values.map(|value| value.range).chain(found.acted().map(|it| it.range.clone())).collect();
    out.sort_by_key(|range| range.start);
    let (mut text, mut at) = (String::with_capacity(question.len()), 0);
    for range in out {
        text.push_str(question.get(at..range.start).unwrap_or_default());
        text.push(' ');
        at = at.max(range.end);
    }
    text.push_str(question.get(at..).unwrap_or_default());
    text
}

/// A draft that was rejected.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejected {
    /// The draft.
    pub draft: String,
    /// The institution whose inquiry it answered.
    pub institution: Option<String>,
    /// What that inquiry asked.
    pub fingerprint: Fingerprint,
    /// Why it was rejected.
    pub reasons: Vec<Reason>,
    /// What the person said.
    pub text: Option<String>,
}

/// That a draft for a near-equal inquiry was rejected.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Warning {
    /// The rejected draft; missing if it was another institution's.
    pub draft: Option<String>,
    /// Why it was rejected.
    pub reasons: Vec<Reason>,
    /// What the person said; missing if the inquiry was another institution's.
    pub text: Option<String>,
    /// How alike the questions are that are most alike, from 0 to 1.
    pub likeness: f32,
}

/// The rejected drafts of inquiries with a near-equal question, the most alike first.
///
/// Of another institution's draft only the reasons are told: what was said of it may name its
/// drejebog.
pub fn warnings(
    asked: &Fingerprint,
    institution: Option<&str>,
    rejected: &[Rejected],
) -> Vec<Warning> {
    let mut near: Vec<(f32, &Rejected)> = rejected
        .iter()
        .map(|it| (asked.nearest(&it.fingerprint), it))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.draft.cmp(&b.1.draft)));
    near.truncate(WARNINGS_MAX);
    let warn = |(likeness, it): (f32, &Rejected)| {
        let own = it.institution.is_none() || it.institution.as_deref() == institution;
        Warning {
            draft: own.then(|| it.draft.clone()),
            reasons: it.reasons.clone(),
            text: it.text.clone().filter(|_| own),
            likeness,
        }
    };
    near.into_iter().map(warn).collect()
}

/// An approved reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Approved {
    /// Its id in the ledger.
    pub id: String,
    /// Its place in the ledger: the newest has the greatest.
    pub seq: u64,
    /// The institution that it went to.
    pub institution: Option<String>,
    /// What its inquiry asked.
    pub fingerprint: Fingerprint,
    /// Who approved it.
    pub persons: BTreeSet<String>,
    /// The reply as it was approved.
    pub reply: String,
    /// Whether it cites what belongs to one institution ([`crate::review::kept::KeptDraft::cites_own_sources`]).
    pub sources: Sources,
}

/// What an approved reply cites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sources {
    /// Only what holds for everybody.
    General,
    /// An institution's drejebog or past case too.
    Own,
}

/// Replies from which a standardsvar may be made, for its owner to accept.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Candidate {
    /// The approved replies, the newest first.
    pub members: Vec<String>,
    /// How many persons have approved them.
    pub persons: usize,
    /// The institutions that got them.
    pub institutions: Vec<String>,
    /// The newest reply, masked.
    pub reply: String,
    /// How alike the two inquiries are that are least alike, from 0 to 1.
    pub likeness: f32,
}

/// Groups of near-equal approved replies to near-equal inquiries, of at least `least` replies that
/// at least `persons_least` persons have approved; the largest first.
///
/// Every two of a group are near-equal. A reply that cites an institution's own sources is in no
/// group: a standardsvar is for all.
pub fn candidates(approved: &[Approved], least: usize, persons_least: usize) -> Vec<Candidate> {
    let mut general: Vec<&Approved> =
        approved.iter().filter(|it| it.sources == Sources::General).collect();
    general.sort_by(|a, b| b.seq.cmp(&a.seq).then_with(|| a.id.cmp(&b.id)));
    let mut groups: Vec<Vec<Read<'_>>> = Vec::new();
    for it in general {
        let masked = Masked::of(&it.reply).as_str().to_owned();
        let read = Read { approved: it, stems: Stems::of(&masked), masked };
        match groups.iter_mut().find(|group| group.iter().all(|other| read.is_near(other))) {
            Some(group) => group.push(read),
            None => groups.push(vec![read]),
        }
    }
    let mut found: Vec<Candidate> = groups.iter().filter_map(|group| candidate(group)).collect();
    found.retain(|it| it.members.len() >= least.max(1) && it.persons >= persons_least);
    found.sort_by(|a, b| {
        b.members.len().cmp(&a.members.len()).then_with(|| a.members.cmp(&b.members))
    });
    found
}

/// An approved reply, masked.
struct Read<'a> {
    approved: &'a Approved,
    masked: String,
    stems: Stems,
}

impl Read<'_> {
    fn is_near(&self, other: &Self) -> bool {
        self.approved.fingerprint.likeness(&other.approved.fingerprint) >= LIKENESS_MIN
            && self.stems.likeness(&other.stems) >= REPLY_LIKENESS_MIN
    }
}

fn candidate(group: &[Read<'_>]) -> Option<Candidate> {
    let newest = group.first()?;
    let all = || group.iter().map(|read| read.approved);
    let persons: BTreeSet<&String> = all().flat_map(|it| &it.persons).collect();
    let institutions: BTreeSet<&String> = all().filter_map(|it| it.institution.as_ref()).collect();
    let mut likeness: f32 = 1.0;
    for (at, one) in all().enumerate() {
        for other in all().skip(at + 1) {
            likeness = likeness.min(one.fingerprint.likeness(&other.fingerprint));
        }
    }
    Some(Candidate {
        members: all().map(|it| it.id.clone()).collect(),
        persons: persons.len(),
        institutions: institutions.into_iter().cloned().collect(),
        reply: newest.masked.clone(),
        likeness,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inquiry::read;

    fn asks(body: &str) -> Fingerprint {
        let inquiry = Inquiry { body: body.to_owned(), ..Inquiry::default() };
        Fingerprint::of(&inquiry, &read(&inquiry))
    }

    const ACONTO: &str =
        "Hej. Mona Eksempelsen mangler 610 kr. netto. Kan I udbetale beløbet som aconto?";

    #[test]
    fn another_person_day_and_amount_make_no_other_question() {
        let other = "Hej. Bo Prøvesen mangler 1.250 kr. netto. Kan I udbetale beløbet som aconto?";
        assert!(asks(ACONTO).likeness(&asks(other)) > 0.99);
        for nothing in ["Hvem lukker nøglekortet til kontoret?", ""] {
            assert!(asks(ACONTO).likeness(&asks(nothing)) < f32::EPSILON, "{nothing}");
            assert!(asks(nothing).nearest(&asks(ACONTO)) < f32::EPSILON, "{nothing}");
        }
    }

    #[test]
    fn no_name_and_no_number_is_part_of_a_fingerprint() {
        let json = serde_json::to_string(&asks(ACONTO)).unwrap();
        for word in ["mona", "eksempel", "610"] {
            assert!(!json.contains(word), "{word} in {json}");
        }
    }

    #[test]
    fn a_likeness_does_not_depend_on_the_order() {
        let all = [ACONTO, "Kan I udbetale aconto?", "Hvornår lukker periode 13.1?", ""];
        for a in all {
            for b in all {
                let (a, b) = (asks(a), asks(b));
                assert!((a.likeness(&b) - b.likeness(&a)).abs() < 1e-6);
                assert!((0.0..=1.0).contains(&a.likeness(&b)));
            }
        }
    }

    fn rejected(draft: &str, institution: &str, body: &str) -> Rejected {
        Rejected {
            draft: draft.to_owned(),
            institution: Some(institution.to_owned()),
            fingerprint: asks(body),
            reasons: vec![Reason::Wrong],
            text: Some("Drejebogen siger 300 kr.".to_owned()),
        }
    }

    #[test]
    fn a_rejected_draft_warns_on_a_near_equal_inquiry() {
        let all = [
            rejected("r2", "Kystmuseet", ACONTO),
            rejected("r1", "Fyrvæsenet", ACONTO),
            rejected("r3", "Kystmuseet", "Hvem lukker nøglekortet til kontoret?"),
        ];
        let found = warnings(&asks(ACONTO), Some("Kystmuseet"), &all);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].draft.as_deref(), found[0].text.as_deref()), (None, None));
        assert_eq!(found[1].draft.as_deref(), Some("r2"));
        assert!(found[1].text.is_some() && found[0].reasons == [Reason::Wrong]);
        let many = vec![rejected("r", "Kystmuseet", ACONTO); 9];
        assert_eq!(warnings(&asks(ACONTO), None, &many).len(), WARNINGS_MAX);
        assert!(warnings(&asks("Hvornår er der julefrokost?"), None, &all).is_empty());
    }

    fn approved(id: &str, seq: u64, person: &str, reply: &str) -> Approved {
        Approved {
            id: id.to_owned(),
            seq,
            institution: Some(format!("Institution {id}")),
            fingerprint: asks(ACONTO),
            persons: [person.to_owned()].into(),
            reply: reply.to_owned(),
            sources: Sources::General,
        }
    }

    const REPLY: &str = "Hej Mona Eksempelsen\n\nVi udbetaler beløbet som aconto, når det er over \
                         500 kr. netto, og I får besked samme dag.";

    #[test]
    fn near_equal_replies_of_two_persons_become_a_candidate() {
        let all = [
            approved("a", 1, "p1", REPLY),
            approved("b", 3, "p2", &REPLY.replace("Mona", "Bo")),
            approved("c", 2, "p1", REPLY),
            approved("d", 4, "p3", "Nej, det kan vi desværre ikke hjælpe jer med."),
        ];
        let found = candidates(&all, REPLIES_MIN, PERSONS_MIN);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].members, ["b", "c", "a"]);
        assert_eq!((found[0].persons, found[0].institutions.len()), (2, 3));
        assert!(!found[0].reply.contains("Eksempelsen"), "{}", found[0].reply);
        let mut turned = all.clone();
        turned.reverse();
        assert_eq!(candidates(&turned, REPLIES_MIN, PERSONS_MIN), found);
    }

    #[test]
    fn one_person_alone_makes_no_candidate_and_neither_do_two_replies() {
        let same: Vec<Approved> =
            (0..5).map(|n| approved(&n.to_string(), n, "p1", REPLY)).collect();
        assert!(candidates(&same, REPLIES_MIN, PERSONS_MIN).is_empty());
        let two = [approved("a", 1, "p1", REPLY), approved("b", 2, "p2", REPLY)];
        assert!(candidates(&two, REPLIES_MIN, PERSONS_MIN).is_empty());
    }

    #[test]
    fn what_rests_on_one_institutions_drejebog_becomes_no_standardsvar() {
        let all: Vec<Approved> = (0..5)
            .map(|n| Approved {
                sources: Sources::Own,
                ..approved(&n.to_string(), n, &format!("p{n}"), REPLY)
            })
            .collect();
        assert!(candidates(&all, REPLIES_MIN, PERSONS_MIN).is_empty());
    }
}
