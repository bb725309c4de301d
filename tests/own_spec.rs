//! A loss of the user's own: a spec outside the repository's, as people give it to the command, and the subject that
//! computes any formula.

mod called;

use called::{has, lossproof, with_input};
use lossproof::cases::{Tensor, classes};
use lossproof::spec::{Spec, load_beside};
use lossproof::subject::{Answer, subject_named};
use lossproof_numerics::Dtype;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

const EXAMPLE: &str = "examples/least_squares.toml";
const FORMULA: &str = "builtin:formula";

/// Unusable input: exit code 2, nothing on standard output, and what is said about it.
fn refused(arguments: &[&str], parts: &[&str]) {
    let done = lossproof(arguments);
    assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{arguments:?}");
    has(&done.stderr, parts);
    assert!(!done.stderr.contains("panicked"), "{}", done.stderr);
}

fn example_text() -> String {
    fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(EXAMPLE)).unwrap()
}

fn example() -> Vec<Arc<Spec>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(EXAMPLE);
    let names: Vec<&str> = classes().iter().map(|class| class.name).collect();
    load_beside(Vec::new(), &[path], &names).unwrap()
}

fn matrix(numbers: &[f64], rows: usize) -> Tensor {
    Tensor::Matrix {
        numbers: numbers.to_vec(),
        rows,
        columns: numbers.len() / rows,
    }
}

fn row(numbers: &[f64]) -> Tensor {
    Tensor::Row(numbers.to_vec())
}

/// What the formula gives, computed step by step.
fn computed(op: &str, dtype: Dtype, inputs: &[Tensor], output_length: usize) -> Vec<f64> {
    let subject = subject_named(FORMULA, &example()).unwrap();
    match subject.call(op, dtype, inputs, output_length) {
        Answer::Values(values) => values,
        other => panic!("{op}: {other:?}"),
    }
}

/// M = [[1, 2], [3, 4]], x = (1, 1), b = (½, ½), y = (3, 7): residuals (−½, −½), loss ¼; with 2/m = 1 the gradients are
/// −Σ r_i M_ij = (2, 3) by x, −r_i = ½ by the offset and −r_i x_j = ½ by the matrix.
fn worked_inputs() -> [Tensor; 4] {
    [
        matrix(&[1.0, 2.0, 3.0, 4.0], 2),
        row(&[1.0, 1.0]),
        row(&[0.5, 0.5]),
        row(&[3.0, 7.0]),
    ]
}

const WORKED: [(&str, &[f64]); 4] = [
    ("least_squares", &[0.25]),
    ("least_squares_grad_matrix", &[0.5, 0.5, 0.5, 0.5]),
    ("least_squares_grad_x", &[2.0, 3.0]),
    ("least_squares_grad_offset", &[0.5, 0.5]),
];

#[test]
fn the_formula_and_its_derivatives_are_as_worked_out_by_hand() {
    for dtype in Dtype::ALL {
        for (op, expected) in WORKED {
            let values = computed(op, dtype, &worked_inputs(), expected.len());
            assert_eq!(values, expected, "{op} in {dtype}");
        }
    }
}

#[test]
fn each_operation_is_rounded() {
    // 2048 + 1 lies half-way between two f16 values and goes to the even one, so nothing is left of the residual 1.
    let inputs = [
        matrix(&[2048.0, 1.0], 1),
        row(&[1.0, 1.0]),
        row(&[0.0]),
        row(&[2048.0]),
    ];
    assert_eq!(computed("least_squares", Dtype::F16, &inputs, 1), [0.0]);
    assert_eq!(computed("least_squares", Dtype::F32, &inputs, 1), [1.0]);
    // 17² = 289 is no bf16 value: its neighbours are 288 and 290, and the tie goes to the even 288 = 144 · 2.
    let square = [matrix(&[0.0], 1), row(&[0.0]), row(&[0.0]), row(&[17.0])];
    assert_eq!(computed("least_squares", Dtype::Bf16, &square, 1), [288.0]);
}

