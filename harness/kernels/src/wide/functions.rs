//! exp, log1p and log 2 in software floats: in, a ball; out, a ball, its radius built up by the operations themselves
//! and by the remainder of each series.

#![expect(
    clippy::cast_possible_truncation,
    reason = "exponents bound every value that is cast"
)]

use std::sync::OnceLock;

use crate::ball::Ball;
use crate::single_functions::log_significand;
use crate::wide::ball::WideBall;
use crate::wide::float::Wide;
use crate::wide::magnitude::Magnitude;
use crate::wide::side::Side;

/// Exponentials of arguments beyond −2^59 are only known to be positive and at most e^−2^59; those beyond 2^59 are lost.
const LARGEST_ARGUMENT_EXPONENT: i64 = 59;

/// floor(2^63 / log 2).
const LOG2_E: u64 = 0xb8aa_3b29_5c17_f0bb;

/// The limbs of the widest float in use.
const WIDEST: usize = 72;

/// e^x.
///
/// x = k·log 2 + 2^h·y with |y| < 2^−h; the series of e^y stops where its next term is below 2^−BITS, and its value is
/// squared h times. h grows with the square root of the precision, as the number of terms then does.
pub(crate) fn exp<const N: usize>(x: WideBall<N>) -> WideBall<N> {
    if x.is_zero() {
        return WideBall::ONE;
    }
    let exponent = x.midpoint.exponent;
    if !x.midpoint.is_zero() && exponent > LARGEST_ARGUMENT_EXPONENT {
        if x.sign() < 0 && (x.radius.is_zero() || x.radius.exponent < exponent - 3) {
            // e^−2^59 ≤ 2^−floor(2^59/log 2).
            let radius =
                Magnitude::power(-(LOG2_E >> (63 - LARGEST_ARGUMENT_EXPONENT)).cast_signed());
            return WideBall {
                midpoint: Wide::ZERO,
                radius,
                side: Side::Above,
            };
        }
        return WideBall::LOST;
    }
    if !x.radius.is_zero() && x.radius.exponent >= -1 {
        return WideBall::LOST;
    }
    if x.midpoint.is_zero() || exponent < -Wide::<N>::BITS {
        // |e^x − 1| ≤ 2|x|, with the sign of x.
        return WideBall::ONE.widened(x.reach().scaled(1), Side::of_sign(x.sign()));
    }
    let k = nearest_multiple(&x.midpoint);
    let reduced = if k == 0 {
        x
    } else {
        x - ln2::<N>() * WideBall::new(integer(k))
    };
    let halvings = 4 * i64::from(N.isqrt() as u32);
    let mut power = exp_series(reduced.scaled(-halvings));
    for _ in 0..halvings {
        power = power * power;
    }
    power.scaled(k)
}

/// k near x/log 2, within 1 of it.
fn nearest_multiple<const N: usize>(x: &Wide<N>) -> i64 {
    if x.exponent < -1 {
        return 0;
    }
    // top · 2^(exponent − 64) · LOG2_E · 2^−63, of which one more bit is kept for rounding.
    let product = u128::from(x.limbs[N - 1]) * u128::from(LOG2_E);
    let doubled = (product >> (126 - x.exponent)) as i64;
    let k = (doubled + 1) / 2;
    if x.negative { -k } else { k }
}

/// A signed integer, exactly.
fn integer<const N: usize>(value: i64) -> Wide<N> {
    let wide = Wide::integer(value.unsigned_abs());
    if value < 0 { wide.negated() } else { wide }
}

/// e^y for |y| < 1/2, by Taylor's series in Horner's form.
fn exp_series<const N: usize>(y: WideBall<N>) -> WideBall<N> {
    if y.is_zero() {
        return WideBall::ONE;
    }
    // |y| < 2^−s, so the j-th term is below 2^−(s·j + log2 j!); the remainder is at most twice the next one.
    let s = -y.reach().exponent - 1;
    let (mut terms, mut bits) = (0_u64, 0);
    while bits <= Wide::<N>::BITS + 1 {
        terms += 1;
        bits += s + i64::from(terms.ilog2());
    }
    let series = (1..terms).rev().fold(WideBall::ONE, |series, j| {
        WideBall::ONE + (series * y).divided_by(j)
    });
    series.widened(Magnitude::power(-Wide::<N>::BITS), Side::Unknown)
}

