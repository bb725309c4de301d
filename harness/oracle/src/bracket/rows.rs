//! Sums of rows of brackets, which stay tight however long the row is.

use super::directed::{above, below, two_sum};
use super::{ANYTHING, Bracket};
use crate::enclosure::Enclosure;
use crate::processor::with_all_instructions;

/// How many partial sums run side by side.
const LANES: usize = 8;

/// A sum as an f64 and what it has lost, with a bound of what that has lost in turn.
///
/// Every addition to `sum` leaves an exact error (TwoSum), so the exact sum is `sum` plus all errors. They are added up in `rest`,
/// n rounded additions of numbers of total size `lost`, so `rest` is off by at most 1.01 n u · Σ|errors|, where `lost` underestimates
/// Σ|errors| by less than a hundredth (n ≤ 2^40).
#[derive(Clone, Copy, Default)]
struct Compensated {
    sum: f64,
    rest: f64,
    lost: f64,
}

impl Compensated {
    #[inline(always)]
    fn add(&mut self, term: f64) {
        let (sum, error) = two_sum(self.sum, term);
        self.sum = sum;
        self.rest += error;
        self.lost += error.abs();
    }

    #[inline(always)]
    fn join(&mut self, other: Self) {
        self.add(other.sum);
        self.rest += other.rest;
        self.lost += other.lost;
    }

    /// How far `sum + rest` is off, for at most `terms` terms.
    #[inline(always)]
    fn slack(self, terms: usize) -> f64 {
        // 1.01 · 1.01 · (n + the additions that join lanes) · u, rounded up.
        #[expect(clippy::cast_precision_loss, reason = "row lengths lie far below 2^53")]
        let units = (terms + 4 * LANES) as f64 * (1.1 * f64::EPSILON / 2.0);
        above(self.lost * units) * f64::from(u8::from(self.lost != 0.0))
    }

    #[inline(always)]
    fn lower(self, terms: usize) -> f64 {
        lower_of(self.sum, self.rest, self.slack(terms))
    }

    #[inline(always)]
    fn upper(self, terms: usize) -> f64 {
        -lower_of(-self.sum, -self.rest, self.slack(terms))
    }
}

/// A number not above a + b − slack; exact where all of it is.
#[inline(always)]
fn lower_of(a: f64, b: f64, slack: f64) -> f64 {
    let sum = super::directed::sum(a, b).lower();
    if slack == 0.0 {
        sum
    } else {
        below(sum - slack)
    }
}

/// Whether every end is finite: only then are the errors of additions exact.
#[inline(always)]
fn all_finite(row: &[Bracket]) -> bool {
    let mut finite = true;
    for term in row {
        finite &= term.is_finite();
    }
    finite
}

pub(super) fn sum(row: &[Bracket]) -> Bracket {
    with_all_instructions(
        #[inline(always)]
        || {
            if !all_finite(row) {
                let zero = Bracket::exactly((), 0.0);
                return row.iter().fold(zero, |sum, term| sum.add(term, ()));
            }
            let mut lo = [Compensated::default(); LANES];
            let mut hi = [Compensated::default(); LANES];
            let (chunks, remainder) = row.as_chunks::<LANES>();
            for chunk in chunks {
                for (lane, term) in chunk.iter().enumerate() {
                    lo[lane].add(term.lo);
                    hi[lane].add(term.hi);
                }
            }
            for (lane, term) in remainder.iter().enumerate() {
                lo[lane].add(term.lo);
                hi[lane].add(term.hi);
            }
            for lane in 1..LANES {
                let (of_lo, of_hi) = (lo[lane], hi[lane]);
                lo[0].join(of_lo);
                hi[0].join(of_hi);
            }
            // An overflow makes an error NaN, and the sum anything.
            Bracket::between(lo[0].lower(row.len()), hi[0].upper(row.len()))
        },
    )
}

