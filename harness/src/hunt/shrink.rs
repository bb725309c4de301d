//! A find made as simple as it can be. In: an input and a judge. Out: the shortest and simplest input that keeps nine
//! tenths of what it is worth.
//!
//! Places are dropped first, long stretches before short ones. Then numbers are made equal to their neighbours, and each
//! value to a simpler one: 0, 1, a whole number, a short decimal, fewer significant bits; equal numbers together first.

use super::domain::Domain;
use super::evaluate::Judge;
use super::search::Find;
use super::{HuntError, Watch};
use crate::cases::values::nearest;
use crate::cases::{Case, Layout, OpSignature, Tensor};
use lossproof_numerics::Dtype;
use lossproof_oracle::formula::Dim;

/// The share of what the find is worth that the simpler one keeps at least.
pub const KEPT_SHARE: f64 = 0.9;

/// The most evaluations that are spent on it.
const MOST_EVALUATIONS: u64 = 20_000;

/// Shrinks a find; gives the simplest and how many evaluations that took.
///
/// # Errors
/// When the spec contradicts itself on one of the inputs tried.
pub fn shrink(judge: &Judge<'_>, find: &Find, watch: &dyn Watch) -> Result<(Find, u64), HuntError> {
    let signature = judge.reference.signature();
    let mut shrinking = Shrinking {
        judge,
        layout: Layout::of(&signature),
        signature,
        least: KEPT_SHARE * find.objective,
        found: find.clone(),
        evaluations: 0,
        watch,
    };
    loop {
        let before = shrinking.found.case.inputs.clone();
        shrinking.shorten()?;
        shrinking.even_out()?;
        shrinking.simplify()?;
        if shrinking.found.case.inputs == before || shrinking.is_over() {
            return Ok((shrinking.found, shrinking.evaluations));
        }
    }
}

struct Shrinking<'a> {
    judge: &'a Judge<'a>,
    signature: OpSignature,
    layout: Layout,
    /// The least that a simpler input may be worth.
    least: f64,
    found: Find,
    evaluations: u64,
    watch: &'a dyn Watch,
}

