//! `lossproof report`: the run of everything, written as files.

use super::DOES_NOT_CONFORM;
use super::arguments::{Common, ReportArguments};
use super::check::measure;
use super::golden::Golden;
use super::setup::interrupted;
use crate::assemble::{Evidence, Parts, report};
use crate::gate::findings;
use crate::properties::check_properties;
use crate::report::model::{Environment, Report};
use crate::report::{render_html, render_json, render_markdown, schema_json};
use crate::run::{Selection, Unobserved, in_pool};
use crate::selftest::{Lineup, self_proof};
use crate::spec::Profile;
use crate::subject::Subject;
use crate::worker::WorkerOptions;
use anyhow::{Context, Result, bail};
use std::fs;
use std::io::{Write, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

/// The subjects of the report: ours, which is gated, and what a good textbook does.
const SUBJECTS: [&str; 2] = ["builtin", "builtin:textbook"];

pub(super) fn run(common: &Common, arguments: &ReportArguments) -> Result<ExitCode> {
    let started = jiff::Timestamp::now();
    let clock = Instant::now();
    common.refuse_own_specs("report")?;
    let specs = common.specs()?;
    let references = common.references_beside(&arguments.golden, &specs, Profile::Exact)?;
    let golden = Golden::load(&arguments.golden, arguments.tier.tier())?;
    let subjects = common.subjects(&SUBJECTS, &specs, &WorkerOptions::default())?;
    let subjects: Vec<&dyn Subject> = subjects.iter().map(|subject| &**subject).collect();
    let settings = common.settings(arguments.tier);
    let outcomes = measure(&references, &Selection::default(), &subjects, &settings)?;
    if interrupted() {
        let complete = outcomes.iter().filter(|outcome| outcome.complete).count();
        eprintln!(
            "{complete} of {} trials were complete; no report was written, and the one in `{}` is as it was",
            outcomes.len(),
            arguments.out.display()
        );
        return Ok(ExitCode::from(DOES_NOT_CONFORM));
    }
    let found = findings(&outcomes, 0, golden.reviewed(true));
    eprintln!("properties that need no reference");
    let selection = Selection::default();
    let properties = in_pool(settings.threads, || {
        check_properties(&references, &subjects, &selection, settings.seed)
    })??;
    eprintln!("self-proof: known-bad kernels, and correct ones written differently");
    let proof = self_proof(&Lineup::all(), &references, &settings, &Unobserved)?;
    let report = report(Parts {
        references: &references,
        outcomes: &outcomes,
        subjects: &subjects,
        gated: 0,
        findings: &found,
        bounds: golden.bounds.as_ref(),
        waivers: &golden.waivers,
        settings: &settings,
        profile: Profile::Exact,
        evidence: Evidence {
            properties: &properties,
            self_proof: Some(&proof),
            sweeps: &golden.sweeps,
        },
    });
    let threads = settings.threads.unwrap_or_else(available_threads);
    let environment = environment(started, clock.elapsed().as_secs_f64(), threads);
    write_files(&arguments.out, &report, &environment)?;
    let mut out = stdout().lock();
    for finding in &found {
        writeln!(out, "{finding}")?;
    }
    for survivor in proof.survivors() {
        writeln!(out, "a known-bad kernel survives: {survivor}")?;
    }
    for alarm in proof.false_alarms() {
        writeln!(out, "a correct kernel raises an alarm: {alarm}")?;
    }
    for row in &report.property_results {
        if let Some(first) = row.failed.first()
            && row.subject == SUBJECTS[0]
        {
            writeln!(
                out,
                "{} fails at {}: {}",
                row.property, first.case, first.account
            )?;
        }
    }
    let values: u64 = report.results.iter().map(|row| row.values).sum();
    writeln!(
        out,
        "{}: {} rows, {values} values, {} undecided; wrote {}/index.html, README.md, conformance.json",
        if report.conforms {
            "conforms"
        } else {
            "DOES NOT CONFORM"
        },
        report.results.len(),
        report.undecided.len(),
        arguments.out.display()
    )?;
    Ok(if report.conforms {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(DOES_NOT_CONFORM)
    })
}

fn write_files(folder: &Path, report: &Report, environment: &Environment) -> Result<()> {
    let environment = serde_json::to_string_pretty(environment)? + "\n";
    let files = [
        ("conformance.json", render_json(report)),
        ("conformance.schema.json", schema_json()),
        ("README.md", render_markdown(report)),
        ("index.html", render_html(report)),
        ("environment.json", environment),
    ];
    write_folder(folder, &files)
}

/// Writes files into a folder, made where there is none.
pub(super) fn write_folder(folder: &Path, files: &[(&str, String)]) -> Result<()> {
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot create the folder `{}`", folder.display()))?;
    for (name, text) in files {
        write_whole(&folder.join(name), text)?;
    }
    Ok(())
}

/// Writes a file and renames it into place, so that an interruption leaves either the old file or the new one.
pub(super) fn write_whole(path: &Path, text: &str) -> Result<()> {
    let unwritable = || format!("cannot write `{}`", path.display());
    let name = path.file_name().with_context(unwritable)?;
    let unfinished = path.with_file_name(format!(".{}.unfinished", name.display()));
    fs::write(&unfinished, text)
        .and_then(|()| fs::rename(&unfinished, path))
        .with_context(unwritable)
}

/// Creates the folder that a file is to be written to.
pub(super) fn make_folder_of(path: &Path) -> Result<()> {
    if path.is_dir() || path.file_name().is_none() {
        bail!(
            "cannot write `{}`: it is a folder; name a file in it",
            path.display()
        );
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot create the folder `{}`", folder.display()))
}

fn available_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn environment(started: jiff::Timestamp, seconds: f64, threads: usize) -> Environment {
    let (gmp, mpfr) = lossproof_oracle::library_versions();
    Environment {
        platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        cpu_features: cpu_features(),
        compiler: env!("LOSSPROOF_RUSTC").to_owned(),
        gmp,
        mpfr,
        threads,
        started: started.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        seconds: (seconds * 10.0).round() / 10.0,
        peak_memory_mib: peak_memory_mib(),
    }
}

#[cfg(target_arch = "x86_64")]
fn cpu_features() -> Vec<String> {
    let features = [
        ("fma", is_x86_feature_detected!("fma")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
        ("f16c", is_x86_feature_detected!("f16c")),
    ];
    features
        .iter()
        .filter(|(_, present)| *present)
        .map(|(name, _)| (*name).to_owned())
        .collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn cpu_features() -> Vec<String> {
    Vec::new()
}

/// The process's largest resident set, as Linux tells it.
fn peak_memory_mib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes / 1024)
}
