//! Text of a PDF that is on a page and not seen there: unpainted, white, tiny, or beside it.

use pdf_oxide::PdfDocument;
use pdf_oxide::extractors::TextExtractor;
use pdf_oxide::geometry::Rect;
use pdf_oxide::layout::TextSpan;

use crate::sources::format::hidden::{Hiding, Quarantine};

/// Points below which nobody reads a letter.
const POINTS_MIN: f32 = 2.0;
/// From this part of each colour on, letters are as white as paper.
const WHITE_MIN: f32 = 0.98;
/// The share of a page's letters from which small ones are a matter of scale.
const SCALE_SHARE: f32 = 0.5;
/// The part of a line, from its middle, that is erased: its neighbours may touch it.
const CORE_SHARE: f32 = 0.2;
/// What marks a run that is never painted; no document paints with it by chance.
const MARK: (f32, f32, f32) = (0.123, 0.456, 0.789);
const MARK_OPERATOR: &[u8] = b" 0.123 0.456 0.789 rg ";

/// Takes what nobody sees on a page out of all that is read from it after this.
pub(crate) fn take_hidden(
    document: &PdfDocument,
    at: usize,
) -> Result<Quarantine, pdf_oxide::Error> {
    let mut quarantine = Quarantine::default();
    let mut cores = Vec::new();
    let spans = document.extract_spans(at)?;
    for (span, hiding) in unseen(document, at, &spans)? {
        quarantine.take(hiding, &span.text);
        cores.push(core(&span.bbox));
    }
    for span in unpainted(document, at)? {
        quarantine.take(Hiding::Unpainted, &span.text);
        cores.push(core(&span.bbox));
    }
    for core in cores {
        document.erase_region(at, core)?;
    }
    Ok(quarantine)
}

/// The middle of a line's box.
fn core(frame: &Rect) -> Rect {
    let thin = frame.height * CORE_SHARE;
    let inset = (frame.width * 0.1).min(1.0);
    Rect {
        x: frame.x + inset,
        y: frame.y + (frame.height - thin) / 2.0,
        width: (frame.width - 2.0 * inset).max(0.01),
        height: thin.max(0.01),
    }
}

/// The lines that are white on white, too small, or outside the page.
fn unseen<'a>(
    document: &PdfDocument,
    at: usize,
    spans: &'a [TextSpan],
) -> Result<Vec<(&'a TextSpan, Hiding)>, pdf_oxide::Error> {
    let (left, foot, right, top) = document.get_page_media_box(at)?;
    let letters = |spans: &mut dyn Iterator<Item = &TextSpan>| {
        spans.map(|span| span.text.chars().count()).sum::<usize>() as f32
    };
    let small = |span: &&TextSpan| span.font_size > 0.0 && span.font_size < POINTS_MIN;
    let all = letters(&mut spans.iter());
    let is_scaled = letters(&mut spans.iter().filter(small)) > SCALE_SHARE * all;
    let mut grounds: Option<Vec<Rect>> = None;
    let mut found = Vec::new();
    for span in spans {
        let (x, y) = middle(&span.bbox);
        if x < left || x > right || y < foot || y > top {
            found.push((span, Hiding::OffPage));
        } else if small(&span) && !is_scaled {
            found.push((span, Hiding::Tiny));
        } else if is_white(span.color.r, span.color.g, span.color.b) {
            let grounds = grounds.get_or_insert_with(|| grounds_of(document, at));
            if !grounds.iter().any(|ground| holds(ground, (x, y))) {
                found.push((span, Hiding::White));
            }
        }
    }
    Ok(found)
}

/// The lines that are set and never painted, but for those under a picture: what a machine
/// recognised on a scanned page lies so.
fn unpainted(document: &PdfDocument, at: usize) -> Result<Vec<TextSpan>, pdf_oxide::Error> {
    let content = document.get_page_content_data(at)?;
    let Some(marked) = marked(&content) else { return Ok(Vec::new()) };
    let page = document.get_page(at)?;
    let mut extractor = TextExtractor::new();
    if let Some(resources) = page.as_dict().and_then(|page| page.get("Resources")) {
        extractor.set_resources(resources.clone());
        extractor.set_document(document);
        document.load_fonts_public(resources, &mut extractor)?;
    }
    let mut spans = extractor.extract_text_spans(&marked)?;
    let near = |part: f32, mark: f32| (part - mark).abs() < 0.001;
    spans.retain(|span| {
        near(span.color.r, MARK.0) && near(span.color.g, MARK.1) && near(span.color.b, MARK.2)
    });
    if !spans.is_empty() {
        let pictures = pictures_of(document, at);
        spans.retain(|span| !pictures.iter().any(|it| holds(it, middle(&span.bbox))));
    }
    Ok(spans)
}

