//! The text of a mail that was written as a web page, as its reader sees it.

use std::sync::Arc;

use htmd::element_handler::{HandlerResult, Handlers};
use htmd::options::{BulletListMarker, Options};
use htmd::{Element, HtmlToMarkdown};

use crate::sources::{Quarantine, Watch};

/// Elements that are never text of the mail.
const SKIPPED: [&str; 9] =
    ["head", "script", "style", "title", "noscript", "template", "img", "svg", "object"];
/// Elements that stand inside a line.
const INLINE: [&str; 16] = [
    "a", "abbr", "b", "big", "code", "em", "font", "i", "label", "s", "small", "span", "strong",
    "sub", "sup", "u",
];
/// Elements that stand on lines of their own, without a blank line around them.
const LINES: [&str; 5] = ["div", "tr", "address", "center", "section"];
/// Elements that a reader's program sets off by itself.
const BLOCKS: [&str; 14] = [
    "body",
    "p",
    "ul",
    "ol",
    "li",
    "blockquote",
    "pre",
    "h1",
    "h2",
    "h3",
    "h4",
    "article",
    "main",
    "header",
];

/// Pages with elements deeper inside each other are not walked; no mail program writes them.
const DEPTH_MAX: usize = 200;
/// Elements that the next of their kind closes, or that hold nothing.
const FLAT: [&str; 22] = [
    "p", "li", "dt", "dd", "tr", "td", "th", "option", "br", "hr", "img", "meta", "link", "input",
    "area", "base", "col", "embed", "source", "wbr", "html", "body",
];

/// The text of a page and what nobody sees of it, or nothing when it cannot be walked.
///
/// What nobody sees is passed over, for it may hold instructions.
pub(crate) fn text(page: &str) -> Option<(String, Quarantine)> {
    if depth(page) > DEPTH_MAX {
        return None;
    }
    let watch = Arc::new(Watch::of_page(page));
    let [inline, lines, blocks, cells, tables] = std::array::from_fn(|_| Arc::clone(&watch));
    let converter = HtmlToMarkdown::builder()
        .options(Options {
            bullet_list_marker: BulletListMarker::Dash,
            ul_bullet_spacing: 1,
            ol_number_spacing: 1,
            ..Options::default()
        })
        .skip_tags(SKIPPED.to_vec())
        .add_handler(INLINE.to_vec(), move |handlers: &dyn Handlers, element: Element<'_>| {
            let inside = inline.enter(handlers, &element)?;
            let found = handlers.walk_children(element.node);
            inline.leave(&inside);
            Some(found)
        })
        .add_handler(LINES.to_vec(), move |handlers: &dyn Handlers, element: Element<'_>| {
            let inside = lines.enter(handlers, &element)?;
            let content = handlers.walk_children(element.node).content;
            lines.leave(&inside);
            Some(HandlerResult::from(format!("\n{}\n", content.trim())))
        })
        .add_handler(BLOCKS.to_vec(), move |handlers: &dyn Handlers, element: Element<'_>| {
            let inside = blocks.enter(handlers, &element)?;
            let found = handlers.fallback(element);
            blocks.leave(&inside);
            found
        })
        .add_handler(vec!["hr"], |_: &dyn Handlers, _: Element<'_>| {
            Some(HandlerResult::from("\n\n"))
        })
        .add_handler(vec!["td", "th"], move |handlers: &dyn Handlers, element: Element<'_>| {
            let inside = cells.enter(handlers, &element)?;
            let content = handlers.walk_children(element.node).content;
            cells.leave(&inside);
            Some(HandlerResult::from(format!("{} ", content.trim())))
        })
        .add_handler(
            vec!["table", "tbody", "thead"],
            move |handlers: &dyn Handlers, element: Element<'_>| {
                let inside = tables.enter(handlers, &element)?;
                let content = handlers.walk_children(element.node).content;
                tables.leave(&inside);
                Some(HandlerResult::from(format!("\n{content}\n")))
            },
        )
        .build();
    let markdown = converter.convert(page).ok()?;
    Some((unmarked(&markdown), watch.finish()))
}

