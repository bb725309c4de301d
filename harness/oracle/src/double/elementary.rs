//! exp, expm1, log and log1p of double-double balls, with their error bounds.

use super::word::Word;
use super::{ANYTHING, DoubleBall, Kind, ONE, ZERO, power};
use crate::bracket::log_of_significand;
use crate::enclosure::Enclosure;
use crate::interval::{Interval, LITERAL_BITS};
use rug::Float;
use rug::float::{Constant, Round};
use std::sync::LazyLock;

/// 2^−101: the relative error of [`exp_of_word`].
const EXP_ERROR: f64 = power_of(-101);

/// 2^−74: the relative error of [`quick_exp`].
const QUICK_EXP_ERROR: f64 = power_of(-74);

/// 2^−97: the absolute error of the logarithm of a significand away from 1, in [`DoubleBall::logarithm`].
const LOG_ERROR: f64 = power_of(-97);

const fn power_of(exponent: i64) -> f64 {
    f64::from_bits(((exponent + 1023).cast_unsigned()) << 52)
}

/// How many parts a binade is cut into.
const PARTS: usize = 64;

/// Constants, computed by MPFR when first needed and rounded to pairs of f64.
struct Constants {
    /// log 2 / 64 in three parts: two of 26 bits, whose products with integers below 2^27 are exact, and the rest.
    step: (f64, f64, Word),
    /// log 2 / 1024 in three parts: one of 31 bits, whose product with an integer below 2^22 is exact, and two f64.
    small_step: (f64, f64, f64),
    /// 2^(j/64)
    powers: [Word; PARTS],
    log_2: Word,
}

/// A number rounded to a pair of f64: within 2^−107 relatively.
fn word_of(exact: &Float) -> Word {
    let high = exact.to_f64();
    let low = Float::with_val(200, exact - high).to_f64();
    Word { high, low }
}

/// The leading bits.
fn leading(exact: &Float, bits: u32) -> f64 {
    Float::with_val_round(bits, exact, Round::Zero).0.to_f64()
}

/// 2^(j/1024)
static SMALL_POWERS: LazyLock<Vec<Word>> = LazyLock::new(|| {
    let power = |part: u32| {
        let exponent = Float::with_val(200, Float::with_val(200, part) / 1024);
        word_of(&exponent.exp2())
    };
    (0..1024).map(power).collect()
});

static CONSTANTS: LazyLock<Constants> = LazyLock::new(|| {
    let bits = 200;
    let log_2 = Float::with_val(bits, Constant::Log2);
    let step = Float::with_val(bits, &log_2 / 64);
    let first = leading(&step, 26);
    let rest = Float::with_val(bits, &step - first);
    let second = leading(&rest, 26);
    let rest = Float::with_val(bits, &rest - second);
    let small_step = {
        let step = Float::with_val(bits, &log_2 / 1024);
        let first = leading(&step, 31);
        let rest = word_of(&Float::with_val(bits, &step - first));
        (first, rest.high, rest.low)
    };
    let mut powers = [Word::ONE; PARTS];
    for (part, word) in powers.iter_mut().enumerate() {
        let exponent = Float::with_val(bits, Float::with_val(bits, part) / 64);
        *word = word_of(&exponent.exp2());
    }
    Constants {
        step: (first, second, word_of(&rest)),
        small_step,
        powers,
        log_2: word_of(&log_2),
    }
});

/// log 2, within 2^−106.
pub(super) fn log_2() -> DoubleBall {
    DoubleBall::around(CONSTANTS.log_2, 0, power_of(-106), 1)
}

/// The number that a decimal or hex-float literal denotes.
pub(super) fn literal(text: &str) -> Option<DoubleBall> {
    let enclosure = Interval::literal(LITERAL_BITS, text)?;
    let exact = &enclosure.lo.value;
    let high = exact.to_f64();
    // Far from the ends of f64, or what is left of the number underflows; of 0 nothing is left.
    if *exact != 0 && !(1e-250..1e250).contains(&high.abs()) {
        return Some(ANYTHING);
    }
    let rest = Float::with_val(LITERAL_BITS, exact - high);
    let low = rest.to_f64();
    let sum = DoubleBall::exactly((), high).plus(&DoubleBall::exactly((), low));
    // The low part rounds the rest of the enclosure's lower end, within 2^−106; the enclosure itself is narrower.
    let is_exact = enclosure.is_point() && rest == low;
    Some(if is_exact {
        sum
    } else {
        sum.blurred(power_of(-104))
    })
}

