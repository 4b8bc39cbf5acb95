//! IO: one file, with what stands beside it, becomes its documents.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::language::{instructs, sentences};
use crate::privacy;
use crate::sources::child::Extractor;
use crate::sources::collection::CollectionFile;
use crate::sources::format::{Case, Export, Format, Unreadable, read_cases, read_yaml};
use crate::sources::metadata::{self, Layer, Metadata, Remark, Strangers};
use crate::sources::{Attachment, Block, Document, Extracted, Form, Kind, MetaValue, Note};

/// Stands in every hash, so that better readers read again what is unchanged.
const READERS_VERSION: &str = "3";
/// Lines of an export that are noted one by one.
const FAULTS_NOTED_MAX: usize = 20;
/// Paragraphs after one that tries to steer, which are left out with it.
const STEERING_AROUND: usize = 2;
/// Digits from which what stands before such a sentence may be an account number.
const BAIT_DIGITS: usize = 10;
/// A phone number or a date beside nobody is the organisation's own, and what a case is about.
const ALONE: [privacy::FindingKind; 2] =
    [privacy::FindingKind::Phone, privacy::FindingKind::BirthDate];
/// What the name of a sidecar ends in.
pub(crate) const SIDECAR_ENDING: &str = ".meta.yaml";

/// A file that is to be read.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// What it is called: its path below the folder that was indexed.
    pub(crate) id: String,
    /// The kind that its folders say.
    pub(crate) folder_kind: Option<Kind>,
    /// The collection that it belongs to.
    pub(crate) collection: Option<Arc<CollectionFile>>,
}

/// What became of a file.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The hash of a file that is known as it is.
    pub(crate) unchanged: Option<String>,
    /// Its documents.
    pub(crate) documents: Vec<Document>,
    /// What is worth knowing about it.
    pub(crate) notes: Vec<Note>,
}

impl Found {
    /// Reads the file, unless `known` says that it is indexed as it is.
    pub(crate) fn read(
        &self,
        known: &(dyn Fn(&str, &str) -> bool + Sync),
        extractor: &Extractor,
    ) -> Outcome {
        let mut reading = Reading {
            found: self,
            hash: String::new(),
            outcome: Outcome::default(),
            ids: BTreeSet::new(),
        };
        match self.load(extractor.limits.input_bytes_max) {
            Ok(loaded) if known(&self.id, &loaded.hash) => {
                reading.outcome.unchanged = Some(loaded.hash);
            }
            Ok(loaded) => {
                reading.hash.clone_from(&loaded.hash);
                if let Err(remark) = reading.read(&loaded, extractor) {
                    reading.outcome.notes.push(remark.left_out(&self.id));
                }
            }
            Err(remark) => reading.outcome.notes.push(remark.left_out(&self.id)),
        }
        reading.outcome
    }

    fn load(&self, bytes_max: u64) -> Result<Loaded, Remark> {
        let size = std::fs::metadata(&self.path).map_err(|error| io_remark(&error))?.len();
        if size > bytes_max {
            return Err(refusal(&Unreadable::TooLarge { bytes: size, bytes_max }));
        }
        let bytes = std::fs::read(&self.path).map_err(|error| io_remark(&error))?;
        let mut sidecar_path = self.path.clone().into_os_string();
        sidecar_path.push(SIDECAR_ENDING);
        let sidecar = match std::fs::read_to_string(&sidecar_path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(io_remark(&error)),
        };
        let hash = self.hash(&bytes, sidecar.as_deref());
        Ok(Loaded { bytes, sidecar, hash })
    }

    /// A hash of all that decides what the documents will be.
    fn hash(&self, bytes: &[u8], sidecar: Option<&str>) -> String {
        let entry = self.collection.as_ref().and_then(|collection| collection.entry(&self.path));
        let demo = self.collection.as_ref().map(|collection| collection.about.demo);
        let kind = self.folder_kind.map(Kind::value);
        let beside = format!("{READERS_VERSION} {kind:?} {demo:?} {entry:?} {sidecar:?}");
        let mut hasher = blake3::Hasher::new();
        hasher.update(&beside.len().to_le_bytes()).update(beside.as_bytes()).update(bytes);
        hasher.finalize().to_hex().to_string()
    }

    /// The file's own name.
    fn name(&self) -> &str {
        self.id.rsplit('/').next().unwrap_or_default()
    }
}

struct Loaded {
    bytes: Vec<u8>,
    sidecar: Option<String>,
    hash: String,
}

