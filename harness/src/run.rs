//! A run: ops, subjects and a selection in, one tally per op, dtype, class and subject out.
//!
//! This is the one place that starts threads: a parallel map over trials and the cases inside them, collected in
//! order, so the outcome depends on the inputs alone.

use crate::cases::{
    Case, CaseError, CaseId, Class, KNOWN_WORST, Tier, case, case_count, class_named,
};
use crate::measure::{
    Answered, Floors, Oracle, Tally, answers_to, conditioning_of, measure_answers,
};
use crate::reference::{GradientsDisagree, Reference};
use crate::subject::{Answer, Subject};
use lossproof_numerics::Dtype;
use lossproof_oracle::PrecisionBits;
use rayon::prelude::*;
use std::num::NonZeroU32;
use std::ops::Range;

/// Everything that decides what a run computes.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// The seed of the case generators.
    pub seed: u64,
    /// How many cases.
    pub tier: Tier,
    /// Where the ladder ends.
    pub precision_limit: PrecisionBits,
    /// Which rungs it climbs; the outcome is the same.
    pub oracle: Oracle,
    /// Threads; none for one per core.
    pub threads: Option<usize>,
}

/// One op in one dtype over one class: the unit that passes or fails.
#[derive(Debug, Clone)]
pub struct Trial<'a> {
    /// The op.
    pub reference: &'a Reference,
    /// The dtype.
    pub dtype: Dtype,
    /// The class.
    pub class: &'static Class,
    /// How many cases.
    pub cases: u32,
    /// The distance between the indices of two of them; 1 where none is left out.
    pub stride: u32,
}

impl Trial<'_> {
    /// The trial's name, a prefix of its case ids: `softmax/f32/huge_logits`.
    #[must_use]
    pub fn name(&self) -> String {
        format!(
            "{}/{}/{}",
            self.reference.op.name, self.dtype, self.class.name
        )
    }
}

/// What a trial found.
#[derive(Debug, Clone)]
pub struct TrialOutcome<'a> {
    /// The trial.
    pub trial: Trial<'a>,
    /// One tally per subject; none for a subject without a kernel.
    pub tallies: Vec<Option<Tally>>,
    /// Whether all its cases were run.
    pub complete: bool,
}

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A case could not be generated.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// A spec contradicts itself.
    #[error("case {case}: {disagreement}")]
    Gradients {
        /// The case that shows it.
        case: CaseId,
        /// How.
        disagreement: Box<GradientsDisagree>,
    },
    /// The system gave no threads.
    #[error("could not start the worker threads: {0}; try a smaller --threads")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// Somebody who watches a run and may end it.
pub trait Observer: Sync {
    /// A case of a trial is done.
    fn case_done(&self, trial: &Trial<'_>);
    /// Whether to stop before the next case.
    fn is_cancelled(&self) -> bool;
}

/// Nobody.
#[derive(Debug, Clone, Copy)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn case_done(&self, _: &Trial<'_>) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Which ops, dtypes and classes to run; an empty list selects all.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Op names.
    pub ops: Vec<String>,
    /// Dtypes.
    pub dtypes: Vec<Dtype>,
    /// Class names.
    pub classes: Vec<String>,
    /// Only every so many-th case of a class, from the first; all where it is not given.
    pub every: Option<NonZeroU32>,
}

impl Selection {
    /// The trials selected, in the order of the specs.
    ///
    /// # Errors
    /// A spec that names an unknown class.
    pub fn trials<'a>(
        &self,
        references: &'a [Reference],
        tier: Tier,
    ) -> Result<Vec<Trial<'a>>, CaseError> {
        let mut trials = Vec::new();
        for reference in references {
            let op = &reference.op;
            if !(self.ops.is_empty() || self.ops.contains(&op.name)) {
                continue;
            }
            for dtype in Dtype::ALL {
                if !(self.dtypes.is_empty() || self.dtypes.contains(&dtype)) {
                    continue;
                }
                let listed = op.classes().iter().map(String::as_str);
                let known = listed
                    .filter(|&name| name != KNOWN_WORST)
                    .chain([KNOWN_WORST]);
                for name in known {
                    if !(self.classes.is_empty() || self.classes.iter().any(|class| class == name))
                    {
                        continue;
                    }
                    let class = class_named(name)?;
                    if class.is_kept()
                        && case_count(&reference.signature(), dtype, class, tier) == 0
                    {
                        // An op whose kernels nobody has hunted yet: there is nothing to select.
                        continue;
                    }
                    let stride = self.every.map_or(1, NonZeroU32::get);
                    let all = case_count(&reference.signature(), dtype, class, tier);
                    let cases = all.div_ceil(stride);
                    trials.push(Trial {
                        reference,
                        dtype,
                        class,
                        cases,
                        stride,
                    });
                }
            }
        }
        Ok(trials)
    }
}

/// Runs trials on all subjects.
///
/// # Errors
/// When a case cannot be generated, or a spec's stated gradient contradicts its formula.
pub fn run<'a>(
    trials: Vec<Trial<'a>>,
    subjects: &[&dyn Subject],
    settings: &Settings,
    observer: &dyn Observer,
) -> Result<Vec<TrialOutcome<'a>>, RunError> {
    in_pool(settings.threads, || {
        trials
            .into_par_iter()
            .map(|trial| run_trial(trial, subjects, settings, observer))
            .collect()
    })?
}

