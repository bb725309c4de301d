//! Progress of a run: a bar on a terminal, a plain line now and then elsewhere, always on standard error.

use super::setup::interrupted;
use crate::run::{Observer, Trial};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Without a terminal, how long to be silent between lines.
const PLAIN_INTERVAL: Duration = Duration::from_secs(10);

pub(super) struct Progress {
    bar: ProgressBar,
    total: u64,
    done: AtomicU64,
    plain: Option<Mutex<Instant>>,
}

impl Progress {
    pub(super) fn new(trials: &[Trial<'_>]) -> Self {
        let total = trials.iter().map(|trial| u64::from(trial.cases)).sum();
        let on_terminal = stderr().is_terminal();
        let bar = ProgressBar::with_draw_target(
            Some(total),
            if on_terminal {
                ProgressDrawTarget::stderr()
            } else {
                ProgressDrawTarget::hidden()
            },
        );
        let style = ProgressStyle::with_template(
            "{bar:32} {human_pos}/{human_len} cases  {elapsed} so far, {eta} left  {wide_msg}",
        );
        bar.set_style(style.expect("a fixed template"));
        Self {
            bar,
            total,
            done: AtomicU64::new(0),
            plain: (!on_terminal).then(|| Mutex::new(Instant::now())),
        }
    }

    /// Takes the bar away and says what was done, if that is not all.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
        let done = self.done.load(Ordering::Relaxed);
        if done < self.total {
            eprintln!("interrupted: {done} of {} cases done", self.total);
        }
    }
}

impl Observer for Progress {
    fn case_done(&self, trial: &Trial<'_>) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.bar.inc(1);
        self.bar
            .set_message(format!("{} {}", trial.reference.op.name, trial.dtype));
        if let Some(last) = &self.plain
            && let Ok(mut last) = last.try_lock()
            && last.elapsed() >= PLAIN_INTERVAL
        {
            *last = Instant::now();
            eprintln!("{done} of {} cases done, now {}", self.total, trial.name());
        }
    }

    fn is_cancelled(&self) -> bool {
        interrupted()
    }
}
