//! The judge judged: kernels with planted faults get the verdict that the fault deserves, and builtin passes the same
//! cases.

mod planted;

use lossproof::cases::strategy::cases;
use lossproof::cases::{Case, CaseId, Tensor, case};
use lossproof::measure::{CaseReport, Tally, Verdict, measure_case};
use lossproof::reference::{DEFAULT_PRECISION_LIMIT, Reference};
use lossproof::report::model::VerdictCounts;
use lossproof::run::{Unobserved, run};
use lossproof::subject::{Answer, Subject};
use lossproof_numerics::{Dtype, next_down, next_up, round_f64};
use planted::{Call, Planted, REFERENCES, builtin, outcomes, selection, settings, tally, trials};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

const SPARSE: &str = "sparse_softmax_cross_entropy_with_logits";
const DENSE: &str = "softmax_cross_entropy_with_logits";
const BINARY: &str = "sigmoid_cross_entropy_with_logits";

/// The ops and dtypes whose kernels are moved by ulps; the ceiling of both dtypes is 0.51 where κ is at most 10^6.
const OPS: [&str; 5] = ["softmax", "log_softmax", "logsumexp", SPARSE, DENSE];
const DTYPES: [Dtype; 2] = [Dtype::F16, Dtype::F32];

fn reference(op: &str) -> &'static Reference {
    let found = REFERENCES.iter().find(|known| known.op.name == op);
    found.unwrap_or_else(|| panic!("no op {op}"))
}

/// A case with inputs of our own.
fn made(op: &str, dtype: Dtype, inputs: Vec<Tensor>) -> Case {
    let id = CaseId {
        op: op.to_owned(),
        dtype,
        class: "ordinary".to_owned(),
        index: 0,
    };
    Case::of_rows(id, inputs)
}

fn row(values: &[f64]) -> Tensor {
    Tensor::Row(values.to_vec())
}

fn report_of(case: &Case, subject: &dyn Subject) -> CaseReport {
    let op = reference(&case.id.op);
    let measured = measure_case(op, case, &[subject], DEFAULT_PRECISION_LIMIT);
    measured.unwrap().subjects.remove(0)
}

/// The verdicts on a case once builtin has been found to conform on it.
fn verdicts(case: &Case, faulty: &dyn Subject) -> Vec<Verdict> {
    for judged in report_of(case, &builtin()).judged {
        assert!(judged.verdict.conforms(), "builtin: {judged:?} on {case:?}");
    }
    let judged = report_of(case, faulty).judged;
    judged.iter().map(|judged| judged.verdict).collect()
}

/// The kernel that answers this, whatever it is asked.
fn answers(values: &[f64]) -> Planted {
    let values = values.to_vec();
    Planted::new(move |_, _| Answer::Values(values.clone()))
}

/// The tally of a faulty kernel over a class, and builtin's, which conforms.
fn tallies(op: &str, dtype: Dtype, class: &str, faulty: &dyn Subject) -> (Tally, Tally) {
    let found = outcomes(&selection(op, &[dtype], &[class]), &[faulty, &builtin()]);
    assert!(found[0].complete);
    let ours = tally(&found[0], 1);
    assert!(ours.conforms(), "{op} {dtype} {class}: {:?}", ours.verdicts);
    (tally(&found[0], 0), ours)
}

fn sum(counts: VerdictCounts) -> u64 {
    let VerdictCounts {
        correctly_rounded,
        faithful,
        within_bound,
        exceeds,
        wrong_class,
        undecided,
        refused,
        failed,
        crashed,
        timed_out,
        garbled,
        trespassed,
        unspecified,
    } = counts;
    correctly_rounded
        + faithful
        + within_bound
        + exceeds
        + wrong_class
        + undecided
        + refused
        + failed
        + crashed
        + timed_out
        + garbled
        + trespassed
        + unspecified
}

fn logits<'a>(call: &Call<'a>) -> &'a [f64] {
    call.inputs[0].as_row().expect("the first input is a row")
}

/// A kernel off by some steps to the next value, up or down, on every finite value.
fn moved(steps: i32) -> Planted {
    let step = if steps < 0 { next_down } else { next_up };
    Planted::on_values(move |dtype, z| {
        let steps = if z.is_finite() { steps.abs() } else { 0 };
        (0..steps).fold(z, |z, _| step(dtype, z))
    })
}

