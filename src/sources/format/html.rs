//! Web pages.

use std::sync::{Arc, Mutex, PoisonError};

use encoding_rs::Encoding;
use htmd::element_handler::{HandlerResult, Handlers};
use htmd::{Element, HtmlToMarkdown};

use crate::sources::format::watch::Watch;
use crate::sources::format::{Unreadable, markdown, text};
use crate::sources::{Extracted, MetaValue};

/// Elements that are never text of the page.
const SKIPPED: [&str; 19] = [
    "script", "style", "noscript", "template", "nav", "footer", "button", "select", "option",
    "input", "textarea", "iframe", "svg", "canvas", "object", "audio", "video", "dialog", "map",
];
/// Elements that may be hidden, or be something else than text by their attributes.
const WATCHED: [&str; 54] = [
    "body",
    "center",
    "font",
    "b",
    "i",
    "u",
    "s",
    "small",
    "big",
    "sub",
    "sup",
    "code",
    "abbr",
    "mark",
    "cite",
    "address",
    "ins",
    "tbody",
    "thead",
    "tfoot",
    "caption",
    "div",
    "section",
    "article",
    "main",
    "header",
    "aside",
    "form",
    "fieldset",
    "details",
    "summary",
    "figure",
    "figcaption",
    "p",
    "span",
    "a",
    "img",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "pre",
    "strong",
    "em",
    "label",
];
/// Roles and names of parts that lead around a site.
const ASIDE_ROLES: [&str; 4] = ["navigation", "search", "contentinfo", "menu"];
const ASIDE_NAMES: [&str; 4] = ["cookie", "breadcrumb", "skip-link", "skiplink"];
/// Where an encoding is looked for.
const DECLARATION_BYTES_MAX: usize = 4096;
/// Marks between cells and rows while a table is being read.
const CELL_END: char = '\u{1f}';
const HEADER_END: char = '\u{1d}';
const ROW_END: char = '\u{1e}';

/// Reads a web page from its bytes.
pub(crate) fn read(bytes: &[u8]) -> Result<Extracted, Unreadable> {
    let text::Decoded { text, remark } = text::decode(bytes, declared(bytes));
    let mut extracted = page(&text)?;
    extracted.remarks.extend(remark);
    Ok(extracted)
}

/// Reads a web page from its text.
pub(crate) fn page(text: &str) -> Result<Extracted, Unreadable> {
    let head = Arc::new(Mutex::new(Head::default()));
    let watch = Arc::new(Watch::of_page(text));
    let markdown = converter(&head, &watch)
        .convert(text)
        .map_err(|error| Unreadable::Damaged { reason: error.to_string() })?;
    let head = std::mem::take(&mut *head.lock().unwrap_or_else(PoisonError::into_inner));
    let mut quarantine = watch.finish();
    quarantine.take_unseen(&markdown);
    Ok(Extracted {
        title: head.title,
        metadata: head.metadata,
        blocks: markdown::blocks(&markdown),
        quarantine,
        ..Extracted::default()
    })
}

/// The encoding that the page itself declares.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..DECLARATION_BYTES_MAX).unwrap_or(bytes);
    let head = String::from_utf8_lossy(head).to_lowercase();
    let (_, rest) = head.split_once("charset=")?;
    let label = rest.trim_start_matches(['"', '\'', ' ']);
    let label = label.split(|c: char| !c.is_ascii_alphanumeric() && !"-_:".contains(c)).next()?;
    Encoding::for_label(label.as_bytes())
}

/// What the page says about itself.
#[derive(Default)]
struct Head {
    title: Option<String>,
    metadata: Vec<(String, MetaValue)>,
}

