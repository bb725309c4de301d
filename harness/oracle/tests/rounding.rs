//! Rounding read off an enclosure: at, beside and between every pair of neighbouring 16-bit values, and at chosen and
//! random f32 and f64 ones.

use lossproof_numerics::{Dtype, decode, next_down, next_up, ordinal};
use lossproof_oracle::{Enclosure, Expected, Interval};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// Holds the sum of any two neighbouring f64 values.
const BITS: u32 = 128;

/// Neighbouring values of a dtype and the numbers at and between them.
struct Gap {
    dtype: Dtype,
    low: f64,
    high: f64,
    at_low: Interval,
    middle: Interval,
    tiny: Interval,
}

impl Gap {
    /// Between `low`, finite, and its upper neighbour; infinity stands 2^(emax + 1) high.
    fn above(dtype: Dtype, low: f64, tiny: &Interval) -> Self {
        let high = next_up(dtype, low);
        let point = |value| Interval::exactly(BITS, value);
        let at_low = point(low);
        let width = if low == -f64::INFINITY || high == f64::INFINITY {
            let largest = dtype.max_finite();
            point(largest).subtract(&point(next_down(dtype, largest)), BITS)
        } else {
            point(high).subtract(&at_low, BITS)
        };
        let middle = at_low.add(&width.multiply(&point(0.5), BITS), BITS);
        assert!(middle.is_point());
        Self {
            dtype,
            low,
            high,
            at_low,
            middle,
            tiny: tiny.clone(),
        }
    }

    fn just_above(&self, number: &Interval) -> Interval {
        number.add(&self.tiny, BITS)
    }

    fn just_below(&self, number: &Interval) -> Interval {
        number.subtract(&self.tiny, BITS)
    }

    fn rounds_to(&self, number: &Interval, expected: f64) {
        let (dtype, found) = (self.dtype, number.expected(self.dtype));
        let holds = match found {
            Expected::Number(found) => found.to_bits() == expected.to_bits(),
            // The exact result is zero: either sign is right.
            Expected::Zero => expected == 0.0 && number.is_exactly(0.0),
            Expected::Nan | Expected::Unknown => false,
        };
        assert!(holds, "{dtype} {number:?}: {found:?}, not {expected:e}");
    }

    /// `number` lies between `below` and `above`, which are neighbours or the same value.
    fn has_cell(&self, number: &Interval, below: f64, above: f64) {
        let cell = number.cell(self.dtype).expect("a number");
        let place = |value| ordinal(self.dtype, value);
        let (first, last) = (place(below), place(above));
        let found = (place(cell.below), place(cell.above));
        assert_eq!(found, (first, last), "{number:?}");
        let faithful = |result| cell.is_faithful(self.dtype, result);
        assert_eq!(faithful(below), Some(true), "{number:?} {below:e}");
        assert_eq!(faithful(above), Some(true), "{number:?} {above:e}");
        for outside in [next_down(self.dtype, below), next_up(self.dtype, above)] {
            // Beside an infinity there is nothing.
            if place(outside) < first || place(outside) > last {
                assert_eq!(faithful(outside), Some(false), "{number:?} {outside:e}");
            }
        }
        assert_eq!(faithful(f64::NAN), Some(false));
    }

    fn check(&self) {
        let Self {
            dtype, low, high, ..
        } = *self;
        // A result that is not zero but rounds to it keeps its sign.
        let signed_low = if low == 0.0 { 0.0 } else { low };
        let signed_high = if high == 0.0 { -0.0 } else { high };
        let even = if ordinal(dtype, low) % 2 == 0 {
            signed_low
        } else {
            signed_high
        };
        self.rounds_to(&self.at_low, signed_low);
        self.rounds_to(&self.just_above(&self.at_low), signed_low);
        self.rounds_to(&self.just_below(&self.middle), signed_low);
        self.rounds_to(&self.middle, even);
        self.rounds_to(&self.just_above(&self.middle), signed_high);

        self.has_cell(&self.at_low, low, low);
        for between in [
            self.just_above(&self.at_low),
            self.just_below(&self.middle),
            self.middle.clone(),
            self.just_above(&self.middle),
        ] {
            self.has_cell(&between, low, high);
        }
    }
}

fn tiny() -> Interval {
    let tiny = Interval::exactly(BITS, -1e9).exp(BITS);
    assert_eq!((tiny.open_ends(), tiny.is_point()), ((true, true), false));
    tiny
}

fn every_gap(dtype: Dtype) {
    let tiny = tiny();
    let top = ordinal(dtype, dtype.max_finite()).unsigned_abs();
    let sign_bit = 1u64 << (dtype.width() - 1);
    for magnitude in 0..=top {
        Gap::above(dtype, decode(dtype, magnitude), &tiny).check();
        // The gap below −0 belongs to the smallest negative value.
        if magnitude > 0 {
            Gap::above(dtype, decode(dtype, sign_bit | magnitude), &tiny).check();
        }
    }
}

#[test]
fn every_f16_value_and_midpoint() {
    every_gap(Dtype::F16);
}

