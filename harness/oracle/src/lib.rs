//! Certified references: the formula language, its enclosures on MPFR, and rounding and errors read off them.

pub mod formula;
