//! The part of a report that can be compared. In: the text of a report file. Out: its rows, clauses, properties and
//! self-proof under the same names, whichever kind of report it is, or why it cannot be read.
//!
//! Reading is tolerant of keys that it does not know, so that reports of other versions and kinds compare; it is not
//! tolerant of a row that is there twice, or of a report with no rows, which would compare as "nothing is worse".

use crate::report::model::SCHEMA as REPORT_SCHEMA;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The schemas that can be compared. A league's rows have the form of a report's.
pub const SUPPORTED: [&str; 2] = [REPORT_SCHEMA, "lossproof/league/1"];

/// A report as far as it can be compared.
#[derive(Debug, Clone, Deserialize)]
pub struct View {
    /// The schema.
    pub schema: String,
    /// The tool and its version.
    #[serde(default)]
    pub tool: Option<String>,
    /// The seed of the cases.
    #[serde(default)]
    pub seed: Option<u64>,
    /// The tier of the cases.
    #[serde(default)]
    pub tier: Option<String>,
    /// What special values were judged by.
    #[serde(default)]
    pub profile: Option<String>,
    /// Where the oracle's climb ends.
    #[serde(default)]
    pub precision_limit: Option<u32>,
    /// Whether the report as a whole conforms.
    #[serde(default)]
    pub conforms: Option<bool>,
    /// What was tested.
    #[serde(default)]
    pub(super) subjects: Vec<SubjectView>,
    pub(super) results: Vec<Row>,
    #[serde(default)]
    pub(super) sweeps: Vec<Sweep>,
    #[serde(default)]
    clauses: Vec<ClauseView>,
    #[serde(default)]
    property_results: Vec<PropertyView>,
    #[serde(default)]
    pub(super) self_proof: Option<ProofView>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct SubjectView {
    pub name: String,
    #[serde(default)]
    pub profile: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Row {
    pub subject: String,
    pub op: String,
    pub dtype: String,
    pub class: String,
    #[serde(default)]
    pub cases: Option<u64>,
    pub values: u64,
    #[serde(default)]
    max_ulp: Option<MaxUlpView>,
    pub correctly_rounded: u64,
    #[serde(default)]
    pub verdicts: BTreeMap<String, u64>,
    #[serde(default)]
    pub conforms: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
struct MaxUlpView {
    #[serde(default)]
    upper: Option<f64>,
    #[serde(default)]
    worst_case: Option<String>,
}

/// A sweep, compared as a row: its domain stands for a class, and its inputs for cases.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "SweepView")]
pub(super) struct Sweep(pub Row);

#[derive(Debug, Clone, Deserialize)]
struct SweepView {
    subject: String,
    op: String,
    dtype: String,
    domain: String,
    inputs: u64,
    values: u64,
    max_ulp: MaxOfSweepView,
    correctly_rounded: u64,
    #[serde(default)]
    verdicts: BTreeMap<String, u64>,
    #[serde(default)]
    conforms: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
struct MaxOfSweepView {
    #[serde(default)]
    upper: Option<f64>,
    #[serde(default)]
    worst_input: Option<String>,
}

impl From<SweepView> for Sweep {
    fn from(sweep: SweepView) -> Self {
        Self(Row {
            subject: sweep.subject,
            op: sweep.op,
            dtype: sweep.dtype,
            class: sweep.domain,
            cases: Some(sweep.inputs),
            values: sweep.values,
            max_ulp: Some(MaxUlpView {
                upper: sweep.max_ulp.upper,
                worst_case: sweep.max_ulp.worst_input,
            }),
            correctly_rounded: sweep.correctly_rounded,
            verdicts: sweep.verdicts,
            conforms: sweep.conforms,
        })
    }
}

/// A maximum error as it is compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Maximum<'a> {
    /// Its upper bound in ulps, which may be infinite.
    pub upper: f64,
    pub worst_case: Option<&'a str>,
}

impl Row {
    /// The maximum error; none where no value has a distance, which a report writes as 0 without a worst case.
    pub fn maximum(&self) -> Option<Maximum<'_>> {
        let stated = self.max_ulp.as_ref()?;
        let upper = stated.upper.unwrap_or(f64::INFINITY);
        let worst_case = stated.worst_case.as_deref();
        (upper > 0.0 || worst_case.is_some()).then_some(Maximum { upper, worst_case })
    }
}

#[derive(Debug, Clone, Deserialize)]
struct ClauseView {
    id: String,
    op: String,
    #[serde(default)]
    exercised: Vec<ExerciseView>,
}

#[derive(Debug, Clone, Deserialize)]
struct ExerciseView {
    subject: String,
    dtype: String,
    values: u64,
    conforming: u64,
}

#[derive(Debug, Clone, Deserialize)]
struct PropertyView {
    property: String,
    subject: String,
    #[serde(default)]
    verdict: Option<String>,
    #[serde(default)]
    ops: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    failed: Vec<FailureView>,
}

#[derive(Debug, Clone, Deserialize)]
struct FailureView {
    op: String,
    dtype: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct ProofView {
    #[serde(default)]
    pub scores: Vec<ScoreView>,
    #[serde(default)]
    variants: Vec<VariantView>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct ScoreView {
    pub dtype: String,
    pub mutants: u64,
    pub killed: u64,
}

#[derive(Debug, Clone, Deserialize)]
struct VariantView {
    #[serde(default)]
    trials: Vec<VariantTrialView>,
}

#[derive(Debug, Clone, Deserialize)]
struct VariantTrialView {
    #[serde(default)]
    alarms: Vec<String>,
}

impl ProofView {
    pub fn false_alarms(&self) -> u64 {
        let trials = self.variants.iter().flat_map(|variant| &variant.trials);
        trials.map(|trial| trial.alarms.len() as u64).sum()
    }
}

/// A clause's use by one subject in one dtype.
#[derive(Debug)]
pub(super) struct ClauseUse<'a> {
    pub clause: &'a str,
    pub subject: &'a str,
    pub op: &'a str,
    pub dtype: &'a str,
    pub values: u64,
    pub conforming: u64,
}

/// A property of one subject's kernel for one op and dtype.
#[derive(Debug)]
pub(super) struct PropertyUse<'a> {
    pub property: &'a str,
    pub subject: &'a str,
    pub op: &'a str,
    pub dtype: &'a str,
    pub holds: bool,
}

/// Why a file cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// It is not JSON, or not a JSON object.
    #[error(
        "is no report ({0}); `lossproof report` and `lossproof check --save FILE` write one (`--json` prints only its rows)"
    )]
    NotAnObject(serde_json::Error),
    /// It does not say what it is.
    #[error(
        "is no report (it has no `schema`); supported are {}, which `lossproof report` and `lossproof check --save FILE` \
         write (`--json` prints only rows)", SUPPORTED.join(" and ")
    )]
    NoSchema,
    /// It is something else.
    #[error("has the schema `{0}`; supported are {supported}, so compare it with the version of lossproof that wrote it", supported = SUPPORTED.join(" and "))]
    UnknownSchema(String),
    /// It has the right name and another form.
    #[error("is not as its schema says: {0}; write it again")]
    Malformed(serde_json::Error),
    /// It has no rows.
    #[error("has no results, and nothing can be compared with nothing; measure something first")]
    Empty,
    /// A row is there twice.
    #[error("has two entries for {0}; write it again")]
    Twice(String),
    /// A part is larger than the whole.
    #[error("says {part} of {whole} values for {entry}; write it again")]
    MoreThanAll {
        /// What for.
        entry: String,
        /// The part.
        part: u64,
        /// The whole.
        whole: u64,
    },
}

