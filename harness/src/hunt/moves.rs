//! Small changes of a candidate. In: a candidate, another one to borrow from, and a random stream. Out: a neighbour whose
//! numbers lie in the ranges of the candidate, or none where the move does not apply.

use super::domain::Domain;
use super::draws::{Draws, between};
use super::numbers::{any_steps, everywhere, factor, flipped, landmark, rounded, scaled};
use super::roots::Line;
use crate::cases::values::nearest;
use crate::cases::{Case, Draw, Layout, Tensor};
use lossproof_oracle::formula::Dim;

/// One kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    /// One number by some places among the dtype's values, at any scale.
    Step,
    /// One bit of one number: sign, exponent or fraction.
    FlipBit,
    /// One number to one at which kernels branch.
    Landmark,
    /// One number times a factor.
    Scale,
    /// One number beside another of its row, or the same.
    Neighbour,
    /// The last bits of one number to 0.
    Round,
    /// Two numbers exchanged.
    Swap,
    /// One number to every place of its input.
    Everywhere,
    /// One number of an input to its place in another of the same shape.
    Across,
    /// All numbers of an input by a common shift.
    Shift,
    /// All numbers of an input times a common factor.
    ScaleAll,
    /// The numbers of an input in order of their size, up or down.
    Sort,
    /// The numbers of an input times what makes their sum 1.
    Normalise,
    /// A place more.
    Append,
    /// A place less.
    Drop,
    /// Every place twice.
    Double,
    /// Half of the places.
    Halve,
    /// Another class index.
    Relabel,
    /// Numbers of another candidate.
    Cross,
}

/// Every move.
pub(super) const MOVES: [Move; 19] = [
    Move::Step,
    Move::FlipBit,
    Move::Landmark,
    Move::Scale,
    Move::Neighbour,
    Move::Round,
    Move::Swap,
    Move::Everywhere,
    Move::Across,
    Move::Shift,
    Move::ScaleAll,
    Move::Sort,
    Move::Normalise,
    Move::Append,
    Move::Drop,
    Move::Double,
    Move::Halve,
    Move::Relabel,
    Move::Cross,
];

impl Move {
    /// What it does, as a find says how it was made.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::FlipBit => "flip a bit",
            Self::Landmark => "landmark",
            Self::Scale => "scale one",
            Self::Neighbour => "neighbour",
            Self::Round => "round",
            Self::Swap => "swap",
            Self::Everywhere => "copy to all",
            Self::Across => "copy across inputs",
            Self::Shift => "common shift",
            Self::ScaleAll => "common scale",
            Self::Sort => "sort",
            Self::Normalise => "normalise",
            Self::Append => "append",
            Self::Drop => "drop",
            Self::Double => "double",
            Self::Halve => "halve",
            Self::Relabel => "relabel",
            Self::Cross => "cross",
        }
    }
}

/// At how many scales a sweep steps, each up and down.
const SWEEP: i64 = 16;

/// Makes neighbours of candidates.
pub(super) struct Mover<'a> {
    draws: &'a Draws,
    layout: Layout,
    dims: Vec<Dim>,
}

impl<'a> Mover<'a> {
    pub(super) fn new(draws: &'a Draws) -> Self {
        let signature = &draws.signature;
        let dims = Dim::ALL.into_iter().filter(|&dim| signature.uses(dim));
        Self {
            draws,
            layout: Layout::of(signature),
            dims: dims.collect(),
        }
    }

    /// A neighbour by one move, which may be the same again; none where the move does not apply.
    pub(super) fn moved(
        &self,
        case: &Case,
        mate: &Case,
        kind: Move,
        draw: &mut Draw,
    ) -> Option<Case> {
        let domain = Domain::around(&self.draws.signature, case);
        let mut next = match kind {
            Move::Append | Move::Drop | Move::Double | Move::Halve => {
                self.of_another_length(case, kind, draw)?
            }
            Move::Relabel => self.relabelled(case, draw)?,
            Move::Across => self.copied_across(case, draw)?,
            Move::Cross => crossed(case, mate, draw)?,
            _ => self.with_other_numbers(case, kind, &domain, draw)?,
        };
        for (input, tensor) in next.inputs.iter_mut().enumerate() {
            for number in tensor.numbers_mut() {
                *number = domain.clamped(input, *number);
            }
        }
        Some(next)
    }

