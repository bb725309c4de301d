//! An op on many rows at once says of each row what the op says of that row alone: rulings, enclosures and outcomes, on every domain of
//! rows that there is.

use super::ask::{Patience, ask_rows, ask_stacked};
use super::block::{Question, judge};
use super::domain::Domain;
use super::registry::domains;
use crate::cases::Tensor;
use crate::command::embedded_specs;
use crate::measure::{Floors, Oracle};
use crate::reference::{DEFAULT_PRECISION_LIMIT, Reference};
use crate::run::RunError;
use crate::spec::{Op, Profile, Spec};
use crate::subject::{Builtin, Subject, Variant};
use lossproof_numerics::{Dtype, encode};
use lossproof_oracle::formula::parse_formula;
use lossproof_oracle::{Bracket, DoubleBall, Enclosure, Interval};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::ops::Range;
use std::sync::Arc;

const ROWS: u64 = 64;

/// Every op on rows that can be asked of many at once, with each of its domains.
fn of_rows() -> Vec<(Reference, Vec<Domain>)> {
    let specs = embedded_specs().unwrap();
    let ops = specs.iter().flat_map(Spec::ops);
    let with_domains = ops.map(|op| {
        let reference = Reference::new(&op, Profile::Exact).unwrap();
        let of = |dtype| domains(&op, dtype);
        (reference, [of(Dtype::F16), of(Dtype::Bf16)].concat())
    });
    with_domains
        .filter(|(reference, domains)| reference.batched().is_some() && !domains.is_empty())
        .collect()
}

/// Rows of zeros and the smallest subnormals, some in the middle, rows of NaN, and rows in which infinities, the largest numbers, NaN and
/// numbers change places: one of them alone, too.
fn blocks(domain: &Domain, rng: &mut ChaCha8Rng) -> Vec<Range<u64>> {
    let seeded = |rng: &mut ChaCha8Rng| rng.next_u64() % (domain.size() - ROWS);
    let mut firsts = vec![0, seeded(rng), seeded(rng), domain.size() - ROWS];
    let infinity = encode(domain.dtype, f64::INFINITY);
    let minus = encode(domain.dtype, f64::NEG_INFINITY);
    // The last slot of the index goes through the infinity in the middle of a block, beside each of these in the other slots.
    let others = [encode(domain.dtype, 1.0), infinity, minus];
    for (other, last) in others
        .into_iter()
        .flat_map(|other| [(other, infinity), (other, minus)])
    {
        let others =
            (0..domain.slots - 1).fold(0, |index, _| index << domain.dtype.width() | other);
        let index = others << domain.dtype.width() | last;
        firsts.push(index - ROWS / 2);
    }
    let of_many = firsts.iter().map(|&first| first..first + ROWS);
    let last = domain.size() - ROWS / 2;
    of_many.chain([last..last + 1, 0..1]).collect()
}

fn in_each_block(check: impl Fn(&Reference, &Domain, Range<u64>)) {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    for (reference, domains) in of_rows() {
        for domain in domains {
            for block in blocks(&domain, &mut rng) {
                check(&reference, &domain, block);
            }
        }
    }
}

#[test]
fn the_softmax_family_can_be_asked_of_many_rows() {
    let known = of_rows();
    let names: Vec<&str> = known
        .iter()
        .map(|(reference, _)| reference.op.name.as_str())
        .collect();
    for op in [
        "softmax",
        "log_softmax",
        "logsumexp",
        "logsumexp_grad_logits",
        "softmax_cross_entropy_with_logits",
        "softmax_cross_entropy_with_logits_grad_logits",
        "kl_divergence",
    ] {
        assert!(names.contains(&op), "{op} among {names:?}");
    }
}

#[test]
fn rulings_and_enclosures_of_a_row_are_its_own() {
    in_each_block(said_of_a_row);
}

/// One op of a spec with another formula and other stated gradients.
fn changed(op_name: &str, gradient_of: Option<&str>, formulas: (&str, Option<&str>)) -> Reference {
    let specs = embedded_specs().unwrap();
    let spec = specs.iter().find(|spec| spec.op == op_name).unwrap();
    let mut spec = Spec::clone(spec);
    spec.formula = parse_formula(formulas.0).unwrap();
    for gradient in &mut spec.gradients {
        gradient.formula = formulas
            .1
            .map(|text| (parse_formula(text).unwrap(), text.to_owned()));
    }
    let ops = Arc::new(spec).ops();
    let wanted = |op: &&Op| op.derivative_of.as_deref() == gradient_of;
    Reference::new(ops.iter().find(wanted).unwrap(), Profile::Exact).unwrap()
}

/// A quotient at the end of a formula divides its derivative once, so that 7569 / 3 is proven to be a tie: of many rows as of one.
#[test]
fn a_derivative_on_a_tie_stays_on_it() {
    let formula = "sum(xmul(labels, square(logits))) / 3";
    let name = "softmax_cross_entropy_with_logits";
    let reference = changed(name, Some("labels"), (formula, None));
    for domain in domains(&reference.op, Dtype::F16) {
        let of_87 = encode(Dtype::F16, 87.0) << (16 * (domain.slots - 1));
        said_of_a_row(&reference, &domain, of_87..of_87 + 1);
    }
    let inputs = [
        Tensor::Matrix {
            numbers: vec![87.0],
            rows: 1,
            columns: 1,
        },
        Tensor::Matrix {
            numbers: vec![1.0],
            rows: 1,
            columns: 1,
        },
    ];
    let batched = reference.batched().unwrap();
    let call = batched.call(Dtype::F16, &inputs).unwrap();
    let gradient: Vec<Interval> = batched.enclose(&call, &[0], 128);
    assert!(gradient[0].is_exactly(2523.0), "{:?}", gradient[0]);
}

