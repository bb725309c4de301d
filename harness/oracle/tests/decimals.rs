//! Decimal text rounds once: at, beside and between the values of each dtype, and agrees with Rust's own parser.

use lossproof_numerics::Dtype::{self, Bf16, F16, F32, F64};
use lossproof_oracle::round_decimal;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

fn reads(dtype: Dtype, text: &str, expected: f64) {
    let found = round_decimal(dtype, text);
    assert_eq!(
        found.map(f64::to_bits),
        Some(expected.to_bits()),
        "{dtype} {text}: {found:?}, not {expected:e}"
    );
}

/// `text` with more digits than an f64 or 128 bits could tell apart, ending in `last`.
fn long(text: &str, filling: char, last: char) -> String {
    let filling: String = std::iter::repeat_n(filling, 60).collect();
    format!("{text}{filling}{last}")
}

/// Decimals beside a midpoint become that midpoint in f64, which a second rounding would send to the even side.
#[test]
fn decimals_beside_midpoints_round_once() {
    let ulp = |bits: i32| 0.5f64.powi(bits);
    for (dtype, midpoint, below, above) in [
        // 1 + 2^−11, whose lower neighbour is even, and 1 + 3·2^−11, whose upper neighbour is.
        (F16, "1.00048828125", 1.0, 1.0 + ulp(10)),
        (F16, "1.00146484375", 1.0 + ulp(10), 1.0 + ulp(9)),
        (Bf16, "1.00390625", 1.0, 1.0 + ulp(7)),
        (Bf16, "1.01171875", 1.0 + ulp(7), 1.0 + ulp(6)),
        (F32, "1.000000059604644775390625", 1.0, 1.0 + ulp(23)),
        (
            F32,
            "1.000000178813934326171875",
            1.0 + ulp(23),
            1.0 + ulp(22),
        ),
        (
            F64,
            "1.00000000000000011102230246251565404236316680908203125",
            1.0,
            1.0 + ulp(52),
        ),
        (
            F64,
            "1.00000000000000033306690738754696212708950042724609375",
            1.0 + ulp(52),
            1.0 + ulp(51),
        ),
    ] {
        let even_is_above = below > 1.0;
        let even = if even_is_above { above } else { below };
        let digits = midpoint.len() - 1;
        let last = &midpoint[digits..];
        let smaller_last = u32::from(last.as_bytes()[0] - b'1');
        let just_below = long(&format!("{}{smaller_last}", &midpoint[..digits]), '9', '9');
        let just_above = long(midpoint, '0', '1');
        for (sign, factor) in [("", 1.0), ("-", -1.0), ("+", 1.0)] {
            reads(dtype, &format!("{sign}{midpoint}"), factor * even);
            reads(
                dtype,
                &format!("{sign}{}", long(midpoint, '0', '0')),
                factor * even,
            );
            reads(dtype, &format!("{sign}{just_above}"), factor * above);
            reads(dtype, &format!("{sign}{just_below}"), factor * below);
        }
    }
}

#[test]
fn overflow_underflow_and_zero() {
    for dtype in Dtype::ALL {
        for text in [
            "1e400",
            "1e9999999999",
            "123456789e400",
            "1e99999999999999999999",
        ] {
            reads(dtype, text, f64::INFINITY);
            reads(dtype, &format!("-{text}"), f64::NEG_INFINITY);
        }
        for text in [
            "1e-400",
            "1e-9999999999",
            "0.0",
            "0",
            "0e400",
            "0.000e-5",
            "1e-99999999999999999999",
        ] {
            reads(dtype, text, 0.0);
            reads(dtype, &format!("-{text}"), -0.0);
        }
    }
    reads(F16, "65520", f64::INFINITY);
    reads(F16, &long("65519.9", '9', '9'), 65504.0);
    reads(F16, "1e5", f64::INFINITY);
    // Half of the smallest subnormal, 2^−25, is a tie with zero.
    let half = "0.0000000298023223876953125";
    reads(F16, half, 0.0);
    reads(F16, &format!("-{half}"), -0.0);
    reads(F16, &long(half, '0', '1'), F16.min_subnormal());
    reads(F64, "2.4703282292062327e-324", 0.0);
    reads(F64, "2.4703282292062328e-324", 5e-324);
    reads(F64, "1.7976931348623158e308", f64::MAX);
    reads(F64, "1.7976931348623159e308", f64::INFINITY);
}

#[test]
fn ordinary_decimals() {
    reads(F64, "0.1", 0.1);
    reads(F32, "0.1", f64::from(0.1f32));
    reads(F16, "0.1", 0.099_975_585_937_5);
    reads(Bf16, "0.1", 0.100_097_656_25);
    reads(F64, "-3e-5", -3e-5);
    reads(F64, "1E5", 1e5);
    reads(F64, "1e+5", 1e5);
    reads(F32, "16777217", 16_777_216.0);
}

#[test]
fn what_is_no_decimal_is_refused() {
    for text in [
        "",
        "+",
        "-",
        ".",
        "e",
        "e5",
        "1e",
        "1e+",
        "--1",
        "+-1",
        "1-",
        "1.2.3",
        "1e5e5",
        "1e5.0",
        "1+1",
        "nan",
        "inf",
        "infinity",
        "0x1p3",
        "1_000",
        " 1",
        "1 ",
        "1,5",
        "1f",
        "½",
        "∞",
        "bits:3c00",
    ] {
        for dtype in Dtype::ALL {
            assert_eq!(round_decimal(dtype, text), None, "{text:?}");
        }
    }
}

fn remembering() -> ProptestConfig {
    ProptestConfig {
        cases: 2048,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(remembering())]

    /// Rust's parser rounds decimals to f32 and f64 correctly.
    #[test]
    fn agrees_with_the_standard_library(
        text in r"[+-]?(0|[1-9][0-9]{0,40})(\.[0-9]{1,60})?([eE][+-]?[0-9]{1,3})?",
    ) {
        let double: f64 = text.parse().unwrap();
        let single: f32 = text.parse().unwrap();
        let bits = |dtype| round_decimal(dtype, &text).map(f64::to_bits);
        prop_assert_eq!(bits(F64), Some(double.to_bits()));
        prop_assert_eq!(bits(F32), Some(f64::from(single).to_bits()));
    }

    /// Every f64 written exactly, or so that it reads back, reads back.
    #[test]
    fn f64_values_survive(bits in any::<u64>()) {
        let value = f64::from_bits(bits);
        prop_assume!(value.is_finite());
        for text in [format!("{value}"), format!("{value:e}"), format!("{value:.1100}")] {
            prop_assert_eq!(round_decimal(F64, &text).map(f64::to_bits), Some(bits), "{}", text);
        }
    }
}
