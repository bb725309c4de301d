//! Condition numbers in long rows: every value's from one look at the row.

use super::case::{CaseReport, measure_answers};
use super::floors::Floors;
use super::question::OWN_LOOKS;
use super::verdict::{CeilingOf, Judged, Verdict, judge};
use crate::cases::{Case, CaseId, Tensor};
use crate::command::embedded_specs;
use crate::reference::{DEFAULT_PRECISION_LIMIT, Reference};
use crate::spec::{Profile, Spec};
use crate::subject::{Answer, Builtin, Variant};
use lossproof_numerics::Dtype;
use lossproof_oracle::Bracket;

/// The gradient of softmax by logits far apart where every upstream number is 1: exactly 0 everywhere, yet it depends on all inputs, by
/// amounts far below the smallest f64.
fn without_a_gradient(length: usize, dtype: Dtype) -> Case {
    let mut logits = vec![-60000.0; length];
    logits[0] = 0.0;
    let id = CaseId {
        op: "softmax_grad_logits".to_owned(),
        dtype,
        class: "wide_spread".to_owned(),
        index: 0,
    };
    let upstream = vec![1.0; length];
    Case::of_rows(id, vec![Tensor::Row(logits), Tensor::Row(upstream)])
}

fn measured(case: &Case, value: f64, floors: Option<&Floors>) -> CaseReport {
    let specs = embedded_specs().unwrap();
    let op = specs
        .iter()
        .flat_map(Spec::ops)
        .find(|op| op.name == case.id.op);
    let reference = Reference::new(&op.unwrap(), Profile::Exact).unwrap();
    let builtin = Builtin::new(Variant::Accurate);
    let answer = Answer::Values(vec![value; case.length()]);
    let answered = vec![(&builtin as _, answer, floors)];
    let measured = measure_answers(&reference, case, answered, DEFAULT_PRECISION_LIMIT);
    measured.unwrap().subjects.remove(0)
}

#[test]
fn a_long_row_needs_no_look_for_each_of_its_values() {
    for (dtype, smallest) in [(Dtype::F16, 2f64.powi(-24)), (Dtype::F32, 2f64.powi(-149))] {
        // One ulp off, which only κ = ∞ excuses.
        OWN_LOOKS.set(0);
        let floors = Floors::default();
        let long = measured(&without_a_gradient(1 << 14, dtype), smallest, Some(&floors));
        assert!(long.judged.iter().all(|judged| judged.verdict.conforms()));
        // A few where MPFR measures the one value that stands for all.
        assert!(
            OWN_LOOKS.get() <= 4,
            "{} looks of their own",
            OWN_LOOKS.get()
        );
        let short = without_a_gradient(1100, dtype);
        let verdicts = |report: CaseReport| -> Vec<Verdict> {
            let judged = report.judged.into_iter();
            judged.map(|judged| judged.verdict).collect()
        };
        let floors = Floors::default();
        let by_ladder = verdicts(measured(&short, smallest, Some(&floors)));
        assert_eq!(by_ladder, verdicts(measured(&short, smallest, None)));
        assert_eq!(by_ladder, verdicts(long)[..1100]);
        let two_off = measured(&short, 2.0 * smallest, Some(&floors));
        let mut judged = two_off.judged.iter();
        assert!(judged.all(|judged| judged.verdict == Verdict::Exceeds));
    }
}

#[test]
fn a_closer_kappa_is_not_asked_for_where_the_ceiling_is_known() {
    let ceiling = crate::spec::read_ceiling("0.51 if kappa <= 1e6 else 1").unwrap();
    let ceiling = CeilingOf::new(&ceiling, 1);
    let asked = std::cell::Cell::new(0);
    let judged = |errors: (f64, f64), kappas: &[(f64, f64)]| -> Option<Judged> {
        asked.set(0);
        let kappas = kappas.iter().inspect(|_| asked.set(asked.get() + 1));
        let exact = |ulps: f64| 1.0 + ulps * f64::from(f32::EPSILON);
        let enclosure = Bracket::of_ends((exact(errors.0), exact(errors.1)));
        judge(&enclosure, Dtype::F32, 1.0, ceiling, 1.0, kappas.copied())
    };
    // Only a closer enclosure can tell.
    assert_eq!(judged((0.4, 0.6), &[(1.0, 2.0), (1.0, 1.5)]), None);
    assert_eq!(asked.get(), 1);
    let kappas = [(1.0, 1e9), (1.0, f64::NAN), (1e7, 1e8), (1e7, 1e8)];
    let verdict = judged((0.7, 0.8), &kappas).map(|judged| judged.verdict);
    assert_eq!((verdict, asked.get()), (Some(Verdict::Faithful), 3));
}