/// Runs something on as many threads as asked for; none for one per core.
///
/// # Errors
/// When the system gives no threads.
pub fn in_pool<T: Send>(
    threads: Option<usize>,
    work: impl FnOnce() -> T + Send,
) -> Result<T, RunError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .build()?;
    Ok(pool.install(work))
}

fn run_trial<'a>(
    trial: Trial<'a>,
    subjects: &[&dyn Subject],
    settings: &Settings,
    observer: &dyn Observer,
) -> Result<TrialOutcome<'a>, RunError> {
    let op = &trial.reference.op.name;
    let supported: Vec<bool> = subjects
        .iter()
        .map(|subject| subject.supports(op, trial.dtype))
        .collect();
    let able: Vec<&dyn Subject> = subjects
        .iter()
        .zip(&supported)
        .filter_map(|(subject, supported)| supported.then_some(*subject))
        .collect();
    let floors: Vec<Floors> = able.iter().map(|_| Floors::default()).collect();
    let chunks: Vec<u32> = (0..trial.cases).step_by(CASES_TOGETHER as usize).collect();
    let of_chunk = |first: u32| -> Result<Vec<Option<Vec<Tally>>>, RunError> {
        let indices = first..trial.cases.min(first + CASES_TOGETHER);
        tally_chunk(&trial, indices, (&able, &floors), (settings, observer))
    };
    let of_chunks: Vec<Vec<Option<Vec<Tally>>>> = chunks
        .into_par_iter()
        .map(of_chunk)
        .collect::<Result<_, _>>()?;
    let of_cases: Vec<Option<Vec<Tally>>> = of_chunks.into_iter().flatten().collect();
    let complete = of_cases.iter().all(Option::is_some);
    let mut merged = vec![Tally::default(); able.len()];
    for tallies in of_cases.into_iter().flatten() {
        for (total, tally) in merged.iter_mut().zip(tallies) {
            total.merge(tally);
        }
    }
    for (subject, tally) in able.iter().zip(&mut merged) {
        tally.condition_worst(|id, worst| {
            let case = case(&trial.reference.signature(), id, settings.seed)
                .expect("the case was generated before");
            conditioning_of(
                (trial.reference, *subject),
                &case,
                (worst.place, worst.result),
                &worst.enclosure,
            )
        });
    }
    let mut merged = merged.into_iter();
    let tallies = supported
        .into_iter()
        .map(|supported| supported.then(|| merged.next()).flatten())
        .collect();
    Ok(TrialOutcome {
        trial,
        tallies,
        complete,
    })
}

/// How many cases a subject is asked about at once: enough for calls of several rows, where a call costs a round trip.
pub(crate) const CASES_TOGETHER: u32 = 32;

/// The tallies of each case of a chunk; none for a case that was not run.
fn tally_chunk(
    trial: &Trial<'_>,
    indices: Range<u32>,
    (subjects, floors): (&[&dyn Subject], &[Floors]),
    (settings, observer): (&Settings, &dyn Observer),
) -> Result<Vec<Option<Vec<Tally>>>, RunError> {
    if observer.is_cancelled() {
        return Ok(indices.map(|_| None).collect());
    }
    let reference = trial.reference;
    let signature = reference.signature();
    let generated = |place: u32| {
        let index = place * trial.stride;
        let id = CaseId {
            op: reference.op.name.clone(),
            dtype: trial.dtype,
            class: trial.class.name.to_owned(),
            index,
        };
        case(&signature, &id, settings.seed)
    };
    let cases: Vec<Case> = indices
        .into_par_iter()
        .map(generated)
        .collect::<Result<_, _>>()?;
    let answers = answers_of(reference, &cases, subjects);
    let of_case = |(case, answers): (&Case, Vec<Answer>)| {
        if observer.is_cancelled() {
            return Ok(None);
        }
        let each = subjects.iter().zip(answers).zip(floors);
        let answered: Vec<Answered<'_>> = each
            .map(|((subject, answer), floors)| {
                let floors = (settings.oracle == Oracle::Ladder).then_some(floors);
                (*subject, answer, floors)
            })
            .collect();
        let measured = measure_answers(reference, case, answered, settings.precision_limit)
            .map_err(|disagreement| RunError::Gradients {
                case: case.id.clone(),
                disagreement: Box::new(disagreement),
            })?;
        observer.case_done(trial);
        let tallies = measured.subjects.iter();
        let tallies = tallies.map(|report| Tally::of_case(&case.id, report));
        Ok(Some(tallies.collect()))
    };
    cases.par_iter().zip(answers).map(of_case).collect()
}

/// What each subject answers to each case: by case, and then by subject.
fn answers_of(
    reference: &Reference,
    cases: &[Case],
    subjects: &[&dyn Subject],
) -> Vec<Vec<Answer>> {
    let mut by_case: Vec<Vec<Answer>> = cases.iter().map(|_| Vec::new()).collect();
    for subject in subjects {
        let answers = answers_to(reference, cases, *subject);
        for (of_case, answer) in by_case.iter_mut().zip(answers) {
            of_case.push(answer);
        }
    }
    by_case
}