#[test]
fn one_ulp_off_is_faithful_or_exceeds_by_the_ceiling() {
    // A correctly rounded result moved by an ulp is off by 0.5 to 1.5: below the ceiling of 0.51 only where the exact
    // result lies next to a midpoint, and then beyond that midpoint, so that it is faithful.
    for op in OPS {
        for dtype in DTYPES {
            for steps in [1, -1] {
                let (found, ours) = tallies(op, dtype, "ordinary", &moved(steps));
                let context = format!("{op} {dtype} {steps} {:?}", found.verdicts);
                let (counts, unmoved) = (found.verdicts, infinite(op, dtype));
                assert_eq!(sum(counts), sum(ours.verdicts), "{context}");
                assert_eq!(counts.correctly_rounded, unmoved, "{context}");
                assert_eq!(counts.refused, ours.verdicts.refused, "{context}");
                // Rows whose exact result is 0 with a κ of 0/0: an ulp lies between the ceilings of 0.51 and 1.
                assert!(counts.undecided <= 6, "{context}");
                assert!(4 * counts.exceeds > 3 * ours.values, "{context}");
                let worst = found.worst.as_ref().expect("there are distances");
                let least = worst.value.ulp_error.0;
                assert!(least > 0.75 && least <= 3.0, "{context}");
            }
        }
    }
}

/// How many of the class `ordinary`'s results are infinite: log-sum-exp of empty rows.
fn infinite(op: &str, dtype: Dtype) -> u64 {
    let trials = trials(&selection(op, &[dtype], &["ordinary"]));
    let lengths = (0..trials[0].cases).map(|index| {
        let id = CaseId {
            index,
            ..made(op, dtype, Vec::new()).id
        };
        let drawn = case(&reference(op).signature(), &id, 0).unwrap();
        drawn.length()
    });
    let empty = lengths.filter(|&length| length == 0).count() as u64;
    if op == "logsumexp" { empty } else { 0 }
}

/// Where terms cancel, an enclosure proves early that an error is beyond the ceiling, and late how large it is.
#[test]
fn an_error_that_exceeds_is_measured_as_closely_as_any() {
    let power = |exponent: i32| 2.0f64.powi(exponent);
    let terms = [power(127), power(-10), -power(127)];
    let case = made("reduce_sum", Dtype::F32, vec![row(&terms)]);
    let report = report_of(&case, &answers(&[100.0]));
    assert_eq!(report.judged[0].verdict, Verdict::Exceeds);
    // The exact sum is 2^−10, whose ulp is 2^−33.
    let exact = (100.0 - power(-10)) * power(33);
    let (lower, upper) = report.worst.expect("it has a distance").ulp_error;
    assert!(lower <= exact && exact <= upper);
    assert!(upper - lower <= 1e-11 * exact, "{lower} {upper}");
}

/// On the last rung a proven verdict is taken, and its error published with the bounds that are known.
#[test]
fn a_low_limit_leaves_no_error_out() {
    let power = |exponent: i32| 2.0f64.powi(exponent);
    // 1 + 2^−60, of which 128 bits leave 27 after the cancellation.
    let terms = [power(100), 1.0, power(-60), -power(100)];
    let case = made("reduce_sum", Dtype::F64, vec![row(&terms)]);
    let op = reference("reduce_sum");
    let measured = measure_case(op, &case, &[&answers(&[2.0])], 128).unwrap();
    let report = &measured.subjects[0];
    assert_eq!(report.judged[0].verdict, Verdict::Exceeds);
    let worst = report.worst.as_ref().expect("it has a distance");
    let (lower, upper) = worst.ulp_error;
    let exact = (1.0 - power(-60)) * power(52);
    assert!(lower <= exact && exact <= upper, "{lower} {upper}");
    assert!(upper - lower > 1e-12 * upper, "the limit is not met");
    // What the enclosure does not prove stays open.
    let measured = measure_case(op, &case, &[&answers(&[1.0])], 128).unwrap();
    let verdict = measured.subjects[0].judged[0].verdict;
    assert_eq!(verdict, Verdict::Undecided);
}