fn io_remark(error: &std::io::Error) -> Remark {
    if error.kind() == std::io::ErrorKind::PermissionDenied {
        let reason = "the file may not be read by this user".to_owned();
        return Remark::new("no_permission", reason, "give this user the right to read the file");
    }
    let reason = format!("the file could not be read from the disk: {error}");
    Remark::new("read_failed", reason, "check the disk and the file")
}

fn refusal(unreadable: &Unreadable) -> Remark {
    Remark::new(unreadable.code(), unreadable.to_string(), unreadable.remedy())
}

/// A file on its way to documents.
struct Reading<'a> {
    found: &'a Found,
    hash: String,
    outcome: Outcome,
    ids: BTreeSet<String>,
}

impl Reading<'_> {
    fn read(&mut self, loaded: &Loaded, extractor: &Extractor) -> Result<(), Remark> {
        let beside = self.beside(loaded)?;
        let format =
            Format::of(self.found.name(), &loaded.bytes).map_err(|error| refusal(&error))?;
        if format == Format::Cases {
            self.add_cases(read_cases(&loaded.bytes), &beside);
            return Ok(());
        }
        let extracted =
            extractor.extract(format, &loaded.bytes).map_err(|error| refusal(&error))?;
        let layers = layers(format, &extracted, &beside);
        let attachments = extracted.attachments.clone();
        self.add(&self.found.id.clone(), extracted, &layers);
        for (at, attachment) in attachments.iter().enumerate() {
            self.add_attachment(at, attachment, &layers, extractor);
        }
        Ok(())
    }

    /// What sidecar and collection say, the sidecar first.
    fn beside(&self, loaded: &Loaded) -> Result<Vec<Layer>, Remark> {
        let mut layers = Vec::new();
        if let Some(text) = &loaded.sidecar {
            let values = read_yaml(text).map_err(|fault| {
                let reason = format!("the sidecar {SIDECAR_ENDING} cannot be read, {fault}");
                Remark::new("bad_metadata", reason, "mend that line; it is YAML, `key: value`")
            })?;
            layers.push(Layer { values, strangers: Strangers::Noted });
        }
        let collection = self.found.collection.as_ref();
        layers.extend(collection.and_then(|it| it.entry(&self.found.path)).cloned());
        Ok(layers)
    }

    /// Makes a document of what was read, if its metadata can be trusted.
    fn add(&mut self, id: &str, mut extracted: Extracted, layers: &[Layer]) {
        let mut remarks = Vec::new();
        let taken = take_steering(&mut extracted.blocks);
        if taken > 0 {
            let reason = format!(
                "text that tries to steer a program that reads it was left out, with what follows \
                 it: {taken} paragraphs"
            );
            let remedy = "delete them, or say to people what they are to do";
            remarks.push(Remark::new("steering_text", reason, remedy));
        }
        let checked = metadata::check(layers, self.found.folder_kind, &mut remarks);
        let odd = extracted.remarks.iter().map(|remark| {
            let remedy = "check the text, or save the document again";
            Remark::new("read_with_care", remark.clone(), remedy)
        });
        let hidden = (!extracted.quarantine.is_empty()).then(|| {
            let remedy = "look for hidden text in the document: show it, or delete it, and save";
            Remark::new("hidden_text", extracted.quarantine.reason(), remedy)
        });
        let notes = remarks.into_iter().chain(odd).chain(hidden).map(|remark| remark.kept(id));
        match checked {
            Ok(metadata) if extracted.blocks.is_empty() => {
                // A mail that is nothing but its attachments.
                drop(metadata);
                self.outcome.notes.push(refusal(&Unreadable::NoText).left_out(id));
            }
            Ok(metadata) => {
                self.outcome.notes.extend(notes);
                let document = self.document(id, extracted, metadata);
                self.outcome.documents.push(document);
            }
            Err(remark) => {
                self.outcome.notes.extend(notes);
                self.outcome.notes.push(remark.left_out(id));
            }
        }
    }

    /// An attachment is a document beside its mail, and belongs to whom the mail belongs.
    fn add_attachment(
        &mut self,
        at: usize,
        attachment: &Attachment,
        mail: &[Layer],
        extractor: &Extractor,
    ) {
        let name = attachment.name.replace(['/', '\\'], "-");
        let mut id = format!("{}/{name}", self.found.id);
        if !self.ids.insert(id.clone()) {
            id = format!("{}/{}-{name}", self.found.id, at + 1);
        }
        let read = Format::of(&name, &attachment.bytes).and_then(|format| match format {
            Format::Cases => Err(Unreadable::Unsupported {
                what: "an export of cases inside a mail".to_owned(),
                remedy: "save the export beside the mail".to_owned(),
            }),
            _ => Ok((format, extractor.extract(format, &attachment.bytes)?)),
        });
        match read {
            Ok((format, extracted)) => {
                let mut layers = layers(format, &extracted, &[]);
                layers.extend(mail.iter().map(without_title));
                self.add(&id, extracted, &layers);
            }
            Err(unreadable) => {
                self.outcome.notes.push(refusal(&unreadable).left_out(&id));
            }
        }
    }

    /// Every approved case is a document, and the others are counted.
    fn add_cases(&mut self, export: Export, beside: &[Layer]) {
        let file = self.found.id.clone();
        let faults = export.faults.len();
        for (line, fault) in export.faults.into_iter().take(FAULTS_NOTED_MAX) {
            let reason = format!("line {line} is no case: {fault}");
            let remedy = "write one JSON object a line, with `sagsnummer`, `godkendt` and `svar`";
            self.outcome.notes.push(Remark::new("bad_line", reason, remedy).left_out(&file));
        }
        if faults > FAULTS_NOTED_MAX {
            let reason = format!("{} more lines are no cases", faults - FAULTS_NOTED_MAX);
            let remedy = "check that the file is an export of cases";
            self.outcome.notes.push(Remark::new("bad_lines", reason, remedy).left_out(&file));
        }
        if export.unapproved > 0 {
            let reason = format!("{} cases are not approved and were skipped", export.unapproved);
            let remedy = "nothing, or approve the answers and export again";
            self.outcome.notes.push(Remark::new("not_approved", reason, remedy).kept(&file));
        }
        for case in export.cases {
            self.add_case(case, beside);
        }
    }

    fn add_case(&mut self, case: Case, beside: &[Layer]) {
        let id = format!("{}#{}", self.found.id, case.number);
        if !self.ids.insert(id.clone()) {
            let reason = "the case stands twice in the export; the first one was taken";
            let remark = Remark::new("same_case", reason.to_owned(), "export each case once");
            self.outcome.notes.push(remark.left_out(&id));
            return;
        }
        let mut values = case.metadata;
        let titled = values.iter().any(|(key, _)| key == "titel");
        values.extend((!titled).then(|| ("titel".to_owned(), MetaValue::One(case.number.clone()))));
        // A case holds from the day on which its answer was approved.
        let day = case.day.map(|day| MetaValue::One(day_of(&day)));
        values.extend(day.map(|day| ("gyldig_fra".to_owned(), day)));
        let own = Layer { values, strangers: Strangers::Passed };
        let layers: Vec<Layer> = std::iter::once(own).chain(beside.iter().cloned()).collect();
        self.add(&id, Extracted { blocks: case.blocks, ..Extracted::default() }, &layers);
    }

    fn document(&self, id: &str, extracted: Extracted, metadata: Metadata) -> Document {
        let is_demo = self.found.collection.as_ref().is_some_and(|it| it.about.demo);
        let title = metadata.title.clone().unwrap_or_else(|| title_of(id, &extracted));
        let mut blocks = extracted.blocks;
        // What people wrote to each other holds their numbers; a guide does not.
        let title = if metadata.kind == Kind::Sag || id.to_lowercase().contains(".eml") {
            for block in &mut blocks {
                block.text = masked(&block.text, metadata.kind);
            }
            masked(&title, metadata.kind)
        } else {
            title
        };
        Document {
            id: id.to_owned(),
            file: self.found.id.clone(),
            hash: self.hash.clone(),
            title,
            kind: metadata.kind,
            institution: metadata.institution,
            loengrupper: metadata.loengrupper,
            audience: metadata.audience,
            owner: metadata.owner,
            version: metadata.version,
            period: metadata.period,
            supersedes: metadata.supersedes,
            systems: metadata.systems,
            area: metadata.area,
            demo: is_demo || metadata.demo.unwrap_or(false),
            blocks,
        }
    }
}

