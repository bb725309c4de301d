//! `lossproof hunt` as people type it: what it prints, keeps and refuses, and what becomes of a kept case.

use super::called::{has, lossproof};
use serde_json::Value;
use std::fs;

const TEXTBOOK: [&str; 8] = [
    "hunt",
    "builtin:textbook",
    "--op",
    "softmax",
    "--dtype",
    "f16",
    "--longest",
    "8",
];

fn with(more: &[&str]) -> Vec<String> {
    let all = TEXTBOOK.iter().chain(more);
    all.map(|&text| text.to_owned()).collect()
}

fn call(arguments: &[String]) -> super::called::Done {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    lossproof(&arguments)
}

#[test]
fn a_find_is_told_and_told_the_same_on_any_number_of_threads() {
    let one = call(&with(&["--evaluations", "300", "--threads", "1"]));
    let two = call(&with(&["--evaluations", "300", "--threads", "2"]));
    assert_eq!(one.code, 1, "{}", one.stderr);
    assert_eq!(one.stdout, two.stdout);
    has(
        &one.stdout,
        &[
            "hunted builtin:textbook by ulps, seed 0",
            "found by",
            "shrunk",
            "ulp at probabilities[",
            "logits [",
            "further evaluations",
            "lossproof hunt builtin:textbook --op softmax --dtype f16 --evaluations 300 --longest 8",
        ],
    );
    let other = call(&with(&["--evaluations", "300", "--seed", "1"]));
    assert_ne!(one.stdout, other.stdout);
}

#[test]
fn a_time_limit_says_how_to_repeat_what_it_found() {
    let timed = call(&with(&["--seconds", "0.3", "--json"]));
    let told: Value = serde_json::from_str(&timed.stdout).unwrap();
    let count = told[0]["evaluations"].to_string();
    let again = call(&with(&["--evaluations", &count, "--json"]));
    let again: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(told[0]["found"], again[0]["found"]);
    assert_eq!(told[0]["again"], again[0]["again"]);
}

#[test]
fn ours_conforms_and_has_nothing_to_keep() {
    let folder = tempfile::tempdir().unwrap();
    let golden = folder.path().to_str().unwrap();
    let done = lossproof(&[
        "hunt",
        "--op",
        "sigmoid",
        "--dtype",
        "bf16",
        "--evaluations",
        "200",
        "--keep",
        "--golden",
        golden,
    ]);
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    has(
        &done.stdout,
        &["hunted builtin by ulps", "no worse than correct rounding"],
    );
    assert!(!folder.path().join("worst_cases").exists());
}

#[test]
fn a_comparison_shows_both_ways_of_sampling() {
    let done = call(&with(&["--evaluations", "400", "--compare"]));
    has(
        &done.stdout,
        &["drawn cases", "drawn numbers", "ahead", "×", "--fresh"],
    );
    let done = call(&with(&["--evaluations", "400", "--compare", "--json"]));
    let told: Value = serde_json::from_str(&done.stdout).unwrap();
    assert!(told[0]["drawn_cases"].is_f64() && told[0]["drawn_numbers"].is_f64());
    assert_eq!(told[0]["starts"], 0);
}

#[test]
fn a_kept_case_is_met_by_everybody() {
    let folder = tempfile::tempdir().unwrap();
    let golden = folder.path().to_str().unwrap();
    let keep = ["--evaluations", "300", "--keep", "--golden", golden];
    let done = call(&with(&keep));
    has(
        &done.stdout,
        &[
            "kept as   softmax/f16/known_worst/00000",
            "lossproof explain",
        ],
    );
    let again = call(&with(&[
        "--evaluations",
        "300",
        "--fresh",
        "--keep",
        "--golden",
        golden,
    ]));
    has(&again.stdout, &["known as  softmax/f16/known_worst/00000"]);
    let other = call(&with(&[
        "--seed",
        "5",
        "--evaluations",
        "100",
        "--fresh",
        "--keep",
        "--golden",
        golden,
    ]));
    has(&other.stdout, &["kept as   softmax/f16/known_worst/00001"]);
    let file = folder.path().join("worst_cases/softmax.f16.toml");
    let text = fs::read_to_string(&file).unwrap();
    has(
        &text,
        &[
            "id = 0",
            "id = 1",
            "subject = \"builtin:textbook\"",
            "seed = 5",
            "objective = \"ulps\"",
        ],
    );

    let worst = folder.path().join("worst_cases");
    let worst = ["--worst-cases", worst.to_str().unwrap()];
    let listed = lossproof(&[&["list", "cases", "--class", "known_worst"], &worst[..]].concat());
    has(
        &listed.stdout,
        &[
            "softmax/f16/known_worst/00000\n",
            "softmax/f16/known_worst/00001\n",
        ],
    );
    assert_eq!(listed.stdout.lines().count(), 3);
    let id = "softmax/f16/known_worst/00000";
    let told = lossproof(&[&["explain", id, "builtin:textbook"], &worst[..]].concat());
    assert_eq!(told.code, 1);
    has(
        &told.stdout,
        &[
            "origin    found for builtin:textbook 0.1.0, which is",
            "verdict   exceeds",
        ],
    );
    let ours = lossproof(&[&["check", "--class", "known_worst"], &worst[..]].concat());
    assert_eq!(ours.code, 0, "{}{}", ours.stdout, ours.stderr);
    has(&ours.stdout, &["softmax  f16", "2 cases"]);
    let theirs = lossproof(
        &[
            &[
                "check",
                "builtin:textbook",
                "--op",
                "softmax",
                "--dtype",
                "f16",
            ],
            &worst[..],
        ]
        .concat(),
    );
    let options = format!("builtin:textbook {} {}", worst[0], worst[1]);
    has(&theirs.stdout, &["softmax/f16/known_worst: ", &options]);
}

