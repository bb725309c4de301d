//! The comparator on planted errors: exact results built a known distance away from the result they are compared with.

use lossproof_numerics::{Dtype, next_down, next_up};
use lossproof_oracle::{Enclosure, Interval, UlpError};

/// Holds a 53-bit value and any planted distance from it, down to f64's smallest subnormal.
const BITS: u32 = 2200;
const INFINITY: f64 = f64::INFINITY;

fn point(value: f64) -> Interval {
    Interval::exactly(BITS, value)
}

/// value + distance · unit, exactly.
fn offset(value: f64, distance: f64, unit: f64) -> Interval {
    let exact = point(value).add(&point(distance).multiply(&point(unit), BITS), BITS);
    assert!(exact.is_point());
    exact
}

/// 0 < x < 2^−(2^30)
fn tiny() -> Interval {
    point(-1e9).exp(BITS)
}

/// The error is proven to be `ulps`, to within one part in 10^12.
fn has_error(exact: &Interval, dtype: Dtype, result: f64, ulps: f64) {
    let found = exact.ulp_error(dtype, result);
    let UlpError::Within { lower, upper } = found else {
        panic!("{dtype} {result:e} against {exact:?}: {found:?}");
    };
    let slack = 1e-12 * ulps.max(1.0);
    assert!(
        0.0 <= lower && lower <= ulps && ulps <= upper && upper - lower <= slack,
        "{dtype} {result:e}: [{lower:e}, {upper:e}] ulps, not {ulps:e}"
    );
}

fn is_wrong_class(exact: &Interval, dtype: Dtype, result: f64) {
    let found = exact.ulp_error(dtype, result);
    assert_eq!(
        found,
        UlpError::WrongClass,
        "{dtype} {result:e} against {exact:?}"
    );
}

/// The distance from a value inside a binade to its upper neighbour.
fn ulp(dtype: Dtype, value: f64) -> f64 {
    next_up(dtype, value) - value
}

/// k · 2^−30, nearest to these: distances that are exact in binary.
const DISTANCES: [f64; 7] = [
    0.0,
    526_133_494.0,
    536_870_912.0,
    547_608_330.0,
    1_073_741_824.0,
    2_147_483_648.0,
    1.0,
];

#[test]
fn planted_errors_are_measured() {
    for dtype in Dtype::ALL {
        for value in [1.5, -1.5, 1536.0, dtype.min_normal() * 1.5] {
            let unit = ulp(dtype, value);
            for distance in DISTANCES.map(|distance| distance / 1_073_741_824.0) {
                has_error(&offset(value, distance, unit), dtype, value, distance);
                has_error(&offset(value, -distance, unit), dtype, value, distance);
            }
        }
    }
}

/// An exact result below 2^e has half the ulp of one at or above it.
#[test]
fn the_ulp_changes_at_powers_of_two() {
    for dtype in Dtype::ALL {
        for power in [1.0, 4.0, 0.25, dtype.min_normal() * 2.0] {
            let (below, above) = (next_down(dtype, power), next_up(dtype, power));
            let unit = above - power;
            for sign in [1.0, -1.0] {
                let exact = point(sign * power);
                has_error(&exact, dtype, sign * power, 0.0);
                has_error(&exact, dtype, sign * above, 1.0);
                has_error(&exact, dtype, sign * below, 0.5);
                // A quarter of the upper unit below 2^e is half a lower unit.
                let lower = offset(sign * power, sign * -0.25, unit);
                has_error(&lower, dtype, sign * power, 0.5);
                has_error(&lower, dtype, sign * above, 2.5);
                has_error(&lower, dtype, sign * below, 0.5);
                // Just beside 2^e, an open end tells which ulp it is.
                let hair = if sign > 0.0 { tiny() } else { tiny().negate() };
                let just_below = exact.subtract(&hair, BITS);
                let just_above = exact.add(&hair, BITS);
                has_error(&just_below, dtype, sign * below, 1.0);
                has_error(&just_below, dtype, sign * above, 2.0);
                has_error(&just_above, dtype, sign * below, 0.5);
                has_error(&just_above, dtype, sign * above, 1.0);
            }
        }
    }
}

