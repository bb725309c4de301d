//! Each function and operation against MPFR at ten million points, and at the ends of its domain.

use crate::bracket::Bracket;
use crate::double::DoubleBall;
use crate::enclosure::Enclosure;
use crate::interval::Interval;
use crate::points::{POINTS, around, binades, even, random_bits};
use crate::reading::Reading;
use lossproof_numerics::Dtype;

/// The ball as an MPFR interval.
fn interval(ball: &DoubleBall) -> Interval {
    ball.to_interval()
}

/// The ball contains MPFR's enclosure at 160 bits, and is known to more than 2^−85 of it.
fn check(
    points: impl Iterator<Item = f64>,
    ours: impl Fn(DoubleBall) -> DoubleBall,
    theirs: impl Fn(Interval, u32) -> Interval,
) {
    let mut known = 0u64;
    let mut tried = 0u64;
    for x in points {
        let ball = ours(DoubleBall::exactly((), x));
        // Near −1 a ball may be narrower than 160 bits are.
        let within = |bits| theirs(Interval::exactly(bits, x), bits).is_within(&interval(&ball));
        assert!(within(160) || within(1200), "at {x:e}: {ball:?}");
        tried += 1;
        known += u64::from(ball.is_finite());
        let (lo, hi) = ball.bracket().ends();
        if ball.is_finite() && lo.abs() > 1e-290 && lo.abs() < 1e290 {
            assert!(
                (hi - lo).abs() <= 2.0 * f64::EPSILON * lo.abs(),
                "at {x:e}: {ball:?}"
            );
        }
    }
    assert!(
        tried >= 1000 && known * 10 >= tried * 9,
        "{known} of {tried}"
    );
}

#[test]
fn exp_contains_the_exact_value() {
    let points = even(-750.0, 720.0, POINTS / 2)
        .chain(binades(1e-320, 1e6, true, POINTS / 2))
        .chain([-1e6, 1e6, -1_048_575.9, f64::MIN_POSITIVE, 5e-324, -5e-324]);
    check(points, |x| x.exp(()), |x, bits| x.exp(bits));
}

#[test]
fn expm1_contains_the_exact_value() {
    let points = even(-1.0, 1.0, POINTS / 2)
        .chain(binades(1e-320, 700.0, true, POINTS / 2))
        .chain([0.031_25, -0.031_25, 0.062_5, 5e-324]);
    check(points, |x| x.expm1(()), |x, bits| x.expm1(bits));
}

#[test]
fn log_contains_the_exact_value() {
    let near = [
        1.0,
        std::f64::consts::SQRT_2,
        std::f64::consts::FRAC_1_SQRT_2,
        1.007_812_5,
        0.992_187_5,
        2.0,
    ];
    let points = even(0.25, 4.0, POINTS / 2)
        .chain(binades(5e-324, f64::MAX, false, POINTS / 2))
        .chain(around(near));
    check(points, |x| x.log(()), |x, bits| x.log(bits));
}

#[test]
fn log1p_contains_the_exact_value() {
    let points = even(-0.999, 1.0, POINTS / 2)
        .chain(binades(5e-324, f64::MAX, false, POINTS / 4))
        .chain(binades(5e-324, 0.999_999, true, POINTS / 4))
        .chain([0.007_812_5, -0.007_812_5, 0.015, -1.0 + f64::EPSILON]);
    check(points, |x| x.log1p(()), |x, bits| x.log1p(bits));
}