#[test]
fn two_ulps_off_always_exceeds() {
    for op in OPS {
        for dtype in DTYPES {
            for steps in [2, -3] {
                let (found, ours) = tallies(op, dtype, "ordinary", &moved(steps));
                let unmoved = infinite(op, dtype);
                let expected = VerdictCounts {
                    exceeds: ours.values - unmoved,
                    correctly_rounded: unmoved,
                    refused: ours.verdicts.refused,
                    ..VerdictCounts::default()
                };
                assert_eq!(found.verdicts, expected, "{op} {dtype} {steps}");
                assert!(expected.exceeds > 40, "{op} {dtype}");
            }
        }
    }
}

#[test]
fn an_ulp_beside_an_exact_zero_never_passes() {
    // κ is 0/0 there, so that a ceiling that depends on κ has no value between its least and its largest.
    for dtype in DTYPES {
        let case = made("log_softmax", dtype, vec![row(&[3.0])]);
        let found = report_of(&case, &moved(1)).judged[0];
        assert!(!found.verdict.conforms(), "{dtype}: {found:?}");
        assert_eq!(verdicts(&case, &moved(2)), [Verdict::Exceeds], "{dtype}");
    }
}

#[test]
fn an_f64_ceiling_of_one_ulp_passes_what_is_faithful_and_nothing_worse() {
    // Beside the exact result on its other side: less than an ulp off. On the same side: more.
    let (found, ours) = tallies("log_softmax", Dtype::F64, "ordinary", &moved(1));
    let counts = found.verdicts;
    assert_eq!(
        counts.faithful + counts.within_bound + counts.exceeds,
        ours.values
    );
    for (name, count) in [("faithful", counts.faithful), ("exceeds", counts.exceeds)] {
        assert!(4 * count > ours.values, "{name}: {counts:?}");
    }
}

#[test]
fn the_neighbours_of_an_exact_result_are_neither_faithful_nor_alike() {
    // logsumexp([1]) is 1. Below a power of two the gap is half an ulp, above it a whole one.
    let below = |dtype, _| next_down(dtype, 1.0);
    let above = |dtype, _| next_up(dtype, 1.0);
    for (dtype, verdict_above) in [
        (Dtype::F16, Verdict::Exceeds),
        (Dtype::F32, Verdict::Exceeds),
        (Dtype::F64, Verdict::WithinBound),
    ] {
        let case = made("logsumexp", dtype, vec![row(&[1.0])]);
        for (fault, verdict, error) in [
            (Planted::on_values(below), Verdict::WithinBound, 0.5),
            (Planted::on_values(above), verdict_above, 1.0),
        ] {
            assert_eq!(verdicts(&case, &fault), [verdict], "{dtype}");
            let measured = report_of(&case, &fault).judged[0].ulp_error;
            assert_eq!(measured, Some((error, error)), "{dtype}");
        }
    }
}

#[test]
fn a_softmax_of_zeros_exceeds() {
    // Where the exact result rounds to 0, or almost, zero is right: none of the other values may pass.
    for dtype in DTYPES {
        let zeros = Planted::on_values(|_, _| 0.0);
        let (found, ours) = tallies("softmax", dtype, "ordinary", &zeros);
        let counts = found.verdicts;
        assert_eq!(
            counts.exceeds + counts.faithful + counts.correctly_rounded,
            ours.values,
            "{counts:?}"
        );
        assert!(4 * counts.exceeds > 3 * ours.values, "{dtype}: {counts:?}");
    }
}

/// Softmax, log-softmax or log-sum-exp by their definitions, each step rounded, without a shift by the maximum.
fn without_shift(call: &Call<'_>, _: Answer) -> Answer {
    let round = |x: f64| round_f64(call.dtype, x);
    let terms: Vec<f64> = logits(call).iter().map(|x| round(x.exp())).collect();
    let total = terms.iter().fold(0.0, |sum, term| round(sum + term));
    Answer::Values(match call.op {
        "logsumexp" => vec![round(total.ln())],
        "log_softmax" => terms
            .iter()
            .map(|term| round(round(term / total).ln()))
            .collect(),
        _ => terms.iter().map(|term| round(term / total)).collect(),
    })
}

