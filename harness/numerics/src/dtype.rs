//! The four floating-point formats and their constants.

use std::fmt;
use std::str::FromStr;

/// A floating-point format. Its values are all exact in `f64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dtype {
    /// IEEE 754 binary16.
    F16,
    /// bfloat16: the upper half of binary32.
    Bf16,
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64.
    F64,
}

impl Dtype {
    /// All formats, in the order in which tables list them.
    pub const ALL: [Self; 4] = [Self::F16, Self::Bf16, Self::F32, Self::F64];

    /// The name used in specs, case ids and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    /// Precision p in bits, hidden bit included.
    #[must_use]
    pub const fn precision(self) -> u32 {
        match self {
            Self::F16 => 11,
            Self::Bf16 => 8,
            Self::F32 => 24,
            Self::F64 => 53,
        }
    }

    /// Width of the encoding in bits.
    #[must_use]
    pub const fn width(self) -> u32 {
        match self {
            Self::F16 | Self::Bf16 => 16,
            Self::F32 => 32,
            Self::F64 => 64,
        }
    }

    /// Exponent of the largest binade: finite values are below 2^(emax + 1).
    #[must_use]
    pub const fn emax(self) -> i32 {
        match self {
            Self::F16 => 15,
            Self::Bf16 | Self::F32 => 127,
            Self::F64 => 1023,
        }
    }

    /// Exponent of the smallest normal number.
    #[must_use]
    pub const fn emin(self) -> i32 {
        1 - self.emax()
    }

    /// Exponent of the smallest positive (subnormal) number.
    #[must_use]
    pub const fn min_exponent(self) -> i32 {
        self.emin() - self.precision().cast_signed() + 1
    }

    /// The largest finite value.
    #[must_use]
    pub fn max_finite(self) -> f64 {
        let ulp_of_one = power_of_two(1 - self.precision().cast_signed());
        (2.0 - ulp_of_one) * power_of_two(self.emax())
    }

    /// The smallest positive normal value.
    #[must_use]
    pub fn min_normal(self) -> f64 {
        power_of_two(self.emin())
    }

    /// The smallest positive value.
    #[must_use]
    pub fn min_subnormal(self) -> f64 {
        power_of_two(self.min_exponent())
    }

    /// Unit roundoff u = 2^−p.
    #[must_use]
    pub fn unit_roundoff(self) -> f64 {
        power_of_two(-self.precision().cast_signed())
    }

    /// The exponent of ulp(v) for 2^`exponent` ≤ |v| < 2^(`exponent` + 1); for v = 0 pass `i64::MIN`.
    ///
    /// It has no upper limit: beyond the largest finite value the ulp goes on growing with v (DESIGN.md §1).
    #[must_use]
    pub fn ulp_exponent(self, exponent: i64) -> i64 {
        exponent.max(i64::from(self.emin())) - i64::from(self.precision()) + 1
    }

    /// Bits of the fraction field.
    pub(crate) const fn fraction_bits(self) -> u32 {
        self.precision() - 1
    }
}

/// The exponent of ulp(v) in `dtype` for a finite v.
#[inline]
#[must_use]
pub fn ulp_exponent_of(dtype: Dtype, value: f64) -> i32 {
    // The exponent field; that of a subnormal, 0, stands below every format's least exponent but f64's own, which it equals.
    let field = (value.to_bits() >> 52 & 0x7ff) as i32;
    (field - 1023).max(dtype.emin()) - dtype.precision().cast_signed() + 1
}

/// 2^`exponent` for −1074 ≤ exponent ≤ 1023, exactly.
///
/// # Panics
/// In debug builds, for any other exponent.
#[inline]
#[must_use]
pub fn power_of_two(exponent: i32) -> f64 {
    debug_assert!((-1074..=1023).contains(&exponent));
    if exponent >= -1022 {
        f64::from_bits(u64::from((exponent + 1023).unsigned_abs()) << 52)
    } else {
        f64::from_bits(1 << (exponent + 1074))
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is none of the four formats.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown dtype `{0}`; the dtypes are f16, bf16, f32 and f64")]
pub struct UnknownDtype(pub String);

impl FromStr for Dtype {
    type Err = UnknownDtype;

    fn from_str(name: &str) -> Result<Self, UnknownDtype> {
        Self::ALL
            .into_iter()
            .find(|dtype| dtype.name() == name)
            .ok_or_else(|| UnknownDtype(name.to_owned()))
    }
}
