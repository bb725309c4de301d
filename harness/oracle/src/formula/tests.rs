//! The language from outside: what each text becomes, and the exact words and place of each refusal.

use super::{
    Expr, ExprKind, FormulaError, MAX_DEPTH, Shape, check_ceiling, check_condition, check_formula,
    parse_ceiling, parse_condition, parse_formula,
};

/// The tree with every grouping written out.
fn grouped(expr: &Expr) -> String {
    let two = |left: &Expr, operator: &str, right: &Expr| {
        format!("({} {operator} {})", grouped(left), grouped(right))
    };
    match &expr.kind {
        ExprKind::Number(text) | ExprKind::Name(text) => text.clone(),
        ExprKind::Negate(inner) => format!("(-{})", grouped(inner)),
        ExprKind::Not(inner) => format!("(not {})", grouped(inner)),
        ExprKind::Arithmetic(operator, left, right) => two(left, &format!("{operator:?}"), right),
        ExprKind::Compare(comparison, left, right) => two(left, &format!("{comparison:?}"), right),
        ExprKind::And(left, right) => two(left, "and", right),
        ExprKind::Or(left, right) => two(left, "or", right),
        ExprKind::Index(row, index) => format!("{}[{}]", grouped(row), grouped(index)),
        ExprKind::Call(function, arguments) => {
            let arguments: Vec<String> = arguments.iter().map(grouped).collect();
            format!("{}({})", function.name(), arguments.join(", "))
        }
        ExprKind::Conditional {
            then,
            condition,
            otherwise,
        } => format!(
            "({} if {} else {})",
            grouped(then),
            grouped(condition),
            grouped(otherwise)
        ),
    }
}

/// The text, a line of carets under what is wrong, and the words, as an author would see them.
fn shown(text: &str, error: &FormulaError) -> String {
    let carets = "^".repeat(error.span.len().max(1));
    let mut lines = format!(
        "{text}\n{}{carets} {}",
        " ".repeat(error.span.start),
        error.message
    );
    if let Some(help) = &error.help {
        lines.push_str("\nhelp: ");
        lines.push_str(help);
    }
    lines
}

fn inputs() -> Vec<(String, Shape)> {
    [
        ("logits", Shape::ROW),
        ("labels", Shape::ROW),
        ("label", Shape::Index),
        ("scale", Shape::Scalar),
    ]
    .map(|(name, shape)| (name.to_owned(), shape))
    .to_vec()
}

fn formula_error(text: &str, expected: Shape) -> String {
    let error = parse_formula(text)
        .and_then(|expr| check_formula(&expr, &inputs(), expected))
        .unwrap_err();
    shown(text, &error)
}

fn condition_error(text: &str) -> String {
    let error = parse_condition(text)
        .and_then(|expr| check_condition(&expr, &inputs()))
        .unwrap_err();
    shown(text, &error)
}

fn ceiling_error(text: &str) -> String {
    let error = parse_ceiling(text)
        .and_then(|expr| check_ceiling(&expr))
        .unwrap_err();
    shown(text, &error)
}

#[test]
fn precedence_and_associativity() {
    for (text, expected) in [
        ("a - b - c", "((a Subtract b) Subtract c)"),
        ("a + b * -c[d]", "(a Add (b Multiply (-c[d])))"),
        ("-a * b", "((-a) Multiply b)"),
        ("a * (b + c) / d", "((a Multiply (b Add c)) Divide d)"),
        ("-log_softmax(a)[b]", "(-log_softmax(a)[b])"),
        ("max(a, b + 0x1.8p-3)", "max(a, (b Add 0x1.8p-3))"),
        ("1e-3 + 1.5E+2", "(1e-3 Add 1.5E+2)"),
        ("  a\n\t+ b ", "(a Add b)"),
    ] {
        assert_eq!(grouped(&parse_formula(text).unwrap()), expected, "{text}");
    }
    for (text, expected) in [
        (
            "not a < b and c == d or e != 0",
            "(((not (a Less b)) and (c Equal d)) or (e NotEqual 0))",
        ),
        (
            "a < b or c > d or e >= f",
            "(((a Less b) or (c Greater d)) or (e GreaterOrEqual f))",
        ),
        ("not not isnan(a)", "(not (not isnan(a)))"),
        ("android < 1", "(android Less 1)"),
    ] {
        assert_eq!(grouped(&parse_condition(text).unwrap()), expected, "{text}");
    }
    assert_eq!(
        grouped(&parse_ceiling("1 if n < 2 or kappa < 3 else 2 if n < 4 else 3 + 1").unwrap()),
        "(1 if ((n Less 2) or (kappa Less 3)) else (2 if (n Less 4) else (3 Add 1)))"
    );
}

#[test]
fn spans_cover_their_text() {
    let text = " -sum( xmul(a, (b) ) )";
    let expr = parse_formula(text).unwrap();
    assert_eq!(&text[expr.span.clone()], "-sum( xmul(a, (b) ) )");
    let sum = expr.children()[0];
    assert_eq!(&text[sum.span.clone()], "sum( xmul(a, (b) ) )");
    let product = sum.children()[0];
    assert_eq!(&text[product.span.clone()], "xmul(a, (b) )");
    assert_eq!(&text[product.children()[1].span.clone()], "(b)");
}

