//! A case among the cases beside it. In: a case, its answer alone. Out: what it comes to where a run asks for it, if that is
//! something else.

use super::arguments::Common;
use crate::cases::{Case, CaseId, Tier, case, case_count, class_named};
use crate::measure::{CaseReport, answers_to, measure_answers};
use crate::reference::Reference;
use crate::run::CASES_TOGETHER;
use crate::subject::{Answer, Subject};
use anyhow::Result;
use std::ops::Range;

/// What a case comes to among others.
pub(super) struct Beside {
    /// The first and the last of the cases that were asked about together.
    pub(super) ends: (CaseId, CaseId),
    /// How it was judged there.
    pub(super) report: CaseReport,
}

/// Asks for a case among those that a run of its class asks about together; none where it gives the bits that it gives alone.
pub(super) fn beside(
    common: &Common,
    reference: &Reference,
    (own, alone): (&Case, &Answer),
    subject: &dyn Subject,
) -> Result<Option<Beside>> {
    if !subject.joins_cases() {
        return Ok(None);
    }
    let signature = reference.signature();
    let indices = together(reference, &own.id)?;
    let id = |index| CaseId {
        index,
        ..own.id.clone()
    };
    let ends = (id(indices.start), id(indices.end - 1));
    let place = (own.id.index - indices.start) as usize;
    let cases: Vec<Case> = indices
        .map(|index| case(&signature, &id(index), common.seed))
        .collect::<Result<_, _>>()?;
    let answer = answers_to(reference, &cases, subject).swap_remove(place);
    if is_same(&answer, alone) {
        return Ok(None);
    }
    let answered = vec![(subject, answer, None)];
    let mut measured = measure_answers(reference, own, answered, common.precision_limit)?;
    Ok(Some(Beside {
        ends,
        report: measured.subjects.remove(0),
    }))
}

/// The cases of a class that a run asks about together with one of them: of the quick tier, or of the full tier beyond it.
fn together(reference: &Reference, id: &CaseId) -> Result<Range<u32>> {
    let class = class_named(&id.class)?;
    let count = |tier| case_count(&reference.signature(), id.dtype, class, tier);
    let quick = count(Tier::Quick);
    let cases = if id.index < quick {
        quick
    } else {
        count(Tier::Full)
    };
    let first = id.index - id.index % CASES_TOGETHER;
    Ok(first..cases.min(first + CASES_TOGETHER).max(id.index + 1))
}

/// The same bits, or no values twice.
fn is_same(ours: &Answer, theirs: &Answer) -> bool {
    match (ours, theirs) {
        (Answer::Values(ours), Answer::Values(theirs)) => {
            let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            bits(ours) == bits(theirs)
        }
        (Answer::Values(_), _) | (_, Answer::Values(_)) => false,
        _ => true,
    }
}
