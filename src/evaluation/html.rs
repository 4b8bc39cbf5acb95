//! The report as one page that needs nothing else: no script, no other file, no network.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::evaluation::plots::{bars, escaped, forest, latency, risk_curve, sparkline};
use crate::evaluation::report::{outcome_counts, percentile};
use crate::evaluation::{Comparison, Difference, Figure, Report, Unit, aurc, risk_coverage};

const STYLE: &str = include_str!("../../prompts/page/evaluation.css");
/// Questions shown, the worst first.
const WORST_MAX: usize = 25;
/// Measures that are shown by slice, as far as they were measured.
const BY_SLICE: [&str; 5] =
    ["outcome_accuracy", "must_recall_strict", "citation_precision", "nDCG@10", "R@5"];
/// As many of them as a page is wide.
const COLUMNS_MAX: usize = 3;

/// The groups of the summary: measures whose names begin so, and what each of them says.
const GROUPS: [(&str, &[(&str, &str)]); 6] = [
    (
        "Questions and outcomes",
        &[
            ("question_precision", "found questions that are questions"),
            ("question_recall", "questions that were found"),
            ("question_f1", "both in one figure"),
            ("outcome_accuracy", "questions with a right outcome; a missed one is wrong"),
            ("accounted", "asked questions that the reply answers or that the caseworker is shown"),
            ("accounted_in_reply", "those that the reply says something about"),
            ("flagged_precision", "of what is shown as what may ask: that it does"),
        ],
    ),
    (
        "What the reply says",
        &[
            ("must_recall_strict", "vital points made, where a source answers"),
            ("must_recall_partial", "the same, half a point where most is missing"),
            ("must_recall_reply", "the same points, made anywhere in the reply"),
            ("must_recall_other", "vital points made, where no source answers"),
            ("must_ceiling", "the same rule on the judged passages themselves"),
            ("useful_sentences", "sentences that make a point or quote a judged passage"),
        ],
    ),
    (
        "What it may not say",
        &[
            ("must_not_rate", "forbidden things said, of those that can be tested"),
            ("must_not_unscored", "forbidden things that only a reader can judge"),
            ("unsupported_numbers", "numbers without a source"),
            ("foreign_passages", "passages of another institution"),
        ],
    ),
    (
        "Citations",
        &[
            ("quote_verbatim", "quotes that stand in their passage letter for letter"),
            ("citation_precision", "cited passages that are judged relevant"),
            ("citation_recall", "cited sentences that their quotes cover"),
        ],
    ),
    (
        "Retrieval",
        &[
            ("nDCG", "relevant passages first, the best before the good"),
            ("RR", "one over the rank of the first relevant passage"),
            ("R@", "relevant passages that were found"),
            ("R(", "passages of that grade that were found"),
            ("P@", "found passages that are relevant"),
            ("AP", "precision at each relevant passage, over the whole ranking"),
            ("Judged", "found passages that someone judged"),
        ],
    ),
    (
        "Form",
        &[
            ("words_per", "words of a paragraph; 95 % have no more"),
            ("lix", "readability: 35 to 44 is the level of a newspaper"),
        ],
    ),
];

/// The report as a page, with the comparison to another where there is one.
pub fn html(report: &Report, comparison: Option<&Comparison>) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{} on {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
        escaped(&report.run),
        escaped(&report.data)
    );
    head(report, &mut page);
    summary(report, &mut page);
    if let Some(comparison) = comparison {
        compared(comparison, &mut page);
    }
    confusion(report, &mut page);
    risk(report, &mut page);
    slices(report, &mut page);
    speed(report, &mut page);
    worst(report, &mut page);
    page.push_str("</body>\n</html>\n");
    page
}

fn head(report: &Report, page: &mut String) {
    let settings = if report.settings.is_empty() {
        "as they come".to_owned()
    } else {
        escaped(&report.settings.join(", "))
    };
    let _ = writeln!(
        page,
        "<header>\n<h1>Evaluation</h1>\n<dl class=\"facts\">\
         <dt>Run</dt><dd>{}</dd><dt>Data</dt><dd>{}</dd><dt>Questions</dt><dd>{}</dd>\
         <dt>Settings</dt><dd>{settings}</dd></dl>\n</header>",
        escaped(&report.run),
        escaped(&report.data),
        report.n
    );
}

/// The place of a measure in the summary, and its words: past the last group where none fits.
fn about(measure: &str) -> ((usize, usize), &'static str) {
    GROUPS
        .iter()
        .enumerate()
        .find_map(|(group, (_, measures))| {
            let mut listed = measures.iter().enumerate();
            let (place, (_, about)) = listed.find(|(_, (name, _))| measure.starts_with(name))?;
            Some(((group, place), *about))
        })
        .unwrap_or(((GROUPS.len(), 0), ""))
}

