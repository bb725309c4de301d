//! What each profile calls right: hand-worked rows judged by the clauses and formulas of the system it stands for, and
//! by our own; and what nobody has settled, which is neither a pass nor a fault.

use lossproof::assemble::{Evidence, Parts, report};
use lossproof::cases::{Case, CaseId, Tensor, Tier};
use lossproof::command::{embedded_specs, references_of};
use lossproof::gate::{Reviewed, findings};
use lossproof::measure::{CaseReport, Oracle, Tally, Verdict, measure_case};
use lossproof::reference::{DEFAULT_PRECISION_LIMIT, Reference};
use lossproof::run::{Selection, Settings, TrialOutcome, Unobserved, run};
use lossproof::spec::{Outcome, Profile};
use lossproof::subject::{Answer, BatchCall, Builtin, Failure, Subject, Variant};
use lossproof_numerics::Dtype;
use std::sync::LazyLock;

const DENSE: &str = "softmax_cross_entropy_with_logits";
const SPARSE: &str = "sparse_softmax_cross_entropy_with_logits";
const BINARY: &str = "sigmoid_cross_entropy_with_logits";
const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

/// The ops under each profile, in the order of [`Profile::ALL`].
static REFERENCES: LazyLock<Vec<Vec<Reference>>> = LazyLock::new(|| {
    let specs = embedded_specs().unwrap_or_else(|error| panic!("{error:#}"));
    let of_profile = |&profile| references_of(&specs, profile).unwrap();
    Profile::ALL.iter().map(of_profile).collect()
});

fn references(profile: Profile) -> &'static [Reference] {
    let place = Profile::ALL.iter().position(|known| *known == profile);
    &REFERENCES[place.unwrap()]
}

fn reference(profile: Profile, op: &str) -> &'static Reference {
    let found = references(profile).iter().find(|known| known.op.name == op);
    found.unwrap_or_else(|| panic!("no op {op}"))
}

/// The kernel that answers this, whatever it is asked.
struct Fixed(Answer);

impl Subject for Fixed {
    fn name(&self) -> &'static str {
        "fixed"
    }

    fn description(&self) -> &'static str {
        "one answer to every call"
    }

    fn profile(&self) -> Profile {
        Profile::Exact
    }

    fn supports(&self, _: &str, _: Dtype) -> bool {
        true
    }

    fn call(&self, _: &str, _: Dtype, _: &[Tensor], _: usize) -> Answer {
        self.0.clone()
    }

    fn call_batch(&self, _: &str, call: &mut BatchCall) -> Result<(), Failure> {
        call.answer_by_row(|_, _| self.0.clone())
    }
}

const SETTINGS: Settings = Settings {
    seed: 0,
    tier: Tier::Quick,
    precision_limit: DEFAULT_PRECISION_LIMIT,
    threads: Some(2),
    oracle: Oracle::Ladder,
};

/// What our kernels make of the first cases of some classes of an op in f16, judged by a profile.
fn ours(profile: Profile, op: &str, classes: [&str; 2]) -> Vec<TrialOutcome<'static>> {
    let chosen = Selection {
        ops: vec![op.to_owned()],
        dtypes: vec![Dtype::F16],
        classes: classes.map(str::to_owned).to_vec(),
        ..Selection::default()
    };
    let mut trials = chosen.trials(references(profile), Tier::Quick).unwrap();
    assert_eq!(trials.len(), classes.len());
    for trial in &mut trials {
        trial.cases = trial.cases.min(60);
    }
    let ours = Builtin::new(Variant::Accurate);
    run(trials, &[&ours], &SETTINGS, &Unobserved).unwrap()
}

fn tally<'a>(outcome: &'a TrialOutcome<'_>) -> &'a Tally {
    outcome.tallies[0].as_ref().expect("we have a kernel")
}

fn row(values: &[f64]) -> Tensor {
    Tensor::Row(values.to_vec())
}

/// What comes of an answer to a case with inputs of our own, in f64.
fn judged(profile: Profile, op: &str, inputs: &[Tensor], answer: &Answer) -> CaseReport {
    let id = CaseId {
        op: op.to_owned(),
        dtype: Dtype::F64,
        class: "ordinary".to_owned(),
        index: 0,
    };
    let case = Case::of_rows(id, inputs.to_vec());
    let subject = Fixed(answer.clone());
    let reference = reference(profile, op);
    let measured = measure_case(reference, &case, &[&subject], DEFAULT_PRECISION_LIMIT);
    let report = measured.unwrap().subjects.remove(0);
    // Whatever is judged can be counted.
    let tally = Tally::of_case(&case.id, &report);
    assert_eq!(tally.cases, 1);
    report
}

