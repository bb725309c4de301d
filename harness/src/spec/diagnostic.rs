//! What is wrong with a spec file: errors with places in, source excerpts with carets out.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

/// One error and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecError {
    /// The bytes of the file that are wrong; none where something is missing from the file as a whole.
    pub span: Option<Range<usize>>,
    /// What is wrong.
    pub message: String,
    /// The remedy, where it can be said.
    pub help: Option<String>,
}

/// Every error found in one spec file, in the order of their places. Displays as plain excerpts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecErrors {
    file_name: String,
    text: String,
    errors: Vec<SpecError>,
}

impl SpecErrors {
    pub(super) fn new(file_name: &str, text: &str, mut errors: Vec<SpecError>) -> Self {
        errors.sort_by_key(|error| {
            error
                .span
                .as_ref()
                .map_or((0, 0), |span| (span.start, span.end))
        });
        Self {
            file_name: file_name.to_owned(),
            text: text.to_owned(),
            errors,
        }
    }

    /// The errors.
    #[must_use]
    pub fn errors(&self) -> &[SpecError] {
        &self.errors
    }

    /// The errors as a terminal shows them, with or without colour.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let excerpts: Vec<String> = self
            .errors
            .iter()
            .map(|error| self.excerpt(&renderer, error))
            .collect();
        excerpts.join("\n\n")
    }

    fn excerpt(&self, renderer: &Renderer, error: &SpecError) -> String {
        let title = Level::ERROR.primary_title(error.message.as_str());
        let mut group = match &error.span {
            Some(span) => title.element(
                Snippet::source(self.text.as_str())
                    .path(self.file_name.as_str())
                    .annotation(AnnotationKind::Primary.span(span.clone())),
            ),
            None => title.element(Origin::path(self.file_name.as_str())),
        };
        if let Some(help) = &error.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group])
    }
}

impl fmt::Display for SpecErrors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.render(false))
    }
}

impl std::error::Error for SpecErrors {}
