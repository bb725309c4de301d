//! Kernels in processes of their own. In: a command, and calls on rows. Out: answers, or what became of the process, with
//! its last lines; whatever a worker does, the run goes on.

mod exchange;
mod fault;
mod introduction;
mod options;
mod pool;
mod process;
pub mod protocol;
mod stderr;
mod subject;

pub use fault::{Ending, Fault};
pub use options::WorkerOptions;
pub use process::end_all_workers;
pub use subject::{StartError, Worker};
