//! Progress of a sweep: a bar with the time left on a terminal, a plain line now and then elsewhere, on standard error.

use super::setup::interrupted;
use crate::report::number::count;
use crate::sweep::Watcher;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Without a terminal, how long to be silent between lines.
const PLAIN_INTERVAL: Duration = Duration::from_secs(10);

pub(super) struct SweepProgress {
    bar: ProgressBar,
    total: u64,
    done: AtomicU64,
    started: Instant,
    /// When the last plain line was written; none on a terminal.
    plain: Option<Mutex<Instant>>,
    /// What is swept now.
    now: Mutex<String>,
}

impl SweepProgress {
    /// Of so many inputs that are still to be judged.
    pub(super) fn new(total: u64) -> Self {
        let on_terminal = stderr().is_terminal();
        let target = if on_terminal {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let style = ProgressStyle::with_template(
            "{bar:32} {percent}% of {human_len} inputs  {per_sec}  {elapsed} so far, {eta} left  {wide_msg}",
        );
        bar.set_style(style.expect("a fixed template"));
        Self {
            bar,
            total,
            done: AtomicU64::new(0),
            started: Instant::now(),
            plain: (!on_terminal).then(|| Mutex::new(Instant::now())),
            now: Mutex::default(),
        }
    }

    /// Says what is swept from here on.
    pub(super) fn begin(&self, name: &str) {
        self.bar.set_message(name.to_owned());
        if let Ok(mut now) = self.now.lock() {
            name.clone_into(&mut now);
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// The time that the rest takes at the pace so far.
    fn left(&self, done: u64) -> Duration {
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let ratio = (self.total - done) as f64 / done.max(1) as f64;
        let left = Duration::try_from_secs_f64(self.started.elapsed().as_secs_f64() * ratio);
        left.unwrap_or(Duration::MAX)
    }
}

impl Watcher for SweepProgress {
    fn judged(&self, inputs: u64) {
        let done = self.done.fetch_add(inputs, Ordering::Relaxed) + inputs;
        self.bar.inc(inputs);
        if let Some(last) = &self.plain
            && let Ok(mut last) = last.try_lock()
            && last.elapsed() >= PLAIN_INTERVAL
            && let Ok(now) = self.now.lock()
        {
            *last = Instant::now();
            eprintln!(
                "{} of {} inputs judged, {} left, now {now}",
                count(done),
                count(self.total),
                HumanDuration(self.left(done))
            );
        }
    }

    fn is_cancelled(&self) -> bool {
        interrupted()
    }
}
