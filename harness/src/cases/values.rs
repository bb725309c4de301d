//! Special values of a dtype. In: a dtype and real numbers as `f64`. Out: values of the dtype, and its thresholds.

use lossproof_numerics::{Dtype, decode, encode, next_down, next_up, round_f64};

use super::draw::Draw;

const LN_2: f64 = std::f64::consts::LN_2;

/// The finite value of `dtype` nearest to `value`.
pub(crate) fn nearest(dtype: Dtype, value: f64) -> f64 {
    let largest = dtype.max_finite();
    round_f64(dtype, value.clamp(-largest, largest))
}

/// The value `steps` places above `value` among the dtype's values (below it when negative).
pub(super) fn stepped(dtype: Dtype, value: f64, steps: i32) -> f64 {
    let step = if steps < 0 { next_down } else { next_up };
    (0..steps.unsigned_abs()).fold(value, |at, _| step(dtype, at))
}

/// Whether `value` belongs to `dtype`; a NaN does when its payload fits.
pub(crate) fn belongs(dtype: Dtype, value: f64) -> bool {
    if value.is_nan() {
        decode(dtype, encode(dtype, value)).to_bits() == value.to_bits()
    } else {
        round_f64(dtype, value).to_bits() == value.to_bits()
    }
}

/// Where exp(x) leaves the dtype upwards: the logarithm of 2^(emax + 1), as good as that of the largest finite value.
pub(crate) fn ln_overflow(dtype: Dtype) -> f64 {
    f64::from(dtype.emax() + 1) * LN_2
}

/// The logarithm of the smallest normal value.
pub(crate) fn ln_min_normal(dtype: Dtype) -> f64 {
    f64::from(dtype.emin()) * LN_2
}

/// The logarithm of the smallest subnormal value.
pub(super) fn ln_min_subnormal(dtype: Dtype) -> f64 {
    f64::from(dtype.min_exponent()) * LN_2
}

/// −ln u = p · ln 2: beyond this gap below 1, exp falls under half an ulp of 1.
pub(crate) fn ln_precision(dtype: Dtype) -> f64 {
    f64::from(dtype.precision()) * LN_2
}

/// A row length as a number.
pub(super) fn count(length: usize) -> f64 {
    f64::from(u32::try_from(length).expect("rows are shorter than 2^32"))
}

/// A NaN of the dtype with a random sign or the one asked for, quiet or signalling, and a random payload.
pub(super) fn nan(dtype: Dtype, signalling: bool, negative: bool, draw: &mut Draw) -> f64 {
    let fraction_bits = dtype.precision() - 1;
    let infinity = encode(dtype, f64::INFINITY);
    let quiet = 1 << (fraction_bits - 1);
    let payload = draw.bits() & (quiet - 1);
    let fraction = if signalling {
        payload.max(1)
    } else {
        quiet | payload
    };
    let sign = u64::from(negative) << (dtype.width() - 1);
    decode(dtype, sign | infinity | fraction)
}

/// A positive number whose exponent is uniform in [`lowest`, `highest`] and whose fraction is random, in the dtype.
pub(crate) fn log_uniform(dtype: Dtype, lowest: i32, highest: i32, draw: &mut Draw) -> f64 {
    let span = usize::try_from(highest - lowest + 1).expect("an ordered range");
    let exponent = lowest + i32::try_from(draw.below(span)).expect("a small span");
    // ldexp is exact or rounds once below the subnormals, the same everywhere.
    nearest(dtype, libm::ldexp(1.0 + draw.unit(), exponent)).max(dtype.min_subnormal())
}

/// A non-zero subnormal value of random magnitude and sign.
pub(super) fn subnormal(dtype: Dtype, draw: &mut Draw) -> f64 {
    let all = (1usize << (dtype.precision() - 1)) - 1;
    // Small magnitudes as often as large ones: shift a random fraction by a random amount.
    let shift = draw.below(dtype.precision() as usize - 1);
    let fraction = ((1 + draw.below(all)) >> shift).max(1);
    decode(dtype, fraction as u64) * draw.sign()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nans_are_what_they_should_be() {
        let mut draw = Draw::new(1, "nan");
        for dtype in Dtype::ALL {
            for (signalling, negative) in
                [(false, false), (true, false), (false, true), (true, true)]
            {
                let value = nan(dtype, signalling, negative, &mut draw);
                assert!(value.is_nan() && belongs(dtype, value));
                assert_eq!(value.is_sign_negative(), negative);
                assert_eq!(
                    encode(dtype, value) >> (dtype.precision() - 2) & 1 == 0,
                    signalling
                );
            }
            for _ in 0..100 {
                let value = subnormal(dtype, &mut draw);
                assert!(belongs(dtype, value) && value != 0.0 && value.abs() < dtype.min_normal());
            }
        }
    }

    #[test]
    fn thresholds() {
        assert!((ln_overflow(Dtype::F32) - 88.722_839).abs() < 1e-5);
        assert!((ln_min_subnormal(Dtype::F64) + 744.440_07).abs() < 1e-5);
        assert!((ln_min_normal(Dtype::F16) + 9.704_06).abs() < 1e-5);
    }
}
