//! Sums of rows of double-double balls, in units of the largest term's exponent: no partial sum is brought to form.

use super::arithmetic::{FAR_APART, SUM_ERROR};
use super::word::Word;
use super::{DoubleBall, SPECK, ZERO, power};

/// How many partial sums run side by side, so that no addition waits for the one before.
const LANES: usize = 8;

/// The least length of a row that is summed in common units.
const LONG: usize = 2 * LANES;

/// A partial sum, and what it may be off by, in units of 2^(the row's exponent).
#[derive(Clone, Copy)]
struct Partial {
    sum: Word,
    radius: f64,
}

/// The sum of a row.
#[inline(always)]
pub(super) fn of_row(row: &[DoubleBall]) -> DoubleBall {
    let mut all_numbers = true;
    for term in row {
        all_numbers &= term.is_number();
    }
    if all_numbers && row.len() >= LONG {
        in_common_units(row)
    } else {
        one_by_one(row)
    }
}

#[inline(always)]
fn one_by_one(row: &[DoubleBall]) -> DoubleBall {
    let mut sums = [ZERO; 4];
    let (chunks, remainder) = row.as_chunks::<4>();
    for chunk in chunks {
        for (sum, term) in sums.iter_mut().zip(chunk) {
            *sum = sum.plus(term);
        }
    }
    for (sum, term) in sums.iter_mut().zip(remainder) {
        *sum = sum.plus(term);
    }
    joined(sums[0], sums[1], sums[2], sums[3])
}

fn joined(a: DoubleBall, b: DoubleBall, c: DoubleBall, d: DoubleBall) -> DoubleBall {
    a.plus(&b).plus(&c.plus(&d))
}

/// The sum of numbers.
///
/// With E the largest exponent among the terms that are not 0, a term m 2^e is m 2^(e − E) units, exactly, as the parts of a significand
/// are at least 2^−400; where e is less than E by more than 250 it is a matter of the radius. Every addition is off by at most
/// [`SUM_ERROR`] of its result (3 u² and a bit are proven), unless one of its operands is 0. A radius is a sum of at most 2 n numbers, each
/// rounded once or twice before, so it is low by less than 2 n u relatively, which is made good at the end.
#[inline(always)]
fn in_common_units(row: &[DoubleBall]) -> DoubleBall {
    let mut exponent = i64::MIN;
    let (mut some_positive, mut some_negative, mut some_unknown) = (false, false, false);
    for term in row.iter().filter(|term| !term.is_zero()) {
        exponent = exponent.max(term.exponent);
        some_positive |= term.sign > 0;
        some_negative |= term.sign < 0;
        some_unknown |= term.sign == 0;
    }
    if exponent == i64::MIN {
        return ZERO;
    }
    let sign = match (some_positive, some_negative, some_unknown) {
        (true, false, false) => 1,
        (false, true, false) => -1,
        _ => 0,
    };
    let mut partials = [Partial {
        sum: Word::ZERO,
        radius: 0.0,
    }; LANES];
    let (chunks, remainder) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for (partial, term) in partials.iter_mut().zip(chunk) {
            partial.add(term, exponent);
        }
    }
    for (partial, term) in partials.iter_mut().zip(remainder) {
        partial.add(term, exponent);
    }
    #[expect(clippy::cast_precision_loss, reason = "row lengths lie far below 2^53")]
    let made_good = (row.len() as f64).mul_add(f64::EPSILON, 1.0);
    let ball = |lane: usize| {
        let Partial { sum, radius } = partials[lane];
        if sum.high == 0.0 && radius == 0.0 {
            ZERO
        } else {
            DoubleBall::around(sum, exponent, radius * made_good, sign)
        }
    };
    joined(ball(0), ball(1), ball(2), ball(3)).plus(&joined(ball(4), ball(5), ball(6), ball(7)))
}

