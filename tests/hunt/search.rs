//! The search itself: planted faults, determinism, what it gains over sampling, and how simple its finds become.

use super::{REFERENCES, reference};
use lossproof::cases::{Class, Tensor, class_named};
use lossproof::hunt::{
    Baseline, Find, Hunted, Judge, KEPT_SHARE, Objective, Plan, Unwatched, Watch, hunt,
    plain_sampling, shrink,
};
use lossproof::measure::Oracle;
use lossproof::reference::{DEFAULT_PRECISION_LIMIT, Reference};
use lossproof::run::in_pool;
use lossproof::subject::{Builtin, Kernels, RowInputs, Subject, Variant};
use lossproof_numerics::{Dtype, ordinal};
use std::sync::atomic::{AtomicU64, Ordering};

fn judge<'a>(reference: &'a Reference, subject: &'a dyn Subject, dtype: Dtype) -> Judge<'a> {
    Judge {
        reference,
        subject,
        dtype,
        objective: Objective::Ulps,
        precision_limit: DEFAULT_PRECISION_LIMIT,
        oracle: Oracle::Ladder,
    }
}

fn plan(reference: &Reference, evaluations: u64, longest: usize) -> Plan {
    let listed = reference.op.classes().iter();
    let classes: Vec<&'static Class> = listed.map(|name| class_named(name).unwrap()).collect();
    Plan {
        seed: 0,
        evaluations: Some(evaluations),
        longest,
        classes,
        starts: Vec::new(),
    }
}

fn objective(hunted: &Hunted) -> f64 {
    hunted.find.as_ref().map_or(0.0, |find| find.objective)
}

/// The larger of what both ways of sampling find with as many evaluations.
fn sampled(judge: &Judge<'_>, plan: &Plan) -> f64 {
    let by = |baseline| objective(&plain_sampling(judge, plan, baseline, &Unwatched).unwrap());
    f64::max(by(Baseline::Cases), by(Baseline::Places))
}

/// Where the planted sigmoid is worst.
const WORST_LOGIT: f32 = 0.731_25;

/// The nearest value of f32.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to f32 is what is meant"
)]
fn rounded(exact: f64) -> f32 {
    exact as f32
}

/// A sigmoid that is off by some places around one logit: 2^20 there, and half as far where the distance in places
/// doubles. Of 2^32 logits, two in a million are more than 2^17 off.
#[expect(clippy::unnecessary_wraps, reason = "a kernel may refuse")]
fn peaked_sigmoid(inputs: &RowInputs<'_, f32>, output: &mut [f32]) -> Result<(), String> {
    for (slot, &logit) in output.iter_mut().zip(inputs.row(0)) {
        let exact = 1.0 / (1.0 + (-f64::from(logit)).exp());
        *slot = rounded(exact);
        if logit.is_finite() && *slot > 1e-3 {
            let place = |x: f32| ordinal(Dtype::F32, f64::from(x));
            let distance = place(logit).abs_diff(place(WORST_LOGIT));
            let off = (1u64 << 30) / ((1 << 10) + distance);
            *slot = f32::from_bits(slot.to_bits() - u32::try_from(off).unwrap());
        }
    }
    Ok(())
}

#[test]
fn a_narrow_peak_that_sampling_misses_is_found() {
    let subject = Kernels::named("peaked").with("sigmoid", peaked_sigmoid);
    let reference = reference("sigmoid");
    let judge = judge(reference, &subject, Dtype::F32);
    let plan = plan(reference, 3000, 8);
    let sampled = sampled(&judge, &plan);
    assert!(sampled < 200_000.0, "sampling finds {sampled}");
    let hunted = hunt(&judge, &plan, &Unwatched).unwrap();
    let found = objective(&hunted);
    assert!(found > 1_000_000.0, "{found}: {:?}", hunted.find);
}

/// A softmax whose tail of thirteen elements goes wrong where the first two are equal.
#[expect(clippy::unnecessary_wraps, reason = "a kernel may refuse")]
fn tailed_softmax(inputs: &RowInputs<'_, f32>, output: &mut [f32]) -> Result<(), String> {
    let logits = inputs.row(0);
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights = logits.iter().map(|&x| f64::from(x - largest).exp());
    let weights: Vec<f64> = weights.collect();
    let total: f64 = weights.iter().sum();
    for (slot, weight) in output.iter_mut().zip(&weights) {
        *slot = rounded(weight / total);
    }
    if logits.len() == 13 && logits[0].to_bits() == logits[1].to_bits() {
        output[12] *= 0.5;
    }
    Ok(())
}

