//! The nearest rows by exact search over 8-bit numbers: several queries in one pass over the rows.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::ops::Range;

/// Numbers that one step of the kernel takes in.
pub(crate) const LANES: usize = 16;
/// Rows that all queries visit before the next ones; 96 kB at 384 numbers stay in a core's cache.
const BLOCK_ROWS: usize = 256;
/// Queries that share each load of a row.
const TOGETHER: usize = 4;
/// The largest number of an 8-bit row.
const ROW_MAX: f32 = 127.0;

/// Part of a row: 8-bit numbers with signs, as bytes.
type Bytes = [u8; LANES];
/// Part of a query.
type Wide = [i16; LANES];

/// Rows of 8-bit numbers, each with the scale that brings them back.
#[derive(Debug)]
pub(crate) struct Rows {
    /// Bytes of one row: the dimensions, filled up with zeros to a multiple of [`LANES`].
    stride: usize,
    bytes: Vec<u8>,
    scales: Vec<f32>,
}

/// A row and its score by 8-bit numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) row: usize,
    pub(crate) score: f32,
}

/// What one pass found.
#[derive(Debug)]
pub(crate) struct Pass {
    /// For each query its best rows, best first.
    pub(crate) best: Vec<Vec<Candidate>>,
    /// Rows that were scored.
    pub(crate) scored: usize,
}

/// Bytes that a row of so many dimensions takes.
pub(crate) fn stride(dimensions: usize) -> usize {
    dimensions.next_multiple_of(LANES)
}

/// Writes a vector as 8-bit numbers into `row` and gives the scale that brings them back.
///
/// The same vector gives the same row on every machine.
pub(crate) fn narrow(values: &[f32], row: &mut [u8]) -> f32 {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            let scale = largest(values) / ROW_MAX;
            row.fill(0);
            if scale > 0.0 {
                for (byte, value) in row.iter_mut().zip(values) {
                    *byte = to_i8(value / scale).cast_unsigned();
                }
            }
            scale
        },
    )
}

/// The product of two vectors of equal length, summed lane by lane.
pub(crate) fn product(a: &[f32], b: &[f32]) -> f32 {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            let (a_parts, a_rest) = pulp::as_arrays::<LANES, f32>(a);
            let (b_parts, b_rest) = pulp::as_arrays::<LANES, f32>(b);
            let mut sums = [0.0_f32; LANES];
            for (a, b) in a_parts.iter().zip(b_parts) {
                for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
                    *sum += a * b;
                }
            }
            let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
            sums.iter().sum::<f32>() + rest
        },
    )
}

#[inline]
fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |largest, value| value.abs().max(largest))
}

#[expect(clippy::cast_possible_truncation, reason = "scaled to at most 127")]
#[inline]
fn to_i8(value: f32) -> i8 {
    // By way of 32 bits, which compilers know how to do for many numbers at once.
    value.round_ties_even().clamp(-ROW_MAX, ROW_MAX) as i32 as i8
}

#[expect(clippy::cast_possible_truncation, reason = "scaled to fit, and `as` saturates")]
fn to_i16(value: f32) -> i16 {
    value.round_ties_even() as i16
}

impl Rows {
    /// Rows of `dimensions` numbers, which lie in `bytes` at their [`stride`].
    pub(crate) fn new(dimensions: usize, bytes: Vec<u8>, scales: Vec<f32>) -> Self {
        Self { stride: stride(dimensions).max(LANES), bytes, scales }
    }

    /// The 8-bit numbers of a row and their scale.
    pub(crate) fn row(&self, row: usize) -> Option<(&[u8], f32)> {
        let start = row.checked_mul(self.stride)?;
        let bytes = self.bytes.get(start..start.checked_add(self.stride)?)?;
        Some((bytes, *self.scales.get(row)?))
    }