/// 1/j! for j = 6 … 11, in f64: of terms below 2^−54.
const HIGH_TERMS: [f64; 6] = [
    1.0 / 720.0,
    1.0 / 5040.0,
    1.0 / 40320.0,
    1.0 / 362_880.0,
    1.0 / 3_628_800.0,
    1.0 / 39_916_800.0,
];

/// 1/j! for j = 5, 4, 3, 2 as pairs of f64.
static LOW_TERMS: LazyLock<[Word; 4]> = LazyLock::new(|| {
    [120, 24, 6, 2].map(|factorial| word_of(&(Float::with_val(200, 1) / factorial)))
});

/// e^x for |x| < 2^20: a significand and an exponent, within 2^−101 relatively.
///
/// x = k log 2 / 64 + r with |r| ≤ 0.00542, k < 2^27. The products of k with the constant's first two parts are exact; the partial sums
/// stay below 0.05 but for x itself, from which the first product is taken exactly (TwoSum), so that the three double-double
/// additions and the product with the third part (below 2^−26) make an absolute error of at most
/// 3 · 4 u² · 0.05 + 2^−26 · 3 u² + k 2^−165 < u². x's own low part is added last but one, exactly as it is.
/// e^r is Horner's scheme over r^j/j! up to j = 11: left out are terms below 0.00542^12/12! < 2^−118. The terms from j = 6 on, below 2^−54.7,
/// are in f64 with at most 4 u of them lost, an error below 2^−105.7; each double-double step is a product (4 u²) and a sum (3 u²), of a value near 1/j!,
/// multiplied by r at each later one: 3 u² for the last sum, and 0.0055 · (7 + 4) u² for what is before. With the error of r (u²), of the table (u²/2)
/// and of the last product (4 u²) it is below 10 u² + 2^−105.7 < 2^−102.
#[inline(always)]
fn exp_of_word(x: Word) -> (Word, i64) {
    let constants = &*CONSTANTS;
    let (first, second, third) = constants.step;
    let k = (x.high * (64.0 * std::f64::consts::LOG2_E)).round_ties_even();
    let r = Word::sum_of(x.high, -k * first)
        .plus(Word::of(-k * second))
        .plus(Word::of(x.low))
        .plus(third.times_number(-k));
    let mut tail = HIGH_TERMS[5];
    for term in HIGH_TERMS[..5].iter().rev() {
        tail = tail.mul_add(r.high, *term);
    }
    let [fifth, fourth, third, second] = *LOW_TERMS;
    let mut sum = fifth.plus(Word::of(tail * r.high));
    for term in [fourth, third, second, Word::ONE, Word::ONE] {
        sum = term.plus(sum.times(r));
    }
    #[expect(clippy::cast_possible_truncation, reason = "an integer below 2^27")]
    let k = k as i64;
    #[expect(clippy::cast_possible_truncation, reason = "from 0 to 63")]
    let part = k.rem_euclid(64) as usize;
    (constants.powers[part].times(sum), k.div_euclid(64))
}

/// 1/j for j up to 17, within 2^−107; the first is 0 and not used.
static INVERSES: LazyLock<[DoubleBall; 18]> = LazyLock::new(|| {
    let mut inverses = [ZERO; 18];
    for (j, inverse) in inverses.iter_mut().enumerate().skip(1) {
        *inverse = DoubleBall::around(
            word_of(&(Float::with_val(200, 1) / j)),
            0,
            power_of(-107),
            1,
        );
    }
    inverses[1] = ONE;
    inverses
});

