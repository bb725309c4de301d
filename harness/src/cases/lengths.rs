//! The lengths of a case. In: an op's signature and a slot of the schedule. Out: n, m and k.
//!
//! The slot gives the length of the main dimension. The numbers of rows and of samples run through small numbers of
//! their own, at a pace prime to that of the variants, and rows are fewer where they are long.

use lossproof_oracle::formula::{Dim, Lengths};

use super::schedule::Slot;
use super::signature::OpSignature;

/// How many rows, in turn: 1, odd and even ones, up to a vector's width. 13 turns, so that each meets every variant.
const ROWS: [usize; 13] = [3, 1, 2, 5, 8, 4, 7, 1, 6, 2, 3, 8, 5];

/// How many samples, in turn: none sometimes.
const SAMPLES: [usize; 17] = [4, 1, 8, 0, 2, 5, 3, 7, 6, 1, 2, 0, 4, 3, 8, 5, 1];

/// The lengths of the case in a slot; 0 for a dimension that the op does not have.
pub(super) fn lengths(signature: &OpSignature, slot: Slot) -> Lengths {
    let main = signature.main_dimension();
    let turn = 3 * slot.variant as usize + slot.length;
    let of = |dim, beside: usize| match main {
        Some(main) if main == dim => slot.length,
        _ if signature.uses(dim) => beside,
        _ => 0,
    };
    let mut lengths = Lengths {
        n: of(Dim::N, 0),
        m: of(Dim::M, ROWS[turn % ROWS.len()].min(most_rows(slot.length))),
        k: of(Dim::K, SAMPLES[turn % SAMPLES.len()]),
    };
    let positions = 0..signature.inputs.len();
    let indexed = positions.filter(|&at| !signature.is_numeric(at));
    // Where there is one class alone, a second sample could only repeat the first.
    for position in indexed {
        if main != Some(Dim::K) && lengths.get(signature.index_dimension(position)) <= 1 {
            lengths.k = lengths.k.min(1);
        }
    }
    lengths
}

/// The most rows beside a row length: 256 values in all, but two rows up to 2048.
fn most_rows(length: usize) -> usize {
    let least = if length <= 2048 { 2 } else { 1 };
    (256 / length.max(1)).max(least)
}

#[cfg(test)]
mod tests {
    use lossproof_oracle::formula::Shape;

    use super::super::KeptCases;
    use super::super::signature::{InputSignature, Role};
    use super::*;

    fn sampled() -> OpSignature {
        let input = |name: &str, role, shape| InputSignature {
            name: name.to_owned(),
            role,
            shape,
        };
        OpSignature {
            op: "sampled".to_owned(),
            inputs: vec![
                input("weights", Role::Real, Shape::Matrix(Dim::M, Dim::N)),
                input("label", Role::Label, Shape::Index),
                input("samples", Role::Samples, Shape::Indices(Dim::K)),
            ],
            kept: KeptCases::default(),
        }
    }

    #[test]
    fn every_small_number_of_rows_and_samples_is_met() {
        let slots = (0..60).map(|variant| Slot {
            length: 17,
            variant,
        });
        let met: Vec<Lengths> = slots.map(|slot| lengths(&sampled(), slot)).collect();
        assert!(met.iter().all(|lengths| lengths.n == 17));
        assert!((1..=8).all(|m| met.iter().any(|lengths| lengths.m == m)));
        assert!((0..=8).all(|k| met.iter().any(|lengths| lengths.k == k)));
        assert!(met.iter().all(|lengths| lengths.m > 1 || lengths.k <= 1));
    }

    #[test]
    fn long_rows_are_few() {
        for (length, most) in [(64, 4), (100, 2), (1000, 2), (4096, 1), (32_768, 1)] {
            for variant in 0..60 {
                let slot = Slot { length, variant };
                assert!((1..=most).contains(&lengths(&sampled(), slot).m));
            }
        }
    }
}