    /// For each query the `keep` best of the admitted rows of the ranges; no other row is read.
    pub(crate) fn best(
        &self,
        ranges: &[Range<usize>],
        queries: &[&[f32]],
        keep: usize,
        admits: &dyn Fn(usize) -> bool,
    ) -> Pass {
        let kernel = Kernel::of_this_machine();
        let groups: Vec<Group> = groups(queries, self.stride);
        let mut best: Vec<Best> = queries.iter().map(|_| Best::new(keep)).collect();
        let mut scores = [[0_i32; TOGETHER]; BLOCK_ROWS];
        let mut seen = 0;
        for range in ranges {
            for start in range.clone().step_by(BLOCK_ROWS) {
                let end = range.end.min(start + BLOCK_ROWS);
                let Some(scales) = self.scales.get(start..end) else { continue };
                let bytes = self.bytes.get(start * self.stride..end * self.stride);
                let parts = pulp::as_arrays(bytes.unwrap_or_default()).0;
                seen += scales.len();
                let mut waiting = best.as_mut_slice();
                for group in &groups {
                    kernel.score(parts, group, &mut scores);
                    let (now, later) = waiting.split_at_mut(group.len().min(waiting.len()));
                    for (lane, best) in now.iter_mut().enumerate() {
                        best.take(start, scales, scores.iter().filter_map(|s| s.get(lane)), admits);
                    }
                    waiting = later;
                }
            }
        }
        let units = groups.iter().flat_map(Group::units);
        let best = best.into_iter().zip(units).map(|(best, unit)| best.ranked(*unit)).collect();
        Pass { best, scored: seen }
    }
}

/// Up to four queries, laid out as the kernel reads them.
#[derive(Debug)]
enum Group {
    One { query: Vec<Wide>, units: [f32; 1] },
    Four { queries: Vec<[Wide; TOGETHER]>, units: Vec<f32> },
}

impl Group {
    fn len(&self) -> usize {
        self.units().len()
    }

    /// What a product of whole numbers is to be multiplied by, for each query.
    fn units(&self) -> &[f32] {
        match self {
            Self::One { units, .. } => units,
            Self::Four { units, .. } => units,
        }
    }

    /// How many parts of [`LANES`] numbers a row has.
    fn parts(&self) -> usize {
        match self {
            Self::One { query, .. } => query.len(),
            Self::Four { queries, .. } => queries.len(),
        }
    }
}

fn groups(queries: &[&[f32]], stride: usize) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut left = queries;
    while !left.is_empty() {
        let (now, later) = left.split_at(TOGETHER.min(left.len()));
        groups.push(match now {
            [only] => {
                let (query, unit) = widen(only, stride);
                Group::One { query, units: [unit] }
            }
            several => {
                let mut queries = vec![[[0; LANES]; TOGETHER]; stride / LANES];
                let mut units = Vec::new();
                for (lane, query) in several.iter().enumerate() {
                    let (query, unit) = widen(query, stride);
                    for (all, own) in queries.iter_mut().zip(query) {
                        if let Some(place) = all.get_mut(lane) {
                            *place = own;
                        }
                    }
                    units.push(unit);
                }
                Group::Four { queries, units }
            }
        });
        left = later;
    }
    groups
}

/// A query in 16 bits, and the unit of its numbers. It loses nothing that would be seen beside
/// the rows' 8 bits, and a product with any row stays within 32 bits.
fn widen(values: &[f32], stride: usize) -> (Vec<Wide>, f32) {
    // One less, for what rounding may have added.
    let room = (i32::MAX as f32 / (ROW_MAX * stride as f32) - 1.0).floor();
    let most = room.min(f32::from(i16::MAX));
    let unit = largest(values) / most;
    let mut query = vec![[0; LANES]; stride / LANES];
    if unit > 0.0 {
        for (place, value) in query.as_flattened_mut().iter_mut().zip(values) {
            *place = to_i16((value / unit).clamp(-most, most));
        }
    }
    (query, unit)
}

/// The best rows of one query so far; the worst of them is on top.
#[derive(Debug)]
struct Best {
    keep: usize,
    heap: BinaryHeap<Reverse<Candidate>>,
    /// What a row must exceed to enter.
    floor: f32,
}

impl Best {
    fn new(keep: usize) -> Self {
        let floor = if keep == 0 { f32::INFINITY } else { f32::NEG_INFINITY };
        Self { keep, heap: BinaryHeap::new(), floor }
    }

