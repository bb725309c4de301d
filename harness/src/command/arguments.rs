//! The command line: what can be asked, with help that teaches.

use super::hunt_arguments::HuntArguments;
use super::sweep_arguments::{MergeArguments, SWEEP_EXAMPLES, SweepArguments};
use super::worker_arguments::WorkerArguments;
use crate::reference::DEFAULT_PRECISION_LIMIT;
use crate::spec::Profile;
use crate::subject::Subject;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use lossproof_numerics::Dtype;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// Proves how many ulps a loss kernel is off, where and why.
///
/// Every error is measured against an interval, computed with MPFR, that is proven to contain the exact result on the
/// kernel's own inputs.
///
/// Exit codes: 0 conforms, 1 does not conform, 2 usage or unreadable input, 3 a subject could not be run.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command.
    #[command(flatten)]
    pub common: Common,
}

const EXAMPLES: &str = "\
Examples:
  lossproof check                                   our kernels, every op and dtype, quick tier
  lossproof check builtin builtin:textbook --op softmax --dtype f32
  lossproof check 'cmd:python3 my_worker.py'          kernels in any language, in a process of their own
  lossproof check --spec my_loss.toml               a loss of your own, as its formula computes it
  lossproof explain softmax/f32/huge_logits/00017   one case: inputs, exact result, error, clause
  lossproof hunt builtin:textbook --op softmax --dtype f32   a worse input than the cases have
  lossproof gate                                    may this release ship?
  lossproof diff before.json after.json             what changed between two reports?
  echo '{\"op\":\"logsumexp\",\"dtype\":\"f32\",\"inputs\":{\"logits\":[1,2]}}' | lossproof reference";

/// Makes the subjects of a program with kernels of its own.
pub type OwnSubjects = fn() -> Vec<Box<dyn Subject>>;

/// Options of every command.
#[derive(Debug, Args)]
pub struct Common {
    /// Read the specs from this folder instead of those compiled in.
    #[arg(long, global = true, value_name = "DIR")]
    pub specs: Option<PathBuf>,
    /// Add a spec of your own to them; may be repeated.
    ///
    /// `check` then measures the ops of these files alone, and where no subject is named it measures builtin:formula.
    #[arg(long = "spec", global = true, value_name = "FILE")]
    pub own_specs: Vec<PathBuf>,
    /// Read the known worst cases from this folder instead of those compiled in.
    #[arg(long, global = true, value_name = "DIR")]
    pub worst_cases: Option<PathBuf>,
    /// Threads; one per core when absent. The output does not depend on it.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// The seed of the case generators.
    #[arg(long, global = true, default_value_t = 0, value_name = "N")]
    pub seed: u64,
    /// The most bits the oracle climbs to before a value counts as undecided.
    #[arg(long, global = true, default_value_t = DEFAULT_PRECISION_LIMIT, value_name = "BITS",
          value_parser = clap::value_parser!(u32).range(128..=1 << 20))]
    pub precision_limit: u32,
    /// The rungs that settle values: all, or MPFR's alone, which is slower and gives the same verdicts and bounds; but where --precision-limit is
    /// low it leaves open what the others settle.
    #[arg(long, global = true, value_enum, default_value_t = OracleArgument::Ladder)]
    pub oracle: OracleArgument,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// Makes the subjects of the program that this command is part of.
    #[arg(skip = Vec::new as OwnSubjects)]
    pub own_subjects: OwnSubjects,
}

