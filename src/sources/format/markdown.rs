//! Markdown, with metadata in its front matter.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::sources::format::blocks::Blocks;
use crate::sources::format::hidden::{Hiding, Quarantine, Style};
use crate::sources::format::{Unreadable, text, yaml};
use crate::sources::{Block, Extracted, Form};

/// Elements that hold nothing.
const VOID: [&str; 6] = ["br", "hr", "img", "input", "wbr", "meta"];

/// Elements whose content is no text.
const SILENT: [&str; 3] = ["script", "style", "template"];

/// Reads a Markdown file.
pub(crate) fn read(bytes: &[u8]) -> Result<Extracted, Unreadable> {
    let text::Decoded { text, remark } = text::decode(bytes, None);
    let (metadata, body) = match front_matter(&text)? {
        Some((yaml, body)) => (yaml::read(yaml).map_err(front_matter_fault)?, body),
        None => (Vec::new(), text.as_str()),
    };
    let remarks = remark.into_iter().collect();
    let (blocks, quarantine) = read_body(body);
    Ok(Extracted { metadata, blocks, remarks, quarantine, ..Extracted::default() })
}

fn front_matter_fault(fault: yaml::Fault) -> Unreadable {
    // The fence above it is line 1.
    Unreadable::Metadata { line: fault.line + 1, reason: fault.reason }
}

/// The front matter and the rest, where a text opens with a fence.
fn front_matter(text: &str) -> Result<Option<(&str, &str)>, Unreadable> {
    let Some((_, rest)) = text.split_once('\n').filter(|(fence, _)| fence.trim_end() == "---")
    else {
        return Ok(None);
    };
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if matches!(line.trim_end(), "---" | "...") {
            let yaml = rest.get(..at).unwrap_or_default();
            let body = rest.get(at + line.len()..).unwrap_or_default();
            return Ok(Some((yaml, body)));
        }
        at += line.len();
    }
    if rest.lines().next().is_some_and(|line| line.contains(": ")) {
        let reason = "the front matter that opens here has no closing `---`".to_owned();
        return Err(Unreadable::Metadata { line: 1, reason });
    }
    Ok(None)
}

/// Cuts Markdown into blocks.
pub(crate) fn blocks(markdown: &str) -> Vec<Block> {
    read_body(markdown).0
}

fn read_body(markdown: &str) -> (Vec<Block>, Quarantine) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS;
    let mut reading = Reading::default();
    for event in Parser::new_ext(markdown, options) {
        reading.take(event);
    }
    reading.flush(Form::Paragraph);
    let quarantine = std::mem::take(&mut reading.blocks.quarantine);
    (reading.blocks.finish(), quarantine)
}

/// What has been read, and where in the document's tree the reader stands.
#[derive(Default)]
struct Reading {
    blocks: Blocks,
    text: String,
    lists: Vec<Option<u64>>,
    /// The mark of the item whose first text has not come yet: its number, or nothing.
    item: Option<String>,
    header: Vec<String>,
    cells: Vec<String>,
    /// A part of the document that is written as a web page.
    html: String,
    /// The elements that are open inside a line, each with why nobody sees its text.
    inside: Vec<(String, Option<Hiding>)>,
}

impl Reading {
    /// Takes a text, unless an element around it hides it.
    fn say(&mut self, text: &str) {
        match self.inside.iter().find_map(|(_, hiding)| *hiding) {
            Some(hiding) => self.blocks.quarantine.take(hiding, text),
            None => self.text.push_str(text),
        }
    }

    /// Opens or closes an element inside a line.
    fn inline(&mut self, html: &str) {
        let tag = html.trim_matches(['<', '>']);
        if let Some(name) = tag.strip_prefix('/') {
            let name = name.trim().to_lowercase();
            if let Some(at) = self.inside.iter().rposition(|(open, _)| *open == name) {
                self.inside.truncate(at);
            }
            return;
        }
        let name = tag.split([' ', '/', '\n', '\t']).next().unwrap_or_default().to_lowercase();
        let is_open =
            !tag.ends_with('/') && !tag.starts_with('!') && !VOID.contains(&name.as_str());
        if is_open {
            let style = tag.split_once("style").map_or("", |(_, rest)| rest);
            let style = style.trim_start_matches([' ', '=', '"', '\'']);
            let style = style.split(['"', '\'']).next().unwrap_or_default();
            let word = |name: &str| tag.split_whitespace().skip(1).any(|word| word == name);
            let hidden = word("hidden").then_some(Hiding::Hidden);
            self.inside.push((name, hidden.or(Style::of(style).hiding(false))));
        }
    }

