//! A text as a reader sees it, which still knows where each character stood in the body.

use std::ops::Range;

/// A text put together from visible pieces of the body.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plain {
    /// What a reader sees.
    pub(crate) text: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
struct Piece {
    /// Where it begins in the text.
    at: usize,
    /// Where it begins in the body.
    from: usize,
    bytes: usize,
}

/// Whether a reader sees nothing of it: zero-width and bidi controls, soft hyphens, tag characters.
/// A text can hide instructions or split words with them.
pub(crate) fn invisible(c: char) -> bool {
    matches!(
        c,
        '\r' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'
            ..='\u{200f}' | '\u{202a}'
            ..='\u{202e}' | '\u{2060}'
            ..='\u{206f}' | '\u{feff}' | '\u{e0000}'
            ..='\u{e007f}'
    )
}

impl Plain {
    /// The visible text of one range of the body.
    pub(crate) fn of(body: &str, range: Range<usize>) -> Self {
        let mut plain = Self::default();
        plain.push(body, range);
        plain
    }

    /// Adds the visible characters of a range of the body.
    pub(crate) fn push(&mut self, body: &str, range: Range<usize>) {
        let Some(part) = body.get(range.clone()) else { return };
        for (at, c) in part.char_indices().filter(|(_, c)| !invisible(*c)) {
            let (from, bytes) = (range.start + at, c.len_utf8());
            match self.pieces.last_mut() {
                Some(piece) if piece.from + piece.bytes == from => piece.bytes += bytes,
                _ => self.pieces.push(Piece { at: self.text.len(), from, bytes }),
            }
            self.text.push(c);
        }
    }

    /// Where a range of the text stands in the body.
    pub(crate) fn body_range(&self, range: Range<usize>) -> Range<usize> {
        let start = self.pieces.partition_point(|piece| piece.at + piece.bytes <= range.start);
        let Some(first) = self.pieces.get(start).or(self.pieces.last()) else { return 0..0 };
        let start = first.from + range.start.saturating_sub(first.at).min(first.bytes);
        if range.end <= range.start {
            return start..start;
        }
        let end = self.pieces.partition_point(|piece| piece.at + piece.bytes < range.end);
        let Some(last) = self.pieces.get(end).or(self.pieces.last()) else { return 0..0 };
        let end = last.from + range.end.saturating_sub(last.at).min(last.bytes);
        start..end.max(start)
    }

    /// Where in the text other words of the body stand between two pieces.
    pub(crate) fn gaps(&self, body: &str) -> Vec<usize> {
        let pairs = self.pieces.windows(2).filter_map(|pair| {
            let [first, next] = pair else { return None };
            let between = body.get(first.from + first.bytes..next.from)?;
            between.contains(char::is_alphanumeric).then_some(next.at)
        });
        pairs.collect()
    }

    /// The same, cut where other words of the body stand between two pieces.
    pub(crate) fn body_ranges(&self, body: &str, range: Range<usize>) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for piece in &self.pieces {
            let start = range.start.max(piece.at);
            let end = range.end.min(piece.at + piece.bytes);
            if start >= end {
                continue;
            }
            let here = piece.from + (start - piece.at)..piece.from + (end - piece.at);
            let between = |last: &Range<usize>| body.get(last.end..here.start).unwrap_or_default();
            match found.last_mut() {
                Some(last) if !between(last).contains(char::is_alphanumeric) => {
                    last.end = here.end;
                }
                _ => found.push(here),
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_passed_over_and_offsets_stay() {
        let body = "Hv\u{200b}ad gør\r\n\u{202e}vi?";
        let plain = Plain::of(body, 0..body.len());
        assert_eq!(plain.text, "Hvad gør\nvi?");
        let at = plain.text.find("vi?").unwrap();
        assert_eq!(body.get(plain.body_range(at..at + 3)), Some("vi?"));
        assert_eq!(body.get(plain.body_range(0..4)), Some("Hv\u{200b}ad"));
        assert_eq!(plain.body_range(0..plain.text.len()), 0..body.len());
        assert_eq!(Plain::default().body_range(3..9), 0..0);
    }

    #[test]
    fn a_text_can_be_put_together_from_lines() {
        let body = "> Hvad\n> gør vi?";
        let mut plain = Plain::of(body, 2..7);
        plain.push(body, 9..body.len());
        assert_eq!(plain.text, "Hvad\ngør vi?");
        assert_eq!(plain.body_range(0..plain.text.len()), 2..body.len());
        assert_eq!(body.get(plain.body_range(5..9)), Some("gør"));
    }
}
