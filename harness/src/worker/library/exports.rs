//! Which kernels a shared library offers. In: the bytes of its file; nothing of it runs. Out: ops and dtypes by the exported
//! names `lossproof_<op>_<dtype>`, and remarks on names that look like a slip.

use super::LibraryError;
use lossproof_numerics::Dtype;
use lossproof_oracle::formula::nearest_name;
use object::read::NameOrOrdinal;
use object::{BinaryFormat, File, Object, ObjectKind};
use std::collections::BTreeMap;
use std::path::Path;

/// What every name begins with.
const PREFIX: &str = "lossproof_";

/// The functions that are no kernels.
const OPTIONAL: [&str; 4] = ["name", "version", "profile", "last_error"];

/// What a library exports for lossproof.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Exports {
    /// The dtypes of each op.
    pub(super) kernels: BTreeMap<String, Vec<Dtype>>,
    /// Sentences on names that are probably not what their author meant.
    pub(super) remarks: Vec<String>,
}

/// The kernels that a library exports; `known_ops` are the names that a kernel can be called by.
pub(super) fn exports_of(
    path: &Path,
    bytes: &[u8],
    known_ops: &[&str],
) -> Result<Exports, LibraryError> {
    let names = exported_names(bytes).map_err(|reason| LibraryError::NotALibrary {
        path: path.to_owned(),
        reason,
    })?;
    let exports = classify(&names, known_ops);
    if exports.kernels.is_empty() {
        return Err(LibraryError::NoKernels {
            path: path.to_owned(),
            remedy: remedy(&names, &exports),
        });
    }
    Ok(exports)
}

/// The names that a shared library exports, as C writes them; else why the bytes are none.
fn exported_names(bytes: &[u8]) -> Result<Vec<String>, String> {
    let file = File::parse(bytes).map_err(|error| error.to_string())?;
    if file.kind() == ObjectKind::Relocatable {
        return Err("it is an object file that was not linked yet".to_owned());
    }
    let mut names = Vec::new();
    for export in file.exports().map_err(|error| error.to_string())? {
        let export = export.map_err(|error| error.to_string())?;
        if let NameOrOrdinal::Name(name) = export.name() {
            let name = String::from_utf8_lossy(name);
            // Mach-O puts an underscore before the names of C.
            let written = match file.format() {
                BinaryFormat::MachO => name.strip_prefix('_').unwrap_or(&name),
                _ => &name,
            };
            names.push(written.to_owned());
        }
    }
    names.sort();
    names.dedup();
    Ok(names)
}

fn classify(names: &[String], known_ops: &[&str]) -> Exports {
    let mut exports = Exports {
        kernels: BTreeMap::new(),
        remarks: Vec::new(),
    };
    for name in names {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            continue;
        };
        if OPTIONAL.contains(&rest) {
            continue;
        }
        let parts = rest.rsplit_once('_');
        let Some((op, dtype)) = parts.and_then(|(op, dtype)| Some((op, dtype.parse().ok()?)))
        else {
            let remark = format!(
                "`{name}` is exported, and it is no kernel: a kernel's name ends in a dtype, _f16, _bf16, _f32 or _f64"
            );
            exports.remarks.push(remark);
            continue;
        };
        if !known_ops.contains(&op) {
            let hint = nearest_name(op, known_ops.iter().copied());
            let hint = hint.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            exports.remarks.push(format!(
                "`{name}` is exported, and no op is called `{op}`; {hint}`lossproof list ops` names them all"
            ));
        }
        exports
            .kernels
            .entry(op.to_owned())
            .or_default()
            .push(dtype);
    }
    for dtypes in exports.kernels.values_mut() {
        dtypes.sort_by_key(|dtype| Dtype::ALL.iter().position(|known| known == dtype));
    }
    exports
}

/// What the author of a library without kernels should do.
fn remedy(names: &[String], exports: &Exports) -> String {
    let is_mangled = |name: &&String| name.starts_with("_Z") && name.contains(PREFIX);
    if let Some(mangled) = names.iter().find(is_mangled) {
        return format!(
            "it exports `{mangled}`, a C++ name: declare the function with LOSSPROOF_KERNEL of lossproof.h, or extern \"C\""
        );
    }
    if let Some(remark) = exports.remarks.first() {
        return remark.clone();
    }
    "declare the function with LOSSPROOF_KERNEL of lossproof.h, which also makes it visible"
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPS: [&str; 3] = ["softmax", "softmax_grad_logits", "logsumexp"];

    fn classified(names: &[&str]) -> Exports {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        classify(&names, &OPS)
    }

    #[test]
    fn names_are_ops_and_dtypes() {
        let exports = classified(&[
            "lossproof_name",
            "lossproof_softmax_bf16",
            "lossproof_softmax_f64",
            "lossproof_softmax_f16",
            "lossproof_softmax_grad_logits_f32",
            "printf",
        ]);
        let softmax = vec![Dtype::F16, Dtype::Bf16, Dtype::F64];
        assert_eq!(exports.kernels["softmax"], softmax);
        assert_eq!(exports.kernels["softmax_grad_logits"], [Dtype::F32]);
        assert_eq!(exports.kernels.len(), 2);
        assert_eq!(exports.remarks, [""; 0]);
    }

    #[test]
    fn slips_are_remarked_on() {
        let exports = classified(&["lossproof_sofmax_f32", "lossproof_softmax_float"]);
        assert_eq!(exports.kernels["sofmax"], [Dtype::F32]);
        let [unknown, no_dtype] = &exports.remarks[..] else {
            panic!("{:?}", exports.remarks);
        };
        assert!(unknown.contains("did you mean `softmax`?"), "{unknown}");
        assert!(no_dtype.contains("ends in a dtype"), "{no_dtype}");
        assert_eq!(exports.kernels.len(), 1);
    }

    #[test]
    fn a_library_without_kernels_says_what_to_do() {
        let of = |name: &str| {
            let names = [name.to_owned()];
            remedy(&names, &classify(&names, &OPS))
        };
        let mangled = of("_Z21lossproof_softmax_f32PK16lossproof_tensormS1_");
        assert!(mangled.contains("extern \"C\""), "{mangled}");
        assert!(of("lossproof_softmax").contains("ends in a dtype"));
        assert!(of("softmax").contains("LOSSPROOF_KERNEL"));
    }
}
