//! The softmax family over one row, written so that nothing cancels.
//!
//! With k any place of the row, d_j = x_j − x_k, e_j = exp(d_j) and T = Σ_{j≠k} e_j: logsumexp = x_k + log1p(T),
//! softmax_i = e_i / (1 + T), log-softmax_i = d_i − log1p(T). The identities hold for every k; the largest logit keeps T and
//! the e_j small. Where x_k is exact the differences are as exact as the precision allows, and T keeps its tiny
//! positive lower end even where exp underflows MPFR's range: open at 0.

use crate::enclosure::Enclosure;

/// The shifted exponentials of a row.
pub(super) enum Shifted<E> {
    /// No element at all.
    Empty,
    /// An element is NaN.
    Nan { row_length: usize },
    /// Some element is exactly +∞.
    PlusInfinity { row_length: usize },
    /// All elements are exactly −∞.
    MinusInfinity { row_length: usize },
    /// Some element is not proven to be finite, −∞, +∞ or NaN: nothing is known.
    Unknown { row_length: usize },
    /// The ordinary case.
    Finite {
        /// x_k
        pivot: E,
        /// d_j
        differences: Vec<E>,
        /// e_j, with e_k = 1
        exponentials: Vec<E>,
        /// T
        sum_of_others: E,
    },
}

/// The first place of the largest element, as far as a cheap look can tell.
pub(super) fn largest<E: Enclosure>(row: &[E]) -> Option<usize> {
    (0..row.len()).reduce(|best, place| {
        if row[place].seems_greater(&row[best]) {
            place
        } else {
            best
        }
    })
}

impl<E: Enclosure> Shifted<E> {
    pub(super) fn of(row: &[E], precision: E::Precision) -> Self {
        if row.iter().any(E::is_nan) {
            return Self::Nan {
                row_length: row.len(),
            };
        }
        if row.iter().any(|number| number.is_exactly(f64::INFINITY)) {
            return Self::PlusInfinity {
                row_length: row.len(),
            };
        }
        let Some(k) = largest(row) else {
            return Self::Empty;
        };
        // The pivot's own difference is taken to be exactly 0, which holds for a finite pivot only.
        let is_known = |number: &E| number.is_finite() || number.is_exactly(f64::NEG_INFINITY);
        if !row.iter().all(is_known) {
            return Self::Unknown {
                row_length: row.len(),
            };
        }
        if row[k].is_exactly(f64::NEG_INFINITY) {
            return Self::MinusInfinity {
                row_length: row.len(),
            };
        }
        let pivot = row[k].clone();
        let zero = E::exactly(precision, 0.0);
        let mut differences = E::map(
            row,
            #[inline(always)]
            |number| number.subtract(&pivot, precision),
        );
        differences[k] = zero.clone();
        let mut exponentials = E::map(
            &differences,
            #[inline(always)]
            |d| d.exp(precision),
        );
        let of_pivot = std::mem::replace(&mut exponentials[k], zero);
        let sum_of_others = E::sum(&exponentials, precision);
        exponentials[k] = of_pivot;
        Self::Finite {
            pivot,
            differences,
            exponentials,
            sum_of_others,
        }
    }

    pub(super) fn logsumexp(&self, precision: E::Precision) -> E {
        match self {
            Self::Empty | Self::MinusInfinity { .. } => E::exactly(precision, f64::NEG_INFINITY),
            Self::Nan { .. } => E::exactly(precision, f64::NAN),
            Self::Unknown { .. } => E::anything(precision),
            Self::PlusInfinity { .. } => E::exactly(precision, f64::INFINITY),
            Self::Finite {
                pivot,
                sum_of_others,
                ..
            } => pivot.add(&sum_of_others.log1p(precision), precision),
        }
    }

    /// A row computed from differences, exponentials and their sum; NaN throughout where those do not exist.
    fn map_finite(
        &self,
        precision: E::Precision,
        map: impl Fn(&[E], &[E], &E) -> Vec<E>,
    ) -> Vec<E> {
        match self {
            Self::Empty => vec![],
            Self::Unknown { row_length } => vec![E::anything(precision); *row_length],
            Self::Nan { row_length }
            | Self::PlusInfinity { row_length }
            | Self::MinusInfinity { row_length } => {
                vec![E::exactly(precision, f64::NAN); *row_length]
            }
            Self::Finite {
                differences,
                exponentials,
                sum_of_others,
                ..
            } => map(differences, exponentials, sum_of_others),
        }
    }

    pub(super) fn softmax(&self, precision: E::Precision) -> Vec<E> {
        self.map_finite(precision, |_, exponentials, sum_of_others| {
            let total = E::exactly(precision, 1.0).add(sum_of_others, precision);
            E::divide_all(exponentials, &total, precision)
        })
    }

