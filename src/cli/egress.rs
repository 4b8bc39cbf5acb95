//! `svarforslag egress`.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::cli::mask::read;
use crate::cli::{Desk, out};
use crate::service::Egress;
use crate::terms::Asker;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    svarforslag egress --inquiry mail.eml            the bytes on standard output, the address on standard error\n  \
    svarforslag egress --inquiry mail.txt | jq -r '.messages[1].content'")]
pub(crate) struct Arguments {
    /// A mail (EML or text), an inquiry as JSON, or - for standard input.
    #[arg(long, value_name = "FILE", default_value = "-")]
    inquiry: PathBuf,
    /// The asking institution, by any of its names.
    #[arg(long, value_name = "NAME")]
    institution: Option<String>,
}

pub(crate) fn run(desk: &Desk, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let service = desk.service()?;
    let mut inquiry = service.receive(&read(&arguments.inquiry)?)?;
    if arguments.institution.is_some() {
        inquiry.institution.clone_from(&arguments.institution);
    }
    match service.egress(&inquiry, Asker::operator())? {
        Egress::Nothing(why) => out::tell(&format!("nothing would leave: {why}")),
        Egress::Bytes { url, bytes } => {
            out::tell(&format!("{} bytes would be sent to {url}", bytes.len()));
            out::say(&String::from_utf8_lossy(&bytes));
        }
    }
    Ok(ExitCode::SUCCESS)
}
