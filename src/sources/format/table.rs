//! Tables as text: CSV with commas, semicolons or tabs.

use crate::sources::format::Unreadable;
use crate::sources::format::blocks::Blocks;
use crate::sources::format::text::{self, Decoded};
use crate::sources::{Extracted, Quarantine};

/// What may stand between two cells; Danish Excel writes semicolons.
const SEPARATORS: [u8; 3] = [b';', b'\t', b','];
/// Lines by which the separator is told.
const LINES_SEEN: usize = 20;

/// Reads a CSV file whose first row is its header.
pub(crate) fn read(bytes: &[u8]) -> Result<Extracted, Unreadable> {
    let Decoded { text, remark } = text::decode(bytes, None);
    let (separator, text) = separator_of(&text);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut rows: Vec<Vec<String>> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| Unreadable::Damaged { reason: error.to_string() })?;
        rows.push(record.iter().map(str::to_owned).collect());
    }
    let mut blocks = Blocks::default();
    blocks.push_table(&rows);
    let remarks = remark.into_iter().collect();
    let quarantine = Quarantine::of_text(text);
    Ok(Extracted { blocks: blocks.finish(), remarks, quarantine, ..Extracted::default() })
}

/// The separator that stands most evenly in the first lines, and the text without `sep=`.
fn separator_of(text: &str) -> (u8, &str) {
    // Excel's own way to say it: a first line `sep=;`.
    let first = text.lines().next().unwrap_or_default().trim();
    if let Some([separator]) = first.strip_prefix("sep=").map(str::as_bytes)
        && SEPARATORS.contains(separator)
    {
        return (*separator, text.split_once('\n').map_or("", |(_, rest)| rest));
    }
    let separators = SEPARATORS.into_iter().rev();
    let best = separators.max_by_key(|&separator| evenness(text, separator));
    (best.unwrap_or(b','), text)
}

/// How many of the first lines hold as many of this separator as the header.
fn evenness(text: &str, separator: u8) -> (usize, usize) {
    let count = |line: &str| {
        let mut quoted = false;
        let outside = line.bytes().filter(|&byte| {
            quoted ^= byte == b'"';
            byte == separator && !quoted
        });
        outside.count()
    };
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).take(LINES_SEEN);
    let wanted = lines.next().map(count).unwrap_or_default();
    if wanted == 0 {
        return (0, 0);
    }
    (1 + lines.filter(|line| count(line) == wanted).count(), wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let blocks = read(text.as_bytes()).unwrap().blocks;
        let found: Vec<&str> = blocks.iter().map(|block| block.text.as_str()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn each_row_keeps_the_header() {
        let expected = ["Beløb: 1.250,50; Note: fra 2025", "Beløb: 500"];
        check("Beløb;Note\n1.250,50;fra 2025\n500;\n", &expected);
        check("Beløb\tNote\r\n1.250,50\tfra 2025\r\n500\t\r\n", &expected);
        check("Beløb,Note\n\"1.250,50\",fra 2025\n500,\n", &expected);
        check("sep=;\nBeløb;Note\n1.250,50;fra 2025\n500;\n", &expected);
    }

    #[test]
    fn a_cell_may_hold_lines_and_marks() {
        check("A,B\n\"x; y\nz\",\"\"\"q\"\"\"\n", &["A: x; y z; B: \"q\""]);
        check("Kun en kolonne\nFerie\n", &["Kun en kolonne: Ferie"]);
    }
}
