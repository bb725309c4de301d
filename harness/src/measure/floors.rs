//! What is known of a class's maxima while its cases are measured: a value that cannot reach them needs no MPFR.
//!
//! A maximum is published with a few digits, rounded up, and its worst case is the first that attains the published number. So a value
//! matters only where it may be published as more than what is proven to be attained already, or as the same by an earlier
//! case. A floor only rises, and what lies at or below it is left out; which values are looked at depends on the order in
//! which threads come by, but no outcome does.

use super::decimal::{published, published_before};
use super::verdict::ERROR_RESOLUTION;
use std::sync::atomic::{AtomicU64, Ordering};

/// The largest number that is published as less than what the maximum is proven to reach.
#[derive(Debug, Default)]
pub(super) struct Floor(AtomicU64);

/// Encodes numbers from 0 on in their order; 0 stands for "below 0".
fn key(number: f64) -> u64 {
    if number >= 0.0 {
        number.abs().to_bits() + 1
    } else {
        0
    }
}

impl Floor {
    /// Raises the floor to below a number that the maximum reaches.
    pub(super) fn raise(&self, reached: f64) {
        if self.admits(reached) {
            let below = published_before(published(reached));
            self.0.fetch_max(key(below), Ordering::Relaxed);
        }
    }

    /// Raises the floor to what is published for a number that is attained by a case before all that are still to come.
    pub(super) fn raise_past(&self, attained: f64) {
        self.0
            .fetch_max(key(published(attained)), Ordering::Relaxed);
    }

    /// Whether something of at most `upper` may be published as the maximum.
    pub(super) fn admits(&self, upper: f64) -> bool {
        key(upper) > self.0.load(Ordering::Relaxed)
    }
}

/// The floors of one subject in one class.
#[derive(Debug, Default)]
pub struct Floors {
    /// The largest error, in ulps.
    pub(super) error: Floor,
    /// The largest error above its ceiling.
    pub(super) exceeding: Floor,
    /// The largest multiple of a ceiling.
    pub(super) excess: Floor,
    /// The largest error relative to conditioning.
    pub(super) conditioned: Floor,
    /// Whether cases come in their order, one after the other, and nobody asks for the conditioning of the worst value of each.
    pub(super) in_order: bool,
}

impl Floors {
    /// Floors of calls that are measured one after the other, as those of a sweep's shard.
    #[must_use]
    pub fn in_order() -> Self {
        Self {
            in_order: true,
            ..Self::default()
        }
    }
}

/// The most that MPFR's upper bound of an error may be where the error is proven to be at most `upper`.
///
/// An error counts as measured once its bounds are within [`ERROR_RESOLUTION`] of each other, absolutely or relative to the upper
/// one: U − L ≤ r max(1, U) with L ≤ e ≤ u. So U ≤ u + r or U ≤ u / (1 − r), both below u + 2 r max(1, u). On MPFR's last rung, where
/// the bounds may be as they are, its enclosure is narrower than that of any rung below it, of which u is. An error of 0 is
/// proven by exact arithmetic alone, which is exact in MPFR too.
pub(super) fn most_measured(upper: f64) -> f64 {
    if upper == 0.0 {
        0.0
    } else {
        upper + 2.0 * ERROR_RESOLUTION * upper.max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_only_rises_and_admits_what_is_published_alike() {
        let floor = Floor::default();
        assert!(floor.admits(0.0));
        floor.raise(0.0);
        assert!(floor.admits(0.0));
        floor.raise(0.499_999_3);
        floor.raise(0.25);
        assert!(floor.admits(0.499_999_2) && floor.admits(f64::INFINITY));
        assert!(!floor.admits(0.499_999) && !floor.admits(0.4));
        floor.raise_past(0.499_999_3);
        assert!(!floor.admits(0.499_999_9) && floor.admits(0.500_000_1));
        floor.raise(f64::INFINITY);
        assert!(floor.admits(f64::INFINITY) && floor.admits(f64::MAX) && !floor.admits(1.797e308));
    }

    #[test]
    fn what_may_be_measured_leaves_room_for_the_resolution() {
        assert!(most_measured(0.5) >= 0.5 + ERROR_RESOLUTION);
        assert!(most_measured(1e9) >= 1e9 / (1.0 - ERROR_RESOLUTION));
        assert!(most_measured(f64::INFINITY).is_infinite() && most_measured(0.0) == 0.0);
    }
}
