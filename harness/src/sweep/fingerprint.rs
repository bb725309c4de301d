//! Fingerprints: what tells a file of one kernel or spec from that of another. In: bytes, or a spec. Out: 64 bits of FNV-1a.
//!
//! They find mistakes, not forgeries.

use crate::reference::Reference;
use lossproof_numerics::Dtype;

/// The fingerprint of the sources of the kernels compiled in, comments and tests left out, which `build.rs` takes.
pub const KERNELS: &str = env!("LOSSPROOF_KERNELS");

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// The fingerprint of bytes.
#[must_use]
pub fn fingerprint_of_bytes(bytes: &[u8]) -> String {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME);
    format!("fnv1a64:{:016x}", bytes.iter().fold(FNV_OFFSET, step))
}

/// The fingerprint of everything in an op's spec that decides what is right: formulas, clauses, constants and the ceiling. Titles,
/// reasons and sources may change.
#[must_use]
pub fn fingerprint_of_spec(reference: &Reference, dtype: Dtype) -> String {
    let op = &reference.op;
    let spec = &op.spec;
    let inputs = op.inputs.iter();
    let inputs = inputs.map(|input| format!("{} {} {:?}", input.name, input.shape, input.role));
    let attributes = spec.attributes.iter();
    let attributes = attributes.map(|constant| format!("{} {}", constant.name, constant.text));
    let definitions = spec.definitions.iter();
    let definitions = definitions.map(|part| format!("{} {}", part.name, part.text));
    let gradients = spec.gradients.iter();
    let gradients = gradients.filter_map(|gradient| {
        let (_, text) = gradient.formula.as_ref()?;
        Some(format!("{} {text}", gradient.input))
    });
    let own = op.profile_formula(reference.profile());
    let clauses = reference.clauses().iter().map(|clause| {
        let accept: Vec<&str> = clause.accept.iter().map(|outcome| outcome.name()).collect();
        format!("{} {} {}", clause.id, clause.when_text, accept.join(" "))
    });
    let lines: Vec<String> = [
        format!("{} {}", op.name, reference.profile()),
        format!("{} {}", op.output.shape, op.elementwise),
        spec.formula_text.clone(),
        spec.ceilings.text(dtype).to_owned(),
    ]
    .into_iter()
    .chain(own.map(|own| own.formula_text.clone()))
    .chain(inputs)
    .chain(attributes)
    .chain(definitions)
    .chain(gradients)
    .chain(clauses)
    .collect();
    fingerprint_of_bytes(lines.join("\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv_1a() {
        // The test vectors of the hash's authors.
        assert_eq!(fingerprint_of_bytes(b""), "fnv1a64:cbf29ce484222325");
        assert_eq!(fingerprint_of_bytes(b"a"), "fnv1a64:af63dc4c8601ec8c");
        assert_eq!(fingerprint_of_bytes(b"foobar"), "fnv1a64:85944171f73967e8");
    }
}
