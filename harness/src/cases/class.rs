//! The table of classes: each one's name, idea, claim, domain, budget and generator. In: nothing. Out: the table.

use super::draft::{Fill, Holds};
use super::kept::KNOWN_WORST;
use super::needs::Needs;
use super::schedule::Budget;
use super::{
    binary, cancellation, certainty, indices, labels, margin, misuse, ordinary, pairs, range,
    special, sums, ties,
};

/// A documented idea of what breaks kernels, with the generator of its cases.
#[derive(Debug)]
pub struct Class {
    /// Its name, the third part of a case id.
    pub name: &'static str,
    /// What it breaks, in one sentence.
    pub idea: &'static str,
    /// What holds of each of its non-empty cases, and is checked.
    pub claim: &'static str,
    /// The inputs it is about.
    pub(super) needs: Needs,
    /// The shortest row for which the claim can hold; 0 also where an empty row is worth a case.
    pub(super) shortest: usize,
    /// How it spends its values.
    pub(super) budget: Budget,
    /// Draws the inputs it is about.
    pub(super) fill: Fill,
    /// Decides the claim.
    pub(super) holds: Holds,
}

impl Class {
    /// Whether its cases were found and kept, so that an op may have none of them.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.needs == Needs::Kept
    }
}

/// All classes, in the order in which reports list them.
#[must_use]
pub fn classes() -> &'static [Class] {
    &CLASSES
}

