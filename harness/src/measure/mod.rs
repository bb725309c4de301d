//! Measurement: enclosures and results in, verdicts and errors out.

mod case;
mod decimal;
mod floors;
mod progress;
mod question;
#[cfg(test)]
mod question_tests;
mod rung;
mod tally;
mod verdict;

pub use case::{
    Answered, CaseMeasurement, CaseReport, WorstValue, answer_to, answers_to, conditioning_of,
    measure_answers, measure_case,
};
pub use decimal::{published, round_down, round_up};
pub use floors::Floors;
pub use question::Conditioning;
pub use rung::{Oracle, Rung};
pub(crate) use tally::add_counts;
pub use tally::{Failure, HISTOGRAM_EDGES, Tally, Worst, ordinal_range};
pub use verdict::{CeilingOf, Judged, Verdict, judge};
