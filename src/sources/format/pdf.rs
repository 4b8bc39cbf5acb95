//! PDF with a text layer: pages, columns, headings, tables, without what stands on every page.

use std::collections::BTreeMap;

use pdf_oxide::PdfDocument;

use crate::sources::format::Unreadable;
use crate::sources::format::blocks::{Blocks, append_line};
use crate::sources::format::grid::{Grid, take_grids};
use crate::sources::format::hidden::Quarantine;
use crate::sources::format::layout::{Piece, in_order, pieces};
use crate::sources::format::painted;
use crate::sources::{Extracted, Form};

/// Pages that are read; a longer document is split by its owner.
const PAGES_MAX: usize = 2000;
/// The share of a page, at its head and at its foot, where running lines stand.
const EDGE_SHARE: f32 = 0.1;
/// The share of a page where nothing but running lines stands, if its letters are small.
const RIM_SHARE: f32 = 0.05;
/// Letters smaller than this, beside the text's, are those of running lines.
const SMALL_RATIO: f32 = 0.95;
/// Letters this much larger than the text's are a heading.
const HEADING_RATIO: f32 = 1.12;
/// A line longer than this is no heading.
const HEADING_CHARS_MAX: usize = 120;
/// Lines further apart than this, in letter sizes, are two paragraphs.
const LEADING_EMS: f32 = 1.55;
/// A line that begins this much further in, in points, opens a paragraph.
const INDENT_POINTS: f32 = 8.0;

/// A line at least this wide, beside the next one, was broken because its column was full.
const FULL_SHARE: f32 = 0.85;

/// Reads a PDF.
pub(crate) fn read(bytes: &[u8]) -> Result<Extracted, Unreadable> {
    let damaged = |error: pdf_oxide::Error| Unreadable::Damaged { reason: error.to_string() };
    let document = PdfDocument::from_bytes(bytes.to_vec()).map_err(damaged)?;
    // Many documents are locked against printing only, by an empty password.
    if document.is_encrypted() && !document.authenticate(b"").unwrap_or(false) {
        return Err(Unreadable::Encrypted);
    }
    let count = document.page_count().map_err(damaged)?;
    let mut pages = Vec::new();
    let mut remarks = Vec::new();
    let mut quarantine = Quarantine::default();
    for at in 0..count.min(PAGES_MAX) {
        match page(&document, at, &mut quarantine) {
            Ok(page) => pages.push(page),
            Err(error) => {
                remarks.push(format!("page {} could not be read: {error}", at + 1));
                pages.push(Page::default());
            }
        }
    }
    if count > PAGES_MAX {
        remarks.push(format!("only the first {PAGES_MAX} of {count} pages were read"));
    }
    let is_blank = pages.iter().all(|page| page.pieces.is_empty() && page.grids.is_empty());
    if is_blank {
        // A page whose content cannot be unpacked looks as blank as a scanned one.
        for at in 0..pages.len() {
            document.get_page_content_data(at).map_err(damaged)?;
        }
    }
    remarks.extend(blank_pages(&pages));
    drop_running_lines(&mut pages);
    let written = compose(pages);
    quarantine.join(&written.quarantine);
    let blocks = written.finish();
    Ok(Extracted { blocks, remarks, quarantine, ..Extracted::default() })
}

/// What stands on one page.
#[derive(Default)]
struct Page {
    pieces: Vec<Piece>,
    grids: Vec<Grid>,
    foot: f32,
    top: f32,
}

fn page(
    document: &PdfDocument,
    at: usize,
    quarantine: &mut Quarantine,
) -> Result<Page, pdf_oxide::Error> {
    let (_, foot, _, top) = document.get_page_media_box(at)?;
    quarantine.join(&painted::take_hidden(document, at)?);
    let tables = document.extract_tables(at).unwrap_or_default();
    let mut grids = Vec::new();
    let mut frames = Vec::new();
    for table in tables {
        let rows: Vec<Vec<String>> = table
            .rows
            .iter()
            .map(|row| row.cells.iter().map(|cell| cell.text.clone()).collect())
            .collect();
        if let Some(frame) = table.bbox.filter(|_| rows.len() > 1 && table.col_count > 1) {
            let sides = (frame.x, frame.x + frame.width);
            grids.push(Grid { top: frame.y + frame.height, rows, sides });
            frames.push(frame);
        }
    }
    let words = document.extract_words_with_thresholds_no_artifacts(at, None, None)?;
    let words = words.into_iter().filter(|word| {
        let (x, y) = (word.bbox.x + word.bbox.width / 2.0, word.bbox.y + word.bbox.height / 2.0);
        !frames.iter().any(|frame| {
            x >= frame.x
                && x <= frame.x + frame.width
                && y >= frame.y
                && y <= frame.y + frame.height
        })
    });
    let words = words.map(|word| Piece {
        left: word.bbox.x,
        right: word.bbox.x + word.bbox.width,
        base: word.bbox.y,
        size: word.avg_font_size,
        bold: word.is_bold,
        text: word.text,
    });
    Ok(Page { pieces: pieces(words.collect()), grids, foot, top })
}

