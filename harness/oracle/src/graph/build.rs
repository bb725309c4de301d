//! Building nodes: what is left out because an operand makes it redundant, and the rewrites of the tight form.
//!
//! A rewrite replaces a node by one of the same value for every extended real operand and NaN, which encloses better:
//!
//! * log(softmax(x)) = log-softmax(x). Where all x are finite both are x_i − log Σ e^x_j. A −∞ beside a finite x has softmax 0 and
//!   log 0 = −∞ = −∞ − logsumexp(x). With a NaN, a +∞ or nothing but −∞ in a row both are NaN throughout; an empty row has
//!   no place. The left side loses every x_i whose softmax cannot be told from 0, and its derivative is 0/0 there.
//! * a · a = a², also as an `xmul`: equal factors are never 0 and ∞ (or 0 and NaN), where products differ. The square is
//!   never negative, while a product of two intervals around 0 is taken to be of either sign.
//! * sigmoid(x) − b = (1 − b) − sigmoid(−x), as sigmoid(x) = 1 − sigmoid(−x) for every extended real x: an infinite b makes both sides
//!   −b. Both are computed: the left side is tight where b is near 0, the right one where it is near 1 and sigmoid(x) cannot be told from it.
//! * y · softplus(−x) + (1 − y) · softplus(x) = softplus(−x) + (1 − y) x = softplus(x) − y x for finite x and y, as softplus(x) =
//!   softplus(−x) + x. The last two have one tail each instead of two that cancel where y is no probability: beside a tie, on which (1 − y) x may
//!   lie, its sign shows on which side the loss is, however small it is. Where something is infinite what is written stands alone.
//! * Σ_j w_j · log-softmax_j(x), with one logarithm for all j instead of one for each.

use super::{Binary, Form, Graph, Jacobian, JacobianProduct, Node, NodeId, Unary};
use crate::formula::Shape;

impl Graph {
    pub(crate) fn literal(&mut self, text: &str) -> NodeId {
        self.node(Node::Literal(text.to_owned()))
    }

    pub(crate) fn is_literal(&self, id: NodeId, text: &str) -> bool {
        matches!(self.get(id), Node::Literal(found) if found == text)
    }

    fn is_tight(&self) -> bool {
        self.form == Form::Tight
    }

    pub(crate) fn unary(&mut self, function: Unary, a: NodeId) -> NodeId {
        match (function, self.get(a)) {
            (Unary::Negate, &Node::Unary(Unary::Negate, inner)) => inner,
            // |1| = 1, and |−b| = |b|.
            (Unary::Abs, Node::Literal(text)) if text == "1" => a,
            (Unary::Abs, &Node::Unary(Unary::Negate, inner)) => self.unary(Unary::Abs, inner),
            (Unary::Log, &Node::Softmax(x)) if self.is_tight() => self.node(Node::LogSoftmax(x)),
            _ => self.node(Node::Unary(function, a)),
        }
    }

    /// A binary node, left out where one operand makes it the other: 0 + a, 1 · a, a / 1.
    pub(crate) fn binary(&mut self, function: Binary, a: NodeId, b: NodeId) -> NodeId {
        let (keeps_a, keeps_b) = match function {
            Binary::Add => (self.is_literal(b, "0"), self.is_literal(a, "0")),
            Binary::Multiply | Binary::Xmul | Binary::Contribution => {
                (self.is_literal(b, "1"), self.is_literal(a, "1"))
            }
            Binary::Divide => (self.is_literal(b, "1"), false),
            Binary::Subtract | Binary::Max | Binary::Min | Binary::Meet => (false, false),
        };
        let shape = self.shape_of(&Node::Binary(function, a, b));
        if function == Binary::Xmul && shape == Shape::Scalar && self.is_literal(a, "0") {
            return a;
        }
        if keeps_a && self.shape(a) == shape {
            return a;
        }
        if keeps_b && self.shape(b) == shape {
            return b;
        }
        if matches!(function, Binary::Multiply | Binary::Xmul) && a == b && self.is_tight() {
            return self.node(Node::Unary(Unary::Square, a));
        }
        let as_written = self.node(Node::Binary(function, a, b));
        if !self.is_tight() {
            return as_written;
        }
        if let (Binary::Subtract, &Node::Unary(Unary::Sigmoid, x)) = (function, self.get(a)) {
            let complement = self.sigmoid_complement_less(x, b);
            return self.node(Node::Binary(Binary::Meet, as_written, complement));
        }
        if let Some((label, x)) = self.logistic_loss(function, a, b) {
            let [by_negative, by_positive] = self.logistic_loss_over_one_tail(label, x);
            let met = self.node(Node::Binary(Binary::Meet, as_written, by_negative));
            return self.node(Node::Binary(Binary::Meet, met, by_positive));
        }
        as_written
    }

