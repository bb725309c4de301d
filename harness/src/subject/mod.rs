//! Subjects: sets of kernels under test. In: an op and the memory of a call on some rows. Out: the output written, or why
//! not, whatever the kernel does.

mod batch;
mod batch_bytes;
mod builtin;
mod encoding;
mod environment;
mod formula;
mod own;
mod region;
mod shipped;

pub use batch::{BatchCall, InputForm, InputView, Layout};
pub use batch_bytes::InputBytes;
pub use builtin::{Builtin, Variant};
pub use environment::{FloatingPointEnvironment, preserving};
pub use formula::Formula;
pub use own::{KernelElement, Kernels, RowInputs};
pub use region::GUARD_BYTES;
pub use shipped::Shipped;

use crate::cases::Tensor;
use crate::spec::{Profile, Spec};
use crate::worker::{StartError, Worker, WorkerOptions};
use lossproof_numerics::Dtype;
use lossproof_oracle::formula::Expr;
use std::sync::Arc;
use std::time::Duration;

/// What a subject did with a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It returned these values of the dtype.
    Values(Vec<f64>),
    /// It refused the call, and said why.
    Refused(String),
    /// It ended abnormally; its last words.
    Crashed(String),
    /// It gave no answer in time.
    TimedOut(String),
    /// It answered, and the answer cannot be read as one; what is wrong with it.
    Garbled(String),
    /// It wrote or changed what is not its own; what.
    Trespassed(String),
}

impl Answer {
    /// Its values, or why it has none.
    ///
    /// # Errors
    /// When it has none.
    pub fn into_values(self) -> Result<Vec<f64>, Failure> {
        match self {
            Self::Values(values) => Ok(values),
            Self::Refused(account) => Err(Failure::Refused(account)),
            Self::Crashed(account) => Err(Failure::Crashed(account)),
            Self::TimedOut(account) => Err(Failure::TimedOut(account)),
            Self::Garbled(account) => Err(Failure::Garbled(account)),
            Self::Trespassed(account) => Err(Failure::Trespassed(account)),
        }
    }

    /// Why it has no values, in a sentence.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Values(_) => None,
            Self::Refused(account)
            | Self::Crashed(account)
            | Self::TimedOut(account)
            | Self::Garbled(account)
            | Self::Trespassed(account) => Some(account),
        }
    }
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(account) => Self::Refused(account),
            Failure::Crashed(account) => Self::Crashed(account),
            Failure::TimedOut(account) => Self::TimedOut(account),
            Failure::Garbled(account) => Self::Garbled(account),
            Failure::Trespassed(account) => Self::Trespassed(account),
        }
    }
}

/// Why a call wrote no output.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It was refused; the reason given.
    #[error("refused: {0}")]
    Refused(String),
    /// It ended abnormally; its last words.
    #[error("crashed: {0}")]
    Crashed(String),
    /// It gave no answer in time.
    #[error("timed out: {0}")]
    TimedOut(String),
    /// It answered, and the answer cannot be read as one; what is wrong with it.
    #[error("garbled: {0}")]
    Garbled(String),
    /// It wrote or changed what is not its own; what.
    #[error("trespassed: {0}")]
    Trespassed(String),
}

impl Failure {
    /// The same failure with another account of it.
    #[must_use]
    pub fn retold(self, tell: impl FnOnce(&str) -> String) -> Self {
        match self {
            Self::Refused(account) => Self::Refused(tell(&account)),
            Self::Crashed(account) => Self::Crashed(tell(&account)),
            Self::TimedOut(account) => Self::TimedOut(tell(&account)),
            Self::Garbled(account) => Self::Garbled(tell(&account)),
            Self::Trespassed(account) => Self::Trespassed(tell(&account)),
        }
    }
}

/// One case to answer.
#[derive(Debug, Clone, Copy)]
pub struct CaseCall<'a> {
    /// The inputs, and the attributes after them.
    pub inputs: &'a [Tensor],
    /// How many values the output has.
    pub output_length: usize,
}