/// Reads a profile by its name.
pub(super) fn profile_parser() -> impl TypedValueParser<Value = Profile> {
    let names = Profile::ALL.iter().map(|profile| profile.name());
    PossibleValuesParser::new(names)
        .map(|name| Profile::named(&name).expect("only names of profiles are possible values"))
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure subjects over adversarial cases: a table of maximum errors with the worst case of each.
    Check(Check),
    /// Check our kernels against the reviewed bounds, the ceilings and the waivers: one line per regression.
    Gate(Gate),
    /// Write the report: HTML, Markdown and JSON.
    Report(ReportArguments),
    /// Compare the frameworks that people use on the same cases, each judged by its own profile: HTML, Markdown and JSON.
    ///
    /// Runs every framework of the list whose environment is set up (`make frameworks` does that), and this project's own
    /// kernels beside them. A hand-written finding that what is measured no longer bears out is exit code 1.
    League(LeagueArguments),
    /// Certified references: JSON lines on standard input, enclosures on standard output.
    ///
    /// One JSON object a line: {"id": "a", "op": …, "dtype": …, "inputs": {name: [values]}}. A value is a JSON number (rounded
    /// once to the dtype) or a string: a decimal, a hex float, inf, -inf, nan, or bits: and the encoding in hex. A line that
    /// cannot be read is answered with an error on its own line; the rest are still answered, and the exit code is 2.
    Reference(ReferenceArguments),
    /// Explain one case: inputs, exact result to 40 digits, a subject's result, error, conditioning, clause.
    Explain(Explain),
    /// Search for inputs that make a kernel worse, then shrink the worst to the simplest that shows it.
    ///
    /// Starts from what is known to be bad and from cases of the op's classes; bisects the ranges of few arguments, changes
    /// the worst rows by small moves (numbers, bits, labels, lengths), and halves its way down to zeros of the exact result.
    /// An error is what an enclosure proves. Numbers stay in the domain of their role, so that no probability turns negative.
    ///
    /// Exit codes: 0 what was found conforms, 1 it does not, 2 usage, 3 the subject could not be run.
    Hunt(HuntArguments),
    /// Prove that the harness would notice: known-bad kernels must be caught, correct ones must pass.
    ///
    /// Runs the shipped known-bad kernels (mutants) over the same cases as everybody and prints which class, clause or
    /// property caught each and by how much; then correct kernels written differently, which must raise no alarm. A
    /// survivor or a false alarm is exit code 1.
    #[command(name = "selftest")]
    SelfTest(SelfTestArguments),
    /// Judge every input of a finite domain: a maximum over all of it, and not over a sample.
    ///
    /// Domains follow from the inputs of an op (`lossproof list domains`): every encoding of an elementwise op's input, every pair,
    /// every row of one or two values of a 16-bit dtype. A domain is cut into shards; each finished shard is a file in the
    /// folder given with --out. A sweep that was killed goes on where it was when the same command is given again. Outcomes of several machines are put together by
    /// `lossproof merge`.
    ///
    /// Exit codes: 0 every input conforms, 1 some do not or the sweep was interrupted, 2 usage, or a file that is damaged
    /// or of another kernel or spec, 3 the subject could not be run.
    #[command(after_help = SWEEP_EXAMPLES)]
    Sweep(SweepArguments),
    /// Put outcomes of sweeps together, in any order and any split, to the same bytes.
    ///
    /// Shards that are there twice must agree. Where shards of the domain are missing they are listed, and the result is not
    /// exhaustive.
    ///
    /// Exit codes: 0 exhaustive and every input conforms, 1 not, 2 a file is damaged, or files do not belong together or
    /// contradict each other.
    Merge(MergeArguments),
    /// Say what got better, worse, appeared or went away between two reports.
    ///
    /// Compares rows by subject, op, dtype and class, then clauses, properties and the self-proof. Worse is: a larger upper
    /// bound of the maximum error, a smaller share correctly rounded, more values or calls of a verdict that is a fault,
    /// fewer cases, an entry that conformed or held and does not any more, and one that is no longer tested. Something both
    /// better and worse counts as worse.
    ///
    /// Exit codes: 0 nothing is worse, 1 something is, 2 a file cannot be read or the two cannot be compared.
    Diff(DiffArguments),
    /// List ops, classes, cases, subjects, profiles or domains.
    List(List),
    /// Write the starting file of a kernel of your own, in Python, C, C++ or Rust, and say what to type next.
    Init(Init),
    /// Answer worker protocol 1 on standard input and output with the kernels of a shared library.
    #[command(hide = true)]
    ServeLibrary(ServeLibrary),
}

/// Which rungs of the ladder settle values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OracleArgument {
    /// f64 brackets, double-double, then MPFR for what they leave open and for every maximum.
    Ladder,
    /// MPFR alone.
    Mpfr,
}

