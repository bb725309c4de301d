//! The spec files of this project load, give the ops that the design promises, and a wrong file is refused with a
//! message that shows the exact place.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use lossproof::cases::{KNOWN_WORST, classes};
use lossproof::spec::{LoadError, Op, Outcome, Profile, Spec, load_dir};

static CLASSES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| classes().iter().map(|class| class.name).collect());

/// The ops that the design names, with their inputs and outputs: an interface.
const OF_THE_DESIGN: [&str; 16] = [
    "kl_divergence(p, q) -> divergence a scalar",
    "kl_divergence_grad_p(p, q) -> gradient a row",
    "kl_divergence_grad_q(p, q) -> gradient a row",
    "log_softmax(logits) -> log_probabilities a row",
    "log_softmax_grad_logits(logits, upstream) -> gradient a row",
    "logsumexp(logits) -> value a scalar",
    "logsumexp_grad_logits(logits) -> gradient a row",
    "sigmoid_cross_entropy_with_logits(logits, labels) -> losses a row",
    "sigmoid_cross_entropy_with_logits_grad_logits(logits, labels) -> gradient a row",
    "softmax(logits) -> probabilities a row",
    "softmax_grad_logits(logits, upstream) -> gradient a row",
    "softmax_cross_entropy_with_logits(logits, labels) -> loss a scalar",
    "softmax_cross_entropy_with_logits_grad_logits(logits, labels) -> gradient a row",
    "softmax_cross_entropy_with_logits_grad_labels(logits, labels) -> gradient a row",
    "sparse_softmax_cross_entropy_with_logits(logits, label) -> loss a scalar",
    "sparse_softmax_cross_entropy_with_logits_grad_logits(logits, label) -> gradient a row",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("specs")
}

fn ops() -> Vec<Op> {
    let specs = load_dir(&folder(), &CLASSES).unwrap_or_else(|error| panic!("{error}"));
    specs.iter().flat_map(Spec::ops).collect()
}

#[test]
fn the_files_give_the_ops_of_the_design() {
    let signatures: Vec<String> = ops()
        .iter()
        .map(|op| {
            let inputs: Vec<&str> = op.inputs.iter().map(|input| input.name.as_str()).collect();
            format!(
                "{}({}) -> {} {}",
                op.name,
                inputs.join(", "),
                op.output.name,
                op.output.shape
            )
        })
        .collect();
    for promised in OF_THE_DESIGN {
        assert!(
            signatures.iter().any(|found| found == promised),
            "{promised}"
        );
    }
    assert_eq!(signatures.len(), 70);
}

#[test]
fn every_op_settles_nan_before_other_values_for_every_profile() {
    let of_the_design = |op: &Op| {
        let named = |promised: &str| promised.starts_with(&format!("{}(", op.name));
        OF_THE_DESIGN.iter().any(|promised| named(promised))
    };
    for op in ops().into_iter().filter(of_the_design) {
        for &profile in Profile::ALL {
            // What settles a bad or ignored label comes before anything that looks at the logits.
            let mut clauses = op.clauses(profile).filter(|clause| {
                let before = ["label ", "(label ", "n == 0"];
                !before
                    .iter()
                    .any(|start| clause.when_text.starts_with(start))
            });
            let first = clauses
                .next()
                .unwrap_or_else(|| panic!("{} has no clause for {profile}", op.name));
            assert!(
                first.when_text.contains("nan("),
                "{} {profile}: {}",
                op.name,
                first.id
            );
            if profile == Profile::Exact {
                assert!(first.id.ends_with("-NAN"), "{}: {}", op.name, first.id);
            }
            let settled = first.accept == [Outcome::Nan];
            assert!(
                settled || (profile != Profile::Exact && first.is_unknown()),
                "{} {profile}",
                op.name
            );
        }
    }
}

#[test]
fn every_profile_but_ours_says_where_it_differs_or_what_is_unknown() {
    let ops = ops();
    let ids = |op: &Op, profile| -> Vec<String> {
        let clauses = op.clauses(profile);
        clauses.map(|clause| clause.id.clone()).collect()
    };
    for &profile in Profile::ALL {
        let differs = ops
            .iter()
            .filter(|op| ids(op, profile) != ids(op, Profile::Exact))
            .count();
        if profile == Profile::Exact {
            assert_eq!(differs, 0);
        } else {
            // Softmax and log-softmax themselves have no disputed values; everything else has.
            assert!(differs >= 9, "{profile} differs on {differs} ops");
        }
    }
    let unknown = |profile| -> usize {
        let clauses = ops.iter().flat_map(move |op| op.clauses(profile));
        clauses.filter(|clause| clause.is_unknown()).count()
    };
    assert_eq!(unknown(Profile::Exact), 0);
    assert!(unknown(Profile::Onnx) > unknown(Profile::Torch));
}

