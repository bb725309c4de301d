//! Decimal text to a dtype's value, rounded once.

use crate::enclosure::Enclosure;
use crate::interval::{Expected, Interval};
use lossproof_numerics::Dtype;

/// Reads a decimal number (`0.1`, `-3e-5`) and rounds it once, to nearest-even, in `dtype`; `None` when it is none.
///
/// The precision rises until the rounding is settled. It ends: a decimal of d digits is either a midpoint, and then
/// exact in at most 4·(d + |exponent|) bits, or a fixed distance away from every midpoint.
#[must_use]
pub fn round_decimal(dtype: Dtype, text: &str) -> Option<f64> {
    let looks_decimal = text
        .chars()
        .all(|c| matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'));
    if !looks_decimal {
        return None;
    }
    let mut precision = 128;
    loop {
        let enclosure = Interval::literal(precision, text)?;
        match enclosure.expected(dtype) {
            Expected::Number(number) => return Some(number),
            Expected::Zero if text.starts_with('-') => return Some(-0.0),
            Expected::Zero => return Some(0.0),
            Expected::Nan | Expected::Unknown => precision *= 2,
        }
    }
}