impl Shrinking<'_> {
    fn is_over(&self) -> bool {
        self.evaluations >= MOST_EVALUATIONS || self.watch.is_over()
    }

    /// Goes on to the first of these that is worth enough; whether there is one.
    fn try_each(&mut self, simpler: Vec<Case>) -> Result<bool, HuntError> {
        if simpler.is_empty() || self.is_over() {
            return Ok(false);
        }
        let scores = self.judge.scores(&simpler)?;
        self.evaluations += scores.len() as u64;
        for (case, score) in simpler.into_iter().zip(scores) {
            if let Some(worst) = score.worst
                && score.objective >= self.least
            {
                self.found.case = case;
                self.found.worst = worst;
                self.found.objective = score.objective;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Drops places.
    fn shorten(&mut self) -> Result<(), HuntError> {
        for dim in Dim::ALL {
            let mut size = self.found.case.lengths.get(dim).saturating_sub(1);
            while size > 0 {
                let length = self.found.case.lengths.get(dim);
                let starts = (0..length.saturating_sub(size - 1)).step_by(size.div_ceil(2));
                // An empty row is worth nothing.
                let shorter = starts
                    .filter(|_| size < length)
                    .filter_map(|start| self.layout.without(&self.found.case, dim, start, size));
                if !self.try_each(shorter.collect())? {
                    size /= 2;
                }
                size = size.min(self.found.case.lengths.get(dim).saturating_sub(1));
            }
        }
        Ok(())
    }

    /// Makes stretches of an input equal to their first number.
    fn even_out(&mut self) -> Result<(), HuntError> {
        for input in 0..self.found.case.inputs.len() {
            let length = self.found.case.inputs[input].numbers().len();
            let mut size = length;
            while size > 1 {
                let starts = (0..length).step_by(size);
                let even = starts.filter_map(|start| {
                    let mut case = self.found.case.clone();
                    let row = case.inputs[input].numbers_mut();
                    let end = (start + size).min(length);
                    let first = row[start];
                    row[start..end].fill(first);
                    (case.inputs != self.found.case.inputs).then_some(case)
                });
                if !self.try_each(even.collect())? {
                    size /= 2;
                }
            }
        }
        Ok(())
    }

    /// Makes values simpler: in all places where they stand, and then in one.
    fn simplify(&mut self) -> Result<(), HuntError> {
        let dtype = self.judge.dtype;
        for input in 0..self.found.case.inputs.len() {
            self.relabel(input)?;
            for together in [true, false] {
                let mut place = 0;
                while place < self.found.case.inputs[input].numbers().len() {
                    let number = self.found.case.inputs[input].numbers()[place];
                    let domain = Domain::around(&self.signature, &self.found.case);
                    let forms = simpler_forms(dtype, number).into_iter();
                    let inside = forms
                        .filter(|&form| domain.clamped(input, form).to_bits() == form.to_bits());
                    let simpler = inside.map(|form| {
                        let mut case = self.found.case.clone();
                        let numbers = case.inputs[input].numbers_mut().iter_mut().enumerate();
                        for (at, other) in numbers {
                            let same = together && other.to_bits() == number.to_bits();
                            if at == place || same {
                                *other = form;
                            }
                        }
                        case
                    });
                    self.try_each(simpler.collect())?;
                    place += 1;
                }
            }
        }
        Ok(())
    }

    /// Makes class indices 0.
    fn relabel(&mut self, input: usize) -> Result<(), HuntError> {
        for place in 0..self.found.case.inputs[input].indices().len() {
            let mut case = self.found.case.clone();
            let index = match &mut case.inputs[input] {
                Tensor::Index(index) => index,
                Tensor::Indices(indices) => &mut indices[place],
                _ => continue,
            };
            if *index > 0 {
                *index = 0;
                self.try_each(vec![case])?;
            }
        }
        Ok(())
    }
}

/// How much there is to say about a value: its significant bits, or its significant decimal digits at the price of three
/// bits each, and the size of a whole number.
fn cost(value: f64) -> u32 {
    if value == 0.0 {
        return u32::from(value.is_sign_negative());
    }
    if !value.is_finite() {
        return 1;
    }
    let bits = 53 - (value.to_bits() | 1 << 52).trailing_zeros().min(52);
    let decimal = format!("{value:e}");
    let digits = decimal.split('e').next().map_or(17, |digits| {
        digits.chars().filter(char::is_ascii_digit).count()
    });
    let digits = 3 * u32::try_from(digits).unwrap_or(17);
    let exponent = libm::ilogb(value).unsigned_abs();
    let far = if value.abs().to_bits() == 1f64.to_bits() {
        0
    } else {
        1 + exponent.checked_ilog2().unwrap_or(0)
    };
    1 + u32::from(value < 0.0) + bits.min(digits) + far
}

/// Simpler values near a value, and 0, 1 and −1, the simplest first.
fn simpler_forms(dtype: Dtype, value: f64) -> Vec<f64> {
    if !value.is_finite() {
        return Vec::new();
    }
    let mut forms = vec![0.0, 1.0, -1.0, value.trunc(), value.round()];
    for digits in 0..6 {
        let text = format!("{value:.digits$e}");
        forms.extend(text.parse().ok().map(|decimal| nearest(dtype, decimal)));
    }
    for kept in [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40] {
        forms.push(f64::from_bits(value.to_bits() & (u64::MAX << (53 - kept))));
    }
    let forms = forms.into_iter().map(|form| nearest(dtype, form));
    let mut forms: Vec<f64> = forms.filter(|&form| cost(form) < cost(value)).collect();
    forms.sort_by(|a, b| {
        let near = |x: f64| (x - value).abs();
        cost(*a).cmp(&cost(*b)).then(near(*a).total_cmp(&near(*b)))
    });
    forms.dedup_by(|a, b| a.to_bits() == b.to_bits());
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_values_cost_less() {
        let values = [0.0, 1.0, 2.0, 3.0, 0.1, -0.1, 0.123, 88.722_839_052_068_35];
        for pair in values.windows(2) {
            assert!(cost(pair[0]) < cost(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn forms_are_values_of_the_dtype_and_simpler() {
        for dtype in Dtype::ALL {
            for value in [88.75, -0.3125, 1.0, 0.0, 1e-5] {
                let value = nearest(dtype, value);
                for form in simpler_forms(dtype, value) {
                    assert!(cost(form) < cost(value), "{form} for {value}");
                    assert_eq!(nearest(dtype, form).to_bits(), form.to_bits());
                }
            }
        }
        assert!(simpler_forms(Dtype::F32, 0.0).is_empty());
        assert_eq!(simpler_forms(Dtype::F64, 0.3)[0].to_bits(), 0);
    }
}
