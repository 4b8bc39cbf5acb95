//! `svarforslag lookup`.

use std::process::ExitCode;

use crate::cli::{Desk, out};
use crate::retrieval::Hit;
use crate::service::{LookupAnswer, LookupQuery};
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
        print(&answer, arguments.institution.as_deref());
    }
    Ok(ExitCode::SUCCESS)
}

fn print(answer: &LookupAnswer, asked: Option<&str>) {
    if answer.demo {
        out::tell("Demo: kilderne er opdigtede.");
    }
    match (&answer.institution, asked) {
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
    for meaning in &answer.expanded {
        out::tell(&format!("{} = {}", meaning.term, meaning.meaning));
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
    }
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
