//! Cases as a proptest strategy. In: an op's signature, a dtype and the longest row. Out: cases from the same
//! generators as everywhere else, which shrink as [`CaseTree`] says when they fail.

use lossproof_numerics::Dtype;
use proptest::prelude::any;
use proptest::strategy::{NewTree, Strategy, ValueTree as _};
use proptest::test_runner::{Reason, TestRunner};

use super::{Case, CaseId, Class, OpSignature, Tier, applies, case, classes, slots};

pub use super::shrink::CaseTree;

/// Cases of every class that applies to an op, in rows up to a length.
#[must_use]
pub fn cases(signature: OpSignature, dtype: Dtype, longest: usize) -> CaseStrategy {
    let choices = classes()
        .iter()
        .filter(|class| applies(&signature, class))
        .map(|class| (class, indices(&signature, class, longest)))
        .filter(|(_, indices)| !indices.is_empty())
        .collect();
    CaseStrategy {
        signature,
        dtype,
        choices,
    }
}

/// The indices of a class's cases in rows up to a length.
pub(crate) fn indices(signature: &OpSignature, class: &Class, longest: usize) -> Vec<u32> {
    let slots = (0..).zip(slots(signature, class, Tier::Full));
    slots
        .filter(|(_, slot)| slot.length <= longest)
        .map(|(index, _)| index)
        .collect()
}

/// Made by [`cases`].
#[derive(Debug)]
pub struct CaseStrategy {
    signature: OpSignature,
    dtype: Dtype,
    choices: Vec<(&'static Class, Vec<u32>)>,
}

impl Strategy for CaseStrategy {
    type Tree = CaseTree;
    type Value = Case;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let mut random = || any::<u64>().new_tree(runner).map(|tree| tree.current());
        if self.choices.is_empty() {
            return Err(Reason::from(format!(
                "no class applies to the op `{}`",
                self.signature.op
            )));
        }
        let (class, indices) = &self.choices[chosen(random()?, self.choices.len())];
        let id = CaseId {
            op: self.signature.op.clone(),
            dtype: self.dtype,
            class: class.name.to_owned(),
            index: indices[chosen(random()?, indices.len())],
        };
        let accepted = case(&self.signature, &id, random()?)
            .map_err(|error| Reason::from(error.to_string()))?;
        Ok(CaseTree::new(accepted, &self.signature))
    }
}

fn chosen(random: u64, choices: usize) -> usize {
    let product = u128::from(random) * choices as u128;
    usize::try_from(product >> 64).expect("below a usize")
}

