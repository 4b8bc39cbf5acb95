//! Products of whole numbers of 16 bits, two at a time: where a machine has an instruction for them
//! they take less than half the time of the same product of floating-point numbers.
//!
//! A row becomes whole numbers when it is multiplied, with one scale for each step of its inputs;
//! the weights of an output have one scale. Sums are whole numbers, and so the same on every machine that has
//! such an instruction; the others keep to floating-point numbers.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined into pulp's dispatch is compiled without the wide instructions"
)]

use pulp::Simd;

use crate::embedding::lanes::{Sums, TILE_ROWS};

/// What the largest weight of an output becomes. It is eight times 127: a weight that is stored in
/// 8 bits with a scale for its output stays what it is.
const WEIGHT_MAX: f32 = 1016.0;
/// What the largest value of a row becomes: 384 products of the largest are 1.95e9, and 32 bits hold
/// 2.15e9.
const VALUE_MAX: f32 = 5000.0;
/// A row in which nothing is larger than this is nothing.
const NOTHING: f32 = 1e-30;
/// Added to a number of a few thousand, it leaves the nearest whole number in the lowest bits.
const ROUND: f32 = 12_582_912.0;
/// The bits of the first of a pair.
const FIRST: u32 = 0xffff;

/// How many pairs so many inputs make: each of the first half with one of the second.
#[inline(always)]
pub(crate) const fn pairs_of(inputs: usize) -> usize {
    inputs.div_ceil(2)
}

/// Two numbers of a few thousand, as the nearest whole ones, in one.
#[inline(always)]
pub(crate) fn pair(first: f32, second: f32) -> i32 {
    let (first, second) = ((first + ROUND).to_bits(), (second + ROUND).to_bits());
    ((first & FIRST) | (second << 16)).cast_signed()
}

/// What the weights of an output are multiplied by to be whole numbers, and what brings them back.
pub(crate) fn whole_weights(weights: &[f32]) -> (f32, f32) {
    let largest = weights.iter().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
    if largest > NOTHING { (WEIGHT_MAX / largest, largest / WEIGHT_MAX) } else { (0.0, 0.0) }
}

/// Vectors that multiply pairs of whole numbers.
pub(crate) trait Pairs: Simd {
    /// To each sum, the products of the first two and of the second two.
    fn add_products(self, sums: Self::i32s, values: Self::i32s, weights: Self::i32s) -> Self::i32s;

    /// The same numbers as floating-point ones.
    fn floats(self, whole: Self::i32s) -> Self::f32s;
}

/// What is done with vectors that multiply pairs.
pub(crate) trait WithPairs {
    /// Does it.
    fn with_pairs<S: Pairs>(self, simd: S);
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use pulp::x86::{V3, V4};
    use pulp::{NullaryFnOnce, Simd, cast};

    use crate::embedding::lanes::tile_columns;
    use crate::embedding::pairs::{Pairs, WithPairs};

    pulp::simd_type! {
        /// All of [`V4`], and the instruction that multiplies two pairs and adds at once: where it is
        /// allowed, the compiler makes it of the two of `V4`.
        pub struct Vnni {
            sse: "sse",
            sse2: "sse2",
            fxsr: "fxsr",
            sse3: "sse3",
            ssse3: "ssse3",
            sse4_1: "sse4.1",
            sse4_2: "sse4.2",
            popcnt: "popcnt",
            avx: "avx",
            avx2: "avx2",
            bmi1: "bmi1",
            bmi2: "bmi2",
            fma: "fma",
            lzcnt: "lzcnt",
            avx512f: "avx512f",
            avx512bw: "avx512bw",
            avx512cd: "avx512cd",
            avx512dq: "avx512dq",
            avx512vl: "avx512vl",
            avx512vnni: "avx512vnni",
        }
    }

    impl Pairs for V3 {
        #[inline(always)]
        fn add_products(
            self,
            sums: Self::i32s,
            values: Self::i32s,
            weights: Self::i32s,
        ) -> Self::i32s {
            self.add_i32s(sums, cast!(self.avx2._mm256_madd_epi16(cast!(values), cast!(weights))))
        }

        #[inline(always)]
        fn floats(self, whole: Self::i32s) -> Self::f32s {
            cast!(self.avx._mm256_cvtepi32_ps(cast!(whole)))
        }
    }

    impl Pairs for V4 {
        #[inline(always)]
        fn add_products(
            self,
            sums: Self::i32s,
            values: Self::i32s,
            weights: Self::i32s,
        ) -> Self::i32s {
            let products = self.avx512bw._mm512_madd_epi16(cast!(values), cast!(weights));
            self.add_i32s(sums, cast!(products))
        }

        #[inline(always)]
        fn floats(self, whole: Self::i32s) -> Self::f32s {
            cast!(self.avx512f._mm512_cvtepi32_ps(cast!(whole)))
        }
    }

