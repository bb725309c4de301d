//! The command as people type it: exit codes, messages, tables, JSON, and Ctrl-C.

mod called;

use called::{has, lossproof, with_input};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::Duration;

const TEXTBOOK: &str = "builtin:textbook";
const SPARSE: &str = "sparse_softmax_cross_entropy_with_logits";

/// Unusable input: exit code 2, nothing on standard output, and what is said about it.
fn refused(arguments: &[&str], parts: &[&str]) {
    let done = lossproof(arguments);
    assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{arguments:?}");
    has(&done.stderr, parts);
    assert!(!done.stderr.contains("panicked"), "{}", done.stderr);
}

#[test]
fn help_names_the_options_of_each_command() {
    let selection = ["--op", "--dtype", "--class", "--tier", "quick", "full"];
    let common = [
        "--specs",
        "--spec <FILE>",
        "--threads",
        "--seed",
        "--precision-limit",
        "--json",
    ];
    let commands: [(&str, &[&str]); 10] = [
        (
            "check",
            &[
                "[SUBJECT]...",
                "--per-class",
                "--profile",
                "--save",
                "--markdown",
                "--properties",
                "--tolerances",
                "--timing",
                "--every",
                "--call-limit",
            ],
        ),
        ("diff", &["--markdown", "--allow-removed", "--force"]),
        ("league", &["--frameworks", "--findings", "--every"]),
        ("init", &["python", "rust", "--out"]),
        ("selftest", &["[KERNEL]...", "--tier"]),
        ("gate", &["--golden"]),
        ("report", &["--out", "--golden"]),
        ("reference", &["--kappa-up-to"]),
        (
            "explain",
            &["<CASE_ID>", "[SUBJECT]", "--place", "--all", "--profile"],
        ),
        (
            "list",
            &[
                "ops",
                "classes",
                "cases",
                "subjects",
                "profiles",
                "functions",
            ],
        ),
    ];
    let top = lossproof(&["--help"]);
    assert_eq!(top.code, 0);
    has(
        &top.stdout,
        &["Exit codes: 0 conforms, 1 does not conform", "Examples:"],
    );
    for (name, options) in commands {
        has(&top.stdout, &[name]);
        let help = lossproof(&[name, "--help"]);
        assert_eq!(help.code, 0, "{name}");
        has(&help.stdout, options);
        has(&help.stdout, &common);
        if ["check", "gate", "league", "list"].contains(&name) {
            has(&help.stdout, &selection);
        }
    }
    assert_eq!(lossproof(&["--version"]).stdout, "lossproof 0.1.0\n");
}

#[test]
fn check_passes_our_kernels_and_not_the_textbook() {
    let chosen = ["--op", "softmax", "--dtype", "f16", "--class", "masked"];
    let ours = lossproof(&[&["check"], &chosen[..]].concat());
    assert_eq!(ours.code, 0, "{}", ours.stdout);
    has(
        &ours.stdout,
        &[
            "builtin",
            "0.499844",
            "sampled n=6932",
            "6932/6932",
            "0 undecided",
        ],
    );
    assert!(!ours.stdout.contains("DOES NOT CONFORM"));
    let textbook = lossproof(&[&["check", TEXTBOOK], &chosen[..]].concat());
    assert_eq!(textbook.code, 1);
    has(
        &textbook.stdout,
        &["DOES NOT CONFORM", "values exceed the ceiling"],
    );
    // The line says what to type next, and what it says can be typed.
    let line = textbook.stdout.lines().last().unwrap();
    let (_, next) = line.split_once("lossproof ").expect(line);
    assert!(next.starts_with("explain softmax/f16/masked/"), "{line}");
    let explained = lossproof(&next.split(' ').collect::<Vec<_>>());
    assert_eq!(explained.code, 1, "{}", explained.stderr);
    has(
        &explained.stdout,
        &["subject   builtin:textbook", "verdict   exceeds"],
    );
    // One of two failing is failing.
    let both = lossproof(&[&["check", "builtin", TEXTBOOK, "--per-class"], &chosen[..]].concat());
    assert_eq!(both.code, 1);
    assert_eq!(both.stdout.matches("DOES NOT CONFORM").count(), 1);
}

