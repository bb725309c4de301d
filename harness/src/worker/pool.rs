//! The workers of one subject. In: the wish to make calls. Out: a lease on a worker, replaced when it is lost.

use super::fault::Fault;
use super::introduction::{Introduction, start};
use super::options::WorkerOptions;
use super::process::{Process, Told};
use super::protocol::Message;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What a worker lost to a time limit counts, in restarts: it costs a wait, not a moment.
const RESTARTS_PER_TIMEOUT: u32 = 4;

/// The idle workers of a subject, and how to get more.
#[derive(Debug)]
pub(super) struct Pool {
    command: Vec<String>,
    pub(super) options: WorkerOptions,
    introduction: Introduction,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Worker>,
    leases: usize,
}

/// A worker, and how many requests it was given.
#[derive(Debug)]
struct Worker {
    process: Process,
    requests: u64,
}

impl Pool {
    /// Starts the first worker and takes its introduction for all of them.
    pub(super) fn start(
        command: Vec<String>,
        options: WorkerOptions,
    ) -> Result<(Self, Introduction), Told> {
        let (process, introduction) = start(&command, &options)?;
        let first = Worker {
            process,
            requests: 0,
        };
        let pool = Self {
            command,
            options,
            introduction: introduction.clone(),
            state: Mutex::new(State {
                idle: vec![first],
                leases: 0,
            }),
            returned: Condvar::new(),
        };
        Ok((pool, introduction))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock, and the state is sound at every step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the right to use a worker. A thread must hold no other lease meanwhile.
    pub(super) fn lease(&self) -> Lease<'_> {
        let most = self.options.workers.unwrap_or(usize::MAX);
        let waiting = self
            .returned
            .wait_while(self.state(), |state| state.leases >= most);
        let mut state = waiting.unwrap_or_else(PoisonError::into_inner);
        state.leases += 1;
        Lease {
            pool: self,
            worker: state.idle.pop(),
            restarts: 0,
        }
    }

    fn new_worker(&self) -> Result<Worker, Told> {
        let (mut process, introduction) = start(&self.command, &self.options)?;
        if introduction != self.introduction {
            let reason = "it is not the one that the first worker gave".to_owned();
            return Err(process.stop(|_| Fault::WrongIntroduction { reason }));
        }
        Ok(Worker {
            process,
            requests: 0,
        })
    }
}

/// The right to use one worker at a time, until it is dropped.
#[derive(Debug)]
pub(super) struct Lease<'a> {
    pool: &'a Pool,
    worker: Option<Worker>,
    /// How many workers were lost.
    restarts: u32,
}

impl Lease<'_> {
    /// Whether more workers were lost than may be.
    pub(super) fn is_spent(&self) -> bool {
        self.restarts > self.pool.options.restarts
    }

    /// Sends a request under an id of its own and reads what `read` makes of the answer.
    pub(super) fn ask<T>(
        &mut self,
        mut request: Message,
        limit_bytes: u64,
        read: impl FnOnce(&Message) -> Result<T, Fault>,
    ) -> Result<T, Told> {
        let asked = self.ask_worker(&mut request, limit_bytes, read);
        if let Err(told) = &asked
            && !told.fault.leaves_worker_usable()
        {
            self.worker = None;
            self.restarts += match told.fault {
                // It answered, in time, and is replaced only because nobody knows what else it wrote to.
                Fault::Trespassed { .. } => 0,
                ref fault if fault.is_timeout() => RESTARTS_PER_TIMEOUT,
                _ => 1,
            };
        }
        asked
    }

    fn ask_worker<T>(
        &mut self,
        request: &mut Message,
        limit_bytes: u64,
        read: impl FnOnce(&Message) -> Result<T, Fault>,
    ) -> Result<T, Told> {
        let worker = match &mut self.worker {
            Some(worker) => worker,
            none => none.insert(self.pool.new_worker()?),
        };
        worker.requests += 1;
        let id = worker.requests.to_string();
        request.metadata.insert("id".to_owned(), id.clone());
        let time_limit = (self.pool.options.call_limit, false);
        let answer = worker.process.ask(request, limit_bytes, time_limit)?;
        let checked = if answer.text("id") == id {
            read(&answer)
        } else {
            let has_id = !answer.text("id").is_empty();
            Err(Fault::WrongId { has_id })
        };
        checked.map_err(|fault| {
            if fault.leaves_worker_usable() {
                worker.process.told(fault)
            } else {
                worker.process.stop(|_| fault)
            }
        })
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        state.idle.extend(self.worker.take());
        state.leases -= 1;
        drop(state);
        self.pool.returned.notify_one();
    }
}
