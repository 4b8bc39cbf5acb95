//! `svarforslag privacy-report`.

use std::process::ExitCode;

use crate::cli::{Desk, out};
use crate::draft::Phrase;
use crate::privacy::AREAS;

pub(crate) fn run(desk: &Desk) -> anyhow::Result<ExitCode> {
    let config = &desk.loaded.config;
    let areas: Vec<serde_json::Value> = AREAS
        .into_iter()
        .map(|area| {
            let instruction = config.privacy.areas.get(&area);
            serde_json::json!({
                "area": area.word(),
                "instructed": instruction.is_some(),
                "endpoint": instruction.is_some_and(|it| it.endpoint),
                "special": instruction.map(|it| it.special.clone()).unwrap_or_default(),
                "keep_days": instruction.map_or(0, |it| it.keep_days),
                "basis": instruction.map(|it| it.basis.clone()).unwrap_or_default(),
            })
        })
        .collect();
    let report = serde_json::json!({
        "data": config.data,
        "endpoint": config.endpoint.is_on(),
        "url": config.endpoint.url,
        "model": config.endpoint.model,
        "key": match (config.privacy.key.is_some(), config.privacy.key_variable.is_empty()) {
            (false, _) => "run",
            (true, false) => "variable",
            (true, true) => "file",
        },
        "keep_days": config.review.keep_days,
        "keep_log_days": config.review.keep_log_days,
        "areas": areas,
    });
    if desk.json {
        out::say(&serde_json::to_string_pretty(&report)?);
        return Ok(ExitCode::SUCCESS);
    }
    let context = minijinja::value::Serde(report);
    out::say(Phrase::render("prompts/report/privacy.j2", context)?.text());
    Ok(ExitCode::SUCCESS)
}
