//! Faults that break an identity of the functions.

use crate::faulty::{
    BINARY, DENSE, Faulty, KL, SPARSE, SPARSE_GRADIENT, all_equal, builtin, change_row, lacking,
    lacks_only, lift, lift_all, row,
};
use lossproof::subject::{Answer, Subject};
use lossproof_numerics::round_f64;
use std::collections::BTreeSet;

#[test]
fn a_shift_that_is_not_taken_out() {
    let subject = Faulty::on_rows(|inputs, results, dtype| {
        let logits = row(inputs, 0);
        if !all_equal(logits) && logits.iter().any(|&x| x > 2.0) {
            lift_all(dtype, results, 3);
        }
    });
    lacks_only("shift", &subject, "log_softmax", &[]);
    lacks_only("shift", &subject, "logsumexp", &[]);
}

#[test]
fn an_order_that_matters() {
    let subject = Faulty::on_rows(|inputs, results, dtype| {
        let logits = row(inputs, 0);
        if logits.first() > logits.last() {
            lift_all(dtype, results, 3);
        }
    });
    lacks_only("permutation", &subject, SPARSE, &[]);
}

#[test]
fn a_mirror_that_is_broken() {
    let subject = Faulty::on_rows(|inputs, results, dtype| {
        for (result, &label) in results.iter_mut().zip(row(inputs, 1)) {
            if label.to_bits() == 1f64.to_bits() {
                lift(dtype, result, 3);
            }
        }
    });
    lacks_only("mirror", &subject, BINARY, &[]);
    lacks_only("mirror", &subject, &format!("{BINARY}_grad_logits"), &[]);
}

#[test]
fn probabilities_that_sum_to_more_than_one() {
    let subject = Faulty::on_rows(|_, results, dtype| {
        for result in results {
            if *result > dtype.min_normal() {
                lift(dtype, result, 3);
            }
        }
    });
    lacks_only("sums_to_one", &subject, "softmax", &[]);
}

#[test]
fn a_gradient_that_does_not_sum_to_zero() {
    let subject = Faulty::on_rows(|_, results, dtype| {
        for result in results {
            if *result > dtype.min_normal() {
                lift(dtype, result, 3);
            }
        }
    });
    lacks_only("gradient_sums_to_zero", &subject, SPARSE_GRADIENT, &[]);
}

#[test]
fn a_gradient_that_takes_the_labels_sum_for_one_is_right_for_distributions() {
    // What frameworks return, softmax − labels: the property asks about distributions alone, so it holds.
    let subject = Faulty::new(|op, call| {
        if op != format!("{DENSE}_grad_logits") {
            return builtin().call_batch(op, call);
        }
        let dtype = call.dtype();
        call.answer_by_row(|inputs, length| {
            let logits = [inputs[0].clone()];
            let Answer::Values(softmax) = builtin().call("softmax", dtype, &logits, length) else {
                panic!("softmax refuses no row");
            };
            let difference = softmax.iter().zip(row(inputs, 1)).map(|(p, y)| {
                // Infinite and NaN labels give what they give.
                let difference = p - y;
                if difference.is_finite() {
                    round_f64(dtype, difference)
                } else {
                    f64::NAN
                }
            });
            Answer::Values(difference.collect())
        })
    });
    let found = lacking(
        &subject,
        &format!("{DENSE}_grad_logits"),
        &["non_distribution_labels"],
    );
    assert!(!found.contains("gradient_sums_to_zero"), "{found:?}");
}

#[test]
fn a_divergence_below_zero() {
    let less = |smallest: f64| {
        Faulty::on_rows(move |_, results, dtype| {
            if results[0] == 0.0 {
                results[0] = -smallest * dtype.min_subnormal();
            }
        })
    };
    lacks_only("divergence_not_negative", &less(2.0), KL, &[]);
    // One smallest subnormal is one ulp from 0, and so within the ceiling.
    assert_eq!(lacking(&less(1.0), KL, &[]), BTreeSet::new());
}

#[test]
fn an_index_that_is_no_one_hot_row() {
    let subject = Faulty::after(|op, call| {
        if op != SPARSE {
            return;
        }
        for place in 0..call.rows() {
            change_row(call, place, |inputs, results, dtype| {
                if !all_equal(row(inputs, 0)) {
                    lift_all(dtype, results, 3);
                }
            });
        }
    });
    lacks_only("one_hot_is_sparse", &subject, DENSE, &[]);
}

#[test]
fn a_divergence_in_bits() {
    let subject = Faulty::after(|op, call| {
        if op != KL {
            return;
        }
        for place in 0..call.rows() {
            change_row(call, place, |_, results, dtype| {
                if results[0].is_finite() {
                    results[0] = round_f64(dtype, results[0] / std::f64::consts::LN_2);
                }
            });
        }
    });
    lacks_only(
        "cross_entropy_is_entropy_plus_divergence",
        &subject,
        DENSE,
        &[],
    );
}

#[test]
fn equal_logits_that_do_not_give_log_n() {
    let subject = Faulty::on_rows(|inputs, results, dtype| {
        if all_equal(row(inputs, 0)) {
            lift_all(dtype, results, 3);
        }
    });
    lacks_only("uniform_gives_log_n", &subject, SPARSE, &[]);
}

#[test]
fn an_entropy_that_is_not_its_own_cross_entropy() {
    let subject = Faulty::after(|op, call| {
        if op != "entropy_bits" {
            return;
        }
        for place in 0..call.rows() {
            change_row(call, place, |_, results, dtype| {
                lift_all(dtype, results, 3);
            });
        }
    });
    lacks_only(
        "cross_entropy_with_itself_is_entropy",
        &subject,
        "cross_entropy_bits",
        &[],
    );
}
