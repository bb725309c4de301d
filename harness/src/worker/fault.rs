//! What can go wrong with a worker. In: how it ended, or what is wrong with its answer. Out: a sentence, and the failure of
//! the call with the worker's last lines.

use super::protocol::ProtocolError;
use crate::subject::Failure;
use std::fmt;
use std::time::Duration;

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// A signal ended it.
    Signal(String),
    /// It exited with a code.
    Code(i32),
    /// It was still running, and was ended by us.
    Stopped,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(name) => write!(f, "ended by {name}"),
            Self::Code(code) => write!(f, "exited with code {code}"),
            Self::Stopped => f.write_str("still running"),
        }
    }
}

/// What went wrong with one message, or with starting a worker.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It ended before it answered.
    #[error("the worker {ending} before answering")]
    Ended {
        /// How.
        ending: Ending,
    },
    /// It ended for want of memory.
    #[error("the worker ran out of memory and {ending} before answering{}", told_limit(*limit_mebibytes))]
    OutOfMemory {
        /// How it ended.
        ending: Ending,
        /// The limit set for its address space.
        limit_mebibytes: Option<u64>,
    },
    /// It closed its output and went on running.
    #[error("the worker closed its standard output without answering, and was stopped")]
    Closed,
    /// It answered too late or not at all.
    #[error("no answer within {}{}; the worker was stopped", seconds(*limit), told_part(*received_bytes))]
    CallLimit {
        /// How long it may take.
        limit: Duration,
        /// How much of an answer had come.
        received_bytes: u64,
    },
    /// It did not introduce itself in time.
    #[error("the worker did not introduce itself within {}{}, and was stopped", seconds(*limit), told_part(*received_bytes))]
    StartupLimit {
        /// How long it may take.
        limit: Duration,
        /// How much of an introduction had come.
        received_bytes: u64,
    },
    /// The process could not be started at all.
    #[error("the process could not be started: {reason}")]
    NotStarted {
        /// Why.
        reason: String,
    },
    /// What came is no message.
    #[error("{error}{}", told_ending(ending))]
    NotAMessage {
        /// What is wrong with it.
        error: ProtocolError,
        /// What became of the process.
        ending: Ending,
    },
    /// The answer is to another request. What the ids were is left out: it depends on what the worker did before.
    #[error("the answer has {}", if *has_id { "the id of another request" } else { "no id" })]
    WrongId {
        /// Whether it has an id.
        has_id: bool,
    },
    /// What an earlier call left behind, which was judged already when it came.
    #[error("after an earlier call: {0}")]
    AfterEarlierCall(Box<Fault>),
    /// The answer is to another kind of request.
    #[error("the answer is to a call `{answered}`, and `run` was asked")]
    WrongCall {
        /// What the answer says it answers.
        answered: String,
    },
    /// The output is not among the tensors of the answer.
    #[error("the answer lacks the output `{output}`; it has {present}")]
    MissingOutput {
        /// The output's name.
        output: String,
        /// What it has.
        present: String,
    },
    /// The answer has tensors that nobody asked for.
    #[error("the answer has {present}, where `{output}` alone is due")]
    ExtraOutput {
        /// The output's name.
        output: String,
        /// What it has.
        present: String,
    },
    /// The output has another shape.
    #[error("the output `{output}` has the shape {answered:?}, and {due:?} is due")]
    WrongShape {
        /// The output's name.
        output: String,
        /// Its shape.
        answered: Vec<usize>,
        /// The shape it should have.
        due: Vec<usize>,
    },
    /// The output is of another dtype.
    #[error("the output `{output}` is of {answered}, and {due} is due")]
    WrongElement {
        /// The output's name.
        output: String,
        /// Its elements.
        answered: &'static str,
        /// What they should be.
        due: &'static str,
    },
    /// The worker's introduction cannot be used.
    #[error("its introduction cannot be used: {reason}")]
    WrongIntroduction {
        /// What is wrong.
        reason: String,
    },
    /// The worker refused the call.
    #[error("{reason}")]
    Refused {
        /// Its reason.
        reason: String,
    },
    /// The kernel wrote or changed what is not its own.
    #[error("{account}")]
    Trespassed {
        /// What the worker says of it.
        account: String,
    },
    /// The call was not made: too many workers were lost on its neighbours.
    #[error(
        "not run: the cases beside it used up the {restarts} restarts that {rows} cases have (--restarts)"
    )]
    GivenUp {
        /// How many restarts there are.
        restarts: u32,
        /// For how many cases.
        rows: usize,
    },
}

