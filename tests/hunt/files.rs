//! Files of worst cases: what they say, what they refuse, and the one form that they have.

use super::reference;
use lossproof::cases::Tensor;
use lossproof::worst_cases::{parse, render};
use lossproof_numerics::Dtype;

const SPARSE: &str = "sparse_softmax_cross_entropy_with_logits";

const GOOD: &str = r#"
[[case]]
id = 0
inputs.logits = ["0x1.8p+3", "0x0p+0 * 3", "-inf", "bits:7fc00001"]
inputs.label = 1
place = 0
ulps = [16714200.0, inf]
subject = "builtin:textbook"
version = "0.1.0"
profile = "exact"
objective = "ulps"
seed = 7
evaluations = 10000
longest = 32
fresh = true
by = "step, from class ties"
"#;

fn refusal(op: &str, text: &str) -> String {
    let signature = reference(op).signature();
    let read = parse("sparse.f32.toml", text, &signature, Dtype::F32);
    read.expect_err(text).to_string()
}

#[test]
fn a_file_is_read_and_written_the_same() {
    let signature = reference(SPARSE).signature();
    let read = |text: &str| parse("sparse.f32.toml", text, &signature, Dtype::F32).unwrap();
    let cases = read(GOOD);
    let row = cases[0].inputs[0].as_row().unwrap();
    assert_eq!(row[..5], [12.0, 0.0, 0.0, 0.0, f64::NEG_INFINITY]);
    assert!(row[5].is_nan());
    assert_eq!(cases[0].inputs[1], Tensor::Index(1));
    assert_eq!((cases[0].lengths.n, cases[0].found.seed), (6, 7));
    assert!(cases[0].ulp_error.1.is_infinite());
    let written = render(&signature, Dtype::F32, &cases);
    assert_eq!(render(&signature, Dtype::F32, &read(&written)), written);
    assert!(written.contains("\"0x0p+0 * 3\", \"-inf\", \"bits:7fc00001\""));
}

#[test]
fn whatever_else_stands_in_a_file_is_refused_at_its_line() {
    for (from, to, parts) in [
        ("place = 0", "palce = 0", &["palce", "line 6"][..]),
        ("seed = 7\n", "", &["seed"]),
        (
            "inputs.logits",
            "inputs.logit",
            &["`logit` is no input", "did you mean `logits`", "line 4"],
        ),
        ("inputs.label = 1\n", "", &["`inputs.label` is missing"]),
        ("label = 1", "label = 6", &["holds 6", "range of 6"]),
        (
            "label = 1",
            "label = \"1\"",
            &["`inputs.label`", "whole numbers", "line 5"],
        ),
        ("\"0x1.8p+3\"", "12.0", &["texts in hex", "line 4"]),
        ("0x1.8p+3", "12", &["`12` is no hex float"]),
        (
            "0x1.8p+3",
            "0x1.8000001p+3",
            &["no finite value of f32", "0x1.8p+3"],
        ),
        ("0x1.8p+3", "0x1p+128", &["no finite value of f32"]),
        ("* 3", "* 1", &["whole number above 1"]),
        ("16714200.0, inf", "2.0, 1.0", &["`ulps`", "line 7"]),
        ("16714200.0, inf", "nan, 1.0", &["`ulps`"]),
        (
            "\"exact\"",
            "\"exakt\"",
            &["unknown profile `exakt`", "line 10"],
        ),
        (
            "\"builtin:textbook\"",
            "\" \"",
            &["`subject` is empty", "line 8"],
        ),
        ("id = 0", "id = 1", &["the id is 1, and 0 is due", "line 2"]),
        ("id = 0", "id = -1", &["line 3"]),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let message = refusal(SPARSE, &GOOD.replacen(from, to, 1));
        for part in parts.iter().chain(&["sparse.f32.toml"]) {
            assert!(message.contains(part), "no `{part}` in: {message}");
        }
    }
    let twice = format!("{GOOD}{}", GOOD.replacen("id = 0", "id = 1", 1));
    assert!(refusal(SPARSE, &twice).contains("case 1 has the inputs of case 0"));
    assert!(refusal(SPARSE, "case = []").contains("there is no case"));
    assert!(refusal(SPARSE, "").contains("missing field `case`"));
}

#[test]
fn inputs_agree_in_their_lengths() {
    let pair = |p: &str, q: &str| {
        GOOD.replace(
            "inputs.logits = [\"0x1.8p+3\", \"0x0p+0 * 3\", \"-inf\", \"bits:7fc00001\"]",
            p,
        )
        .replace("inputs.label = 1", q)
    };
    let text = pair("inputs.p = [\"0x1p+0\"]", "inputs.q = [\"0x1p+0 * 2\"]");
    assert!(refusal("kl_divergence", &text).contains("do not agree in their lengths"));
    let op = "mean_softmax_cross_entropy_with_logits";
    let text = pair(
        "inputs.logits = [[\"0x1p+0\"], [\"0x1p+0 * 2\"]]",
        "inputs.labels = [[\"0x1p+0\"], [\"0x1p+0\"]]",
    );
    assert!(refusal(op, &text).contains("rows of different lengths"));
    let text = pair(
        "inputs.logits = [\"0x1p+0\"]",
        "inputs.labels = [[\"0x1p+0\"]]",
    );
    assert!(refusal(op, &text).contains("a list"));
    let text = pair(
        "inputs.logits = [[\"0x1p+0 * 3\"], [\"0x0p+0 * 3\"]]",
        "inputs.labels = [[\"0x1p+0\", \"0x0p+0\", \"0x0p+0\"], [\"0x0p+0 * 3\"]]",
    );
    let signature = reference(op).signature();
    let cases = parse("mean.f32.toml", &text, &signature, Dtype::F32).unwrap();
    assert_eq!((cases[0].lengths.m, cases[0].lengths.n), (2, 3));
    let written = render(&signature, Dtype::F32, &cases);
    let again = parse("mean.f32.toml", &written, &signature, Dtype::F32).unwrap();
    assert_eq!(again, cases);
}
