//! The reviewed outcomes in `golden/sweeps`: of today's kernels and specs, complete, and what a sweep of today gives.

use super::planted::{REFERENCES, builtin};
use super::{merge_into, sweep_sigmoid};
use lossproof::cases::Tier;
use lossproof::command::Golden;
use lossproof::reference::DEFAULT_PRECISION_LIMIT;
use lossproof::subject::Subject;
use lossproof::sweep::{
    Question, SweepFile, Unwatched, domain_named, domains, staleness, sweep_shard,
};
use lossproof_numerics::Dtype;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::tempdir;

/// Domains that every sweep of all of them has time for.
const SMALL: u64 = 1 << 16;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

fn reviewed() -> Vec<SweepFile> {
    let golden = Golden::load(&folder(), Tier::Full).unwrap_or_else(|error| panic!("{error:#}"));
    golden.sweeps
}

#[test]
fn reviewed_outcomes_are_of_today_and_conform() {
    let reviewed = reviewed();
    assert!(!reviewed.is_empty());
    for file in &reviewed {
        let name = file.sweep.name();
        if let Some(stale) = staleness(file, &REFERENCES) {
            panic!(
                "golden/sweeps/{name}.json is stale: {stale}; CONTRIBUTING.md, \"Accept sweeps\", says how to sweep again"
            );
        }
        assert!(file.conforms(), "{name}");
    }
}

#[test]
fn every_small_domain_of_our_kernels_is_there() {
    let there: BTreeSet<String> = reviewed().iter().map(|file| file.sweep.name()).collect();
    for reference in REFERENCES.iter() {
        let op = &reference.op;
        for dtype in Dtype::ALL {
            for domain in domains(op, dtype)
                .iter()
                .filter(|domain| domain.size() <= SMALL)
            {
                let name = format!("{}.{dtype}.{}", op.name, domain.name);
                let missing = builtin().supports(&op.name, dtype) && !there.contains(&name);
                assert!(
                    !missing,
                    "golden/sweeps/{name}.json is missing; see CONTRIBUTING.md"
                );
            }
        }
    }
}

#[test]
fn a_sweep_of_today_gives_the_reviewed_bytes() {
    let out = tempdir().unwrap();
    assert_eq!(sweep_sigmoid(out.path(), &[]).code, 0);
    let (_, merged) = merge_into(&out.path().join("merged.json"), &[out.path()]);
    let name = "sweeps/sigmoid.f16.every_value.json";
    let reviewed = fs::read_to_string(folder().join(name)).unwrap();
    assert!(
        merged == reviewed,
        "golden/{name} is not what is swept; see CONTRIBUTING.md"
    );
}

/// A shard of each domain that is too large to sweep again: nothing in it may go beyond the reviewed whole.
#[test]
fn shards_of_large_domains_stay_within_the_reviewed_whole() {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let reviewed = reviewed().into_iter();
    for file in reviewed.filter(|file| file.sweep.domain.inputs > SMALL) {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let reference = REFERENCES
            .iter()
            .find(|known| known.op.name == file.sweep.op);
        let reference = reference.expect("a known op");
        let dtype = file.sweep.dtype.parse().expect("a dtype");
        let domain = domain_named(&reference.op, dtype, &file.sweep.domain.name);
        let domain = domain.expect("a domain of the op");
        let shard = u32::try_from(random >> 40).unwrap() % domain.shards();
        let question = Question {
            reference,
            subject: &builtin(),
            domain: &domain,
            precision_limit: DEFAULT_PRECISION_LIMIT,
            oracle: lossproof::measure::Oracle::default(),
        };
        let outcome = sweep_shard(&question, shard, &Unwatched).unwrap().unwrap();
        let name = file.sweep.name();
        let (whole, part) = (&file.outcome, &outcome);
        let upper = |worst: &Option<lossproof::sweep::WorstInput>| {
            worst.as_ref().map_or(0.0, |worst| worst.ulp_upper.0)
        };
        assert!(
            upper(&part.worst) <= upper(&whole.worst),
            "{name}, shard {shard}"
        );
        for (bin, (part, whole)) in part.histogram.iter().zip(&whole.histogram).enumerate() {
            assert!(part <= whole, "{name}, shard {shard}, bin {bin}");
        }
        for (clause, part) in &part.clauses {
            assert!(
                part.settled <= whole.clauses[clause].settled,
                "{name}, {clause}"
            );
        }
        assert!(part.conforms(), "{name}, shard {shard}");
    }
}
