//! The command: the only part that touches files, clocks and terminals. Arguments in, an exit code out.

mod arguments;
mod beside;
mod check;
mod describe;
mod diff;
mod explain;
mod gate;
mod golden;
mod hunt;
mod hunt_account;
mod hunt_arguments;
mod hunt_clock;
mod hunt_json;
mod init;
mod league;
mod league_subjects;
mod list;
mod merge;
mod progress;
mod references;
mod report_files;
mod selftest;
mod serve_library;
mod setup;
mod story;
mod summary;
mod sweep;
mod sweep_arguments;
mod sweep_content;
mod sweep_files;
mod sweep_progress;
mod sweep_table;
mod table;
mod timing;
mod tolerance_table;
mod worker_arguments;
mod worst_files;

pub use explain::explain_failures;
pub use golden::Golden;
pub use setup::{embedded_specs, references_of};

use crate::subject::{Subject, SubjectError};
use arguments::{Arguments, Command};
use clap::Parser;
use std::io;
use std::process::ExitCode;

/// Exit codes (DESIGN.md §9).
const DOES_NOT_CONFORM: u8 = 1;
const UNUSABLE_INPUT: u8 = 2;
const SUBJECT_NOT_RUN: u8 = 3;

/// Runs the command on the process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    main_with(Vec::new)
}

/// Runs the command on the process's arguments, in a program that has kernels of its own (see
/// [`Kernels`](crate::subject::Kernels)).
///
/// Its subjects are known by their names beside the others, and the first of them is measured where none is named. Here they
/// are made as often as the command needs them.
#[must_use]
pub fn main_with(subjects: fn() -> Vec<Box<dyn Subject>>) -> ExitCode {
    let mut arguments = Arguments::parse();
    arguments.common.own_subjects = subjects;
    let outcome = match &arguments.command {
        Command::Check(check) => check::run(&arguments.common, check),
        Command::Gate(gate) => gate::run(&arguments.common, gate),
        Command::Report(report) => report_files::run(&arguments.common, report),
        Command::League(league) => league::run(&arguments.common, league),
        Command::Reference(reference) => references::run(&arguments.common, reference),
        Command::Explain(explain) => explain::run(&arguments.common, explain),
        Command::Hunt(hunt) => hunt::run(&arguments.common, hunt),
        Command::SelfTest(selftest) => selftest::run(&arguments.common, selftest),
        Command::Sweep(sweep) => sweep::run(&arguments.common, sweep),
        Command::Merge(merge) => merge::run(&arguments.common, merge),
        Command::Diff(diff) => diff::run(&arguments.common, diff),
        Command::List(list) => list::run(&arguments.common, list),
        Command::Init(init) => init::run(init),
        Command::ServeLibrary(serve) => serve_library::run(&arguments.common, serve),
    };
    match outcome {
        Ok(code) => code,
        // The reader of our output went away, as `| head` does.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lossproof: {error:#}");
            ExitCode::from(exit_code(&error))
        }
    }
}

fn exit_code(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<SubjectError>() {
        Some(SubjectError::Start(_)) => SUBJECT_NOT_RUN,
        _ => UNUSABLE_INPUT,
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    kind == Some(io::ErrorKind::BrokenPipe)
}