    pub(super) fn complement(&self, precision: E::Precision) -> Vec<E> {
        self.map_finite(precision, |_, exponentials, sum_of_others| {
            let total = E::exactly(precision, 1.0).add(sum_of_others, precision);
            let others = E::sums_of_others(exponentials, precision);
            E::divide_all(&others, &total, precision)
        })
    }

    /// Σ_j w_j · log-softmax_j for a row of weights w, 0 where w_j = 0, as Σ_j w_j d_j − (Σ_j w_j) · log1p(T): where the weights sum
    /// to 0 the logarithm leaves no trace, and a result on a tie is proven to be on it.
    pub(super) fn weighted_log_softmax(&self, weights: &[E], precision: E::Precision) -> E {
        let zero = E::exactly(precision, 0.0);
        let nan = E::exactly(precision, f64::NAN);
        match self {
            Self::Empty => zero,
            Self::Unknown { .. } => E::anything(precision),
            Self::Nan { .. } | Self::PlusInfinity { .. } | Self::MinusInfinity { .. } => {
                // log-softmax is NaN throughout: only a weight of 0 keeps it out.
                weights
                    .iter()
                    .fold(zero, |sum, w| sum.add(&w.xmul(&nan, precision), precision))
            }
            Self::Finite {
                differences,
                sum_of_others,
                ..
            } => {
                let products = E::zip(
                    weights,
                    differences,
                    #[inline(always)]
                    |w, d| w.xmul(d, precision),
                );
                let products = E::sum(&products, precision);
                let weight_sum = E::sum(weights, precision);
                let log_total = sum_of_others.log1p(precision);
                products.subtract(&weight_sum.xmul(&log_total, precision), precision)
            }
        }
    }

    pub(super) fn log_softmax(&self, precision: E::Precision) -> Vec<E> {
        self.map_finite(precision, |differences, _, sum_of_others| {
            let log_total = sum_of_others.log1p(precision);
            E::map(
                differences,
                #[inline(always)]
                |d| d.subtract(&log_total, precision),
            )
        })
    }

    /// g_i − s_i Σ_j g_j for a row g, twice: as (g_i Σ_{j≠i} e_j − e_i Σ_{j≠i} g_j) / (1 + T), which does not cancel where s_i is near
    /// 1, and as it stands, which shows on which side of g_i (or of Σ_{j≠i} g_j) the result lies however small the rest is.
    pub(super) fn log_softmax_product(&self, row: &[E], precision: E::Precision) -> Vec<E> {
        self.map_finite(precision, |_, exponentials, sum_of_others| {
            let total = E::exactly(precision, 1.0).add(sum_of_others, precision);
            let other_exponentials = E::sums_of_others(exponentials, precision);
            let other_row = E::sums_of_others(row, precision);
            let row_sum = E::sum(row, precision);
            let own = E::zip(
                row,
                &other_exponentials,
                #[inline(always)]
                |g, others| g.xmul(others, precision),
            );
            let shared = E::zip(
                exponentials,
                &other_row,
                #[inline(always)]
                |e, others| e.xmul(others, precision),
            );
            let apart = E::zip(
                &own,
                &shared,
                #[inline(always)]
                |own, shared| own.subtract(shared, precision).divide(&total, precision),
            );
            let joined = E::zip(
                row,
                exponentials,
                #[inline(always)]
                |g, e| {
                    let softmax = e.divide(&total, precision);
                    g.subtract(&softmax.xmul(&row_sum, precision), precision)
                },
            );
            // With infinities among the g the forms differ (∞ − ∞); the first is what differentiation gives.
            E::zip(
                &apart,
                &joined,
                #[inline(always)]
                |apart, joined| {
                    if joined.is_finite() && apart.is_finite() {
                        apart.intersect(joined)
                    } else {
                        apart.clone()
                    }
                },
            )
        })
    }

    /// s_i (d_i − Σ_j s_j d_j) for a row d, as e_i (d_i Σ_{j≠i} e_j − Σ_{j≠i} e_j d_j) / (1 + T)².
    pub(super) fn softmax_product(&self, row: &[E], precision: E::Precision) -> Vec<E> {
        self.map_finite(precision, |_, exponentials, sum_of_others| {
            let total = E::exactly(precision, 1.0).add(sum_of_others, precision);
            let square = total.multiply(&total, precision);
            let other_exponentials = E::sums_of_others(exponentials, precision);
            let weighted = E::zip(
                exponentials,
                row,
                #[inline(always)]
                |e, d| e.xmul(d, precision),
            );
            let other_weighted = E::sums_of_others(&weighted, precision);
            let own = E::zip(
                row,
                &other_exponentials,
                #[inline(always)]
                |d, others| d.xmul(others, precision),
            );
            let inner = E::zip(
                &own,
                &other_weighted,
                #[inline(always)]
                |own, others| own.subtract(others, precision),
            );
            E::zip(
                exponentials,
                &inner,
                #[inline(always)]
                |e, inner| e.xmul(inner, precision).divide(&square, precision),
            )
        })
    }
}
