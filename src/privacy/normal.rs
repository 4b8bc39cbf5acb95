//! A text in one way of writing, with the way back to its bytes as they came.

use std::ops::Range;

use unicode_normalization::char::{compose, is_combining_mark};

/// A text whose digits, dashes and blanks are plain, without characters that nobody sees.
#[derive(Debug, Default)]
pub(crate) struct Normal {
    /// The text.
    pub(crate) text: String,
    /// The same in lower case; a character stands at the same byte in both.
    pub(crate) lower: String,
    /// For each byte, where its character begins and ends in the text as it came.
    from: Vec<(u32, u32)>,
}

impl Normal {
    pub(crate) fn of(original: &str) -> Self {
        let mut normal = Self::default();
        normal.text.reserve(original.len());
        normal.lower.reserve(original.len());
        normal.from.reserve(original.len());
        for (at, c) in original.char_indices() {
            let end = at + c.len_utf8();
            match plain(c) {
                None => {}
                Some(mark) if joins(mark) => normal.join(mark, (at, end)),
                Some(c) => normal.push(c, (at, end)),
            }
        }
        normal
    }

    fn push(&mut self, c: char, place: (usize, usize)) {
        self.text.push(c);
        let mut small = c.to_lowercase();
        let lower = small.next().filter(|l| small.next().is_none() && l.len_utf8() == c.len_utf8());
        self.lower.push(lower.unwrap_or(c));
        let place = (
            u32::try_from(place.0).unwrap_or(u32::MAX),
            u32::try_from(place.1).unwrap_or(u32::MAX),
        );
        self.from.extend(std::iter::repeat_n(place, c.len_utf8()));
    }

    /// Puts an accent on the letter before it.
    fn join(&mut self, mark: char, place: (usize, usize)) {
        let last = self.text.chars().next_back();
        let Some((letter, whole)) = last.and_then(|last| Some((last, compose(last, mark)?))) else {
            return;
        };
        let start = self.from.last().map_or(place.0, |from| from.0 as usize);
        let kept = self.text.len().saturating_sub(letter.len_utf8());
        self.text.truncate(kept);
        self.lower.truncate(kept);
        self.from.truncate(kept);
        self.push(whole, (start, place.1));
    }

    /// A range of this text in bytes of the text as it came.
    pub(crate) fn back(&self, range: &Range<usize>) -> Range<usize> {
        let first = self.from.get(range.start).map_or(0, |from| from.0 as usize);
        let last = range.end.checked_sub(1).and_then(|last| self.from.get(last));
        first..last.map_or(first, |from| from.1 as usize).max(first)
    }

    pub(crate) fn part(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    pub(crate) fn lower_part(&self, range: Range<usize>) -> &str {
        self.lower.get(range).unwrap_or_default()
    }

    /// The character before a byte.
    pub(crate) fn before(&self, at: usize) -> Option<char> {
        self.text.get(..at).and_then(|text| text.chars().next_back())
    }

    /// The character at a byte.
    pub(crate) fn after(&self, at: usize) -> Option<char> {
        self.text.get(at..).and_then(|text| text.chars().next())
    }

    /// The line that holds a byte.
    pub(crate) fn line(&self, at: usize) -> Range<usize> {
        let start = self.text.get(..at).and_then(|text| text.rfind('\n')).map_or(0, |at| at + 1);
        let end = self.text.get(at..).and_then(|text| text.find('\n'));
        start..end.map_or(self.text.len(), |end| at + end)
    }

    /// The largest place at or below a byte where a character begins.
    pub(crate) fn floor(&self, at: usize) -> usize {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at = at.saturating_sub(1);
        }
        at
    }
}

/// Whether a character is an accent on the one before it; no letter of Western Europe is one, and
/// those need no look into the table.
fn joins(c: char) -> bool {
    c >= '\u{300}' && is_combining_mark(c)
}

/// The plain form of a character; none for one that nobody sees.
fn plain(c: char) -> Option<char> {
    if c.is_ascii() {
        return (c != '\r').then_some(c);
    }
    if is_unseen(c) || ('\u{fe00}'..='\u{fe0f}').contains(&c) {
        return None;
    }
    Some(match c {
        '\u{660}'..='\u{669}' => digit(c, 0x660),
        '\u{6f0}'..='\u{6f9}' => digit(c, 0x6f0),
        '\u{ff10}'..='\u{ff19}' => digit(c, 0xff10),
        '\u{1d7ce}'..='\u{1d7ff}' => digit(c, 0x1d7ce),
        '\u{2010}'..='\u{2015}'
        | '\u{2043}'
        | '\u{2212}'
        | '\u{fe58}'
        | '\u{fe63}'
        | '\u{ff0d}' => '-',
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        '\u{ff0f}' | '\u{2044}' => '/',
        '\u{ff0e}' => '.',
        '\u{ff0b}' => '+',
        '\u{ff20}' => '@',
        c => c,
    })
}

fn digit(c: char, zero: u32) -> char {
    char::from_digit((u32::from(c).saturating_sub(zero)) % 10, 10).unwrap_or(c)
}

/// Whether a character is left out of a text in one way of writing, or joins the letter before it.
pub(crate) fn is_dropped(c: char) -> bool {
    plain(c).is_none_or(joins)
}

/// Whether a character can hide between two others: zero width, direction marks, soft hyphens.
pub(crate) fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}')
        || ('\u{200b}'..='\u{200f}').contains(&c)
        || ('\u{202a}'..='\u{202e}').contains(&c)
        || ('\u{2060}'..='\u{206f}').contains(&c)
        || ('\u{e0000}'..='\u{e007f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let normal = Normal::of(text);
        assert_eq!(normal.text, expected);
        assert_eq!(normal.text.len(), normal.lower.len());
        assert_eq!(normal.text.len(), normal.from.len());
    }

    #[test]
    fn one_way_of_writing() {
        check("０１０２０３－１２３４", "010203-1234");
        check("0102\u{200b}03\u{ad}-1234\r\n", "010203-1234\n");
        check("a\u{30a}nd", "ånd");
        check("010203\u{2011}\u{a0}1234", "010203- 1234");
        check("İstanbul", "İstanbul");
    }

    #[test]
    fn a_range_leads_back_to_the_bytes_as_they_came() {
        let text = "Å\u{200b}sa\u{30a}: ０1";
        let normal = Normal::of(text);
        let at = normal.text.find("01").unwrap();
        assert_eq!(text.get(normal.back(&(at..at + 2))), Some("０1"));
        let at = normal.text.find('å').unwrap();
        assert_eq!(text.get(normal.back(&(at..at + 2))), Some("a\u{30a}"));
        assert_eq!(normal.back(&(0..0)), 0..0);
    }
}