/// A set of kernels under test.
pub trait Subject: Send + Sync {
    /// As on the command line.
    fn name(&self) -> &str;
    /// One sentence on what it is.
    fn description(&self) -> &str;
    /// The conventions on special values that it follows.
    fn profile(&self) -> Profile;
    /// Which version of it this is; empty for what is compiled in.
    #[expect(
        clippy::unnecessary_literal_bound,
        reason = "other subjects are told their version when they start"
    )]
    fn version(&self) -> &str {
        ""
    }
    /// Whether it has a kernel for this op and dtype.
    fn supports(&self, op: &str, dtype: Dtype) -> bool;
    /// What it says it supports although no spec gives such an op: slips, mostly.
    fn unknown_ops(&self) -> Vec<String> {
        Vec::new()
    }
    /// What a reader should know of how its calls went, beside the verdicts.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }
    /// The limit in ulps that it claims for itself, in `n` and `kappa`; without one the spec's ceiling counts.
    fn ceiling(&self, op: &str, dtype: Dtype) -> Option<&Expr> {
        let _ = (op, dtype);
        None
    }
    /// Whether the kernel runs in the memory of the call, laid out as the call says, so that what it does to that memory
    /// and to the floating-point environment shows. Not so where it only gets copies, in a process of its own.
    fn runs_in_call_memory(&self) -> bool {
        true
    }
    /// How long its kernels took so far, where it says so of itself: less than its calls, which messages are part of.
    fn kernel_time(&self) -> Option<Duration> {
        None
    }
    /// How long its callers waited so far for a process to be free or to start, which is neither kernel nor transport.
    fn waiting_time(&self) -> Duration {
        Duration::ZERO
    }
    /// Runs all rows of a call in its memory.
    ///
    /// # Errors
    /// When the call was refused or ended abnormally; what the output holds is then of no meaning.
    fn call_batch(&self, op: &str, call: &mut BatchCall) -> Result<(), Failure>;

    /// Runs one row; the output has `output_length` values. The caller's floating-point environment is kept.
    fn call(&self, op: &str, dtype: Dtype, inputs: &[Tensor], output_length: usize) -> Answer {
        let mut call = BatchCall::new(dtype, &[inputs], output_length, Layout::ALIGNED);
        let (called, _) = preserving(|| self.call_batch(op, &mut call));
        match called {
            Ok(()) => Answer::Values(call.output_row(0)),
            Err(failure) => failure.into(),
        }
    }

    /// Whether [`Subject::call_cases`] may answer several cases by one call, so that they could answer otherwise than alone.
    fn joins_cases(&self) -> bool {
        false
    }

    /// Answers cases, one answer for each in their order. They depend on these cases alone, so a subject may make calls of
    /// several rows of them.
    fn call_cases(&self, op: &str, dtype: Dtype, cases: &[CaseCall<'_>]) -> Vec<Answer> {
        let answer = |case: &CaseCall<'_>| self.call(op, dtype, case.inputs, case.output_length);
        cases.iter().map(answer).collect()
    }
}

/// A subject's name that nothing answers to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown subject `{name}`; the subjects are {known}, lib:PATH for a shared library and cmd:COMMAND for a process \
     (`lossproof list subjects`)"
)]
pub struct UnknownSubject {
    /// The name as given.
    pub name: String,
    /// The names there are.
    pub known: String,
}

/// The subjects compiled in; one of them computes the formulas of `specs`.
#[must_use]
pub fn compiled_in(specs: &[Arc<Spec>]) -> Vec<Box<dyn Subject>> {
    vec![
        Box::new(Builtin::new(Variant::Accurate)),
        Box::new(Builtin::new(Variant::Textbook)),
        Box::new(Formula::new(specs)),
    ]
}

/// Why there is no subject of a name.
#[derive(Debug, thiserror::Error)]
pub enum SubjectError {
    /// Nothing answers to it.
    #[error(transparent)]
    Unknown(#[from] UnknownSubject),
    /// It could not be run.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// The subject of that name, under the usual limits on workers; the formulas are those of `specs`.
///
/// # Errors
/// When there is none, or it could not be run.
pub fn subject_named(name: &str, specs: &[Arc<Spec>]) -> Result<Box<dyn Subject>, SubjectError> {
    subject_within(name, specs, &WorkerOptions::default())
}

/// The subject of that name, with limits on its workers where it has any: one compiled in, `cmd:COMMAND` or `lib:PATH`.
///
/// # Errors
/// When there is none, or it could not be run.
pub fn subject_within(
    name: &str,
    specs: &[Arc<Spec>],
    options: &WorkerOptions,
) -> Result<Box<dyn Subject>, SubjectError> {
    if let Some(command) = name.strip_prefix("cmd:") {
        return Ok(Box::new(Worker::of_command(command, None, specs, options)?));
    }
    if let Some(path) = name.strip_prefix("lib:") {
        return Ok(Box::new(Worker::of_library(path, specs, options)?));
    }
    let subjects = compiled_in(specs);
    let known: Vec<String> = subjects
        .iter()
        .map(|subject| subject.name().to_owned())
        .collect();
    let found = subjects
        .into_iter()
        .find(|subject| subject.name() == name)
        .ok_or_else(|| UnknownSubject {
            name: name.to_owned(),
            known: known.join(", "),
        })?;
    Ok(found)
}