/// Sums, products and quotients of balls that are themselves results, over all exponents.
#[test]
fn operations_contain_the_exact_value() {
    let third = |x: f64| {
        (
            DoubleBall::exactly((), x).divide(&DoubleBall::exactly((), 3.0), ()),
            Interval::exactly(400, x).divide(&Interval::exactly(400, 3.0), 400),
        )
    };
    let pairs = random_bits(3).zip(random_bits(4)).take(POINTS / 4);
    for (a, b) in pairs {
        let (mut a, mut b) = (f64::from_bits(a), f64::from_bits(b));
        if !(a.is_finite() && b.is_finite()) || b == 0.0 {
            continue;
        }
        if a.to_bits().is_multiple_of(4) {
            b = a * (1.0 + b.fract() * f64::EPSILON); // So that sums cancel.
        }
        if !b.is_finite() || b == 0.0 {
            b = 1.5;
        }
        if a.to_bits() >> 2 & 1 == 0 {
            a = -a;
        }
        let ((p, exact_p), (q, exact_q)) = (third(a), third(b));
        let results = [
            (p.add(&q, ()), exact_p.add(&exact_q, 400)),
            (p.multiply(&q, ()), exact_p.multiply(&exact_q, 400)),
            (p.divide(&q, ()), exact_p.divide(&exact_q, 400)),
        ];
        for (ball, exact) in results {
            assert!(
                exact.is_within(&interval(&ball)),
                "{a:e} {b:e}: {exact:?} {ball:?}"
            );
        }
    }
}

#[test]
fn special_values() {
    let of = |x: f64| DoubleBall::exactly((), x);
    assert!(of(0.0).exp(()).is_exactly(1.0));
    assert!(of(f64::NEG_INFINITY).exp(()).is_exactly(0.0));
    assert!(of(f64::INFINITY).exp(()).is_exactly(f64::INFINITY));
    assert!(of(0.0).log(()).is_exactly(f64::NEG_INFINITY));
    assert!(of(1.0).log(()).is_exactly(0.0));
    assert!(of(-1.0).log1p(()).is_exactly(f64::NEG_INFINITY));
    assert!(of(0.0).log1p(()).is_exactly(0.0));
    assert!(!of(-1.0).log(()).is_finite());
    assert!(
        !of(f64::INFINITY)
            .subtract(&of(f64::INFINITY), ())
            .is_finite()
    );
    assert!(!of(0.0).multiply(&of(f64::INFINITY), ()).is_finite());
    assert!(of(0.0).xmul(&of(f64::INFINITY), ()).is_exactly(0.0));
    assert!(!of(1.0).divide(&of(0.0), ()).is_finite());
    assert!(of(1.0).divide(&of(f64::INFINITY), ()).is_exactly(0.0));
    // Far below every dtype's range a sign is still known: +0 is right, −0 is wrong.
    let tiny = of(-1e300).exp(());
    assert_eq!(
        tiny.expected(Dtype::F64),
        crate::interval::Expected::Number(0.0)
    );
    assert_eq!(
        tiny.ulp_error(Dtype::F64, -0.0),
        crate::interval::UlpError::WrongClass
    );
}

/// A product of radii that underflows leaves a ball around 0, and not 0.
#[test]
fn a_tiny_square_is_not_zero() {
    let of = |x: f64| DoubleBall::exactly((), x);
    let tiny = of(1.0).add(&of(-800.0).exp(()), ()).subtract(&of(1.0), ());
    for product in [tiny.multiply(&tiny, ()), tiny.square(())] {
        assert!(!product.is_exactly(0.0), "{product:?}");
        assert!(!product.log(()).is_exactly(f64::NEG_INFINITY));
        assert!(!product.divide(&of(-1600.0).exp(()), ()).is_exactly(0.0));
    }
}

/// Literals with more digits than a rung has, and at the ends of f64's range.
#[test]
fn literals_are_contained() {
    for text in [
        "0.1",
        "1e-9",
        "3",
        "0x1.8p+1",
        "0x1.0000000000000008p0",
        "0x1.23456789abcdef01p+0",
        "0x1p-1100",
        "0x1p2000",
        "1e-400",
        "3e-308",
        "2.2250738585072014e-308",
        "1e-300",
        "1e-292",
        "1e300",
        "123456789012345678901234567890",
    ] {
        let exact = Interval::literal(1024, text).unwrap();
        let ball = DoubleBall::literal((), text).unwrap();
        assert!(exact.is_within(&ball.to_interval()), "{text}: {ball:?}");
        let bracket = Bracket::literal((), text).unwrap();
        assert!(
            exact.is_within(&bracket.to_interval()),
            "{text}: {bracket:?}"
        );
    }
}
