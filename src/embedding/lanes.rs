//! The arithmetic of the encoder, in vectors as wide as the machine has them.
//!
//! `pulp` finds out at run time what the machine can do; there is one source for all of them.
//! Everything here is inlined into the one function that was compiled for those instructions,
//! or it would run without them; hence loops and no closures.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined into pulp's dispatch is compiled without the wide instructions"
)]

use pulp::Simd;

/// Rows that a tile is high: 6 rows of 16 columns fill 12 of the 16 registers of AVX2.
pub(crate) const TILE_ROWS: usize = 6;
/// Vectors that a tile is wide, where they have 8 or 16 numbers: 12 sums hide what one takes.
pub(crate) const TILE_VECTORS: usize = 2;
/// Columns that a tile is wide, where vectors are shorter.
pub(crate) const TILE_COLUMNS_MIN: usize = 16;

/// A score so low that its weight is nothing.
const NOTHING: f32 = -1e30;

/// How many columns a tile has with these vectors.
#[inline(always)]
pub(crate) const fn tile_columns<S: Simd>() -> usize {
    if S::F32_LANES * TILE_VECTORS > TILE_COLUMNS_MIN {
        S::F32_LANES * TILE_VECTORS
    } else {
        TILE_COLUMNS_MIN
    }
}

/// Sums of products: `V` vectors are a tile's width.
pub(crate) type Sums<S, const V: usize> = [[<S as Simd>::f32s; V]; TILE_ROWS];

/// `a * b + c`; without the instruction for it, in two steps, since libm's is a hundred times slower.
#[inline(always)]
fn fused<S: Simd>(simd: S, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s {
    if S::F32_LANES == 1 {
        simd.add_f32s(simd.mul_f32s(a, b), c)
    } else {
        simd.mul_add_e_f32s(a, b, c)
    }
}

/// The product of a strip of rows and a panel of columns.
#[inline(always)]
pub(crate) fn tile<S: Simd, const V: usize>(
    simd: S,
    strip: &[[f32; TILE_ROWS]],
    panel: &[f32],
) -> Sums<S, V> {
    let (panel, _) = S::as_simd_f32s(panel);
    let (panel, _) = panel.as_chunks::<V>();
    let mut sums = [[simd.splat_f32s(0.0); V]; TILE_ROWS];
    for (column, row) in strip.iter().zip(panel) {
        for (sums, value) in sums.iter_mut().zip(column) {
            let value = simd.splat_f32s(*value);
            for (sum, weight) in sums.iter_mut().zip(row) {
                *sum = fused(simd, value, *weight, *sum);
            }
        }
    }
    sums
}

/// Copies columns of rows into a strip, column by column; rows beyond the last are nought.
#[inline(always)]
pub(crate) fn copy_strip<'a>(
    strip: &mut [[f32; TILE_ROWS]],
    rows: impl Iterator<Item = &'a [f32]>,
) {
    strip.fill([0.0; TILE_ROWS]);
    for (at, row) in rows.take(TILE_ROWS).enumerate() {
        for (column, value) in strip.iter_mut().zip(row) {
            if let Some(place) = column.get_mut(at) {
                *place = *value;
            }
        }
    }
}

/// Copies one row of sums; the row may be shorter than the tile is wide.
#[inline(always)]
pub(crate) fn copy_sums<S: Simd, const V: usize>(simd: S, sums: &[S::f32s; V], row: &mut [f32]) {
    if row.len() == V * S::F32_LANES {
        let (vectors, _) = S::as_mut_simd_f32s(row);
        for (place, sum) in vectors.iter_mut().zip(sums) {
            *place = *sum;
        }
        return;
    }
    for (part, sum) in row.chunks_mut(S::F32_LANES).zip(sums) {
        simd.partial_store_f32s(part, *sum);
    }
}

/// e to the power of each, to 2 units in the last place; below -87 nothing is left.
#[inline(always)]
fn exp<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    // Powers of two from the low bits of this sum, the rest by the polynomial of Cephes' expf.
    const ROUND: f32 = 12_582_912.0;
    const ONE: u32 = 0x3f80_0000;
    const POWERS: [f32; 5] = [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
    let x = simd.max_f32s(x, simd.splat_f32s(-87.0));
    let x = simd.min_f32s(x, simd.splat_f32s(87.0));
    let round = simd.splat_f32s(ROUND);
    let shifted = fused(simd, x, simd.splat_f32s(std::f32::consts::LOG2_E), round);
    let whole = simd.sub_f32s(shifted, round);
    let rest = fused(simd, whole, simd.splat_f32s(-0.693_359_4), x);
    let rest = fused(simd, whole, simd.splat_f32s(2.121_944_4e-4), rest);
    let mut sum = simd.splat_f32s(1.987_569_1e-4);
    for power in POWERS {
        sum = fused(simd, sum, rest, simd.splat_f32s(power));
    }
    let sum = fused(simd, simd.mul_f32s(sum, rest), rest, rest);
    let sum = simd.add_f32s(sum, simd.splat_f32s(1.0));
    let bits = simd.wrapping_dyn_shl_u32s(simd.transmute_u32s_f32s(shifted), simd.splat_u32s(23));
    let scale = simd.add_u32s(bits, simd.splat_u32s(ONE));
    simd.mul_f32s(sum, simd.transmute_f32s_u32s(scale))
}