/// For each place the sum over the other places, from compensated sums over prefixes and suffixes: no term is ever
/// subtracted.
pub(super) fn sums_of_others(row: &[Bracket]) -> Vec<Bracket> {
    if !all_finite(row) {
        return crate::enclosure::sums_of_others(row, ());
    }
    let mut before = Vec::with_capacity(row.len());
    let (mut lo, mut hi) = (Compensated::default(), Compensated::default());
    for term in row {
        before.push((lo, hi));
        lo.add(term.lo);
        hi.add(term.hi);
    }
    let (mut lo, mut hi) = (Compensated::default(), Compensated::default());
    let mut sums = vec![ANYTHING; row.len()];
    let places = sums.iter_mut().zip(row).zip(&before).rev();
    for ((sum, term), (before_lo, before_hi)) in places {
        let (mut of_lo, mut of_hi) = (*before_lo, *before_hi);
        of_lo.join(lo);
        of_hi.join(hi);
        *sum = Bracket::between(of_lo.lower(row.len()), of_hi.upper(row.len()));
        lo.add(term.lo);
        hi.add(term.hi);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interval::Interval;
    use crate::points::{binades, even, random_bits};

    type Function = fn(&Bracket) -> Bracket;

    fn row() -> Vec<Bracket> {
        let widths = random_bits(7);
        let ends = even(-30.0, 30.0, 3000)
            .chain(binades(1e-310, 1e300, true, 3000))
            .zip(widths);
        ends.map(|(lo, bits)| {
            let width = if bits.is_multiple_of(2) { 0.0 } else { 1e-9 };
            Bracket::of_ends((lo, lo + lo.abs() * width))
        })
        .collect()
    }

    /// The loop for this processor and one compiled for the least of its kind give the same bits.
    #[test]
    fn the_bits_do_not_depend_on_the_processor() {
        let functions: [(&str, Function); 8] = [
            ("exp", |a| a.exp(())),
            ("expm1", |a| a.expm1(())),
            ("log", |a| a.log(())),
            ("log1p", |a| a.log1p(())),
            ("softplus", |a| a.softplus(())),
            ("sigmoid", |a| a.sigmoid(())),
            ("square", |a| a.square(())),
            ("sqrt", |a| a.sqrt(())),
        ];
        let row = row();
        let same = |name: &str, ours: &[Bracket], plain: &[Bracket]| {
            for (place, (ours, plain)) in ours.iter().zip(plain).enumerate() {
                let bits = |bracket: &Bracket| (bracket.lo.to_bits(), bracket.hi.to_bits());
                assert_eq!(bits(ours), bits(plain), "{name} of {:?}", row[place]);
            }
        };
        for (name, function) in functions {
            let plain: Vec<Bracket> = row.iter().map(function).collect();
            same(name, &Bracket::map(&row, function), &plain);
        }
        let reversed: Vec<Bracket> = row.iter().rev().copied().collect();
        let pairs = || row.iter().zip(&reversed);
        let products: Vec<Bracket> = pairs().map(|(a, b)| a.multiply(b, ())).collect();
        let zipped = Bracket::zip(
            &row,
            &reversed,
            #[inline(always)]
            |a, b| a.multiply(b, ()),
        );
        same("multiply", &zipped, &products);
        let quotients: Vec<Bracket> = pairs().map(|(a, b)| a.divide(b, ())).collect();
        let zipped = Bracket::zip(
            &row,
            &reversed,
            #[inline(always)]
            |a, b| a.divide(b, ()),
        );
        same("divide", &zipped, &quotients);
    }

    /// Sums and sums of others contain the exact ones, which MPFR has in enough bits, and are close to them.
    #[test]
    fn sums_contain_the_exact_ones() {
        const BITS: u32 = 2304;
        let numbers: Vec<Bracket> = even(-1.0, 1.0, 500)
            .chain(binades(1e-20, 1e20, true, 500))
            .map(|x| Bracket::exactly((), x))
            .collect();
        for length in [0, 1, 2, 7, 8, 9, 17, 100, 1000] {
            let row = &numbers[numbers.len() - length..];
            let exact: Vec<Interval> = row.iter().map(|term| term.to_interval()).collect();
            let total = Interval::sum(&exact, BITS);
            let ours = sum(row);
            assert!(total.is_within(&ours.to_interval()), "{length}: {ours:?}");
            let (lo, hi) = ours.ends();
            assert!(
                hi - lo <= 4.0 * f64::EPSILON * lo.abs().max(hi.abs()),
                "{length}: {ours:?}"
            );
            let others = Interval::sums_of_others(&exact, BITS);
            for (exact, ours) in others.iter().zip(sums_of_others(row)) {
                assert!(exact.is_within(&ours.to_interval()), "{length}: {ours:?}");
            }
        }
        // An infinity, or a sum beyond the largest number, is no lower bound.
        let huge = [Bracket::exactly((), f64::MAX); 3];
        assert!(sum(&huge).ends().0 < f64::INFINITY);
        let infinite = [
            Bracket::exactly((), f64::INFINITY),
            Bracket::exactly((), 1.0),
        ];
        assert!(sum(&infinite).is_exactly(f64::INFINITY));
        let opposed = [f64::INFINITY, f64::NEG_INFINITY].map(|x| Bracket::exactly((), x));
        assert!(sum(&opposed).is_anything());
    }
}
