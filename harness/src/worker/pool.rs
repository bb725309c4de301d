//! The workers of one subject. In: the wish to make calls. Out: a lease on a worker, replaced when it is lost.

use super::fault::Fault;
use super::introduction::{Introduction, start};
use super::options::WorkerOptions;
use super::process::{Process, Told};
use super::protocol::Message;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What a worker lost to a time limit counts, in restarts: it costs a wait, not a moment.
const RESTARTS_PER_TIMEOUT: u32 = 4;

/// How long bytes that are not due are waited for, once they are suspected.
const LATENESS: Duration = Duration::from_millis(500);

/// The idle workers of a subject, and how to get more.
#[derive(Debug)]
pub(super) struct Pool {
    command: Vec<String>,
    pub(super) options: WorkerOptions,
    introduction: Introduction,
    state: Mutex<State>,
    returned: Condvar,
    /// How long threads waited for a worker to be free or to start.
    waited_nanoseconds: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Worker>,
    leases: usize,
}

/// A worker, how many requests it was given, and the last of them.
#[derive(Debug)]
struct Worker {
    process: Process,
    requests: u64,
    last: Option<Asked>,
}

impl Worker {
    fn new(process: Process) -> Self {
        Self {
            process,
            requests: 0,
            last: None,
        }
    }
}

/// A request, and how many bytes its answer may have.
#[derive(Debug)]
struct Asked {
    request: Message,
    limit_bytes: u64,
}

impl Pool {
    /// Starts the first worker and takes its introduction for all of them.
    pub(super) fn start(
        command: Vec<String>,
        options: WorkerOptions,
    ) -> Result<(Self, Introduction), Told> {
        let (process, introduction) = start(&command, &options)?;
        let first = Worker::new(process);
        let pool = Self {
            command,
            options,
            introduction: introduction.clone(),
            state: Mutex::new(State {
                idle: vec![first],
                leases: 0,
            }),
            returned: Condvar::new(),
            waited_nanoseconds: AtomicU64::new(0),
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
        let asked = Instant::now();
        let waiting = self
            .returned
            .wait_while(self.state(), |state| state.leases >= most);
        let mut state = waiting.unwrap_or_else(PoisonError::into_inner);
        state.leases += 1;
        self.add_waited(asked.elapsed());
        Lease {
            pool: self,
            worker: state.idle.pop(),
            restarts: 0,
            has_asked: false,
            late: None,
        }
    }

    fn add_waited(&self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.waited_nanoseconds
            .fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// How long threads waited for a worker to be free or to start, all together.
    pub(super) fn waited(&self) -> Duration {
        Duration::from_nanos(self.waited_nanoseconds.load(Ordering::Relaxed))
    }

    fn new_worker(&self) -> Result<Worker, Told> {
        let asked = Instant::now();
        let started = start(&self.command, &self.options);
        self.add_waited(asked.elapsed());
        let (mut process, introduction) = started?;
        if introduction != self.introduction {
            let reason = "it is not the one that the first worker gave".to_owned();
            return Err(process.stop(|_| Fault::WrongIntroduction { reason }));
        }
        Ok(Worker::new(process))
    }
}

/// The right to use one worker at a time, until it is dropped.
#[derive(Debug)]
pub(super) struct Lease<'a> {
    pool: &'a Pool,
    worker: Option<Worker>,
    /// How many workers were lost.
    restarts: u32,
    /// Whether it asked its worker anything.
    has_asked: bool,
    late: Option<Told>,
}

impl Lease<'_> {
    /// Whether more workers were lost than may be.
    pub(super) fn is_spent(&self) -> bool {
        self.restarts > self.pool.options.restarts
    }

    /// Sends a request under an id of its own and reads what `read` makes of the answer.
    ///
    /// Bytes where the answer should begin may have been written after the answer before, too late to be found there. Where
    /// a new worker answers, and answers the request before with bytes too many, the fault is that request's.
    pub(super) fn ask<T>(
        &mut self,
        mut request: Message,
        limit_bytes: u64,
        read: impl FnOnce(&Message) -> Result<T, Fault>,
    ) -> Result<T, Told> {
        let mut read = Some(read);
        let is_own = std::mem::replace(&mut self.has_asked, true);
        let before = self.worker.as_mut().and_then(|worker| worker.last.take());
        let asked = self.ask_worker(&mut request, limit_bytes, &mut read);
        let asked = match (asked, before) {
            (Err(told), Some(before)) if told.fault.may_be_of_another_call() => {
                self.worker = None;
                let again = self.ask_again(&mut request, limit_bytes, (&mut read, before));
                match again {
                    Some((answer, late)) if is_own => {
                        self.restarts += 1;
                        self.late = Some(late);
                        return Ok(answer);
                    }
                    // What it was asked by somebody else is judged already, and the fault must not be lost.
                    Some((_, late)) => Err(Told {
                        fault: Fault::AfterEarlierCall(Box::new(late.fault)),
                        lines: late.lines,
                    }),
                    None => Err(told),
                }
            }
            (asked, _) => asked,
        };
        match &asked {
            Err(told) if !told.fault.leaves_worker_usable() => {
                self.worker = None;
                self.restarts += match told.fault {
                    // It answered, in time, and is replaced only because nobody knows what else it wrote to.
                    Fault::Trespassed { .. } => 0,
                    ref fault if fault.is_timeout() => RESTARTS_PER_TIMEOUT,
                    _ => 1,
                };
            }
            _ => {
                let last = Asked {
                    request,
                    limit_bytes,
                };
                if let Some(worker) = &mut self.worker {
                    worker.last = Some(last);
                }
            }
        }
        asked
    }

    /// The fault of the call before the last one, where that was found only in the place of the last one's answer.
    pub(super) fn take_late(&mut self) -> Option<Told> {
        self.late.take()
    }

    /// What its worker writes after its last answer.
    pub(super) fn surplus(&mut self) -> Option<Told> {
        let told = self.worker.as_mut()?.process.surplus(LATENESS)?;
        self.worker = None;
        self.restarts += 1;
        Some(told)
    }

    /// A new worker's answer, and the surplus after its answer to the request before; none where it lacks one of them.
    fn ask_again<T>(
        &mut self,
        request: &mut Message,
        limit_bytes: u64,
        (read, mut before): (
            &mut Option<impl FnOnce(&Message) -> Result<T, Fault>>,
            Asked,
        ),
    ) -> Option<(T, Told)> {
        let answer = self.ask_worker(request, limit_bytes, read).ok();
        let late = answer.and_then(|answer| {
            let mut unread = Some(|_: &Message| Ok(()));
            let asked = self.ask_worker(&mut before.request, before.limit_bytes, &mut unread);
            let late = match asked {
                Ok(()) => self.worker.as_mut()?.process.surplus(LATENESS)?,
                Err(told) if told.fault.is_surplus() => told,
                Err(_) => return None,
            };
            Some((answer, late))
        });
        self.worker = None;
        late
    }

    fn ask_worker<T>(
        &mut self,
        request: &mut Message,
        limit_bytes: u64,
        read: &mut Option<impl FnOnce(&Message) -> Result<T, Fault>>,
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
        let read = if answer.text("id") == id {
            read.take()
        } else {
            None
        };
        let checked = if let Some(read) = read {
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