fn blank_pages(pages: &[Page]) -> Option<String> {
    let blank = |page: &&(usize, &Page)| page.1.pieces.is_empty() && page.1.grids.is_empty();
    let numbered: Vec<(usize, &Page)> = pages.iter().enumerate().collect();
    let blanks: Vec<String> =
        numbered.iter().filter(blank).map(|(at, _)| (at + 1).to_string()).collect();
    let some = !blanks.is_empty() && blanks.len() < pages.len();
    some.then(|| format!("no text was found on page {}", blanks.join(", ")))
}

/// Takes away the lines that stand at the head or the foot of most pages.
fn drop_running_lines(pages: &mut [Page]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for page in pages.iter() {
        let mut lines: Vec<String> =
            page.pieces.iter().filter(|piece| page.is_edge(piece)).map(running_form).collect();
        lines.sort();
        lines.dedup();
        for line in lines {
            *seen.entry(line).or_default() += 1;
        }
    }
    let most = pages.len().div_ceil(2).max(2);
    let small = SMALL_RATIO * Sizes::of(pages).text;
    for page in pages {
        let (foot, top) = (page.foot, page.top);
        page.pieces.retain(|piece| {
            let line = running_form(piece);
            let repeats = seen.get(&line).is_some_and(|&count| count >= most);
            let on_rim = is_edge(piece, foot, top, RIM_SHARE) && piece.size < small;
            let on_edge = is_edge(piece, foot, top, EDGE_SHARE);
            !(on_rim || (on_edge && (repeats || is_page_number(&line))))
        });
    }
}

impl Page {
    fn is_edge(&self, piece: &Piece) -> bool {
        is_edge(piece, self.foot, self.top, EDGE_SHARE)
    }
}

fn is_edge(piece: &Piece, foot: f32, top: f32, share: f32) -> bool {
    let edge = share * (top - foot);
    piece.base < foot + edge || piece.base > top - edge
}

/// A line as running lines are compared: with its numbers made alike.
fn running_form(piece: &Piece) -> String {
    let mut form = String::new();
    for c in piece.text.trim().chars() {
        if !c.is_ascii_digit() {
            form.extend(c.to_lowercase());
        } else if !form.ends_with('0') {
            form.push('0');
        }
    }
    form
}

fn is_page_number(form: &str) -> bool {
    let bare = form.trim_matches(|c: char| c.is_whitespace() || "-–|".contains(c));
    matches!(bare, "0" | "0/0" | "0 / 0" | "side 0" | "side 0 af 0" | "0 af 0" | "page 0")
        || matches!(bare, "side 0/0" | "s. 0" | "page 0 of 0" | "side 0 / 0" | "0 of 0")
}

/// The sizes of letters in a document, and what they mean.
struct Sizes {
    text: f32,
    headings: Vec<f32>,
}

impl Sizes {
    fn of(pages: &[Page]) -> Self {
        let mut letters: BTreeMap<i32, usize> = BTreeMap::new();
        for piece in pages.iter().flat_map(|page| &page.pieces) {
            *letters.entry(step(piece.size)).or_default() += piece.text.chars().count();
        }
        let most = letters.iter().max_by_key(|(_, count)| **count).map_or(20, |(size, _)| *size);
        let text = half(most);
        let mut headings: Vec<f32> = letters
            .keys()
            .map(|&size| half(size))
            .filter(|&it| it > HEADING_RATIO * text)
            .collect();
        headings.reverse();
        Self { text, headings }
    }

    /// The level of a heading that a line is, by its size or its weight.
    fn level(&self, line: &Piece) -> Option<u8> {
        let text = line.text.trim();
        let size = half(step(line.size));
        let larger = self.headings.iter().position(|&heading| size >= heading);
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        let plausible = letters > 1 && text.chars().count() <= HEADING_CHARS_MAX;
        let titular =
            !text.ends_with(['.', ',', ';', ':']) && !text.starts_with(char::is_lowercase);
        let stands_out = line.bold && titular;
        let level = match larger {
            Some(at) => at + 1,
            None if stands_out && size >= self.text - 0.5 => self.headings.len() + 1,
            None => return None,
        };
        plausible.then(|| u8::try_from(level).unwrap_or(6).min(6))
    }
}

/// Sizes in half points, so that rounding does not make two of one.
fn step(size: f32) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "letter sizes are small numbers")]
    let steps = (size * 2.0).round() as i32;
    steps
}

fn half(steps: i32) -> f32 {
    steps as f32 / 2.0
}

fn compose(pages: Vec<Page>) -> Blocks {
    let sizes = Sizes::of(&pages);
    let mut writer = Writer { blocks: Blocks::default(), open: None, sizes, page: 1 };
    for (at, mut page) in pages.into_iter().enumerate() {
        writer.page = u32::try_from(at + 1).unwrap_or(u32::MAX);
        page.grids.extend(take_grids(&mut page.pieces));
        writer.page(page);
    }
    writer.close();
    writer.blocks
}

