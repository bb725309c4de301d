//! A small report written by hand, in which everything occurs that a report can hold. For tests only.

use std::collections::BTreeMap;

use crate::properties::{PropertyEntry, PropertyFailure, PropertyRow, PropertyVerdict};
use crate::selftest::{
    Fate, KillScore, MutantRow, SelfProof, VariantRow, VariantTrial, WeakestKill,
};

use crate::sweep::{SweepMax, SweepRow};

use super::model::{
    AttributeEntry, ClassEntry, ClauseExercise, ClauseRow, ConditioningPoint, DefinitionEntry,
    Distribution, MaxUlp, NotTestedEntry, OpEntry, OrdinalBin, Report, ResultRow, RungRow, SCHEMA,
    SubjectEntry, UndecidedEntry, VerdictCounts, WaiverEntry,
};

/// Text that would run in a page, or break a Markdown table, were it not escaped.
pub(super) const HOSTILE: &str = "a | b <script>alert(1)</script> & \"c\"";

/// Two subjects and ops; a waiver, an undecided value, a non-conforming row, an infinite maximum, an idle clause.
pub(super) fn report() -> Report {
    Report {
        schema: SCHEMA.to_owned(),
        tool: "lossproof 0.1.0".to_owned(),
        seed: 1,
        tier: "quick".to_owned(),
        profile: "exact".to_owned(),
        precision_limit: 4096,
        conforms: false,
        subjects: vec![
            subject("builtin", true, false),
            subject("builtin:textbook", false, false),
        ],
        ops: vec![op("softmax"), op("logsumexp")],
        classes: vec![ClassEntry {
            class: "huge_logits".to_owned(),
            idea: "Logits around the overflow of exp.".to_owned(),
        }],
        results: results(),
        distributions: vec![
            distribution("builtin", "softmax", None),
            distribution("builtin:textbook", "softmax", Some(3.0e15)),
        ],
        clauses: vec![
            clause(
                "SOFTMAX-NAN",
                vec![
                    exercise("builtin", 12, 12),
                    exercise("builtin:textbook", 12, 11),
                ],
            ),
            clause("SOFTMAX-IDLE", Vec::new()),
        ],
        waivers: vec![WaiverEntry {
            op: "logsumexp".to_owned(),
            dtype: "f16".to_owned(),
            class: "huge_logits".to_owned(),
            reason: HOSTILE.to_owned(),
            expires: "2031-01-31".to_owned(),
        }],
        undecided: vec![UndecidedEntry {
            subject: "builtin".to_owned(),
            case: "softmax/f16/huge_logits/00003".to_owned(),
            place: 2,
        }],
        not_tested: vec![NotTestedEntry {
            what: "softmax in f64 from a process".to_owned(),
            why: "it supports no f64".to_owned(),
        }],
        properties: vec![PropertyEntry {
            property: "run_to_run".to_owned(),
            title: "Same bits on every run".to_owned(),
            statement: "Two calls give the same bits.".to_owned(),
        }],
        property_results: vec![PropertyRow {
            property: "run_to_run".to_owned(),
            subject: "builtin".to_owned(),
            verdict: PropertyVerdict::Fails,
            checks: 7,
            failures: 1,
            ops: BTreeMap::new(),
            failed: vec![PropertyFailure {
                op: "softmax".to_owned(),
                dtype: "f16".to_owned(),
                failures: 1,
                case: "softmax/f16/huge_logits/00003".to_owned(),
                account: HOSTILE.to_owned(),
            }],
            not_applicable: BTreeMap::new(),
        }],
        rungs: vec![RungRow {
            subject: "builtin".to_owned(),
            dtype: "f32".to_owned(),
            at_sight: 10,
            f64: 12_000,
            double_double: 329,
            mpfr: 1,
        }],
        sweeps: vec![sweep()],
        self_proof: Some(self_proof()),
    }
}

