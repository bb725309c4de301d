//! The ladder against MPFR alone. The rungs below MPFR may only save time: both ways give the same verdicts and the same
//! reviewed bounds, byte for byte, and a rung's enclosure contains MPFR's for every op, dtype and class.
//!
//! `LOSSPROOF_TIER=full cargo test --release --test oracles` compares the full tier, before a release.

use lossproof::cases::{Tier, case};
use lossproof::command::{embedded_specs, references_of};
use lossproof::gate::render_bounds;
use lossproof::measure::{Oracle, Tally};
use lossproof::reference::{Call, DEFAULT_PRECISION_LIMIT, Reference};
use lossproof::run::{Selection, Settings, TrialOutcome, Unobserved, run};
use lossproof::spec::Profile;
use lossproof::subject::{Builtin, Subject, Variant};
use lossproof_numerics::Dtype;
use lossproof_oracle::{Bracket, DoubleBall, Interval};
use std::sync::LazyLock;

/// The embedded specs' ops.
static REFERENCES: LazyLock<Vec<Reference>> = LazyLock::new(|| {
    let specs = embedded_specs().unwrap_or_else(|error| panic!("{error:#}"));
    references_of(&specs, Profile::Exact).unwrap_or_else(|error| panic!("{error:#}"))
});

fn tier() -> Tier {
    match std::env::var("LOSSPROOF_TIER").as_deref() {
        Ok("full") => Tier::Full,
        _ => Tier::Quick,
    }
}

fn outcomes(
    subject: &dyn Subject,
    selection: &Selection,
    oracle: Oracle,
) -> Vec<TrialOutcome<'static>> {
    let settings = Settings {
        seed: 0,
        tier: tier(),
        precision_limit: DEFAULT_PRECISION_LIMIT,
        oracle,
        threads: None,
    };
    let trials = selection.trials(&REFERENCES, settings.tier).unwrap();
    run(trials, &[subject], &settings, &Unobserved).unwrap()
}

/// What a reviewed snapshot says of a trial, and what the gate counts beyond it.
fn golden(outcome: &TrialOutcome<'_>) -> Option<String> {
    let tally: &Tally = outcome.tallies[0].as_ref()?;
    let bounds = render_bounds([(outcome.trial.class.name, tally)]);
    let exceeding = tally
        .worst_exceeding
        .as_ref()
        .map(|(case, _)| case.to_string());
    Some(format!(
        "{}\n{bounds}\nworst that exceeds: {exceeding:?}, clauses {:?}, undecided {:?}",
        outcome.trial.name(),
        tally.clauses,
        tally.undecided
    ))
}

fn compare(subject: &dyn Subject, selection: &Selection) {
    let ladder = outcomes(subject, selection, Oracle::Ladder);
    let mpfr = outcomes(subject, selection, Oracle::Mpfr);
    assert_eq!(ladder.len(), mpfr.len());
    let mut below_mpfr = 0;
    for (ladder, mpfr) in ladder.iter().zip(&mpfr) {
        assert_eq!(golden(ladder), golden(mpfr));
        let tally = ladder.tallies[0].as_ref();
        below_mpfr += tally.map_or(0, |tally| tally.settled_by[1] + tally.settled_by[2]);
        let alone = mpfr.tallies[0]
            .as_ref()
            .map_or([0; 4], |tally| tally.settled_by);
        assert_eq!((alone[1], alone[2]), (0, 0), "{}", mpfr.trial.name());
    }
    assert!(below_mpfr > 0, "the cheap rungs settled nothing");
}

/// Every op, dtype and class of the tier, on our own kernels.
#[test]
fn both_ways_give_the_same_golden() {
    compare(&Builtin::new(Variant::Accurate), &Selection::default());
}

/// Kernels with errors of every size, whose worst cases and excesses must be found all the same.
#[test]
fn both_ways_find_the_same_faults() {
    let ops = [
        "softmax",
        "log_softmax",
        "softmax_cross_entropy_with_logits",
        "softmax_cross_entropy_with_logits_grad_logits",
        "sigmoid_cross_entropy_with_logits",
        "kl_divergence",
    ];
    let selection = Selection {
        ops: ops.map(str::to_owned).to_vec(),
        ..Selection::default()
    };
    compare(&Builtin::new(Variant::Textbook), &selection);
}

/// How many cases of each op, dtype and class are enclosed on every rung, at even distances.
const CASES: u32 = 6;

/// The longest row that is enclosed in many bits.
const LONGEST: usize = 1000;

/// Working precision at which MPFR's enclosures are narrower than any rung's below.
const BITS: u32 = 1024;

#[test]
fn every_rung_contains_mpfrs_enclosure() {
    let selection = Selection::default();
    let mut enclosed = [0u64; 2];
    for trial in selection.trials(&REFERENCES, Tier::Quick).unwrap() {
        let signature = trial.reference.signature();
        let step = (trial.cases / CASES).max(1);
        for index in (0..trial.cases).step_by(step as usize) {
            let id = format!("{}/{index:05}", trial.name()).parse().unwrap();
            let case = case(&signature, &id, 0).unwrap();
            if case.inputs.iter().map(|input| input.numbers().len()).max() > Some(LONGEST) {
                continue;
            }
            let call = trial.reference.call_on(&case);
            let found = contained(trial.reference, &call, trial.dtype, &id.to_string());
            enclosed = [enclosed[0] + found[0], enclosed[1] + found[1]];
        }
    }
    assert!(
        enclosed.iter().all(|&count| count > 100_000),
        "{enclosed:?}"
    );
}

/// Checks the rungs of one call; how many values each of them encloses at all.
fn contained(reference: &Reference, call: &Call<'_>, dtype: Dtype, id: &str) -> [u64; 2] {
    let places: Vec<usize> = (0..reference.output_length(call.lengths)).collect();
    let exact: Vec<Interval> = reference.enclose(call, &places, BITS);
    let brackets: Vec<Bracket> = reference.enclose(call, &places, ());
    let balls: Vec<DoubleBall> = reference.enclose(call, &places, ());
    let mut enclosed = [0; 2];
    for (place, exact) in exact.iter().enumerate() {
        let bracket = brackets[place].to_interval();
        let ball = balls[place].to_interval();
        assert!(
            exact.is_within(&bracket),
            "{id}[{place}] {dtype}: {exact:?} {bracket:?}"
        );
        assert!(
            exact.is_within(&ball),
            "{id}[{place}] {dtype}: {exact:?} {ball:?}"
        );
        enclosed[0] += u64::from(!brackets[place].is_anything());
        enclosed[1] += u64::from(!balls[place].is_anything());
    }
    enclosed
}
