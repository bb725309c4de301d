//! The limits that workers run under.

use std::num::NonZeroUsize;
use std::time::Duration;

/// Limits of a subject's workers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerOptions {
    /// How long a worker may take to introduce itself.
    pub startup_limit: Duration,
    /// How long it may take to answer one message.
    pub call_limit: Duration,
    /// How much address space it may use, in MiB; none for no limit. Linux alone enforces it.
    pub memory_limit_mebibytes: Option<u64>,
    /// How many workers may be lost on one chunk of cases before the rest of it is given up.
    pub restarts: u32,
    /// How many workers may run at once; none for one per thread of the run.
    pub workers: Option<usize>,
    /// The most rows that one message asks about at a time; none for as many as lie side by side. A property that is about
    /// batches makes its own.
    pub rows_per_call: Option<NonZeroUsize>,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            startup_limit: Duration::from_secs(60),
            call_limit: Duration::from_secs(10),
            memory_limit_mebibytes: Some(8192),
            restarts: 8,
            workers: None,
            rows_per_call: None,
        }
    }
}
