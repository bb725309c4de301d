//! What a hunt found, as text: a table, the inputs, and what to type to see it again.

use super::arguments::Common;
use super::hunt_arguments::{HuntArguments, LONGEST};
use super::setup::{profile_option, typed_text};
use super::story::tensor_text;
use super::table::table;
use crate::cases::{Case, KNOWN_WORST, Tensor};
use crate::hunt::{Fault, Find, Hunted, Judge, Objective};
use crate::measure::{round_down, round_up};
use anyhow::Result;
use std::fmt::Write as _;

/// What was hunted: one op in one dtype.
pub(super) struct Quarry<'a> {
    pub(super) judge: Judge<'a>,
    /// How many known inputs the hunt began with.
    pub(super) starts: usize,
    pub(super) hunted: Hunted,
    /// The find made simple, and how many evaluations that took.
    pub(super) shrunk: Option<(Find, u64)>,
    /// As many inputs drawn at random: cases of the classes, and numbers spread evenly.
    pub(super) baselines: Option<[Hunted; 2]>,
    /// The index it was kept under, and whether it is new.
    pub(super) kept: Option<(u32, bool)>,
}

/// Whether something was found that does not conform.
pub(super) fn is_at_fault(quarry: &Quarry<'_>) -> bool {
    let exceeds = quarry.hunted.find.as_ref().is_some_and(|find| {
        let worst = &find.worst;
        // A ceiling at κ = 0/0 is no number, and nothing is proven to exceed it.
        worst.ulp_error.0 > worst.ceiling_ulps
    });
    exceeds || !quarry.hunted.faults.is_empty()
}

impl Quarry<'_> {
    /// The id of a case that is kept.
    pub(super) fn case_id(&self, index: u32) -> String {
        let op = &self.judge.reference.op.name;
        format!("{op}/{}/{KNOWN_WORST}/{index:05}", self.judge.dtype)
    }

    /// The command that finds the same again.
    pub(super) fn replay(&self, arguments: &HuntArguments, common: &Common) -> String {
        let judge = &self.judge;
        let usual = |text: String, is_usual: bool| if is_usual { String::new() } else { text };
        let objective = format!(" --objective {}", judge.objective.name());
        let classes = format!(" --class {}", arguments.classes.join(","));
        let longest = format!(" --longest {}", arguments.longest);
        let fresh = " --fresh".to_owned();
        [
            format!(
                "lossproof hunt {} --op {} --dtype {} --evaluations {}",
                typed_text(judge.subject.name()),
                judge.reference.op.name,
                judge.dtype,
                self.hunted.evaluations
            ),
            usual(objective, judge.objective == Objective::Ulps),
            usual(classes, arguments.classes.is_empty()),
            usual(longest, arguments.longest == LONGEST),
            usual(fresh, !(arguments.fresh || arguments.compare)),
            profile_option(judge.reference.profile(), judge.subject),
            arguments.workers.repeated(),
            common.repeated(),
        ]
        .concat()
    }
}

