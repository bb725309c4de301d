//! The kernels compiled in: `builtin`, this project's own, and `builtin:textbook`, what a good textbook does.

use super::{BatchCall, Failure, InputForm, InputView, Subject};
use crate::spec::Profile;
use lossproof_kernels::{Element, Input, Kernel};
use lossproof_numerics::Dtype;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// Which of the compiled-in kernels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// The project's own, accurate ones.
    Accurate,
    /// The textbook's formulas in the working dtype.
    Textbook,
}

/// A set of compiled-in kernels.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    variant: Variant,
}

impl Builtin {
    /// The kernels of a variant.
    #[must_use]
    pub fn new(variant: Variant) -> Self {
        Self { variant }
    }

    fn kernel<E: Element>(self, op: &str) -> Option<Kernel<E>> {
        let named = |kernel: &&Kernel<E>| kernel.op == op;
        match self.variant {
            Variant::Accurate => lossproof_kernels::kernels::<E>().find(named),
            Variant::Textbook => lossproof_kernels::textbook::<E>().find(named),
        }
        .copied()
    }

    fn run<E>(self, op: &str, call: &mut BatchCall) -> Result<(), Failure>
    where
        E: Element + FromBytes + IntoBytes + Immutable,
    {
        let Some(kernel) = self.kernel::<E>(op) else {
            let reason = format!("{} has no kernel `{op}`", self.name());
            return Err(Failure::Refused(reason));
        };
        run_rows(kernel.run, call)
    }
}

/// Runs a kernel of one row on every row of a call, and catches its panics.
pub(super) fn run_rows<E, Refusal>(
    run: impl Fn(&[Input<'_, E>], &mut [E]) -> Result<(), Refusal>,
    call: &mut BatchCall,
) -> Result<(), Failure>
where
    E: Element + FromBytes + IntoBytes + Immutable,
    Refusal: Display,
{
    let (rows, output_length) = (call.rows(), call.output_length());
    let (inputs, output) = call.views::<E>();
    let all_rows = || {
        for row in 0..rows {
            let inputs: Vec<Input<'_, E>> =
                inputs.iter().map(|input| input_of(input, row)).collect();
            let output = &mut output[row * output_length..][..output_length];
            run(&inputs, output)?;
        }
        Ok::<(), Refusal>(())
    };
    match catch_unwind(AssertUnwindSafe(all_rows)) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(refusal)) => Err(Failure::Refused(refusal.to_string())),
        Err(panic) => {
            let message = panic.downcast_ref::<String>().cloned();
            let message =
                message.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
            let message = message.unwrap_or_else(|| "a panic without a message".to_owned());
            Err(Failure::Crashed(message))
        }
    }
}

/// One row of an input.
fn input_of<'a, E: Copy>(input: &InputView<'a, E>, row: usize) -> Input<'a, E> {
    let length = input.form.values();
    let elements = || &input.elements[row * length..][..length];
    let places = || &input.places[row * length..][..length];
    match input.form {
        InputForm::Row(_) => Input::Row(elements()),
        InputForm::Scalar => Input::Scalar(elements()[0]),
        InputForm::Index => Input::Index(places()[0]),
        InputForm::Indices(_) => Input::Indices(places()),
        InputForm::Matrix { rows, columns } => Input::Matrix {
            elements: elements(),
            rows,
            columns,
        },
    }
}

impl Subject for Builtin {
    fn name(&self) -> &'static str {
        match self.variant {
            Variant::Accurate => "builtin",
            Variant::Textbook => "builtin:textbook",
        }
    }

    fn description(&self) -> &'static str {
        match self.variant {
            Variant::Accurate => {
                "this project's kernels: ball arithmetic in rising precision until one rounding is left"
            }
            Variant::Textbook => {
                "the textbook's formulas in the working dtype: shifted by the maximum, plain sums, exp and log from \
                 the libm crate"
            }
        }
    }

    fn profile(&self) -> Profile {
        Profile::Exact
    }

    fn supports(&self, op: &str, dtype: Dtype) -> bool {
        match dtype {
            Dtype::F16 => self.kernel::<half::f16>(op).is_some(),
            Dtype::Bf16 => self.kernel::<half::bf16>(op).is_some(),
            Dtype::F32 => self.kernel::<f32>(op).is_some(),
            Dtype::F64 => self.kernel::<f64>(op).is_some(),
        }
    }

    fn call_batch(&self, op: &str, call: &mut BatchCall) -> Result<(), Failure> {
        match call.dtype() {
            Dtype::F16 => self.run::<half::f16>(op, call),
            Dtype::Bf16 => self.run::<half::bf16>(op, call),
            Dtype::F32 => self.run::<f32>(op, call),
            Dtype::F64 => self.run::<f64>(op, call),
        }
    }
}
