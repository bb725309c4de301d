//! The reviewed outcomes of sweeps as rows of the report.

use crate::reference::Reference;
use crate::sweep::{SweepFile, SweepRow};
use lossproof_numerics::Dtype;

/// The rows, in the order of the ops and dtypes, and smaller domains first.
pub(super) fn rows(sweeps: &[SweepFile], references: &[Reference]) -> Vec<SweepRow> {
    let row = |file| SweepRow::new(file, references);
    let mut rows: Vec<SweepRow> = sweeps.iter().map(row).collect();
    rows.sort_by_cached_key(|row| {
        let op = references.iter().position(|known| known.op.name == row.op);
        let dtype = row.dtype.parse::<Dtype>().ok();
        (op, dtype, row.inputs, row.domain.clone())
    });
    rows
}
