//! Plain arithmetic in an element type, for the textbook kernels: in, elements; out, one rounded operation.
//!
//! The half formats compute each operation in `f32` and round back, as hardware without native support does. exp, log
//! and log1p are those of the `libm` crate, the same bits on every machine.

use half::{bf16, f16};

/// One rounded operation each; sealed, as [`crate::Element`] is for the four element types.
pub trait Working: Copy + PartialOrd {
    /// a + b.
    fn plus(self, other: Self) -> Self;
    /// a − b.
    fn minus(self, other: Self) -> Self;
    /// a · b.
    fn times(self, other: Self) -> Self;
    /// a / b.
    fn over(self, other: Self) -> Self;
    /// −a.
    fn negated(self) -> Self;
    /// |a|.
    fn magnitude(self) -> Self;
    /// e^a.
    fn exponential(self) -> Self;
    /// log a.
    fn logarithm(self) -> Self;
    /// log(1 + a).
    fn logarithm_of_one_plus(self) -> Self;
    /// 0.
    fn nought() -> Self;
    /// 1.
    fn one() -> Self;
}

/// $wide computes, $narrow rounds; for f32 and f64 both are the identity.
macro_rules! working {
    ($type:ty, $wide:expr, $narrow:expr, $exp:path, $log:path, $log1p:path) => {
        impl Working for $type {
            fn plus(self, other: Self) -> Self {
                $narrow($wide(self) + $wide(other))
            }
            fn minus(self, other: Self) -> Self {
                $narrow($wide(self) - $wide(other))
            }
            fn times(self, other: Self) -> Self {
                $narrow($wide(self) * $wide(other))
            }
            fn over(self, other: Self) -> Self {
                $narrow($wide(self) / $wide(other))
            }
            fn negated(self) -> Self {
                -self
            }
            fn magnitude(self) -> Self {
                $narrow($wide(self).abs())
            }
            fn exponential(self) -> Self {
                $narrow($exp($wide(self)))
            }
            fn logarithm(self) -> Self {
                $narrow($log($wide(self)))
            }
            fn logarithm_of_one_plus(self) -> Self {
                $narrow($log1p($wide(self)))
            }
            fn nought() -> Self {
                $narrow(0.0)
            }
            fn one() -> Self {
                $narrow(1.0)
            }
        }
    };
}

working!(
    f16,
    f16::to_f32,
    f16::from_f32,
    libm::expf,
    libm::logf,
    libm::log1pf
);
working!(
    bf16,
    bf16::to_f32,
    bf16::from_f32,
    libm::expf,
    libm::logf,
    libm::log1pf
);
working!(
    f32,
    f32::from,
    f32::from,
    libm::expf,
    libm::logf,
    libm::log1pf
);
working!(f64, f64::from, f64::from, libm::exp, libm::log, libm::log1p);
