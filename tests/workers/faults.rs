//! Every fault planted on one case: the verdict stands on that case and tells the fault, and all others are judged as usual.

use crate::bench::{OP, case_of, first_bits, start, tallies, usual};
use libtest_mimic::{Failed, Trial};
use lossproof::subject::{Answer, CaseCall, Subject};
use lossproof::worker::WorkerOptions;
use lossproof_numerics::Dtype;
use std::num::NonZeroUsize;
use std::time::Duration;

/// The case that meets the fault; it shares its message with others of its length.
const INDEX: u32 = 20;

/// A fault, its verdict, and what is told of it.
const FAULTS: [(&str, &str, &[&str]); 29] = [
    (
        "segfault",
        "crashed",
        &[
            "the worker ended by SIGSEGV before answering",
            "meeting segfault",
        ],
    ),
    (
        "abort",
        "crashed",
        &[
            "the worker ended by SIGABRT before answering",
            "meeting abort",
        ],
    ),
    (
        "exits with 0",
        "crashed",
        &[
            "the worker exited with code 0 before answering",
            "meeting exits",
        ],
    ),
    (
        "exits with 3",
        "crashed",
        &[
            "the worker exited with code 3 before answering",
            "meeting exits",
        ],
    ),
    (
        "hangs",
        "timed_out",
        &[
            "no answer within 4 s; the worker was stopped",
            "meeting hangs",
        ],
    ),
    (
        "answers late",
        "timed_out",
        &["no answer within 4 s", "meeting answers late"],
    ),
    (
        "closes its output",
        "crashed",
        &["closed its standard output", "meeting closes"],
    ),
    (
        "short frame",
        "garbled",
        &[
            "the message was cut short",
            "the worker exited with code 0",
            "meeting short",
        ],
    ),
    (
        "short frame, then hangs",
        "timed_out",
        &["bytes of one came", "meeting short"],
    ),
    (
        "over-long frame",
        "garbled",
        &["announces 1152921504606846976 bytes", "meeting over-long"],
    ),
    (
        "longer than any answer",
        "garbled",
        &["announces 4194304 bytes", "meeting longer"],
    ),
    (
        "not safetensors",
        "garbled",
        &["no safetensors blob", "meeting not"],
    ),
    (
        "garbage",
        "garbled",
        &[
            "text where a message is due, beginning \"loss = 1\"",
            "meeting garbage",
        ],
    ),
    (
        "wrong id",
        "garbled",
        &["the id of another request", "meeting wrong id"],
    ),
    ("no id", "garbled", &["no id", "meeting no id"]),
    (
        "wrong call",
        "garbled",
        &["the answer is to a call `hello`", "meeting wrong call"],
    ),
    (
        "wrong shape",
        "garbled",
        &[
            "the output `value` has the shape [1, 1], and [1] is due",
            "meeting",
        ],
    ),
    (
        "a row too many",
        "garbled",
        &[
            "the output `value` has the shape [2], and [1] is due",
            "meeting",
        ],
    ),
    (
        "wrong dtype",
        "garbled",
        &["the output `value` is of f64, and f32 is due", "meeting"],
    ),
    (
        "integers",
        "garbled",
        &["`value` has elements of I32", "meeting"],
    ),
    (
        "missing output",
        "garbled",
        &["lacks the output `value`; it has `result`", "meeting"],
    ),
    (
        "no tensors",
        "garbled",
        &["lacks the output `value`; it has no tensor", "meeting"],
    ),
    (
        "extra output",
        "garbled",
        &["where `value` alone is due", "`scratch`", "meeting"],
    ),
    (
        "megabytes on stderr, then aborts",
        "crashed",
        &["SIGABRT", "the last warning"],
    ),
    (
        "huge allocation",
        "crashed",
        &["ran out of memory and ended by SIGABRT", "8192 MiB"],
    ),
    (
        "surplus",
        "garbled",
        &["5 bytes follow the answer", "meeting surplus"],
    ),
    (
        "late surplus",
        "garbled",
        &["11 bytes follow the answer", "meeting late surplus"],
    ),
    ("error", "failed", &["no such kernel"]),
    (
        "trespass",
        "trespassed",
        &["wrote byte 0 past the output", "meeting trespass"],
    ),
];