#[test]
fn a_fault_at_a_length_that_no_case_has_is_found_and_shrunk() {
    let subject = Kernels::named("tailed").with("softmax", tailed_softmax);
    let reference = reference("softmax");
    let judge = judge(reference, &subject, Dtype::F32);
    let plan = plan(reference, 4000, 33);
    let sampled = sampled(&judge, &plan);
    assert!(sampled < 1000.0, "sampling finds {sampled}");
    let hunted = hunt(&judge, &plan, &Unwatched).unwrap();
    let find = hunted.find.as_ref().unwrap();
    assert!(find.objective > 1_000_000.0, "{find:?}");
    let (simple, _) = shrink(&judge, find, &Unwatched).unwrap();
    assert_eq!(simple.case.lengths.n, 13, "{simple:?}");
    let row = simple.case.inputs[0].as_row().unwrap();
    // The fault halves the last probability, which is most ulps where that lies low in its binade: keeping nine tenths of the
    // error takes some digits of the last logit, and none of the others.
    let (last, others) = row.split_last().unwrap();
    assert!(others.iter().all(|&x| x.fract() == 0.0), "{row:?}");
    assert!((last * 32.0).fract() == 0.0, "{row:?}");
}

fn bits(find: &Find) -> Vec<u64> {
    let inputs = find.case.inputs.iter();
    let numbers = inputs.flat_map(Tensor::numbers);
    numbers.map(|x| x.to_bits()).collect()
}

#[test]
fn the_same_is_found_on_any_number_of_threads_and_longer_hunts_go_on_from_it() {
    let textbook = Builtin::new(Variant::Textbook);
    let reference = reference("softmax_cross_entropy_with_logits");
    let judge = judge(reference, &textbook, Dtype::F16);
    let on = |threads, evaluations| {
        let plan = plan(reference, evaluations, 16);
        in_pool(Some(threads), || {
            let hunted = hunt(&judge, &plan, &Unwatched).unwrap();
            let find = hunted.find.clone().unwrap();
            let (simple, tries) = shrink(&judge, &find, &Unwatched).unwrap();
            (hunted, find, simple, tries)
        })
        .unwrap()
    };
    let (one, four) = (on(1, 1000), on(4, 1000));
    assert_eq!(bits(&one.1), bits(&four.1));
    assert_eq!((one.1.at, &one.1.by), (four.1.at, &four.1.by));
    assert_eq!(bits(&one.2), bits(&four.2));
    assert_eq!(one.3, four.3);
    assert_eq!(one.0.evaluations, 1000);
    assert!(one.0.complete);
    let longer = on(2, 1500);
    if longer.1.at <= 1000 {
        assert_eq!(bits(&longer.1), bits(&one.1));
    } else {
        assert!(longer.1.objective > one.1.objective);
    }
}

/// Ends a hunt after some batches, as a clock would.
struct After(u64, AtomicU64);

