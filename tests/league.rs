//! The league as people run it: frameworks that are missing, files that are wrong, findings that went stale, and a report
//! that says the same in every form.

use assert_cmd::Command;
use lossproof::league::model::{FindingOutcome, LeagueReport};
use lossproof::league::{league_html, league_json, league_markdown, league_schema_json};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;
use tempfile::TempDir;

const FRAMEWORKS: &str = r#"
[[framework]]
name        = "absent"
title       = "A framework that nobody installed"
profile     = "tensorflow"
environment = "absent"
worker      = "absent_worker.py"

[[framework]]
name        = "failed"
title       = "A framework that could not be installed"
profile     = "torch"
environment = "failed"
worker      = "failed_worker.py"

[[framework]]
name        = "mute"
title       = "A worker that ends at once"
profile     = "exact"
crate       = "mute"
"#;

const FINDINGS: &str = r#"
[[finding]]
subject    = "builtin:textbook"
op         = "logsumexp"
dtype      = "f16"
class      = "huge_logits"
title      = "Sums in half precision"
text       = "Term by term."
snippet    = "print('<script>')"
least_ulps = "LEAST"
profile    = "onnx"

[[finding]]
subject    = "failed"
op         = "logsumexp"
dtype      = "f16"
class      = "huge_logits"
title      = "Of a framework that is not there"
text       = "Nobody can tell."
snippet    = "import failed"
verdict    = "wrong_class"
"#;

/// A folder with a list of frameworks, findings and an environment that failed.
struct League {
    folder: TempDir,
}

struct Done {
    code: i32,
    stdout: String,
    stderr: String,
}

