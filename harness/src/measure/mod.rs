//! Measurement: enclosures and results in, verdicts and errors out.

mod case;
mod decimal;
mod tally;
mod verdict;

pub use case::{
    CaseMeasurement, CaseReport, Conditioning, WorstValue, conditioning_of, measure_answers,
    measure_case,
};
pub use decimal::{round_down, round_up};
pub(crate) use tally::add_counts;
pub use tally::{Failure, HISTOGRAM_EDGES, Tally, Worst, ordinal_range};
pub use verdict::{CeilingOf, Judged, Verdict, judge};
