//! The gate judged: every kind of finding is found where it should be, and nowhere else; what the gate reads is read
//! strictly.

mod planted;

use lossproof::cases::{Case, CaseId, Tensor};
use lossproof::gate::{
    Bounds, ClassBound, Finding, FindingKind, Reviewed, Waiver, findings, parse_snapshot,
    parse_waivers, render_bounds, snapshot_name,
};
use lossproof::measure::{Tally, measure_case};
use lossproof::reference::DEFAULT_PRECISION_LIMIT;
use lossproof::run::{Observer, Trial, TrialOutcome, run};
use lossproof::spec::Profile;
use lossproof::subject::{Answer, BatchCall, Failure, Subject};
use lossproof_numerics::{Dtype, next_up};
use planted::{Planted, REFERENCES, builtin, outcomes, selection, settings, tally, trials};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

const HEADER: &str = "---\nsource: tests/conformance.rs\n---\n";
const TODAY: &str = "2026-06-15";
const TRIAL: &str = "softmax/f16/ordinary";

/// What the tests hold against bounds: builtin on three classes.
static MEASURED: LazyLock<Vec<TrialOutcome<'static>>> = LazyLock::new(|| measured(&builtin()));

fn measured(subject: &dyn Subject) -> Vec<TrialOutcome<'static>> {
    let classes = ["ordinary", "masked", "non_finite"];
    let chosen = selection("softmax", &[Dtype::F16], &classes);
    outcomes(&chosen, &[subject])
}

/// A kernel all of whose values exceed.
fn two_ulps_off() -> Planted {
    Planted::on_values(|dtype, z| next_up(dtype, next_up(dtype, z)))
}

