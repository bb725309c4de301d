//! Reverse-mode differentiation from graph to graph, so that a derivative is a formula like any other: evaluated in the
//! same enclosures and differentiable again (which is how the conditioning of a gradient is computed).
//!
//! Every product of an adjoint with a local derivative is an `xmul` led by the factor that may vanish: what does not
//! reach the output contributes 0 even where its derivative is infinite. The rules for the row primitives are
//! written without cancellation:
//!
//! * softmax s, complement c = 1 − s: Σ_k g_k ∂s_k/∂x_i = s_i (g_i − Σ_j s_j g_j) = s_i (d_i c_i − Σ_{j≠i} s_j d_j) with d = g − g_m
//!   for any constant g_m, since Σ s_j = 1; g_m is taken where x is largest, so equal g give exactly 0.
//! * log-softmax: g_i − s_i Σ_j g_j = g_i c_i − s_i Σ_{j≠i} g_j, so a one-hot g gives −s_i or c_i, not a difference.

use super::{Binary, Graph, Jacobian, JacobianProduct, Node, NodeId, Unary};
use std::collections::BTreeMap;

/// The adjoints gathered so far, by node.
type Adjoints = BTreeMap<NodeId, NodeId>;

impl Graph {
    /// Adds the product of `seed` with the derivative of `output` with respect to the input at `place`: for each of its
    /// elements x_i, Σ_k seed_k · ∂output_k/∂x_i.
    ///
    /// At a tie of `max` or `min`, and at 0 for `abs`, the derivative taken is the mean of the two sides.
    pub(crate) fn differentiate(&mut self, output: NodeId, seed: NodeId, place: usize) -> NodeId {
        // (f/c)′ = f′/c for a number c that is no variable, as in a mean: one division at the end, exact where its result
        // is, so that a result on a tie is proven to be on it.
        match *self.get(output) {
            Node::Binary(Binary::Divide, a, b) if self.is_fixed(b) => {
                let derivative = self.differentiate(a, seed, place);
                return self.binary(Binary::Divide, derivative, b);
            }
            Node::Unary(Unary::Negate, a) if matches!(*self.get(a), Node::Binary(Binary::Divide, _, b) if self.is_fixed(b)) =>
            {
                let derivative = self.differentiate(a, seed, place);
                return self.unary(Unary::Negate, derivative);
            }
            _ => {}
        }
        let mut adjoints = Adjoints::from([(output, seed)]);
        let input = self.node(Node::Input(place));
        while let Some((id, adjoint)) = adjoints.pop_last() {
            if id == input {
                return self.shaped_like(adjoint, input);
            }
            if id > input {
                self.propagate(id, adjoint, &mut adjoints);
            }
        }
        let zero = self.literal("0");
        self.shaped_like(zero, input)
    }

    /// Whether a node is a length or a literal, which no input changes.
    fn is_fixed(&self, id: NodeId) -> bool {
        matches!(self.get(id), Node::Length(_) | Node::Literal(_))
    }

    /// An adjoint of fewer axes than its node stands for its repetition along the axes that it lacks.
    pub(super) fn shaped_like(&mut self, adjoint: NodeId, node: NodeId) -> NodeId {
        self.repeated(adjoint, self.shape(node))
    }

    /// Adds a contribution to an operand's adjoint; one of more axes than the operand, which was repeated along them, is
    /// summed over them.
    fn accumulate(&mut self, adjoints: &mut Adjoints, operand: NodeId, mut contribution: NodeId) {
        while self.shape(contribution).rank() > self.shape(operand).rank() {
            contribution = self.node(Node::Sum(contribution));
        }
        let total = match adjoints.get(&operand) {
            Some(&sum) => self.binary(Binary::Add, sum, contribution),
            None => contribution,
        };
        adjoints.insert(operand, total);
    }

