//! Kernels written in Rust, as a subject. In: functions of one row, by op and dtype. Out: calls like any other subject's.

use super::builtin::run_rows;
use super::{BatchCall, Failure, Subject};
use crate::spec::Profile;
use lossproof_kernels::{Element, Input};
use lossproof_numerics::Dtype;
use std::collections::BTreeMap;
use std::fmt;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// An element that kernels compute with: `f32`, `f64`, [`half::f16`] and [`half::bf16`].
pub trait KernelElement: Element + FromBytes + IntoBytes + Immutable {}

impl<E: Element + FromBytes + IntoBytes + Immutable> KernelElement for E {}

type RunCall = dyn Fn(&mut BatchCall) -> Result<(), Failure> + Send + Sync;

/// A set of kernels of one's own, each a function of one row.
///
/// ```
/// use lossproof::subject::{Kernels, RowInputs, Subject};
///
/// fn reduce_sum(inputs: &RowInputs<'_, f32>, sum: &mut [f32]) -> Result<(), String> {
///     sum[0] = inputs.row(0).iter().sum();
///     Ok(())
/// }
///
/// let mine = Kernels::named("mine").with("reduce_sum", reduce_sum);
/// assert!(mine.supports("reduce_sum", lossproof_numerics::Dtype::F32));
/// ```
pub struct Kernels {
    name: String,
    description: String,
    profile: Profile,
    by_op: BTreeMap<String, Vec<(Dtype, Box<RunCall>)>>,
}

impl fmt::Debug for Kernels {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dtypes = |of: &Vec<(Dtype, _)>| of.iter().map(|(dtype, _)| *dtype).collect();
        let kernels: BTreeMap<&str, Vec<Dtype>> = self
            .by_op
            .iter()
            .map(|(op, of)| (op.as_str(), dtypes(of)))
            .collect();
        out.debug_struct("Kernels")
            .field("name", &self.name)
            .field("profile", &self.profile)
            .field("kernels", &kernels)
            .finish_non_exhaustive()
    }
}