/// `x Φ(x)`, by the quotient of polynomials that Eigen uses for erf: within 1e-7 of the exact one.
#[inline(always)]
pub(crate) fn gelu<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    const ABOVE: [f32; 6] = [
        2.770_681_4e-8,
        -2.101_024e-6,
        -5.692_506_4e-5,
        -7.349_906_3e-4,
        -2.954_6e-3,
        -1.609_603_3e-2,
    ];
    const BELOW: [f32; 4] = [-2.133_740_6e-4, -1.682_827e-3, -7.373_329_2e-3, -1.426_473_9e-2];
    let half = simd.mul_f32s(x, simd.splat_f32s(0.5));
    let y = simd.mul_f32s(x, simd.splat_f32s(std::f32::consts::FRAC_1_SQRT_2));
    let y = simd.min_f32s(simd.max_f32s(y, simd.splat_f32s(-4.0)), simd.splat_f32s(4.0));
    let square = simd.mul_f32s(y, y);
    let mut above = simd.splat_f32s(-2.726_142_3e-10);
    for factor in ABOVE {
        above = fused(simd, above, square, simd.splat_f32s(factor));
    }
    let mut below = simd.splat_f32s(-1.456_607_2e-5);
    for factor in BELOW {
        below = fused(simd, below, square, simd.splat_f32s(factor));
    }
    let erf = simd.div_f32s(simd.mul_f32s(y, above), below);
    fused(simd, half, erf, half)
}

/// Makes weights of a row of scores, of which only the first `count` are any, and gives what to
/// multiply them by for a sum of one. The row's length is a multiple of the tile's width.
#[inline(always)]
pub(crate) fn weigh<S: Simd>(simd: S, row: &mut [f32], count: usize) -> f32 {
    for beyond in row.iter_mut().skip(count) {
        *beyond = NOTHING;
    }
    let (row, _) = S::as_mut_simd_f32s(row);
    let mut highest = simd.splat_f32s(NOTHING);
    for scores in row.iter() {
        highest = simd.max_f32s(highest, *scores);
    }
    let highest = simd.splat_f32s(simd.reduce_max_f32s(highest));
    let mut sum = simd.splat_f32s(0.0);
    for scores in row.iter_mut() {
        *scores = exp(simd, simd.sub_f32s(*scores, highest));
        sum = simd.add_f32s(sum, *scores);
    }
    1.0 / simd.reduce_sum_f32s(sum)
}

/// Brings a row to mean nought and variance one, then scales and shifts each column.
#[inline(always)]
pub(crate) fn normalise<S: Simd>(
    simd: S,
    row: &mut [f32],
    (weight, bias): (&[f32], &[f32]),
    epsilon: f32,
) {
    let count = row.len() as f32;
    let (vectors, tail) = S::as_mut_simd_f32s(row);
    let mut sum = simd.splat_f32s(0.0);
    for values in vectors.iter() {
        sum = simd.add_f32s(sum, *values);
    }
    let mut total = simd.reduce_sum_f32s(sum);
    for value in tail.iter() {
        total += *value;
    }
    let mean = total / count;
    let means = simd.splat_f32s(mean);
    let mut sum = simd.splat_f32s(0.0);
    for values in vectors.iter() {
        let off = simd.sub_f32s(*values, means);
        sum = fused(simd, off, off, sum);
    }
    let mut total = simd.reduce_sum_f32s(sum);
    for value in tail.iter() {
        total += (*value - mean) * (*value - mean);
    }
    let scale = 1.0 / (total / count + epsilon).sqrt();
    let scales = simd.splat_f32s(scale);
    let ((weights, weight_tail), (biases, bias_tail)) =
        (S::as_simd_f32s(weight), S::as_simd_f32s(bias));
    for ((values, weight), bias) in vectors.iter_mut().zip(weights).zip(biases) {
        let even = simd.mul_f32s(simd.sub_f32s(*values, means), scales);
        *values = fused(simd, even, *weight, *bias);
    }
    for ((value, weight), bias) in tail.iter_mut().zip(weight_tail).zip(bias_tail) {
        *value = (*value - mean) * scale * weight + bias;
    }
}
