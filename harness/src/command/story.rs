//! One case told in full, as text or JSON: inputs, exact result, result, error, conditioning, clause.

use crate::cases::{Case, KNOWN_WORST, Tensor};
use crate::certify::{Certified, certify, kappa_of};
use crate::measure::{CaseReport, Judged, Verdict, conditioning_of, round_down, round_up};
use crate::reference::Reference;
use crate::spec::{Clause, Outcome, Profile};
use crate::subject::{Answer, Subject};
use anyhow::Result;
use lossproof_numerics::{encode, format_hex};
use lossproof_oracle::formula::Dim;
use lossproof_oracle::{Expected, PrecisionBits};
use serde_json::json;
use std::fmt::Write as _;

/// How many values of a long row are shown from either end.
const SHOWN_AT_EITHER_END: usize = 4;

/// What the verdict `unspecified` means.
const UNSPECIFIED: &str =
    "          nobody has settled what is right here: neither a pass nor a fault";

#[derive(Clone, Copy)]
pub(super) struct Story<'a> {
    pub(super) reference: &'a Reference,
    pub(super) case: &'a Case,
    pub(super) subject: &'a dyn Subject,
    pub(super) report: &'a CaseReport,
    pub(super) place: Option<usize>,
}

impl Story<'_> {
    fn certified(&self, precision_limit: PrecisionBits, place: usize) -> (Certified, (f64, f64)) {
        let dtype = self.case.id.dtype;
        let call = self.reference.call_on(self.case);
        let mut certified = certify(self.reference, dtype, &call, &[place], precision_limit);
        let certified = certified.remove(0);
        let kappa = kappa_of(self.reference, &call, place, &certified);
        (certified, kappa)
    }

    fn judged(&self, place: usize) -> Judged {
        let values = matches!(self.report.answer, Answer::Values(_));
        self.report.judged[if values { place } else { 0 }]
    }

    fn clause(&self, place: usize) -> Option<&Clause> {
        let clause = self.report.clauses.get(place).copied().flatten()?;
        self.reference.clauses().get(clause)
    }

    /// The case told in lines of text.
    pub(super) fn text(&self, precision_limit: PrecisionBits, all: bool) -> Result<String> {
        Ok(self.heading(all)? + &self.outcome(precision_limit)?)
    }

    /// What became of the call, and one value of it.
    pub(super) fn outcome(&self, precision_limit: PrecisionBits) -> Result<String> {
        let mut text = String::new();
        match &self.report.answer {
            Answer::Values(_) => {}
            Answer::Refused(why) => writeln!(text, "answer    refused: {why}")?,
            Answer::Crashed(why) => writeln!(text, "answer    crashed: {why}")?,
            Answer::TimedOut(why) => writeln!(text, "answer    timed out: {why}")?,
            Answer::Garbled(why) => writeln!(text, "answer    garbled: {why}")?,
            Answer::Trespassed(why) => writeln!(text, "answer    trespassed: {why}")?,
        }
        match self.place {
            Some(place) => self.tell_value(&mut text, place, precision_limit)?,
            None => self.tell_call(&mut text)?,
        }
        Ok(text)
    }

    /// The lengths that the op's inputs have.
    fn lengths(&self) -> String {
        let inputs = &self.reference.op.inputs;
        let lengths = self.reference.call_on(self.case).lengths;
        let has = |dim: &Dim| inputs.iter().any(|input| input.shape.dims().contains(dim));
        let told = Dim::ALL
            .into_iter()
            .filter(has)
            .map(|dim| format!("{} = {}", dim.name(), lengths.get(dim)));
        told.collect::<Vec<_>>().join(", ")
    }

    /// Case, formula, inputs and subject.
    fn heading(&self, all: bool) -> Result<String> {
        let mut text = String::new();
        let op = &self.reference.op;
        writeln!(text, "case      {}  ({})", self.case.id, self.lengths())?;
        let kept = op
            .kept
            .of(self.case.id.dtype)
            .nth(self.case.id.index as usize);
        if let Some(kept) = kept.filter(|_| self.case.id.class == KNOWN_WORST) {
            writeln!(text, "origin    {}", kept.origin)?;
        }
        let profile = self.reference.profile();
        if let Some(own) = op.profile_formula(profile) {
            writeln!(text, "formula   {}", own.formula_text)?;
            writeln!(
                text,
                "          of the profile {profile}: {} ({})",
                own.why, own.source
            )?;
        } else {
            writeln!(text, "formula   {}", op.spec.formula_text)?;
            if let Some(input) = &op.derivative_of {
                writeln!(text, "          differentiated with respect to {input}")?;
            }
        }
        for definition in &op.spec.definitions {
            writeln!(text, "          {} = {}", definition.name, definition.text)?;
        }
        for attribute in &op.spec.attributes {
            let value = attribute.value(self.case.id.dtype);
            writeln!(
                text,
                "          {} = {}, in {} {}",
                attribute.name,
                attribute.text,
                self.case.id.dtype,
                format_hex(value)
            )?;
        }
        for (input, tensor) in op.inputs.iter().zip(&self.case.inputs) {
            writeln!(
                text,
                "{:<9} {}",
                input.name,
                tensor_text(tensor, self.place, all)
            )?;
        }
        writeln!(text, "subject   {}", self.subject.name())?;
        if profile != Profile::Exact {
            writeln!(text, "profile   {profile}")?;
        }
        Ok(text)
    }

    /// A call without values, or with none to tell of.
    fn tell_call(&self, text: &mut String) -> Result<()> {
        let Some(judged) = self.report.judged.first() else {
            writeln!(
                text,
                "verdict   the output is empty: there is no value to judge"
            )?;
            return Ok(());
        };
        if let Some(clause) = self.clause(0) {
            tell_clause(text, clause)?;
        }
        writeln!(text, "verdict   {}", judged.verdict.name())?;
        if judged.verdict == Verdict::Unspecified {
            writeln!(text, "{UNSPECIFIED}")?;
        }
        Ok(())
    }

    /// One output value.
    fn tell_value(
        &self,
        text: &mut String,
        place: usize,
        precision_limit: PrecisionBits,
    ) -> Result<()> {
        let dtype = self.case.id.dtype;
        let (certified, kappa) = self.certified(precision_limit, place);
        let (lo, hi) = certified.enclosure.ends_to_decimal(25);
        let (lo_open, hi_open) = certified.enclosure.open_ends();
        let brackets = (
            if lo_open { '(' } else { '[' },
            if hi_open { ')' } else { ']' },
        );
        let output = &self.reference.op.output.name;
        writeln!(text, "place     {output}[{place}]")?;
        let exact = certified
            .decimal
            .clone()
            .unwrap_or_else(|| "not settled to 40 digits".to_owned());
        writeln!(text, "exact     {exact}")?;
        writeln!(
            text,
            "enclosure {}{lo}, {hi}{} at {} bits",
            brackets.0, brackets.1, certified.precision
        )?;
        writeln!(text, "expected  {}", expected_text(&certified))?;
        if let Answer::Values(values) = &self.report.answer {
            let value = values[place];
            let bits = encode(dtype, value);
            writeln!(
                text,
                "result    {}  ({value:e}, bits:{bits:x})",
                format_hex(value)
            )?;
        }
        let judged = self.judged(place);
        if let Some((lower, upper)) = judged.ulp_error {
            writeln!(
                text,
                "error     {} … {} ulp",
                round_down(lower),
                round_up(upper)
            )?;
        }
        if let (Answer::Values(values), Some(_)) = (&self.report.answer, judged.ulp_error) {
            let conditioning = conditioning_of(
                (self.reference, self.subject),
                self.case,
                (place, values[place]),
                &certified.enclosure,
            );
            if let Some(conditioned) = conditioning.conditioned {
                let share = round_up(conditioned);
                writeln!(
                    text,
                    "          {share} of u · max(1, κ), what the conditioning excuses"
                )?;
            }
            writeln!(text, "ceiling   {} ulp", conditioning.ceiling_ulps)?;
        }
        writeln!(
            text,
            "κ         {:e} … {:e}",
            round_down(kappa.0),
            round_up(kappa.1)
        )?;
        if let Some(clause) = self.clause(place) {
            tell_clause(text, clause)?;
        }
        writeln!(text, "verdict   {}", judged.verdict.name())?;
        match judged.verdict {
            Verdict::WrongClass => {
                let by_formula = self
                    .clause(place)
                    .is_none_or(|clause| clause.accept.contains(&Outcome::Formula));
                let due = if by_formula {
                    "the exact one's"
                } else {
                    "one that the clause accepts"
                };
                writeln!(
                    text,
                    "          the result's class (NaN, infinity, sign of zero) is not {due}"
                )?;
            }
            Verdict::Unspecified => writeln!(text, "{UNSPECIFIED}")?,
            _ => {}
        }
        Ok(())
    }

    /// The case as JSON.
    pub(super) fn json(&self, precision_limit: PrecisionBits) -> serde_json::Value {
        let mut answer = json!({
            "case": self.case.id.to_string(),
            "subject": self.subject.name(),
            "profile": self.reference.profile().name(),
            "inputs": json_inputs(self.reference, self.case),
        });
        if let Some(account) = self.report.answer.account() {
            answer["account"] = json!(account);
        }
        let Some(place) = self.place else {
            answer["verdict"] = json!(
                self.report
                    .judged
                    .first()
                    .map(|judged| judged.verdict.name())
            );
            answer["clause"] = json!(self.clause(0).map(|clause| clause.id.clone()));
            return answer;
        };
        let (certified, kappa) = self.certified(precision_limit, place);
        let judged = self.judged(place);
        let (lo, hi) = certified.enclosure.ends_to_hex();
        answer["place"] = json!(place);
        answer["exact"] = json!(certified.decimal);
        answer["enclosure"] = json!({"lo": lo, "hi": hi, "precision": certified.precision});
        if let Answer::Values(values) = &self.report.answer {
            answer["result"] = json!(format_hex(values[place]));
        }
        answer["ulp_error"] = json!(
            judged
                .ulp_error
                .map(|(lower, upper)| json!({"lower": lower, "upper": upper}))
        );
        answer["kappa"] = json!({"lower": kappa.0, "upper": kappa.1});
        answer["verdict"] = json!(judged.verdict.name());
        answer["clause"] = json!(self.clause(place).map(|clause| clause.id.clone()));
        answer
    }
}

