//! A gradient that a spec states, held against its formula differentiated. In: a call. Out: the first place at which the two exclude each
//! other.

use super::{Call, Reference};
use lossproof_oracle::{Bracket, DoubleBall, Enclosure, Interval, PrecisionBits, Program, Reading};

/// A stated gradient and the differentiated formula exclude each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the gradient formula stated for `{op}` and the op's formula differentiated exclude each other at place {place}: \
     {stated} against {differentiated}; correct the spec's [gradient_formula]"
)]
pub struct GradientsDisagree {
    /// The gradient op.
    pub op: String,
    /// The output's place.
    pub place: usize,
    /// The enclosure of the stated formula.
    pub stated: String,
    /// The enclosure of the differentiated one.
    pub differentiated: String,
}

impl Reference {
    /// Proves on one call that a stated gradient and the differentiated formula do not exclude each other: wherever both
    /// are proven to be finite numbers, their enclosures meet.
    ///
    /// # Errors
    /// The first place at which they do exclude each other.
    pub fn gradients_agree(
        &self,
        call: &Call<'_>,
        precision: PrecisionBits,
    ) -> Result<(), GradientsDisagree> {
        let places: Vec<usize> = (0..self.output_length(call.lengths)).collect();
        self.gradients_agree_at(call, &places, precision)
    }

    /// The same on the rungs of the ladder: by MPFR only where those below it leave a place open.
    ///
    /// # Errors
    /// The first place at which they exclude each other.
    pub fn gradients_agree_by_rungs(
        &self,
        call: &Call<'_>,
        precision: PrecisionBits,
    ) -> Result<(), GradientsDisagree> {
        if self.differentiated.is_none() {
            return Ok(());
        }
        let mut open: Vec<usize> = (0..self.output_length(call.lengths)).collect();
        self.retain_open::<Bracket>(call, &mut open, |a, b| a.overlaps(*b));
        self.retain_open::<DoubleBall>(call, &mut open, |a, b| {
            a.to_interval().overlaps(&b.to_interval())
        });
        self.gradients_agree_at(call, &open, precision)
    }

    /// Leaves the places at which a rung's enclosures do not tell: where they exclude each other, which MPFR has to show, and where they are
    /// so wide that they would meet anyhow.
    fn retain_open<E: Enclosure<Precision = ()> + Reading>(
        &self,
        call: &Call<'_>,
        open: &mut Vec<usize>,
        meet: impl Fn(&E, &E) -> bool,
    ) {
        if open.is_empty() {
            return;
        }
        let Some((stated, differentiated)) = self.both_gradients::<E>(call, open, ()) else {
            open.clear();
            return;
        };
        let is_infinite = |enclosure: &E| {
            enclosure.is_exactly(f64::INFINITY) || enclosure.is_exactly(f64::NEG_INFINITY)
        };
        let mut pairs = stated.iter().zip(&differentiated);
        open.retain(|_| {
            let (stated, differentiated) = pairs.next().expect("a pair for each place");
            let both_finite = stated.is_finite() && differentiated.is_finite();
            let agree = both_finite
                && meet(stated, differentiated)
                && are_narrow(stated.bracket(), differentiated.bracket());
            // An infinity is no number to compare with.
            !(agree || is_infinite(stated) || is_infinite(differentiated))
        });
    }

    fn gradients_agree_at(
        &self,
        call: &Call<'_>,
        places: &[usize],
        precision: PrecisionBits,
    ) -> Result<(), GradientsDisagree> {
        if places.is_empty() {
            return Ok(());
        }
        let Some((stated, differentiated)) =
            self.both_gradients::<Interval>(call, places, precision)
        else {
            return Ok(());
        };
        for ((&place, stated), differentiated) in places.iter().zip(&stated).zip(&differentiated) {
            let both_finite = stated.is_finite() && differentiated.is_finite();
            if both_finite && !stated.overlaps(differentiated) {
                let ends = |enclosure: &Interval| {
                    let (lo, hi) = enclosure.ends_to_decimal(25);
                    format!("[{lo}, {hi}]")
                };
                return Err(GradientsDisagree {
                    op: self.op.name.clone(),
                    place,
                    stated: ends(stated),
                    differentiated: ends(differentiated),
                });
            }
        }
        Ok(())
    }

