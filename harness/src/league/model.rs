//! The league as data: what `frameworks.json` holds and what the HTML and Markdown are rendered from.

use crate::properties::{PropertyEntry, PropertyRow};
use crate::report::model::{ClassEntry, ClauseRow, MaxUlp, NotTestedEntry, VerdictCounts};
use crate::tolerance::{ToleranceCount, ToleranceEntry};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The value of [`LeagueReport::schema`].
pub const SCHEMA: &str = "lossproof/league/1";

/// The largest condition number that counts as small: the problem then explains no more than one ulp of error for each ulp
/// in the inputs, twice over.
pub const SMALL_KAPPA: f64 = 2.0;

/// How several subjects do on the same cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeagueReport {
    /// Always `lossproof/league/1`.
    pub schema: String,
    /// The tool and its version, `lossproof 0.1.0`.
    pub tool: String,
    /// The seed of the case generators.
    pub seed: u64,
    /// `quick` or `full`.
    pub tier: String,
    /// The distance between the indices of two cases of a class: 1 where none of the tier's is left out.
    pub stride: u32,
    /// The most bits that the oracle climbs to before a value counts as undecided.
    pub precision_limit: u32,
    /// Who takes part, in the order of the list of frameworks.
    pub subjects: Vec<LeagueSubject>,
    /// Hand-written findings, each held against what was measured.
    pub findings: Vec<FindingEntry>,
    /// The ops that some subject has.
    pub ops: Vec<LeagueOp>,
    /// The case classes and what each is meant to break.
    pub classes: Vec<ClassEntry>,
    /// The tolerances that people use today.
    pub tolerances: Vec<ToleranceEntry>,
    /// One entry per op, dtype and subject, sorted by op and dtype, then in the order of the subjects.
    pub results: Vec<LeagueResult>,
    /// What the subjects of each profile did against its clauses.
    pub clauses: Vec<LeagueClause>,
    /// The properties that need no reference; none in a league of a selection.
    pub properties: Vec<PropertyEntry>,
    /// What each property comes to for each subject.
    pub property_results: Vec<PropertyRow>,
    /// What was not tested, and why.
    pub not_tested: Vec<NotTestedEntry>,
}

/// A subject of the league.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeagueSubject {
    /// Its name, as in the list of frameworks or on the command line.
    pub name: String,
    /// Its name in tables.
    pub title: String,
    /// Its version, as it tells; empty where it tells none.
    pub version: String,
    /// One sentence on what it is.
    pub description: String,
    /// The profile of special values that it declares and is judged by.
    pub profile: String,
    /// How to name it to the other commands.
    pub command: String,
    /// The most rows that a call for a case has; absent where rows that lie side by side are asked about together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_per_call: Option<usize>,
    /// Whether it was run.
    pub tested: bool,
    /// Why it was not run.
    pub reason: Option<String>,
    /// What it comes to; absent when it was not run.
    pub headline: Option<Headline>,
}

/// A subject's line of the headline table. A kernel is an op in a dtype.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Headline {
    /// Kernels tested.
    pub kernels: u64,
    /// Kernels whose largest error is at most 1 ulp.
    pub within_one_ulp: u64,
    /// Kernels without a value above the ceiling.
    pub within_ceiling: u64,
    /// Kernels without a value of a wrong class, and without a call that gave nothing where values were due.
    pub right_class: u64,
    /// Kernels without any fault.
    pub conforming: u64,
    /// Calls of all kernels that gave no values where values were due.
    pub lost_calls: u64,
    /// The largest error of all kernels where κ is small.
    pub small_kappa: Option<SmallKappa>,
}

/// The largest error where the problem is well conditioned: over the worst value of each case with a row of at most 1024
/// values, and the worst value of each class, where κ is at most 2.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SmallKappa {
    /// The error in ulps, an upper bound.
    pub ulp: f64,
    /// κ
    pub kappa: f64,
    /// The op.
    pub op: String,
    /// The dtype.
    pub dtype: String,
    /// The class.
    pub class: String,
}