    fn propagate(&mut self, id: NodeId, adjoint: NodeId, adjoints: &mut Adjoints) {
        match *self.get(id) {
            Node::Input(_) | Node::Length(_) | Node::Literal(_) | Node::AtLargest { .. } => {}
            Node::Unary(function, a) => {
                if let Some(contribution) = self.unary_rule(function, id, a, adjoint) {
                    self.accumulate(adjoints, a, contribution);
                }
            }
            Node::Binary(function, a, b) => {
                // An adjoint of fewer axes must meet operands of as few as the repetition that it stands for.
                let adjoint = self.shaped_like(adjoint, id);
                let (to_a, to_b) = self.binary_rule(function, (id, a, b), adjoint);
                self.accumulate(adjoints, a, to_a);
                self.accumulate(adjoints, b, to_b);
            }
            Node::Repeat(a, _) => {
                let whole = self.shaped_like(adjoint, id);
                self.accumulate(adjoints, a, whole);
            }
            Node::Stack(a, _) => {
                let whole = self.shaped_like(adjoint, id);
                let sum = self.node(Node::SumOfRows(whole));
                self.accumulate(adjoints, a, sum);
            }
            Node::Sum(a) => self.accumulate(adjoints, a, adjoint),
            Node::SumOfRows(a) => {
                let whole = self.shaped_like(adjoint, id);
                let rows = self.shape(a).dims()[0];
                let contribution = self.node(Node::Stack(whole, rows));
                self.accumulate(adjoints, a, contribution);
            }
            Node::SumOthers(a) => {
                let whole = self.shaped_like(adjoint, id);
                let others = self.node(Node::SumOthers(whole));
                self.accumulate(adjoints, a, others);
            }
            Node::Logsumexp(x) => {
                let softmax = self.node(Node::Softmax(x));
                let contribution = self.binary(Binary::Xmul, adjoint, softmax);
                self.accumulate(adjoints, x, contribution);
            }
            Node::Softmax(x) => {
                let contribution = self.softmax_rule(x, adjoint);
                self.accumulate(adjoints, x, contribution);
            }
            Node::SoftmaxComplement(x) => {
                let negated = self.unary(Unary::Negate, adjoint);
                let contribution = self.softmax_rule(x, negated);
                self.accumulate(adjoints, x, contribution);
            }
            Node::LogSoftmax(x) => {
                let contribution = self.log_softmax_rule(x, adjoint);
                self.accumulate(adjoints, x, contribution);
            }
            Node::JacobianProduct(_, product) => {
                self.accumulate(adjoints, product.expanded, adjoint);
            }
            Node::WeightedLogSoftmax { expanded, .. } => {
                self.accumulate(adjoints, expanded, adjoint);
            }
            Node::Gather { of, places } => {
                let shape = self.shape(of);
                let whole = self.shaped_like(adjoint, id);
                let contribution = self.node(Node::Scatter {
                    of: whole,
                    places,
                    shape,
                });
                self.accumulate(adjoints, of, contribution);
            }
            Node::Scatter { of, places, .. } => {
                let whole = self.shaped_like(adjoint, id);
                let contribution = self.node(Node::Gather { of: whole, places });
                self.accumulate(adjoints, of, contribution);
            }
        }
    }

    fn softmax_rule(&mut self, x: NodeId, adjoint: NodeId) -> NodeId {
        let adjoint = self.shaped_like(adjoint, x);
        let softmax = self.node(Node::Softmax(x));
        let complement = self.node(Node::SoftmaxComplement(x));
        let reference = self.node(Node::AtLargest {
            of: adjoint,
            row: x,
        });
        let relative = self.binary(Binary::Subtract, adjoint, reference);
        let own = self.binary(Binary::Xmul, relative, complement);
        let weighted = self.binary(Binary::Xmul, softmax, relative);
        let others = self.node(Node::SumOthers(weighted));
        let inner = self.binary(Binary::Subtract, own, others);
        let expanded = self.binary(Binary::Xmul, softmax, inner);
        let product = JacobianProduct {
            x,
            row: relative,
            expanded,
        };
        self.jacobian_product(Jacobian::Softmax, product)
    }

    fn log_softmax_rule(&mut self, x: NodeId, adjoint: NodeId) -> NodeId {
        let adjoint = self.shaped_like(adjoint, x);
        let softmax = self.node(Node::Softmax(x));
        let complement = self.node(Node::SoftmaxComplement(x));
        let others = self.node(Node::SumOthers(adjoint));
        let own = self.binary(Binary::Xmul, adjoint, complement);
        let shared = self.binary(Binary::Xmul, softmax, others);
        let expanded = self.binary(Binary::Subtract, own, shared);
        let product = JacobianProduct {
            x,
            row: adjoint,
            expanded,
        };
        self.jacobian_product(Jacobian::LogSoftmax, product)
    }