fn verdicts(profile: Profile, op: &str, inputs: &[Tensor], answer: &Answer) -> Vec<Verdict> {
    let report = judged(profile, op, inputs, answer);
    report.judged.iter().map(|judged| judged.verdict).collect()
}

/// That these values are right under some profiles, and that under others at least one of them is wrong.
fn values_are_right(
    op: &str,
    inputs: &[Tensor],
    values: &[f64],
    right: &[Profile],
    wrong: &[Profile],
) {
    let answer = Answer::Values(values.to_vec());
    for &profile in right {
        let found = verdicts(profile, op, inputs, &answer);
        let all = found
            .iter()
            .all(|&verdict| verdict == Verdict::CorrectlyRounded);
        assert!(
            all,
            "{op} {inputs:?} under {profile}: {values:?} is {found:?}"
        );
    }
    for &profile in wrong {
        let found = verdicts(profile, op, inputs, &answer);
        let any = found.iter().any(|&verdict| verdict.is_fault());
        assert!(
            any,
            "{op} {inputs:?} under {profile}: {values:?} is {found:?}"
        );
    }
}

use Profile::{Exact, Jax, Keras, Onnx, Tensorflow, Torch};

#[test]
fn kl_divergence_where_zeros_meet() {
    let op = "kl_divergence";
    let outside = [row(&[0.5, 0.5]), row(&[0.5, 0.0])];
    values_are_right(op, &outside, &[INF], &[Exact, Torch, Jax], &[]);
    values_are_right(op, &outside, &[0.0], &[], &[Exact, Torch, Jax]);
    // An impossible event on both sides: 0 log(0 / 0) is 0, but 0 · log 0 is NaN where the logarithms stand apart.
    let both = [row(&[1.0, 0.0]), row(&[1.0, 0.0])];
    values_are_right(op, &both, &[0.0], &[Exact], &[Torch, Jax]);
    values_are_right(op, &both, &[NAN], &[Torch, Jax], &[Exact]);
    let negative = [row(&[1.0, -0.5]), row(&[0.5, 0.5])];
    values_are_right(op, &negative, &[NAN], &[Exact, Torch, Jax], &[]);
    let gradient = "kl_divergence_grad_p";
    let edge = [row(&[0.0, 1.0]), row(&[0.5, 1.0])];
    values_are_right(gradient, &edge, &[-INF, 1.0], &[Exact], &[Torch, Jax]);
    values_are_right(gradient, &edge, &[NAN, 1.0], &[Torch, Jax], &[Exact]);
    // ½ log ½ / ¼ + ½ log ½ / ¾ = ½ log 4/3, which clipping leaves alone.
    let plain = [row(&[0.5, 0.5]), row(&[0.25, 0.75])];
    values_are_right(op, &plain, &[0.143_841_036_225_890_46], Profile::ALL, &[]);
}

#[test]
fn a_nan_reaches_the_whole_row_of_our_gradients_and_its_own_place_of_others() {
    let rows = [row(&[NAN, 0.5]), row(&[0.5, 0.25])];
    values_are_right(
        "kl_divergence_grad_q",
        &rows,
        &[NAN, NAN],
        &[Exact],
        &[Torch, Jax],
    );
    values_are_right(
        "kl_divergence_grad_q",
        &rows,
        &[NAN, -2.0],
        &[Torch, Jax],
        &[Exact],
    );
    let op = format!("{DENSE}_grad_logits");
    let rows = [row(&[0.0, 0.0]), row(&[NAN, 0.25])];
    values_are_right(
        &op,
        &rows,
        &[NAN, NAN],
        &[Exact, Torch, Jax],
        &[Tensorflow, Keras],
    );
    values_are_right(
        &op,
        &rows,
        &[NAN, 0.25],
        &[Tensorflow, Keras],
        &[Exact, Torch, Jax],
    );
    let op = format!("{DENSE}_grad_labels");
    let rows = [row(&[0.0, 0.0]), row(&[NAN, 0.25])];
    let log_two = std::f64::consts::LN_2;
    values_are_right(
        &op,
        &rows,
        &[log_two, log_two],
        &[Tensorflow, Torch, Jax, Keras],
        &[Exact],
    );
}

