//! What can be wrong with a formula: a place in its text, a sentence, and often the remedy.

use super::Span;

/// Why a formula, condition or ceiling is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FormulaError {
    /// The bytes of the text that are wrong; empty at the end of a text that stops too early.
    pub span: Span,
    /// What is wrong, for the person who wrote it.
    pub message: String,
    /// What to write instead, where that can be said.
    pub help: Option<String>,
}

impl FormulaError {
    /// An error without a remedy.
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            help: None,
        }
    }

    /// The same error with a remedy.
    #[must_use]
    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same error with "did you mean …?" where a known name is near the one written.
    #[must_use]
    pub(super) fn with_nearest<'name>(
        mut self,
        written: &str,
        known: impl IntoIterator<Item = &'name str>,
    ) -> Self {
        if let Some(name) = nearest_name(written, known) {
            self.help = Some(format!("did you mean `{name}`?"));
        }
        self
    }
}

/// The known name that a person who wrote `written` most likely meant, or none that is near.
///
/// Near means: at most one edit or swap for every three characters, one in shorter names, and something of the name
/// left standing. Of two equally near names the first one wins.
#[must_use]
pub fn nearest_name<'name>(
    written: &str,
    known: impl IntoIterator<Item = &'name str>,
) -> Option<&'name str> {
    let length = written.chars().count();
    let allowed_edits = (length / 3).max(1);
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(written, name), name))
        .filter(|(edits, _)| *edits <= allowed_edits && *edits < length)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest_name;

    #[test]
    fn the_nearest_name_is_near_and_first() {
        let known = ["logits", "labels", "p", "q"];
        assert_eq!(nearest_name("logit", known), Some("logits"));
        assert_eq!(nearest_name("lables", known), Some("labels"));
        assert_eq!(nearest_name("upstream", known), None);
        assert_eq!(nearest_name("r", known), None);
    }
}
