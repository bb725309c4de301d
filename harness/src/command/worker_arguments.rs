//! Options of subjects that run in processes of their own.

use crate::worker::WorkerOptions;
use clap::Args;
use std::num::NonZeroUsize;
use std::time::Duration;

/// Limits of subjects in processes of their own (cmd:COMMAND, lib:PATH).
#[derive(Debug, Args)]
#[command(next_help_heading = "Subjects in processes of their own (cmd:COMMAND, lib:PATH)")]
pub struct WorkerArguments {
    /// Seconds that a worker may take to start and introduce itself; 60 when absent.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub startup_limit: Option<Duration>,
    /// Seconds that it may take to answer one message, of up to 32 rows; 10 when absent.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub call_limit: Option<Duration>,
    /// Address space of a worker in MiB, 0 for no limit; 8192 when absent. Enforced on Linux.
    #[arg(long, value_name = "MIB")]
    pub memory_limit: Option<u64>,
    /// Workers that may be lost on 32 cases before the rest of them is given up; 8 when absent. One lost to a time limit
    /// counts four times.
    #[arg(long, value_name = "N")]
    pub restarts: Option<u32>,
    /// Workers at once; one per thread when absent. The output does not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub workers: Option<u16>,
    /// The most rows in a message; up to 32 when absent. With 1 a case's answer cannot depend on the cases beside it, as it
    /// does where code is compiled for the shape of the batch.
    #[arg(long, value_name = "N")]
    pub rows_per_call: Option<NonZeroUsize>,
}

impl WorkerArguments {
    pub(super) fn options(&self) -> WorkerOptions {
        let usual = WorkerOptions::default();
        WorkerOptions {
            startup_limit: self.startup_limit.unwrap_or(usual.startup_limit),
            call_limit: self.call_limit.unwrap_or(usual.call_limit),
            memory_limit_mebibytes: match self.memory_limit {
                Some(0) => None,
                given => given.or(usual.memory_limit_mebibytes),
            },
            restarts: self.restarts.unwrap_or(usual.restarts),
            workers: self.workers.map(usize::from).or(usual.workers),
            rows_per_call: self.rows_per_call.or(usual.rows_per_call),
        }
    }

    /// The options that a command about the same subject needs again.
    pub(super) fn repeated(&self) -> String {
        let in_seconds =
            |limit: Option<Duration>| limit.map(|limit| limit.as_secs_f64().to_string());
        let given = [
            ("startup-limit", in_seconds(self.startup_limit)),
            ("call-limit", in_seconds(self.call_limit)),
            (
                "memory-limit",
                self.memory_limit.map(|limit| limit.to_string()),
            ),
            (
                "rows-per-call",
                self.rows_per_call.map(|rows| rows.to_string()),
            ),
        ];
        let told = given
            .into_iter()
            .filter_map(|(name, value)| value.map(|value| format!(" --{name} {value}")));
        told.collect()
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "write a number of seconds")?;
    let limit = Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
    if limit.is_zero() {
        return Err("a limit of 0 seconds leaves no time for an answer".to_owned());
    }
    Ok(limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        workers: WorkerArguments,
    }

    fn given(arguments: &[&str]) -> Result<WorkerArguments, clap::Error> {
        let line = ["lossproof"].iter().chain(arguments);
        Command::try_parse_from(line).map(|command| command.workers)
    }

    #[test]
    fn what_is_not_given_is_usual() {
        let usual = given(&[]).unwrap();
        assert_eq!(usual.options(), WorkerOptions::default());
        assert_eq!(usual.repeated(), "");
        let some = given(&[
            "--call-limit",
            "0.5",
            "--memory-limit",
            "0",
            "--workers",
            "3",
            "--rows-per-call",
            "1",
        ])
        .unwrap();
        assert_eq!(some.options().call_limit, Duration::from_millis(500));
        assert_eq!(some.options().memory_limit_mebibytes, None);
        assert_eq!(some.options().workers, Some(3));
        assert_eq!(some.options().rows_per_call, NonZeroUsize::new(1));
        assert_eq!(
            some.repeated(),
            " --call-limit 0.5 --memory-limit 0 --rows-per-call 1"
        );
        assert!(given(&["--rows-per-call=0"]).is_err());
        for refused in ["0", "-1", "nan", "soon"] {
            let limit = format!("--call-limit={refused}");
            assert!(given(&[&limit]).is_err(), "{refused}");
        }
    }
}
