//! Plain text: hard-wrapped lines become paragraphs again.

use std::sync::LazyLock;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use regex::Regex;

use crate::sources::format::blocks::{Blocks, append_line};
use crate::sources::{Block, Extracted, Form, Quarantine};
use crate::terms::MONTHS;

/// A line longer than this is no heading.
const HEADING_CHARS_MAX: usize = 90;
/// A heading of a page may wrap over this many lines.
const HEADING_LINES_MAX: usize = 2;
/// A numbered line longer than this is a numbered paragraph.
const ITEM_CHARS_MAX: usize = 300;
/// What follows a heading is a text from this length on.
const TEXT_CHARS_MIN: usize = 60;
/// How far into a line a number, and a month after it, are looked for.
const MARK_CHARS_SEEN: usize = 24;
/// Marks that open an item wherever they open a line.
const BULLETS: [char; 11] = ['•', '·', '▪', '▫', '◦', '‣', '●', '○', '■', '\u{f0b7}', '\u{f0a7}'];
/// Words that open or close a letter and look like headings.
const COURTESIES: [&str; 6] = ["hej", "kære", "mvh", "med venlig", "venlig hilsen", "v/"];

static NUMBERED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(?:(\d{1,2})[.)]|([a-zæøå])\))\s+(\S.*)$").ok());
static CHAPTER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^\d{1,2}((?:\.\d{1,2})*)\.?\s+\p{Lu}").ok());

/// Whether headings are looked for: a letter has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Headings {
    /// Short lines that stand alone may be headings.
    Sought,
    /// Every line is text.
    None,
}

/// Text and what was remarkable about its encoding.
pub(crate) struct Decoded {
    /// The text, without byte order mark, its lines ended by `\n` alone.
    pub(crate) text: String,
    /// Worth a remark: anything but UTF-8.
    pub(crate) remark: Option<String>,
}

/// Reads bytes in UTF-8, UTF-16 with a mark, or the old Western encodings.
pub(crate) fn decode(bytes: &[u8], declared: Option<&'static Encoding>) -> Decoded {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return decoded(bytes, encoding);
    }
    if std::str::from_utf8(bytes).is_ok() {
        return decoded(bytes, UTF_8);
    }
    if let Some(encoding) = declared.filter(|&encoding| encoding != UTF_8) {
        let found = decoded(bytes, encoding);
        let is_sound = !found.text.contains(char::REPLACEMENT_CHARACTER);
        return Decoded { remark: found.remark.filter(|_| !is_sound), ..found };
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = detector.guess(Some(b"dk"), Utf8Detection::Allow);
    // Latin-1 is read as its superset Windows-1252, as every browser does.
    decoded(bytes, if guess.is_single_byte() { guess } else { WINDOWS_1252 })
}

fn decoded(bytes: &[u8], encoding: &'static Encoding) -> Decoded {
    let (text, encoding, faulty) = encoding.decode(bytes);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut remark =
        (encoding != UTF_8).then(|| format!("the text was read as {}", encoding.name()));
    if faulty {
        remark = Some(format!("some characters are not valid {}", encoding.name()));
    }
    Decoded { text, remark }
}

/// Reads a plain text file.
pub(crate) fn read(bytes: &[u8]) -> Extracted {
    let Decoded { text, remark } = decode(bytes, None);
    let blocks = blocks(&text, Headings::Sought);
    let (remarks, quarantine) = (remark.into_iter().collect(), Quarantine::of_text(&text));
    Extracted { blocks, remarks, quarantine, ..Extracted::default() }
}

/// Cuts plain text into blocks.
pub(crate) fn blocks(text: &str, headings: Headings) -> Vec<Block> {
    let mut parts = Vec::new();
    for stretch in stretches(text) {
        parts_of(&stretch, &mut parts);
    }
    parts.retain(|part| !is_page_number(part));
    let parts = promote(mend(parts));
    let mut blocks = Blocks::default();
    for (at, part) in parts.iter().enumerate() {
        match (&part.kind, headings) {
            (PartKind::Table(rows), _) => blocks.push_table(rows),
            (PartKind::Item, _) => blocks.push(item_form(&part.text), &part.text),
            (PartKind::Heading(level), Headings::Sought) => {
                blocks.push(Form::Heading(*level), &part.text);
            }
            (PartKind::Text, Headings::Sought) => {
                blocks.push(form_of(part, at, &parts), &part.text);
            }
            _ => blocks.push(Form::Paragraph, &part.text),
        }
    }
    blocks.finish()
}