/// A case's inputs as JSON, in hex floats.
pub(super) fn json_inputs(reference: &Reference, case: &Case) -> serde_json::Value {
    let inputs = reference.op.inputs.iter().zip(&case.inputs);
    let inputs = inputs.map(|(input, tensor)| {
        let value = match tensor {
            Tensor::Row(row) => row.iter().map(|&x| format_hex(x)).collect(),
            Tensor::Matrix {
                numbers, columns, ..
            } => numbers
                .chunks(usize::max(*columns, 1))
                .map(|row| row.iter().map(|&x| format_hex(x)).collect::<Vec<_>>())
                .collect(),
            Tensor::Scalar(number) => json!(format_hex(*number)),
            Tensor::Index(index) => json!(index),
            Tensor::Indices(places) => json!(places),
        };
        (input.name.clone(), value)
    });
    inputs.collect::<serde_json::Map<_, _>>().into()
}

/// A clause's id, what it accepts and why.
fn tell_clause(text: &mut String, clause: &Clause) -> Result<()> {
    let accept: Vec<&str> = clause.accept.iter().map(|outcome| outcome.name()).collect();
    writeln!(
        text,
        "clause    {}: {} ({})\n          accepts {}",
        clause.id,
        clause.why,
        clause.source,
        accept.join(", ")
    )?;
    Ok(())
}

