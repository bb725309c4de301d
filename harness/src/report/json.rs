//! The report as JSON, and the JSON Schema that it satisfies. In: a report. Out: pretty-printed text.

use schemars::generate::SchemaSettings;

use super::model::Report;

/// `conformance.json`: members in the model's order, numbers in their shortest form, a line feed at the end.
///
/// # Panics
/// Never: a report has only text keys, and writing into a string does not fail.
#[must_use]
pub fn render_json(report: &Report) -> String {
    let mut text = serde_json::to_string_pretty(report)
        .expect("a report has only text keys and is written into a string");
    text.push('\n');
    text
}

/// The JSON Schema (2020-12) of `conformance.json`, derived from the model.
///
/// # Panics
/// Never: a schema is a JSON value already.
#[must_use]
pub fn schema_json() -> String {
    let mut schema = SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<Report>();
    schema.insert(
        "title".to_owned(),
        "lossproof conformance report".to_owned().into(),
    );
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is a JSON value");
    text.push('\n');
    text
}
