//! Personal data in marked texts: what the detector finds, misses, and takes for what it is not.
//!
//! The form of the texts is told in `tests/data/pii/README.md`. Digits are drawn when the test runs.

#![expect(clippy::string_slice, reason = "a mark that cuts a letter is a broken test")]

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use svarforslag::privacy::{Finding, FindingKind, detect};

/// The seed of every set.
const SEED: u64 = 20_251_015;
/// Kinds that are numbers: one of them in place of another is masked all the same.
const NUMBERS: [&str; 5] = ["CPR", "TLF", "KONTO", "IBAN", "KORT"];

/// Chance that is the same in every run.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound
    }

    pub(crate) fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    fn digit(&mut self) -> char {
        char::from_digit(u32::try_from(self.below(10)).unwrap(), 10).unwrap()
    }

    /// Digits in place of `#`.
    pub(crate) fn digits(&mut self, template: &str) -> String {
        template.chars().map(|c| if c == '#' { self.digit() } else { c }).collect()
    }
}

/// A marked part of a text.
pub(crate) struct Mark {
    pub(crate) kind: String,
    pub(crate) range: Range<usize>,
}

impl Mark {
    fn is_negative(&self) -> bool {
        self.kind.starts_with('-')
    }
}

/// A text without its marks.
pub(crate) struct Marked {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) marks: Vec<Mark>,
}

/// Reads a set: `=== ID` opens a text, `⟦KIND:text⟧` marks a part of it.
pub(crate) fn read(set: &str, chance: &mut Chance) -> Vec<Marked> {
    let mut texts = Vec::new();
    for piece in format!("\n{set}").split("\n=== ").skip(1) {
        let (id, body) = piece.split_once('\n').unwrap_or((piece, ""));
        texts.push(marked(id.trim(), body, chance));
    }
    texts
}

pub(crate) fn marked(id: &str, body: &str, chance: &mut Chance) -> Marked {
    let (mut text, mut marks) = (String::new(), Vec::new());
    let mut rest = body;
    while let Some(open) = rest.find('⟦') {
        text.push_str(&rest[..open]);
        let inner = &rest[open + '⟦'.len_utf8()..];
        let close = inner.find('⟧').unwrap_or_else(|| panic!("{id}: a mark is not closed"));
        let (kind, template) =
            inner[..close].split_once(':').unwrap_or_else(|| panic!("{id}: a mark has no kind"));
        let start = text.len();
        text.push_str(&filled(kind, template, chance));
        marks.push(Mark { kind: kind.to_owned(), range: start..text.len() });
        rest = &inner[close + '⟧'.len_utf8()..];
    }
    text.push_str(rest);
    Marked { id: id.to_owned(), text, marks }
}