pub fn trials() -> Vec<Trial> {
    let planted = FAULTS.into_iter().map(|(fault, verdict, told)| {
        Trial::test(format!("planted: {fault}"), move || {
            planted(fault, verdict, told)
        })
    });
    let harmless = ["none", "megabytes on stderr"]
        .map(|fault| Trial::test(format!("harmless: {fault}"), move || harmless_on_all(fault)));
    let others = [
        Trial::test("a second answer is not taken for another's", second_answers),
        Trial::test(
            "a fault of batches alone is charged to their rows",
            batches_alone,
        ),
        Trial::test(
            "a row that is refused alone explains no crash of its batch",
            batches_with_a_refusal,
        ),
        Trial::test(
            "a batch that hangs is charged to its rows",
            batches_that_hang,
        ),
        Trial::test(
            "a refusal of batches is not held against the rows",
            refused_batches,
        ),
        Trial::test("rows are asked alone where that is asked for", rows_alone),
        Trial::test(
            "a late surplus of an earlier lease says whose it is",
            late_elsewhere,
        ),
        Trial::test("what is given up says so", given_up),
    ];
    planted.chain(harmless).chain(others).collect()
}

fn limits(verdict: &str) -> WorkerOptions {
    let mut options = usual();
    if verdict == "timed_out" {
        options.call_limit = Duration::from_secs(4);
    }
    options
}

fn planted(fault: &str, verdict: &str, told: &[&str]) -> Result<(), Failed> {
    let case = case_of(INDEX);
    let subject = start(fault, Some(first_bits(&case)), &limits(verdict))?;
    let (found, ours) = tallies(&subject, 2);
    let [failure] = found.failures.as_slice() else {
        return Err(format!("not one failure: {:#?}", found.failures).into());
    };
    assert_eq!(failure.judged.verdict.name(), verdict);
    assert_eq!(failure.case, case.id);
    let account = failure.account.as_deref().unwrap_or_default();
    for part in told {
        assert!(account.contains(part), "no {part:?} in:\n{account}");
    }
    assert!(account.lines().count() <= 12, "bounded: {account}");
    assert!(!found.conforms());
    assert_eq!(found.cases, ours.cases);
    assert_eq!(found.values, ours.values - 1);
    let correct = |tally: &lossproof::measure::Tally| tally.verdicts.correctly_rounded;
    assert_eq!(
        correct(&found),
        correct(&ours) - 1,
        "all others are judged as usual"
    );
    Ok(())
}

fn rows_alone() -> Result<(), Failed> {
    let mut options = usual();
    options.rows_per_call = NonZeroUsize::new(1);
    let subject = start("aborts in batches", None, &options)?;
    let (found, ours) = tallies(&subject, 2);
    assert_eq!(found.verdicts, ours.verdicts);
    Ok(())
}

/// The case that did it is judged already: the fault stays where it was found, and says that it is another call's.
fn late_elsewhere() -> Result<(), Failed> {
    let (case, next) = (case_of(20), case_of(21));
    let subject = start("late surplus", Some(first_bits(&case)), &usual())?;
    let call = |inputs| {
        let call = CaseCall {
            inputs,
            output_length: 1,
        };
        subject.call_cases(OP, Dtype::F32, &[call]).remove(0)
    };
    assert!(matches!(call(&case.inputs), Answer::Values(_)));
    let Answer::Garbled(account) = call(&next.inputs) else {
        return Err("the fault is lost".into());
    };
    let told = "after an earlier call: 11 bytes follow the answer";
    assert!(account.contains(told), "{account}");
    assert!(matches!(call(&next.inputs), Answer::Values(_)));
    Ok(())
}