#[test]
fn check_judges_by_the_profile_asked_for() {
    let chosen = [
        "--op",
        "kl_divergence",
        "--dtype",
        "f16",
        "--class",
        "zeros_in_support",
    ];
    let ours = lossproof(&[&["check"], &chosen[..]].concat());
    assert_eq!(ours.code, 0, "{}", ours.stdout);
    has(&ours.stdout, &["judged by the profile exact\n"]);
    let torch = lossproof(&[&["check", "--profile", "torch"], &chosen[..]].concat());
    assert_eq!(torch.code, 1, "{}", torch.stdout);
    has(&torch.stdout, &["judged by the profile torch\n"]);
    // What it says to type next tells the same story, by the same clauses.
    let line = torch.stdout.lines().last().unwrap();
    let (_, next) = line.split_once("lossproof ").expect(line);
    assert!(next.ends_with("builtin --profile torch"), "{line}");
    let explained = lossproof(&next.split(' ').collect::<Vec<_>>());
    assert_eq!(explained.code, 1, "{}", explained.stderr);
    has(
        &explained.stdout,
        &[
            "profile   torch",
            "clause    KL-BOTH-ZERO",
            "accepts nan",
            "verdict   wrong_class",
        ],
    );
    let case = next.split(' ').nth(1).unwrap();
    assert_eq!(lossproof(&["explain", case]).code, 0);
    let keras = lossproof(&[&["check", "--profile", "keras"], &chosen[..]].concat());
    assert_eq!(keras.code, 0, "{}", keras.stdout);
    has(
        &keras.stdout,
        &["unspecified", "not judged: ", "under the clause KL-CLIPPED"],
    );
    let unsettled = lossproof(&["explain", case, "--profile", "keras"]);
    assert_eq!(unsettled.code, 0);
    has(
        &unsettled.stdout,
        &[
            "verdict   unspecified",
            "nobody has settled what is right here",
        ],
    );
    refused(&["check", "--profile", "pytorch"], &["torch", "exact"]);
}

#[test]
fn list_profiles_says_what_each_settles_and_leaves_open() {
    let op = "softmax_cross_entropy_with_logits_grad_logits";
    let listed = |profile: &str| -> Vec<Value> {
        let arguments = [
            "list",
            "profiles",
            "--profile",
            profile,
            "--op",
            op,
            "--json",
        ];
        let done = lossproof(&arguments);
        assert_eq!(done.code, 0, "{}", done.stderr);
        serde_json::from_str(&done.stdout).unwrap()
    };
    let ids = |rows: &[Value]| -> Vec<String> {
        let ids = rows
            .iter()
            .map(|row| row["clause"].as_str().unwrap().to_owned());
        ids.collect()
    };
    let rows = listed("tensorflow");
    assert_eq!(rows[0]["accepts"], "formula softmax(logits) - labels");
    assert!(ids(&rows).contains(&"XENT-NON-DISTRIBUTION-TENSORFLOW".to_owned()));
    let exact = listed("exact");
    assert_eq!(ids(&exact)[0], "XENT-NAN");
    let is_ours = |row: &Value| row["profile"] == "exact" && row["op"] == op;
    assert!(exact.iter().all(is_ours));
    let onnx = listed("onnx");
    assert!(onnx.iter().any(|row| row["accepts"] == "unknown"));
    refused(
        &["list", "profiles", "--op", "sofmax"],
        &["did you mean `softmax`?"],
    );
}

#[test]
fn names_that_do_not_exist_get_a_suggestion() {
    refused(
        &["check", "--op", "sofmax"],
        &["unknown op `sofmax`", "did you mean `softmax`?"],
    );
    refused(
        &["gate", "--class", "tie"],
        &["unknown class `tie`", "did you mean `ties`?"],
    );
    refused(
        &["list", "cases", "--op", "logsumxp"],
        &["did you mean `logsumexp`?", "list ops"],
    );
    refused(
        &["check", "builtn"],
        &["unknown subject `builtn`", "builtin, builtin:textbook"],
    );
    refused(
        &["check", "--dtype", "f8"],
        &["unknown dtype `f8`", "f16, bf16, f32 and f64"],
    );
    refused(&["check", "--thread", "1"], &["--threads"]);
    refused(&["check", "--threads", "0"], &["--threads"]);
    refused(&["list", "opps"], &["opps", "ops"]);
    refused(&["chek"], &["check"]);
    refused(
        &["check", "--op", "softmax", "--class", "bad_label"],
        &["fits the selection"],
    );
    refused(&["gate", "--golden", "no/such/folder"], &["no/such/folder"]);
    refused(&["check", "--specs", "no/such/folder"], &["no/such/folder"]);
}

