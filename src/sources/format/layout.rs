//! Where words stand on a page, and in which order that is read.

/// A word, or words that stand close together on one line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Piece {
    /// What it says.
    pub(crate) text: String,
    /// Its left edge, in points from the left of the page.
    pub(crate) left: f32,
    /// Its right edge.
    pub(crate) right: f32,
    /// Its baseline, in points from the foot of the page.
    pub(crate) base: f32,
    /// The size of its letters.
    pub(crate) size: f32,
    /// Whether all of it is bold.
    pub(crate) bold: bool,
}

/// Baselines that differ by less, in letter sizes, are one line.
const LINE_EMS: f32 = 0.35;
/// A gap this wide, in letter sizes, stands between columns or cells, not between words.
const GAP_EMS: f32 = 1.2;
/// How many pieces a column needs on either side of a gutter.
const COLUMN_PIECES_MIN: usize = 4;
/// The narrowest gutter between columns, in points.
const GUTTER_MIN: f32 = 8.0;
/// What may cross a gutter: headings over both columns.
const CROSSING_SHARE_MAX: f32 = 0.3;
/// How finely a gutter is looked for, in points.
const GUTTER_STEP: f32 = 2.0;
/// Columns within columns.
const COLUMNS_DEEP_MAX: u8 = 3;

/// Joins words to pieces of lines; a wide gap ends a piece, unless only a list's mark stands there.
pub(crate) fn pieces(mut words: Vec<Piece>) -> Vec<Piece> {
    words.retain(|word| !word.text.trim().is_empty());
    words.sort_by(|a, b| b.base.total_cmp(&a.base).then(a.left.total_cmp(&b.left)));
    let mut rows: Vec<Vec<Piece>> = Vec::new();
    for word in words {
        let row =
            rows.last_mut().filter(|row| row.first().is_some_and(|first| is_level(first, &word)));
        match row {
            Some(row) => row.push(word),
            None => rows.push(vec![word]),
        }
    }
    let mut found = Vec::new();
    for mut row in rows {
        row.sort_by(|a, b| a.left.total_cmp(&b.left));
        let mut row = row.into_iter();
        let Some(mut piece) = row.next() else { continue };
        for word in row {
            let gap = word.left - piece.right;
            if gap > GAP_EMS * word.size.max(piece.size) && !is_mark(&piece.text) {
                found.push(std::mem::replace(&mut piece, word));
            } else {
                // A mark may be of another font than its item.
                if is_mark(&piece.text) {
                    (piece.size, piece.bold) = (word.size, word.bold);
                }
                piece.text.push(' ');
                piece.text.push_str(&word.text);
                piece.bold &= word.bold;
                piece.size = piece.size.max(word.size);
                piece.right = piece.right.max(word.right);
            }
        }
        found.push(piece);
    }
    found
}

/// Whether two pieces stand on one line.
pub(crate) fn is_level(a: &Piece, b: &Piece) -> bool {
    (a.base - b.base).abs() <= LINE_EMS * a.size.min(b.size)
}

/// Whether a text is the mark of an item and nothing else.
pub(crate) fn is_mark(text: &str) -> bool {
    let text = text.trim();
    let numbers = text.trim_end_matches(['.', ')']);
    let is_number = text.len() > numbers.len()
        && (1..=2).contains(&numbers.chars().count())
        && numbers.chars().all(char::is_alphanumeric);
    let is_bullet = text.chars().count() == 1 && !text.chars().all(char::is_alphanumeric);
    is_number || is_bullet
}

/// Puts pieces in the order in which they are read: column by column, between full-width lines.
///
/// Each group that comes out is one column's stretch.
pub(crate) fn in_order(pieces: Vec<Piece>) -> Vec<Vec<Piece>> {
    columns(pieces, 0)
}

fn columns(mut pieces: Vec<Piece>, depth: u8) -> Vec<Vec<Piece>> {
    pieces.sort_by(|a, b| b.base.total_cmp(&a.base).then(a.left.total_cmp(&b.left)));
    let gutter = if depth < COLUMNS_DEEP_MAX { gutter(&pieces) } else { None };
    let Some(gutter) = gutter else {
        return vec![pieces];
    };
    let mut groups = Vec::new();
    let (mut left, mut right, mut across) = (Vec::new(), Vec::new(), Vec::new());
    for piece in pieces {
        if piece.left < gutter && piece.right > gutter {
            for side in [&mut left, &mut right] {
                groups.extend(side_groups(side, depth));
            }
            across.push(piece);
            continue;
        }
        groups.extend((!across.is_empty()).then(|| std::mem::take(&mut across)));
        if piece.right <= gutter { left.push(piece) } else { right.push(piece) }
    }
    groups.extend((!across.is_empty()).then_some(across));
    for side in [&mut left, &mut right] {
        groups.extend(side_groups(side, depth));
    }
    groups
}

