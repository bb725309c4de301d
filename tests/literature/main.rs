//! The figures that the founding documents print: each is reproduced digit for digit by the exact result rounded to its
//! dtype and by our kernel, or explained, and then the explanation must be needed and the form that it names must give
//! the figure. `golden/literature/README.md` documents the files.
//!
//! `cargo test --test literature -- --list` names the calls; a filter selects (`s04`).

mod digits;
mod form;
mod format;
mod inputs;
mod judge;

use digits::Printing;
use form::Form;
use format::{Call, Figure, File, load_all};
use inputs::read_inputs;
use libtest_mimic::{Arguments, Failed, Trial};
use lossproof::cases::Tensor;
use lossproof::certify::{Certified, certify};
use lossproof::command::{embedded_specs, references_of};
use lossproof::reference::{DEFAULT_PRECISION_LIMIT, Reference};
use lossproof::spec::{Outcome, Profile};
use lossproof::subject::{Builtin, Subject, Variant};
use lossproof_numerics::Dtype;
use lossproof_oracle::Expected;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::LazyLock;

/// The rows that print figures, or equal one that does.
const ROWS_WITH_FIGURES: [&str; 8] = ["S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8"];

/// As many digits of an exact result tell any two f64 values apart.
const FEWEST_EXACT_DIGITS: usize = 17;

static REFERENCES: LazyLock<Vec<Reference>> = LazyLock::new(|| {
    let specs = embedded_specs().unwrap_or_else(|error| panic!("{error:#}"));
    references_of(&specs, Profile::Exact).unwrap_or_else(|error| panic!("{error:#}"))
});

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let files = load_all().unwrap_or_else(|problem| panic!("{problem}"));
    eprintln!("{}", counts(&files));
    let mut tests = Vec::new();
    for file in &files {
        for call in &file.calls {
            let name = format!("{}/{}", file.stem, call.id);
            let call = call.clone();
            tests.push(Trial::test(name, move || {
                reproduces(&call).map_err(Failed::from)
            }));
        }
    }
    tests.push(Trial::test("rows/all_have_figures", move || {
        all_rows_have_figures(&files)
    }));
    tests.extend(judge::trials());
    let conclusion = libtest_mimic::run(&arguments, tests);
    let run = conclusion.num_passed + conclusion.num_failed + conclusion.num_ignored;
    if run == 0 && !arguments.list {
        eprintln!("no call fits the selection; `--list` names them");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}

/// How many figures of a row are reproduced, and how many explained.
fn count(file: &File) -> (usize, usize) {
    let figures = file.calls.iter().flat_map(|call| &call.figures);
    let explained = figures.clone().filter(|figure| figure.explained.is_some());
    let explained = explained.count();
    (figures.count() - explained, explained)
}