fn converter(head: &Arc<Mutex<Head>>, watch: &Arc<Watch>) -> HtmlToMarkdown {
    let (titles, metas) = (Arc::clone(head), Arc::clone(head));
    let (elements, tables) = (Arc::clone(watch), Arc::clone(watch));
    HtmlToMarkdown::builder()
        .skip_tags(SKIPPED.to_vec())
        .add_handler(vec!["title"], move |handlers: &dyn Handlers, element: Element<'_>| {
            let title = handlers.walk_children(element.node).content;
            let mut head = titles.lock().unwrap_or_else(PoisonError::into_inner);
            head.title.get_or_insert_with(|| title.trim().to_owned());
            None
        })
        .add_handler(vec!["meta"], move |_: &dyn Handlers, element: Element<'_>| {
            if let (Some(name), Some(value)) =
                (attribute(&element, "name"), attribute(&element, "content"))
            {
                let mut head = metas.lock().unwrap_or_else(PoisonError::into_inner);
                head.metadata.push((name.to_owned(), MetaValue::One(value.to_owned())));
            }
            None
        })
        .add_handler(WATCHED.to_vec(), move |handlers: &dyn Handlers, element: Element<'_>| {
            if is_aside(&element) {
                return None;
            }
            let inside = elements.enter(handlers, &element)?;
            let found = handlers.fallback(element);
            elements.leave(&inside);
            found
        })
        .add_handler(
            vec!["td", "th", "tr", "table"],
            move |handlers: &dyn Handlers, element: Element<'_>| {
                if is_aside(&element) {
                    return None;
                }
                let inside = tables.enter(handlers, &element)?;
                let found = table_part(handlers, &element);
                tables.leave(&inside);
                Some(found)
            },
        )
        .build()
}

fn attribute<'a>(element: &'a Element<'_>, name: &str) -> Option<&'a str> {
    let found = element.attrs.iter().find(|attribute| &*attribute.name.local == name);
    found.map(|attribute| &*attribute.value)
}

/// Whether an element leads around the site, or is not for those who hear the page.
fn is_aside(element: &Element<'_>) -> bool {
    let is_hidden = attribute(element, "aria-hidden") == Some("true");
    let role = attribute(element, "role").unwrap_or_default();
    let names = ["id", "class"].map(|name| attribute(element, name).unwrap_or_default());
    let names = names.join(" ").to_lowercase();
    is_hidden || ASIDE_ROLES.contains(&role) || ASIDE_NAMES.iter().any(|name| names.contains(name))
}

/// Cells and rows are marked on the way up, and the table made of them.
fn table_part(handlers: &dyn Handlers, element: &Element<'_>) -> HandlerResult {
    let content = handlers.walk_children(element.node).content;
    let text = match element.tag {
        "td" => format!("{}{CELL_END}", content.trim()),
        "th" => format!("{}{HEADER_END}", content.trim()),
        "tr" => format!("{}{ROW_END}", content.trim()),
        _ => table(&content),
    };
    text.into()
}

/// One cell of a table on its way to Markdown.
struct Cell {
    text: String,
    is_header: bool,
}

fn table(content: &str) -> String {
    let (caption, rows) = rows_of(content);
    let is_frame = rows.iter().flatten().any(|cell| cell.text.contains("\n\n"))
        || rows.iter().all(|row| row.len() < 2);
    let table = if is_frame {
        let cells = rows.iter().flatten().map(|cell| cell.text.as_str());
        cells.collect::<Vec<_>>().join("\n\n")
    } else {
        markdown_table(&rows)
    };
    format!("\n\n{caption}\n\n{table}\n\n")
}

/// What stands before the first cell, and the rows.
fn rows_of(content: &str) -> (String, Vec<Vec<Cell>>) {
    let mut rows = Vec::new();
    let mut caption = String::new();
    for row in content.split(ROW_END) {
        let mut cells = Vec::new();
        let mut text = String::new();
        for c in row.chars() {
            if c == CELL_END || c == HEADER_END {
                let text = std::mem::take(&mut text).trim().to_owned();
                cells.push(Cell { text, is_header: c == HEADER_END });
            } else {
                text.push(c);
            }
        }
        if cells.is_empty() {
            caption.push_str(text.trim());
        } else {
            rows.push(cells);
        }
    }
    (caption, rows)
}