    /// adjoint · f′(a) with b = f(a); `None` where f′ = 0 almost everywhere.
    pub(super) fn unary_rule(
        &mut self,
        function: Unary,
        b: NodeId,
        a: NodeId,
        adjoint: NodeId,
    ) -> Option<NodeId> {
        let derivative = match function {
            Unary::Negate => return Some(self.unary(Unary::Negate, adjoint)),
            Unary::Sign => return None,
            Unary::Abs => self.unary(Unary::Sign, a),
            Unary::Exp => b,
            Unary::Expm1 => self.unary(Unary::Exp, a),
            Unary::Log => return Some(self.binary(Binary::Divide, adjoint, a)),
            Unary::Log1p => {
                let one = self.literal("1");
                let shifted = self.binary(Binary::Add, one, a);
                return Some(self.binary(Binary::Divide, adjoint, shifted));
            }
            Unary::Log2 => {
                // 1 / (a · log 2): log 2 is no literal, but an enclosure of it narrows with the precision.
                let two = self.literal("2");
                let log_two = self.unary(Unary::Log, two);
                let scaled = self.binary(Binary::Multiply, a, log_two);
                return Some(self.binary(Binary::Divide, adjoint, scaled));
            }
            Unary::Square => {
                let two = self.literal("2");
                self.binary(Binary::Multiply, two, a)
            }
            Unary::Sqrt => {
                let two = self.literal("2");
                let doubled = self.binary(Binary::Multiply, two, b);
                return Some(self.binary(Binary::Divide, adjoint, doubled));
            }
            Unary::Sigmoid => {
                let negated = self.unary(Unary::Negate, a);
                let complement = self.unary(Unary::Sigmoid, negated);
                self.binary(Binary::Multiply, b, complement)
            }
            Unary::Softplus => self.unary(Unary::Sigmoid, a),
        };
        Some(self.binary(Binary::Xmul, adjoint, derivative))
    }

    /// What an adjoint of c = f(a, b) sends to a and to b.
    pub(super) fn binary_rule(
        &mut self,
        function: Binary,
        (c, a, b): (NodeId, NodeId, NodeId),
        adjoint: NodeId,
    ) -> (NodeId, NodeId) {
        match function {
            Binary::Add => (adjoint, adjoint),
            Binary::Meet => (adjoint, self.literal("0")),
            Binary::Subtract => (adjoint, self.unary(Unary::Negate, adjoint)),
            Binary::Multiply | Binary::Contribution => (
                self.binary(Binary::Xmul, adjoint, b),
                self.binary(Binary::Xmul, adjoint, a),
            ),
            Binary::Xmul => (
                self.binary(Binary::Xmul, adjoint, b),
                self.binary(Binary::Xmul, a, adjoint),
            ),
            Binary::Divide => {
                let to_a = self.binary(Binary::Divide, adjoint, b);
                let slope = self.binary(Binary::Divide, c, b);
                let negated = self.unary(Unary::Negate, slope);
                (to_a, self.binary(Binary::Xmul, adjoint, negated))
            }
            Binary::Max => {
                let shares = (self.share_of_larger(a, b), self.share_of_larger(b, a));
                let mut weigh = |share| self.binary(Binary::Xmul, share, adjoint);
                (weigh(shares.0), weigh(shares.1))
            }
            Binary::Min => {
                let shares = (self.share_of_larger(b, a), self.share_of_larger(a, b));
                let mut weigh = |share| self.binary(Binary::Xmul, share, adjoint);
                (weigh(shares.0), weigh(shares.1))
            }
        }
    }

    /// 1 where a > b, 0 where a < b, ½ at a tie: (1 + sign(a − b)) / 2.
    fn share_of_larger(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let difference = self.binary(Binary::Subtract, a, b);
        let sign = self.unary(Unary::Sign, difference);
        let one = self.literal("1");
        let two = self.literal("2");
        let doubled = self.binary(Binary::Add, one, sign);
        self.binary(Binary::Divide, doubled, two)
    }
}
