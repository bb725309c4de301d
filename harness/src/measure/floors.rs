//! What is known of a class's maxima while its cases are measured: a value that cannot reach them needs no MPFR.
//!
//! A floor only rises, towards the maximum that the class has in the end, and holds at any time a number that this maximum is
//! proven to reach. What lies below it is left out; so which values are looked at depends on the order in which threads come
//! by, but no outcome does.

use super::verdict::ERROR_RESOLUTION;
use std::sync::atomic::{AtomicU64, Ordering};

/// The largest number seen so far; not negative.
#[derive(Debug, Default)]
pub struct Floor(AtomicU64);

impl Floor {
    /// Raises the floor to a number that the maximum reaches.
    pub(super) fn raise(&self, reached: f64) {
        // Encodings of numbers that are not negative stand in their order.
        if reached > 0.0 {
            self.0.fetch_max(reached.to_bits(), Ordering::Relaxed);
        }
    }

    /// Whether something of at most `upper` may be the maximum, or equal to it.
    pub(super) fn admits(&self, upper: f64) -> bool {
        upper >= f64::from_bits(self.0.load(Ordering::Relaxed))
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
}

/// The most that MPFR's upper bound of an error may be where the error is proven to be at most `upper`.
///
/// A verdict is given once the bounds of the error are within [`ERROR_RESOLUTION`] of each other, absolutely or relative to the upper
/// one: U − L ≤ r max(1, U) with L ≤ e ≤ u. So U ≤ u + r or U ≤ u / (1 − r), both below u + 2 r max(1, u).
pub(super) fn most_measured(upper: f64) -> f64 {
    upper + 2.0 * ERROR_RESOLUTION * upper.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_only_rises_and_admits_what_equals_it() {
        let floor = Floor::default();
        assert!(floor.admits(0.0));
        floor.raise(0.5);
        floor.raise(0.25);
        assert!(floor.admits(0.5) && floor.admits(f64::INFINITY));
        assert!(!floor.admits(0.499));
        floor.raise(f64::NAN);
        floor.raise(f64::INFINITY);
        assert!(floor.admits(f64::INFINITY) && !floor.admits(f64::MAX));
    }

    #[test]
    fn what_may_be_measured_leaves_room_for_the_resolution() {
        assert!(most_measured(0.5) >= 0.5 + ERROR_RESOLUTION);
        assert!(most_measured(1e9) >= 1e9 / (1.0 - ERROR_RESOLUTION));
        assert!(most_measured(f64::INFINITY).is_infinite());
    }
}
