//! Arguments in, exit code out.

use std::process::ExitCode;

use svarforslag::sources::{CHILD_COMMAND, Format, child_main};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [command, "--format", format] if *command == CHILD_COMMAND => {
            let Some(format) = Format::parse(format) else { return ExitCode::from(2) };
            child_main(format, std::io::stdin().lock(), std::io::stdout().lock())
        }
        _ => ExitCode::from(2),
    }
}
