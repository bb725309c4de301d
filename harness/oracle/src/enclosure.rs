//! What a rung of the ladder must offer: scalar arithmetic over enclosures of extended reals.
//!
//! The evaluator is generic over this trait, so a formula is written once and climbs from rung to rung.

/// An enclosure of one extended real number or NaN, produced at some working precision.
///
/// Every operation must contain the exact result for every choice of exact operands from its operands' enclosures.
/// The operations follow the extended reals: exp(−∞) = 0, log 0 = −∞, ∞ − ∞ = 0 · ∞ = ∞/∞ = 0/0 = NaN, x/0 = ±∞ with the
/// sign of x; the only zero is the number zero.
pub trait Enclosure: Clone {
    /// The rung's working precision.
    type Precision: Copy;

    /// Exactly `value` (either zero is the number zero).
    fn exactly(precision: Self::Precision, value: f64) -> Self;
    /// The real number that a decimal or hex-float literal denotes; `None` when the text is no number.
    fn literal(precision: Self::Precision, text: &str) -> Option<Self>;

    /// Any extended real number, or NaN.
    fn anything(precision: Self::Precision) -> Self;

    /// Whether the enclosed number can only be NaN.
    fn is_nan(&self) -> bool;
    /// Whether the enclosed number is proven to be neither NaN nor infinite.
    fn is_finite(&self) -> bool;
    /// Whether the enclosed number can only be `value`, which is not NaN.
    fn is_exactly(&self, value: f64) -> bool;
    /// Whether the enclosure lies above another one, as far as a cheap look can tell; only tightness depends on it.
    fn seems_greater(&self, other: &Self) -> bool;

    /// What two enclosures of one number have in common, which encloses it too.
    #[must_use]
    fn intersect(&self, other: &Self) -> Self;
    /// −a
    #[must_use]
    fn negate(&self) -> Self;
    /// |a|
    #[must_use]
    fn abs(&self) -> Self;
    /// −1, 0 or 1
    #[must_use]
    fn sign(&self, precision: Self::Precision) -> Self;
    /// a + b
    #[must_use]
    fn add(&self, other: &Self, precision: Self::Precision) -> Self;
    /// a − b
    #[must_use]
    fn subtract(&self, other: &Self, precision: Self::Precision) -> Self;
    /// a · b
    #[must_use]
    fn multiply(&self, other: &Self, precision: Self::Precision) -> Self;
    /// a / b
    #[must_use]
    fn divide(&self, other: &Self, precision: Self::Precision) -> Self;
    /// a · b, and 0 where a = 0, whatever b (NaN too)
    #[must_use]
    fn xmul(&self, other: &Self, precision: Self::Precision) -> Self;
    /// a · a, as one number: never negative
    #[must_use]
    fn square(&self, precision: Self::Precision) -> Self;
    /// the larger of two; NaN when either is
    #[must_use]
    fn max(&self, other: &Self) -> Self;
    /// the smaller of two; NaN when either is
    #[must_use]
    fn min(&self, other: &Self) -> Self {
        self.negate().max(&other.negate()).negate()
    }
    /// e^a
    #[must_use]
    fn exp(&self, precision: Self::Precision) -> Self;
    /// e^a − 1
    #[must_use]
    fn expm1(&self, precision: Self::Precision) -> Self;
    /// log a
    #[must_use]
    fn log(&self, precision: Self::Precision) -> Self;
    /// log a / log 2
    #[must_use]
    fn log2(&self, precision: Self::Precision) -> Self;
    /// log(1 + a)
    #[must_use]
    fn log1p(&self, precision: Self::Precision) -> Self;
    /// √a
    #[must_use]
    fn sqrt(&self, precision: Self::Precision) -> Self;
    /// 1 / (1 + e^−a)
    #[expect(
        clippy::inline_always,
        reason = "a loop is compiled for the processor at hand only with all it calls inside it"
    )]
    #[inline(always)]
    #[must_use]
    fn sigmoid(&self, precision: Self::Precision) -> Self {
        // One occurrence of a, so an interval a loses nothing; 1 + e^−a ≥ 1 never cancels.
        let one = Self::exactly(precision, 1.0);
        one.divide(
            &one.add(&self.negate().exp(precision), precision),
            precision,
        )
    }
    /// log(1 + e^a)
    #[must_use]
    fn softplus(&self, precision: Self::Precision) -> Self;

    /// A function of each number of a row; a rung whose arithmetic vectorises compiles the loop for the processor at hand.
    #[expect(
        clippy::inline_always,
        reason = "a loop is compiled for the processor at hand only with all it calls inside it"
    )]
    #[inline(always)]
    #[must_use]
    fn map(row: &[Self], function: impl Fn(&Self) -> Self) -> Vec<Self> {
        row.iter().map(function).collect()
    }

    /// A function of each pair of numbers that stand at the same place of two rows of one length.
    #[expect(
        clippy::inline_always,
        reason = "a loop is compiled for the processor at hand only with all it calls inside it"
    )]
    #[inline(always)]
    #[must_use]
    fn zip(a: &[Self], b: &[Self], function: impl Fn(&Self, &Self) -> Self) -> Vec<Self> {
        a.iter().zip(b).map(|(a, b)| function(a, b)).collect()
    }

    /// Each number of a row over one divisor.
    #[must_use]
    fn divide_all(row: &[Self], divisor: &Self, precision: Self::Precision) -> Vec<Self> {
        Self::map(
            row,
            #[inline(always)]
            |number| number.divide(divisor, precision),
        )
    }

    /// The sum of a row.
    #[must_use]
    fn sum(row: &[Self], precision: Self::Precision) -> Self {
        let zero = Self::exactly(precision, 0.0);
        row.iter().fold(zero, |sum, term| sum.add(term, precision))
    }

    /// For each place of a row the sum over the other places, without subtracting a term.
    #[must_use]
    fn sums_of_others(row: &[Self], precision: Self::Precision) -> Vec<Self> {
        sums_of_others(row, precision)
    }
}

/// [`Enclosure::sums_of_others`] from sums over prefixes and suffixes.
pub(crate) fn sums_of_others<E: Enclosure>(row: &[E], precision: E::Precision) -> Vec<E> {
    let zero = E::exactly(precision, 0.0);
    let mut sums = Vec::with_capacity(row.len());
    let mut before = zero.clone();
    for term in row {
        sums.push(before.clone());
        before = before.add(term, precision);
    }
    let mut after = zero;
    for (sum, term) in sums.iter_mut().zip(row).rev() {
        *sum = sum.add(&after, precision);
        after = after.add(term, precision);
    }
    sums
}