/// The content with a mark on all that is not painted; nothing if all is.
fn marked(content: &[u8]) -> Option<Vec<u8>> {
    let mut marked = Vec::with_capacity(content.len() + 256);
    let (mut mode, mut held, mut found) = (0_u8, Vec::new(), false);
    let (mut from, mut operand): (usize, &[u8]) = (0, &[]);
    while let Some((start, end)) = token(content, from) {
        let word = content.get(start..end).unwrap_or_default();
        marked.extend_from_slice(content.get(from..end).unwrap_or_default());
        from = end;
        let before = mode;
        let mut colours = false;
        match word {
            b"Tr" => mode = operand.first().map_or(0, |digit| digit.wrapping_sub(b'0')),
            b"q" => held.push(mode),
            b"Q" => mode = held.pop().unwrap_or(0),
            b"rg" | b"g" | b"k" | b"sc" | b"scn" | b"cs" | b"gs" => colours = true,
            _ => {}
        }
        operand = word;
        let (was, is) = (is_unpainted(before), is_unpainted(mode));
        if is && (!was || colours || word == b"Q") {
            marked.extend_from_slice(MARK_OPERATOR);
            found = true;
        } else if was && !is && word != b"Q" {
            marked.extend_from_slice(b" 0 g ");
        }
    }
    marked.extend_from_slice(content.get(from..).unwrap_or_default());
    found.then_some(marked)
}

fn is_unpainted(mode: u8) -> bool {
    matches!(mode, 3 | 7)
}

/// The next word of a content stream from a place on; strings and comments are passed over.
fn token(content: &[u8], from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    loop {
        match *content.get(at)? {
            b'(' => at = string_end(content, at),
            b'%' => {
                let rest = content.get(at..)?;
                at += rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
            }
            byte if byte.is_ascii_alphanumeric() || matches!(byte, b'\'' | b'"' | b'*') => break,
            _ => at += 1,
        }
    }
    let rest = content.get(at..)?;
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b"()<>[]{}/%".contains(byte);
    Some((at, at + rest.iter().position(ends).unwrap_or(rest.len())))
}

/// Where a string that opens here is over.
fn string_end(content: &[u8], open: usize) -> usize {
    let (mut at, mut depth) = (open, 0_usize);
    while let Some(byte) = content.get(at) {
        at += 1;
        match byte {
            b'\\' => at += 1,
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// What is painted with a colour or a picture.
fn grounds_of(document: &PdfDocument, at: usize) -> Vec<Rect> {
    let paths = document.extract_paths(at).unwrap_or_default();
    let filled = paths.into_iter().filter(|path| {
        path.fill_color.as_ref().is_some_and(|color| !is_white(color.r, color.g, color.b))
    });
    filled.map(|path| path.bbox).chain(pictures_of(document, at)).collect()
}

fn pictures_of(document: &PdfDocument, at: usize) -> Vec<Rect> {
    let handles = document.page_image_handles(at).unwrap_or_default();
    handles.into_iter().map(|handle| handle.bbox).collect()
}

fn middle(frame: &Rect) -> (f32, f32) {
    (frame.x + frame.width / 2.0, frame.y + frame.height / 2.0)
}

fn holds(frame: &Rect, (x, y): (f32, f32)) -> bool {
    x >= frame.x && x <= frame.x + frame.width && y >= frame.y && y <= frame.y + frame.height
}

fn is_white(red: f32, green: f32, blue: f32) -> bool {
    red >= WHITE_MIN && green >= WHITE_MIN && blue >= WHITE_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(content: &str, expected: Option<&str>) {
        let found = marked(content.as_bytes());
        let found = found.map(|it| String::from_utf8(it).unwrap());
        let found = found.map(|it| it.replace(" 0.123 0.456 0.789 rg ", "*"));
        assert_eq!(found.as_deref(), expected);
    }

    #[test]
    fn what_is_not_painted_is_marked() {
        check("BT (a 3 Tr) Tj 0 Tr ET", None);
        check("BT 3 Tr (a) Tj ET", Some("BT 3 Tr* (a) Tj ET"));
        check("3 Tr 1 g (a) Tj 0 Tr (b) Tj", Some("3 Tr* 1 g* (a) Tj 0 Tr 0 g  (b) Tj"));
        check("q 7 Tr (a) Tj Q (b) Tj", Some("q 7 Tr* (a) Tj Q (b) Tj"));
        check("(un\\) 3 Tr (x) Tj", None);
    }
}
