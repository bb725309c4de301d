//! Loops over rows of brackets: run in the processor's widest vectors, and sums that stay tight however long the row is.

use super::directed::{above, below, two_sum};
use super::{ANYTHING, Bracket};
use crate::enclosure::Enclosure;
use crate::processor::with_all_instructions;

#[inline(always)]
pub(super) fn map(row: &[Bracket], function: impl Fn(&Bracket) -> Bracket) -> Vec<Bracket> {
    let mut results = vec![ANYTHING; row.len()];
    with_all_instructions(
        #[inline(always)]
        || {
            for (result, number) in results.iter_mut().zip(row) {
                *result = function(number);
            }
        },
    );
    results
}

#[inline(always)]
pub(super) fn zip(
    a: &[Bracket],
    b: &[Bracket],
    function: impl Fn(&Bracket, &Bracket) -> Bracket,
) -> Vec<Bracket> {
    let mut results = vec![ANYTHING; a.len()];
    with_all_instructions(
        #[inline(always)]
        || {
            for ((result, a), b) in results.iter_mut().zip(a).zip(b) {
                *result = function(a, b);
            }
        },
    );
    results
}

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
