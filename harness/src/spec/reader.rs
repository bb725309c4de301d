//! Strict reading of TOML: values with their places in, typed values or errors out.
//!
//! Every method that fails notes why and returns `None`, so that one pass over a file finds all independent errors.

use std::ops::Range;

use lossproof_oracle::formula::{FormulaError, nearest_name};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::SpecError;

/// A TOML value and its place.
pub(super) type Value<'doc> = Spanned<DeValue<'doc>>;

/// A string of the file and its place, delimiters included.
#[derive(Debug, Clone)]
pub(super) struct Text<'doc> {
    pub value: &'doc str,
    pub span: Range<usize>,
}

/// The values of a list of names.
pub(super) fn owned(names: &[Text<'_>]) -> Vec<String> {
    names.iter().map(|name| name.value.to_owned()).collect()
}

/// A table whose keys have been checked.
#[derive(Debug, Clone)]
pub(super) struct Table<'doc> {
    entries: &'doc DeTable<'doc>,
    /// Known keys that an unknown one most likely stands for.
    misspelt: Vec<String>,
    /// The header or the braces; none for the file as a whole.
    pub span: Option<Range<usize>>,
}

/// The file being read and the errors found so far.
pub(super) struct Reader<'file> {
    pub file: &'file str,
    pub errors: Vec<SpecError>,
}

impl Reader<'_> {
    /// Notes an error at a place.
    pub fn refuse(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.note(Some(span), message.into(), None);
    }

    /// Notes an error at a place, with a remedy.
    pub fn refuse_with_help(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.note(Some(span), message.into(), Some(help.into()));
    }

    fn note(&mut self, span: Option<Range<usize>>, message: String, help: Option<String>) {
        self.errors.push(SpecError {
            span,
            message,
            help,
        });
    }

    /// Notes a name that is not known, with the nearest that is, or all of them.
    pub fn refuse_unknown(&mut self, span: Range<usize>, noun: &str, name: &str, known: &[&str]) {
        let help = match nearest_name(name, known.iter().copied()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("known: {}", known.join(", ")),
        };
        self.refuse_with_help(span, format!("unknown {noun} `{name}`"), help);
    }

    /// Notes an error of a formula at its place inside the file.
    pub fn refuse_formula(&mut self, text: &Text<'_>, error: FormulaError) {
        let span = self.inner_span(text, error.span);
        self.note(Some(span), error.message, error.help);
    }

    /// Where bytes of a string's value stand in the file; the whole string where escapes keep that from being a shift.
    fn inner_span(&self, text: &Text<'_>, inner: Range<usize>) -> Range<usize> {
        let written = &self.file[text.span.clone()];
        let delimiter = ["\"\"\"", "'''", "\"", "'"]
            .into_iter()
            .find(|delimiter| written.starts_with(delimiter));
        let Some(delimiter) = delimiter else {
            return text.span.clone();
        };
        let mut skipped = delimiter.len();
        if delimiter.len() == 3 {
            // TOML drops a line break that directly follows the opening delimiter of a multi-line string.
            let body = &written[skipped..];
            skipped += ["\r\n", "\n"]
                .into_iter()
                .find(|line_break| body.starts_with(line_break))
                .map_or(0, str::len);
        }
        let body = written[skipped..].strip_suffix(delimiter);
        if body != Some(text.value) {
            return text.span.clone();
        }
        let start = text.span.start + skipped;
        start + inner.start..start + inner.end
    }

    /// The table as such, with unknown keys noted.
    pub fn table<'doc>(
        &mut self,
        entries: &'doc DeTable<'doc>,
        span: Option<Range<usize>>,
        known_keys: &[&str],
    ) -> Table<'doc> {
        let mut misspelt = Vec::new();
        for key in entries.keys() {
            let name: &str = key.get_ref();
            if !known_keys.contains(&name) {
                self.refuse_unknown(key.span(), "key", name, known_keys);
                misspelt.extend(nearest_name(name, known_keys.iter().copied()).map(str::to_owned));
            }
        }
        Table {
            entries,
            misspelt,
            span,
        }
    }

    /// A value that must be a table.
    pub fn as_table<'doc>(
        &mut self,
        key: &str,
        value: &'doc Value<'doc>,
        known_keys: &[&str],
    ) -> Option<Table<'doc>> {
        if let Some(entries) = value.get_ref().as_table() {
            return Some(self.table(entries, Some(value.span()), known_keys));
        }
        self.refuse_type(key, value, "a table");
        None
    }

    /// The value of a key that must be there.
    pub fn required<'doc>(&mut self, table: &Table<'doc>, key: &str) -> Option<&'doc Value<'doc>> {
        let value = table.entries.get(key);
        if value.is_none() && !table.misspelt.iter().any(|meant| meant == key) {
            self.note(table.span.clone(), format!("missing key `{key}`"), None);
        }
        value
    }

    /// A string that must be there and not be blank.
    pub fn required_text<'doc>(&mut self, table: &Table<'doc>, key: &str) -> Option<Text<'doc>> {
        let value = self.required(table, key)?;
        self.text(key, value)
    }

    /// A value that must be a string and not blank.
    pub fn text<'doc>(&mut self, key: &str, value: &'doc Value<'doc>) -> Option<Text<'doc>> {
        let Some(text) = value.get_ref().as_str() else {
            self.refuse_type(key, value, "a string");
            return None;
        };
        if text.trim().is_empty() {
            self.refuse(value.span(), format!("`{key}` is empty"));
            return None;
        }
        Some(Text {
            value: text,
            span: value.span(),
        })
    }

    /// A value that must be a list with something in it.
    pub fn list<'doc>(
        &mut self,
        key: &str,
        value: &'doc Value<'doc>,
    ) -> Option<&'doc [Value<'doc>]> {
        let Some(list) = value.get_ref().as_array() else {
            self.refuse_type(key, value, "a list");
            return None;
        };
        if list.is_empty() {
            self.refuse(value.span(), format!("`{key}` is empty"));
            return None;
        }
        Some(list)
    }

    /// A value that must be a list of different known names.
    pub fn names<'doc>(
        &mut self,
        key: &str,
        noun: &str,
        value: &'doc Value<'doc>,
        known: &[&str],
    ) -> Option<Vec<Text<'doc>>> {
        let mut names: Vec<Text<'doc>> = Vec::new();
        let mut all_fit = true;
        for item in self.list(key, value)? {
            let Some(name) = self.text(key, item) else {
                all_fit = false;
                continue;
            };
            if !known.contains(&name.value) {
                self.refuse_unknown(name.span, noun, name.value, known);
                all_fit = false;
            } else if names.iter().any(|earlier| earlier.value == name.value) {
                self.refuse(name.span, format!("`{}` is listed twice", name.value));
                all_fit = false;
            } else {
                names.push(name);
            }
        }
        all_fit.then_some(names)
    }

    fn refuse_type(&mut self, key: &str, value: &Value<'_>, wanted: &str) {
        self.refuse(value.span(), format!("`{key}` must be {wanted}"));
    }
}

impl<'doc> Table<'doc> {
    /// The keys, with their places.
    pub fn keys(&self) -> impl Iterator<Item = Text<'doc>> {
        self.entries.keys().map(|key| Text {
            value: key.get_ref(),
            span: key.span(),
        })
    }

    /// The value of a key that may be absent.
    pub fn optional(&self, key: &str) -> Option<&'doc Value<'doc>> {
        self.entries.get(key)
    }
}
