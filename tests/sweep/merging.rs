//! Outcomes put together: any split and order, overlaps, gaps and contradictions.

use super::called::has;
use super::{merge_into, sweep_sigmoid};
use lossproof::sweep::SweepFile;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::tempdir;

/// Sweeps sigmoid in five uneven parts, each into a folder of its own.
fn five_parts(folder: &Path) -> Vec<PathBuf> {
    let part = |part: u32| {
        let out = folder.join(format!("part{part}"));
        let option = format!("{part}/5");
        let threads = if part.is_multiple_of(2) { "1" } else { "2" };
        let done = sweep_sigmoid(&out, &["--shard", &option, "--threads", threads]);
        assert_eq!(done.code, 0, "{}", done.stderr);
        has(&done.stdout, &["partial", "put the parts together"]);
        out
    };
    (1..=5).map(part).collect()
}

#[test]
fn any_split_and_order_gives_the_same_bytes() {
    let folder = tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    assert_eq!(sweep_sigmoid(&at("whole"), &[]).code, 0);
    let (done, whole) = merge_into(&at("whole.json"), &[&at("whole")]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let parts = five_parts(folder.path());
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3]] {
        let inputs = order.map(|part: usize| parts[part].as_path());
        assert!(
            merge_into(&at("merged.json"), &inputs).1 == whole,
            "{order:?}"
        );
    }
    // Merged results merge too, and what is there twice may be there twice.
    let (a, b) = (at("a.json"), at("b.json"));
    assert_eq!(
        merge_into(&a, &[&parts[3], &parts[0]]).0.code,
        1,
        "not exhaustive"
    );
    assert_eq!(merge_into(&b, &[&parts[4], &parts[1], &parts[2]]).0.code, 1);
    assert!(merge_into(&at("ba.json"), &[&b, &a]).1 == whole);
    assert!(merge_into(&at("twice.json"), &[&b, &a, &b, &parts[0], &parts[3]]).1 == whole);
    assert!(merge_into(&at("both.json"), &[&at("whole.json"), &at("whole")]).1 == whole);
    // A file that shares shards with another and holds more cannot be taken apart.
    let (done, _) = merge_into(&at("no.json"), &[&a, &parts[0], &parts[1]]);
    assert_eq!(done.code, 2);
    has(
        &done.stderr,
        &["share shards", "a.json", "merge the files of single shards"],
    );
}

#[test]
fn what_is_missing_is_listed_and_makes_it_not_exhaustive() {
    let folder = tempdir().unwrap();
    let parts = five_parts(folder.path());
    let file = folder.path().join("most.json");
    let (done, text) = merge_into(&file, &[&parts[0], &parts[1], &parts[3], &parts[4]]);
    assert_eq!(done.code, 1);
    has(
        &done.stdout,
        &["not exhaustive: of 16 shards these are missing: 2,7,12"],
    );
    has(
        &text,
        &["\"coverage\": \"partial\"", "\"missing\": \"2,7,12\""],
    );
    let json = super::called::lossproof(&["merge", file.to_str().unwrap(), "--out", "/dev/null/x"]);
    assert_eq!(json.code, 2, "a file that cannot be written is an error");
}

#[test]
fn contradictions_and_strangers_are_refused() {
    let folder = tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    assert_eq!(sweep_sigmoid(&at("whole"), &[]).code, 0);
    let honest = at("whole").join("sigmoid.f16.every_value/00003.json");
    let mut file = SweepFile::parse("00003", &fs::read_to_string(&honest).unwrap()).unwrap();
    file.outcome.verdicts.correctly_rounded -= 1;
    file.outcome.verdicts.faithful += 1;
    let forged = SweepFile::new(
        file.sweep.clone(),
        file.shards.clone(),
        file.outcome.clone(),
    );
    fs::write(at("forged.json"), forged.render()).unwrap();
    let out = at("out.json");
    let (done, _) = merge_into(&out, &[&at("forged.json"), &at("whole")]);
    assert_eq!(done.code, 2);
    has(
        &done.stderr,
        &[
            "contradict each other on shards 3",
            "forged.json",
            "00003.json",
        ],
    );
    // The same shard of another version of the spec, and of other kernels.
    file.sweep.spec = "fnv1a64:0000000000000000".to_owned();
    let stale = SweepFile::new(file.sweep, file.shards, file.outcome);
    fs::write(at("stale.json"), stale.render()).unwrap();
    let (done, _) = merge_into(&out, &[&at("whole"), &at("stale.json")]);
    assert_eq!(done.code, 2);
    has(
        &done.stderr,
        &[
            "does not belong with",
            "spec's fingerprint",
            "fnv1a64:0000000000000000",
        ],
    );
    let arguments = [
        "sweep",
        "builtin:formula",
        "--op",
        "sigmoid",
        "--dtype",
        "f16",
        "--out",
    ];
    let formula = at("formula");
    super::called::lossproof(&[&arguments[..], &[formula.to_str().unwrap()]].concat());
    let (done, _) = merge_into(&out, &[&at("whole"), &formula]);
    assert_eq!(done.code, 2);
    has(&done.stderr, &["subject is `builtin"]);
    assert!(!out.exists(), "nothing is written where nothing is right");
    let (done, _) = merge_into(&out, &[tempdir().unwrap().path()]);
    assert_eq!(done.code, 2);
    has(&done.stderr, &["there is no outcome"]);
}