#[test]
fn cases_that_do_not_exist_are_told_apart() {
    refused(
        &["explain", "sofmax/f32/ties/00003"],
        &["did you mean `softmax`?"],
    );
    refused(
        &["explain", "softmax/f8/ties/00003"],
        &["unknown dtype `f8`"],
    );
    refused(
        &["explain", "softmax/f32/tie/00003"],
        &["unknown class `tie`", "ties"],
    );
    refused(&["explain", "softmax/f32/ties/3"], &["00017"]);
    refused(&["explain", "softmax/f32/ties"], &["op/dtype/class/index"]);
    refused(
        &["explain", "softmax/f32/ties/99999"],
        &["the index must be below"],
    );
    refused(
        &["explain", "softmax/f32/bad_label/00000"],
        &["does not apply"],
    );
    refused(
        &["explain", "softmax/f32/ties/00003", "--place", "8"],
        &["has 8 values"],
    );
    refused(
        &["explain", "softmax/f32/ties/00003[x]"],
        &["the place in [ ] is a number"],
    );
    refused(
        &["explain", "softmax/f32/ties/00003", "builtn"],
        &["unknown subject `builtn`"],
    );
}

#[test]
fn explain_tells_one_case_in_full() {
    let case = "softmax/f32/ordinary/00003";
    let ours = lossproof(&["explain", case]);
    assert_eq!(ours.code, 0);
    let parts = [
        "case      softmax/f32/ordinary/00003  (n = 3)",
        "formula   softmax(logits)",
        "logits    [*-0x1.8e2788p+0, -0x1.62b10ap+2, -0x1.50865ep+2]",
        "exact     9.585785420104314604943724935965231443050e-1",
        "result    0x1.eacacep-1",
        "error     0.252274 … 0.252275 ulp",
        "ceiling   0.51 ulp",
        "κ         2.87274e-1 … 2.87275e-1",
        "verdict   correctly_rounded",
    ];
    has(&ours.stdout, &parts);
    let place = lossproof(&["explain", &format!("{case}[2]")]);
    has(
        &place.stdout,
        &["place     probabilities[2]", ", *-0x1.50865ep+2]"],
    );
    let option = lossproof(&["explain", case, "--place", "2"]);
    assert_eq!(place.stdout, option.stdout);
    // A long row is cut, and whole when asked for.
    let long = "softmax/f32/ordinary/00080";
    has(
        &lossproof(&["explain", long]).stdout,
        &["(n = 4096)", " more …"],
    );
    let whole = lossproof(&["explain", long, "--all"]).stdout;
    assert!(whole.matches("0x").count() > 4096);
    // A refusal has a clause and no error.
    let label = lossproof(&["explain", &format!("{SPARSE}/f32/bad_label/00003")]);
    assert_eq!(label.code, 0);
    has(
        &label.stdout,
        &[
            "answer    refused: label",
            "verdict   refused",
            "SPARSE-BAD-LABEL",
        ],
    );
}

#[test]
fn list_lists() {
    let ops = lossproof(&["list", "ops"]).stdout;
    has(
        &ops,
        &[
            "softmax_cross_entropy_with_logits_grad_labels",
            "sum(xlogy(p, p / q))",
        ],
    );
    assert_eq!(ops.lines().count(), 71);
    has(
        &lossproof(&["list", "classes"]).stdout,
        &["near_zero_loss", "log(softmax)"],
    );
    has(
        &lossproof(&["list", "subjects"]).stdout,
        &["builtin", TEXTBOOK, "exact"],
    );
    has(
        &lossproof(&["list", "functions"]).stdout,
        &["xlogy(a, b)", "0 where a = 0", "matvec(a, b)"],
    );
    let cases = lossproof(&[
        "list", "cases", "--op", "softmax", "--dtype", "f32,f16", "--class", "ties",
    ]);
    has(
        &cases.stdout,
        &["softmax/f32/ties/00000\n", "softmax/f16/ties/00100\n"],
    );
    assert_eq!(cases.stdout.matches("softmax/f32/ties/").count(), 146);
    assert_eq!(cases.stdout.lines().count(), 1 + 2 * 146);
}

