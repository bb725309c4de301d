//! Functions applied number by number, and the repetition by which nodes of different shapes meet.

use super::{Evaluation, Numbers};
use crate::enclosure::Enclosure;
use crate::formula::Shape;
use crate::graph::{Binary, NodeId, Unary};

impl<E: Enclosure> Evaluation<'_, E> {
    pub(super) fn map_unary(&self, function: Unary, a: NodeId) -> Numbers<E> {
        let precision = self.precision;
        let numbers = &self.numbers[&a];
        match function {
            Unary::Negate => each(numbers, |a| a.negate()),
            Unary::Abs => each(numbers, |a| a.abs()),
            Unary::Sign => each(numbers, |a| a.sign(precision)),
            Unary::Exp => each(numbers, |a| a.exp(precision)),
            Unary::Expm1 => each(numbers, |a| a.expm1(precision)),
            Unary::Log => each(numbers, |a| a.log(precision)),
            Unary::Log1p => each(numbers, |a| a.log1p(precision)),
            Unary::Log2 => each(numbers, |a| a.log2(precision)),
            Unary::Sqrt => each(numbers, |a| a.sqrt(precision)),
            Unary::Square => each(numbers, |a| a.square(precision)),
            Unary::Sigmoid => each(numbers, |a| a.sigmoid(precision)),
            Unary::Softplus => each(numbers, |a| a.softplus(precision)),
        }
    }

    pub(super) fn map_binary(
        &self,
        function: Binary,
        id: NodeId,
        a: NodeId,
        b: NodeId,
    ) -> Numbers<E> {
        let precision = self.precision;
        let operands = Operands {
            a: self.operand(a, self.graph.shape(id)),
            b: self.operand(b, self.graph.shape(id)),
            count: self.lengths.numbers_in(self.graph.shape(id)),
        };
        match function {
            Binary::Add => operands.each(|a, b| a.add(b, precision)),
            Binary::Subtract => operands.each(|a, b| a.subtract(b, precision)),
            Binary::Multiply => operands.each(|a, b| a.multiply(b, precision)),
            Binary::Divide => operands.each(|a, b| a.divide(b, precision)),
            Binary::Xmul => operands.each(|a, b| a.xmul(b, precision)),
            Binary::Contribution => operands.each(|a, b| {
                if b.is_exactly(0.0) {
                    b.xmul(a, precision)
                } else {
                    a.xmul(b, precision)
                }
            }),
            Binary::Max => operands.each(|a, b| a.max(b)),
            Binary::Min => operands.each(|a, b| a.min(b)),
        }
    }

    /// A node's numbers as they meet those of a shape of at least as many axes.
    fn operand(&self, id: NodeId, shape: Shape) -> Operand<'_, E> {
        let added = &shape.dims()[self.graph.shape(id).rank()..];
        Operand {
            numbers: &self.numbers[&id],
            repetitions: added.iter().map(|&dim| self.lengths.get(dim)).product(),
        }
    }

    pub(super) fn repeat(&self, a: NodeId, shape: Shape) -> Numbers<E> {
        let operand = self.operand(a, shape);
        let places = 0..self.lengths.numbers_in(shape);
        places.map(|place| operand.at(place).clone()).collect()
    }
}

/// A function of each number: a loop of its own for each function, so that it vectorises.
#[inline(always)]
fn each<E: Enclosure>(numbers: &[E], function: impl Fn(&E) -> E) -> Numbers<E> {
    E::vectorised(
        #[inline(always)]
        || numbers.iter().map(function).collect(),
    )
}

/// Two nodes' numbers as they meet in a node of `count` numbers.
struct Operands<'a, E> {
    a: Operand<'a, E>,
    b: Operand<'a, E>,
    count: usize,
}

impl<E: Enclosure> Operands<'_, E> {
    #[inline(always)]
    fn each(&self, function: impl Fn(&E, &E) -> E) -> Numbers<E> {
        let (a, b) = (&self.a, &self.b);
        match (a.whole(self.count), b.whole(self.count)) {
            (Some(a), Some(b)) => E::vectorised(
                #[inline(always)]
                || a.iter().zip(b).map(|(a, b)| function(a, b)).collect(),
            ),
            (Some(a), None) if b.numbers.len() == 1 => E::vectorised(
                #[inline(always)]
                || a.iter().map(|a| function(a, &b.numbers[0])).collect(),
            ),
            (None, Some(b)) if a.numbers.len() == 1 => E::vectorised(
                #[inline(always)]
                || b.iter().map(|b| function(&a.numbers[0], b)).collect(),
            ),
            _ => (0..self.count)
                .map(|place| function(a.at(place), b.at(place)))
                .collect(),
        }
    }
}

/// Numbers each of which stands for several that follow each other.
struct Operand<'a, E> {
    numbers: &'a [E],
    repetitions: usize,
}

impl<'a, E> Operand<'a, E> {
    /// The number at a place after repetition; where nothing is repeated there is no place to ask for.
    fn at(&self, place: usize) -> &E {
        &self.numbers[place / self.repetitions]
    }

    /// The numbers themselves where none is repeated.
    fn whole(&self, count: usize) -> Option<&'a [E]> {
        (self.numbers.len() == count).then_some(self.numbers)
    }
}
