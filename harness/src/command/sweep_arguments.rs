//! Options of `lossproof sweep` and `lossproof merge`.

use super::arguments::profile_parser;
use super::worker_arguments::WorkerArguments;
use crate::spec::Profile;
use crate::sweep::Part;
use clap::Args;
use lossproof_numerics::Dtype;
use std::path::PathBuf;

pub(super) const SWEEP_EXAMPLES: &str = "\
Examples:
  lossproof sweep --op sigmoid --dtype f16                        all 65,536 encodings
  lossproof sweep --up-to 65536                                   every small domain of every op
  lossproof sweep lib:./mine.so --op softmax --dtype f16 --domain rows_of_2 --shard 3/16
  lossproof merge sweeps --out result.json                        put the shards of all machines together";

/// `lossproof sweep`
#[derive(Debug, Args)]
pub struct SweepArguments {
    /// What to measure (see `lossproof list subjects`); builtin when absent, with --spec builtin:formula.
    #[arg(value_name = "SUBJECT")]
    pub subject: Option<String>,
    /// Only these ops (see `lossproof list ops`); may be repeated or separated by commas.
    #[arg(long = "op", value_name = "OP", value_delimiter = ',')]
    pub ops: Vec<String>,
    /// Only these dtypes: f16, bf16, f32.
    #[arg(long = "dtype", value_name = "DTYPE", value_delimiter = ',')]
    pub dtypes: Vec<Dtype>,
    /// Only these domains (see `lossproof list domains`).
    #[arg(long = "domain", value_name = "DOMAIN", value_delimiter = ',')]
    pub domains: Vec<String>,
    /// Only domains of at most so many inputs.
    #[arg(long, value_name = "N")]
    pub up_to: Option<u64>,
    /// Only domains of which this folder has an outcome: golden/sweeps, to sweep again what was reviewed.
    #[arg(long, value_name = "DIR")]
    pub again: Option<PathBuf>,
    /// Only a part of the shards, the third of sixteen for example: the others are for other machines.
    #[arg(long, value_name = "K/N", default_value = "1/1")]
    pub shard: Part,
    /// The folder of the outcomes: a folder in it for each op, dtype and domain, and in that a file for each shard.
    #[arg(long, value_name = "DIR", default_value = "sweeps")]
    pub out: PathBuf,
    /// Judge by the conventions of this profile; the subject's own when absent (see `lossproof list profiles`).
    #[arg(long, value_name = "PROFILE", value_parser = profile_parser())]
    pub profile: Option<Profile>,
    /// How workers are run.
    #[command(flatten)]
    pub workers: WorkerArguments,
}

/// `lossproof merge`
#[derive(Debug, Args)]
pub struct MergeArguments {
    /// Files that `lossproof sweep` or `lossproof merge` wrote, or folders of them.
    #[arg(value_name = "DIR|FILE", required = true)]
    pub inputs: Vec<PathBuf>,
    /// The file to write; or an existing folder, into which each domain's result is written as OP.DTYPE.DOMAIN.json.
    #[arg(long, value_name = "FILE|DIR")]
    pub out: PathBuf,
}