/// Takes out what speaks to a program: from such a sentence to the end of its paragraph, and the
/// paragraphs after it in the same section, which may go on with it. A source tells people
/// something. How many paragraphs were shortened or taken out.
fn take_steering(blocks: &mut Vec<Block>) -> usize {
    let (mut taken, mut follows) = (0_usize, 0_usize);
    blocks.retain_mut(|block| {
        if matches!(block.form, Form::Heading(_)) {
            follows = 0;
        }
        if !instructs(&block.text) {
            let goes_on = follows > 0;
            follows = follows.saturating_sub(1);
            taken += usize::from(goes_on);
            return !goes_on;
        }
        follows = STEERING_AROUND;
        taken += 1;
        let ranges = sentences(&block.text);
        let steers = |range: &&std::ops::Range<usize>| {
            block.text.get((*range).clone()).is_some_and(instructs)
        };
        // Where no single sentence steers, all of them do together.
        let end = ranges.iter().find(steers).map_or(0, |range| range.start);
        block.text.truncate(end);
        block.text.truncate(block.text.trim_end().len());
        // What leads up to an order may be its bait: an account, a link.
        let bait = block.text.bytes().filter(u8::is_ascii_digit).count() >= BAIT_DIGITS
            || block.text.contains("://")
            || block.text.contains('@');
        block.form != Form::Row && !block.text.is_empty() && !bait
    });
    taken
}

