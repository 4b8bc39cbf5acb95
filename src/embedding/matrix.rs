//! Weights laid out for the products that the encoder makes, and these products.
//!
//! The weights of a layer are known at load, so they are laid out then, once, in panels that the
//! inner loop reads from front to back; a general matmul would lay them out for every product,
//! which for one short query takes longer than the product itself.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined into pulp's dispatch is compiled without the wide instructions"
)]

use pulp::{Arch, Simd, WithSimd};

use crate::embedding::lanes::{
    TILE_COLUMNS_MIN, TILE_ROWS, TILE_VECTORS, copy_sums, gelu, normalise, tile_columns,
};
use crate::embedding::pairs::{Machine, Pairs, WithPairs};
use crate::embedding::panels::{DEPTH, Floats, Form, Lined, Shape, Step, Strips, Whole};

/// Rows taken at once: 516 rows of 384 inputs are 0.8 MB, and stay in the cache of a core.
const BAND: usize = 86 * TILE_ROWS;

/// What is done with a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finish {
    /// It replaces what was there.
    Set,
    /// Its GELU replaces what was there.
    Gelu,
    /// It is added to what was there.
    Add,
}

/// The weights and the bias of one linear layer, in panels as wide as a tile.
#[derive(Debug)]
pub(crate) struct Matrix {
    inputs: usize,
    outputs: usize,
    panels: Panels,
    /// As many as the panels have columns.
    bias: Vec<f32>,
}

/// For each depth of inputs, for each panel, for each input or pair of inputs: a weight, or a pair of
/// them, for each output.
#[derive(Debug)]
enum Panels {
    /// As they are.
    Floats(Lined<f32>),
    /// As whole numbers, with what each output's are multiplied by: as many as there are columns.
    Whole { machine: Machine, pairs: Lined<i32>, scales: Vec<f32> },
}

impl Matrix {
    /// Lays out weights that have a row for each output.
    pub(crate) fn new(weights: &[f32], bias: &[f32], inputs: usize) -> Self {
        Self::on(Machine::here(), weights, bias, inputs)
    }

    /// The same for a machine that multiplies pairs of whole numbers, or for one that does not.
    fn on(machine: Option<Machine>, weights: &[f32], bias: &[f32], inputs: usize) -> Self {
        let outputs = bias.len();
        let width = machine.map_or_else(|| Arch::new().dispatch(Width), Machine::columns);
        let columns = outputs.next_multiple_of(width);
        let shape = Shape { inputs, columns, width };
        let panels = match machine {
            None => Panels::Floats(shape.floats(weights)),
            Some(machine) => {
                let (pairs, scales) = shape.pairs(weights);
                Panels::Whole { machine, pairs, scales }
            }
        };
        let mut bias = bias.to_vec();
        bias.resize(columns, 0.0);
        Self { inputs, outputs, panels, bias }
    }

    /// How many values a row has before the product.
    pub(crate) fn inputs(&self) -> usize {
        self.inputs
    }

    /// How many values a row has after the product.
    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Multiplies rows, and finishes the product onto as many rows.
    pub(crate) fn apply(
        &self,
        rows: &[f32],
        onto: &mut [f32],
        finish: Finish,
        strips: &mut Strips,
    ) {
        let product = Product { matrix: self, rows, onto, finish, strips };
        match &self.panels {
            Panels::Floats(panels) => Arch::new().dispatch(OfFloats { product, panels }),
            Panels::Whole { machine, pairs, scales } => {
                machine.run(OfWhole { product, pairs, scales });
            }
        }
    }
}

struct Width;

impl WithSimd for Width {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        tile_columns::<S>()
    }
}

struct Product<'a> {
    matrix: &'a Matrix,
    rows: &'a [f32],
    onto: &'a mut [f32],
    finish: Finish,
    strips: &'a mut Strips,
}

struct OfFloats<'a> {
    product: Product<'a>,
    panels: &'a Lined<f32>,
}

impl WithSimd for OfFloats<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { product, panels } = self;
        match S::F32_LANES {
            16 | 8 => product.run::<_, TILE_VECTORS>(&Floats { simd, panels }),
            4 => product.run::<_, 4>(&Floats { simd, panels }),
            _ => product.run::<_, TILE_COLUMNS_MIN>(&Floats { simd, panels }),
        }
    }
}