fn is_count(measure: &str) -> bool {
    ["unsupported_numbers", "foreign_passages", "must_not_unscored"].contains(&measure)
}

fn shown(measure: &str, value: f64) -> String {
    if is_count(measure) {
        format!("{value:.0}")
    } else if value.abs() > 2.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.3}")
    }
}

fn summary(report: &Report, page: &mut String) {
    page.push_str(
        "<section>\n<h2>Measures</h2>\n<p class=\"quiet\">Each with its 95 % interval \
         (bootstrap over questions), and n: the questions, points, sentences or drafts it is \
         taken over.</p>\n<div class=\"wide\"><table class=\"figures\">\n<thead><tr>\
         <th scope=\"col\">measure</th><th scope=\"col\" class=\"number\">value</th>\
         <th scope=\"col\">0 to 1</th><th scope=\"col\">95 % interval</th>\
         <th scope=\"col\" class=\"number\">n</th><th scope=\"col\">what it says</th></tr></thead>\n",
    );
    for group in 0..=GROUPS.len() {
        let mut figures: Vec<(&String, &Figure)> =
            report.measures.iter().filter(|(name, _)| about(name).0.0 == group).collect();
        figures.sort_by_key(|(name, _)| about(name).0);
        if figures.is_empty() {
            continue;
        }
        let title = GROUPS.get(group).map_or("Further", |(title, _)| title);
        let _ = writeln!(
            page,
            "<tbody><tr><th colspan=\"6\" scope=\"rowgroup\" class=\"group\">{title}</th></tr>"
        );
        for (name, figure) in figures {
            page.push_str(&summary_row(name, figure));
        }
        page.push_str("</tbody>\n");
    }
    page.push_str("</table></div>\n</section>\n");
}

fn summary_row(name: &str, figure: &Figure) -> String {
    let ends = figure.low < figure.high;
    let (line, range) = match (is_count(name), ends) {
        (true, _) => (String::new(), "a count".to_owned()),
        (false, true) => (
            sparkline(figure),
            format!("{} to {}", shown(name, figure.low), shown(name, figure.high)),
        ),
        (false, false) => (sparkline(figure), "no spread".to_owned()),
    };
    format!(
        "<tr><th scope=\"row\">{}</th><td class=\"number value\">{}</td><td>{line}</td>\
         <td class=\"range\">{range}</td><td class=\"number\">{}</td><td class=\"about\">{}</td></tr>\n",
        escaped(name),
        shown(name, figure.value),
        figure.n,
        about(name).1
    )
}

fn confusion(report: &Report, page: &mut String) {
    let counts = outcome_counts(report);
    if counts.is_empty() {
        return;
    }
    let rows: BTreeSet<&str> = counts.keys().map(|(expected, _)| expected.as_str()).collect();
    let further: BTreeSet<&str> =
        counts.keys().map(|(_, came)| came.as_str()).filter(|came| !rows.contains(came)).collect();
    // In the order of the rows, so that what agrees lies on the diagonal.
    let columns: Vec<&str> = rows.iter().chain(&further).copied().collect();
    let words = |outcome: &str| escaped(&outcome.replace('_', " "));
    page.push_str(
        "<section>\n<h2>Outcomes</h2>\n<p class=\"quiet\">Rows are expected, columns are \
         drafted; framed cells agree with the first right outcome. The darker a cell, the \
         larger its share of the row.</p>\n<div class=\"wide\"><table class=\"confusion\">\n<tr><td></td>",
    );
    for came in &columns {
        let _ = write!(page, "<th scope=\"col\">{}</th>", words(came));
    }
    page.push_str("<th scope=\"col\">all</th></tr>\n");
    for expected in rows {
        let of =
            |came: &str| counts.get(&(expected.to_owned(), came.to_owned())).copied().unwrap_or(0);
        let all: usize = columns.iter().map(|came| of(came)).sum();
        let _ = write!(page, "<tr><th scope=\"row\">{}</th>", words(expected));
        for came in &columns {
            let count = of(came);
            let shade = (4 * count).div_ceil(all.max(1));
            let frame = if expected == *came { " right" } else { "" };
            let _ = if count == 0 {
                write!(page, "<td class=\"none{frame}\">·</td>")
            } else {
                write!(page, "<td class=\"shade{shade}{frame}\">{count}</td>")
            };
        }
        let _ = writeln!(page, "<td>{all}</td></tr>");
    }
    page.push_str("</table></div>\n</section>\n");
}