fn counts(files: &[File]) -> String {
    let line = |file: &File| {
        let (reproduced, explained) = count(file);
        format!(
            "{}: {reproduced} figures to reproduce, {explained} explained ({})",
            file.row, file.stem
        )
    };
    files.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn all_rows_have_figures(files: &[File]) -> Result<(), Failed> {
    for row in ROWS_WITH_FIGURES {
        let of_row = files.iter().filter(|file| file.row == row);
        if of_row.map(|file| file.calls.len()).sum::<usize>() == 0 {
            return Err(format!("golden/literature has no figure of row {row}").into());
        }
    }
    Ok(())
}

/// One call ready to be certified and run.
struct Bench {
    reference: &'static Reference,
    dtype: Dtype,
    inputs: Vec<Tensor>,
}

impl Bench {
    fn new(call: &Call, dtype: Dtype) -> Result<Self, String> {
        let found = REFERENCES.iter().find(|known| known.op.name == call.op);
        let reference =
            found.ok_or_else(|| format!("`{}` is no op; see `lossproof list ops`", call.op))?;
        let inputs = read_inputs(reference, dtype, &call.inputs)?;
        Ok(Self {
            reference,
            dtype,
            inputs,
        })
    }

    /// The exact result at each place, and its rounding to the dtype.
    fn certified(&self) -> Result<Vec<(Certified, f64)>, String> {
        let called = self.reference.call(self.dtype, &self.inputs);
        let call = called.map_err(|unfit| unfit.to_string())?;
        let rulings = self.reference.rulings(&call);
        let places: Vec<usize> = (0..self.reference.output_length(call.lengths)).collect();
        let values = certify(
            self.reference,
            self.dtype,
            &call,
            &places,
            DEFAULT_PRECISION_LIMIT,
        );
        let rounded = |(place, value): (usize, Certified)| {
            let target = rulings.target(place);
            let number = match value.expected {
                _ if target.unsettled => Err("a clause whose condition is not settled".to_owned()),
                Expected::Number(number) if target.accept.contains(&Outcome::Formula) => Ok(number),
                // A positive zero stands for a zero whose sign nothing settles.
                Expected::Number(0.0) | Expected::Zero => Ok(0.0),
                other => Err(format!("{other:?}, settled by {:?}", target.accept)),
            }
            .map_err(|found| format!("place {place} is no certified number: {found}"))?;
            Ok((value, number))
        };
        values.into_iter().enumerate().map(rounded).collect()
    }

    /// What our kernel returns.
    fn kernel(&self, output_length: usize) -> Result<Vec<f64>, String> {
        let arguments = self.reference.arguments(self.dtype, &self.inputs);
        let builtin = Builtin::new(Variant::Accurate);
        let answer = builtin.call(
            &self.reference.op.name,
            self.dtype,
            &arguments,
            output_length,
        );
        answer
            .into_values()
            .map_err(|failure| format!("builtin: {failure}"))
    }
}

fn reproduces(call: &Call) -> Result<(), String> {
    let dtype = Dtype::from_str(&call.dtype).map_err(|unknown| unknown.to_string())?;
    let bench = Bench::new(call, dtype)?;
    let certified = bench.certified()?;
    let kernel = bench.kernel(certified.len())?;
    let mut problems = Vec::new();
    for figure in &call.figures {
        let place = figure.place;
        let outcome = match certified.get(place) {
            None => Err(format!("the output has {} values", certified.len())),
            Some((value, rounded)) => holds(call, figure, &bench, value, *rounded, kernel[place]),
        };
        if let Err(problem) = outcome {
            problems.push(format!("{}[{place}] of {}: {problem}", call.op, call.id));
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        problems.insert(0, call.says.clone());
        Err(problems.join("\n"))
    }
}

/// That a figure is reproduced, or its explanation true and needed.
fn holds(
    call: &Call,
    figure: &Figure,
    bench: &Bench,
    value: &Certified,
    rounded: f64,
    kernel: f64,
) -> Result<(), String> {
    let printing = Printing::of(call, &figure.printed)?;
    let printed = figure.printed.as_str();
    let (exact_text, kernel_text) = (printing.print(rounded), printing.print(kernel));
    match &figure.explained {
        None if exact_text != printed => Err(format!(
            "the exact result rounded prints {exact_text}, the figure is {printed}"
        )),
        Some(_) if exact_text == printed => Err(format!(
            "the exact result rounded prints {printed}: the figure needs no explanation, remove it"
        )),
        Some(_) => exact_digits_hold(figure, value),
        None => Ok(()),
    }?;
    if kernel_text != exact_text {
        return Err(format!(
            "our kernel prints {kernel_text}, the exact result {exact_text}"
        ));
    }
    let Some(form) = figure.form else {
        return Ok(());
    };
    let by_form = match form {
        Form::F64 => Bench::new(call, Dtype::F64)?.certified()?[figure.place].1,
        form => form.evaluate(bench.reference, bench.dtype, &bench.inputs, figure.place)?,
    };
    let form_text = printing.print(by_form);
    if form_text == printed {
        Ok(())
    } else {
        Err(format!(
            "the form {form:?} prints {form_text}, the figure is {printed}"
        ))
    }
}

/// That the exact digits stated for an explained figure are the first ones certified.
fn exact_digits_hold(figure: &Figure, value: &Certified) -> Result<(), String> {
    let stated = figure.exact.as_deref().unwrap_or_default();
    let certified = value.decimal.as_deref().unwrap_or("unknown");
    let split = |text: &str| {
        let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
        (digits.to_owned(), exponent.to_owned())
    };
    let ((digits, exponent), (all_digits, true_exponent)) = (split(stated), split(certified));
    let shown = digits.bytes().filter(u8::is_ascii_digit).count();
    let holds = shown >= FEWEST_EXACT_DIGITS
        && shown < all_digits.bytes().filter(u8::is_ascii_digit).count()
        && all_digits.starts_with(&digits)
        && exponent == true_exponent;
    if holds {
        Ok(())
    } else {
        Err(format!(
            "`exact` is {stated}; state at least {FEWEST_EXACT_DIGITS} of the first digits of {certified}"
        ))
    }
}