/// All that was hunted, in lines of text.
pub(super) fn text(
    caught: &[Quarry<'_>],
    arguments: &HuntArguments,
    common: &Common,
) -> Result<String> {
    let mut text = String::new();
    if let Some(first) = caught.first() {
        let judge = &first.judge;
        writeln!(
            text,
            "hunted {} by {}, seed {}, judged by the profile {}\n",
            judge.subject.name(),
            judge.objective.name(),
            common.seed,
            judge.reference.profile()
        )?;
    }
    let header = [
        "op",
        "dtype",
        "max ulp",
        "κ",
        "n",
        "evaluations",
        "found by",
        "shrunk to",
    ];
    let lines = caught.iter().map(line);
    text += &table(&header, &[2, 3, 4, 5], lines);
    if caught.iter().any(|quarry| quarry.baselines.is_some()) {
        text.push('\n');
        text += &comparison(caught);
    }
    for quarry in caught {
        text.push('\n');
        tell(&mut text, quarry, arguments, common)?;
    }
    Ok(text)
}

fn line(quarry: &Quarry<'_>) -> Vec<String> {
    let judge = &quarry.judge;
    let mut line = vec![judge.reference.op.name.clone(), judge.dtype.to_string()];
    match &quarry.hunted.find {
        None => line.extend(["–", "–", "–"].map(str::to_owned)),
        Some(find) => line.extend([
            short(find.worst.ulp_error.1),
            short(find.worst.kappa.1),
            main_length(find).to_string(),
        ]),
    }
    line.push(quarry.hunted.evaluations.to_string());
    let by = quarry.hunted.find.as_ref().map(|find| find.by.clone());
    line.push(by.unwrap_or_default());
    let shrunk = quarry.shrunk.as_ref().map(|(find, _)| {
        let ulps = short(find.worst.ulp_error.0);
        format!("n = {}, {ulps} ulp", main_length(find))
    });
    line.push(shrunk.unwrap_or_default());
    line
}

/// The length of the main dimension.
fn main_length(find: &Find) -> usize {
    let lengths = find.case.lengths;
    [lengths.n, lengths.m, lengths.k]
        .into_iter()
        .find(|&length| length > 0)
        .unwrap_or(1)
}

/// Three significant digits, rounded up.
fn short(number: f64) -> String {
    if !number.is_finite() {
        return if number.is_nan() { "–" } else { "∞" }.to_owned();
    }
    if (1e-3..1e6).contains(&number) || number == 0.0 {
        format!("{}", round_up(number))
    } else {
        format!("{number:.3e}")
    }
}

/// The hunt beside as many inputs drawn at random.
fn comparison(caught: &[Quarry<'_>]) -> String {
    let header = [
        "op",
        "dtype",
        "evaluations",
        "drawn cases",
        "drawn numbers",
        "hunt",
        "ahead",
    ];
    let objective = |hunted: &Hunted| hunted.find.as_ref().map_or(0.0, |find| find.objective);
    let lines = caught.iter().filter_map(|quarry| {
        let judge = &quarry.judge;
        let [cases, places] = quarry.baselines.as_ref()?;
        let best = objective(cases).max(objective(places));
        let hunted = objective(&quarry.hunted);
        Some(vec![
            judge.reference.op.name.clone(),
            judge.dtype.to_string(),
            quarry.hunted.evaluations.to_string(),
            short(objective(cases)),
            short(objective(places)),
            short(hunted),
            ratio(hunted, best),
        ])
    });
    table(&header, &[2, 3, 4, 5, 6], lines)
}

fn ratio(hunted: f64, best: f64) -> String {
    let ratio = hunted / best;
    if ratio.is_nan() {
        "–".to_owned()
    } else if ratio < 100.0 {
        format!("{ratio:.2}×")
    } else {
        format!("{ratio:.2e}×")
    }
}

fn tell(
    text: &mut String,
    quarry: &Quarry<'_>,
    arguments: &HuntArguments,
    common: &Common,
) -> Result<()> {
    let judge = &quarry.judge;
    let op = &judge.reference.op;
    writeln!(text, "{} {}", op.name, judge.dtype)?;
    match &quarry.hunted.find {
        None => writeln!(text, "  no output value had a distance to speak of")?,
        Some(find) => {
            tell_find(text, quarry, find, "found")?;
            writeln!(
                text,
                "  by        {}, in evaluation {} of {}{}",
                find.by,
                find.at,
                quarry.hunted.evaluations,
                if quarry.starts > 0 {
                    format!(", {} of them known", quarry.starts)
                } else {
                    String::new()
                }
            )?;
        }
    }
    if let Some((find, evaluations)) = &quarry.shrunk {
        tell_find(text, quarry, find, "shrunk")?;
        writeln!(text, "  in        {evaluations} further evaluations")?;
    }
    for fault in &quarry.hunted.faults {
        tell_fault(text, quarry, fault)?;
    }
    if quarry.hunted.undecided > 0 {
        writeln!(text, "  undecided on {} inputs", quarry.hunted.undecided)?;
    }
    if let Some((index, new)) = quarry.kept {
        let id = quarry.case_id(index);
        let how = if new { "kept as" } else { "known as" };
        let folder = arguments.golden.join("worst_cases");
        let told = if common.worst_cases.is_some() {
            String::new()
        } else {
            format!(" --worst-cases {}", super::setup::typed(&folder))
        };
        writeln!(
            text,
            "  {how:<9} {id}: lossproof explain {id} {}{told}{}",
            typed_text(judge.subject.name()),
            common.repeated()
        )?;
    } else if arguments.keep {
        writeln!(text, "  not kept: no worse than correct rounding")?;
    }
    if quarry.hunted.complete {
        writeln!(text, "  again     {}", quarry.replay(arguments, common))?;
    } else {
        writeln!(
            text,
            "  interrupted after {} evaluations",
            quarry.hunted.evaluations
        )?;
    }
    Ok(())
}

/// An input with its error and κ, in hex and, where it is short, in decimal.
fn tell_find(text: &mut String, quarry: &Quarry<'_>, find: &Find, how: &str) -> Result<()> {
    let worst = &find.worst;
    let output = &quarry.judge.reference.op.output.name;
    writeln!(
        text,
        "  {how:<9} {} … {} ulp at {output}[{}], κ {} … {}",
        round_down(worst.ulp_error.0),
        round_up(worst.ulp_error.1),
        worst.place,
        short(worst.kappa.0),
        short(worst.kappa.1),
    )?;
    tell_inputs(text, quarry, &find.case)?;
    if how == "shrunk" {
        let inputs = quarry
            .judge
            .reference
            .op
            .inputs
            .iter()
            .zip(&find.case.inputs);
        for (input, tensor) in inputs {
            if let Some(decimals) = decimals(tensor) {
                writeln!(text, "            {} = {decimals}", input.name)?;
            }
        }
    }
    Ok(())
}

fn tell_inputs(text: &mut String, quarry: &Quarry<'_>, case: &Case) -> Result<()> {
    let inputs = quarry.judge.reference.op.inputs.iter().zip(&case.inputs);
    for (input, tensor) in inputs {
        writeln!(
            text,
            "            {} {}",
            input.name,
            tensor_text(tensor, None, false)
        )?;
    }
    Ok(())
}

/// The numbers of a short input in decimal.
fn decimals(tensor: &Tensor) -> Option<String> {
    const SHOWN: usize = 8;
    let numbers = tensor.numbers();
    let shown: Vec<String> = numbers.iter().map(|number| format!("{number:e}")).collect();
    (1..=SHOWN)
        .contains(&numbers.len())
        .then(|| shown.join(", "))
}

fn tell_fault(text: &mut String, quarry: &Quarry<'_>, fault: &Fault) -> Result<()> {
    writeln!(
        text,
        "  also      {} on {} inputs, the shortest",
        fault.verdict.name(),
        fault.inputs
    )?;
    tell_inputs(text, quarry, &fault.first)
}
