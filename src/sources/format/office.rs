//! Word, PowerPoint and Excel, by one library.

use std::io::Cursor;

use office_oxide::ir::{
    CellDataType, DocumentIR, Element, InlineContent, List, ListItem, Section, Table, TableCell,
};
use office_oxide::options::ParseOptions;
use office_oxide::xlsx::date::DateTimeValue;
use office_oxide::{Document, DocumentFormat};

use crate::sources::format::Unreadable;
use crate::sources::format::blocks::{Blocks, clean};
use crate::sources::format::hidden::Hiding;
use crate::sources::format::runs::{Ground, take_hidden};
use crate::sources::{Extracted, Form};

/// Reads a DOCX; what stands at the head and the foot of every page is left out.
pub(crate) fn docx(bytes: &[u8]) -> Result<Extracted, Unreadable> {
    let (document, mut ir) = open(bytes, DocumentFormat::Docx)?;
    let mut reading = Reading::default();
    reading.blocks.quarantine = take_hidden(&mut ir, Ground::Paper);
    if let Some(hidden) = marked_hidden(bytes, &document) {
        reading.blocks.quarantine.take(Hiding::Hidden, &hidden);
    }
    for section in &ir.sections {
        reading.elements(&section.elements);
    }
    let mut extracted = reading.finish(&ir);
    // Word's style `Title` is no heading to the library; its text is that of the properties.
    let title = extracted.title.as_deref().map(clean);
    if let Some(first) = extracted.blocks.first_mut().filter(|it| Some(&it.text) == title.as_ref())
    {
        first.form = Form::Heading(1);
    }
    Ok(extracted)
}

/// Reads a PPTX: each slide, then what its speaker was to say.
pub(crate) fn pptx(bytes: &[u8]) -> Result<Extracted, Unreadable> {
    let (_, mut ir) = open(bytes, DocumentFormat::Pptx)?;
    let mut reading = Reading::default();
    // Slides are often dark.
    reading.blocks.quarantine = take_hidden(&mut ir, Ground::Other);
    for (at, slide) in ir.sections.iter().enumerate() {
        if slide.hidden {
            reading.remarks.push(format!("slide {} is hidden and was left out", at + 1));
            continue;
        }
        reading.on_page(at);
        reading.slide(slide);
    }
    Ok(reading.finish(&ir))
}

/// Reads an XLSX: each visible sheet as a table, days in ISO.
pub(crate) fn xlsx(bytes: &[u8]) -> Result<Extracted, Unreadable> {
    let (document, mut ir) = open(bytes, DocumentFormat::Xlsx)?;
    let days_from_1904 = document.as_xlsx().is_some_and(|book| book.workbook.date1904);
    let mut reading = Reading { days_from_1904, ..Reading::default() };
    reading.blocks.quarantine = take_hidden(&mut ir, Ground::Paper);
    let visible = ir.sections.iter().filter(|sheet| !sheet.hidden).count();
    for (at, sheet) in ir.sections.iter().enumerate() {
        let name = sheet.title.as_deref().unwrap_or_default();
        if sheet.hidden {
            reading.remarks.push(format!("the sheet `{name}` is hidden and was left out"));
            continue;
        }
        reading.on_page(at);
        if visible > 1 {
            reading.blocks.push(Form::Heading(2), name);
        }
        for element in &sheet.elements {
            match element {
                Element::Table(table) => reading.sheet(table),
                other => reading.element(other),
            }
        }
    }
    Ok(reading.finish(&ir))
}

fn open(bytes: &[u8], format: DocumentFormat) -> Result<(Document, DocumentIR), Unreadable> {
    let document = Document::from_reader(Cursor::new(bytes.to_vec()), format)
        .map_err(|error| Unreadable::Damaged { reason: error.to_string() })?;
    let ir = document.to_ir();
    Ok((document, ir))
}

/// The letters of a Word document that it marks as hidden, which the library leaves out.
fn marked_hidden(bytes: &[u8], shown: &Document) -> Option<String> {
    let mut options = ParseOptions::default();
    options.include_hidden_text = true;
    let bytes = Cursor::new(bytes.to_vec());
    let all = Document::from_reader_with(bytes, DocumentFormat::Docx, &options).ok()?;
    let (all, shown) = (all.plain_text(), shown.plain_text());
    let extra = all.chars().count().saturating_sub(shown.chars().count());
    let only_hidden: String = all.chars().filter(|c| c.is_alphanumeric()).take(extra).collect();
    (!only_hidden.is_empty()).then_some(only_hidden)
}

#[derive(Default)]
struct Reading {
    blocks: Blocks,
    remarks: Vec<String>,
    days_from_1904: bool,
}

impl Reading {
    fn on_page(&mut self, at: usize) {
        self.blocks.on_page(u32::try_from(at + 1).unwrap_or(u32::MAX));
    }

    fn finish(mut self, ir: &DocumentIR) -> Extracted {
        if ir.metadata.text_truncated {
            self.remarks.push("the document is so large that its end was cut off".to_owned());
        }
        let title = ir.metadata.title.clone().filter(|title| !title.trim().is_empty());
        let quarantine = std::mem::take(&mut self.blocks.quarantine);
        let (blocks, remarks) = (self.blocks.finish(), self.remarks);
        Extracted { title, blocks, remarks, quarantine, ..Extracted::default() }
    }