    /// Takes in the rows from `start` on. Equal scores leave the earlier row in place.
    fn take<'a>(
        &mut self,
        start: usize,
        scales: &[f32],
        products: impl Iterator<Item = &'a i32>,
        admits: &dyn Fn(usize) -> bool,
    ) {
        for (at, (scale, product)) in scales.iter().zip(products).enumerate() {
            let score = *product as f32 * scale;
            if score > self.floor && admits(start + at) {
                self.push(Candidate { row: start + at, score });
            }
        }
    }

    fn push(&mut self, candidate: Candidate) {
        if self.heap.len() == self.keep {
            self.heap.pop();
        }
        self.heap.push(Reverse(candidate));
        if self.heap.len() == self.keep
            && let Some(Reverse(worst)) = self.heap.peek()
        {
            self.floor = worst.score;
        }
    }

    fn ranked(self, unit: f32) -> Vec<Candidate> {
        let ranked = self.heap.into_sorted_vec().into_iter();
        ranked.map(|Reverse(found)| Candidate { score: found.score * unit, ..found }).collect()
    }
}

impl Eq for Candidate {}

impl Ord for Candidate {
    /// A higher score is more, and of equal scores the earlier row.
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then_with(|| other.row.cmp(&self.row))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// How products are computed on this machine.
#[derive(Debug, Clone, Copy)]
enum Kernel {
    #[cfg(target_arch = "x86_64")]
    Avx2(pulp::x86::V3),
    /// What the compiler makes of plain loops.
    Plain(pulp::Arch),
}

impl Kernel {
    fn of_this_machine() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = pulp::x86::V3::try_new() {
            return Self::Avx2(simd);
        }
        Self::Plain(pulp::Arch::new())
    }

    /// The products of every row with each query of the group.
    fn score(self, rows: &[Bytes], group: &Group, scores: &mut [[i32; TOGETHER]]) {
        let parts = group.parts().max(1);
        match (self, group) {
            #[cfg(target_arch = "x86_64")]
            (Self::Avx2(simd), Group::One { query, .. }) => {
                simd.vectorize(avx2::One { simd, rows, parts, query, scores });
            }
            #[cfg(target_arch = "x86_64")]
            (Self::Avx2(simd), Group::Four { queries, .. }) => {
                // A lane without a query costs as much as one with.
                match group.len() {
                    2 => simd.vectorize(avx2::Several::<2> { simd, rows, parts, queries, scores }),
                    3 => simd.vectorize(avx2::Several::<3> { simd, rows, parts, queries, scores }),
                    _ => simd.vectorize(avx2::Several::<4> { simd, rows, parts, queries, scores }),
                }
            }
            (Self::Plain(arch), Group::One { query, .. }) => {
                arch.dispatch(Plain { rows, parts, query, lane: 0, scores });
            }
            (Self::Plain(arch), Group::Four { queries, .. }) => {
                for lane in 0..group.len() {
                    let one = queries.iter().filter_map(|all| all.get(lane).copied());
                    let query = &one.collect::<Vec<_>>();
                    arch.dispatch(Plain { rows, parts, query, lane, scores });
                }
            }
        }
    }
}

/// One query against rows, for any machine.
struct Plain<'a> {
    rows: &'a [Bytes],
    parts: usize,
    query: &'a [Wide],
    lane: usize,
    scores: &'a mut [[i32; TOGETHER]],
}

impl pulp::NullaryFnOnce for Plain<'_> {
    type Output = ();

    #[expect(clippy::inline_always, reason = "else it is compiled without the machine's own steps")]
    #[inline(always)]
    fn call(self) {
        let query = self.query.as_flattened();
        for (row, scores) in rows_of(self.rows, self.parts).zip(self.scores) {
            let pairs = row.as_flattened().iter().zip(query);
            let product =
                pairs.map(|(row, query)| i32::from(row.cast_signed()) * i32::from(*query));
            if let Some(score) = scores.get_mut(self.lane) {
                *score = product.sum();
            }
        }
    }
}

/// The rows one after the other.
#[expect(clippy::inline_always, reason = "it is the head of the kernels' loops")]
#[inline(always)]
fn rows_of(mut left: &[Bytes], parts: usize) -> impl Iterator<Item = &[Bytes]> {
    std::iter::from_fn(move || {
        let (row, later) = left.split_at_checked(parts)?;
        left = later;
        Some(row)
    })
}

/// The kernel in steps of 256 bits, which compilers do not find by themselves for several queries.
#[cfg(target_arch = "x86_64")]
#[expect(clippy::inline_always, reason = "the steps must be compiled into the loop that uses them")]
mod avx2 {
    use std::arch::x86_64::{__m128i, __m256i};

    use pulp::x86::V3;

    use crate::index::scan::{Bytes, TOGETHER, Wide, rows_of};