    /// The instructions that this machine has for pairs.
    #[derive(Debug, Clone, Copy)]
    pub(crate) enum Machine {
        /// 256 bits.
        V3(V3),
        /// 512 bits.
        V4(V4),
        /// 512 bits, and product and sum in one.
        Vnni(Vnni, V4),
    }

    impl Machine {
        /// The best that this machine has, if it has any.
        pub(crate) fn here() -> Option<Self> {
            Self::all().pop()
        }

        /// All that this machine has, the best last.
        pub(crate) fn all() -> Vec<Self> {
            let v4 = V4::try_new();
            let vnni = Vnni::try_new().zip(v4).map(|(vnni, v4)| Self::Vnni(vnni, v4));
            V3::try_new().map(Self::V3).into_iter().chain(v4.map(Self::V4)).chain(vnni).collect()
        }

        /// How many columns a tile has.
        pub(crate) fn columns(self) -> usize {
            match self {
                Self::V3(_) => tile_columns::<V3>(),
                Self::V4(_) | Self::Vnni(..) => tile_columns::<V4>(),
            }
        }

        /// Does the work with the instructions.
        pub(crate) fn run<W: WithPairs>(self, work: W) {
            match self {
                Self::V3(simd) => simd.vectorize(With { simd, work }),
                Self::V4(simd) => simd.vectorize(With { simd, work }),
                Self::Vnni(vnni, simd) => vnni.vectorize(With { simd, work }),
            }
        }
    }

    struct With<S, W> {
        simd: S,
        work: W,
    }

    impl<S: Pairs, W: WithPairs> NullaryFnOnce for With<S, W> {
        type Output = ();

        #[inline(always)]
        fn call(self) {
            self.work.with_pairs(self.simd);
        }
    }
}
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::Machine;

/// No machine of another kind has such instructions that are known here.
#[cfg(not(target_arch = "x86_64"))]
#[derive(Debug, Clone, Copy)]
pub(crate) enum Machine {}

#[cfg(not(target_arch = "x86_64"))]
impl Machine {
    pub(crate) fn here() -> Option<Self> {
        None
    }

    pub(crate) fn columns(self) -> usize {
        match self {}
    }

    pub(crate) fn run<W: WithPairs>(self, _: W) {
        match self {}
    }
}

/// Copies a part of a row into its place in a strip, as pairs of whole numbers, and gives what
/// brings them back.
#[inline(always)]
pub(crate) fn copy_pairs<S: Pairs>(
    simd: S,
    part: &[f32],
    strip: &mut [[i32; TILE_ROWS]],
    at: usize,
) -> f32 {
    let (vectors, tail) = S::as_simd_f32s(part);
    let mut largest = simd.splat_f32s(0.0);
    for values in vectors {
        largest = simd.max_f32s(largest, simd.abs_f32s(*values));
    }
    let mut largest = simd.reduce_max_f32s(largest);
    for value in tail {
        largest = largest.max(value.abs());
    }
    if largest.is_nan() || largest <= NOTHING {
        return largest;
    }
    let times = VALUE_MAX / largest;
    let (first, second) = part.split_at(pairs_of(part.len()));
    for (column, (first, second)) in strip.iter_mut().zip(first.iter().zip(second)) {
        if let Some(place) = column.get_mut(at) {
            *place = pair(*first * times, *second * times);
        }
    }
    if first.len() > second.len()
        && let Some(last) = first.last()
        && let Some(place) = strip.get_mut(second.len()).and_then(|column| column.get_mut(at))
    {
        *place = pair(*last * times, 0.0);
    }
    largest / VALUE_MAX
}

/// The product of a strip of rows and a panel of columns, each with its scales.
#[inline(always)]
pub(crate) fn tile_of_pairs<S: Pairs, const V: usize>(
    simd: S,
    (strip, rows): (&[[i32; TILE_ROWS]], &[f32; TILE_ROWS]),
    (panel, columns): (&[i32], &[f32]),
) -> Sums<S, V> {
    let (panel, _) = S::as_simd_i32s(panel);
    let (panel, _) = panel.as_chunks::<V>();
    let mut sums = [[simd.splat_i32s(0); V]; TILE_ROWS];
    for (values, weights) in strip.iter().zip(panel) {
        for (sums, pair) in sums.iter_mut().zip(values) {
            let pair = simd.splat_i32s(*pair);
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum = simd.add_products(*sum, pair, *weights);
            }
        }
    }
    let (columns, _) = S::as_simd_f32s(columns);
    let mut products = [[simd.splat_f32s(0.0); V]; TILE_ROWS];
    for ((products, sums), row) in products.iter_mut().zip(&sums).zip(rows) {
        let row = simd.splat_f32s(*row);
        for ((product, sum), column) in products.iter_mut().zip(sums).zip(columns) {
            *product = simd.mul_f32s(simd.floats(*sum), simd.mul_f32s(row, *column));
        }
    }
    products
}
