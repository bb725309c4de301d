//! `lossproof hunt`: inputs that make a kernel worse.

use super::DOES_NOT_CONFORM;
use super::arguments::Common;
use super::hunt_account::{Quarry, is_at_fault, text};
use super::hunt_arguments::HuntArguments;
use super::hunt_clock::Clock;
use super::hunt_json::json;
use super::setup::{catch_interrupt, interrupted, profile_of, require_known};
use super::worst_files::keep;
use crate::cases::{Case, Class, KNOWN_WORST, case, class_named};
use crate::gate::{parse_snapshot, snapshot_name};
use crate::hunt::{Baseline, Find, Hunted, Judge, Plan, Start, hunt, plain_sampling, shrink};
use crate::measure::{round_down, round_up};
use crate::reference::Reference;
use crate::run::in_pool;
use crate::subject::Subject;
use crate::worst_cases::{Provenance, WorstCase};
use anyhow::{Context, Result, bail};
use lossproof_numerics::Dtype;
use std::fs;
use std::io::{Write, stdout};
use std::process::ExitCode;

/// The smallest error worth keeping: correct rounding is half an ulp at most.
const WORTH_KEEPING_ULPS: f64 = 0.5;

pub(super) fn run(common: &Common, arguments: &HuntArguments) -> Result<ExitCode> {
    let specs = common.specs()?;
    let name = arguments.subject.clone();
    let name = name.unwrap_or_else(|| common.usual_subject());
    let subject = common.subject(&name, &specs, &arguments.workers.options())?;
    let profile = profile_of(arguments.profile, &[&*subject])?;
    let references = common.references_beside(&arguments.golden, &specs, profile)?;
    let ops: Vec<&str> = specs_ops(&references);
    require_known("op", &arguments.ops, &ops, "lossproof list ops")?;
    let prey = prey(arguments, &references, &*subject)?;
    catch_interrupt()?;
    let threads = common.threads.map(usize::from);
    let mut caught: Vec<Quarry<'_>> = Vec::new();
    for (reference, dtype) in prey {
        let judge = Judge {
            reference,
            subject: &*subject,
            dtype,
            objective: arguments.objective.objective(),
            precision_limit: common.precision_limit,
            oracle: common.oracle.oracle(),
        };
        let hunted = in_pool(threads, || one(common, arguments, judge))??;
        caught.push(hunted);
        if interrupted() {
            break;
        }
    }
    if arguments.keep && !interrupted() {
        for quarry in &mut caught {
            quarry.kept = keep_find(common, arguments, quarry)?;
        }
    }
    let told = if common.json {
        format!("{:#}\n", json(&caught, arguments, common))
    } else {
        text(&caught, arguments, common)?
    };
    stdout().lock().write_all(told.as_bytes())?;
    let conforms = !caught.iter().any(is_at_fault) && !interrupted();
    Ok(if conforms {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(DOES_NOT_CONFORM)
    })
}

fn specs_ops(references: &[Reference]) -> Vec<&str> {
    let names = references.iter().map(|known| known.op.name.as_str());
    names.collect()
}

/// The ops and dtypes to hunt, in the order of the specs.
fn prey<'a>(
    arguments: &HuntArguments,
    references: &'a [Reference],
    subject: &dyn Subject,
) -> Result<Vec<(&'a Reference, Dtype)>> {
    let asked = references
        .iter()
        .filter(|reference| arguments.ops.contains(&reference.op.name));
    let mut prey = Vec::new();
    for reference in asked {
        for dtype in Dtype::ALL {
            let name = &reference.op.name;
            let asked = arguments.dtypes.contains(&dtype);
            if !(arguments.dtypes.is_empty() || asked) {
                continue;
            }
            if subject.supports(name, dtype) {
                prey.push((reference, dtype));
            } else if asked {
                bail!("{} has no kernel `{name}` for {dtype}", subject.name());
            }
        }
    }
    if prey.is_empty() {
        bail!(
            "{} has no kernel for {}; `lossproof list ops` names the ops",
            subject.name(),
            arguments.ops.join(", ")
        );
    }
    Ok(prey)
}

/// Hunts one op in one dtype.
fn one<'a>(common: &Common, arguments: &HuntArguments, judge: Judge<'a>) -> Result<Quarry<'a>> {
    let plan = plan(common, arguments, &judge)?;
    let clock = Clock::new(&judge, &plan, arguments.seconds);
    let hunted = hunt(&judge, &plan, &clock)?;
    let patience = Clock::new(&judge, &plan, None);
    let shrunk = match &hunted.find {
        Some(find) if !interrupted() => Some(shrink(&judge, find, &patience)?),
        _ => None,
    };
    let baselines = if arguments.compare && !interrupted() {
        let same = Plan {
            evaluations: Some(hunted.evaluations),
            ..plan.clone()
        };
        let sampled = |baseline| plain_sampling(&judge, &same, baseline, &patience);
        Some([sampled(Baseline::Cases)?, sampled(Baseline::Places)?])
    } else {
        None
    };
    clock.finish();
    patience.finish();
    Ok(Quarry {
        judge,
        starts: plan.starts.len(),
        hunted,
        shrunk,
        baselines,
        kept: None,
    })
}

