//! Errors in the league's files: a file's text and a place in it in, a message that points at the line out.

/// A file that cannot be read as what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It is not TOML of the form asked for.
    #[error("{file}: {problem}")]
    Form {
        /// The file.
        file: String,
        /// What is wrong, with the line.
        problem: String,
    },
    /// An entry says something impossible.
    #[error("{file}:{line}: {problem}")]
    Content {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong and what to write.
        problem: String,
    },
}

impl FileError {
    pub(super) fn form(file: &str, problem: &toml::de::Error) -> Self {
        Self::Form {
            file: file.to_owned(),
            problem: problem.to_string(),
        }
    }
}

/// An error at a byte of the file's text.
pub(super) fn located(file: &str, text: &str, at: usize, problem: String) -> FileError {
    let before = text.get(..at).unwrap_or(text);
    FileError::Content {
        file: file.to_owned(),
        line: 1 + before.matches('\n').count(),
        problem,
    }
}