    fn slide(&mut self, slide: &Section) {
        let title = slide.title.as_deref().unwrap_or_default();
        let opens_with_title = matches!(slide.elements.first(), Some(Element::Heading(heading))
            if inline(&heading.content).trim() == title.trim());
        if !opens_with_title {
            self.blocks.push(Form::Heading(1), title);
        }
        self.elements(&slide.elements);
        self.elements(slide.speaker_notes.as_deref().unwrap_or_default());
    }

    fn elements(&mut self, elements: &[Element]) {
        for element in elements {
            self.element(element);
        }
    }

    fn element(&mut self, element: &Element) {
        match element {
            Element::Heading(heading) => {
                self.blocks.push(Form::Heading(heading.clamped_level()), &inline(&heading.content));
            }
            Element::Paragraph(paragraph) => {
                self.blocks.push(Form::Paragraph, &inline(&paragraph.content));
            }
            Element::Table(table) => self.table(table),
            Element::List(list) => self.list(list),
            Element::TextBox(text_box) => self.elements(&text_box.content),
            Element::Footnote(note) | Element::Endnote(note) => self.elements(&note.content),
            Element::CodeBlock(code) => self.blocks.push(Form::Paragraph, &code.content),
            _ => {}
        }
    }

    fn list(&mut self, list: &List) {
        let mut number = list.start_number.unwrap_or(1);
        for item in &list.items {
            let text = own_text(item);
            let mark = if list.ordered { format!("{number}. ") } else { String::new() };
            if !text.trim().is_empty() {
                self.blocks.push(Form::Item, &format!("{mark}{text}"));
                number += 1;
            }
            if let Some(nested) = &item.nested {
                self.list(nested);
            }
        }
    }

    fn table(&mut self, table: &Table) {
        let columns = table.rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
        if columns < 2 || table.rows.len() < 2 {
            // A frame around text rather than a table.
            for cell in table.rows.iter().flat_map(|row| &row.cells) {
                self.elements(&cell.content);
            }
            return;
        }
        let rows: Vec<Vec<String>> = table.rows.iter().map(|row| self.cells(&row.cells)).collect();
        self.blocks.push_table(&rows);
    }

    /// A sheet is a table once two cells stand side by side; above that stand its title and notes.
    fn sheet(&mut self, table: &Table) {
        let rows: Vec<Vec<String>> = table.rows.iter().map(|row| self.cells(&row.cells)).collect();
        let filled = |row: &Vec<String>| row.iter().filter(|cell| !cell.trim().is_empty()).count();
        let start = rows.iter().position(|row| filled(row) > 1).unwrap_or(rows.len());
        for line in rows.iter().take(start) {
            self.blocks.push(Form::Paragraph, &line.join(" "));
        }
        let rows: Vec<Vec<String>> =
            rows.into_iter().skip(start).filter(|row| filled(row) > 0).collect();
        self.blocks.push_table(&rows);
    }

    /// The texts of a row's cells, each in its column.
    fn cells(&self, cells: &[TableCell]) -> Vec<String> {
        let mut texts = Vec::new();
        for cell in cells {
            texts.push(self.cell(cell));
            let span = usize::try_from(cell.col_span).unwrap_or(1).clamp(1, 256);
            texts.extend((1..span).map(|_| String::new()));
        }
        texts
    }

    fn cell(&self, cell: &TableCell) -> String {
        if cell.data_type == Some(CellDataType::Number) {
            return danish_number(&elements_text(&cell.content));
        }
        let is_day = cell.data_type == Some(CellDataType::Date);
        // Below one day a number is a time of day, and its text says it better.
        let serial = cell.raw_number.filter(|&serial| is_day && serial >= 1.0);
        let day = serial.and_then(|serial| DateTimeValue::from_serial(serial, self.days_from_1904));
        day.map_or_else(|| elements_text(&cell.content), |day| day.to_iso_string())
    }
}

/// A number as a Danish workbook shows it: the file itself knows only `1,250.50`.
fn danish_number(text: &str) -> String {
    let is_bare = text.chars().all(|c| c.is_ascii_digit() || ".,-% ".contains(c));
    if !is_bare {
        return text.to_owned();
    }
    let swap = |c| match c {
        '.' => ',',
        ',' => '.',
        other => other,
    };
    text.chars().map(swap).collect()
}

/// The text of an item without the list below it.
fn own_text(item: &ListItem) -> String {
    elements_text(&item.content)
}

fn elements_text(elements: &[Element]) -> String {
    let mut text = String::new();
    for element in elements {
        let part = match element {
            Element::Heading(heading) => inline(&heading.content),
            Element::Paragraph(paragraph) => inline(&paragraph.content),
            Element::List(list) => list.items.iter().map(own_text).collect::<Vec<_>>().join(", "),
            Element::TextBox(text_box) => elements_text(&text_box.content),
            Element::Table(table) => {
                let cells = table.rows.iter().flat_map(|row| &row.cells);
                cells.map(|cell| elements_text(&cell.content)).collect::<Vec<_>>().join(" ")
            }
            _ => String::new(),
        };
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&part);
    }
    text
}

fn inline(content: &[InlineContent]) -> String {
    let mut text = String::new();
    for part in content {
        match part {
            InlineContent::Text(span) => text.push_str(&span.text),
            InlineContent::LineBreak => text.push(' '),
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_number(text: &str, expected: &str) {
        assert_eq!(danish_number(text), expected);
    }

    #[test]
    fn numbers_are_shown_as_in_danish() {
        check_number("1250.5", "1250,5");
        check_number("1,250.50", "1.250,50");
        check_number("12.5%", "12,5%");
        check_number("kr. 3.2", "kr. 3.2");
    }
}
