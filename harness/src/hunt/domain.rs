//! Where inputs may lie. In: an op's signature and a candidate. Out: for each input the range that moves keep it in.
//!
//! Each role has a range by what it means: logits and real numbers are any finite value, probabilities and labels lie in
//! [0, 1], counts are positive. Where a candidate lies outside, because it comes from a class of cases that is about just
//! that, its range is wider: non-negative for weights that are no probabilities, else any finite value. What is not finite
//! stays what it is.

use crate::cases::{Case, OpSignature, Role};
use lossproof_numerics::{Dtype, from_ordinal, ordinal};

/// The ranges of a candidate's inputs, as places among the dtype's values.
#[derive(Debug, Clone)]
pub(super) struct Domain {
    dtype: Dtype,
    ranges: Vec<(i64, i64)>,
}

impl Domain {
    /// The ranges that the inputs' roles give.
    pub(super) fn of_roles(signature: &OpSignature, dtype: Dtype) -> Self {
        let inputs = signature.inputs.iter();
        let ranges = inputs.map(|input| within(dtype, steps_of(dtype, input.role)[0]));
        Self {
            dtype,
            ranges: ranges.collect(),
        }
    }

    /// The ranges of a candidate: each the narrowest of its role that holds all its finite numbers.
    pub(super) fn around(signature: &OpSignature, case: &Case) -> Self {
        let dtype = case.id.dtype;
        let ranges = signature
            .inputs
            .iter()
            .zip(&case.inputs)
            .map(|(input, tensor)| {
                let finite = || tensor.numbers().iter().filter(|x| x.is_finite());
                let [narrow, wide, widest] = steps_of(dtype, input.role);
                let holds = |(low, high): (f64, f64)| finite().all(|&x| low <= x && x <= high);
                let range = [narrow, wide].into_iter().find(|&range| holds(range));
                within(dtype, range.unwrap_or(widest))
            });
        Self {
            dtype,
            ranges: ranges.collect(),
        }
    }

    /// The range of an input.
    pub(super) fn range(&self, input: usize) -> (i64, i64) {
        self.ranges[input]
    }

    /// The value so many places from another, inside the range.
    pub(super) fn stepped(&self, input: usize, value: f64, steps: i64) -> f64 {
        if !value.is_finite() {
            return value;
        }
        let (low, high) = self.ranges[input];
        let place = ordinal(self.dtype, value).saturating_add(steps);
        from_ordinal(self.dtype, place.clamp(low, high))
    }

    /// The nearest value of the range; what is not finite, or inside, stays as it is.
    pub(super) fn clamped(&self, input: usize, value: f64) -> f64 {
        if !value.is_finite() {
            return value;
        }
        let (low, high) = self.ranges[input];
        let place = ordinal(self.dtype, value);
        if (low..=high).contains(&place) {
            value
        } else {
            from_ordinal(self.dtype, place.clamp(low, high))
        }
    }
}

fn within(dtype: Dtype, (low, high): (f64, f64)) -> (i64, i64) {
    (ordinal(dtype, low), ordinal(dtype, high))
}

/// The ranges of a role, each wider than the one before.
fn steps_of(dtype: Dtype, role: Role) -> [(f64, f64); 3] {
    let largest = dtype.max_finite();
    let any = (-largest, largest);
    match role {
        Role::Labels => [(0.0, 1.0), any, any],
        Role::Probabilities => [(0.0, 1.0), (0.0, largest), any],
        Role::Counts => [(dtype.min_normal(), largest), (0.0, largest), any],
        _ => [any; 3],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::{CaseId, InputSignature, KeptCases, Tensor};
    use lossproof_oracle::formula::Shape;

    #[test]
    fn a_range_is_as_wide_as_the_candidate() {
        let signature = OpSignature {
            op: "op".to_owned(),
            inputs: vec![InputSignature {
                name: "p".to_owned(),
                role: Role::Probabilities,
                shape: Shape::ROW,
            }],
            kept: KeptCases::default(),
        };
        let around = |row: &[f64]| {
            let id = CaseId {
                op: "op".to_owned(),
                dtype: Dtype::F32,
                class: "own".to_owned(),
                index: 0,
            };
            let case = Case::of_rows(id, vec![Tensor::Row(row.to_vec())]);
            Domain::around(&signature, &case)
        };
        let same = |a: f64, b: f64| a.to_bits() == b.to_bits();
        assert!(same(around(&[0.5, 1.0]).clamped(0, 3.0), 1.0));
        assert!(same(around(&[0.5]).clamped(0, -3.0), 0.0));
        assert!(same(around(&[0.5, 2.0]).clamped(0, 3.0), 3.0));
        assert!(same(around(&[2.0]).clamped(0, -3.0), 0.0));
        assert!(same(around(&[-2.0, f64::NAN]).clamped(0, -3.0), -3.0));
        assert!(around(&[0.5]).clamped(0, f64::INFINITY).is_infinite());
        assert!(same(around(&[0.5]).stepped(0, 1.0, 7), 1.0));
        assert!(around(&[0.5]).stepped(0, 1.0, -1) < 1.0);
    }
}
