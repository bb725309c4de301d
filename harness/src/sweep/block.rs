//! One block judged. In: the inputs of a block and what a subject answered to them. Out: the block's outcome.
//!
//! This is the only place of a sweep that knows how values are judged: everything beyond it adds up outcomes.

use super::ask::Answered;
use super::domain::Domain;
use super::exact::Exact;
use super::outcome::{Fault, InputValues, Outcome, Undecided, WorstInput};
use crate::cases::{Case, CaseId, Tensor};
use crate::measure::{
    CaseReport, Floors, HISTOGRAM_EDGES, Judged, Oracle, Verdict, measure_answers, published,
};
use crate::reference::Reference;
use crate::run::RunError;
use crate::subject::{Answer, Subject};
use lossproof_numerics::{Dtype, encode, format_hex};
use lossproof_oracle::{Interval, PrecisionBits, Program};
use std::borrow::Cow;

/// What a sweep asks: a subject's kernel of an op, over a domain.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The op.
    pub reference: &'a Reference,
    /// The subject, which has a kernel for it.
    pub subject: &'a dyn Subject,
    /// The domain, one of the op's.
    pub domain: &'a Domain,
    /// Where the ladder ends.
    pub precision_limit: PrecisionBits,
    /// Which rungs it climbs; the outcome is the same, but for where an error lies beside an edge of the histogram.
    pub oracle: Oracle,
}

impl Question<'_> {
    /// The op and dtype.
    pub(super) fn kernel(&self) -> (&str, Dtype) {
        (&self.reference.op.name, self.domain.dtype)
    }

    /// What the kernel is given: inputs, and the attributes after them.
    pub(super) fn arguments<'t>(&self, inputs: &'t [Tensor]) -> Cow<'t, [Tensor]> {
        self.reference.arguments(self.domain.dtype, inputs)
    }

    /// How many values the output of a call has.
    pub(super) fn output_length(&self, inputs: &[Tensor]) -> usize {
        let lengths = self.reference.lengths(inputs);
        self.reference.output_length(lengths.expect(OWN_SHAPES))
    }

    /// Nothing yet.
    pub(super) fn no_outcome(&self) -> Outcome {
        Outcome::empty(
            self.reference
                .clauses()
                .iter()
                .map(|clause| clause.id.as_str()),
        )
    }
}

/// Why a domain's inputs have the op's shapes.
const OWN_SHAPES: &str = "a domain's inputs are made by the op's shapes";

/// The precision at which the condition number of a worst value is enclosed.
const KAPPA_PRECISION: PrecisionBits = 128;

/// Judges what a subject answered to a block: by all rungs where the floors of its shard are given, else by MPFR alone. Only a value
/// that may be the shard's worst is measured by MPFR then.
///
/// # Errors
/// When a stated gradient formula and the differentiated formula exclude each other on one of the inputs.
pub(super) fn judge(
    question: &Question<'_>,
    answered: Vec<Answered>,
    floors: Option<&Floors>,
) -> Result<Outcome, RunError> {
    let mut outcome = question.no_outcome();
    for one in answered {
        let reference = if one.stacked {
            question.reference.batched().expect("it was asked by this")
        } else {
            question.reference
        };
        let first = one.indices.start;
        let inputs = one.indices.end - first;
        let case = case_of(question, first, one.inputs);
        let answers = vec![(question.subject, one.answer, floors)];
        let measured = measure_answers(reference, &case, answers, question.precision_limit);
        let mut measured = measured.map_err(|mut disagreement| {
            let values = reference.output_length(reference.call_on(&case).lengths);
            let (index, place) = one_of_many(values, first, inputs, disagreement.place);
            disagreement.place = place;
            RunError::Gradients {
                case: case_of(question, index, Vec::new()).id,
                disagreement: Box::new(disagreement),
            }
        })?;
        let report = measured.subjects.remove(0);
        let called = Called {
            question,
            first,
            inputs,
            report: &report,
        };
        called.add_to(&mut outcome);
    }
    outcome.shorten_lists();
    Ok(outcome)
}

/// Which of a call's inputs, from the first index on, a place of its output belongs to, and the place in an output of that input alone.
fn one_of_many(values: usize, first: u64, inputs: u64, place: usize) -> (u64, usize) {
    let inputs = usize::try_from(inputs).expect("a block is small");
    // A verdict on the call as a whole stands for all inputs, and is listed with the first.
    let each = (values / inputs).max(1);
    (first + (place / each) as u64, place % each)
}

/// The inputs of a call as a case, whose id names them in messages.
fn case_of(question: &Question<'_>, index: u64, inputs: Vec<Tensor>) -> Case {
    let (op, dtype) = question.kernel();
    let id = CaseId {
        op: op.to_owned(),
        dtype,
        class: question.domain.name.clone(),
        index: u32::try_from(index).expect("an index has 32 bits at most"),
    };
    Case::of_rows(id, inputs)
}

