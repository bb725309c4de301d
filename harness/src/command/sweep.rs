//! `lossproof sweep`.

use super::DOES_NOT_CONFORM;
use super::arguments::Common;
use super::setup::{catch_interrupt, interrupted, profile_of, references_of, require_known};
use super::sweep_arguments::SweepArguments;
use super::sweep_content::content_of;
use super::sweep_files::{SweepFolder, pieces_by_name, shards_of};
use super::sweep_progress::SweepProgress;
use super::sweep_table::{fault_lines, outcome_table};
use crate::reference::Reference;
use crate::subject::Subject;
use crate::sweep::{
    Domain, Identity, Question, ShardSet, SweepFile, domains, merge, sweep_name, sweep_shards,
};
use anyhow::{Result, bail};
use lossproof_numerics::Dtype;
use std::io::{Write, stdout};
use std::process::ExitCode;

/// One domain to sweep, with where its outcomes lie and what is still to do.
struct Task<'a> {
    reference: &'a Reference,
    domain: Domain,
    folder: SweepFolder,
    /// The shards asked for.
    asked: ShardSet,
    /// Those of them that have no outcome yet.
    to_do: Vec<u32>,
}

pub(super) fn run(common: &Common, arguments: &SweepArguments) -> Result<ExitCode> {
    let is_narrowed = !arguments.ops.is_empty()
        || arguments.up_to.is_some()
        || arguments.again.is_some()
        || !common.own_specs.is_empty();
    if !is_narrowed {
        bail!(
            "all domains of all ops take days; name ops with --op, take the small domains alone with --up-to 65536, or those \
             swept before with --again golden/sweeps (`lossproof list domains` lists all)"
        );
    }
    let specs = common.specs()?;
    let name = arguments
        .subject
        .clone()
        .unwrap_or_else(|| common.usual_subject());
    let subject = common.subject(&name, &specs, &arguments.workers.options())?;
    let profile = profile_of(arguments.profile, &[&*subject])?;
    let references = references_of(&specs, profile)?;
    let ops = if arguments.ops.is_empty() {
        common.own_ops(&specs)
    } else {
        arguments.ops.clone()
    };
    let tasks = tasks(common, arguments, (&references, &ops), &*subject)?;
    let inputs = |task: &Task<'_>| task.to_do.len() as u64 * task.domain.shard_inputs();
    let progress = SweepProgress::new(tasks.iter().map(inputs).sum());
    catch_interrupt()?;
    for task in &tasks {
        progress.begin(&task.folder.identity().name());
        let question = Question {
            reference: task.reference,
            subject: &*subject,
            domain: &task.domain,
            precision_limit: common.precision_limit,
            oracle: common.oracle.oracle(),
        };
        let threads = common.threads.map(usize::from);
        let store = |shard, outcome| task.folder.store(shard, outcome);
        let swept =
            sweep_shards::<anyhow::Error>(&question, &task.to_do, threads, &progress, store);
        if swept.is_err() {
            progress.finish();
        }
        swept?;
    }
    progress.finish();
    if interrupted() {
        return interruption(&tasks);
    }
    let files = tasks.iter().map(result_of).collect::<Result<Vec<_>>>()?;
    print(common, arguments, &files)
}

/// The domains asked for that the subject has kernels for.
fn tasks<'a>(
    common: &Common,
    arguments: &SweepArguments,
    (references, ops): (&'a [Reference], &[String]),
    subject: &dyn Subject,
) -> Result<Vec<Task<'a>>> {
    let known: Vec<&str> = references
        .iter()
        .map(|known| known.op.name.as_str())
        .collect();
    require_known("op", ops, &known, "lossproof list ops")?;
    let asked = selected(arguments, (references, ops))?;
    let number = asked.len();
    let content = content_of(subject)?;
    let mut tasks = Vec::new();
    for (reference, dtype, domain) in asked {
        if !subject.supports(&reference.op.name, dtype) {
            continue;
        }
        let shards = arguments.shard.of(domain.shards());
        if shards.is_empty() {
            bail!(
                "part {} of {} has none of its {} shards; split it into fewer parts",
                arguments.shard,
                domain.name,
                domain.shards()
            );
        }
        let limit = common.precision_limit;
        let identity = Identity::new(reference, subject, &content, &domain, limit);
        let folder = SweepFolder::open(&arguments.out, identity)?;
        let done = shards_of(&folder.pieces()?);
        let to_do = shards.iter().filter(|shard| !done.contains(*shard));
        tasks.push(Task {
            reference,
            domain,
            folder,
            to_do: to_do.collect(),
            asked: shards,
        });
    }
    if tasks.is_empty() {
        bail!(
            "{} has no kernel for any op and dtype of the {number} domains selected; `lossproof list domains` lists them",
            subject.name()
        );
    }
    if tasks.len() < number {
        eprintln!(
            "not swept: {} of {number} domains, for which {} has no kernel",
            number - tasks.len(),
            subject.name()
        );
    }
    Ok(tasks)
}