impl Partial {
    #[inline(always)]
    fn add(&mut self, term: &DoubleBall, exponent: i64) {
        // A zero may have any exponent; its significand makes that harmless.
        let distance = exponent.saturating_sub(term.exponent).clamp(0, 1000);
        let unit = power(-distance);
        let is_far = distance > FAR_APART;
        let mid = term.mid.scaled(if is_far { 0.0 } else { unit });
        let spread = if is_far { term.size() } else { term.radius };
        let spread = if spread == 0.0 {
            0.0
        } else {
            spread.mul_add(unit, SPECK)
        };
        let is_exact = self.sum.high == 0.0 || mid.high == 0.0;
        self.sum = self.sum.plus(mid);
        let lost = if is_exact {
            0.0
        } else {
            self.sum.high.abs() * SUM_ERROR
        };
        self.radius += spread + lost;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enclosure::Enclosure;
    use crate::interval::Interval;
    use crate::points::{binades, even, random_bits};

    const BITS: u32 = 4400;

    /// Sums of every length contain the exact ones, which MPFR has in enough bits, and are as close as double-double is.
    #[test]
    fn sums_contain_the_exact_ones() {
        let wide: Vec<DoubleBall> = even(-1.0, 1.0, 700)
            .chain(binades(1e-300, 1e300, true, 700))
            .chain(binades(1e-20, 1e20, true, 700))
            .map(|x| DoubleBall::exactly((), x))
            .collect();
        for (first, length) in [
            (0, 15),
            (0, 16),
            (3, 17),
            (100, 500),
            (650, 100),
            (0, 2100),
            (1400, 700),
            (1399, 23),
        ] {
            let row = &wide[first..first + length];
            let exact: Vec<Interval> = row.iter().map(DoubleBall::to_interval).collect();
            let total = Interval::sum(&exact, BITS);
            let ours = DoubleBall::sum(row, ());
            assert!(
                total.is_within(&ours.to_interval()),
                "{first}+{length}: {ours:?}"
            );
            // In units of the sum's exponent, as the radius is.
            let unit = 2.0f64.powi(-i32::try_from(ours.exponent).unwrap());
            let sizes = row
                .iter()
                .map(|term| term.bracket_of().ends().1.abs() * unit);
            let terms = f64::from(u16::try_from(row.len()).unwrap());
            let most = terms * SUM_ERROR * sizes.sum::<f64>();
            assert!(ours.radius <= most, "{first}+{length}: {ours:?}");
        }
    }

    /// Terms with radii: every sum of one number from each ball lies in the ball of the sum.
    #[test]
    fn sums_contain_the_sums_of_ends() {
        let bits = random_bits(5);
        let row: Vec<DoubleBall> = binades(1e-200, 1e200, true, 900)
            .zip(bits)
            .map(|(x, bits)| {
                let radius = if bits % 3 == 0 { 0.0 } else { power(-60) };
                DoubleBall::exactly((), x).blurred(radius)
            })
            .collect();
        for length in [16, 31, 400, 900] {
            let row = &row[row.len() - length..];
            let exact: Vec<Interval> = row.iter().map(DoubleBall::to_interval).collect();
            let total = Interval::sum(&exact, BITS);
            let ours = DoubleBall::sum(row, ()).to_interval();
            assert!(total.is_within(&ours), "{length}");
        }
    }

    #[test]
    fn what_adds_nothing_leaves_a_sum_exact() {
        let mut row = vec![ZERO; 40];
        assert!(DoubleBall::sum(&row, ()).is_exactly(0.0));
        row[17] = DoubleBall::exactly((), 3.0);
        assert!(DoubleBall::sum(&row, ()).is_exactly(3.0));
        row[20] = DoubleBall::exactly((), -3.0);
        assert!(DoubleBall::sum(&row, ()).is_exactly(0.0));
        row[33] = DoubleBall::exactly((), f64::INFINITY);
        assert!(DoubleBall::sum(&row, ()).is_exactly(f64::INFINITY));
    }

    /// A term far below the others still proves on which side of them the sum lies.
    #[test]
    fn the_sign_of_a_sum_is_that_of_its_terms() {
        let tiny = DoubleBall::exactly((), -1.0).exp(());
        let mut row = vec![tiny; 20];
        row[3] = DoubleBall::exactly((), -5000.0).exp(());
        assert_eq!(DoubleBall::sum(&row, ()).sign, 1);
        row[4] = DoubleBall::exactly((), -1.0);
        assert_eq!(DoubleBall::sum(&row[..4], ()).sign, 1);
        assert_eq!(DoubleBall::sum(&row, ()).sign, 1);
        let negative: Vec<DoubleBall> = row[5..].iter().map(DoubleBall::negate).collect();
        assert_eq!(DoubleBall::sum(&negative, ()).sign, -1);
    }
}