#[test]
fn json_outputs_parse() {
    let parse = |arguments: &[&str]| -> (i32, Value) {
        let done = lossproof(&[arguments, &["--json"]].concat());
        let value = serde_json::from_str(&done.stdout);
        (
            done.code,
            value.unwrap_or_else(|error| panic!("{error}: {}", done.stdout)),
        )
    };
    let chosen = ["--op", "softmax", "--dtype", "f16", "--class", "zeros"];
    let (code, rows) = parse(&[&["check", "builtin", TEXTBOOK], &chosen[..]].concat());
    assert_eq!((code, rows.as_array().unwrap().len()), (1, 2));
    assert_eq!(rows[0]["subject"], "builtin");
    assert_eq!(
        (&rows[0]["conforms"], &rows[1]["conforms"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(rows[0]["verdicts"]["correctly_rounded"], rows[0]["values"]);
    assert_eq!(rows[0]["max_ulp"]["coverage"], "sampled");
    let (code, gate) = parse(&[&["gate"], &chosen[..]].concat());
    assert_eq!(gate["open"], json!(code == 0));
    assert!(gate["findings"].is_array());
    let (code, story) = parse(&["explain", "softmax/f32/ordinary/00003"]);
    assert_eq!((code, &story["verdict"]), (0, &json!("correctly_rounded")));
    assert_eq!(
        story["exact"],
        "9.585785420104314604943724935965231443050e-1"
    );
    let (_, refused) = parse(&["explain", &format!("{SPARSE}/f32/bad_label/00003")]);
    assert_eq!(refused["clause"], "SPARSE-BAD-LABEL");
    for (what, count) in [("ops", 70), ("subjects", 5)] {
        let (code, list) = parse(&["list", what]);
        assert_eq!((code, list.as_array().unwrap().len()), (0, count), "{what}");
    }
}

#[test]
fn the_gate_says_what_closes_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("bounds")).unwrap();
    fs::write(folder.path().join("waivers.toml"), "").unwrap();
    let golden = folder.path().to_str().unwrap();
    let chosen = ["--op", "softmax", "--dtype", "f16", "--class", "zeros"];
    let call = [&["gate", "--golden", golden], &chosen[..]].concat();
    let closed = lossproof(&call);
    assert_eq!(closed.code, 1);
    has(
        &closed.stdout,
        &[
            "softmax/f16/zeros: no reviewed bound",
            "gate CLOSED: 1 trials",
        ],
    );
    // A snapshot and a waivers file that cannot be read are named.
    let snapshot = folder.path().join("bounds/softmax.f16.snap");
    fs::write(&snapshot, "[zeros]\n").unwrap();
    refused(&call, &["softmax.f16.snap", "no insta header"]);
    fs::remove_file(&snapshot).unwrap();
    fs::write(
        folder.path().join("waivers.toml"),
        "[[waiver]]\nop = \"softmax\"\n",
    )
    .unwrap();
    refused(&call, &["waivers.toml", "missing field"]);
}

/// The answers to lines of input, and the exit code.
fn reference(lines: &str) -> (i32, Vec<Value>) {
    let done = with_input(&["reference"], lines);
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
    (done.code, done.stdout.lines().map(parse).collect())
}

/// A line for one row of logits.
fn line(op: &str, dtype: &str, logits: &Value) -> String {
    let request = json!({"id": "a", "op": op, "dtype": dtype, "inputs": {"logits": logits}});
    format!("{request}\n")
}

/// The answer's one value.
fn value<'a>(answer: &'a Value, output: &str) -> &'a Value {
    assert_eq!(answer["error"], Value::Null, "{answer}");
    &answer["outputs"][output][0]
}

