//! The softmax family over the rows of a matrix, or over one row, written so that nothing cancels.
//!
//! With k any place of the row, d_j = x_j − x_k, e_j = exp(d_j) and T = Σ_{j≠k} e_j: logsumexp = x_k + log1p(T),
//! softmax_i = e_i / (1 + T), log-softmax_i = d_i − log1p(T). The identities hold for every k; the largest logit keeps T and
//! the e_j small. Where x_k is exact the differences are as exact as the precision allows, and T keeps its tiny
//! positive lower end even where exp underflows MPFR's range: open at 0.

use crate::enclosure::Enclosure;

/// The shifted exponentials of some rows of one length.
pub(super) struct Shifted<E> {
    kinds: Vec<Kind<E>>,
    /// How many numbers each row has.
    columns: usize,
    /// d_j of every row, one after the other; of rows that are not finite something else, which no result uses.
    differences: Vec<E>,
    /// e_j, with e_k = 1; likewise.
    exponentials: Vec<E>,
}

/// What is known of a row.
enum Kind<E> {
    /// No element at all.
    Empty,
    /// An element is NaN.
    Nan,
    /// Some element is exactly +∞.
    PlusInfinity,
    /// All elements are exactly −∞.
    MinusInfinity,
    /// Some element is not proven to be finite, −∞, +∞ or NaN: nothing is known.
    Unknown,
    /// The ordinary case.
    Finite {
        /// x_k
        pivot: E,
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

/// What is known of a row before any arithmetic: its pivot's place where it is finite.
fn classify<E: Enclosure>(row: &[E]) -> Result<usize, Kind<E>> {
    if row.iter().any(E::is_nan) {
        return Err(Kind::Nan);
    }
    if row.iter().any(|number| number.is_exactly(f64::INFINITY)) {
        return Err(Kind::PlusInfinity);
    }
    let k = largest(row).ok_or(Kind::Empty)?;
    // The pivot's own difference is taken to be exactly 0, which holds for a finite pivot only.
    let is_known = |number: &E| number.is_finite() || number.is_exactly(f64::NEG_INFINITY);
    if !row.iter().all(is_known) {
        return Err(Kind::Unknown);
    }
    if row[k].is_exactly(f64::NEG_INFINITY) {
        return Err(Kind::MinusInfinity);
    }
    Ok(k)
}

/// A function of each number of some rows and of what belongs to its row.
fn along_rows<E: Enclosure>(
    numbers: &[E],
    of_rows: &[E],
    function: impl Fn(&E, &E) -> E + Copy,
) -> Vec<E> {
    if let [of_row] = of_rows {
        return E::map(
            numbers,
            #[inline(always)]
            |number| function(number, of_row),
        );
    }
    let columns = numbers.len().checked_div(of_rows.len()).unwrap_or(0);
    let repeated = of_rows
        .iter()
        .flat_map(|of_row| std::iter::repeat_n(of_row, columns));
    let repeated: Vec<E> = repeated.cloned().collect();
    E::zip(numbers, &repeated, function)
}

impl<E: Enclosure> Shifted<E> {
    /// Shifts rows that stand one after the other.
    pub(super) fn of(
        numbers: &[E],
        (rows, columns): (usize, usize),
        precision: E::Precision,
    ) -> Self {
        let zero = E::exactly(precision, 0.0);
        let row_at = |row: usize| row * columns..(row + 1) * columns;
        let classified: Vec<Result<usize, Kind<E>>> = (0..rows)
            .map(|row| classify(&numbers[row_at(row)]))
            .collect();
        let pivot = |(row, known): (usize, &Result<usize, Kind<E>>)| match known {
            Ok(k) => numbers[row * columns + k].clone(),
            Err(_) => zero.clone(),
        };
        let pivots: Vec<E> = classified.iter().enumerate().map(pivot).collect();
        let mut differences = along_rows(
            numbers,
            &pivots,
            #[inline(always)]
            |number, pivot| number.subtract(pivot, precision),
        );
        for (row, known) in classified.iter().enumerate() {
            if let Ok(k) = known {
                differences[row * columns + k] = zero.clone();
            }
        }
        let mut exponentials = E::map(
            &differences,
            #[inline(always)]
            |d| d.exp(precision),
        );
        let rows = classified.into_iter().zip(pivots).enumerate();
        let kinds = rows.map(|(row, (known, pivot))| {
            let k = match known {
                Ok(k) => k,
                Err(kind) => return kind,
            };
            let exponentials = &mut exponentials[row_at(row)];
            let of_pivot = std::mem::replace(&mut exponentials[k], zero.clone());
            let sum_of_others = E::sum(exponentials, precision);
            exponentials[k] = of_pivot;
            Kind::Finite {
                pivot,
                sum_of_others,
            }
        });
        Self {
            kinds: kinds.collect(),
            columns,
            differences,
            exponentials,
        }
    }

    /// T of every row; 0 of rows that are not finite.
    fn sums_of_others(&self, precision: E::Precision) -> Vec<E> {
        let sum = |kind: &Kind<E>| match kind {
            Kind::Finite { sum_of_others, .. } => sum_of_others.clone(),
            _ => E::exactly(precision, 0.0),
        };
        self.kinds.iter().map(sum).collect()
    }

    /// 1 + T of every row.
    fn totals(&self, precision: E::Precision) -> Vec<E> {
        let one = E::exactly(precision, 1.0);
        E::map(
            &self.sums_of_others(precision),
            #[inline(always)]
            |sum| one.add(sum, precision),
        )
    }

    /// log(1 + T) of every row.
    fn log_totals(&self, precision: E::Precision) -> Vec<E> {
        E::map(
            &self.sums_of_others(precision),
            #[inline(always)]
            |sum| sum.log1p(precision),
        )
    }

    /// Results of finite rows, with NaN or nothing known throughout the rows where these do not exist.
    fn only_finite(&self, mut results: Vec<E>, precision: E::Precision) -> Vec<E> {
        for (row, kind) in self.kinds.iter().enumerate() {
            let result = match kind {
                Kind::Finite { .. } | Kind::Empty => continue,
                Kind::Unknown => E::anything(precision),
                Kind::Nan | Kind::PlusInfinity | Kind::MinusInfinity => {
                    E::exactly(precision, f64::NAN)
                }
            };
            results[row * self.columns..][..self.columns].fill(result);
        }
        results
    }

    pub(super) fn logsumexp(&self, precision: E::Precision) -> Vec<E> {
        let rows = self.kinds.iter().zip(self.log_totals(precision));
        let logsumexp = |(kind, log_total): (&Kind<E>, E)| match kind {
            Kind::Empty | Kind::MinusInfinity => E::exactly(precision, f64::NEG_INFINITY),
            Kind::Nan => E::exactly(precision, f64::NAN),
            Kind::Unknown => E::anything(precision),
            Kind::PlusInfinity => E::exactly(precision, f64::INFINITY),
            Kind::Finite { pivot, .. } => pivot.add(&log_total, precision),
        };
        rows.map(logsumexp).collect()
    }

    pub(super) fn softmax(&self, precision: E::Precision) -> Vec<E> {
        let softmax = match self.totals(precision).as_slice() {
            [total] => E::divide_all(&self.exponentials, total, precision),
            totals => along_rows(
                &self.exponentials,
                totals,
                #[inline(always)]
                |e, total| e.divide(total, precision),
            ),
        };
        self.only_finite(softmax, precision)
    }

    pub(super) fn log_softmax(&self, precision: E::Precision) -> Vec<E> {
        let log_softmax = along_rows(
            &self.differences,
            &self.log_totals(precision),
            #[inline(always)]
            |d, log_total| d.subtract(log_total, precision),
        );
        self.only_finite(log_softmax, precision)
    }

    /// Σ_j w_j · log-softmax_j for a row of weights w, 0 where w_j = 0, as Σ_j w_j d_j − (Σ_j w_j) · log1p(T): where the weights sum
    /// to 0 the logarithm leaves no trace, and a result on a tie is proven to be on it.
    pub(super) fn weighted_log_softmax(&self, weights: &[E], precision: E::Precision) -> Vec<E> {
        let zero = E::exactly(precision, 0.0);
        let nan = E::exactly(precision, f64::NAN);
        let products = E::zip(
            weights,
            &self.differences,
            #[inline(always)]
            |w, d| w.xmul(d, precision),
        );
        let rows = self.kinds.iter().zip(self.log_totals(precision));
        let of_row = |(row, (kind, log_total)): (usize, (&Kind<E>, E))| {
            let range = row * self.columns..(row + 1) * self.columns;
            let weights = &weights[range.clone()];
            match kind {
                Kind::Empty => zero.clone(),
                Kind::Unknown => E::anything(precision),
                Kind::Nan | Kind::PlusInfinity | Kind::MinusInfinity => {
                    // log-softmax is NaN throughout: only a weight of 0 keeps it out.
                    weights.iter().fold(zero.clone(), |sum, w| {
                        sum.add(&w.xmul(&nan, precision), precision)
                    })
                }
                Kind::Finite { .. } => {
                    let products = E::sum(&products[range], precision);
                    let weight_sum = E::sum(weights, precision);
                    products.subtract(&weight_sum.xmul(&log_total, precision), precision)
                }
            }
        };
        rows.enumerate().map(of_row).collect()
    }

    /// What a function of a finite row's exponentials and of T gives, row by row; it is told which row that is.
    fn per_row(
        &self,
        precision: E::Precision,
        function: impl Fn(usize, &[E], &E) -> Vec<E>,
    ) -> Vec<E> {
        let mut results = Vec::with_capacity(self.exponentials.len());
        let rows = self.kinds.iter().enumerate();
        for (row, kind) in rows {
            if let Kind::Finite { sum_of_others, .. } = kind {
                let exponentials = &self.exponentials[row * self.columns..][..self.columns];
                results.extend(function(row, exponentials, sum_of_others));
            } else {
                let unknown = E::anything(precision);
                results.extend(std::iter::repeat_n(unknown, self.columns));
            }
        }
        self.only_finite(results, precision)
    }

    pub(super) fn complement(&self, precision: E::Precision) -> Vec<E> {
        self.per_row(precision, |_, exponentials, sum_of_others| {
            let total = E::exactly(precision, 1.0).add(sum_of_others, precision);
            let others = E::sums_of_others(exponentials, precision);
            E::divide_all(&others, &total, precision)
        })
    }

    /// g_i − s_i Σ_j g_j for a row g, twice: as (g_i Σ_{j≠i} e_j − e_i Σ_{j≠i} g_j) / (1 + T), which does not cancel where s_i is near
    /// 1, and as it stands, which shows on which side of g_i (or of Σ_{j≠i} g_j) the result lies however small the rest is.
    pub(super) fn log_softmax_product(&self, rows: &[E], precision: E::Precision) -> Vec<E> {
        self.per_row(precision, |row, exponentials, sum_of_others| {
            let row = &rows[row * self.columns..][..self.columns];
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
    pub(super) fn softmax_product(&self, rows: &[E], precision: E::Precision) -> Vec<E> {
        self.per_row(precision, |row, exponentials, sum_of_others| {
            let row = &rows[row * self.columns..][..self.columns];
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
