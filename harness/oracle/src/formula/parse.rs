//! The grammar: text in, syntax tree out, with every node's place in the text.
//!
//! From loosest to tightest: `a if c else b`, `or`, `and`, `not`, comparisons (which do not chain), `+ -`, `* /`,
//! unary `-`, `vector[index]`, calls. Numbers are decimals or hex floats and keep their text.

use winnow::ascii::multispace0;
use winnow::combinator::{Infix, Postfix, Prefix, alt, expression, opt, peek, preceded, separated};
use winnow::error::{ErrMode, ParserError};
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Location, Stateful, Stream};

use super::ast::{ArithmeticOperator, Comparison, Expr, ExprKind, Function, Span};
use super::error::FormulaError;
use super::token::{close, keyword, next_token, number, unexpected, word};

/// How deep a formula may nest. A bound keeps a hostile text from exhausting the stack, here and in everything that
/// walks the tree; no formula in use nests ten levels.
pub const MAX_DEPTH: usize = 64;

/// The words that are not names.
pub const KEYWORDS: &[&str] = &["if", "else", "and", "or", "not"];

/// The text yet to be read, and how many parsers are open around it.
pub(super) type Input<'text> = Stateful<LocatingSlice<&'text str>, usize>;

/// The result of a parser: a backtrack means "not this form", a cut carries the error to show.
pub(super) type Parsed<T> = Result<T, ErrMode<FormulaError>>;

/// Binding powers, in the order of the module's first lines.
mod power {
    pub const CONDITIONAL: i64 = 0;
    pub const OR: i64 = 2;
    pub const AND: i64 = 4;
    pub const NOT: i64 = 6;
    pub const COMPARISON: i64 = 8;
    pub const SUM: i64 = 10;
    pub const PRODUCT: i64 = 12;
    pub const NEGATION: i64 = 14;
    pub const INDEX: i64 = 16;
}

/// An expression with the height of its tree, which left-leaning chains raise without any recursion here.
#[derive(Debug)]
struct Node {
    expr: Expr,
    height: usize,
}

impl ParserError<Input<'_>> for FormulaError {
    type Inner = Self;

    fn from_input(input: &Input<'_>) -> Self {
        unexpected(input)
    }

    fn into_inner(self) -> Result<Self::Inner, Self> {
        Ok(self)
    }
}

/// The whole text as one expression.
pub(super) fn parse(text: &str) -> Result<Expr, FormulaError> {
    let mut input = Input {
        input: LocatingSlice::new(text),
        state: 0,
    };
    let outcome = subexpression(&mut input, power::CONDITIONAL).and_then(|node| {
        let _ = multispace0.parse_next(&mut input)?;
        if input.eof_offset() > 0 {
            return Err(ErrMode::Cut(unexpected(&input)));
        }
        Ok(node.expr)
    });
    outcome.map_err(|error| {
        error
            .into_inner()
            .unwrap_or_else(|_| FormulaError::new(0..text.len(), "the text ends too early"))
    })
}

fn subexpression(input: &mut Input<'_>, minimum_power: i64) -> Parsed<Node> {
    enter(input)?;
    let node = expression(operand)
        .prefix(missing_operand)
        .postfix(postfix)
        .infix(infix)
        .current_precedence_level(minimum_power)
        .parse_next(input)?;
    input.state -= 1;
    Ok(node)
}

/// Opens one more level of recursion. Every failure after it is final, so no path forgets to close it.
fn enter(input: &mut Input<'_>) -> Parsed<()> {
    input.state += 1;
    if input.state > MAX_DEPTH {
        return Err(ErrMode::Cut(too_deep(next_token(input).0)));
    }
    Ok(())
}

fn too_deep(span: Span) -> FormulaError {
    FormulaError::new(span, format!("nested more than {MAX_DEPTH} levels deep"))
}

fn node<const N: usize>(kind: ExprKind, span: Span, heights: [usize; N]) -> Parsed<Node> {
    let height = 1 + heights.into_iter().max().unwrap_or(0);
    if height > MAX_DEPTH {
        return Err(ErrMode::Cut(too_deep(span)));
    }
    Ok(Node {
        expr: Expr { kind, span },
        height,
    })
}