#[test]
fn shapes() {
    for (text, expected) in [
        ("sum(logits) + scale", Shape::Scalar),
        ("scale * logits", Shape::ROW),
        ("logits[label] / n", Shape::Scalar),
        ("softmax(logits) - labels", Shape::ROW),
    ] {
        let expr = parse_formula(text).unwrap();
        assert_eq!(check_formula(&expr, &inputs(), expected), Ok(()), "{text}");
    }
    for (text, expected) in [
        ("label < 0 or label >= n", Shape::Scalar),
        ("any_nan(logits)", Shape::Scalar),
        ("all(isninf(logits) and labels == 0)", Shape::Scalar),
        ("isninf(logits) or n == 0", Shape::ROW),
        ("isninf(logits[label])", Shape::Scalar),
    ] {
        let expr = parse_condition(text).unwrap();
        assert_eq!(check_condition(&expr, &inputs()), Ok(expected), "{text}");
    }
}

#[test]
fn grammar_errors() {
    for (text, expected) in [
        (
            "",
            "\n^ the text ends where a number, a name, a call or `(` should follow",
        ),
        (
            "1 +",
            "1 +\n   ^ the text ends where a number, a name, a call or `(` should follow",
        ),
        (
            "1 + * 2",
            "1 + * 2\n    ^ expected a number, a name, a call or `(`, found `*`",
        ),
        (
            "sum(a",
            "sum(a\n     ^ the text ends where `)` should follow to close `sum(`",
        ),
        ("(a b)", "(a b)\n   ^ expected `)` to close `(`, found `b`"),
        (
            "a[b",
            "a[b\n   ^ the text ends where `]` should follow to close `[`",
        ),
        ("a b", "a b\n  ^ unexpected `b`"),
        (
            "Logits",
            "Logits\n^^^^^^ expected a number, a name, a call or `(`, found `Logits`",
        ),
        ("a else b", "a else b\n  ^^^^ unexpected `else`"),
        (
            "a ^ 2",
            "a ^ 2\n  ^ unexpected `^`\nhelp: there is no power operator: write `a * a`, `sqrt(a)` or `exp(b * log(a))`",
        ),
        (
            "2x",
            "2x\n^^ `2x` is no number\nhelp: write decimals like 0.5 or 1e-3, hex floats like 0x1.8p-3, products with `*`",
        ),
        (
            "1.",
            "1.\n^^ `1.` is no number\nhelp: write decimals like 0.5 or 1e-3, hex floats like 0x1.8p-3, products with `*`",
        ),
        (
            "1e1000000",
            "1e1000000\n^^^^^^^^^ the exponent is out of range\nhelp: write at most 5 digits",
        ),
        (
            "sofmax(a)",
            "sofmax(a)\n^^^^^^ there is no function `sofmax`\nhelp: did you mean `softmax`?",
        ),
        (
            "erf(a)",
            "erf(a)\n^^^ there is no function `erf`\nhelp: `lossproof list functions` lists all there are",
        ),
    ] {
        assert_eq!(shown(text, &parse_formula(text).unwrap_err()), expected);
    }
    for (text, expected) in [
        (
            "a < b < c",
            "a < b < c\n      ^ unexpected `<`\nhelp: comparisons do not chain: write `a < b and b < c`",
        ),
        (
            "any(a < b < c)",
            "any(a < b < c)\n          ^ unexpected `<`\nhelp: comparisons do not chain: write `a < b and b < c`",
        ),
        (
            "a = b",
            "a = b\n  ^ unexpected `=`\nhelp: write `==` to compare",
        ),
        (
            "a < b && c < d",
            "a < b && c < d\n      ^ unexpected `&`\nhelp: write `and`",
        ),
    ] {
        assert_eq!(shown(text, &parse_condition(text).unwrap_err()), expected);
    }
    let text = "1 if n < 2";
    assert_eq!(
        shown(text, &parse_ceiling(text).unwrap_err()),
        "1 if n < 2\n          ^ expected `else`\nhelp: a choice is written `a if condition else b`"
    );
}

#[test]
fn kind_errors() {
    for (text, expected) in [
        (
            "logits < 0",
            "logits < 0\n^^^^^^^^^^ this is a condition, but a number is needed here",
        ),
        (
            "1 + (logits < 0)",
            "1 + (logits < 0)\n    ^^^^^^^^^^^^ this is a condition, but a number is needed here",
        ),
        (
            "1 if n < 2 else 2",
            "1 if n < 2 else 2\n^^^^^^^^^^^^^^^^^ `a if c else b` may stand in ceilings only\nhelp: what depends on the case belongs in a clause",
        ),
    ] {
        assert_eq!(formula_error(text, Shape::ROW), expected);
    }
    for (text, expected) in [
        (
            "logits",
            "logits\n^^^^^^ this is a number, but a condition is needed here\nhelp: compare it, as in `a < b`, or test it, as in `isnan(a)`",
        ),
        (
            "any(logits)",
            "any(logits)\n    ^^^^^^ this is a number, but a condition is needed here\nhelp: compare it, as in `a < b`, or test it, as in `isnan(a)`",
        ),
        (
            "not n",
            "not n\n    ^ this is a number, but a condition is needed here\nhelp: compare it, as in `a < b`, or test it, as in `isnan(a)`",
        ),
    ] {
        assert_eq!(condition_error(text), expected);
    }
}

