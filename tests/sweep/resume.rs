//! A sweep killed at any moment goes on, and comes to the same bytes.

use super::merge_into;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};
use tempfile::tempdir;

/// A sweep of some seconds: rows take a call each.
const ARGUMENTS: [&str; 9] = [
    "sweep",
    "--op",
    "log_softmax,entropy_bits",
    "--dtype",
    "f16,bf16",
    "--up-to",
    "65536",
    "--threads",
    "2",
];

fn sweep(out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lossproof"));
    command.args(ARGUMENTS).arg("--out").arg(out);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Every finished shard, with the time that it was written.
fn shards(out: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let mut found = BTreeMap::new();
    for folder in fs::read_dir(out).into_iter().flatten() {
        for file in fs::read_dir(folder.unwrap().path()).unwrap() {
            let file = file.unwrap();
            let name = file.file_name();
            if !name.as_encoded_bytes().starts_with(b".") {
                found.insert(file.path(), file.metadata().unwrap().modified().unwrap());
            }
        }
    }
    found
}

#[test]
fn an_interrupted_sweep_says_how_to_go_on() {
    let folder = tempdir().unwrap();
    let mut process = sweep(folder.path());
    let process = process.stderr(Stdio::piped()).spawn().unwrap();
    // Once it has a shard it has caught the signal, too.
    while shards(folder.path()).is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    rustix::process::kill_process(
        rustix::process::Pid::from_child(&process),
        rustix::process::Signal::INT,
    )
    .unwrap();
    let done = process.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(1));
    let told = String::from_utf8(done.stderr).unwrap();
    assert!(
        told.contains("interrupted: ") && told.contains("the same command goes on"),
        "{told}"
    );
    assert!(sweep(folder.path()).status().unwrap().success());
    assert_eq!(shards(folder.path()).len(), 4 * 16);
}

#[test]
fn a_killed_sweep_goes_on_where_it_was() {
    let folder = tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    assert!(sweep(&at("whole")).status().unwrap().success());
    let mut kept = BTreeMap::new();
    let mut kills = 0;
    for moment in [90u64, 240, 31, 410, 157, 333, 62, 500, 205, 128] {
        let mut process = sweep(&at("killed")).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(moment));
        kills += u32::from(process.try_wait().unwrap().is_none());
        process.kill().unwrap();
        process.wait().unwrap();
        let now = shards(&at("killed"));
        for (shard, written) in &kept {
            assert_eq!(
                now.get(shard),
                Some(written),
                "a finished shard is not swept again"
            );
        }
        kept = now;
    }
    assert!(kills > 2, "the sweep was over too soon to be killed");
    assert!(sweep(&at("killed")).status().unwrap().success());
    assert_eq!(shards(&at("killed")).len(), 4 * 16);
    for name in ["log_softmax.f16.rows_of_1", "entropy_bits.bf16.rows_of_1"] {
        let (_, whole) = merge_into(&at("a.json"), &[&at("whole").join(name)]);
        let (_, resumed) = merge_into(&at("b.json"), &[&at("killed").join(name)]);
        assert!(!whole.is_empty() && whole == resumed, "{name}");
    }
}
