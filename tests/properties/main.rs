//! The properties judged: builtin has them all, and a kernel with a planted fault lacks the property that the fault
//! breaks, and where the fault breaks nothing else, no other.

mod faulty;
mod identities;
mod memory;

use faulty::{
    BINARY, DENSE, Faulty, KL, REFERENCES, SPARSE, SPARSE_GRADIENT, builtin, lift_all, outcomes_of,
    row,
};
use lossproof::cases::classes;
use lossproof::command::{embedded_specs, references_of};
use lossproof::properties::{
    Finding, PropertyVerdict, check_properties, properties, property_rows,
};
use lossproof::reference::Reference;
use lossproof::run::Selection;
use lossproof::spec::{Profile, Spec};
use lossproof::subject::{BatchCall, Failure, Subject};
use lossproof_numerics::Dtype;
use std::sync::Arc;

#[test]
fn builtin_has_every_property() {
    let ops = [
        "softmax",
        "logsumexp",
        DENSE,
        SPARSE_GRADIENT,
        BINARY,
        KL,
        "cross_entropy_bits",
    ];
    let selection = Selection {
        ops: ops.map(str::to_owned).to_vec(),
        ..Selection::default()
    };
    let outcomes = check_properties(&REFERENCES, &[&builtin()], &selection, 0).unwrap();
    assert_eq!(outcomes.len(), ops.len() * 4 * properties().len());
    let rows = property_rows(&outcomes);
    assert_eq!(rows.len(), properties().len());
    for row in &rows {
        assert_eq!(row.failed, [], "{}", row.property);
        assert_eq!(row.verdict, PropertyVerdict::Holds, "{}", row.property);
        for (op, dtypes) in &row.ops {
            // A loss that is subnormal in f16 takes a logit gap that f16 hardly has.
            let full = dtypes.len() == 4 || row.property == "subnormals_kept";
            assert!(full, "{} of {op}: {dtypes:?}", row.property);
        }
    }
    let memory = &rows[..8];
    assert!(
        memory.iter().all(|row| row.ops.len() == ops.len()),
        "{memory:?}"
    );
    let softmax_f32 = outcomes.iter().find(|outcome| {
        outcome.op == "softmax" && outcome.dtype == Dtype::F32 && outcome.property == "run_to_run"
    });
    // Ten classes of 27 cases at most, one less of those that have no empty row.
    let Finding::Held { checks } = softmax_f32.unwrap().finding else {
        panic!("it holds");
    };
    assert!((250..=270).contains(&checks), "{checks}");
}

#[test]
fn outcomes_do_not_depend_on_threads() {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let check = || {
            outcomes_of(
                &REFERENCES,
                &builtin(),
                "softmax",
                &[],
                &["ordinary", "ties"],
            )
        };
        pool.unwrap().install(check)
    };
    assert_eq!(on(1), on(3));
}

#[test]
fn a_kernel_that_gives_nothing_has_no_property() {
    let crashes = Faulty::new(|_, _| Err(Failure::Crashed("its last words".to_owned())));
    let refuses = Faulty::new(|_, _| Err(Failure::Refused("not today".to_owned())));
    for (subject, words) in [
        (crashes, "crashed: its last words"),
        (refuses, "refused: not today"),
    ] {
        for outcome in outcomes_of(&REFERENCES, &subject, "softmax", &[Dtype::F32], &[]) {
            match outcome.finding {
                Finding::Held { .. } => panic!("{} holds", outcome.property),
                Finding::Failed { first, .. } => {
                    assert!(first.account.contains(words), "{}", first.account);
                }
                Finding::NotApplicable { reason } => assert!(
                    reason.starts_with("it is no ")
                        || reason.starts_with("it takes no ")
                        || reason.starts_with("equal logits "),
                    "{}: {reason}",
                    outcome.property
                ),
            }
        }
    }
}

/// A subject without kernels.
struct NoKernels;

impl Subject for NoKernels {
    fn name(&self) -> &'static str {
        "none"
    }

    fn description(&self) -> &'static str {
        "no kernels"
    }

    fn profile(&self) -> Profile {
        Profile::Exact
    }

    fn supports(&self, _: &str, _: Dtype) -> bool {
        false
    }

    fn call_batch(&self, op: &str, _: &mut BatchCall) -> Result<(), Failure> {
        panic!("called for {op}");
    }
}

#[test]
fn what_is_missing_or_not_selected_is_no_pass() {
    // The identity needs two other ops.
    let dense: Vec<Reference> =
        references_of(&embedded_specs().unwrap(), lossproof::spec::Profile::Exact)
            .unwrap()
            .into_iter()
            .filter(|reference| reference.op.name == DENSE)
            .collect();
    let outcomes = outcomes_of(&dense, &builtin(), DENSE, &[Dtype::F32], &["ordinary"]);
    let reason = |property: &str| {
        let found = outcomes.iter().find(|outcome| outcome.property == property);
        match &found.unwrap().finding {
            Finding::NotApplicable { reason } => reason.clone(),
            other => panic!("{property}: {other:?}"),
        }
    };
    let entropy = "cross_entropy_is_entropy_plus_divergence";
    assert_eq!(reason(entropy), "there is no op `softmax`");
    assert_eq!(
        reason("one_hot_is_sparse"),
        format!("there is no op `{SPARSE}`")
    );
    assert_eq!(
        reason("subnormals_kept"),
        "no case of the classes selected says anything about it"
    );

    let outcomes = outcomes_of(&REFERENCES, &NoKernels, "softmax", &[], &[]);
    for row in property_rows(&outcomes) {
        assert_eq!(row.verdict, PropertyVerdict::NotApplicable);
        let reasons: Vec<&str> = row.not_applicable.keys().map(String::as_str).collect();
        assert_eq!(reasons, ["the subject has no kernel for `softmax`"]);
    }
    assert!(outcomes_of(&REFERENCES, &builtin(), "no_such_op", &[], &[]).is_empty());
}

#[test]
fn a_ceiling_without_bound_is_taken_at_the_condition_number() {
    let text = include_str!("../../specs/logsumexp.toml");
    let (rest, _) = text.split_once("[ceiling]").unwrap();
    let ceilings =
        ["f16", "bf16", "f32", "f64"].map(|dtype| format!("{dtype} = \"max(1, kappa)\""));
    let text = format!("{rest}[ceiling]\n{}\n", ceilings.join("\n"));
    let classes: Vec<&str> = classes().iter().map(|class| class.name).collect();
    let spec = Spec::parse("logsumexp.toml", &text, &classes).unwrap();
    let references = references_of(&[Arc::new(spec)], lossproof::spec::Profile::Exact).unwrap();
    let permutation = |subject: &dyn Subject| {
        outcomes_of(
            &references,
            subject,
            "logsumexp",
            &[Dtype::F32],
            &["ordinary"],
        )
        .into_iter()
        .find(|outcome| outcome.property == "permutation")
        .unwrap()
        .finding
    };
    let Finding::Held { checks } = permutation(&builtin()) else {
        panic!("{:?}", permutation(&builtin()));
    };
    assert!(checks > 10, "{checks}");
    let faulty = Faulty::on_rows(|inputs, results, dtype| {
        if row(inputs, 0).first() > row(inputs, 0).last() {
            lift_all(dtype, results, 50);
        }
    });
    assert!(matches!(permutation(&faulty), Finding::Failed { .. }));
}
