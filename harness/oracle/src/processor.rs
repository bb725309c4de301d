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
