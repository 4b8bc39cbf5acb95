//! Evaluation runs: drafts and rankings made by the service, judged by `evaluation`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use crate::config::Config;
use crate::draft::{self, Brief, Case};
use crate::evaluation::{
    self, Beir, Error as Bad, Gold, GoldInquiry, GoldQuestion, Judge, Measure, Qrels, Relevant,
    Report, Run, Unit, read_beir, read_qrels, read_run, score_run, summarise,
};
use crate::index::{self, Filter, Snapshot, Update, update};
use crate::inquiry::{self, Inquiry};
use crate::passages::Passage;
use crate::privacy::{Masker, Vault};
use crate::retrieval::{self, Means, Mode, Narrowing, Words};
use crate::service::{Error, Pace, Service, allowed, clock, encode, institution_of};
use crate::sources::{Block, Collection, Document, Form, Kind};
use crate::terms::{Asker, Audience, Period, Register, Scope};

/// Passages ranked for each question of a gold set.
const DEPTH: usize = 20;
/// Judgements without a passage that are named; the rest are counted.
const UNRESOLVED_SHOWN: usize = 40;
/// Documents ranked for each query of a test set.
const BEIR_DEPTH: usize = 100;

/// Puts values in place of placeholders in every text of a draft.
fn restore(value: &mut serde_json::Value, vault: &Vault) {
    match value {
        serde_json::Value::String(text) if text.contains("[[") => {
            *text = vault.restore(text).text;
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| restore(item, vault)),
        serde_json::Value::Object(fields) => {
            fields.values_mut().for_each(|field| restore(field, vault));
        }
        _ => {}
    }
}

/// Turns the places of the questions, in characters of the masked body, into those of the body as
/// it came: placeholders are longer or shorter than what they stand for.
fn move_back(draft: &mut serde_json::Value, masked: &str, body: &str, vault: &Vault) {
    let Some(questions) = draft.get_mut("questions").and_then(|it| it.as_array_mut()) else {
        return;
    };
    for question in questions {
        let Some(from) = question.get_mut("from") else { continue };
        let place = |at: usize| {
            from.get(at)
                .and_then(serde_json::Value::as_u64)
                .and_then(|at| usize::try_from(at).ok())
                .unwrap_or(0)
        };
        let (start, end) = (place(0), place(1));
        let cut = |from: usize, to: usize| -> String {
            masked.chars().skip(from).take(to.saturating_sub(from)).collect()
        };
        let asked = vault.restore(&cut(start, end)).text;
        let about = vault.restore(&cut(0, start)).text.chars().count();
        let places = body
            .match_indices(asked.as_str())
            .map(|(at, _)| body.get(..at).unwrap_or_default().chars().count());
        let start = places.min_by_key(|at| at.abs_diff(about)).unwrap_or(about);
        *from = serde_json::json!([start, start + asked.chars().count()]);
    }
}

/// What is to be evaluated, and for whom.
#[derive(Debug)]
pub struct Trial {
    /// The inquiries with their judgements.
    pub gold: Gold,
    /// What the report is called.
    pub name: String,
    /// Who asks for it.
    pub asker: Asker,
    /// How the mails are read.
    pub mail: Mail,
}

/// How the mails of an evaluation are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mail {
    /// As they came.
    #[default]
    AsWritten,
    /// Masked: questions are found, searched and drafted on masked text, and the draft is restored.
    Masked,
}

/// An evaluation with the rankings it was made from.
#[derive(Debug)]
pub struct Evaluated {
    /// The report.
    pub report: Report,
    /// What was ranked, for each question.
    pub run: Run,
    /// What was judged, for each question.
    pub qrels: Qrels,
}

