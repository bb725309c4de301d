//! Climbing: a small population of candidates, each followed by its neighbours. In: scores of what was asked about. Out:
//! the next neighbours to ask about.
//!
//! The first member is always the best candidate so far. The others climb from starts of their own, some of them accepting
//! losses (simulated annealing at different heats), and start anew where they get no further: from a fresh look, or
//! from the best candidate changed a lot. Moves that have led to gains are tried more often.

use super::draws::Draws;
use super::evaluate::Score;
use super::moves::{MOVES, Mover, differs};
use super::roots::{Line, Root};
use crate::cases::{Case, Draw};

/// How many members.
const MEMBERS: usize = 12;
/// Neighbours asked about at once: of the best, and of each other member.
const OF_THE_BEST: usize = 10;
const OF_EACH: usize = 2;
/// Rounds without a gain after which a member starts anew.
const PATIENCE: u32 = 24;
/// A gain that counts as one.
const GAIN: f64 = 1.0005;
/// The most first members, and starts held ready, of one origin: a class of cases, or a means of search.
const MOST_ALIKE: usize = 2;

/// A candidate, what it is worth and where its line began.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) case: Case,
    pub(super) score: Score,
    pub(super) origin: String,
}

#[derive(Debug, Clone)]
struct Member {
    at: Candidate,
    /// The largest objective since its start.
    peak: f64,
    /// Rounds since its peak rose.
    stale: u32,
    /// The share of log-loss that it accepts; 0 for none.
    heat: f64,
}

/// A neighbour that is out for measuring.
#[derive(Debug, Clone)]
struct Asked {
    member: usize,
    by: By,
}

/// How a neighbour was made.
#[derive(Debug, Clone)]
enum By {
    /// By these moves.
    Moves(Vec<usize>),
    /// As one of a sweep.
    Sweep,
    /// Between two results of opposite signs.
    Root,
}

impl Asked {
    fn name(&self) -> String {
        let moves = match &self.by {
            By::Moves(moves) => moves,
            By::Sweep => return "sweep".to_owned(),
            By::Root => return "root".to_owned(),
        };
        let names: Vec<&str> = moves.iter().map(|&kind| MOVES[kind].name()).collect();
        names.join(" + ")
    }
}

/// A zero that is being approached.
#[derive(Debug)]
struct Approach {
    root: Root,
    /// The member that it began from.
    member: usize,
    /// The largest objective before it began, and on the way.
    before: f64,
    best: f64,
}

/// The population.
pub(super) struct Climb<'a> {
    mover: Mover<'a>,
    members: Vec<Member>,
    /// Starts that no member has followed yet, a few of each origin.
    ready: Vec<Candidate>,
    asked: Vec<Asked>,
    /// The line of the sweep that is out for measuring.
    line: Option<Line>,
    /// A zero that is being approached.
    root: Option<Approach>,
    /// A member that came closer to a zero: it is swept next.
    closer: Option<usize>,
    /// Gains and tries of each move.
    record: [(f64, f64); MOVES.len()],
}

impl<'a> Climb<'a> {
    pub(super) fn new(draws: &'a Draws) -> Self {
        Self {
            mover: Mover::new(draws),
            members: Vec::new(),
            ready: Vec::new(),
            asked: Vec::new(),
            line: None,
            root: None,
            closer: None,
            record: [(1.0, 4.0); MOVES.len()],
        }
    }

    /// Takes in what other means have found.
    pub(super) fn take_in(&mut self, candidate: Candidate) {
        let alike = self
            .members
            .iter()
            .filter(|member| member.at.origin == candidate.origin);
        if self.members.len() < MEMBERS && alike.count() < MOST_ALIKE {
            let heat = match self.members.len() {
                0..6 => 0.0,
                6..9 => 0.03,
                _ => 0.2,
            };
            self.members.push(Member {
                peak: candidate.score.objective,
                stale: 0,
                heat,
                at: candidate,
            });
            return;
        }
        if self.members[0].at.score.objective < candidate.score.objective {
            self.lead(candidate);
        } else {
            self.hold_ready(candidate);
        }
    }

    /// Holds a start ready, the best few of each origin.
    fn hold_ready(&mut self, candidate: Candidate) {
        let mut alike: Vec<usize> = (0..self.ready.len())
            .filter(|&at| self.ready[at].origin == candidate.origin)
            .collect();
        alike.sort_by(|&a, &b| {
            let objective = |at: usize| self.ready[at].score.objective;
            objective(a).total_cmp(&objective(b))
        });
        match alike.first() {
            Some(&worst) if alike.len() >= MOST_ALIKE => {
                if self.ready[worst].score.objective < candidate.score.objective {
                    self.ready[worst] = candidate;
                }
            }
            _ => self.ready.push(candidate),
        }
    }