#[test]
fn a_kernel_without_a_shift_by_the_maximum_is_caught_where_exp_overflows() {
    for (dtype, large) in [(Dtype::F16, 12.0), (Dtype::F32, 89.0)] {
        let case = |op| made(op, dtype, vec![row(&[large, 0.0])]);
        let fault = Planted::new(without_shift);
        // inf / inf and 1 / inf; log of each; log(inf), which stands for 2^(emax + 1).
        let softmax = verdicts(&case("softmax"), &fault);
        assert_eq!(softmax, [Verdict::WrongClass, Verdict::Exceeds], "{dtype}");
        let log_softmax = verdicts(&case("log_softmax"), &fault);
        assert_eq!(log_softmax[0], Verdict::WrongClass, "{dtype}");
        assert_eq!(
            verdicts(&case("logsumexp"), &fault),
            [Verdict::Exceeds],
            "{dtype}"
        );
        for op in ["softmax", "log_softmax", "logsumexp"] {
            let (found, _) = tallies(op, dtype, "huge_logits", &fault);
            assert!(!found.conforms(), "{op} {dtype}: {:?}", found.verdicts);
        }
    }
}

#[test]
fn zeros_of_the_wrong_sign_are_of_the_wrong_class() {
    // log-softmax of a dominant logit is −exp(−200): −0 in f16 and f32, by less than any ulp.
    let unsigned = Planted::on_values(|_, z| if z == 0.0 { 0.0 } else { z });
    for dtype in DTYPES {
        let case = made("log_softmax", dtype, vec![row(&[200.0, 0.0])]);
        let found = verdicts(&case, &unsigned);
        assert_eq!(
            found,
            [Verdict::WrongClass, Verdict::CorrectlyRounded],
            "{dtype}"
        );
    }
    // A masked class has probability +0, by a clause.
    let negative = Planted::on_values(|_, z| if z == 0.0 { -0.0 } else { z });
    for dtype in DTYPES {
        let case = made("softmax", dtype, vec![row(&[f64::NEG_INFINITY, 1.0])]);
        let found = verdicts(&case, &negative);
        assert_eq!(
            found,
            [Verdict::WrongClass, Verdict::CorrectlyRounded],
            "{dtype}"
        );
        let (found, ours) = tallies("softmax", dtype, "masked", &negative);
        assert!(found.verdicts.wrong_class > 0);
        assert_eq!(
            found.verdicts.wrong_class + found.verdicts.correctly_rounded,
            ours.values
        );
    }
}

/// Builtin on the row without its NaN.
fn swallows_nan(call: &Call<'_>, _: Answer) -> Answer {
    let number = |&x: &f64| if x.is_nan() { 0.0 } else { x };
    let read = |tensor: &Tensor| match tensor {
        Tensor::Row(values) => Tensor::Row(values.iter().map(number).collect()),
        other => other.clone(),
    };
    let inputs: Vec<Tensor> = call.inputs.iter().map(read).collect();
    let op = reference(call.op);
    builtin().call(
        call.op,
        call.dtype,
        &inputs,
        op.output_length(lossproof_oracle::formula::Lengths::row(logits(call).len())),
    )
}

#[test]
fn a_nan_swallowed_is_of_the_wrong_class() {
    for op in OPS {
        for dtype in DTYPES {
            let (found, ours) = tallies(op, dtype, "non_finite", &Planted::new(swallows_nan));
            assert!(found.verdicts.wrong_class > 0, "{op} {dtype}");
            assert_eq!(found.verdicts.exceeds, 0, "{op} {dtype}");
            assert_eq!(sum(found.verdicts), ours.values, "{op} {dtype}");
        }
    }
    let case = made("softmax", Dtype::F32, vec![row(&[1.0, f64::NAN])]);
    assert_eq!(
        verdicts(&case, &Planted::new(swallows_nan)),
        [Verdict::WrongClass; 2]
    );
}

#[test]
fn a_nan_instead_of_a_number_is_of_the_wrong_class() {
    for op in OPS {
        for dtype in DTYPES {
            let (found, ours) =
                tallies(op, dtype, "ordinary", &Planted::on_values(|_, _| f64::NAN));
            assert_eq!(found.verdicts.wrong_class, ours.values, "{op} {dtype}");
            assert_eq!(found.failures[0].judged.ulp_error, None);
        }
    }
}