impl Kernels {
    /// No kernels yet, under the name that the command line gives them.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: "kernels of this program".to_owned(),
            profile: Profile::Exact,
            by_op: BTreeMap::new(),
        }
    }

    /// Says what they are, in a sentence.
    #[must_use]
    pub fn described(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Says whose conventions they follow on special values; [`Profile::Exact`] when nothing is said.
    #[must_use]
    pub fn following(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Adds the kernel of an op for its element type, in place of an earlier one.
    ///
    /// The function is called for one row: inputs in the spec's order, the spec's attributes after them, and the output to
    /// write, every element of it. An error refuses the call; a panic is caught and counts as a crash.
    ///
    /// # Panics
    /// Never: every element type has a dtype.
    #[must_use]
    pub fn with<E: KernelElement>(
        mut self,
        op: &str,
        kernel: impl Fn(&RowInputs<'_, E>, &mut [E]) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        let dtype = E::NAME.parse().expect("an element is named by its dtype");
        let run = move |call: &mut BatchCall| {
            let row =
                |inputs: &[Input<'_, E>], output: &mut [E]| kernel(&RowInputs(inputs), output);
            run_rows(row, call)
        };
        let of = self.by_op.entry(op.to_owned()).or_default();
        of.retain(|(known, _)| *known != dtype);
        of.push((dtype, Box::new(run)));
        self
    }

    fn kernel(&self, op: &str, dtype: Dtype) -> Option<&RunCall> {
        let of = self.by_op.get(op)?;
        let named = of.iter().find(|(known, _)| *known == dtype);
        named.map(|(_, run)| &**run)
    }
}

impl Subject for Kernels {
    fn name(&self) -> &str {
        &self.name
    }

    fn description(&self) -> &str {
        &self.description
    }

    fn profile(&self) -> Profile {
        self.profile
    }

    fn supports(&self, op: &str, dtype: Dtype) -> bool {
        self.kernel(op, dtype).is_some()
    }

    fn call_batch(&self, op: &str, call: &mut BatchCall) -> Result<(), Failure> {
        match self.kernel(op, call.dtype()) {
            Some(run) => run(call),
            None => Err(Failure::Refused(format!(
                "{} has no kernel `{op}`",
                self.name
            ))),
        }
    }
}

/// The inputs of one row, by their places in the spec's order.
///
/// Asking for an input as something else than it is panics, and so the call counts as crashed.
#[derive(Debug, Clone, Copy)]
pub struct RowInputs<'a, E>(&'a [Input<'a, E>]);

impl<'a, E: Element> RowInputs<'a, E> {
    /// How many inputs there are, the attributes among them.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// A row, or any other vector.
    ///
    /// # Panics
    /// When the input is none.
    #[must_use]
    pub fn row(&self, place: usize) -> &'a [E] {
        match self.at(place) {
            Input::Row(row) => row,
            other => unlike(place, other, "a row"),
        }
    }

    /// One number: an input of shape 1, or an attribute.
    ///
    /// # Panics
    /// When the input is none.
    #[must_use]
    pub fn scalar(&self, place: usize) -> E {
        match self.at(place) {
            Input::Scalar(number) => number,
            other => unlike(place, other, "one number"),
        }
    }

    /// A class index, counted from 0, which may lie outside the row.
    ///
    /// # Panics
    /// When the input is none.
    #[must_use]
    pub fn index(&self, place: usize) -> i64 {
        match self.at(place) {
            Input::Index(index) => index,
            other => unlike(place, other, "a class index"),
        }
    }

    /// Class indices.
    ///
    /// # Panics
    /// When the input is none.
    #[must_use]
    pub fn indices(&self, place: usize) -> &'a [i64] {
        match self.at(place) {
            Input::Indices(indices) => indices,
            other => unlike(place, other, "class indices"),
        }
    }

    /// A matrix: its elements row by row, and how many each row has.
    ///
    /// # Panics
    /// When the input is none.
    #[must_use]
    pub fn matrix(&self, place: usize) -> (&'a [E], usize) {
        match self.at(place) {
            Input::Matrix {
                elements, columns, ..
            } => (elements, columns),
            other => unlike(place, other, "a matrix"),
        }
    }

    fn at(&self, place: usize) -> Input<'a, E> {
        let count = self.0.len();
        *self.0.get(place).unwrap_or_else(|| {
            panic!("input {place} was asked for, and the op has {count}, counted from 0")
        })
    }
}

fn unlike<E: Element>(place: usize, found: Input<'_, E>, asked: &str) -> ! {
    let kind = match found {
        Input::Row(_) => "a row",
        Input::Scalar(_) => "one number",
        Input::Index(_) => "a class index",
        Input::Indices(_) => "class indices",
        Input::Matrix { .. } => "a matrix",
    };
    panic!("input {place} is {kind}, and {asked} was asked for")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::Tensor;
    use crate::subject::Answer;

    fn picked(inputs: &RowInputs<'_, f64>, output: &mut [f64]) -> Result<(), String> {
        let place = usize::try_from(inputs.index(1)).map_err(|_| "no such class".to_owned())?;
        output[0] = inputs.row(0)[place] * inputs.scalar(2);
        Ok(())
    }

    fn answer(op: &str, dtype: Dtype, index: i64) -> Answer {
        let mine = Kernels::named("mine").with("picked", picked).with(
            "wrong",
            |inputs, output: &mut [f64]| {
                output[0] = inputs.scalar(1);
                Ok(())
            },
        );
        let inputs = [
            Tensor::Row(vec![1.0, 3.0]),
            Tensor::Index(index),
            Tensor::Scalar(0.5),
        ];
        mine.call(op, dtype, &inputs, 1)
    }

    #[test]
    fn functions_of_a_row_are_a_subject() {
        assert_eq!(answer("picked", Dtype::F64, 1), Answer::Values(vec![1.5]));
        let refused = Answer::Refused("no such class".to_owned());
        assert_eq!(answer("picked", Dtype::F64, -1), refused);
        assert!(matches!(
            answer("picked", Dtype::F64, 2),
            Answer::Crashed(_)
        ));
        assert!(matches!(
            answer("picked", Dtype::F32, 1),
            Answer::Refused(_)
        ));
        let told = "input 1 is a class index, and one number was asked for".to_owned();
        assert_eq!(answer("wrong", Dtype::F64, 1), Answer::Crashed(told));
    }

    #[test]
    fn a_later_kernel_replaces_an_earlier_one() {
        let constant = |number: f32| {
            move |_: &RowInputs<'_, f32>, output: &mut [f32]| {
                output[0] = number;
                Ok(())
            }
        };
        let mine = Kernels::named("mine")
            .with("one", constant(1.0))
            .with("one", constant(2.0));
        let answer = mine.call("one", Dtype::F32, &[Tensor::Row(vec![])], 1);
        assert_eq!(answer, Answer::Values(vec![2.0]));
        assert_eq!(
            format!("{mine:?}"),
            "Kernels { name: \"mine\", profile: Exact, kernels: {\"one\": [F32]}, .. }"
        );
    }
}
