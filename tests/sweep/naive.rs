//! What a sweep finds against a plain loop over every input, one call each, and against certified values.

use super::planted::{Planted, REFERENCES, builtin};
use lossproof::cases::{Case, CaseId};
use lossproof::certify::certify;
use lossproof::measure::{Verdict, measure_case};
use lossproof::reference::{DEFAULT_PRECISION_LIMIT, Reference};
use lossproof::subject::{Answer, Builtin, Subject, Variant};
use lossproof::sweep::{
    Domain, Outcome, Part, Question, Unwatched, domain_named, sweep_shard, sweep_shards,
};
use lossproof_numerics::{Dtype, next_up};
use lossproof_oracle::UlpError;
use std::collections::BTreeMap;
use std::sync::Mutex;

fn reference(op: &str) -> &'static Reference {
    let mut known = REFERENCES.iter();
    known.find(|known| known.op.name == op).expect("a known op")
}

/// All shards of a domain on two threads, merged in the order in which they are done.
fn swept(reference: &Reference, domain: &Domain, subject: &dyn Subject) -> Outcome {
    let question = Question {
        reference,
        subject,
        domain,
        precision_limit: DEFAULT_PRECISION_LIMIT,
        oracle: lossproof::measure::Oracle::default(),
    };
    let shards: Vec<u32> = Part::WHOLE.of(domain.shards()).iter().collect();
    let total: Mutex<Option<Outcome>> = Mutex::default();
    let store = |_, outcome: Outcome| {
        let mut total = total.lock().unwrap();
        match total.as_mut() {
            Some(total) => total.merge(outcome),
            None => *total = Some(outcome),
        }
        Ok::<(), lossproof::run::RunError>(())
    };
    sweep_shards(&question, &shards, Some(2), &Unwatched, store).unwrap();
    total.into_inner().unwrap().unwrap()
}

/// The verdicts, and the first input with the largest upper bound, of one call for each input.
fn naive(
    reference: &Reference,
    domain: &Domain,
    (dtype, subject): (Dtype, &dyn Subject),
) -> (BTreeMap<&'static str, u64>, (u64, usize, f64)) {
    let mut verdicts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut worst = (0, 0, -1.0);
    for index in 0..domain.size() {
        let id = CaseId {
            op: reference.op.name.clone(),
            dtype,
            class: "naive".to_owned(),
            index: u32::try_from(index).unwrap(),
        };
        let case = Case::of_rows(id, domain.inputs(index));
        let measured = measure_case(reference, &case, &[subject], DEFAULT_PRECISION_LIMIT).unwrap();
        for (place, judged) in measured.subjects[0].judged.iter().enumerate() {
            *verdicts.entry(judged.verdict.name()).or_default() += 1;
            if let Some((_, upper)) = judged.ulp_error
                && upper > worst.2
            {
                worst = (index, place, upper);
            }
        }
    }
    (verdicts, worst)
}

fn agrees(op: &str, dtype: Dtype, domain: &str, subject: &dyn Subject) -> Outcome {
    let reference = reference(op);
    let domain = domain_named(&reference.op, dtype, domain).expect("a domain of the op");
    let outcome = swept(reference, &domain, subject);
    let (verdicts, (index, place, upper)) = naive(reference, &domain, (dtype, subject));
    let counted = serde_json::to_value(outcome.verdicts).unwrap();
    for (verdict, count) in &verdicts {
        assert_eq!(counted[verdict].as_u64(), Some(*count), "{op} {verdict}");
    }
    assert_eq!(verdicts.values().sum::<u64>(), outcome.values, "{op}");
    let worst = outcome.worst.as_ref().expect("some value has a distance");
    assert_eq!((worst.index, worst.place), (index, place), "{op}");
    assert_eq!(worst.ulp_upper.0.to_bits(), upper.to_bits(), "{op}");
    outcome
}

#[test]
fn the_textbook_s_worst_inputs_are_found() {
    let textbook = Builtin::new(Variant::Textbook);
    let op = "sigmoid_cross_entropy_with_logits";
    let binary = agrees(op, Dtype::F16, "every_value_labels_1", &textbook);
    assert!(!binary.conforms());
    assert_eq!(binary.faults[0].verdict, Verdict::Exceeds.name());
    agrees("log_softmax", Dtype::Bf16, "rows_of_1", &textbook);
}

#[test]
fn a_planted_fault_is_found_where_it_was_planted() {
    // One encoding in 65,536 is two values too high; the error of the neighbours is theirs.
    let at = 0x3555u64;
    let planted = Planted::new(move |call, answer| {
        let Answer::Values(mut values) = answer else {
            return answer;
        };
        let logits = call.inputs[0].numbers();
        let bits = |value: f64| lossproof_numerics::encode(Dtype::F16, value);
        if let Some(place) = logits.iter().position(|&logit| bits(logit) == at) {
            values[place] = next_up(Dtype::F16, next_up(Dtype::F16, values[place]));
        }
        Answer::Values(values)
    });
    // `call_batch` of a planted kernel asks row by row, so the fault reaches rows of 4096 values too.
    let outcome = agrees("sigmoid", Dtype::F16, "every_value", &planted);
    assert_eq!(outcome.verdicts.exceeds, 1);
    let worst = outcome.worst.unwrap();
    assert_eq!(
        (worst.index, worst.inputs[0].bits[0].as_str()),
        (at, "3555")
    );
    // The same number from the certified value.
    let reference = reference("sigmoid");
    let domain = domain_named(&reference.op, Dtype::F16, "every_value").unwrap();
    let inputs = domain.inputs(at);
    let call = reference.call(Dtype::F16, &inputs).unwrap();
    let certified = certify(reference, Dtype::F16, &call, &[0], DEFAULT_PRECISION_LIMIT);
    let result = lossproof_numerics::parse_hex(Dtype::F16, &worst.result).unwrap();
    let UlpError::Within { lower, upper } = certified[0].enclosure.ulp_error(Dtype::F16, result)
    else {
        panic!("a finite error");
    };
    assert!(worst.ulp_lower.0 <= upper && lower <= worst.ulp_upper.0);
    assert!(worst.ulp_upper.0 - worst.ulp_lower.0 < 1e-9);
}

#[test]
fn a_shard_of_a_large_domain_is_what_it_says() {
    let reference = reference("sigmoid");
    let domain = domain_named(&reference.op, Dtype::F32, "every_value").unwrap();
    let ours = builtin();
    let question = Question {
        reference,
        subject: &ours,
        domain: &domain,
        precision_limit: DEFAULT_PRECISION_LIMIT,
        oracle: lossproof::measure::Oracle::default(),
    };
    // All NaN of positive sign are in the last shards of the lower half, and no value of theirs has a distance.
    let last_of_half = domain.shards() / 2 - 1;
    let outcome = sweep_shard(&question, last_of_half, &Unwatched)
        .unwrap()
        .unwrap();
    assert!(outcome.conforms());
    assert_eq!(
        (outcome.inputs, outcome.worst),
        (domain.shard_inputs(), None)
    );
    assert_eq!(
        outcome.clauses["SIGMOID-NAN"].conforming,
        domain.shard_inputs()
    );
}
