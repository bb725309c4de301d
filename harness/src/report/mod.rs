//! Rendering of conformance reports. In: a [`model::Report`]. Out: the text of `conformance.json`, its JSON Schema,
//! `README.md` and `index.html`; the same report gives the same bytes.
//!
//! JSON is written from the model itself. Markdown and HTML are written from one view of it, in which every number
//! already stands as it is printed, so that both say the same.

mod html;
mod json;
pub(crate) mod markdown;
pub mod model;
pub(crate) mod number;
mod plot;
pub(crate) mod template;
mod view;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub use html::render_html;
pub use json::{render_json, schema_json};
pub use markdown::render_markdown;
