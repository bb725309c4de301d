//! The command on files: exit codes, output in its three forms, refusals, and what `check` gives it.

use super::{edited, report, row};
use assert_cmd::Command;
use lossproof::diff::schema_json;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// A folder with the report as `before.json` and an edited one as `after.json`.
struct Files(TempDir);

impl Files {
    fn of(after: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        fs::write(folder.path().join("before.json"), report().to_string()).expect("written");
        fs::write(folder.path().join("after.json"), after).expect("written");
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Exit code, standard output and standard error of `lossproof diff before.json after.json` with options.
    fn diff(&self, options: &[&str]) -> (i32, String, String) {
        lossproof(
            self.0.path(),
            &[&["diff", "before.json", "after.json"], options].concat(),
        )
    }
}

fn lossproof(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lossproof"));
    command.current_dir(folder).args(arguments);
    let output = command.timeout(Duration::from_secs(300)).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    let code = output.status.code().expect("an exit code");
    (code, text(output.stdout), text(output.stderr))
}

fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
}

#[test]
fn the_command_exits_with_0_where_nothing_is_worse_and_1_where_something_is() {
    let same = Files::of(&report().to_string());
    let (code, stdout, _) = same.diff(&[]);
    assert_eq!(
        (code, stdout.as_str()),
        (0, "nothing is worse: 7 unchanged\n")
    );
    let worse = edited(|report| report["results"][1]["conforms"] = json!(false));
    let (code, stdout, stderr) = Files::of(&worse.to_string()).diff(&[]);
    assert_eq!((code, stderr.as_str()), (1, ""));
    has(&stdout, &["before → after", "conforms → DOES NOT CONFORM"]);
    assert_eq!(stdout.lines().last(), Some("WORSE: 1 worse, 6 unchanged"));
    let removed = edited(|report| {
        report["results"].as_array_mut().unwrap().remove(1);
    });
    let removed = Files::of(&removed.to_string());
    assert_eq!(removed.diff(&[]).0, 1);
    assert_eq!(removed.diff(&["--allow-removed"]).0, 0);
}

#[test]
fn the_json_satisfies_its_schema_and_the_committed_schema_is_current() {
    let changed = edited(|report| {
        report["tool"] = json!("lossproof 0.2.0");
        report["results"][0]["max_ulp"]["upper"] = Value::Null;
        report["results"][0]["correctly_rounded"] = json!(100);
        report["results"][1]["verdicts"]["crashed"] = json!(1);
        report["clauses"][0]["exercised"][0]["conforming"] = json!(8);
        report["property_results"] = json!([]);
        report["self_proof"]["scores"][0]["killed"] = json!(7);
    });
    let (code, stdout, _) = Files::of(&changed.to_string()).diff(&["--json"]);
    assert_eq!(code, 1);
    let answer: Value = serde_json::from_str(&stdout).expect("JSON");
    let schema: Value = serde_json::from_str(&schema_json()).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let faults: Vec<String> = validator
        .iter_errors(&answer)
        .map(|fault| fault.to_string())
        .collect();
    assert!(faults.is_empty(), "{faults:?}");
    let mut surprising = answer.clone();
    surprising["changes"][0]["surprise"] = json!(true);
    assert!(!validator.is_valid(&surprising));
    assert_eq!(answer["schema"], "lossproof/diff/1");
    assert_eq!(answer["worse"], true);
    assert_eq!(
        answer["notes"],
        json!(["the tool was lossproof 0.1.0 and is lossproof 0.2.0"])
    );
    assert_eq!(answer["counts"]["worse"], 3);
    let mixed = &answer["changes"][3];
    assert_eq!(mixed["kind"], "mixed");
    let expected = json!({"direction": "worse", "measure": {"quantity": "max_ulp", "before": 0.75, "after": null,
                          "worst_case": "softmax/f32/ordinary/00003"}});
    assert_eq!(mixed["details"][0], expected);
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/diff.schema.json");
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        fs::write(&committed, schema_json()).expect("written");
    }
    let current = fs::read_to_string(&committed).unwrap_or_default() == schema_json();
    assert!(
        current,
        "docs/diff.schema.json is stale; run this test with INSTA_UPDATE=always"
    );
}

