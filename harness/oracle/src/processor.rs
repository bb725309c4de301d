//! Loops compiled for what the processor at hand can do.

#![expect(
    clippy::inline_always,
    reason = "what is not inside the loop is not compiled for the processor"
)]

use std::sync::LazyLock;

/// Runs a loop compiled for the instructions that this processor has: AVX-512, AVX2 with fused multiply-add, or the least that the
/// architecture has. The bits are the same on each.
#[inline(always)]
pub(crate) fn with_all_instructions<R>(work: impl FnOnce() -> R) -> R {
    static PROCESSOR: LazyLock<pulp::Arch> = LazyLock::new(pulp::Arch::new);
    struct Once<F>(F);
    impl<R, F: FnOnce() -> R> pulp::WithSimd for Once<F> {
        type Output = R;

        #[inline(always)]
        fn with_simd<S: pulp::Simd>(self, _: S) -> R {
            (self.0)()
        }
    }
    PROCESSOR.dispatch(Once(work))
}

/// A function of each number of a row.
#[inline(always)]
pub(crate) fn map<E: Copy>(row: &[E], blank: E, function: impl Fn(&E) -> E) -> Vec<E> {
    let mut results = vec![blank; row.len()];
    with_all_instructions(
        #[inline(always)]
        || {
            for (result, number) in results.iter_mut().zip(row) {
                *result = function(number);
            }
        },
    );
    results
}

/// A function of each pair of numbers that stand at the same place of two rows of one length.
#[inline(always)]
pub(crate) fn zip<E: Copy>(a: &[E], b: &[E], blank: E, function: impl Fn(&E, &E) -> E) -> Vec<E> {
    let mut results = vec![blank; a.len()];
    with_all_instructions(
        #[inline(always)]
        || {
            for ((result, a), b) in results.iter_mut().zip(a).zip(b) {
                *result = function(a, b);
            }
        },
    );
    results
}
