//! Error-free transformations: in, two `f64` numbers; out, their rounded sum or product and its exact rounding error.
//!
//! Source: Dekker 1971; Knuth, TAOCP 2, 4.2.2; exact barring overflow, and for products barring underflow (below
//! 2^−969 the error term is off by at most 2^−1075).

/// (s, e) with s = fl(a + b) and s + e = a + b.
#[inline]
pub(crate) fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let from_b = sum - a;
    let from_a = sum - from_b;
    (sum, (a - from_a) + (b - from_b))
}

/// [`two_sum`] where |a| ≥ |b| or a = 0.
#[inline]
pub(crate) fn fast_two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, b - (sum - a))
}

/// (p, e) with p = fl(a·b) and p + e = a·b.
#[inline]
pub(crate) fn two_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    (product, a.mul_add(b, -product))
}