#[test]
fn subnormals_and_zero_have_the_smallest_ulp() {
    for dtype in Dtype::ALL {
        let smallest = dtype.min_subnormal();
        for (exact, result, ulps) in [
            (0.0, 0.0, 0.0),
            (0.0, -0.0, 0.0),
            (0.0, 1.0, 1.0),
            (0.0, -3.0, 3.0),
            (1.0, 1.0, 0.0),
            (1.0, 2.0, 1.0),
            (1.0, 0.0, 1.0),
            (0.25, 0.0, 0.25),
            (0.25, 1.0, 0.75),
            (-0.5, -0.0, 0.5),
            (2.5, 2.0, 0.5),
            (2.5, -1.0, 3.5),
        ] {
            has_error(
                &offset(0.0, exact, smallest),
                dtype,
                result * smallest,
                ulps,
            );
        }
        let normal = dtype.min_normal();
        has_error(&point(normal), dtype, next_down(dtype, normal), 1.0);
        has_error(&offset(normal, -0.5, smallest), dtype, normal, 0.5);
        has_error(&tiny(), dtype, smallest, 1.0);
        has_error(&tiny(), dtype, 0.0, 0.0);
        has_error(&tiny().subtract(&tiny(), BITS), dtype, -0.0, 0.0);
    }
}

#[test]
fn overflow_is_right_from_its_threshold_on() {
    for dtype in Dtype::ALL {
        let largest = dtype.max_finite();
        let unit = largest - next_down(dtype, largest);
        // 2^p, the number of units below 2^(emax + 1)
        let units = 1.0 / dtype.unit_roundoff();
        for sign in [1.0, -1.0] {
            let away = |distance: f64| offset(sign * largest, sign * distance, unit);
            let infinite = sign * INFINITY;
            // At the threshold and beyond, and far beyond every dtype.
            let beyond = point(sign * largest).multiply(&point(largest), BITS);
            for exact in [away(0.5), away(0.75), away(1.0), beyond] {
                has_error(&exact, dtype, infinite, 0.0);
            }
            // Below it an infinity counts as 2^(emax + 1), one unit above the largest value.
            has_error(&away(0.25), dtype, infinite, 0.75);
            has_error(&away(0.0), dtype, infinite, 1.0);
            has_error(&away(-3.0), dtype, infinite, 4.0);
            let hair = if sign > 0.0 { tiny() } else { tiny().negate() };
            has_error(&away(0.5).subtract(&hair, BITS), dtype, infinite, 0.5);
            has_error(&away(0.5).add(&hair, BITS), dtype, infinite, 0.0);
            // A finite result is charged its distance, in an ulp that goes on growing.
            has_error(&away(0.25), dtype, sign * largest, 0.25);
            has_error(&away(0.5), dtype, sign * largest, 0.5);
            has_error(&away(0.75), dtype, sign * largest, 0.75);
            has_error(&away(1.0), dtype, sign * largest, 0.5);
            has_error(&away(units), dtype, sign * largest, units / 2.0);
            // The other infinity is as far away as −2^(emax + 1).
            has_error(&away(0.5), dtype, -infinite, 2.0 * units - 0.5);
            has_error(&away(-3.0), dtype, -infinite, 2.0 * units - 4.0);
        }
    }
}

#[test]
fn classes_come_before_distances() {
    let nan = point(f64::NAN);
    for dtype in Dtype::ALL {
        has_error(&nan, dtype, f64::NAN, 0.0);
        has_error(&nan, dtype, -f64::NAN, 0.0);
        for result in [0.0, 1.0, INFINITY, -INFINITY] {
            is_wrong_class(&nan, dtype, result);
            is_wrong_class(&point(result), dtype, f64::NAN);
        }
        for sign in [1.0, -1.0] {
            let infinity = point(sign * INFINITY);
            has_error(&infinity, dtype, sign * INFINITY, 0.0);
            for result in [-sign * INFINITY, sign * dtype.max_finite(), 0.0] {
                is_wrong_class(&infinity, dtype, result);
            }
            // The sign of a zero result must be that of a result that is not zero.
            let hair = if sign > 0.0 { tiny() } else { tiny().negate() };
            for exact in [point(sign * 1.5), hair] {
                is_wrong_class(&exact, dtype, -sign * 0.0);
                assert!(matches!(
                    exact.ulp_error(dtype, sign * 0.0),
                    UlpError::Within { .. }
                ));
            }
        }
    }
    has_error(&point(1.5), Dtype::F16, 0.0, 1536.0);
}

