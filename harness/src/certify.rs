//! One output value certified: the ladder climbed until the rounding and forty digits are known.

use crate::reference::{Call, Reference};
use lossproof_numerics::Dtype;
use lossproof_oracle::{Expected, Interval, PrecisionBits, Program, rungs};

/// Significant decimal digits of a certified value.
pub const DECIMAL_DIGITS: usize = 40;

/// The precision from which on the digits of a result that overflows or underflows are not waited for.
const DIGITS_GIVEN_UP: PrecisionBits = 512;

/// A certified value.
#[derive(Debug, Clone)]
pub struct Certified {
    /// The enclosure at the precision that settled it.
    pub enclosure: Interval,
    /// The correctly rounded result.
    pub expected: Expected,
    /// The exact result to forty digits; none when the limit came first, as for zeros reached through inexact terms.
    pub decimal: Option<String>,
    /// The precision in bits.
    pub precision: PrecisionBits,
}

/// Certifies the formula's values at some places of the output, in their order.
///
/// # Panics
/// When the limit is below the ladder's first rung, 128 bits.
#[must_use]
pub fn certify(
    reference: &Reference,
    dtype: Dtype,
    call: &Call<'_>,
    places: &[usize],
    precision_limit: PrecisionBits,
) -> Vec<Certified> {
    let mut certified: Vec<Option<Certified>> = places.iter().map(|_| None).collect();
    for precision in rungs(precision_limit) {
        let open: Vec<usize> = (0..places.len())
            .filter(|&slot| !certified[slot].as_ref().is_some_and(Certified::is_settled))
            .collect();
        if open.is_empty() {
            break;
        }
        let open_places: Vec<usize> = open.iter().map(|&slot| places[slot]).collect();
        let enclosures: Vec<Interval> = reference.enclose(call, &open_places, precision);
        for (slot, enclosure) in open.into_iter().zip(enclosures) {
            let expected = enclosure.expected(dtype);
            let decimal = enclosure.to_decimal(DECIMAL_DIGITS);
            certified[slot] = Some(Certified {
                enclosure,
                expected,
                decimal,
                precision,
            });
        }
    }
    certified
        .into_iter()
        .map(|one| one.expect("the ladder has a rung"))
        .collect()
}

impl Certified {
    /// Whether the rounding is known, and the digits too where there are any to know.
    fn is_settled(&self) -> bool {
        match self.expected {
            Expected::Unknown => false,
            // A zero that cannot be told from a tiny number never shows digits.
            Expected::Zero | Expected::Nan => true,
            // The digits of a result beyond the dtype's range may lie far beyond MPFR's too.
            Expected::Number(number) => {
                let out_of_range = number == 0.0 || number.is_infinite();
                self.decimal.is_some() || (out_of_range && self.precision >= DIGITS_GIVEN_UP)
            }
        }
    }
}

/// Bounds of the condition number κ of a certified value; NaN where it is 0/0.
#[must_use]
pub fn kappa_of(
    reference: &Reference,
    call: &Call<'_>,
    place: usize,
    certified: &Certified,
) -> (f64, f64) {
    let precision = certified.precision;
    let sensitivity = reference.sensitivity(call, place, precision);
    Program::condition_number(&sensitivity, &certified.enclosure, precision).ends_to_f64()
}
