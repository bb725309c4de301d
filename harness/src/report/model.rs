//! The report as data: what `conformance.json` holds and what the HTML and Markdown are rendered from.
//!
//! Everything here is the same bytes on every machine; times, versions and CPU features live in [`Environment`].

use crate::properties::{PropertyEntry, PropertyRow};
use crate::selftest::SelfProof;
use crate::sweep::SweepRow;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The value of [`Report::schema`].
pub const SCHEMA: &str = "lossproof/report/1";

/// A conformance report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Always `lossproof/report/1`.
    pub schema: String,
    /// The tool and its version, `lossproof 0.1.0`.
    pub tool: String,
    /// The seed of the case generators.
    pub seed: u64,
    /// `quick` or `full`; where `--every` left cases out, also how many: `quick, one case in 8`.
    pub tier: String,
    /// Where special values are judged by: the clauses of this profile.
    pub profile: String,
    /// The most bits that the oracle climbs to before a value counts as undecided.
    pub precision_limit: u32,
    /// Whether every gated subject conforms: nothing exceeds its ceiling unwaived, nothing is of the wrong class,
    /// undecided, crashed or untested, every clause is exercised, and every bound equals its snapshot.
    pub conforms: bool,
    /// What was tested.
    pub subjects: Vec<SubjectEntry>,
    /// The ops, their formulas and ceilings.
    pub ops: Vec<OpEntry>,
    /// The case classes and what each is meant to break.
    pub classes: Vec<ClassEntry>,
    /// One row per subject, op, dtype and class.
    pub results: Vec<ResultRow>,
    /// One distribution per subject, op and dtype, over all classes.
    pub distributions: Vec<Distribution>,
    /// What each clause met.
    pub clauses: Vec<ClauseRow>,
    /// The waivers in force.
    pub waivers: Vec<WaiverEntry>,
    /// Every value that the precision limit left undecided.
    pub undecided: Vec<UndecidedEntry>,
    /// What was not tested, and why.
    pub not_tested: Vec<NotTestedEntry>,
    /// The properties that need no reference; none in a report of a selection.
    pub properties: Vec<PropertyEntry>,
    /// What each property comes to for each subject.
    pub property_results: Vec<PropertyRow>,
    /// How many values each rung of the ladder settled, per subject and dtype.
    #[serde(default)]
    pub rungs: Vec<RungRow>,
    /// What sweeps over finite domains came to; none in a report of a selection.
    #[serde(default)]
    pub sweeps: Vec<SweepRow>,
    /// Whether the harness would notice a bad kernel; absent in a report of a selection.
    pub self_proof: Option<SelfProof>,
}

/// On which rungs of the ladder the verdicts on a subject's values were given. Which rung settles a value says what it cost, not how
/// it is judged; and MPFR measures every maximum whatever settled it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RungRow {
    /// The subject.
    pub subject: String,
    /// The dtype.
    pub dtype: String,
    /// By a clause, from the class of the result alone; and calls without values.
    pub at_sight: u64,
    /// By f64 brackets.
    pub f64: u64,
    /// By double-double balls.
    pub double_double: u64,
    /// By MPFR intervals, undecided values among them.
    pub mpfr: u64,
}

/// A subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectEntry {
    /// As on the command line: `builtin`, `builtin:textbook`.
    pub name: String,
    /// One sentence on what it is.
    pub description: String,
    /// The profile of special values that it declares.
    pub profile: String,
    /// Whether the verdict of the report depends on it; the others are shown for comparison.
    pub gated: bool,
    /// Whether all its rows conform.
    pub conforms: bool,
}

/// An op.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpEntry {
    /// The op's name.
    pub op: String,
    /// The spec's title; for a gradient, with the input it is taken with respect to.
    pub title: String,
    /// What the op computes.
    pub summary: String,
    /// Where its definition comes from.
    pub source: String,
    /// The formula that the oracle evaluates, as written in the spec.
    pub formula: String,
    /// What the names in the formula stand for that are neither inputs nor attributes.
    pub definitions: Vec<DefinitionEntry>,
    /// The constants of the formula.
    pub attributes: Vec<AttributeEntry>,
    /// What people should know who use the op.
    pub notes: Vec<String>,
    /// For a gradient, the input it is taken with respect to.
    pub derivative_of: Option<String>,
    /// The input names.
    pub inputs: Vec<String>,
    /// The ceiling in ulps by dtype, as written in the spec.
    pub ceilings: BTreeMap<String, String>,
}

/// A part of a formula under a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DefinitionEntry {
    /// The name.
    pub name: String,
    /// What it stands for, as written in the spec.
    pub formula: String,
}

/// A constant of a formula.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributeEntry {
    /// The name.
    pub name: String,
    /// The decimal, which is rounded once to the dtype.
    pub value: String,
}

/// A case class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassEntry {
    /// The class's name.
    pub class: String,
    /// What it is meant to break, in one sentence.
    pub idea: String,
}

