//! Kernels in processes of their own, and everything that can go wrong with them. Started with a fault's name, this
//! program is the worker that has it, so that no other language is needed.

mod bench;
#[path = "../called/mod.rs"]
mod called;
mod command;
mod faults;
mod faulty;
mod subject;

use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(faulty::AS_WORKER) {
        let fault = arguments.next().expect("a fault's name");
        let trigger = arguments
            .next()
            .map(|bits| bits.parse().expect("the bits of an f32"));
        faulty::serve(&fault, trigger);
        return ExitCode::SUCCESS;
    }
    let trials: Vec<Trial> = [faults::trials(), subject::trials(), command::trials()]
        .into_iter()
        .flatten()
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
