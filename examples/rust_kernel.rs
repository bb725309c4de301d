//! A softmax of one's own in Rust, with the whole lossproof command over it:
//!
//!     cargo run --release --example rust_kernel -- check
//!     cargo run --release --example rust_kernel -- explain softmax/f32/huge_logits/00003
//!
//! The kernel runs in this process. `mine` is a subject like any other; without a subject's name it is meant.

use lossproof::subject::{Kernels, RowInputs};
use std::process::ExitCode;

/// One row, shifted by its maximum so that no exponential overflows. An `Err` refuses the row.
fn softmax(inputs: &RowInputs<'_, f32>, probabilities: &mut [f32]) -> Result<(), String> {
    if inputs.count() != 1 {
        return Err("softmax takes logits and nothing else".to_owned());
    }
    let logits = inputs.row(0);
    let maximum = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for (probability, logit) in probabilities.iter_mut().zip(logits) {
        *probability = (logit - maximum).exp();
    }
    let total: f32 = probabilities.iter().sum();
    for probability in probabilities {
        *probability /= total;
    }
    Ok(())
}

fn main() -> ExitCode {
    lossproof::command::main_with(|| {
        vec![Box::new(Kernels::named("mine").with("softmax", softmax))]
    })
}
