//! Figures as SVG, drawn by hand.
//!
//! A plotting crate gives each mark a fixed colour and each text a fixed size. These take both
//! from the page's style sheet, so that they follow light, dark and print; each has a name for
//! those who hear it, and each value stands beside its mark.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::evaluation::report::percentile;
use crate::evaluation::{Difference, Figure};

/// Text that is safe inside an element and inside quotes.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Other control characters may not stand in a page at all.
            c if c.is_control() && !c.is_whitespace() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

type Point = (f64, f64);

/// A figure under way.
struct Drawing {
    size: Point,
    name: String,
    marks: String,
}

impl Drawing {
    fn new(size: Point, name: &str) -> Self {
        Self { size, name: name.to_owned(), marks: String::new() }
    }

    fn line(&mut self, class: &str, (x1, y1): Point, (x2, y2): Point) {
        let _ = write!(
            self.marks,
            r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#
        );
    }

    fn bar(&mut self, (x, y): Point, (width, height): Point) {
        let _ = write!(
            self.marks,
            r#"<rect class="bar" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}"/>"#
        );
    }

    fn text(&mut self, class: &str, (x, y): Point, text: &str) {
        let text = escaped(text);
        let _ = write!(self.marks, r#"<text class="{class}" x="{x:.1}" y="{y:.1}">{text}</text>"#);
    }

    fn dot(&mut self, class: &str, (x, y): Point, radius: f64) {
        let _ =
            write!(self.marks, r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="{radius}"/>"#);
    }

    /// A line of steps, each as wide as what its point adds.
    fn steps(&mut self, points: &[Point]) {
        let mut path = String::new();
        for (at, (x, y)) in points.iter().enumerate() {
            let _ = if at == 0 {
                write!(path, "M{x:.1} {y:.1}")
            } else {
                write!(path, "V{y:.1}H{x:.1}")
            };
        }
        let _ = write!(self.marks, r#"<path class="curve" d="{path}"/>"#);
    }

    /// An interval as a line with ends.
    fn whisker(&mut self, low: f64, high: f64, y: f64) {
        self.line("whisker", (low, y), (high, y));
        for end in [low, high] {
            self.line("whisker", (end, y - 4.0), (end, y + 4.0));
        }
    }

    fn svg(self) -> String {
        let ((width, height), name) = (self.size, escaped(&self.name));
        format!(
            r#"<svg role="img" viewBox="0 0 {width:.0} {height:.0}" width="{width:.0}" height="{height:.0}"><title>{name}</title>{}</svg>"#,
            self.marks
        )
    }
}

fn is_share(figure: &Figure) -> bool {
    [figure.value, figure.low, figure.high].iter().all(|it| (0.0..=1.0).contains(it))
}

/// One figure between 0 and 1 with its interval, to stand in a line of text.
pub(crate) fn sparkline(figure: &Figure) -> String {
    const WIDTH: f64 = 110.0;
    if !is_share(figure) {
        return String::new();
    }
    let x = |value: f64| 4.0 + value * WIDTH;
    let mut drawing = Drawing::new((WIDTH + 8.0, 18.0), "between 0 and 1");
    drawing.line("grid", (x(0.0), 9.0), (x(1.0), 9.0));
    for end in [0.0, 0.5, 1.0] {
        drawing.line("axis", (x(end), 6.0), (x(end), 12.0));
    }
    drawing.whisker(x(figure.low), x(figure.high), 9.0);
    drawing.dot("dot", (x(figure.value), 9.0), 4.0);
    drawing.svg()
}

/// Bars by the values of a slice, one column for each measure, with intervals and values.
pub(crate) fn bars(
    slice: &str,
    values: &BTreeMap<String, BTreeMap<String, Figure>>,
    measures: &[&str],
) -> String {
    const LABEL: f64 = 186.0;
    const SCALE: f64 = 130.0;
    const COLUMN: f64 = 256.0;
    const ROW: f64 = 26.0;
    const HEAD: f64 = 24.0;
    let bottom = HEAD + ROW * values.len() as f64;
    let width = LABEL + COLUMN * measures.len() as f64;
    let mut drawing = Drawing::new((width, bottom + 22.0), &format!("Measures by {slice}"));
    for (column, measure) in measures.iter().enumerate() {
        let left = LABEL + COLUMN * column as f64;
        drawing.text("strong", (left, 14.0), measure);
        for tick in [0.0, 0.5, 1.0] {
            let x = left + SCALE * tick;
            drawing.line("grid", (x, HEAD), (x, bottom));
            drawing.text("quiet middle", (x, bottom + 15.0), &tick.to_string());
        }
        for (row, figures) in values.values().enumerate() {
            let y = HEAD + ROW * (row as f64 + 0.5);
            let beside = (left + SCALE + 10.0, y + 4.5);
            let Some(figure) = figures.get(*measure).filter(|figure| is_share(figure)) else {
                drawing.text("quiet", beside, "not measured");
                continue;
            };
            drawing.bar((left, y - 8.0), (SCALE * figure.value, 16.0));
            drawing.whisker(left + SCALE * figure.low, left + SCALE * figure.high, y);
            drawing.text("", beside, &format!("{:.2} (n={})", figure.value, figure.n));
        }
        drawing.line("axis", (left, HEAD), (left, bottom));
    }
    for (row, value) in values.keys().enumerate() {
        let y = HEAD + ROW * (row as f64 + 0.5) + 4.5;
        drawing.text("end", (LABEL - 10.0, y), &shortened(value, 24));
    }
    drawing.svg()
}

fn shortened(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars_max - 1).collect();
    format!("{}…", kept.trim_end())
}

/// How the risk of a wrong answer grows with how much is answered.
pub(crate) fn risk_curve(points: &[Point]) -> String {
    const SIDE: (f64, f64) = (420.0, 240.0);
    const CORNER: (f64, f64) = (60.0, 14.0);
    let place =
        |(coverage, risk): Point| (CORNER.0 + SIDE.0 * coverage, CORNER.1 + SIDE.1 * (1.0 - risk));
    let mut drawing = Drawing::new((560.0, 306.0), "Risk by coverage");
    for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
        drawing.line("grid", place((0.0, tick)), place((1.0, tick)));
        drawing.line("grid", place((tick, 0.0)), place((tick, 1.0)));
        let (x, y) = place((tick, 0.0));
        drawing.text("quiet middle", (x, y + 17.0), &tick.to_string());
        let (x, y) = place((0.0, tick));
        drawing.text("quiet end", (x - 8.0, y + 4.0), &tick.to_string());
    }
    drawing.line("axis", place((0.0, 0.0)), place((1.0, 0.0)));
    drawing.line("axis", place((0.0, 0.0)), place((0.0, 1.0)));
    let axis = "coverage: share of the questions answered, strongest evidence first";
    drawing.text("middle", (CORNER.0 + SIDE.0 / 2.0, 300.0), axis);
    drawing.text("middle", (16.0, 10.0), "risk");
    let mut places: Vec<Point> = points.first().map(|it| place((0.0, it.1))).into_iter().collect();
    places.extend(points.iter().map(|point| place(*point)));
    drawing.steps(&places);
    if let Some(last) = points.last() {
        let (x, y) = place(*last);
        drawing.dot("dot", (x, y), 4.5);
        drawing.text("strong", (x + 9.0, y + 4.5), &format!("{:.2}", last.1));
    }
    drawing.svg()
}

/// Milliseconds in a histogram with the percentiles that are promised.
pub(crate) fn latency(sorted: &[f64]) -> String {
    const BINS: usize = 30;
    const WIDTH: f64 = 560.0;
    const BOTTOM: f64 = 130.0;
    const TOP: f64 = 44.0;
    let end = sorted.last().copied().unwrap_or(1.0).max(f64::EPSILON) * 1.02;
    let mut counts = [0_usize; BINS];
    for ms in sorted {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a bin")]
        let bin = (ms / end * BINS as f64) as usize;
        if let Some(count) = counts.get_mut(bin.min(BINS - 1)) {
            *count += 1;
        }
    }
    let most = counts.iter().copied().max().unwrap_or(1).max(1);
    let x = |ms: f64| 10.0 + WIDTH * ms / end;
    let mut drawing = Drawing::new((WIDTH + 90.0, BOTTOM + 24.0), "Milliseconds of a draft");
    for (bin, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let height = (BOTTOM - TOP) * *count as f64 / most as f64;
        let left = 10.0 + WIDTH * bin as f64 / BINS as f64;
        drawing.bar((left, BOTTOM - height), (WIDTH / BINS as f64 - 1.0, height));
    }
    drawing.line("axis", (10.0, BOTTOM), (10.0 + WIDTH, BOTTOM));
    drawing.text("quiet middle", (10.0, BOTTOM + 17.0), "0");
    drawing.text("quiet middle", (10.0 + WIDTH, BOTTOM + 17.0), &format!("{end:.1} ms"));
    // Each on a line of its own: percentiles may lie close together.
    for (row, share) in [0.5, 0.95, 0.99].into_iter().enumerate() {
        let ms = percentile(sorted, share);
        let y = 12.0 + 15.0 * row as f64;
        drawing.line("mark", (x(ms), y - 8.0), (x(ms), BOTTOM));
        drawing.text("", (x(ms) + 4.0, y), &format!("p{:.0} {ms:.1}", share * 100.0));
    }
    drawing.svg()
}

/// Mean differences with their intervals, one line for each measure between 0 and 1.
pub(crate) fn forest(differences: &[(&String, &Difference)]) -> String {
    const LABEL: f64 = 200.0;
    const SCALE: f64 = 330.0;
    const ROW: f64 = 26.0;
    const HEAD: f64 = 22.0;
    let shown: Vec<_> = differences
        .iter()
        .filter(|(_, it)| [it.a, it.b].iter().all(|value| (0.0..=1.0).contains(value)))
        .collect();
    let widest = shown
        .iter()
        .map(|(_, it)| it.mean.low.abs().max(it.mean.high.abs()))
        .fold(0.0_f64, f64::max);
    // Ends on a round number, so that the ticks can be read.
    let end = [0.02, 0.05, 0.1, 0.2, 0.5].into_iter().find(|it| *it >= widest).unwrap_or(1.0);
    let bottom = HEAD + ROW * shown.len() as f64;
    let x = |value: f64| LABEL + SCALE * (value + end) / (2.0 * end);
    let mut drawing = Drawing::new((LABEL + SCALE + 250.0, bottom + 24.0), "B less A");
    drawing.text("quiet", (LABEL, 13.0), "A higher");
    drawing.text("quiet end", (LABEL + SCALE, 13.0), "B higher");
    for tick in [-end, -end / 2.0, 0.0, end / 2.0, end] {
        let class = if tick == 0.0 { "axis" } else { "grid" };
        drawing.line(class, (x(tick), HEAD), (x(tick), bottom));
        let value = if tick == 0.0 { "0".to_owned() } else { format!("{tick:+}") };
        drawing.text("quiet middle", (x(tick), bottom + 17.0), &value);
    }
    for (row, (name, it)) in shown.into_iter().enumerate() {
        let y = HEAD + ROW * (row as f64 + 0.5);
        drawing.text("end", (LABEL - 12.0, y + 4.5), name);
        drawing.whisker(x(it.mean.low), x(it.mean.high), y);
        let class = if it.p_holm < 0.05 { "shown" } else { "unshown" };
        drawing.dot(class, (x(it.mean.value), y), 4.5);
        let beside = format!("{:+.3} {}", it.mean.value, it.conclusion);
        drawing.text("", (LABEL + SCALE + 14.0, y + 4.5), &beside);
    }
    drawing.svg()
}