impl Service {
    /// Drafts every inquiry of a gold set and judges the drafts and the rankings.
    ///
    /// Each inquiry is drafted under its own scope. A judgement that resolves to nothing fails
    /// the whole evaluation. After each inquiry `progress` says whether to go on.
    pub fn evaluate(
        &self,
        trial: &Trial,
        progress: &dyn Fn(usize, usize) -> ControlFlow<()>,
    ) -> Result<Evaluated, Error> {
        let Trial { gold, name, asker, mail } = trial;
        self.check_judgements(trial)?;
        let snapshot = self.snapshot()?;
        let mut latency = Vec::new();
        let mut units: Vec<Unit> = Vec::new();
        let (mut run, mut qrels) = (Run::new(), Qrels::new());
        for (done, inquiry) in gold.inquiries.iter().enumerate() {
            let started = Instant::now();
            let (masked, vault) = self.read_as(*mail, (done, &inquiry.inquiry));
            let draft = self.suggest(masked.as_ref().unwrap_or(&inquiry.inquiry), asker.clone())?;
            latency.push(started.elapsed().as_secs_f64() * 1e3);
            let mut draft = serde_json::to_value(&draft).unwrap_or_default();
            if let (Some(vault), Some(masked)) = (vault, &masked) {
                move_back(&mut draft, &masked.body, &inquiry.inquiry.body, &vault);
                restore(&mut draft, &vault);
            }
            let scope = self.scope_of(&snapshot, &inquiry.inquiry, asker);
            let idf = |stem: &str| rarity(&snapshot, stem);
            let judged_text = |relevant: &Relevant| {
                let held = holding(&snapshot, &scope, relevant);
                held.into_iter().map(|passage| passage.text).collect::<Vec<_>>().join("\n")
            };
            let judge = Judge { idf: &idf, judged_text: &judged_text };
            let mut judged = evaluation::judge(&judge, inquiry, &draft);
            rank(&self.means(&snapshot)?, &scope, inquiry, (&mut run, &mut qrels))?;
            add_rankings(&mut judged, &run, &qrels);
            units.append(&mut judged);
            if progress(done + 1, gold.inquiries.len()).is_break() {
                return Err(Error::Stopped);
            }
        }
        let mut report = summarise(name, &gold.name, units);
        latency.sort_by(f64::total_cmp);
        report.latency_ms = latency;
        Ok(Evaluated { report, run, qrels })
    }

    /// What the drafter weighs for each question of a gold set, beside what was judged: one line of
    /// JSON a question.
    pub fn weigh_gold(&self, trial: &Trial) -> Result<Vec<serde_json::Value>, Error> {
        let snapshot = self.snapshot()?;
        let means = self.means(&snapshot)?;
        let mut lines = Vec::new();
        for gold in &trial.gold.inquiries {
            let inquiry = &gold.inquiry;
            let reading = inquiry::read(inquiry);
            let scope = self.scope_of(&snapshot, inquiry, &trial.asker);
            let (_, day_from) = Self::day_of(&snapshot, inquiry);
            let (near_names, brief) = (None, Brief::default());
            let case =
                Case { inquiry, reading: &reading, scope: &scope, day_from, near_names, brief };
            let weighed = draft::weighed(&means, &case)?;
            lines.extend(evaluation::weighing(gold, &weighed));
        }
        Ok(lines)
    }

    /// The inquiry masked, with the values behind its placeholders, where mails are masked.
    fn read_as(
        &self,
        mail: Mail,
        (n, inquiry): (usize, &Inquiry),
    ) -> (Option<Inquiry>, Option<Vault>) {
        if mail == Mail::AsWritten {
            return (None, None);
        }
        let mut masker = Masker::new(&self.key, &format!("evaluation/{n}"));
        let subject = inquiry.subject.as_deref().unwrap_or_default();
        masker.learn(&format!("{subject}\n\n{}", inquiry.body));
        let mut hidden = inquiry.clone();
        masker.mask(&inquiry.body).as_str().clone_into(&mut hidden.body);
        hidden.subject =
            inquiry.subject.as_deref().map(|subject| masker.mask(subject).as_str().to_owned());
        (Some(hidden), Some(masker.into_vault()))
    }