#[test]
fn a_row_of_masked_logits_has_no_softmax() {
    for dtype in DTYPES {
        let case = |op| made(op, dtype, vec![row(&[f64::NEG_INFINITY; 3])]);
        for wrong in [f64::NEG_INFINITY, 0.0, round_f64(dtype, 1.0 / 3.0)] {
            let fault = Planted::on_values(move |_, _| wrong);
            for op in ["softmax", "log_softmax"] {
                let found = verdicts(&case(op), &fault);
                assert_eq!(found, [Verdict::WrongClass; 3], "{op} {dtype} {wrong}");
            }
        }
        // The sum of no terms has a logarithm: there it is NaN that is wrong.
        let fault = Planted::on_values(|_, _| f64::NAN);
        assert_eq!(verdicts(&case("logsumexp"), &fault), [Verdict::WrongClass]);
    }
}

#[test]
fn a_label_outside_the_row_must_be_refused() {
    for dtype in DTYPES {
        for label in [-1, 2, i64::MIN, i64::MAX] {
            let case = made(SPARSE, dtype, vec![row(&[1.0, 2.0]), Tensor::Index(label)]);
            assert_eq!(
                report_of(&case, &builtin()).judged[0].verdict,
                Verdict::Refused
            );
            for value in [0.5, f64::NAN, f64::INFINITY, 0.0] {
                let found = verdicts(&case, &answers(&[value]));
                assert_eq!(found, [Verdict::WrongClass], "{dtype} {label} {value}");
            }
        }
        let (found, ours) = tallies(SPARSE, dtype, "bad_label", &answers(&[0.5]));
        assert_eq!(found.verdicts.wrong_class, ours.cases);
        assert_eq!(ours.verdicts.refused, ours.cases);
    }
}

#[test]
fn a_refusal_where_values_are_due_has_failed() {
    let refuses = Planted::new(|_, _| Answer::Refused("not today".to_owned()));
    for op in OPS {
        let (found, ours) = tallies(op, Dtype::F32, "ordinary", &refuses);
        let failed = VerdictCounts {
            failed: ours.cases,
            ..VerdictCounts::default()
        };
        assert_eq!((found.verdicts, found.values), (failed, 0), "{op}");
        assert!(!found.conforms(), "{op}");
    }
    // Where a refusal is due, it conforms.
    let (found, ours) = tallies(SPARSE, Dtype::F32, "bad_label", &refuses);
    assert_eq!(found.verdicts.refused, ours.cases);
}

#[test]
fn a_crash_is_a_crash_even_where_a_refusal_is_due() {
    let crashes = Planted::new(|_, _| Answer::Crashed("index out of bounds".to_owned()));
    for class in ["ordinary", "bad_label"] {
        let (found, ours) = tallies(SPARSE, Dtype::F16, class, &crashes);
        assert_eq!(found.verdicts.crashed, ours.cases, "{class}");
        assert_eq!(sum(found.verdicts), ours.cases, "{class}");
        assert!(!found.conforms(), "{class}");
    }
}

#[test]
fn a_loss_of_zero_where_it_is_tiny_exceeds() {
    // log(1 + e^−40) = 4.248…e−18, far above the smallest subnormal.
    let loss = 4.248_354_255_291_589e-18;
    let binary = made(BINARY, Dtype::F64, vec![row(&[-40.0]), row(&[0.0])]);
    let sparse = made(
        SPARSE,
        Dtype::F64,
        vec![row(&[40.0, 0.0]), Tensor::Index(0)],
    );
    let dense = made(DENSE, Dtype::F64, vec![row(&[40.0, 0.0]), row(&[1.0, 0.0])]);
    for case in [binary, sparse, dense] {
        assert_eq!(
            verdicts(&case, &answers(&[0.0])),
            [Verdict::Exceeds],
            "{case:?}"
        );
        let (lower, _) = report_of(&case, &answers(&[0.0])).judged[0]
            .ulp_error
            .unwrap();
        assert!(lower > 2f64.powi(52), "{lower} ulp");
        assert_eq!(
            verdicts(&case, &answers(&[loss])),
            [Verdict::CorrectlyRounded]
        );
    }
}

