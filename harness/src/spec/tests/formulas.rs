//! Formulas, gradients and ceilings that do not fit their op, and the exact messages.

use super::message_after;

#[test]
fn unknown_function() {
    assert_eq!(
        message_after(
            r#"formula  = "-log_softmax(guess)"#,
            r#"formula  = "-log_sofmax(guess)"#
        ),
        r#"
error: there is no function `log_sofmax`
 --> mine.toml:7:14
  |
7 | formula  = "-log_sofmax(guess)[target] * weight"
  |              ^^^^^^^^^^
  |
  = help: did you mean `log_softmax`?
"#
    );
}

#[test]
fn places_inside_multi_line_strings() {
    assert_eq!(
        message_after(
            r#""-log_softmax(guess)[target] * weight""#,
            r"'''
    -log_softmax(guess)[target]
    * wieght
'''"
        ),
        r"
error: there is no input `wieght`
 --> mine.toml:9:7
  |
9 |     * wieght
  |       ^^^^^^
  |
  = help: did you mean `weight`?
"
    );
}

#[test]
fn places_behind_escapes_are_the_whole_string() {
    assert_eq!(
        message_after(
            r#""-log_softmax(guess)[target] * weight""#,
            r#""-log_softmax(gess)\u005btarget]""#
        ),
        r#"
error: there is no input `gess`
 --> mine.toml:7:12
  |
7 | formula  = "-log_softmax(gess)\u005btarget]"
  |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: did you mean `guess`?
"#
    );
}

#[test]
fn formula_syntax() {
    assert_eq!(
        message_after(r#"[target] * weight""#, r#"[target] * weight +""#),
        r#"
error: the text ends where a number, a name, a call or `(` should follow
 --> mine.toml:7:51
  |
7 | formula  = "-log_softmax(guess)[target] * weight +"
  |                                                   ^
"#
    );
}

#[test]
fn formula_shape() {
    assert_eq!(
        message_after(
            r#""-log_softmax(guess)[target] * weight""#,
            r#""log_softmax(guess)""#
        ),
        r#"
error: the formula gives a row, but the output is a scalar
 --> mine.toml:7:13
  |
7 | formula  = "log_softmax(guess)"
  |             ^^^^^^^^^^^^^^^^^^
  |
  = help: reduce a row with `sum`, `mean` or `logsumexp`
"#
    );
}

#[test]
fn condition_as_formula() {
    assert_eq!(
        message_after(
            r#""-log_softmax(guess)[target] * weight""#,
            r#""guess < 0""#
        ),
        r#"
error: this is a condition, but a number is needed here
 --> mine.toml:7:13
  |
7 | formula  = "guess < 0"
  |             ^^^^^^^^^
"#
    );
}

#[test]
fn unknown_gradient() {
    assert_eq!(
        message_after(
            r#"gradient = ["guess", "weight"]"#,
            r#"gradient = ["gues", "weight"]"#
        ),
        r#"
error: unknown input `gues`
 --> mine.toml:8:13
  |
8 | gradient = ["gues", "weight"]
  |             ^^^^^^
  |
  = help: did you mean `guess`?
"#
    );
}

#[test]
fn gradient_of_index() {
    assert_eq!(
        message_after(
            r#"gradient = ["guess", "weight"]"#,
            r#"gradient = ["target", "weight"]"#
        ),
        r#"
error: a class index has no derivative
 --> mine.toml:8:13
  |
8 | gradient = ["target", "weight"]
  |             ^^^^^^^^
"#
    );
}

#[test]
fn scalar_gradient_of_elementwise() {
    assert_eq!(
        message_after(
            r#"output   = { name = "cost", shape = "1" }"#,
            r#"elementwise = true
output   = { name = "cost", shape = "n" }"#
        ),
        r#"
error: an elementwise op is differentiated by its rows only
 --> mine.toml:9:22
  |
9 | gradient = ["guess", "weight"]
  |                      ^^^^^^^^
"#
    );
}

#[test]
fn unlisted_gradient_formula() {
    assert_eq!(
        message_after(
            r#"gradient = ["guess", "weight"]"#,
            r#"gradient = ["guess"]"#
        ),
        r#"
error: a formula for the gradient by `weight`, which the op does not give
  --> mine.toml:12:1
   |
12 | weight = "-log_softmax(guess)[target]"
   | ^^^^^^
   |
   = help: add "weight" to `gradient`
"#
    );
}

#[test]
fn gradient_formula_shape() {
    assert_eq!(
        message_after(
            r#"weight = "-log_softmax(guess)[target]""#,
            r#"weight = "guess""#
        ),
        r#"
error: the formula gives a row, but the output is a scalar
  --> mine.toml:12:11
   |
12 | weight = "guess"
   |           ^^^^^
   |
   = help: reduce a row with `sum`, `mean` or `logsumexp`
"#
    );
}

#[test]
fn ceiling_name() {
    assert_eq!(
        message_after("kappa <= 1e6", "kapa <= 1e6"),
        r#"
error: there is no quantity `kapa`
  --> mine.toml:33:17
   |
33 | f32  = "0.51 if kapa <= 1e6 else 1"
   |                 ^^^^
   |
   = help: did you mean `kappa`?
"#
    );
}

#[test]
fn elementwise_formula_over_the_row() {
    let text = r#"
op = "gap"
title = "t"
summary = "s"
source = "s"
inputs = [{ name = "x", shape = "n" }]
output = { name = "gaps", shape = "n" }
elementwise = true
formula = "x - max(1, sum(x))"
classes = ["ordinary"]
ceiling = { f16 = "1", bf16 = "1", f32 = "1", f64 = "1" }
"#;
    assert_eq!(
        super::message(text),
        r#"
error: this depends on the whole row, but the op is elementwise
 --> mine.toml:9:23
  |
9 | formula = "x - max(1, sum(x))"
  |                       ^^^^^^
  |
  = help: leave `elementwise` out, or work on single elements
"#
    );
}
