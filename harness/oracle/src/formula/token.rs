//! The words, numbers and closing brackets of the grammar, and what to say about text that is none of them.

use winnow::ascii::{digit1, hex_digit1, multispace0};
use winnow::combinator::{alt, opt, peek};
use winnow::error::ErrMode;
use winnow::prelude::*;
use winnow::stream::{Location, Stream};
use winnow::token::{one_of, take_while};

use super::ast::Span;
use super::error::FormulaError;
use super::parse::{Input, Parsed};

/// The most digits of an exponent: enough for every dtype, too few to ask the oracle for a number of a billion bits.
const MAX_EXPONENT_DIGITS: usize = 5;

/// A name or a keyword.
pub(super) fn word<'text>(input: &mut Input<'text>) -> Parsed<&'text str> {
    (
        one_of(('a'..='z', '_')),
        take_while(0.., ('a'..='z', '0'..='9', '_')),
    )
        .take()
        .parse_next(input)
}

/// That keyword, and not a name that begins with it.
pub(super) fn keyword<'text>(
    expected: &'static str,
) -> impl Parser<Input<'text>, &'text str, ErrMode<FormulaError>> {
    word.verify(move |found: &str| found == expected)
}

/// A decimal or a hex float, as text. What begins with a digit and is not one is an error of its own.
pub(super) fn number<'text>(input: &mut Input<'text>) -> Parsed<&'text str> {
    peek(one_of('0'..='9')).parse_next(input)?;
    let (span, run) = next_token(input);
    let exponent = |letter: char| (letter, opt(one_of(['+', '-'])), digit1);
    let hex = ("0x", hex_digit1, opt(('.', hex_digit1)), opt(exponent('p'))).take();
    let decimal = (
        digit1,
        opt(('.', digit1)),
        opt(alt((exponent('e'), exponent('E')))),
    )
        .take();
    let start = input.checkpoint();
    let text: &str = alt((hex, decimal)).parse_next(input)?;
    if continues_as_word(input) {
        input.reset(&start);
        return Err(ErrMode::Cut(
            FormulaError::new(span, format!("`{run}` is no number")).with_help(
                "write decimals like 0.5 or 1e-3, hex floats like 0x1.8p-3, products with `*`",
            ),
        ));
    }
    let exponent_digits = text
        .rsplit_once(if text.starts_with("0x") {
            &['p'][..]
        } else {
            &['e', 'E'][..]
        })
        .map_or(0, |(_, digits)| digits.trim_start_matches(['+', '-']).len());
    if exponent_digits > MAX_EXPONENT_DIGITS {
        return Err(ErrMode::Cut(
            FormulaError::new(
                span.start..span.start + text.len(),
                "the exponent is out of range",
            )
            .with_help(format!("write at most {MAX_EXPONENT_DIGITS} digits")),
        ));
    }
    Ok(text)
}

fn continues_as_word(input: &Input<'_>) -> bool {
    remaining(input).starts_with(|next: char| next.is_alphanumeric() || next == '_' || next == '.')
}

/// The closing bracket, and where it ends.
pub(super) fn close(input: &mut Input<'_>, bracket: char, purpose: &str) -> Parsed<usize> {
    let _ = multispace0.parse_next(input)?;
    if opt(bracket).parse_next(input)?.is_some() {
        return Ok(input.previous_token_end());
    }
    let mut error = unexpected(input);
    if error.help.is_none() {
        let found = next_token(input).1;
        error.message = match found {
            "" => format!("the text ends where `{bracket}` should follow {purpose}"),
            _ => format!("expected `{bracket}` {purpose}, found `{found}`"),
        };
    }
    Err(ErrMode::Cut(error))
}

/// What to say about the next token when no form of the grammar takes it.
pub(super) fn unexpected(input: &Input<'_>) -> FormulaError {
    let (span, found) = next_token(input);
    let rest = remaining(input).trim_start();
    let help = if rest.starts_with("==") || rest.starts_with("!=") || rest.starts_with(['<', '>']) {
        "comparisons do not chain: write `a < b and b < c`"
    } else if rest.starts_with('=') {
        "write `==` to compare"
    } else if rest.starts_with('&') {
        "write `and`"
    } else if rest.starts_with('|') {
        "write `or`"
    } else if rest.starts_with('!') {
        "write `not`"
    } else if rest.starts_with('^') {
        "there is no power operator: write `a * a`, `sqrt(a)` or `exp(b * log(a))`"
    } else {
        let message = match found {
            "" => "the text ends too early".to_owned(),
            _ => format!("unexpected `{found}`"),
        };
        return FormulaError::new(span, message);
    };
    FormulaError::new(span, format!("unexpected `{found}`")).with_help(help)
}

/// The next token for a message: a run of letters and digits, or one character; empty at the end of the text.
pub(super) fn next_token<'text>(input: &Input<'text>) -> (Span, &'text str) {
    let rest = remaining(input);
    let token = rest.trim_start();
    let start = input.current_token_start() + rest.len() - token.len();
    let run = token
        .find(|next: char| !(next.is_alphanumeric() || next == '_' || next == '.'))
        .unwrap_or(token.len());
    let length = if run > 0 {
        run
    } else {
        token.chars().next().map_or(0, char::len_utf8)
    };
    (start..start + length, &token[..length])
}

fn remaining<'text>(input: &Input<'text>) -> &'text str {
    input.input.as_ref()
}
