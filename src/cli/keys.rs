//! `svarforslag keys`.

use std::process::ExitCode;

use crate::access::{KeySettings, Reach, Role, new_key};
use crate::cli::{Desk, out};
use crate::terms::parse_day;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a key for a program: shown once, and known afterwards by its hash alone.
    New(New),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    svarforslag keys new --name p360 --role caseworker --institution Banedanmark --expires 2026-12-31")]
struct New {
    /// The program's name, as the log will have it.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// What it may do: caseworker, approver, source_owner, evaluator, operator. May stand more than once.
    #[arg(long = "role", value_name = "ROLE", required = true, value_parser = role)]
    roles: Vec<Role>,
    /// An institution for which it may act, or `alle`. May stand more than once; without it, none.
    #[arg(long = "institution", value_name = "NAME")]
    institutions: Vec<String>,
    /// The last day on which it holds [default: for ever].
    #[arg(long, value_name = "DAY")]
    expires: Option<String>,
}

fn role(word: &str) -> Result<Role, String> {
    let known = || Role::ALL.map(Role::value).join(", ");
    Role::parse(word).ok_or_else(|| format!("the roles are: {}", known()))
}

pub(crate) fn run(desk: &Desk, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Command::New(wanted) = arguments.command;
    let taken = desk.loaded.config.access.keys.iter().any(|key| key.name == wanted.name);
    if wanted.name.trim().is_empty() || wanted.name.chars().any(char::is_control) || taken {
        return Err(advised("a key needs a name that no other key has", "choose another `--name`"));
    }
    if let Some(day) = wanted.expires.as_deref().filter(|day| parse_day(day).is_none()) {
        let reason = format!("`{day}` is not a day");
        return Err(advised(&reason, "write the day as YYYY-MM-DD"));
    }
    let institutions = match wanted.institutions.as_slice() {
        [word] if word == "alle" => Reach::Word(word.clone()),
        names if names.iter().any(|name| name == "alle") => {
            return Err(advised(
                "`alle` stands beside other names",
                "name `alle` alone, or each one",
            ));
        }
        names => Reach::Names(names.to_vec()),
    };
    let mut chance = [0; 32];
    getrandom::fill(&mut chance)?;
    let made = new_key(chance);
    let lines = KeySettings {
        name: wanted.name,
        hash: made.hash,
        roles: wanted.roles,
        institutions,
        expires: wanted.expires,
    };
    if desk.json {
        let both = serde_json::json!({ "key": made.key, "settings": lines });
        out::say(&both.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    out::tell("The key, which is not shown again:");
    out::say(&made.key);
    out::tell("\nWrite these lines in the settings, and start the service again:\n");
    out::tell(&format!("[[access.keys]]\n{}", toml::to_string(&lines)?));
    out::tell("A program sends it as `Authorization: Bearer`. No program can approve.");
    Ok(ExitCode::SUCCESS)
}

fn advised(reason: &str, remedy: &str) -> anyhow::Error {
    let (reason, remedy) = (reason.to_owned(), remedy.to_owned());
    out::Advised { code: "bad_key", reason, remedy }.into()
}