    /// The best candidate so far becomes the first member; the one before it becomes a start.
    fn lead(&mut self, candidate: Candidate) {
        let first = &mut self.members[0];
        first.peak = candidate.score.objective;
        first.stale = 0;
        let before = std::mem::replace(&mut first.at, candidate);
        self.hold_ready(before);
    }

    /// The neighbours to measure next.
    pub(super) fn ask(&mut self, draw: &mut Draw) -> Vec<Case> {
        self.asked.clear();
        let mut cases = Vec::new();
        for member in 0..self.members.len() {
            let count = if member == 0 { OF_THE_BEST } else { OF_EACH };
            for _ in 0..count {
                if let Some((case, moves)) = self.neighbour(member, draw) {
                    let by = By::Moves(moves);
                    self.asked.push(Asked { member, by });
                    cases.push(case);
                }
            }
        }
        cases
    }

    /// A sweep of the best, or of another member: one number, or all equal to it, up and down at every scale.
    pub(super) fn ask_sweeps(&mut self, draw: &mut Draw) -> Vec<Case> {
        let other = draw.below(self.members.len());
        let usual = if draw.below(3) == 0 { other } else { 0 };
        let member = self.closer.take().unwrap_or(usual);
        let swept = self.mover.sweep(&self.members[member].at.case, draw);
        let Some((line, cases)) = swept else {
            self.asked.clear();
            return Vec::new();
        };
        let by = By::Sweep;
        self.asked = vec![Asked { member, by }; cases.len()];
        self.line = Some(line);
        cases
    }

    /// Inputs between two whose exact results have opposite signs; none where no sweep has found any.
    pub(super) fn ask_root(&mut self) -> Option<Vec<Case>> {
        let approach = self.root.as_ref()?;
        let cases = approach.root.ask();
        let (member, by) = (approach.member, By::Root);
        self.asked = vec![Asked { member, by }; cases.len()];
        Some(cases)
    }

    /// A member changed by a move, or by a few.
    fn neighbour(&self, member: usize, draw: &mut Draw) -> Option<(Case, Vec<usize>)> {
        let mate = draw.below(self.members.len());
        let mate = &self.members[mate].at.case;
        let wanted = match draw.below(10) {
            0..6 => 1,
            6..8 => 2,
            8 => 3,
            _ => 5,
        };
        let mut case = self.members[member].at.case.clone();
        let mut moves = Vec::new();
        for _ in 0..8 * wanted {
            let kind = self.choose(draw);
            if let Some(next) = self.mover.moved(&case, mate, MOVES[kind], draw)
                && differs(&next, &case)
            {
                case = next;
                moves.push(kind);
                if moves.len() == wanted {
                    break;
                }
            }
        }
        (!moves.is_empty()).then_some((case, moves))
    }

    /// A move: half of the time any, else the more likely the more often it led to a gain.
    fn choose(&self, draw: &mut Draw) -> usize {
        if draw.flip() {
            return draw.below(MOVES.len());
        }
        let rate = |&(gains, tries): &(f64, f64)| gains / tries;
        let total: f64 = self.record.iter().map(rate).sum();
        let mut left = draw.unit() * total;
        for (kind, record) in self.record.iter().enumerate() {
            left -= rate(record);
            if left < 0.0 {
                return kind;
            }
        }
        MOVES.len() - 1
    }

    /// How each of the neighbours that are out for measuring was made.
    pub(super) fn names(&self) -> Vec<String> {
        let name = |asked: &Asked| {
            let origin = &self.members[asked.member].at.origin;
            format!("{}, from {origin}", asked.name())
        };
        self.asked.iter().map(name).collect()
    }