    /// One number, or all of its input that are equal to it, up and down by places at every scale: the candidate's
    /// neighbours along a line.
    pub(super) fn sweep(&self, case: &Case, draw: &mut Draw) -> Option<(Line, Vec<Case>)> {
        let domain = Domain::around(&self.draws.signature, case);
        let positions = with_numbers(case);
        if positions.is_empty() {
            return None;
        }
        let input = draw.pick(&positions);
        let numbers = case.inputs[input].numbers();
        let number = numbers[draw.below(numbers.len())];
        let place = draw.below(numbers.len());
        let together = draw.flip();
        let number = if together { number } else { numbers[place] };
        if !number.is_finite() {
            return None;
        }
        let is_meant = |&at: &usize| {
            if together {
                numbers[at].to_bits() == number.to_bits()
            } else {
                at == place
            }
        };
        let slots = (0..numbers.len()).filter(is_meant).collect();
        let line = Line::new(case.clone(), input, slots);
        let scales = i64::from(self.draws.dtype.width()) - 1;
        let mut cases: Vec<Case> = Vec::new();
        for turn in 0..SWEEP {
            let low = turn * scales / SWEEP;
            let high = ((turn + 1) * scales / SWEEP).max(low + 1);
            let steps = between(1 << low, (1i64 << high) - 1, draw);
            for steps in [steps, -steps] {
                let changed = line.with(domain.stepped(input, number, steps));
                if differs(&changed, case) {
                    cases.push(changed);
                }
            }
        }
        Some((line, cases))
    }

    /// A longer or a shorter one.
    fn of_another_length(&self, case: &Case, kind: Move, draw: &mut Draw) -> Option<Case> {
        if self.dims.is_empty() {
            return None;
        }
        // The first is the row's own length.
        let dim = if draw.flip() {
            self.dims[0]
        } else {
            draw.pick(&self.dims)
        };
        let length = case.lengths.get(dim);
        if length == 0 {
            return None;
        }
        let most = self.most(dim);
        let place = draw.place(length);
        match kind {
            Move::Append if length < most => {
                let added = (1 << draw.below(4)).min(most - length).min(length - place);
                self.layout.with_again(case, dim, place..place + added)
            }
            Move::Double if 2 * length <= most => self.layout.with_again(case, dim, 0..length),
            Move::Drop if length > 1 => {
                let dropped = (1 << draw.below(4)).min(length - 1);
                self.layout.without(case, dim, place, dropped)
            }
            Move::Halve if length > 1 => {
                let start = if draw.flip() { 0 } else { length.div_ceil(2) };
                self.layout.without(case, dim, start, length / 2)
            }
            _ => None,
        }
    }

    /// The longest that a dimension may become: rows as asked for, few rows and samples beside them.
    fn most(&self, dim: Dim) -> usize {
        match dim {
            Dim::N => self.draws.longest,
            Dim::M if self.dims[0] == Dim::M => self.draws.longest,
            Dim::M | Dim::K => 8,
        }
    }

    fn relabelled(&self, case: &Case, draw: &mut Draw) -> Option<Case> {
        let signature = &self.draws.signature;
        let positions: Vec<usize> = (0..case.inputs.len())
            .filter(|&at| !case.inputs[at].indices().is_empty())
            .collect();
        if positions.is_empty() {
            return None;
        }
        let position = draw.pick(&positions);
        let range = case.lengths.get(signature.index_dimension(position));
        let place = i64::try_from(draw.place(range.max(1))).ok()?;
        let mut next = case.clone();
        match &mut next.inputs[position] {
            Tensor::Index(index) => *index = place,
            Tensor::Indices(indices) => {
                let at = draw.below(indices.len());
                indices[at] = place;
            }
            _ => return None,
        }
        Some(next)
    }

    /// A number, or all of them, from one input to another of its shape.
    fn copied_across(&self, case: &Case, draw: &mut Draw) -> Option<Case> {
        let signature = &self.draws.signature;
        let positions = 0..case.inputs.len();
        let pairs: Vec<(usize, usize)> = positions
            .clone()
            .flat_map(|from| positions.clone().map(move |to| (from, to)))
            .filter(|&(from, to)| {
                let same = signature.shape(from) == signature.shape(to);
                from != to && same && !case.inputs[from].numbers().is_empty()
            })
            .collect();
        if pairs.is_empty() {
            return None;
        }
        let (from, to) = draw.pick(&pairs);
        let source = case.inputs[from].numbers();
        let mut next = case.clone();
        let target = next.inputs[to].numbers_mut();
        if draw.below(4) == 0 {
            target.copy_from_slice(source);
        } else {
            let place = draw.place(source.len());
            target[place] = source[place];
        }
        Some(next)
    }

