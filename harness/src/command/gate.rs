//! `lossproof gate`.

use super::DOES_NOT_CONFORM;
use super::arguments::{Common, Gate, TierArgument};
use super::check::measure;
use super::golden::Golden;
use super::setup::interrupted;
use crate::gate::findings;
use crate::spec::Profile;
use crate::subject::subject_named;
use anyhow::{Result, bail};
use std::io::{Write, stdout};
use std::process::ExitCode;

pub(super) fn run(common: &Common, gate: &Gate) -> Result<ExitCode> {
    common.refuse_own_specs("gate")?;
    if gate.selection.every.is_some() {
        bail!(
            "the reviewed bounds are over all cases of a class; leave out --every, or use `lossproof check`"
        );
    }
    if common.seed != 0 {
        bail!(
            "the reviewed bounds are over the cases of seed 0; leave out --seed, or use `lossproof check`"
        );
    }
    let specs = common.specs()?;
    let references = common.references_beside(&gate.golden, &specs, Profile::Exact)?;
    let selection = gate.selection.selection(&references)?;
    let golden = Golden::load(&gate.golden, gate.selection.tier.tier())?;
    let ours = subject_named("builtin", &specs)?;
    let settings = common.settings(gate.selection.tier);
    let outcomes = measure(&references, &selection, &[&*ours], &settings)?;
    let found = findings(
        &outcomes,
        0,
        golden.reviewed(gate.selection.is_everything()),
    );
    let mut out = stdout().lock();
    if common.json {
        let lines: Vec<_> = found
            .iter()
            .map(|finding| {
                serde_json::json!({"subject": finding.subject, "finding": finding.kind.to_string()})
            })
            .collect();
        let answer = serde_json::json!({"open": found.is_empty(), "findings": lines});
        writeln!(out, "{answer:#}")?;
    } else {
        for finding in &found {
            let line = finding.to_string();
            let explains = line.contains("lossproof explain");
            let options = if explains {
                common.repeated()
            } else {
                String::new()
            };
            writeln!(out, "{line}{options}")?;
        }
        let held = match gate.selection.tier {
            TierArgument::Quick => "reviewed bounds, ceilings and waivers",
            TierArgument::Full => "ceilings and waivers (the reviewed bounds are the quick tier's)",
        };
        let trials = outcomes.len();
        let verdict = if found.is_empty() { "open" } else { "CLOSED" };
        writeln!(
            out,
            "gate {verdict}: {trials} trials against {held}, {} findings",
            found.len()
        )?;
    }
    Ok(if found.is_empty() && !interrupted() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(DOES_NOT_CONFORM)
    })
}
