//! The host of a shared library: the side of worker protocol 1 that answers. In: a library with the interface of
//! `harness/adapters/c/lossproof.h`, and requests. Out: what its kernels write, what they refuse, and how they trespass.
//!
//! The library's code runs in the host's process, which is why the command starts a process for it. Every call runs in
//! memory with guard bytes around it, and a call that wrote there, changed an input or left the floating-point environment
//! changed is answered by that alone: its values are worth nothing.

mod abi;
mod exports;
mod request;

use super::protocol::{
    Message, PROTOCOL_VERSION, ProtocolError, WireElement, WireTensor, read_message, write_message,
};
use crate::spec::{Op, Profile};
use crate::subject::{BatchCall, InputBytes};
use abi::{KernelFunction, Loaded};
use exports::{Exports, exports_of};
use lossproof_numerics::Dtype;
use request::{Run, RunError, read_run};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The most bytes of a request: every case is far below.
const REQUEST_LIMIT_BYTES: u64 = 1 << 36;

/// Why a library cannot be served, or is no longer.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// There is no file to read.
    #[error("cannot read the library `{}`: {reason}; give the path of a shared library", path.display())]
    Missing {
        /// The path as given.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// The file is something else.
    #[error(
        "`{}` is no shared library: {reason}; build one with `cc -O2 -shared -fPIC -o NAME.so NAME.c -lm`",
        path.display()
    )]
    NotALibrary {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No exported function is a kernel.
    #[error("`{}` exports no kernel, no function lossproof_<op>_<dtype>: {remedy}", path.display())]
    NoKernels {
        /// The library.
        path: PathBuf,
        /// What to do.
        remedy: String,
    },
    /// The system's loader refused it.
    #[error("`{}` cannot be loaded: {reason}", path.display())]
    Unloadable {
        /// The library.
        path: PathBuf,
        /// What the loader says.
        reason: String,
    },
    /// It declares a profile that nobody knows.
    #[error(
        "lossproof_profile of `{}` says `{profile}`, which is no profile; the profiles are {known}",
        path.display()
    )]
    UnknownProfile {
        /// The library.
        path: PathBuf,
        /// What it says.
        profile: String,
        /// The names there are.
        known: String,
    },
    /// The other side of the pipe sent something else than a message, or went away.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// The other side asked for something that cannot be called.
    #[error("request `{id}` cannot be run: {reason}")]
    Request {
        /// The request.
        id: String,
        /// What is wrong with it.
        reason: RunError,
    },
}

/// A loaded library, ready to be asked.
#[derive(Debug)]
pub struct Host<'ops> {
    ops: &'ops [Op],
    loaded: Loaded,
    exports: Exports,
    identity: BTreeMap<String, String>,
    functions: BTreeMap<(String, Dtype), KernelFunction>,
    /// What loading the library left changed of the floating-point environment.
    loading_changes: Vec<&'static str>,
}

impl<'ops> Host<'ops> {
    /// Loads a library; `ops` are those that it can be asked for.
    ///
    /// # Errors
    /// When it cannot be read or loaded, has no kernels, or declares an unknown profile.
    pub fn load(path: &Path, ops: &'ops [Op]) -> Result<Self, LibraryError> {
        let missing = |reason| LibraryError::Missing {
            path: path.to_owned(),
            reason,
        };
        // With its folder: the loader looks for a bare name in the system's folders.
        let full_path = fs::canonicalize(path).map_err(missing)?;
        let bytes = fs::read(&full_path).map_err(missing)?;
        let names: Vec<&str> = ops.iter().map(|op| op.name.as_str()).collect();
        let exports = exports_of(path, &bytes, &names)?;
        let (loaded, loading_changes) = Loaded::open(&full_path)?;
        let identity = identity(path, &loaded, &exports)?;
        Ok(Self {
            ops,
            loaded,
            exports,
            identity,
            functions: BTreeMap::new(),
            loading_changes,
        })
    }

    /// Sentences on what its author probably did not mean.
    pub fn remarks(&self) -> impl Iterator<Item = String> {
        let exported = self.exports.remarks.iter().cloned();
        exported.chain(self.loading_trespass())
    }

    fn loading_trespass(&self) -> Option<String> {
        (!self.loading_changes.is_empty()).then(|| {
            format!(
                "loading the library left the floating-point environment changed: {}; GCC links code that does so into a \
                 library with -ffast-math or -Ofast, so link without them",
                self.loading_changes.join(", ")
            )
        })
    }

    /// Answers requests until they end.
    ///
    /// # Errors
    /// When the other side does not keep to the protocol.
    pub fn serve(
        &mut self,
        requests: &mut impl Read,
        answers: &mut impl Write,
    ) -> Result<(), LibraryError> {
        while let Some(request) = read_message(requests, REQUEST_LIMIT_BYTES)? {
            let answer = self.answer(&request)?;
            write_message(answers, &answer)?;
        }
        Ok(())
    }