    /// Refuses judgements that resolve to nothing: their inquiries would be judged too hard.
    ///
    /// Gives the institutions of its inquiries; the asker must be one who may ask for each.
    pub fn check_judgements(&self, trial: &Trial) -> Result<BTreeSet<String>, Error> {
        let snapshot = self.snapshot()?;
        let (mut lost, mut institutions) = (Vec::new(), BTreeSet::new());
        for inquiry in &trial.gold.inquiries {
            let institution = institution_of(self.register(&snapshot), &inquiry.inquiry);
            allowed(&trial.asker, institution.as_ref())?;
            institutions.extend(institution.map(|institution| institution.name().to_owned()));
            let scope = self.scope_of(&snapshot, &inquiry.inquiry, &trial.asker);
            for question in &inquiry.questions {
                for relevant in &question.relevant {
                    if holding(&snapshot, &scope, relevant).is_empty() {
                        let (file, line) = &inquiry.place;
                        lost.push(format!(
                            "{}:{line}: {} question {}: `{}` does not hold »{}«",
                            file.display(),
                            inquiry.id,
                            question.n,
                            relevant.document,
                            relevant.quote
                        ));
                    }
                }
            }
        }
        if lost.is_empty() {
            return Ok(institutions);
        }
        let count = lost.len();
        lost.truncate(UNRESOLVED_SHOWN);
        Err(Bad::Unresolved { count, first: lost.join("\n") }.into())
    }

    fn scope_of(&self, snapshot: &Snapshot, inquiry: &Inquiry, asker: &Asker) -> Scope {
        let named = inquiry.institution.as_deref();
        let institution = named.and_then(|name| self.register(snapshot).find(name));
        Scope::new(asker.clone(), institution, Self::day_of(snapshot, inquiry).0)
    }
}

fn rank(
    means: &Means<'_>,
    scope: &Scope,
    inquiry: &GoldInquiry,
    (run, qrels): (&mut Run, &mut Qrels),
) -> Result<(), Error> {
    for question in inquiry.questions.iter().filter(|question| !question.relevant.is_empty()) {
        let id = format!("{}#{}", inquiry.id, question.n);
        let asked = asked(question);
        let words = Words {
            text: &asked,
            context: "",
            subject: inquiry.inquiry.subject.as_deref().unwrap_or_default(),
        };
        let sensed = means.sense(scope, means.encode(&[words]), &Filter::current(), DEPTH)?;
        let sensed = sensed.first();
        let search = retrieval::Question { words, loengruppe: None, sensed };
        let found = retrieval::find(means, scope, &search, DEPTH)?;
        let ranked = found.hits.iter().map(|hit| (hit.passage_id.0.clone(), f64::from(hit.score)));
        run.insert(id.clone(), ranked.collect());
        let judged = qrels.entry(id).or_default();
        for relevant in &question.relevant {
            for passage in holding(means.snapshot, scope, relevant) {
                let grade = judged.entry(passage.id.0).or_insert(0);
                *grade = (*grade).max(relevant.grade);
            }
        }
    }
    Ok(())
}

/// The words that a question is searched by: what the customer wrote, else the paraphrase.
fn asked(question: &GoldQuestion) -> String {
    if question.from.is_empty() { question.text.clone() } else { question.from.join(" ") }
}

fn add_rankings(units: &mut [Unit], run: &Run, qrels: &Qrels) {
    for unit in units {
        let Some(judged) = qrels.get(&unit.id) else { continue };
        let one = Qrels::from([(unit.id.clone(), judged.clone())]);
        for scored in score_run(run, &one, &Measure::USUAL) {
            unit.scores.extend(scored.scores);
        }
    }
}

/// The passages of a judged document that hold the judged words; a quote that a cut parts stands
/// in both of its halves' passages.
fn holding(snapshot: &Snapshot, scope: &Scope, relevant: &Relevant) -> Vec<Passage> {
    let passages = snapshot.passages_of(scope, &relevant.document).unwrap_or_default();
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let quote = flat(&relevant.quote);
    passages.into_iter().filter(|passage| flat(&passage.text).contains(&quote)).collect()
}

/// BM25's inverse document frequency; a word that stands nowhere is as rare as can be.
fn rarity(snapshot: &Snapshot, stem: &str) -> f64 {
    let all = snapshot.len() as f64;
    let count = snapshot.frequency(stem) as f64;
    (1.0 + (all - count + 0.5) / (count + 0.5)).ln()
}

