//! `svarforslag config`.

use std::process::ExitCode;

use crate::cli::{Desk, out};

pub(crate) fn run(desk: &Desk) -> anyhow::Result<ExitCode> {
    if desk.json {
        out::say(&serde_json::to_string_pretty(&desk.loaded.origins)?);
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::UTF8_BORDERS_ONLY);
    table.set_header(["setting", "value", "from"]);
    for origin in &desk.loaded.origins {
        table.add_row([&origin.key, &origin.value, &origin.origin]);
    }
    out::say(&table.to_string());
    Ok(ExitCode::SUCCESS)
}
