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
    TILE_COLUMNS_MIN, TILE_ROWS, TILE_VECTORS, copy_strip, copy_sums, gelu, normalise, tile,
    tile_columns,
};

/// Inputs taken at once: a panel of so many rows has 24 kB where a tile is 16 columns wide, and 48 kB
/// where it is 32. Measured where it is 32, with 48 kB of cache: 192 is slower by 4 in 100, 128 by 6.
const DEPTH: usize = 384;
/// Bytes of a line of the cache, and of the widest vector.
const LINE_BYTES: usize = 64;
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
    /// For each depth of inputs, for each panel, for each input: a weight for each output.
    panels: Lined,
    /// As many as the panels have columns.
    bias: Vec<f32>,
}

impl Matrix {
    /// Lays out weights that have a row for each output.
    pub(crate) fn new(weights: &[f32], bias: &[f32], inputs: usize) -> Self {
        let outputs = bias.len();
        let width = Arch::new().dispatch(Width);
        let columns = outputs.next_multiple_of(width);
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
        let mut bias = bias.to_vec();
        bias.resize(columns, 0.0);
        Self { inputs, outputs, panels: lined, bias }
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
        strips: &mut Vec<[f32; TILE_ROWS]>,
    ) {
        Arch::new().dispatch(Product { matrix: self, rows, onto, finish, strips });
    }
}

/// Numbers that begin where a line of the cache does: a vector of 64 bytes that does not would be
/// read from two lines, each time.
#[derive(Debug)]
struct Lined {
    values: Vec<f32>,
    /// Numbers before the first that counts.
    start: usize,
}

impl Lined {
    /// So many noughts.
    fn new(count: usize) -> Self {
        let mut values = vec![0.0; count + LINE_BYTES / size_of::<f32>()];
        let start = values.as_ptr().align_offset(LINE_BYTES).min(values.len() - count);
        values.truncate(start + count);
        Self { values, start }
    }

    fn values(&self) -> &[f32] {
        self.values.get(self.start..).unwrap_or_default()
    }

    fn values_mut(&mut self) -> &mut [f32] {
        self.values.get_mut(self.start..).unwrap_or_default()
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
    strips: &'a mut Vec<[f32; TILE_ROWS]>,
}

impl WithSimd for Product<'_> {
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

impl Product<'_> {
    #[inline(always)]
    fn run<S: Simd, const V: usize>(self, simd: S) {
        let Self { matrix: Matrix { inputs, outputs, panels, bias, .. }, .. } = self;
        let width = tile_columns::<S>();
        let bands = self.rows.chunks(BAND * inputs).zip(self.onto.chunks_mut(BAND * outputs));
        for (rows, onto) in bands {
            for (step, panels) in panels.values().chunks(DEPTH * bias.len()).enumerate() {
                let depth = panels.len() / bias.len();
                let first = step == 0;
                let last = (step + 1) * DEPTH >= *inputs;
                self.strips.clear();
                let count = (rows.len() / inputs).div_ceil(TILE_ROWS);
                self.strips.resize(count * depth, [0.0; TILE_ROWS]);
                let bundles = rows.chunks(TILE_ROWS * inputs);
                for (strip, bundle) in self.strips.chunks_exact_mut(depth).zip(bundles) {
                    let parts = bundle.chunks_exact(*inputs);
                    copy_strip(strip, parts.map(|row| row.get(step * DEPTH..).unwrap_or(&[])));
                }
                let columns = panels.chunks_exact(depth * width);
                let columns = columns.zip(bias.chunks_exact(width)).enumerate();
                for (at, (panel, bias)) in columns {
                    let bundles = onto.chunks_mut(TILE_ROWS * outputs);
                    for (strip, bundle) in self.strips.chunks_exact(depth).zip(bundles) {
                        let sums = tile::<S, V>(simd, strip, panel);
                        for (sums, row) in sums.iter().zip(bundle.chunks_exact_mut(*outputs)) {
                            let end = (*outputs).min((at + 1) * width);
                            let Some(row) = row.get_mut(at * width..end) else { continue };
                            let bias = first.then_some(bias);
                            let added = !first || self.finish == Finish::Add;
                            let sums = finished::<S, V>(simd, *sums, bias, (added, row));
                            let sums = if last && self.finish == Finish::Gelu {
                                bent::<S, V>(simd, sums)
                            } else {
                                sums
                            };
                            copy_sums::<S, V>(simd, &sums, row);
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
