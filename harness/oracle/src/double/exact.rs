//! A ball as an MPFR interval, exactly or a little wider: for use beside MPFR's own, and for comparing the rungs with each other.

use super::{DoubleBall, Kind};
use crate::enclosure::Enclosure;
use crate::interval::{End, Interval, Nan};
use rug::Float;
use rug::float::Round;

/// Enough for a ball's ends, but for low parts far below the high ones, which are rounded outward.
const BITS: u32 = 1200;

impl DoubleBall {
    /// An interval that contains all numbers of the ball.
    #[must_use]
    pub fn to_interval(&self) -> Interval {
        match self.kind {
            Kind::Anything => Interval::anything(BITS),
            Kind::Infinity => Interval::exactly(BITS, f64::INFINITY * f64::from(self.sign)),
            Kind::Number => {
                // Well inside MPFR's exponents, so that nothing over- or underflows.
                let exponent = i32::try_from(self.exponent).ok();
                let Some(exponent) = exponent.filter(|exponent| exponent.unsigned_abs() < 1 << 29)
                else {
                    return Interval::anything(BITS);
                };
                let end = |radius: f64, round: Round| {
                    let mid = Float::with_val(BITS, self.mid.high) + self.mid.low;
                    let value = Float::with_val_round(BITS, &mid + radius, round).0;
                    value << exponent
                };
                let (mut lo, mut hi) =
                    (end(-self.radius, Round::Down), end(self.radius, Round::Up));
                if self.sign > 0 && lo < 0 {
                    lo = Float::new(BITS);
                }
                if self.sign < 0 && hi > 0 {
                    hi = Float::new(BITS);
                }
                Interval::between(End::closed(lo), End::closed(hi), Nan::Never)
            }
        }
    }
}
