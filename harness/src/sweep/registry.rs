//! Which domains an op has in a dtype: they follow from the shapes and roles of its inputs, so an op of one's own has them too.
//!
//! An elementwise op is swept element by element: all its inputs, where their encodings make an index of 32 bits at most, and
//! all but the labels at the labels 0 and 1. An op on rows is swept on rows of one class and of two, in 16-bit dtypes: all its
//! rows of numbers, or its first one at each class as the label, one-hot or as an index. Constants of a spec stay constants.

use super::domain::{BLOCK_INPUTS, Domain, Source};
use crate::report::number::count;
use crate::spec::{InputSpec, Op, Role};
use lossproof_numerics::Dtype;
use lossproof_oracle::formula::{Dim, Shape};

/// The bits that an index may have.
const INDEX_BITS: u32 = 32;

/// The widest dtype whose rows are swept: a row costs a call, and two values of it fill the index.
const ROW_DTYPE_BITS: u32 = 16;

/// The domain of that name.
#[must_use]
pub fn domain_named(op: &Op, dtype: Dtype, name: &str) -> Option<Domain> {
    domains(op, dtype)
        .into_iter()
        .find(|domain| domain.name == name)
}

/// Every domain that an op has in a dtype, smaller ones first; none where its inputs do not fit an index.
#[must_use]
pub fn domains(op: &Op, dtype: Dtype) -> Vec<Domain> {
    let is_row = |input: &InputSpec| input.shape == Shape::Vector(Dim::N);
    let fits = |input: &InputSpec| is_row(input) || input.shape == Shape::Index;
    if !op.inputs.iter().all(fits) || !op.inputs.iter().any(is_row) {
        return Vec::new();
    }
    let mut found = if op.elementwise {
        of_elements(op, dtype)
    } else if dtype.width() <= ROW_DTYPE_BITS {
        of_rows(op, dtype)
    } else {
        Vec::new()
    };
    found.sort_by_key(Domain::size);
    found
}

/// What is known of a domain before it is described.
struct Plan<'a> {
    op: &'a Op,
    dtype: Dtype,
    row_length: u32,
    /// The input that is held, and what stands in it: its values, or a class index.
    held: Option<(&'a InputSpec, Source)>,
}

fn of_elements(op: &Op, dtype: Dtype) -> Vec<Domain> {
    let plan = |held| Plan {
        op,
        dtype,
        row_length: 1,
        held,
    };
    let base = match op.inputs.len() {
        1 => "every_value",
        2 => "every_pair",
        _ => "every_tuple",
    };
    let mut found = vec![plan(None).domain(base.to_owned())];
    if let Some(labels) = only(op, |input| input.role == Role::Labels)
        && op.inputs.len() == 2
    {
        for label in [0u8, 1] {
            let held = Source::Fixed(vec![f64::from(label)]);
            let name = format!("every_value_{}_{label}", labels.name);
            found.push(plan(Some((labels, held))).domain(name));
        }
    }
    found.into_iter().flatten().collect()
}

fn of_rows(op: &Op, dtype: Dtype) -> Vec<Domain> {
    let mut found = Vec::new();
    let label = only(op, |input| input.shape == Shape::Index);
    let held_row = only(op, |input| {
        matches!(input.role, Role::Labels | Role::Upstream)
    });
    for row_length in [1, 2] {
        let plan = |held| Plan {
            op,
            dtype,
            row_length,
            held,
        };
        let name = format!("rows_of_{row_length}");
        match (label, held_row) {
            (None, None) => found.push(plan(None).domain(name)),
            (Some(label), None) => found.extend((0..row_length).map(|place| {
                let held = Source::Place(i64::from(place));
                let name = format!("{name}_{}_{place}", label.name);
                plan(Some((label, held))).domain(name)
            })),
            (None, Some(_)) if row_length == 1 => found.push(plan(None).domain(name)),
            (None, Some(row)) => found.extend((0..row_length).map(|place| {
                let one_hot = (0..row_length).map(|other| f64::from(u8::from(other == place)));
                let held = Source::Fixed(one_hot.collect());
                let name = format!("{name}_{}_{place}", row.name);
                plan(Some((row, held))).domain(name)
            })),
            (Some(_), Some(_)) => {}
        }
    }
    found.into_iter().flatten().collect()
}