/// How many cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TierArgument {
    /// A few thousand values for each op, dtype and class.
    Quick,
    /// Four to five times as many cases, with rows of up to 2^20 values.
    Full,
}

/// Which trials.
#[derive(Debug, Args)]
pub struct SelectionArguments {
    /// Only these ops (see `lossproof list ops`); may be repeated or separated by commas.
    #[arg(long = "op", value_name = "OP", value_delimiter = ',')]
    pub ops: Vec<String>,
    /// Only these dtypes: f16, bf16, f32, f64.
    #[arg(long = "dtype", value_name = "DTYPE", value_delimiter = ',')]
    pub dtypes: Vec<Dtype>,
    /// Only these case classes (see `lossproof list classes`).
    #[arg(long = "class", value_name = "CLASS", value_delimiter = ',')]
    pub classes: Vec<String>,
    /// How many cases.
    #[arg(long, value_enum, default_value = "quick")]
    pub tier: TierArgument,
    /// Only every so many-th case of a class, from the first: a faster look at slow kernels.
    #[arg(long, value_name = "K")]
    pub every: Option<NonZeroU32>,
}

/// `lossproof check`
#[derive(Debug, Args)]
pub struct Check {
    /// What to measure (see `lossproof list subjects`); builtin when absent, with --spec builtin:formula.
    #[arg(value_name = "SUBJECT")]
    pub subjects: Vec<String>,
    /// Which trials.
    #[command(flatten)]
    pub selection: SelectionArguments,
    /// Judge by the conventions of this profile; the subjects' own when absent (see `lossproof list profiles`).
    #[arg(long, value_name = "PROFILE", value_parser = profile_parser())]
    pub profile: Option<Profile>,
    /// One line per class instead of one per op and dtype.
    #[arg(long)]
    pub per_class: bool,
    /// Print Markdown that suits a pull request, as a comment or in a CI system's summary.
    #[arg(long)]
    pub markdown: bool,
    /// Also write the report of what was measured to this file, as JSON in the form of reports/conformance.json.
    ///
    /// `lossproof diff` compares two of them.
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// What to look at besides.
    #[command(flatten)]
    pub besides: Besides,
    /// How workers are run.
    #[command(flatten)]
    pub workers: WorkerArguments,
}

/// What `lossproof check` looks at besides the errors.
#[derive(Debug, Args)]
pub struct Besides {
    /// Also check the properties that need no reference: the same bits in a batch, at another alignment, shifts, sums.
    #[arg(long)]
    pub properties: bool,
    /// Also say where the time went: kernels, transport to and from workers, oracle.
    #[arg(long)]
    pub timing: bool,
    /// Show which of the tolerances that people test with today would let the results pass, and what they let through.
    ///
    /// The results are compared as those tools do, with the correctly rounded result as what is expected.
    #[arg(long)]
    pub tolerances: bool,
}

/// `lossproof gate`
#[derive(Debug, Args)]
pub struct Gate {
    /// Which trials.
    #[command(flatten)]
    pub selection: SelectionArguments,
    /// The folder of reviewed bounds and waivers.
    #[arg(long, value_name = "DIR", default_value = "golden")]
    pub golden: PathBuf,
}

/// `lossproof report`
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// Where to write the report.
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub out: PathBuf,
    /// The folder of reviewed bounds and waivers.
    #[arg(long, value_name = "DIR", default_value = "golden")]
    pub golden: PathBuf,
    /// How many cases.
    #[arg(long, value_enum, default_value = "quick")]
    pub tier: TierArgument,
}

/// `lossproof league`
#[derive(Debug, Args)]
pub struct LeagueArguments {
    /// Frameworks of the list, or other subjects; all frameworks of the list and builtin when absent.
    #[arg(value_name = "SUBJECT")]
    pub subjects: Vec<String>,
    /// The list of frameworks.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "harness/adapters/frameworks/frameworks.toml"
    )]
    pub frameworks: PathBuf,
    /// The findings to hold against what is measured; findings.toml beside the list when absent.
    #[arg(long, value_name = "FILE")]
    pub findings: Option<PathBuf>,
    /// The folder of the frameworks' environments.
    #[arg(long, value_name = "DIR", default_value = "target/frameworks")]
    pub environments: PathBuf,
    /// Where to write the report.
    #[arg(long, value_name = "DIR", default_value = "reports/frameworks")]
    pub out: PathBuf,
    /// Which trials.
    #[command(flatten)]
    pub selection: SelectionArguments,
    /// How workers are run; a framework's may take 180 seconds to start and 120 for an answer, has no memory limit, and two
    /// of it run at once when nothing else is asked for.
    #[command(flatten)]
    pub workers: WorkerArguments,
}

