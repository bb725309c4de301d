//! `lossproof list`.

use super::arguments::{Common, List, Listed};
use super::describe;
use super::setup::require_known;
use super::table::table;
use crate::cases::{CaseId, classes};
use crate::spec::{Op, Profile, Spec};
use crate::subject::compiled_in;
use crate::sweep::domains;
use anyhow::Result;
use lossproof_numerics::Dtype;
use lossproof_oracle::formula::Function;
use std::io::{Write, stdout};
use std::process::ExitCode;

pub(super) fn run(common: &Common, list: &List) -> Result<ExitCode> {
    if matches!(list.what, Listed::Ops) && !list.selection.ops.is_empty() {
        return describe_ops(common, list);
    }
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
        Listed::Profiles => (
            &["profile", "op", "clause", "accepts", "when", "source"],
            profiles(common, list)?,
        ),
        Listed::Domains => (
            &[
                "op",
                "dtype",
                "domain",
                "inputs",
                "shards",
                "what is enumerated",
            ],
            domains_of(common, list)?,
        ),
        Listed::Functions => (&["function", "of", "meaning"], functions()),
        Listed::Subjects => (&["subject", "profile", "description"], subjects(common)?),
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

/// The ops that are named, in full.
fn describe_ops(common: &Common, list: &List) -> Result<ExitCode> {
    let references = common.references(Profile::Exact)?;
    let asked = list.selection.selection(&references)?.ops;
    let asked = references
        .iter()
        .filter(|reference| asked.contains(&reference.op.name));
    let mut out = stdout().lock();
    if common.json {
        let objects: Vec<serde_json::Value> = asked.map(describe::json).collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&objects)?)?;
    } else {
        let texts: Vec<String> = asked.map(describe::text).collect::<Result<_>>()?;
        write!(out, "{}", texts.join("\n"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The program's own subjects, those compiled in, and how to name others.
fn subjects(common: &Common) -> Result<Vec<Vec<String>>> {
    let compiled_in = compiled_in(&common.specs()?);
    let own = (common.own_subjects)();
    let lines = own.iter().chain(&compiled_in).map(|subject| {
        let cells = [
            subject.name(),
            subject.profile().name(),
            subject.description(),
        ];
        cells.map(str::to_owned).to_vec()
    });
    let others = [
        [
            "cmd:COMMAND",
            "its own",
            "any process that speaks worker protocol 1 on its standard input and output: 'cmd:python3 my_worker.py'; no \
             shell runs it",
        ],
        [
            "lib:PATH",
            "its own",
            "a shared library with the functions of lossproof.h, loaded in a process of its own: lib:./mine.so",
        ],
    ];
    let others = others.map(|cells| cells.map(str::to_owned).to_vec());
    Ok(lines.chain(others).collect())
}

/// The functions of formulas, conditions and ceilings.
fn functions() -> Vec<Vec<String>> {
    let line = |function: &Function| {
        let arguments = ["a", "b"][..function.arity()].join(", ");
        vec![
            format!("{}({arguments})", function.name()),
            function.signature().words().to_owned(),
            function.meaning().replace('`', ""),
        ]
    };
    Function::ALL.iter().map(line).collect()
}

/// What each profile's formulas and clauses say of each op, in the order in which they are tried.
fn profiles(common: &Common, list: &List) -> Result<Vec<Vec<String>>> {
    let specs = common.specs()?;
    let ops: Vec<Op> = specs.iter().flat_map(Spec::ops).collect();
    let names: Vec<&str> = ops.iter().map(|op| op.name.as_str()).collect();
    require_known("op", &list.selection.ops, &names, "lossproof list ops")?;
    let asked = |op: &&Op| list.selection.ops.is_empty() || list.selection.ops.contains(&op.name);
    let mut lines = Vec::new();
    for &profile in Profile::ALL {
        if list.profile.is_some_and(|only| only != profile) {
            continue;
        }
        for op in ops.iter().filter(asked) {
            let line = |clause: &str, accepts: String, when: &str, source: &str| {
                let cells = [profile.name(), &op.name, clause, &accepts, when, source];
                cells.map(str::to_owned).to_vec()
            };
            if let Some(own) = op.profile_formula(profile) {
                let accepts = format!("formula {}", own.formula_text);
                lines.push(line(
                    "–",
                    accepts,
                    "where no clause says otherwise",
                    &own.source,
                ));
            }
            lines.extend(op.clauses(profile).map(|clause| {
                let accept: Vec<&str> =
                    clause.accept.iter().map(|outcome| outcome.name()).collect();
                line(
                    &clause.id,
                    accept.join(" "),
                    &clause.when_text,
                    &clause.source,
                )
            }));
        }
    }
    Ok(lines)
}

fn ops(common: &Common) -> Result<Vec<Vec<String>>> {
    let references = common.references(Profile::Exact)?;
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

/// The domains of the ops and dtypes selected.
fn domains_of(common: &Common, list: &List) -> Result<Vec<Vec<String>>> {
    let references = common.references(Profile::Exact)?;
    let selection = list.selection.selection(&references)?;
    let op_asked = |op: &Op| selection.ops.is_empty() || selection.ops.contains(&op.name);
    let dtype_asked =
        |dtype: &Dtype| selection.dtypes.is_empty() || selection.dtypes.contains(dtype);
    let mut lines = Vec::new();
    for reference in references.iter().filter(|known| op_asked(&known.op)) {
        for dtype in Dtype::ALL.into_iter().filter(dtype_asked) {
            lines.extend(domains(&reference.op, dtype).into_iter().map(|domain| {
                let (inputs, shards) = (domain.size().to_string(), domain.shards().to_string());
                let (op, dtype) = (reference.op.name.clone(), dtype.name().to_owned());
                vec![op, dtype, domain.name, inputs, shards, domain.description]
            }));
        }
    }
    Ok(lines)
}

fn cases(common: &Common, list: &List) -> Result<Vec<Vec<String>>> {
    let specs = common.specs()?;
    let references = common.references_of(&specs, Profile::Exact)?;
    let mut selection = list.selection.selection(&references)?;
    if selection.ops.is_empty() {
        // As `check` selects: a user's own ops alone, where there are any.
        selection.ops = common.own_ops(&specs);
    }
    let trials = selection.trials(&references, list.selection.tier.tier())?;
    let ids = trials.iter().flat_map(|trial| {
        (0..trial.cases).map(|place| {
            let id = CaseId {
                op: trial.reference.op.name.clone(),
                dtype: trial.dtype,
                class: trial.class.name.to_owned(),
                index: place * trial.stride,
            };
            vec![id.to_string()]
        })
    });
    Ok(ids.collect())
}
