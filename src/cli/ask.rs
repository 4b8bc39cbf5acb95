//! `svarforslag ask`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::ProgressBar;

use crate::cli::{Desk, out};
use crate::draft::{Draft, Outcome};
use crate::inquiry::Inquiry;
use crate::service::{self, Service};
use crate::terms::{Asker, parse_day};

/// More than any mail that is read; what is longer is refused with its code.
const INPUT_BYTES_MAX: u64 = 64 * 1024 * 1024;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    svarforslag ask mail.eml\n  \
    svarforslag ask --institution \"Slots- og Kulturstyrelsen\" < mail.txt\n  \
    svarforslag ask --json inquiry.json | jq .questions\n  \
    svarforslag ask --json inbox/ > drafts.jsonl      one draft a line")]
pub(crate) struct Arguments {
    /// A mail (EML or text), an inquiry as JSON, a folder of them, or - for standard input.
    #[arg(default_value = "-")]
    input: PathBuf,
    /// The asking institution, by any of its names.
    #[arg(long, value_name = "NAME")]
    institution: Option<String>,
    /// The day on which sources must hold, YYYY-MM-DD.
    #[arg(long, value_name = "DAY")]
    day: Option<String>,
}

pub(crate) fn run(desk: &Desk, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let service = desk.service()?;
    if arguments.input.is_dir() {
        return each(desk, &service, arguments);
    }
    let draft = draft(&service, arguments, &arguments.input)?;
    if desk.json {
        out::say(&serde_json::to_string_pretty(&draft)?);
    } else {
        print(&draft);
    }
    Ok(ExitCode::SUCCESS)
}

/// Every inquiry of a folder; one that cannot be read does not stop the rest.
fn each(desk: &Desk, service: &Service, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(&arguments.input)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_file() && !hidden(path))
        .collect();
    files.sort();
    let bar = ProgressBar::new(files.len() as u64);
    let mut failed = 0;
    for file in &files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match draft(service, arguments, file) {
            Ok(draft) if desk.json => {
                let mut line = serde_json::to_value(&draft)?;
                if let Some(fields) = line.as_object_mut() {
                    fields.insert("file".to_owned(), name.into());
                }
                out::say(&line.to_string());
            }
            Ok(draft) => {
                out::say(&format!("──── {name} ────"));
                print(&draft);
                out::say("");
            }
            Err(error) => {
                failed += 1;
                out::tell(&format!("failed: {name}: {error:#}"));
                if let Some(error) = error.downcast_ref::<service::Error>() {
                    out::tell(&format!("  -> {}", error.remedy()));
                }
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    out::tell(&format!("{} inquiries, {failed} failed", files.len()));
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

fn draft(service: &Service, arguments: &Arguments, file: &Path) -> anyhow::Result<Draft> {
    let mut inquiry = read(service, file)?;
    if arguments.institution.is_some() {
        inquiry.institution.clone_from(&arguments.institution);
    }
    if let Some(day) = &arguments.day {
        inquiry.day = Some(parse_day(day).ok_or_else(|| service::Error::BadDay(day.clone()))?);
    }
    Ok(service.suggest(&inquiry, Asker::operator())?)
}

fn read(service: &Service, file: &Path) -> Result<Inquiry, service::Error> {
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(INPUT_BYTES_MAX).read_to_end(&mut bytes)
    } else {
        let open = std::fs::File::open(file);
        open.and_then(|open| open.take(INPUT_BYTES_MAX).read_to_end(&mut bytes))
    };
    read.map_err(|source| service::Error::File { path: file.to_owned(), source })?;
    service.receive(&bytes)
}

fn print(draft: &Draft) {
    out::say(&draft.reply);
    out::tell(&format!("\n──── internt notat ────\n{}", draft.internal_note));
    let failed: Vec<&str> =
        draft.checks.iter().filter(|check| !check.ok).map(|check| check.detail.as_str()).collect();
    if !failed.is_empty() {
        out::tell(&format!("\n──── kontrol ────\n{}", failed.join("\n")));
    }
    out::tell("\n──── kilder ────");
    let answers = draft.questions.iter().flat_map(|answer| &answer.sentences);
    let answers = answers
        .flat_map(|sentence| sentence.citations().into_iter().map(|cited| (sentence.id(), cited)));
    let steps = draft
        .next_steps
        .iter()
        .flat_map(|step| step.citations.iter().map(|cited| (step.id.as_str(), cited)));
    for (id, citation) in answers.chain(steps) {
        let hit = draft.evidence.iter().find(|hit| hit.passage_id == *citation.passage_id());
        let title = hit.map_or("", |hit| hit.title.as_str());
        out::tell(&format!("[{id}] {title} ({})", citation.passage_id()));
    }
    let answered = draft
        .questions
        .iter()
        .filter(|answer| matches!(answer.outcome, Outcome::Answered | Outcome::AnsweredByDrejebog));
    out::tell(&format!(
        "\n{} spørgsmål, {} besvaret af en kilde",
        draft.questions.len(),
        answered.count()
    ));
    let cost = draft.cost;
    if cost.tokens_in > 0 {
        let about = if cost.estimated { "anslået " } else { "" };
        out::tell(&format!(
            "sprogmodel: {about}{:.4} kr., {} tokens ind, {} tokens ud",
            cost.kroner, cost.tokens_in, cost.tokens_out
        ));
    }
}