/// The number of a page, which stands on a line of its own.
fn is_page_number(part: &Part) -> bool {
    part.alone && part.text.len() <= 3 && part.text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Lines between two blank lines.
struct Stretch<'a> {
    lines: Vec<&'a str>,
    opens_page: bool,
    holds_item: bool,
}

/// A run of lines that belong together.
#[derive(Debug)]
struct Part {
    kind: PartKind,
    text: String,
    lines: usize,
    opens_page: bool,
    /// Blank lines stand on both sides of it.
    alone: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum PartKind {
    Text,
    Item,
    Heading(u8),
    Table(Vec<Vec<String>>),
}

/// Splits at blank lines, and where an indented line opens a page or a paragraph.
fn stretches(text: &str) -> Vec<Stretch<'_>> {
    let mut found: Vec<Stretch<'_>> = Vec::new();
    let mut open = false;
    let mut indent_before = 0;
    for line in text.lines() {
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        let opens_page = line.starts_with('\u{c}') || (indent == 1 && !line.starts_with('\t'));
        if line.trim().is_empty() {
            open = false;
            continue;
        }
        // One space where there was none is what is left of a form feed.
        let turns_page = indent == 1 && indent_before == 0;
        let steps_in = indent > indent_before
            && (turns_page || !found.last().is_some_and(|last| last.holds_item));
        if !open || steps_in || line.starts_with('\u{c}') {
            found.push(Stretch { lines: Vec::new(), opens_page, holds_item: false });
        }
        if let Some(stretch) = found.last_mut() {
            stretch.lines.push(line);
            stretch.holds_item |= bullet(line).is_some() || numbered(line).is_some();
        }
        (open, indent_before) = (true, indent);
    }
    found
}

/// The text after a bullet that is one wherever it stands.
fn bullet(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix(BULLETS)?;
    Some(rest.trim_start())
}

/// The text after a mark that is a bullet only among its like.
fn dash(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let rest = line.strip_prefix(['-', '*', '–']).or_else(|| {
        // Word's second bullet is a letter once it is plain text.
        line.strip_prefix('o').filter(|rest| rest.trim_start().starts_with(char::is_uppercase))
    })?;
    rest.starts_with([' ', '\t']).then(|| rest.trim_start())
}

/// The place of a numbered or lettered line in its list, from 1.
fn numbered(line: &str) -> Option<u32> {
    // A mark stands at the start; the rest of a paragraph may be as long as a book.
    let line = line.trim_start();
    let start = line.char_indices().nth(MARK_CHARS_SEEN).and_then(|(end, _)| line.get(..end));
    let found = NUMBERED.as_ref()?.captures(start.unwrap_or(line).trim_end())?;
    let is_date = found.get(3).is_some_and(|rest| opens_with_month(rest.as_str()));
    if is_date {
        return None;
    }
    match (found.get(1), found.get(2)) {
        (Some(number), _) => number.as_str().parse().ok(),
        (_, Some(letter)) => {
            letter.as_str().bytes().next().map(|letter| u32::from(letter.saturating_sub(b'a')) + 1)
        }
        _ => None,
    }
}

fn opens_with_month(text: &str) -> bool {
    let word: String =
        text.chars().take_while(|c| c.is_alphabetic()).collect::<String>().to_lowercase();
    word.len() >= 3 && MONTHS.iter().any(|month| month.starts_with(&word))
}

