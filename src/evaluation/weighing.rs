//! What the drafter weighs, beside what was judged: the table on which its weights are fitted.

use serde_json::{Value as Json, json};

use crate::draft::{SIGNS, Weighed};
use crate::evaluation::answers::grade;
use crate::evaluation::gold::GoldInquiry;
use crate::evaluation::matching::best_match;
use crate::inquiry::weigh;

/// One object for each question that was found: its gold question, and every sentence with the
/// grade of its passage, whether it stands in a quote that was judged, and its signs.
pub fn weighing(gold: &GoldInquiry, weighed: &[Weighed]) -> Vec<Json> {
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = |one: &Weighed| {
        let matched = best_match(&one.from, &one.text, &gold.questions);
        let at = matched.map(|matched| matched.question);
        let question = at.and_then(|at| gold.questions.get(at));
        let candidates = one.candidates.iter().map(|candidate| {
            let grade = question.map_or(0, |it| grade(it, &candidate.document, &candidate.text));
            let sentence = flat(&candidate.sentence);
            let quoted = question.is_some_and(|question| {
                let own = question.relevant.iter().filter(|it| it.document == candidate.document);
                own.map(|it| flat(&it.quote))
                    .any(|quote| quote.contains(&sentence) || sentence.contains(&quote))
            });
            json!({
                "passage": candidate.passage, "document": candidate.document,
                "heading": candidate.heading, "sentence": candidate.sentence, "grade": grade, "quoted": quoted,
                "signs": candidate.signs.0,
            })
        });
        json!({
            "inquiry": gold.id, "part": gold.part.name(), "n": one.n, "text": one.text,
            "context": one.context, "channel": one.channel, "rule": one.rule,
            "kinds": kinds(one), "question": question.map(|it| it.n),
            "answerable": question.map(|it| it.answerable.clone()),
            "names": SIGNS, "candidates": candidates.collect::<Vec<_>>(),
        })
    };
    weighed.iter().map(line).collect()
}

/// How likely the question is of each kind.
fn kinds(one: &Weighed) -> Json {
    let likely = weigh(&one.text, &one.context, one.channel);
    likely.all().map(|(kind, share)| json!({ "kind": kind, "share": share })).collect()
}