/// The domains of a selection; it must have some.
fn selected<'a>(
    arguments: &SweepArguments,
    (references, ops): (&'a [Reference], &[String]),
) -> Result<Vec<(&'a Reference, Dtype, Domain)>> {
    let mut all = Vec::new();
    for reference in references {
        if !(ops.is_empty() || ops.contains(&reference.op.name)) {
            continue;
        }
        for dtype in Dtype::ALL {
            if arguments.dtypes.is_empty() || arguments.dtypes.contains(&dtype) {
                let found = domains(&reference.op, dtype).into_iter();
                all.extend(found.map(|domain| (reference, dtype, domain)));
            }
        }
    }
    let names: Vec<String> = all
        .iter()
        .map(|(_, _, domain)| domain.name.clone())
        .collect();
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    if !all.is_empty() {
        let command = "lossproof list domains --op … --dtype …";
        require_known("domain", &arguments.domains, &known, command)?;
    }
    all.retain(|(_, _, domain)| {
        let is_asked = arguments.domains.is_empty() || arguments.domains.contains(&domain.name);
        is_asked && arguments.up_to.is_none_or(|most| domain.size() <= most)
    });
    if let Some(folder) = &arguments.again
        && !all.is_empty()
    {
        let swept = pieces_by_name(std::slice::from_ref(folder))?;
        all.retain(|(reference, _, domain)| {
            swept.contains_key(&sweep_name(&reference.op.name, domain))
        });
        if all.is_empty() {
            bail!(
                "`{}` has no outcome of any domain selected; `lossproof list domains` lists them, and their files are named \
                 OP.DTYPE.DOMAIN",
                folder.display()
            );
        }
    }
    if all.is_empty() {
        bail!(
            "no op and dtype selected has a domain that is finite enough to sweep; `lossproof list domains` lists all there are"
        );
    }
    Ok(all)
}

/// What the files in a task's folder amount to, of the shards asked for.
fn result_of(task: &Task<'_>) -> Result<SweepFile> {
    let mut pieces = task.folder.pieces()?;
    pieces.retain(|piece| piece.file.shards.is_within(&task.asked));
    Ok(merge(pieces)?)
}

/// Says what is kept, and how to go on.
fn interruption(tasks: &[Task<'_>]) -> Result<ExitCode> {
    for task in tasks {
        let kept = shards_of(&task.folder.pieces()?);
        let kept = task
            .asked
            .iter()
            .filter(|shard| kept.contains(*shard))
            .count();
        eprintln!(
            "interrupted: {} has {kept} of {} shards; the same command goes on from there",
            task.folder.identity().name(),
            task.asked.len()
        );
    }
    Ok(ExitCode::from(DOES_NOT_CONFORM))
}

fn print(common: &Common, arguments: &SweepArguments, files: &[SweepFile]) -> Result<ExitCode> {
    let mut out = stdout().lock();
    if common.json {
        writeln!(out, "{}", serde_json::to_string_pretty(files)?)?;
    } else {
        write!(out, "{}", outcome_table(files))?;
        for line in files.iter().flat_map(fault_lines) {
            writeln!(out, "{line}")?;
        }
        if !arguments.shard.is_whole() {
            let out_folder = arguments.out.display();
            writeln!(
                out,
                "part {} of the shards; put the parts together with: lossproof merge {out_folder} … --out FILE",
                arguments.shard
            )?;
        }
    }
    let conforms = files.iter().all(|file| file.outcome.conforms());
    Ok(if conforms {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(DOES_NOT_CONFORM)
    })
}
