//! The search itself: what is tried in turn, and the account of what was found. In: a judge and a plan. Out: the worst
//! input found, what it took, and what else went wrong on the way.
//!
//! What is tried next depends on the seed and on what was measured before, never on how many evaluations are left, so a
//! longer hunt begins as a shorter one and a hunt that was ended by the clock can be repeated by its count.

use super::bisect::Bisection;
use super::climb::{Candidate, Climb};
use super::draws::Draws;
use super::evaluate::{Judge, Score, WorstOutput};
use super::looks::Looks;
use super::{HuntError, Watch};
use crate::cases::{Case, Class, Draw};
use crate::measure::Verdict;

/// What to search with.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Decides every random choice.
    pub seed: u64,
    /// How many inputs to evaluate; as many as there is time for where it is not given.
    pub evaluations: Option<u64>,
    /// The longest row to try.
    pub longest: usize,
    /// The classes whose cases to begin with.
    pub classes: Vec<&'static Class>,
    /// Inputs that are known to be bad.
    pub starts: Vec<Start>,
}

/// An input to begin with.
#[derive(Debug, Clone)]
pub struct Start {
    /// The input.
    pub case: Case,
    /// Where it comes from.
    pub from: &'static str,
}

/// An input and how bad it is.
#[derive(Debug, Clone)]
pub struct Find {
    /// The input.
    pub case: Case,
    /// Its worst output value.
    pub worst: WorstOutput,
    /// What it is worth.
    pub objective: f64,
    /// The moves that made it, or where it comes from.
    pub by: String,
    /// After how many evaluations it was found.
    pub at: u64,
}

/// A verdict beside the distances that is a fault.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The verdict.
    pub verdict: Verdict,
    /// How many of the inputs evaluated show it.
    pub inputs: u64,
    /// The first of the shortest of them.
    pub first: Case,
}

/// The outcome of a search.
#[derive(Debug, Clone)]
pub struct Hunted {
    /// The worst input; none where no value had a distance.
    pub find: Option<Find>,
    /// How many inputs were evaluated.
    pub evaluations: u64,
    /// Faults that are no distances, by verdict in the order in which they were met.
    pub faults: Vec<Fault>,
    /// How many inputs have an undecided value.
    pub undecided: u64,
    /// Whether the whole budget was spent.
    pub complete: bool,
}

/// How many inputs are drawn before any of them is measured.
const BATCH: usize = 32;
/// Looks before anything else.
const FIRST_LOOKS: u64 = 8;
/// A turn of the means of search; see [`Means`].
const TURN: [Means; 8] = [
    Means::Sweep,
    Means::Climb,
    Means::Sweep,
    Means::Look,
    Means::Sweep,
    Means::Bisect,
    Means::Climb,
    Means::Look,
];

#[derive(Debug, Clone, Copy)]
enum Means {
    /// Neighbours of the best by moves of all kinds.
    Climb,
    /// Neighbours of the best, or of another, along one number at every scale.
    Sweep,
    /// Halves of ranges; neighbours where there are too many arguments.
    Bisect,
    /// Fresh cases.
    Look,
}

/// Searches.
///
/// # Errors
/// When there is nothing to draw from, or the spec contradicts itself.
pub fn hunt(judge: &Judge<'_>, plan: &Plan, watch: &dyn Watch) -> Result<Hunted, HuntError> {
    let reference = judge.reference;
    let draws = Draws::new(
        reference.signature(),
        judge.dtype,
        &plan.classes,
        plan.longest,
    )?;
    let mut account = Account::new(plan.evaluations);
    let name = format!("hunt {}/{}", reference.op.name, judge.dtype);
    let mut draw = Draw::new(plan.seed, &name);
    let mut climb = Climb::new(&draws);
    let mut looks = Looks::new(&draws);
    let mut bisection = Bisection::new(&draws, reference.op.elementwise);

    for starts in plan.starts.chunks(BATCH) {
        let cases: Vec<Case> = starts.iter().map(|start| start.case.clone()).collect();
        let names: Vec<&str> = starts.iter().map(|start| start.from).collect();
        let Some(scores) = account.measured(judge, &cases, |at| names[at].to_owned(), watch)?
        else {
            return Ok(account.close());
        };
        take_in(&mut climb, cases, &scores, |at| names[at].to_owned());
    }
    for turn in 0u64.. {
        let means = if turn < FIRST_LOOKS {
            Means::Look
        } else {
            let place = usize::try_from(turn % TURN.len() as u64).unwrap_or(0);
            TURN[place]
        };
        let known = match (means, &mut bisection) {
            (Means::Look, _) => {
                let cases = looks.ask(BATCH, &mut draw);
                let by = |at: usize| by_class(&cases[at]);
                let scores = account.measured(judge, &cases, by, watch)?;
                scores.map(|scores| {
                    looks.tell(&cases, &scores);
                    take_in(&mut climb, cases.clone(), &scores, by);
                })
            }
            (Means::Bisect, Some(bisection)) => {
                let samples = bisection.ask(&mut draw);
                let by = |_| "bisection".to_owned();
                let scores = account.measured(judge, &samples, by, watch)?;
                scores.map(|scores| {
                    bisection.tell(&scores);
                    take_in_best(&mut climb, samples, &scores, by);
                })
            }
            (Means::Climb | Means::Sweep | Means::Bisect, _) => {
                let neighbours = if matches!(means, Means::Sweep) {
                    climb.ask_sweeps(&mut draw)
                } else {
                    climb.ask(&mut draw)
                };
                let names = climb.names();
                let scores = account.measured(judge, &neighbours, |at| names[at].clone(), watch)?;
                scores.map(|scores| climb.tell(neighbours, &scores, &mut draw))
            }
        };
        if known.is_none() {
            break;
        }
        while let Some(between) = climb.ask_root() {
            let names = climb.names();
            let scores = account.measured(judge, &between, |at| names[at].clone(), watch)?;
            let Some(scores) = scores else {
                return Ok(account.close());
            };
            climb.tell(between, &scores, &mut draw);
        }
    }
    Ok(account.close())
}