/// The bounds that a reviewer accepts when these outcomes are shown: written, and read back.
fn bounds_of(outcomes: &[TrialOutcome<'_>]) -> Bounds {
    let mut bounds = Bounds::new();
    for outcome in outcomes {
        let name = snapshot_name(&outcome.trial.reference.op.name, outcome.trial.dtype);
        let text = render_bounds([(outcome.trial.class.name, &tally(outcome, 0))]);
        let read = parse_snapshot(&name, &format!("{HEADER}{text}\n")).unwrap();
        bounds.entry(name).or_default().extend(read);
    }
    bounds
}

/// The bounds of [`MEASURED`] with the one of [`TRIAL`] changed.
fn changed_bounds(change: impl Fn(&mut ClassBound)) -> Bounds {
    let mut bounds = bounds_of(&MEASURED);
    let classes = bounds.get_mut("softmax.f16").expect("measured");
    change(classes.get_mut("ordinary").expect("measured"));
    bounds
}

fn held(outcomes: &[TrialOutcome<'_>], bounds: Option<&Bounds>, everything: bool) -> Vec<Finding> {
    let reviewed = Reviewed {
        bounds,
        waivers: &[],
        today: TODAY,
        everything,
    };
    findings(outcomes, 0, reviewed)
}

fn waived(outcomes: &[TrialOutcome<'_>], waivers: &[Waiver], everything: bool) -> Vec<Finding> {
    let reviewed = Reviewed {
        bounds: None,
        waivers,
        today: TODAY,
        everything,
    };
    findings(outcomes, 0, reviewed)
}

fn waiver(class: &str, expires: &str) -> Waiver {
    let text = format!(
        "[[waiver]]\nop = \"softmax\"\ndtype = \"f16\"\nclass = \"{class}\"\nreason = \"a test\"\n\
         expires = {expires}\n"
    );
    parse_waivers("waivers.toml", &text).unwrap().remove(0)
}

fn subjects_of(found: &[Finding]) -> Vec<&str> {
    found
        .iter()
        .map(|finding| finding.subject.as_str())
        .collect()
}

/// The one finding there is, about the trial that the tests change.
fn only(found: &[Finding]) -> &FindingKind {
    assert_eq!(subjects_of(found), [TRIAL], "{found:?}");
    &found[0].kind
}

#[test]
fn what_was_measured_and_accepted_opens_the_gate() {
    let bounds = bounds_of(&MEASURED);
    assert_eq!(bounds["softmax.f16"].len(), 3);
    let found = held(&MEASURED, Some(&bounds), true);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_bound_that_grew_is_worse_and_names_the_case() {
    let bounds = changed_bounds(|bound| bound.max_ulp -= 1e-6);
    let found = held(&MEASURED, Some(&bounds), false);
    let FindingKind::Worse {
        reviewed,
        measured,
        case: Some(case),
    } = only(&found)
    else {
        panic!("{found:?}");
    };
    assert!(reviewed < measured);
    let worst = &tally(&MEASURED[0], 0).worst.unwrap();
    assert_eq!(*case, worst.case.to_string());
    let line = found[0].to_string();
    assert!(
        line.starts_with("softmax/f16/ordinary: worse: 0.4"),
        "{line}"
    );
    assert!(
        line.ends_with(&format!("lossproof explain {case}")),
        "{line}"
    );
}

#[test]
fn a_bound_that_shrank_is_better_and_must_be_accepted() {
    let bounds = changed_bounds(|bound| bound.max_ulp += 1e-6);
    let found = held(&MEASURED, Some(&bounds), false);
    assert!(
        matches!(only(&found), FindingKind::Better { .. }),
        "{found:?}"
    );
    assert!(found[0].to_string().contains("cargo insta review"));
}

#[test]
fn every_other_part_of_a_bound_that_changed_is_found() {
    let changes: [fn(&mut ClassBound); 5] = [
        |bound| bound.coverage = "sampled n=1".to_owned(),
        |bound| bound.worst_case = "softmax/f16/ordinary/00001[0]".to_owned(),
        |bound| bound.correctly_rounded = "1 of 1".to_owned(),
        |bound| bound.other_verdicts = "faithful 1".to_owned(),
        |bound| bound.max_ulp = f64::NAN,
    ];
    for change in changes {
        let found = held(&MEASURED, Some(&changed_bounds(change)), false);
        assert!(
            matches!(only(&found), FindingKind::Changed { .. }),
            "{found:?}"
        );
    }
}

#[test]
fn a_missing_bound_and_an_orphaned_one_are_found() {
    let mut bounds = bounds_of(&MEASURED);
    let classes = bounds.get_mut("softmax.f16").unwrap();
    let bound = classes.remove("ordinary").unwrap();
    let found = held(&MEASURED, Some(&bounds), true);
    assert!(matches!(only(&found), FindingKind::NoBound), "{found:?}");
    // A class that is not tested, and a whole file.
    let classes = bounds.get_mut("softmax.f16").unwrap();
    classes.insert("ordinary".to_owned(), bound.clone());
    classes.insert("gone".to_owned(), bound.clone());
    bounds.insert(
        "gone.f32".to_owned(),
        BTreeMap::from([("ties".to_owned(), bound)]),
    );
    let found = held(&MEASURED, Some(&bounds), true);
    assert!(
        found
            .iter()
            .all(|finding| matches!(finding.kind, FindingKind::OrphanedBound))
    );
    assert_eq!(subjects_of(&found), ["gone.f32 ties", "softmax.f16 gone"]);
    // Where only a part was selected, nothing is missing.
    assert!(held(&MEASURED, Some(&bounds), false).is_empty());
}

#[test]
fn values_above_the_ceiling_need_a_waiver_of_their_trial() {
    let faulty = measured(&two_ulps_off());
    let found = waived(&faulty, &[], false);
    assert_eq!(subjects_of(&found)[0], TRIAL);
    let FindingKind::Exceeds {
        values,
        worst: Some(_),
    } = &found[0].kind
    else {
        panic!("{found:?}");
    };
    assert_eq!(*values, tally(&faulty[0], 0).values);
    let line = found[0].to_string();
    assert!(
        line.contains(" ulp: lossproof explain softmax/f16/ordinary/"),
        "{line}"
    );
    // Its last day counts; another class's waiver does not help.
    for (expires, helps) in [(TODAY, true), ("2027-01-31", true), ("2026-06-14", false)] {
        let found = waived(&faulty[..1], &[waiver("ordinary", expires)], false);
        assert_eq!(found.is_empty(), helps, "{expires}: {found:?}");
    }
    let found = waived(&faulty[..1], &[waiver("ties", TODAY)], false);
    assert!(matches!(only(&found), FindingKind::Exceeds { .. }));
}

#[test]
fn a_waiver_does_not_excuse_a_wrong_class() {
    let nan = measured(&Planted::on_values(|_, _| f64::NAN));
    let waivers = [waiver("ordinary", TODAY)];
    let found = waived(&nan[..1], &waivers, false);
    let kinds: Vec<String> = found
        .iter()
        .map(|finding| finding.kind.to_string())
        .collect();
    assert!(
        kinds[0].contains("× wrong_class: lossproof explain softmax/f16/"),
        "{kinds:?}"
    );
    assert!(kinds[1].contains("no longer needed"), "{kinds:?}");
    assert_eq!(kinds.len(), 2);
}

#[test]
fn expired_unneeded_and_mistaken_waivers_close_the_gate() {
    let found = waived(&MEASURED, &[waiver("ordinary", "2027-01-31")], false);
    assert!(
        matches!(only(&found), FindingKind::WaiverUnneeded),
        "{found:?}"
    );
    let faulty = measured(&two_ulps_off());
    let found = waived(&faulty[..1], &[waiver("ordinary", "2026-06-14")], false);
    let [exceeds, expired] = &found[..] else {
        panic!("{found:?}");
    };
    assert!(matches!(exceeds.kind, FindingKind::Exceeds { .. }));
    assert!(
        matches!(&expired.kind, FindingKind::WaiverExpired { expires } if expires == "2026-06-14")
    );
    // A waiver of something that does not exist shows where everything is run.
    let nothing = [waiver("no_such_class", "2027-01-31")];
    let found = waived(&MEASURED, &nothing, true);
    assert_eq!(subjects_of(&found), ["softmax/f16/no_such_class"]);
    assert!(
        matches!(found[0].kind, FindingKind::WaiverOfNothing),
        "{found:?}"
    );
    assert!(waived(&MEASURED, &nothing, false).is_empty());
}

#[test]
fn waivers_are_read_strictly() {
    let entry = |changed: (&str, &str)| {
        let lines = [
            ("op", "\"softmax\""),
            ("dtype", "\"f16\""),
            ("class", "\"ties\""),
            ("reason", "\"a test\""),
            ("expires", "2027-01-31"),
        ];
        let known = lines.iter().any(|(key, _)| *key == changed.0);
        let line = |(key, value): (&str, &str)| match value {
            "" => String::new(),
            _ => format!("{key} = {value}\n"),
        };
        let changed_line =
            |(key, value)| line((key, if key == changed.0 { changed.1 } else { value }));
        let mut text = "[[waiver]]\n".to_owned();
        text.extend(lines.map(changed_line));
        if !known {
            text += &line(changed);
        }
        text
    };
    let message = |text: &str| {
        parse_waivers("golden/waivers.toml", text)
            .unwrap_err()
            .to_string()
    };
    for (change, part) in [
        (("until", "2027-01-31"), "unknown field `until`"),
        (("reason", ""), "missing field `reason`"),
        (("dtype", "\"f8\""), "waiver 1: unknown dtype `f8`"),
        (("reason", "\"  \""), "waiver 1: the reason is empty"),
        (
            ("expires", "2027-01-31T12:00:00"),
            "a day, written like 2027-01-31",
        ),
        (
            ("expires", "2027-01-31T12:00:00Z"),
            "a day, written like 2027-01-31",
        ),
        (("expires", "12:00:00"), "a day, written like 2027-01-31"),
        (("expires", "\"2027-01-31\""), "expires"),
        (("expires", "2027-02-30"), "line 6"),
        (("op", "7"), "line 2"),
    ] {
        let message = message(&entry(change));
        assert!(message.starts_with("golden/waivers.toml: "), "{message}");
        assert!(message.contains(part), "{change:?}: {message}");
    }
    let right = entry(("op", "\"softmax\""));
    let twice = message(&format!("{right}{right}"));
    assert!(
        twice.contains("waiver 2: softmax/f16/ties is waived twice"),
        "{twice}"
    );
    let other = entry(("class", "\"zeros\""));
    let read = parse_waivers("golden/waivers.toml", &format!("{right}{other}")).unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!(read[1].trial(), "softmax/f16/zeros");
    assert_eq!(read[1].expires, "2027-01-31");
    assert!(
        parse_waivers("golden/waivers.toml", "# none\n")
            .unwrap()
            .is_empty()
    );
    assert!(message("[[waivers]]\n").contains("unknown field `waivers`"));
}

#[test]
fn a_reviewed_bound_above_the_ceiling_is_found_unless_waived() {
    let faulty = measured(&two_ulps_off());
    let bounds = bounds_of(&faulty);
    let found = held(&faulty[..1], Some(&bounds), false);
    let [exceeds, above] = &found[..] else {
        panic!("{found:?}");
    };
    assert!(matches!(exceeds.kind, FindingKind::Exceeds { .. }));
    let FindingKind::BoundAboveCeiling { reviewed, ceiling } = above.kind else {
        panic!("{above}");
    };
    assert!(reviewed > 1.0 && (ceiling - 0.51).abs() < 1e-12, "{above}");
    let waivers = [waiver("ordinary", TODAY)];
    let reviewed = Reviewed {
        bounds: Some(&bounds),
        waivers: &waivers,
        today: TODAY,
        everything: false,
    };
    let found = findings(&faulty[..1], 0, reviewed);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn clauses_that_no_case_met_are_found_where_everything_is_run() {
    let one_class = outcomes(
        &selection("softmax", &[Dtype::F16], &["ordinary"]),
        &[&builtin()],
    );
    let found = held(&one_class, None, true);
    let clauses: Vec<&str> = found
        .iter()
        .map(|finding| match &finding.kind {
            FindingKind::ClauseNotExercised { clause } => clause.as_str(),
            other => panic!("{other}"),
        })
        .collect();
    let expected = [
        "SOFTMAX-NAN",
        "SOFTMAX-PLUS-INFINITY",
        "SOFTMAX-ALL-MINUS-INFINITY",
        "SOFTMAX-MINUS-INFINITY",
    ];
    assert_eq!(clauses, expected);
    assert!(held(&one_class, None, false).is_empty());
    let special = selection("softmax", &[Dtype::F16], &["masked", "non_finite"]);
    let special = outcomes(&special, &[&builtin()]);
    assert!(held(&special, None, true).is_empty());
}

/// Somebody who presses Ctrl-C after a few cases.
struct Impatient(AtomicU32);

impl Observer for Impatient {
    fn case_done(&self, _: &Trial<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= 5
    }
}

#[test]
fn an_interrupted_run_closes_the_gate() {
    let chosen = selection("softmax", &[Dtype::F16], &["ordinary"]);
    let impatient = Impatient(AtomicU32::new(0));
    let found = run(trials(&chosen), &[&builtin()], &settings(2), &impatient).unwrap();
    let cases = tally(&found[0], 0).cases;
    assert!((5..=6).contains(&cases), "{cases} cases on two threads");
    assert!(!found[0].complete);
    let found = held(&found, None, false);
    assert!(
        matches!(only(&found), FindingKind::Interrupted),
        "{found:?}"
    );
}

/// A subject without kernels.
struct Absent;

impl Subject for Absent {
    fn name(&self) -> &'static str {
        "absent"
    }

    fn description(&self) -> &'static str {
        "no kernels"
    }

    fn profile(&self) -> Profile {
        Profile::Exact
    }

    fn supports(&self, _: &str, _: Dtype) -> bool {
        false
    }

    fn call_batch(&self, op: &str, call: &mut BatchCall) -> Result<(), Failure> {
        panic!("called for {op} {}", call.dtype());
    }
}

#[test]
fn no_kernel_and_an_empty_selection_close_the_gate() {
    let chosen = selection("softmax", &[Dtype::F16], &["ordinary"]);
    // Beside one that has kernels, in either order.
    for (place, subjects) in [[&Absent as &dyn Subject, &builtin()], [&builtin(), &Absent]]
        .iter()
        .enumerate()
    {
        let found = outcomes(&chosen, subjects);
        let reviewed = Reviewed {
            bounds: None,
            waivers: &[],
            today: TODAY,
            everything: false,
        };
        let absent = findings(&found, place, reviewed);
        assert!(matches!(only(&absent), FindingKind::NoKernel), "{absent:?}");
        assert!(findings(&found, 1 - place, reviewed).is_empty());
    }
    let found = held(&[], None, false);
    assert_eq!(subjects_of(&found), ["selection"]);
    assert!(matches!(found[0].kind, FindingKind::NothingSelected));
}

#[test]
fn calls_without_values_close_the_gate() {
    for (answer, verdict) in [
        (Answer::Refused("no".to_owned()), "failed"),
        (Answer::Crashed("a signal".to_owned()), "crashed"),
        (Answer::TimedOut("too late".to_owned()), "timed_out"),
        (Answer::Garbled("a wrong shape".to_owned()), "garbled"),
        (Answer::Trespassed("a stray byte".to_owned()), "trespassed"),
    ] {
        let told = answer.account().map(str::to_owned);
        let faulty = measured(&Planted::new(move |call, _| {
            assert_eq!((call.op, call.inputs.len()), ("softmax", 1));
            answer.clone()
        }));
        let found = held(&faulty[..1], None, false);
        let FindingKind::DoesNotConform {
            verdict: found_verdict,
            count,
            case: Some(case),
            account,
        } = only(&found)
        else {
            panic!("{found:?}");
        };
        assert_eq!((*found_verdict, *count), (verdict, 60));
        assert_eq!(*account, told);
        assert_eq!(case, "softmax/f16/ordinary/00000");
    }
}

#[test]
fn snapshots_are_read_as_they_were_written() {
    let tallies: Vec<(&str, Tally)> = MEASURED
        .iter()
        .map(|outcome| (outcome.trial.class.name, tally(outcome, 0)))
        .collect();
    let text = render_bounds(tallies.iter().map(|(class, tally)| (*class, tally)));
    let read = parse_snapshot("softmax.f16", &format!("{HEADER}{text}\n")).unwrap();
    assert_eq!(read.len(), 3);
    for (class, tally) in &tallies {
        let bound = &read[*class];
        assert_eq!(*bound, ClassBound::of(tally));
        assert_eq!(bound.coverage, format!("sampled n={}", tally.values));
        if *class == "non_finite" {
            assert_eq!(
                (bound.max_ulp.to_bits(), bound.worst_case.as_str()),
                (0, "")
            );
            continue;
        }
        assert!(bound.max_ulp > 0.4 && bound.max_ulp <= 0.5, "{bound}");
        assert!(
            bound
                .worst_case
                .starts_with(&format!("softmax/f16/{class}/")),
            "{bound}"
        );
    }
    // The errors of a kernel that is far off, and no values at all.
    let faulty = tally(&measured(&Planted::on_values(|_, _| f64::INFINITY))[0], 0);
    for tally in [faulty, Tally::default()] {
        let text = render_bounds([("ordinary", &tally)]);
        let read = parse_snapshot("softmax.f16", &format!("{HEADER}{text}\n")).unwrap();
        assert_eq!(read["ordinary"], ClassBound::of(&tally));
    }
}

#[test]
fn snapshots_that_nobody_wrote_are_refused_with_a_remedy() {
    let right = "[ties]\nmax_ulp = 0.5\ncoverage = \"sampled n=1\"\nworst_case = \"\"\n\
                 correctly_rounded = \"1 of 1\"\nother_verdicts = \"\"\n";
    assert!(parse_snapshot("a.snap", &format!("{HEADER}{right}")).is_ok());
    let whole = format!("{HEADER}{right}");
    for (text, part) in [
        (right.to_owned(), "no insta header"),
        (String::new(), "no insta header"),
        (
            format!("---\nsource: tests/conformance.rs\n{right}"),
            "no insta header",
        ),
        (
            format!("{HEADER}{right}min_ulp = 0\n"),
            "unknown field `min_ulp`",
        ),
        (
            whole.replace("max_ulp = 0.5\n", ""),
            "missing field `max_ulp`",
        ),
        (whole.replace("0.5", "\"0.5\""), "max_ulp"),
        (whole.replace("[ties]", "[ties"), "expected"),
        (format!("{HEADER}{right}{right}"), "duplicate"),
        (format!("{HEADER}<<<<<<< ours\n{right}"), "TOML parse error"),
    ] {
        let message = parse_snapshot("golden/bounds/a.snap", &text)
            .unwrap_err()
            .to_string();
        assert!(message.starts_with("golden/bounds/a.snap: "), "{message}");
        assert!(message.contains(part), "{part}: {message}");
        assert!(
            message.contains("take the file from version control"),
            "{message}"
        );
    }
}

#[test]
fn the_case_named_for_a_ceiling_is_one_that_exceeds_it() {
    let chosen = selection("softmax", &[Dtype::F32], &["huge_logits"]);
    let trial = trials(&chosen).remove(0);
    let reference = REFERENCES
        .iter()
        .find(|known| known.op.name == "softmax")
        .unwrap();
    let measure = |index: u32, logits: &[f64], answer: fn(usize, f64) -> f64| {
        let id = CaseId {
            op: "softmax".to_owned(),
            dtype: Dtype::F32,
            class: "huge_logits".to_owned(),
            index,
        };
        let case = Case::of_rows(id.clone(), vec![Tensor::Row(logits.to_vec())]);
        let faulty = Planted::new(move |_, right| match right {
            Answer::Values(values) => {
                let places = values.iter().enumerate();
                Answer::Values(places.map(|(place, &z)| answer(place, z)).collect())
            }
            other => other,
        });
        let measured = measure_case(reference, &case, &[&faulty], DEFAULT_PRECISION_LIMIT);
        Tally::of_case(&id, &measured.unwrap().subjects[0])
    };
    // κ of the second value is near 2 · 10^8: an error of 0.74 ulp is within its ceiling of 1.
    let mut both = measure(0, &[1e8, 1e8 - 8.0], |place, z| {
        if place == 1 {
            -next_up(Dtype::F32, -z)
        } else {
            z
        }
    });
    assert!(both.conforms(), "{:?} {:?}", both.verdicts, both.worst);
    // A third, rounded the wrong way, is off by 2/3 ulp, above its ceiling of 0.51.
    both.merge(measure(1, &[0.0; 3], |place, z| {
        if place == 0 {
            -next_up(Dtype::F32, -z)
        } else {
            z
        }
    }));
    let outcome = TrialOutcome {
        trial,
        tallies: vec![Some(both)],
        complete: true,
    };
    let found = held(&[outcome], None, false);
    let line = found[0].to_string();
    assert!(
        line.ends_with("lossproof explain softmax/f32/huge_logits/00001"),
        "{line}"
    );
}