impl League {
    fn with(frameworks: &str, findings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("list")).unwrap();
        fs::create_dir_all(at("environments")).unwrap();
        fs::write(at("list/frameworks.toml"), frameworks).unwrap();
        fs::write(at("list/findings.toml"), findings).unwrap();
        let note = "no matching distribution\nfound for failed==1.0\n";
        fs::write(at("environments/failed.failed"), note).unwrap();
        Self { folder }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn run(&self, out: &str, more: &[&str]) -> Done {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lossproof"));
        command.arg("league").args(more);
        command.args(["--op", "logsumexp", "--dtype", "f16,f32"]);
        command.args(["--class", "huge_logits,non_finite"]);
        command
            .arg("--frameworks")
            .arg(self.path("list/frameworks.toml"));
        command.arg("--environments").arg(self.path("environments"));
        command.arg("--out").arg(self.path(out));
        let output = command.timeout(Duration::from_secs(300)).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Done {
            code: output.status.code().expect("an exit code"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

fn findings(least: &str) -> String {
    FINDINGS.replace("LEAST", least)
}

/// One run that several tests look at.
struct Example {
    league: League,
    done: Done,
    report: LeagueReport,
}

const SUBJECTS: [&str; 5] = ["builtin:textbook", "absent", "failed", "mute", "builtin"];

fn example() -> &'static Example {
    static EXAMPLE: OnceLock<Example> = OnceLock::new();
    EXAMPLE.get_or_init(|| {
        let league = League::with(FRAMEWORKS, &findings("0.6"));
        plant_mute_worker(league.folder.path());
        let done = league.run("out", &SUBJECTS);
        let text = fs::read_to_string(league.path("out/frameworks.json"));
        let text = text.unwrap_or_else(|_| panic!("no report: {}", done.stderr));
        let report = serde_json::from_str(&text).expect("the model's own JSON");
        Example {
            league,
            done,
            report,
        }
    })
}

/// A worker that ends with an error before it says a word.
fn plant_mute_worker(folder: &Path) {
    let built = folder.join("mute/target/release");
    fs::create_dir_all(&built).unwrap();
    let program = built.join("mute_worker");
    fs::write(
        &program,
        "#!/bin/sh\necho 'libmute.so is missing' >&2\nexit 3\n",
    )
    .unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn what_cannot_be_run_is_reported_with_the_reason() {
    let Example { done, report, .. } = example();
    assert_eq!(done.code, 0, "{}", done.stderr);
    let names: Vec<&str> = report
        .subjects
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, SUBJECTS, "in the order asked for");
    let reason = |name: &str| {
        let subject = report.subjects.iter().find(|one| one.name == name).unwrap();
        assert!(!subject.tested);
        assert_eq!(subject.headline, None);
        subject.reason.clone().unwrap()
    };
    assert!(reason("absent").contains("`make frameworks` installs it"));
    assert_eq!(
        reason("failed"),
        "no matching distribution found for failed==1.0"
    );
    assert!(
        reason("mute").contains("libmute.so is missing"),
        "{}",
        reason("mute")
    );
    for name in ["absent", "failed", "mute"] {
        assert!(
            report
                .not_tested
                .iter()
                .any(|entry| entry.what.starts_with(name))
        );
        assert!(done.stderr.contains(&format!("{name} is not tested: ")));
    }
    assert!(done.stdout.contains("not tested"));
}

#[test]
fn results_hold_together() {
    let Example { report, .. } = example();
    let keys: Vec<(&str, &str)> = report
        .results
        .iter()
        .map(|result| (result.dtype.as_str(), result.subject.as_str()))
        .collect();
    let expected = [
        ("f16", "builtin:textbook"),
        ("f16", "builtin"),
        ("f32", "builtin:textbook"),
        ("f32", "builtin"),
    ];
    assert_eq!(keys, expected);
    for result in &report.results {
        let classes = &result.classes;
        assert_eq!(classes.len(), 2);
        assert_eq!(
            result.values,
            classes.iter().map(|class| class.values).sum::<u64>()
        );
        let upper = classes
            .iter()
            .map(|class| class.max_ulp.upper.unwrap_or(f64::INFINITY));
        let largest = upper.fold(0.0, f64::max);
        assert_eq!(
            result.max_ulp.upper.unwrap_or(f64::INFINITY).to_bits(),
            largest.to_bits()
        );
        assert_eq!(result.conforms, result.subject == "builtin");
        for count in result.tolerances.values() {
            assert!(count.passed <= count.compared && count.let_through <= count.at_fault);
            assert!(result.subject != "builtin" || count.at_fault == 0);
        }
        assert_eq!(result.tolerances.len(), 6);
    }
    let headline = |name: &str| {
        let subject = report.subjects.iter().find(|one| one.name == name).unwrap();
        subject.headline.clone().unwrap()
    };
    let ours = headline("builtin");
    assert_eq!(
        (ours.kernels, ours.within_one_ulp, ours.conforming),
        (2, 2, 2)
    );
    assert!(ours.small_kappa.unwrap().ulp <= 1.0);
    let theirs = headline("builtin:textbook");
    assert_eq!((theirs.kernels, theirs.conforming), (2, 0));
    let worst = report.results[0].classes[0].worst.as_ref().unwrap();
    assert_eq!(worst.inputs[0].name, "logits");
    assert!(worst.inputs[0].values[0].contains("0x"));
    assert!(worst.inputs[0].values.len() <= 8);
    let clause = report
        .clauses
        .iter()
        .find(|one| one.clause.id == "LOGSUMEXP-NAN");
    assert_eq!(clause.unwrap().profile, "exact");
    assert!(
        report
            .property_results
            .iter()
            .any(|row| row.property == "run_to_run")
    );
    assert!(
        report
            .property_results
            .iter()
            .all(|row| row.property != "guard_bytes")
    );
}

#[test]
fn json_reads_back_and_satisfies_its_schema() {
    let Example { league, report, .. } = example();
    let text = fs::read_to_string(league.path("out/frameworks.json")).unwrap();
    assert_eq!(league_json(report), text);
    let schema = fs::read_to_string(league.path("out/frameworks.schema.json")).unwrap();
    assert_eq!(league_schema_json(), schema);
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut value: Value = serde_json::from_str(&text).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|one| one.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(value["schema"], "lossproof/league/1");
    value["results"][0]["surprise"] = true.into();
    assert!(!validator.is_valid(&value));
    assert!(serde_json::from_value::<LeagueReport>(value).is_err());
    // One entry a line.
    let line = text
        .lines()
        .find(|line| line.contains("\"name\":\"failed\""));
    assert!(line.unwrap().starts_with("  {\"name\""));
}

#[test]
fn both_pages_say_the_same_and_load_nothing() {
    let Example { league, report, .. } = example();
    let page = fs::read_to_string(league.path("out/index.html")).unwrap();
    let markdown = fs::read_to_string(league.path("out/README.md")).unwrap();
    assert_eq!(league_html(report), page);
    assert_eq!(league_markdown(report), markdown);
    let max = report.results[0].max_ulp.worst_case.as_deref().unwrap();
    for text in [&page, &markdown] {
        for part in [
            "no matching distribution found for failed==1.0",
            "Sums in half precision",
            "an error of 0.6 ulp or more",
            "not checked",
            "LOGSUMEXP-NAN",
            "Same bits alone and in a batch",
            "torch.testing",
            "▲",
            max,
        ] {
            assert!(text.contains(part), "no `{part}`");
        }
    }
    assert!(page.contains("print(&#39;&lt;script&gt;&#39;)"));
    assert_eq!(page.matches("<script>").count(), 1, "the page's own");
    for load in [
        "src=",
        "<link",
        "@import",
        "url(",
        "<img",
        "fetch(",
        "href=\"http",
    ] {
        assert!(!page.contains(load), "{load}");
    }
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let lines: Vec<&str> = markdown.lines().collect();
    for pair in lines.windows(2) {
        if pair[0].starts_with('|') && pair[1].starts_with('|') {
            assert_eq!(cells(pair[0]), cells(pair[1]), "{}\n{}", pair[0], pair[1]);
        }
    }
}

#[test]
fn the_same_bytes_at_any_number_of_threads() {
    let Example { league, .. } = example();
    let again = league.run(
        "again",
        &[
            "builtin:textbook",
            "absent",
            "failed",
            "mute",
            "builtin",
            "--threads",
            "1",
        ],
    );
    assert_eq!(again.code, 0);
    for file in ["frameworks.json", "README.md", "index.html"] {
        let read = |folder: &str| fs::read(league.path(folder).join(file)).unwrap();
        assert!(read("out") == read("again"), "{file}");
    }
}

#[test]
fn a_finding_holds_or_fails_the_command() {
    let Example { report, .. } = example();
    let outcomes: Vec<FindingOutcome> = report.findings.iter().map(|one| one.outcome).collect();
    assert_eq!(
        outcomes,
        [FindingOutcome::Holds, FindingOutcome::NotChecked]
    );
    assert!(report.findings[0].worst.is_some());

    let stale = League::with(FRAMEWORKS, &findings("1e300"));
    let done = stale.run("out", &["builtin:textbook"]);
    assert_eq!(done.code, 1);
    let said = "stale finding: builtin:textbook on logsumexp in f16, huge_logits: `Sums in half precision` expects an \
                error of 1e300 ulp or more";
    assert!(done.stderr.contains(said), "{}", done.stderr);
    let page = fs::read_to_string(stale.path("out/index.html")).unwrap();
    assert!(
        page.contains("finding stale"),
        "the report is written, and says so"
    );
}

#[test]
fn files_that_are_wrong_are_told_with_the_line() {
    let told = |frameworks: &str, findings: &str, subjects: &[&str]| {
        let done = League::with(frameworks, findings).run("out", subjects);
        assert_eq!(
            (done.code, done.stdout.as_str()),
            (2, ""),
            "{}",
            done.stderr
        );
        done.stderr
    };
    let good = findings("0.6");
    let profile = FRAMEWORKS.replacen("\"torch\"", "\"pytorch\"", 1);
    assert!(
        told(&profile, &good, &["builtin"])
            .contains("frameworks.toml:12: unknown profile `pytorch`")
    );
    let key = FRAMEWORKS.replacen("worker  ", "werker  ", 1);
    let said = told(&key, &good, &["builtin"]);
    assert!(said.contains("line 7") && said.contains("werker"), "{said}");
    for (from, to, part) in [
        (
            "\"logsumexp\"",
            "\"logsumpex\"",
            "findings.toml:4: unknown op `logsumpex`",
        ),
        (
            "\"failed\"",
            "\"fialed\"",
            "findings.toml:14: unknown subject `fialed`",
        ),
        (
            "\"huge_logits\"",
            "\"huge\"",
            "findings.toml:6: unknown class `huge`",
        ),
        (
            "\"wrong_class\"",
            "\"wrong\"",
            "findings.toml:21: unknown verdict `wrong`",
        ),
        (
            "\"onnx\"",
            "\"onyx\"",
            "findings.toml:11: unknown profile `onyx`",
        ),
        (
            "\"0.6\"",
            "\"many\"",
            "findings.toml:10: `least_ulps` is a positive number",
        ),
    ] {
        let said = told(FRAMEWORKS, &good.replacen(from, to, 1), &["builtin"]);
        assert!(said.contains(part), "{said}");
    }
    let said = told(FRAMEWORKS, &good, &["tensrflow"]);
    assert!(said.contains("unknown subject `tensrflow`"), "{said}");
}

#[test]
fn check_shows_what_tolerances_let_through() {
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lossproof"));
        command.args([
            "check",
            "builtin:textbook",
            "--op",
            "softmax",
            "--dtype",
            "f16",
        ]);
        command
            .args(["--class", "huge_logits", "--tolerances"])
            .args(more);
        let output = command.timeout(Duration::from_secs(120)).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let rows: Value = serde_json::from_str(&run(&["--json"])).unwrap();
    let row = |name: &str| {
        let rows = rows["tolerances"].as_array().unwrap().iter();
        let mut named = rows.filter(|row| row["tolerance"] == name);
        named.next().unwrap()["count"].clone()
    };
    let webnn = row("webnn");
    assert!(webnn["at_fault"].as_u64() > Some(0));
    assert_eq!(
        webnn["let_through"], webnn["at_fault"],
        "3n + 3 steps of f16 are a wide door"
    );
    assert_eq!(row("numpy")["let_through"], 0);
    let table = run(&[]);
    for part in [
        "at fault let through",
        "webnn",
        "torch.testing.assert_close",
        "conforming rejected",
    ] {
        assert!(table.contains(part), "no `{part}` in:\n{table}");
    }
}
