//! Roots: where the exact result changes its sign between two inputs that differ in one number, the worst inputs lie beside the
//! zero between them, as an absolute error is then divided by almost nothing. In: the scores of inputs along a line. Out: the
//! inputs at which to look next, until two neighbours enclose the zero.

use super::evaluate::Score;
use crate::cases::Case;
use lossproof_numerics::{Dtype, from_ordinal, ordinal};

/// Inputs that differ from a case in one number, which may stand at several places.
#[derive(Debug, Clone)]
pub(super) struct Line {
    case: Case,
    input: usize,
    /// Where the number stands, at least once.
    slots: Vec<usize>,
}

impl Line {
    pub(super) fn new(case: Case, input: usize, slots: Vec<usize>) -> Self {
        Self { case, input, slots }
    }

    /// The case with another number there.
    pub(super) fn with(&self, number: f64) -> Case {
        let mut case = self.case.clone();
        let numbers = case.inputs[self.input].numbers_mut();
        for &slot in &self.slots {
            numbers[slot] = number;
        }
        case
    }

    fn dtype(&self) -> Dtype {
        self.case.id.dtype
    }

    /// The place of a case of this line among the dtype's values.
    fn place_of(&self, case: &Case) -> i64 {
        ordinal(
            self.dtype(),
            case.inputs[self.input].numbers()[self.slots[0]],
        )
    }
}

/// Into how many parts a stretch is cut at once: they are measured side by side.
const PARTS: u64 = 8;

/// A stretch of a line, the exact result of one sign at its lower end and of the other at its upper.
#[derive(Debug, Clone)]
pub(super) struct Root {
    line: Line,
    /// Which output value it is about: the sign is known where that is the worst of an input's.
    output: usize,
    ends: (i64, i64),
    sign_of_lower: f64,
    /// A place where the exact result is 0: only its neighbours are left to look at.
    zero: Option<i64>,
}

impl Root {
    /// The shortest stretch of a line on which a sign changes; none where no sign does, or where its ends are neighbours.
    pub(super) fn on(line: Line, cases: &[Case], scores: &[Score]) -> Option<Self> {
        let best = scores
            .iter()
            .max_by(|a, b| a.objective.total_cmp(&b.objective))?;
        let output = best.worst?.place;
        let points = cases.iter().zip(scores);
        let mut points: Vec<(i64, f64)> = points
            .filter_map(|(case, score)| Some((line.place_of(case), sign(score, output)?)))
            .collect();
        points.sort_by_key(|point| point.0);
        let pairs = points.windows(2).map(|pair| (pair[0], pair[1]));
        let changes = pairs.filter(|((_, a), (_, b))| a * b < 0.0);
        let ((lower, sign_of_lower), (upper, _)) =
            changes.min_by_key(|((lower, _), (upper, _))| upper.abs_diff(*lower))?;
        let root = Self {
            line,
            output,
            ends: (lower, upper),
            sign_of_lower,
            zero: None,
        };
        root.is_open().then_some(root)
    }

    fn is_open(&self) -> bool {
        self.ends.1.abs_diff(self.ends.0) > 1
    }

    /// The inputs between its parts.
    pub(super) fn ask(&self) -> Vec<Case> {
        let (lower, upper) = self.ends;
        if let Some(zero) = self.zero {
            let beside = [zero.saturating_sub(1), zero.saturating_add(1)];
            let inside = beside.into_iter().filter(|&at| lower < at && at < upper);
            let number = |at| from_ordinal(self.line.dtype(), at);
            return inside.map(|at| self.line.with(number(at))).collect();
        }
        let length = upper.abs_diff(lower);
        let parts = PARTS.min(length);
        let place = |part| {
            // Without overflow, whatever the length.
            let whole = length / parts * part;
            let rest = length % parts * part / parts;
            lower.saturating_add_unsigned(whole + rest)
        };
        let number = |part| from_ordinal(self.line.dtype(), place(part));
        (1..parts)
            .map(|part| self.line.with(number(part)))
            .collect()
    }

    /// The part on which the sign changes, or what lies beside a zero; none where nothing is left to look at, or no sign is known.
    pub(super) fn tell(mut self, cases: &[Case], scores: &[Score]) -> Option<Self> {
        if self.zero.is_some() {
            return None;
        }
        let before = self.ends;
        for (case, score) in cases.iter().zip(scores) {
            let place = self.line.place_of(case);
            match sign(score, self.output) {
                None => {}
                Some(sign) if sign * self.sign_of_lower > 0.0 => self.ends.0 = place,
                Some(0.0) => {
                    self.zero = Some(place);
                    break;
                }
                Some(_) => {
                    self.ends.1 = place;
                    break;
                }
            }
        }
        let is_closer = self.zero.is_some() || self.ends != before;
        (is_closer && self.is_open() && !self.ask().is_empty()).then_some(self)
    }
}

