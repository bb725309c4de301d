//! Fresh cases, more of them where the last ones were bad. In: what earlier looks were worth. Out: cases to look at.
//!
//! A kernel's weak spot is often met by one class, and by one of its variants and lengths. So a third of the looks go to
//! siblings of the worst cases drawn, of the same class and index under another seed; a third to the classes of the worst;
//! and a third to any class, with numbers spread evenly now and then, so that nothing is given up.

use super::draws::Draws;
use super::evaluate::Score;
use crate::cases::{Case, Draw, KNOWN_WORST};

/// How many kinds of cases are remembered as the worst.
const REMEMBERED: usize = 12;

/// A class and an index, and the largest objective of a case of it.
#[derive(Debug, Clone)]
struct Kind {
    class: String,
    index: u32,
    best: f64,
}

/// Draws fresh cases.
pub(super) struct Looks<'a> {
    draws: &'a Draws,
    /// The worst kinds, the worst first.
    kinds: Vec<Kind>,
}

impl<'a> Looks<'a> {
    pub(super) fn new(draws: &'a Draws) -> Self {
        Self {
            draws,
            kinds: Vec::new(),
        }
    }

    /// So many cases to look at.
    pub(super) fn ask(&self, count: usize, draw: &mut Draw) -> Vec<Case> {
        (0..count).map(|at| self.look(at, draw)).collect()
    }

    fn look(&self, at: usize, draw: &mut Draw) -> Case {
        let worst = self.one_of_the_worst(draw);
        match (at % 3, worst) {
            (0, Some(worst)) => self.draws.sibling(&worst.class, worst.index, draw),
            (1, Some(worst)) => self.draws.of_the_class(&worst.class, draw),
            _ if draw.below(3) == 0 => self.draws.spread(draw),
            _ => {
                let turn = draw.below(self.draws.classes());
                self.draws.of_class(turn, draw)
            }
        }
    }

    /// The worst kind half of the time, else the next half of the time, and so on.
    fn one_of_the_worst(&self, draw: &mut Draw) -> Option<&Kind> {
        let place = usize::try_from(draw.bits().leading_zeros()).unwrap_or(0);
        self.kinds.get(place.min(self.kinds.len().checked_sub(1)?))
    }

    /// Takes note of what cases were worth.
    pub(super) fn tell(&mut self, cases: &[Case], scores: &[Score]) {
        for (case, score) in cases.iter().zip(scores) {
            if case.id.class == KNOWN_WORST || score.objective <= 0.0 {
                continue;
            }
            let (class, index, best) = (&case.id.class, case.id.index, score.objective);
            let known = self.kinds.iter_mut();
            match known
                .into_iter()
                .find(|kind| kind.index == index && kind.class == *class)
            {
                Some(kind) => kind.best = kind.best.max(best),
                None => self.kinds.push(Kind {
                    class: class.clone(),
                    index,
                    best,
                }),
            }
        }
        self.kinds.sort_by(|a, b| b.best.total_cmp(&a.best));
        self.kinds.truncate(REMEMBERED);
    }
}