#[test]
fn an_answer_of_the_wrong_length_does_not_conform() {
    let case = made("softmax", Dtype::F32, vec![row(&[1.0, 2.0, 3.0])]);
    let Answer::Values(right) = report_of(&case, &builtin()).answer else {
        panic!("builtin gives values");
    };
    for length in 0..3 {
        let found = verdicts(&case, &answers(&right[..length]));
        let passed = found.iter().all(|verdict| verdict.conforms());
        assert!(!passed, "{length} of 3 values: {found:?}");
    }
}

#[test]
fn tallies_are_the_same_at_any_number_of_threads_and_in_every_run() {
    let chosen = selection(SPARSE, &DTYPES, &["ordinary", "masked", "bad_label"]);
    let twice = moved(2);
    let told = |threads| {
        let found = run(
            trials(&chosen),
            &[&twice, &builtin()],
            &settings(threads),
            &Unobserved,
        )
        .unwrap();
        let lines = found.iter().map(|outcome| {
            let failures = tally(outcome, 0).failures.len();
            assert!(failures == 3 || outcome.trial.class.name == "bad_label");
            format!("{} {:?}\n", outcome.trial.name(), outcome.tallies)
        });
        lines.collect::<String>()
    };
    let one = told(1);
    assert_eq!(one.lines().count(), 6);
    assert!(one == told(2), "two threads");
    assert!(one == told(2), "a second run");
    assert!(one == told(1), "one thread again");
}

/// As many cases as asked for, the same ones in every run; failures are planted, so there is nothing to remember.
fn runner(cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn conforms(case: &Case, subject: &dyn Subject) -> Result<(), TestCaseError> {
    let judged = report_of(case, subject).judged;
    let failing = judged.iter().position(|judged| !judged.verdict.conforms());
    failing.map_or(Ok(()), |place| {
        let reason = format!("{}[{place}]: {:?}", case.id, judged[place]);
        Err(TestCaseError::fail(reason))
    })
}

#[test]
fn builtin_conforms_on_drawn_cases_of_every_op() {
    for reference in REFERENCES.iter() {
        for dtype in Dtype::ALL {
            let strategy = cases(reference.signature(), dtype, 17);
            // A class that an op does not list may lie outside what its spec settles.
            let listed = |case: &Case| reference.op.classes().contains(&case.id.class);
            let outcome = runner(40).run(&strategy, |case| {
                if listed(&case) {
                    conforms(&case, &builtin())
                } else {
                    Ok(())
                }
            });
            assert!(
                outcome.is_ok(),
                "{} {dtype}: {outcome:?}",
                reference.op.name
            );
        }
    }
}

/// The shortest case on which a faulty kernel does not conform.
fn shrunk(op: &str, dtype: Dtype, faulty: &dyn Subject) -> Case {
    let strategy = cases(reference(op).signature(), dtype, 64);
    match runner(1000).run(&strategy, |case| conforms(&case, faulty)) {
        Err(TestError::Fail(_, case)) => case,
        outcome => panic!("{op} {dtype}: the fault was not found: {outcome:?}"),
    }
}

#[test]
fn a_planted_failure_shrinks_to_a_short_row() {
    // Two ulps off: any value shows it, the simplest is a row of one 0.
    let twice = moved(2);
    let case = shrunk("softmax", Dtype::F16, &twice);
    assert_eq!(case.inputs, [row(&[0.0])]);
    // A wrong value beside a NaN: one NaN is left.
    let case = shrunk("softmax", Dtype::F32, &Planted::new(swallows_nan));
    let left = case.inputs[0].as_row().unwrap();
    assert!(left.len() == 1 && left[0].is_nan(), "{case:?}");
    // A fault that needs two logits keeps two.
    let unequal = Planted::new(|call, answer| match (logits(call), answer) {
        ([first, .., last], Answer::Values(values)) if first > last => {
            Answer::Values(values.iter().map(|_| 0.25).collect())
        }
        (_, answer) => answer,
    });
    let case = shrunk("softmax", Dtype::F32, &unequal);
    let left = case.inputs[0].as_row().unwrap();
    assert!(left.len() == 2 && left[0] > left[1], "{case:?}");
}
