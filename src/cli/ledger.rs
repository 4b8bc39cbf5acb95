//! `svarforslag log` and `svarforslag purge`.

use std::io::{BufRead as _, IsTerminal as _};
use std::process::ExitCode;

use crate::cli::{Desk, out};
use crate::review::{Actor, Event, FILE, Head, Ledger, Purge, Verified, Wanted};
use crate::service::{clock, has_ledger_key, ledger_key};
use crate::terms::{Day, parse_day};

/// Digits of a CPR number.
const CPR_DIGITS: usize = 10;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    svarforslag log verify                        is the log whole? Keep the last line elsewhere\n  \
    svarforslag log verify --expect 4711:9f2c…    and does it still hold the event kept elsewhere?\n  \
    svarforslag log show --inquiry ID             who looked at a case, who decided what\n  \
    svarforslag log export --inquiry ID > case.json\n  \
    svarforslag log export --cpr - < number.txt   all that is kept of one person")]
pub(crate) struct LogArguments {
    #[command(subcommand)]
    what: Log,
}

#[derive(Debug, clap::Subcommand)]
enum Log {
    /// Hold every event against its signature, and every draft and decision against the events.
    ///
    /// Exits with 1 if anything is wrong, and names it. Who restores a whole older copy of the
    /// ledger leaves no trace in it: keep the head that is printed somewhere else (a case system,
    /// paper), and give it to --expect the next time.
    Verify {
        /// The head of an earlier verification: the log must still hold that event.
        #[arg(long, value_name = "SEQ:HASH")]
        expect: Option<String>,
    },
    /// Print events, one a line, the last one last.
    Show {
        /// About this inquiry.
        #[arg(long, value_name = "ID")]
        inquiry: Option<String>,
        /// About this draft.
        #[arg(long, value_name = "ID")]
        draft: Option<String>,
        /// By this person or program.
        #[arg(long, value_name = "ID")]
        who: Option<String>,
        /// Behind the event of this number.
        #[arg(long, value_name = "SEQ", default_value_t = 0)]
        after: i64,
        /// At most so many.
        #[arg(long, value_name = "N", default_value_t = 1000)]
        limit: i64,
    },
    /// Print all that is kept of an inquiry, or of a person, as JSON; the log says that you did.
    Export(Subject),
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Subject {
    /// The inquiry.
    #[arg(long, value_name = "ID")]
    inquiry: Option<String>,
    /// The person's CPR number; `-` reads it from standard input, which keeps it out of the
    /// shell's history and of the list of running programs.
    #[arg(long, value_name = "NUMBER")]
    cpr: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    svarforslag purge                        what has been kept long enough, by today\n  \
    svarforslag purge --day 2026-01-01       what has been kept long enough on that day\n  \
    svarforslag purge --inquiry ID           one inquiry, whatever its day\n  \
    svarforslag purge --cpr - < number.txt   every inquiry that holds this number\n\n\
    Copies that you have made with `svarforslag backup` still hold it: let them go in their turn.")]
pub(crate) struct PurgeArguments {
    /// The day that is taken for today.
    #[arg(long, value_name = "DAY", conflicts_with_all = ["inquiry", "cpr"])]
    day: Option<String>,
    /// This inquiry, whatever its day; can be given again.
    #[arg(long, value_name = "ID", conflicts_with = "cpr")]
    inquiry: Vec<String>,
    /// Every inquiry that holds this CPR number; `-` reads it from standard input.
    #[arg(long, value_name = "NUMBER")]
    cpr: Option<String>,
}

/// Runs what waits for a database.
pub(crate) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// The ledger that the settings name; none is begun here.
pub(crate) async fn open(desk: &Desk) -> anyhow::Result<Ledger> {
    let config = &desk.loaded.config;
    if config.review.database.is_empty() && !config.data.join(FILE).exists() {
        anyhow::bail!(out::Advised {
            code: "no_ledger",
            reason: format!("there is no ledger in {}", config.data.display()),
            remedy: "name its data directory with `--data`; the service begins a ledger with the \
                     first inquiry that is posted"
                .to_owned(),
        });
    }
    if !has_ledger_key(config) {
        anyhow::bail!(no_key());
    }
    Ok(Ledger::open(&config.review, &config.data, ledger_key(config)?).await?)
}

/// A ledger without its key: another one is not made, it would open nothing.
pub(crate) fn no_key() -> out::Advised {
    out::Advised {
        code: "no_key",
        reason: "the key of the ledger is not there".to_owned(),
        remedy: "put `ledger.key` back into the data directory, or set `privacy.key_file` or \
                 `privacy.key_variable`; without its key nobody can read a ledger"
            .to_owned(),
    }
}

pub(crate) fn run_log(desk: &Desk, arguments: &LogArguments) -> anyhow::Result<ExitCode> {
    block_on(async {
        let ledger = open(desk).await?;
        let ended = match &arguments.what {
            Log::Verify { expect } => verify(desk, &ledger, expect.as_deref()).await,
            Log::Show { inquiry, draft, who, after, limit } => {
                let (inquiry, draft, who) = (inquiry.clone(), draft.clone(), who.clone());
                let wanted = Wanted { inquiry, draft, who, behind: *after, limit: *limit };
                show(desk, &ledger, &wanted).await
            }
            Log::Export(subject) => export(&ledger, subject).await,
        };
        ledger.close().await;
        ended
    })
}

async fn verify(desk: &Desk, ledger: &Ledger, expect: Option<&str>) -> anyhow::Result<ExitCode> {
    let expected = expect.map(head).transpose()?;
    let verified = ledger.verify_with(expected.as_ref()).await?;
    if desk.json {
        out::say(&serde_json::to_string_pretty(&verified)?);
    } else {
        say_verified(&verified);
    }
    Ok(if verified.damage.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a verification found, for people.
pub(crate) fn say_verified(verified: &Verified) {
    let Verified { events, first, last, drafts, damage } = verified;
    for damage in damage {
        out::say(&format!("DAMAGE  {damage}"));
    }
    let Head { seq, hash } = last;
    if damage.is_empty() {
        out::say(&format!("whole: {events} events from {first} to {seq}, {drafts} drafts"));
        out::say("keep this elsewhere, and give it to `log verify --expect` the next time:");
        out::say(&format!("{seq}:{hash}"));
    } else {
        out::tell(&format!("{} things are wrong in {events} events", damage.len()));
        out::tell(
            "what to do: keep a copy of the data directory as it is, find out who could write \
             there, and restore a backup with `svarforslag restore`",
        );
    }
}

fn head(text: &str) -> anyhow::Result<Head> {
    let parsed = text.trim().split_once(':').and_then(|(seq, hash)| {
        let hash = hash.trim().to_owned();
        (hash.len() == 64).then_some(Head { seq: seq.trim().parse().ok()?, hash })
    });
    Ok(parsed.ok_or_else(|| out::Advised {
        code: "bad_head",
        reason: format!("`{text}` is no head of a log"),
        remedy: "give the last line of an earlier `svarforslag log verify`, like 4711:9f2c…"
            .to_owned(),
    })?)
}

async fn show(desk: &Desk, ledger: &Ledger, wanted: &Wanted) -> anyhow::Result<ExitCode> {
    let events = ledger.events(wanted).await?;
    if desk.json {
        out::say(&serde_json::to_string_pretty(&events)?);
        return Ok(ExitCode::SUCCESS);
    }
    for event in &events {
        let Event { seq, at, who, sign_on, action, inquiry, draft, detail, .. } = event;
        let about = [inquiry, draft].map(|id| id.as_deref().unwrap_or("-")).join(" ");
        let told = |name: &str| detail.get(name).filter(|value| !value.is_null());
        let more: Vec<String> = ["state", "version", "seen", "reason"]
            .iter()
            .filter_map(|name| Some(format!("{name}={}", plain(told(name)?))))
            .collect();
        out::say(&format!("{seq} {at} {who} ({sign_on}) {action} {about} {}", more.join(" ")));
    }
    if i64::try_from(events.len()).is_ok_and(|n| n == wanted.limit) {
        let last = events.last().map_or(0, |event| event.seq);
        out::tell(&format!("there may be more: --after {last}"));
    }
    Ok(ExitCode::SUCCESS)
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

async fn export(ledger: &Ledger, subject: &Subject) -> anyhow::Result<ExitCode> {
    let inquiries = match (&subject.inquiry, &subject.cpr) {
        (Some(inquiry), _) => vec![inquiry.clone()],
        (None, Some(number)) => ledger.inquiries_of(&cpr(number)?).await?,
        (None, None) => Vec::new(),
    };
    let mut exports = Vec::new();
    for inquiry in &inquiries {
        exports.push(ledger.export(inquiry, &Actor::operator(), &clock::now()).await?);
    }
    out::say(&serde_json::to_string_pretty(&exports)?);
    out::tell(&format!("{} inquiries; the log says that they were given out", exports.len()));
    Ok(ExitCode::SUCCESS)
}

/// The digits of a number that was given, or of the first line of standard input.
fn cpr(given: &str) -> anyhow::Result<String> {
    let mut text = given.to_owned();
    if given == "-" {
        if std::io::stdin().is_terminal() {
            out::tell("the CPR number, and Enter:");
        }
        text.clear();
        std::io::stdin().lock().read_line(&mut text)?;
    }
    let digits: String = text.chars().filter(|c| !matches!(c, '-' | ' ' | '\n' | '\r')).collect();
    if digits.len() == CPR_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        if given != "-" {
            out::tell("note: the number stands in your shell's history now; `--cpr -` avoids that");
        }
        return Ok(digits);
    }
    // What was given is not repeated: it may be a number with one digit too few.
    anyhow::bail!(out::Advised {
        code: "bad_cpr",
        reason: "what was given is no CPR number".to_owned(),
        remedy: "give ten digits, with or without a hyphen".to_owned(),
    })
}

pub(crate) fn run_purge(desk: &Desk, arguments: &PurgeArguments) -> anyhow::Result<ExitCode> {
    let today = match &arguments.day {
        Some(text) => parse_day(text).ok_or_else(|| out::Advised {
            code: "bad_day",
            reason: format!("`{text}` is not a day"),
            remedy: "write the day as YYYY-MM-DD".to_owned(),
        })?,
        None => clock::today(),
    };
    block_on(async {
        let ledger = open(desk).await?;
        let (actor, at) = (Actor::operator(), clock::now());
        let mut these = arguments.inquiry.clone();
        if let Some(number) = &arguments.cpr {
            these = ledger.inquiries_of(&cpr(number)?).await?;
        }
        let by_day = arguments.inquiry.is_empty() && arguments.cpr.is_none();
        let purge = if by_day { Purge::Before(today.to_string()) } else { Purge::These(these) };
        let mut purged = ledger.purge(purge, &actor, &at).await?;
        if by_day {
            let kept = desk.loaded.config.review.keep_log_days;
            let log = ledger.purge_log(&days_before(today, kept), &actor, &at).await?;
            (purged.events, purged.wiped) = (log.events, log.wiped);
        }
        ledger.close().await;
        if desk.json {
            out::say(&serde_json::to_string_pretty(&purged)?);
        } else {
            for inquiry in &purged.inquiries {
                out::say(inquiry);
            }
            out::tell(&format!(
                "gone: {} inquiries with {} drafts, {} events of the log",
                purged.inquiries.len(),
                purged.drafts,
                purged.events
            ));
        }
        let missed = arguments.inquiry.iter().any(|id| !purged.inquiries.contains(id));
        if missed {
            out::tell("not every inquiry that was named is there");
        }
        if !purged.wiped {
            out::tell(
                "what is gone may still lie in files beside the ledger that others read or write: \
                 the same command wipes them when there is less to do",
            );
        }
        let whole = purged.wiped && !missed;
        Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

/// The beginning of a day that lies so many days before, as the log writes moments.
fn days_before(day: Day, days: u32) -> String {
    let before = day.checked_sub(jiff::Span::new().days(i64::from(days))).unwrap_or(Day::MIN);
    format!("{before}T00:00:00Z")
}

/// What `doctor` says of the ledger; else what is wrong, and what to do.
pub(crate) fn standing(desk: &Desk) -> Result<String, (String, String)> {
    let config = &desk.loaded.config;
    let file = config.data.join(FILE);
    let place = match config.review.database.is_empty() {
        true if !file.exists() => {
            return Ok("none yet; it begins with the first inquiry that is posted".to_owned());
        }
        true => file.display().to_string(),
        false => "PostgreSQL".to_owned(),
    };
    let looked = block_on(async {
        let ledger = open(desk).await?;
        let (last, waiting) = (ledger.last().await?.seq, ledger.to_make(1000).await?.len());
        ledger.close().await;
        Ok((last, waiting))
    });
    match looked {
        Ok((last, waiting)) => Ok(format!(
            "{place}, schema {}, last event {last}, {waiting} drafts to make; \
             `svarforslag log verify` holds it against its signatures",
            Ledger::schema(),
        )),
        Err(error) => {
            let (_, remedy) = crate::cli::advice(&error);
            let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
            Err((causes.join(": "), remedy))
        }
    }
}