fn expected_text(certified: &Certified) -> String {
    match certified.expected {
        Expected::Number(number) => format!("{}  ({number:e})", format_hex(number)),
        Expected::Zero => "zero of either sign".to_owned(),
        Expected::Nan => "nan".to_owned(),
        Expected::Unknown => "undecided at the precision limit".to_owned(),
    }
}

/// An input: a row in hex floats, whole when short, else its ends and what surrounds the place; a matrix row by row.
pub(super) fn tensor_text(tensor: &Tensor, place: Option<usize>, all: bool) -> String {
    match tensor {
        Tensor::Scalar(number) => format_hex(*number),
        Tensor::Index(index) => index.to_string(),
        Tensor::Indices(places) => format!("{places:?}"),
        Tensor::Row(row) => row_text(row, place, all),
        Tensor::Matrix {
            numbers, columns, ..
        } => {
            let rows = numbers.chunks(usize::max(*columns, 1)).enumerate();
            let rows = rows.map(|(at, row)| {
                let start = at * columns;
                let inside = place.and_then(|place| place.checked_sub(start));
                row_text(row, inside.filter(|place| *place < row.len()), all)
            });
            format!("[{}]", rows.collect::<Vec<_>>().join(",\n           "))
        }
    }
}

fn row_text(row: &[f64], place: Option<usize>, all: bool) -> String {
    let near = |index: usize| {
        index < SHOWN_AT_EITHER_END
            || index + SHOWN_AT_EITHER_END >= row.len()
            || place.is_some_and(|place| index.abs_diff(place) <= 1)
    };
    let whole = all || row.len() <= 4 * SHOWN_AT_EITHER_END;
    let mut parts: Vec<String> = Vec::new();
    let mut skipped = 0;
    for (index, &value) in row.iter().enumerate() {
        if whole || near(index) {
            if skipped > 0 {
                parts.push(format!("… {skipped} more …"));
                skipped = 0;
            }
            let mark = if place == Some(index) { "*" } else { "" };
            parts.push(format!("{mark}{}", format_hex(value)));
        } else {
            skipped += 1;
        }
    }
    format!("[{}]", parts.join(", "))
}
