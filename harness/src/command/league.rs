//! `lossproof league`: many subjects on the same cases, each judged by its own profile, written as files.

use super::DOES_NOT_CONFORM;
use super::arguments::{Common, LeagueArguments};
use super::league_subjects::{Entrant, entrants, listed_names};
use super::progress::Progress;
use super::report_files::write_folder;
use super::setup::{catch_interrupt, interrupted};
use super::table::table;
use crate::league::model::{FindingOutcome, LeagueReport};
use crate::league::{
    Finding, Group, Known, Setup, league_html, league_json, league_markdown, league_report,
    league_schema_json, parse_findings,
};
use crate::properties::check_properties;
use crate::reference::Reference;
use crate::run::{Selection, Settings, Unobserved, in_pool, run as run_trials};
use crate::spec::Profile;
use crate::subject::Subject;
use anyhow::{Context, Result, bail};
use lossproof_numerics::Dtype;
use std::fs;
use std::io::{Write, stdout};
use std::process::ExitCode;

/// The classes whose cases properties are asked of when `--every` leaves cases out.
const PROPERTY_CLASSES: [&str; 1] = ["ordinary"];

/// The dtype that they are asked in then.
const PROPERTY_DTYPE: Dtype = Dtype::F32;

pub(super) fn run(common: &Common, arguments: &LeagueArguments) -> Result<ExitCode> {
    common.refuse_own_specs("league")?;
    let specs = common.specs()?;
    let exact = common.references_of(&specs, Profile::Exact)?;
    let selection = arguments.selection.selection(&exact)?;
    let entrants = entrants(arguments, &specs)?;
    let findings = findings(arguments, &entrants, &exact)?;
    for entrant in &entrants {
        if let Some(reason) = &entrant.entry.reason {
            eprintln!("{} is not tested: {reason}", entrant.entry.name);
        }
    }
    let settings = common.settings(arguments.selection.tier);
    let mut profiles: Vec<Profile> = Vec::new();
    for entrant in entrants.iter().filter(|one| one.subject.is_some()) {
        if !profiles.contains(&entrant.profile) {
            profiles.push(entrant.profile);
        }
    }
    let references: Vec<Vec<Reference>> = profiles
        .iter()
        .map(|&profile| common.references_of(&specs, profile))
        .collect::<Result<_>>()?;
    catch_interrupt()?;
    let mut groups = Vec::new();
    for (&profile, references) in profiles.iter().zip(&references) {
        groups.push(group(
            profile,
            references,
            &entrants,
            (&selection, &settings),
        )?);
        if interrupted() {
            eprintln!(
                "no report was written, and the one in `{}` is as it was",
                arguments.out.display()
            );
            return Ok(ExitCode::from(DOES_NOT_CONFORM));
        }
    }
    if groups.iter().all(|group| group.outcomes.is_empty()) {
        bail!(
            "no subject that could be run has a kernel for the selection; `make frameworks` sets the frameworks up"
        );
    }
    // What a profile excuses is judged once more by the profile that a finding names.
    let elsewhere: Vec<Option<Vec<Reference>>> = findings
        .iter()
        .map(|finding| {
            let references = finding
                .profile
                .map(|profile| common.references_of(&specs, profile));
            references.transpose()
        })
        .collect::<Result<_>>()?;
    let findings = findings
        .iter()
        .zip(&elsewhere)
        .map(|(finding, references)| {
            let run = run_of_finding(
                finding,
                references.as_deref(),
                &entrants,
                (&selection, &settings),
            );
            Ok((finding.clone(), run?))
        })
        .collect::<Result<Vec<_>>>()?;
    let setup = Setup {
        settings: &settings,
        selection: &selection,
        findings: &findings,
    };
    let subjects = entrants
        .iter()
        .map(|entrant| entrant.entry.clone())
        .collect();
    let report = league_report(setup, &groups, subjects);
    let files = [
        ("frameworks.json", league_json(&report)),
        ("frameworks.schema.json", league_schema_json()),
        ("README.md", league_markdown(&report)),
        ("index.html", league_html(&report)),
    ];
    write_folder(&arguments.out, &files)?;
    tell(common, arguments, &report)?;
    let stale = |outcome| outcome == FindingOutcome::Stale;
    Ok(if report.findings.iter().any(|one| stale(one.outcome)) {
        ExitCode::from(DOES_NOT_CONFORM)
    } else {
        ExitCode::SUCCESS
    })
}

