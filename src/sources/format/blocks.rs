//! The list of blocks that every reader fills.

use crate::sources::format::hidden::{Quarantine, is_invisible, without_turned};
use crate::sources::{Block, DEMO_LINE, Form};

/// Blocks in reading order, cleaned on their way in.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    list: Vec<Block>,
    page: Option<u32>,
    /// What was left out because nobody sees it.
    pub(crate) quarantine: Quarantine,
}

impl Blocks {
    /// The page that the blocks from here on stand on.
    pub(crate) fn on_page(&mut self, page: u32) {
        self.page = Some(page);
    }

    /// Adds a block, unless nothing is left of its text.
    pub(crate) fn push(&mut self, form: Form, text: &str) {
        self.quarantine.take_unseen(text);
        let text = clean(text);
        if text.chars().any(char::is_alphanumeric) {
            self.list.push(Block { form, text, page: self.page });
        }
    }

    /// Adds a row of a table, each cell under its header.
    pub(crate) fn push_row(&mut self, header: &[String], cells: &[String]) {
        for cell in cells {
            self.quarantine.take_unseen(cell);
        }
        let text = row_text(header, cells);
        self.push(Form::Row, &text);
    }

    /// Adds a whole table, whose first row is its header; a single row stands for itself.
    pub(crate) fn push_table(&mut self, rows: &[Vec<String>]) {
        match rows {
            [] => {}
            [only] => self.push_row(&[], only),
            [header, rest @ ..] => rest.iter().for_each(|cells| self.push_row(header, cells)),
        }
    }

    /// The list.
    pub(crate) fn finish(self) -> Vec<Block> {
        self.list
    }
}

/// `Header: cell; Header: cell`, without the empty cells.
fn row_text(header: &[String], cells: &[String]) -> String {
    let mut parts = Vec::new();
    for (at, cell) in cells.iter().enumerate() {
        let cell = clean(cell);
        let name = header.get(at).map(|name| clean(name)).unwrap_or_default();
        let name = name.trim_end_matches([':', ' ']);
        if cell.is_empty() {
            continue;
        }
        parts.push(if name.is_empty() { cell } else { format!("{name}: {cell}") });
    }
    parts.join("; ")
}

/// One line without invisible characters, runs of spaces and the demonstration line.
pub(crate) fn clean(text: &str) -> String {
    let visible: String = without_turned(text).chars().filter(|&c| !is_invisible(c)).collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.contains(DEMO_LINE) {
        return clean(&line.replace(DEMO_LINE, " "));
    }
    line
}

/// Goes on with a paragraph on its next line; a word that was cut by a hyphen is made whole.
pub(crate) fn append_line(text: &mut String, line: &str) {
    text.truncate(text.trim_end().len());
    let line = line.trim_start();
    let stem = text.strip_suffix(['-', '\u{ad}', '\u{2010}']);
    let joint = match stem.filter(|stem| stem.ends_with(char::is_alphanumeric)) {
        Some(stem) => joint(stem, line),
        None if text.is_empty() => Joint::Hyphen,
        None => Joint::Space,
    };
    match joint {
        Joint::Word => {
            text.pop();
        }
        Joint::Hyphen => {}
        Joint::Space => text.push(' '),
    }
    text.push_str(line);
}

/// What becomes of the hyphen at the end of a line.
enum Joint {
    /// It goes, and the two parts are one word.
    Word,
    /// It stays, and the two parts are one word.
    Hyphen,
    /// It stays, and a space follows.
    Space,
}

fn joint(stem: &str, second: &str) -> Joint {
    let next = second.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    if next.is_empty() || matches!(next, "og" | "eller" | "samt" | "til") {
        return Joint::Space;
    }
    // `HR-` + `løn`, `F-` + `skema`, `2023-` + `2036`: the hyphen is part of the word.
    let word = stem.rsplit(char::is_whitespace).next().unwrap_or_default();
    let last = word.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let is_code = last.chars().all(|c| c.is_uppercase() || c.is_numeric())
        || word.contains('-')
        || last == "ikke";
    if is_code || !next.starts_with(char::is_lowercase) { Joint::Hyphen } else { Joint::Word }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_join(first: &str, second: &str, expected: &str) {
        let mut text = first.to_owned();
        append_line(&mut text, second);
        assert_eq!(text, expected);
    }

    #[test]
    fn a_word_cut_by_a_hyphen_is_made_whole() {
        check_join(
            "årets kundetilfredsheds-",
            "undersøgelse",
            "årets kundetilfredshedsundersøgelse",
        );
        check_join("Masse- ", "indberetningen", "Masseindberetningen");
        check_join("Slots-", "og Kulturstyrelsen", "Slots- og Kulturstyrelsen");
        check_join("i HR-", "løn", "i HR-løn");
        check_join("perioden 2027-", "2028.", "perioden 2027-2028.");
        check_join("til as-is-", "processen", "til as-is-processen");
        check_join("Løn -", "og refusion", "Løn - og refusion");
        check_join("en ", " linje", "en linje");
    }

    #[test]
    fn text_is_one_line_without_what_nobody_sees() {
        assert_eq!(clean(" bar\u{ad}sel\u{200b}\n  og\u{a0}ferie "), "barsel og ferie");
        assert_eq!(clean(DEMO_LINE), "");
        assert_eq!(clean(&format!("Ferie. {DEMO_LINE} Barsel.")), "Ferie. Barsel.");
    }

    #[test]
    fn a_row_stands_alone() {
        let words = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let header = words(&["Opgave:", "SAM", ""]);
        assert_eq!(row_text(&header, &words(&["Ferie", "", "x", "y"])), "Opgave: Ferie; x; y");
    }
}