fn side_groups(side: &mut Vec<Piece>, depth: u8) -> Vec<Vec<Piece>> {
    if side.is_empty() { Vec::new() } else { columns(std::mem::take(side), depth + 1) }
}

/// The middle of the widest empty strip between two columns.
fn gutter(pieces: &[Piece]) -> Option<f32> {
    let left = pieces.iter().map(|piece| piece.left).fold(f32::INFINITY, f32::min);
    let right = pieces.iter().map(|piece| piece.right).fold(f32::NEG_INFINITY, f32::max);
    let mut best: Option<(usize, f32, f32)> = None;
    let mut at = left + GUTTER_STEP;
    while at < right {
        if let Some((crossing, width, middle)) = gutter_at(pieces, at) {
            let better = best.is_none_or(|(least, widest, _)| {
                crossing < least || (crossing == least && width > widest)
            });
            if better {
                best = Some((crossing, width, middle));
            }
        }
        at += GUTTER_STEP;
    }
    best.map(|(_, _, middle)| middle)
}

/// How many pieces cross the gutter around a place, its width and its middle, if it is one.
fn gutter_at(pieces: &[Piece], at: f32) -> Option<(usize, f32, f32)> {
    let (mut crossing, mut edge, mut start) = (0, f32::NEG_INFINITY, f32::INFINITY);
    let mut sides = [Side::default(), Side::default()];
    for piece in pieces {
        if piece.left < at && piece.right > at {
            crossing += 1;
        } else if piece.right <= at {
            edge = edge.max(piece.right);
            sides[0].add(piece);
        } else {
            start = start.min(piece.left);
            sides[1].add(piece);
        }
    }
    let share = crossing as f32 / pieces.len() as f32;
    let enough = sides.iter().all(|side| side.pieces >= COLUMN_PIECES_MIN);
    let [left, right] = sides;
    let beside = left.top.min(right.top) - left.foot.max(right.foot);
    let is_column = enough
        && share <= CROSSING_SHARE_MAX
        && start - edge >= GUTTER_MIN
        && beside > 0.5 * (right.top - right.foot).min(left.top - left.foot);
    is_column.then_some((crossing, start - edge, f32::midpoint(start, edge)))
}

/// What stands on one side of a gutter.
#[derive(Clone, Copy)]
struct Side {
    pieces: usize,
    top: f32,
    foot: f32,
}

impl Default for Side {
    fn default() -> Self {
        Self { pieces: 0, top: f32::NEG_INFINITY, foot: f32::INFINITY }
    }
}

impl Side {
    fn add(&mut self, piece: &Piece) {
        self.pieces += 1;
        self.top = self.top.max(piece.base);
        self.foot = self.foot.min(piece.base);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, left: f32, base: f32) -> Piece {
        let right = left + 5.0 * text.chars().count() as f32;
        Piece { text: text.to_owned(), left, right, base, size: 10.0, bold: false }
    }

    fn texts(pieces: &[Piece]) -> Vec<&str> {
        pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    #[test]
    fn a_wide_gap_ends_a_piece_but_not_after_a_mark() {
        let words = vec![
            word("ferie", 130.0, 700.5),
            word("Løn", 50.0, 700.0),
            word("og", 68.0, 700.0),
            word("1.", 50.0, 680.0),
            word("Vælg", 90.0, 680.0),
        ];
        assert_eq!(texts(&pieces(words)), ["Løn og", "ferie", "1. Vælg"]);
    }

    #[test]
    fn columns_are_read_one_after_the_other() {
        let mut words = vec![word("En overskrift over begge spalter, lang nok", 50.0, 700.0)];
        for at in 0..5 {
            let base = 680.0 - 12.0 * at as f32;
            words.push(word(&format!("venstre spalte {at}"), 50.0, base));
            words.push(word(&format!("højre spalte {at}"), 200.0, base - 3.0));
        }
        let groups = in_order(words);
        assert_eq!(groups.len(), 3);
        assert_eq!(groups[1][4].text, "venstre spalte 4");
        assert_eq!(groups[2][0].text, "højre spalte 0");
    }
}