/// e^x for |x| < 2^11: a significand and an exponent, within 2^−74 relatively: a fraction of the work of [`exp_of_word`], and close enough
/// to settle all but one in 2^20 roundings to f64.
///
/// x = k log 2 / 1024 + r with |r| ≤ 3.4e-4, k < 2^22. The product with the constant's first part (31 bits) is exact, and so is its difference
/// from x's high part; the second product is exact as a pair, the third is below 2^−73 with an error below 2^−126. r = s + l with
/// |l| ≤ u |s| after the parts are joined, whose roundings are below 2^−53 · 2^−43 for x's own low part. e^r = 1 + s + (l + q) with
/// q = e^s − 1 − s + s l in f64: below 2^−24, within 4.2 u of it (Horner's scheme of decreasing terms, s² before it, their
/// product and the last step), that is 2^−74.9; left out are s^7/7! < 2^−92 and l² terms. The sums of l, q and the low part of 1 + s round numbers below 2^−23.9, at 2^−76.9 each.
/// The table (u²) and the product with it (4 u²) do not count.
#[inline(always)]
fn quick_exp(x: Word) -> (Word, i64) {
    let (first, second, third) = CONSTANTS.small_step;
    let k = (x.high * (1024.0 * std::f64::consts::LOG2_E)).round_ties_even();
    let high = (-k).mul_add(first, x.high);
    let product = k * second;
    let lost = k.mul_add(second, -product);
    let joined = Word::sum_of(high, -product);
    let low = k.mul_add(-third, (joined.low - lost) + x.low);
    let r = Word::sum_of(joined.high, low);
    let s = r.high;
    let tail = s.mul_add(1.0 / 720.0, 1.0 / 120.0);
    let tail = s.mul_add(tail, 1.0 / 24.0);
    let tail = s.mul_add(tail, 1.0 / 6.0);
    let tail = s.mul_add(tail, 0.5);
    let q = s.mul_add(r.low, (s * s) * tail);
    let whole = Word::sum_of(1.0, s);
    let sum = Word::sum_of(whole.high, whole.low + (r.low + q));
    #[expect(clippy::cast_possible_truncation, reason = "an integer below 2^22")]
    let k = k as i64;
    #[expect(clippy::cast_sign_loss, reason = "from 0 to 1023")]
    let part = (k & 1023) as usize;
    (SMALL_POWERS[part].times(sum), k >> 10)
}

/// From this exponent on an argument is beyond what is evaluated.
const LARGE: i64 = 20;

/// Below this exponent e^x is 1 + x and a square that is lost.
const TINY: i64 = -60;

impl DoubleBall {
    #[inline(always)]
    pub(super) fn exponential(&self) -> Self {
        match self.kind {
            Kind::Anything => return ANYTHING,
            Kind::Infinity if self.sign > 0 => return *self,
            Kind::Infinity => return ZERO,
            Kind::Number => {}
        }
        if self.is_zero() {
            return ONE;
        }
        if self.exponent >= LARGE {
            // At most −2^20 · (1 − r): e to it is below 2^−1500000, and positive.
            let negative = self.sign < 0 && self.mid.high != 0.0 && self.radius < 0.005;
            return if negative {
                Self::around(Word::ONE, -1_500_000, 1.0, 1)
            } else {
                ANYTHING
            };
        }
        let radius = if self.exponent < -1000 {
            0.0
        } else {
            self.radius * power(self.exponent)
        };
        if !(radius <= 0.001) {
            return ANYTHING;
        }
        if self.exponent < TINY {
            // |e^x − 1 − x| ≤ x² for |x| ≤ 1: below 2^(2·TINY + 4) for x itself at most 2^(TINY + 1) (1 + r).
            let size = self.size();
            if !(size < 4.0) {
                return ANYTHING;
            }
            let mut sum = ONE.plus(self);
            sum.radius = super::enlarged(sum.radius + power(2 * TINY + 6));
            sum.sign = 1;
            return sum;
        }
        let x = self.mid.scaled(power(self.exponent));
        let (mid, exponent, error) = if self.exponent < 11 {
            let (mid, exponent) = quick_exp(x);
            (mid, exponent, QUICK_EXP_ERROR)
        } else {
            let (mid, exponent) = exp_of_word(x);
            (mid, exponent, EXP_ERROR)
        };
        // e^(x ± r) = e^x (1 ± r (1 + r)) for r ≤ 1; the midpoint's significand may be a little above 2.
        let relative = radius.mul_add(1.0 + radius, error);
        Self::around(mid, exponent, mid.high.abs() * relative * 1.000_1, 1)
    }

