//! An op on many rows at once. In: a reference for one row. Out: a reference whose inputs are matrices, with a row for each call, and whose
//! verdicts on a row are those of the op on that row alone.
//!
//! A function of a row acts on each row of a matrix, a number meets a row by repetition, and a clause that holds for a row holds along
//! it: so an op's formula and conditions say of matrices, row by row, what they say of rows. What an evaluation costs
//! besides arithmetic is then paid once for all rows.

use super::Reference;
use crate::spec::{InputSpec, Op, OutputSpec, Spec};
use lossproof_oracle::Program;
use lossproof_oracle::formula::{Dim, Shape, check_condition};
use std::sync::Arc;

/// One number for each row.
const COLUMN: Shape = Shape::Vector(Dim::M);

impl Reference {
    /// This op on m rows at once; none for an op that is elementwise (one row holds as many elements as one likes), takes class indices
    /// (which would choose among rows) or knows other lengths than that of a row, or of which a formula or clause says something else
    /// there.
    pub fn batched(&self) -> Option<&Self> {
        let make = || {
            let op = op_on_rows(&self.op)?;
            let batched = Self::of_formulas(&op, self.profile, Program::row_by_row).ok()?;
            self.conditions_hold_along_rows(&batched)
                .then(|| Box::new(batched))
        };
        self.batched.get_or_init(make).as_deref()
    }

    /// Whether every condition gives an answer for each row where it gave one, and for each number of a row where it did that.
    fn conditions_hold_along_rows(&self, batched: &Self) -> bool {
        let (own, theirs) = (self.op.variables(), batched.op.variables());
        self.clauses.iter().all(|clause| {
            let alone = check_condition(&clause.when, &own);
            let together = check_condition(&clause.when, &theirs);
            match (alone, together) {
                // What asks for lengths alone has one answer for all rows.
                (Ok(Shape::Scalar), Ok(shape)) => matches!(shape, Shape::Scalar | COLUMN),
                (Ok(alone), Ok(together)) => stacked_shape(alone) == Some(together),
                _ => false,
            }
        })
    }
}

/// The op on matrices; none where its inputs or its output have no place there.
fn op_on_rows(op: &Op) -> Option<Op> {
    if op.elementwise {
        return None;
    }
    let inputs = |inputs: &[InputSpec]| -> Option<Vec<InputSpec>> {
        let input = |input: &InputSpec| {
            Some(InputSpec {
                shape: stacked_shape(input.shape)?,
                ..input.clone()
            })
        };
        inputs.iter().map(input).collect()
    };
    let output = |output: &OutputSpec| {
        Some(OutputSpec {
            shape: stacked_shape(output.shape)?,
            ..output.clone()
        })
    };
    let spec = Spec {
        inputs: inputs(&op.spec.inputs)?,
        output: output(&op.spec.output)?,
        ..Spec::clone(&op.spec)
    };
    Some(Op {
        inputs: inputs(&op.inputs)?,
        output: output(&op.output)?,
        spec: Arc::new(spec),
        ..op.clone()
    })
}

fn stacked_shape(shape: Shape) -> Option<Shape> {
    match shape {
        Shape::ROW => Some(Shape::Matrix(Dim::M, Dim::N)),
        Shape::Scalar => Some(COLUMN),
        _ => None,
    }
}
