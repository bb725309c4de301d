//! The league: many subjects on the same cases. In: a list of frameworks, runs judged by each one's own profile, and
//! hand-written findings. Out: one table of what each comes to, as data, HTML and Markdown.

mod assemble;
mod findings;
mod frameworks;
mod headline;
mod json;
pub mod model;
mod place;
mod render;
mod view;
mod worst;

pub use assemble::{Group, Setup, league_report};
pub use findings::{Expectation, Finding, Known, parse_findings};
pub use frameworks::{Framework, Host, Places, parse_frameworks};
pub use json::{league_json, league_schema_json};
pub use place::FileError;
pub use render::{league_html, league_markdown};