#[cfg(test)]
mod tests {
    use lossproof_oracle::formula::{Dim, Lengths, Shape};
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng};

    use super::super::{InputSignature, KeptCases, Role, Tensor};
    use super::*;

    fn signature(op: &str, inputs: [(&str, Role); 2]) -> OpSignature {
        let input = |(name, role): (&str, Role)| InputSignature {
            name: name.to_owned(),
            role,
            shape: match role {
                Role::Label => Shape::Index,
                _ => Shape::ROW,
            },
        };
        OpSignature {
            op: op.to_owned(),
            inputs: inputs.map(input).to_vec(),
            kept: KeptCases::default(),
        }
    }

    fn sparse() -> OpSignature {
        signature("sparse", [("logits", Role::Logits), ("label", Role::Label)])
    }

    fn divergence() -> OpSignature {
        signature(
            "divergence",
            [("p", Role::Probabilities), ("q", Role::Probabilities)],
        )
    }

    #[test]
    fn a_planted_failure_shrinks_to_one_element() {
        let mut shrunk = 0;
        for dtype in Dtype::ALL {
            let strategy = cases(sparse(), dtype, 100);
            let mut runner = TestRunner::new_with_rng(quiet(), fixed_rng());
            let outcome = runner.run(&strategy, |case| {
                let large = case.inputs[0]
                    .as_row()
                    .unwrap()
                    .iter()
                    .any(|&x| x > 80.0 && x.is_finite());
                proptest::prop_assert!(!large);
                Ok(())
            });
            let Err(TestError::Fail(_, case)) = outcome else {
                panic!("{dtype}: the planted failure was not found: {outcome:?}");
            };
            assert_eq!(case.length(), 1, "{case:?}");
            assert!(matches!(case.inputs[1], Tensor::Index(_)));
            let value = case.inputs[0].as_row().unwrap()[0];
            assert!(value.to_bits() << 24 == 0, "{value} has a long significand");
            shrunk += 1;
        }
        assert_eq!(shrunk, 4);
    }

    #[test]
    fn a_failure_that_needs_two_elements_keeps_them() {
        let strategy = cases(divergence(), Dtype::F64, 100);
        let mut runner = TestRunner::new_with_rng(quiet(), fixed_rng());
        let outcome = runner.run(&strategy, |case| {
            let both = |pattern: fn((&f64, &f64)) -> bool| {
                let (p, q) = (
                    case.inputs[0].as_row().unwrap(),
                    case.inputs[1].as_row().unwrap(),
                );
                p.iter().zip(q).any(pattern)
            };
            proptest::prop_assert!(!(both(|(&p, &q)| p > q) && both(|(&p, &q)| p < q)));
            Ok(())
        });
        let Err(TestError::Fail(_, case)) = outcome else {
            panic!("the planted failure was not found");
        };
        assert_eq!(case.length(), 2, "{case:?}");
    }

    #[test]
    fn shrinking_keeps_cases_well_formed_and_ends() {
        let signature = sparse();
        let strategy = cases(signature.clone(), Dtype::F16, 33);
        let mut runner = TestRunner::new_with_rng(quiet(), fixed_rng());
        for _ in 0..200 {
            let mut tree = strategy.new_tree(&mut runner).unwrap();
            let inside = |case: &Case| {
                let Tensor::Index(index) = case.inputs[1] else {
                    panic!("no index")
                };
                usize::try_from(index).is_ok_and(|index| index < case.length())
            };
            let valid = inside(&tree.current());
            let mut more = tree.simplify();
            for step in 0.. {
                assert!(step < 10_000, "no end");
                if !more {
                    break;
                }
                assert_eq!(inside(&tree.current()), valid, "{:?}", tree.current());
                more = if step % 3 == 0 {
                    tree.simplify()
                } else {
                    tree.complicate()
                };
            }
        }
    }

    /// A sampled loss: a matrix of weights, a vector, a label and samples among the matrix's rows, a number for each.
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
                input("input", Role::Real, Shape::ROW),
                input("label", Role::Label, Shape::Index),
                input("samples", Role::Samples, Shape::Indices(Dim::K)),
                input("count", Role::Counts, Shape::Scalar),
                input("counts", Role::Counts, Shape::Vector(Dim::K)),
            ],
            kept: KeptCases::default(),
        }
    }

    #[test]
    fn a_batch_loses_rows_columns_and_samples() {
        let strategy = cases(sampled(), Dtype::F32, 33);
        let mut runner = TestRunner::new_with_rng(quiet(), fixed_rng());
        let outcome = runner.run(&strategy, |case| {
            let large = |numbers: &[f64]| numbers.iter().any(|x| x.abs() > 2.0);
            let repeats = case.inputs[3].indices().len() > 1;
            proptest::prop_assert!(!(repeats && large(case.inputs[0].numbers())));
            Ok(())
        });
        let Err(TestError::Fail(_, case)) = outcome else {
            panic!("the planted failure was not found: {outcome:?}");
        };
        assert_eq!(case.lengths, Lengths { n: 1, m: 1, k: 2 }, "{case:?}");
        assert_eq!(case.inputs[2], Tensor::Index(0));
        assert_eq!(case.inputs[3], Tensor::Indices(vec![0, 0]));
        assert_eq!(case.inputs[4], Tensor::Scalar(0.0));
        assert_eq!(case.inputs[5], Tensor::Row(vec![0.0, 0.0]));
    }

    #[test]
    fn an_index_into_a_batch_follows_its_row() {
        // The class index and the row that it names stay together, whatever else is dropped.
        let strategy = cases(sampled(), Dtype::F64, 9);
        let mut runner = TestRunner::new_with_rng(quiet(), fixed_rng());
        let named = |case: &Case| {
            let label = usize::try_from(case.inputs[2].indices()[0]).ok()?;
            let row = case.inputs[0].row(label);
            Some(row.iter().any(|x| x.abs() > 2.0 && x.is_finite()))
        };
        let outcome = runner.run(&strategy, |case| {
            proptest::prop_assert!(named(&case) != Some(true) || case.lengths.m < 2);
            Ok(())
        });
        let Err(TestError::Fail(_, case)) = outcome else {
            panic!("the planted failure was not found: {outcome:?}");
        };
        assert_eq!((case.lengths.n, case.lengths.m), (1, 2), "{case:?}");
        assert_eq!(named(&case), Some(true));
    }

    #[test]
    fn shrinking_keeps_shapes_and_indices() {
        let signature = sampled();
        let strategy = cases(signature.clone(), Dtype::Bf16, 17);
        let mut runner = TestRunner::new_with_rng(quiet(), fixed_rng());
        let valid = |case: &Case| {
            let places = case.inputs.iter().flat_map(Tensor::indices);
            let inside = |&place: &i64| usize::try_from(place).is_ok_and(|at| at < case.lengths.m);
            places.into_iter().all(inside)
        };
        for _ in 0..200 {
            let mut tree = strategy.new_tree(&mut runner).unwrap();
            let was_valid = valid(&tree.current());
            let mut more = tree.simplify();
            for step in 0.. {
                assert!(step < 20_000, "no end");
                if !more {
                    break;
                }
                let case = tree.current();
                assert!(case.lengths.m > 0);
                for (input, tensor) in signature.inputs.iter().zip(&case.inputs) {
                    assert!(tensor.fits(input.shape, case.lengths), "{case:?}");
                }
                // A bad sample may be dropped; a valid index never turns bad.
                assert!(valid(&case) || !was_valid, "{case:?}");
                more = if step % 3 == 0 {
                    tree.simplify()
                } else {
                    tree.complicate()
                };
            }
        }
    }

    /// Failures here are planted: nothing to remember.
    fn quiet() -> Config {
        Config {
            failure_persistence: None,
            ..Config::default()
        }
    }

    fn fixed_rng() -> TestRng {
        TestRng::deterministic_rng(RngAlgorithm::ChaCha)
    }
}
