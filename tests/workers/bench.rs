//! What the tests share: a subject with a fault, and a run of it beside our own kernels.

use lossproof::cases::{Case, Tensor, Tier, case};
use lossproof::command::{embedded_specs, references_of};
use lossproof::measure::Tally;
use lossproof::reference::{DEFAULT_PRECISION_LIMIT, Reference};
use lossproof::run::{Selection, Settings, Unobserved, run};
use lossproof::spec::{Profile, Spec};
use lossproof::subject::{Builtin, Subject, Variant};
use lossproof::worker::{StartError, Worker, WorkerOptions};
use lossproof_numerics::Dtype;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

pub static SPECS: LazyLock<Vec<Arc<Spec>>> = LazyLock::new(|| embedded_specs().unwrap());

static REFERENCES: LazyLock<Vec<Reference>> =
    LazyLock::new(|| references_of(&SPECS, Profile::Exact).unwrap());

/// The op and class of the runs.
pub const OP: &str = "logsumexp";
pub const CLASS: &str = "ordinary";

/// Time enough on a busy machine; only faults of time wait for it.
pub fn usual() -> WorkerOptions {
    WorkerOptions {
        call_limit: Duration::from_secs(30),
        ..WorkerOptions::default()
    }
}

/// The worker of this program with a fault.
pub fn words(fault: &str, trigger: Option<u32>) -> Vec<String> {
    let own = std::env::current_exe().unwrap();
    let words = [own.to_str().unwrap(), crate::faulty::AS_WORKER, fault];
    let trigger = trigger.map(|bits| bits.to_string());
    words
        .map(str::to_owned)
        .into_iter()
        .chain(trigger)
        .collect()
}

pub fn start(
    fault: &str,
    trigger: Option<u32>,
    options: &WorkerOptions,
) -> Result<Worker, StartError> {
    Worker::start(fault.to_owned(), words(fault, trigger), &SPECS, options)
}

/// The case of the class with this index.
pub fn case_of(index: u32) -> Case {
    let reference = REFERENCES.iter().find(|known| known.op.name == OP).unwrap();
    let id = format!("{OP}/f32/{CLASS}/{index:05}").parse().unwrap();
    case(&reference.signature(), &id, 0).unwrap()
}

/// The bits with which the row of a case begins.
#[expect(clippy::cast_possible_truncation, reason = "it is a value of f32")]
pub fn first_bits(case: &Case) -> u32 {
    let Tensor::Row(row) = &case.inputs[0] else {
        panic!("the input is a row");
    };
    (row[0] as f32).to_bits()
}

/// The tallies of a subject and of our own kernels over the class.
pub fn tallies(subject: &dyn Subject, threads: usize) -> (Tally, Tally) {
    let selection = Selection {
        ops: vec![OP.to_owned()],
        dtypes: vec![Dtype::F32],
        classes: vec![CLASS.to_owned()],
        ..Selection::default()
    };
    let settings = Settings {
        seed: 0,
        tier: Tier::Quick,
        precision_limit: DEFAULT_PRECISION_LIMIT,
        oracle: lossproof::measure::Oracle::default(),
        threads: Some(threads),
    };
    let trials = selection.trials(&REFERENCES, settings.tier).unwrap();
    let ours = Builtin::new(Variant::Accurate);
    let mut found = run(trials, &[subject, &ours], &settings, &Unobserved).unwrap();
    assert_eq!(found.len(), 1, "one trial");
    let mut tallies = found.remove(0).tallies.into_iter().flatten();
    (tallies.next().unwrap(), tallies.next().unwrap())
}