fn by_class(case: &Case) -> String {
    if case.id.class == crate::cases::KNOWN_WORST {
        "random places".to_owned()
    } else {
        format!("class {}", case.id.class)
    }
}

/// All of a batch's candidates, those of larger objective first, so that they are members.
fn take_in(
    climb: &mut Climb<'_>,
    cases: Vec<Case>,
    scores: &[Score],
    by: impl Fn(usize) -> String,
) {
    let mut candidates: Vec<Candidate> = cases
        .into_iter()
        .zip(scores)
        .enumerate()
        .map(|(at, (case, score))| Candidate {
            case,
            score: *score,
            origin: by(at),
        })
        .collect();
    candidates.sort_by(|a, b| b.score.objective.total_cmp(&a.score.objective));
    for candidate in candidates {
        climb.take_in(candidate);
    }
}

/// The best of a batch alone: its samples lie close together.
fn take_in_best(
    climb: &mut Climb<'_>,
    cases: Vec<Case>,
    scores: &[Score],
    by: impl Fn(usize) -> String,
) {
    let best = (0..scores.len())
        .rev()
        .max_by(|&a, &b| scores[a].objective.total_cmp(&scores[b].objective));
    if let Some(best) = best
        && let Some(case) = cases.into_iter().nth(best)
    {
        take_in(climb, vec![case], &scores[best..=best], |_| by(best));
    }
}

/// What was evaluated and found so far.
pub(super) struct Account {
    budget: Option<u64>,
    hunted: Hunted,
}

impl Account {
    pub(super) fn new(budget: Option<u64>) -> Self {
        Self {
            budget,
            hunted: Hunted {
                find: None,
                evaluations: 0,
                faults: Vec::new(),
                undecided: 0,
                complete: false,
            },
        }
    }

    /// Measures a batch, as much of it as the budget allows; none where the search is over. `by` says how each was made.
    pub(super) fn measured(
        &mut self,
        judge: &Judge<'_>,
        cases: &[Case],
        by: impl Fn(usize) -> String,
        watch: &dyn Watch,
    ) -> Result<Option<Vec<Score>>, HuntError> {
        if watch.is_over() {
            return Ok(None);
        }
        let left = self.budget.map(|budget| budget - self.hunted.evaluations);
        let affordable = left.map_or(cases.len(), |left| {
            usize::try_from(left).unwrap_or(usize::MAX).min(cases.len())
        });
        let scores = judge.scores(&cases[..affordable])?;
        for (at, (case, score)) in cases.iter().zip(&scores).enumerate() {
            self.note(case, score, || by(at));
        }
        let best = self.hunted.find.as_ref().map_or(0.0, |find| find.objective);
        watch.evaluated(self.hunted.evaluations, best);
        if Some(self.hunted.evaluations) == self.budget {
            self.hunted.complete = true;
            return Ok(None);
        }
        Ok(Some(scores))
    }

    fn note(&mut self, case: &Case, score: &Score, by: impl Fn() -> String) {
        let hunted = &mut self.hunted;
        hunted.evaluations += 1;
        hunted.undecided += u64::from(score.undecided);
        if let Some(verdict) = score.fault {
            note_fault(&mut hunted.faults, case, verdict);
        }
        let Some(worst) = score.worst else {
            return;
        };
        let best = hunted.find.as_ref().map_or(-1.0, |find| find.objective);
        if score.objective > best {
            hunted.find = Some(Find {
                case: case.clone(),
                worst,
                objective: score.objective,
                by: by(),
                at: hunted.evaluations,
            });
        }
    }

    pub(super) fn close(mut self) -> Hunted {
        if self.budget.is_none() {
            self.hunted.complete = true;
        }
        self.hunted
    }
}

fn note_fault(faults: &mut Vec<Fault>, case: &Case, verdict: Verdict) {
    let size = |case: &Case| {
        case.inputs
            .iter()
            .map(|tensor| tensor.numbers().len())
            .sum::<usize>()
    };
    match faults.iter_mut().find(|fault| fault.verdict == verdict) {
        Some(fault) => {
            fault.inputs += 1;
            if size(case) < size(&fault.first) {
                fault.first = case.clone();
            }
        }
        None => faults.push(Fault {
            verdict,
            inputs: 1,
            first: case.clone(),
        }),
    }
}