#[test]
fn the_markdown_shows_what_is_worse_and_folds_the_rest() {
    let changed = edited(|report| {
        report["results"][0]["correctly_rounded"] = json!(98);
        report["results"][1]["correctly_rounded"] = json!(100);
    });
    let (code, stdout, _) = Files::of(&changed.to_string()).diff(&["--markdown"]);
    assert_eq!(code, 1);
    let expected = "\
**lossproof diff: WORSE: 1 worse, 1 better, 5 unchanged**

before: `before.json` (lossproof 0.1.0, quick tier, seed 0, profile exact)<br>
after: `after.json` (lossproof 0.1.0, quick tier, seed 0, profile exact)

| change | subject | op | dtype | entry | before → after |
| --- | --- | --- | --- | --- | --- |
| worse | `lib:./softmax.so` | `softmax` | `f32` | ordinary | correctly rounded 99 → 98 of 100 |

<details><summary>1 other change</summary>

| change | subject | op | dtype | entry | before → after |
| --- | --- | --- | --- | --- | --- |
| better | `lib:./softmax.so` | `softmax` | `f32` | ties | correctly rounded 99 → 100 of 100 |

</details>
";
    assert_eq!(stdout, expected);
    let same = Files::of(&report().to_string()).diff(&["--markdown"]).1;
    assert!(!same.contains('|') && !same.contains("<details>"), "{same}");
    let many = edited(|report| {
        let rows = (0..300).map(|place| row(&format!("class_{place}")));
        report["results"] = rows
            .map(|mut row| {
                row["conforms"] = json!(false);
                row
            })
            .collect();
    });
    let before = edited(|report| {
        report["results"] = (0..300)
            .map(|place| row(&format!("class_{place}")))
            .collect();
    });
    let files = Files::of(&many.to_string());
    fs::write(files.path("before.json"), before.to_string()).expect("written");
    let (_, long, _) = files.diff(&["--markdown"]);
    has(
        &long,
        &["**lossproof diff: WORSE: 300 worse", "200 more lines"],
    );
    assert!(
        long.len() < 65_536,
        "GitHub would refuse {} bytes",
        long.len()
    );
    let (code, stdout, stderr) = files.diff(&["--markdown", "--json"]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    has(&stderr, &["--json and --markdown"]);
}

#[test]
fn other_seeds_tiers_and_profiles_are_not_compared_unless_forced() {
    for (key, value, said) in [
        ("seed", json!(1), "the seed was 0 and is 1"),
        ("tier", json!("full"), "the tier was quick and is full"),
        (
            "profile",
            json!("torch"),
            "the profile was exact and is torch",
        ),
    ] {
        let files = Files::of(&edited(|report| report[key] = value).to_string());
        let (code, stdout, stderr) = files.diff(&[]);
        assert_eq!((code, stdout.as_str()), (2, ""), "{key}");
        has(&stderr, &["before.json", "after.json", said, "--force"]);
        let (code, stdout, _) = files.diff(&["--force"]);
        assert_eq!(code, 0, "{key}");
        has(&stdout, &[&format!("note: {said}\n"), "nothing is worse"]);
    }
    // Worth a note, and comparable.
    let limit = edited(|report| report["precision_limit"] = json!(4096));
    let (code, stdout, _) = Files::of(&limit.to_string()).diff(&[]);
    assert_eq!(code, 0);
    has(
        &stdout,
        &["note: the precision limit was 8192 and is 4096\n"],
    );
}

#[test]
fn files_that_cannot_be_compared_are_named_with_a_remedy() {
    let cases: [(String, &[&str]); 10] = [
        (String::new(), &["is no report", "line 1"]),
        ("{\"schema\":".to_owned(), &["is no report", "EOF"]),
        ("[]".to_owned(), &["is no report", "check --save FILE"]),
        (
            "{}".to_owned(),
            &["no `schema`", "lossproof/report/1", "lossproof/league/1"],
        ),
        (
            edited(|report| report["schema"] = json!("lossproof/report/2")).to_string(),
            &[
                "has the schema `lossproof/report/2`",
                "lossproof/report/1 and lossproof/league/1",
            ],
        ),
        (
            edited(|report| drop(report.as_object_mut().unwrap().remove("results"))).to_string(),
            &["not as its schema says", "results"],
        ),
        (
            edited(|report| report["results"][0]["values"] = json!("many")).to_string(),
            &["not as its schema says", "line 1"],
        ),
        (
            edited(|report| report["results"] = json!([])).to_string(),
            &["has no results"],
        ),
        (
            edited(|report| report["results"][1] = row("ordinary")).to_string(),
            &["two entries for lib:./softmax.so softmax/f32/ordinary"],
        ),
        (
            edited(|report| report["results"][1]["correctly_rounded"] = json!(101)).to_string(),
            &["101 of 100 values for lib:./softmax.so softmax/f32/ties"],
        ),
    ];
    for (text, parts) in cases {
        let files = Files::of(&text);
        for order in [["before.json", "after.json"], ["after.json", "before.json"]] {
            let (code, stdout, stderr) =
                lossproof(files.0.path(), &[&["diff"], &order[..]].concat());
            assert_eq!((code, stdout.as_str()), (2, ""), "{text}");
            has(&stderr, parts);
            has(&stderr, &["`after.json`"]);
            assert!(!stderr.contains("panicked"), "{stderr}");
        }
    }
    let files = Files::of("{}");
    let (code, _, stderr) = lossproof(files.0.path(), &["diff", "before.json", "absent.json"]);
    assert_eq!(code, 2);
    has(&stderr, &["cannot read the report `absent.json`"]);
}

const SELECTION: [&str; 6] = ["--op", "softmax", "--dtype", "f16", "--class", "masked"];

#[test]
fn what_check_saves_is_a_report_that_diff_compares() {
    let folder = TempDir::new().expect("a folder");
    let check = |subject: &str, file: &str| {
        let arguments = ["check", subject, "--save", file];
        lossproof(folder.path(), &[&arguments, &SELECTION[..]].concat())
    };
    let (code, stdout, _) = check("builtin", "new folder/ours.json");
    assert_eq!(code, 0);
    has(&stdout, &["judged by the profile exact", "0 undecided"]);
    assert_eq!(check("builtin:textbook", "textbook.json").0, 1);
    let saved = fs::read_to_string(folder.path().join("new folder/ours.json")).expect("saved");
    let report: Value = serde_json::from_str(&saved).expect("JSON");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/conformance.schema.json");
    let schema = fs::read_to_string(schema).expect("the committed schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let faults: Vec<String> = validator
        .iter_errors(&report)
        .map(|fault| fault.to_string())
        .collect();
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!(report["results"].as_array().map(Vec::len), Some(1));
    // Under one name, as two builds of one kernel have it, the textbook's rounding is worse than ours.
    let textbook = fs::read_to_string(folder.path().join("textbook.json")).expect("saved");
    let renamed = textbook.replace("builtin:textbook", "builtin");
    fs::write(folder.path().join("renamed.json"), renamed).expect("written");
    let worse = lossproof(
        folder.path(),
        &["diff", "new folder/ours.json", "renamed.json"],
    );
    assert_eq!(worse.0, 1);
    has(
        &worse.1,
        &[
            "masked",
            "conforms → DOES NOT CONFORM",
            "exceeds 0 → ",
            "WORSE: 1 worse",
        ],
    );
    let better = lossproof(
        folder.path(),
        &["diff", "renamed.json", "new folder/ours.json"],
    );
    assert_eq!(better.0, 0);
    let same = lossproof(folder.path(), &["diff", "renamed.json", "renamed.json"]);
    assert_eq!(same.0, 0);
    // A place that cannot be written is refused before the run.
    let (code, stdout, stderr) = check("builtin", ".");
    assert_eq!((code, stdout.as_str()), (2, ""));
    has(&stderr, &["cannot write `.`", "name a file"]);
}

#[test]
fn check_prints_markdown_for_a_pull_request() {
    let folder = TempDir::new().expect("a folder");
    let check = |arguments: &[&str]| {
        lossproof(
            folder.path(),
            &[&["check", "--markdown"], &SELECTION[..], arguments].concat(),
        )
    };
    let (code, stdout, stderr) = check(&["builtin"]);
    assert_eq!(code, 0, "{stderr}");
    let lines: Vec<&str> = stdout.lines().collect();
    let headline = "**lossproof check: conforms** (`builtin`; profile exact, quick tier, seed 0; ";
    assert!(lines[0].starts_with(headline), "{}", lines[0]);
    has(lines[0], &["6,932 values, 0 undecided)"]);
    let table = "| subject | op | dtype | max ulp | coverage | correct | worst case | verdict |";
    assert_eq!(lines[1..3], ["", table]);
    has(
        lines[4],
        &["| `builtin` | `softmax` | `f16` | 0.499844 | sampled n=6932 | 6932/6932 |"],
    );
    assert_eq!(lines.len(), 5);
    let (code, stdout, _) = check(&["builtin:textbook", "--per-class"]);
    assert_eq!(code, 1);
    has(
        &stdout,
        &[
            "**lossproof check: DOES NOT CONFORM, 1 finding**",
            "| `masked` |",
            "\n- softmax/f16/masked: 1898 values exceed the ceiling",
            ": `lossproof explain softmax/f16/masked/00013 builtin:textbook`\n",
        ],
    );
    let (code, stdout, stderr) = check(&["builtin", "--json"]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    has(&stderr, &["--json and --markdown"]);
}
