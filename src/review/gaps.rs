//! The gap report: what the sources lack, ranked by how many inquiries it costs.
//!
//! It counts sources, chapters and topics. What a caseworker did stands in no figure of it: `Seen`
//! has no field for a person.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::draft::{Outcome, Phrase, PhraseError};
use crate::language;
use crate::privacy::Masked;
use crate::review::kept::KeptDraft;
use crate::review::similar::{Fingerprint, LIKENESS_MIN};
use crate::review::texts::texts;
use crate::terms::{Day, show_day};

/// A source is troubled if so many replies that cite it were edited or rejected.
const TROUBLES_MIN: usize = 2;
/// And if that is at least this share of those that were decided.
const TROUBLED_SHARE_MIN: f64 = 0.3;
/// Characters of a question that name a topic.
const SUBJECT_CHARS_MAX: usize = 200;

/// A question of an inquiry, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenQuestion {
    /// The inquiry.
    pub inquiry: String,
    /// The institution that asked.
    pub institution: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// The question, masked.
    pub text: String,
    /// The documents that its answer cites.
    pub documents: BTreeSet<String>,
    /// What it is told apart from other questions by.
    pub fingerprint: Fingerprint,
}

impl SeenQuestion {
    /// The questions of a kept draft, masked.
    pub fn of_draft(inquiry: &str, kept: &KeptDraft) -> Vec<Self> {
        let seen = kept.questions.iter().map(|answer| {
            let citations = answer.sentences.iter().flat_map(|sentence| &sentence.citations);
            let passages = citations.filter_map(|citation| kept.passage(&citation.passage_id));
            let text = Masked::of(&answer.text).as_str().to_owned();
            Self {
                inquiry: inquiry.to_owned(),
                institution: kept.institution.clone(),
                outcome: answer.outcome,
                fingerprint: Fingerprint::of_question(&text),
                text,
                documents: passages.map(|passage| passage.document.clone()).collect(),
            }
        });
        seen.collect()
    }
}

/// The drejebog of an institution, as its headings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenDrejebog {
    /// The institution.
    pub institution: String,
    /// Every heading of its drejebøger; none if it has no drejebog.
    pub headings: Vec<String>,
}

/// A source, and what became of the replies that cite it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenSource {
    /// The document.
    pub document: String,
    /// Its title.
    pub title: String,
    /// The institution that owns it; missing for general sources.
    pub institution: Option<String>,
    /// The last day on which it holds.
    pub valid_to: Option<Day>,
    /// Replies that cite it and were approved as suggested.
    pub unedited: usize,
    /// Replies that cite it and were edited before they were approved.
    pub edited: usize,
    /// Drafts that cite it and were rejected.
    pub rejected: usize,
}

/// That an older source says something of what a newer one was cited for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeenContradiction {
    /// The inquiry.
    pub inquiry: String,
    /// The institution that asked.
    pub institution: Option<String>,
    /// The outdated document.
    pub older: String,
    /// A document that holds and was cited.
    pub newer: String,
}

impl SeenContradiction {
    /// What the internal note of a kept draft says of older sources.
    pub fn of_draft(inquiry: &str, kept: &KeptDraft) -> Vec<Self> {
        let mut found = Vec::new();
        for older in kept.older_sources() {
            for newer in kept.documents_cited().into_iter().filter(|newer| *newer != older) {
                found.push(Self {
                    inquiry: inquiry.to_owned(),
                    institution: kept.institution.clone(),
                    older: older.to_owned(),
                    newer: newer.to_owned(),
                });
            }
        }
        found
    }
}

/// All that the report is made from. Whoever puts it together leaves out what the reader may not
/// see: the report shows all of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    /// The questions of the inquiries.
    pub questions: Vec<SeenQuestion>,
    /// The drejebøger of the institutions.
    pub drejebog_list: Vec<SeenDrejebog>,
    /// The sources.
    pub sources: Vec<SeenSource>,
    /// The sources that contradict each other.
    pub contradictions: Vec<SeenContradiction>,
}

