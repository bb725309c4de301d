//! The worst cases that are kept: each file in its one form, each case of its class's form, each recorded error as large as
//! recorded.

use super::{REFERENCES, reference};
use lossproof::cases::{CaseId, KNOWN_WORST, Tier, case, case_count, claim_holds, class_named};
use lossproof::measure::measure_case;
use lossproof::reference::DEFAULT_PRECISION_LIMIT;
use lossproof::subject::{compiled_in, subject_named};
use lossproof::worst_cases::{WorstCase, file_name, parse, render};
use lossproof_numerics::Dtype;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/worst_cases")
}

/// Every file, with its op and dtype.
fn files() -> Vec<(String, Dtype, String)> {
    let mut known = BTreeMap::new();
    for reference in REFERENCES.iter() {
        for dtype in Dtype::ALL {
            let op = reference.op.name.clone();
            known.insert(file_name(&op, dtype), (op, dtype));
        }
    }
    let entries = fs::read_dir(folder()).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let file = |name: String| {
        let (op, dtype) = known
            .get(&name)
            .unwrap_or_else(|| panic!("{name} is of no op"));
        let text = fs::read_to_string(folder().join(&name)).unwrap();
        (op.clone(), *dtype, text)
    };
    names.into_iter().map(file).collect()
}

fn cases(op: &str, dtype: Dtype, text: &str) -> Vec<WorstCase> {
    let signature = reference(op).signature();
    let read = parse(&file_name(op, dtype), text, &signature, dtype);
    read.unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn files_have_their_one_form() {
    assert!(files().len() >= 40);
    for (op, dtype, text) in files() {
        let written = render(
            &reference(&op).signature(),
            dtype,
            &cases(&op, dtype, &text),
        );
        assert!(written == text, "{op}.{dtype}.toml should read\n{written}");
    }
}

#[test]
fn every_kept_case_is_a_case_of_the_class() {
    let class = class_named(KNOWN_WORST).unwrap();
    for (op, dtype, text) in files() {
        let signature = reference(&op).signature();
        let kept = cases(&op, dtype, &text);
        for tier in [Tier::Quick, Tier::Full] {
            let count = case_count(&signature, dtype, class, tier);
            assert_eq!(count as usize, kept.len(), "{op} {dtype}");
        }
        for worst in &kept {
            let id: CaseId = format!("{op}/{dtype}/{KNOWN_WORST}/{:05}", worst.id)
                .parse()
                .unwrap();
            // No seed changes what was kept.
            let case = case(&signature, &id, 17).unwrap();
            assert_eq!(case.inputs, worst.inputs);
            claim_holds(&case, &signature).unwrap();
        }
        let beyond = format!("{op}/{dtype}/{KNOWN_WORST}/{:05}", kept.len());
        let message = case(&signature, &beyond.parse().unwrap(), 0).unwrap_err();
        assert!(message.to_string().contains("lossproof hunt --keep"));
    }
}

/// What the class claims, wherever the subject is compiled in.
#[test]
fn recorded_errors_are_reproduced() {
    let known: Vec<String> = compiled_in(&[])
        .iter()
        .map(|subject| subject.name().to_owned())
        .collect();
    let mut reproduced = 0;
    for (op, dtype, text) in files() {
        let reference = reference(&op);
        for worst in cases(&op, dtype, &text) {
            if !known.contains(&worst.found.subject) || worst.found.profile != "exact" {
                continue;
            }
            let subject = subject_named(&worst.found.subject, &[]).unwrap();
            let id = format!("{op}/{dtype}/{KNOWN_WORST}/{:05}", worst.id);
            let case = case(&reference.signature(), &id.parse().unwrap(), 0).unwrap();
            let measured = measure_case(reference, &case, &[&*subject], DEFAULT_PRECISION_LIMIT);
            let report = &measured.unwrap().subjects[0];
            let (lower, upper) = report.judged[worst.place].ulp_error.expect(&id);
            let (least, most) = worst.ulp_error;
            assert!(
                least <= lower && upper <= most,
                "{id}: {lower} … {upper} is measured, {least} … {most} recorded"
            );
            reproduced += 1;
        }
    }
    assert!(reproduced >= 40, "{reproduced}");
}
