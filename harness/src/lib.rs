//! lossproof proves how many ulps a loss kernel is off, where and why.
//!
//! The pipeline, one module per stage, each a function from values to values: [`spec`] → [`cases`] → [`mod@reference`] and
//! [`subject`] → [`measure`] → [`run`] → [`gate`] and [`report`]. Only [`command`] touches files, clocks and terminals.

pub mod assemble;
pub mod cases;
pub mod certify;
pub mod command;
pub mod diff;
pub mod gate;
pub mod hunt;
pub mod league;
pub mod measure;
pub mod properties;
pub mod reference;
pub mod report;
pub mod run;
pub mod selftest;
pub mod spec;
pub mod subject;
pub mod sweep;
pub mod tolerance;
pub mod worker;
pub mod worst_cases;
