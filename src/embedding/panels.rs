//! Weights laid out in panels as wide as a tile, and rows in strips as high as one, in either of the
//! two forms in which they are multiplied: as floating-point numbers, or as whole ones.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined into pulp's dispatch is compiled without the wide instructions"
)]

use pulp::Simd;

use crate::embedding::lanes::{Sums, TILE_ROWS, copy_strip, tile};
use crate::embedding::pairs::{Pairs, copy_pairs, pair, pairs_of, tile_of_pairs, whole_weights};

/// Inputs taken at once: a panel of so many rows has 24 kB where a tile is 16 columns wide, and 48 kB
/// where it is 32; half of that as whole numbers. Measured in f32 where it is 32, with 48 kB of cache:
/// 192 is slower by 4 in 100, 128 by 6.
pub(crate) const DEPTH: usize = 384;
/// Bytes of a line of the cache, and of the widest vector.
const LINE_BYTES: usize = 64;

/// How weights are laid out.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// Inputs of each output.
    pub(crate) inputs: usize,
    /// Outputs, up to a whole number of panels.
    pub(crate) columns: usize,
    /// Columns of a panel.
    pub(crate) width: usize,
}

impl Shape {
    /// For each depth of inputs, for each panel, for each input: the weight of each output.
    pub(crate) fn floats(self, weights: &[f32]) -> Lined<f32> {
        let Self { inputs, columns, width } = self;
        let mut lined = Lined::new(inputs * columns);
        let panels = lined.values_mut();
        for (output, row) in weights.chunks_exact(inputs).enumerate() {
            let (panel, column) = (output / width, output % width);
            for (step, part) in row.chunks(DEPTH).enumerate() {
                let start = step * DEPTH * columns + panel * part.len() * width + column;
                let places = panels.iter_mut().skip(start).step_by(width);
                for (place, weight) in places.zip(part) {
                    *place = *weight;
                }
            }
        }
        lined
    }

    /// The same for pairs of inputs, with what brings the whole numbers of each output back.
    pub(crate) fn pairs(self, weights: &[f32]) -> (Lined<i32>, Vec<f32>) {
        let Self { inputs, columns, width } = self;
        let depths = (0..inputs).step_by(DEPTH).map(|start| DEPTH.min(inputs - start));
        let mut lined = Lined::new(depths.map(pairs_of).sum::<usize>() * columns);
        let mut scales = vec![0.0; columns];
        let panels = lined.values_mut();
        let rows = weights.chunks_exact(inputs).zip(&mut scales);
        for (output, (row, scale)) in rows.enumerate() {
            let (panel, column) = (output / width, output % width);
            let times;
            (times, *scale) = whole_weights(row);
            for (step, part) in row.chunks(DEPTH).enumerate() {
                let pairs = pairs_of(part.len());
                let start = step * pairs_of(DEPTH) * columns + panel * pairs * width + column;
                let places = panels.iter_mut().skip(start).step_by(width);
                let (first, second) = part.split_at(pairs);
                let second = second.iter().copied().chain(std::iter::repeat(0.0));
                for (place, (first, second)) in places.zip(first.iter().zip(second)) {
                    *place = pair(*first * times, second * times);
                }
            }
        }
        (lined, scales)
    }
}

/// Numbers that begin where a line of the cache does: a vector of 64 bytes that does not would be
/// read from two lines, each time.
#[derive(Debug)]
pub(crate) struct Lined<T> {
    values: Vec<T>,
    /// Numbers before the first that counts.
    start: usize,
}

impl<T: Copy + Default> Lined<T> {
    /// So many noughts.
    fn new(count: usize) -> Self {
        let mut values = vec![T::default(); count + LINE_BYTES / size_of::<T>()];
        let start = values.as_ptr().align_offset(LINE_BYTES).min(values.len() - count);
        values.truncate(start + count);
        Self { values, start }
    }

    /// The numbers.
    pub(crate) fn values(&self) -> &[T] {
        self.values.get(self.start..).unwrap_or_default()
    }

    fn values_mut(&mut self) -> &mut [T] {
        self.values.get_mut(self.start..).unwrap_or_default()
    }
}

/// Rows laid out for tiles, and memory that is used again for it.
#[derive(Debug, Default)]
pub(crate) struct Strips {
    floats: Vec<[f32; TILE_ROWS]>,
    whole: Vec<[i32; TILE_ROWS]>,
    /// What the whole numbers of each row are multiplied by.
    scales: Vec<[f32; TILE_ROWS]>,
}

/// How rows and weights are multiplied.
pub(crate) trait Form<const V: usize> {
    /// The vectors that do it.
    type Lanes: Simd;

    /// These vectors.
    fn lanes(&self) -> Self::Lanes;

    /// Lays out one step of the inputs of some rows.
    fn lay_out(&self, rows: &[f32], step: Step, strips: &mut Strips);

    /// The product of one strip and one panel.
    fn tile(&self, strips: &Strips, strip: usize, panel: usize, step: Step)
    -> Sums<Self::Lanes, V>;
}

/// Some of the inputs, taken at once.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    /// How many a row has.
    pub(crate) inputs: usize,
    /// The first of them.
    pub(crate) start: usize,
    /// How many are taken.
    pub(crate) depth: usize,
    /// How many columns the panels have together.
    pub(crate) columns: usize,
}