/// What says which kind of report the rest is.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    schema: Option<String>,
}

impl View {
    /// Reads a report.
    ///
    /// # Errors
    /// When it is not a report of a supported schema; the message goes after the file's name.
    pub fn read(text: &str) -> Result<Self, ViewError> {
        let head: Head = serde_json::from_str(text).map_err(ViewError::NotAnObject)?;
        let schema = head.schema.ok_or(ViewError::NoSchema)?;
        if !SUPPORTED.contains(&schema.as_str()) {
            return Err(ViewError::UnknownSchema(schema));
        }
        let view: Self = serde_json::from_str(text).map_err(ViewError::Malformed)?;
        view.sound()?;
        Ok(view)
    }

    fn sound(&self) -> Result<(), ViewError> {
        if self.results.is_empty() {
            return Err(ViewError::Empty);
        }
        let rows = self.results.iter().map(|row| {
            let entry = format!("{} {}/{}/{}", row.subject, row.op, row.dtype, row.class);
            (entry, row.correctly_rounded, row.values)
        });
        let sweeps = self.sweeps.iter().map(|Sweep(row)| {
            let entry = format!(
                "the sweep of {} {}/{}/{}",
                row.subject, row.op, row.dtype, row.class
            );
            (entry, row.correctly_rounded, row.values)
        });
        let clauses = self.clause_uses().into_iter().map(|one| {
            let entry = format!("{} {}/{} {}", one.subject, one.op, one.dtype, one.clause);
            (entry, one.conforming, one.values)
        });
        let scores = self.self_proof.iter().flat_map(|proof| &proof.scores);
        let scores = scores.map(|score| {
            let entry = format!("the kill score in {}", score.dtype);
            (entry, score.killed, score.mutants)
        });
        let mut seen = BTreeSet::new();
        for (entry, part, whole) in rows.chain(sweeps).chain(clauses).chain(scores) {
            if part > whole {
                return Err(ViewError::MoreThanAll { entry, part, whole });
            }
            if !seen.insert(entry.clone()) {
                return Err(ViewError::Twice(entry));
            }
        }
        Ok(())
    }

    /// The clauses by subject and dtype.
    pub(super) fn clause_uses(&self) -> Vec<ClauseUse<'_>> {
        let mut uses = Vec::new();
        for clause in &self.clauses {
            uses.extend(clause.exercised.iter().map(|exercise| ClauseUse {
                clause: &clause.id,
                subject: &exercise.subject,
                op: &clause.op,
                dtype: &exercise.dtype,
                values: exercise.values,
                conforming: exercise.conforming,
            }));
        }
        uses
    }

    /// The properties by subject, op and dtype; those without a check are left out.
    pub(super) fn property_uses(&self) -> Vec<PropertyUse<'_>> {
        let mut uses = Vec::new();
        for row in &self.property_results {
            let fails = row.verdict.as_deref() == Some("fails");
            for (op, dtypes) in &row.ops {
                for dtype in dtypes {
                    let named =
                        |failure: &FailureView| failure.op == *op && failure.dtype == *dtype;
                    // Where a failure is not broken down, it is all of them.
                    let failed = row.failed.iter().any(named) || (fails && row.failed.is_empty());
                    uses.push(PropertyUse {
                        property: &row.property,
                        subject: &row.subject,
                        op,
                        dtype,
                        holds: !failed,
                    });
                }
            }
        }
        uses
    }

    /// The subjects, ops and dtypes that were tested.
    pub(super) fn tests(&self) -> BTreeSet<(&str, &str, &str)> {
        self.results
            .iter()
            .map(|row| (row.subject.as_str(), row.op.as_str(), row.dtype.as_str()))
            .collect()
    }
}
