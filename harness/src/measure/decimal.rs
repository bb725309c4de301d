//! Bounds as short decimals, rounded to the safe side.

/// Significant digits of the bounds in snapshots and reports.
const DIGITS: u32 = 6;

/// The smallest decimal of six significant digits not below a non-negative `bound`; infinities and NaN stay.
#[must_use]
pub fn round_up(bound: f64) -> f64 {
    neighbours(bound).map_or(bound, |(_, above)| above)
}

/// The largest decimal of six significant digits not above a non-negative `bound`; infinities and NaN stay.
#[must_use]
pub fn round_down(bound: f64) -> f64 {
    neighbours(bound).map_or(bound, |(below, _)| below)
}

/// How many steps of a published bound below 0.1 an ulp has: finer ones tell nothing that matters, and which of all errors is the largest
/// by less could cost more than all else.
const STEPS_PER_ULP: f64 = 1e6;

/// From here on the last of six digits stands for a millionth at least.
const FINEST: f64 = 0.1;

/// The bound that is published for errors of at most `upper` ulps: rounded up to six significant digits, but no finer than to a millionth of an
/// ulp; 0 for 0 alone. A class's worst case is the first that attains it.
#[must_use]
pub fn published(upper: f64) -> f64 {
    if upper > 0.0 && upper < FINEST {
        // The nearest step is the one above or the one below, whichever way the product is rounded.
        let step = (upper * STEPS_PER_ULP).round();
        let bound = millionths(step);
        if bound < upper {
            millionths(step + 1.0)
        } else {
            bound
        }
    } else if upper > 0.0 {
        round_up(upper)
    } else {
        upper
    }
}

/// The largest number that is published as less than a published bound.
pub(super) fn published_before(bound: f64) -> f64 {
    if bound <= 0.0 {
        f64::NEG_INFINITY
    } else if bound <= FINEST {
        millionths((bound * STEPS_PER_ULP).round() - 1.0)
    } else if bound.is_infinite() {
        round_down(f64::MAX)
    } else {
        round_down(bound.next_down())
    }
}

/// The f64 nearest to so many millionths: a quotient of two integers is rounded once.
fn millionths(steps: f64) -> f64 {
    steps / STEPS_PER_ULP
}

/// The six-digit decimals around a number, as f64; both are the number itself when it is the f64 nearest to one.
fn neighbours(bound: f64) -> Option<(f64, f64)> {
    if !bound.is_finite() || bound <= 0.0 {
        return None;
    }
    let nearest = format!("{bound:.*e}", DIGITS as usize - 1);
    let (significand, exponent) = nearest.split_once('e').expect("the form of `{:e}`");
    let digits: i64 = significand
        .replace('.', "")
        .parse()
        .expect("the form of `{:e}`");
    let exponent: i32 = exponent.parse().expect("the form of `{:e}`");
    let last_place = exponent - (DIGITS - 1).cast_signed();
    let value = |digits: i64, place: i32| {
        let text = format!("{digits}e{place}");
        text.parse::<f64>().expect("digits and an exponent")
    };
    let middle = value(digits, last_place);
    Some(if middle < bound {
        (middle, value(digits + 1, last_place))
    } else if middle > bound {
        // Below a power of ten the places are ten times as fine.
        let is_power_of_ten = digits == 10i64.pow(DIGITS - 1);
        let below = if is_power_of_ten {
            value(10 * digits - 1, last_place - 1)
        } else {
            value(digits - 1, last_place)
        };
        (below, middle)
    } else {
        (middle, middle)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_bound_has_one_before_it() {
        assert!(published(0.0) == 0.0 && published_before(0.0) < 0.0);
        assert!(published(5e-324).to_bits() == 1e-6f64.to_bits() && published_before(1e-6) == 0.0);
        assert!(published(0.031_956_01).to_bits() == 0.031_957f64.to_bits());
        assert!(published(0.1f64.next_down()).to_bits() == 0.1f64.to_bits());
        let millionths = [1.0, 3.0, 7.0, 31_957.0, 99_999.0].map(millionths);
        for bound in millionths {
            assert!(published(bound).to_bits() == bound.to_bits(), "{bound}");
        }
        for upper in [
            1e-6,
            1.000_001e-6,
            0.099_999_5,
            0.1,
            0.100_000_1,
            0.5,
            0.499_997,
            1.0,
            3e10,
        ] {
            let bound = published(upper);
            let before = published_before(bound);
            assert!(before < upper && upper <= bound, "{upper}");
            assert!(published(before) <= before, "{before}");
            assert!(published(before.next_up()) >= bound, "{before}");
        }
        assert!(published_before(f64::INFINITY).is_finite());
    }

    #[test]
    fn bounds_move_outward_and_by_one_digit_at_most() {
        for (bound, below, above) in [
            (0.500_003_1, 0.500_003, 0.500_004),
            (0.999_999_99, 0.999_999, 1.0),
            (1.0, 1.0, 1.0),
            (1_234_567.0, 1_234_560.0, 1_234_570.0),
            (5e-324, 5e-324, 5e-324),
            (1e-7 + 1e-17, 1e-7, 1.000_01e-7),
        ] {
            assert!(
                round_down(bound) <= bound && bound <= round_up(bound),
                "{bound}"
            );
            assert!((round_down(bound) - below).abs() <= 1e-9 * below, "{bound}");
            assert!((round_up(bound) - above).abs() <= 1e-9 * above, "{bound}");
        }
        assert!(round_up(f64::INFINITY).is_infinite());
        assert!(round_up(0.0) == 0.0);
    }
}