#[test]
fn an_open_class_is_undecided() {
    let around_zero = tiny().subtract(&tiny(), BITS);
    let perhaps_nan = around_zero.log(BITS);
    let perhaps_infinite = around_zero.abs().log(BITS);
    for dtype in Dtype::ALL {
        for exact in [&perhaps_nan, &perhaps_infinite] {
            for result in [1.0, -INFINITY] {
                assert_eq!(exact.ulp_error(dtype, result), UlpError::Undecided);
            }
        }
        assert_eq!(perhaps_nan.ulp_error(dtype, f64::NAN), UlpError::Undecided);
        assert_eq!(
            perhaps_infinite.ulp_error(dtype, f64::NAN),
            UlpError::WrongClass
        );
    }
}

/// The bounds widen with the enclosure, and both are attained.
#[test]
fn an_interval_gives_the_range_of_its_errors() {
    // Everything between 1.25 and 1.75, from a coarse quotient: 3/2 ± 1/4.
    let quarter = point(0.25);
    let spread = tiny().subtract(&tiny(), 2).divide(&tiny(), 2);
    assert!(spread.is_finite());
    let exact = Enclosure::max(&Enclosure::min(&spread, &quarter), &quarter.negate());
    let exact = exact.add(&point(1.5), BITS);
    assert_eq!(exact.ends_to_f64(), (1.25, 1.75));
    let error = |result| exact.ulp_error(Dtype::Bf16, result);
    let within = |lower, upper| UlpError::Within { lower, upper };
    assert_eq!(error(1.5), within(0.0, 32.0));
    assert_eq!(error(1.25), within(0.0, 64.0));
    assert_eq!(error(1.0), within(32.0, 96.0));
    assert_eq!(error(-1.0), within(288.0, 352.0));
    assert_eq!(exact.error_exceeds(Dtype::Bf16, 1.0, 31.0), Some(true));
    assert_eq!(exact.error_exceeds(Dtype::Bf16, 1.0, 96.0), Some(false));
    assert_eq!(exact.error_exceeds(Dtype::Bf16, 1.0, 95.0), None);
}

/// One ulp and a hair more exceeds one ulp, though no f64 bound can say so.
#[test]
fn a_bound_is_exceeded_by_less_than_an_f64_shows() {
    for dtype in Dtype::ALL {
        let unit = ulp(dtype, 1.5);
        let exceeds = |distance: f64, hair: f64| {
            let exact = offset(1.5, distance, unit).add(&offset(0.0, hair, unit), BITS);
            exact.error_exceeds(dtype, 1.5, 1.0)
        };
        assert_eq!(exceeds(1.0, 0.0), Some(false));
        assert_eq!(exceeds(1.0, -1e-20), Some(false));
        assert_eq!(exceeds(1.0, 1e-20), Some(true));
        assert_eq!(point(f64::NAN).error_exceeds(dtype, 1.5, 1.0), None);
    }
}

#[test]
fn errors_relative_to_conditioning() {
    let f16 = Dtype::F16;
    let error = |exact: f64, result: f64, sensitivity: f64| {
        point(exact).conditioned_error(f16, result, &point(sensitivity))
    };
    // |1 + 2^−10 − 1| = 2^−10 = 2u, over max(1, κ).
    let above_one = 1.0 + 1.0 / 1024.0;
    assert_eq!(error(1.0, above_one, 0.0), Some(2.0));
    assert_eq!(error(1.0, above_one, 0.5), Some(2.0));
    assert_eq!(error(1.0, above_one, 4.0), Some(0.5));
    assert_eq!(error(-1.0, -above_one, 4.0), Some(0.5));
    assert_eq!(error(1.0, above_one, f64::NAN), Some(2.0));
    // Near zero the scale is the smallest normal number: 2^−24 / (2^−11 · 2^−14) = 2.
    assert_eq!(error(0.0, f16.min_subnormal(), 0.0), Some(2.0));
    assert_eq!(error(0.0, 0.0, 0.0), Some(0.0));
    for result in [INFINITY, -INFINITY, f64::NAN] {
        assert_eq!(error(1.0, result, 1.0), None);
    }
    for exact in [INFINITY, f64::NAN] {
        assert_eq!(error(exact, 1.0, 1.0), None);
    }
}

/// It is an upper bound, however coarse the enclosures: 1 / (1 − 2^−66) is more than 1.
#[test]
fn the_conditioned_error_is_rounded_up() {
    let sensitivity = offset(1.0, -1.0, 0.5f64.powi(66));
    for bits in [53, 128] {
        let exact = Interval::exactly(bits, 0.5);
        let error = exact.conditioned_error(Dtype::F16, 1.5, &sensitivity);
        assert_eq!(error, Some(2048.0f64.next_up()), "{bits} bits");
    }
}
