//! Workers as people use them: exit codes, what is printed of a fault, and the same bytes at any number of threads.

use crate::bench::{CLASS, OP, case_of, first_bits, words};
use crate::called::{has, lossproof};
use libtest_mimic::Trial;

type Test = (&'static str, fn());

pub fn trials() -> Vec<Trial> {
    let tests: [Test; 6] = [
        (
            "check tells a fault, the case and how to see it again",
            check_tells,
        ),
        ("explain tells one case's fault", explain_tells),
        ("explain tells a fault of batches alone", explain_batches),
        (
            "check passes what conforms, for the kernels that there are",
            conforming,
        ),
        ("a subject that cannot be run is exit code 3", exit_code),
        ("list explains how to name one", listed),
    ];
    tests
        .into_iter()
        .map(|(name, test)| {
            Trial::test(name, move || {
                test();
                Ok(())
            })
        })
        .collect()
}

fn named(fault: &str, trigger: Option<u32>) -> String {
    let words: Vec<String> = words(fault, trigger)
        .iter()
        .map(|word| format!("\"{word}\""))
        .collect();
    format!("cmd:{}", words.join(" "))
}

fn check_tells() {
    let case = case_of(20);
    let subject = named("segfault", Some(first_bits(&case)));
    let check = |threads: &str| {
        lossproof(&[
            "check",
            &subject,
            "--op",
            OP,
            "--dtype",
            "f32",
            "--class",
            CLASS,
            "--call-limit",
            "60",
            "--threads",
            threads,
        ])
    };
    let done = check("1");
    assert_eq!(done.code, 1, "{}{}", done.stdout, done.stderr);
    has(
        &done.stdout,
        &[
            &format!(
                "{OP}/f32/{CLASS}: 1 × crashed: lossproof explain {} 'cmd:",
                case.id
            ),
            " --call-limit 60",
            "    the worker ended by SIGSEGV before answering; its last lines:",
            "      meeting segfault",
        ],
    );
    assert_eq!(
        check("4").stdout,
        done.stdout,
        "the same bytes at any number of threads"
    );
}

fn explain_tells() {
    let case = case_of(20);
    let id = case.id.to_string();
    let subject = named("abort", Some(first_bits(&case)));
    let done = lossproof(&["explain", &id, &subject]);
    assert_eq!(done.code, 1, "{}", done.stderr);
    has(
        &done.stdout,
        &[
            "answer    crashed: the worker ended by SIGABRT",
            "meeting abort",
            "verdict   crashed",
        ],
    );
    let done = lossproof(&["explain", &id, &subject, "--json"]);
    let told: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(told["verdict"], "crashed");
    has(told["account"].as_str().unwrap_or_default(), &["SIGABRT"]);
    let other = case_of(21).id.to_string();
    assert_eq!(
        lossproof(&["explain", &other, &subject]).code,
        0,
        "another case is right"
    );
}

fn explain_batches() {
    let id = case_of(20).id.to_string();
    let subject = named("aborts in batches", None);
    let done = lossproof(&["explain", &id, &subject]);
    assert_eq!(done.code, 1, "{}", done.stderr);
    has(
        &done.stdout,
        &[
            "verdict   correctly_rounded",
            &format!("{OP}/f32/{CLASS}/00000 to {OP}/f32/{CLASS}/00031:"),
            "answer    crashed: in a call of ",
            "though each is answered alone: the worker ended by SIGABRT",
            "verdict   crashed",
        ],
    );
    let done = lossproof(&["explain", &id, &subject, "--json"]);
    let told: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(told["verdict"], "correctly_rounded");
    assert_eq!(told["beside_others"]["verdict"], "crashed");
    let alone = lossproof(&["explain", &id, &subject, "--rows-per-call", "1"]);
    assert_eq!(alone.code, 0, "{}", alone.stdout);
    assert!(!alone.stdout.contains("answers otherwise"));
}

fn conforming() {
    let subject = named("none", None);
    let done = lossproof(&["check", &subject, "--class", CLASS]);
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    has(&done.stdout, &[OP, "softmax", "not tested: "]);
    let done = lossproof(&[
        "check", &subject, "--op", OP, "--dtype", "f64", "--class", CLASS,
    ]);
    assert_eq!(done.code, 1, "asked for by name");
    has(
        &done.stdout,
        &["the subject has no kernel for this op and dtype"],
    );
}

fn exit_code() {
    let subject = named("dies at start", None);
    for command in [
        vec!["check", &subject],
        vec!["explain", "softmax/f32/ordinary/00001", &subject],
    ] {
        let done = lossproof(&command);
        assert_eq!(
            (done.code, done.stdout.as_str()),
            (3, ""),
            "{}",
            done.stderr
        );
        has(
            &done.stderr,
            &[
                "dies at start",
                "could not be run: the worker exited with code 1",
                "no module named numpy",
            ],
        );
    }
    let silent = named("silent", None);
    let done = lossproof(&["check", &silent, "--startup-limit", "0.5"]);
    assert_eq!(done.code, 3);
    has(&done.stderr, &["did not introduce itself within 0.5 s"]);
}

fn listed() {
    let done = lossproof(&["list", "subjects"]);
    has(
        &done.stdout,
        &["cmd:COMMAND", "lib:PATH", "worker protocol 1"],
    );
}
