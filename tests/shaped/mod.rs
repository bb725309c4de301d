//! Ops whose inputs are more than rows, by hand, each with the classes that it names.

use lossproof::cases::{InputSignature, KeptCases, OpSignature, Role};
use lossproof_oracle::formula::{Dim, Shape};

const LOGITS: &str = "logits n logits";
const DENSE: &str = "logits n logits; labels n labels";
const BATCH: &str = "logits m,n logits; labels m,n labels";
const PAIR: &str = "p n probabilities; q n probabilities";
const SAMPLED: &str = "weights m,n real; biases m real; input n real; label index label; samples k-index samples; \
                       true_expected_count 1 counts; sampled_expected_counts k counts";
const BATCH_CLASSES: &str = "ordinary huge_logits masked non_finite one_hot soft_labels non_distribution_labels \
                             near_zero_loss";
const ELEMENTWISE_CLASSES: &str = "ordinary huge_logits zeros wide_spread subnormal_inputs masked non_finite \
                                   binary_tails";
const SAMPLED_CLASSES: &str =
    "ordinary huge_logits zeros subnormal_inputs non_finite cancelling_sum bad_label";
const SUM_CLASSES: &str =
    "ordinary huge_logits zeros subnormal_inputs non_finite stagnation cancelling_sum";
const PAIR_CLASSES: &str = "ordinary subnormal_inputs wide_spread non_finite equal_distributions one_ulp_apart \
                            disjoint_support zeros_in_support unnormalised off_domain";

const BATCH_SPARSE_CLASSES: &str = "ordinary huge_logits zeros one_dominant masked non_finite near_zero_loss bad_label \
                                    probabilities_as_logits single_class";

/// Op, inputs (name, shape, role) and the classes that it names beside those of its constant.
pub const OPS: [(&str, &str, &str, &str); 22] = [
    (
        "binary_cross_entropy",
        "labels n labels; probabilities n probabilities",
        "",
        "ordinary zeros wide_spread subnormal_inputs non_finite binary_labels near_certainty off_domain \
         logits_as_probabilities",
    ),
    (
        "cross_entropy_bits",
        "labels n probabilities; probabilities n probabilities",
        "",
        "ordinary wide_spread subnormal_inputs non_finite equal_distributions disjoint_support zeros_in_support \
         unnormalised off_domain near_certainty logits_as_probabilities",
    ),
    (
        "entropy_bits",
        "p n probabilities",
        "",
        "ordinary zeros wide_spread subnormal_inputs non_finite stagnation near_certainty off_domain",
    ),
    (
        "hinge",
        "labels n real; predictions n real",
        "",
        "ordinary huge_logits zeros subnormal_inputs non_finite hinge_margin",
    ),
    (
        "kl_divergence_clipped",
        PAIR,
        PAIR_CLASSES,
        "near_certainty",
    ),
    ("kl_divergence_epsilon", PAIR, PAIR_CLASSES, ""),
    ("kl_divergence_symmetric", PAIR, PAIR_CLASSES, ""),
    (
        "kl_hinge",
        "p m,n probabilities; q m,n probabilities; labels m labels",
        "",
        "ordinary non_finite equal_distributions one_ulp_apart unnormalised off_domain",
    ),
    (
        "kl_hinge_grad_p",
        "p m,n probabilities; q m,n probabilities; labels m labels; upstream m upstream",
        "",
        "ordinary non_finite equal_distributions one_ulp_apart unnormalised off_domain",
    ),
    (
        "logit",
        "probabilities n probabilities",
        "",
        "ordinary zeros wide_spread subnormal_inputs non_finite near_certainty off_domain",
    ),
    (
        "mean_softmax_cross_entropy_with_logits",
        BATCH,
        BATCH_CLASSES,
        "",
    ),
    (
        "sum_softmax_cross_entropy_with_logits",
        BATCH,
        BATCH_CLASSES,
        "cancelling ties smoothed_labels",
    ),
    ("nce_loss", SAMPLED, SAMPLED_CLASSES, ""),
    ("sampled_softmax_loss", SAMPLED, SAMPLED_CLASSES, ""),
    ("reduce_mean", "losses n real", SUM_CLASSES, ""),
    ("reduce_sum", "losses n real", SUM_CLASSES, ""),
    ("sigmoid", LOGITS, ELEMENTWISE_CLASSES, ""),
    ("softplus", LOGITS, ELEMENTWISE_CLASSES, ""),
    (
        "unfused_softmax_cross_entropy",
        DENSE,
        "",
        "ordinary huge_logits one_dominant wide_spread masked non_finite one_hot soft_labels \
         non_distribution_labels near_zero_loss probabilities_as_logits single_class",
    ),
    (
        "unfused_softmax_cross_entropy_epsilon",
        DENSE,
        "",
        "ordinary huge_logits ties one_dominant wide_spread non_finite one_hot soft_labels near_zero_loss",
    ),
    // Of no spec: a class index for each row of a batch.
    (
        "batch_sparse",
        "logits m,n logits; labels m-index label",
        BATCH_SPARSE_CLASSES,
        "",
    ),
    // Of no spec: a product of two numbers.
    (
        "product",
        "x 1 real; y 1 logits",
        "",
        "ordinary huge_logits zeros subnormal_inputs non_finite masked",
    ),
];

/// The op as the case generators see it.
pub fn signature(op: &str) -> OpSignature {
    let (_, inputs, _, _) = OPS.iter().find(|(name, ..)| *name == op).unwrap();
    let input = |text: &str| {
        let words: Vec<&str> = text.split_whitespace().collect();
        InputSignature {
            name: words[0].to_owned(),
            role: Role::named(words[2]).unwrap(),
            shape: match words[1] {
                "1" => Shape::Scalar,
                "n" => Shape::ROW,
                "m" => Shape::Vector(Dim::M),
                "k" => Shape::Vector(Dim::K),
                "m,n" => Shape::Matrix(Dim::M, Dim::N),
                "index" => Shape::Index,
                "m-index" => Shape::Indices(Dim::M),
                "k-index" => Shape::Indices(Dim::K),
                other => panic!("no shape {other}"),
            },
        }
    };
    OpSignature {
        op: op.to_owned(),
        inputs: inputs.split(';').map(input).collect(),
        kept: KeptCases::default(),
    }
}

/// The classes that the op names.
pub fn classes_of(op: &str) -> Vec<&'static str> {
    let (.., shared, own) = OPS.iter().find(|(name, ..)| *name == op).unwrap();
    shared
        .split_whitespace()
        .chain(own.split_whitespace())
        .collect()
}