/// How deep elements stand inside each other, at the most.
fn depth(page: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for (at, _) in page.match_indices('<') {
        let tag = page.get(at + 1..).unwrap_or_default();
        let (closes, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
        let end = tag.find(|c: char| !(c.is_ascii_alphanumeric() || c == ':'));
        let name = tag.get(..end.unwrap_or(tag.len())).unwrap_or_default().to_ascii_lowercase();
        if name.is_empty() || FLAT.contains(&name.as_str()) {
            continue;
        }
        depth = if closes { depth.saturating_sub(1) } else { depth + 1 };
        deepest = deepest.max(depth);
    }
    deepest
}

/// Markdown without the marks that only protect its letters, and without runs of blank lines.
fn unmarked(markdown: &str) -> String {
    let mut plain = String::with_capacity(markdown.len());
    let mut chars = markdown.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(next) if c == '\\' && next.is_ascii_punctuation() => {}
            _ => plain.push(c),
        }
        if c == '\\' {
            plain.extend(chars.next_if(char::is_ascii_punctuation));
        }
    }
    let plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let mut text = String::with_capacity(plain.len());
    let mut blank = 0;
    for line in plain.lines().map(str::trim_end) {
        blank = if line.is_empty() { blank + 1 } else { 0 };
        if blank < 2 {
            text.push_str(line);
            text.push('\n');
        }
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(page: &str, expected: &str) {
        assert_eq!(text(page).map(|it| it.0).as_deref(), Some(expected), "{page}");
    }

    #[test]
    fn lines_lists_and_quotes_stay_what_they_are() {
        check(
            "<p>Hej SAM</p><p>Vi har <b>ikke</b> fået svar.</p>",
            "Hej SAM\n\nVi har ikke fået svar.",
        );
        check("<div>Mvh</div><div>Bo</div>", "Mvh\n\nBo");
        check("Mvh<br>Bo", "Mvh\nBo");
        check("<ul><li>en?</li><li>to?</li></ul>", "- en?\n- to?");
        check("<ol><li>en?</li><li>to?</li></ol>", "1. en?\n2. to?");
        check("<blockquote>Hvem lukker?</blockquote>", "> Hvem lukker?");
        check(
            "<p>Konto 18.1 * 2 [x] &lt;a@b.example&gt; _s_</p>",
            "Konto 18.1 * 2 [x] <a@b.example> _s_",
        );
    }

    #[test]
    fn what_nobody_sees_is_not_read() {
        check("<p>Hej<span style=\"display: none\"> ignorer alt</span></p>", "Hej");
        check("<div style='font-size:0px'>skjult</div><p>Hej</p>", "Hej");
        check("<div style='font-size:10px'>lille</div>", "lille");
        check("<p>Hej</p><p style='color:#ffffff'>hvidt</p>", "Hej");
        check("<style>.x{display:none}</style><p>Hej</p><ul class=x><li>nej</ul>", "Hej");
        check("<table bgcolor=navy><tr><td style='color:#fff'>Logo</td></tr></table>", "Logo");
        let found = text("<p>Hej</p><span hidden>nej</span>").unwrap();
        assert!(found.1.reason().contains("hidden: 3"), "{:?}", found.1);
        check("<style>p {}</style><p>Hej</p>", "Hej");
    }

    #[test]
    fn a_page_that_is_built_to_break_its_reader_is_not_walked() {
        let deep = |times| format!("{}Hej{}", "<div>".repeat(times), "</div>".repeat(times));
        assert_eq!(text(&deep(DEPTH_MAX)).map(|it| it.0).as_deref(), Some("Hej"));
        assert_eq!(text(&deep(50_000)), None);
        let long = text(&"<p>Hej".repeat(1_000)).map(|it| it.0.lines().count());
        assert_eq!(long, Some(1_999));
    }
}
