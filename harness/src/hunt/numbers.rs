//! Numbers changed: what moves put in a number's place. In: a number and a random stream. Out: a value of the dtype; what is
//! not finite stays as it is.

use super::draws::between;
use crate::cases::Draw;
use crate::cases::values::{ln_min_normal, ln_overflow, ln_precision, nearest};
use lossproof_numerics::{Dtype, decode, encode};

/// A number to every place, or to a stretch of them.
pub(super) fn everywhere(row: &mut [f64], place: usize, draw: &mut Draw) {
    let number = row[place];
    let (start, end) = if draw.flip() {
        (0, row.len())
    } else {
        let start = draw.below(row.len());
        (start, start + 1 + draw.below(row.len() - start))
    };
    // Sometimes all but one, so that something is left to compare with.
    let kept = draw.flip().then(|| draw.place(row.len()));
    for (at, slot) in row.iter_mut().enumerate().take(end).skip(start) {
        if kept != Some(at) {
            *slot = number;
        }
    }
}

/// Up or down by 1 to nearly all of the dtype's values, each scale as often as the others.
pub(super) fn any_steps(dtype: Dtype, draw: &mut Draw) -> i64 {
    let scale = draw.below(dtype.width() as usize - 1);
    let steps = between(1, (1i64 << scale).max(1), draw);
    if draw.flip() { steps } else { -steps }
}

/// One bit turned; what would be infinite or NaN then stays as it is.
pub(super) fn flipped(dtype: Dtype, number: f64, draw: &mut Draw) -> f64 {
    if !number.is_finite() {
        return number;
    }
    let flipped = decode(
        dtype,
        encode(dtype, number) ^ (1 << draw.below(dtype.width() as usize)),
    );
    if flipped.is_finite() { flipped } else { number }
}

/// A factor near 1, or a power of two, or any in between.
pub(super) fn factor(draw: &mut Draw) -> f64 {
    match draw.below(4) {
        0 => 2.0,
        1 => 0.5,
        2 => 1.0 + (draw.unit() - 0.5) * libm::ldexp(1.0, -draw.steps(20).abs()),
        _ => libm::ldexp(0.5 + draw.unit(), draw.steps(8)),
    }
}

pub(super) fn scaled(dtype: Dtype, number: f64, factor: f64) -> f64 {
    if number.is_finite() {
        nearest(dtype, number * factor)
    } else {
        number
    }
}

/// The leading bits of a number.
pub(super) fn rounded(dtype: Dtype, number: f64, draw: &mut Draw) -> f64 {
    if !number.is_finite() {
        return number;
    }
    let kept = 1 + draw.below(dtype.precision() as usize);
    f64::from_bits(number.to_bits() & (u64::MAX << (53 - kept)))
}

/// A number at which kernels branch, overflow or lose digits, or a power of two, or a small whole number.
pub(super) fn landmark(dtype: Dtype, draw: &mut Draw) -> f64 {
    let small = f64::from(draw.steps(20));
    let binades = 2 * dtype.emax().unsigned_abs() as usize;
    let binade = i32::try_from(draw.below(binades)).expect("at most 2046");
    let power = libm::ldexp(1.0, dtype.emin() + binade);
    let marks = [
        0.0,
        -0.0,
        1.0,
        0.5,
        1.0 - dtype.unit_roundoff(),
        1.0 + 2.0 * dtype.unit_roundoff(),
        dtype.unit_roundoff(),
        dtype.min_subnormal(),
        dtype.min_normal(),
        dtype.max_finite(),
        ln_overflow(dtype),
        ln_min_normal(dtype),
        ln_precision(dtype),
        small,
        power,
        power,
    ];
    nearest(dtype, draw.pick(&marks) * draw.sign())
}