/// A stated gradient that is wrong by a millionth is found in a block of rows, and the message names the row.
#[test]
fn a_wrong_gradient_is_found_at_its_row() {
    let formulas = ("logsumexp(logits)", Some("softmax(logits) * 1.000001"));
    let reference = changed("logsumexp", Some("logits"), formulas);
    let domain = &domains(&reference.op, Dtype::F16)[1];
    assert_eq!(domain.name, "rows_of_2");
    let builtin = Builtin::new(Variant::Accurate);
    for oracle in [Oracle::Ladder, Oracle::Mpfr] {
        let question = Question {
            reference: &reference,
            subject: &builtin,
            domain,
            precision_limit: DEFAULT_PRECISION_LIMIT,
            oracle,
        };
        // Rows with a NaN, which no gradient is compared for, and then one of numbers: -0 and -0.
        let minus_zero = 0x8000_8000;
        let block = minus_zero - 3..minus_zero + 3;
        let stacked = ask_stacked(&question, block).unwrap().unwrap();
        let floors = Floors::in_order();
        let floors = (oracle == Oracle::Ladder).then_some(&floors);
        match judge(&question, vec![stacked], floors) {
            Err(RunError::Gradients { case, disagreement }) => {
                assert_eq!((u64::from(case.index), disagreement.place), (minus_zero, 0));
            }
            other => panic!("{other:?}"),
        }
    }
}

fn said_of_a_row(reference: &Reference, domain: &Domain, block: Range<u64>) {
    let batched = reference.batched().unwrap();
    let stacked = domain.stacked(block.clone());
    let all = batched.call(domain.dtype, &stacked).unwrap();
    let rulings = batched.rulings(&all);
    let places: Vec<usize> = (0..batched.output_length(all.lengths)).collect();
    let brackets: Vec<Bracket> = batched.enclose(&all, &places, ());
    let balls: Vec<DoubleBall> = batched.enclose(&all, &places, ());
    let intervals: Vec<Interval> = batched.enclose(&all, &places, 128);
    let width = places.len() / all.lengths.m;
    for (row, index) in block.enumerate() {
        let inputs = domain.inputs(index);
        let call = reference.call(domain.dtype, &inputs).unwrap();
        let own_rulings = reference.rulings(&call);
        let own_places: Vec<usize> = (0..width).collect();
        let own: Vec<Interval> = reference.enclose(&call, &own_places, 128);
        let own_brackets: Vec<Bracket> = reference.enclose(&call, &own_places, ());
        for place in own_places {
            let at = row * width + place;
            let what = format!("{} {} {index} {place}", reference.op.name, domain.name);
            let (joint, alone) = (rulings.target(at), own_rulings.target(place));
            assert_eq!(joint.clause, alone.clause, "{what}");
            assert_eq!(joint.unsettled, alone.unsettled, "{what}");
            let ends = |interval: &Interval| {
                // The number zero has no sign.
                let unsigned = |end: String| if end == "-0" { "0".to_owned() } else { end };
                let (lo, hi) = interval.ends_to_decimal(45);
                (unsigned(lo), unsigned(hi))
            };
            assert_eq!(ends(&intervals[at]), ends(&own[place]), "{what}");
            let of_bracket = |bracket: Bracket| ends(&bracket.to_interval());
            let own_bracket = of_bracket(own_brackets[place]);
            assert_eq!(of_bracket(brackets[at]), own_bracket, "{what}");
            let ball = lossproof_oracle::Reading::bracket(&balls[at]).to_interval();
            assert!(
                !own[place].is_finite() || ball.overlaps(&own[place]),
                "{what}"
            );
            // A row alone out of the many: what is looked at closer.
            let one: Vec<Interval> = batched.enclose(&all, &[at], 128);
            assert_eq!(ends(&one[0]), ends(&own[place]), "{what}");
            let joint: Interval = batched.sensitivity(&all, at, 128);
            let alone: Interval = reference.sensitivity(&call, place, 128);
            assert_eq!(ends(&joint), ends(&alone), "{what}");
        }
    }
}

#[test]
fn outcomes_are_those_of_single_rows() {
    let (textbook, accurate) = (
        Builtin::new(Variant::Textbook),
        Builtin::new(Variant::Accurate),
    );
    in_each_block(|reference, domain, block| {
        // The textbook's errors and faults where it has the op.
        let has_textbook = textbook.supports(&reference.op.name, domain.dtype);
        let subject = if has_textbook { &textbook } else { &accurate };
        for oracle in [Oracle::Ladder, Oracle::Mpfr] {
            let question = Question {
                reference,
                subject,
                domain,
                precision_limit: DEFAULT_PRECISION_LIMIT,
                oracle,
            };
            let outcome = |answered| {
                let floors = Floors::in_order();
                let floors = (oracle == Oracle::Ladder).then_some(&floors);
                judge(&question, answered, floors).unwrap()
            };
            let stacked = ask_stacked(&question, block.clone()).unwrap().unwrap();
            assert!(matches!(stacked.inputs[0], Tensor::Matrix { .. }));
            let single = ask_rows(&question, block.clone(), &mut Patience::new());
            assert_eq!(single.len() as u64, block.end - block.start);
            let (joint, apart) = (outcome(vec![stacked]), outcome(single));
            assert_eq!(joint, apart, "{} {}", reference.op.name, domain.name);
        }
    });
}
