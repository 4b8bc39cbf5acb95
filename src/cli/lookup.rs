//! `svarforslag lookup`.

use std::process::ExitCode;

use crate::cli::{Desk, out};
use crate::retrieval::{BoostReason, Correction, Explanation, FoundAs, FoundWord, Hit};
use crate::service::{LookupAnswer, LookupQuery, QueryRemark};
use crate::terms::{Asker, State, show_day};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    svarforslag lookup \"hvornår er fristen for en sygemelding?\"\n  \
    svarforslag lookup --institution Banedanmark maksgrænse\n  \
    svarforslag lookup --kind sls_side \"løndel 2913\" --json")]
pub(crate) struct Arguments {
    /// A question, or a few words.
    #[arg(required = true)]
    query: Vec<String>,
    /// The institution whose drejebog is searched too, by any of its names.
    #[arg(long, value_name = "NAME")]
    institution: Option<String>,
    /// The day on which sources must hold, YYYY-MM-DD.
    #[arg(long, value_name = "DAY")]
    day: Option<String>,
    /// Only this kind of source.
    #[arg(long)]
    kind: Option<String>,
    /// Only sources about this system.
    #[arg(long)]
    system: Option<String>,
    /// How many passages.
    #[arg(long)]
    limit: Option<usize>,
    /// Says for each passage which words it holds and where, and what its score is made of.
    #[arg(long)]
    explain: bool,
}

pub(crate) fn run(desk: &Desk, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let query = LookupQuery {
        q: arguments.query.join(" "),
        institution: arguments.institution.clone(),
        day: arguments.day.clone(),
        kind: arguments.kind.clone(),
        system: arguments.system.clone(),
        limit: arguments.limit,
    };
    let answer = desk.service()?.look_up(&query, Asker::operator())?;
    if desk.json {
        out::say(&serde_json::to_string_pretty(&answer)?);
    } else {
        print(&answer, arguments);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(answer: &LookupAnswer, arguments: &Arguments) {
    if answer.demo {
        out::tell("Demo: kilderne er opdigtede.");
    }
    match (&answer.institution, arguments.institution.as_deref()) {
        (Some(own), _) => {
            out::tell(&format!("Søgt i generelle kilder og i det, der gælder {own}."));
        }
        (None, Some(asked)) => out::tell(&format!(
            "»{asked}« er ikke i registret over institutioner; kun generelle kilder er søgt."
        )),
        (None, None) => {
            out::tell("Kun generelle kilder er søgt, for der er ikke nævnt en institution.");
        }
    }
    for remark in &answer.remarks {
        out::tell(told(*remark));
    }
    for correction in &answer.did_you_mean {
        let Correction { written, meant } = correction;
        out::tell(&format!("»{written}« står ingen steder; der er søgt efter »{meant}«."));
    }
    for meaning in &answer.expanded {
        let names: Vec<&str> =
            std::iter::once(&meaning.term).chain(&meaning.names).map(String::as_str).collect();
        out::tell(&format!("{}: {}", names.join(" = "), meaning.meaning));
    }
    if answer.hits.is_empty() {
        out::say("Ingen kilder fundet.");
        return;
    }
    if !answer.answer.text.is_empty() {
        out::say(&format!("{}\n", answer.answer.text));
    }
    for (at, hit) in answer.hits.iter().enumerate() {
        out::say(&shown(at + 1, hit));
        if arguments.explain {
            out::say(&explained(&hit.explanation));
        }
    }
}

fn told(remark: QueryRemark) -> &'static str {
    match remark {
        QueryRemark::Shortened => "Søgningen var for lang; kun begyndelsen er søgt.",
        QueryRemark::NoWords => "Der er ingen ord, tal eller koder at søge efter.",
        QueryRemark::OnlyStopWords => "Søgningen har kun ord, som der ikke søges efter.",
    }
}

fn explained(explanation: &Explanation) -> String {
    let place = |found: &FoundWord| match (found.found, &found.name) {
        (FoundAs::Text, _) => "i teksten".to_owned(),
        (FoundAs::Heading, _) => "i overskriften".to_owned(),
        (FoundAs::TextAndHeading, _) => "i tekst og overskrift".to_owned(),
        (FoundAs::InCompound, _) => "i et sammensat ord".to_owned(),
        (FoundAs::EqualName, Some(name)) => format!("som »{name}«"),
        (FoundAs::EqualName, None) => "ved et andet navn".to_owned(),
        (FoundAs::Parts, _) => "delvis".to_owned(),
    };
    let words = explanation.words.iter().map(|found| format!("{} ({})", found.word, place(found)));
    let mut lines = vec![format!("   Ord: {}", words.collect::<Vec<_>>().join(", "))];
    if !explanation.missing.is_empty() {
        lines.push(format!("   Mangler: {}", explanation.missing.join(", ")));
    }
    let similarity = explanation.similarity.map(|value| format!(" · betydning {value:.2}"));
    lines.push(format!(
        "   Ord {:.2} · bogstaver {:.2} · dækning {:.2}{}",
        explanation.word_score,
        explanation.letter_score,
        explanation.coverage,
        similarity.unwrap_or_default()
    ));
    for boost in &explanation.boosts {
        let reason = match boost.reason {
            BoostReason::OwnDrejebog => "egen drejebog",
            BoostReason::Kind => "dokumenttype",
        };
        lines.push(format!("   Forrang: {reason}, +{:.0} %", boost.share * 100.0));
    }
    if explanation.collapsed > 0 {
        lines.push(format!(
            "   Udeladt, fordi de siger næsten det samme: {}",
            explanation.collapsed
        ));
    }
    lines.join("\n") + "\n"
}

fn shown(number: usize, hit: &Hit) -> String {
    let state = match (hit.state, hit.valid_from, hit.valid_to) {
        (State::Current, _, _) => String::new(),
        (State::Expired, _, Some(day)) => format!(" [gjaldt til {}]", show_day(day)),
        (State::Future, Some(day), _) => format!(" [gælder fra {}]", show_day(day)),
        (State::Superseded, _, _) => " [afløst]".to_owned(),
        (State::Expired | State::Future, _, _) => " [gælder ikke]".to_owned(),
    };
    let owner = hit.institution.as_ref().map_or(String::new(), |own| format!(", {own}"));
    let text = hit.text.replace('\n', "\n   ");
    format!(
        "{number}. {}{state}\n   {} · {}{owner} · {}\n   {text}\n",
        hit.title,
        hit.heading,
        hit.kind.value(),
        hit.passage_id
    )
}
