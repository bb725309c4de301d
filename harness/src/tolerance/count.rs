//! What tolerances let through: verdicts and comparisons in, counts out.

use super::{Passed, tolerances};
use crate::measure::Verdict;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one tolerance made of some values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToleranceCount {
    /// Values compared: those that have a verdict, where the tolerance has a rule.
    pub compared: u64,
    /// How many of them it lets pass.
    pub passed: u64,
    /// How many of them exceed the ceiling or are of a wrong class.
    pub at_fault: u64,
    /// How many of those at fault it lets pass.
    pub let_through: u64,
    /// Calls that gave no values where values were due; no tolerance is asked about them.
    pub lost_calls: u64,
}

impl ToleranceCount {
    /// Counts one value.
    pub fn add(&mut self, verdict: Verdict, passes: bool) {
        if verdict == Verdict::Undecided {
            return;
        }
        let at_fault = matches!(verdict, Verdict::Exceeds | Verdict::WrongClass);
        self.compared += 1;
        self.passed += u64::from(passes);
        self.at_fault += u64::from(at_fault);
        self.let_through += u64::from(at_fault && passes);
    }

    /// Adds the counts of other values.
    pub fn merge(&mut self, other: Self) {
        self.compared += other.compared;
        self.passed += other.passed;
        self.at_fault += other.at_fault;
        self.let_through += other.let_through;
        self.lost_calls += other.lost_calls;
    }

    /// Whether every value compared passes, there is one, and no call was lost.
    #[must_use]
    pub fn all_pass(&self) -> bool {
        self.compared > 0 && self.passed == self.compared && self.lost_calls == 0
    }

    /// How many values it rejects although they conform.
    #[must_use]
    pub fn rejected_conforming(&self) -> u64 {
        (self.compared - self.at_fault) - (self.passed - self.let_through)
    }
}

/// Counts a value in the counts of every tolerance.
pub(crate) fn add_value(counts: &mut Vec<ToleranceCount>, verdict: Verdict, passed: Passed) {
    counts.resize(tolerances().len(), ToleranceCount::default());
    for (place, count) in counts.iter_mut().enumerate() {
        count.add(verdict, passed.contains(place));
    }
}

/// Counts a call without values where values were due in the counts of every tolerance.
pub(crate) fn add_lost_call(counts: &mut Vec<ToleranceCount>) {
    counts.resize(tolerances().len(), ToleranceCount::default());
    for count in counts {
        count.lost_calls += 1;
    }
}

/// Adds the counts of other values, tolerance by tolerance.
pub(crate) fn merge_counts(ours: &mut Vec<ToleranceCount>, theirs: &[ToleranceCount]) {
    if ours.len() < theirs.len() {
        ours.resize(theirs.len(), ToleranceCount::default());
    }
    for (ours, theirs) in ours.iter_mut().zip(theirs) {
        ours.merge(*theirs);
    }
}
