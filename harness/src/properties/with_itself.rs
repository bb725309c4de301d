//! A distribution coded with itself: its cross-entropy is its entropy.

use super::bench::{Bench, Domain};
use super::inputs::{made_for, row_of};
use super::outcome::{Check, Stop, Tally};
use super::slack::all_agree;
use crate::cases::{Case, Role, Tensor};
use crate::reference::Reference;

/// The cross-entropies whose entropy is an op too.
const PAIRS: [(&str, &str); 1] = [("cross_entropy_bits", "entropy_bits")];

/// H(p, p) = H(p), for any row p: both formulas are −Σ p_i·log2(p_i + ε) with the same ε.
///
/// Both exact results are one number v, so the slack is (c₁ + c₂)·ulp(v), a ceiling from each op.
pub(super) fn cross_entropy_with_itself_is_entropy(bench: &Bench<'_>) -> Result<Tally, String> {
    let op = &bench.reference.op.name;
    let pair = PAIRS.iter().find(|(known, _)| known == op);
    let (_, entropy) = pair.ok_or("it takes no distribution whose entropy is an op too")?;
    let entropy = bench.companion(entropy)?;
    let mut tally = Tally::default();
    for case in bench.identity_cases().filter(|case| case.length() > 0) {
        tally.record(&case.id, check(bench, entropy, case));
    }
    Ok(tally)
}

fn check(bench: &Bench<'_>, entropy: &Reference, case: &Case) -> Check {
    let row = row_of(bench.reference, case, Role::Probabilities).ok_or(Stop::Void)?;
    let make = |role| (role == Role::Probabilities).then(|| Tensor::Row(row.to_vec()));
    let pair = made_for(bench.reference, case, make).ok_or(Stop::Void)?;
    let alone = made_for(entropy, case, make).ok_or(Stop::Void)?;
    let crossed = bench.approximate(bench.reference, &pair, Domain::Numbers)?;
    let own = bench.approximate(entropy, &alone, Domain::Numbers)?;
    all_agree(&crossed, &own, |place| place)
        .map_err(|stop| stop.told("a row's cross-entropy with itself, and its entropy"))
}
