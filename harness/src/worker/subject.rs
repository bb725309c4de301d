//! A subject in processes of its own. In: cases or calls. Out: an answer for each case, whatever the processes do.

use super::exchange::Signature;
use super::fault::Fault;
use super::introduction::Introduction;
use super::options::WorkerOptions;
use super::pool::{Lease, Pool};
use super::process::Told;
use crate::spec::{Profile, Spec};
use crate::subject::{Answer, BatchCall, CaseCall, Failure, InputForm, Layout, Subject};
use lossproof_numerics::Dtype;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The most bytes of elements in one message, inputs and output together; a single row may have more.
const MESSAGE_BYTES: usize = 16 << 20;

/// Rows that take this part of the time limit one by one, or more, make a call of all of them slow and not stuck.
const SLOWNESS: u32 = 2;

/// Kernels behind the worker protocol.
#[derive(Debug)]
pub struct Worker {
    name: String,
    description: String,
    introduction: Introduction,
    signatures: BTreeMap<String, Signature>,
    pool: Pool,
    /// Whether it is a library, whose host lays the memory out as it is told and watches it.
    is_library: bool,
    /// Calls of several rows that were refused or too slow, and made row by row.
    split_calls: AtomicU64,
    /// The time that its answers say their kernels took.
    kernel_nanoseconds: AtomicU64,
}

/// A subject that could not be run at all.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A command that no shell could split into words.
    #[error("the command of `{subject}` cannot be split into words; check its quotes")]
    Unsplit {
        /// The subject's name.
        subject: String,
    },
    /// A command without words.
    #[error("`{subject}` names no command; write cmd:COMMAND, such as `cmd:python3 my_worker.py`")]
    NoCommand {
        /// The subject's name.
        subject: String,
    },
    /// There is no such library.
    #[error(
        "`{subject}` could not be run: there is no file {path}; write lib:PATH with the path of a shared library"
    )]
    NoLibrary {
        /// The subject's name.
        subject: String,
        /// The path.
        path: String,
    },
    /// Its worker did not introduce itself.
    #[error("`{subject}` could not be run: {told}")]
    NotIntroduced {
        /// The subject's name.
        subject: String,
        /// What happened, with the worker's last lines.
        told: String,
    },
}

impl Worker {
    /// The subject of a command, which is split into words as a shell splits them; no shell runs it.
    ///
    /// # Errors
    /// When the worker does not introduce itself.
    pub fn of_command(
        command: &str,
        name: Option<&str>,
        specs: &[Arc<Spec>],
        options: &WorkerOptions,
    ) -> Result<Self, StartError> {
        let subject = name.map_or_else(|| format!("cmd:{command}"), str::to_owned);
        let Some(words) = shlex::split(command) else {
            return Err(StartError::Unsplit { subject });
        };
        if words.is_empty() {
            return Err(StartError::NoCommand { subject });
        }
        Self::start(subject, words, specs, options)
    }

    /// The subject of a shared library, which this very command serves in a process of its own.
    ///
    /// # Errors
    /// When there is no such file, or the worker does not introduce itself.
    pub fn of_library(
        path: &str,
        specs: &[Arc<Spec>],
        options: &WorkerOptions,
    ) -> Result<Self, StartError> {
        let subject = format!("lib:{path}");
        if !Path::new(path).is_file() {
            let path = path.to_owned();
            return Err(StartError::NoLibrary { subject, path });
        }
        let own = std::env::current_exe().map_err(|error| StartError::NotIntroduced {
            subject: subject.clone(),
            told: format!("the path of this command is not known: {error}"),
        })?;
        let own = own.to_string_lossy().into_owned();
        let command = vec![own, "serve-library".to_owned(), path.to_owned()];
        Ok(Self {
            is_library: true,
            ..Self::start(subject, command, specs, options)?
        })
    }

    /// The subject of a command in words, under a name of one's own.
    ///
    /// # Errors
    /// When the worker does not introduce itself.
    pub fn start(
        name: String,
        command: Vec<String>,
        specs: &[Arc<Spec>],
        options: &WorkerOptions,
    ) -> Result<Self, StartError> {
        let started = Pool::start(command, options.clone());
        let (pool, introduction) = started.map_err(|Told { fault, lines }| {
            let (Failure::Refused(told)
            | Failure::Crashed(told)
            | Failure::TimedOut(told)
            | Failure::Garbled(told)
            | Failure::Trespassed(told)) = fault.failure(&lines);
            let subject = name.clone();
            StartError::NotIntroduced { subject, told }
        })?;
        let mut description = format!("{} {}", introduction.name, introduction.version);
        if !introduction.description.is_empty() {
            description = format!("{description}: {}", introduction.description);
        }
        let ops = specs.iter().flat_map(Spec::ops);
        Ok(Self {
            name,
            description,
            introduction,
            signatures: ops
                .map(|op| (op.name.clone(), Signature::of(&op)))
                .collect(),
            pool,
            is_library: false,
            split_calls: AtomicU64::new(0),
            kernel_nanoseconds: AtomicU64::new(0),
        })
    }

