//! A subject's line of the headline table: its results in, counts and its largest error at small κ out.

use super::model::{Headline, LeagueResult};
use crate::report::model::VerdictCounts;

/// What a subject comes to.
pub(super) fn headline(subject: &str, results: &[LeagueResult]) -> Headline {
    let own: Vec<&LeagueResult> = results
        .iter()
        .filter(|result| result.subject == subject)
        .collect();
    let count =
        |holds: fn(&LeagueResult) -> bool| own.iter().filter(|result| holds(result)).count() as u64;
    let small = own.iter().filter_map(|result| result.small_kappa.as_ref());
    Headline {
        kernels: own.len() as u64,
        within_one_ulp: count(|result| {
            is_whole(result) && result.max_ulp.upper.is_some_and(|ulp| ulp <= 1.0)
        }),
        within_ceiling: count(|result| is_whole(result) && result.verdicts.exceeds == 0),
        lost_calls: own
            .iter()
            .map(|result| class_faults(&result.verdicts) - result.verdicts.wrong_class)
            .sum(),
        right_class: count(|result| class_faults(&result.verdicts) == 0),
        conforming: count(|result| result.conforms),
        small_kappa: small.max_by(|a, b| a.ulp.total_cmp(&b.ulp)).cloned(),
    }
}

/// Whether it gave values, lost none, and all of them are decided: a kernel that gives nothing has no small error.
fn is_whole(result: &LeagueResult) -> bool {
    let verdicts = &result.verdicts;
    let lost = class_faults(verdicts) - verdicts.wrong_class;
    result.values > 0 && lost + verdicts.undecided == 0
}

/// Values of a wrong class, and calls that gave nothing where values were due: every fault that has no distance.
pub(super) fn class_faults(verdicts: &VerdictCounts) -> u64 {
    // All names are listed, so that a new verdict must be given its place.
    let VerdictCounts {
        correctly_rounded: _,
        faithful: _,
        within_bound: _,
        exceeds: _,
        wrong_class,
        undecided: _,
        refused: _,
        failed,
        crashed,
        timed_out,
        garbled,
        trespassed,
        unspecified: _,
    } = *verdicts;
    wrong_class + failed + crashed + timed_out + garbled + trespassed
}