/// `lossproof reference`
#[derive(Debug, Args)]
pub struct ReferenceArguments {
    /// Condition numbers of row outputs cost a pass per value: compute them up to this row length.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub kappa_up_to: usize,
}

/// `lossproof explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// The case, as reports and failures name it: softmax/f32/huge_logits/00017.
    #[arg(value_name = "CASE_ID")]
    pub case: String,
    /// The subject to run; builtin when absent, with --spec builtin:formula.
    #[arg(value_name = "SUBJECT")]
    pub subject: Option<String>,
    /// The place in the output to explain; the worst value when absent.
    #[arg(long, value_name = "K")]
    pub place: Option<usize>,
    /// Judge by the conventions of this profile; the subject's own when absent.
    #[arg(long, value_name = "PROFILE", value_parser = profile_parser())]
    pub profile: Option<Profile>,
    /// Print every input value, however long the row.
    #[arg(long)]
    pub all: bool,
    /// How workers are run.
    #[command(flatten)]
    pub workers: WorkerArguments,
}

/// `lossproof selftest`
#[derive(Debug, Args)]
pub struct SelfTestArguments {
    /// Only these: `mutants`, `variants`, mutant:<id> or variant:<id>; all when absent.
    #[arg(value_name = "KERNEL")]
    pub kernels: Vec<String>,
    /// How many cases.
    #[arg(long, value_enum, default_value = "quick")]
    pub tier: TierArgument,
}

/// `lossproof diff`
#[derive(Debug, Args)]
pub struct DiffArguments {
    /// The older report: a conformance.json, or what `check --save` wrote.
    #[arg(value_name = "BEFORE.json")]
    pub before: PathBuf,
    /// The newer report.
    #[arg(value_name = "AFTER.json")]
    pub after: PathBuf,
    /// Print Markdown that suits a comment on a pull request.
    #[arg(long)]
    pub markdown: bool,
    /// What is no longer tested does not count as worse.
    #[arg(long)]
    pub allow_removed: bool,
    /// Compare reports of another seed, tier or profile, whose maxima are over other cases or by other conventions.
    #[arg(long)]
    pub force: bool,
}

/// `lossproof list`
#[derive(Debug, Args)]
pub struct List {
    /// What to list.
    #[arg(value_enum)]
    pub what: Listed,
    /// Which trials, for `cases`; which ops, for `profiles`; for `ops`, those to describe in full.
    #[command(flatten)]
    pub selection: SelectionArguments,
    /// Only this profile, for `profiles`.
    #[arg(long, value_name = "PROFILE", value_parser = profile_parser())]
    pub profile: Option<Profile>,
}

/// What can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Listed {
    /// Ops with their inputs and formula; with --op, all there is to know of one.
    Ops,
    /// Case classes and what they break.
    Classes,
    /// Case ids of a selection.
    Cases,
    /// Subjects.
    Subjects,
    /// What each profile's clauses and formulas say, and what is unknown.
    Profiles,
    /// Finite domains of an op and dtype that `lossproof sweep` judges every input of.
    Domains,
    /// Functions of the formula language.
    Functions,
}

/// `lossproof init`
#[derive(Debug, Args)]
pub struct Init {
    /// The language of the kernel.
    #[arg(value_enum)]
    pub language: Language,
    /// Where to write the files.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
}

/// A language to write a kernel in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// A worker process, with numpy.
    Python,
    /// A shared library.
    C,
    /// A shared library.
    Cpp,
    /// A program with the whole command in it.
    Rust,
}

/// `lossproof serve-library`
#[derive(Debug, Args)]
pub struct ServeLibrary {
    /// The shared library.
    #[arg(value_name = "PATH")]
    pub library: PathBuf,
}
