//! One worker process. In: messages. Out: its answers, or the fault that ended it; it never outlives its handle.
//!
//! Three threads serve a process, so that none of its pipes can block the run: one writes requests, one reads as many
//! answers as requests were made, one reads all of standard error.

use super::fault::{Ending, Fault, OUT_OF_MEMORY};
use super::options::WorkerOptions;
use super::protocol::{Message, ProtocolError, read_message, write_message};
use super::stderr::LastLines;
use rustix::io::ioctl_fionread;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a process that closed its pipes may take to end by itself, and its standard error to be read.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a process may take to end after its last request.
const FAREWELL: Duration = Duration::from_millis(500);

/// How often a process is asked whether it has ended.
const POLL: Duration = Duration::from_millis(2);

/// What came of a request.
type Received = Result<Option<Message>, ProtocolError>;

/// A running worker.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    /// Its own id, which its group has too.
    group: Pid,
    has_status: bool,
    requests: Option<Sender<Vec<u8>>>,
    limits: Sender<u64>,
    answers: Receiver<Received>,
    /// The pipe that answers come from, to see whether more than those does; none where the system gave no second handle.
    unread: Option<OwnedFd>,
    received_bytes: Arc<AtomicU64>,
    lines: LastLines,
    limit_mebibytes: Option<u64>,
}

/// A fault, with what the worker said last.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) fault: Fault,
    pub(super) lines: String,
}

impl Process {
    /// Starts a process in a group of its own.
    pub(super) fn start(command: &[String], options: &WorkerOptions) -> Result<Self, Fault> {
        let not_started = |reason: String| Fault::NotStarted { reason };
        let (program, arguments) = command
            .split_first()
            .ok_or_else(|| not_started("the command is empty".to_owned()))?;
        let mut child = Command::new(program)
            .args(arguments)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| not_started(format!("`{program}`: {error}")))?;
        let group = Pid::from_child(&child);
        live_groups().insert(group.as_raw_pid());
        limit_memory(group, options.memory_limit_mebibytes);
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            unreachable!("all three were asked for as pipes");
        };
        let received_bytes = Arc::default();
        let unread = stdout.as_fd().try_clone_to_owned().ok();
        let (limits, answers) = reader(stdout, &received_bytes);
        Ok(Self {
            child,
            group,
            has_status: false,
            requests: Some(writer(stdin)),
            limits,
            answers,
            unread,
            received_bytes,
            lines: LastLines::of(stderr),
            limit_mebibytes: options.memory_limit_mebibytes,
        })
    }

    /// Sends a request and waits for an answer of at most `limit_bytes`. After a fault the process has ended.
    pub(super) fn ask(
        &mut self,
        request: &Message,
        limit_bytes: u64,
        (time_limit, is_startup): (Duration, bool),
    ) -> Result<Message, Told> {
        let mut bytes = Vec::new();
        if let Err(error) = write_message(&mut bytes, request) {
            return Err(self.stop(|ending| Fault::NotAMessage { error, ending }));
        }
        if !is_startup {
            self.lines.forget();
        }
        self.received_bytes.store(0, Ordering::Relaxed);
        // A thread that has ended takes nothing any more, and then the answer says so.
        let _ = self.limits.send(limit_bytes);
        let _ = self.requests.as_ref().map(|requests| requests.send(bytes));
        match self.answers.recv_timeout(time_limit) {
            Ok(Ok(Some(message))) => Ok(message),
            Ok(Ok(None)) | Err(RecvTimeoutError::Disconnected) => {
                let limit = self.limit_mebibytes;
                Err(self.end(true, |ending, memory| Fault::ended(ending, memory, limit)))
            }
            Ok(Err(error)) => {
                let has_closed = matches!(error, ProtocolError::CutShort { .. });
                Err(self.end(has_closed, |ending, _| Fault::NotAMessage { error, ending }))
            }
            Err(RecvTimeoutError::Timeout) => {
                let received_bytes = self.received_bytes.load(Ordering::Relaxed);
                let limit_mebibytes = self.limit_mebibytes;
                // It may have ended while something that it started keeps the pipe open.
                let has_ended = self.has_ended();
                Err(
                    self.end(false, |ending, memory| match (has_ended, is_startup) {
                        (true, _) => Fault::ended(ending, memory, limit_mebibytes),
                        (false, true) => Fault::StartupLimit {
                            limit: time_limit,
                            received_bytes,
                        },
                        (false, false) => Fault::CallLimit {
                            limit: time_limit,
                            received_bytes,
                        },
                    }),
                )
            }
        }
    }

    /// What comes after an answer within a time, where nothing is due; the process has ended then.
    pub(super) fn surplus(&mut self, patience: Duration) -> Option<Told> {
        let asked = Instant::now();
        loop {
            let unread = self.unread.as_ref()?;
            if let bytes @ 1.. = ioctl_fionread(unread).unwrap_or(0) {
                let error = ProtocolError::Surplus { bytes };
                return Some(self.stop(|ending| Fault::NotAMessage { error, ending }));
            }
            if asked.elapsed() >= patience || self.has_ended() {
                return None;
            }
            thread::sleep(POLL);
        }
    }

    /// Tells a fault of a process that has given a whole message.
    pub(super) fn told(&self, fault: Fault) -> Told {
        self.lines.settle();
        Told {
            fault,
            lines: self.lines.text(),
        }
    }

    /// Ends a process at fault that is still running.
    pub(super) fn stop(&mut self, fault: impl FnOnce(Ending) -> Fault) -> Told {
        self.end(false, |ending, _| fault(ending))
    }

    /// Ends the process and tells how it ended by itself, where it did: one that has closed its output is about to.
    fn end(&mut self, has_closed: bool, fault: impl FnOnce(Ending, bool) -> Fault) -> Told {
        self.requests = None;
        if has_closed {
            self.wait_for_end(PATIENCE);
        }
        let ended_by_itself = self.has_ended();
        let ending = self.kill();
        self.lines.wait(PATIENCE);
        let ending = if ended_by_itself {
            ending
        } else {
            Ending::Stopped
        };
        Told {
            fault: fault(ending, self.lines.mentions(&OUT_OF_MEMORY)),
            lines: self.lines.text(),
        }
    }

    fn wait_for_end(&self, patience: Duration) {
        let asked = Instant::now();
        while !self.has_ended() && asked.elapsed() < patience {
            thread::sleep(POLL);
        }
    }

    /// Whether the process has ended; its id stays reserved.
    fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        matches!(waitid(WaitId::Pid(self.group), options), Ok(Some(_)))
    }

    /// Ends the process with all that it started, and takes its status.
    fn kill(&mut self) -> Ending {
        // The group's id is this process's own until its status is taken, so nobody else is met.
        let _ = kill_process_group(self.group, Signal::KILL);
        let status = self.child.wait();
        self.has_status = true;
        live_groups().remove(&self.group.as_raw_pid());
        status.map_or(Ending::Stopped, ending_of)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.has_status {
            // The end of input ends a worker; one that is slow to see it is not waited for.
            self.requests = None;
            self.wait_for_end(FAREWELL);
            self.kill();
        }
    }
}