/// What is lacking.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum GapKind {
    /// No source answers what is asked.
    Unanswered,
    /// An institution has no drejebog.
    MissingDrejebog,
    /// A drejebog lacks a chapter.
    MissingChapter,
    /// Replies that cite a source are often edited or rejected.
    TroubledSource,
    /// An older source says something of the same matter as one that holds.
    Contradiction,
    /// A source is past its last day, and was cited.
    PastDate,
}

/// One thing that is lacking, and what it costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Gap {
    /// Its place, from 1: the one that costs most inquiries is first.
    pub rank: usize,
    /// What is lacking.
    pub kind: GapKind,
    /// The institution that it is about; missing if it is about several or about all.
    pub institution: Option<String>,
    /// The question, the chapter or the source.
    pub subject: String,
    /// More about it, in Danish.
    pub detail: String,
    /// The documents that it is about.
    pub documents: Vec<String>,
    /// How many inquiries it costs.
    pub inquiries: usize,
}

/// What the sources lack, the costliest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct GapReport {
    /// The day on which sources were looked at.
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    /// Inquiries that it is made from.
    pub inquiries: usize,
    /// Their questions.
    pub questions: usize,
    /// Of those, the ones that no source answered.
    pub unanswered: usize,
    /// What is lacking.
    pub gaps: Vec<Gap>,
}

/// A chapter that a drejebog has.
struct Chapter {
    name: String,
    heading: Regex,
    asked: Regex,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChapterFile {
    name: String,
    heading: String,
    asked: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChaptersFile {
    chapter: Vec<ChapterFile>,
}

static CHAPTERS: LazyLock<Vec<Chapter>> = LazyLock::new(built_in);

#[expect(
    clippy::expect_used,
    reason = "the chapters are part of the program; the tests below read them in every test run"
)]
fn built_in() -> Vec<Chapter> {
    let file: ChaptersFile = toml::from_str(include_str!("../../index/lexicon/chapters.toml"))
        .expect("index/lexicon/chapters.toml is read");
    let pattern = |text: &str| {
        language::wording(text).expect("a pattern of index/lexicon/chapters.toml is read")
    };
    let chapter = |it: ChapterFile| Chapter {
        heading: pattern(&it.heading),
        asked: pattern(&it.asked),
        name: it.name,
    };
    file.chapter.into_iter().map(chapter).collect()
}

/// The gap report of what was seen, on a day; the same input gives the same report.
pub fn report(seen: &Seen, day: Day) -> GapReport {
    let open: Vec<&SeenQuestion> =
        seen.questions.iter().filter(|it| it.outcome == Outcome::NoEvidence).collect();
    let mut gaps = unanswered(&open);
    gaps.extend(drejebog_list(seen, &open));
    gaps.extend(seen.sources.iter().filter_map(|it| troubled(seen, it)));
    gaps.extend(contradictions(seen));
    gaps.extend(seen.sources.iter().filter_map(|it| past_date(seen, it, day)));
    gaps.sort_by(|a, b| {
        let key = |gap: &Gap| (gap.kind, gap.institution.clone(), gap.subject.clone());
        b.inquiries.cmp(&a.inquiries).then_with(|| key(a).cmp(&key(b)))
    });
    for (gap, rank) in gaps.iter_mut().zip(1..) {
        gap.rank = rank;
    }
    let inquiries: BTreeSet<&str> = seen.questions.iter().map(|it| it.inquiry.as_str()).collect();
    GapReport {
        day,
        inquiries: inquiries.len(),
        questions: seen.questions.len(),
        unanswered: open.len(),
        gaps,
    }
}

/// A gap before it has its rank.
fn gap(kind: GapKind, institution: Option<&str>, subject: &str) -> Gap {
    Gap {
        rank: 0,
        kind,
        institution: institution.map(str::to_owned),
        subject: subject.to_owned(),
        detail: String::new(),
        documents: Vec::new(),
        inquiries: 0,
    }
}

fn count<'a>(inquiries: impl Iterator<Item = &'a str>) -> usize {
    inquiries.collect::<BTreeSet<_>>().len()
}

