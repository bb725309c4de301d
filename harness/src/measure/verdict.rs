//! One value: an enclosure of the exact result and a kernel's result in, a verdict out, or nothing when the enclosure
//! does not prove any (the ladder then climbs).

use crate::spec::ceiling_ulps;
use lossproof_numerics::Dtype;
use lossproof_oracle::formula::Expr;
use lossproof_oracle::{Expected, Reading, UlpError};

/// The verdict on one value, or on a call that gave none (DESIGN.md §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Equal to the exact result rounded to nearest-even, or of the class that a clause requires.
    CorrectlyRounded,
    /// One of the two dtype values around the exact result.
    Faithful,
    /// Not faithful, but within the ceiling.
    WithinBound,
    /// Above the ceiling.
    Exceeds,
    /// NaN, an infinity or a zero's sign where another class is required.
    WrongClass,
    /// The precision limit came first.
    Undecided,
    /// The call was refused, as a clause requires.
    Refused,
    /// The call was refused where values were due.
    Failed,
    /// The call ended the subject.
    Crashed,
    /// The call gave no answer in time.
    TimedOut,
    /// The call was answered with what cannot be read as an answer.
    Garbled,
    /// The call wrote or changed what is not its own.
    Trespassed,
    /// Not judged: a clause says that nobody has settled what is right there.
    Unspecified,
}

impl Verdict {
    /// Whether a value or call with this verdict is proven to conform.
    #[must_use]
    pub fn conforms(self) -> bool {
        match self {
            Self::CorrectlyRounded | Self::Faithful | Self::WithinBound | Self::Refused => true,
            Self::Exceeds
            | Self::WrongClass
            | Self::Undecided
            | Self::Failed
            | Self::Crashed
            | Self::TimedOut
            | Self::Garbled
            | Self::Trespassed
            | Self::Unspecified => false,
        }
    }

    /// Whether it keeps a subject from conforming. What nobody has specified is no pass, and no fault either.
    #[must_use]
    pub fn is_fault(self) -> bool {
        !(self.conforms() || self == Self::Unspecified)
    }

    /// Whether it proves that a kernel is wrong. A value left undecided proves nothing.
    #[must_use]
    pub fn is_proof(self) -> bool {
        self.is_fault() && self != Self::Undecided
    }

    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CorrectlyRounded => "correctly_rounded",
            Self::Faithful => "faithful",
            Self::WithinBound => "within_bound",
            Self::Exceeds => "exceeds",
            Self::WrongClass => "wrong_class",
            Self::Undecided => "undecided",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Crashed => "crashed",
            Self::TimedOut => "timed_out",
            Self::Garbled => "garbled",
            Self::Trespassed => "trespassed",
            Self::Unspecified => "unspecified",
        }
    }
}

/// A verdict with the error behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// Bounds of the error in ulps; none where classes differ or a clause settled the value by its class alone.
    pub ulp_error: Option<(f64, f64)>,
    /// Where it exceeds its ceiling, how many times over at least: a lower bound of error / ceiling.
    pub excess: Option<f64>,
}

impl Judged {
    /// A verdict without a distance.
    #[must_use]
    pub fn by_class(verdict: Verdict) -> Self {
        Self {
            verdict,
            ulp_error: None,
            excess: None,
        }
    }
}

/// The ceiling of an op's spec for rows of one length.
#[derive(Debug, Clone, Copy)]
pub struct CeilingOf<'a> {
    /// The expression in `n` and `kappa`, which must not decrease as `kappa` grows (checked when a spec is loaded).
    expr: &'a Expr,
    /// n
    row_length: usize,
    /// Its value at κ = 0, the least that it can be.
    least_ulps: f64,
}

impl<'a> CeilingOf<'a> {
    /// The ceiling that an expression states for rows of a length.
    #[must_use]
    pub fn new(expr: &'a Expr, row_length: usize) -> Self {
        Self {
            expr,
            row_length,
            least_ulps: ceiling_ulps(expr, row_length, 0.0),
        }
    }

    /// The ceiling at κ = 0: no condition number makes it smaller.
    #[must_use]
    pub fn least_ulps(&self) -> f64 {
        self.least_ulps
    }

    /// The ceiling in ulps at a condition number.
    #[must_use]
    pub fn ulps(&self, kappa: f64) -> f64 {
        ceiling_ulps(self.expr, self.row_length, kappa)
    }
}

