//! `svarforslag evaluate`.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::{Desk, index, out};
use crate::config::Config;
use crate::evaluation::{self, Gate, Report, read_gold};
use crate::language::{Steps, choose_steps};
use crate::retrieval::{Fusion, Mode, Settings};
use crate::service::{self, Build, Evaluated, Mail, Service, Trial, demo_folder, demo_gold};
use crate::terms::Asker;

#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  \
    svarforslag evaluate                                  the demo's gold set\n  \
    svarforslag evaluate --out reports/today --gate gate.toml\n  \
    svarforslag evaluate --set index.stemming=off --name unstemmed --out reports/unstemmed\n  \
    svarforslag evaluate compare reports/today/report.json reports/unstemmed/report.json\n  \
    svarforslag evaluate --beir testsets/squad-da         a retrieval set in BEIR layout\n  \
    svarforslag evaluate --run run.trec --qrels qrels.trec"
)]
pub(crate) struct Arguments {
    /// Gold files (JSONL) [default: the demo's].
    #[arg(long, value_name = "FILE", num_args = 1..)]
    gold: Vec<PathBuf>,
    /// A retrieval set: a folder with corpus.jsonl, queries.jsonl and qrels.tsv.
    #[arg(long, value_name = "DIR", conflicts_with = "gold")]
    beir: Option<PathBuf>,
    /// A TREC run from elsewhere.
    #[arg(long, value_name = "FILE", requires = "qrels", conflicts_with_all = ["gold", "beir"])]
    run: Option<PathBuf>,
    /// The judgements for --run.
    #[arg(long, value_name = "FILE", requires = "run")]
    qrels: Option<PathBuf>,
    /// How passages are found [default: the settings'].
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    /// Leave a step out (index.stemming, .exceptions, .compounds, .glossary, .codes: off), or fuse
    /// otherwise (retrieval.fusion=ranks, retrieval.vector_weight=0.5).
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Mask the mails first: questions are found, searched and drafted on masked text.
    #[arg(long)]
    mask: bool,
    /// What the run is called in reports.
    #[arg(long, default_value = "svarforslag")]
    name: String,
    /// Write report.json, report.md, report.html, run.trec and qrels.trec here.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write what speaks for each sentence that might answer, beside what was judged (JSONL): the
    /// table on which the drafter's weights are fitted.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["beir", "run"])]
    signs: Option<PathBuf>,
    /// Fail when a figure breaks a floor of this file.
    #[arg(long, value_name = "FILE")]
    gate: Option<PathBuf>,
    #[command(subcommand)]
    compare: Option<Compare>,
}

#[derive(Debug, clap::Subcommand)]
enum Compare {
    /// Compare two reports question by question.
    Compare {
        /// The first report.json.
        a: PathBuf,
        /// The second report.json.
        b: PathBuf,
        /// Write the comparison as a page here.
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
    },
}

pub(crate) fn run(desk: &Desk, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if let Some(Compare::Compare { a, b, html }) = &arguments.compare {
        return compare(desk, a, b, html.as_deref());
    }
    let (fusing, reading): (Vec<String>, Vec<String>) =
        arguments.set.iter().cloned().partition(|setting| setting.starts_with("retrieval."));
    let bad = |setting: String| out::Advised {
        code: "bad_setting",
        reason: format!("`{setting}` cannot be set for an evaluation"),
        remedy: "`svarforslag evaluate --help` names what can be set".to_owned(),
    };
    choose_steps(Steps::without(&reading).map_err(bad)?);
    let mut config = desk.loaded.config.clone();
    for setting in &fusing {
        set(&mut config.retrieval, setting).ok_or_else(|| bad(setting.clone()))?;
    }
    if let Some(mode) = arguments.mode {
        config.retrieval.mode = mode;
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("evaluating [{bar:30}] {pos}/{len} {eta}") {
        bar.set_style(style.progress_chars("=> "));
    }
    let progress = |done: usize, of: usize| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    };
    let mut evaluated = evaluate(desk, config, arguments, reading.is_empty(), &progress)?;
    bar.finish_and_clear();
    evaluated.report.settings.clone_from(&arguments.set);
    if let Some(mode) = arguments.mode.and_then(|mode| mode.to_possible_value()) {
        evaluated.report.settings.push(format!("mode={}", mode.get_name()));
    }
    if let Some(folder) = &arguments.out {
        write(folder, &evaluated)?;
    }
    if desk.json {
        out::say(&serde_json::to_string_pretty(&evaluated.report)?);
    } else {
        out::say(&evaluation::markdown(&evaluated.report));
    }
    gate(arguments.gate.as_deref(), &evaluated.report)
}

/// Sets one value of how rankings are fused; none if there is no such value.
fn set(settings: &mut Settings, setting: &str) -> Option<()> {
    let (key, value) = setting.split_once('=')?;
    match (key.trim(), value.trim()) {
        ("retrieval.fusion", "scores") => settings.fusion = Fusion::Scores,
        ("retrieval.fusion", "ranks") => settings.fusion = Fusion::Ranks,
        ("retrieval.vector_weight", value) => {
            let weight = value.parse().ok().filter(|weight| (0.0..=1.0).contains(weight))?;
            settings.vector_weight = weight;
        }
        _ => return None,
    }
    Some(())
}