/// The groups of all workers, to end them with the command.
static LIVE_GROUPS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

fn live_groups() -> MutexGuard<'static, BTreeSet<i32>> {
    LIVE_GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends all workers, for a command that ends at once.
pub fn end_all_workers() {
    for &group in live_groups().iter() {
        if let Some(group) = Pid::from_raw(group) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

fn writer(mut stdin: ChildStdin) -> Sender<Vec<u8>> {
    let (requests, waiting) = channel::<Vec<u8>>();
    thread::spawn(move || {
        for request in waiting {
            // A worker that does not read is found by its silence.
            if io::Write::write_all(&mut stdin, &request).is_err() {
                break;
            }
        }
    });
    requests
}

/// Reads as many messages as limits come in, until one is none.
fn reader(stdout: ChildStdout, received: &Arc<AtomicU64>) -> (Sender<u64>, Receiver<Received>) {
    let (limits, waiting) = channel::<u64>();
    let (answered, answers) = channel();
    let mut counted = Counted {
        stream: stdout,
        received: Arc::clone(received),
    };
    thread::spawn(move || {
        for limit_bytes in waiting {
            let message = read_message(&mut counted, limit_bytes).and_then(|message| {
                // What comes later than this is found in the place of the next answer.
                match ioctl_fionread(&counted.stream) {
                    Ok(bytes @ 1..) if message.is_some() => Err(ProtocolError::Surplus { bytes }),
                    _ => Ok(message),
                }
            });
            let last = !matches!(message, Ok(Some(_)));
            if answered.send(message).is_err() || last {
                break;
            }
        }
    });
    (limits, answers)
}

/// A stream that counts what has come.
struct Counted {
    stream: ChildStdout,
    received: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        self.received.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Limits a process's address space, and leaves no core files behind. What it started before this escapes.
#[cfg(target_os = "linux")]
fn limit_memory(process: Pid, limit_mebibytes: Option<u64>) {
    use rustix::process::{Resource, Rlimit, prlimit};
    let limit = |bytes: u64| Rlimit {
        current: Some(bytes),
        maximum: Some(bytes),
    };
    // A process that has ended already takes no limit and needs none.
    let _ = prlimit(Some(process), Resource::Core, limit(0));
    if let Some(mebibytes) = limit_mebibytes {
        let bytes = mebibytes.saturating_mul(1 << 20);
        let _ = prlimit(Some(process), Resource::As, limit(bytes));
    }
}

#[cfg(not(target_os = "linux"))]
fn limit_memory(_: Pid, _: Option<u64>) {}

fn ending_of(status: std::process::ExitStatus) -> Ending {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => Ending::Code(code),
        (None, Some(number)) => Ending::Signal(signal_name(number)),
        (None, None) => Ending::Stopped,
    }
}

fn signal_name(number: i32) -> String {
    let named = [
        (Signal::ABORT, "SIGABRT"),
        (Signal::ALARM, "SIGALRM"),
        (Signal::BUS, "SIGBUS"),
        (Signal::FPE, "SIGFPE"),
        (Signal::HUP, "SIGHUP"),
        (Signal::ILL, "SIGILL"),
        (Signal::INT, "SIGINT"),
        (Signal::KILL, "SIGKILL"),
        (Signal::PIPE, "SIGPIPE"),
        (Signal::QUIT, "SIGQUIT"),
        (Signal::SEGV, "SIGSEGV"),
        (Signal::SYS, "SIGSYS"),
        (Signal::TERM, "SIGTERM"),
        (Signal::TRAP, "SIGTRAP"),
        (Signal::XCPU, "SIGXCPU"),
    ];
    let known = named.iter().find(|(signal, _)| signal.as_raw() == number);
    known.map_or_else(
        || format!("signal {number}"),
        |(_, name)| (*name).to_owned(),
    )
}