/// A text about a past case without personal data, for good: first as a whole, because a name that
/// stands behind a cue in one line is a name in all of them, and then line by line, as an export of
/// cases is masked when it is read.
pub fn mask_case(text: &str) -> String {
    let findings = privacy::detect(text).findings;
    let line_of = |at: usize| text.get(..at).unwrap_or_default().matches('\n').count();
    let named: BTreeSet<usize> = findings
        .iter()
        .filter(|found| is_person(found))
        .map(|it| line_of(it.range.start))
        .collect();
    let mut kept = findings;
    kept.retain(|found| is_person(found) || named.contains(&line_of(found.range.start)));
    let whole = privacy::marked(text, &kept);
    whole.lines().map(|line| masked(line, Kind::Sag)).collect::<Vec<_>>().join("\n")
}

fn is_person(finding: &privacy::Finding) -> bool {
    finding.acts() && !ALONE.contains(&finding.kind)
}

/// What people wrote to each other, without their numbers; a past case without any personal data,
/// for good: what stands in its place names nobody and is counted nowhere.
fn masked(text: &str, kind: Kind) -> String {
    if kind != Kind::Sag {
        return privacy::mask(text);
    }
    let mut findings = privacy::detect(text).findings;
    if !findings.iter().any(is_person) {
        findings.clear();
    }
    privacy::marked(text, &findings)
}

/// The day in a time as systems write it: `2024-05-03T10:57:00`, `03May2024 10:57`.
fn day_of(time: &str) -> String {
    let word = time.split(['T', ' ']).next().unwrap_or(time);
    let portal = jiff::civil::Date::strptime("%d%b%Y", time.split(' ').next().unwrap_or(time));
    portal.map_or_else(|_| word.to_owned(), |day| day.to_string())
}

/// What a file says about itself, then what is said beside it.
fn layers(format: Format, extracted: &Extracted, beside: &[Layer]) -> Vec<Layer> {
    let strangers = if format == Format::Markdown { Strangers::Noted } else { Strangers::Passed };
    let own = Layer { values: extracted.metadata.clone(), strangers };
    std::iter::once(own).chain(beside.iter().cloned()).collect()
}

/// What a mail passes on to its attachments: all but its title, noted once with the mail.
fn without_title(layer: &Layer) -> Layer {
    let kept = |(key, _): &&(String, MetaValue)| !key.trim().eq_ignore_ascii_case("titel");
    let values = layer.values.iter().filter(kept).cloned().collect();
    Layer { values, strangers: Strangers::Passed }
}

/// The first heading of the first level, the format's own title, or the file's name.
fn title_of(id: &str, extracted: &Extracted) -> String {
    let heading = extracted.blocks.iter().find(|block| block.form == Form::Heading(1));
    let own = extracted.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
    if let Some(title) = heading.map(|block| block.text.as_str()).or(own) {
        return title.to_owned();
    }
    let name = id.rsplit('/').next().unwrap_or(id);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_day(time: &str, expected: &str) {
        assert_eq!(day_of(time), expected);
    }

    #[test]
    fn the_day_is_taken_from_a_time() {
        check_day("2024-05-03T10:57:00", "2024-05-03");
        check_day("03May2024 10:57", "2024-05-03");
        check_day("03-05-2024", "03-05-2024");
        check_day("i går", "i");
    }
}
