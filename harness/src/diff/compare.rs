//! The comparison itself. In: two views, with the names of their files. Out: every entry that is not as it was, those that
//! count as worse first.

use super::details::{of_alarms, of_clauses, of_properties, of_rows, of_scores};
use super::model::{
    Change, Comparison, Counts, Detail, Direction, Kind, Measure, Part, SCHEMA, Side,
};
use super::settings::differences;
use super::view::{ClauseUse, PropertyUse, Row, ScoreView, Sweep, View};
use std::collections::{BTreeMap, BTreeSet};

/// What the user lets pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// What is no longer tested does not count as worse.
    pub allow_removed: bool,
}

/// What an entry is recognised by in the other report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Key<'a> {
    subject: Option<&'a str>,
    op: Option<&'a str>,
    dtype: Option<&'a str>,
    name: Option<&'a str>,
}

impl<'a> Key<'a> {
    /// The subject, op and dtype of an entry that has all of them.
    fn place(self) -> Option<(&'a str, &'a str, &'a str)> {
        Some((self.subject?, self.op?, self.dtype?))
    }
}

/// An entry of a report: what it is recognised by, whether it conforms, and what is compared.
struct Entry<'a, T> {
    key: Key<'a>,
    conforms: Option<bool>,
    data: T,
}

/// Compares two reports, each with its file's name.
#[must_use]
pub fn compare(before: (&str, &View), after: (&str, &View), options: Options) -> Comparison {
    let ((before_file, before), (after_file, after)) = (before, after);
    let mut found = Found {
        options,
        tested_before: before.tests(),
        tested_after: after.tests(),
        changes: Vec::new(),
        unchanged: 0,
    };
    let fewer_cases_allowed = options.allow_removed;
    let row_details = |before: &&Row, after: &&Row| of_rows(before, after, fewer_cases_allowed);
    found.part(Part::Result, &rows(before), &rows(after), row_details);
    found.part(Part::Sweep, &sweeps(before), &sweeps(after), row_details);
    found.part(Part::Clause, &clauses(before), &clauses(after), of_clauses);
    found.part(
        Part::Property,
        &properties(before),
        &properties(after),
        of_properties,
    );
    found.part(
        Part::SelfProof,
        &scores(before),
        &scores(after),
        |before, after| of_scores(before, after),
    );
    if let (Some(earlier), Some(later)) = (&before.self_proof, &after.self_proof) {
        let details = of_alarms(earlier.false_alarms(), later.false_alarms());
        found.both(Part::SelfProof, Key::default(), None, details);
    }
    // What no entry explains: a gate finding that belongs to none of them.
    let explained = found.changes.iter().any(|change| change.counts_as_worse);
    if !explained && before.conforms == Some(true) && after.conforms == Some(false) {
        let measure = Measure::Conforms {
            before: true,
            after: false,
        };
        let detail = Detail {
            direction: Direction::Worse,
            measure,
        };
        found.both(Part::Report, Key::default(), Some(false), vec![detail]);
    }
    let differences = differences(before, after).into_iter();
    let mut notes: Vec<String> = differences.map(|one| one.what).collect();
    if found.tested_before.is_disjoint(&found.tested_after) {
        let [earlier, later] = [&found.tested_before, &found.tested_after].map(subjects);
        notes.push(format!(
            "no subject, op and dtype is in both reports: the older one has {earlier}, the newer one {later}"
        ));
    }
    let mut changes = found.changes;
    changes.sort_by_key(|change| (!change.counts_as_worse, change.kind));
    let mut counts = counts(&changes);
    counts.unchanged = found.unchanged;
    Comparison {
        schema: SCHEMA.to_owned(),
        before: side(before_file, before),
        after: side(after_file, after),
        notes,
        worse: changes.iter().any(|change| change.counts_as_worse),
        counts,
        changes,
    }
}