/// A judged call on its way into an outcome.
struct Called<'a> {
    question: &'a Question<'a>,
    /// The index of its first input.
    first: u64,
    /// How many inputs it holds.
    inputs: u64,
    report: &'a CaseReport,
}

impl Called<'_> {
    fn add_to(&self, outcome: &mut Outcome) {
        outcome.inputs += self.inputs;
        let values = match &self.report.answer {
            Answer::Values(values) => values.as_slice(),
            _ => &[],
        };
        outcome.values += values.len() as u64;
        // A call without values has one verdict, on all the inputs that it held.
        let weight = if values.is_empty() { self.inputs } else { 1 };
        let clauses = self.question.reference.clauses();
        for (place, (judged, clause)) in self.judged().enumerate() {
            outcome.verdicts.count(judged.verdict, weight);
            if let Some(clause) = clause {
                let count = outcome
                    .clauses
                    .entry(clauses[clause].id.clone())
                    .or_default();
                count.settled += weight;
                count.conforming += weight * u64::from(judged.verdict.conforms());
            }
            if judged.verdict.is_fault() {
                self.list(outcome, place, judged.verdict, values.get(place).copied());
            }
            if let Some((_, upper)) = judged.ulp_error {
                let bin = HISTOGRAM_EDGES.partition_point(|&edge| edge < upper);
                outcome.histogram[bin] += 1;
            }
        }
        let is_worse = |upper: f64| {
            let known = outcome.worst.as_ref();
            known.is_none_or(|known| upper > published(known.ulp_upper.0))
        };
        if let Some(worst) = &self.report.worst
            && is_worse(worst.ulp_error.1)
        {
            let (lower, upper) = worst.ulp_error;
            let (place, result) = (worst.place, worst.result);
            let dtype = self.question.domain.dtype;
            let (index, place) = self.place(place);
            outcome.worst = Some(WorstInput {
                index,
                place,
                inputs: input_values(self.question, index),
                result: format_hex(result),
                result_bits: bits(dtype, result),
                ulp_lower: Exact(lower),
                ulp_upper: Exact(upper),
                kappa: None,
            });
        }
    }

    fn judged(&self) -> impl Iterator<Item = (&Judged, Option<usize>)> {
        self.report
            .judged
            .iter()
            .zip(self.report.clauses.iter().copied())
    }

    /// The index of the input behind a place of the call's output, and the place in an output of that input alone.
    fn place(&self, place: usize) -> (u64, usize) {
        one_of_many(self.report.judged.len(), self.first, self.inputs, place)
    }

    fn list(&self, outcome: &mut Outcome, place: usize, verdict: Verdict, result: Option<f64>) {
        let (index, place) = self.place(place);
        let inputs = || input_values(self.question, index);
        if verdict == Verdict::Undecided && outcome.lists_another_undecided() {
            outcome.undecided.push(Undecided {
                index,
                place,
                inputs: inputs(),
            });
        }
        if outcome.lists_another(verdict.name()) {
            outcome.faults.push(Fault {
                verdict: verdict.name().to_owned(),
                index,
                place,
                inputs: inputs(),
                result: result.map(format_hex),
                account: self.report.answer.account().map(str::to_owned),
            });
        }
    }
}

/// Gives the worst value of a shard its condition number.
pub(super) fn condition_worst(question: &Question<'_>, outcome: &mut Outcome) {
    let Some(worst) = &mut outcome.worst else {
        return;
    };
    let reference = question.reference;
    let inputs = question.domain.inputs(worst.index);
    let call = reference
        .call(question.domain.dtype, &inputs)
        .expect(OWN_SHAPES);
    let enclosure = reference.enclose(&call, &[worst.place], KAPPA_PRECISION);
    let sensitivity: Interval = reference.sensitivity(&call, worst.place, KAPPA_PRECISION);
    let kappa = Program::condition_number(&sensitivity, &enclosure[0], KAPPA_PRECISION);
    let least = kappa.ends_to_f64().0;
    // A zero without a sign.
    worst.kappa = least.is_finite().then_some(Exact(least + 0.0));
}

/// The inputs at an index as files and screens write them.
fn input_values(question: &Question<'_>, index: u64) -> Vec<InputValues> {
    let dtype = question.domain.dtype;
    let inputs = question.domain.inputs(index);
    let specs = question.reference.op.inputs.iter();
    let values = specs.zip(&inputs).map(|(spec, tensor)| {
        let numbers = tensor.numbers();
        let places = tensor.indices().iter().map(ToString::to_string);
        InputValues {
            name: spec.name.clone(),
            values: numbers
                .iter()
                .map(|&number| format_hex(number))
                .chain(places)
                .collect(),
            bits: numbers.iter().map(|&number| bits(dtype, number)).collect(),
        }
    });
    values.collect()
}

/// An encoding in hex, with all its digits.
fn bits(dtype: Dtype, value: f64) -> String {
    let digits = dtype.width() as usize / 4;
    format!("{:0digits$x}", encode(dtype, value))
}
