//! + − × ÷ on software floats: in, two numbers; out, the result truncated toward zero and whether it is exact.
//!
//! Where it is not, the exact result lies strictly further from zero, by less than one unit in the last place of the
//! result (sums: of the larger operand, or of the result if that is larger).

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "limbs are the low halves of 128-bit products, and shifts are below the limb count"
)]

use std::cmp::Ordering;

use crate::wide::float::Wide;

/// a + b·c + carry as (low, high); it cannot overflow.
#[inline]
fn multiply_add(a: u64, b: u64, c: u64, carry: u64) -> (u64, u64) {
    let wide = u128::from(b) * u128::from(c) + u128::from(a) + u128::from(carry);
    (wide as u64, (wide >> 64) as u64)
}

/// `a += b`, returning the carry.
#[inline]
fn add_limbs(a: &mut [u64], b: &[u64]) -> bool {
    let mut carry = false;
    for (a, &b) in a.iter_mut().zip(b) {
        let (sum, first) = a.overflowing_add(b);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        *a = sum;
        carry = first || second;
    }
    carry
}

/// `a -= b + borrow`, returning the borrow.
#[inline]
fn subtract_limbs(a: &mut [u64], b: &[u64], mut borrow: bool) -> bool {
    for (a, &b) in a.iter_mut().zip(b) {
        let (difference, first) = a.overflowing_sub(b);
        let (difference, second) = difference.overflowing_sub(u64::from(borrow));
        *a = difference;
        borrow = first || second;
    }
    borrow
}

/// Compares from the most significant limb down.
fn compare_limbs(a: &[u64], b: &[u64]) -> Ordering {
    a.iter().rev().cmp(b.iter().rev())
}

/// The limbs shifted right by `shift` bits, and whether a set bit fell off.
fn shifted_right<const N: usize>(limbs: &[u64; N], shift: u64) -> ([u64; N], bool) {
    let mut result = [0; N];
    if shift >= Wide::<N>::BITS.unsigned_abs() {
        return (result, limbs.iter().any(|&limb| limb != 0));
    }
    let (skip, bits) = ((shift / 64) as usize, (shift % 64) as u32);
    let mut lost = limbs[..skip].iter().any(|&limb| limb != 0);
    for index in skip..N {
        let above = if index + 1 < N { limbs[index + 1] } else { 0 };
        result[index - skip] = if bits == 0 {
            limbs[index]
        } else {
            limbs[index] >> bits | above << (64 - bits)
        };
    }
    if bits > 0 {
        lost |= limbs[skip] << (64 - bits) != 0;
    }
    (result, lost)
}

/// The limbs shifted left until the top bit is set, and the shift; nothing for zero.
fn normalised<const N: usize>(limbs: [u64; N]) -> Option<([u64; N], i64)> {
    let top = (0..N).rev().find(|&index| limbs[index] != 0)?;
    let (skip, bits) = (N - 1 - top, limbs[top].leading_zeros());
    let mut result = [0; N];
    for index in (skip..N).rev() {
        let source = index - skip;
        let below = if source > 0 && bits > 0 {
            limbs[source - 1] >> (64 - bits)
        } else {
            0
        };
        result[index] = limbs[source] << bits | below;
    }
    Some((
        result,
        Wide::<N>::BITS - 64 * (top as i64 + 1) + i64::from(bits),
    ))
}

/// a + b.
pub(crate) fn add<const N: usize>(a: &Wide<N>, b: &Wide<N>) -> (Wide<N>, bool) {
    if b.is_zero() {
        return (*a, true);
    }
    if a.is_zero() {
        return (*b, true);
    }
    let order = a
        .exponent
        .cmp(&b.exponent)
        .then_with(|| compare_limbs(&a.limbs, &b.limbs));
    let (large, small) = if order == Ordering::Less {
        (b, a)
    } else {
        (a, b)
    };
    let gap = large.exponent.saturating_sub(small.exponent).unsigned_abs();
    let (shifted, lost) = shifted_right(&small.limbs, gap);
    let mut limbs = large.limbs;
    let Wide {
        negative, exponent, ..
    } = *large;
    if large.negative == small.negative {
        if add_limbs(&mut limbs, &shifted) {
            let (mut halved, dropped) = shifted_right(&limbs, 1);
            halved[N - 1] |= 1 << 63;
            return (
                Wide {
                    negative,
                    exponent: exponent + 1,
                    limbs: halved,
                },
                !(lost || dropped),
            );
        }
        return (
            Wide {
                negative,
                exponent,
                limbs,
            },
            !lost,
        );
    }
    // A lost tail makes the exact difference smaller: borrow one, so that truncation still points toward zero.
    subtract_limbs(&mut limbs, &shifted, lost);
    match normalised(limbs) {
        None => (Wide::ZERO, !lost),
        Some((limbs, shift)) => (
            Wide {
                negative,
                exponent: exponent - shift,
                limbs,
            },
            !lost,
        ),
    }
}

