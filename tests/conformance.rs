//! The gate as tests: one trial per op, dtype and class, one per reviewed snapshot, one for the committed report.
//!
//! `cargo test --test conformance -- --list` names them, a filter selects (`softmax/f32`), and `cargo nextest run` works.
//! `LOSSPROOF_TIER=full` runs the full tier against the ceilings alone.

use libtest_mimic::{Arguments, Conclusion, Failed, Trial as Test};
use lossproof::assemble::{Evidence, Parts, report};
use lossproof::cases::Tier;
use lossproof::command::{Golden, embedded_specs, explain_failures, references_of};
use lossproof::gate::{findings, render_bounds, snapshot_name};
use lossproof::properties::{Finding, PropertyOutcome, check_properties};
use lossproof::reference::{DEFAULT_PRECISION_LIMIT, Reference};
use lossproof::report::{render_html, render_json, render_markdown, schema_json};
use lossproof::run::{Selection, Settings, TrialOutcome, Unobserved, run};
use lossproof::selftest::{Lineup, SelfProof, self_proof};
use lossproof::spec::Profile;
use lossproof::subject::{Subject, subject_named};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, LazyLock, OnceLock};

/// The subjects of the report; the first one is gated.
const SUBJECTS: [&str; 2] = ["builtin", "builtin:textbook"];

static REFERENCES: LazyLock<Vec<Reference>> = LazyLock::new(|| {
    let specs = embedded_specs().unwrap_or_else(|error| panic!("{error:#}"));
    references_of(&specs, Profile::Exact).unwrap_or_else(|error| panic!("{error:#}"))
});

static GOLDEN: LazyLock<Golden> = LazyLock::new(|| {
    Golden::load(&root().join("golden"), tier()).unwrap_or_else(|error| panic!("{error:#}"))
});

static SUBJECT_LIST: LazyLock<Vec<Box<dyn Subject>>> = LazyLock::new(|| {
    let subject = |name: &&str| subject_named(name, &[]).unwrap_or_else(|error| panic!("{error}"));
    SUBJECTS.iter().map(subject).collect()
});

/// Every property of every subject, for its trial and the report.
static PROPERTIES: LazyLock<Vec<PropertyOutcome>> = LazyLock::new(|| {
    let selection = Selection::default();
    check_properties(&REFERENCES, &subjects(), &selection, settings().seed)
        .unwrap_or_else(|error| panic!("{error}"))
});

/// The self-proof, for its trials and the report.
static PROOF: LazyLock<SelfProof> = LazyLock::new(|| {
    self_proof(&Lineup::all(), &REFERENCES, &settings(), &Unobserved)
        .unwrap_or_else(|error| panic!("{error}"))
});

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn tier() -> Tier {
    match std::env::var("LOSSPROOF_TIER").as_deref() {
        Ok("full") => Tier::Full,
        Ok("quick") | Err(_) => Tier::Quick,
        Ok(other) => panic!("LOSSPROOF_TIER is `{other}`; it must be quick or full"),
    }
}

fn settings() -> Settings {
    Settings {
        seed: 0,
        tier: tier(),
        precision_limit: DEFAULT_PRECISION_LIMIT,
        oracle: lossproof::measure::Oracle::default(),
        threads: None,
    }
}

fn subjects() -> Vec<&'static dyn Subject> {
    SUBJECT_LIST.iter().map(|subject| &**subject).collect()
}

/// One op, dtype and class, run when first asked for: the trial, the snapshot and the report share the outcome.
type Shared = Arc<OnceLock<TrialOutcome<'static>>>;

