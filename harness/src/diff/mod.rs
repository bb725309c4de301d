//! What changed between two reports. In: the views of two report files. Out: a list of changes, each better, worse, both,
//! new or gone, and its rendering as JSON and Markdown.
//!
//! What counts as worse, for an entry that both reports have: a larger upper bound of the maximum error, a smaller share
//! of values correctly rounded, more values or calls of a verdict that is a fault, `conforms` lost, fewer cases; for a
//! sweep the same, with inputs for cases; for a clause a smaller share of values that conform; for a property one that
//! held and fails; for the self-proof a smaller share of known-bad kernels caught, or more false alarms. The reverse is
//! better. An entry with both is mixed, and counts as worse: a kernel's author decides about such a trade, not this
//! tool. An entry that went away is no longer tested, and counts as worse unless that is allowed.

mod compare;
mod details;
mod lines;
mod markdown;
mod model;
mod settings;
mod view;

pub use compare::{Options, compare};
pub use lines::{HEADER, Line, headline, lines};
pub use markdown::render_markdown;
pub use model::{
    Change, Comparison, Counts, Detail, Direction, Kind, Measure, Part, SCHEMA, Share, Side,
    render_json, schema_json,
};
pub use settings::{Difference, differences};
pub use view::{SUPPORTED, View, ViewError};