/// A hand-written finding, held against what was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingEntry {
    /// The subject.
    pub subject: String,
    /// The op.
    pub op: String,
    /// The dtype.
    pub dtype: String,
    /// The class whose cases show it.
    pub class: String,
    /// A line.
    pub title: String,
    /// A paragraph.
    pub text: String,
    /// Code that shows it in the framework alone.
    pub snippet: String,
    /// The profile that it is judged by; absent where that is the subject's own.
    pub profile: Option<String>,
    /// What the league must measure for the finding to hold.
    pub expectation: String,
    /// Whether it does.
    pub outcome: FindingOutcome,
    /// The largest error measured; absent when nothing was.
    pub max_ulp: Option<MaxUlp>,
    /// The value with that error.
    pub worst: Option<WorstEntry>,
    /// The verdicts measured.
    pub verdicts: Option<VerdictCounts>,
    /// The first value or call at fault.
    pub fault: Option<FaultEntry>,
}

/// Whether a finding holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingOutcome {
    /// What was measured is what it says.
    Holds,
    /// What was measured is no longer what it says.
    Stale,
    /// Its subject was not tested, or its op, dtype or class not selected.
    NotChecked,
}

impl FindingOutcome {
    pub(super) fn of(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Stale }
    }
}

/// An op of the league.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeagueOp {
    /// The op's name.
    pub op: String,
    /// Its title.
    pub title: String,
    /// What it computes.
    pub summary: String,
    /// The formula that the oracle evaluates, by profile.
    pub formulas: BTreeMap<String, String>,
    /// The ceiling in ulps by dtype, as written in the spec.
    pub ceilings: BTreeMap<String, String>,
}

/// What a subject's kernel for an op and dtype comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeagueResult {
    /// The op.
    pub op: String,
    /// The dtype.
    pub dtype: String,
    /// The subject.
    pub subject: String,
    /// Rows tested.
    pub cases: u64,
    /// Output values judged.
    pub values: u64,
    /// The largest error over all classes.
    pub max_ulp: MaxUlp,
    /// The largest error relative to conditioning, |z − v| / (u · max(|v|, Σ|x ∂f/∂x|, 2^emin)).
    pub max_conditioned: Option<f64>,
    /// The largest error where κ is small; absent when there is no such value.
    pub small_kappa: Option<SmallKappa>,
    /// Values correctly rounded.
    pub correctly_rounded: u64,
    /// All verdicts.
    pub verdicts: VerdictCounts,
    /// Whether no value and no call is at fault.
    pub conforms: bool,
    /// What each tolerance that has a rule here makes of the values.
    pub tolerances: BTreeMap<String, ToleranceCount>,
    /// The classes.
    pub classes: Vec<ClassResult>,
}

/// The same for one class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassResult {
    /// The class.
    pub class: String,
    /// Rows tested.
    pub cases: u64,
    /// Output values judged.
    pub values: u64,
    /// The largest error.
    pub max_ulp: MaxUlp,
    /// The value with that error.
    pub worst: Option<WorstEntry>,
    /// The largest error relative to conditioning.
    pub max_conditioned: Option<f64>,
    /// The ceiling at the worst value, in ulps.
    pub ceiling_ulp: f64,
    /// Values correctly rounded.
    pub correctly_rounded: u64,
    /// All verdicts.
    pub verdicts: VerdictCounts,
    /// The first value or call at fault of each verdict.
    pub faults: Vec<FaultEntry>,
    /// What each tolerance that has a rule here makes of the values.
    pub tolerances: BTreeMap<String, ToleranceCount>,
}

/// A value with its inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorstEntry {
    /// The case.
    pub case: String,
    /// The place in the output row.
    pub place: usize,
    /// What the kernel gave, a hex float.
    pub result: String,
    /// The exact result, correctly rounded, a hex float; absent where its enclosure leaves two open.
    pub expected: Option<String>,
    /// κ, a lower bound; absent when infinite or undefined.
    pub kappa: Option<f64>,
    /// The inputs.
    pub inputs: Vec<InputEntry>,
}

/// An input of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InputEntry {
    /// Its name.
    pub name: String,
    /// How many values it has.
    pub length: usize,
    /// All of them, or the first few of many: hex floats, and decimals where they are places.
    pub values: Vec<String>,
    /// The value at the output's place, where the row is long and has one.
    pub at_place: Option<String>,
}

/// A value or call at fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultEntry {
    /// The verdict.
    pub verdict: String,
    /// The case.
    pub case: String,
    /// The place in the output row.
    pub place: usize,
    /// The clause that asks for something else; absent where the formula does.
    pub clause: Option<String>,
}

/// A clause of a profile, and what the subjects of that profile did against it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeagueClause {
    /// The profile.
    pub profile: String,
    /// The clause, and per subject and dtype how many values it settled and how many of them conformed.
    pub clause: ClauseRow,
}
