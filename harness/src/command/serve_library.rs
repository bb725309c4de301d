//! `lossproof serve-library`, which `lib:PATH` starts: the process in which a shared library runs.

use super::SUBJECT_NOT_RUN;
use super::arguments::{Common, ServeLibrary};
use crate::spec::{Op, Spec};
use crate::worker::library::{Host, LibraryError};
use anyhow::{Context, Result};
use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio::{dup2_stdin, dup2_stdout};
use std::fs::File;
use std::io::{BufReader, BufWriter, stderr, stdin, stdout};
use std::process::ExitCode;

/// The first file descriptor that is no standard stream.
const FIRST_OWN_DESCRIPTOR: i32 = 3;

pub(super) fn run(common: &Common, serve: &ServeLibrary) -> Result<ExitCode> {
    let (requests, answers) =
        take_pipes().context("could not take standard input and output aside")?;
    let ops: Vec<Op> = common.specs()?.iter().flat_map(Spec::ops).collect();
    let served = || -> Result<(), LibraryError> {
        let mut host = Host::load(&serve.library, &ops)?;
        for remark in host.remarks() {
            eprintln!("lossproof: {}: {remark}", serve.library.display());
        }
        host.serve(&mut BufReader::new(requests), &mut BufWriter::new(answers))
    };
    if let Err(error) = served() {
        eprintln!("lossproof: {error}");
        return Ok(ExitCode::from(SUBJECT_NOT_RUN));
    }
    Ok(ExitCode::SUCCESS)
}

/// Takes the protocol's two pipes where the library's code cannot meet them by chance: what it prints goes to standard error,
/// and what it reads is empty. A program that it starts does not inherit them.
fn take_pipes() -> rustix::io::Result<(File, File)> {
    let requests = fcntl_dupfd_cloexec(stdin(), FIRST_OWN_DESCRIPTOR)?;
    let answers = fcntl_dupfd_cloexec(stdout(), FIRST_OWN_DESCRIPTOR)?;
    let empty = rustix::fs::open(
        "/dev/null",
        rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::CLOEXEC,
        rustix::fs::Mode::empty(),
    )?;
    dup2_stdin(empty)?;
    dup2_stdout(stderr())?;
    Ok((requests.into(), answers.into()))
}