#[test]
fn the_gradient_for_labels_that_are_no_distribution() {
    let op = format!("{DENSE}_grad_logits");
    // Softmax (½, ½); the labels sum to 0.7: ½ − ½ and ½ − 0.2 against 0.35 − ½ and 0.35 − 0.2.
    let rows = [row(&[0.0, 0.0]), row(&[0.5, 0.2])];
    values_are_right(
        &op,
        &rows,
        &[0.0, 0.3],
        &[Tensorflow, Keras],
        &[Exact, Torch, Jax, Onnx],
    );
    values_are_right(
        &op,
        &rows,
        &[-0.15, 0.15],
        &[Exact, Torch, Jax, Onnx],
        &[Tensorflow, Keras],
    );
    // No label weight at all: nothing to learn, or the softmax.
    let rows = [row(&[0.0, 0.0]), row(&[0.0, 0.0])];
    values_are_right(
        &op,
        &rows,
        &[0.5, 0.5],
        &[Tensorflow, Keras],
        &[Exact, Torch, Jax],
    );
    values_are_right(
        &op,
        &rows,
        &[0.0, 0.0],
        &[Exact, Torch, Jax],
        &[Tensorflow, Keras],
    );
    // The labels −1, 0, 1 of a single class, as TensorFlow's own test has them.
    for (label, gradient) in [(-1.0, 2.0), (0.0, 1.0), (1.0, 0.0)] {
        let rows = [row(&[1.0]), row(&[label])];
        values_are_right(&op, &rows, &[gradient], &[Tensorflow, Keras], &[]);
        values_are_right(&op, &rows, &[0.0], &[Exact, Torch, Jax], &[]);
        values_are_right(DENSE, &rows, &[0.0], Profile::ALL, &[]);
    }
    // A distribution: all agree.
    let rows = [row(&[0.0, 0.0]), row(&[0.75, 0.25])];
    values_are_right(&op, &rows, &[-0.25, 0.25], Profile::ALL, &[]);
}

#[test]
fn a_masked_class_without_label_weight() {
    let rows = [row(&[-INF, 0.0]), row(&[0.0, 1.0])];
    values_are_right(
        DENSE,
        &rows,
        &[0.0],
        &[Exact],
        &[Tensorflow, Torch, Jax, Keras],
    );
    values_are_right(
        DENSE,
        &rows,
        &[NAN],
        &[Tensorflow, Torch, Jax, Keras],
        &[Exact],
    );
    let op = format!("{DENSE}_grad_logits");
    let all = [Exact, Tensorflow, Torch, Jax, Keras];
    values_are_right(&op, &rows, &[0.0, 0.0], &all, &[]);
    let weighed = [row(&[-INF, 0.0]), row(&[0.5, 0.5])];
    values_are_right(DENSE, &weighed, &[INF], &all, &[]);
    let every_one = [row(&[-INF, -INF]), row(&[0.5, 0.5])];
    values_are_right(DENSE, &every_one, &[NAN], &all, &[]);
}

#[test]
fn infinite_logits_in_the_binary_loss() {
    let cases = [
        (INF, 1.0, 0.0, vec![Torch, Jax, Tensorflow, Keras]),
        (INF, 0.75, INF, vec![Tensorflow, Keras]),
        (-INF, 0.75, INF, vec![Torch]),
        (-INF, 0.0, 0.0, vec![Torch, Jax, Tensorflow, Keras]),
        (INF, 0.0, INF, vec![Tensorflow, Keras]),
    ];
    for (logit, label, limit, not_a_number) in cases {
        let rows = [row(&[logit]), row(&[label])];
        let limits: Vec<Profile> = [Exact, Tensorflow, Torch, Jax, Keras]
            .into_iter()
            .filter(|profile| !not_a_number.contains(profile))
            .collect();
        values_are_right(BINARY, &rows, &[limit], &limits, &not_a_number);
        values_are_right(BINARY, &rows, &[NAN], &not_a_number, &limits);
    }
    let op = format!("{BINARY}_grad_logits");
    let rows = [row(&[INF, -INF]), row(&[0.25, 0.25])];
    let all = [Exact, Tensorflow, Torch, Jax, Keras];
    values_are_right(&op, &rows, &[0.75, -0.25], &all, &[]);
    let rows = [row(&[1.0]), row(&[INF])];
    values_are_right(
        &op,
        &rows,
        &[-INF],
        &[Tensorflow, Torch, Jax, Keras],
        &[Exact],
    );
}

