//! The command line: what an operator and a batch run call.
//!
//! Takes: arguments, files and standard input.
//! Gives: letters and lists on standard output, notes and progress on standard error, an exit code.
//! Never: decides anything of its own; every command is one call of the service.

mod out;
mod index;
mod lookup;
mod models;
mod ask;
mod settings;
mod serve;
mod demo;
mod evaluate;
mod ledger;
mod backup;
mod doctor;
mod mask;
mod egress;
mod privacy;
mod keys;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{self, Loaded, Overrides};
use crate::review;
use crate::service::{self, Service};
use crate::sources::{Extractor, Format, Limits, child_main};

/// Suggested replies to customer inquiries, from the organisation's own sources.
#[derive(Debug, Parser)]
#[command(
    name = "svarforslag",
    version,
    after_help = "Without a command: indexes the demo collection on first run and serves it on 127.0.0.1:8080.\n\n\
    Examples:\n  \
    svarforslag index documents/            read documents into data/\n  \
    svarforslag lookup \"frist for sygemelding\" --institution SLKS\n  \
    svarforslag ask mail.eml                draft a reply; the letter on standard output\n  \
    svarforslag ask --json < inquiry.json   the whole draft with sources and checks\n  \
    svarforslag serve --listen 127.0.0.1:8080\n  \
    svarforslag log verify                  is the log of decisions whole?\n  \
    svarforslag backup /srv/backup/today    copy the ledger while the service runs\n  \
    svarforslag doctor                      what is installed, what is missing, what to do"
)]
struct Arguments {
    /// The data directory [default: data].
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The settings file [default: svarforslag.toml, if it is there].
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Answer in JSON on standard output.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the index hold what the folders and files hold; without PATH, what they hold now.
    Index(index::Arguments),
    /// Look something up in the sources.
    Lookup(lookup::Arguments),
    /// Draft a reply to an inquiry: a mail (EML or text), JSON, or a folder of them.
    Ask(ask::Arguments),
    /// Measure drafts and retrieval on a gold set, or compare two reports.
    Evaluate(evaluate::Arguments),
    /// Serve drafts and lookups over HTTP.
    Serve(serve::Arguments),
    /// List known embedding models, or check one.
    Models(models::Arguments),
    /// Put marks in place of the personal data of a text.
    Mask(mask::Arguments),
    /// Print the exact bytes that would leave for an inquiry, and to where, without sending them.
    Egress(egress::Arguments),
    /// Print in Danish what is done with personal data with these settings.
    PrivacyReport,
    /// Make keys for programs.
    Keys(keys::Arguments),
    /// Hold the log of who did what against its signatures, print it, or give out what is kept.
    Log(ledger::LogArguments),
    /// Let inquiries and events go that have been kept long enough, or that somebody names.
    Purge(ledger::PurgeArguments),
    /// Copy the ledger and the documents given over HTTP into a folder, while the service runs.
    Backup(backup::BackupArguments),
    /// Put a backup into an empty data directory, and verify it.
    Restore(backup::RestoreArguments),
    /// Print the settings and where each came from.
    Config,
    /// Say what is installed, what is missing, and what to do.
    Doctor,
    /// Read one file of a risky format, from standard input; the program calls this itself.
    #[command(hide = true)]
    Extract {
        /// The format, by its usual ending.
        #[arg(long)]
        format: String,
    },
}

/// What every command has at hand.
struct Desk {
    loaded: Loaded,
    data_named: bool,
    json: bool,
}

impl Desk {
    fn extractor() -> anyhow::Result<Extractor> {
        Ok(Extractor { program: std::env::current_exe()?, limits: Limits::default() })
    }

    fn service(&self) -> anyhow::Result<Service> {
        let service = Service::open(self.loaded.config.clone())?;
        Ok(service.with_extractor(Self::extractor()?))
    }
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(Command::Extract { format }) = &arguments.command {
        let Some(format) = Format::parse(format) else { return ExitCode::from(2) };
        return child_main(format, std::io::stdin().lock(), std::io::stdout().lock());
    }
    let json = arguments.json;
    match dispatch(arguments) {
        Ok(code) => code,
        Err(error) => {
            complain(&error, json);
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let overrides = Overrides {
        data: arguments.data.clone(),
        listen: match &arguments.command {
            Some(Command::Serve(serve)) => serve.listen.clone(),
            _ => None,
        },
    };
    let loaded = config::load(arguments.config.as_deref(), std::env::vars(), &overrides)?;
    let data_named = loaded.origins.iter().any(|it| it.key == "data" && it.origin != "default");
    let desk = Desk { loaded, data_named, json: arguments.json };
    match arguments.command {
        Some(Command::Index(arguments)) => index::run(&desk, &arguments),
        Some(Command::Lookup(arguments)) => lookup::run(&desk, &arguments),
        Some(Command::Ask(arguments)) => ask::run(&desk, &arguments),
        Some(Command::Evaluate(arguments)) => evaluate::run(&desk, &arguments),
        Some(Command::Serve(_)) => serve::run(&desk),
        Some(Command::Models(arguments)) => models::run(&desk, &arguments),
        Some(Command::Mask(arguments)) => mask::run(&desk, &arguments),
        Some(Command::Egress(arguments)) => egress::run(&desk, &arguments),
        Some(Command::PrivacyReport) => privacy::run(&desk),
        Some(Command::Keys(arguments)) => keys::run(&desk, arguments),
        Some(Command::Log(arguments)) => ledger::run_log(&desk, &arguments),
        Some(Command::Purge(arguments)) => ledger::run_purge(&desk, &arguments),
        Some(Command::Backup(arguments)) => backup::run_backup(&desk, &arguments),
        Some(Command::Restore(arguments)) => backup::run_restore(&desk, &arguments),
        Some(Command::Config) => settings::run(&desk),
        Some(Command::Doctor) => doctor::run(&desk),
        Some(Command::Extract { .. }) => Ok(ExitCode::from(2)),
        None => demo::run(desk),
    }
}

/// Says what failed, why, and what to do.
fn complain(error: &anyhow::Error, json: bool) {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    let (code, remedy) = advice(error);
    if json {
        let problem =
            serde_json::json!({ "code": code, "reason": causes.join(": "), "remedy": remedy });
        out::tell(&problem.to_string());
        return;
    }
    out::tell(&format!("error: {}", causes.join(": ")));
    if !remedy.is_empty() {
        out::tell(&format!("what to do: {remedy}"));
    }
}

fn advice(error: &anyhow::Error) -> (&'static str, String) {
    if let Some(error) = error.downcast_ref::<service::Error>() {
        return (error.code(), error.remedy());
    }
    if let Some(error) = error.downcast_ref::<review::Error>() {
        return (error.code(), error.remedy().to_owned());
    }
    if let Some(error) = error.downcast_ref::<config::Error>() {
        return ("bad_settings", error.remedy().to_owned());
    }
    if let Some(error) = error.downcast_ref::<out::Advised>() {
        return (error.code, error.remedy.clone());
    }
    ("internal", String::new())
}
