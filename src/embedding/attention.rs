//! How the tokens of a text take from each other, each text for itself.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined into pulp's dispatch is compiled without the wide instructions"
)]

use pulp::{Arch, Simd, WithSimd};

use crate::embedding::lanes::{
    TILE_COLUMNS_MIN, TILE_ROWS, TILE_VECTORS, copy_strip, copy_sums, tile, tile_columns, weigh,
};

/// Memory that is used again for every text and head.
#[derive(Debug, Default)]
pub(crate) struct Room {
    keys: Vec<f32>,
    values: Vec<f32>,
    queries: Vec<[f32; TILE_ROWS]>,
    scores: Vec<f32>,
    weights: Vec<[f32; TILE_ROWS]>,
}

/// The shape of an attention.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heads {
    /// How many there are.
    pub(crate) count: usize,
    /// How many columns each has.
    pub(crate) width: usize,
}

impl Heads {
    /// How many columns they have together.
    pub(crate) fn columns(self) -> usize {
        self.count * self.width
    }
}

/// Lets the tokens of every text attend to each other.
///
/// `mixed` has for each token its query, its key and its value beside each other; queries are
/// already scaled. `lengths` are the texts' numbers of tokens, in order.
pub(crate) fn attend(
    heads: Heads,
    lengths: &[usize],
    mixed: &[f32],
    onto: &mut [f32],
    room: &mut Room,
) {
    let columns = heads.columns();
    let (mut mixed, mut onto) = (mixed, onto);
    for length in lengths {
        let Some((text, rest)) = mixed.split_at_checked(length * 3 * columns) else { return };
        let Some((rows, rest_onto)) = onto.split_at_mut_checked(length * columns) else { return };
        for head in 0..heads.count {
            let span = Span { heads, head, length: *length };
            Arch::new().dispatch(Attention { span, text, rows, room });
        }
        (mixed, onto) = (rest, rest_onto);
    }
}

#[derive(Clone, Copy)]
struct Span {
    heads: Heads,
    head: usize,
    length: usize,
}

struct Attention<'a> {
    span: Span,
    text: &'a [f32],
    rows: &'a mut [f32],
    room: &'a mut Room,
}

impl WithSimd for Attention<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match S::F32_LANES {
            16 | 8 => self.run::<S, TILE_VECTORS>(simd),
            4 => self.run::<S, 4>(simd),
            _ => self.run::<S, TILE_COLUMNS_MIN>(simd),
        }
    }
}

impl Attention<'_> {
    #[inline(always)]
    fn run<S: Simd, const V: usize>(self, simd: S) {
        let Self { span: Span { heads, head, length }, text, rows, room } = self;
        let (columns, width) = (heads.columns(), heads.width);
        let tile_width = tile_columns::<S>();
        let padded = length.next_multiple_of(tile_width);
        room.lay_out(self.span, tile_width, text);
        room.queries.clear();
        room.queries.resize(width, [0.0; TILE_ROWS]);
        room.weights.clear();
        room.weights.resize(length, [0.0; TILE_ROWS]);
        room.scores.clear();
        room.scores.resize(TILE_ROWS * padded, 0.0);
        let bundles = text.chunks(TILE_ROWS * 3 * columns);
        for (bundle, onto) in bundles.zip(rows.chunks_mut(TILE_ROWS * columns)) {
            let queries = bundle.chunks_exact(3 * columns);
            copy_strip(
                &mut room.queries,
                queries.map(|row| row.get(head * width..).unwrap_or(&[])),
            );
            for (at, panel) in room.keys.chunks_exact(width * tile_width).enumerate() {
                let sums = tile::<S, V>(simd, &room.queries, panel);
                for (sums, row) in sums.iter().zip(room.scores.chunks_exact_mut(padded)) {
                    let place = row.get_mut(at * tile_width..(at + 1) * tile_width);
                    copy_sums::<S, V>(simd, sums, place.unwrap_or(&mut []));
                }
            }
            for (at, row) in room.scores.chunks_exact_mut(padded).enumerate() {
                let scale = weigh(simd, row, length);
                for (column, score) in room.weights.iter_mut().zip(row.iter()) {
                    if let Some(place) = column.get_mut(at) {
                        *place = *score * scale;
                    }
                }
            }
            for (at, panel) in room.values.chunks_exact(length * tile_width).enumerate() {
                let sums = tile::<S, V>(simd, &room.weights, panel);
                let start = at * tile_width;
                let (from, to) =
                    (head * width + start, head * width + width.min(start + tile_width));
                for (sums, row) in sums.iter().zip(onto.chunks_exact_mut(columns)) {
                    copy_sums::<S, V>(simd, sums, row.get_mut(from..to).unwrap_or(&mut []));
                }
            }
        }
    }
}

impl Room {
    /// Lays out one head's keys in panels of tokens, and its values in panels of columns.
    #[inline(always)]
    fn lay_out(&mut self, Span { heads, head, length }: Span, tile_width: usize, text: &[f32]) {
        let (columns, width) = (heads.columns(), heads.width);
        self.keys.clear();
        self.keys.resize(length.next_multiple_of(tile_width) * width, 0.0);
        self.values.clear();
        self.values.resize(length * width.next_multiple_of(tile_width), 0.0);
        for (token, row) in text.chunks_exact(3 * columns).enumerate() {
            let start = columns + head * width;
            let key = row.get(start..start + width).unwrap_or(&[]);
            let value = row.get(columns + start..columns + start + width).unwrap_or(&[]);
            let (panel, column) = (token / tile_width, token % tile_width);
            let panel = self.keys.get_mut(panel * width * tile_width..).unwrap_or(&mut []);
            for (step, key) in panel.chunks_exact_mut(tile_width).zip(key) {
                if let Some(place) = step.get_mut(column) {
                    *place = *key;
                }
            }
            let panels = self.values.chunks_exact_mut(length * tile_width);
            for (panel, part) in panels.zip(value.chunks(tile_width)) {
                let place = panel.get_mut(token * tile_width..).unwrap_or(&mut []);
                for (place, value) in place.iter_mut().zip(part) {
                    *place = *value;
                }
            }
        }
    }
}