/// log(1 + x) for x ≥ −3/4.
///
/// Near 0: 2·atanh(x/(2 + x)). Elsewhere 1 + x = m·2^k, and from any l near log m and E = e^l, exactly
/// log m = l + 2·atanh((m − E)/(m + E)).
pub(crate) fn log1p<const N: usize>(x: WideBall<N>) -> WideBall<N> {
    if x.is_zero() {
        return WideBall::ZERO;
    }
    let exponent = if x.midpoint.is_zero() {
        x.radius.exponent + 1
    } else {
        x.midpoint.exponent
    };
    if exponent < -Wide::<N>::BITS {
        // x − x² < log(1 + x) < x for |x| < 1/2, with the sign of x.
        let reach = x.reach();
        let side = if x.midpoint.is_zero() {
            x.side
        } else {
            Side::Below
        };
        return x.widened(reach.times(reach), side);
    }
    let argument = WideBall::ONE + x;
    if argument.sign() <= 0
        || !x.radius.is_zero() && x.radius.exponent >= -3 && x.radius.exponent >= exponent - 3
    {
        return WideBall::LOST;
    }
    if exponent < -16 {
        return atanh(x / (argument + WideBall::ONE)).scaled(1);
    }
    let mut fraction = argument.midpoint;
    let mut k = fraction.exponent;
    fraction.exponent = 0;
    if fraction.approximate() < std::f64::consts::FRAC_1_SQRT_2 {
        fraction.exponent = 1;
        k -= 1;
    }
    let near = log_significand(fraction.approximate());
    let exponential = WideBall::exact(near).exp();
    let fraction = argument.scaled(-k);
    let correction = atanh((fraction - exponential) / (fraction + exponential)).scaled(1);
    let logarithm = WideBall::exact(near) + correction;
    if k == 0 {
        logarithm
    } else {
        ln2::<N>() * WideBall::new(integer(k)) + logarithm
    }
}

/// t + t³/3 + t⁵/5 + … for |t| < 1/4.
fn atanh<const N: usize>(t: WideBall<N>) -> WideBall<N> {
    if t.is_zero() {
        return WideBall::ZERO;
    }
    let square = t * t;
    // t² < 2^−s, so that stopping before (t²)^terms leaves at most twice that, relative to t.
    let s = -square.reach().exponent - 1;
    if s < 2 {
        return WideBall::LOST;
    }
    let terms = (Wide::<N>::BITS / s).unsigned_abs() + 2;
    let series = (0..terms).rev().fold(WideBall::ZERO, |series, j| {
        series * square + WideBall::ONE.divided_by(2 * j + 1)
    });
    series.widened(Magnitude::power(-Wide::<N>::BITS), Side::Unknown) * t
}

/// log 2 = 18·atanh(1/26) − 2·atanh(1/4801) + 8·atanh(1/8749), computed once.
pub(crate) fn ln2<const N: usize>() -> WideBall<N> {
    static LN2: OnceLock<WideBall<WIDEST>> = OnceLock::new();
    const { assert!(N <= WIDEST, "log 2 is kept to WIDEST limbs") };
    let widest = LN2.get_or_init(|| {
        let times = |factor, n| WideBall::new(Wide::integer(factor)) * inverse_atanh(n);
        times(18, 26) - times(2, 4801) + times(8, 8749)
    });
    let mut limbs = [0; N];
    limbs.copy_from_slice(&widest.midpoint.limbs[WIDEST - N..]);
    let midpoint = Wide {
        negative: false,
        exponent: widest.midpoint.exponent,
        limbs,
    };
    let truncation = Magnitude::power(midpoint.exponent - Wide::<N>::BITS);
    WideBall {
        midpoint,
        radius: widest.radius.plus(truncation),
        side: Side::Unknown,
    }
}

/// atanh(1/n) = 1/n + 1/(3n³) + …; what follows the last term is below it.
fn inverse_atanh(n: u64) -> WideBall<WIDEST> {
    let mut power = WideBall::ONE.divided_by(n);
    let (mut total, mut j) = (power, 1);
    while power.midpoint.exponent > -Wide::<WIDEST>::BITS {
        power = power.divided_by(n * n);
        j += 2;
        total = total + power.divided_by(j);
    }
    total.widened(power.reach(), Side::Unknown)
}

#[cfg(test)]
#[path = "functions_tests.rs"]
mod tests;