    fn with_other_numbers(
        &self,
        case: &Case,
        kind: Move,
        domain: &Domain,
        draw: &mut Draw,
    ) -> Option<Case> {
        let dtype = self.draws.dtype;
        let positions = with_numbers(case);
        if positions.is_empty() {
            return None;
        }
        let input = draw.pick(&positions);
        let mut next = case.clone();
        let row = next.inputs[input].numbers_mut();
        let place = draw.place(row.len());
        let number = row[place];
        match kind {
            Move::Step => row[place] = domain.stepped(input, number, any_steps(dtype, draw)),
            Move::FlipBit => row[place] = flipped(dtype, number, draw),
            Move::Landmark => row[place] = landmark(dtype, draw),
            Move::Scale => row[place] = scaled(dtype, number, factor(draw)),
            Move::Neighbour => {
                let other = row[draw.below(row.len())];
                let steps = i64::from(draw.steps(3));
                row[place] = domain.stepped(input, other, steps);
            }
            Move::Round => row[place] = rounded(dtype, number, draw),
            Move::Swap => {
                let other = draw.place(row.len());
                row.swap(place, other);
            }
            Move::Everywhere => everywhere(row, place, draw),
            Move::Shift => {
                let shift = landmark(dtype, draw) * draw.sign();
                for number in row.iter_mut().filter(|x| x.is_finite()) {
                    *number = nearest(dtype, *number + shift);
                }
            }
            Move::ScaleAll => {
                let factor = factor(draw);
                for number in row {
                    *number = scaled(dtype, *number, factor);
                }
            }
            Move::Sort => {
                row.sort_by(f64::total_cmp);
                if draw.flip() {
                    row.reverse();
                }
            }
            Move::Normalise => {
                let total: f64 = row.iter().map(|x| x.abs()).sum();
                if !(total.is_finite() && total > 0.0) {
                    return None;
                }
                for number in row {
                    *number = nearest(dtype, number.abs() / total);
                }
            }
            _ => return None,
        }
        Some(next)
    }
}

/// Whether two candidates differ in a bit, a class index or a length; a NaN is like itself.
pub(super) fn differs(ours: &Case, theirs: &Case) -> bool {
    let numbers = |case: &Case| -> Vec<Vec<u64>> {
        let inputs = case.inputs.iter();
        let bits = |tensor: &Tensor| tensor.numbers().iter().map(|x| x.to_bits()).collect();
        inputs.map(bits).collect()
    };
    let indices = |case: &Case| -> Vec<Vec<i64>> {
        case.inputs.iter().map(|x| x.indices().to_vec()).collect()
    };
    ours.lengths != theirs.lengths
        || numbers(ours) != numbers(theirs)
        || indices(ours) != indices(theirs)
}

/// The positions of inputs that hold numbers.
fn with_numbers(case: &Case) -> Vec<usize> {
    let positions = 0..case.inputs.len();
    let holds = |&at: &usize| !case.inputs[at].numbers().is_empty();
    positions.filter(holds).collect()
}

/// Some numbers of an input from another candidate, at the same places.
fn crossed(case: &Case, mate: &Case, draw: &mut Draw) -> Option<Case> {
    let mut next = case.clone();
    let positions: Vec<usize> = (0..case.inputs.len())
        .filter(|&at| {
            let both = [&case.inputs[at], &mate.inputs[at]];
            both.iter().all(|tensor| !tensor.numbers().is_empty())
        })
        .collect();
    if positions.is_empty() {
        return None;
    }
    let input = draw.pick(&positions);
    let source = mate.inputs[input].numbers();
    let target = next.inputs[input].numbers_mut();
    let shared = source.len().min(target.len());
    let start = draw.below(shared);
    let end = start + 1 + draw.below(shared - start);
    target[start..end].copy_from_slice(&source[start..end]);
    Some(next)
}
