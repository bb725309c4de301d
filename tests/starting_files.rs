//! `lossproof init`: the files it writes, built and measured with the very commands that it prints; and the Rust example.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}

fn init(language: &str, folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lossproof"));
    command.args(["init", language, "--out"]).arg(folder);
    command.output().unwrap()
}

/// A new folder with the files of a language, and the commands printed for it.
fn started(language: &str) -> (TempDir, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let done = init(language, folder.path());
    assert!(done.status.success(), "{}", text(&done.stderr));
    let printed = text(&done.stdout);
    let (written, next) = printed.split_once("\nnext:\n").expect("what to type next");
    for line in written.lines() {
        let file = line.strip_prefix("wrote ").expect("a file");
        assert!(Path::new(file).is_file(), "{file} was written");
    }
    let mut commands = next.lines().map(|line| line.trim().to_owned());
    let enter = format!("cd {}", folder.path().display());
    assert_eq!(commands.next(), Some(enter));
    (folder, commands.collect())
}

/// Types a command in a folder; `lossproof` is the one under test.
fn typed(folder: &Path, command: &str) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_lossproof"));
    let mut path = vec![binary.parent().unwrap().to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", std::env::join_paths(path).unwrap())
        .output()
        .unwrap()
}

/// A check of some cases: a table in which the subject stands and nothing was lost.
fn measures(folder: &Path, check: &str, subject: &str) {
    let check = format!("{check} --op softmax --dtype f32 --class ordinary,non_finite");
    let done = typed(folder, &check);
    let (out, told) = (text(&done.stdout), text(&done.stderr));
    // Plain sums in f32 may or may not stay within the ceiling on a machine's exp: both are measurements.
    assert!(matches!(done.status.code(), Some(0 | 1)), "{check}: {told}");
    assert!(out.contains("softmax"), "{out}{told}");
    assert!(out.contains(subject), "{out}{told}");
    for lost in ["crashed", "garbled", "trespassed", "timed out"] {
        assert!(!out.contains(lost), "{out}{told}");
    }
}

fn builds_and_measures(language: &str) {
    let (folder, commands) = started(language);
    let [build, check] = &commands[..] else {
        panic!("{commands:?}");
    };
    let done = typed(folder.path(), build);
    assert!(
        done.status.success(),
        "`{build}` failed; this test compiles as users do, so it needs the compiler that the command names (Debian and \
         Ubuntu: apt-get install gcc g++): {}",
        text(&done.stderr)
    );
    measures(folder.path(), check, "softmax.so");
}

#[test]
fn the_c_file_builds_and_is_measured() {
    builds_and_measures("c");
}

#[test]
fn the_cpp_file_builds_and_is_measured() {
    builds_and_measures("cpp");
}

#[test]
fn the_python_file_is_measured_where_its_packages_are() {
    let (folder, commands) = started("python");
    let [install, check] = &commands[..] else {
        panic!("{commands:?}");
    };
    assert_eq!(install, "python3 -m pip install numpy safetensors");
    let packages = typed(folder.path(), "python3 -c 'import numpy, safetensors'");
    if packages.status.success() {
        measures(folder.path(), check, "softmax.py");
    } else {
        eprintln!("not run: python3 has no numpy and safetensors here (`{install}`)");
    }
}

#[test]
fn the_rust_project_is_the_example() {
    let (folder, commands) = started("rust");
    assert_eq!(commands, ["cargo run --release -- check"]);
    let read = |path: PathBuf| fs::read_to_string(path).unwrap();
    let manifest: toml::Table = read(folder.path().join("Cargo.toml")).parse().unwrap();
    assert!(manifest["dependencies"]["lossproof"]["git"].is_str());
    let code = |text: String| {
        let kept = text.lines().filter(|line| !line.starts_with("//!"));
        kept.map(str::to_owned).collect::<Vec<_>>()
    };
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/rust_kernel.rs");
    let main = folder.path().join("src/main.rs");
    assert_eq!(code(read(main)), code(read(example)));
}

#[test]
fn the_rust_example_is_the_whole_command_over_its_kernel() {
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.args(["run", "--quiet", "--locked", "--example", "rust_kernel"]);
        // The profile of this test, so that nothing is built twice.
        if !cfg!(debug_assertions) {
            command.arg("--release");
        }
        command.arg("--").args(arguments);
        let done = command.current_dir(env!("CARGO_MANIFEST_DIR")).output();
        let done = done.unwrap();
        (done.status.code(), text(&done.stdout), text(&done.stderr))
    };
    let (code, out, told) = run(&["check", "--class", "ordinary,non_finite"]);
    assert!(matches!(code, Some(0 | 1)), "{told}");
    assert!(out.contains("mine") && out.contains("softmax"), "{out}");
    let (code, out, told) = run(&["explain", "softmax/f32/ordinary/00003"]);
    assert!(matches!(code, Some(0 | 1)), "{told}");
    assert!(out.contains("mine"), "{out}");
    let (code, out, told) = run(&["list", "subjects"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(out.contains("mine") && out.contains("builtin"), "{out}");
    let (code, _, told) = run(&["check", "yours"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("mine, builtin"), "{told}");
}

#[test]
fn nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let header = folder.path().join("lossproof.h");
    fs::write(&header, "mine").unwrap();
    let refused = init("c", folder.path());
    assert_eq!(refused.status.code(), Some(2));
    let told = text(&refused.stderr);
    assert!(
        told.contains("there already: ") && told.contains("lossproof.h; nothing was written"),
        "{told}"
    );
    assert!(told.contains("--out DIR"), "{told}");
    assert_eq!(fs::read_to_string(&header).unwrap(), "mine");
    assert!(
        !folder.path().join("softmax.c").exists(),
        "nothing else was written"
    );
    let unknown = init("fortran", folder.path());
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("python, c, cpp, rust"));
}