fn told_limit(limit_mebibytes: Option<u64>) -> String {
    limit_mebibytes.map_or_else(String::new, |limit| {
        format!(" (its limit is {limit} MiB of address space, --memory-limit)")
    })
}

fn told_part(received_bytes: u64) -> String {
    match received_bytes {
        0 => String::new(),
        bytes => format!(" ({bytes} bytes of one came)"),
    }
}

fn told_ending(ending: &Ending) -> String {
    match ending {
        Ending::Stopped => "; the worker was stopped".to_owned(),
        ending => format!("; the worker {ending}"),
    }
}

fn seconds(limit: Duration) -> String {
    format!("{} s", limit.as_secs_f64())
}

/// The words with which runtimes end for want of memory: Rust, C++, Python, the C library and XLA.
pub(super) const OUT_OF_MEMORY: [&str; 7] = [
    "memory allocation of",
    "bad_alloc",
    "MemoryError",
    "Cannot allocate memory",
    "cannot allocate memory",
    "out of memory",
    "RESOURCE_EXHAUSTED",
];

impl Fault {
    /// The fault of a process that ended without answering.
    pub(super) fn ended(
        ending: Ending,
        speaks_of_memory: bool,
        limit_mebibytes: Option<u64>,
    ) -> Self {
        let failed = !matches!(ending, Ending::Code(0) | Ending::Stopped);
        if failed && speaks_of_memory {
            return Self::OutOfMemory {
                ending,
                limit_mebibytes,
            };
        }
        match ending {
            Ending::Stopped => Self::Closed,
            ending => Self::Ended { ending },
        }
    }

    /// Whether the worker can be given another call: it gave a whole message, and the answer to this request.
    pub(super) fn leaves_worker_usable(&self) -> bool {
        match self {
            Self::MissingOutput { .. }
            | Self::ExtraOutput { .. }
            | Self::WrongShape { .. }
            | Self::WrongElement { .. }
            | Self::Refused { .. } => true,
            Self::Ended { .. }
            | Self::OutOfMemory { .. }
            | Self::Closed
            | Self::CallLimit { .. }
            | Self::StartupLimit { .. }
            | Self::NotStarted { .. }
            | Self::NotAMessage { .. }
            | Self::WrongId { .. }
            | Self::AfterEarlierCall(_)
            | Self::WrongCall { .. }
            | Self::WrongIntroduction { .. }
            | Self::Trespassed { .. }
            | Self::GivenUp { .. } => false,
        }
    }

    /// Whether it may be what an earlier call left behind: something else stands where the answer should begin.
    pub(super) fn may_be_of_another_call(&self) -> bool {
        match self {
            Self::NotAMessage { error, .. } => matches!(
                error,
                ProtocolError::Text { .. }
                    | ProtocolError::TooLong { .. }
                    | ProtocolError::NotSafetensors { .. }
                    | ProtocolError::UnknownElement { .. }
            ),
            Self::WrongId { .. } => true,
            _ => false,
        }
    }

    /// Whether more than the answer came.
    pub(super) fn is_surplus(&self) -> bool {
        matches!(
            self,
            Self::NotAMessage {
                error: ProtocolError::Surplus { .. },
                ..
            }
        )
    }

    /// Whether a time limit was passed.
    pub(super) fn is_timeout(&self) -> bool {
        matches!(self, Self::CallLimit { .. } | Self::StartupLimit { .. })
    }

    /// The failure of the call, told with the worker's last lines.
    #[must_use]
    pub fn failure(&self, lines: &str) -> Failure {
        let told = if lines.is_empty() {
            self.to_string()
        } else {
            let indented: Vec<String> = lines.lines().map(|line| format!("  {line}")).collect();
            format!("{self}; its last lines:\n{}", indented.join("\n"))
        };
        match self {
            Self::Refused { .. } => Failure::Refused(self.to_string()),
            Self::Ended { .. }
            | Self::OutOfMemory { .. }
            | Self::Closed
            | Self::NotStarted { .. }
            | Self::GivenUp { .. }
            | Self::NotAMessage {
                ending: Ending::Signal(_),
                ..
            } => Failure::Crashed(told),
            Self::CallLimit { .. } | Self::StartupLimit { .. } => Failure::TimedOut(told),
            Self::NotAMessage { .. }
            | Self::WrongId { .. }
            | Self::AfterEarlierCall(_)
            | Self::WrongCall { .. }
            | Self::MissingOutput { .. }
            | Self::ExtraOutput { .. }
            | Self::WrongShape { .. }
            | Self::WrongElement { .. }
            | Self::WrongIntroduction { .. } => Failure::Garbled(told),
            Self::Trespassed { .. } => Failure::Trespassed(told),
        }
    }
}