/// The one input like that; none where there are none or several.
fn only(op: &Op, like: impl Fn(&InputSpec) -> bool) -> Option<&InputSpec> {
    let mut alike = op.inputs.iter().filter(|input| like(input));
    alike.next().filter(|_| alike.next().is_none())
}

impl Plan<'_> {
    /// The domain; none where its index would be too long.
    fn domain(&self, name: String) -> Option<Domain> {
        let mut slots = 0;
        let mut sources = Vec::new();
        for input in &self.op.inputs {
            sources.push(match &self.held {
                Some((held, source)) if held.name == input.name => source.clone(),
                _ => {
                    let slot = slots;
                    slots += self.row_length;
                    Source::Every { slot }
                }
            });
        }
        (slots * self.dtype.width() <= INDEX_BITS).then(|| Domain {
            description: self.description(slots),
            name,
            dtype: self.dtype,
            sources,
            row_length: self.row_length,
            elementwise: self.op.elementwise,
            slots,
        })
    }

    /// Exactly what is enumerated, how an index counts it, and how it is called.
    fn description(&self, slots: u32) -> String {
        let is_held = |input: &&InputSpec| {
            let held = self.held.as_ref();
            held.is_some_and(|(held, _)| held.name == input.name)
        };
        let every = self.op.inputs.iter().filter(|input| !is_held(input));
        let elements: Vec<String> = every
            .flat_map(|input| {
                let name = &input.name;
                (0..self.row_length).map(move |place| {
                    if self.op.elementwise {
                        name.clone()
                    } else {
                        format!("{name}[{place}]")
                    }
                })
            })
            .collect();
        let size = count(1 << (slots * self.dtype.width()));
        let dtype = self.dtype;
        let what = if slots == 1 {
            format!("every encoding of {} in {dtype}", elements[0])
        } else {
            format!(
                "every combination of encodings of {} in {dtype}",
                elements.join(" and ")
            )
        };
        let held = self.held.as_ref().map(|(input, source)| match source {
            Source::Fixed(numbers) if self.op.elementwise => {
                format!(", with {} = {}", input.name, numbers[0])
            }
            Source::Fixed(numbers) => {
                format!(", with {} = {numbers:?}, one-hot", input.name)
            }
            Source::Place(place) => format!(", with {} = {place}", input.name),
            Source::Every { .. } => String::new(),
        });
        let order = if slots == 1 {
            "the index is the encoding".to_owned()
        } else {
            format!(
                "the index is the encodings side by side, {} in the upper bits",
                elements[0]
            )
        };
        let called = if self.op.elementwise {
            format!("called in rows of {BLOCK_INPUTS} consecutive inputs")
        } else {
            let class = if self.row_length == 1 {
                "value"
            } else {
                "values"
            };
            format!("each a row of {} {class}", self.row_length)
        };
        format!(
            "{what}{}: {size} inputs, both zeros, subnormals, both infinities and every NaN among them; {called}; {order}",
            held.unwrap_or_default()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::Tensor;
    use crate::command::embedded_specs;
    use crate::spec::Spec;
    use std::collections::BTreeSet;

    fn op(name: &str) -> Op {
        let specs = embedded_specs().unwrap();
        let mut ops = specs.iter().flat_map(Spec::ops);
        ops.find(|op| op.name == name).unwrap()
    }

    fn named(op_name: &str, dtype: Dtype) -> Vec<(String, u64)> {
        let found = domains(&op(op_name), dtype);
        found
            .into_iter()
            .map(|d| (d.name.clone(), d.size()))
            .collect()
    }

    #[test]
    fn domains_follow_from_the_inputs() {
        let sized = |all: &[(&str, u32)]| -> Vec<(String, u64)> {
            let named = all.iter().map(|&(name, bits)| (name.to_owned(), 1 << bits));
            named.collect()
        };
        assert_eq!(named("sigmoid", Dtype::F16), sized(&[("every_value", 16)]));
        assert_eq!(
            named("softplus_grad_logits", Dtype::F32),
            sized(&[("every_value", 32)])
        );
        assert_eq!(named("sigmoid", Dtype::F64), []);
        let binary = "sigmoid_cross_entropy_with_logits";
        let at_labels = [("every_value_labels_0", 16), ("every_value_labels_1", 16)];
        let all = [&at_labels[..], &[("every_pair", 32)]].concat();
        assert_eq!(named(binary, Dtype::Bf16), sized(&all));
        let in_f32 = [("every_value_labels_0", 32), ("every_value_labels_1", 32)];
        assert_eq!(named(binary, Dtype::F32), sized(&in_f32));
        assert_eq!(
            named("softmax", Dtype::F16),
            sized(&[("rows_of_1", 16), ("rows_of_2", 32)])
        );
        assert_eq!(named("softmax", Dtype::F32), []);
        let one_hot = [
            ("rows_of_1", 32),
            ("rows_of_2_labels_0", 32),
            ("rows_of_2_labels_1", 32),
        ];
        assert_eq!(
            named("softmax_cross_entropy_with_logits", Dtype::F16),
            sized(&one_hot)
        );
        let sparse = [
            ("rows_of_1_label_0", 16),
            ("rows_of_2_label_0", 32),
            ("rows_of_2_label_1", 32),
        ];
        assert_eq!(
            named("sparse_softmax_cross_entropy_with_logits", Dtype::F16),
            sized(&sparse)
        );
        assert_eq!(named("kl_hinge", Dtype::F16), []);
    }

    #[test]
    fn an_index_is_the_encodings_side_by_side() {
        let pair = domain_named(
            &op("sigmoid_cross_entropy_with_logits"),
            Dtype::F16,
            "every_pair",
        );
        let pair = pair.unwrap();
        let row = |number: f64| Tensor::Row(vec![number]);
        assert_eq!(pair.inputs(0x3c00_4000), [row(1.0), row(2.0)]);
        let softmax = domain_named(&op("softmax"), Dtype::F16, "rows_of_2").unwrap();
        assert_eq!(softmax.inputs(0x3c00_4000), [Tensor::Row(vec![1.0, 2.0])]);
        let name = "softmax_cross_entropy_with_logits";
        let hot = domain_named(&op(name), Dtype::F16, "rows_of_2_labels_1").unwrap();
        let rows = [vec![1.0, f64::INFINITY], vec![0.0, 1.0]].map(Tensor::Row);
        assert_eq!(hot.inputs(0x3c00_7c00), rows);
        let sigmoid = domain_named(&op("sigmoid"), Dtype::Bf16, "every_value").unwrap();
        let every: BTreeSet<u64> = sigmoid.row(0..sigmoid.size())[0]
            .as_row()
            .unwrap()
            .iter()
            .map(|&value| lossproof_numerics::encode(Dtype::Bf16, value))
            .collect();
        assert_eq!(every.len(), 1 << 16);
    }

    #[test]
    fn shards_tile_the_domain() {
        for (name, shards) in [("every_value_labels_0", 16), ("every_pair", 4096)] {
            let op = op("sigmoid_cross_entropy_with_logits");
            let domain = domain_named(&op, Dtype::F16, name).unwrap();
            assert_eq!(domain.shards(), shards);
            let mut next = 0;
            for shard in (0..shards).map(|shard| domain.shard(shard)) {
                assert_eq!(shard.start, next);
                next = shard.end;
                let blocks: Vec<_> = Domain::blocks(shard).collect();
                assert_eq!(blocks.last().unwrap().end, next);
            }
            assert_eq!(next, domain.size());
        }
    }
}