fn outcome<'a>(shared: &'a Shared, name: &str) -> &'a TrialOutcome<'static> {
    shared.get_or_init(|| {
        let trials = Selection::default()
            .trials(&REFERENCES, tier())
            .expect("the specs name known classes");
        let trial = trials
            .into_iter()
            .find(|trial| trial.name() == name)
            .expect("listed before");
        let outcomes = run(vec![trial], &subjects(), &settings(), &Unobserved);
        outcomes.unwrap_or_else(|error| panic!("{error}")).remove(0)
    })
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = Selection::default()
        .trials(&REFERENCES, tier())
        .expect("the specs name known classes");
    let mut shared: Vec<(String, Shared)> = Vec::new();
    let mut snapshots: BTreeMap<String, Vec<(String, Shared)>> = BTreeMap::new();
    let mut tests = Vec::new();
    for trial in &trials {
        let cell = Shared::default();
        let name = trial.name();
        shared.push((name.clone(), Arc::clone(&cell)));
        let file = snapshot_name(&trial.reference.op.name, trial.dtype);
        snapshots
            .entry(file)
            .or_default()
            .push((name.clone(), Arc::clone(&cell)));
        tests.push(Test::test(name.clone(), move || {
            conforms(outcome(&cell, &name))
        }));
    }
    if tier() == Tier::Quick {
        for (file, classes) in snapshots {
            tests.push(Test::test(format!("bounds/{file}"), move || {
                bounds_are_reviewed(&file, &classes)
            }));
        }
        tests.push(Test::test("report/is_current", move || {
            report_is_current(&shared)
        }));
    }
    tests.push(Test::test("properties/builtin", properties_hold));
    tests.push(Test::test("selftest/kill_score", every_mutant_is_killed));
    tests.push(Test::test(
        "selftest/false_alarms",
        no_variant_raises_an_alarm,
    ));
    let conclusion: Conclusion = libtest_mimic::run(&arguments, tests);
    if conclusion.num_passed + conclusion.num_failed + conclusion.num_ignored == 0
        && !arguments.list
    {
        eprintln!("no trial fits the selection; `--list` names them");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}

/// A trial passes when the gate has nothing to say about it.
fn conforms(outcome: &TrialOutcome<'static>) -> Result<(), Failed> {
    let outcomes = std::slice::from_ref(outcome);
    let found = findings(outcomes, 0, GOLDEN.reviewed(false));
    if found.is_empty() {
        return Ok(());
    }
    let mut message: Vec<String> = found.iter().map(ToString::to_string).collect();
    message.push(explain_failures(outcome, 0, &*SUBJECT_LIST[0], &settings()));
    Err(message.join("\n").into())
}

/// The snapshot of an op and dtype, through insta, so that `cargo insta review` shows and accepts what changed.
fn bounds_are_reviewed(file: &str, classes: &[(String, Shared)]) -> Result<(), Failed> {
    let tallies: Vec<_> = classes
        .iter()
        .map(|(name, cell)| {
            let outcome = outcome(cell, name);
            let tally = outcome.tallies[0]
                .as_ref()
                .ok_or_else(|| format!("no kernel for {name}"))?;
            Ok((outcome.trial.class.name, tally))
        })
        .collect::<Result<_, String>>()?;
    let text = render_bounds(tallies);
    let mut insta_settings = insta::Settings::clone_current();
    insta_settings.set_snapshot_path(root().join("golden/bounds"));
    insta_settings.set_prepend_module_to_snapshot(false);
    insta_settings.set_omit_expression(true);
    let checked = insta_settings
        .bind(|| std::panic::catch_unwind(|| insta::assert_snapshot!(file.to_owned(), text)));
    checked.map_err(|_| {
        let file = format!("golden/bounds/{file}.snap");
        format!("{file} is not what was measured; review it: cargo insta review (or INSTA_UPDATE=always, and look at the diff)").into()
    })
}

/// Our kernels have every property that applies, and some does.
fn properties_hold() -> Result<(), Failed> {
    let ours = || PROPERTIES.iter().filter(|one| one.subject == SUBJECTS[0]);
    let held = ours().filter(|one| matches!(one.finding, Finding::Held { .. }));
    if held.count() == 0 {
        return Err("no property was checked".into());
    }
    let failed: Vec<String> = ours()
        .filter_map(|one| match &one.finding {
            Finding::Failed { first, .. } => Some(format!(
                "{} fails at {}: {}",
                one.property, first.case, first.account
            )),
            Finding::Held { .. } | Finding::NotApplicable { .. } => None,
        })
        .collect();
    none_of(&failed)
}

/// Every known-bad kernel is caught, in every dtype in which its mistake makes a difference.
fn every_mutant_is_killed() -> Result<(), Failed> {
    if PROOF.mutants.len() < 40 {
        return Err(format!("only {} known-bad kernels", PROOF.mutants.len()).into());
    }
    none_of(&PROOF.survivors())
}

/// No correct kernel written differently raises an alarm.
fn no_variant_raises_an_alarm() -> Result<(), Failed> {
    if PROOF.variants.is_empty() {
        return Err("there are no correct kernels to pass".into());
    }
    none_of(&PROOF.false_alarms())
}

fn none_of(lines: &[String]) -> Result<(), Failed> {
    if lines.is_empty() {
        Ok(())
    } else {
        Err(lines.join("\n").into())
    }
}

/// The reviewed bounds as they stand now: `INSTA_UPDATE=always` may have written them in this run.
fn golden() -> Golden {
    Golden::load(&root().join("golden"), tier()).unwrap_or_else(|error| panic!("{error:#}"))
}

/// The committed report is what a run of today writes. Where bounds are accepted (`INSTA_UPDATE=always`), with one test
/// thread so that this trial comes last, the report is written with them.
fn report_is_current(shared: &[(String, Shared)]) -> Result<(), Failed> {
    let outcomes: Vec<TrialOutcome<'static>> = shared
        .iter()
        .map(|(name, cell)| outcome(cell, name).clone())
        .collect();
    let golden = golden();
    let found = findings(&outcomes, 0, golden.reviewed(true));
    let settings = settings();
    let report = report(Parts {
        references: &REFERENCES,
        outcomes: &outcomes,
        subjects: &subjects(),
        gated: 0,
        findings: &found,
        bounds: golden.bounds.as_ref(),
        waivers: &golden.waivers,
        settings: &settings,
        profile: Profile::Exact,
        evidence: Evidence {
            properties: &PROPERTIES,
            self_proof: Some(&PROOF),
            sweeps: &golden.sweeps,
        },
    });
    if !report.conforms {
        let mut lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        lines.push("the report does not conform; the other trials say why".to_owned());
        return Err(lines.join("\n").into());
    }
    let reports = root().join("reports");
    for (name, text) in [
        ("conformance.json", render_json(&report)),
        ("conformance.schema.json", schema_json()),
        ("README.md", render_markdown(&report)),
        ("index.html", render_html(&report)),
    ] {
        is_current(&reports.join(name), &text)?;
    }
    Ok(())
}

fn is_current(path: &Path, text: &str) -> Result<(), Failed> {
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        return Ok(fs::write(path, text)?);
    }
    let committed = fs::read_to_string(path).unwrap_or_default();
    if committed == text {
        return Ok(());
    }
    let line = committed
        .lines()
        .zip(text.lines())
        .position(|(old, new)| old != new);
    let place = line.map_or_else(
        || "at its end".to_owned(),
        |line| format!("from line {}", line + 1),
    );
    Err(format!(
        "{} is stale {place}; run `make report` and commit it",
        path.display()
    )
    .into())
}
