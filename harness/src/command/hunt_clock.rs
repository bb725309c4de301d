//! Progress of a hunt, on standard error, and the end of its time.

use super::setup::interrupted;
use crate::hunt::{Judge, Plan, Watch};
use crate::measure::round_up;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Without a terminal, how long to be silent between lines.
const PLAIN_INTERVAL: Duration = Duration::from_secs(30);

/// Progress on standard error, and the end of the time where there is one.
pub(super) struct Clock {
    bar: ProgressBar,
    name: String,
    started: Instant,
    limit: Option<Duration>,
    told: Mutex<Instant>,
}

impl Clock {
    /// For a hunt, with a limit on its time where there is one.
    pub(super) fn new(judge: &Judge<'_>, plan: &Plan, limit: Option<Duration>) -> Self {
        let target = if stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(plan.evaluations, target);
        let style = ProgressStyle::with_template("{human_pos} evaluations, {elapsed}  {wide_msg}");
        bar.set_style(style.expect("a fixed template"));
        let now = Instant::now();
        Self {
            bar,
            name: format!("{} {}", judge.reference.op.name, judge.dtype),
            started: now,
            limit,
            told: Mutex::new(now),
        }
    }

    /// Takes the progress away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for Clock {
    fn evaluated(&self, evaluations: u64, best: f64) {
        self.bar.set_position(evaluations);
        let best = round_up(best);
        self.bar.set_message(format!("{}: {best}", self.name));
        if self.bar.is_hidden()
            && let Ok(mut told) = self.told.lock()
            && told.elapsed() >= PLAIN_INTERVAL
        {
            *told = Instant::now();
            eprintln!("{}: {evaluations} evaluations, {best} so far", self.name);
        }
    }

    fn is_over(&self) -> bool {
        interrupted()
            || self
                .limit
                .is_some_and(|limit| self.started.elapsed() >= limit)
    }
}