#[test]
fn name_arity_and_shape_errors() {
    for (text, expected) in [
        (
            "sum(logit)",
            "sum(logit)\n    ^^^^^ there is no input `logit`\nhelp: did you mean `logits`?",
        ),
        (
            "sum(kappa)",
            "sum(kappa)\n    ^^^^^ there is no input `kappa`\nhelp: known here: logits, labels, label, scale, n",
        ),
        (
            "sum(exp)",
            "sum(exp)\n    ^^^ there is no input `exp`\nhelp: to call the function, write `exp(…)`",
        ),
        (
            "max(scale)",
            "max(scale)\n^^^^^^^^^^ `max` takes 2 arguments, not 1",
        ),
        ("sum()", "sum()\n^^^^^ `sum` takes 1 argument, not 0"),
        (
            "sum(scale)",
            "sum(scale)\n    ^^^^^ `sum` takes a row, but this is a scalar",
        ),
        (
            "softmax(logits)",
            "softmax(logits)\n^^^^^^^^^^^^^^^ the formula gives a row, but the output is a scalar\nhelp: reduce a row with `sum`, `mean` or `logsumexp`",
        ),
        (
            "label * 2",
            "label * 2\n^^^^^ `label` is a class index, not a number\nhelp: take an element of a row with `row[label]`",
        ),
        (
            "scale[label]",
            "scale[label]\n^^^^^ only a row has elements, but this is a scalar",
        ),
        (
            "logits[scale]",
            "logits[scale]\n       ^^^^^ a row is indexed by an input of shape \"index\"",
        ),
        (
            "logits[0]",
            "logits[0]\n       ^ a row is indexed by an input of shape \"index\"",
        ),
    ] {
        assert_eq!(formula_error(text, Shape::Scalar), expected);
    }
    assert_eq!(
        formula_error("sum(logits)", Shape::ROW),
        "sum(logits)\n^^^^^^^^^^^ the formula gives a scalar, but the output is a row\nhelp: repeat a scalar along a row with `scalar + xmul(0, row)`"
    );
    assert_eq!(
        condition_error("any_nan(scale)"),
        "any_nan(scale)\n        ^^^^^ `any_nan` takes a row, but this is a scalar\nhelp: test a scalar with `isnan`"
    );
    assert_eq!(
        condition_error("any(scale < 0)"),
        "any(scale < 0)\n    ^^^^^^^^^ `any` takes a row, but this is a scalar"
    );
    assert_eq!(
        ceiling_error("1 if kapa < 2 else 3"),
        "1 if kapa < 2 else 3\n     ^^^^ there is no quantity `kapa`\nhelp: did you mean `kappa`?"
    );
    assert_eq!(
        ceiling_error("sum(n)"),
        "sum(n)\n    ^ `sum` takes a row, but this is a scalar"
    );
}

#[test]
fn hostile_nesting_is_refused() {
    let message = format!("nested more than {MAX_DEPTH} levels deep");
    for text in [
        "(".repeat(100_000),
        "-".repeat(100_000),
        "exp(".repeat(100_000),
        "a[".repeat(100_000),
        format!("a{}", "[a]".repeat(100_000)),
        format!("a{}", " + a".repeat(100_000)),
        format!("a{}", " if a < 1 else a".repeat(100_000)),
        "not ".repeat(100_000),
    ] {
        assert_eq!(parse_ceiling(&text).unwrap_err().message, message);
    }
    assert!(parse_formula(&format!("{}a{}", "(".repeat(50), ")".repeat(50))).is_ok());
}

proptest::proptest! {
    /// Whatever the text, the answer is a tree or an error whose place can be shown.
    #[test]
    fn every_text_is_answered_at_a_place_inside_it(
        tokens in proptest::collection::vec(
            proptest::sample::select(vec![
                "sum(", "max(", "isnan(", "any(", "(", ")", "[", "]", ",", "a", "n", "1", "0x1p-3", "2x", "1e999999",
                "+", "-", "*", "/", "<", "==", "=", " and ", " or ", "not ", " if ", " else ", "é", "∞", "A", "\n", " ",
            ]),
            0..24,
        )
    ) {
        let text = tokens.concat();
        for parsed in [parse_formula(&text), parse_condition(&text), parse_ceiling(&text)] {
            let span = match parsed {
                Ok(expr) => expr.span,
                Err(error) => error.span,
            };
            proptest::prop_assert!(text.get(span.clone()).is_some(), "{text:?} {span:?}");
        }
    }
}
