//! The ops that a spec gives: its own, and one for each input it is differentiated by.

use std::sync::Arc;

use lossproof_numerics::Dtype;
use lossproof_oracle::formula::{Expr, Shape};

use crate::cases::{InputSignature, KeptCases, OpSignature};

use super::attribute::Attribute;
use super::model::{Clause, InputSpec, OutputSpec, Profile, ProfileFormula, Role, Spec};

/// The name of the row input that a vector-Jacobian product takes beside the op's own.
pub(super) const UPSTREAM: &str = "upstream";

/// One op, with the spec that defines it.
#[derive(Debug, Clone, PartialEq)]
pub struct Op {
    /// Its name, an interface.
    pub name: String,
    /// Its inputs, `upstream` last where it takes one.
    pub inputs: Vec<InputSpec>,
    /// Its output; a gradient's is called `gradient`.
    pub output: OutputSpec,
    /// Whether output i depends on element i alone.
    pub elementwise: bool,
    /// The input that the formula is differentiated by, for a gradient.
    pub derivative_of: Option<String>,
    /// The spec it comes from.
    pub spec: Arc<Spec>,
    /// The worst inputs that are known of kernels of this op; none until somebody adds them.
    pub kept: KeptCases,
}

/// An op without its spec: what clauses are checked against while the spec is still being decoded.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OpOutline {
    pub name: String,
    pub inputs: Vec<InputSpec>,
    /// The names of the spec's attributes.
    pub attributes: Vec<String>,
    pub output: OutputSpec,
    pub derivative_of: Option<String>,
}

impl OpOutline {
    /// Names and shapes, for the checker of formulas.
    pub fn shapes(&self) -> Vec<(String, Shape)> {
        named_shapes(&self.inputs, self.attributes.iter())
    }
}

/// What a formula may name: inputs and attributes.
pub(super) fn named_shapes<'name>(
    inputs: &[InputSpec],
    attributes: impl Iterator<Item = &'name String>,
) -> Vec<(String, Shape)> {
    let inputs = inputs.iter().map(|input| (input.name.clone(), input.shape));
    let attributes = attributes.map(|name| (name.clone(), Shape::Constant));
    inputs.chain(attributes).collect()
}

/// The outlines of a spec's ops: the op, then its gradients in the order given.
pub(super) fn outlines<'gradient>(
    op: &str,
    (inputs, attributes): (&[InputSpec], &[Attribute]),
    output: &OutputSpec,
    elementwise: bool,
    gradients: impl IntoIterator<Item = &'gradient str>,
) -> Vec<OpOutline> {
    let attributes: Vec<String> = attributes
        .iter()
        .map(|attribute| attribute.name.clone())
        .collect();
    let mut gradient_inputs = inputs.to_vec();
    if output.shape != Shape::Scalar && !elementwise {
        gradient_inputs.push(InputSpec {
            name: UPSTREAM.to_owned(),
            shape: output.shape,
            role: Role::Upstream,
        });
    }
    let own = OpOutline {
        name: op.to_owned(),
        attributes: attributes.clone(),
        inputs: inputs.to_vec(),
        output: output.clone(),
        derivative_of: None,
    };
    let gradients = gradients.into_iter().map(|input| OpOutline {
        name: gradient_name(op, input),
        inputs: gradient_inputs.clone(),
        attributes: attributes.clone(),
        output: OutputSpec {
            name: "gradient".to_owned(),
            shape: inputs
                .iter()
                .find(|known| known.name == input)
                .map_or(Shape::ROW, |known| known.shape),
        },
        derivative_of: Some(input.to_owned()),
    });
    [own].into_iter().chain(gradients).collect()
}

/// The name of the op that differentiates `op` by `input`.
pub(super) fn gradient_name(op: &str, input: &str) -> String {
    format!("{op}_grad_{input}")
}

impl Spec {
    /// Names and shapes of what its formula runs on: the inputs, and then the attributes.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, Shape)> {
        let names = self.attributes.iter().map(|attribute| &attribute.name);
        named_shapes(&self.inputs, names)
    }

    /// The ops that this spec gives: the op, then its gradients in the order given.
    #[must_use]
    pub fn ops(self: &Arc<Self>) -> Vec<Op> {
        let gradients = self
            .gradients
            .iter()
            .map(|gradient| gradient.input.as_str());
        outlines(
            &self.op,
            (&self.inputs, &self.attributes),
            &self.output,
            self.elementwise,
            gradients,
        )
        .into_iter()
        .map(|outline| Op {
            name: outline.name,
            inputs: outline.inputs,
            output: outline.output,
            elementwise: self.elementwise,
            derivative_of: outline.derivative_of,
            spec: Arc::clone(self),
            kept: KeptCases::default(),
        })
        .collect()
    }
}

impl Op {
    /// The op as the case generators see it.
    #[must_use]
    pub fn signature(&self) -> OpSignature {
        let input = |input: &InputSpec| InputSignature {
            name: input.name.clone(),
            role: input.role,
            shape: input.shape,
        };
        OpSignature {
            op: self.name.clone(),
            inputs: self.inputs.iter().map(input).collect(),
            kept: self.kept.clone(),
        }
    }

    /// The formula of the spec; a gradient op is this, differentiated by [`Self::derivative_of`].
    #[must_use]
    pub fn formula(&self) -> &Expr {
        &self.spec.formula
    }

    /// The gradient formula that the spec states for this op, if it is a gradient and one is stated.
    #[must_use]
    pub fn gradient_formula(&self) -> Option<&Expr> {
        let input = self.derivative_of.as_deref()?;
        let gradients = &self.spec.gradients;
        let gradient = gradients.iter().find(|gradient| gradient.input == input)?;
        gradient.formula.as_ref().map(|(expr, _)| expr)
    }

    /// What this op computes under a profile instead of the formula or the derivative, where the spec states it.
    #[must_use]
    pub fn profile_formula(&self, profile: Profile) -> Option<&ProfileFormula> {
        self.spec
            .profile_formulas
            .iter()
            .find(|stated| stated.ops.contains(&self.name) && stated.profiles.contains(&profile))
    }

    /// The clauses that apply to this op under a profile, in the order in which they are tried.
    pub fn clauses(&self, profile: Profile) -> impl Iterator<Item = &Clause> {
        self.spec.clauses.iter().filter(move |clause| {
            clause.ops.contains(&self.name) && clause.profiles.contains(&profile)
        })
    }

    /// The case classes that apply.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.spec.classes
    }

    /// The hard limit on the error in ulps, as an expression in `n` and `kappa`.
    #[must_use]
    pub fn ceiling(&self, dtype: Dtype) -> &Expr {
        self.spec.ceilings.ceiling(dtype)
    }

    /// Whether a gradient is a vector-Jacobian product, with `upstream` as its last input.
    #[must_use]
    pub fn takes_upstream(&self) -> bool {
        self.inputs.len() > self.spec.inputs.len()
    }

    /// Names and shapes of what the formula runs on: the inputs, `upstream` among them, and then the attributes, which is
    /// also what a kernel is given.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, Shape)> {
        let names = self.spec.attributes.iter().map(|attribute| &attribute.name);
        named_shapes(&self.inputs, names)
    }
}