#[rustfmt::skip] // One class a paragraph, its sentences unbroken.
static CLASSES: [Class; 34] = [
    Class {
        name: "ordinary",
        idea: "Moderate inputs of every role: what a kernel must get right before anything else counts.",
        claim: "moderate, varied values; probabilities positive and summing to 1",
        needs: Needs::Subject, shortest: 0, budget: Budget::Everyday, fill: ordinary::fill, holds: ordinary::holds,
    },
    Class {
        name: "huge_logits",
        idea: "Logits around the overflow of exp, up to the largest finite value, and small differences on a common offset: breaks exp without a shift by the maximum.",
        claim: "in each row, of a product in one of its factors, some finite value beyond 0.8 times the logarithm at which exp overflows",
        needs: Needs::LogitsOrReal, shortest: 0, budget: Budget::Vocabulary, fill: range::fill_huge, holds: range::huge_holds,
    },
    Class {
        name: "zeros",
        idea: "Zeros of both signs: breaks tests for the sign bit, and divisions and logarithms of 0.",
        claim: "some zero in each row of logits, probabilities or real numbers",
        needs: Needs::Subject, shortest: 0, budget: Budget::Usual, fill: special::fill_zeros, holds: special::zeros_hold,
    },
    Class {
        name: "ties",
        idea: "Equal and neighbouring logits: breaks a search for the maximum that counts it once, and shows an ulp lost in x − max.",
        claim: "two logits that are equal or neighbours",
        needs: Needs::Logits, shortest: 2, budget: Budget::Usual, fill: ties::fill_ties, holds: ties::ties_hold,
    },
    Class {
        name: "one_dominant",
        idea: "One logit far above all others: breaks log(1 + t), which loses t, and 1 − p, which loses p.",
        claim: "one logit at least 4 above every other",
        needs: Needs::Logits, shortest: 2, budget: Budget::Long, fill: range::fill_dominant, holds: range::dominant_holds,
    },
    Class {
        name: "wide_spread",
        idea: "Outputs through the subnormals down to 0: breaks kernels that flush subnormals or let exp underflow early.",
        claim: "x − max near or below ln of the smallest normal; weights from at least ½ down to the smallest normal or below",
        needs: Needs::LogitsOrProbabilities, shortest: 2, budget: Budget::Usual, fill: range::fill_wide, holds: range::wide_holds,
    },
    Class {
        name: "subnormal_inputs",
        idea: "Subnormal inputs: breaks kernels that read them as 0 or divide by them.",
        claim: "some subnormal in each row of logits, probabilities or real numbers",
        needs: Needs::Subject, shortest: 0, budget: Budget::Usual, fill: special::fill_subnormal, holds: special::subnormal_holds,
    },
    Class {
        name: "masked",
        idea: "Logits of −inf, as attention masks and padding have them: breaks −inf − −inf and 0 · inf.",
        claim: "some logit −inf, none NaN or +inf",
        needs: Needs::Logits, shortest: 0, budget: Budget::Long, fill: special::fill_masked, holds: special::masked_holds,
    },
    Class {
        name: "non_finite",
        idea: "NaN with payloads and infinities: breaks kernels that lose a NaN in a maximum or a comparison.",
        claim: "some input NaN or +inf",
        needs: Needs::Subject, shortest: 0, budget: Budget::Usual, fill: special::fill_non_finite, holds: special::non_finite_holds,
    },
    Class {
        name: "stagnation",
        idea: "Long rows of equal values: breaks sums that stop growing once each term is below half an ulp of the sum.",
        claim: "all values but one within two steps of their median",
        needs: Needs::Subject, shortest: 0, budget: Budget::Longest, fill: ties::fill_stagnation, holds: ties::stagnation_holds,
    },
    Class {
        name: "one_hot",
        idea: "Labels with a single 1: breaks kernels that multiply 0 by an infinity, or pick the wrong place at either end.",
        claim: "one label 1, all others 0",
        needs: Needs::Labels, shortest: 0, budget: Budget::Usual, fill: labels::fill_one_hot, holds: labels::one_hot_holds,
    },
    Class {
        name: "smoothed_labels",
        idea: "Labels 1 − ε and ε/(n − 1): breaks losses that take the labels' sum for 1, which rounding makes it not quite.",
        claim: "one largest label, all others equal and positive (in long rows perhaps rounded to 0)",
        needs: Needs::Labels, shortest: 2, budget: Budget::Usual, fill: labels::fill_smoothed, holds: labels::smoothed_holds,
    },
    Class {
        name: "soft_labels",
        idea: "Labels that are a random distribution: breaks summation, as every term counts.",
        claim: "labels in [0, 1] that sum to 1 within their rounding",
        needs: Needs::Labels, shortest: 0, budget: Budget::Long, fill: labels::fill_soft, holds: labels::soft_holds,
    },
    Class {
        name: "non_distribution_labels",
        idea: "Labels whose sum is not 1, negative, above 1, all 0 or huge: breaks gradients that take softmax − labels for granted.",
        claim: "a label outside [0, 1], or a sum that is not 1",
        needs: Needs::Labels, shortest: 0, budget: Budget::Usual, fill: labels::fill_non_distribution, holds: labels::non_distribution_holds,
    },
    Class {
        name: "near_zero_loss",
        idea: "The target is the dominant logit: breaks log(softmax), which gives 0 where the loss is tiny but not 0.",
        claim: "the target is the largest logit, ahead by at least half of p · ln 2",
        needs: Needs::LogitsAndTarget, shortest: 2, budget: Budget::Short, fill: cancellation::fill_near_zero, holds: cancellation::near_zero_holds,
    },
    Class {
        name: "cancelling",
        idea: "Labels of both signs that balance, and labels equal to the softmax: breaks accuracy where terms cancel.",
        claim: "the loss's terms cancel to their rounding, or the labels are the softmax within two ulps",
        needs: Needs::LogitsAndLabels, shortest: 2, budget: Budget::Short, fill: cancellation::fill_cancelling, holds: cancellation::cancelling_holds,
    },
    Class {
        name: "equal_distributions",
        idea: "q is p: breaks log p − log q, which should give exactly 0.",
        claim: "p and q have the same bits",
        needs: Needs::Pair, shortest: 0, budget: Budget::Usual, fill: pairs::fill_equal, holds: pairs::equal_holds,
    },
    Class {
        name: "one_ulp_apart",
        idea: "q is p but for an ulp here and there: breaks log(p / q), which cancels where log1p would not.",
        claim: "p and q positive, each element equal or one step apart, some apart",
        needs: Needs::Pair, shortest: 1, budget: Budget::Usual, fill: pairs::fill_apart, holds: pairs::apart_holds,
    },
    Class {
        name: "disjoint_support",
        idea: "Nowhere are p and q both positive: breaks kernels that miss that the divergence is infinite.",
        claim: "p and q each positive somewhere, nowhere both",
        needs: Needs::Pair, shortest: 2, budget: Budget::Usual, fill: pairs::fill_disjoint, holds: pairs::disjoint_holds,
    },
    Class {
        name: "zeros_in_support",
        idea: "Zeros in p, in q or in both: breaks 0 · log 0, 0/0 and x/0.",
        claim: "some zero in p or q",
        needs: Needs::Pair, shortest: 0, budget: Budget::Usual, fill: pairs::fill_holes, holds: pairs::holes_hold,
    },
    Class {
        name: "unnormalised",
        idea: "Positive weights whose sums are not 1, tiny and huge: breaks quotients that overflow or underflow, and shortcuts that need a sum of 1.",
        claim: "all weights positive and finite, p or q no distribution",
        needs: Needs::Pair, shortest: 0, budget: Budget::Long, fill: pairs::fill_unnormalised, holds: pairs::unnormalised_holds,
    },
    Class {
        name: "off_domain",
        idea: "Negative and infinite weights: breaks kernels that answer outside the domain where they should give NaN or an infinity.",
        claim: "some weight negative or infinite",
        needs: Needs::Probabilities, shortest: 0, budget: Budget::Usual, fill: pairs::fill_off_domain, holds: pairs::off_domain_holds,
    },
    Class {
        name: "binary_tails",
        idea: "Logits through both tails of the sigmoid: breaks log(1 + exp(x)) upwards and 1 − sigmoid(x) downwards.",
        claim: "some logit beyond 0.9 p · ln 2 in magnitude",
        needs: Needs::Logits, shortest: 0, budget: Budget::Long, fill: binary::fill_tails, holds: binary::tails_hold,
    },
    Class {
        name: "binary_labels",
        idea: "Labels 0, 1, ½, soft, outside [0, 1] and one ulp beside: breaks branches on the label and 1 − z.",
        claim: "some label 0, 1, ½, one step beside 0 or 1, or outside [0, 1]",
        needs: Needs::Labels, shortest: 0, budget: Budget::Usual, fill: binary::fill_labels, holds: binary::labels_hold,
    },
    Class {
        name: "bad_label",
        idea: "Class indices, true or sampled, outside their range: breaks kernels that read out of bounds, cut to 32 bits or count from the end.",
        claim: "some index is negative, or not below the number of classes",
        needs: Needs::Index, shortest: 0, budget: Budget::Short, fill: indices::fill_bad_index, holds: indices::bad_index_holds,
    },
    Class {
        name: "probabilities_as_logits",
        idea: "The outputs of a softmax passed as logits, the common double softmax: breaks kernels that guess what they are given, and losses that look plausible and are not.",
        claim: "logits in [0, 1] that sum to 1 within their rounding",
        needs: Needs::LogitsAndTarget, shortest: 0, budget: Budget::Short, fill: misuse::fill_probabilities, holds: misuse::probabilities_hold,
    },
    Class {
        name: "logits_as_probabilities",
        idea: "Raw logits where probabilities are due: breaks kernels that clip or take absolute values and so answer with a number where there is none.",
        claim: "in the last row of probabilities some value negative and some above 1",
        needs: Needs::Probabilities, shortest: 2, budget: Budget::Short, fill: misuse::fill_logits, holds: misuse::logits_hold,
    },
    Class {
        name: "single_class",
        idea: "One class alone, as a binary problem in the wrong shape has it: the loss is exactly 0 whatever the logit; breaks kernels that leave a rounding error, or the logit, in its place.",
        claim: "one logit, finite, and with it at most one label",
        needs: Needs::LogitsAndTarget, shortest: 1, budget: Budget::Single, fill: misuse::fill_single, holds: misuse::single_holds,
    },
    Class {
        name: "near_certainty",
        idea: "Probabilities at and beside 0, ½ and 1, and at the edges of the usual clips: breaks 1 − p, logarithms near 1, and clips that are off by an ulp or round their epsilon away.",
        claim: "probabilities in [0, 1], in each row one within three steps of 0, ½, 1, an epsilon of 1e-7 or 1e-9, or 1 less that",
        needs: Needs::Probabilities, shortest: 0, budget: Budget::Short, fill: certainty::fill_certainty, holds: certainty::certainty_holds,
    },
    Class {
        name: "cancelling_sum",
        idea: "Numbers of very different sizes whose sum nearly cancels, and running sums that overflow although the total does not: breaks accumulators no wider than the dtype.",
        claim: "each row's sum (of a product, each matrix row's) at most 2^(−p/2) times that of its magnitudes",
        needs: Needs::Real, shortest: 2, budget: Budget::Short, fill: sums::fill_sum, holds: sums::sum_holds,
    },
    Class {
        name: "hinge_margin",
        idea: "Labels times predictions exactly at a margin of 1, a step beside it, and not representable: breaks kernels that round the product before they compare, and their gradient at the kink.",
        claim: "somewhere the product of the first two rows is within four ulps of 1",
        needs: Needs::RealPair, shortest: 0, budget: Budget::Short, fill: margin::fill_margin, holds: margin::margin_holds,
    },
    Class {
        name: "nan_beside_zero_label",
        idea: "A NaN logit whose label is 0: breaks kernels that skip what a label of 0 weighs, and lose the NaN with it.",
        claim: "some logit NaN, and every label beside a NaN exactly 0",
        needs: Needs::LogitsAndLabels, shortest: 2, budget: Budget::Short, fill: misuse::fill_hidden_nan, holds: misuse::hidden_nan_holds,
    },
    Class {
        name: "late_label",
        idea: "An odd class index above 2048: breaks kernels that keep the index as an element, where f16 rounds it to a neighbour.",
        claim: "the index is odd, above 2048 and inside the row",
        needs: Needs::PlaceInRow, shortest: 2100, budget: Budget::Late, fill: misuse::fill_late, holds: misuse::late_holds,
    },
    Class {
        name: KNOWN_WORST,
        idea: "The worst inputs that `lossproof hunt` found for some kernel: breaks whoever computes as that kernel does.",
        claim: "found and kept, not drawn: the subject that its file names has the error that the file records",
        needs: Needs::Kept, shortest: 0, budget: Budget::Kept, fill: |_, _, _| None, holds: |_| true,
    },
];