/// Unanswered questions, near-equal ones as one topic. Each joins the first topic whose first
/// question is near it.
fn unanswered(open: &[&SeenQuestion]) -> Vec<Gap> {
    let mut sorted = open.to_vec();
    // The shortest wording names the topic.
    sorted.sort_by_key(|it| (it.text.chars().count(), &it.text, &it.inquiry));
    let mut topics: Vec<Vec<&SeenQuestion>> = Vec::new();
    for question in sorted {
        let near = |topic: &&mut Vec<&SeenQuestion>| {
            topic.first().is_some_and(|first| {
                first.text == question.text
                    || first.fingerprint.likeness(&question.fingerprint) >= LIKENESS_MIN
            })
        };
        match topics.iter_mut().find(near) {
            Some(topic) => topic.push(question),
            None => topics.push(vec![question]),
        }
    }
    let of_topic = |topic: Vec<&SeenQuestion>| {
        let first = topic.first()?;
        let same = topic.iter().all(|it| it.institution == first.institution);
        let own = first.institution.as_deref().filter(|_| same);
        let subject: String = first.text.chars().take(SUBJECT_CHARS_MAX).collect();
        let n = topic.len().to_string();
        Some(Gap {
            detail: texts().gaps.filled("unanswered_detail", &[("n", &n)]),
            inquiries: count(topic.iter().map(|it| it.inquiry.as_str())),
            ..gap(GapKind::Unanswered, own, &subject)
        })
    };
    topics.into_iter().filter_map(of_topic).collect()
}

/// Institutions without a drejebog, and chapters that a drejebog lacks.
fn drejebog_list(seen: &Seen, open: &[&SeenQuestion]) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for SeenDrejebog { institution, headings } in &seen.drejebog_list {
        let own = |it: &&&SeenQuestion| it.institution.as_deref() == Some(institution.as_str());
        if headings.is_empty() {
            let inquiries = count(open.iter().filter(own).map(|it| it.inquiry.as_str()));
            let n = inquiries.to_string();
            gaps.push(Gap {
                detail: texts().gaps.filled("missing_drejebog_detail", &[("n", &n)]),
                inquiries,
                ..gap(GapKind::MissingDrejebog, Some(institution), institution)
            });
            continue;
        }
        let lacks = |it: &&Chapter| !headings.iter().any(|heading| it.heading.is_match(heading));
        for chapter in CHAPTERS.iter().filter(lacks) {
            let asked = open.iter().filter(own).filter(|it| chapter.asked.is_match(&it.text));
            let inquiries = count(asked.map(|it| it.inquiry.as_str()));
            let n = inquiries.to_string();
            gaps.push(Gap {
                detail: texts().gaps.filled("missing_chapter_detail", &[("n", &n)]),
                inquiries,
                ..gap(GapKind::MissingChapter, Some(institution), &chapter.name)
            });
        }
    }
    gaps
}

/// The inquiries whose answers cite a document.
fn citing(seen: &Seen, document: &str) -> usize {
    let cites = seen.questions.iter().filter(|it| it.documents.contains(document));
    count(cites.map(|it| it.inquiry.as_str()))
}

fn troubled(seen: &Seen, source: &SeenSource) -> Option<Gap> {
    let troubles = source.edited + source.rejected;
    let decided = troubles + source.unedited;
    let share = troubles as f64 / decided.max(1) as f64;
    if troubles < TROUBLES_MIN || share < TROUBLED_SHARE_MIN {
        return None;
    }
    let number = |n: usize| n.to_string();
    let detail = texts().gaps.filled(
        "troubled_source_detail",
        &[
            ("reviewed", &number(decided)),
            ("edited", &number(source.edited)),
            ("rejected", &number(source.rejected)),
        ],
    );
    Some(Gap {
        detail,
        documents: vec![source.document.clone()],
        // A rejected draft answers nothing that could still be counted by its questions.
        inquiries: citing(seen, &source.document).max(troubles),
        ..gap(GapKind::TroubledSource, source.institution.as_deref(), &source.title)
    })
}