    /// y and x, where a + b is y · softplus(−x) + (1 − y) · softplus(x).
    fn logistic_loss(&self, function: Binary, a: NodeId, b: NodeId) -> Option<(NodeId, NodeId)> {
        let product = |id: NodeId| match *self.get(id) {
            Node::Binary(Binary::Xmul | Binary::Multiply, weight, softplus) => {
                match *self.get(softplus) {
                    Node::Unary(Unary::Softplus, x) => Some((weight, x)),
                    _ => None,
                }
            }
            _ => None,
        };
        let ((label, negated), (rest, x)) = (product(a)?, product(b)?);
        let one_less = match *self.get(rest) {
            Node::Binary(Binary::Subtract, one, less) => {
                self.is_literal(one, "1").then_some(less)?
            }
            _ => return None,
        };
        let is_negated = *self.get(negated) == Node::Unary(Unary::Negate, x);
        (function == Binary::Add && one_less == label && is_negated).then_some((label, x))
    }

    /// softplus(−x) + (1 − y) · x and softplus(x) − y · x
    fn logistic_loss_over_one_tail(&mut self, label: NodeId, x: NodeId) -> [NodeId; 2] {
        let one = self.literal("1");
        let rest = self.binary(Binary::Subtract, one, label);
        let negated = self.unary(Unary::Negate, x);
        let tail = self.unary(Unary::Softplus, negated);
        let line = self.binary(Binary::Multiply, rest, x);
        let by_negative = self.binary(Binary::Add, tail, line);
        let tail = self.unary(Unary::Softplus, x);
        let line = self.binary(Binary::Multiply, label, x);
        [by_negative, self.binary(Binary::Subtract, tail, line)]
    }

    /// (1 − b) − sigmoid(−x)
    fn sigmoid_complement_less(&mut self, x: NodeId, b: NodeId) -> NodeId {
        let one = self.literal("1");
        let rest = self.binary(Binary::Subtract, one, b);
        let negated = self.unary(Unary::Negate, x);
        let complement = self.unary(Unary::Sigmoid, negated);
        self.binary(Binary::Subtract, rest, complement)
    }

    /// The sum of each row; of weighted log-softmax values, over one logarithm.
    pub(crate) fn sum(&mut self, rows: NodeId) -> NodeId {
        let expanded = self.node(Node::Sum(rows));
        if self.is_tight()
            && let Node::Binary(Binary::Xmul, weights, log_softmax) = *self.get(rows)
            && let Node::LogSoftmax(x) = *self.get(log_softmax)
            && self.shape(weights) == self.shape(x)
        {
            return self.node(Node::WeightedLogSoftmax {
                weights,
                x,
                expanded,
            });
        }
        expanded
    }

    /// A product with a Jacobian, over one denominator.
    pub(super) fn jacobian_product(
        &mut self,
        jacobian: Jacobian,
        product: JacobianProduct,
    ) -> NodeId {
        if self.is_tight() {
            self.node(Node::JacobianProduct(jacobian, product))
        } else {
            product.expanded
        }
    }

    /// The sum over all axes.
    pub(crate) fn sum_of_all(&mut self, numbers: NodeId) -> NodeId {
        let mut sum = numbers;
        while self.shape(sum) != Shape::Scalar {
            sum = self.node(Node::Sum(sum));
        }
        sum
    }

    /// `id` in that shape, repeated along the axes it lacks.
    pub(crate) fn repeated(&mut self, id: NodeId, shape: Shape) -> NodeId {
        if self.shape(id).rank() < shape.rank() {
            self.node(Node::Repeat(id, shape))
        } else {
            id
        }
    }

    /// Adds an input before the attributes, which come last, and moves their places.
    pub(crate) fn add_input_before_attributes(&mut self, shape: Shape) -> NodeId {
        let is_attribute = |shape: &&Shape| **shape == Shape::Constant;
        let attributes = self.input_shapes.iter().rev().take_while(is_attribute);
        let place = self.input_shapes.len() - attributes.count();
        self.input_shapes.insert(place, shape);
        for node in &mut self.nodes {
            // Indices come before the attributes, so the places of gathered and scattered ones stay.
            if let Node::Input(input) = node
                && *input >= place
            {
                *input += 1;
            }
        }
        let nodes = self.nodes.iter().cloned().enumerate();
        self.known = nodes.map(|(id, node)| (node, NodeId(id))).collect();
        self.node(Node::Input(place))
    }
}