fn shown(file: &Path) -> String {
    file.file_name()
        .map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// Scores a ranking from elsewhere.
pub fn evaluate_run(run: &Path, qrels: &Path, name: &str) -> Result<Evaluated, Error> {
    let (run, qrels) = (read_run(run)?, read_qrels(qrels)?);
    let units = score_run(&run, &qrels, &Measure::USUAL);
    Ok(Evaluated { report: summarise(name, "run and qrels", units), run, qrels })
}

/// Indexes a BEIR folder in a directory of its own, searches each query, and scores the ranking.
///
/// Where a data directory is named, the index and its vectors stay there for the next run.
pub fn evaluate_beir(
    config: &Config,
    kept: Option<&Path>,
    folder: &Path,
    name: &str,
    progress: &dyn Fn(usize, usize),
) -> Result<Evaluated, Error> {
    let beir = read_beir(folder)?;
    if let Some(kept) = kept.filter(|kept| is_others(kept, &beir)) {
        return Err(Bad::Occupied { data: kept.to_owned() }.into());
    }
    let data =
        tempfile::tempdir().map_err(|source| Error::File { path: std::env::temp_dir(), source })?;
    let config = Config {
        data: kept.map_or_else(|| data.path().to_owned(), Path::to_owned),
        ..config.clone()
    };
    index_of(&config, &beir)?;
    if config.retrieval.mode != Mode::Words {
        encode(&config, Pace::Full, progress)?;
    }
    let service = Service::open(config)?;
    let snapshot = service.snapshot()?;
    let means = service.means(&snapshot)?;
    let scope = Scope::new(Asker::operator(), None, clock::today());
    let mut run = Run::new();
    let mut latency = Vec::new();
    for (done, (id, text)) in beir.queries.iter().enumerate() {
        let started = Instant::now();
        let found = retrieval::look_up(&means, &scope, text, &Narrowing::default(), BEIR_DEPTH)?;
        latency.push(started.elapsed().as_secs_f64() * 1e3);
        let mut best: BTreeMap<String, f64> = BTreeMap::new();
        for hit in &found.hits {
            let held = best.entry(hit.document.clone()).or_insert(f64::MIN);
            *held = held.max(f64::from(hit.score));
        }
        let mut ranked: Vec<(String, f64)> = best.into_iter().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        run.insert(id.clone(), ranked);
        progress(done + 1, beir.queries.len());
    }
    let mut units = score_run(&run, &beir.qrels, &Measure::USUAL);
    let texts: BTreeMap<&str, &str> =
        beir.queries.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    for unit in &mut units {
        unit.text = texts.get(unit.id.as_str()).copied().unwrap_or_default().to_owned();
    }
    let mut report = summarise(name, &shown(folder), units);
    latency.sort_by(f64::total_cmp);
    report.latency_ms = latency;
    Ok(Evaluated { report, run, qrels: beir.qrels })
}

/// Whether an index lies there that holds other documents than those of a set.
fn is_others(data: &Path, beir: &Beir) -> bool {
    let own: BTreeSet<&str> = beir.documents.iter().map(|(id, ..)| id.as_str()).collect();
    let held = index::remembered(data);
    held.is_some_and(|held| held.documents.keys().any(|id| !own.contains(id.as_str())))
}

fn index_of(config: &Config, beir: &Beir) -> Result<(), Error> {
    let documents =
        beir.documents.iter().map(|(id, title, text)| document(id, title, text)).collect();
    let made = Update {
        documents,
        unchanged: std::collections::BTreeSet::new(),
        add: false,
        roots: Vec::new(),
        collection: Collection::default(),
        register: Register::default(),
        notes: Vec::new(),
        cut: config.passages,
        made: clock::now(),
    };
    update(&config.data, made, &|_| {})?;
    Ok(())
}

fn document(id: &str, title: &str, text: &str) -> Document {
    let paragraphs = text.split('\n').map(str::trim).filter(|line| !line.is_empty());
    let block = |text: &str| Block { form: Form::Paragraph, text: text.to_owned(), page: None };
    Document {
        id: id.to_owned(),
        file: id.to_owned(),
        hash: String::new(),
        title: title.to_owned(),
        kind: Kind::Brugervejledning,
        institution: None,
        loengrupper: Vec::new(),
        audience: Audience::Customer,
        owner: None,
        version: None,
        period: Period::default(),
        supersedes: Vec::new(),
        systems: Vec::new(),
        area: None,
        demo: false,
        blocks: paragraphs.map(block).collect(),
    }
}