fn contradictions(seen: &Seen) -> Vec<Gap> {
    let mut pairs: BTreeMap<(&str, &str), Vec<&SeenContradiction>> = BTreeMap::new();
    for it in &seen.contradictions {
        pairs.entry((&it.older, &it.newer)).or_default().push(it);
    }
    let title = |document: &str| {
        let source = seen.sources.iter().find(|source| source.document == document);
        format!("»{}«", source.map_or(document, |source| source.title.as_str()))
    };
    let of_pair = |((older, newer), all): ((&str, &str), Vec<&SeenContradiction>)| {
        let first = all.first().and_then(|it| it.institution.as_deref());
        let own = first.filter(|own| all.iter().all(|it| it.institution.as_deref() == Some(own)));
        let (old, new) = (title(older), title(newer));
        Gap {
            detail: texts()
                .gaps
                .filled("contradiction_detail", &[("older", &old), ("newer", &new)]),
            documents: vec![older.to_owned(), newer.to_owned()],
            inquiries: count(all.iter().map(|it| it.inquiry.as_str())),
            ..gap(GapKind::Contradiction, own, &format!("{old} / {new}"))
        }
    };
    pairs.into_iter().map(of_pair).collect()
}

/// A source past its last day; one that nobody has cited costs nothing yet and is listed last.
fn past_date(seen: &Seen, source: &SeenSource, day: Day) -> Option<Gap> {
    let last = source.valid_to.filter(|last| *last < day)?;
    Some(Gap {
        detail: texts().gaps.filled("past_date_detail", &[("day", &show_day(last))]),
        documents: vec![source.document.clone()],
        inquiries: citing(seen, &source.document),
        ..gap(GapKind::PastDate, source.institution.as_deref(), &source.title)
    })
}

impl GapReport {
    /// The report as a table of comma-separated values, in UTF-8, with a heading.
    pub fn csv(&self) -> Result<String, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let names = ["rank", "kind", "institution", "subject", "detail", "documents", "inquiries"];
        writer.write_record(names.map(|name| texts().columns.of(name)))?;
        for gap in &self.gaps {
            let cells = [
                gap.rank.to_string(),
                texts().gaps.of_value(gap.kind),
                gap.institution.clone().unwrap_or_default(),
                gap.subject.clone(),
                gap.detail.clone(),
                gap.documents.join("; "),
                gap.inquiries.to_string(),
            ];
            writer.write_record(cells.map(guarded))?;
        }
        let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The report in Markdown, whose front page says what it counts and what it never counts.
    pub fn markdown(&self) -> Result<String, PhraseError> {
        let gaps: Vec<_> = self
            .gaps
            .iter()
            .map(|gap| {
                minijinja::context! {
                    rank => gap.rank,
                    kind => texts().gaps.of_value(gap.kind),
                    institution => plain(gap.institution.as_deref().unwrap_or_default()),
                    subject => plain(&gap.subject),
                    detail => plain(&gap.detail),
                    inquiries => gap.inquiries,
                }
            })
            .collect();
        let context = minijinja::context! {
            day => show_day(self.day),
            inquiries => self.inquiries,
            questions => self.questions,
            unanswered => self.unanswered,
            gaps,
        };
        let mut text = Phrase::render("prompts/review/gaps.j2", context)?.text().to_owned();
        text.push('\n');
        Ok(text)
    }
}

/// A cell that no spreadsheet takes for a formula.
fn guarded(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}") } else { cell }
}

