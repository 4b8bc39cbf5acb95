//! Tables without lines: pieces that stand under each other.

use crate::sources::format::layout::{Piece, is_level, is_mark};

/// Left edges that differ by less, in points, are one column.
const EDGE_POINTS: f32 = 4.0;
/// Lines that stand closer, in letter sizes, are one cell.
const LEADING_EMS: f32 = 1.35;
/// Rows that stand further apart, in letter sizes, are not one table.
const ROW_GAP_EMS: f32 = 4.0;
/// Two columns of longer texts than this are columns, not a table.
const CELL_CHARS_MAX: usize = 40;

/// In a table of two columns the first one names; in two columns of text it does not.
const NAME_CHARS_MEAN_MAX: usize = 28;

/// A table and where it stands.
#[derive(Debug)]
pub(crate) struct Grid {
    /// The baseline of its first row.
    pub(crate) top: f32,
    /// Its rows, each with all columns.
    pub(crate) rows: Vec<Vec<String>>,
    /// Its left and right edges.
    pub(crate) sides: (f32, f32),
}

/// Takes the tables out of a page's pieces, which come from top to bottom.
pub(crate) fn take_grids(pieces: &mut Vec<Piece>) -> Vec<Grid> {
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    for piece in std::mem::take(pieces) {
        match lines.last_mut().filter(|line| line.first().is_some_and(|it| is_level(it, &piece))) {
            Some(line) => line.push(piece),
            None => lines.push(vec![piece]),
        }
    }
    let mut grids = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let rest = lines.get(at..).unwrap_or_default();
        if let Some((grid, used)) = grid_at(rest) {
            grids.push(grid);
            at += used;
        } else {
            pieces.extend(rest.first().into_iter().flatten().cloned());
            at += 1;
        }
    }
    grids
}

/// The table that the first of these lines opens, and how many lines it takes.
fn grid_at(lines: &[Vec<Piece>]) -> Option<(Grid, usize)> {
    let head = lines.first().filter(|head| head.len() > 1)?;
    if head.first().is_some_and(|first| is_mark(&first.text)) {
        return None;
    }
    let edges: Vec<f32> = head.iter().map(|piece| piece.left).collect();
    let mut used = 1;
    for pair in lines.windows(2) {
        let [above, line] = pair else { break };
        let gap = base(above) - base(line);
        let fits = line.iter().all(|piece| column_of(piece, &edges).is_some());
        if !fits || gap > ROW_GAP_EMS * size(line) {
            break;
        }
        used += 1;
    }
    let taken = lines.get(..used)?;
    let rows = rows_of(taken, &edges);
    if !is_table(&rows, taken) {
        return None;
    }
    let pieces = || taken.iter().flatten();
    let left = pieces().map(|piece| piece.left).fold(f32::INFINITY, f32::min);
    let right = pieces().map(|piece| piece.right).fold(f32::NEG_INFINITY, f32::max);
    Some((Grid { top: base(head), rows, sides: (left, right) }, used))
}

fn base(line: &[Piece]) -> f32 {
    line.first().map_or(0.0, |piece| piece.base)
}

fn size(line: &[Piece]) -> f32 {
    line.iter().map(|piece| piece.size).fold(0.0, f32::max)
}

/// The column that a piece stands in: at its edge, and not reaching into the next.
fn column_of(piece: &Piece, edges: &[f32]) -> Option<usize> {
    let at = edges.iter().position(|edge| (piece.left - edge).abs() <= EDGE_POINTS)?;
    let fits = edges.get(at + 1).is_none_or(|next| piece.right <= *next);
    fits.then_some(at)
}

fn rows_of(lines: &[Vec<Piece>], edges: &[f32]) -> Vec<Vec<String>> {
    let gaps: Vec<bool> = lines
        .windows(2)
        .filter_map(|pair| match pair {
            [above, line] => Some(base(above) - base(line) < LEADING_EMS * size(line)),
            _ => None,
        })
        .collect();
    // Where all lines stand close, closeness says nothing; then an empty first cell does.
    let tight = gaps.iter().all(|&close| close);
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let close = at.checked_sub(1).and_then(|before| gaps.get(before)).is_some_and(|&gap| gap);
        let opens = line.first().is_some_and(|piece| column_of(piece, edges) == Some(0));
        if !(close && (!tight || !opens)) || rows.is_empty() {
            rows.push(vec![String::new(); edges.len()]);
        }
        for piece in line {
            let cell = column_of(piece, edges)
                .and_then(|column| rows.last_mut().and_then(|row| row.get_mut(column)));
            if let Some(cell) = cell {
                if !cell.is_empty() {
                    cell.push(' ');
                }
                cell.push_str(&piece.text);
            }
        }
    }
    rows
}

/// Three columns are a table; two are one where the header is bold or the cells are short.
fn is_table(rows: &[Vec<String>], lines: &[Vec<Piece>]) -> bool {
    let columns = rows.first().map_or(0, Vec::len);
    let full = rows.iter().filter(|row| row.iter().filter(|cell| !cell.is_empty()).count() > 1);
    if full.count() < 2 {
        return false;
    }
    let head_is_bold = lines.first().is_some_and(|head| head.iter().all(|piece| piece.bold));
    let body = || lines.iter().skip(1).flatten();
    let has_plain_body = body().any(|piece| !piece.bold);
    let short = body().all(|piece| piece.text.chars().count() <= CELL_CHARS_MAX);
    if columns > 2 {
        return short || head_is_bold;
    }
    let names: Vec<usize> = rows.iter().filter_map(|row| row.first()).map(String::len).collect();
    let has_names = names.iter().sum::<usize>() <= NAME_CHARS_MEAN_MAX * names.len();
    has_names && ((head_is_bold && has_plain_body) || (short && rows.len() > 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str, left: f32, base: f32) -> Piece {
        let right = left + 4.0 * text.chars().count() as f32;
        Piece { text: text.to_owned(), left, right, base, size: 8.0, bold: base > 690.0 }
    }

    #[test]
    fn cells_under_each_other_are_a_table() {
        let mut pieces = vec![
            piece("felt", 50.0, 700.0),
            piece("betydning", 150.0, 700.0),
            piece("hjælp", 250.0, 700.0),
            piece("Kode", 50.0, 684.0),
            piece("kode fra guiden", 150.0, 684.0),
            piece("åben eller lukket for", 250.0, 684.0),
            piece("PKAT", 250.0, 674.0),
            piece("Sted", 50.0, 658.0),
            piece("oprettes i SLS", 250.0, 658.0),
            piece("Dette er brødtekst, der går på tværs af alle kolonnerne.", 50.0, 630.0),
        ];
        let grids = take_grids(&mut pieces);
        assert_eq!(grids.len(), 1);
        let rows: Vec<String> = grids[0].rows.iter().map(|row| row.join("|")).collect();
        assert_eq!(
            rows,
            [
                "felt|betydning|hjælp",
                "Kode|kode fra guiden|åben eller lukket for PKAT",
                "Sted||oprettes i SLS",
            ]
        );
        assert_eq!(pieces.len(), 1);
    }

    #[test]
    fn two_columns_of_text_are_no_table() {
        let long = "en lang linje, som fylder hele sin spalte ud";
        let mut pieces = Vec::new();
        for at in 0..6 {
            let base = 600.0 - 10.0 * at as f32;
            pieces.push(piece(long, 50.0, base));
            pieces.push(piece(long, 300.0, base));
        }
        assert_eq!(take_grids(&mut pieces).len(), 0);
        assert_eq!(pieces.len(), 12);
    }
}