fn operand(input: &mut Input<'_>) -> Parsed<Node> {
    preceded(
        multispace0,
        alt((parenthesised, negated, inverted, number_node, name_or_call)),
    )
    .parse_next(input)
}

fn parenthesised(input: &mut Input<'_>) -> Parsed<Node> {
    let start = input.current_token_start();
    '('.parse_next(input)?;
    let mut inner = subexpression(input, power::CONDITIONAL)?;
    let end = close(input, ')', "to close `(`")?;
    inner.expr.span = start..end;
    Ok(inner)
}

fn number_node(input: &mut Input<'_>) -> Parsed<Node> {
    let (text, span) = number.with_span().parse_next(input)?;
    node(ExprKind::Number(text.to_owned()), span, [])
}

fn name_or_call(input: &mut Input<'_>) -> Parsed<Node> {
    let (name, span) = word
        .verify(|name: &str| !KEYWORDS.contains(&name))
        .with_span()
        .parse_next(input)?;
    if opt((multispace0, '(')).parse_next(input)?.is_none() {
        return node(ExprKind::Name(name.to_owned()), span, []);
    }
    let Some(function) = Function::named(name) else {
        let known = Function::ALL.iter().map(|function| function.name());
        return Err(ErrMode::Cut(
            FormulaError::new(span, format!("there is no function `{name}`"))
                .with_help("`lossproof list functions` lists all there are")
                .with_nearest(name, known),
        ));
    };
    let arguments: Vec<Node> = if opt(peek(preceded(multispace0, ')')))
        .parse_next(input)?
        .is_some()
    {
        Vec::new()
    } else {
        separated(
            1..,
            |input: &mut Input<'_>| subexpression(input, power::CONDITIONAL),
            (multispace0, ','),
        )
        .parse_next(input)?
    };
    let end = close(input, ')', &format!("to close `{name}(`"))?;
    let height = arguments.iter().map(|argument| argument.height).max();
    let arguments = arguments
        .into_iter()
        .map(|argument| argument.expr)
        .collect();
    node(
        ExprKind::Call(function, arguments),
        span.start..end,
        [height.unwrap_or(0)],
    )
}

/// `-a`. Prefix operators are operands here, because a fold of the combinator's own does not learn where they began.
fn negated(input: &mut Input<'_>) -> Parsed<Node> {
    let start = input.current_token_start();
    '-'.parse_next(input)?;
    let inner = subexpression(input, power::NEGATION)?;
    let (span, height) = (start..inner.expr.span.end, inner.height);
    node(ExprKind::Negate(Box::new(inner.expr)), span, [height])
}

/// `not c`.
fn inverted(input: &mut Input<'_>) -> Parsed<Node> {
    let start = input.current_token_start();
    keyword("not").parse_next(input)?;
    let inner = subexpression(input, power::NOT)?;
    let (span, height) = (start..inner.expr.span.end, inner.height);
    node(ExprKind::Not(Box::new(inner.expr)), span, [height])
}

/// Comes in where no operand stands. The error is final: nowhere is an expression optional.
fn missing_operand<'text>(
    input: &mut Input<'text>,
) -> Parsed<Prefix<Input<'text>, Node, ErrMode<FormulaError>>> {
    let _ = multispace0.parse_next(input)?;
    let (span, found) = next_token(input);
    let message = match found {
        "" => "the text ends where a number, a name, a call or `(` should follow".to_owned(),
        _ => format!("expected a number, a name, a call or `(`, found `{found}`"),
    };
    Err(ErrMode::Cut(FormulaError::new(span, message)))
}