#[test]
fn infinite_logits_in_log_sum_exp_and_what_is_built_on_it() {
    let rows = [row(&[INF, 0.0])];
    values_are_right("logsumexp", &rows, &[INF], Profile::ALL, &[]);
    let op = "logsumexp_grad_logits";
    let frameworks = [Tensorflow, Torch, Jax, Keras];
    values_are_right(op, &rows, &[NAN, 0.0], &frameworks, &[Exact]);
    values_are_right(
        op,
        &rows,
        &[NAN, NAN],
        &[Exact, Tensorflow, Keras],
        &[Torch, Jax],
    );
    let rows = [row(&[INF, 0.0]), Tensor::Index(1)];
    values_are_right(
        SPARSE,
        &rows,
        &[INF],
        &[Jax],
        &[Exact, Tensorflow, Torch, Onnx],
    );
    values_are_right(
        SPARSE,
        &rows,
        &[NAN],
        &[Exact, Tensorflow, Torch, Keras, Onnx],
        &[Jax],
    );
}

#[test]
fn class_indices_outside_the_row() {
    let refusal = Answer::Refused("no such class".to_owned());
    let zero = Answer::Values(vec![0.0]);
    let nan = Answer::Values(vec![NAN]);
    let found = |profile, label, answer: &Answer| {
        let rows = [row(&[0.0, 0.0]), Tensor::Index(label)];
        verdicts(profile, SPARSE, &rows, answer)[0]
    };
    for (label, profile, answer, verdict) in [
        (2, Exact, &refusal, Verdict::Refused),
        (2, Torch, &refusal, Verdict::Refused),
        (2, Tensorflow, &refusal, Verdict::Refused),
        (2, Tensorflow, &nan, Verdict::CorrectlyRounded),
        (2, Onnx, &refusal, Verdict::Refused),
        (2, Onnx, &nan, Verdict::WrongClass),
        (2, Jax, &nan, Verdict::CorrectlyRounded),
        (2, Jax, &refusal, Verdict::Failed),
        (-1, Exact, &refusal, Verdict::Refused),
        (-1, Torch, &refusal, Verdict::Refused),
        (-1, Jax, &nan, Verdict::Unspecified),
        (-1, Jax, &refusal, Verdict::Unspecified),
        (-1, Onnx, &zero, Verdict::Unspecified),
        (-3, Jax, &nan, Verdict::CorrectlyRounded),
        (-3, Onnx, &refusal, Verdict::Refused),
        (-100, Torch, &zero, Verdict::CorrectlyRounded),
        (-100, Torch, &refusal, Verdict::Failed),
        (-100, Exact, &refusal, Verdict::Refused),
        (1 << 40, Jax, &zero, Verdict::Unspecified),
    ] {
        assert_eq!(
            found(profile, label, answer),
            verdict,
            "{label} {profile} {answer:?}"
        );
    }
    // A crash is one whatever the profile says.
    let crash = Answer::Crashed("a signal".to_owned());
    assert_eq!(found(Jax, -1, &crash), Verdict::Crashed);
}

#[test]
fn what_nobody_has_settled_is_neither_a_pass_nor_a_fault() {
    let outcomes = ours(Keras, "kl_divergence", ["zeros_in_support", "ordinary"]);
    let reviewed = Reviewed {
        bounds: None,
        waivers: &[],
        today: "",
        everything: false,
    };
    let found = findings(&outcomes, 0, reviewed);
    assert!(found.is_empty(), "{found:?}");
    for outcome in &outcomes {
        let tally = tally(outcome);
        let verdicts = tally.verdicts;
        assert!(verdicts.unspecified > 0 && tally.failures.is_empty());
        assert_eq!(
            verdicts.correctly_rounded + verdicts.unspecified,
            tally.values
        );
        for (place, &(settled, conforming)) in &tally.clauses {
            let clause = &outcome.trial.reference.clauses()[*place];
            let expected = if clause.is_unknown() { 0 } else { settled };
            assert_eq!(conforming, expected, "{}", clause.id);
        }
    }
    let subject = Builtin::new(Variant::Accurate);
    let report = report(Parts {
        references: references(Keras),
        outcomes: &outcomes,
        subjects: &[&subject],
        gated: 0,
        findings: &found,
        bounds: None,
        waivers: &[],
        settings: &SETTINGS,
        profile: Keras,
        evidence: Evidence::default(),
    });
    assert!(report.conforms && report.profile == "keras");
    let unspecified: u64 = report
        .results
        .iter()
        .map(|row| row.verdicts.unspecified)
        .sum();
    let entries: Vec<&str> = report
        .not_tested
        .iter()
        .map(|entry| entry.what.as_str())
        .filter(|what| what.contains("KL-"))
        .collect();
    assert_eq!(
        entries,
        [format!(
            "{unspecified} values (or refused calls) of builtin on kl_divergence, under the clause KL-CLIPPED"
        )]
    );
    // Wrong values are not judged there either, and right ones elsewhere still are.
    let anything = Answer::Values(vec![1e300]);
    let clipped = [row(&[0.0, 1.0]), row(&[0.5, 0.5])];
    let plain = [row(&[0.5, 0.5]), row(&[0.5, 0.5])];
    assert_eq!(
        verdicts(Keras, "kl_divergence", &clipped, &anything),
        [Verdict::Unspecified]
    );
    assert_eq!(
        verdicts(Keras, "kl_divergence", &plain, &anything),
        [Verdict::Exceeds]
    );
    assert!(!Verdict::Unspecified.conforms() && !Verdict::Unspecified.is_fault());
}