/// What is written in place of a template of a kind.
pub(crate) fn filled(kind: &str, template: &str, chance: &mut Chance) -> String {
    match kind {
        "CPR" => cpr(template, chance),
        "TLF" => phone(template, chance),
        "IBAN" => iban(template, chance),
        "KORT" => card(template, chance),
        "-CVR" => kept(template, chance, |digits| {
            weighed(digits, &[2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
        }),
        "-EAN" => kept(template, chance, |digits| {
            weighed(digits, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]).is_multiple_of(10)
        }),
        "-PNR" => chance.digits(&template.replacen('#', "1", 1)),
        _ => chance.digits(template),
    }
}

fn weighed(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

fn digits_of(text: &str) -> Vec<u32> {
    text.chars().filter_map(|c| c.to_digit(10)).collect()
}

fn kept(template: &str, chance: &mut Chance, keeps: impl Fn(&[u32]) -> bool) -> String {
    if !template.contains('#') {
        return template.to_owned();
    }
    loop {
        let drawn = chance.digits(template);
        if keeps(&digits_of(&drawn)) {
            return drawn;
        }
    }
}

/// A personal number that nobody holds: born on another day than 1 January, with a failing modulus
/// 11; one of twelve keeps it, and is born in 2028-2036.
fn cpr(template: &str, chance: &mut Chance) -> String {
    let weights = [4, 3, 2, 7, 6, 5, 4, 3, 2, 1];
    let keeps = chance.below(12) == 0 && !template.contains('L');
    loop {
        let (day, month) = (2 + chance.below(27), 1 + chance.below(12));
        let (year, first) = match chance.below(5) {
            _ if keeps => (2028 + chance.below(9), 4 + chance.below(6)),
            0 => (2000 + chance.below(13), 4 + chance.below(6)),
            _ => (1937 + chance.below(63), chance.below(4)),
        };
        let serial = format!("{first}{:03}", chance.below(1000));
        let written = format!("{day:02}{month:02}{:02}{serial}", year % 100);
        if weighed(&digits_of(&written), &weights).is_multiple_of(11) == keeps {
            return placed(template, (day, month, year), &serial, chance);
        }
    }
}

fn placed(
    template: &str,
    (day, month, year): (u64, u64, u64),
    serial: &str,
    chance: &mut Chance,
) -> String {
    let long = template.chars().filter(|c| *c == 'y').count() == 4;
    let year = if long { format!("{year:04}") } else { format!("{:02}", year % 100) };
    let (day, month) = (format!("{day:02}"), format!("{month:02}"));
    let (mut days, mut months) = (day.chars(), month.chars());
    let (mut years, mut serials) = (year.chars(), serial.chars());
    let next = |c: char| match c {
        'd' => days.next().unwrap_or('0'),
        'm' => months.next().unwrap_or('0'),
        'y' => years.next().unwrap_or('0'),
        'x' => serials.next().unwrap_or('0'),
        'L' => *chance.one(&['A', 'B', 'C', 'F', 'H', 'K', 'M', 'P', 'R', 'T']),
        c => c,
    };
    template.chars().map(next).collect()
}

fn phone(template: &str, chance: &mut Chance) -> String {
    if template.chars().filter(|c| *c == '#').count() != 8 {
        return chance.digits(template);
    }
    let first = *chance.one(&['2', '3', '4', '5', '6', '7', '8', '9']);
    let drawn = template.replacen('#', &first.to_string(), 1);
    // 19, 20 and 21 at the front with a day behind are dates; no series of numbers avoids them.
    chance.digits(&drawn)
}

fn iban(template: &str, chance: &mut Chance) -> String {
    let drawn = chance.digits(template);
    let bare: String = drawn.chars().filter(char::is_ascii_alphanumeric).collect();
    let value = |text: &str| {
        text.chars()
            .filter_map(|c| c.to_digit(36))
            .fold(0_u32, |rest, value| (rest * if value > 9 { 100 } else { 10 } + value) % 97)
    };
    let check = 98 - value(&format!("{}{}00", &bare[4..], &bare[..2]));
    let mut check = format!("{check:02}").chars().collect::<Vec<_>>().into_iter();
    let mut letters = 0;
    let put = |c: char| {
        letters += usize::from(c.is_ascii_alphanumeric());
        if (3..=4).contains(&letters) && c.is_ascii_digit() { check.next().unwrap_or(c) } else { c }
    };
    drawn.chars().map(put).collect()
}

fn card(template: &str, chance: &mut Chance) -> String {
    let first = *chance.one(&["4", "5"]);
    let template = template.replacen('#', first, 1);
    kept(&template, chance, |digits| {
        let sum = |(at, digit): (usize, &u32)| {
            if at % 2 == 0 { *digit } else { digit * 2 - u32::from(*digit > 4) * 9 }
        };
        digits.iter().rev().enumerate().map(sum).sum::<u32>() % 10 == 0
    })
}

/// What was counted of one kind.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Count {
    pub(crate) marked: usize,
    pub(crate) found: usize,
    pub(crate) acted: usize,
    pub(crate) right: usize,
}

/// What was counted of a set.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) kinds: BTreeMap<String, Count>,
    /// What was missed or taken for what it is not, for a set that may be read.
    pub(crate) faults: Vec<String>,
}

impl Tally {
    pub(crate) fn of(texts: &[Marked]) -> Self {
        let mut tally = Self::default();
        for text in texts {
            tally.add(text);
        }
        tally
    }