/// a · b.
pub(crate) fn multiply<const N: usize>(a: &Wide<N>, b: &Wide<N>) -> (Wide<N>, bool) {
    if a.is_zero() || b.is_zero() {
        return (Wide::ZERO, true);
    }
    let (mut low, mut high) = ([0; N], [0; N]);
    for i in 0..N {
        if a.limbs[i] == 0 {
            // `high[i]` stays 0, as no earlier row reaches it.
            continue;
        }
        let mut carry = 0;
        for j in 0..N {
            let place = if i + j < N {
                &mut low[i + j]
            } else {
                &mut high[i + j - N]
            };
            (*place, carry) = multiply_add(*place, a.limbs[i], b.limbs[j], carry);
        }
        high[i] = carry;
    }
    let mut exponent = a.exponent + b.exponent;
    if high[N - 1] >> 63 == 0 {
        exponent -= 1;
        for index in (1..N).rev() {
            high[index] = high[index] << 1 | high[index - 1] >> 63;
        }
        high[0] = high[0] << 1 | low[N - 1] >> 63;
        low[N - 1] <<= 1;
    }
    let exact = low.iter().all(|&limb| limb == 0);
    (
        Wide {
            negative: a.negative != b.negative,
            exponent,
            limbs: high,
        },
        exact,
    )
}

/// a / b for b ≠ 0: schoolbook division by limbs (Knuth, TAOCP 2, 4.3.1, algorithm D).
pub(crate) fn divide<const N: usize>(a: &Wide<N>, b: &Wide<N>) -> (Wide<N>, bool) {
    if a.is_zero() {
        return (Wide::ZERO, true);
    }
    // The remainder must start below the divisor, so that the quotient has N limbs with the top bit set.
    let (mut rest, mut next, mut exponent) = (a.limbs, 0, a.exponent - b.exponent);
    if compare_limbs(&a.limbs, &b.limbs) != Ordering::Less {
        next = a.limbs[0] << 63;
        rest = shifted_right(&a.limbs, 1).0;
        exponent += 1;
    }
    let mut quotient = [0; N];
    for digit in quotient.iter_mut().rev() {
        *digit = division_step(&mut rest, next, &b.limbs);
        next = 0;
    }
    let exact = rest.iter().all(|&limb| limb == 0);
    (
        Wide {
            negative: a.negative != b.negative,
            exponent,
            limbs: quotient,
        },
        exact,
    )
}

/// One digit of the quotient: `rest` ← (`rest`·2^64 + `next`) mod `divisor`, returning the quotient's digit.
fn division_step<const N: usize>(rest: &mut [u64; N], next: u64, divisor: &[u64; N]) -> u64 {
    let overflow = rest[N - 1];
    for index in (1..N).rev() {
        rest[index] = rest[index - 1];
    }
    rest[0] = next;
    let top = u128::from(overflow) << 64 | u128::from(rest[N - 1]);
    // At most 2 too large, as the divisor's top bit is set.
    let mut digit = u64::try_from(top / u128::from(divisor[N - 1])).unwrap_or(u64::MAX);
    let (mut carry, mut borrow) = (0, false);
    for index in 0..N {
        let (product, high) = multiply_add(0, divisor[index], digit, carry);
        carry = high;
        borrow = subtract_limbs(&mut rest[index..=index], &[product], borrow);
    }
    let mut top = i128::from(overflow) - i128::from(carry) - i128::from(borrow);
    while top < 0 {
        digit -= 1;
        top += i128::from(add_limbs(rest, divisor));
    }
    digit
}

/// a / divisor for a small positive divisor.
pub(crate) fn divide_small<const N: usize>(a: &Wide<N>, divisor: u64) -> (Wide<N>, bool) {
    if a.is_zero() || divisor == 1 {
        return (*a, true);
    }
    let mut limbs = [0; N];
    let mut rest = 0;
    let mut step = |limb: u64| {
        let dividend = u128::from(rest) << 64 | u128::from(limb);
        rest = (dividend % u128::from(divisor)) as u64;
        (dividend / u128::from(divisor)) as u64
    };
    for index in (0..N).rev() {
        limbs[index] = step(a.limbs[index]);
    }
    // One more digit, whose top bits fill the places that normalising opens.
    let below = step(0);
    let (mut limbs, shift) = normalised(limbs).unwrap_or(([0; N], 0));
    let fallen = if shift > 0 {
        limbs[0] |= below >> (64 - shift);
        below << shift
    } else {
        below
    };
    let exact = fallen == 0 && rest == 0;
    (
        Wide {
            negative: a.negative,
            exponent: a.exponent - shift,
            limbs,
        },
        exact,
    )
}
