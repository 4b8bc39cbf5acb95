//! Runs of Word, PowerPoint and Excel that nobody sees, taken out before the text is read.

use office_oxide::ir::{DocumentIR, Element, InlineContent, List, Section, Table, TextSpan};

use crate::sources::format::hidden::{Hiding, Quarantine};

/// Half points below which nobody reads a letter.
const HALF_POINTS_MIN: u32 = 4;
/// From this part of each colour on, letters are as white as paper.
const WHITE_MIN: u8 = 250;

/// What lies behind letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ground {
    /// White paper.
    Paper,
    /// A colour, or nobody knows.
    Other,
}

/// Takes the runs that nobody sees out of a document that stands on this ground.
pub(crate) fn take_hidden(ir: &mut DocumentIR, ground: Ground) -> Quarantine {
    let mut taking = Taking { quarantine: Quarantine::default() };
    for Section { elements, speaker_notes, .. } in &mut ir.sections {
        taking.elements(elements, ground);
        if let Some(notes) = speaker_notes {
            taking.elements(notes, ground);
        }
    }
    taking.quarantine
}

struct Taking {
    quarantine: Quarantine,
}

impl Taking {
    fn elements(&mut self, elements: &mut [Element], ground: Ground) {
        for element in elements {
            match element {
                Element::Heading(heading) => self.runs(&mut heading.content, ground),
                Element::Paragraph(paragraph) => {
                    let ground = over(ground, paragraph.background_color);
                    self.runs(&mut paragraph.content, ground);
                }
                Element::Table(table) => self.table(table, ground),
                Element::List(list) => self.list(list, ground),
                // A box brings a ground of its own, of which nothing is known.
                Element::TextBox(text_box) => self.elements(&mut text_box.content, Ground::Other),
                Element::Footnote(note) | Element::Endnote(note) => {
                    self.elements(&mut note.content, ground);
                }
                _ => {}
            }
        }
    }

    fn list(&mut self, list: &mut List, ground: Ground) {
        for item in &mut list.items {
            self.elements(&mut item.content, ground);
            if let Some(nested) = &mut item.nested {
                self.list(nested, ground);
            }
        }
    }

    fn table(&mut self, table: &mut Table, ground: Ground) {
        for (at, row) in table.rows.iter_mut().enumerate() {
            for cell in &mut row.cells {
                // The ground of a header row often comes from a table's style.
                let behind = if at == 0 { Ground::Other } else { ground };
                self.elements(&mut cell.content, over(behind, cell.background_color));
            }
        }
    }

    fn runs(&mut self, content: &mut Vec<InlineContent>, ground: Ground) {
        content.retain(|part| {
            let InlineContent::Text(span) = part else { return true };
            let hiding = hiding(span, ground);
            if let Some(hiding) = hiding {
                self.quarantine.take(hiding, &span.text);
            }
            hiding.is_none()
        });
    }
}

fn over(ground: Ground, color: Option<[u8; 3]>) -> Ground {
    match color {
        Some(color) if is_white(color) => Ground::Paper,
        Some(_) => Ground::Other,
        None => ground,
    }
}

fn hiding(span: &TextSpan, ground: Ground) -> Option<Hiding> {
    if span.font_size_half_pt.is_some_and(|size| size < HALF_POINTS_MIN) {
        return Some(Hiding::Tiny);
    }
    let on_paper = over(ground, span.highlight) == Ground::Paper;
    let white = span.color.is_some_and(is_white);
    (white && on_paper).then_some(Hiding::White)
}

fn is_white(color: [u8; 3]) -> bool {
    color.iter().all(|part| *part >= WHITE_MIN)
}