#[test]
fn the_readme_shows_what_reference_answers() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let (_, from_request) = readme.split_once("$ echo '").expect("an example");
    let (request, rest) = from_request
        .split_once("' | lossproof reference\n")
        .unwrap();
    let (shown, _) = rest.split_once("```").unwrap();
    let shown: Value = serde_json::from_str(shown).unwrap();
    let (code, answers) = reference(request);
    assert_eq!((code, answers), (0, vec![shown]));
}

#[test]
fn reference_certifies_known_digits() {
    let (code, answers) = reference(&line("logsumexp", "f32", &json!([0, 0])));
    assert_eq!(code, 0);
    let log_2 = value(&answers[0], "value");
    // Written with the point before or after the first digit.
    let decimal = log_2["decimal"].as_str().unwrap();
    let moved = decimal
        .strip_suffix("e-1")
        .map(|digits| format!("0.{}", digits.replace('.', "")));
    assert_eq!(
        moved.as_deref().unwrap_or(decimal),
        "0.6931471805599453094172321214581765680755"
    );
    assert_eq!(log_2["bits"], "3f317218");
    assert_eq!(log_2["hex"], "0x1.62e43p-1");
    assert_eq!(
        (&log_2["class"], &log_2["decided"]),
        (&json!("finite"), &json!(true))
    );
    assert!(
        log_2["lo"]
            .as_str()
            .unwrap()
            .starts_with("0x1.62e42fefa39ef35793c7673007e5ed5e81e")
    );
    assert_eq!(
        (&answers[0]["id"], &answers[0]["kappa"]),
        (&json!("a"), &json!(0.0))
    );
}

#[test]
fn reference_reads_every_form_of_a_value() {
    // log-sum-exp of a single logit is that logit.
    for (form, bits) in [
        (json!(1), "3f800000"),
        (json!(-3), "c0400000"),
        (json!(0.1), "3dcccccd"),
        (json!(1e-2), "3c23d70a"),
        (json!("0.1"), "3dcccccd"),
        (json!("-2.5e1"), "c1c80000"),
        (json!("0x1p+0"), "3f800000"),
        (json!("-0x1.8p-3"), "be400000"),
        (json!("bits:41200000"), "41200000"),
        (json!("bits:00000001"), "00000001"),
        (json!("inf"), "7f800000"),
        (json!("-inf"), "ff800000"),
        (json!("nan"), "7fc00000"),
        (json!("bits:7f800001"), "7fc00000"),
        // Beyond the largest finite value by half an ulp, and by less.
        (json!("340282356779733661637539395458142568448"), "7f800000"),
        (json!("340282356779733661637539395458142568447"), "7f7fffff"),
    ] {
        let (code, answers) = reference(&line("logsumexp", "f32", &json!([form])));
        assert_eq!(code, 0, "{form}: {answers:?}");
        assert_eq!(value(&answers[0], "value")["bits"], bits, "{form}");
    }
}

#[test]
fn a_number_is_rounded_once_to_its_dtype() {
    // Just above the midpoint of 1 and its f16 successor: rounding to f64 first would make it a tie, which falls to 1.
    let above = "{\"op\":\"logsumexp\",\"dtype\":\"f16\",\"inputs\":{\"logits\":[1.00048828125000000000000000001]}}\n";
    let text = line(
        "logsumexp",
        "f16",
        &json!(["1.00048828125000000000000000001"]),
    );
    let tie = line("logsumexp", "f16", &json!([1.000_488_281_25]));
    let (code, answers) = reference(&format!("{above}{text}{tie}"));
    let bits: Vec<&Value> = answers
        .iter()
        .map(|answer| &value(answer, "value")["bits"])
        .collect();
    assert_eq!(
        (code, bits),
        (0, vec![&json!("3c01"), &json!("3c01"), &json!("3c00")])
    );
    // The same digits in each dtype.
    for (dtype, bits) in [
        ("f16", "2e66"),
        ("bf16", "3dcd"),
        ("f32", "3dcccccd"),
        ("f64", "3fb999999999999a"),
    ] {
        let (_, answers) = reference(&line("logsumexp", dtype, &json!([0.1])));
        assert_eq!(value(&answers[0], "value")["bits"], bits, "{dtype}");
    }
}

