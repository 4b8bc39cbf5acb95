//! The text of a mail that was written as a web page, as its reader sees it.

use htmd::element_handler::{HandlerResult, Handlers};
use htmd::options::{BulletListMarker, Options};
use htmd::{Element, HtmlToMarkdown};

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
/// Ways to write a text that nobody sees; it is passed over, for it may hold instructions.
const HIDDEN: [&str; 6] = [
    "display:none",
    "visibility:hidden",
    "font-size:0",
    "font-size:1px",
    "opacity:0",
    "mso-hide:all",
];

/// Pages with elements deeper inside each other are not walked; no mail program writes them.
const DEPTH_MAX: usize = 200;
/// Elements that the next of their kind closes, or that hold nothing.
const FLAT: [&str; 22] = [
    "p", "li", "dt", "dd", "tr", "td", "th", "option", "br", "hr", "img", "meta", "link", "input",
    "area", "base", "col", "embed", "source", "wbr", "html", "body",
];

/// The text of a page, or nothing when it cannot be walked.
pub(crate) fn text(page: &str) -> Option<String> {
    if depth(page) > DEPTH_MAX {
        return None;
    }
    let converter =
        HtmlToMarkdown::builder()
            .options(Options {
                bullet_list_marker: BulletListMarker::Dash,
                ul_bullet_spacing: 1,
                ol_number_spacing: 1,
                ..Options::default()
            })
            .skip_tags(SKIPPED.to_vec())
            .add_handler(INLINE.to_vec(), |handlers: &dyn Handlers, element: Element<'_>| {
                (!is_hidden(&element)).then(|| handlers.walk_children(element.node))
            })
            .add_handler(LINES.to_vec(), |handlers: &dyn Handlers, element: Element<'_>| {
                let content = || handlers.walk_children(element.node).content;
                (!is_hidden(&element))
                    .then(|| HandlerResult::from(format!("\n{}\n", content().trim())))
            })
            .add_handler(vec!["p"], |handlers: &dyn Handlers, element: Element<'_>| {
                if is_hidden(&element) { None } else { handlers.fallback(element) }
            })
            .add_handler(vec!["hr"], |_: &dyn Handlers, _: Element<'_>| {
                Some(HandlerResult::from("\n\n"))
            })
            .add_handler(vec!["td", "th"], |handlers: &dyn Handlers, element: Element<'_>| {
                let content = handlers.walk_children(element.node).content;
                Some(HandlerResult::from(format!("{} ", content.trim())))
            })
            .add_handler(
                vec!["table", "tbody", "thead"],
                |handlers: &dyn Handlers, element: Element<'_>| {
                    let content = handlers.walk_children(element.node).content;
                    Some(HandlerResult::from(format!("\n{content}\n")))
                },
            )
            .build();
    converter.convert(page).ok().map(|markdown| unmarked(&markdown))
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

fn is_hidden(element: &Element<'_>) -> bool {
    let value = |name: &str| {
        let found = element.attrs.iter().find(|attribute| &*attribute.name.local == name);
        found.map(|attribute| attribute.value.replace(char::is_whitespace, "").to_lowercase())
    };
    value("hidden").is_some()
        || value("style").is_some_and(|style| {
            HIDDEN.iter().any(|way| {
                let after = style.split(way).nth(1);
                after.is_some_and(|rest| !rest.starts_with(['.', '1', '2', '3', '4', '5']))
            })
        })
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
        assert_eq!(text(page).as_deref(), Some(expected), "{page}");
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
        check("<style>p {}</style><p>Hej</p>", "Hej");
    }

    #[test]
    fn a_page_that_is_built_to_break_its_reader_is_not_walked() {
        let deep = |times| format!("{}Hej{}", "<div>".repeat(times), "</div>".repeat(times));
        assert_eq!(text(&deep(DEPTH_MAX)).as_deref(), Some("Hej"));
        assert_eq!(text(&deep(50_000)), None);
        assert_eq!(text(&"<p>Hej".repeat(1_000)).map(|text| text.lines().count()), Some(1_999));
    }
}