    /// Reads a part that is written as a web page: its text, without tags and comments.
    fn page(&mut self) {
        let html = std::mem::take(&mut self.html);
        let mut rest = html.as_str();
        while let Some((text, from)) = rest.split_once('<') {
            self.say(text);
            let (end, is_comment) =
                if from.starts_with("!--") { ("-->", true) } else { (">", false) };
            let Some((tag, after)) = from.split_once(end) else {
                rest = "";
                break;
            };
            rest = after;
            if is_comment {
                continue;
            }
            self.inline(tag);
            let name = tag.split([' ', '>']).next().unwrap_or_default().to_lowercase();
            if SILENT.contains(&name.as_str()) {
                rest = rest.split_once(&format!("</{name}")).map_or("", |(_, after)| after);
                self.inline(&format!("/{name}"));
            }
            self.text.push(' ');
        }
        self.say(rest);
        self.flush(Form::Paragraph);
    }

    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.open(&tag),
            Event::End(tag) => self.close(tag),
            Event::Text(text) | Event::Code(text) => self.say(&text),
            Event::SoftBreak | Event::HardBreak => self.text.push(' '),
            Event::Html(html) => self.html.push_str(&html),
            Event::InlineHtml(html) if html.starts_with("<br") => self.text.push(' '),
            Event::InlineHtml(html) => self.inline(&html),
            _ => {}
        }
    }

    fn open(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::List(start) => {
                self.flush(Form::Paragraph);
                self.lists.push(*start);
            }
            Tag::Item => {
                self.flush(Form::Paragraph);
                self.item = Some(self.next_mark());
            }
            Tag::Heading { .. }
            | Tag::Paragraph
            | Tag::HtmlBlock
            | Tag::CodeBlock(_)
            | Tag::Table(_)
            | Tag::BlockQuote(_)
            | Tag::FootnoteDefinition(_) => self.flush(Form::Paragraph),
            _ => {}
        }
    }

    fn close(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => self.flush(Form::Heading(depth(level))),
            TagEnd::HtmlBlock => self.page(),
            TagEnd::Paragraph
            | TagEnd::CodeBlock
            | TagEnd::BlockQuote(_)
            | TagEnd::FootnoteDefinition => self.flush(Form::Paragraph),
            TagEnd::Item => {
                self.flush(Form::Paragraph);
                self.item = None;
            }
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::TableCell => self.cells.push(std::mem::take(&mut self.text)),
            TagEnd::TableHead => self.header = std::mem::take(&mut self.cells),
            TagEnd::TableRow => {
                let cells = std::mem::take(&mut self.cells);
                self.blocks.push_row(&self.header, &cells);
            }
            _ => {}
        }
    }

    /// Ends the text so far as a block; the first text of an item is the item.
    fn flush(&mut self, form: Form) {
        let text = std::mem::take(&mut self.text);
        if text.trim().is_empty() {
            return;
        }
        match self.item.take() {
            Some(mark) if form == Form::Paragraph => {
                self.blocks.push(Form::Item, &format!("{mark}{text}"));
            }
            _ => self.blocks.push(form, &text),
        }
    }

    /// The mark of the next item of the innermost list: `3. `, or nothing.
    fn next_mark(&mut self) -> String {
        match self.lists.last_mut() {
            Some(Some(number)) => {
                let mark = format!("{number}. ");
                *number += 1;
                mark
            }
            _ => String::new(),
        }
    }
}

fn depth(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::{DEMO_LINE, MetaValue};

    #[track_caller]
    fn check(markdown: &str, expected: &[(Form, &str)]) {
        let found = read(markdown.as_bytes()).unwrap().blocks;
        let found: Vec<(Form, &str)> =
            found.iter().map(|block| (block.form, block.text.as_str())).collect();
        assert_eq!(found, expected);
    }

    const P: Form = Form::Paragraph;
    const I: Form = Form::Item;

    #[test]
    fn blocks_come_in_reading_order() {
        check(
            "# Løn\n\nEn **fed**\nlinje med [link](https://a.example).\n\n- et\n- to\n  - under\n\
             \n3. tre\n4. fire\n\n   mere\n\n> Citat\n",
            &[
                (Form::Heading(1), "Løn"),
                (P, "En fed linje med link."),
                (I, "et"),
                (I, "to"),
                (I, "under"),
                (I, "3. tre"),
                (I, "4. fire"),
                (P, "mere"),
                (P, "Citat"),
            ],
        );
    }

    #[test]
    fn each_row_keeps_the_header() {
        check(
            "| opgave | SAM | kunde |\n|---|---|---|\n| Ferie | ja | |\n| Barsel | nej | ja |\n",
            &[
                (Form::Row, "opgave: Ferie; SAM: ja"),
                (Form::Row, "opgave: Barsel; SAM: nej; kunde: ja"),
            ],
        );
    }

    #[test]
    fn the_demonstration_line_is_no_passage() {
        check(
            &format!("# A\n\n*{DEMO_LINE}*\n\nTekst.\n"),
            &[(Form::Heading(1), "A"), (P, "Tekst.")],
        );
        check("<!-- skjult -->\n\nTekst<br>mere\n", &[(P, "Tekst mere")]);
    }

    #[test]
    fn front_matter_is_metadata() {
        let found = read(b"---\nversion: 3.1\n---\n# A\n\nb\n").unwrap();
        assert_eq!(found.metadata, [("version".to_owned(), MetaValue::One("3.1".to_owned()))]);
        assert_eq!(found.blocks.len(), 2);
        let empty = read(b"---\n---\nA\n").unwrap();
        assert_eq!((empty.metadata.len(), empty.blocks.len()), (0, 1));
    }

    #[track_caller]
    fn check_fault(markdown: &str, expected: u64) {
        match read(markdown.as_bytes()) {
            Err(Unreadable::Metadata { line, .. }) => assert_eq!(line, expected),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn broken_front_matter_names_the_line() {
        check_fault("---\nversion: 1\nejer: [a\n---\nb\n", 3);
        check_fault("---\nversion: 1\nb\n", 1);
        check("---\n\nEn streg er ingen metadata.\n", &[(P, "En streg er ingen metadata.")]);
    }
}
