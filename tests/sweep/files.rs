//! Files that are no outcomes, or not those of this sweep, and the command's answers to wrong questions.

use super::called::{has, lossproof};
use super::{merge_into, sweep_sigmoid};
use std::fs;
use tempfile::tempdir;

#[test]
fn damaged_files_are_refused_and_named() {
    let folder = tempdir().unwrap();
    assert_eq!(sweep_sigmoid(folder.path(), &[]).code, 0);
    let shard = folder.path().join("sigmoid.f16.every_value/00005.json");
    let whole = fs::read_to_string(&shard).unwrap();
    let half = whole[..whole.len() / 2].to_owned();
    let edits = [
        (half, "damaged"),
        (String::new(), "damaged"),
        (
            whole.replace("sweep/1", "sweep/2"),
            "has the schema `lossproof/sweep/2`",
        ),
        (
            whole.replacen("\"inputs\": 4096", "\"inputs\": 4095", 1),
            "fingerprint",
        ),
        (
            whole.replace("\"shards\": \"5\"", "\"shards\": \"6\""),
            "fingerprint",
        ),
        (whole.replacen('{', "{\"surprise\": 1,", 1), "surprise"),
        (
            whole.replace("\"shards\": \"5\"", "\"shards\": \"5,4\""),
            "no set of shards",
        ),
    ];
    for (text, part) in edits {
        assert!(text != whole, "{part}");
        fs::write(&shard, &text).unwrap();
        let done = sweep_sigmoid(folder.path(), &[]);
        assert_eq!(done.code, 2, "{}", done.stderr);
        has(
            &done.stderr,
            &["00005.json", part, "delete it, and sweep again"],
        );
        let (done, _) = merge_into(&folder.path().join("merged"), &[folder.path()]);
        assert_eq!(done.code, 2);
        has(&done.stderr, &["00005.json", part]);
    }
    // The remedy is one.
    fs::remove_file(&shard).unwrap();
    assert_eq!(sweep_sigmoid(folder.path(), &[]).code, 0);
    assert_eq!(fs::read_to_string(&shard).unwrap(), whole);
}

#[test]
fn a_folder_of_another_sweep_is_refused() {
    let folder = tempdir().unwrap();
    assert_eq!(sweep_sigmoid(folder.path(), &["--shard", "1/16"]).code, 0);
    let done = sweep_sigmoid(folder.path(), &["--precision-limit", "256"]);
    assert_eq!(done.code, 2);
    has(
        &done.stderr,
        &[
            "00000.json is of another sweep",
            "precision limit is `8192`",
            "--out",
        ],
    );
    let done = sweep_sigmoid(folder.path(), &["builtin:formula"]);
    assert_eq!(done.code, 2);
    has(
        &done.stderr,
        &["subject is `builtin`, and now it is `builtin:formula`"],
    );
}

#[test]
fn exit_codes_and_remedies() {
    let folder = tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let done = |arguments: &[&str]| lossproof(&[&["sweep", "--out", out], arguments].concat());
    let textbook = done(&["builtin:textbook", "--op", "logit", "--dtype", "bf16"]);
    assert_eq!(textbook.code, 2, "no textbook kernel");
    has(&textbook.stderr, &["builtin:textbook has no kernel"]);
    let formula = done(&["builtin:formula", "--op", "softplus", "--dtype", "f16"]);
    assert_eq!(formula.code, 1, "{}", formula.stderr);
    has(
        &formula.stdout,
        &[
            "DOES NOT CONFORM",
            "lossproof reference",
            "exceeds, the first at index",
        ],
    );
    for (arguments, part) in [
        (&[][..], "--up-to 65536"),
        (&["--op", "sigmiod"], "did you mean `sigmoid`?"),
        (
            &["--op", "sigmoid", "--dtype", "f64"],
            "lossproof list domains",
        ),
        (
            &["--op", "sigmoid", "--domain", "every_valu"],
            "did you mean `every_value`?",
        ),
        (&["--op", "sigmoid", "--shard", "17/16"], "write 3/16"),
        (
            &["--op", "sigmoid", "--dtype", "f16", "--shard", "20/20"],
            "fewer parts",
        ),
        (&["nothing", "--op", "sigmoid"], "unknown subject"),
    ] {
        let refused = done(arguments);
        assert_eq!(refused.code, 2, "{arguments:?}");
        has(&refused.stderr, &[part]);
    }
    assert_eq!(done(&["lib:/no/such.so", "--op", "sigmoid"]).code, 3);
}

#[test]
fn what_was_swept_is_swept_again() {
    let folder = tempdir().unwrap();
    let [first, merged, again] = ["first", "merged", "again"].map(|name| folder.path().join(name));
    let [of_merged, of_again] = [&merged, &again].map(|path| path.to_str().unwrap());
    assert_eq!(sweep_sigmoid(&first, &[]).code, 0);
    fs::create_dir(&merged).unwrap();
    let sweep = |options: &[&str]| {
        let all = ["sweep", "--again", of_merged, "--out", of_again];
        lossproof(&[&all[..], options].concat())
    };
    let nothing = sweep(&[]);
    assert_eq!(nothing.code, 2);
    has(
        &nothing.stderr,
        &[
            "merged` has no outcome of any domain selected",
            "list domains",
        ],
    );
    merge_into(&merged.join("sigmoid.f16.every_value.json"), &[&first]);
    assert_eq!(sweep(&["--op", "softplus"]).code, 2);
    assert_eq!(sweep(&[]).code, 0);
    let swept: Vec<String> = fs::read_dir(&again)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(swept, ["sigmoid.f16.every_value"]);
}

#[test]
fn domains_are_listed_and_the_help_teaches() {
    let listed = lossproof(&["list", "domains", "--op", "sigmoid", "--json"]);
    has(
        &listed.stdout,
        &[
            "\"every_value\"",
            "4294967296",
            "every encoding of logits in f16",
        ],
    );
    let all = lossproof(&["list", "domains"]).stdout;
    has(
        &all,
        &[
            "rows_of_2_labels_1",
            "with labels = [0.0, 1.0]",
            "every_pair",
        ],
    );
    has(
        &lossproof(&["sweep", "--help"]).stdout,
        &["--shard", "Exit codes", "list domains", "merge"],
    );
    has(
        &lossproof(&["merge", "--help"]).stdout,
        &["same bytes", "Exit codes"],
    );
}

#[test]
fn json_is_what_the_files_say() {
    let folder = tempdir().unwrap();
    let printed = sweep_sigmoid(folder.path(), &["--json"]).stdout;
    let (_, merged) = merge_into(&folder.path().join("merged.json"), &[folder.path()]);
    let printed: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let merged: serde_json::Value = serde_json::from_str(&merged).unwrap();
    assert_eq!(printed, serde_json::json!([merged]));
}
