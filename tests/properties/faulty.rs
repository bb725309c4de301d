//! Kernels with planted faults: builtin's results, or its call's memory, changed; and the properties that they lack.

use lossproof::cases::Tensor;
use lossproof::command::{embedded_specs, references_of};
use lossproof::properties::{Finding, PropertyOutcome, check_properties};
use lossproof::reference::Reference;
use lossproof::run::Selection;
use lossproof::spec::Profile;
use lossproof::subject::{BatchCall, Builtin, Failure, Subject, Variant};
use lossproof_numerics::{Dtype, next_up};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Cross-entropy with dense labels.
pub const DENSE: &str = "softmax_cross_entropy_with_logits";
/// Cross-entropy with an index.
pub const SPARSE: &str = "sparse_softmax_cross_entropy_with_logits";
/// Its gradient.
pub const SPARSE_GRADIENT: &str = "sparse_softmax_cross_entropy_with_logits_grad_logits";
/// The binary loss.
pub const BINARY: &str = "sigmoid_cross_entropy_with_logits";
/// The divergence.
pub const KL: &str = "kl_divergence";

/// The embedded specs' ops.
pub static REFERENCES: LazyLock<Vec<Reference>> = LazyLock::new(|| {
    references_of(&embedded_specs().unwrap(), lossproof::spec::Profile::Exact).unwrap()
});

/// This project's kernels, which conform.
pub fn builtin() -> Builtin {
    Builtin::new(Variant::Accurate)
}

type Fault = dyn Fn(&str, &mut BatchCall) -> Result<(), Failure> + Send + Sync;

/// A subject with builtin's ops.
pub struct Faulty(Box<Fault>);

impl Faulty {
    /// The kernel that runs this.
    pub fn new(
        call: impl Fn(&str, &mut BatchCall) -> Result<(), Failure> + Send + Sync + 'static,
    ) -> Self {
        Self(Box::new(call))
    }

    /// Builtin, and then the fault.
    pub fn after(fault: impl Fn(&str, &mut BatchCall) + Send + Sync + 'static) -> Self {
        Self::new(move |op, call| {
            builtin().call_batch(op, call)?;
            fault(op, call);
            Ok(())
        })
    }

    /// Builtin, and then the fault on each row: inputs and results.
    pub fn on_rows(fault: impl Fn(&[Tensor], &mut [f64], Dtype) + Send + Sync + 'static) -> Self {
        Self::after(move |_, call| {
            for row in 0..call.rows() {
                change_row(call, row, &fault);
            }
        })
    }
}

impl Subject for Faulty {
    fn name(&self) -> &'static str {
        "faulty"
    }

    fn description(&self) -> &'static str {
        "builtin with a fault"
    }

    fn profile(&self) -> Profile {
        Profile::Exact
    }

    fn supports(&self, op: &str, dtype: Dtype) -> bool {
        builtin().supports(op, dtype)
    }

    fn call_batch(&self, op: &str, call: &mut BatchCall) -> Result<(), Failure> {
        (self.0)(op, call)
    }
}

/// Changes the results of a row, given its inputs.
pub fn change_row(call: &mut BatchCall, row: usize, fault: impl Fn(&[Tensor], &mut [f64], Dtype)) {
    let mut results = call.output_row(row);
    fault(&call.input_row(row), &mut results, call.dtype());
    call.write_output_row(row, &results);
}

/// Moves a finite result up by some steps.
pub fn lift(dtype: Dtype, result: &mut f64, steps: u32) {
    for _ in 0..steps {
        let higher = next_up(dtype, *result);
        if higher.is_finite() {
            *result = higher;
        }
    }
}

/// Moves all finite results up.
pub fn lift_all(dtype: Dtype, results: &mut [f64], steps: u32) {
    for result in results {
        lift(dtype, result, steps);
    }
}

/// Moves a row's results up by a step.
pub fn lift_row(call: &mut BatchCall, row: usize) {
    change_row(call, row, |_, results, dtype| lift_all(dtype, results, 1));
}

/// A row input.
pub fn row(inputs: &[Tensor], place: usize) -> &[f64] {
    inputs[place].as_row().expect("a row input")
}

/// Whether all elements are equal.
#[expect(clippy::float_cmp, reason = "both zeros are one logit")]
pub fn all_equal(row: &[f64]) -> bool {
    row.windows(2).all(|pair| pair[0] == pair[1])
}

/// The outcomes of one op.
pub fn outcomes_of(
    references: &[Reference],
    subject: &dyn Subject,
    op: &str,
    dtypes: &[Dtype],
    classes: &[&str],
) -> Vec<PropertyOutcome> {
    let selection = Selection {
        ops: vec![op.to_owned()],
        dtypes: dtypes.to_vec(),
        classes: classes.iter().map(|&class| class.to_owned()).collect(),
        ..Selection::default()
    };
    check_properties(references, &[subject], &selection, 0).unwrap()
}

/// The names of the properties that a subject lacks on an op in f16 and f32; each of them in both.
pub fn lacking(subject: &dyn Subject, op: &str, classes: &[&str]) -> BTreeSet<&'static str> {
    lacking_in(subject, op, &[Dtype::F16, Dtype::F32], classes)
}

/// The same in other dtypes.
pub fn lacking_in(
    subject: &dyn Subject,
    op: &str,
    dtypes: &[Dtype],
    classes: &[&str],
) -> BTreeSet<&'static str> {
    let lacking_in_one = |&dtype: &Dtype| -> BTreeSet<&'static str> {
        outcomes_of(&REFERENCES, subject, op, &[dtype], classes)
            .into_iter()
            .filter(|outcome| matches!(outcome.finding, Finding::Failed { .. }))
            .map(|outcome| outcome.property)
            .collect()
    };
    let found: Vec<BTreeSet<&str>> = dtypes.iter().map(lacking_in_one).collect();
    for other in &found[1..] {
        assert_eq!(*other, found[0], "{op}: the dtypes differ");
    }
    found[0].clone()
}

/// Holds that a subject lacks this property in f16 and f32 and no other.
#[track_caller]
pub fn lacks_only(property: &str, subject: &dyn Subject, op: &str, classes: &[&str]) {
    assert_eq!(
        lacking(subject, op, classes),
        BTreeSet::from([property]),
        "{op}"
    );
}
