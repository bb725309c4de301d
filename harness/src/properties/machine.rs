//! Properties of the machine's state: the floating-point environment is left as it was, and subnormal numbers are not
//! flushed to zero.

use super::bench::{Bench, Domain};
use super::memory::inspect;
use super::outcome::{Check, Stop, Tally};
use crate::cases::Case;
use crate::spec::Outcome;
use crate::subject::FloatingPointEnvironment;
use lossproof_oracle::{Interval, PrecisionBits};

/// Enough to tell a subnormal number from 0.
const PRECISION_BITS: PrecisionBits = 128;

/// The classes whose results or inputs are subnormal.
const CLASSES: [&str; 3] = ["wide_spread", "subnormal_inputs", "one_dominant"];

/// After a call the thread's floating-point environment is what it was before.
pub(super) fn floating_point_environment(bench: &Bench<'_>) -> Result<Tally, String> {
    if FloatingPointEnvironment::current().is_none() {
        return Err(
            "this machine's floating-point environment cannot be read; x86-64 and AArch64 can"
                .to_owned(),
        );
    }
    Ok(inspect(bench, |run| match run.environment_changes[..] {
        [] => Ok(()),
        ref changes => Err(format!("the call left changed: {}", changes.join(", "))),
    }))
}

/// A result whose exact value is subnormal, and larger than the ceiling in smallest subnormals, is not 0.
///
/// ulp(v) is the smallest subnormal there, so a kernel within its ceiling c has |z − v| ≤ c · ulp(v) < |v| and z ≠ 0. A
/// result that is a subnormal number is itself a check passed; a result of 0 is one when the enclosure of v proves that it
/// should have been one.
pub(super) fn subnormals_kept(bench: &Bench<'_>) -> Tally {
    let mut tally = Tally::default();
    let cases = bench.identity_cases();
    for case in cases.filter(|case| CLASSES.contains(&&*case.id.class)) {
        tally.record(&case.id, keeps_subnormals(bench, case));
    }
    tally
}

fn keeps_subnormals(bench: &Bench<'_>, case: &Case) -> Check {
    let (dtype, reference) = (bench.dtype, bench.reference);
    let results = bench.approximate(reference, case, Domain::Numbers)?;
    let is_subnormal = |z: f64| z != 0.0 && z.abs() < dtype.min_normal();
    let kept = results.iter().any(|one| is_subnormal(one.result));
    let call = reference.call_on(case);
    let rulings = reference.rulings(&call);
    let zeros: Vec<usize> = (0..results.len())
        .filter(|&place| {
            results[place].result == 0.0 && rulings.target(place).accept == [Outcome::Formula]
        })
        .collect();
    let enclosures: Vec<Interval> = reference.enclose(&call, &zeros, PRECISION_BITS);
    for (place, enclosure) in zeros.into_iter().zip(enclosures) {
        let (lo, hi) = enclosure.ends_to_f64();
        let (least, most) = (lo.max(-hi), hi.max(-lo));
        let floor = results[place].ceiling_ulps * dtype.min_subnormal();
        if most < dtype.min_normal() && least > floor.max(dtype.min_subnormal()) {
            return Err(Stop::Broken(format!(
                "at place {place} the exact result is {least:e} or more, a subnormal number, and the kernel gave 0"
            )));
        }
    }
    if kept { Ok(()) } else { Err(Stop::Void) }
}