#[test]
fn only_loaded_specs_have_a_formula() {
    let subject = subject_named(FORMULA, &example()).unwrap();
    assert!(subject.supports("least_squares_grad_x", Dtype::F16));
    assert!(!subject.supports("softmax", Dtype::F16));
    let answer = subject.call("softmax", Dtype::F16, &[row(&[1.0])], 1);
    assert_eq!(
        answer,
        Answer::Refused("no spec gives the op `softmax`".to_owned())
    );
    let unfit = [
        matrix(&[1.0, 2.0], 1),
        row(&[1.0]),
        row(&[0.0]),
        row(&[0.0]),
    ];
    let Answer::Refused(why) = subject.call("least_squares", Dtype::F64, &unfit, 1) else {
        panic!("a row of two numbers meets a vector of one");
    };
    has(&why, &["`x` makes n 1"]);
}

#[test]
fn references_of_a_loss_of_ones_own() {
    let inputs = json!({
        "matrix": [[1, 2], [3, 4]], "x": [1, 1], "offset": [0.5, "0x1p-1"], "targets": [3, 7],
    });
    for (op, expected) in WORKED {
        let line = json!({"id": op, "op": op, "dtype": "f32", "inputs": inputs}).to_string();
        let done = with_input(&["reference", "--spec", EXAMPLE], &line);
        assert_eq!(done.code, 0, "{}", done.stderr);
        let answer: Value = serde_json::from_str(&done.stdout).unwrap();
        let name = if op == "least_squares" {
            "loss"
        } else {
            "gradient"
        };
        let values = answer["outputs"][name].as_array().unwrap();
        let decimals: Vec<f64> = values
            .iter()
            .map(|value| value["decimal"].as_str().unwrap().parse().unwrap())
            .collect();
        assert_eq!(decimals, expected, "{op}");
        assert!(values.iter().all(|value| value["decided"] == json!(true)));
        if op == "least_squares" {
            // Σ|input · derivative| = 5 by the matrix, 5 by x, ½ by the offset and 5 by the targets, over ¼.
            assert_eq!(answer["kappa"].to_string(), "62.0");
        }
    }
    let ragged = json!({"op": "least_squares", "dtype": "f32", "inputs": {
        "matrix": [[1, 2], [3]], "x": [1, 1], "offset": [0, 0], "targets": [0, 0]}});
    let done = with_input(&["reference", "--spec", EXAMPLE], ragged.to_string());
    assert_eq!(done.code, 2);
    has(&done.stdout, &["`matrix[1]` has 1 numbers"]);
    // Without the file nobody knows the op.
    let line = json!({"op": "least_squares", "dtype": "f32", "inputs": inputs}).to_string();
    let done = with_input(&["reference"], &line);
    assert_eq!(done.code, 2);
    has(&done.stdout, &["unknown op `least_squares`"]);
}