    fn add(&mut self, marked: &Marked) {
        let found = detect(&marked.text);
        let acted: Vec<&Finding> = found.acted().collect();
        for mark in &marked.marks {
            let held = masks(&marked.text, mark, &acted);
            let count = self.kinds.entry(mark.kind.clone()).or_default();
            count.marked += 1;
            count.found += usize::from(held);
            if held == mark.is_negative() {
                let word = if held { "taken" } else { "missed" };
                self.faults.push(format!(
                    "{} {word} {}: {:?}",
                    marked.id,
                    mark.kind,
                    &marked.text[mark.range.clone()]
                ));
            }
        }
        for finding in acted {
            let Some(kind) = kind_of(finding.kind) else {
                self.kinds.entry(format!("({:?})", finding.kind)).or_default().acted += 1;
                continue;
            };
            let right =
                marked.marks.iter().any(|mark| touches(mark, finding) && fits(kind, &mark.kind));
            let count = self.kinds.entry(kind.to_owned()).or_default();
            count.acted += 1;
            count.right += usize::from(right);
            if !right {
                let part = &marked.text[finding.range.clone()];
                self.faults
                    .push(format!("{} wrong {kind}: {part:?} {:?}", marked.id, finding.reasons));
            }
        }
    }

    /// The counts of some kinds together.
    pub(crate) fn sum(&self, kinds: &[&str]) -> Count {
        let mut sum = Count::default();
        for count in kinds.iter().filter_map(|kind| self.kinds.get(*kind)) {
            sum.marked += count.marked;
            sum.found += count.found;
            sum.acted += count.acted;
            sum.right += count.right;
        }
        sum
    }

    pub(crate) fn print(&self, title: &str) {
        println!(
            "\n{title}\n{:<16}{:>6}{:>7}  {:<26}{:>6}  {:<26}",
            "kind", "n", "found", "recall", "acted", "precision"
        );
        for (kind, count) in &self.kinds {
            println!("{}", row(kind, count));
        }
        println!("{}", row("numbers", &self.sum(&NUMBERS)));
        let negatives: Vec<&Count> = self
            .kinds
            .iter()
            .filter(|(kind, _)| kind.starts_with('-'))
            .map(|(_, count)| count)
            .collect();
        let (n, hit) = (
            negatives.iter().map(|it| it.marked).sum::<usize>(),
            negatives.iter().map(|it| it.found).sum::<usize>(),
        );
        println!("hard negatives {n}, of which masked {hit}");
    }
}

fn row(kind: &str, count: &Count) -> String {
    format!(
        "{kind:<16}{:>6}{:>7}  {:<26}{:>6}  {:<26}",
        count.marked,
        count.found,
        share(count.found, count.marked),
        count.acted,
        share(count.right, count.acted)
    )
}

/// A share with its interval after Wilson, 95 %.
fn share(of: usize, all: usize) -> String {
    if all == 0 {
        return "-".to_owned();
    }
    let (n, p, z) = (all as f64, of as f64 / all as f64, 1.96_f64);
    let middle = p + z * z / (2.0 * n);
    let spread = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let whole = 1.0 + z * z / n;
    format!(
        "{:.2} % ({:.2}-{:.2})",
        100.0 * p,
        100.0 * (middle - spread) / whole,
        100.0 * (middle + spread) / whole
    )
}

fn kind_of(kind: FindingKind) -> Option<&'static str> {
    Some(match kind {
        FindingKind::Cpr => "CPR",
        FindingKind::Account => "KONTO",
        FindingKind::Iban => "IBAN",
        FindingKind::Card => "KORT",
        FindingKind::Phone => "TLF",
        FindingKind::Mail => "MAIL",
        FindingKind::Address => "ADR",
        FindingKind::Name => "NAVN",
        // The form of the sets has no mark for these.
        _ => return None,
    })
}

fn touches(mark: &Mark, finding: &Finding) -> bool {
    mark.range.start < finding.range.end && finding.range.start < mark.range.end
}

/// Whether a finding of a kind may stand where another is marked.
fn fits(found: &str, marked: &str) -> bool {
    let numbers = NUMBERS.contains(&found) && NUMBERS.contains(&marked);
    found == marked || numbers || matches!((found, marked), ("ADR", "NAVN") | ("NAVN", "ADR"))
}

/// Whether what identifies somebody in a marked part is masked: all of a number or a mail, the
/// street of an address, a word of a name. A hard negative counts as masked when any of it is.
pub(crate) fn masks(text: &str, mark: &Mark, acted: &[&Finding]) -> bool {
    let covered = |at: usize| acted.iter().any(|finding| finding.range.contains(&at));
    let part = &text[mark.range.clone()];
    let mut places = part.char_indices().map(|(at, c)| (mark.range.start + at, c));
    match mark.kind.as_str() {
        "CPR" | "TLF" | "KONTO" | "IBAN" | "KORT" | "MAIL" => {
            places.filter(|(_, c)| c.is_alphanumeric()).all(|(at, _)| covered(at))
        }
        "ADR" => {
            // "12 High Street": abroad the house number may come first.
            let lead = part.len() - part.trim_start_matches(|c: char| !c.is_alphabetic()).len();
            let street = part[lead..].find(char::is_numeric).map_or(part.len(), |at| lead + at);
            places
                .skip_while(|(at, _)| *at < mark.range.start + lead)
                .take_while(|(at, _)| *at < mark.range.start + street)
                .any(|(at, _)| covered(at))
        }
        _ => places.any(|(at, c)| c.is_alphanumeric() && covered(at)),
    }
}