/// `[index]` and `if c else b`: what follows a whole operand.
fn postfix<'text>(
    input: &mut Input<'text>,
) -> Parsed<Postfix<Input<'text>, Node, ErrMode<FormulaError>>> {
    preceded(
        multispace0,
        alt((
            '['.map(|_| Postfix(power::INDEX, index_into as FoldOne<'text>)),
            keyword("if").map(|_| Postfix(power::CONDITIONAL, conditional as FoldOne<'text>)),
        )),
    )
    .parse_next(input)
}

type FoldOne<'text> = fn(&mut Input<'text>, Node) -> Parsed<Node>;
type FoldTwo<'text> = fn(&mut Input<'text>, Node, Node) -> Parsed<Node>;

fn index_into(input: &mut Input<'_>, row: Node) -> Parsed<Node> {
    let index = subexpression(input, power::CONDITIONAL)?;
    let end = close(input, ']', "to close `[`")?;
    let (span, heights) = (row.expr.span.start..end, [row.height, index.height]);
    let kind = ExprKind::Index(Box::new(row.expr), Box::new(index.expr));
    node(kind, span, heights)
}

fn conditional(input: &mut Input<'_>, then: Node) -> Parsed<Node> {
    let condition = subexpression(input, power::OR)?;
    let _ = multispace0.parse_next(input)?;
    if opt(keyword("else")).parse_next(input)?.is_none() {
        let (span, _) = next_token(input);
        return Err(ErrMode::Cut(
            FormulaError::new(span, "expected `else`")
                .with_help("a choice is written `a if condition else b`"),
        ));
    }
    let otherwise = subexpression(input, power::CONDITIONAL)?;
    let span = then.expr.span.start..otherwise.expr.span.end;
    let heights = [then.height, condition.height, otherwise.height];
    let kind = ExprKind::Conditional {
        then: Box::new(then.expr),
        condition: Box::new(condition.expr),
        otherwise: Box::new(otherwise.expr),
    };
    node(kind, span, heights)
}

fn infix<'text>(
    input: &mut Input<'text>,
) -> Parsed<Infix<Input<'text>, Node, ErrMode<FormulaError>>> {
    preceded(multispace0, alt((arithmetic, comparison, connective))).parse_next(input)
}

fn arithmetic<'text>(
    input: &mut Input<'text>,
) -> Parsed<Infix<Input<'text>, Node, ErrMode<FormulaError>>> {
    macro_rules! fold {
        ($operator:ident) => {
            (|_, left, right| {
                binary(left, right, |left, right| {
                    ExprKind::Arithmetic(ArithmeticOperator::$operator, left, right)
                })
            }) as FoldTwo<'text>
        };
    }
    alt((
        '+'.map(|_| Infix::Left(power::SUM, fold!(Add))),
        '-'.map(|_| Infix::Left(power::SUM, fold!(Subtract))),
        '*'.map(|_| Infix::Left(power::PRODUCT, fold!(Multiply))),
        '/'.map(|_| Infix::Left(power::PRODUCT, fold!(Divide))),
    ))
    .parse_next(input)
}

fn comparison<'text>(
    input: &mut Input<'text>,
) -> Parsed<Infix<Input<'text>, Node, ErrMode<FormulaError>>> {
    macro_rules! fold {
        ($comparison:ident) => {
            (|_, left, right| {
                binary(left, right, |left, right| {
                    ExprKind::Compare(Comparison::$comparison, left, right)
                })
            }) as FoldTwo<'text>
        };
    }
    alt((
        "<=".map(|_| fold!(LessOrEqual)),
        '<'.map(|_| fold!(Less)),
        ">=".map(|_| fold!(GreaterOrEqual)),
        '>'.map(|_| fold!(Greater)),
        "==".map(|_| fold!(Equal)),
        "!=".map(|_| fold!(NotEqual)),
    ))
    .map(|fold| Infix::Neither(power::COMPARISON, fold))
    .parse_next(input)
}

fn connective<'text>(
    input: &mut Input<'text>,
) -> Parsed<Infix<Input<'text>, Node, ErrMode<FormulaError>>> {
    alt((
        keyword("and").map(|_| {
            let fold: FoldTwo<'text> = |_, left, right| binary(left, right, ExprKind::And);
            Infix::Left(power::AND, fold)
        }),
        keyword("or").map(|_| {
            let fold: FoldTwo<'text> = |_, left, right| binary(left, right, ExprKind::Or);
            Infix::Left(power::OR, fold)
        }),
    ))
    .parse_next(input)
}

fn binary(
    left: Node,
    right: Node,
    kind: impl FnOnce(Box<Expr>, Box<Expr>) -> ExprKind,
) -> Parsed<Node> {
    let span = left.expr.span.start..right.expr.span.end;
    let heights = [left.height, right.height];
    node(
        kind(Box::new(left.expr), Box::new(right.expr)),
        span,
        heights,
    )
}