/// Runs the subjects of a profile on the trials that some of them has a kernel for.
fn group<'a>(
    profile: Profile,
    references: &'a [Reference],
    entrants: &'a [Entrant],
    (selection, settings): (&Selection, &Settings),
) -> Result<Group<'a>> {
    let of_profile = entrants.iter().filter(|one| one.profile == profile);
    let subjects: Vec<&dyn Subject> = of_profile
        .filter_map(|one| one.subject.as_deref())
        .collect();
    let mut trials = selection.trials(references, settings.tier)?;
    trials.retain(|trial| {
        let op = &trial.reference.op.name;
        subjects
            .iter()
            .any(|subject| subject.supports(op, trial.dtype))
    });
    let names: Vec<&str> = subjects.iter().map(|subject| subject.name()).collect();
    eprintln!("profile {profile}: {}", names.join(", "));
    let progress = Progress::new(&trials);
    let outcomes = run_trials(trials, &subjects, settings, &progress);
    progress.finish();
    let outcomes = outcomes?;
    // A property takes hundreds of calls of a row or two, each a message, and some frameworks compile for each shape: where
    // cases are left out, so are classes and dtypes here.
    let mut asked = selection.clone();
    if asked.every.is_some() && asked.classes.is_empty() {
        asked.classes = PROPERTY_CLASSES.map(str::to_owned).to_vec();
        asked.dtypes.retain(|dtype| *dtype == PROPERTY_DTYPE);
        if asked.dtypes.is_empty() {
            asked.dtypes.push(PROPERTY_DTYPE);
        }
    }
    let properties = if interrupted() {
        Vec::new()
    } else {
        in_pool(settings.threads, || {
            check_properties(references, &subjects, &asked, settings.seed)
        })??
    };
    Ok(Group {
        profile,
        references,
        subjects,
        outcomes,
        properties,
    })
}

/// The run of a finding's own cases by a profile that is not its subject's.
fn run_of_finding<'a>(
    finding: &Finding,
    references: Option<&'a [Reference]>,
    entrants: &'a [Entrant],
    (selection, settings): (&Selection, &Settings),
) -> Result<Option<Group<'a>>> {
    let subject = entrants
        .iter()
        .find(|one| one.entry.name == finding.subject);
    let subject = subject.and_then(|one| one.subject.as_deref());
    let (Some(profile), Some(references), Some(subject)) = (finding.profile, references, subject)
    else {
        return Ok(None);
    };
    let mut trials = selection.trials(references, settings.tier)?;
    trials.retain(|trial| {
        trial.reference.op.name == finding.op
            && trial.dtype == finding.dtype
            && trial.class.name == finding.class
    });
    let subjects = vec![subject];
    Ok(Some(Group {
        profile,
        references,
        outcomes: run_trials(trials, &subjects, settings, &Unobserved)?,
        subjects,
        properties: Vec::new(),
    }))
}

/// The findings of the file named, or of findings.toml beside the list where there is one.
fn findings(
    arguments: &LeagueArguments,
    entrants: &[Entrant],
    references: &[Reference],
) -> Result<Vec<Finding>> {
    let beside = arguments.frameworks.with_file_name("findings.toml");
    if arguments.findings.is_none() && !beside.is_file() {
        return Ok(Vec::new());
    }
    let file = arguments.findings.as_ref().unwrap_or(&beside);
    let shown = file.display().to_string();
    let text = fs::read_to_string(file).with_context(|| format!("cannot read `{shown}`"))?;
    let listed = listed_names(arguments)?;
    let listed = listed.iter().map(String::as_str);
    let subjects: Vec<&str> = listed
        .chain(entrants.iter().map(|one| one.entry.name.as_str()))
        .chain(["builtin", "builtin:textbook"])
        .collect();
    let ops: Vec<(&str, &[String])> = references
        .iter()
        .map(|reference| (reference.op.name.as_str(), reference.op.classes()))
        .collect();
    let known = Known {
        subjects: &subjects,
        ops: &ops,
    };
    Ok(parse_findings(&shown, &text, known)?)
}

/// The headline on standard output, and the findings that no longer hold.
fn tell(common: &Common, arguments: &LeagueArguments, report: &LeagueReport) -> Result<()> {
    let mut out = stdout().lock();
    if common.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report.subjects)?)?;
    } else {
        let lines = report.subjects.iter().map(|subject| {
            let mut line = vec![subject.name.clone(), subject.profile.clone()];
            match &subject.headline {
                Some(headline) => line.extend(
                    [
                        headline.kernels,
                        headline.within_one_ulp,
                        headline.within_ceiling,
                        headline.right_class,
                        headline.conforming,
                        headline.lost_calls,
                    ]
                    .map(|number| number.to_string()),
                ),
                None => line.push("not tested".to_owned()),
            }
            line
        });
        let header = [
            "subject",
            "profile",
            "kernels",
            "≤ 1 ulp",
            "≤ ceiling",
            "right class",
            "conform",
            "calls lost",
        ];
        write!(out, "{}", table(&header, &[2, 3, 4, 5, 6, 7], lines))?;
    }
    for finding in &report.findings {
        if finding.outcome == FindingOutcome::Stale {
            eprintln!(
                "stale finding: {} on {} in {}, {}: `{}` expects {}, which was not measured; correct or remove it",
                finding.subject,
                finding.op,
                finding.dtype,
                finding.class,
                finding.title,
                finding.expectation
            );
        }
    }
    if !common.json {
        writeln!(
            out,
            "\nwrote {}/index.html, README.md, frameworks.json",
            arguments.out.display()
        )?;
    }
    Ok(())
}
