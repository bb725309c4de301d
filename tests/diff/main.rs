//! What changed between two reports: each kind of change worked out by hand on edited copies of a small report, files that
//! cannot be compared, and the command end to end.

mod command;
mod kinds;

use serde_json::{Value, json};

/// A row of 100 values, one of them within the ceiling only, the largest error 0.75 ulp.
fn row(class: &str) -> Value {
    json!({
        "subject": "lib:./softmax.so", "op": "softmax", "dtype": "f32", "class": class,
        "cases": 10, "values": 100,
        "max_ulp": {"lower": 0.74, "upper": 0.75, "coverage": "sampled",
                    "worst_case": format!("softmax/f32/{class}/00003"), "worst_place": 0},
        "max_conditioned": 1.0, "worst_kappa": 2.0, "correctly_rounded": 99,
        "verdicts": {"correctly_rounded": 99, "faithful": 0, "within_bound": 1, "exceeds": 0, "wrong_class": 0,
                     "undecided": 0, "refused": 0, "failed": 0, "crashed": 0, "timed_out": 0, "garbled": 0,
                     "trespassed": 0, "unspecified": 0},
        "snapshot_ulp": null, "ceiling_ulp": 1.0, "conforms": true
    })
}

/// A sweep of four inputs, all of them correctly rounded.
fn sweep() -> Value {
    json!({
        "subject": "lib:./softmax.so", "kernels": "fnv1a64:0", "op": "softmax", "dtype": "f32", "domain": "rows_of_1",
        "description": "every encoding", "inputs": 4, "values": 4,
        "max_ulp": {"lower": 0.24, "upper": 0.25, "coverage": "exhaustive", "worst_input": "logits=0x1p+0",
                    "worst_place": 0, "result": "0x1p+0", "kappa": null},
        "correctly_rounded": 4,
        "verdicts": {"correctly_rounded": 4, "faithful": 0, "within_bound": 0, "exceeds": 0, "wrong_class": 0,
                     "undecided": 0, "refused": 0, "failed": 0, "crashed": 0, "timed_out": 0, "garbled": 0,
                     "trespassed": 0, "unspecified": 0},
        "histogram": [4], "histogram_edges": [], "clauses": {}, "undecided": [], "stale": null, "conforms": true
    })
}

fn report() -> Value {
    json!({
        "schema": "lossproof/report/1", "tool": "lossproof 0.1.0", "seed": 0, "tier": "quick", "profile": "exact",
        "precision_limit": 8192, "conforms": true,
        "subjects": [{"name": "lib:./softmax.so", "description": "a kernel", "profile": "exact", "gated": true,
                      "conforms": true}],
        "ops": [], "classes": [],
        "results": [row("ordinary"), row("ties")],
        "distributions": [], "sweeps": [sweep()],
        "clauses": [{"id": "SOFTMAX-NAN", "op": "softmax", "when": "any_nan(logits)", "accept": ["nan"], "why": "why",
                     "source": "source", "exercised": [{"subject": "lib:./softmax.so", "dtype": "f32", "values": 9,
                                                        "conforming": 9}]}],
        "waivers": [], "undecided": [], "not_tested": [], "properties": [],
        "property_results": [{"property": "shift", "subject": "lib:./softmax.so", "verdict": "holds", "checks": 5,
                              "failures": 0, "ops": {"softmax": ["f32"]}, "failed": [], "not_applicable": {}}],
        "self_proof": {"tier": "quick", "scores": [{"dtype": "f32", "mutants": 8, "killed": 8}], "weakest": null,
                       "mutants": [], "variants": [{"variant": "v", "op": "softmax", "what": "w", "trials": [
                           {"dtype": "f32", "ceiling": "1", "values": 3, "max_ulp": 0.6, "alarms": []}]}]}
    })
}

/// The report with one thing changed.
fn edited(edit: impl FnOnce(&mut Value)) -> Value {
    let mut report = report();
    edit(&mut report);
    report
}