fn risk(report: &Report, page: &mut String) {
    let points = risk_coverage(report);
    let Some(area) = aurc(&points) else { return };
    let (coverage, all) = points.last().copied().unwrap_or_default();
    let _ = writeln!(
        page,
        "<section>\n<h2>Risk and coverage</h2>\n<p class=\"quiet\">Questions that a source \
         answers, the strongest evidence first. Risk is the share of the answers so far that \
         lack a vital point. A curve that rises says that strength tells good answers from bad; \
         a flat one says that it does not.</p>\n<figure>{}<figcaption>Area under the curve \
         (AURC, mean risk): <strong>{area:.3}</strong>. Answered: {:.0} % of these questions, \
         with a risk of {all:.3}.</figcaption></figure>\n</section>",
        risk_curve(&points),
        100.0 * coverage
    );
}

fn slices(report: &Report, page: &mut String) {
    let measures: Vec<&str> = BY_SLICE
        .into_iter()
        .filter(|name| report.measures.contains_key(*name))
        .take(COLUMNS_MAX)
        .collect();
    let mut shown: Vec<_> = report.slices.iter().filter(|(_, values)| values.len() > 1).collect();
    // The few first: institutions fill a page.
    shown.sort_by_key(|(_, values)| values.len());
    if measures.is_empty() || shown.is_empty() {
        return;
    }
    page.push_str(
        "<section>\n<h2>By kind of question</h2>\n<p class=\"quiet\">Lines are 95 % intervals; \
         kinds with few questions have wide ones.</p>\n",
    );
    for (slice, values) in shown {
        let name = escaped(&slice.replace('_', " "));
        let _ = writeln!(
            page,
            "<h3>By {name}</h3>\n<figure>{}</figure>",
            bars(slice, values, &measures)
        );
    }
    page.push_str("</section>\n");
}

fn speed(report: &Report, page: &mut String) {
    if report.latency_ms.is_empty() {
        return;
    }
    let at = |share| percentile(&report.latency_ms, share);
    let _ = writeln!(
        page,
        "<section>\n<h2>Time to a draft</h2>\n<figure>{}<figcaption>Milliseconds over {} \
         inquiries: median {:.1}, 95 % within {:.1}, 99 % within {:.1}.</figcaption></figure>\n\
         </section>",
        latency(&report.latency_ms),
        report.latency_ms.len(),
        at(0.5),
        at(0.95),
        at(0.99)
    );
}

/// How much is wrong with a unit; 0 where nothing is.
fn badness(unit: &Unit) -> f64 {
    // Where drafts are judged, the ranking only explains them.
    let short: &[&str] = if unit.outcome.is_none() && unit.scores.contains_key("nDCG@10") {
        &["nDCG@10"]
    } else {
        &[
            "outcome_accuracy",
            "must_recall_strict",
            "must_recall_other",
            "accounted",
            "citation_precision",
            "question_precision",
        ]
    };
    let lack = |name: &&str| {
        unit.scores.get(*name).filter(|it| it.of > 0.0).map_or(0.0, |it| 1.0 - it.sum / it.of)
    };
    let broken = |name: &&str| unit.scores.get(*name).map_or(0.0, |it| it.sum);
    short.iter().map(lack).sum::<f64>()
        + ["must_not_rate", "unsupported_numbers", "foreign_passages"]
            .iter()
            .map(broken)
            .sum::<f64>()
}

fn worst(report: &Report, page: &mut String) {
    let mut units: Vec<(f64, &Unit)> = report
        .per_question
        .iter()
        .map(|unit| (badness(unit), unit))
        .filter(|(badness, _)| *badness > 1e-9)
        .collect();
    if units.is_empty() {
        return;
    }
    units.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
    let _ = writeln!(
        page,
        "<section>\n<h2>Where it goes wrong</h2>\n<p class=\"quiet\">The worst {} of {} questions \
         and drafts with something to mend.</p>",
        units.len().min(WORST_MAX),
        units.len()
    );
    for (_, unit) in units.into_iter().take(WORST_MAX) {
        question(unit, page);
    }
    page.push_str("</section>\n");
}

