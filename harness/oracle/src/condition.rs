//! The conditions of clauses, decided on exact inputs.
//!
//! Numbers inside a condition (`sum(labels) != 1`) are enclosed at a precision at which sums of f64 values are exact,
//! so a comparison is settled unless it hangs on a value that this precision does not separate; then it is not decided.

use crate::bracket::Bracket;
use crate::enclosure::Enclosure;
use crate::evaluate::{Datum, evaluate};
use crate::formula::{Comparison, Dim, Expr, ExprKind, Function, Lengths, Shape, check_condition};
use crate::graph::{Form, Graph};
use crate::interval::Interval;

/// Enough for every sum of f64 values: from 2^1024 down to 2^−1074, and 2^64 terms.
const CONDITION_BITS: u32 = 2304;

/// What a condition says about a call: as a whole, or place by place. `None` is a comparison that was not settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The condition is a scalar: it holds for the whole call.
    Row(Option<bool>),
    /// The condition is a vector or a matrix: it holds place by place.
    Places(Vec<Option<bool>>),
}

impl Decision {
    /// The decision at a place.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<bool> {
        match self {
            Self::Row(decision) => *decision,
            Self::Places(places) => places[place],
        }
    }

    fn map(self, function: impl Fn(Option<bool>) -> Option<bool>) -> Self {
        match self {
            Self::Row(decision) => Self::Row(function(decision)),
            Self::Places(places) => Self::Places(places.into_iter().map(function).collect()),
        }
    }

    fn zip(
        self,
        other: Self,
        function: impl Fn(Option<bool>, Option<bool>) -> Option<bool>,
    ) -> Self {
        match (self, other) {
            (Self::Row(a), Self::Row(b)) => Self::Row(function(a, b)),
            (Self::Places(a), Self::Places(b)) => {
                Self::Places(along_rows(&a, &b).map(|(a, b)| function(*a, *b)).collect())
            }
            (Self::Places(a), Self::Row(b)) => Self::Places(a).map(|a| function(a, b)),
            (Self::Row(a), Self::Places(b)) => Self::Places(b).map(|b| function(a, b)),
        }
    }
}

/// The numbers inside a condition.
enum Numbers<E> {
    Scalar(E),
    Row(Vec<E>),
}

/// A condition's names and values on one row.
pub struct Conditions<'a> {
    /// The inputs' names, in order.
    pub names: &'a [String],
    /// The inputs' values, in the same order.
    pub inputs: &'a [Datum<'a>],
    /// The inputs' shapes, in the same order.
    pub shapes: &'a [Shape],
    /// n, m and k.
    pub lengths: Lengths,
}