#[test]
fn lists_know_the_loss() {
    let done = lossproof(&["list", "ops", "--spec", EXAMPLE, "--json"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let ops: Vec<Value> = serde_json::from_str(&done.stdout).unwrap();
    let names: Vec<&str> = ops.iter().map(|op| op["op"].as_str().unwrap()).collect();
    let own = WORKED.map(|(op, _)| op);
    assert!(names.ends_with(&own), "{names:?}");
    assert!(names.contains(&"softmax"));
    // Cases are those that `check` runs: of the user's own ops alone.
    let chosen = ["--dtype", "f16", "--class", "zeros"];
    let done = lossproof(&[&["list", "cases", "--spec", EXAMPLE, "--json"], &chosen[..]].concat());
    let cases: Vec<Value> = serde_json::from_str(&done.stdout).unwrap();
    let is_own = |case: &Value| case["case"].as_str().unwrap().starts_with("least_squares");
    assert!(!cases.is_empty() && cases.iter().all(is_own));
    let subjects = lossproof(&["list", "subjects"]);
    has(&subjects.stdout, &[FORMULA, "the spec's own formula"]);
}

#[test]
fn check_measures_the_loss_and_its_gradients() {
    let chosen = ["--spec", EXAMPLE, "--dtype", "f32", "--class", "zeros"];
    let done = lossproof(&[&["check"], &chosen[..]].concat());
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    // The ops of the file alone, and the subject that can run them.
    for (op, _) in WORKED {
        let line = done.stdout.lines().find(|line| {
            let mut words = line.split_whitespace();
            words.next() == Some(FORMULA) && words.next() == Some(op)
        });
        has(line.expect(op), &["f32", "ok"]);
    }
    assert_eq!(
        done.stdout.matches(FORMULA).count(),
        WORKED.len(),
        "{}",
        done.stdout
    );
    assert!(!done.stdout.contains(" softmax "), "{}", done.stdout);
    has(&done.stdout, &["sampled n=", ", 0 undecided"]);
    // An op that is named is measured, whoever's it is.
    let softmax = ["--op", "softmax", "--class", "zeros", "--dtype", "f16"];
    let done = lossproof(&[&["check", "--spec", EXAMPLE], &softmax[..]].concat());
    has(&done.stdout, &["builtin:formula  softmax"]);
}

#[test]
fn what_exceeds_is_found_and_told() {
    let chosen = ["--dtype", "f32", "--op", "least_squares"];
    let class = ["--class", "cancelling_sum"];
    let done = lossproof(&[&["check", "--spec", EXAMPLE], &chosen[..], &class[..]].concat());
    assert_eq!(done.code, 1, "{}", done.stdout);
    has(&done.stdout, &["DOES NOT CONFORM", "exceed the ceiling"]);
    // What it says to type next can be typed, and knows the file.
    let line = done.stdout.lines().last().unwrap();
    let (_, next) = line.split_once("lossproof ").expect(line);
    assert!(
        next.ends_with("builtin:formula --spec examples/least_squares.toml"),
        "{line}"
    );
    let told = lossproof(&next.split(' ').collect::<Vec<_>>());
    assert_eq!(told.code, 1, "{}", told.stderr);
    has(
        &told.stdout,
        &[
            "residuals = targets - (matvec(matrix, x) + offset)",
            "subject   builtin:formula",
            "verdict   exceeds",
        ],
    );
    // The subject need not be named: with a spec of one's own it is the formula.
    let case = next.split(' ').nth(1).unwrap();
    let same = lossproof(&["explain", case, "--spec", EXAMPLE]);
    assert_eq!(same.stdout, told.stdout);
}

#[test]
fn a_subject_without_a_kernel_for_the_loss_does_not_pass() {
    let chosen = ["--spec", EXAMPLE, "--dtype", "f64", "--class", "zeros"];
    let done = lossproof(&[&["check", "builtin"], &chosen[..]].concat());
    assert_eq!(done.code, 1, "{}", done.stdout);
    for (op, _) in WORKED {
        let line =
            format!("{op}/f64/zeros: the subject has no kernel for this op and dtype (builtin)");
        has(&done.stdout, &[&line]);
    }
}

#[test]
fn a_spec_with_a_mistake_is_refused_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my loss.toml");
    let file = path.to_str().unwrap();
    let write = |text: &str| fs::write(&path, text).unwrap();

    write(&example_text().replace("mean(square(residuals))", "mean(squar(residuals))"));
    let line = example_text()
        .lines()
        .position(|line| line.starts_with("formula "))
        .unwrap()
        + 1;
    let place = format!("my loss.toml:{line}:18");
    for command in [["check"].as_slice(), &["reference"], &["list", "ops"]] {
        refused(
            &[command, &["--spec", file]].concat(),
            &[
                "there is no function `squar`",
                &place,
                "^^^^^",
                "help: did you mean `square`?",
            ],
        );
    }

    write(&example_text().replace("least_squares", "softmax"));
    let clash = [
        "the op `softmax` is given by both specs/softmax.toml and ",
        "my loss.toml: rename",
    ];
    refused(&["check", "--spec", file], &clash);
    write(&example_text().replace("LEAST-SQUARES-NAN", "SOFTMAX-NAN"));
    let clash = ["the clause id `SOFTMAX-NAN` is used by both specs/softmax.toml and "];
    refused(&["list", "ops", "--spec", file], &clash);
    write(&example_text());
    let twice = ["the op `least_squares` is given by both "];
    refused(&["check", "--spec", file, "--spec", EXAMPLE], &twice);

    let missing = folder.path().join("none.toml");
    let missing = missing.to_str().unwrap();
    refused(
        &["check", "--spec", missing],
        &["cannot read `", "none.toml`"],
    );
    let unknown = [
        "unknown subject `builtin:formulas`",
        "builtin:formula, lib:PATH",
    ];
    refused(&["check", "--spec", file, "builtin:formulas"], &unknown);
    // What to type instead is quoted as a shell needs it.
    let quoted = format!("lossproof check --spec '{file}'");
    for command in ["gate", "report"] {
        let parts = [format!("`{command}` is about"), quoted.clone()];
        refused(
            &[command, "--spec", file],
            &parts.each_ref().map(String::as_str),
        );
    }
}