#[test]
fn every_bf16_value_and_midpoint() {
    every_gap(Dtype::Bf16);
}

#[test]
fn edges_of_the_wider_formats() {
    let tiny = tiny();
    for dtype in [Dtype::F32, Dtype::F64] {
        for edge in [
            dtype.min_subnormal(),
            dtype.min_normal(),
            dtype.max_finite(),
            1.0,
            2.0,
        ] {
            for low in [next_down(dtype, edge), edge, -edge, next_down(dtype, -edge)] {
                if low.is_finite() {
                    Gap::above(dtype, low, &tiny).check();
                }
            }
        }
    }
}

/// (2 − 2^−p)·2^emax and beyond round to infinity, anything less to the largest value.
#[test]
fn overflow_begins_at_its_threshold() {
    let tiny = tiny();
    for dtype in Dtype::ALL {
        let largest = dtype.max_finite();
        let gap = Gap::above(dtype, largest, &tiny);
        for (number, expected) in [
            (gap.just_below(&gap.middle), largest),
            (gap.middle.clone(), f64::INFINITY),
            (gap.middle.multiply(&gap.middle, 512), f64::INFINITY),
            (Interval::exactly(BITS, 1e10).exp(BITS), f64::INFINITY),
            (Interval::exactly(BITS, f64::INFINITY), f64::INFINITY),
        ] {
            gap.rounds_to(&number, expected);
            gap.rounds_to(&number.negate(), -expected);
        }
        gap.has_cell(&gap.middle, largest, f64::INFINITY);
        gap.has_cell(&gap.middle.negate(), -f64::INFINITY, -largest);
    }
}

#[test]
fn underflow_keeps_its_sign_and_zero_has_none() {
    let tiny = tiny();
    let zero = Interval::exactly(BITS, 0.0);
    let around = tiny.subtract(&tiny, BITS);
    for dtype in Dtype::ALL {
        for (number, expected) in [
            (&tiny, Expected::Number(0.0)),
            (&tiny.negate(), Expected::Number(-0.0)),
            (&zero, Expected::Zero),
            (&zero.negate(), Expected::Zero),
            (&around, Expected::Zero),
            (&around.abs(), Expected::Zero),
        ] {
            let found = number.expected(dtype);
            assert_eq!(found, expected);
            if let (Expected::Number(found), Expected::Number(expected)) = (found, expected) {
                assert_eq!(found.to_bits(), expected.to_bits());
            }
        }
        let smallest = dtype.min_subnormal();
        let cell = tiny.cell(dtype).unwrap();
        assert_eq!((cell.below, cell.above), (0.0, smallest));
        assert_eq!(cell.is_faithful(dtype, smallest), Some(true));
        assert_eq!(cell.is_faithful(dtype, -smallest), Some(false));
    }
}

/// What an enclosure does not tell stays unknown.
#[test]
fn half_known_results_stay_undecided() {
    let tiny = tiny();
    for dtype in Dtype::ALL {
        let gap = Gap::above(dtype, 1.0, &tiny);
        let around = |number: &Interval| {
            let spread = gap.tiny.subtract(&gap.tiny, BITS);
            number.add(&spread, BITS)
        };
        let around_middle = around(&gap.middle);
        assert_eq!(around_middle.expected(dtype), Expected::Unknown);
        gap.has_cell(&around_middle, 1.0, gap.high);

        let around_one = around(&gap.at_low);
        assert_eq!(around_one.expected(dtype), Expected::Number(1.0));
        let cell = around_one.cell(dtype).unwrap();
        let faithful = |result| cell.is_faithful(dtype, result);
        assert_eq!(faithful(1.0), Some(true));
        assert_eq!(faithful(gap.high), None);
        assert_eq!(faithful(next_down(dtype, 1.0)), None);
        assert_eq!(faithful(next_up(dtype, gap.high)), Some(false));

        // 1 or a little more, 1 included: 1 is right, the neighbour only if 1 is not the exact result.
        let one_or_more = gap
            .at_low
            .add(&gap.tiny.subtract(&gap.tiny, BITS).abs(), BITS);
        let cell = one_or_more.cell(dtype).unwrap();
        assert_eq!(cell.is_faithful(dtype, 1.0), Some(true));
        assert_eq!(cell.is_faithful(dtype, gap.high), None);

        let perhaps_nan = gap.tiny.subtract(&gap.tiny, BITS).log(BITS);
        assert_eq!(perhaps_nan.expected(dtype), Expected::Unknown);
        assert!(perhaps_nan.cell(dtype).is_none());
        let nan = Interval::exactly(BITS, f64::NAN);
        assert_eq!(nan.expected(dtype), Expected::Nan);
        assert!(nan.cell(dtype).is_none());
    }
}

fn remembering() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(remembering())]

    #[test]
    fn random_wide_values_and_midpoints(bits in any::<u64>()) {
        for dtype in [Dtype::F32, Dtype::F64] {
            let low = decode(dtype, bits >> (64 - dtype.width()));
            prop_assume!(low.is_finite() && low.to_bits() != (-0.0f64).to_bits());
            Gap::above(dtype, low, &tiny()).check();
        }
    }
}