    fn exchange(&self, lease: &mut Lease<'_>, op: &str, call: &mut BatchCall) -> Result<(), Told> {
        let Some(signature) = self.signatures.get(op) else {
            let reason = format!("no spec gives the op `{op}`");
            let fault = Fault::Refused { reason };
            let lines = String::new();
            return Err(Told { fault, lines });
        };
        let request = signature.request(call);
        let limit_bytes = Signature::answer_limit_bytes(call);
        let output = lease.ask(request, limit_bytes, |answer| {
            if let Ok(nanoseconds) = answer.text("kernel_nanoseconds").parse() {
                self.kernel_nanoseconds
                    .fetch_add(nanoseconds, Ordering::Relaxed);
            }
            signature.output(call, answer)
        })?;
        call.write_output_bytes(&output);
        Ok(())
    }

    /// Makes one call of some of the cases: their answers, or the fault.
    fn call_together(
        &self,
        lease: &mut Lease<'_>,
        (op, dtype): (&str, Dtype),
        cases: &[&CaseCall<'_>],
    ) -> Result<Vec<Answer>, Told> {
        let rows: Vec<_> = cases.iter().map(|case| case.inputs).collect();
        let mut call = BatchCall::new(dtype, &rows, cases[0].output_length, Layout::ALIGNED);
        self.exchange(lease, op, &mut call)?;
        let answers = (0..rows.len()).map(|row| Answer::Values(call.output_row(row)));
        Ok(answers.collect())
    }

    /// Answers cases that fit one call, and says what the call before turned out to have done. A fault of the call is looked for in each row alone; one that no row shows alone
    /// is charged to all of them.
    fn answer_message(
        &self,
        lease: &mut Lease<'_>,
        kernel: (&str, Dtype),
        (cases, chunk): (&[&CaseCall<'_>], usize),
    ) -> (Vec<Answer>, Option<Told>) {
        let given_up = Fault::GivenUp {
            restarts: self.pool.options.restarts,
            rows: chunk,
        };
        let given_up = Answer::from(given_up.failure(""));
        if lease.is_spent() {
            return (vec![given_up; cases.len()], None);
        }
        let together = self.call_together(lease, kernel, cases);
        let late = lease.take_late();
        let mut together = match together {
            Ok(answers) => return (answers, late),
            Err(told) => told,
        };
        if let [_] = cases {
            let answer = together.fault.failure(&together.lines).into();
            return (vec![answer], late);
        }
        let asked = Instant::now();
        let mut alone: Vec<Answer> = Vec::with_capacity(cases.len());
        for case in cases {
            if lease.is_spent() {
                alone.push(given_up.clone());
                continue;
            }
            let answer = match self.call_together(lease, kernel, &[case]) {
                Ok(mut answers) => answers.remove(0),
                Err(told) => told.fault.failure(&told.lines).into(),
            };
            match (lease.take_late(), alone.last_mut()) {
                (Some(told), Some(before)) => *before = told.fault.failure(&told.lines).into(),
                (Some(told), None) => together = told,
                (None, _) => {}
            }
            alone.push(answer);
        }
        // How many rows a call has is the harness's choice, so a refusal of all of them is not held against the kernel, nor
        // slowness that the rows alone show too; whatever else a call of several rows does is. A row that is refused alone,
        // as may be right, explains nothing but a refusal.
        let is_lost = |answer: &Answer| !matches!(answer, Answer::Values(_) | Answer::Refused(_));
        let is_slow = together.fault.is_timeout()
            && asked.elapsed() * SLOWNESS > self.pool.options.call_limit;
        if is_slow || matches!(together.fault, Fault::Refused { .. }) {
            self.split_calls.fetch_add(1, Ordering::Relaxed);
            return (alone, late);
        }
        if alone.iter().any(is_lost) {
            return (alone, late);
        }
        (vec![of_all(&together, cases.len()); cases.len()], late)
    }

    /// Which of a call's rows wrote more than its answer, found after the call: those that do so alone, or else all.
    fn charge_late(
        &self,
        lease: &mut Lease<'_>,
        kernel: (&str, Dtype),
        cases: &[&CaseCall<'_>],
        late: &Told,
    ) -> Vec<Option<Answer>> {
        if let [_] = cases {
            return vec![Some(late.fault.failure(&late.lines).into())];
        }
        let alone = cases.iter().map(|case| {
            if lease.is_spent() {
                return None;
            }
            let told = match self.call_together(lease, kernel, &[case]) {
                Ok(_) => lease.surplus(),
                Err(told) => told.fault.is_surplus().then_some(told),
            };
            told.map(|told| told.fault.failure(&told.lines).into())
        });
        let alone: Vec<Option<Answer>> = alone.collect();
        if alone.iter().any(Option::is_some) {
            return alone;
        }
        vec![Some(of_all(late, cases.len())); cases.len()]
    }
}

/// The answer to each row of a call whose fault no row shows alone.
fn of_all(told: &Told, rows: usize) -> Answer {
    let failure = told.fault.failure(&told.lines).retold(|account| {
        format!("in a call of {rows} rows, though each is answered alone: {account}")
    });
    failure.into()
}

/// Cases in calls of rows that are alike, at most `most_rows` of them, by their places, in the order in which they first
/// appear.
fn messages(dtype: Dtype, cases: &[CaseCall<'_>], most_rows: usize) -> Vec<Vec<usize>> {
    let mut messages: Vec<(Vec<InputForm>, usize, Vec<usize>)> = Vec::new();
    for (place, case) in cases.iter().enumerate() {
        let forms: Vec<InputForm> = case.inputs.iter().map(InputForm::of).collect();
        let inputs: usize = forms.iter().map(|form| form.row_bytes(dtype)).sum();
        let row_bytes = inputs + case.output_length * dtype.width() as usize / 8;
        let fits = |(known, length, places): &&mut (Vec<InputForm>, usize, Vec<usize>)| {
            *known == forms
                && places.len() < most_rows
                && *length == case.output_length
                && (places.len() + 1) * row_bytes <= MESSAGE_BYTES
        };
        match messages.iter_mut().find(fits) {
            Some((_, _, places)) => places.push(place),
            None => messages.push((forms, case.output_length, vec![place])),
        }
    }
    messages.into_iter().map(|(_, _, places)| places).collect()
}

impl Subject for Worker {
    fn name(&self) -> &str {
        &self.name
    }

    fn description(&self) -> &str {
        &self.description
    }

    fn version(&self) -> &str {
        &self.introduction.version
    }

    fn profile(&self) -> Profile {
        self.introduction.profile
    }

    fn supports(&self, op: &str, dtype: Dtype) -> bool {
        let dtypes = self.introduction.supports.get(op);
        self.signatures.contains_key(op) && dtypes.is_some_and(|dtypes| dtypes.contains(&dtype))
    }

    fn runs_in_call_memory(&self) -> bool {
        self.is_library
    }

    fn unknown_ops(&self) -> Vec<String> {
        let offered = self.introduction.supports.keys();
        offered
            .filter(|op| !self.signatures.contains_key(*op))
            .cloned()
            .collect()
    }

    fn remarks(&self) -> Vec<String> {
        let split = self.split_calls.load(Ordering::Relaxed);
        (split > 0)
            .then(|| {
                format!(
                    "{split} calls of several rows were refused or too slow as a whole, and made again row by row"
                )
            })
            .into_iter()
            .collect()
    }

    fn kernel_time(&self) -> Option<Duration> {
        match self.kernel_nanoseconds.load(Ordering::Relaxed) {
            0 => None,
            nanoseconds => Some(Duration::from_nanos(nanoseconds)),
        }
    }

    fn waiting_time(&self) -> Duration {
        self.pool.waited()
    }

    fn call_batch(&self, op: &str, call: &mut BatchCall) -> Result<(), Failure> {
        let mut lease = self.pool.lease();
        self.exchange(&mut lease, op, call)
            .map_err(|Told { fault, lines }| fault.failure(&lines))
    }

    fn joins_cases(&self) -> bool {
        self.pool
            .options
            .rows_per_call
            .is_none_or(|rows| rows.get() > 1)
    }

    fn call_cases(&self, op: &str, dtype: Dtype, cases: &[CaseCall<'_>]) -> Vec<Answer> {
        let mut lease = self.pool.lease();
        let mut answers: Vec<Option<Answer>> = vec![None; cases.len()];
        let mut before: Vec<usize> = Vec::new();
        let most_rows = self.pool.options.rows_per_call;
        let most_rows = most_rows.map_or(usize::MAX, NonZeroUsize::get);
        for places in messages(dtype, cases, most_rows) {
            let alike = |places: &[usize]| -> Vec<&CaseCall<'_>> {
                places.iter().map(|&place| &cases[place]).collect()
            };
            let of_message = (&*alike(&places), cases.len());
            let (answered, late) = self.answer_message(&mut lease, (op, dtype), of_message);
            for (&place, answer) in places.iter().zip(answered) {
                answers[place] = Some(answer);
            }
            if let Some(told) = late {
                let charged = self.charge_late(&mut lease, (op, dtype), &alike(&before), &told);
                for (&place, charge) in before.iter().zip(charged) {
                    answers[place] = charge.or_else(|| answers[place].take());
                }
            }
            before = places;
        }
        let answered = |answer: Option<Answer>| answer.expect("every case is in a message");
        answers.into_iter().map(answered).collect()
    }
}