    fn answer(&mut self, request: &Message) -> Result<Message, LibraryError> {
        let refused = |reason| LibraryError::Request {
            id: request.text("id").to_owned(),
            reason,
        };
        match request.text("call") {
            "hello" if request.text("lossproof") == PROTOCOL_VERSION => Ok(Message {
                metadata: self.identity.clone(),
                tensors: Vec::new(),
            }),
            "hello" => Err(refused(RunError::Version(
                request.text("lossproof").to_owned(),
            ))),
            "run" => Ok(self.run(&read_run(request, self.ops).map_err(refused)?)),
            other => Err(refused(RunError::UnknownCall(other.to_owned()))),
        }
    }

    fn run(&mut self, run: &Run<'_>) -> Message {
        let mut answer = Message::of_metadata([("id", run.id)]);
        let mut tell = |key: &str, text: String| {
            answer.metadata.insert(key.to_owned(), text);
        };
        let Some(kernel) = self.function(run.op, run.dtype) else {
            let (op, dtype) = (run.op, run.dtype);
            tell(
                "error",
                format!("the library has no lossproof_{op}_{dtype}"),
            );
            return answer;
        };
        let inputs: Vec<InputBytes<'_>> = run.inputs.iter().map(|(_, bytes)| *bytes).collect();
        let output_length = run.output_shape[1..].iter().product();
        let mut call = BatchCall::of_bytes(run.dtype, run.rows, &inputs, output_length, run.layout);
        let started = Instant::now();
        let (returned, changes) = kernel.call(&mut call, &run.output_shape);
        tell(
            "kernel_nanoseconds",
            started.elapsed().as_nanos().to_string(),
        );
        if let Some(trespass) = self.trespass(run, &call, &changes) {
            tell("trespass", trespass);
        } else if returned != 0 {
            let reason = self.loaded.text("lossproof_last_error");
            let reason = reason.filter(|text| !text.is_empty());
            tell(
                "error",
                reason.unwrap_or_else(|| format!("the kernel returned {returned}")),
            );
        } else {
            let output = WireTensor {
                element: WireElement::Float(run.dtype),
                shape: run.output_shape.clone(),
                bytes: call.output_bytes().to_vec(),
            };
            answer.tensors.push((run.output.to_owned(), output));
        }
        answer
    }

    fn function(&mut self, op: &str, dtype: Dtype) -> Option<KernelFunction> {
        let exported = self.exports.kernels.get(op)?;
        if !exported.contains(&dtype) {
            return None;
        }
        let key = (op.to_owned(), dtype);
        if let Some(known) = self.functions.get(&key) {
            return Some(*known);
        }
        let function = self.loaded.kernel(op, dtype)?;
        self.functions.insert(key, function);
        Some(function)
    }

    /// What the call did outside its output.
    fn trespass(&self, run: &Run<'_>, call: &BatchCall, left_changed: &[&str]) -> Option<String> {
        if let Some(place) = call.guard_damage() {
            return Some(format!("the call wrote to {place}"));
        }
        let overwritten = |((name, before), after): (&(&str, InputBytes<'_>), Vec<u8>)| {
            (before.bytes != after).then(|| format!("the call changed its input `{name}`"))
        };
        let after = call.input_bytes().into_iter();
        if let Some(trespass) = run.inputs.iter().zip(after).find_map(overwritten) {
            return Some(trespass);
        }
        if !left_changed.is_empty() {
            return Some(format!(
                "the call left the floating-point environment changed: {}",
                left_changed.join(", ")
            ));
        }
        self.loading_trespass()
    }
}

/// The answer to hello.
fn identity(
    path: &Path,
    loaded: &Loaded,
    exports: &Exports,
) -> Result<BTreeMap<String, String>, LibraryError> {
    let text = |name: &str| loaded.text(name).filter(|text| !text.is_empty());
    let file_name = || {
        let name = path.file_name().unwrap_or(path.as_os_str());
        name.to_string_lossy().into_owned()
    };
    let profile = text("lossproof_profile").unwrap_or_else(|| Profile::Exact.name().to_owned());
    if Profile::named(&profile).is_none() {
        let known: Vec<&str> = Profile::ALL.iter().map(|profile| profile.name()).collect();
        return Err(LibraryError::UnknownProfile {
            path: path.to_owned(),
            profile,
            known: known.join(", "),
        });
    }
    let supports: BTreeMap<&str, Vec<&str>> = exports
        .kernels
        .iter()
        .map(|(op, dtypes)| {
            let dtypes = dtypes.iter().map(|dtype| dtype.name()).collect();
            (op.as_str(), dtypes)
        })
        .collect();
    let pairs = [
        ("name", text("lossproof_name").unwrap_or_else(file_name)),
        (
            "version",
            text("lossproof_version").unwrap_or_else(|| "unversioned".to_owned()),
        ),
        ("profile", profile),
        ("supports", serde_json::json!(supports).to_string()),
        ("description", format!("shared library {}", path.display())),
    ];
    let owned = pairs.map(|(key, text)| (key.to_owned(), text));
    Ok(owned.into_iter().collect())
}