    /// Enclosures of the stated gradient and of the differentiated formula at some places, where one is stated.
    fn both_gradients<E: Enclosure>(
        &self,
        call: &Call<'_>,
        places: &[usize],
        precision: E::Precision,
    ) -> Option<(Vec<E>, Vec<E>)> {
        let differentiated = self.differentiated.as_ref()?;
        let enclose =
            |program: &Program| program.evaluate_at(&call.data, call.lengths, places, precision);
        Some((enclose(&self.program), enclose(differentiated)))
    }
}

/// How wide two enclosures that meet may be together, relative to their numbers, before a closer look is taken: 2^−30.
const NARROW: f64 = 1.0 / (1u32 << 30) as f64;

/// Whether two enclosures together are narrow: relative to their numbers, or so near 0 that f64 has no closer ones.
fn are_narrow(a: Bracket, b: Bracket) -> bool {
    let ((a_lo, a_hi), (b_lo, b_hi)) = (a.ends(), b.ends());
    let (lo, hi) = (a_lo.min(b_lo), a_hi.max(b_hi));
    hi - lo <= NARROW * lo.abs().max(hi.abs()) + 4.0 * f64::MIN_POSITIVE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::Tensor;
    use crate::command::embedded_specs;
    use crate::spec::{Op, Profile, Spec};
    use lossproof_numerics::Dtype;
    use lossproof_oracle::formula::parse_formula;
    use std::sync::Arc;

    /// The gradient of the binary loss, stated as this.
    fn stated_as(text: &str) -> Reference {
        let specs = embedded_specs().unwrap();
        let op = "sigmoid_cross_entropy_with_logits";
        let spec = specs.iter().find(|spec| spec.op == op).unwrap();
        let mut spec = Spec::clone(spec);
        spec.gradients[0].formula = Some((parse_formula(text).unwrap(), text.to_owned()));
        let ops = Arc::new(spec).ops();
        let is_gradient = |op: &&Op| op.derivative_of.is_some();
        Reference::new(ops.iter().find(is_gradient).unwrap(), Profile::Exact).unwrap()
    }

    /// The place that is found by MPFR alone and by the rungs.
    fn found(stated: &str, (logits, labels): (&[f64], &[f64])) -> [Option<usize>; 2] {
        let reference = stated_as(stated);
        let inputs = [logits, labels].map(|numbers| Tensor::Row(numbers.to_vec()));
        let call = reference.call(Dtype::F64, &inputs).unwrap();
        let place = |found: Result<(), GradientsDisagree>| found.err().map(|found| found.place);
        [
            place(reference.gradients_agree(&call, 128)),
            place(reference.gradients_agree_by_rungs(&call, 128)),
        ]
    }

    #[test]
    fn what_is_right_is_let_pass() {
        let special = [f64::NAN, f64::INFINITY, -0.0, 3.0, -800.0, 1e300];
        let labels = [0.0, 1.0, 0.5, f64::INFINITY, 0.0, 1.0];
        let right = "sigmoid(logits) - labels";
        assert_eq!(found(right, (&special, &labels)), [None; 2]);
    }

    #[test]
    fn what_is_wrong_is_found_at_its_place() {
        let wrong = "sigmoid(logits) * 1.000001 - labels";
        let call: (&[f64], &[f64]) = (&[f64::NAN, f64::NEG_INFINITY, 2.0], &[0.0, 1.0, 0.0]);
        assert_eq!(found(wrong, call), [Some(2); 2]);
    }

    /// σ(−40) − y is 1e-34 and less, of which f64 brackets know nothing: they are 1e-33 wide.
    #[test]
    fn what_brackets_are_too_wide_for_is_found_closer() {
        let sigmoid = 1.0 / (1.0 + 40f64.exp());
        let wrong = "sigmoid(logits) - labels + 1e-36";
        assert_eq!(found(wrong, (&[-40.0], &[sigmoid])), [Some(0); 2]);
    }
}
