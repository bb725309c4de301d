//! Shared libraries made and served for tests: compiled as the README tells users to, and asked over worker protocol 1.

use lossproof::worker::protocol::{Message, WireElement, WireTensor, read_message, write_message};
use lossproof_numerics::Dtype;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tempfile::TempDir;

/// The repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a library is written in.
#[derive(Debug, Clone, Copy)]
pub enum Written {
    /// With the compiler `cc`, or what CC names.
    C,
    /// With the compiler `c++`, or what CXX names.
    Cpp,
}

/// A compiled library, gone with this.
pub struct Library {
    folder: TempDir,
    /// The shared library.
    pub path: PathBuf,
}

impl Library {
    /// Compiles a source file. The options come after the usual ones.
    pub fn of_file(written: Written, source: &Path, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kernel.so");
        let (variable, usual, package) = match written {
            Written::C => ("CC", "cc", "gcc"),
            Written::Cpp => ("CXX", "c++", "g++"),
        };
        let program = std::env::var(variable).unwrap_or_else(|_| usual.to_owned());
        let compiled = Command::new(&program)
            .args(["-O2", "-shared", "-fPIC", "-I"])
            .arg(repository().join("harness/adapters/c"))
            .args(options)
            .arg("-o")
            .args([&path, source])
            .arg("-lm")
            .output();
        let done = compiled.unwrap_or_else(|error| {
            panic!(
                "the compiler `{program}` cannot be started ({error}); libraries in {written:?} are compiled in this test, \
                 as users do it: install one (Debian and Ubuntu: apt-get install {package}) or name one in {variable}"
            )
        });
        let told = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{}: {told}", source.display());
        Self { folder, path }
    }

    /// Compiles a text in C, with the header already included.
    pub fn of_c(text: &str, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("kernel.c");
        let head = "#include \"lossproof.h\"\n#include <stdio.h>\n#include <stdlib.h>\n#include <fenv.h>\n";
        fs::write(&source, format!("{head}{text}")).unwrap();
        Self::of_file(Written::C, &source, options)
    }

    /// The folder of the library.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// How a served library ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// All that it wrote to standard error.
    pub stderr: String,
    /// What came on standard output after the last answer, or why that is no message.
    pub rest: Result<Option<Message>, String>,
}

/// A process that serves a library.
pub struct Worker {
    process: Child,
    requests: Option<ChildStdin>,
    answers: ChildStdout,
    log: PathBuf,
    _folder: TempDir,
}

impl Worker {
    /// Serves the library at a path.
    pub fn start(library: &Path, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("stderr");
        let mut process = Command::new(env!("CARGO_BIN_EXE_lossproof"))
            .arg("serve-library")
            .arg(library)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Self {
            requests: process.stdin.take(),
            answers: process.stdout.take().unwrap(),
            process,
            log,
            _folder: folder,
        }
    }

    /// Sends a request without waiting. A process that ended before cannot take it, which its answer then shows.
    pub fn send(&mut self, request: &Message) {
        let requests = self.requests.as_mut().expect("requests go on");
        let _ = write_message(requests, request);
    }

    /// The answer to a request.
    pub fn ask(&mut self, request: &Message) -> Message {
        self.send(request);
        match read_message(&mut self.answers, 1 << 30) {
            Ok(Some(answer)) => answer,
            other => panic!("{other:?} in place of an answer; {}", self.stderr()),
        }
    }

    /// The answer to the first request.
    pub fn hello(&mut self) -> Message {
        self.ask(&Message::of_metadata([
            ("lossproof", "1"),
            ("call", "hello"),
        ]))
    }

    /// Ends the requests, and waits for the end of the process.
    pub fn end(mut self) -> Ended {
        self.requests = None;
        let rest = read_message(&mut self.answers, 1 << 30).map_err(|error| error.to_string());
        let status = self.process.wait().unwrap();
        Ended {
            code: status.code(),
            stderr: self.stderr(),
            rest,
        }
    }

    fn stderr(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }
}

/// A tensor of f32 or f64 values.
pub fn floats(dtype: Dtype, shape: &[usize], values: &[f64]) -> WireTensor {
    assert_eq!(shape.iter().product::<usize>(), values.len());
    #[expect(
        clippy::cast_possible_truncation,
        reason = "to the nearest f32, as asked for"
    )]
    let bytes = values.iter().flat_map(|&value| match dtype {
        Dtype::F32 => (value as f32).to_le_bytes().to_vec(),
        Dtype::F64 => value.to_le_bytes().to_vec(),
        other => panic!("these tests write no {other}"),
    });
    WireTensor {
        element: WireElement::Float(dtype),
        shape: shape.to_vec(),
        bytes: bytes.collect(),
    }
}

/// The values of a tensor of f32 or f64.
pub fn values(tensor: &WireTensor) -> Vec<f64> {
    match tensor.element {
        WireElement::Float(Dtype::F32) => {
            let (elements, _) = tensor.bytes.as_chunks();
            elements
                .iter()
                .map(|&four| f32::from_le_bytes(four).into())
                .collect()
        }
        WireElement::Float(Dtype::F64) => {
            let (elements, _) = tensor.bytes.as_chunks();
            elements
                .iter()
                .map(|&eight| f64::from_le_bytes(eight))
                .collect()
        }
        other => panic!("these tests read no {other:?}"),
    }
}

/// A request to run an op.
pub fn run(op: &str, dtype: Dtype, inputs: Vec<(&str, WireTensor)>, output: &str) -> Message {
    let names: Vec<&str> = inputs.iter().map(|(name, _)| *name).collect();
    let names = names.join(",");
    let mut request = Message::of_metadata([
        ("call", "run"),
        ("id", "17"),
        ("op", op),
        ("dtype", dtype.name()),
        ("inputs", names.as_str()),
        ("output", output),
    ]);
    let owned = |(name, tensor): (&str, WireTensor)| (name.to_owned(), tensor);
    request.tensors = inputs.into_iter().map(owned).collect();
    request
}

/// A request for the softmax of two rows of three.
pub fn softmax(dtype: Dtype) -> Message {
    let logits = floats(dtype, &[2, 3], &[1.0, 2.0, 3.0, -5.0, 0.0, 200.0]);
    run("softmax", dtype, vec![("logits", logits)], "probabilities")
}
