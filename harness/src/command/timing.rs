//! Where a run's time went. In: subjects. Out: the same subjects with a watch on their calls, and lines that say how much
//! of the time was the oracle's, the kernels' and the transport's.

use crate::spec::Profile;
use crate::subject::{Answer, BatchCall, CaseCall, Failure, Subject};
use lossproof_numerics::Dtype;
use lossproof_oracle::formula::Expr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A subject and the time that its calls took.
pub(super) struct Timed<'a> {
    subject: &'a dyn Subject,
    nanoseconds: AtomicU64,
    values: AtomicU64,
}

impl<'a> Timed<'a> {
    pub(super) fn new(subject: &'a dyn Subject) -> Self {
        Self {
            subject,
            nanoseconds: AtomicU64::new(0),
            values: AtomicU64::new(0),
        }
    }

    /// The time of all its calls, on all threads together.
    fn time(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed))
    }

    fn watch<T>(&self, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let done = work();
        let nanoseconds = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
        done
    }
}

impl Subject for Timed<'_> {
    fn name(&self) -> &str {
        self.subject.name()
    }

    fn description(&self) -> &str {
        self.subject.description()
    }

    fn profile(&self) -> Profile {
        self.subject.profile()
    }

    fn version(&self) -> &str {
        self.subject.version()
    }

    fn supports(&self, op: &str, dtype: Dtype) -> bool {
        self.subject.supports(op, dtype)
    }

    fn unknown_ops(&self) -> Vec<String> {
        self.subject.unknown_ops()
    }

    fn remarks(&self) -> Vec<String> {
        self.subject.remarks()
    }

    fn ceiling(&self, op: &str, dtype: Dtype) -> Option<&Expr> {
        self.subject.ceiling(op, dtype)
    }

    fn runs_in_call_memory(&self) -> bool {
        self.subject.runs_in_call_memory()
    }

    fn kernel_time(&self) -> Option<Duration> {
        self.subject.kernel_time()
    }

    fn waiting_time(&self) -> Duration {
        self.subject.waiting_time()
    }

    fn call_batch(&self, op: &str, call: &mut BatchCall) -> Result<(), Failure> {
        self.watch(|| self.subject.call_batch(op, call))
    }

    fn joins_cases(&self) -> bool {
        self.subject.joins_cases()
    }

    fn call_cases(&self, op: &str, dtype: Dtype, cases: &[CaseCall<'_>]) -> Vec<Answer> {
        let values = cases.iter().map(|case| case.output_length as u64).sum();
        self.values.fetch_add(values, Ordering::Relaxed);
        self.watch(|| self.subject.call_cases(op, dtype, cases))
    }
}

/// The lines of `--timing`: each subject's share of the threads' time, and the rest, which is the oracle's.
pub(super) fn lines(subjects: &[Timed<'_>], wall: Duration, threads: Option<usize>) -> Vec<String> {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = u32::try_from(threads.unwrap_or_else(cores)).unwrap_or(u32::MAX);
    let busy = wall * threads;
    let share = |part: Duration| 100.0 * part.as_secs_f64() / busy.as_secs_f64();
    let called: Duration = subjects.iter().map(Timed::time).sum();
    let mut lines = Vec::new();
    for timed in subjects {
        let (name, time, waiting) = (timed.name(), timed.time(), timed.waiting_time());
        let values = timed.values.load(Ordering::Relaxed);
        #[expect(clippy::cast_precision_loss, reason = "a rate of three digits")]
        let rate = values as f64 / time.saturating_sub(waiting).as_secs_f64();
        let parts = match timed.kernel_time() {
            Some(kernel) => format!(
                "{:.1} % in the kernel, {:.1} % in transport, {:.1} % waiting for a worker to be free or to start",
                share(kernel),
                share(time.saturating_sub(kernel + waiting)),
                share(waiting)
            ),
            None if !waiting.is_zero() => format!(
                "{:.1} % in the kernel and transport, {:.1} % waiting for a worker to be free or to start",
                share(time.saturating_sub(waiting)),
                share(waiting)
            ),
            None => format!("{:.1} % in the kernel", share(time)),
        };
        lines.push(format!(
            "time: {name}: {parts}; {rate:.3e} values a second of its own time"
        ));
    }
    lines.push(format!(
        "time: oracle, cases, verdicts and idle threads: {:.1} % of {:.1} s of thread time",
        share(busy.saturating_sub(called)),
        busy.as_secs_f64()
    ));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A worker that knows how long its calls took, and how long they were waited for.
    struct Told(Option<Duration>);

    impl Subject for Told {
        fn name(&self) -> &'static str {
            "told"
        }
        fn description(&self) -> &'static str {
            ""
        }
        fn profile(&self) -> Profile {
            Profile::Exact
        }
        fn supports(&self, _: &str, _: Dtype) -> bool {
            true
        }
        fn kernel_time(&self) -> Option<Duration> {
            self.0
        }
        fn waiting_time(&self) -> Duration {
            Duration::from_secs(3)
        }
        fn call_batch(&self, _: &str, _: &mut BatchCall) -> Result<(), Failure> {
            Ok(())
        }
    }

    #[test]
    fn waiting_is_neither_kernel_nor_transport() {
        let line = |kernel| {
            let told = Told(kernel);
            let timed = Timed::new(&told);
            timed.nanoseconds.store(6_000_000_000, Ordering::Relaxed);
            timed.values.store(300, Ordering::Relaxed);
            lines(&[timed], Duration::from_secs(5), Some(2)).remove(0)
        };
        assert_eq!(
            line(Some(Duration::from_secs(1))),
            "time: told: 10.0 % in the kernel, 20.0 % in transport, 30.0 % waiting for a worker to be free or to \
             start; 1.000e2 values a second of its own time"
        );
        assert!(line(None).contains("30.0 % in the kernel and transport, 30.0 % waiting"));
    }
}
