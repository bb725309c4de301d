//! The ladder's rungs as the pages show them: lines with counts and shares as text.

use crate::report::model::{Report, RungRow};
use crate::report::number::count;
use serde::Serialize;

/// What the rungs settled of one subject in one dtype.
#[derive(Debug, Serialize)]
pub(super) struct RungLine<'a> {
    subject: &'a str,
    dtype: &'a str,
    at_sight: String,
    f64: String,
    double_double: String,
    mpfr: String,
    /// MPFR's part of the values that needed an enclosure, in percent.
    share: String,
}

impl<'a> RungLine<'a> {
    fn of(row: &'a RungRow) -> Self {
        let enclosed = row.f64 + row.double_double + row.mpfr;
        #[expect(clippy::cast_precision_loss, reason = "a share to be read")]
        let share = 100.0 * row.mpfr as f64 / enclosed.max(1) as f64;
        Self {
            subject: &row.subject,
            dtype: &row.dtype,
            at_sight: count(row.at_sight),
            f64: count(row.f64),
            double_double: count(row.double_double),
            mpfr: count(row.mpfr),
            share: format!("{share:.2}"),
        }
    }
}

/// The lines of a report.
pub(super) fn all(report: &Report) -> Vec<RungLine<'_>> {
    report.rungs.iter().map(RungLine::of).collect()
}
