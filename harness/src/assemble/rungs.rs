//! How many values each rung settled.

use super::Parts;
use crate::report::model::RungRow;
use lossproof_numerics::Dtype;

/// A row per subject and dtype with a verdict.
pub(super) fn rows(parts: Parts<'_>) -> Vec<RungRow> {
    let mut rows = Vec::new();
    for (place, subject) in parts.subjects.iter().enumerate() {
        for dtype in Dtype::ALL {
            let mut counts = [0u64; 4];
            let of_dtype = parts
                .outcomes
                .iter()
                .filter(|outcome| outcome.trial.dtype == dtype);
            for tally in of_dtype.filter_map(|outcome| outcome.tallies[place].as_ref()) {
                for (count, settled) in counts.iter_mut().zip(tally.settled_by) {
                    *count += settled;
                }
            }
            let [at_sight, f64, double_double, mpfr] = counts;
            if counts.iter().any(|&count| count > 0) {
                rows.push(RungRow {
                    subject: subject.name().to_owned(),
                    dtype: dtype.name().to_owned(),
                    at_sight,
                    f64,
                    double_double,
                    mpfr,
                });
            }
        }
    }
    rows
}
