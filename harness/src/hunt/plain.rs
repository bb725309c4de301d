//! What a hunt is compared with: as many inputs drawn at random, and none of them followed. In: a judge and a number of
//! evaluations. Out: the worst of them.

use super::draws::Draws;
use super::evaluate::Judge;
use super::search::{Account, Hunted, Plan};
use super::{HuntError, Watch};
use crate::cases::{Case, Draw};

/// How inputs are drawn at random.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    /// Cases of the op's classes in turn, each under a seed of its own.
    Cases,
    /// Numbers spread evenly over the dtype's values, in rows of short and long lengths.
    Places,
}

const BATCH: u64 = 64;

/// Draws and measures as many inputs as the plan says; its starts are left out.
///
/// # Errors
/// When there is nothing to draw from, or the spec contradicts itself.
pub fn plain_sampling(
    judge: &Judge<'_>,
    plan: &Plan,
    baseline: Baseline,
    watch: &dyn Watch,
) -> Result<Hunted, HuntError> {
    let reference = judge.reference;
    let draws = Draws::new(
        reference.signature(),
        judge.dtype,
        &plan.classes,
        plan.longest,
    )?;
    let name = format!("{baseline:?} {}/{}", reference.op.name, judge.dtype);
    let mut draw = Draw::new(plan.seed, &name);
    let mut account = Account::new(plan.evaluations);
    let mut turn = 0;
    loop {
        let cases: Vec<Case> = (0..BATCH)
            .map(|_| {
                turn += 1;
                match baseline {
                    Baseline::Cases => draws.of_class(turn, &mut draw),
                    Baseline::Places => draws.spread(&mut draw),
                }
            })
            .collect();
        let by = |at: usize| match baseline {
            Baseline::Cases => format!("class {}", cases[at].id.class),
            Baseline::Places => "random places".to_owned(),
        };
        if account.measured(judge, &cases, by, watch)?.is_none() {
            return Ok(account.close());
        }
    }
}
