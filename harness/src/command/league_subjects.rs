//! The subjects of a league: a list of frameworks and names in, started subjects or the reason why not out.

use super::arguments::LeagueArguments;
use super::setup::typed_text;
use super::worker_arguments::WorkerArguments;
use crate::league::model::LeagueSubject;
use crate::league::{Framework, Places, parse_frameworks};
use crate::spec::{Profile, Spec};
use crate::subject::{Subject, subject_within};
use crate::worker::{Worker, WorkerOptions};
use anyhow::{Context, Result};
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A subject of the league, started if it could be.
pub(super) struct Entrant {
    pub(super) entry: LeagueSubject,
    pub(super) subject: Option<Box<dyn Subject>>,
    /// The profile that it is judged by.
    pub(super) profile: Profile,
}

/// All that were named, or all frameworks of the list and this project's own kernels.
pub(super) fn entrants(arguments: &LeagueArguments, specs: &[Arc<Spec>]) -> Result<Vec<Entrant>> {
    let file = &arguments.frameworks;
    let shown = file.display().to_string();
    let text = fs::read_to_string(file).with_context(|| {
        format!("cannot read `{shown}`; name the list of frameworks with --frameworks FILE")
    })?;
    let frameworks = parse_frameworks(&shown, &text)?;
    let places = Places {
        workers: file.parent().unwrap_or(Path::new("")),
        environments: &arguments.environments,
    };
    let options = limits(&arguments.workers);
    let start = (specs, &options);
    if arguments.subjects.is_empty() {
        let listed = frameworks.iter();
        let mut entrants: Vec<Entrant> = listed
            .map(|framework| of_framework(framework, places, start))
            .collect();
        entrants.push(of_name("builtin", specs, &options)?);
        return Ok(entrants);
    }
    let named = arguments.subjects.iter().map(|name| {
        let listed = frameworks.iter().find(|framework| framework.name == *name);
        match listed {
            Some(framework) => Ok(of_framework(framework, places, start)),
            None => of_name(name, specs, &arguments.workers.options()),
        }
    });
    named.collect()
}

/// The names of the list's frameworks, for findings about those that were not asked for.
pub(super) fn listed_names(arguments: &LeagueArguments) -> Result<Vec<String>> {
    let file = arguments.frameworks.display().to_string();
    let frameworks = parse_frameworks(&file, &fs::read_to_string(&arguments.frameworks)?)?;
    Ok(frameworks.into_iter().map(|one| one.name).collect())
}

fn of_name(name: &str, specs: &[Arc<Spec>], options: &WorkerOptions) -> Result<Entrant> {
    let subject = subject_within(name, specs, options)?;
    let profile = subject.profile();
    Ok(Entrant {
        entry: LeagueSubject {
            name: name.to_owned(),
            title: name.to_owned(),
            version: subject.version().to_owned(),
            description: subject.description().to_owned(),
            profile: profile.name().to_owned(),
            command: typed_text(name),
            rows_per_call: None,
            tested: true,
            reason: None,
            headline: None,
        },
        subject: Some(subject),
        profile,
    })
}

fn of_framework(
    framework: &Framework,
    places: Places<'_>,
    start: (&[Arc<Spec>], &WorkerOptions),
) -> Entrant {
    let (specs, options) = start;
    let options = WorkerOptions {
        rows_per_call: options.rows_per_call.or(framework.rows_per_call),
        workers: options
            .workers
            .or(framework.workers.map(NonZeroUsize::get))
            .or(Some(2)),
        ..options.clone()
    };
    let (subject, reason) = match started(framework, places, (specs, &options)) {
        Ok(subject) => (Some(subject), None),
        Err(reason) => (None, Some(reason)),
    };
    let words = framework.command(places);
    let words: Vec<String> = words.iter().map(|word| typed_text(word)).collect();
    let command = typed_text(&format!("cmd:{}", words.join(" ")));
    let rows_per_call = options.rows_per_call.map(NonZeroUsize::get);
    Entrant {
        entry: LeagueSubject {
            name: framework.name.clone(),
            title: framework.title.clone(),
            version: subject
                .as_ref()
                .map_or_else(String::new, |subject| subject.version().to_owned()),
            description: subject
                .as_ref()
                .map_or_else(String::new, |subject| subject.description().to_owned()),
            profile: framework.profile.name().to_owned(),
            command: rows_per_call.map_or_else(
                || command.clone(),
                |rows| format!("{command} --rows-per-call {rows}"),
            ),
            rows_per_call,
            tested: subject.is_some(),
            reason,
            headline: None,
        },
        subject,
        profile: framework.profile,
    }
}

/// The framework's worker, or why there is none.
fn started(
    framework: &Framework,
    places: Places<'_>,
    (specs, options): (&[Arc<Spec>], &WorkerOptions),
) -> Result<Box<dyn Subject>, String> {
    if let Ok(note) = fs::read_to_string(framework.failure_note(places)) {
        return Err(one_line(&note));
    }
    let program = framework.program(places);
    if !program.is_file() {
        return Err(format!(
            "it is not set up: there is no {}; `make frameworks` installs it",
            program.display()
        ));
    }
    let name = framework.name.clone();
    let subject = Worker::start(name, framework.command(places), specs, options)
        .map_err(|error| one_line(&error.to_string()))?;
    if subject.profile() != framework.profile {
        return Err(format!(
            "the list says that it follows the profile {}, and its worker says {}; correct the one that is wrong",
            framework.profile,
            subject.profile()
        ));
    }
    Ok(Box::new(subject))
}

/// The limits of a framework's worker: frameworks are slow to start and compile for each shape, and reserve more memory
/// than they use. Two of each, unless the list says otherwise, keep a league of many within the memory of one machine.
fn limits(asked: &WorkerArguments) -> WorkerOptions {
    let options = asked.options();
    WorkerOptions {
        startup_limit: asked.startup_limit.unwrap_or(Duration::from_secs(180)),
        call_limit: asked.call_limit.unwrap_or(Duration::from_secs(120)),
        memory_limit_mebibytes: asked.memory_limit.and(options.memory_limit_mebibytes),
        ..options
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