#[test]
fn our_own_kernels_pass_where_the_profiles_agree_with_ours() {
    for &profile in Profile::ALL {
        for op in ["softmax", "log_softmax", "logsumexp", DENSE, SPARSE, BINARY] {
            for outcome in ours(profile, op, ["ordinary", "huge_logits"]) {
                let tally = tally(&outcome);
                assert!(tally.conforms(), "{} {profile}", outcome.trial.name());
                assert_eq!(tally.verdicts.correctly_rounded, tally.values, "{profile}");
            }
        }
    }
}

#[test]
fn clauses_of_a_profile_that_settle_nothing_further_are_not_listed_for_it() {
    // A clause behind one that takes every row it could match would never be met: no profile lists an `exact`
    // clause that its own clause of the same condition comes before.
    for &profile in Profile::ALL {
        for reference in references(profile) {
            let clauses = reference.clauses();
            for (place, clause) in clauses.iter().enumerate() {
                let earlier = &clauses[..place];
                let repeats = |known: &&lossproof::spec::Clause| known.when == clause.when;
                let twin = earlier.iter().find(repeats).map(|known| &known.id);
                assert!(twin.is_none(), "{profile}: {} after {twin:?}", clause.id);
                assert!(!clause.accept.is_empty());
                assert!(!(profile == Exact && clause.accept.contains(&Outcome::Unknown)));
            }
        }
    }
}

/// The loss of probabilities passed as logits, with a one-hot label, enclosed.
fn loss_of_probabilities(probabilities: &[f64], label: usize) -> (f64, f64) {
    let label = i64::try_from(label).unwrap();
    let inputs = [Tensor::Row(probabilities.to_vec()), Tensor::Index(label)];
    let reference = reference(Exact, SPARSE);
    let call = reference.call(Dtype::F64, &inputs).unwrap();
    reference.enclose::<lossproof_oracle::Interval>(&call, &[0], 128)[0].ends_to_f64()
}

#[test]
fn the_loss_of_probabilities_passed_as_logits_is_confined_as_the_note_says() {
    for n in 2..=6usize {
        let others = f64::from(u32::try_from(n).unwrap()) - 1.0;
        let least = (others / std::f64::consts::E).ln_1p();
        let most = (std::f64::consts::E + others).ln();
        let slack = 1e-15;
        // A perfect prediction and a wholly wrong one are the two ends.
        let mut vertex = vec![0.0; n];
        vertex[0] = 1.0;
        for (label, end) in [(0, least), (1, most)] {
            let (lower, upper) = loss_of_probabilities(&vertex, label);
            assert!(lower - slack <= end && end <= upper + slack, "{n} {label}");
        }
        // Every distribution in eighths lies between.
        let mut eighths = vec![0u32; n];
        let mut checked = 0;
        loop {
            if eighths.iter().sum::<u32>() == 8 {
                let row: Vec<f64> = eighths.iter().map(|&part| f64::from(part) / 8.0).collect();
                for label in 0..n {
                    let (lower, upper) = loss_of_probabilities(&row, label);
                    assert!(least - slack <= lower && upper <= most + slack, "{row:?}");
                }
                checked += 1;
            }
            let Some(place) = eighths.iter().position(|&part| part < 8) else {
                break;
            };
            eighths[..place].fill(0);
            eighths[place] += 1;
        }
        assert!(checked >= 9, "{n}");
    }
}