fn question(unit: &Unit, page: &mut String) {
    let outcome = match &unit.outcome {
        Some((expected, came)) if expected == came => escaped(&came.replace('_', " ")),
        Some((expected, came)) => {
            let pair = format!("expected {expected}, drafted {came}");
            escaped(&pair.replace('_', " "))
        }
        None => String::new(),
    };
    let _ = writeln!(
        page,
        "<details><summary><span class=\"id\">{}</span> <span lang=\"da\">{}</span> \
         <span class=\"quiet\">{outcome}</span></summary>\n<div class=\"inside\">",
        escaped(&unit.id),
        escaped(&unit.text)
    );
    if !unit.remarks.is_empty() {
        page.push_str("<ul class=\"remarks\">");
        for remark in &unit.remarks {
            let _ = write!(page, "<li>{}</li>", escaped(remark));
        }
        page.push_str("</ul>\n");
    }
    if !unit.paragraph.is_empty() {
        let _ = writeln!(page, "<blockquote lang=\"da\">{}</blockquote>", escaped(&unit.paragraph));
    }
    let scores: Vec<String> = unit
        .scores
        .iter()
        .map(|(name, it)| {
            let value = if it.of > 0.0 { it.sum / it.of } else { it.sum };
            format!("{} {}", escaped(name), shown(name, value))
        })
        .collect();
    let strength = unit.strength.map_or(String::new(), |it| format!("strength {it:.2}; "));
    let _ =
        writeln!(page, "<p class=\"quiet\">{strength}{}</p>\n</div></details>", scores.join(", "));
}

fn compared(comparison: &Comparison, page: &mut String) {
    let mut differences: Vec<(&String, &Difference)> = comparison.measures.iter().collect();
    differences.sort_by_key(|(name, _)| about(name).0);
    let _ = writeln!(
        page,
        "<section>\n<h2>Compared with another run</h2>\n<dl class=\"facts\"><dt>A</dt><dd>{}</dd>\
         <dt>B</dt><dd>{}</dd><dt>Questions and drafts in both</dt><dd>{}</dd></dl>\n\
         <figure>{}<figcaption>Mean difference of each measure between 0 and 1, B less A, with its \
         95 % interval. A filled mark is a difference that chance seldom makes (p under 0.05 in \
         the paired randomisation test, all measures held together by Holm's \
         correction). Up, same and down count questions where B is higher, equal and \
         lower.</figcaption></figure>\n<div class=\"wide\"><table class=\"figures\">\n<thead><tr>\
         <th scope=\"col\">measure</th><th scope=\"col\" class=\"number\">A</th>\
         <th scope=\"col\" class=\"number\">B</th><th scope=\"col\" class=\"number\">B less A</th>\
         <th scope=\"col\">95 % interval</th><th scope=\"col\" class=\"number\">p</th>\
         <th scope=\"col\" class=\"number\">p (Holm)</th>\
         <th scope=\"col\" class=\"number\">up / same / down</th>\
         <th scope=\"col\">conclusion</th></tr></thead>\n<tbody>",
        escaped(&comparison.a),
        escaped(&comparison.b),
        comparison.n,
        forest(&differences)
    );
    for (name, it) in differences {
        page.push_str(&compared_row(name, it));
    }
    page.push_str("</tbody></table></div>\n");
    if !comparison.changed.is_empty() {
        page.push_str("<h3>The questions that changed most</h3>\n");
    }
    for (id, by, a, b) in &comparison.changed {
        let _ = writeln!(
            page,
            "<details><summary><span class=\"id\">{}</span> <span class=\"quiet\">changed by \
             {by:.2}</span></summary>\n<div class=\"inside both\"><div><strong>A</strong>\
             <blockquote lang=\"da\">{}</blockquote></div><div><strong>B</strong>\
             <blockquote lang=\"da\">{}</blockquote></div></div></details>",
            escaped(id),
            said(a),
            said(b)
        );
    }
    page.push_str("</section>\n");
}

fn said(paragraph: &str) -> String {
    if paragraph.is_empty() { "(nothing)".to_owned() } else { escaped(paragraph) }
}

/// A p-value to three places; one of so many rounds is never 0.
fn chance(p: f64) -> String {
    if p < 0.001 { "&lt;0.001".to_owned() } else { format!("{p:.3}") }
}

fn compared_row(name: &str, it: &Difference) -> String {
    let [higher, equal, lower] = it.wins_ties_losses;
    format!(
        "<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td><td class=\"number\">{}</td>\
         <td class=\"number\">{:+.3}</td><td class=\"range\">{:+.3} to {:+.3}</td>\
         <td class=\"number\">{}</td><td class=\"number\">{}</td>\
         <td class=\"number\">{higher} / {equal} / {lower}</td><td class=\"conclusion\">{}</td></tr>\n",
        escaped(name),
        shown("", it.a),
        shown("", it.b),
        it.mean.value,
        it.mean.low,
        it.mean.high,
        chance(it.p),
        chance(it.p_holm),
        escaped(&it.conclusion)
    )
}
