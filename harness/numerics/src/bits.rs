//! Encodings: between a dtype's bits and the `f64` that carries its value, exactly and NaN payloads included.

use crate::dtype::{Dtype, power_of_two};

const F64_FRACTION_BITS: u32 = 52;

/// The value of an encoding. `bits` above the dtype's width are ignored. A NaN keeps its sign and payload, aligned to
/// the top of the fraction, so that [`encode`] gives the same bits back.
#[must_use]
pub fn decode(dtype: Dtype, bits: u64) -> f64 {
    if dtype == Dtype::F64 {
        return f64::from_bits(bits);
    }
    let fraction_bits = dtype.fraction_bits();
    let exponent_mask = (1u64 << (dtype.width() - 1 - fraction_bits)) - 1;
    let fraction = bits & ((1 << fraction_bits) - 1);
    let biased = (bits >> fraction_bits) & exponent_mask;
    let sign = ((bits >> (dtype.width() - 1)) & 1) << 63;
    let aligned_fraction = fraction << (F64_FRACTION_BITS - fraction_bits);
    let magnitude_bits = if biased == exponent_mask {
        (0x7ff << F64_FRACTION_BITS) | aligned_fraction
    } else if biased == 0 {
        // Exact: the fraction has at most 23 bits and the smallest scale is 2^−149.
        #[expect(clippy::cast_precision_loss, reason = "at most 23 bits")]
        let magnitude = fraction as f64 * dtype.min_subnormal();
        magnitude.to_bits()
    } else {
        let rebias = (1023 - dtype.emax()).unsigned_abs();
        ((biased + u64::from(rebias)) << F64_FRACTION_BITS) | aligned_fraction
    };
    f64::from_bits(sign | magnitude_bits)
}

/// The encoding of `value`, which must be a value of `dtype` (round it first).
///
/// # Panics
/// If a finite `value` is not a value of `dtype`; a NaN payload that does not fit is cut to its top bits.
#[must_use]
pub fn encode(dtype: Dtype, value: f64) -> u64 {
    if dtype == Dtype::F64 {
        return value.to_bits();
    }
    let fraction_bits = dtype.fraction_bits();
    let exponent_mask = (1u64 << (dtype.width() - 1 - fraction_bits)) - 1;
    let sign = (value.to_bits() >> 63) << (dtype.width() - 1);
    let f64_fraction = value.to_bits() & ((1 << F64_FRACTION_BITS) - 1);
    let magnitude = value.abs();
    let body = if value.is_nan() {
        let payload = f64_fraction >> (F64_FRACTION_BITS - fraction_bits);
        let quiet = 1 << (fraction_bits - 1);
        (exponent_mask << fraction_bits) | if payload == 0 { quiet } else { payload }
    } else if magnitude.is_infinite() {
        exponent_mask << fraction_bits
    } else if magnitude < dtype.min_normal() {
        // Scaling by a power of two is exact, so this is an integer exactly when the value belongs to the dtype.
        let scaled = magnitude * power_of_two(-dtype.min_exponent());
        assert!(scaled.fract() == 0.0, "{value:e} is not a value of {dtype}");
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an integer below 2^23"
        )]
        let integer = scaled as u64;
        integer
    } else {
        let dropped = F64_FRACTION_BITS - fraction_bits;
        assert!(
            magnitude <= dtype.max_finite() && f64_fraction & ((1 << dropped) - 1) == 0,
            "{value:e} is not a value of {dtype}"
        );
        let rebias = u64::from((1023 - dtype.emax()).unsigned_abs());
        let biased = (magnitude.to_bits() >> F64_FRACTION_BITS) - rebias;
        (biased << fraction_bits) | (f64_fraction >> dropped)
    };
    sign | body
}

/// Position of `value` among the dtype's values: 0 for both zeros, ±1 for the smallest subnormals, and so on through
/// the infinities. Neighbouring values differ by one.
///
/// # Panics
/// If `value` is NaN or no value of `dtype`.
#[must_use]
pub fn ordinal(dtype: Dtype, value: f64) -> i64 {
    assert!(
        !value.is_nan(),
        "a NaN has no place among the ordered values"
    );
    let magnitude = encode(dtype, value.abs()).cast_signed();
    if value.is_sign_negative() {
        -magnitude
    } else {
        magnitude
    }
}

/// The value at a position among the dtype's values; 0 is +0. The inverse of [`ordinal`].
#[must_use]
pub fn from_ordinal(dtype: Dtype, ordinal: i64) -> f64 {
    let magnitude = decode(dtype, ordinal.unsigned_abs());
    if ordinal < 0 { -magnitude } else { magnitude }
}

/// The next larger value of the dtype; +∞ stays, and NaN stays.
#[must_use]
pub fn next_up(dtype: Dtype, value: f64) -> f64 {
    if value.is_nan() || value == f64::INFINITY {
        value
    } else if ordinal(dtype, value) == -1 {
        -0.0
    } else {
        from_ordinal(dtype, ordinal(dtype, value) + 1)
    }
}

/// The next smaller value of the dtype; −∞ stays, and NaN stays.
#[must_use]
pub fn next_down(dtype: Dtype, value: f64) -> f64 {
    -next_up(dtype, -value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sixteen_bit_encoding_survives() {
        for dtype in [Dtype::F16, Dtype::Bf16] {
            for bits in 0..=0xffff {
                assert_eq!(
                    encode(dtype, decode(dtype, bits)),
                    bits,
                    "{dtype} {bits:04x}"
                );
            }
        }
    }

    #[test]
    fn known_encodings() {
        for (dtype, bits, value) in [
            (Dtype::F16, 0x3c00, 1.0),
            (Dtype::F16, 0x7bff, 65504.0),
            (Dtype::F16, 0x0001, 1.0 / 16_777_216.0),
            (Dtype::Bf16, 0x3f80, 1.0),
            (Dtype::Bf16, 0x7f80, f64::INFINITY),
            (Dtype::F32, 0x4120_0000, 10.0),
            (Dtype::F32, 0x8000_0000, -0.0),
            (Dtype::F64, 0x3ff8_0000_0000_0000, 1.5),
        ] {
            assert_eq!(decode(dtype, bits).to_bits(), f64::to_bits(value));
            assert_eq!(encode(dtype, value), bits);
        }
    }

    #[test]
    fn a_signalling_nan_keeps_its_payload() {
        assert_eq!(
            encode(Dtype::F32, decode(Dtype::F32, 0xffa0_0001)),
            0xffa0_0001
        );
    }

    #[test]
    fn neighbours_cross_zero_and_reach_infinity() {
        let smallest = Dtype::F16.min_subnormal();
        assert_eq!(next_up(Dtype::F16, -0.0).to_bits(), smallest.to_bits());
        assert_eq!(
            next_up(Dtype::F16, -smallest).to_bits(),
            (-0.0f64).to_bits()
        );
        assert_eq!(next_down(Dtype::F16, 0.0).to_bits(), (-smallest).to_bits());
        assert_eq!(
            next_up(Dtype::F16, 65504.0).to_bits(),
            f64::INFINITY.to_bits()
        );
        assert_eq!(ordinal(Dtype::F32, 1.0), 0x3f80_0000);
    }

    #[test]
    #[should_panic(expected = "not a value of f16")]
    fn a_foreign_value_is_refused() {
        let _ = encode(Dtype::F16, 0.1);
    }
}
