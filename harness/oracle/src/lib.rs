//! Certified references: the formula language, its enclosures on MPFR, and rounding and errors read off them.
//!
//! In: a formula's text and input values. Out: enclosures proven to contain the exact result, and what follows from
//! them: the correctly rounded result, the error of a kernel's result in ulps, the condition number. This is the only
//! crate that names rug.

mod bracket;
mod condition;
mod decimal;
mod double;
mod enclosure;
mod evaluate;
pub mod formula;
mod graph;
mod interval;
#[cfg(test)]
mod points;
mod processor;
mod program;
mod reading;
mod rounded;
mod sensitivity;

pub use bracket::Bracket;
pub use condition::{Conditions, Decision};
pub use decimal::round_decimal;
pub use double::DoubleBall;
pub use enclosure::Enclosure;
pub use evaluate::Datum;
pub use interval::{Cell, Expected, Interval, PrecisionBits, UlpError};
pub use program::Program;
pub use reading::Reading;
pub use sensitivity::SignPatterns;

/// The precisions of the ladder's MPFR rungs: 128, 256, 512 … bits, up to a limit.
pub fn rungs(limit: PrecisionBits) -> impl Iterator<Item = PrecisionBits> {
    std::iter::successors(Some(128), |bits: &PrecisionBits| bits.checked_mul(2))
        .take_while(move |&bits| bits <= limit)
}

/// The versions of the libraries behind the enclosures: (GMP, MPFR).
#[must_use]
pub fn library_versions() -> (String, String) {
    let gmp = [
        gmp_mpfr_sys::gmp::VERSION,
        gmp_mpfr_sys::gmp::VERSION_MINOR,
        gmp_mpfr_sys::gmp::VERSION_PATCHLEVEL,
    ];
    let mpfr = [
        gmp_mpfr_sys::mpfr::VERSION_MAJOR,
        gmp_mpfr_sys::mpfr::VERSION_MINOR,
        gmp_mpfr_sys::mpfr::VERSION_PATCHLEVEL,
    ];
    let dotted = |parts: [std::ffi::c_int; 3]| parts.map(|part| part.to_string()).join(".");
    (dotted(gmp), dotted(mpfr))
}