fn set(name: &str) -> Option<Vec<Marked>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pii").join(name);
    let text = std::fs::read_to_string(path).ok()?;
    Some(read(&text, &mut Chance::new(SEED)))
}

#[test]
fn personal_data_of_the_development_set_is_found() {
    let texts = set("develop.txt").expect("the development set");
    let tally = Tally::of(&texts);
    tally.print(&format!("develop.txt: {} texts", texts.len()));
    for fault in &tally.faults {
        println!("{fault}");
    }
}

/// Recall that is promised of a kind, and the recall below which this test fails: what is reached
/// today, less a little, so that it does not fall unseen.
const FLOORS: [(&str, f64, f64); 8] = [
    ("CPR", 0.999, 0.99),
    ("TLF", 0.99, 0.99),
    ("KONTO", 0.98, 0.98),
    ("IBAN", 0.999, 0.99),
    ("KORT", 0.999, 0.99),
    ("MAIL", 0.999, 0.99),
    ("ADR", 0.95, 0.97),
    ("NAVN", 0.95, 0.965),
];
/// The same of precision: of all numbers, and of names.
const PRECISIONS: [(&[&str], f64, f64); 2] = [(&NUMBERS, 0.98, 0.98), (&["NAVN"], 0.92, 0.96)];

#[test]
fn personal_data_of_the_frozen_set_is_found() {
    let mut all = Vec::new();
    for half in ["frozen-a.txt", "frozen-b.txt"] {
        let texts = set(half).expect("the frozen set");
        Tally::of(&texts).print(&format!("{half}: {} texts", texts.len()));
        all.extend(texts);
    }
    let tally = Tally::of(&all);
    tally.print(&format!("frozen: {} texts", all.len()));
    for (kind, promised, floor) in FLOORS {
        let count = tally.sum(&[kind]);
        let recall = count.found as f64 / count.marked as f64;
        let kept = if recall >= promised { "kept" } else { "not kept" };
        println!("{kind}: recall {recall:.4}, promised {promised}: {kept}");
        assert!(recall >= floor, "{kind}: recall {recall:.4} is below {floor}");
    }
    for (kinds, promised, floor) in PRECISIONS {
        let count = tally.sum(kinds);
        let precision = count.right as f64 / count.acted as f64;
        let kept = if precision >= promised { "kept" } else { "not kept" };
        println!("{kinds:?}: precision {precision:.4}, promised {promised}: {kept}");
        assert!(precision >= floor, "{kinds:?}: precision {precision:.4} is below {floor}");
    }
}

/// The same floors for the blind set, which nothing was tuned on: what its first run gave, less a
/// little.
const BLIND_FLOORS: [(&str, f64); 8] = [
    ("CPR", 0.98),
    ("TLF", 0.96),
    ("KONTO", 0.95),
    ("IBAN", 0.96),
    ("KORT", 0.90),
    ("MAIL", 0.98),
    ("ADR", 0.94),
    ("NAVN", 0.96),
];
const BLIND_PRECISIONS: [(&[&str], f64); 2] = [(&NUMBERS, 0.97), (&["NAVN"], 0.94)];

#[test]
fn personal_data_of_the_blind_set_is_found() {
    let texts = set("blind.txt").expect("the blind set");
    let tally = Tally::of(&texts);
    tally.print(&format!("blind.txt: {} texts", texts.len()));
    for (kind, floor) in BLIND_FLOORS {
        let count = tally.sum(&[kind]);
        let recall = count.found as f64 / count.marked as f64;
        assert!(recall >= floor, "{kind}: recall {recall:.4} is below {floor}");
    }
    for (kinds, floor) in BLIND_PRECISIONS {
        let count = tally.sum(kinds);
        let precision = count.right as f64 / count.acted as f64;
        assert!(precision >= floor, "{kinds:?}: precision {precision:.4} is below {floor}");
    }
}
