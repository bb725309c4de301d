//! A formula as a graph of nodes, each a number, a vector or a matrix: what the syntax tree is lowered to, differentiated
//! in and evaluated on.
//!
//! Equal nodes are one node, so a softmax that occurs in five places is computed once. Nodes come after their operands,
//! so the order of ids is an order of evaluation.
//!
//! A node meets one of more axes by repetition along the axes that it lacks, which are the last ones: a number meets
//! anything, and a number per row of a matrix (`Vector(M)`) meets that matrix. The language itself repeats scalars only;
//! the rest comes from differentiation.

mod build;
mod differentiate;
mod forward;
mod lower;
mod shape;

pub(crate) use forward::Forward;

use crate::formula::{Dim, Shape};
use std::collections::HashMap;

/// A node's place in its graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(usize);

/// Functions of one number, elementwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Unary {
    Negate,
    Abs,
    Sign,
    Exp,
    Expm1,
    Log,
    Log1p,
    Log2,
    Sqrt,
    Square,
    Sigmoid,
    Softplus,
}

/// Functions of two numbers, elementwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Xmul,
    /// a · b, and 0 where either is exactly 0: what an input contributes to a sensitivity.
    Contribution,
    Max,
    Min,
    /// Two ways to compute one number: what both enclosures have in common. Derivatives are those of the first.
    Meet,
}

/// What a node computes from nodes before it. What works on a row works on each row of a matrix.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    /// The input at this place.
    Input(usize),
    /// n, m or k.
    Length(Dim),
    /// The real number that the text denotes.
    Literal(String),
    Unary(Unary, NodeId),
    Binary(Binary, NodeId, NodeId),
    /// Repeated along the last axes, those of the shape that the operand lacks.
    Repeat(NodeId, Shape),
    /// A vector as every row of a matrix of this many rows.
    Stack(NodeId, Dim),
    /// The sum of each row.
    Sum(NodeId),
    /// The sum of the rows of a matrix, a vector: what a stacked vector's derivatives are gathered by.
    SumOfRows(NodeId),
    /// For each place, the sum over the other places of its row.
    SumOthers(NodeId),
    Logsumexp(NodeId),
    Softmax(NodeId),
    /// 1 − softmax, as a sum over the other places: it does not cancel.
    SoftmaxComplement(NodeId),
    LogSoftmax(NodeId),
    /// The product of a row with the Jacobian of softmax or log-softmax, over one denominator: exact where the exponentials are,
    /// as for equal logits, so that a result on a tie is proven to be on it.
    JacobianProduct(Jacobian, JacobianProduct),
    /// Σ_j w_j · log-softmax_j over row weights, over one logarithm.
    WeightedLogSoftmax {
        weights: NodeId,
        x: NodeId,
        /// The same sum in elementary nodes: what derivatives are taken of.
        expanded: NodeId,
    },
    /// The numbers of a vector, or the rows of a matrix, at the index input `places`: one of them, or one per index.
    Gather {
        of: NodeId,
        places: usize,
    },
    /// The adjoint of `Gather`: zeros of this shape, to which each number (or row) is added at its place.
    Scatter {
        of: NodeId,
        places: usize,
        shape: Shape,
    },
    /// The number of each row of `of` where `row` is largest; a constant as far as derivatives go.
    AtLargest {
        of: NodeId,
        row: NodeId,
    },
}

/// Whose Jacobian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Jacobian {
    Softmax,
    LogSoftmax,
}

/// The parts of a product with a Jacobian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct JacobianProduct {
    /// Where the Jacobian is taken.
    pub(crate) x: NodeId,
    /// The row it is multiplied with; for softmax, relative to its number where x is largest.
    pub(crate) row: NodeId,
    /// The same product in elementary nodes: what derivatives are taken of.
    pub(crate) expanded: NodeId,
}

/// How a formula becomes nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Form {
    /// Rewritten, by identities of the extended reals, into what encloses tightly.
    #[default]
    Tight,
    /// Operation by operation as written: what a plain program would compute.
    AsWritten,
}

/// A graph, grown by [`Graph::node`] and never changed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graph {
    form: Form,
    nodes: Vec<Node>,
    shapes: Vec<Shape>,
    known: HashMap<Node, NodeId>,
    input_shapes: Vec<Shape>,
}

impl Graph {
    pub(crate) fn new(input_shapes: Vec<Shape>, form: Form) -> Self {
        Self {
            form,
            input_shapes,
            ..Self::default()
        }
    }

    pub(crate) fn add_input(&mut self, shape: Shape) -> NodeId {
        self.input_shapes.push(shape);
        self.node(Node::Input(self.input_shapes.len() - 1))
    }

    pub(crate) fn input_shapes(&self) -> &[Shape] {
        &self.input_shapes
    }

    pub(crate) fn get(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    pub(crate) fn shape(&self, id: NodeId) -> Shape {
        self.shapes[id.0]
    }

    pub(crate) fn node(&mut self, node: Node) -> NodeId {
        if let Some(&id) = self.known.get(&node) {
            return id;
        }
        let id = NodeId(self.nodes.len());
        self.shapes.push(self.shape_of(&node));
        self.nodes.push(node.clone());
        self.known.insert(node, id);
        id
    }

    /// The nodes that the node `id` is computed from.
    pub(crate) fn operands(&self, id: NodeId) -> Vec<NodeId> {
        match *self.get(id) {
            Node::Input(_) | Node::Length(_) | Node::Literal(_) => vec![],
            Node::Unary(_, a)
            | Node::Repeat(a, _)
            | Node::Stack(a, _)
            | Node::Sum(a)
            | Node::SumOfRows(a)
            | Node::SumOthers(a)
            | Node::Logsumexp(a)
            | Node::Softmax(a)
            | Node::SoftmaxComplement(a)
            | Node::LogSoftmax(a)
            | Node::Gather { of: a, .. }
            | Node::Scatter { of: a, .. } => vec![a],
            Node::Binary(_, a, b) | Node::AtLargest { of: a, row: b } => vec![a, b],
            Node::JacobianProduct(_, JacobianProduct { x, row, .. })
            | Node::WeightedLogSoftmax {
                x, weights: row, ..
            } => vec![x, row],
        }
    }

    /// The nodes that the derivative of node `id` is computed from.
    fn operands_of_derivative(&self, id: NodeId) -> Vec<NodeId> {
        match *self.get(id) {
            Node::JacobianProduct(_, JacobianProduct { expanded, .. })
            | Node::WeightedLogSoftmax { expanded, .. } => vec![expanded],
            _ => self.operands(id),
        }
    }

    /// The nodes that `output` needs, itself included, in an order of evaluation.
    pub(crate) fn needed_for(&self, output: NodeId) -> Vec<NodeId> {
        self.reachable(output, Self::operands)
    }

    fn reachable(
        &self,
        output: NodeId,
        operands: impl Fn(&Self, NodeId) -> Vec<NodeId>,
    ) -> Vec<NodeId> {
        let mut needed = vec![false; self.nodes.len()];
        needed[output.0] = true;
        for id in (0..=output.0).rev().map(NodeId) {
            if needed[id.0] {
                for operand in operands(self, id) {
                    needed[operand.0] = true;
                }
            }
        }
        (0..=output.0)
            .filter(|&place| needed[place])
            .map(NodeId)
            .collect()
    }
}