fn subject(name: &str, gated: bool, conforms: bool) -> SubjectEntry {
    SubjectEntry {
        name: name.to_owned(),
        description: "Kernels written for this test.".to_owned(),
        profile: "exact".to_owned(),
        gated,
        conforms,
    }
}

fn op(name: &str) -> OpEntry {
    OpEntry {
        op: name.to_owned(),
        title: "An op".to_owned(),
        summary: "Computes something.".to_owned(),
        source: "https://example.org/a-paper".to_owned(),
        formula: format!("{name}(scaled)"),
        definitions: vec![DefinitionEntry {
            name: "scaled".to_owned(),
            formula: "scale * logits".to_owned(),
        }],
        attributes: vec![AttributeEntry {
            name: "scale".to_owned(),
            value: "1e-9".to_owned(),
        }],
        notes: vec![format!("Know this: {HOSTILE}")],
        derivative_of: None,
        inputs: vec!["logits".to_owned()],
        ceilings: BTreeMap::from([
            ("f16".to_owned(), "0.51 if kappa <= 1e6 else 1".to_owned()),
            ("f32".to_owned(), "1".to_owned()),
        ]),
    }
}

fn results() -> Vec<ResultRow> {
    let exact = row(
        "builtin",
        "softmax",
        "f32",
        Some(0.500_32),
        VerdictCounts {
            correctly_rounded: 12_338,
            faithful: 2,
            ..VerdictCounts::default()
        },
    );
    let mut loose = row(
        "builtin:textbook",
        "softmax",
        "f32",
        None,
        VerdictCounts {
            correctly_rounded: 12_000,
            exceeds: 340,
            crashed: 1,
            ..VerdictCounts::default()
        },
    );
    loose.conforms = false;
    loose.snapshot_ulp = None;
    let mut open = row(
        "builtin",
        "softmax",
        "f16",
        Some(0.75),
        VerdictCounts {
            correctly_rounded: 12_338,
            exceeds: 1,
            undecided: 1,
            ..VerdictCounts::default()
        },
    );
    open.conforms = false;
    let waived = row(
        "builtin",
        "logsumexp",
        "f16",
        Some(1.5),
        VerdictCounts {
            correctly_rounded: 12_339,
            exceeds: 1,
            ..VerdictCounts::default()
        },
    );
    let mut silent = row(
        "builtin",
        "logsumexp",
        "f32",
        Some(0.0),
        VerdictCounts {
            refused: 4,
            ..VerdictCounts::default()
        },
    );
    silent.values = 0;
    silent.correctly_rounded = 0;
    silent.max_ulp.worst_case = None;
    vec![exact, loose, open, waived, silent]
}

fn row(
    subject: &str,
    op: &str,
    dtype: &str,
    upper: Option<f64>,
    verdicts: VerdictCounts,
) -> ResultRow {
    ResultRow {
        subject: subject.to_owned(),
        op: op.to_owned(),
        dtype: dtype.to_owned(),
        class: "huge_logits".to_owned(),
        cases: 40,
        values: 12_340,
        max_ulp: MaxUlp {
            lower: 0.500_31,
            upper,
            coverage: "sampled".to_owned(),
            worst_case: Some(format!("{op}/{dtype}/huge_logits/00017")),
            worst_place: Some(3),
        },
        max_conditioned: Some(0.51),
        worst_kappa: Some(1.25),
        correctly_rounded: verdicts.correctly_rounded,
        verdicts,
        snapshot_ulp: upper,
        ceiling_ulp: 0.51,
        conforms: true,
    }
}

fn distribution(subject: &str, op: &str, largest: Option<f64>) -> Distribution {
    let bin = |from, max_ulp| OrdinalBin {
        from,
        to: from + 9,
        max_ulp,
    };
    Distribution {
        subject: subject.to_owned(),
        op: op.to_owned(),
        dtype: "f32".to_owned(),
        histogram: vec![10, 4, 0, 1],
        histogram_edges: vec![0.25, 0.5, 1.0],
        ordinals: vec![
            bin(0, Some(0.4)),
            bin(0x3f00_0000, largest),
            bin(0x3f80_0000, Some(0.0)),
        ],
        conditioning: vec![
            ConditioningPoint {
                kappa: 2.0,
                ulp: 0.5,
            },
            ConditioningPoint {
                kappa: 0.0,
                ulp: 0.0,
            },
        ],
    }
}