/// Cuts one stretch into its paragraphs, items and rows.
fn parts_of(stretch: &Stretch<'_>, parts: &mut Vec<Part>) {
    if let Some(rows) = table_of(&stretch.lines) {
        let text = stretch.lines.join(" ");
        parts.push(Part {
            kind: PartKind::Table(rows),
            text,
            lines: 2,
            opens_page: false,
            alone: true,
        });
        return;
    }
    let dashes = stretch.lines.iter().filter(|line| dash(line).is_some()).count();
    let (start, mut opens_page) = (parts.len(), stretch.opens_page);
    let mut first = true;
    for line in &stretch.lines {
        let before = if first { None } else { parts.last_mut() };
        if let Some(level) =
            underline(line).filter(|_| before.as_ref().is_some_and(|it| it.lines == 1))
        {
            if let Some(part) = before {
                part.kind = PartKind::Heading(level);
            }
            first = true;
            continue;
        }
        match opening(line, before.as_deref(), dashes) {
            Some((kind, text)) => {
                parts.push(Part { kind, text, lines: 1, opens_page, alone: false });
            }
            None => {
                if let Some(part) = before {
                    append_line(&mut part.text, line.trim());
                    part.lines += 1;
                }
            }
        }
        (first, opens_page) = (false, false);
    }
    if let Some([only]) = parts.get_mut(start..) {
        only.alone = true;
    }
}

/// What a line opens, or nothing where it goes on with the line before.
fn opening(line: &str, before: Option<&Part>, dashes: usize) -> Option<(PartKind, String)> {
    if let Some(text) = bullet(line) {
        return Some((PartKind::Item, text.to_owned()));
    }
    let after_colon = before.is_none_or(|part| part.text.trim_end().ends_with(':'));
    let after_item = before.is_some_and(|part| part.kind == PartKind::Item);
    if let Some(text) = dash(line).filter(|_| after_colon || after_item || dashes > 1) {
        return Some((PartKind::Item, text.to_owned()));
    }
    let follows = |number: u32| {
        before.is_none_or(|part| {
            let last = numbered(&part.text);
            last.map_or(after_colon && number == 1, |last| number == last + 1)
        })
    };
    if numbered(line).is_some_and(follows) {
        return Some((PartKind::Item, line.trim().to_owned()));
    }
    before.is_none().then(|| (PartKind::Text, line.trim().to_owned()))
}

/// The level of a heading that is underlined by this line.
fn underline(line: &str) -> Option<u8> {
    let line = line.trim();
    let only = |mark: char| line.chars().count() >= 3 && line.chars().all(|c| c == mark);
    if only('=') {
        Some(1)
    } else if only('-') {
        Some(2)
    } else {
        None
    }
}

/// The cells of lines that all hold the same number of tabs.
fn table_of(lines: &[&str]) -> Option<Vec<Vec<String>>> {
    let tabs = |line: &str| line.matches('\t').count();
    let wanted = lines.first().map(|line| tabs(line)).filter(|&count| count > 0)?;
    let rows = || lines.iter().map(|line| line.split('\t').map(|cell| cell.trim().to_owned()));
    (lines.len() > 1 && lines.iter().all(|line| tabs(line) == wanted))
        .then(|| rows().map(Iterator::collect).collect())
}

/// Joins what a blank line tore apart in the middle of a sentence.
fn mend(parts: Vec<Part>) -> Vec<Part> {
    let mut mended: Vec<Part> = Vec::new();
    for part in parts {
        match mended.last_mut().filter(|before| is_torn(before, &part)) {
            Some(before) => {
                append_line(&mut before.text, &part.text);
                before.lines += part.lines;
            }
            None => mended.push(part),
        }
    }
    mended
}

fn is_torn(before: &Part, after: &Part) -> bool {
    let text = matches!(before.kind, PartKind::Text | PartKind::Item)
        && after.kind == PartKind::Text
        && !after.opens_page;
    let unfinished = before
        .text
        .trim_end()
        .ends_with(|c: char| c.is_lowercase() || matches!(c, ',' | '-' | '–'));
    let opens_low = after.text.starts_with(char::is_lowercase) && !after.text.starts_with("v/");
    let is_list = before.text.trim_end().ends_with(',') && before.text.contains(' ');
    text && unfinished && (opens_low || is_list)
}