impl Watch for After {
    fn evaluated(&self, _: u64, _: f64) {
        self.1.fetch_add(1, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        self.1.load(Ordering::Relaxed) >= self.0
    }
}

#[test]
fn a_hunt_that_the_clock_ended_is_repeated_by_its_count() {
    let textbook = Builtin::new(Variant::Textbook);
    let reference = reference("kl_divergence");
    let judge = judge(reference, &textbook, Dtype::F32);
    let timed = Plan {
        evaluations: None,
        ..plan(reference, 1, 9)
    };
    let timed = hunt(&judge, &timed, &After(20, AtomicU64::new(0))).unwrap();
    let again = hunt(&judge, &plan(reference, timed.evaluations, 9), &Unwatched).unwrap();
    let (timed, again) = (timed.find.unwrap(), again.find.unwrap());
    assert_eq!(bits(&timed), bits(&again));
    assert_eq!(timed.at, again.at);
}

/// Every op with a textbook kernel, but one whose textbook is correctly rounded, so that there is nothing to find.
#[test]
fn a_hunt_beats_sampling_on_the_textbook_kernels() {
    let textbook = Builtin::new(Variant::Textbook);
    let (mut ahead, mut behind) = (Vec::new(), Vec::new());
    for reference in REFERENCES.iter() {
        let op = reference.op.name.as_str();
        if !textbook.supports(op, Dtype::F32) || op == "kl_divergence_grad_q" {
            continue;
        }
        let judge = judge(reference, &textbook, Dtype::F32);
        let plan = plan(reference, 3000, 32);
        let sampled = sampled(&judge, &plan);
        let found = objective(&hunt(&judge, &plan, &Unwatched).unwrap());
        // Where an error has an upper limit, both come close to it.
        let line = format!("{op}: {found:.5e} against {sampled:.5e}");
        if found > 1.02 * sampled {
            ahead.push(line);
        } else if found < 0.98 * sampled {
            behind.push(line);
        }
    }
    assert!(
        ahead.len() >= 8 && behind.len() <= 2,
        "ahead:\n{ahead:#?}\nbehind:\n{behind:#?}"
    );
}

/// Kernels whose finds are shrunk.
const SHRUNK: [(&str, Dtype); 4] = [
    ("softmax", Dtype::F32),
    ("logsumexp_grad_logits", Dtype::F32),
    ("softmax_cross_entropy_with_logits", Dtype::F32),
    ("sigmoid_cross_entropy_with_logits", Dtype::F64),
];

#[test]
fn what_is_shrunk_keeps_its_share_and_is_no_longer() {
    let textbook = Builtin::new(Variant::Textbook);
    for (op, dtype) in SHRUNK {
        let reference = reference(op);
        let judge = judge(reference, &textbook, dtype);
        let find = hunt(&judge, &plan(reference, 600, 16), &Unwatched).unwrap();
        let find = find.find.unwrap();
        let (simple, _) = shrink(&judge, &find, &Unwatched).unwrap();
        assert!(simple.objective >= KEPT_SHARE * find.objective);
        assert!(bits(&simple).len() <= bits(&find).len());
        // The share is measured, not remembered.
        let again = judge.score(&simple.case).unwrap();
        assert_eq!(again.worst, Some(simple.worst));
        let digits = |find: &Find| -> u32 {
            let places = bits(find).into_iter();
            places.map(|x| 52 - (x | 1 << 52).trailing_zeros()).sum()
        };
        assert!(digits(&simple) <= digits(&find), "{op}: {simple:?}");
    }
}

#[test]
fn inputs_stay_in_the_domain_of_their_roles() {
    let textbook = Builtin::new(Variant::Textbook);
    let reference = reference("kl_divergence");
    let judge = judge(reference, &textbook, Dtype::F32);
    let mut within = plan(reference, 1000, 9);
    within.classes = vec![class_named("ordinary").unwrap()];
    let find = hunt(&judge, &within, &Unwatched).unwrap().find.unwrap();
    for tensor in &find.case.inputs {
        let row = tensor.as_row().unwrap();
        assert!(row.iter().all(|x| (0.0..=1.0).contains(x)), "{row:?}");
    }
}

#[test]
fn the_objective_decides_what_is_found() {
    let textbook = Builtin::new(Variant::Textbook);
    let reference = reference("kl_divergence");
    let by = |objective| {
        let judge = Judge {
            objective,
            ..judge(reference, &textbook, Dtype::F32)
        };
        let hunted = hunt(&judge, &plan(reference, 1500, 9), &Unwatched).unwrap();
        hunted.find.unwrap().worst
    };
    let (ulps, conditioned) = (by(Objective::Ulps), by(Objective::Conditioned));
    assert!(ulps.ulp_error.0 > conditioned.ulp_error.0);
    assert!(conditioned.conditioned > ulps.conditioned);
}

/// Where the exact result is beside 0 an error counts most, and steps do not come there.
#[test]
fn zeros_of_the_exact_result_are_approached() {
    let reference = reference("logsumexp");
    let subject = Builtin::new(Variant::Textbook);
    let judge = judge(reference, &subject, Dtype::F32);
    let hunted = hunt(&judge, &plan(reference, 4000, 16), &Unwatched).unwrap();
    let find = hunted.find.expect("it is far off");
    assert!(find.by.starts_with("root"), "{}", find.by);
    assert!(find.objective > 1e12, "{}", find.objective);
}

/// NaN and infinities beside numbers, as an elementwise op has them in one case, are no places on a line.
#[test]
fn what_is_not_finite_is_not_stepped() {
    for op in ["sigmoid_cross_entropy_with_logits", "sigmoid", "softplus"] {
        let reference = reference(op);
        let subject = Builtin::new(Variant::Accurate);
        let judge = judge(reference, &subject, Dtype::F32);
        let mut plan = plan(reference, 1500, 16);
        plan.classes = vec![class_named("non_finite").unwrap()];
        for seed in 0..3 {
            plan.seed = seed;
            assert!(hunt(&judge, &plan, &Unwatched).unwrap().complete);
        }
    }
}