#[test]
fn lines_that_cannot_be_read_are_answered_in_their_place() {
    let request = |op: &str, inputs: &Value| {
        json!({"id": 7, "op": op, "dtype": "f32", "inputs": inputs}).to_string()
    };
    let two_rows = "softmax_cross_entropy_with_logits";
    let bad = [
        ("{\"id\":7,".to_owned(), Value::Null, "line"),
        ("[1, 2]".to_owned(), Value::Null, "line"),
        (
            request("logsumexp", &json!({})),
            json!(7),
            "the input `logits` is missing",
        ),
        (
            request("logsumexp", &json!({"logits": [1], "label": 0})),
            json!(7),
            "unknown input `label`",
        ),
        (
            request(two_rows, &json!({"logits": [1, 2], "labels": [1]})),
            json!(7),
            "agree in every length",
        ),
        (
            request("logsumxp", &json!({"logits": [1]})),
            json!(7),
            "did you mean `logsumexp`?",
        ),
        (
            request("logsumexp", &json!({"logits": ["bits:xyz"]})),
            json!(7),
            "`logits[0]`",
        ),
        (
            request("logsumexp", &json!({"logits": [1, "bits:123456789"]})),
            json!(7),
            "`logits[1]`",
        ),
        (
            request("logsumexp", &json!({"logits": ["1,5"]})),
            json!(7),
            "cannot read `1,5`",
        ),
        (
            request("logsumexp", &json!({"logits": ["0x1.8q"]})),
            json!(7),
            "hex float",
        ),
        (
            request("logsumexp", &json!({"logits": [null]})),
            json!(7),
            "cannot read null",
        ),
        (
            request("logsumexp", &json!({"logits": 1})),
            json!(7),
            "give an array",
        ),
        (
            request(SPARSE, &json!({"logits": [1], "label": 0.5})),
            json!(7),
            "give integers",
        ),
        (
            "{\"id\":7,\"op\":\"logsumexp\",\"dtype\":\"f8\",\"inputs\":{}}".to_owned(),
            json!(7),
            "unknown dtype `f8`",
        ),
        (
            "{\"id\":7,\"op\":\"logsumexp\",\"dtype\":\"f32\",\"inputs\":{},\"x\":1}".to_owned(),
            json!(7),
            "unknown field `x`",
        ),
    ];
    let good = request("logsumexp", &json!({"logits": [1]}));
    // Good lines and empty ones in between.
    let lines: Vec<String> = bad
        .iter()
        .map(|(line, ..)| format!("{line}\n{good}\n\n"))
        .collect();
    let text = lines.concat();
    let (code, answers) = reference(&text);
    assert_eq!(code, 2);
    assert_eq!(answers.len(), 2 * bad.len());
    for (place, ((line, id, part), answer)) in bad.iter().zip(answers.chunks(2)).enumerate() {
        assert_eq!(answer[0]["id"], *id, "{line}");
        let error = answer[0]["error"]
            .as_str()
            .unwrap_or_else(|| panic!("{line}: {answer:?}"));
        has(error, &[part]);
        assert!(
            error.starts_with(&format!("line {}: ", 3 * place + 1)),
            "{error}"
        );
        assert_eq!(
            value(&answer[1], "value")["bits"],
            "3f800000",
            "after {line}"
        );
    }
}

#[test]
fn an_index_outside_the_row_is_refused_by_its_clause() {
    let text: String = [-1, 2, 1]
        .iter()
        .map(|label| {
            let inputs = json!({"logits": [1, 2], "label": label});
            json!({"op": SPARSE, "dtype": "f64", "inputs": inputs}).to_string() + "\n"
        })
        .collect();
    let (code, answers) = reference(&text);
    assert_eq!(code, 0);
    assert_eq!(
        answers[0],
        json!({"id": null, "refused": "SPARSE-BAD-LABEL"})
    );
    assert_eq!(answers[0], answers[1]);
    assert_eq!(value(&answers[2], "loss")["decided"], true);
}

#[test]
fn bytes_that_are_no_text_spoil_only_their_line() {
    let good = line("logsumexp", "f32", &json!([1]));
    let mut input = b"{\"id\":\"\xff\xfe\"}\n\x00\x01\n".to_vec();
    input.extend(good.bytes());
    let done = with_input(&["reference"], input);
    assert_eq!(done.code, 2);
    let answers: Vec<&str> = done.stdout.lines().collect();
    assert_eq!(answers.len(), 3);
    has(answers[0], &["\"error\":\"line 1: "]);
    has(answers[1], &["\"error\":\"line 2: "]);
    has(answers[2], &["\"bits\":\"3f800000\""]);
}

