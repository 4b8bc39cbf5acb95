//! The bare command: the demo collection, indexed on first run and served.

use std::process::ExitCode;

use crate::access::{PersonSettings, Reach, Role};
use crate::cli::{Desk, index, out, serve};
use crate::service::{Build, Error, demo_folder};

pub(crate) fn run(mut desk: Desk) -> anyhow::Result<ExitCode> {
    let folder = demo_folder().ok_or(Error::NoDemo)?;
    if !desk.data_named {
        desk.loaded.config.data = desk.loaded.config.data.join("demo");
    }
    out::tell(
        "No command: the demo collection. Its sources are invented; `svarforslag --help` shows the rest.",
    );
    // What has not changed since the last start is not read again.
    let report = index::build(&desk.loaded.config, &Build { paths: vec![folder], add: false })?;
    out::tell(&format!(
        "{} documents, {} passages, {} notes in {}",
        report.documents,
        report.passages,
        report.notes.len(),
        desk.loaded.config.data.display()
    ));
    let access = &mut desk.loaded.config.access;
    if access.persons.is_empty() && access.issuer.is_empty() {
        access.persons = staff();
        let names: Vec<&str> = access.persons.iter().map(|it| it.name.as_str()).collect();
        out::tell(&format!(
            "two invented persons may sign in and decide (docs/walkthrough.md): {}",
            names.join(", ")
        ));
    }
    serve::serve(desk.service()?)
}

/// Two invented persons, so that a draft that needs two can be approved.
fn staff() -> Vec<PersonSettings> {
    let person = |name: &str, id: &str, roles: &[Role]| PersonSettings {
        name: name.to_owned(),
        id: id.to_owned(),
        roles: roles.to_vec(),
        institutions: Reach::Word("alle".to_owned()),
    };
    let all = [Role::Caseworker, Role::Approver, Role::SourceOwner, Role::Operator];
    vec![
        person("Anna Prøvesen", "demo-anna", &[Role::Caseworker]),
        person("Bo Eksempelsen", "demo-bo", &all),
    ]
}