    /// One query against rows, in four streams: so memory is read ahead in four places.
    pub(crate) struct One<'a> {
        pub(crate) simd: V3,
        pub(crate) rows: &'a [Bytes],
        pub(crate) parts: usize,
        pub(crate) query: &'a [Wide],
        pub(crate) scores: &'a mut [[i32; TOGETHER]],
    }

    /// `N` queries against rows, in two streams; each load of a row or a query is used twice or more.
    pub(crate) struct Several<'a, const N: usize> {
        pub(crate) simd: V3,
        pub(crate) rows: &'a [Bytes],
        pub(crate) parts: usize,
        pub(crate) queries: &'a [[Wide; TOGETHER]],
        pub(crate) scores: &'a mut [[i32; TOGETHER]],
    }

    impl pulp::NullaryFnOnce for One<'_> {
        type Output = ();

        #[inline(always)]
        fn call(self) {
            let Self { simd, rows, parts, query, scores } = self;
            let quarter = rows.len() / parts / 4;
            let (a, left) = rows.split_at(quarter * parts);
            let (b, left) = left.split_at(quarter * parts);
            let (c, left) = left.split_at(quarter * parts);
            let (d, left) = left.split_at(quarter * parts);
            let (first, places) = scores.split_at_mut(quarter);
            let (second, places) = places.split_at_mut(quarter);
            let (third, places) = places.split_at_mut(quarter);
            let (fourth, places) = places.split_at_mut(quarter);
            let streams = rows_of(a, parts).zip(rows_of(b, parts));
            let streams = streams.zip(rows_of(c, parts).zip(rows_of(d, parts)));
            let into = first.iter_mut().zip(second).zip(third.iter_mut().zip(fourth));
            for (((a, b), (c, d)), ((first, second), (third, fourth))) in streams.zip(into) {
                let sums = four_rows(simd, [a, b, c, d], query);
                for (place, sum) in [first, second, third, fourth].into_iter().zip(sums) {
                    *place = [sum; TOGETHER];
                }
            }
            // At most three rows are left over.
            for (row, place) in rows_of(left, parts).zip(places) {
                let [sum, ..] = four_rows(simd, [row; 4], query);
                *place = [sum; TOGETHER];
            }
        }
    }

    impl<const N: usize> pulp::NullaryFnOnce for Several<'_, N> {
        type Output = ();

        #[inline(always)]
        fn call(self) {
            let Self { simd, rows, parts, queries, scores } = self;
            let half = rows.len() / parts / 2;
            let (a, left) = rows.split_at(half * parts);
            let (b, left) = left.split_at(half * parts);
            let (first, places) = scores.split_at_mut(half);
            let (second, places) = places.split_at_mut(half);
            let streams = rows_of(a, parts).zip(rows_of(b, parts));
            for ((a, b), (first, second)) in streams.zip(first.iter_mut().zip(second)) {
                [*first, *second] = two_rows::<N>(simd, [a, b], queries);
            }
            // Of an odd number of rows one is left over.
            for (row, place) in rows_of(left, parts).zip(places) {
                [*place, _] = two_rows::<N>(simd, [row; 2], queries);
            }
        }
    }

    /// The products of four rows with one query.
    #[inline(always)]
    fn four_rows(simd: V3, [a, b, c, d]: [&[Bytes]; 4], query: &[Wide]) -> [i32; 4] {
        let mut sums = [simd.avx._mm256_setzero_si256(); 4];
        for ((a, b), ((c, d), query)) in a.iter().zip(b).zip(c.iter().zip(d).zip(query)) {
            let query = pulp::cast(*query);
            for (sum, part) in sums.iter_mut().zip([a, b, c, d]) {
                *sum = step(simd, *sum, widened(simd, *part), query);
            }
        }
        totals(simd, sums)
    }

    /// The products of two rows with the first `N` of four queries.
    #[inline(always)]
    fn two_rows<const N: usize>(
        simd: V3,
        [one, other]: [&[Bytes]; 2],
        queries: &[[Wide; TOGETHER]],
    ) -> [[i32; TOGETHER]; 2] {
        let mut ones = [simd.avx._mm256_setzero_si256(); TOGETHER];
        let mut others = ones;
        for ((one, other), queries) in one.iter().zip(other).zip(queries) {
            let (one, other) = (widened(simd, *one), widened(simd, *other));
            for ((a, b), query) in ones.iter_mut().zip(&mut others).zip(*queries).take(N) {
                let query = pulp::cast(query);
                *a = step(simd, *a, one, query);
                *b = step(simd, *b, other, query);
            }
        }
        [totals(simd, ones), totals(simd, others)]
    }

    /// 8-bit numbers as 16-bit ones.
    #[inline(always)]
    fn widened(simd: V3, bytes: Bytes) -> __m256i {
        simd.avx2._mm256_cvtepi8_epi16(pulp::cast::<Bytes, __m128i>(bytes))
    }

    /// Adds the products of sixteen pairs to eight sums.
    #[inline(always)]
    fn step(simd: V3, sums: __m256i, row: __m256i, query: __m256i) -> __m256i {
        simd.avx2._mm256_add_epi32(sums, simd.avx2._mm256_madd_epi16(row, query))
    }

    /// Four times eight sums as four.
    #[inline(always)]
    fn totals(simd: V3, [a, b, c, d]: [__m256i; TOGETHER]) -> [i32; TOGETHER] {
        let halves = simd.avx2._mm256_hadd_epi32(
            simd.avx2._mm256_hadd_epi32(a, b),
            simd.avx2._mm256_hadd_epi32(c, d),
        );
        let low = simd.avx._mm256_castsi256_si128(halves);
        let high = simd.avx2._mm256_extracti128_si256::<1>(halves);
        pulp::cast(simd.sse2._mm_add_epi32(low, high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Chance(u64);

    impl Chance {
        /// Roughly normal, between -6 and 6.
        fn normal(&mut self) -> f32 {
            (0..12).map(|_| self.even()).sum::<f32>() - 6.0
        }

        fn even(&mut self) -> f32 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 40) as f32 / (1 << 24) as f32
        }

        fn unit(&mut self, around: &[f32], spread: f32) -> Vec<f32> {
            let moved: Vec<f32> = around.iter().map(|v| v + spread * self.normal()).collect();
            let length = product(&moved, &moved).sqrt();
            moved.into_iter().map(|value| value / length).collect()
        }
    }

    fn rows(vectors: &[Vec<f32>]) -> Rows {
        let dimensions = vectors[0].len();
        let mut bytes = vec![0; vectors.len() * stride(dimensions)];
        let each = bytes.chunks_exact_mut(stride(dimensions));
        let scales = each.zip(vectors).map(|(row, values)| narrow(values, row)).collect();
        Rows::new(dimensions, bytes, scales)
    }

    fn to(end: usize) -> Vec<Range<usize>> {
        std::iter::once(0..end).collect()
    }

    fn slices(vectors: &[Vec<f32>]) -> Vec<&[f32]> {
        vectors.iter().map(Vec::as_slice).collect()
    }

    /// Kernel and plain loops give the same whole numbers, for any size and number of queries.
    #[track_caller]
    fn check_kernels(dimensions: usize, rows_count: usize, queries_count: usize) {
        let mut chance = Chance(1 + dimensions as u64);
        let origin = vec![0.0; dimensions];
        let vectors: Vec<_> = (0..rows_count).map(|_| chance.unit(&origin, 1.0)).collect();
        let queries: Vec<_> = (0..queries_count).map(|_| chance.unit(&origin, 1.0)).collect();
        let rows = rows(&vectors);
        let parts = pulp::as_arrays(&rows.bytes).0;
        for group in groups(&slices(&queries), rows.stride) {
            let mut ours = vec![[0; TOGETHER]; rows_count];
            let mut plain = ours.clone();
            Kernel::of_this_machine().score(parts, &group, &mut ours);
            Kernel::Plain(pulp::Arch::Scalar).score(parts, &group, &mut plain);
            let seen = |all: &[[i32; TOGETHER]]| -> Vec<i32> {
                all.iter().flat_map(|scores| scores[..group.len()].to_vec()).collect()
            };
            assert_eq!(seen(&ours), seen(&plain));
            assert!(seen(&ours).iter().any(|product| *product != 0));
        }
    }

    #[test]
    fn the_kernel_agrees_with_plain_loops_for_every_size_and_number_of_queries() {
        for dimensions in [1, 15, 16, 17, 96, 300, 384, 768, 1024] {
            for (rows, queries) in [(1, 1), (1, 3), (7, 2), (8, 4), (256, 5), (33, 8), (5, 9)] {
                check_kernels(dimensions, rows, queries);
            }
        }
    }

    #[test]
    fn the_largest_numbers_stay_within_32_bits() {
        for dimensions in [16, 384, 1024, 8192] {
            let ones = vec![1.0; dimensions];
            let rows = rows(std::slice::from_ref(&ones));
            for queries in [1, 4] {
                let found = rows.best(&to(1), &vec![ones.as_slice(); queries], 1, &|_| true);
                let expected = dimensions as f32;
                for best in found.best {
                    assert!((best[0].score - expected).abs() < expected * 1e-3, "{best:?}");
                }
            }
        }
    }

    #[test]
    fn only_rows_of_the_ranges_are_scored_and_only_admitted_ones_are_kept() {
        let mut chance = Chance(5);
        let vectors: Vec<_> = (0..1000).map(|_| chance.unit(&[0.0; 32], 1.0)).collect();
        let rows = rows(&vectors);
        let query = vectors[500].clone();
        let found = rows.best(&[0..3, 400..700], &[&query], 5, &|row| row % 2 == 1);
        assert_eq!(found.scored, 303);
        assert_eq!(found.best[0].len(), 5);
        let inside = |row: usize| (row < 3 || (400..700).contains(&row)) && row % 2 == 1;
        assert!(found.best[0].iter().all(|candidate| inside(candidate.row)), "{found:?}");
        let found = rows.best(&[0..3, 400..700], &[&query], 5, &|_| true);
        assert_eq!(found.best[0][0].row, 500);
        assert_eq!(rows.best(&[], &[&query], 5, &|_| true).scored, 0);
        assert!(rows.best(&to(1000), &[&query], 0, &|_| true).best[0].is_empty());
        assert!(rows.best(&to(1000), &[], 5, &|_| true).best.is_empty());
    }

    #[test]
    fn equal_rows_stand_in_their_order() {
        let vectors = vec![vec![0.6, 0.8]; 700];
        let rows = rows(&vectors);
        let query = [1.0, 0.0];
        let found = rows.best(&to(700), &[&query, &query], 3, &|_| true);
        for best in &found.best {
            let order: Vec<usize> = best.iter().map(|candidate| candidate.row).collect();
            assert_eq!(order, [0, 1, 2]);
        }
    }

    /// The share of the ten nearest rows by f32 among the ten best of 40 candidates by 8 bits.
    fn recall(vectors: &[Vec<f32>], queries: &[Vec<f32>]) -> f64 {
        let top = |scores: &mut Vec<(usize, f32)>| -> Vec<usize> {
            scores.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            scores.iter().take(10).map(|(row, _)| *row).collect()
        };
        let rows = rows(vectors);
        let found = rows.best(&to(vectors.len()), &slices(queries), 40, &|_| true);
        let mut hits = 0;
        for (query, best) in queries.iter().zip(&found.best) {
            let exact = |row: usize| (row, product(query, &vectors[row]));
            let all = top(&mut (0..vectors.len()).map(exact).collect());
            let ours = top(&mut best.iter().map(|candidate| exact(candidate.row)).collect());
            hits += ours.iter().filter(|row| all.contains(row)).count();
        }
        hits as f64 / (10 * queries.len()) as f64
    }

    #[test]
    fn eight_bits_with_rescoring_find_what_f32_finds() {
        let mut chance = Chance(20_251_015);
        let origin = vec![0.0; 384];
        let even: Vec<_> = (0..20_000).map(|_| chance.unit(&origin, 1.0)).collect();
        let queries: Vec<_> = (0..200).map(|_| chance.unit(&origin, 1.0)).collect();
        let of_even = recall(&even, &queries);
        // Near-duplicates in bunches: what a collection of like letters looks like.
        let centres: Vec<_> = (0..100).map(|_| chance.unit(&origin, 1.0)).collect();
        let near = |at: usize, chance: &mut Chance| chance.unit(&centres[at % 100], 0.015);
        let bunched: Vec<_> = (0..20_000).map(|at| near(at, &mut chance)).collect();
        let queries: Vec<_> = (0..200).map(|at| near(at, &mut chance)).collect();
        let of_bunched = recall(&bunched, &queries);
        println!("recall@10 of 8 bits with 40 rescored: even {of_even}, bunched {of_bunched}");
        assert!(of_even >= 0.995 && of_bunched >= 0.995, "{of_even} {of_bunched}");
    }
}