    /// Takes note of what the neighbours are worth, in their order.
    pub(super) fn tell(&mut self, cases: Vec<Case>, scores: &[Score], draw: &mut Draw) {
        let asked = std::mem::take(&mut self.asked);
        self.follow_roots(&asked, &cases, scores);
        let mut best: Vec<Option<Candidate>> = vec![None; self.members.len()];
        for ((case, score), asked) in cases.into_iter().zip(scores).zip(asked) {
            let member = &self.members[asked.member];
            let gained = score.objective > member.at.score.objective * GAIN;
            let moves = match &asked.by {
                By::Moves(moves) => moves.as_slice(),
                By::Sweep | By::Root => &[],
            };
            for &kind in moves {
                let (gains, tries) = &mut self.record[kind];
                *gains += f64::from(u8::from(gained));
                *tries += 1.0;
                if *tries > 1000.0 {
                    // What helped long ago need not help now.
                    (*gains, *tries) = (*gains / 2.0, *tries / 2.0);
                }
            }
            let slot = &mut best[asked.member];
            if slot
                .as_ref()
                .is_none_or(|known| known.score.objective < score.objective)
            {
                *slot = Some(Candidate {
                    case,
                    score: *score,
                    origin: member.at.origin.clone(),
                });
            }
        }
        for (place, next) in best.into_iter().enumerate() {
            if let Some(next) = next {
                self.settle(place, next, draw);
            }
        }
        let leader = (1..self.members.len()).max_by(|&a, &b| {
            let objective = |at: usize| self.members[at].at.score.objective;
            objective(a).total_cmp(&objective(b)).then(b.cmp(&a))
        });
        if let Some(leader) = leader
            && self.members[leader].at.score.objective > self.members[0].at.score.objective
        {
            let candidate = self.members[leader].at.clone();
            self.lead(candidate);
            self.follow_to_the_front(leader);
            // Two members that climb from one place are one too many.
            self.restart(leader, draw);
        }
    }

    /// Begins to approach a zero that a sweep has stepped over, or goes on.
    fn follow_roots(&mut self, asked: &[Asked], cases: &[Case], scores: &[Score]) {
        let largest = |scores: &[Score]| {
            let objectives = scores.iter().map(|score| score.objective);
            objectives.fold(0.0, f64::max)
        };
        if let Some(approach) = self.root.take() {
            let best = approach.best.max(largest(scores));
            let (member, before) = (approach.member, approach.before);
            match approach.root.tell(cases, scores) {
                Some(root) => {
                    self.root = Some(Approach {
                        root,
                        member,
                        before,
                        best,
                    });
                }
                None if best > before * GAIN => self.closer = Some(member),
                None => {}
            }
        } else if let (Some(line), Some(first)) = (self.line.take(), asked.first()) {
            let member = first.member;
            self.root = Root::on(line, cases, scores).map(|root| Approach {
                root,
                member,
                before: largest(scores).max(self.members[member].at.score.objective),
                best: 0.0,
            });
        }
    }

    /// What was begun from a member goes on from the first, which took its place.
    fn follow_to_the_front(&mut self, member: usize) {
        if self.closer == Some(member) {
            self.closer = Some(0);
        }
        if self.is_approaching(member)
            && let Some(approach) = &mut self.root
        {
            approach.member = 0;
        }
    }

    /// Whether a zero is approached from a member.
    fn is_approaching(&self, member: usize) -> bool {
        let approach = self.root.as_ref();
        approach.is_some_and(|approach| approach.member == member)
    }

    /// A member goes on to its best neighbour, stays, or starts anew.
    fn settle(&mut self, place: usize, next: Candidate, draw: &mut Draw) {
        // On the way to a zero a member has not come to a stand.
        let is_approaching = self.is_approaching(place);
        let member = &mut self.members[place];
        let (old, new) = (member.at.score.objective, next.score.objective);
        let accepted =
            new >= old || (member.heat > 0.0 && draw.unit() < (new / old).powf(1.0 / member.heat));
        if accepted {
            member.at = next;
        }
        if new > member.peak * GAIN {
            member.peak = new;
            member.stale = 0;
        } else if !is_approaching {
            member.stale += 1;
        }
        if place > 0 && self.members[place].stale > PATIENCE {
            self.restart(place, draw);
        }
    }

    /// From a fresh start where one is ready, else, or half of the time, from the best candidate changed a lot.
    fn restart(&mut self, place: usize, draw: &mut Draw) {
        let from_best = draw.flip();
        let fresh = if from_best || self.ready.is_empty() {
            None
        } else {
            Some(self.ready.swap_remove(draw.below(self.ready.len())))
        };
        if self.closer == Some(place) {
            self.closer = None;
        }
        if self.is_approaching(place) {
            self.root = None;
        }
        let member = &mut self.members[place];
        member.stale = 0;
        if let Some(fresh) = fresh {
            member.peak = fresh.score.objective;
            member.at = fresh;
            return;
        }
        let mut case = self.members[0].at.case.clone();
        let origin = self.members[0].at.origin.clone();
        let mate = self.members[place].at.case.clone();
        for _ in 0..4 + draw.below(8) {
            let kind = draw.below(MOVES.len());
            if let Some(next) = self.mover.moved(&case, &mate, MOVES[kind], draw) {
                case = next;
            }
        }
        let member = &mut self.members[place];
        // Its worth is not known yet: any neighbour of it is taken.
        member.at.case = case;
        member.at.origin = origin;
        member.at.score.objective = 0.0;
        member.peak = 0.0;
    }
}