#[test]
fn a_spec_that_is_wrong_is_shown_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let right = fs::read_to_string(specs.join("softmax.toml")).unwrap();
    let path = folder.path().join("softmax.toml");
    let folder_name = folder.path().to_str().unwrap();
    let line_of = |text: &str, start: &str| {
        let place = text.lines().position(|line| line.starts_with(start));
        place.expect("there is such a line") + 1
    };
    for (start, from, to, message) in [
        (
            "formula",
            "\"softmax(logits)\"",
            "\"sofmax(logits)\"",
            "did you mean `softmax`?",
        ),
        ("classes", "classes ", "clases ", "clases"),
        ("f32", "0.51 if kappa <= 1e6 else 1", "0.51 if kapa", "kapa"),
    ] {
        let mut lines: Vec<String> = right.lines().map(str::to_owned).collect();
        let number = line_of(&right, start);
        lines[number - 1] = lines[number - 1].replacen(from, to, 1);
        fs::write(&path, lines.join("\n")).unwrap();
        let place = format!("{}:{number}:", path.display());
        refused(
            &["list", "ops", "--specs", folder_name],
            &[message, &place, "^"],
        );
    }
    fs::write(&path, right).unwrap();
    let ops = lossproof(&["list", "ops", "--specs", folder_name]);
    assert_eq!((ops.code, ops.stdout.lines().count()), (0, 3));
}

#[test]
fn output_is_the_same_on_any_number_of_threads() {
    let lines =
        line("softmax", "f32", &json!([1, 2, 3])) + &line("logsumexp", "f16", &json!([0.1]));
    for arguments in [
        "check builtin builtin:textbook --op softmax --dtype f16 --class masked,zeros --per-class",
        "check builtin:textbook --op kl_divergence --dtype f32 --class ordinary --json",
        "gate --op logsumexp --dtype f16,f32 --class ordinary,ties",
        "explain softmax/f32/ordinary/00080 builtin:textbook",
        "reference",
    ] {
        let told = |threads| {
            let arguments: Vec<&str> = arguments.split(' ').chain(["--threads", threads]).collect();
            let done = with_input(&arguments, lines.as_str());
            assert!(!done.stdout.is_empty(), "{}", done.stderr);
            (done.code, done.stdout)
        };
        let one = told("1");
        assert_eq!(one, told("2"), "{arguments}");
        assert_eq!(one, told("7"), "{arguments}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_run_cleanly() {
    use std::io::Read;
    use std::process::{Command, Stdio};
    use std::thread::sleep;
    use std::time::Instant;

    let mut child = Command::new(env!("CARGO_BIN_EXE_lossproof"))
        .args([
            "check",
            "builtin",
            TEXTBOOK,
            "--threads",
            "1",
            "--tier",
            "full",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Read meanwhile, so that a full pipe cannot block it.
    let read = |mut stream: Box<dyn Read + Send>| {
        std::thread::spawn(move || {
            let mut text = String::new();
            stream.read_to_string(&mut text).map(|_| text)
        })
    };
    let stdout = read(Box::new(child.stdout.take().expect("piped")));
    let stderr = read(Box::new(child.stderr.take().expect("piped")));
    sleep(Duration::from_secs(2));
    assert!(
        child.try_wait().unwrap().is_none(),
        "it ended before Ctrl-C"
    );
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let pressed = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if pressed.elapsed() > Duration::from_secs(90) {
            child.kill().unwrap();
            panic!("still running 90 s after Ctrl-C");
        }
        sleep(Duration::from_millis(50));
    };
    let stdout = stdout.join().unwrap().unwrap();
    let stderr = stderr.join().unwrap().unwrap();
    assert_eq!(status.code(), Some(1), "{stderr}");
    has(
        &stderr,
        &["stopping after the cases in flight", "interrupted: "],
    );
    assert!(!stderr.contains("panicked"), "{stderr}");
    has(&stdout, &["interrupted before all cases were run"]);
}