fn plan(common: &Common, arguments: &HuntArguments, judge: &Judge<'_>) -> Result<Plan> {
    let starts = if arguments.fresh || arguments.compare {
        Vec::new()
    } else {
        starts(common, arguments, judge)?
    };
    Ok(Plan {
        seed: common.seed,
        evaluations: arguments.seconds.is_none().then_some(arguments.evaluations),
        longest: usize::from(arguments.longest),
        classes: classes(arguments, judge.reference)?,
        starts,
    })
}

/// The classes asked for, else those that the op lists.
fn classes(arguments: &HuntArguments, reference: &Reference) -> Result<Vec<&'static Class>> {
    let listed = reference.op.classes();
    let names = if arguments.classes.is_empty() {
        listed
    } else {
        &arguments.classes
    };
    if let Some(name) = names.iter().find(|&name| !listed.contains(name)) {
        bail!(
            "`{name}` is no class of {}; its classes are {}",
            reference.op.name,
            listed.join(", ")
        );
    }
    names.iter().map(|name| Ok(class_named(name)?)).collect()
}

/// The known worst cases, and the worst cases of the reviewed bounds, that are short enough.
fn starts(common: &Common, arguments: &HuntArguments, judge: &Judge<'_>) -> Result<Vec<Start>> {
    let (op, dtype) = (&judge.reference.op, judge.dtype);
    let signature = op.signature();
    let mut starts = Vec::new();
    for index in 0..op.kept.of(dtype).count() {
        let id = format!("{}/{dtype}/{KNOWN_WORST}/{index:05}", op.name).parse()?;
        starts.push(Start {
            case: case(&signature, &id, common.seed)?,
            from: "a known worst case",
        });
    }
    for id in reviewed_worst(arguments, &op.name, dtype)? {
        let id = id.parse()?;
        // The reviewed bounds are those of seed 0; a class may have gone since.
        if let Ok(case) = case(&signature, &id, 0) {
            starts.push(Start {
                case,
                from: "the worst case of a reviewed bound",
            });
        }
    }
    let main = signature.main_dimension();
    let length = |case: &Case| main.map_or(1, |main| case.lengths.get(main));
    starts.retain(|start| length(&start.case) <= usize::from(arguments.longest));
    Ok(starts)
}

/// The ids of the worst cases of an op's reviewed bounds in a dtype; none where nothing was reviewed.
fn reviewed_worst(arguments: &HuntArguments, op: &str, dtype: Dtype) -> Result<Vec<String>> {
    let name = format!("{}.snap", snapshot_name(op, dtype));
    let path = arguments.golden.join("bounds").join(name);
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let shown = path.display().to_string();
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{shown}`"))?;
    let bounds = parse_snapshot(&shown, &text)?;
    let ids = bounds.into_iter().filter(|(class, _)| class != KNOWN_WORST);
    let ids = ids.filter_map(|(_, bound)| {
        let (id, _) = bound.worst_case.split_once('[')?;
        Some(id.to_owned())
    });
    Ok(ids.collect())
}

/// Keeps a find where it is worse than correct rounding; gives its index and whether it is new.
fn keep_find(
    common: &Common,
    arguments: &HuntArguments,
    quarry: &Quarry<'_>,
) -> Result<Option<(u32, bool)>> {
    let Some((find, _)) = &quarry.shrunk else {
        return Ok(None);
    };
    if find.worst.ulp_error.1 <= WORTH_KEEPING_ULPS {
        return Ok(None);
    }
    let judge = &quarry.judge;
    let signature = judge.reference.signature();
    let case = worst_case((common, arguments), judge, &quarry.hunted, find);
    let kept = keep(&arguments.golden, &signature, judge.dtype, case)?;
    Ok(Some(kept))
}

fn worst_case(
    (common, arguments): (&Common, &HuntArguments),
    judge: &Judge<'_>,
    hunted: &Hunted,
    find: &Find,
) -> WorstCase {
    let version = match judge.subject.version() {
        "" => env!("CARGO_PKG_VERSION"),
        version => version,
    };
    let (lower, upper) = find.worst.ulp_error;
    WorstCase {
        id: 0,
        inputs: find.case.inputs.clone(),
        lengths: find.case.lengths,
        place: find.worst.place,
        ulp_error: (round_down(lower), round_up(upper)),
        found: Provenance {
            subject: judge.subject.name().to_owned(),
            version: version.to_owned(),
            profile: judge.reference.profile().name().to_owned(),
            objective: judge.objective.name().to_owned(),
            seed: common.seed,
            evaluations: hunted.evaluations,
            longest: usize::from(arguments.longest),
            fresh: arguments.fresh || arguments.compare,
            by: find.by.clone(),
        },
    }
}