fn harmless_on_all(fault: &str) -> Result<(), Failed> {
    let subject = start(fault, None, &usual())?;
    let (found, ours) = tallies(&subject, 2);
    assert_eq!(found.verdicts, ours.verdicts);
    assert!(found.conforms(), "{:#?}", found.failures);
    Ok(())
}

fn second_answers() -> Result<(), Failed> {
    let subject = start("answers twice", None, &usual())?;
    let (found, ours) = tallies(&subject, 2);
    assert_eq!(found.cases, ours.cases);
    assert!(found.verdicts.garbled > 0, "{:?}", found.verdicts);
    assert_eq!(
        found.verdicts.wrong_class + found.verdicts.exceeds,
        0,
        "no answer stood for another"
    );
    Ok(())
}

fn batches_alone() -> Result<(), Failed> {
    let case = case_of(INDEX);
    let subject = start("aborts in batches", Some(first_bits(&case)), &usual())?;
    let (found, ours) = tallies(&subject, 2);
    let crashed = found.verdicts.crashed;
    assert!(
        crashed > 1,
        "every row of the message: {:?}",
        found.verdicts
    );
    assert_eq!(
        found.verdicts.correctly_rounded,
        ours.verdicts.correctly_rounded - crashed
    );
    let account = found.failures[0].account.as_deref().unwrap();
    let told = format!(
        "in a call of {crashed} rows, though each is answered alone: the worker ended by SIGABRT"
    );
    assert!(account.starts_with(&told), "{account}");
    Ok(())
}

fn batches_with_a_refusal() -> Result<(), Failed> {
    let case = case_of(INDEX);
    let fault = "aborts in batches, refuses alone";
    let subject = start(fault, Some(first_bits(&case)), &usual())?;
    let (found, ours) = tallies(&subject, 2);
    let crashed = found.verdicts.crashed;
    assert!(crashed > 1 && found.verdicts.failed == 0, "{found:?}");
    assert_eq!(
        found.verdicts.correctly_rounded,
        ours.verdicts.correctly_rounded - crashed
    );
    Ok(())
}

fn batches_that_hang() -> Result<(), Failed> {
    let case = case_of(INDEX);
    let mut options = usual();
    // Enough for the rows alone, which take milliseconds, on a machine that is busy.
    options.call_limit = Duration::from_secs(8);
    let subject = start("hangs in batches", Some(first_bits(&case)), &options)?;
    let (found, ours) = tallies(&subject, 2);
    let timed_out = found.verdicts.timed_out;
    assert!(timed_out > 1, "{:?}", found.verdicts);
    assert_eq!(
        found.verdicts.correctly_rounded,
        ours.verdicts.correctly_rounded - timed_out
    );
    Ok(())
}

fn refused_batches() -> Result<(), Failed> {
    let subject = start("refuses batches", None, &usual())?;
    let (found, ours) = tallies(&subject, 2);
    assert_eq!(found.verdicts, ours.verdicts);
    assert!(subject.remarks()[0].ends_with("made again row by row"));
    Ok(())
}

fn given_up() -> Result<(), Failed> {
    let mut options = usual();
    options.restarts = 2;
    let subject = start("abort", None, &options)?;
    let (found, ours) = tallies(&subject, 2);
    assert_eq!(found.verdicts.crashed, ours.cases);
    let accounts = || {
        found
            .failures
            .iter()
            .filter_map(|failure| failure.account.as_deref())
    };
    let ended = accounts()
        .filter(|account| account.contains("SIGABRT"))
        .count();
    let given_up = accounts()
        .filter(|account| account.starts_with("not run: "))
        .count();
    assert!(ended > 0 && given_up > 0, "{:#?}", found.failures);
    // The limit counts within a chunk of cases, so how they are shared among threads does not matter.
    let again = start("abort", None, &options)?;
    let (single, _) = tallies(&again, 1);
    let told = |tally: &lossproof::measure::Tally| format!("{:?}", tally.failures);
    assert_eq!(told(&single), told(&found));
    Ok(())
}