/// A text in a cell of a Markdown table, as text only.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '!' => {
                plain.push('\\');
                plain.push(c);
            }
            c if c.is_control() => plain.push(' '),
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::kept::made::{draft, json};
    use crate::terms::parse_day;

    fn day() -> Day {
        parse_day("2025-11-10").unwrap()
    }

    fn asked(inquiry: &str, institution: &str, text: &str, outcome: Outcome) -> SeenQuestion {
        SeenQuestion {
            inquiry: inquiry.to_owned(),
            institution: Some(institution.to_owned()),
            outcome,
            text: text.to_owned(),
            documents: BTreeSet::new(),
            fingerprint: Fingerprint::of_question(text),
        }
    }

    fn source(document: &str, valid_to: Option<&str>, counts: [usize; 3]) -> SeenSource {
        let [unedited, edited, rejected] = counts;
        SeenSource {
            document: document.to_owned(),
            title: format!("Om {document}"),
            institution: None,
            valid_to: valid_to.and_then(parse_day),
            unedited,
            edited,
            rejected,
        }
    }

    const CARD: &str = "Hvem lukker medarbejderens nøglekort?";
    const LIMIT: &str = "Hvad er vores maksgrænse for aconto?";

    fn seen() -> Seen {
        let none = Outcome::NoEvidence;
        let mut cites = asked("h5", "Kystmuseet", "Hvornår er fristen?", Outcome::Answered);
        cites.documents = ["a.md".to_owned(), "old.md".to_owned()].into();
        let chapters: Vec<String> =
            CHAPTERS.iter().map(|it| it.name.clone()).filter(|it| !it.contains("Aconto")).collect();
        let against = |inquiry: &str| SeenContradiction {
            inquiry: inquiry.to_owned(),
            institution: Some("Kystmuseet".to_owned()),
            older: "old.md".to_owned(),
            newer: "a.md".to_owned(),
        };
        Seen {
            questions: vec![
                asked("h1", "Kystmuseet", CARD, none),
                asked("h2", "Fyrvæsenet", "Hvem lukker medarbejderens nøglekort nu?", none),
                asked("h2", "Fyrvæsenet", CARD, none),
                asked("h3", "Kystmuseet", LIMIT, none),
                asked("h4", "Kystmuseet", "Hvor står det?", Outcome::Answered),
                cites,
            ],
            drejebog_list: vec![
                SeenDrejebog { institution: "Kystmuseet".to_owned(), headings: chapters },
                SeenDrejebog { institution: "Fyrvæsenet".to_owned(), headings: Vec::new() },
            ],
            sources: vec![
                source("a.md", None, [1, 3, 1]),
                source("b.md", None, [50, 3, 1]),
                source("c.md", None, [0, 1, 0]),
                source("old.md", Some("2025-11-09"), [0, 0, 0]),
                source("holds.md", Some("2025-11-10"), [0, 0, 0]),
            ],
            contradictions: vec![against("h5"), against("h5")],
        }
    }

    fn of_kind(report: &GapReport, kind: GapKind) -> Vec<&Gap> {
        report.gaps.iter().filter(|gap| gap.kind == kind).collect()
    }

    #[test]
    fn what_costs_most_inquiries_stands_first() {
        let report = report(&seen(), day());
        let ranks: Vec<usize> = report.gaps.iter().map(|gap| gap.rank).collect();
        assert_eq!(ranks, (1..=report.gaps.len()).collect::<Vec<_>>());
        assert!(report.gaps.is_sorted_by(|a, b| a.inquiries >= b.inquiries));
        assert_eq!((report.inquiries, report.questions, report.unanswered), (5, 6, 4));
        let mut turned = seen();
        turned.questions.reverse();
        turned.sources.reverse();
        turned.drejebog_list.reverse();
        assert_eq!(super::report(&turned, day()), report);
    }

    #[test]
    fn near_equal_unanswered_questions_are_one_topic() {
        let report = report(&seen(), day());
        let topics = of_kind(&report, GapKind::Unanswered);
        assert_eq!(topics.len(), 2);
        assert_eq!((topics[0].subject.as_str(), topics[0].inquiries), (CARD, 2));
        assert_eq!(topics[0].institution, None);
        assert!(topics[0].detail.starts_with("3 spørgsmål"));
        assert_eq!(topics[1].institution.as_deref(), Some("Kystmuseet"));
    }

    #[test]
    fn a_chapter_that_a_drejebog_lacks_costs_the_questions_it_would_answer() {
        let report = report(&seen(), day());
        let chapters = of_kind(&report, GapKind::MissingChapter);
        assert_eq!(chapters.len(), 1);
        assert_eq!(chapters[0].subject, "Aconto, lønstandsning og maksbeløb");
        assert_eq!(
            (chapters[0].institution.as_deref(), chapters[0].inquiries),
            (Some("Kystmuseet"), 1)
        );
        let none = of_kind(&report, GapKind::MissingDrejebog);
        assert_eq!((none.len(), none[0].subject.as_str(), none[0].inquiries), (1, "Fyrvæsenet", 1));
    }

    #[test]
    fn a_source_is_troubled_by_many_edits_and_not_by_one() {
        let report = report(&seen(), day());
        let troubled = of_kind(&report, GapKind::TroubledSource);
        assert_eq!(troubled.len(), 1);
        assert_eq!(
            (troubled[0].documents.as_slice(), troubled[0].inquiries),
            (["a.md".to_owned()].as_slice(), 4)
        );
        assert!(troubled[0].detail.contains("3 rettet og 1 afvist"), "{}", troubled[0].detail);
    }

    #[test]
    fn a_source_is_past_its_date_on_the_day_after() {
        let report = report(&seen(), day());
        let past = of_kind(&report, GapKind::PastDate);
        assert_eq!((past.len(), past[0].subject.as_str(), past[0].inquiries), (1, "Om old.md", 1));
        assert_eq!(past[0].detail, "Kilden gjaldt til 9. november 2025.");
    }

    #[test]
    fn contradictions_are_counted_by_inquiry() {
        let report = report(&seen(), day());
        let found = of_kind(&report, GapKind::Contradiction);
        assert_eq!((found.len(), found[0].inquiries), (1, 1));
        assert_eq!(found[0].subject, "»Om old.md« / »Om a.md«");
    }

    #[test]
    fn a_kept_draft_tells_its_questions_and_contradictions() {
        let mut json = json();
        json["questions"][1]["text"] = "Hvem lukker Mona Eksempelsens nøglekort?".into();
        let kept = draft(json);
        let questions = SeenQuestion::of_draft("h1", &kept);
        assert_eq!(questions.len(), 2);
        assert_eq!(questions[0].documents, ["guider/aconto.md".to_owned()].into());
        assert!(!questions[1].text.contains("Mona"), "{}", questions[1].text);
        let found = SeenContradiction::of_draft("h1", &kept);
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].older.as_str(), found[0].newer.as_str()),
            ("guider/aconto-2023.md", "guider/aconto.md")
        );
    }

    #[test]
    fn no_cell_is_a_formula_and_no_text_breaks_the_table() {
        let mut seen = seen();
        seen.sources[0].title = "=HYPERLINK(\"http://ondt.example\";\"klik\")".to_owned();
        let odd = "+45, \"hvem\"?\n| [klik](http://ondt.example)";
        seen.questions.push(asked("h9", "Kystmuseet", odd, Outcome::NoEvidence));
        let report = report(&seen, day());
        let csv = report.csv().unwrap();
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), report.gaps.len());
        for cell in rows.iter().flatten() {
            assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell}");
        }
        assert!(csv.contains("'=HYPERLINK") && csv.contains("'+45"), "{csv}");
        assert!(csv.starts_with("nr.,slags,institution,emne,"), "{csv}");
        let markdown = report.markdown().unwrap();
        assert!(markdown.contains("\\| \\[klik\\]"), "{markdown}");
        let columns = |line: &str| line.replace("\\|", "").matches('|').count();
        assert!(
            markdown.lines().filter(|it| it.starts_with('|')).all(|it| columns(it) == 7),
            "{markdown}"
        );
    }

    #[test]
    fn the_front_page_says_what_is_never_counted() {
        let markdown = report(&seen(), day()).markdown().unwrap();
        assert!(markdown.contains("10. november 2025"), "{markdown}");
        assert!(markdown.contains("ikke, hvad den enkelte sagsbehandler har gjort"), "{markdown}");
        let empty = report(&Seen::default(), day());
        assert!(empty.gaps.is_empty() && empty.markdown().unwrap().contains("Ingen huller"));
    }
}