/// Makes headings of numbered lines that stand alone over a text: `3. Opgavesplit`.
fn promote(mut parts: Vec<Part>) -> Vec<Part> {
    for at in 0..parts.len() {
        let before = at.checked_sub(1).and_then(|at| parts.get(at));
        let is_next_item = before.is_some_and(|before| before.kind == PartKind::Item);
        let over_text = parts.get(at + 1).is_some_and(is_long);
        let Some(part) = parts.get_mut(at) else { continue };
        let chapter = part.alone
            && part.lines == 1
            && CHAPTER.as_ref().is_some_and(|chapter| chapter.is_match(&part.text));
        if part.kind == PartKind::Item
            && chapter
            && over_text
            && !is_next_item
            && is_titular(&part.text)
        {
            part.kind = PartKind::Heading(2);
        }
    }
    parts
}

/// Whether a part is a text or a table rather than a title.
fn is_long(part: &Part) -> bool {
    match part.kind {
        PartKind::Table(_) => true,
        PartKind::Text => {
            part.text.chars().count() >= TEXT_CHARS_MIN && part.text.ends_with(['.', ':', '?', '!'])
        }
        PartKind::Item | PartKind::Heading(_) => false,
    }
}

/// A numbered paragraph is a paragraph.
fn item_form(text: &str) -> Form {
    let long = text.chars().count() > ITEM_CHARS_MAX && numbered(text).is_some();
    if long { Form::Paragraph } else { Form::Item }
}

/// A heading where it is clearly one, else a paragraph.
fn form_of(part: &Part, at: usize, parts: &[Part]) -> Form {
    let next = parts.get(at + 1);
    if !may_head(part) {
        return Form::Paragraph;
    }
    let over_text = next.is_some_and(|next| next.kind == PartKind::Item || is_long(next));
    let on_top = part.opens_page && next.is_some_and(|next| !next.opens_page);
    if on_top || (at == 0 && over_text) {
        return Form::Heading(1);
    }
    if part.lines > 1 {
        return Form::Paragraph;
    }
    let depth = CHAPTER.as_ref().and_then(|chapter| chapter.captures(&part.text));
    if let Some(depth) = depth.and_then(|found| found.get(1)) {
        let dots = depth.as_str().matches('.').count();
        return if dots > 0 || over_text {
            Form::Heading(u8::try_from(dots + 2).unwrap_or(u8::MAX))
        } else {
            Form::Paragraph
        };
    }
    if over_text || is_capitals(&part.text) { Form::Heading(2) } else { Form::Paragraph }
}

/// Whether a part is short, opens like a title and does not end like a sentence.
fn may_head(part: &Part) -> bool {
    part.kind == PartKind::Text && part.lines <= HEADING_LINES_MAX && is_titular(&part.text)
}

fn is_titular(text: &str) -> bool {
    let text = text.trim();
    let lower = text.to_lowercase();
    text.chars().count() <= HEADING_CHARS_MAX
        && text.starts_with(|c: char| c.is_uppercase() || c.is_numeric())
        && text.chars().filter(|c| c.is_alphabetic()).count() >= 3
        && !text.ends_with(['.', ',', ';', ':', '!', '–', '-', '…'])
        && !COURTESIES.iter().any(|word| lower.starts_with(word))
        && !text.trim_start_matches(|c: char| c.is_numeric() || c == '.').contains(". ")
        && !text.contains(" kr")
        && !text.contains('@')
        && !text.contains('%')
        && !text.contains('|')
}

