//! The last path: in, exact `f64` numbers; out, balls around software floats of 256, 1024 and 4608 bits.
//!
//! Exponents are 64 bits wide, so nothing overflows and only exponentials below e^−2^59 are no longer told apart from
//! each other (their sign still is). Slow and simple; it carries home what the faster paths cannot certify.
//!
//! - [`float`]: the number, its rounding and conversions; [`arithmetic`]: + − × ÷, truncating, with "was it exact?";
//! - [`magnitude`]: upper bounds for radii; [`side`]: where a residue points; [`ball`]: all three together; [`functions`]: exp, log1p, log 2.

pub(crate) mod arithmetic;
pub(crate) mod ball;
pub(crate) mod float;
pub(crate) mod functions;
pub(crate) mod magnitude;
pub(crate) mod side;

pub(crate) use ball::WideBall;
