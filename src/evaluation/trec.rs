//! Rankings and judgements as files: TREC runs and qrels, BEIR folders.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;

use crate::evaluation::Error;

/// Documents by query, with the scores that a system gave them.
pub type Run = BTreeMap<String, Vec<(String, f64)>>;
/// Grades by query and document; 1 and up is relevant.
pub type Qrels = BTreeMap<String, BTreeMap<String, i32>>;

/// A test set in BEIR layout.
#[derive(Debug, Clone, Default)]
pub struct Beir {
    /// Document id, title, text.
    pub documents: Vec<(String, String, String)>,
    /// Query id and text; only queries that are judged.
    pub queries: Vec<(String, String)>,
    /// The judgements.
    pub qrels: Qrels,
}

fn text_of(file: &Path) -> Result<String, Error> {
    std::fs::read_to_string(file).map_err(|source| Error::File { file: file.to_owned(), source })
}

fn bad(file: &Path, line: usize, what: String, remedy: &'static str) -> Error {
    Error::Line { file: file.to_owned(), line: line + 1, what, remedy }
}

/// Reads a TREC run: `query Q0 document rank score name`.
pub fn read_run(file: &Path) -> Result<Run, Error> {
    const REMEDY: &str = "write six columns: query Q0 document rank score name";
    let mut run = Run::new();
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    for (at, line) in text_of(file)?.lines().enumerate().filter(|(_, line)| !line.trim().is_empty())
    {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [query, _, document, _, score, _] = columns.as_slice() else {
            return Err(bad(
                file,
                at,
                format!("{} columns where a run has six", columns.len()),
                REMEDY,
            ));
        };
        let score: f64 =
            score.parse().ok().filter(|score: &f64| score.is_finite()).ok_or_else(|| {
                bad(file, at, format!("the score `{score}` is no finite number"), REMEDY)
            })?;
        if !seen.insert(((*query).to_owned(), (*document).to_owned())) {
            let what = format!("`{document}` is ranked twice for `{query}`");
            return Err(bad(file, at, what, "rank each document once for each query"));
        }
        run.entry((*query).to_owned()).or_default().push(((*document).to_owned(), score));
    }
    if run.is_empty() { Err(Error::Empty { file: file.to_owned() }) } else { Ok(run) }
}

/// Reads TREC qrels (`query 0 document grade`) or BEIR's three columns under a header line.
pub fn read_qrels(file: &Path) -> Result<Qrels, Error> {
    let mut qrels = Qrels::new();
    for judgement in judgements(file)? {
        let Judgement { at, query, document, grade } = judgement;
        let held = qrels.entry(query.clone()).or_default();
        if held.insert(document.clone(), grade).is_some() {
            let what = format!("`{document}` is judged twice for `{query}`");
            return Err(bad(file, at, what, "judge each document once for each query"));
        }
    }
    if qrels.is_empty() { Err(Error::Empty { file: file.to_owned() }) } else { Ok(qrels) }
}

/// One line of a qrels file.
struct Judgement {
    at: usize,
    query: String,
    document: String,
    grade: i32,
}

fn judgements(file: &Path) -> Result<Vec<Judgement>, Error> {
    let text = text_of(file)?;
    let beir = text.lines().next().is_some_and(|line| line.starts_with("query-id"));
    let remedy = if beir {
        "write three columns under the header: query-id corpus-id score"
    } else {
        "write four columns: query 0 document grade"
    };
    let mut found = Vec::new();
    let lines = text.lines().enumerate().skip(usize::from(beir));
    for (at, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let ((true, [query, document, grade]) | (false, [query, _, document, grade])) =
            (beir, columns.as_slice())
        else {
            let expected = if beir { 3 } else { 4 };
            let what = format!("{} columns where there are {expected}", columns.len());
            return Err(bad(file, at, what, remedy));
        };
        let grade: i32 = grade.parse().map_err(|_| {
            bad(file, at, format!("the grade `{grade}` is no whole number"), remedy)
        })?;
        let (query, document) = ((*query).to_owned(), (*document).to_owned());
        found.push(Judgement { at, query, document, grade });
    }
    Ok(found)
}

/// A run as TREC writes it.
pub fn write_run(run: &Run, name: &str) -> String {
    let mut text = String::new();
    for (query, documents) in run {
        for (rank, (document, score)) in documents.iter().enumerate() {
            let (query, document) = (plain(query), plain(document));
            let _ = writeln!(text, "{query} Q0 {document} {} {score} {name}", rank + 1);
        }
    }
    text
}

/// Qrels as TREC writes them.
pub fn write_qrels(qrels: &Qrels) -> String {
    let mut text = String::new();
    for (query, documents) in qrels {
        for (document, grade) in documents {
            let _ = writeln!(text, "{} 0 {} {grade}", plain(query), plain(document));
        }
    }
    text
}

/// Columns are parted by space, so ids hold none.
fn plain(id: &str) -> String {
    id.replace(char::is_whitespace, "_")
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    title: String,
    text: String,
}

/// Reads a folder with `corpus.jsonl`, `queries.jsonl` and `qrels.tsv` (or `qrels/test.tsv`).
pub fn read_beir(folder: &Path) -> Result<Beir, Error> {
    let qrels = ["qrels.tsv", "qrels/test.tsv"]
        .iter()
        .map(|name| folder.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| folder.join("qrels.tsv"));
    let documents = entries(&folder.join("corpus.jsonl"))?;
    let queries = entries(&folder.join("queries.jsonl"))?;
    resolved(&qrels, &documents, &queries)?;
    let qrels = read_qrels(&qrels)?;
    let judged = |entry: &Entry| qrels.contains_key(&entry.id);
    Ok(Beir {
        queries: queries.into_iter().filter(judged).map(|entry| (entry.id, entry.text)).collect(),
        documents: documents.into_iter().map(|entry| (entry.id, entry.title, entry.text)).collect(),
        qrels,
    })
}

/// A judgement of what is not there would be in vain, and make every figure too low.
fn resolved(qrels: &Path, documents: &[Entry], queries: &[Entry]) -> Result<(), Error> {
    const REMEDY: &str = "mend the id, add what it names, or take the line out";
    let ids = |entries: &[Entry]| -> BTreeSet<String> {
        entries.iter().map(|entry| entry.id.clone()).collect()
    };
    let (documents, queries) = (ids(documents), ids(queries));
    for Judgement { at, query, document, .. } in judgements(qrels)? {
        let lost = if !queries.contains(&query) {
            (query, "queries.jsonl")
        } else if !documents.contains(&document) {
            (document, "corpus.jsonl")
        } else {
            continue;
        };
        let what = format!("`{}` is judged, and {} does not hold it", lost.0, lost.1);
        return Err(bad(qrels, at, what, REMEDY));
    }
    Ok(())
}

fn entries(file: &Path) -> Result<Vec<Entry>, Error> {
    let mut found: Vec<Entry> = Vec::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (at, line) in text_of(file)?.lines().enumerate().filter(|(_, line)| !line.trim().is_empty())
    {
        let entry: Entry = serde_json::from_str(line).map_err(|error| {
            bad(file, at, error.to_string(), "write one JSON object a line with `_id` and `text`")
        })?;
        if !seen.insert(entry.id.clone()) {
            let what = format!("the id `{}` stands twice", entry.id);
            return Err(bad(file, at, what, "give each entry an id of its own"));
        }
        found.push(entry);
    }
    if found.is_empty() { Err(Error::Empty { file: file.to_owned() }) } else { Ok(found) }
}