#[test]
fn what_was_found_is_where_the_next_hunt_starts() {
    let folder = tempfile::tempdir().unwrap();
    let golden = folder.path().to_str().unwrap();
    for seed in ["0", "5"] {
        call(&with(&[
            "--seed",
            seed,
            "--evaluations",
            "100",
            "--keep",
            "--golden",
            golden,
        ]));
    }
    let next = call(&with(&[
        "--evaluations",
        "100",
        "--golden",
        golden,
        "--json",
    ]));
    let next: Value = serde_json::from_str(&next.stdout).unwrap();
    assert_eq!(next[0]["starts"], 2);
    assert!(next[0]["found"]["by"].as_str().is_some());

    let file = folder.path().join("worst_cases/softmax.f16.toml");
    let text = fs::read_to_string(&file).unwrap();
    let worst = folder.path().join("worst_cases");
    let worst = ["--worst-cases", worst.to_str().unwrap()];
    fs::write(&file, text.replacen("place", "palce", 1)).unwrap();
    let broken = lossproof(&[&["check", "--op", "softmax"], &worst[..]].concat());
    assert_eq!(broken.code, 2);
    has(&broken.stderr, &["softmax.f16.toml", "palce"]);
    fs::rename(&file, file.with_file_name("softmx.f16.toml")).unwrap();
    let stranger = lossproof(&[&["check", "--op", "softmax"], &worst[..]].concat());
    assert_eq!(stranger.code, 2);
    has(&stranger.stderr, &["softmx.f16.toml", "of no op and dtype"]);
}

#[test]
fn an_op_without_known_worst_cases_has_no_trial_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let none = ["--worst-cases", folder.path().to_str().unwrap()];
    let selected = [
        "check",
        "--op",
        "softmax",
        "--dtype",
        "f32",
        "--class",
        "known_worst",
    ];
    let empty = lossproof(&[&selected[..], &none].concat());
    assert_eq!(empty.code, 2);
    has(
        &empty.stderr,
        &["no op, dtype and class fits the selection"],
    );
    let zeros = [
        "check",
        "--op",
        "softmax",
        "--dtype",
        "f32",
        "--class",
        "known_worst,zeros",
    ];
    let some = lossproof(&[&zeros[..], &none].concat());
    assert_eq!(some.code, 0, "{}", some.stderr);
    let none = lossproof(&[&["explain", "softmax/f32/known_worst/00000"], &none[..]].concat());
    assert_eq!(none.code, 2);
    has(
        &none.stderr,
        &["the known worst cases of softmax in f32 are 0"],
    );
}

#[test]
fn what_cannot_be_hunted_is_refused_with_a_remedy() {
    for (arguments, parts) in [
        (&["hunt"][..], &["--op <OP>"][..]),
        (
            &["hunt", "--op", "softmx"],
            &["did you mean `softmax`", "lossproof list ops"],
        ),
        (
            &["hunt", "builtin:textbook", "--op", "sigmoid"],
            &["no kernel for sigmoid"],
        ),
        (
            &[
                "hunt",
                "builtin:textbook",
                "--op",
                "sigmoid",
                "--dtype",
                "f32",
            ],
            &["no kernel `sigmoid` for f32"],
        ),
        (
            &["hunt", "--op", "softmax", "--class", "one_hot"],
            &["no class of softmax", "ordinary"],
        ),
        (
            &["hunt", "--op", "softmax", "--seconds", "0"],
            &["0 seconds"],
        ),
        (
            &[
                "hunt",
                "--op",
                "softmax",
                "--seconds",
                "1",
                "--evaluations",
                "5",
            ],
            &["cannot be used with"],
        ),
        (
            &["hunt", "--op", "softmax", "--longest", "4096"],
            &["1..=1024"],
        ),
        (
            &[
                "hunt",
                "--op",
                "sparse_softmax_cross_entropy_with_logits",
                "--class",
                "late_label",
            ],
            &["no class of", "at most 64", "--longest"],
        ),
    ] {
        let done = lossproof(arguments);
        assert_eq!(done.code, 2, "{arguments:?}: {}", done.stdout);
        has(&done.stderr, parts);
        assert!(!done.stderr.contains("panicked"));
    }
    let unstarted = lossproof(&["hunt", "lib:./no_such.so", "--op", "softmax"]);
    assert_eq!(unstarted.code, 3, "{}", unstarted.stderr);
}

#[test]
fn help_says_what_the_search_does() {
    let help = lossproof(&["hunt", "--help"]);
    assert_eq!(help.code, 0);
    has(
        &help.stdout,
        &[
            "bisects",
            "--objective",
            "conditioned",
            "Exit codes",
            "--compare",
            "golden",
            "known_worst",
        ],
    );
}
