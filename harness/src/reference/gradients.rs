//! A gradient that a spec states, held against its formula differentiated. In: a call. Out: the first place at which the two exclude each
//! other.

use super::{Call, Reference};
use lossproof_oracle::{Bracket, Enclosure, Interval, PrecisionBits, Program};

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

    /// The same, by f64 enclosures where these are finite and meet, and by MPFR's elsewhere.
    ///
    /// # Errors
    /// The first place at which they exclude each other.
    pub fn gradients_agree_by_rungs(
        &self,
        call: &Call<'_>,
        precision: PrecisionBits,
    ) -> Result<(), GradientsDisagree> {
        let places: Vec<usize> = (0..self.output_length(call.lengths)).collect();
        let Some((stated, differentiated)) = self.both_gradients::<Bracket>(call, &places, ())
        else {
            return Ok(());
        };
        let is_infinite = |bracket: &Bracket| {
            bracket.is_exactly(f64::INFINITY) || bracket.is_exactly(f64::NEG_INFINITY)
        };
        let is_open = |place: &usize| {
            let (stated, differentiated) = (&stated[*place], &differentiated[*place]);
            let both_finite = stated.is_finite() && differentiated.is_finite();
            let meet = both_finite && stated.overlaps(*differentiated);
            !(meet || is_infinite(stated) || is_infinite(differentiated))
        };
        let open: Vec<usize> = places.into_iter().filter(is_open).collect();
        self.gradients_agree_at(call, &open, precision)
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
