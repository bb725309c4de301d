//! What `check`, `list` and `selftest` do beyond a plain run: fewer cases, properties, times, one op in full, some kernels.

mod called;

use called::{has, lossproof};
use serde_json::Value;
use std::fs;

const SMALL: [&str; 6] = ["--op", "softmax", "--dtype", "f32", "--class", "zeros"];

fn with<'a>(first: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [first, &SMALL[..], more].concat()
}

#[test]
fn one_case_in_so_many() {
    let listed = |more: &[&str]| {
        let done = lossproof(&with(&["--json", "list", "cases"], more));
        let cases: Vec<Value> = serde_json::from_str(&done.stdout).unwrap();
        let ids = cases
            .iter()
            .map(|case| case["case"].as_str().unwrap().to_owned());
        ids.collect::<Vec<String>>()
    };
    let (all, some) = (listed(&[]), listed(&["--every", "7"]));
    let expected: Vec<String> = all.iter().step_by(7).cloned().collect();
    assert_eq!(some, expected);

    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (whole, part) = (file("whole.json"), file("part.json"));
    assert_eq!(lossproof(&with(&["check"], &["--save", &whole])).code, 0);
    let thinned = lossproof(&with(&["check"], &["--every", "7", "--save", &part]));
    assert_eq!(thinned.code, 0);
    has(&thinned.stdout, &[&format!("{} cases", some.len())]);
    let report: Value = serde_json::from_str(&fs::read_to_string(&part).unwrap()).unwrap();
    assert_eq!(report["results"][0]["cases"], some.len());
    // Maxima over other cases say nothing about the kernel.
    let compared = lossproof(&["diff", &whole, &part]);
    assert_eq!(compared.code, 2);
    has(&compared.stderr, &["tier", "one case in 7"]);

    let gate = lossproof(&["gate", "--every", "7"]);
    assert_eq!(gate.code, 2);
    has(&gate.stderr, &["over all cases", "lossproof check"]);
    let gate = lossproof(&["gate", "--seed", "1"]);
    assert_eq!(gate.code, 2);
    has(&gate.stderr, &["of seed 0", "lossproof check"]);
}

#[test]
fn properties_are_told_and_decide() {
    let ours = lossproof(&with(&["check", "builtin"], &["--properties"]));
    assert_eq!(ours.code, 0);
    has(&ours.stdout, &["run_to_run", "sums_to_one", "holds"]);
    let textbook = &["--json", "check", "builtin:textbook", "--op", "softmax"];
    let textbook = [
        textbook,
        &["--dtype", "f32", "--class", "ordinary", "--properties"][..],
    ];
    let textbook = lossproof(&textbook.concat());
    assert_eq!(textbook.code, 1);
    let answer: Value = serde_json::from_str(&textbook.stdout).unwrap();
    assert!(answer["results"].is_array());
    let rows = answer["properties"].as_array().unwrap().iter();
    let sums = rows.clone().find(|row| row["property"] == "sums_to_one");
    assert_eq!(sums.unwrap()["verdict"], "fails");
}

#[test]
fn times_are_shares_of_the_whole() {
    let done = lossproof(&with(&["check", "builtin"], &["--timing"]));
    let lines: Vec<&str> = done
        .stdout
        .lines()
        .filter(|line| line.starts_with("time: "))
        .collect();
    let [kernel, rest] = lines[..] else {
        panic!("{}", done.stdout);
    };
    let share = |line: &str| -> f64 {
        let before = line.split(" %").next().unwrap();
        before.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let sum = share(kernel) + share(rest);
    assert!((99.8..=100.2).contains(&sum), "{lines:?}");
}

#[test]
fn an_op_is_described_in_full() {
    let hinge = lossproof(&["list", "ops", "--op", "hinge_grad_labels"]);
    assert_eq!(hinge.code, 0);
    has(
        &hinge.stdout,
        &[
            "input     labels [rows, n]",
            "attribute margin [rows] = 1",
            "output    gradient [rows, n]",
            "differentiated with respect to labels",
        ],
    );
    let sampled = lossproof(&["list", "ops", "--op", "nce_loss"]);
    has(
        &sampled.stdout,
        &["weights [rows, m, n]", "samples [rows, k] of i64, from 0"],
    );
    let noted = lossproof(&[
        "--json",
        "list",
        "ops",
        "--op",
        "softmax_cross_entropy_with_logits",
    ]);
    let noted: Value = serde_json::from_str(&noted.stdout).unwrap();
    assert!(noted[0]["notes"].as_array().unwrap().len() >= 2, "{noted}");
}

#[test]
fn some_kernels_prove_themselves() {
    let one = lossproof(&["--json", "selftest", "mutant:softmax-no-max-shift"]);
    assert_eq!(one.code, 0);
    let proof: Value = serde_json::from_str(&one.stdout).unwrap();
    assert_eq!(proof["mutants"].as_array().unwrap().len(), 1);
    assert_eq!(proof["variants"].as_array().unwrap().len(), 0);
    let unknown = lossproof(&["selftest", "mutant:softmax-no-max-shif"]);
    assert_eq!(unknown.code, 2);
    has(
        &unknown.stderr,
        &["did you mean `mutant:softmax-no-max-shift`?"],
    );
}