/// The sign of the exact result, 0 for 0, where it is known of that output value.
fn sign(score: &Score, output: usize) -> Option<f64> {
    let worst = score.worst.filter(|worst| worst.place == output)?;
    let (lower, upper) = worst.exact;
    if lower > 0.0 {
        Some(1.0)
    } else if upper < 0.0 {
        Some(-1.0)
    } else {
        (lower == 0.0 && upper == 0.0).then_some(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::evaluate::WorstOutput;
    use super::*;
    use crate::cases::{CaseId, Tensor};
    use lossproof_numerics::round_f64;

    fn case(dtype: Dtype, row: &[f64]) -> Case {
        let id = CaseId {
            op: "op".to_owned(),
            dtype,
            class: "own".to_owned(),
            index: 0,
        };
        Case::of_rows(id, vec![Tensor::Row(row.to_vec())])
    }

    /// The score of a kernel whose exact result is x − 0.7.
    fn score(case: &Case) -> Score {
        score_of(case.inputs[0].numbers()[1] - 0.7)
    }

    fn score_of(exact: f64) -> Score {
        let worst = WorstOutput {
            place: 0,
            exact: (exact, exact),
            ulp_error: (1.0, 1.0),
            kappa: (1.0, 1.0),
            conditioned: None,
            ceiling_ulps: 1.0,
        };
        Score {
            objective: exact.abs().recip(),
            worst: Some(worst),
            fault: None,
            undecided: false,
        }
    }

    #[test]
    fn a_root_ends_beside_the_zero() {
        for dtype in [Dtype::F16, Dtype::F32, Dtype::F64] {
            let case = case(dtype, &[3.0, 1.0]);
            let line = Line::new(case, 0, vec![1]);
            let ends = [-1.0, 0.25, 5.0, 0.5].map(|number| line.with(number));
            let scores = ends.each_ref().map(score);
            let mut root = Root::on(line, &ends, &scores);
            let beside = |case: &Case| {
                let x = case.inputs[0].numbers()[1];
                (ordinal(dtype, x) - ordinal(dtype, round_f64(dtype, 0.7))).abs() <= 1
            };
            let (mut rounds, mut is_found) = (0, false);
            while let Some(open) = root {
                let asked = open.ask();
                assert!(!asked.is_empty());
                is_found |= asked.iter().any(beside);
                let scores: Vec<Score> = asked.iter().map(score).collect();
                root = open.tell(&asked, &scores);
                rounds += 1;
            }
            assert!(is_found, "{dtype}");
            assert!((4..=25).contains(&rounds), "{dtype}: {rounds}");
        }
    }

    /// Where the exact result is 0 its neighbours are looked at, and then nothing.
    #[test]
    fn a_zero_has_neighbours() {
        let case = case(Dtype::F16, &[1.0]);
        let line = Line::new(case, 0, vec![0]);
        let number = |case: &Case| case.inputs[0].numbers()[0];
        let score = |case: &Case| score_of(number(case) - 0.75);
        let ends = [0.25, 2.0].map(|number| line.with(number));
        let mut root = Root::on(line, &ends, &ends.each_ref().map(score));
        let mut last = Vec::new();
        while let Some(open) = root {
            let asked = open.ask();
            let scores: Vec<Score> = asked.iter().map(score).collect();
            root = open.tell(&asked, &scores);
            last = asked.iter().map(number).collect();
        }
        assert_eq!(last, [0.75 - 2.0f64.powi(-11), 0.75 + 2.0f64.powi(-11)]);
    }

    /// Where no sign is known the approach ends.
    #[test]
    fn unknown_signs_end_an_approach() {
        let case = case(Dtype::F32, &[3.0, 1.0]);
        let line = Line::new(case, 0, vec![1]);
        let ends = [0.5, 1.0].map(|number| line.with(number));
        let root = Root::on(line, &ends, &ends.each_ref().map(score)).unwrap();
        let asked = root.ask();
        let unknown = Score {
            worst: None,
            ..score_of(1.0)
        };
        assert!(root.tell(&asked, &vec![unknown; asked.len()]).is_none());
    }

    #[test]
    fn without_a_change_of_sign_there_is_no_root() {
        let case = case(Dtype::F32, &[3.0, 1.0]);
        let line = Line::new(case, 0, vec![1]);
        let above = [1.0, 2.0, 5.0].map(|number| line.with(number));
        let scores = above.each_ref().map(score);
        assert!(Root::on(line.clone(), &above, &scores).is_none());
        let neighbours = [0.7f32, 0.7f32.next_up()].map(|number| line.with(f64::from(number)));
        let scores = neighbours.each_ref().map(score);
        assert!(Root::on(line, &neighbours, &scores).is_none());
    }
}