struct OfWhole<'a> {
    product: Product<'a>,
    pairs: &'a Lined<i32>,
    scales: &'a [f32],
}

impl WithPairs for OfWhole<'_> {
    #[inline(always)]
    fn with_pairs<S: Pairs>(self, simd: S) {
        let Self { product, pairs, scales } = self;
        product.run::<_, TILE_VECTORS>(&Whole { simd, pairs, scales });
    }
}

impl Product<'_> {
    #[inline(always)]
    fn run<F: Form<V>, const V: usize>(self, form: &F) {
        let Self { matrix, finish, strips, .. } = self;
        let Matrix { inputs, outputs, bias, .. } = matrix;
        let (simd, columns) = (form.lanes(), bias.len());
        let width = V * F::Lanes::F32_LANES;
        let bands = self.rows.chunks(BAND * inputs).zip(self.onto.chunks_mut(BAND * outputs));
        for (rows, onto) in bands {
            for start in (0..*inputs).step_by(DEPTH) {
                let depth = DEPTH.min(inputs - start);
                let step = Step { inputs: *inputs, start, depth, columns };
                let (first, last) = (start == 0, start + depth == *inputs);
                form.lay_out(rows, step, strips);
                for (panel, bias) in bias.chunks_exact(width).enumerate() {
                    let (from, to) = (panel * width, (*outputs).min((panel + 1) * width));
                    for (strip, bundle) in onto.chunks_mut(TILE_ROWS * outputs).enumerate() {
                        let sums = form.tile(strips, strip, panel, step);
                        for (sums, row) in sums.iter().zip(bundle.chunks_exact_mut(*outputs)) {
                            let Some(row) = row.get_mut(from..to) else { continue };
                            let bias = first.then_some(bias);
                            let added = !first || finish == Finish::Add;
                            let sums = finished::<F::Lanes, V>(simd, *sums, bias, (added, row));
                            let sums = if last && finish == Finish::Gelu {
                                bent::<F::Lanes, V>(simd, sums)
                            } else {
                                sums
                            };
                            copy_sums::<F::Lanes, V>(simd, &sums, row);
                        }
                    }
                }
            }
        }
    }
}

/// Sums with the bias, and with what was there, where they are wanted.
#[inline(always)]
fn finished<S: Simd, const V: usize>(
    simd: S,
    mut sums: [S::f32s; V],
    bias: Option<&[f32]>,
    (added, row): (bool, &[f32]),
) -> [S::f32s; V] {
    if let Some(bias) = bias {
        let (bias, _) = S::as_simd_f32s(bias);
        for (sum, bias) in sums.iter_mut().zip(bias) {
            *sum = simd.add_f32s(*sum, *bias);
        }
    }
    if added {
        if row.len() == V * S::F32_LANES {
            let (row, _) = S::as_simd_f32s(row);
            for (sum, old) in sums.iter_mut().zip(row) {
                *sum = simd.add_f32s(*sum, *old);
            }
        } else {
            for (sum, old) in sums.iter_mut().zip(row.chunks(S::F32_LANES)) {
                *sum = simd.add_f32s(*sum, simd.partial_load_f32s(old));
            }
        }
    }
    sums
}

/// The GELU of each sum.
#[inline(always)]
fn bent<S: Simd, const V: usize>(simd: S, mut sums: [S::f32s; V]) -> [S::f32s; V] {
    for sum in &mut sums {
        *sum = gelu(simd, *sum);
    }
    sums
}

/// Scale and shift of a LayerNorm.
#[derive(Debug)]
pub(crate) struct Norm {
    /// What each column is multiplied by.
    pub(crate) weight: Vec<f32>,
    /// What is added to each column.
    pub(crate) bias: Vec<f32>,
    /// What keeps the variance from nought.
    pub(crate) epsilon: f32,
}

impl Norm {
    /// Brings every row to its mean and variance.
    pub(crate) fn apply(&self, rows: &mut [f32]) {
        Arch::new().dispatch(Evening { norm: self, rows });
    }
}

struct Evening<'a> {
    norm: &'a Norm,
    rows: &'a mut [f32],
}