impl Conditions<'_> {
    /// Decides a condition that the checker has accepted for these inputs.
    ///
    /// # Panics
    /// On an expression that is no condition over these inputs.
    #[must_use]
    pub fn decide(&self, condition: &Expr) -> Decision {
        match &condition.kind {
            ExprKind::Not(a) => self.decide(a).map(|a| a.map(|a| !a)),
            ExprKind::And(a, b) => self.decide(a).zip(self.decide(b), |a, b| match (a, b) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            }),
            ExprKind::Or(a, b) => self.decide(a).zip(self.decide(b), |a, b| match (a, b) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            }),
            ExprKind::Compare(comparison, a, b) => self.compare(*comparison, a, b),
            ExprKind::Call(function, arguments) => self.call(*function, &arguments[0]),
            _ => unreachable!("the checker accepts only conditions here"),
        }
    }

    fn call(&self, function: Function, argument: &Expr) -> Decision {
        match function {
            Function::Isnan => self.test(argument, f64::is_nan, |number| {
                (number.is_nan() || !number.may_be_nan()).then(|| number.is_nan())
            }),
            Function::Isinf => self.test(argument, f64::is_infinite, |number| {
                is_one_of(number, &[f64::INFINITY, f64::NEG_INFINITY])
            }),
            Function::Ispinf => self.test(
                argument,
                |number| number == f64::INFINITY,
                |number| is_one_of(number, &[f64::INFINITY]),
            ),
            Function::Isninf => self.test(
                argument,
                |number| number == f64::NEG_INFINITY,
                |number| is_one_of(number, &[f64::NEG_INFINITY]),
            ),
            Function::Any => self.quantify(argument, &self.decide(argument), true),
            Function::All => self.quantify(argument, &self.decide(argument), false),
            Function::AnyNan => {
                self.quantify(argument, &self.call(Function::Isnan, argument), true)
            }
            Function::AnyInf => {
                self.quantify(argument, &self.call(Function::Isinf, argument), true)
            }
            _ => unreachable!("the checker accepts only tests and quantifiers as conditions"),
        }
    }

    /// Whether some place (or every place) of what `argument` decides holds: of a matrix, for each row, as every function
    /// of a row.
    fn quantify(&self, argument: &Expr, decision: &Decision, some: bool) -> Decision {
        let places = match decision {
            Decision::Row(decision) => std::slice::from_ref(decision),
            Decision::Places(places) => places.as_slice(),
        };
        match self.shape_of(argument) {
            Shape::Matrix(rows, columns) => {
                let columns = self.lengths.get(columns);
                let row = |row: usize| &places[row * columns..(row + 1) * columns];
                let rows = 0..self.lengths.get(rows);
                Decision::Places(rows.map(|at| quantify(row(at), some)).collect())
            }
            _ => Decision::Row(quantify(places, some)),
        }
    }

    /// The shape of what a condition decides or a number is made of.
    fn shape_of(&self, expr: &Expr) -> Shape {
        let has_matrix = self
            .shapes
            .iter()
            .any(|shape| matches!(shape, Shape::Matrix(..)));
        if !has_matrix {
            // Without one nothing is a matrix, and the difference between the others does not matter here.
            return Shape::ROW;
        }
        let names = self.names.iter().cloned();
        let variables: Vec<(String, Shape)> = names.zip(self.shapes.iter().copied()).collect();
        check_condition(expr, &variables).expect("the checker accepted this condition before")
    }

    /// A test of an input looks at its values; a test of anything else at its enclosures.
    fn test(
        &self,
        argument: &Expr,
        of_value: impl Fn(f64) -> bool,
        of_enclosure: impl Fn(&Interval) -> Option<bool>,
    ) -> Decision {
        if let ExprKind::Name(name) = &argument.kind
            && let Some(place) = self.names.iter().position(|input| input == name)
        {
            match self.inputs[place] {
                Datum::Row(numbers) | Datum::Matrix { numbers, .. } => {
                    let of_value = |&number: &f64| Some(of_value(number));
                    return Decision::Places(numbers.iter().map(of_value).collect());
                }
                Datum::Scalar(number) => return Decision::Row(Some(of_value(number))),
                Datum::Index(_) | Datum::Indices(_) => {}
            }
        }
        match self.numbers::<Interval>(argument, CONDITION_BITS) {
            Numbers::Scalar(number) => Decision::Row(of_enclosure(&number)),
            Numbers::Row(row) => Decision::Places(row.iter().map(of_enclosure).collect()),
        }
    }

    /// A comparison by f64 brackets, and where those leave a place open by intervals in which sums are exact.
    fn compare(&self, comparison: Comparison, a: &Expr, b: &Expr) -> Decision {
        let quick = self.compare_in::<Bracket>(comparison, a, b, ());
        let is_open = match &quick {
            Decision::Row(holds) => holds.is_none(),
            Decision::Places(places) => places.contains(&None),
        };
        if is_open {
            self.compare_in::<Interval>(comparison, a, b, CONDITION_BITS)
        } else {
            quick
        }
    }

    fn compare_in<E: Ordered>(
        &self,
        comparison: Comparison,
        a: &Expr,
        b: &Expr,
        precision: E::Precision,
    ) -> Decision {
        let compare = |a: &E, b: &E| settle(comparison, a, b);
        let numbers = |expr| self.numbers::<E>(expr, precision);
        match (numbers(a), numbers(b)) {
            (Numbers::Scalar(a), Numbers::Scalar(b)) => Decision::Row(compare(&a, &b)),
            (Numbers::Row(a), Numbers::Scalar(b)) => {
                Decision::Places(a.iter().map(|a| compare(a, &b)).collect())
            }
            (Numbers::Scalar(a), Numbers::Row(b)) => {
                Decision::Places(b.iter().map(|b| compare(&a, b)).collect())
            }
            (Numbers::Row(a), Numbers::Row(b)) => {
                Decision::Places(along_rows(&a, &b).map(|(a, b)| compare(a, b)).collect())
            }
        }
    }

    fn numbers<E: Ordered>(&self, expr: &Expr, precision: E::Precision) -> Numbers<E> {
        match &expr.kind {
            ExprKind::Name(name) => {
                let Some(place) = self.names.iter().position(|input| input == name) else {
                    let dim = Dim::named(name).expect("the checker knows every name");
                    let length = i64::try_from(self.lengths.get(dim));
                    let length = length.expect("what has this length fits in memory");
                    return Numbers::Scalar(E::integer(length));
                };
                let point = |number| E::exactly(precision, number);
                match self.inputs[place] {
                    Datum::Row(numbers) | Datum::Matrix { numbers, .. } => {
                        Numbers::Row(numbers.iter().map(|&number| point(number)).collect())
                    }
                    Datum::Scalar(number) => Numbers::Scalar(point(number)),
                    Datum::Index(index) => Numbers::Scalar(E::integer(index)),
                    Datum::Indices(places) => {
                        Numbers::Row(places.iter().map(|&place| E::integer(place)).collect())
                    }
                }
            }
            ExprKind::Number(text) => {
                Numbers::Scalar(E::literal(precision, text).expect("the parser reads only numbers"))
            }
            _ => {
                let mut graph = Graph::new(self.shapes.to_vec(), Form::Tight);
                let output = graph.lower(expr, self.names);
                let output = output.expect("the checker accepted this number");
                let (inputs, lengths) = (self.inputs, self.lengths);
                let mut values = evaluate(&graph, output, inputs, lengths, precision);
                match graph.shape(output) {
                    Shape::Scalar => Numbers::Scalar(values.remove(0)),
                    _ => Numbers::Row(values),
                }
            }
        }
    }
}

