//! What a hunt found, as JSON.

use super::arguments::Common;
use super::hunt_account::Quarry;
use super::hunt_arguments::HuntArguments;
use super::story::json_inputs;
use crate::hunt::{Find, Hunted};
use serde_json::{Value, json};

/// All that was hunted, as JSON.
pub(super) fn json(caught: &[Quarry<'_>], arguments: &HuntArguments, common: &Common) -> Value {
    let one = |quarry: &Quarry<'_>| {
        let judge = &quarry.judge;
        let hunted = &quarry.hunted;
        let find = |find: &Find| find_json(quarry, find);
        let faults = hunted.faults.iter().map(|fault| {
            json!({
                "verdict": fault.verdict.name(),
                "inputs": fault.inputs,
                "first": json_inputs(judge.reference, &fault.first),
            })
        });
        let mut answer = json!({
            "subject": judge.subject.name(),
            "profile": judge.reference.profile().name(),
            "op": judge.reference.op.name,
            "dtype": judge.dtype.name(),
            "objective": judge.objective.name(),
            "seed": common.seed,
            "evaluations": hunted.evaluations,
            "starts": quarry.starts,
            "complete": hunted.complete,
            "undecided": hunted.undecided,
            "found": hunted.find.as_ref().map(find),
            "shrunk": quarry.shrunk.as_ref().map(|(shrunk, _)| find(shrunk)),
            "shrink_evaluations": quarry.shrunk.as_ref().map(|(_, evaluations)| evaluations),
            "faults": faults.collect::<Vec<Value>>(),
            "kept": quarry.kept.map(|(index, _)| quarry.case_id(index)),
            "again": quarry.replay(arguments, common),
        });
        if let Some([cases, places]) = &quarry.baselines {
            let objective = |hunted: &Hunted| hunted.find.as_ref().map(|find| find.objective);
            answer["drawn_cases"] = json!(objective(cases));
            answer["drawn_numbers"] = json!(objective(places));
        }
        answer
    };
    caught.iter().map(one).collect()
}

fn find_json(quarry: &Quarry<'_>, find: &Find) -> Value {
    let worst = &find.worst;
    json!({
        "inputs": json_inputs(quarry.judge.reference, &find.case),
        "place": worst.place,
        "ulp_error": {"lower": worst.ulp_error.0, "upper": worst.ulp_error.1},
        "kappa": {"lower": worst.kappa.0, "upper": worst.kappa.1},
        "conditioned": worst.conditioned,
        "ceiling_ulps": worst.ceiling_ulps,
        "objective": find.objective,
        "by": find.by,
        "at": find.at,
    })
}