/// How close the bounds of an error must be, relative to what is asked of it, before it counts as settled on a rung below MPFR: its
/// verdict is given, and its bounds go into histograms and plots.
pub(super) const ROUGH_RESOLUTION: f64 = 1e-4;

/// How close the bounds of an error must be, absolutely and relative to it, before the error counts as measured.
pub(super) const ERROR_RESOLUTION: f64 = 1e-12;

/// Judges `result` against an enclosure of the exact result; `None` when the enclosure is too wide for a verdict.
///
/// `resolution` is how close the bounds of the error must be, absolutely and relative to it, for a verdict of any kind; an
/// infinite one takes whatever verdict is proven, as the last rung must. `kappa` gives bounds of the condition number, rough
/// ones first and better ones after; it is used only when the ceiling depends on κ for this error.
#[must_use]
pub fn judge(
    enclosure: &impl Reading,
    dtype: Dtype,
    result: f64,
    ceiling: CeilingOf<'_>,
    resolution: f64,
    kappa: impl IntoIterator<Item = (f64, f64)>,
) -> Option<Judged> {
    let (lower, upper) = match enclosure.ulp_error(dtype, result) {
        UlpError::Undecided => return None,
        UlpError::WrongClass => return Some(Judged::by_class(Verdict::WrongClass)),
        // The enclosure proves that NaN is right; there is no distance to speak of, and no place among the numbers.
        UlpError::Within { .. } if result.is_nan() => {
            return Some(Judged::by_class(Verdict::CorrectlyRounded));
        }
        UlpError::Within { lower, upper } => (lower, upper),
    };
    let within = |verdict| {
        Some(Judged {
            verdict,
            ulp_error: Some((lower, upper)),
            excess: None,
        })
    };
    let expected = enclosure.expected(dtype);
    // An infinite resolution asks for a verdict alone.
    let is_measured = resolution.is_infinite()
        || upper - lower <= resolution * upper.max(1.0) && expected != Expected::Unknown;
    // The ceiling does not fall as κ grows, so an upper bound of κ gives a lower bound of the excess.
    let beyond = |most_kappa: f64| {
        is_measured.then_some(Judged {
            verdict: Verdict::Exceeds,
            ulp_error: Some((lower, upper)),
            excess: Some(lower / ceiling.ulps(most_kappa)),
        })
    };
    if upper > ceiling.least_ulps() {
        let exceeds = |kappa: f64| {
            // Bounds that are NaN, because κ is 0/0, leave the value open.
            let ulps = ceiling.ulps(kappa);
            if kappa.is_nan() {
                None
            } else {
                enclosure.error_exceeds(dtype, result, ulps)
            }
        };
        if exceeds(f64::INFINITY) == Some(true) {
            return beyond(f64::INFINITY);
        }
        let mut conforms = exceeds(0.0) == Some(false);
        for (least_kappa, most_kappa) in kappa {
            if conforms {
                break;
            }
            if exceeds(most_kappa) == Some(true) {
                return beyond(most_kappa);
            }
            conforms = exceeds(least_kappa) == Some(false);
            // A closer κ cannot change the ceiling any more; only a closer enclosure can tell.
            let is_known = !(least_kappa.is_nan() || most_kappa.is_nan());
            if is_known && ceiling.ulps(least_kappa).to_bits() == ceiling.ulps(most_kappa).to_bits()
            {
                break;
            }
        }
        if !conforms {
            return None;
        }
    }
    if !is_measured {
        return None;
    }
    let correctly_rounded = match expected {
        Expected::Number(number) => Some(number.to_bits() == result.to_bits()),
        Expected::Zero => Some(result == 0.0),
        Expected::Nan => Some(result.is_nan()),
        Expected::Unknown => None,
    };
    if correctly_rounded == Some(true) {
        return within(Verdict::CorrectlyRounded);
    }
    let overflow_missed =
        matches!(expected, Expected::Number(number) if number.is_infinite()) && result.is_finite();
    let faithful = if overflow_missed {
        Some(false)
    } else {
        enclosure
            .cell(dtype)
            .and_then(|cell| cell.is_faithful(dtype, result))
    };
    match (faithful, correctly_rounded) {
        (Some(false), _) => within(Verdict::WithinBound),
        (Some(true), Some(false)) => within(Verdict::Faithful),
        _ => None,
    }
}