/// How many values (or calls) came out each way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictCounts {
    /// Equal to the exact result rounded to nearest-even.
    pub correctly_rounded: u64,
    /// One of the two dtype values around the exact result.
    pub faithful: u64,
    /// Not faithful, but within the ceiling.
    pub within_bound: u64,
    /// Above the ceiling.
    pub exceeds: u64,
    /// NaN, an infinity or a zero's sign where another class is required.
    pub wrong_class: u64,
    /// The precision limit came before a verdict.
    pub undecided: u64,
    /// Calls refused with an error, as a clause requires.
    pub refused: u64,
    /// Calls that failed with an error where values were due.
    pub failed: u64,
    /// Calls that ended the subject.
    pub crashed: u64,
    /// Calls without an answer in time.
    pub timed_out: u64,
    /// Calls whose answer cannot be read as one: a frame, id, shape or dtype that is wrong.
    pub garbled: u64,
    /// Calls that wrote or changed what is not the kernel's own.
    pub trespassed: u64,
    /// Values and calls that are not judged, because a clause of the profile says that nobody has settled what is right.
    pub unspecified: u64,
}

/// A maximum error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaxUlp {
    /// A lower bound of the maximum over the cases, rounded down.
    pub lower: f64,
    /// An upper bound of it, rounded up; absent when infinite.
    pub upper: Option<f64>,
    /// `sampled`, `searched` or `exhaustive`.
    pub coverage: String,
    /// The id of the case that shows it; absent when no value has a distance.
    pub worst_case: Option<String>,
    /// The place of the worst value in the output row.
    pub worst_place: Option<usize>,
}

/// The outcome for one subject, op, dtype and class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultRow {
    /// The subject.
    pub subject: String,
    /// The op.
    pub op: String,
    /// The dtype.
    pub dtype: String,
    /// The class.
    pub class: String,
    /// Rows tested.
    pub cases: u64,
    /// Output values judged.
    pub values: u64,
    /// The largest error.
    pub max_ulp: MaxUlp,
    /// The largest error relative to conditioning, |z − v| / (u · max(|v|, Σ|x ∂f/∂x|, 2^emin)), over the worst value of each
    /// case with a row of at most 1024 values, and the worst value of all.
    pub max_conditioned: Option<f64>,
    /// κ of the worst value; absent when infinite or undefined.
    pub worst_kappa: Option<f64>,
    /// Values correctly rounded.
    pub correctly_rounded: u64,
    /// All verdicts.
    pub verdicts: VerdictCounts,
    /// The reviewed bound; absent for subjects that have none.
    pub snapshot_ulp: Option<f64>,
    /// The spec's ceiling at the worst value.
    pub ceiling_ulp: f64,
    /// Whether the row conforms.
    pub conforms: bool,
}

/// What plots are drawn from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// The subject.
    pub subject: String,
    /// The op.
    pub op: String,
    /// The dtype.
    pub dtype: String,
    /// Values by error: bin i counts errors (upper bounds) in (edge i−1, edge i], edges as in `histogram_edges`, the last
    /// bin everything above.
    pub histogram: Vec<u64>,
    /// Upper edges of the histogram's bins, in ulps.
    pub histogram_edges: Vec<f64>,
    /// The largest error among results by the ordinal of the result among the dtype's values (0 is zero, ±1 the
    /// smallest subnormals); only bins that hold a value.
    pub ordinals: Vec<OrdinalBin>,
    /// Condition number and error of the cases' worst values, where both are finite: the worst of them by quarter binade
    /// of κ.
    pub conditioning: Vec<ConditioningPoint>,
}

/// The largest error among results in a range of ordinals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrdinalBin {
    /// The first ordinal of the bin.
    pub from: i64,
    /// The last one.
    pub to: i64,
    /// The largest error in ulps (upper bound); absent when infinite.
    pub max_ulp: Option<f64>,
}

/// A case's worst value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConditioningPoint {
    /// κ
    pub kappa: f64,
    /// Error in ulps (upper bound).
    pub ulp: f64,
}

/// What a clause met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClauseRow {
    /// The permanent id.
    pub id: String,
    /// The op.
    pub op: String,
    /// When it applies, as written in the spec.
    pub when: String,
    /// What it accepts.
    pub accept: Vec<String>,
    /// Its reason.
    pub why: String,
    /// Its source.
    pub source: String,
    /// Per subject and dtype, how many values it settled and how many of them conformed.
    pub exercised: Vec<ClauseExercise>,
}

/// A clause's use by one subject in one dtype.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClauseExercise {
    /// The subject.
    pub subject: String,
    /// The dtype.
    pub dtype: String,
    /// Values (or refused calls) that the clause settled.
    pub values: u64,
    /// How many of them conformed.
    pub conforming: u64,
}

/// A waiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaiverEntry {
    /// The op.
    pub op: String,
    /// The dtype.
    pub dtype: String,
    /// The class.
    pub class: String,
    /// Why the ceiling may be passed.
    pub reason: String,
    /// The day after which it no longer counts, YYYY-MM-DD.
    pub expires: String,
}

/// An undecided value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UndecidedEntry {
    /// The subject.
    pub subject: String,
    /// The case.
    pub case: String,
    /// The output's place.
    pub place: usize,
}

/// Something that was not tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotTestedEntry {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

/// Where and how a report was made: the only part that differs between machines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Operating system and architecture.
    pub platform: String,
    /// CPU features relevant to floating point that the machine has.
    pub cpu_features: Vec<String>,
    /// The compiler that built the tool.
    pub compiler: String,
    /// GMP's version.
    pub gmp: String,
    /// MPFR's version.
    pub mpfr: String,
    /// Threads used.
    pub threads: usize,
    /// When the run began, UTC.
    pub started: String,
    /// Seconds it took.
    pub seconds: f64,
    /// Peak memory in MiB, where the system tells.
    pub peak_memory_mib: Option<u64>,
}