#[test]
fn the_cross_entropies_warn_of_their_misuse() {
    let ops = ops();
    for op in [
        "softmax_cross_entropy_with_logits",
        "sparse_softmax_cross_entropy_with_logits",
    ] {
        let op = ops.iter().find(|known| known.name == op).unwrap();
        let notes = op.spec.notes.join(" ");
        for part in ["Probabilities passed as logits", "One class leaves nothing"] {
            assert!(notes.contains(part), "{}: {part}", op.name);
        }
    }
}

#[test]
fn only_the_stated_gradients_have_formulas_of_their_own() {
    let stated: Vec<String> = ops()
        .into_iter()
        .filter(|op| op.gradient_formula().is_some())
        .map(|op| op.name)
        .collect();
    let with_two = [
        "kl_divergence",
        "kl_divergence_epsilon",
        "kl_divergence_symmetric",
        "kl_hinge",
    ];
    let mut expected: Vec<String> = with_two
        .iter()
        .flat_map(|op| [format!("{op}_grad_p"), format!("{op}_grad_q")])
        .collect();
    expected.extend(
        [
            "cross_entropy_bits_grad_labels",
            "cross_entropy_bits_grad_probabilities",
            "entropy_bits_grad_p",
            "logit_grad_probabilities",
            "sigmoid_cross_entropy_with_logits_grad_logits",
            "sigmoid_grad_logits",
            "softplus_grad_logits",
        ]
        .map(str::to_owned),
    );
    let mut stated = stated;
    stated.sort();
    expected.sort();
    assert_eq!(stated, expected);
}

#[test]
fn every_class_is_used() {
    let ops = ops();
    // A kept case needs no place in a spec: its file says which op it is of.
    for class in CLASSES.iter().filter(|&&class| class != KNOWN_WORST) {
        assert!(
            ops.iter()
                .any(|op| op.classes().iter().any(|used| used == *class)),
            "{class}"
        );
    }
}

fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn own_spec(op: &str, clause: &str) -> String {
    format!(
        r#"
        op = "{op}"
        title = "t"
        summary = "s"
        source = "s"
        inputs = [{{ name = "x", shape = "n" }}]
        output = {{ name = "y", shape = "1" }}
        formula = "sum(x)"
        classes = ["ordinary"]
        clause = [{{ id = "{clause}", when = "n == 0", accept = ["+0"], why = "w", source = "s" }}]
        ceiling = {{ f16 = "1", bf16 = "1", f32 = "1", f64 = "1" }}
        "#
    )
}

#[test]
fn folders_are_refused_as_a_whole() {
    let empty = folder_with(&[("notes.txt", "not a spec")]);
    let error = load_dir(empty.path(), &CLASSES).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` holds no spec: add a file that ends in .toml",
            empty.path().display()
        )
    );

    let repeated = folder_with(&[
        ("b.toml", &own_spec("f", "B")),
        ("a.toml", &own_spec("f", "A")),
    ]);
    let error = load_dir(repeated.path(), &CLASSES).unwrap_err();
    let path = |name| repeated.path().join(name).display().to_string();
    assert_eq!(
        error.to_string(),
        format!(
            "the op `f` is given by both {} and {}: rename one of them",
            path("a.toml"),
            path("b.toml")
        )
    );

    let clauses = folder_with(&[
        ("a.toml", &own_spec("f", "A")),
        ("b.toml", &own_spec("g", "A")),
    ]);
    let error = load_dir(clauses.path(), &CLASSES).unwrap_err();
    assert!(
        matches!(error, LoadError::RepeatedClause { ref id, .. } if id == "A"),
        "{error}"
    );

    let missing = load_dir(&empty.path().join("nowhere"), &CLASSES).unwrap_err();
    assert!(matches!(missing, LoadError::Read { .. }), "{missing}");

    let two = folder_with(&[
        ("b.toml", &own_spec("g", "B")),
        ("a.toml", &own_spec("f", "A")),
    ]);
    let specs: Vec<Arc<Spec>> = load_dir(two.path(), &CLASSES).unwrap();
    let names: Vec<&str> = specs.iter().map(|spec| spec.op.as_str()).collect();
    assert_eq!(names, ["f", "g"]);
}
