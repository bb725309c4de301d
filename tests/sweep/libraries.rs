//! Kernels in processes of their own: a crash on one input costs that input and no other.

use super::called::has;
use super::served::Library;
use lossproof::sweep::SweepFile;
use tempfile::tempdir;

/// bf16 kernels that crash on one encoding and are wrong on another: a sum of rows of one value, and a constant sigmoid.
const KERNELS: &str = "
#include <stdlib.h>
LOSSPROOF_KERNEL(reduce_sum, bf16) {
    for (int64_t row = 0; row < output->shape[0]; row++) {
        uint16_t value = *LOSSPROOF_ROW(const uint16_t, inputs[0], row);
        if (value == 0x4049) abort();
        *LOSSPROOF_ROW(uint16_t, *output, row) = value == 0x3f80 ? 0x3f83 : value;
    }
    return input_count != 1;
}
LOSSPROOF_KERNEL(sigmoid, bf16) {
    for (int64_t row = 0; row < output->shape[0]; row++) {
        const uint16_t *logits = LOSSPROOF_ROW(const uint16_t, inputs[0], row);
        uint16_t *probabilities = LOSSPROOF_ROW(uint16_t, *output, row);
        for (int64_t i = 0; i < output->shape[1]; i++) {
            if (logits[i] == 0xc123) abort();
            probabilities[i] = 0x3f00;
        }
    }
    return input_count != 1;
}
";

#[test]
fn a_crash_is_charged_to_its_input() {
    let library = Library::of_c(KERNELS, &[]);
    let subject = format!("lib:{}", library.path.display());
    let folder = tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let swept = |op: &str| {
        let arguments = [
            "sweep", &subject, "--op", op, "--up-to", "65536", "--out", out, "--json",
        ];
        let done = super::lossproof(&arguments);
        assert_eq!(done.code, 1, "{}", done.stderr);
        let files: Vec<SweepFile> = serde_json::from_str(&done.stdout).unwrap();
        files.into_iter().next().unwrap()
    };
    let sum = swept("reduce_sum").outcome;
    assert_eq!((sum.inputs, sum.values), (65536, 65535));
    assert_eq!((sum.verdicts.crashed, sum.verdicts.exceeds), (1, 1));
    let crash = sum
        .faults
        .iter()
        .find(|fault| fault.verdict == "crashed")
        .unwrap();
    assert_eq!(crash.index, 0x4049);
    assert_eq!(sum.worst.unwrap().index, 0x3f80);
    let sigmoid = swept("sigmoid");
    let outcome = &sigmoid.outcome;
    assert_eq!(
        (outcome.inputs, outcome.values, outcome.verdicts.crashed),
        (65536, 65535, 1)
    );
    let crash = outcome
        .faults
        .iter()
        .find(|fault| fault.verdict == "crashed")
        .unwrap();
    assert_eq!(crash.index, 0xc123);
    // The library's file is part of what the outcome is of.
    has(&sigmoid.sweep.subject.content, &["fnv1a64:"]);
}
