//! A block put to a subject. In: a domain's block. Out: an answer for every input of it, whatever the subject does.
//!
//! A call of many inputs that gives no values is cut in half and made again until the inputs at fault stand alone, so that one
//! bad input does not take its neighbours with it. That may not go on for ever: a subject that loses call after call is cut short
//! after [`LOST_CALLS`] of a shard, and what is still together is then charged as a whole.

use super::block::Question;
use super::domain::BlockCall;
use crate::cases::Tensor;
use crate::subject::{Answer, BatchCall, CaseCall, Failure, Layout, preserving};
use std::ops::Range;

/// How many calls of a shard may be lost before calls are no longer cut up to find the inputs at fault.
const LOST_CALLS: u32 = 256;

/// Rows of a call to a subject that has lost a larger one: its worker then counts restarts over these.
const ROWS_AFTER_A_LOSS: usize = 32;

/// What is left of a shard's patience with lost calls.
#[derive(Debug)]
pub(super) struct Patience(u32);

impl Patience {
    pub(super) fn new() -> Self {
        Self(LOST_CALLS)
    }

    fn is_spent(&self) -> bool {
        self.0 == 0
    }

    fn lose(&mut self) {
        self.0 = self.0.saturating_sub(1);
    }
}

/// A call and what came back.
#[derive(Debug)]
pub(super) struct Answered {
    pub indices: Range<u64>,
    /// The op's inputs, without its attributes.
    pub inputs: Vec<Tensor>,
    pub answer: Answer,
    /// Whether the inputs are those of many rows, for the op on many rows at once.
    pub stacked: bool,
}

/// Asks about every input of a block.
pub(super) fn ask(
    question: &Question<'_>,
    block: Range<u64>,
    patience: &mut Patience,
) -> Vec<Answered> {
    if question.domain.elementwise {
        let mut answered = Vec::new();
        ask_elements(question, block, patience, &mut answered);
        answered
    } else {
        match ask_stacked(question, block.clone()) {
            Some(Ok(answered)) => vec![answered],
            Some(Err(failure)) => look_for_lost(question, block, failure, patience),
            None => ask_rows(question, block, patience),
        }
    }
}

/// One call of all rows, given and answered together, which is cheaper to judge; none where the op cannot be asked that way.
pub(super) fn ask_stacked(
    question: &Question<'_>,
    block: Range<u64>,
) -> Option<Result<Answered, Failure>> {
    let batched = question.reference.batched()?;
    let (op, dtype) = question.kernel();
    let inputs = question.domain.stacked(block.clone());
    let lengths = batched.lengths(&inputs).ok()?;
    let output_length = batched.output_length(lengths) / lengths.m;
    let arguments = question.arguments(&inputs);
    let mut batch =
        BatchCall::stacked(dtype, lengths.m, &arguments, output_length, Layout::ALIGNED);
    let (called, _) = preserving(|| question.subject.call_batch(op, &mut batch));
    Some(called.map(|()| Answered {
        indices: block,
        inputs,
        answer: Answer::Values(batch.outputs()),
        stacked: true,
    }))
}

/// One call with all elements in one row, cut in half where it is lost.
fn ask_elements(
    question: &Question<'_>,
    indices: Range<u64>,
    patience: &mut Patience,
    answered: &mut Vec<Answered>,
) {
    let inputs = question.domain.row(indices.clone());
    let arguments = question.arguments(&inputs);
    let length = usize::try_from(indices.end - indices.start).expect("a block is small");
    let (op, dtype) = question.kernel();
    let answer = question.subject.call(op, dtype, &arguments, length);
    let is_whole = matches!(&answer, Answer::Values(values) if values.len() == length);
    if !is_whole {
        let spent = patience.is_spent();
        patience.lose();
        if length > 1 && !spent {
            let middle = indices.start + (indices.end - indices.start) / 2;
            ask_elements(question, indices.start..middle, patience, answered);
            ask_elements(question, middle..indices.end, patience, answered);
            return;
        }
    }
    answered.push(Answered {
        indices,
        inputs,
        answer,
        stacked: false,
    });
}

/// One call of all rows.
pub(super) fn ask_rows(
    question: &Question<'_>,
    block: Range<u64>,
    patience: &mut Patience,
) -> Vec<Answered> {
    let (op, dtype) = question.kernel();
    let calls = question.domain.calls(block.clone());
    let output_length = question.output_length(&calls[0].inputs);
    let arguments: Vec<_> = calls
        .iter()
        .map(|call| question.arguments(&call.inputs))
        .collect();
    let mut batch = BatchCall::new(dtype, &arguments, output_length, Layout::ALIGNED);
    let (called, _) = preserving(|| question.subject.call_batch(op, &mut batch));
    if let Err(failure) = called {
        return look_for_lost(question, block, failure, patience);
    }
    let rows = 0..calls.len();
    let answers = rows.map(|row| Answer::Values(batch.output_row(row)));
    apart(calls.into_iter().zip(answers))
}

/// Smaller calls after one of all rows that was lost, in which a subject looks for the row at fault itself.
fn look_for_lost(
    question: &Question<'_>,
    block: Range<u64>,
    failure: Failure,
    patience: &mut Patience,
) -> Vec<Answered> {
    let (op, dtype) = question.kernel();
    let calls = question.domain.calls(block);
    if patience.is_spent() {
        let answers = vec![Answer::from(failure); calls.len()];
        return apart(calls.into_iter().zip(answers));
    }
    patience.lose();
    let output_length = question.output_length(&calls[0].inputs);
    let arguments: Vec<_> = calls
        .iter()
        .map(|call| question.arguments(&call.inputs))
        .collect();
    let cases: Vec<CaseCall<'_>> = arguments
        .iter()
        .map(|inputs| CaseCall {
            inputs,
            output_length,
        })
        .collect();
    let chunks = cases.chunks(ROWS_AFTER_A_LOSS);
    let answers = chunks.flat_map(|rows| {
        let answers = question.subject.call_cases(op, dtype, rows);
        let is_lost = |answer: &&Answer| !matches!(answer, Answer::Values(_));
        answers.iter().filter(is_lost).for_each(|_| patience.lose());
        answers
    });
    let answers: Vec<Answer> = answers.collect();
    apart(calls.into_iter().zip(answers))
}

/// Calls with an answer each.
fn apart(answered: impl Iterator<Item = (BlockCall, Answer)>) -> Vec<Answered> {
    answered
        .map(|(call, answer)| Answered {
            indices: call.indices,
            inputs: call.inputs,
            answer,
            stacked: false,
        })
        .collect()
}