fn markdown_table(rows: &[Vec<Cell>]) -> String {
    let heads_rows = rows.len() > 1
        && rows.iter().all(|row| {
            row.first().is_some_and(|first| first.is_header)
                && row.iter().skip(1).all(|cell| !cell.is_header)
        });
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let mut lines = Vec::new();
    if heads_rows {
        // Each row is headed by its first cell; the columns have no names.
        lines.push(line(&vec![String::new(); columns.saturating_sub(1)], columns - 1));
    }
    for row in rows {
        let mut cells: Vec<String> = row.iter().map(|cell| cell.text.clone()).collect();
        if heads_rows && cells.len() > 1 {
            let name = cells.remove(0);
            if let Some(first) = cells.first_mut() {
                *first = format!("{}: {first}", name.trim_end_matches(':'));
            }
        }
        lines.push(line(&cells, columns - usize::from(heads_rows)));
    }
    let rule = format!("|{}", "---|".repeat(columns - usize::from(heads_rows)));
    lines.insert(1.min(lines.len()), rule);
    lines.join("\n")
}

fn line(cells: &[String], columns: usize) -> String {
    let mut line = String::from("|");
    for at in 0..columns {
        let cell = cells.get(at).map(String::as_str).unwrap_or_default();
        let cell = cell.split_whitespace().collect::<Vec<_>>().join(" ");
        line.push_str(&cell.replace("\\|", "|").replace('|', "\\|"));
        line.push('|');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::Form;

    #[track_caller]
    fn check(html: &str, expected: &[(Form, &str)]) {
        let found = read(html.as_bytes()).unwrap().blocks;
        let found: Vec<(Form, &str)> =
            found.iter().map(|block| (block.form, block.text.as_str())).collect();
        assert_eq!(found, expected);
    }

    const P: Form = Form::Paragraph;
    const R: Form = Form::Row;

    #[test]
    fn a_page_is_its_text_and_not_its_menus() {
        check(
            "<nav>Menu</nav><main><h1>Aconto</h1><p>Kunden <b>ringer</b><br>først.</p>\
             <p hidden>x</p><div style='display: none'>y</div><div class=cookie-bar>z</div>\
             <ol><li>Log på<li>Vælg</ol><script>a()</script></main><footer>Kontakt</footer>",
            &[
                (Form::Heading(1), "Aconto"),
                (P, "Kunden ringer først."),
                (Form::Item, "1. Log på"),
                (Form::Item, "2. Vælg"),
            ],
        );
    }

    #[test]
    fn tables_keep_their_headers() {
        check(
            "<table><tr><th>Opgave<th>SAM<tr><td>Ferie | barsel<td>ja<tr><td>Løn<td></table>",
            &[(R, "Opgave: Ferie | barsel; SAM: ja"), (R, "Opgave: Løn")],
        );
        check(
            "<table><tbody><tr><th>Konto:</th><td>1810</td></tr><tr><th>Felt</th><td>13</td></tr>\
             </tbody></table>",
            &[(R, "Konto: 1810"), (R, "Felt: 13")],
        );
        check(
            "<table><tr><td><p>En ramme</p><p>om tekst</p></table>",
            &[(P, "En ramme"), (P, "om tekst")],
        );
    }

    #[test]
    fn metadata_and_title_stand_in_the_head() {
        let found = read(
            b"<html><head><meta charset='iso-8859-1'><title>L\xf8n</title>\
              <meta name='dokumenttype' content='nyhed'></head><body><p>\xc5r</p></body></html>",
        )
        .unwrap();
        assert_eq!(found.title.as_deref(), Some("Løn"));
        let expected = ("dokumenttype".to_owned(), MetaValue::One("nyhed".to_owned()));
        assert_eq!(found.metadata, [expected]);
        assert_eq!(found.blocks[0].text, "År");
    }
}
