//! Kernels with planted faults: builtin's answer changed on its way to the judge, and what a run of them needs.

use lossproof::cases::{Tensor, Tier};
use lossproof::command::{embedded_specs, references_of};
use lossproof::measure::{Oracle, Tally};
use lossproof::reference::{DEFAULT_PRECISION_LIMIT, Reference};
use lossproof::run::{Selection, Settings, Trial, TrialOutcome, Unobserved, run};
use lossproof::spec::Profile;
use lossproof::subject::{Answer, BatchCall, Builtin, Failure, Subject, Variant};
use lossproof_numerics::Dtype;
use std::sync::LazyLock;

/// The embedded specs' ops.
pub static REFERENCES: LazyLock<Vec<Reference>> = LazyLock::new(|| {
    let specs = embedded_specs().unwrap_or_else(|error| panic!("{error:#}"));
    references_of(&specs, Profile::Exact).unwrap_or_else(|error| panic!("{error:#}"))
});

/// What a kernel was called with.
pub struct Call<'a> {
    /// The op.
    pub op: &'a str,
    /// The dtype.
    pub dtype: Dtype,
    /// The inputs.
    pub inputs: &'a [Tensor],
}

type Fault = dyn Fn(&Call<'_>, Answer) -> Answer + Send + Sync;

/// Builtin with a fault.
pub struct Planted(Box<Fault>);

impl Planted {
    /// The kernel that answers what the fault makes of builtin's answer.
    pub fn new(fault: impl Fn(&Call<'_>, Answer) -> Answer + Send + Sync + 'static) -> Self {
        Self(Box::new(fault))
    }

    /// The kernel each of whose values is what the fault makes of builtin's value.
    pub fn on_values(fault: impl Fn(Dtype, f64) -> f64 + Send + Sync + 'static) -> Self {
        Self::new(move |call, answer| match answer {
            Answer::Values(values) => {
                Answer::Values(values.iter().map(|&z| fault(call.dtype, z)).collect())
            }
            other => other,
        })
    }
}

impl Subject for Planted {
    fn name(&self) -> &'static str {
        "planted"
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
        let dtype = call.dtype();
        call.answer_by_row(|inputs, output_length| self.call(op, dtype, inputs, output_length))
    }

    fn call(&self, op: &str, dtype: Dtype, inputs: &[Tensor], output_length: usize) -> Answer {
        let answer = builtin().call(op, dtype, inputs, output_length);
        (self.0)(&Call { op, dtype, inputs }, answer)
    }
}

/// This project's kernels, which conform.
pub fn builtin() -> Builtin {
    Builtin::new(Variant::Accurate)
}

/// An op, dtypes and classes.
pub fn selection(op: &str, dtypes: &[Dtype], classes: &[&str]) -> Selection {
    Selection {
        ops: vec![op.to_owned()],
        dtypes: dtypes.to_vec(),
        classes: classes.iter().map(|&class| class.to_owned()).collect(),
        ..Selection::default()
    }
}

/// The quick tier on some threads.
pub fn settings(threads: usize) -> Settings {
    Settings {
        seed: 0,
        tier: Tier::Quick,
        precision_limit: DEFAULT_PRECISION_LIMIT,
        oracle: Oracle::default(),
        threads: Some(threads),
    }
}

/// The trials of a selection without their last cases, which have long rows.
pub fn trials(selection: &Selection) -> Vec<Trial<'static>> {
    let mut trials = selection.trials(&REFERENCES, Tier::Quick).unwrap();
    assert!(!trials.is_empty(), "the selection fits nothing");
    for trial in &mut trials {
        trial.cases = trial.cases.min(60);
    }
    trials
}

/// Runs a selection.
pub fn outcomes(selection: &Selection, subjects: &[&dyn Subject]) -> Vec<TrialOutcome<'static>> {
    let trials = trials(selection);
    run(trials, subjects, &settings(2), &Unobserved).unwrap()
}

/// The tally of one subject over a trial.
pub fn tally(outcome: &TrialOutcome<'_>, subject: usize) -> Tally {
    outcome.tallies[subject].clone().expect("it has a kernel")
}
