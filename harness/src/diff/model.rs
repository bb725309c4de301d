//! The comparison as data: what `lossproof diff --json` prints and what the table and the Markdown are rendered from.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

/// The value of [`Comparison::schema`].
pub const SCHEMA: &str = "lossproof/diff/1";

/// What changed between two reports.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// Always `lossproof/diff/1`.
    pub schema: String,
    /// The older report.
    pub before: Side,
    /// The newer one.
    pub after: Side,
    /// What differs in how the two were made, in sentences.
    pub notes: Vec<String>,
    /// Whether some change counts as worse: exit code 1.
    pub worse: bool,
    /// How many changes of each kind.
    pub counts: Counts,
    /// The changes: those that count as worse first, otherwise in the order of the reports.
    pub changes: Vec<Change>,
}

/// One of the two reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// The file, as it was named.
    pub file: String,
    /// Its schema.
    pub schema: String,
    /// The tool that wrote it; absent where it does not say.
    pub tool: Option<String>,
    /// The seed of its cases; absent where it does not say.
    pub seed: Option<u64>,
    /// The tier of its cases; absent where it does not say.
    pub tier: Option<String>,
    /// What its special values were judged by; absent where it does not say.
    pub profile: Option<String>,
}

/// How many changes of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Worse in something, better in nothing.
    pub worse: u64,
    /// Better in something, worse in something else.
    pub mixed: u64,
    /// In the older report alone.
    pub went_away: u64,
    /// Better in something, worse in nothing.
    pub better: u64,
    /// In the newer report alone.
    pub appeared: u64,
    /// Entries in both that are neither better nor worse.
    pub unchanged: u64,
}

/// One entry of the reports that is not as it was.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// What happened to it.
    pub kind: Kind,
    /// Whether it makes the newer report worse.
    pub counts_as_worse: bool,
    /// The part of the report that it is an entry of.
    pub part: Part,
    /// The subject; absent where the entry is of none, as is the rest that follows.
    pub subject: Option<String>,
    /// The op.
    pub op: Option<String>,
    /// The dtype.
    pub dtype: Option<String>,
    /// The class, or the id of the clause, or the name of the property.
    pub name: Option<String>,
    /// How many entries it stands for: 1, or all of a part that one report does not have at all.
    pub entries: u64,
    /// Whether the entry conforms, in the newer report where it is in both; absent where neither says.
    pub conforms: Option<bool>,
    /// What is different, for an entry that is in both.
    pub details: Vec<Detail>,
}

/// What happened to an entry. The order is that of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Worse in something, better in nothing.
    Worse,
    /// Better in something, worse in something else.
    Mixed,
    /// In the older report alone: no longer tested.
    WentAway,
    /// Better in something, worse in nothing.
    Better,
    /// In the newer report alone.
    Appeared,
}

/// A part of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// A row: subject, op, dtype and class.
    Result,
    /// A clause of an op, for a subject and dtype.
    Clause,
    /// A sweep: subject, op, dtype and domain.
    Sweep,
    /// A property of a subject's kernel for an op and dtype.
    Property,
    /// Whether the harness would notice a bad kernel.
    SelfProof,
    /// The report as a whole.
    Report,
}

/// One difference of an entry.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Detail {
    /// To the better or to the worse.
    pub direction: Direction,
    /// What was measured before and after.
    pub measure: Measure,
}

/// Which way something changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To the better.
    Better,
    /// To the worse.
    Worse,
}

/// A part of a number of things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// How many.
    pub part: u64,
    /// Out of how many.
    pub whole: u64,
}

/// A quantity before and after.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "quantity", rename_all = "snake_case", deny_unknown_fields)]
pub enum Measure {
    /// The upper bound of the maximum error in ulps.
    MaxUlp {
        /// Before; null is infinite.
        before: Option<f64>,
        /// After; null is infinite.
        after: Option<f64>,
        /// The id of the case that shows it after.
        worst_case: Option<String>,
    },
    /// Values correctly rounded.
    CorrectlyRounded {
        /// Before.
        before: Share,
        /// After.
        after: Share,
    },
    /// Values or calls with a verdict that is a fault.
    Fault {
        /// The verdict's name.
        verdict: String,
        /// Before.
        before: u64,
        /// After.
        after: u64,
    },
    /// Whether the entry conforms.
    Conforms {
        /// Before.
        before: bool,
        /// After.
        after: bool,
    },
    /// Cases tested.
    Cases {
        /// Before.
        before: u64,
        /// After.
        after: u64,
    },
    /// Values settled by a clause that conform to it.
    ClauseConforming {
        /// Before.
        before: Share,
        /// After.
        after: Share,
    },
    /// Whether the property holds.
    PropertyHolds {
        /// Before.
        before: bool,
        /// After.
        after: bool,
    },
    /// Known-bad kernels caught.
    KillScore {
        /// Before.
        before: Share,
        /// After.
        after: Share,
    },
    /// Alarms raised over correct kernels.
    FalseAlarms {
        /// Before.
        before: u64,
        /// After.
        after: u64,
    },
}

/// What `lossproof diff --json` prints, a line feed at its end.
///
/// # Panics
/// Never: a comparison has only text keys, and writing into a string does not fail.
#[must_use]
pub fn render_json(comparison: &Comparison) -> String {
    let text = serde_json::to_string_pretty(comparison);
    text.expect("a comparison has only text keys and is written into a string") + "\n"
}

/// The JSON Schema (2020-12) of it, derived from the model.
///
/// # Panics
/// Never: a schema is a JSON value already.
#[must_use]
pub fn schema_json() -> String {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Comparison>();
    schema.insert("title".to_owned(), "lossproof comparison of reports".into());
    serde_json::to_string_pretty(&schema).expect("a schema is a JSON value") + "\n"
}
