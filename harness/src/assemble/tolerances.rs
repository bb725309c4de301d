//! What tolerances let through, as rows: outcomes in, a row per subject, op, dtype, class and tolerance out.

use crate::run::TrialOutcome;
use crate::subject::Subject;
use crate::tolerance::{ToleranceCount, tolerances};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one tolerance made of a subject's values of one op, dtype and class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToleranceRow {
    /// The subject.
    pub subject: String,
    /// The op.
    pub op: String,
    /// The dtype.
    pub dtype: String,
    /// The class.
    pub class: String,
    /// The tolerance's name.
    pub tolerance: String,
    /// The counts.
    pub count: ToleranceCount,
}

/// The rows of a run: by subject, then trial, then tolerance, leaving out tolerances without a rule for the trial.
#[must_use]
pub fn tolerance_rows(
    outcomes: &[TrialOutcome<'_>],
    subjects: &[&dyn Subject],
) -> Vec<ToleranceRow> {
    let mut rows = Vec::new();
    for (place, subject) in subjects.iter().enumerate() {
        for outcome in outcomes {
            let trial = &outcome.trial;
            let Some(tally) = &outcome.tallies[place] else {
                continue;
            };
            let (op, dtype) = (&trial.reference.op.name, trial.dtype);
            for (tolerance, count) in tolerances().iter().zip(&tally.tolerances) {
                if tolerance.limit(op, dtype).is_some() {
                    rows.push(ToleranceRow {
                        subject: subject.name().to_owned(),
                        op: op.clone(),
                        dtype: dtype.name().to_owned(),
                        class: trial.class.name.to_owned(),
                        tolerance: tolerance.name.clone(),
                        count: *count,
                    });
                }
            }
        }
    }
    rows
}
