//! `lossproof explain`: one case told in full.

use super::DOES_NOT_CONFORM;
use super::arguments::{Common, Explain};
use super::beside::beside;
use super::setup::{profile_of, profile_option, require_known, typed_text};
use super::story::Story;
use crate::cases::{CaseId, case};
use crate::measure::{CaseReport, Judged, Verdict, measure_case};
use crate::run::{Settings, TrialOutcome};
use crate::subject::{Answer, Subject};
use anyhow::{Context, Result, bail};
use std::fmt::Write as _;
use std::io::{Write as _, stdout};
use std::process::ExitCode;

pub(super) fn run(common: &Common, arguments: &Explain) -> Result<ExitCode> {
    // A bound names its worst value as `case[place]`, and is understood here too.
    let (case_text, place_text) = match arguments.case.strip_suffix(']') {
        Some(rest) => rest
            .split_once('[')
            .context("write the place as CASE_ID[PLACE]")?,
        None => (arguments.case.as_str(), ""),
    };
    let id: CaseId = case_text.parse()?;
    let place = if case_text == arguments.case {
        arguments.place
    } else {
        Some(place_text.parse().context("the place in [ ] is a number")?)
    };
    let specs = common.specs()?;
    let subject = arguments.subject.clone();
    let subject = subject.unwrap_or_else(|| common.usual_subject());
    let subject = common.subject(&subject, &specs, &arguments.workers.options())?;
    let profile = profile_of(arguments.profile, &[&*subject])?;
    let references = common.references_of(&specs, profile)?;
    let names: Vec<&str> = references
        .iter()
        .map(|known| known.op.name.as_str())
        .collect();
    require_known(
        "op",
        std::slice::from_ref(&id.op),
        &names,
        "lossproof list ops",
    )?;
    let reference = references
        .iter()
        .find(|known| known.op.name == id.op)
        .expect("known");
    let case = case(&reference.signature(), &id, common.seed)?;
    let measured = measure_case(reference, &case, &[&*subject], common.precision_limit)?;
    let report = &measured.subjects[0];
    let place = place.or_else(|| telling_place(report));
    let output_length = reference.output_length(reference.call_on(&case).lengths);
    if let Some(place) = place
        && place >= output_length
    {
        bail!("the output of {id} has {output_length} values; give a place below that");
    }
    let story = Story {
        reference,
        case: &case,
        subject: &*subject,
        report,
        place,
    };
    let is_faulty =
        |report: &CaseReport| report.judged.iter().any(|judged| judged.verdict.is_fault());
    // A fault that the case shows alone is the one to tell of.
    let among = if is_faulty(report) {
        None
    } else {
        beside(common, reference, (&case, &report.answer), &*subject)?
    };
    let among_story = among.as_ref().map(|among| Story {
        report: &among.report,
        place: telling_place(&among.report),
        ..story
    });
    let limit = common.precision_limit;
    let text = if common.json {
        let mut told = story.json(limit);
        if let Some(among) = &among_story {
            told["beside_others"] = among.json(limit);
        }
        format!("{told:#}\n")
    } else {
        let mut text = story.text(limit, arguments.all)?;
        if let (Some(among), Some(story)) = (&among, &among_story) {
            let (first, last) = &among.ends;
            writeln!(
                text,
                "\nIt answers otherwise among the cases that a run asks about together, {first} to {last}:\n"
            )?;
            text.push_str(&story.outcome(limit)?);
        }
        text
    };
    write!(stdout().lock(), "{text}")?;
    let among_faulty = among.as_ref().is_some_and(|among| is_faulty(&among.report));
    Ok(if is_faulty(report) || among_faulty {
        ExitCode::from(DOES_NOT_CONFORM)
    } else {
        ExitCode::SUCCESS
    })
}

/// The place most worth telling of: the largest error that does not conform, else any value that does not, else the
/// largest error, else a value that nobody has specified.
fn telling_place(report: &CaseReport) -> Option<usize> {
    if !matches!(report.answer, Answer::Values(_)) {
        return None;
    }
    let error = |place: &usize| {
        report.judged[*place]
            .ulp_error
            .map_or(f64::NEG_INFINITY, |(_, upper)| upper)
    };
    let failing = (0..report.judged.len()).filter(|&place| report.judged[place].verdict.is_fault());
    let worst = failing.max_by(|a, b| error(a).total_cmp(&error(b)).then(b.cmp(a)));
    let unspecified = || {
        let is_unspecified = |judged: &Judged| judged.verdict == Verdict::Unspecified;
        report.judged.iter().position(is_unspecified)
    };
    worst
        .or_else(|| report.worst.as_ref().map(|worst| worst.place))
        .or_else(unspecified)
}

/// The first failures of a trial told in full, with the commands to type next.
#[must_use]
pub fn explain_failures(
    outcome: &TrialOutcome<'_>,
    subject_place: usize,
    subject: &dyn Subject,
    settings: &Settings,
) -> String {
    let Some(tally) = &outcome.tallies[subject_place] else {
        return String::new();
    };
    let reference = outcome.trial.reference;
    let worst = tally.worst.as_ref().map(|worst| (&worst.case, worst.place));
    let failures = tally
        .failures
        .iter()
        .map(|failure| (&failure.case, failure.place));
    let Some((id, place)) = failures.chain(worst).next() else {
        return String::new();
    };
    let told = || -> Result<String> {
        let case = case(&reference.signature(), id, settings.seed)?;
        let measured = measure_case(reference, &case, &[subject], settings.precision_limit)?;
        let report = &measured.subjects[0];
        let place = matches!(report.answer, Answer::Values(_)).then_some(place);
        let story = Story {
            reference,
            case: &case,
            subject,
            report,
            place,
        };
        story.text(settings.precision_limit, false)
    };
    let told = told().unwrap_or_else(|error| error.to_string());
    format!(
        "{told}\nnext: lossproof explain '{id}[{place}]' {}{}\n      cargo insta review\n",
        typed_text(subject.name()),
        profile_option(reference.profile(), subject)
    )
}