/// Floating-point numbers, on any machine.
pub(crate) struct Floats<'a, S> {
    /// The vectors.
    pub(crate) simd: S,
    /// The weights.
    pub(crate) panels: &'a Lined<f32>,
}

impl<S: Simd, const V: usize> Form<V> for Floats<'_, S> {
    type Lanes = S;

    #[inline(always)]
    fn lanes(&self) -> S {
        self.simd
    }

    #[inline(always)]
    fn lay_out(&self, rows: &[f32], step: Step, strips: &mut Strips) {
        let Step { inputs, start, depth, .. } = step;
        let bundles = rows.chunks(TILE_ROWS * inputs);
        strips.floats.clear();
        strips.floats.resize(bundles.len() * depth, [0.0; TILE_ROWS]);
        for (strip, bundle) in strips.floats.chunks_exact_mut(depth).zip(bundles) {
            let parts = bundle.chunks_exact(inputs);
            copy_strip(strip, parts.map(|row| row.get(start..).unwrap_or(&[])));
        }
    }

    #[inline(always)]
    fn tile(&self, strips: &Strips, strip: usize, panel: usize, step: Step) -> Sums<S, V> {
        let Step { start, depth, columns, .. } = step;
        let strip = strips.floats.chunks_exact(depth).nth(strip).unwrap_or(&[]);
        let panels = self.panels.values().get(start * columns..).unwrap_or(&[]);
        let size = depth * V * S::F32_LANES;
        tile::<S, V>(self.simd, strip, panels.chunks_exact(size).nth(panel).unwrap_or(&[]))
    }
}

/// Whole numbers, on a machine that multiplies pairs of them.
pub(crate) struct Whole<'a, S> {
    /// The vectors.
    pub(crate) simd: S,
    /// The weights.
    pub(crate) pairs: &'a Lined<i32>,
    /// What brings those of each output back.
    pub(crate) scales: &'a [f32],
}

impl<S: Pairs, const V: usize> Form<V> for Whole<'_, S> {
    type Lanes = S;

    #[inline(always)]
    fn lanes(&self) -> S {
        self.simd
    }

    #[inline(always)]
    fn lay_out(&self, rows: &[f32], step: Step, strips: &mut Strips) {
        let Step { inputs, start, depth, .. } = step;
        let bundles = rows.chunks(TILE_ROWS * inputs);
        let Strips { whole, scales, .. } = strips;
        scales.clear();
        scales.resize(bundles.len(), [0.0; TILE_ROWS]);
        whole.clear();
        whole.resize(bundles.len() * pairs_of(depth), [0; TILE_ROWS]);
        let strips = whole.chunks_exact_mut(pairs_of(depth)).zip(scales.iter_mut());
        for ((strip, scales), bundle) in strips.zip(bundles) {
            for (at, row) in bundle.chunks_exact(inputs).enumerate() {
                let part = row.get(start..start + depth).unwrap_or(&[]);
                let scale = copy_pairs(self.simd, part, strip, at);
                if let Some(place) = scales.get_mut(at) {
                    *place = scale;
                }
            }
        }
    }

    #[inline(always)]
    fn tile(&self, strips: &Strips, strip: usize, panel: usize, step: Step) -> Sums<S, V> {
        let Step { start, depth, columns, .. } = step;
        let rows = strips.scales.get(strip).unwrap_or(&[0.0; TILE_ROWS]);
        let strip = strips.whole.chunks_exact(pairs_of(depth)).nth(strip).unwrap_or(&[]);
        let panels = self.pairs.values().get(pairs_of(start) * columns..).unwrap_or(&[]);
        let width = V * S::F32_LANES;
        let weights = panels.chunks_exact(pairs_of(depth) * width).nth(panel).unwrap_or(&[]);
        let scales = self.scales.chunks_exact(width).nth(panel).unwrap_or(&[]);
        tile_of_pairs::<S, V>(self.simd, (strip, rows), (weights, scales))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_of_eight_bits_stay_what_they_are() {
        let (inputs, outputs) = (384, 32);
        let whole = (-127..=127_i16).cycle().step_by(37).take(inputs * outputs);
        let whole: Vec<i16> = whole.collect();
        let scale = |output: usize| 0.001 + output as f32 * 0.0003;
        let weights = whole.iter().enumerate();
        let weights = weights.map(|(at, whole)| f32::from(*whole) * scale(at / inputs));
        let weights: Vec<f32> = weights.collect();
        let (pairs, scales) = Shape { inputs, columns: outputs, width: outputs }.pairs(&weights);
        for (output, found) in scales.iter().enumerate() {
            assert!((found * 8.0 / scale(output) - 1.0).abs() < 1e-6);
            for at in 0..inputs / 2 {
                let [a, b, c, d] = pairs.values()[at * outputs + output].to_le_bytes();
                assert_eq!(i16::from_le_bytes([a, b]), 8 * whole[output * inputs + at]);
                let second = whole[output * inputs + inputs / 2 + at];
                assert_eq!(i16::from_le_bytes([c, d]), 8 * second);
            }
        }
    }
}
