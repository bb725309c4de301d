//! The formula language's syntax tree: what the parser builds and the oracle lowers.

use std::ops::Range;

/// Bytes of the formula's text that an expression came from.
pub type Span = Range<usize>;

/// An expression with its place in the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A decimal or hex-float literal, kept as text: it denotes exactly that real number.
    Number(String),
    /// An input, or a length: `n`, `m` or `k`.
    Name(String),
    /// `-a`.
    Negate(Box<Expr>),
    /// `a + b` and the other arithmetic operators.
    Arithmetic(ArithmeticOperator, Box<Expr>, Box<Expr>),
    /// `f(a, b, …)`.
    Call(Function, Vec<Expr>),
    /// `vector[index]`, and with a matrix or several indices the rows or places that they name.
    Index(Box<Expr>, Box<Expr>),
    /// `a < b` and the other comparisons (conditions only).
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// `not c` (conditions only).
    Not(Box<Expr>),
    /// `c and d` (conditions only).
    And(Box<Expr>, Box<Expr>),
    /// `c or d` (conditions only).
    Or(Box<Expr>, Box<Expr>),
    /// `a if c else b` (ceilings only).
    Conditional {
        /// The value when the condition holds.
        then: Box<Expr>,
        /// The condition.
        condition: Box<Expr>,
        /// The value otherwise.
        otherwise: Box<Expr>,
    },
}

impl Expr {
    /// The expressions directly inside this one, from left to right.
    #[must_use]
    pub fn children(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Number(_) | ExprKind::Name(_) => Vec::new(),
            ExprKind::Negate(inner) | ExprKind::Not(inner) => vec![inner],
            ExprKind::Arithmetic(_, left, right)
            | ExprKind::Index(left, right)
            | ExprKind::Compare(_, left, right)
            | ExprKind::And(left, right)
            | ExprKind::Or(left, right) => vec![left, right],
            ExprKind::Call(_, arguments) => arguments.iter().collect(),
            ExprKind::Conditional {
                then,
                condition,
                otherwise,
            } => vec![then, condition, otherwise],
        }
    }

    /// The expressions directly inside this one, from left to right, to be changed.
    pub fn children_mut(&mut self) -> Vec<&mut Self> {
        match &mut self.kind {
            ExprKind::Number(_) | ExprKind::Name(_) => Vec::new(),
            ExprKind::Negate(inner) | ExprKind::Not(inner) => vec![inner],
            ExprKind::Arithmetic(_, left, right)
            | ExprKind::Index(left, right)
            | ExprKind::Compare(_, left, right)
            | ExprKind::And(left, right)
            | ExprKind::Or(left, right) => vec![left, right],
            ExprKind::Call(_, arguments) => arguments.iter_mut().collect(),
            ExprKind::Conditional {
                then,
                condition,
                otherwise,
            } => vec![then, condition, otherwise],
        }
    }
}

/// The arithmetic operators, elementwise; a scalar meets any shape by repetition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArithmeticOperator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`; 0 · ∞ is NaN.
    Multiply,
    /// `/`; x / 0 is ±∞ with the sign of x, 0 / 0 is NaN.
    Divide,
}

/// The comparisons of conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

macro_rules! functions {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal $arity:literal $signature:ident,)*) => {
        /// The functions of the language.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Function { $($(#[doc = $doc])* $variant,)* }

        impl Function {
            /// Every function, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name it has in a formula.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it computes, for arguments a and b.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*).trim(),)* }
            }

            /// How many arguments it takes.
            #[must_use]
            pub const fn arity(self) -> usize {
                match self { $(Self::$variant => $arity,)* }
            }

            /// The shapes and kinds it maps between.
            #[must_use]
            pub const fn signature(self) -> Signature {
                match self { $(Self::$variant => Signature::$signature,)* }
            }
        }
    };
}

/// What a function does to shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// Number → number, elementwise; a scalar argument meets any shape by repetition.
    Elementwise,
    /// A row → a row of the same length; a matrix row by row.
    RowToRow,
    /// A row → a scalar; a matrix → a vector of one number per row.
    RowToScalar,
    /// A matrix and a vector as long as its rows → a vector of one number per row.
    MatrixVector,
    /// Numbers → a condition of the same shape, elementwise.
    Test,
    /// A vector or matrix of conditions → a scalar condition.
    Quantifier,
    /// A vector or matrix of numbers → a scalar condition.
    RowToCondition,
}

impl Signature {
    /// In a few words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Elementwise => "each number",
            Self::RowToRow => "row to row",
            Self::RowToScalar => "row to number",
            Self::MatrixVector => "matrix and vector to vector",
            Self::Test => "each number to a condition",
            Self::Quantifier => "conditions to one",
            Self::RowToCondition => "row to a condition",
        }
    }
}

functions! {
    /// e^a
    Exp "exp" 1 Elementwise,
    /// e^a − 1
    Expm1 "expm1" 1 Elementwise,
    /// natural logarithm; log 0 = −∞, NaN below
    Log "log" 1 Elementwise,
    /// log a / log 2; exact at the powers of two
    Log2 "log2" 1 Elementwise,
    /// log(1 + a)
    Log1p "log1p" 1 Elementwise,
    /// square root; NaN below 0
    Sqrt "sqrt" 1 Elementwise,
    /// a · a
    Square "square" 1 Elementwise,
    /// |a|
    Abs "abs" 1 Elementwise,
    /// 1 above 0, −1 below, 0 at 0
    Sign "sign" 1 Elementwise,
    /// the larger of two
    Max "max" 2 Elementwise,
    /// the smaller of two
    Min "min" 2 Elementwise,
    /// a · log b, and 0 where a = 0, whatever b
    Xlogy "xlogy" 2 Elementwise,
    /// a · b, and 0 where a = 0, whatever b
    Xmul "xmul" 2 Elementwise,
    /// 1 / (1 + e^−a)
    Sigmoid "sigmoid" 1 Elementwise,
    /// log(1 + e^a)
    Softplus "softplus" 1 Elementwise,
    /// log sigmoid(a)
    LogSigmoid "log_sigmoid" 1 Elementwise,
    /// the sum of a row; 0 when it is empty
    Sum "sum" 1 RowToScalar,
    /// the sum of a row divided by its length
    Mean "mean" 1 RowToScalar,
    /// log Σ e^a; −∞ when the row is empty
    Logsumexp "logsumexp" 1 RowToScalar,
    /// `e^a_i / Σ e^a_j`
    Softmax "softmax" 1 RowToRow,
    /// `a_i − logsumexp(a)`
    LogSoftmax "log_softmax" 1 RowToRow,
    /// `Σ_j a_ij · b_j` for each row i of a matrix a, and a vector b
    Matvec "matvec" 2 MatrixVector,
    /// whether a is NaN
    Isnan "isnan" 1 Test,
    /// whether a is +∞ or −∞
    Isinf "isinf" 1 Test,
    /// whether a is +∞
    Ispinf "ispinf" 1 Test,
    /// whether a is −∞
    Isninf "isninf" 1 Test,
    /// whether a condition holds anywhere in a row
    Any "any" 1 Quantifier,
    /// whether a condition holds everywhere in a row (true when it is empty)
    All "all" 1 Quantifier,
    /// short for `any(isnan(a))`
    AnyNan "any_nan" 1 RowToCondition,
    /// short for `any(isinf(a))`
    AnyInf "any_inf" 1 RowToCondition,
}

impl Function {
    /// The function of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|function| function.name() == name)
    }
}
