//! Recursive bisection of the arguments' ranges, where there are few arguments: the method of Zimmermann, Innocente,
//! Gladman and co-workers, Accuracy of Mathematical Functions in Single, Double, Double Extended, and Quadruple Precision.
//!
//! A box is a range of places among the dtype's values for each argument. It is split in half along its widest side, each
//! half is sampled, and the halves with the largest error are split next; now and then the coarsest box is, so that no
//! part of the range is given up for good.

use super::draws::{Draws, between};
use super::evaluate::Score;
use crate::cases::{Case, Draw, Tensor};
use lossproof_numerics::from_ordinal;
use lossproof_oracle::formula::{Dim, Lengths, Shape};

/// The most numbers that are bisected together.
const MOST_NUMBERS: usize = 4;
/// How many samples each half gets.
const SAMPLES: usize = 8;
/// How many boxes are split at once: the best one, and the coarsest.
const SPLIT_AT_ONCE: usize = 2;
/// The most boxes that are kept in mind.
const MOST_BOXES: usize = 512;

/// A box and the largest objective that was seen in it.
#[derive(Debug, Clone)]
struct Part {
    sides: Vec<(i64, i64)>,
    depth: u32,
    best: f64,
}

/// A bisection under way.
pub(super) struct Bisection<'a> {
    draws: &'a Draws,
    lengths: Lengths,
    parts: Vec<Part>,
    /// The halves whose samples are out for measuring.
    asked: Vec<Part>,
}

impl<'a> Bisection<'a> {
    /// Of an op with few arguments, in the longest rows that have few numbers; none for other ops.
    pub(super) fn new(draws: &'a Draws, elementwise: bool) -> Option<Self> {
        let signature = &draws.signature;
        let of_length = |length: usize| {
            let of = |dim| if signature.uses(dim) { length } else { 0 };
            Lengths {
                n: of(Dim::N),
                m: of(Dim::M),
                k: of(Dim::K),
            }
        };
        let numbers = |lengths: Lengths| -> usize {
            let numeric = (0..signature.inputs.len()).filter(|&at| signature.is_numeric(at));
            numeric
                .map(|at| match signature.shape(at) {
                    Shape::Scalar | Shape::Constant => 1,
                    shape => lengths.numbers_in(shape),
                })
                .sum()
        };
        let most = if elementwise { 1 } else { 3.min(draws.longest) };
        let lengths = (1..=most)
            .rev()
            .map(of_length)
            .find(|&lengths| (1..=MOST_NUMBERS).contains(&numbers(lengths)))?;
        let mut bisection = Self {
            draws,
            lengths,
            parts: Vec::new(),
            asked: Vec::new(),
        };
        let mut draw = Draw::new(0, "sides");
        let some = draws.evenly(lengths, &mut draw);
        let sides = some.inputs.iter().enumerate().flat_map(|(input, tensor)| {
            let range = bisection.draws.range(input);
            tensor.numbers().iter().map(move |_| range)
        });
        let sides = sides.collect();
        bisection.parts.push(Part {
            sides,
            depth: 0,
            best: 0.0,
        });
        Some(bisection)
    }

    /// The next samples to measure, half after half.
    pub(super) fn ask(&mut self, draw: &mut Draw) -> Vec<Case> {
        self.asked.clear();
        for turn in 0..SPLIT_AT_ONCE {
            let coarsest = turn + 1 == SPLIT_AT_ONCE;
            let Some(part) = self.take(coarsest) else {
                break;
            };
            self.asked.extend(halves(&part));
        }
        let halves = self.asked.clone();
        let mut cases = Vec::new();
        for half in &halves {
            for _ in 0..SAMPLES {
                cases.push(self.sample(half, draw));
            }
        }
        cases
    }

    /// Takes note of what the samples gave, in their order.
    pub(super) fn tell(&mut self, scores: &[Score]) {
        let halves = std::mem::take(&mut self.asked);
        for (mut half, scores) in halves.into_iter().zip(scores.chunks(SAMPLES)) {
            half.best = scores
                .iter()
                .map(|score| score.objective)
                .fold(0.0, f64::max);
            self.parts.push(half);
        }
        if self.parts.len() > MOST_BOXES {
            // The worst of the finest go first.
            self.parts
                .sort_by(|a, b| b.best.total_cmp(&a.best).then(a.depth.cmp(&b.depth)));
            self.parts.truncate(MOST_BOXES);
        }
    }

    /// The box to split next: the one with the largest error, or the coarsest. A single point is never split.
    fn take(&mut self, coarsest: bool) -> Option<Part> {
        let places = (0..self.parts.len()).filter(|&at| widest(&self.parts[at]).1 > 0);
        let place = places.min_by(|&a, &b| {
            let (a, b) = (&self.parts[a], &self.parts[b]);
            let by_depth = a.depth.cmp(&b.depth);
            let by_error = b.best.total_cmp(&a.best);
            if coarsest {
                by_depth.then(by_error)
            } else {
                by_error.then(by_depth)
            }
        })?;
        Some(self.parts.swap_remove(place))
    }

    fn sample(&self, part: &Part, draw: &mut Draw) -> Case {
        let mut case = self.draws.evenly(self.lengths, draw);
        let numbers = case.inputs.iter_mut().flat_map(Tensor::numbers_mut);
        for (number, &(low, high)) in numbers.zip(&part.sides) {
            *number = from_ordinal(self.draws.dtype, between(low, high, draw));
        }
        case
    }
}

/// The widest side of a box and its width in places, 0 for a point.
fn widest(part: &Part) -> (usize, u64) {
    let widths = part.sides.iter().map(|&(low, high)| high.abs_diff(low));
    widths.enumerate().fold(
        (0, 0),
        |widest, side| if side.1 > widest.1 { side } else { widest },
    )
}

fn halves(part: &Part) -> [Part; 2] {
    let (side, width) = widest(part);
    let (low, high) = part.sides[side];
    let middle = low.saturating_add_unsigned(width / 2);
    [(low, middle), (middle.saturating_add(1).min(high), high)].map(|range| {
        let mut half = part.clone();
        half.sides[side] = range;
        half.depth += 1;
        half
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_cover_a_box_and_meet_nowhere() {
        let part = Part {
            sides: vec![(-5, 4), (-100, 101)],
            depth: 3,
            best: 1.0,
        };
        let [left, right] = halves(&part);
        assert_eq!(left.sides, [(-5, 4), (-100, 0)]);
        assert_eq!(right.sides, [(-5, 4), (1, 101)]);
        assert_eq!((left.depth, right.depth), (4, 4));
        let all = Part {
            sides: vec![(i64::MIN + 1, i64::MAX)],
            depth: 0,
            best: 0.0,
        };
        let [left, right] = halves(&all);
        assert_eq!(left.sides[0].1 + 1, right.sides[0].0);
        assert_eq!(
            widest(&Part {
                sides: vec![(7, 7)],
                depth: 0,
                best: 0.0
            }),
            (0, 0)
        );
    }
}