fn is_capitals(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphabetic()).count() >= 4
        && text.chars().all(|c| !c.is_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(Form, &str)]) {
        let found = blocks(text, Headings::Sought);
        let found: Vec<(Form, &str)> =
            found.iter().map(|block| (block.form, block.text.as_str())).collect();
        assert_eq!(found, expected);
    }

    const P: Form = Form::Paragraph;
    const I: Form = Form::Item;
    const H1: Form = Form::Heading(1);
    const H2: Form = Form::Heading(2);

    #[test]
    fn hard_wrapped_lines_are_one_paragraph() {
        check(
            "Fejlindmeldelser: det har vi gjort\n\nStatens Administration foretager en \n\
             acontoudbetaling, når fejlen overstiger et beløb på \n500 kr. netto og en \
             lønstandsning, når fejlen \noverstiger et beløb på 300 kr. netto.\n Hvad tænker I \
             om det?\n",
            &[
                (H1, "Fejlindmeldelser: det har vi gjort"),
                (
                    P,
                    "Statens Administration foretager en acontoudbetaling, når fejlen overstiger \
                     et beløb på 500 kr. netto og en lønstandsning, når fejlen overstiger et \
                     beløb på 300 kr. netto.",
                ),
                (P, "Hvad tænker I om det?"),
            ],
        );
        check(
            "Den nye løsning\nplanlægges implementeret\ni perioden 2027-\n2028.\n",
            &[(P, "Den nye løsning planlægges implementeret i perioden 2027-2028.")],
        );
    }

    #[test]
    fn a_sentence_that_a_blank_line_tore_is_whole() {
        check(
            "Vi kommer til \n\nfortsat at lave fejl \n– vi skal bare \nundgå det.",
            &[(P, "Vi kommer til fortsat at lave fejl – vi skal bare undgå det.")],
        );
    }

    #[test]
    fn bullets_and_numbers_are_items() {
        check(
            "• I efterspørger mere\ndialog\n\n• I får ikke svar\n\n1. Find sagen \n\n2. Vælg \
             Kopier\n",
            &[
                (I, "I efterspørger mere dialog"),
                (I, "I får ikke svar"),
                (I, "1. Find sagen"),
                (I, "2. Vælg Kopier"),
            ],
        );
        check("Husk:\n- det ene\n- det andet\n", &[(P, "Husk:"), (I, "det ene"), (I, "det andet")]);
        check(
            "Udlændingeministeriet \n- koncern, fra den\n8. april 2024.",
            &[(P, "Udlændingeministeriet - koncern, fra den 8. april 2024.")],
        );
    }

    #[test]
    fn a_heading_is_one_only_where_that_is_clear() {
        let text = "Kunden skal sende bestillingen senest fem dage før afleveringsfristen.";
        check(&format!("3. Opgavesplit\n\n{text}"), &[(H2, "3. Opgavesplit"), (P, text)]);
        check(
            &format!("{text}\n\n3.1 Standard\n\n{text}"),
            &[(P, text), (Form::Heading(3), "3.1 Standard"), (P, text)],
        );
        check(&format!("Frister\n=======\n{text}"), &[(H1, "Frister"), (P, text)]);
        check(&format!("Kære kunde\n\n{text}"), &[(P, "Kære kunde"), (P, text)]);
        check("14.05 – 14.15\n\nPause\n", &[(P, "14.05 – 14.15"), (P, "Pause")]);
        check(" Videre proces\n\nLancering\n", &[(H1, "Videre proces"), (P, "Lancering")]);
    }

    #[test]
    fn columns_between_tabs_are_rows() {
        check(
            "År\tBeløb\n2024\t16,2\n2025\t\n",
            &[(Form::Row, "År: 2024; Beløb: 16,2"), (Form::Row, "År: 2025")],
        );
    }

    #[track_caller]
    fn check_encoding(bytes: &[u8]) {
        assert_eq!(decode(bytes, None).text, "Løn på §56 – æØÅ");
    }

    #[test]
    fn the_encodings_of_the_trade_are_told_apart() {
        let text = "Løn på §56 – æØÅ";
        check_encoding(text.as_bytes());
        check_encoding(&[b"\xef\xbb\xbf", text.as_bytes()].concat());
        check_encoding(&WINDOWS_1252.encode(text).0);
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        check_encoding(&[b"\xff\xfe".as_slice(), &wide].concat());
        assert_eq!(decode(b"bel\xf8b p\xe5 500 kr.", None).text, "beløb på 500 kr.");
    }

    proptest::proptest! {
        #[test]
        fn no_letter_is_lost(text in "[abÅ .,:;•\n\u{c}1)=-]{0,200}") {
            let letters = |text: &str| -> std::collections::BTreeSet<char> {
                text.chars().filter(|c| c.is_alphabetic()).collect()
            };
            for headings in [Headings::Sought, Headings::None] {
                let found = blocks(&text, headings);
                let joined: String = found.iter().map(|block| block.text.as_str()).collect();
                proptest::prop_assert_eq!(letters(&joined), letters(&text));
                let count = |text: &str| text.chars().filter(|c| c.is_alphabetic()).count();
                proptest::prop_assert!(count(&joined) >= count(&text));
            }
        }
    }
}
