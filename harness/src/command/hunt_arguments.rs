//! What can be asked of `lossproof hunt`.

use super::arguments::profile_parser;
use super::worker_arguments::WorkerArguments;
use crate::hunt::Objective;
use crate::spec::Profile;
use clap::{Args, ValueEnum};
use lossproof_numerics::Dtype;
use std::path::PathBuf;
use std::time::Duration;

/// The longest row that is tried where nothing else is asked for.
pub(super) const LONGEST: u16 = 64;

/// `lossproof hunt`
#[derive(Debug, Args)]
pub struct HuntArguments {
    /// The subject to hunt (see `lossproof list subjects`); builtin when absent, with --spec builtin:formula.
    #[arg(value_name = "SUBJECT")]
    pub subject: Option<String>,
    /// These ops, one after the other; may be repeated or separated by commas.
    #[arg(long = "op", value_name = "OP", value_delimiter = ',', required = true)]
    pub ops: Vec<String>,
    /// These dtypes: f16, bf16, f32, f64; all that the subject has when absent.
    #[arg(long = "dtype", value_name = "DTYPE", value_delimiter = ',')]
    pub dtypes: Vec<Dtype>,
    /// Begin with cases of these classes; all that the op lists when absent.
    #[arg(long = "class", value_name = "CLASS", value_delimiter = ',')]
    pub classes: Vec<String>,
    /// What to make as large as possible.
    #[arg(long, value_enum, default_value = "ulps")]
    pub objective: ObjectiveArgument,
    /// How many inputs to evaluate for each op and dtype; the outcome is then the same on every run and with any number
    /// of threads.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub evaluations: u64,
    /// Search for this long instead, for each op and dtype. Not reproducible; what is printed says which --evaluations
    /// repeats it.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, conflicts_with = "evaluations")]
    pub seconds: Option<Duration>,
    /// The longest row to try.
    #[arg(long, value_name = "N", default_value_t = LONGEST, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub longest: u16,
    /// Judge by the conventions of this profile; the subject's own when absent.
    #[arg(long, value_name = "PROFILE", value_parser = profile_parser())]
    pub profile: Option<Profile>,
    /// Start from nothing known: leave out known worst cases and the worst cases of reviewed bounds.
    #[arg(long)]
    pub fresh: bool,
    /// Also evaluate as many inputs drawn at random, and say by how much the hunt is ahead; implies --fresh.
    ///
    /// Two ways to draw: cases of the op's classes under other seeds, and numbers spread evenly over the dtype's values.
    #[arg(long)]
    pub compare: bool,
    /// Keep what was found, shrunk, in worst_cases/ of the golden folder: a case of the class `known_worst` for everybody.
    #[arg(long)]
    pub keep: bool,
    /// The folder of reviewed bounds and worst cases.
    #[arg(long, value_name = "DIR", default_value = "golden")]
    pub golden: PathBuf,
    /// How workers are run.
    #[command(flatten)]
    pub workers: WorkerArguments,
}

/// What the hunt makes large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ObjectiveArgument {
    /// The error in ulps.
    Ulps,
    /// The error relative to u · max(1, κ): what the conditioning of the inputs does not excuse.
    Conditioned,
    /// The error relative to the ceiling at the inputs' κ.
    Ceiling,
}

impl ObjectiveArgument {
    pub(super) fn objective(self) -> Objective {
        match self {
            Self::Ulps => Objective::Ulps,
            Self::Conditioned => Objective::Conditioned,
            Self::Ceiling => Objective::Ceiling,
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "write a number of seconds")?;
    let limit = Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
    if limit.is_zero() {
        return Err("in 0 seconds nothing is found".to_owned());
    }
    Ok(limit)
}
