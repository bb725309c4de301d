//! `lossproof list`.

use super::arguments::{Common, List, Listed};
use super::table::table;
use crate::cases::{CaseId, classes};
use crate::subject::compiled_in;
use anyhow::Result;
use std::io::{Write, stdout};
use std::process::ExitCode;

pub(super) fn run(common: &Common, list: &List) -> Result<ExitCode> {
    let (header, lines): (&[&str], Vec<Vec<String>>) = match list.what {
        Listed::Ops => (&["op", "inputs", "formula", "classes"], ops(common)?),
        Listed::Classes => (
            &["class", "what it is meant to break"],
            classes()
                .iter()
                .map(|class| vec![class.name.to_owned(), class.idea.to_owned()])
                .collect(),
        ),
        Listed::Cases => (&["case"], cases(common, list)?),
        Listed::Subjects => (
            &["subject", "profile", "description"],
            compiled_in()
                .iter()
                .map(|subject| {
                    let profile = subject.profile().name().to_owned();
                    vec![
                        subject.name().to_owned(),
                        profile,
                        subject.description().to_owned(),
                    ]
                })
                .collect(),
        ),
    };
    let mut out = stdout().lock();
    if common.json {
        let objects: Vec<serde_json::Map<String, serde_json::Value>> = lines
            .into_iter()
            .map(|line| {
                let keys = header.iter().map(|key| (*key).to_owned());
                keys.zip(line.into_iter().map(serde_json::Value::from))
                    .collect()
            })
            .collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&objects)?)?;
    } else {
        write!(out, "{}", table(header, &[], lines.into_iter()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn ops(common: &Common) -> Result<Vec<Vec<String>>> {
    let references = common.references()?;
    let line = |reference: &crate::reference::Reference| {
        let op = &reference.op;
        let inputs: Vec<&str> = op.inputs.iter().map(|input| input.name.as_str()).collect();
        let formula = match &op.derivative_of {
            None => op.spec.formula_text.clone(),
            Some(input) => format!("gradient of {} with respect to {input}", op.spec.op),
        };
        vec![
            op.name.clone(),
            inputs.join(", "),
            formula,
            op.classes().join(" "),
        ]
    };
    Ok(references.iter().map(line).collect())
}

fn cases(common: &Common, list: &List) -> Result<Vec<Vec<String>>> {
    let references = common.references()?;
    let selection = list.selection.selection(&references)?;
    let trials = selection.trials(&references, list.selection.tier.tier())?;
    let ids = trials.iter().flat_map(|trial| {
        (0..trial.cases).map(|index| {
            let id = CaseId {
                op: trial.reference.op.name.clone(),
                dtype: trial.dtype,
                class: trial.class.name.to_owned(),
                index,
            };
            vec![id.to_string()]
        })
    });
    Ok(ids.collect())
}