/// A paragraph, item or heading whose lines are still coming.
struct Open {
    form: Form,
    text: String,
    page: u32,
    last: Piece,
}

struct Writer {
    blocks: Blocks,
    open: Option<Open>,
    sizes: Sizes,
    page: u32,
}

impl Writer {
    /// Writes a page from top to bottom; a table stands where its first row stands.
    fn page(&mut self, page: Page) {
        let mut grids = page.grids;
        grids.sort_by(|a, b| b.top.total_cmp(&a.top));
        let mut grids = grids.into_iter().peekable();
        for group in in_order(page.pieces) {
            for line in group {
                while let Some(grid) = grids.next_if(|grid| is_passed(grid, &line)) {
                    self.grid(&grid);
                }
                self.line(line);
            }
        }
        grids.for_each(|grid| self.grid(&grid));
    }

    fn grid(&mut self, grid: &Grid) {
        self.close();
        self.blocks.on_page(self.page);
        self.blocks.push_table(&grid.rows);
    }

    fn line(&mut self, line: Piece) {
        let (mark, text) = item_text(&line.text);
        let level = if mark == Mark::Bullet { None } else { self.sizes.level(&line) };
        let form = match (level, mark) {
            (Some(level), _) => Form::Heading(level),
            (None, Mark::None) => Form::Paragraph,
            (None, _) => Form::Item,
        };
        let page = self.page;
        if let Some(open) = self.open.as_mut().filter(|open| open.goes_on(&line, form, page)) {
            append_line(&mut open.text, &text);
            open.last = line;
            return;
        }
        self.close();
        self.open = Some(Open { form, text, page, last: line });
    }

    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            self.blocks.on_page(open.page);
            self.blocks.push(open.form, &open.text);
        }
    }
}

/// Whether a table stands above a line, in its column.
fn is_passed(grid: &Grid, line: &Piece) -> bool {
    let (left, right) = grid.sides;
    grid.top > line.base && line.left < right && line.right > left
}

impl Open {
    /// Whether a line belongs to what is open.
    fn goes_on(&self, line: &Piece, form: Form, page: u32) -> bool {
        if form == Form::Item {
            return false;
        }
        let text = self.text.trim_end();
        let unfinished = !text.ends_with(['.', ':', '?', '!', ';']);
        let opens_low = line.text.starts_with(char::is_lowercase);
        let alike = (line.size - self.last.size).abs() < 0.6;
        let gap = self.last.base - line.base;
        if let Form::Heading(_) = self.form {
            let same = alike && line.bold == self.last.bold;
            return same && page == self.page && (0.0..=LEADING_EMS * line.size).contains(&gap);
        }
        if form != Form::Paragraph || !alike {
            return false;
        }
        if page != self.page || gap < 0.0 {
            // The next page or column: only a sentence that is not over goes on there.
            let is_full = self.last.right - self.last.left >= FULL_SHARE * (line.right - line.left);
            return unfinished && (opens_low || is_full);
        }
        let steps_in = self.form == Form::Paragraph && line.left > self.last.left + INDENT_POINTS;
        let steps_out = self.form == Form::Item && line.left < self.last.left - INDENT_POINTS;
        let is_short_end = !unfinished && line.right - line.left > 0.0 && self.ends_short(line);
        is_near(gap, line.size) && !steps_in && (unfinished || !steps_out) && !is_short_end
    }

    /// Whether the last line ended so early that the next line's first word would have fitted.
    fn ends_short(&self, line: &Piece) -> bool {
        let word = line.text.split_whitespace().next().unwrap_or_default().chars().count();
        let letters = line.text.chars().count().max(1);
        let width = (line.right - line.left) * word as f32 / letters as f32;
        self.last.right + 2.0 * width + 3.0 * line.size < line.right
    }
}

fn is_near(gap: f32, size: f32) -> bool {
    gap <= LEADING_EMS * size
}

/// What a line opens with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    None,
    Bullet,
    Number,
}

/// What a line opens with, and its text without a bullet; a number stays.
fn item_text(line: &str) -> (Mark, String) {
    let line = line.trim();
    let first = line.chars().next().unwrap_or(' ');
    let rest = line.get(first.len_utf8()..).unwrap_or_default();
    // Bullets of symbol fonts come out as private or control characters.
    let is_symbol = ('\u{e000}'..='\u{f8ff}').contains(&first) || first.is_control();
    let is_bullet = is_symbol || "•·▪▫◦‣●○■".contains(first);
    let is_dash = "-–*".contains(first) && rest.starts_with(' ');
    if (is_bullet || is_dash) && rest.chars().any(char::is_alphanumeric) {
        return (Mark::Bullet, rest.trim().to_owned());
    }
    let number = line.split([' ', '\t']).next().unwrap_or_default();
    let digits = number.trim_end_matches(['.', ')']);
    let is_number = digits.len() < number.len()
        && (1..=2).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && line.len() > number.len();
    (if is_number { Mark::Number } else { Mark::None }, line.to_owned())
}
