//! Hex floats and bit patterns as text: `0x1.8p-3`, `-0x1p+0`, `inf`, `-inf`, `nan`, `bits:41200000`.

use crate::bits::decode;
use crate::dtype::Dtype;
use crate::round::{Direction, Magnitude, round_magnitude};

/// Why a hex float or a bit pattern could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HexFloatError {
    /// The text has not the form of a hex float.
    #[error("`{0}` is no hex float; write it like 0x1.8p-3")]
    Malformed(String),
    /// The text after `bits:` is not a hexadecimal number of at most the dtype's width.
    #[error("`{text}` is no encoding of {dtype}; write at most {digits} hex digits after `bits:`")]
    Bits {
        /// The text as given.
        text: String,
        /// The dtype it was read for.
        dtype: Dtype,
        /// The most digits an encoding can have.
        digits: u32,
    },
}

/// The value as a hex float with a normalised significand, as C's `%a` prints normal numbers; `inf`, `-inf`, `nan`.
#[must_use]
pub fn format_hex(value: f64) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return format!("{sign}inf");
    }
    if value == 0.0 {
        return format!("{sign}0x0p+0");
    }
    let Magnitude {
        significand,
        exponent,
        ..
    } = Magnitude::of(value);
    let fraction = format!("{:016x}", significand << 1);
    let digits = fraction.trim_end_matches('0');
    let point = if digits.is_empty() { "" } else { "." };
    format!("{sign}0x1{point}{digits}p{exponent:+}")
}

/// Reads a hex float and rounds it once to `dtype`.
///
/// # Errors
/// [`HexFloatError::Malformed`] when the text has not the form `[-]0xH.HHHp±D`.
pub fn parse_hex(dtype: Dtype, text: &str) -> Result<f64, HexFloatError> {
    let malformed = || HexFloatError::Malformed(text.to_owned());
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let body = unsigned
        .strip_prefix("0x")
        .or_else(|| unsigned.strip_prefix("0X"))
        .ok_or_else(malformed)?;
    let (significand_text, exponent_text) = body.split_once(['p', 'P']).unwrap_or((body, "0"));
    let exponent: i64 = exponent_text
        .parse::<i32>()
        .map_err(|_| malformed())?
        .into();
    let (whole, fraction) = significand_text
        .split_once('.')
        .unwrap_or((significand_text, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(malformed());
    }
    let mut significand = 0u64;
    let mut sticky = false;
    let mut point_shift = 0i64;
    for (index, digit) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = u64::from(digit.to_digit(16).ok_or_else(malformed)?);
        let after_point = index >= whole.len();
        if significand >> 60 == 0 {
            significand = significand << 4 | digit;
            point_shift -= if after_point { 4 } else { 0 };
        } else {
            sticky |= digit != 0;
            point_shift += if after_point { 0 } else { 4 };
        }
    }
    let magnitude = if significand == 0 {
        0.0
    } else {
        let shift = significand.leading_zeros();
        let top = exponent + point_shift + 63 - i64::from(shift);
        let normalised = Magnitude {
            significand: significand << shift,
            exponent: top,
            sticky,
        };
        round_magnitude(dtype, normalised, Direction::NearestEven)
    };
    Ok(if negative { -magnitude } else { magnitude })
}

/// Reads the digits after `bits:` as an encoding of `dtype`.
///
/// # Errors
/// [`HexFloatError::Bits`] when they are no hexadecimal number or too long for the dtype.
pub fn parse_bits(dtype: Dtype, digits: &str) -> Result<f64, HexFloatError> {
    let most = dtype.width() / 4;
    let well_formed = !digits.is_empty()
        && digits.len() <= most as usize
        && digits.chars().all(|digit| digit.is_ascii_hexdigit());
    let bits = u64::from_str_radix(digits, 16).ok().filter(|_| well_formed);
    bits.map(|bits| decode(dtype, bits))
        .ok_or_else(|| HexFloatError::Bits {
            text: digits.to_owned(),
            dtype,
            digits: most,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn forms() {
        assert_eq!(format_hex(1.0), "0x1p+0");
        assert_eq!(format_hex(-0.75), "-0x1.8p-1");
        assert_eq!(format_hex(-0.0), "-0x0p+0");
        assert_eq!(format_hex(f64::from_bits(1)), "0x1p-1074");
        assert_eq!(
            parse_hex(Dtype::F32, "0x1.28fdf6p+0").unwrap().to_bits(),
            f64::from(f32::from_bits(0x3f94_7efb)).to_bits()
        );
        assert_eq!(
            parse_hex(Dtype::F16, "0x1.ffep15").unwrap().to_bits(),
            f64::INFINITY.to_bits()
        );
        assert_eq!(
            parse_hex(Dtype::F64, "0x00000000000000000000000001.8p+0")
                .unwrap()
                .to_bits(),
            1.5f64.to_bits()
        );
        assert_eq!(
            parse_hex(Dtype::F64, "0x100000000000000000000p0")
                .unwrap()
                .to_bits(),
            2f64.powi(80).to_bits()
        );
        for bad in ["1.5", "0x", "0x1p", "0x1.g", "0x1p1.5", "--0x1"] {
            assert!(parse_hex(Dtype::F64, bad).is_err(), "{bad}");
        }
        assert!(parse_bits(Dtype::F16, "10000").is_err());
        assert!(parse_bits(Dtype::F16, "+1").is_err());
        assert_eq!(
            parse_bits(Dtype::F32, "41200000").unwrap().to_bits(),
            10f64.to_bits()
        );
    }

    proptest! {
        #[test]
        fn every_value_survives(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            prop_assert_eq!(parse_hex(Dtype::F64, &format_hex(value)).unwrap().to_bits(), bits);
        }
    }
}