impl WithSimd for Evening<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Norm { weight, bias, epsilon } = self.norm;
        for row in self.rows.chunks_exact_mut(weight.len().max(1)) {
            normalise(simd, row, (weight, bias), *epsilon);
        }
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    /// Numbers from -0.5 to 0.5 that look drawn, the same each time.
    fn drawn(count: usize, mut seed: u64) -> Vec<f32> {
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 40) as f32 / (1 << 24) as f32 - 0.5
        };
        (0..count).map(|_| next()).collect()
    }

    fn product(matrix: &Matrix, rows: &[f32], finish: Finish) -> Vec<f32> {
        let mut onto = vec![0.25; rows.len() / matrix.inputs() * matrix.outputs()];
        matrix.apply(rows, &mut onto, finish, &mut Strips::default());
        onto
    }

    /// The product as one would do it by hand.
    fn by_hand(weights: &[f32], bias: &[f32], rows: &[f32], inputs: usize) -> Vec<f64> {
        let outputs = |row: &[f32]| {
            let sum = |weights: &[f32]| -> f64 {
                row.iter().zip(weights).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
            };
            let weights = weights.chunks_exact(inputs).zip(bias);
            weights.map(|(weights, bias)| sum(weights) + f64::from(*bias)).collect::<Vec<_>>()
        };
        rows.chunks_exact(inputs).flat_map(outputs).collect()
    }

    #[test]
    fn products_of_whole_numbers_are_near_those_of_floats_on_every_machine() {
        // Odd numbers of inputs, more than one step of them, outputs that fill no panel, one row.
        for (count, inputs, outputs) in [(1, 3, 5), (7, 385, 33), (13, 384, 64), (40, 1536, 40)] {
            let (weights, bias) = (drawn(inputs * outputs, 1), drawn(outputs, 2));
            let rows = drawn(count * inputs, 3);
            let expected = by_hand(&weights, &bias, &rows, inputs);
            let near = |found: &[f32], within: f64| {
                for (found, expected) in found.iter().zip(&expected) {
                    assert!((f64::from(*found) - expected).abs() < within, "{found} {expected}");
                }
            };
            // A product's size is about the root of the number of inputs times a twelfth.
            let size = (inputs as f64).sqrt() / 12.0;
            let floats = Matrix::on(None, &weights, &bias, inputs);
            near(&product(&floats, &rows, Finish::Set), 1e-4 * size);
            let machines = Machine::all();
            let whole = machines.iter().map(|machine| {
                let whole = Matrix::on(Some(*machine), &weights, &bias, inputs);
                let found = product(&whole, &rows, Finish::Set);
                near(&found, 5e-3 * size);
                for finish in [Finish::Add, Finish::Gelu] {
                    let others = product(&floats, &rows, finish);
                    for (a, b) in product(&whole, &rows, finish).iter().zip(others) {
                        assert!(f64::from((a - b).abs()) < 5e-3 * size, "{finish:?}: {a} {b}");
                    }
                }
                found
            });
            let whole: Vec<Vec<f32>> = whole.collect();
            for (found, machine) in whole.iter().zip(&machines) {
                assert_eq!(Some(found), whole.first(), "{machine:?}");
            }
        }
    }

    #[test]
    fn the_largest_rows_and_weights_overflow_nothing_and_empty_ones_give_the_bias() {
        let inputs = DEPTH;
        for machine in Machine::all() {
            let matrix = Matrix::on(Some(machine), &vec![-2.0; inputs], &[1.0], inputs);
            let found = product(&matrix, &vec![3.0; inputs], Finish::Set);
            assert!((found[0] - (1.0 - 6.0 * inputs as f32)).abs() < 0.01, "{found:?}");
            assert_eq!(product(&matrix, &vec![0.0; inputs], Finish::Set), [1.0]);
            let huge = product(&matrix, &vec![1e38; inputs], Finish::Set);
            assert!(!huge[0].is_finite() || huge[0] < -1e38, "{huge:?}");
            let nothing = Matrix::on(Some(machine), &vec![0.0; inputs], &[1.0], inputs);
            assert_eq!(product(&nothing, &vec![3.0; inputs], Finish::Set), [1.0]);
        }
    }
}
