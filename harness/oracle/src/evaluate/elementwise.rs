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
            Unary::Negate => E::map(numbers, E::negate),
            Unary::Abs => E::map(numbers, E::abs),
            Unary::Sign => E::map(
                numbers,
                #[inline(always)]
                |a| a.sign(precision),
            ),
            Unary::Exp => E::map(
                numbers,
                #[inline(always)]
                |a| a.exp(precision),
            ),
            Unary::Expm1 => E::map(
                numbers,
                #[inline(always)]
                |a| a.expm1(precision),
            ),
            Unary::Log => E::map(
                numbers,
                #[inline(always)]
                |a| a.log(precision),
            ),
            Unary::Log1p => E::map(
                numbers,
                #[inline(always)]
                |a| a.log1p(precision),
            ),
            Unary::Log2 => E::map(
                numbers,
                #[inline(always)]
                |a| a.log2(precision),
            ),
            Unary::Sqrt => E::map(
                numbers,
                #[inline(always)]
                |a| a.sqrt(precision),
            ),
            Unary::Square => E::map(
                numbers,
                #[inline(always)]
                |a| a.square(precision),
            ),
            Unary::Sigmoid => E::map(
                numbers,
                #[inline(always)]
                |a| a.sigmoid(precision),
            ),
            Unary::Softplus => E::map(
                numbers,
                #[inline(always)]
                |a| a.softplus(precision),
            ),
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
            Binary::Add => operands.each(
                #[inline(always)]
                |a, b| a.add(b, precision),
            ),
            Binary::Subtract => operands.each(
                #[inline(always)]
                |a, b| a.subtract(b, precision),
            ),
            Binary::Multiply => operands.each(
                #[inline(always)]
                |a, b| a.multiply(b, precision),
            ),
            Binary::Divide => operands.each(
                #[inline(always)]
                |a, b| a.divide(b, precision),
            ),
            Binary::Xmul => operands.each(
                #[inline(always)]
                |a, b| a.xmul(b, precision),
            ),
            Binary::Contribution => operands.each(
                #[inline(always)]
                |a, b| {
                    if b.is_exactly(0.0) {
                        b.xmul(a, precision)
                    } else {
                        a.xmul(b, precision)
                    }
                },
            ),
            Binary::Max => operands.each(E::max),
            Binary::Min => operands.each(E::min),
            Binary::Meet => operands.each(
                #[inline(always)]
                |a, b| {
                    if a.is_finite() && b.is_finite() {
                        a.intersect(b)
                    } else {
                        a.clone()
                    }
                },
            ),
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

/// Two nodes' numbers as they meet in a node of `count` numbers.
struct Operands<'a, E> {
    a: Operand<'a, E>,
    b: Operand<'a, E>,
    count: usize,
}

impl<E: Enclosure> Operands<'_, E> {
    #[expect(
        clippy::inline_always,
        reason = "a loop is compiled for the processor at hand only with all it calls inside it"
    )]
    #[inline(always)]
    fn each(&self, function: impl Fn(&E, &E) -> E) -> Numbers<E> {
        let (a, b) = (&self.a, &self.b);
        match (a.whole(self.count), b.whole(self.count)) {
            (Some(a), Some(b)) => E::zip(a, b, function),
            (Some(a), None) if b.numbers.len() == 1 => E::map(
                a,
                #[inline(always)]
                |a| function(a, &b.numbers[0]),
            ),
            (None, Some(b)) if a.numbers.len() == 1 => E::map(
                b,
                #[inline(always)]
                |b| function(&a.numbers[0], b),
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