fn subjects(tested: &BTreeSet<(&str, &str, &str)>) -> String {
    let names: BTreeSet<&str> = tested.iter().map(|(subject, _, _)| *subject).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// What has been found so far.
struct Found<'a> {
    options: Options,
    tested_before: BTreeSet<(&'a str, &'a str, &'a str)>,
    tested_after: BTreeSet<(&'a str, &'a str, &'a str)>,
    changes: Vec<Change>,
    unchanged: u64,
}

impl<'a> Found<'a> {
    /// Compares one part of the reports, entry by entry.
    fn part<T>(
        &mut self,
        part: Part,
        before: &[Entry<'a, T>],
        after: &[Entry<'a, T>],
        details: impl Fn(&T, &T) -> Vec<Detail>,
    ) {
        // A part that one report does not have at all is one change, and not one for each of its entries.
        if before.is_empty() != after.is_empty() {
            let kind = if after.is_empty() {
                Kind::WentAway
            } else {
                Kind::Appeared
            };
            let entries = before.len().max(after.len()) as u64;
            self.alone(part, kind, Key::default(), None, entries);
            return;
        }
        let earlier: BTreeMap<Key<'_>, &Entry<'_, T>> = by_key(before);
        let later: BTreeMap<Key<'_>, &Entry<'_, T>> = by_key(after);
        for entry in before {
            if let Some(now) = later.get(&entry.key) {
                let details = details(&entry.data, &now.data);
                self.both(part, entry.key, now.conforms, details);
            } else if !self.is_explained(part, entry.key, Kind::WentAway) {
                self.alone(part, Kind::WentAway, entry.key, entry.conforms, 1);
            }
        }
        for entry in after {
            if !earlier.contains_key(&entry.key)
                && !self.is_explained(part, entry.key, Kind::Appeared)
            {
                self.alone(part, Kind::Appeared, entry.key, entry.conforms, 1);
            }
        }
    }

    /// A clause, property or sweep of a kernel that is wholly new or gone: its rows have said so.
    fn is_explained(&self, part: Part, key: Key<'a>, kind: Kind) -> bool {
        let (with, without) = match kind {
            Kind::WentAway => (&self.tested_before, &self.tested_after),
            _ => (&self.tested_after, &self.tested_before),
        };
        let is_told = |place| with.contains(&place) && !without.contains(&place);
        part != Part::Result && key.place().is_some_and(is_told)
    }

    fn both(&mut self, part: Part, key: Key<'_>, conforms: Option<bool>, details: Vec<Detail>) {
        let goes = |direction| details.iter().any(|detail| detail.direction == direction);
        let kind = match (goes(Direction::Worse), goes(Direction::Better)) {
            (false, false) => {
                self.unchanged += 1;
                return;
            }
            (true, false) => Kind::Worse,
            (true, true) => Kind::Mixed,
            (false, true) => Kind::Better,
        };
        self.changes.push(Change {
            details,
            ..change(part, kind, key, kind != Kind::Better, conforms)
        });
    }

    fn alone(
        &mut self,
        part: Part,
        kind: Kind,
        key: Key<'_>,
        conforms: Option<bool>,
        entries: u64,
    ) {
        let counts_as_worse = kind == Kind::WentAway && !self.options.allow_removed;
        self.changes.push(Change {
            entries,
            ..change(part, kind, key, counts_as_worse, conforms)
        });
    }
}

fn change(
    part: Part,
    kind: Kind,
    key: Key<'_>,
    counts_as_worse: bool,
    conforms: Option<bool>,
) -> Change {
    Change {
        kind,
        counts_as_worse,
        part,
        subject: key.subject.map(str::to_owned),
        op: key.op.map(str::to_owned),
        dtype: key.dtype.map(str::to_owned),
        name: key.name.map(str::to_owned),
        entries: 1,
        conforms,
        details: Vec::new(),
    }
}

fn by_key<'e, 'a, T>(entries: &'e [Entry<'a, T>]) -> BTreeMap<Key<'a>, &'e Entry<'a, T>> {
    entries.iter().map(|entry| (entry.key, entry)).collect()
}

fn rows(view: &View) -> Vec<Entry<'_, &Row>> {
    view.results.iter().map(row).collect()
}

fn sweeps(view: &View) -> Vec<Entry<'_, &Row>> {
    view.sweeps.iter().map(|Sweep(of)| row(of)).collect()
}

fn row(row: &Row) -> Entry<'_, &Row> {
    Entry {
        key: Key {
            subject: Some(&row.subject),
            op: Some(&row.op),
            dtype: Some(&row.dtype),
            name: Some(&row.class),
        },
        conforms: row.conforms,
        data: row,
    }
}

fn clauses(view: &View) -> Vec<Entry<'_, ClauseUse<'_>>> {
    view.clause_uses().into_iter().map(clause).collect()
}

fn clause(one: ClauseUse<'_>) -> Entry<'_, ClauseUse<'_>> {
    Entry {
        key: Key {
            subject: Some(one.subject),
            op: Some(one.op),
            dtype: Some(one.dtype),
            name: Some(one.clause),
        },
        conforms: Some(one.conforming == one.values),
        data: one,
    }
}

fn properties(view: &View) -> Vec<Entry<'_, PropertyUse<'_>>> {
    view.property_uses().into_iter().map(property).collect()
}

fn property(one: PropertyUse<'_>) -> Entry<'_, PropertyUse<'_>> {
    Entry {
        key: Key {
            subject: Some(one.subject),
            op: Some(one.op),
            dtype: Some(one.dtype),
            name: Some(one.property),
        },
        conforms: Some(one.holds),
        data: one,
    }
}

fn scores(view: &View) -> Vec<Entry<'_, &ScoreView>> {
    let scores = view.self_proof.iter().flat_map(|proof| &proof.scores);
    scores.map(score).collect()
}

fn score(score: &ScoreView) -> Entry<'_, &ScoreView> {
    Entry {
        key: Key {
            dtype: Some(&score.dtype),
            ..Key::default()
        },
        conforms: Some(score.killed == score.mutants),
        data: score,
    }
}

fn side(file: &str, view: &View) -> Side {
    Side {
        file: file.to_owned(),
        schema: view.schema.clone(),
        tool: view.tool.clone(),
        seed: view.seed,
        tier: view.tier.clone(),
        profile: view.profile.clone(),
    }
}

fn counts(changes: &[Change]) -> Counts {
    let mut counts = Counts::default();
    for change in changes {
        let counted = match change.kind {
            Kind::Worse => &mut counts.worse,
            Kind::Mixed => &mut counts.mixed,
            Kind::WentAway => &mut counts.went_away,
            Kind::Better => &mut counts.better,
            Kind::Appeared => &mut counts.appeared,
        };
        *counted += 1;
    }
    counts
}
