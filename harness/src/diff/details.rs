//! The differences of one entry. In: the entry before and after. Out: a detail for each quantity that moved.

use super::model::{Detail, Direction, Measure, Share};
use super::view::{ClauseUse, PropertyUse, Row, ScoreView};
use crate::measure::Verdict;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// The verdicts that are no fault. Any other name is one, so that a verdict of a later version is not overlooked.
const NO_FAULTS: [Verdict; 5] = [
    Verdict::CorrectlyRounded,
    Verdict::Faithful,
    Verdict::WithinBound,
    Verdict::Refused,
    Verdict::Unspecified,
];

/// The detail of a quantity of which less is better, if it moved.
fn less_is_better(ordering: Ordering, measure: Measure) -> Option<Detail> {
    let direction = match ordering {
        Ordering::Less => Direction::Better,
        Ordering::Equal => return None,
        Ordering::Greater => Direction::Worse,
    };
    Some(Detail { direction, measure })
}

/// The detail of a quantity of which more is better, if it moved.
fn more_is_better(ordering: Ordering, measure: Measure) -> Option<Detail> {
    less_is_better(ordering.reverse(), measure)
}

impl Share {
    /// How this share compares with one before. A share of nothing is none, and compares as equal.
    fn against(self, before: Self) -> Ordering {
        if self.whole == 0 || before.whole == 0 {
            return Ordering::Equal;
        }
        let product = |part: u64, whole: u64| u128::from(part) * u128::from(whole);
        product(self.part, before.whole).cmp(&product(before.part, self.whole))
    }
}

/// The differences of a row; fewer cases count unless `fewer_cases_allowed`.
pub(super) fn of_rows(before: &Row, after: &Row, fewer_cases_allowed: bool) -> Vec<Detail> {
    let mut details = Vec::new();
    if let (Some(before), Some(after)) = (before.conforms, after.conforms) {
        let measure = Measure::Conforms { before, after };
        details.extend(more_is_better(after.cmp(&before), measure));
    }
    if let (Some(earlier), Some(later)) = (before.maximum(), after.maximum()) {
        let finite = |ulps: f64| ulps.is_finite().then_some(ulps);
        let measure = Measure::MaxUlp {
            before: finite(earlier.upper),
            after: finite(later.upper),
            worst_case: later.worst_case.map(str::to_owned),
        };
        let ordering = later.upper.total_cmp(&earlier.upper);
        details.extend(less_is_better(ordering, measure));
    }
    details.extend(faults(before, after));
    let share = |row: &Row| Share {
        part: row.correctly_rounded,
        whole: row.values,
    };
    let (earlier, later) = (share(before), share(after));
    let measure = Measure::CorrectlyRounded {
        before: earlier,
        after: later,
    };
    details.extend(more_is_better(later.against(earlier), measure));
    if let (Some(earlier), Some(later)) = (before.cases, after.cases)
        && later < earlier
        && !fewer_cases_allowed
    {
        let measure = Measure::Cases {
            before: earlier,
            after: later,
        };
        details.extend(more_is_better(later.cmp(&earlier), measure));
    }
    details
}

fn faults(before: &Row, after: &Row) -> Vec<Detail> {
    let verdicts: BTreeSet<&String> = before
        .verdicts
        .keys()
        .chain(after.verdicts.keys())
        .collect();
    let is_fault = |name: &&&String| {
        NO_FAULTS
            .iter()
            .all(|verdict| verdict.name() != name.as_str())
    };
    let detail = |name: &String| {
        let count = |row: &Row| row.verdicts.get(name).copied().unwrap_or(0);
        let (earlier, later) = (count(before), count(after));
        let measure = Measure::Fault {
            verdict: name.clone(),
            before: earlier,
            after: later,
        };
        less_is_better(later.cmp(&earlier), measure)
    };
    verdicts
        .iter()
        .filter(is_fault)
        .filter_map(|name| detail(name))
        .collect()
}

/// The difference of a clause's use.
pub(super) fn of_clauses(before: &ClauseUse<'_>, after: &ClauseUse<'_>) -> Vec<Detail> {
    let share = |one: &ClauseUse<'_>| Share {
        part: one.conforming,
        whole: one.values,
    };
    let (before, after) = (share(before), share(after));
    let measure = Measure::ClauseConforming { before, after };
    more_is_better(after.against(before), measure)
        .into_iter()
        .collect()
}

/// The difference of a property.
pub(super) fn of_properties(before: &PropertyUse<'_>, after: &PropertyUse<'_>) -> Vec<Detail> {
    let (before, after) = (before.holds, after.holds);
    let measure = Measure::PropertyHolds { before, after };
    more_is_better(after.cmp(&before), measure)
        .into_iter()
        .collect()
}

/// The difference of a kill score.
pub(super) fn of_scores(before: &ScoreView, after: &ScoreView) -> Vec<Detail> {
    let share = |score: &ScoreView| Share {
        part: score.killed,
        whole: score.mutants,
    };
    let (before, after) = (share(before), share(after));
    let measure = Measure::KillScore { before, after };
    more_is_better(after.against(before), measure)
        .into_iter()
        .collect()
}

/// The difference of the false alarms.
pub(super) fn of_alarms(before: u64, after: u64) -> Vec<Detail> {
    let measure = Measure::FalseAlarms { before, after };
    less_is_better(after.cmp(&before), measure)
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_to_be_no_fault_is_none() {
        assert!(NO_FAULTS.iter().all(|verdict| !verdict.is_fault()));
    }

    #[test]
    fn shares_are_compared_exactly() {
        let share = |part, whole| Share { part, whole };
        assert_eq!(share(2, 4).against(share(1, 2)), Ordering::Equal);
        assert_eq!(share(0, 0).against(share(1, 2)), Ordering::Equal);
        let (nearly, all) = (share(u64::MAX - 1, u64::MAX), share(1, 1));
        assert_eq!(nearly.against(all), Ordering::Less);
        assert_eq!(all.against(nearly), Ordering::Greater);
    }
}
