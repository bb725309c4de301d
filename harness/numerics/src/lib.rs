//! Floating-point formats as data: no arithmetic on losses happens here.
//!
//! In: encodings, exact significands and text. Out: values as `f64` (every datum of every dtype is an exact `f64`),
//! roundings, ulp exponents, ordinals and hex floats. See DESIGN.md §1 for the words used.

mod bits;
mod dtype;
mod hex;
mod round;

pub use bits::{decode, encode, from_ordinal, next_down, next_up, ordinal};
pub use dtype::{Dtype, UnknownDtype, power_of_two, ulp_exponent_of};
pub use hex::{HexFloatError, format_hex, parse_bits, parse_hex};
pub use round::{Direction, Magnitude, round_f64, round_magnitude};
