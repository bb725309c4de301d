//! `lossproof merge`.

use super::DOES_NOT_CONFORM;
use super::arguments::Common;
use super::report_files::{make_folder_of, write_whole};
use super::sweep_arguments::MergeArguments;
use super::sweep_files::pieces_by_name;
use super::sweep_table::{fault_lines, outcome_table};
use crate::sweep::{Coverage, MergeError, SweepFile, merge};
use anyhow::{Result, bail};
use std::io::{Write, stdout};
use std::process::ExitCode;

pub(super) fn run(common: &Common, arguments: &MergeArguments) -> Result<ExitCode> {
    let into_folder = arguments.out.is_dir();
    if !into_folder {
        make_folder_of(&arguments.out)?;
    }
    let by_name = pieces_by_name(&arguments.inputs)?;
    if by_name.is_empty() {
        return Err(MergeError::Nothing.into());
    }
    if by_name.len() > 1 && !into_folder {
        let names: Vec<&str> = by_name.keys().map(String::as_str).collect();
        bail!(
            "these are outcomes of {} sweeps ({}), and --out is one file; name the folder of one of them, or give an existing \
             folder with --out",
            names.len(),
            names.join(", ")
        );
    }
    let merged: Vec<SweepFile> = by_name
        .into_values()
        .map(|pieces| Ok(merge(pieces)?))
        .collect::<Result<_>>()?;
    for file in &merged {
        let path = if into_folder {
            arguments.out.join(format!("{}.json", file.sweep.name()))
        } else {
            arguments.out.clone()
        };
        write_whole(&path, &file.render())?;
    }
    let mut out = stdout().lock();
    if common.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&merged)?)?;
    } else {
        write!(out, "{}", outcome_table(&merged))?;
        for file in &merged {
            for line in fault_lines(file) {
                writeln!(out, "{line}")?;
            }
            if file.coverage == Coverage::Partial {
                writeln!(
                    out,
                    "{}: not exhaustive: of {} shards these are missing: {}",
                    file.sweep.name(),
                    file.sweep.domain.shards(),
                    file.missing
                )?;
            }
        }
    }
    Ok(if merged.iter().all(SweepFile::conforms) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(DOES_NOT_CONFORM)
    })
}