/// Enclosures that can be put in order.
trait Ordered: Enclosure {
    /// Exactly this integer, or anything where the enclosure has no such number.
    fn integer(value: i64) -> Self;

    /// Whether the number may be less than, equal to and greater than another's; `None` when NaN is possible.
    fn orders(&self, other: &Self) -> Option<(bool, bool, bool)>;
}

impl Ordered for Interval {
    fn integer(value: i64) -> Self {
        Self::integer(value)
    }

    fn orders(&self, other: &Self) -> Option<(bool, bool, bool)> {
        self.possible_orders(other)
    }
}

impl Ordered for Bracket {
    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53")]
    fn integer(value: i64) -> Self {
        if value.unsigned_abs() < 1 << 53 {
            Self::exactly((), value as f64)
        } else {
            Self::anything(())
        }
    }

    fn orders(&self, other: &Self) -> Option<(bool, bool, bool)> {
        if self.is_anything() || other.is_anything() {
            return None;
        }
        let ((a_lo, a_hi), (b_lo, b_hi)) = (self.ends(), other.ends());
        Some((a_lo < b_hi, a_lo <= b_hi && b_lo <= a_hi, b_lo < a_hi))
    }
}

/// Pairs of what belongs together: place by place, or one for each row of a matrix with every number of the row. The matrix
/// is the longer of the two, unless its rows are empty.
fn along_rows<'a, A, B>(a: &'a [A], b: &'a [B]) -> impl Iterator<Item = (&'a A, &'a B)> {
    let places = if a.is_empty() || b.is_empty() {
        0
    } else {
        a.len().max(b.len())
    };
    let at = move |place: usize, length: usize| place * length / places;
    (0..places).map(move |place| (&a[at(place, a.len())], &b[at(place, b.len())]))
}

/// Whether an enclosed number is one of some infinities; `None` when the enclosure does not tell.
fn is_one_of(number: &Interval, infinities: &[f64]) -> Option<bool> {
    let both = [f64::INFINITY, f64::NEG_INFINITY];
    let known = both
        .into_iter()
        .find(|&infinity| number.is_exactly(infinity));
    match known {
        Some(infinity) => Some(infinities.contains(&infinity)),
        None => (number.is_finite() || number.is_nan()).then_some(false),
    }
}

/// Whether some place (or every place) holds.
fn quantify(places: &[Option<bool>], some: bool) -> Option<bool> {
    if places.contains(&Some(some)) {
        Some(some)
    } else if places.contains(&None) {
        None
    } else {
        Some(!some)
    }
}

/// NaN compares as in IEEE 754: unequal to everything, in no order with anything.
fn settle<E: Ordered>(comparison: Comparison, a: &E, b: &E) -> Option<bool> {
    if a.is_nan() || b.is_nan() {
        return Some(comparison == Comparison::NotEqual);
    }
    let (less, equal, greater) = a.orders(b)?;
    let (holds, fails) = match comparison {
        Comparison::Less => (less, equal || greater),
        Comparison::LessOrEqual => (less || equal, greater),
        Comparison::Greater => (greater, equal || less),
        Comparison::GreaterOrEqual => (greater || equal, less),
        Comparison::Equal => (equal, less || greater),
        Comparison::NotEqual => (less || greater, equal),
    };
    match (holds, fails) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}
