//! The table of properties: each one's name, title, statement and check. In: nothing. Out: the table.

use super::bench::Bench;
use super::outcome::{Finding, Tally};
use super::{
    divergence, entropy, machine, memory, mirror, permutation, shift, sparse, sums, uniform,
    with_itself,
};

/// Checks a property on a bench.
#[derive(Debug)]
enum Check {
    /// One that every kernel should have.
    Universal(fn(&Bench<'_>) -> Tally),
    /// One of what a kernel does to the memory and the thread that it runs on.
    Surroundings(fn(&Bench<'_>) -> Result<Tally, String>),
    /// One of some ops; the error is why it does not apply.
    Particular(fn(&Bench<'_>) -> Result<Tally, String>),
}

/// A property that needs no reference.
#[derive(Debug)]
pub struct Property {
    /// Its name in reports.
    pub name: &'static str,
    /// Its name in tables.
    pub title: &'static str,
    /// What holds, in a sentence.
    pub statement: &'static str,
    check: Check,
}

/// Why nothing is said about the surroundings of some kernels.
const ELSEWHERE: &str = "the kernel runs on copies in a process of its own, where nobody watches";

impl Property {
    /// What a subject's kernel makes of it. A kernel that does not exist has no property.
    pub(super) fn finding(&self, bench: &Bench<'_>) -> Finding {
        let op = &bench.reference.op.name;
        let checked = bench.companion(op).and_then(|_| match self.check {
            Check::Universal(check) => Ok(check(bench)),
            Check::Surroundings(check) if bench.subject.runs_in_call_memory() => check(bench),
            Check::Surroundings(_) => Err(ELSEWHERE.to_owned()),
            Check::Particular(check) => check(bench),
        });
        match checked {
            Ok(tally) => tally.finding(),
            Err(reason) => Finding::NotApplicable { reason },
        }
    }
}

/// All properties, in the order in which reports list them.
#[must_use]
pub fn properties() -> &'static [Property] {
    &PROPERTIES
}

#[rustfmt::skip] // One property a paragraph, its sentences unbroken.
static PROPERTIES: [Property; 19] = [
    Property {
        name: "run_to_run",
        title: "Same bits on every run",
        statement: "Two calls on the same memory give the same bits.",
        check: Check::Universal(memory::run_to_run),
    },
    Property {
        name: "batch_invariance",
        title: "Same bits alone and in a batch",
        statement: "A row gives the same bits alone as in a batch.",
        check: Check::Universal(memory::batch_invariance),
    },
    Property {
        name: "position_invariance",
        title: "Same bits at another position",
        statement: "A row gives the same bits at another position of the batch: each one earlier, and in reverse order.",
        check: Check::Universal(memory::position_invariance),
    },
    Property {
        name: "neighbour_independence",
        title: "Same bits beside NaN and infinities",
        statement: "A row gives the same bits between rows of NaN, of +inf and of -inf.",
        check: Check::Universal(memory::neighbour_independence),
    },
    Property {
        name: "alignment_invariance",
        title: "Same bits at another alignment",
        statement: "A batch gives the same bits when every buffer starts 1, 2 or 3 elements past a multiple of 64 bytes.",
        check: Check::Surroundings(|bench| Ok(memory::alignment_invariance(bench))),
    },
    Property {
        name: "inputs_unchanged",
        title: "Inputs unchanged",
        statement: "After a call every byte of the inputs is what it was.",
        check: Check::Surroundings(|bench| Ok(memory::inputs_unchanged(bench))),
    },
    Property {
        name: "guard_bytes",
        title: "Nothing written outside the output",
        statement: "Nothing within 64 bytes of any buffer is written, and neither those bytes nor what lay in the output before show in it.",
        check: Check::Surroundings(|bench| Ok(memory::guard_bytes(bench))),
    },
    Property {
        name: "floating_point_environment",
        title: "Floating-point environment unchanged",
        statement: "On return the rounding mode, the flushing of subnormals and the exception masks are what they were.",
        check: Check::Surroundings(machine::floating_point_environment),
    },
    Property {
        name: "subnormals_kept",
        title: "Subnormals not flushed",
        statement: "A result whose exact value is subnormal and above the ceiling in smallest subnormals is not 0.",
        check: Check::Universal(machine::subnormals_kept),
    },
    Property {
        name: "shift",
        title: "Shift of the logits",
        statement: "With c such that every x_i + c is exact, softmax(x + c) = softmax(x), likewise log-softmax, cross-entropy and their gradients, and logsumexp(x + c) = logsumexp(x) + c; slack: the sum of both ceilings.",
        check: Check::Particular(shift::shift),
    },
    Property {
        name: "permutation",
        title: "Permutation of the row",
        statement: "A row in another order gives the same results in that order, and the same sums; slack: the sum of both ceilings.",
        check: Check::Universal(permutation::permutation),
    },
    Property {
        name: "mirror",
        title: "Mirror of the binary loss",
        statement: "BCE(x, 1) = BCE(-x, 0), and BCE(x, z) = BCE(-x, 1 - z) where 1 - z is exact, with opposite gradients; slack: the sum of both ceilings.",
        check: Check::Particular(mirror::mirror),
    },
    Property {
        name: "sums_to_one",
        title: "Probabilities sum to 1",
        statement: "The results of softmax sum to 1; slack: the sum over the row of each ceiling in that result's ulps.",
        check: Check::Particular(sums::sums_to_one),
    },
    Property {
        name: "gradient_sums_to_zero",
        title: "Gradients sum to 0",
        statement: "The gradient by the logits sums to 0, of cross-entropy for labels that sum to exactly 1; slack: the sum over the row of each ceiling in that result's ulps.",
        check: Check::Particular(sums::gradient_sums_to_zero),
    },
    Property {
        name: "divergence_not_negative",
        title: "Divergence not negative",
        statement: "KL(p, q) >= 0 for p and q that sum to exactly 1; slack: the ceiling in smallest subnormals.",
        check: Check::Particular(divergence::divergence_not_negative),
    },
    Property {
        name: "one_hot_is_sparse",
        title: "One-hot labels as an index",
        statement: "Cross-entropy with a one-hot row, and its gradient, is that with the index; slack: the sum of both ops' ceilings.",
        check: Check::Particular(sparse::one_hot_is_sparse),
    },
    Property {
        name: "cross_entropy_is_entropy_plus_divergence",
        title: "Cross-entropy is entropy plus divergence",
        statement: "H(p, q) = H(p) + KL(p, q) with q the subject's softmax of the logits and p of powers of two; slack: the ceilings of the loss and the divergence, and what the ceiling of softmax makes of the logarithms of q.",
        check: Check::Particular(entropy::cross_entropy_is_entropy_plus_divergence),
    },
    Property {
        name: "cross_entropy_with_itself_is_entropy",
        title: "Cross-entropy with itself is entropy",
        statement: "H(p, p) = H(p), in bits and with the same epsilon; slack: the sum of both ops' ceilings.",
        check: Check::Particular(with_itself::cross_entropy_with_itself_is_entropy),
    },
    Property {
        name: "uniform_gives_log_n",
        title: "Equal logits give log n",
        statement: "Of n equal logits x, cross-entropy is log n for labels that sum to exactly 1, log-softmax -log n and logsumexp x + log n; slack: the ceiling.",
        check: Check::Particular(uniform::uniform_gives_log_n),
    },
];