fn evaluate(
    desk: &Desk,
    mut config: Config,
    arguments: &Arguments,
    as_read: bool,
    progress: &dyn Fn(usize, usize),
) -> anyhow::Result<Evaluated> {
    let name = &arguments.name;
    if let Some(folder) = &arguments.beir {
        let kept = desk.data_named.then(|| desk.loaded.config.data.clone());
        return Ok(service::evaluate_beir(&config, kept.as_deref(), folder, name, progress)?);
    }
    if let (Some(run), Some(qrels)) = (&arguments.run, &arguments.qrels) {
        return Ok(service::evaluate_run(run, qrels, name)?);
    }
    // The demo's own index is brought up to date; changed steps get one of its own.
    let scratch = tempfile::tempdir()?;
    if !desk.data_named {
        let folder = demo_folder().ok_or(service::Error::NoDemo)?;
        config.data = if as_read { config.data.join("demo") } else { scratch.path().to_owned() };
        index::build(&config, &Build { paths: vec![folder], add: false })?;
    } else if !as_read {
        let roots = crate::index::remembered_roots(&config.data);
        scratch.path().clone_into(&mut config.data);
        index::build(&config, &Build { paths: roots, add: false })?;
    }
    if config.retrieval.mode != Mode::Words {
        index::encode(&config)?;
    }
    let gold = if arguments.gold.is_empty() {
        demo_gold()?
    } else {
        read_gold(&arguments.gold).map_err(service::Error::from)?
    };
    let mail = if arguments.mask { Mail::Masked } else { Mail::AsWritten };
    let trial = Trial { gold, name: name.clone(), asker: Asker::operator(), mail };
    let service = Service::open(config)?;
    if let Some(file) = &arguments.signs {
        let lines = service.weigh_gold(&trial)?;
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        std::fs::write(file, lines.join("\n"))?;
    }
    let evaluated = service.evaluate(&trial, &|done, of| {
        progress(done, of);
        ControlFlow::Continue(())
    })?;
    Ok(evaluated)
}

fn write(folder: &Path, evaluated: &Evaluated) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let report = &evaluated.report;
    std::fs::write(folder.join("report.json"), serde_json::to_string_pretty(report)?)?;
    std::fs::write(folder.join("report.md"), evaluation::markdown(report))?;
    std::fs::write(folder.join("report.html"), evaluation::html(report, None))?;
    std::fs::write(folder.join("run.trec"), evaluation::write_run(&evaluated.run, &report.run))?;
    std::fs::write(folder.join("qrels.trec"), evaluation::write_qrels(&evaluated.qrels))?;
    out::tell(&format!("reports in {}", folder.display()));
    Ok(())
}

fn gate(file: Option<&Path>, report: &Report) -> anyhow::Result<ExitCode> {
    let Some(file) = file else { return Ok(ExitCode::SUCCESS) };
    let gate: Gate = toml::from_str(&text_of(file)?).map_err(|error| out::Advised {
        code: "bad_gate",
        reason: format!("{} is no gate: {error}", file.display()),
        remedy: "write tables [all], [dev] and [test] with lines like accounted = { min = 0.9 }"
            .to_owned(),
    })?;
    let mut breaches = gate.breaches(report);
    if let Some(baseline) = &gate.baseline {
        let stored = file.with_file_name(baseline);
        let stored = report_of(&stored)?;
        breaches.extend(Gate::losses(&stored, report).map_err(service::Error::from)?);
    }
    for breach in &breaches {
        out::tell(&format!("gate: {breach}"));
    }
    if breaches.is_empty() {
        out::tell(&format!("gate: every floor of {} holds", file.display()));
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

fn compare(desk: &Desk, a: &Path, b: &Path, html: Option<&Path>) -> anyhow::Result<ExitCode> {
    let (a, b) = (report_of(a)?, report_of(b)?);
    let comparison = evaluation::compare(&a, &b).map_err(service::Error::from)?;
    if let Some(file) = html {
        std::fs::write(file, evaluation::html(&b, Some(&comparison)))?;
        out::tell(&format!("page in {}", file.display()));
    }
    if desk.json {
        out::say(&serde_json::to_string_pretty(&comparison)?);
    } else {
        out::say(&evaluation::comparison_markdown(&comparison));
    }
    Ok(ExitCode::SUCCESS)
}

fn text_of(file: &Path) -> Result<String, service::Error> {
    std::fs::read_to_string(file)
        .map_err(|source| service::Error::File { path: file.to_owned(), source })
}

fn report_of(file: &Path) -> anyhow::Result<Report> {
    let report = serde_json::from_str(&text_of(file)?).map_err(|error| out::Advised {
        code: "bad_report",
        reason: format!("{} is no report: {error}", file.display()),
        remedy: "name a report.json that `svarforslag evaluate --out DIR` has written".to_owned(),
    })?;
    Ok(report)
}
