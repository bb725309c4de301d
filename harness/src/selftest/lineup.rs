//! Which of the shipped kernels a self-proof runs. In: their names, or none for all. Out: the mutants, the variants and the
//! ops they are of.

use crate::run::Selection;
use lossproof_mutants::{Mutant, Variant, mutants, variants};
use lossproof_oracle::formula::nearest_name;

/// Known-bad kernels and correct ones, each in the order in which they are shipped.
#[derive(Debug, Clone)]
pub struct Lineup {
    /// The known-bad kernels.
    pub mutants: Vec<&'static Mutant>,
    /// The correct ones, written differently.
    pub variants: Vec<&'static Variant>,
}

/// A name that no shipped kernel has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown kernel `{name}`{}; name `mutants`, `variants`, mutant:<id> or variant:<id>, as `lossproof selftest` lists them",
    nearest.as_ref().map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
)]
pub struct UnknownKernel {
    /// The name as given.
    pub name: String,
    /// The nearest name there is.
    pub nearest: Option<String>,
}

impl Lineup {
    /// All shipped kernels.
    #[must_use]
    pub fn all() -> Self {
        Self {
            mutants: mutants().iter().collect(),
            variants: variants().iter().collect(),
        }
    }

    /// The kernels of these names (`mutant:<id>`, `variant:<id>`, or a whole kind, `mutants`, `variants`); all where there
    /// are none.
    ///
    /// # Errors
    /// A name that no kernel has.
    pub fn named(names: &[String]) -> Result<Self, UnknownKernel> {
        let all = Self::all();
        if names.is_empty() {
            return Ok(all);
        }
        let known: Vec<String> = ["mutants".to_owned(), "variants".to_owned()]
            .into_iter()
            .chain(
                all.mutants
                    .iter()
                    .map(|mutant| full_name("mutant", mutant.id)),
            )
            .chain(
                all.variants
                    .iter()
                    .map(|variant| full_name("variant", variant.id)),
            )
            .collect();
        if let Some(name) = names.iter().find(|name| !known.contains(name)) {
            return Err(UnknownKernel {
                name: name.clone(),
                nearest: nearest_name(name, known.iter().map(String::as_str)).map(str::to_owned),
            });
        }
        let asked = |kind: &str, id: &str| {
            names
                .iter()
                .any(|name| *name == format!("{kind}s") || *name == full_name(kind, id))
        };
        let Self {
            mut mutants,
            mut variants,
        } = all;
        mutants.retain(|mutant| asked("mutant", mutant.id));
        variants.retain(|variant| asked("variant", variant.id));
        Ok(Self { mutants, variants })
    }

    /// The ops that some of these kernels are of.
    #[must_use]
    pub fn selection(&self) -> Selection {
        let mut ops: Vec<String> = Vec::new();
        let of_mutants = self.mutants.iter().map(|mutant| mutant.op);
        for op in of_mutants.chain(self.variants.iter().map(|variant| variant.op)) {
            if !ops.iter().any(|known| known == op) {
                ops.push(op.to_owned());
            }
        }
        Selection {
            ops,
            ..Selection::default()
        }
    }
}

fn full_name(kind: &str, id: &str) -> String {
    format!("{kind}:{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_named_one_by_one_or_by_kind() {
        let all = Lineup::all();
        let of_kind = Lineup::named(&["variants".to_owned()]).unwrap();
        assert_eq!(of_kind.variants.len(), all.variants.len());
        assert!(of_kind.mutants.is_empty());
        let one = full_name("mutant", all.mutants[3].id);
        let one = Lineup::named(&[one]).unwrap();
        assert_eq!(one.mutants.len(), 1);
        assert_eq!(one.selection().ops, [all.mutants[3].op]);
        let unknown = Lineup::named(&["variant".to_owned()]).unwrap_err();
        assert_eq!(unknown.nearest.as_deref(), Some("variants"));
    }
}