fn clause(id: &str, exercised: Vec<ClauseExercise>) -> ClauseRow {
    ClauseRow {
        id: id.to_owned(),
        op: "softmax".to_owned(),
        when: "any_nan(logits) or n > 0".to_owned(),
        accept: vec!["nan".to_owned()],
        why: "Every output divides by a sum over the row.".to_owned(),
        source: "IEEE 754-2019, 6.2.3".to_owned(),
        exercised,
    }
}

fn exercise(subject: &str, values: u64, conforming: u64) -> ClauseExercise {
    ClauseExercise {
        subject: subject.to_owned(),
        dtype: "f32".to_owned(),
        values,
        conforming,
    }
}

/// A sweep that does not conform, with everything that one can hold.
fn sweep() -> SweepRow {
    SweepRow {
        subject: "builtin".to_owned(),
        kernels: "fnv1a64:0123456789abcdef".to_owned(),
        op: "softmax".to_owned(),
        dtype: "f16".to_owned(),
        domain: "rows_of_2".to_owned(),
        description: HOSTILE.to_owned(),
        inputs: 65_536,
        values: 131_072,
        max_ulp: SweepMax {
            lower: 0.75,
            upper: Some(0.750_001),
            coverage: "exhaustive".to_owned(),
            worst_input: Some("logits=0x1p+0,0x1p+1 (bits:3c00,4000)".to_owned()),
            worst_place: Some(1),
            result: Some("0x1p-1 (bits:3800)".to_owned()),
            kappa: Some(1.5),
        },
        correctly_rounded: 131_000,
        verdicts: VerdictCounts {
            correctly_rounded: 131_000,
            exceeds: 71,
            undecided: 1,
            ..VerdictCounts::default()
        },
        histogram: vec![10, 4, 0, 71],
        histogram_edges: vec![0.0, 0.5, 1.0],
        clauses: BTreeMap::new(),
        undecided: vec!["logits=nan,0x0p+0 (bits:7e00,0000) [0]".to_owned()],
        stale: Some("its tool is `a`, and now it is `b`".to_owned()),
        conforms: false,
    }
}

fn self_proof() -> SelfProof {
    SelfProof {
        tier: "quick".to_owned(),
        scores: vec![KillScore {
            dtype: "f16".to_owned(),
            mutants: 2,
            killed: 1,
        }],
        weakest: Some(WeakestKill {
            mutant: "softmax-swapped".to_owned(),
            dtype: "f16".to_owned(),
            margin: 1.5,
        }),
        mutants: vec![MutantRow {
            mutant: "softmax-swapped".to_owned(),
            op: "softmax".to_owned(),
            mistake: HOSTILE.to_owned(),
            breaks: "Everything.".to_owned(),
            upstream: Some("a/b issue #1".to_owned()),
            fates: vec![Fate {
                dtype: "f16".to_owned(),
                killed: true,
                by: vec!["huge_logits".to_owned()],
                clause: None,
                case: Some("softmax/f16/huge_logits/00003[1]".to_owned()),
                verdict: Some("exceeds".to_owned()),
                margin: Some(1.5),
            }],
        }],
        variants: vec![VariantRow {
            variant: "softmax-pairwise".to_owned(),
            op: "softmax".to_owned(),
            what: "Sums in pairs.".to_owned(),
            trials: vec![VariantTrial {
                dtype: "f16".to_owned(),
                ceiling: "1".to_owned(),
                values: 3,
                max_ulp: Some(0.7),
                alarms: Vec::new(),
            }],
        }],
    }
}