    #[inline(always)]
    pub(super) fn exponential_minus_one(&self) -> Self {
        if !self.is_number() || self.exponent >= -5 || self.is_zero() {
            let one = ONE.negate();
            return if self.is_zero() {
                ZERO
            } else {
                self.exponential().plus(&one)
            };
        }
        // x (1 + x/2 (1 + x/3 (… (1 + x/17)))), |x| < 2^−4 · (1 + r): the terms left out are below x · 2^−4·17 / 18! · 1.1 < x 2^−119.
        if !(self.size() < 4.0) {
            return ANYTHING;
        }
        let mut sum = ONE;
        for inverse in INVERSES[2..].iter().rev() {
            sum = ONE.plus(&sum.times(&self.times(inverse)));
        }
        let mut result = self.times(&sum.blurred(power_of(-110)));
        result.sign = self.sign;
        result
    }

    #[inline(always)]
    pub(super) fn logarithm(&self) -> Self {
        match (self.kind, self.sign) {
            (Kind::Infinity, 1) => return *self,
            (Kind::Number, 1) => {}
            (Kind::Number, 0) if self.is_zero() => return Self::infinity(-1),
            _ => return ANYTHING,
        }
        if !(self.radius <= 0.125) || self.mid.high == 0.0 {
            return ANYTHING;
        }
        // m · 2^e with √½ < m ≤ √2, about.
        let halved = self.mid.high > std::f64::consts::SQRT_2;
        let (mid, radius, exponent) = if halved {
            (self.mid.scaled(0.5), self.radius * 0.5, self.exponent + 1)
        } else {
            (self.mid, self.radius, self.exponent)
        };
        let near_one = (mid.high - 1.0).abs() < 0.007_812_5;
        let of_significand = if near_one {
            let f = mid.plus(Word::of(-1.0));
            Self::around(f, 0, radius + f.high.abs() * power_of(-104), 0).log_one_plus_small()
        } else {
            // y₀ within 2^−49 of log m: m e^−y₀ = 1 + d with |d| < 2^−48, and log m = y₀ + d − d²/2 within d³. m e^−y₀ is within
            // 2^−100, so log m is within 2^−99. The midpoint's radius enters as r/(m − r).
            let guess = log_of_significand(mid.high);
            let (inverse, shift) = exp_of_word(Word::of(-guess));
            let d = mid.times(inverse.scaled(power(shift))).plus(Word::of(-1.0));
            let square = d.high * d.high * 0.5;
            let log = Word::of(guess).plus(d.plus(Word::of(-square)));
            let spread = radius / (mid.high * (1.0 - f64::EPSILON) - radius);
            Self::around(log, 0, LOG_ERROR + spread, 0)
        };
        if exponent == 0 {
            return of_significand;
        }
        #[expect(clippy::cast_precision_loss, reason = "exponents are far below 2^53")]
        let shift = Self::exactly((), exponent as f64).times(&log_2());
        shift.plus(&of_significand)
    }

    #[inline(always)]
    pub(super) fn logarithm_of_one_plus(&self) -> Self {
        match self.kind {
            Kind::Number if self.exponent < -7 || self.is_zero() => self.log_one_plus_small(),
            _ => ONE.plus(self).logarithm(),
        }
    }

    /// log(1 + f) for |f| < 2^−6, as 2 artanh s with s = f/(2 + f).
    #[inline(always)]
    fn log_one_plus_small(&self) -> Self {
        let small =
            self.exponent < 0 && self.size().mul_add(power(self.exponent.max(-100)), 0.0) < 0.016;
        if !small {
            return if self.is_zero() { ZERO } else { ANYTHING };
        }
        let two = Self::exactly((), 2.0);
        let s = self.over(&two.plus(self));
        let z = s.times(&s);
        // Σ z^j/(2j + 1) up to j = 7; with z < 2^−13.9 the rest is below 2^−111/17.
        let mut sum = INVERSES[15];
        for odd in [13, 11, 9, 7, 5, 3, 1] {
            sum = INVERSES[odd].plus(&sum.times(&z));
        }
        let mut result = two.times(&s).times(&sum.blurred(power_of(-112)));
        result.sign = self.sign;
        result
    }
}

#[cfg(test)]
mod tests;
