//! The formula language: text in, checked syntax tree out.

mod ast;

pub use ast::{
    ArithmeticOperator, Comparison, Expr, ExprKind, Function, Signature, Span,
};
