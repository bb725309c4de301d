//! What keeps the gate closed, each kind with a sentence and a remedy.

use crate::cases::CaseId;
use crate::measure::round_up;
use std::fmt;

/// One reason why the gate is closed.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The trial, op or waiver it is about.
    pub subject: String,
    /// What was found.
    pub kind: FindingKind,
}

/// The kinds of findings.
#[derive(Debug, Clone)]
pub enum FindingKind {
    /// No trial was selected.
    NothingSelected,
    /// The subject has no kernel for the op and dtype.
    NoKernel,
    /// The run ended before the trial did.
    Interrupted,
    /// The trial has cases but no output values at all.
    NoValues,
    /// Values above the ceiling, and no waiver.
    Exceeds {
        /// How many.
        values: u64,
        /// The case of the worst of them, and its error in ulps.
        worst: Option<(CaseId, f64)>,
    },
    /// Values or calls with another verdict that does not conform.
    DoesNotConform {
        /// The verdict.
        verdict: &'static str,
        /// How many.
        count: u64,
        /// The first case, where kept.
        case: Option<String>,
        /// What became of that call, where it gave no values. It may have several lines and stands in no other's sentence.
        account: Option<String>,
    },
    /// There is no reviewed bound.
    NoBound,
    /// The error grew.
    Worse {
        /// The reviewed bound in ulps.
        reviewed: f64,
        /// The measured one.
        measured: f64,
        /// The case that shows it.
        case: Option<String>,
    },
    /// The error shrank: bounds ratchet.
    Better {
        /// The reviewed bound in ulps.
        reviewed: f64,
        /// The measured one.
        measured: f64,
    },
    /// Counts, coverage or the worst case changed under the same maximum.
    Changed {
        /// The reviewed line.
        reviewed: String,
        /// The measured one.
        measured: String,
    },
    /// A reviewed bound lies above the spec's ceiling.
    BoundAboveCeiling {
        /// The reviewed bound in ulps.
        reviewed: f64,
        /// The ceiling.
        ceiling: f64,
    },
    /// A waiver is past its day.
    WaiverExpired {
        /// That day.
        expires: String,
    },
    /// Nothing exceeds its ceiling where a waiver says so.
    WaiverUnneeded,
    /// A waiver names no op, dtype and class that is tested.
    WaiverOfNothing,
    /// No case met a clause.
    ClauseNotExercised {
        /// The clause's id.
        clause: String,
    },
    /// A bound is reviewed for something that is not tested.
    OrphanedBound,
}

impl FindingKind {
    /// What became of a call that gave no values, in the words of its subject.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::DoesNotConform { account, .. } => account.as_deref(),
            _ => None,
        }
    }
}

impl Finding {
    pub(super) fn new(subject: &str, kind: FindingKind) -> Self {
        Self {
            subject: subject.to_owned(),
            kind,
        }
    }
}

/// The remedy where a bound differs from the measurement.
const ACCEPT: &str = "`make test` writes the new bound for `cargo insta review`, where it is accepted if it is meant";

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.kind)
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingSelected => {
                f.write_str("no op, dtype and class fits the selection; see `lossproof list ops`")
            }
            Self::NoKernel => f.write_str("the subject has no kernel for this op and dtype"),
            Self::Interrupted => f.write_str("interrupted before all cases were run; run it again"),
            Self::NoValues => {
                f.write_str("its cases give no output value; add lengths to the class")
            }
            Self::Exceeds { values, worst } => {
                write!(f, "{values} values exceed the ceiling")?;
                if let Some((case, upper)) = worst {
                    let error = round_up(*upper);
                    write!(f, ", the worst with {error} ulp: lossproof explain {case}")?;
                }
                Ok(())
            }
            Self::DoesNotConform {
                verdict,
                count,
                case,
                account: _,
            } => {
                write!(f, "{count} × {verdict}")?;
                case.iter()
                    .try_for_each(|case| write!(f, ": lossproof explain {case}"))
            }
            Self::NoBound => write!(f, "no reviewed bound; {ACCEPT}"),
            Self::Worse {
                reviewed,
                measured,
                case,
            } => {
                write!(f, "worse: {measured} ulp, reviewed {reviewed}")?;
                case.iter()
                    .try_for_each(|case| write!(f, ": lossproof explain {case}"))
            }
            Self::Better { reviewed, measured } => {
                write!(f, "better: {measured} ulp, reviewed {reviewed}; {ACCEPT}")
            }
            Self::Changed { reviewed, measured } => {
                write!(f, "changed: {measured}, reviewed {reviewed}; {ACCEPT}")
            }
            Self::BoundAboveCeiling { reviewed, ceiling } => write!(
                f,
                "the reviewed bound {reviewed} lies above the ceiling {ceiling}; mend the kernel or waive the class in \
                 golden/waivers.toml"
            ),
            Self::WaiverExpired { expires } => write!(
                f,
                "its waiver expired on {expires}; mend the kernel or renew it in golden/waivers.toml"
            ),
            Self::WaiverUnneeded => {
                f.write_str("its waiver is no longer needed; remove it from golden/waivers.toml")
            }
            Self::WaiverOfNothing => {
                f.write_str("a waiver names it, but it is not tested; correct golden/waivers.toml")
            }
            Self::ClauseNotExercised { clause } => write!(
                f,
                "no case exercises the clause {clause}; add a class that does, or remove it from the spec"
            ),
            Self::OrphanedBound => f.write_str(
                "a bound is reviewed but nothing is tested; remove it from golden/bounds",
            ),
        }
    }
}
