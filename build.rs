//! Tells the command which compiler built it and which kernels are in it, and cargo which files are compiled in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whose code decides what the kernels compiled in compute.
const KERNEL_SOURCES: &str = "harness/kernels/src";

fn main() {
    println!("cargo::rerun-if-changed=specs");
    println!("cargo::rerun-if-changed=golden/worst_cases");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={KERNEL_SOURCES}");
    let compiler = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version = Command::new(compiler).arg("--version").output().ok();
    let version = version.and_then(|output| String::from_utf8(output.stdout).ok());
    let version = version.unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=LOSSPROOF_RUSTC={}", version.trim());
    let kernels = kernel_fingerprint();
    println!("cargo::rustc-env=LOSSPROOF_KERNELS={kernels}");
}

/// The FNV-1a hash of the kernels' sources, without comments, blank lines and files of tests: a sweep's outcome is of these.
fn kernel_fingerprint() -> String {
    let mut files = Vec::new();
    list(Path::new(KERNEL_SOURCES), &mut files);
    files.sort();
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut add = |text: &str| {
        for byte in text.bytes().chain([b'\n']) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    for file in &files {
        let text = fs::read_to_string(file).expect("the kernels' sources are readable");
        add(&file.display().to_string().replace('\\', "/"));
        let lines = text.lines().map(str::trim);
        lines
            .filter(|line| !line.is_empty() && !line.starts_with("//"))
            .for_each(&mut add);
    }
    format!("fnv1a64:{hash:016x}")
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).expect("the kernels' sources are there");
    for entry in entries {
        let path = entry.expect("the kernels' sources are readable").path();
        if path.is_dir() {
            list(&path, files);
        } else if !path.display().to_string().ends_with("_tests.rs") {
            files.push(path);
        }
    }
}
