//! Each kind of change, by hand.

use super::{edited, report, row};
use lossproof::diff::{Comparison, Kind, Options, View, compare, lines};
use lossproof::report::model::Report;
use serde_json::{Value, json};

fn compared(before: &Value, after: &Value, options: Options) -> Comparison {
    let read = |report: &Value| View::read(&report.to_string()).expect("a report");
    compare(
        ("before.json", &read(before)),
        ("after.json", &read(after)),
        options,
    )
}

/// The cells of the lines of a comparison with the report as it was.
fn cells(after: &Value) -> Vec<String> {
    let comparison = compared(&report(), after, Options::default());
    let lines = lines(&comparison);
    lines.iter().map(|line| line.cells().join(" | ")).collect()
}

/// One line for what an edit does, and the reverse of it for undoing the edit.
fn changes(edit: impl FnOnce(&mut Value), worse: &str, better: &str) {
    let after = edited(edit);
    assert_eq!(cells(&after), [worse]);
    let there = compared(&report(), &after, Options::default());
    assert!(there.worse);
    assert_eq!((there.counts.worse, there.counts.better), (1, 0));
    let back = compared(&after, &report(), Options::default());
    assert!(!back.worse, "{:?}", back.changes);
    assert_eq!((back.counts.worse, back.counts.better), (0, 1));
    let undone: Vec<String> = lines(&back).iter().map(|line| line.what.clone()).collect();
    assert_eq!(undone, [better]);
}

#[test]
fn the_report_of_these_tests_is_one() {
    let read: Report = serde_json::from_value(report()).expect("the form of a report");
    assert_eq!(read.results.len(), 2);
}

#[test]
fn a_report_is_not_worse_than_itself() {
    let same = compared(&report(), &report(), Options::default());
    assert!(!same.worse);
    assert_eq!(same.changes, []);
    assert_eq!(same.notes, [] as [&str; 0]);
    // Two rows, a sweep, a clause, a property, the kill score and the false alarms.
    assert_eq!(same.counts.unchanged, 7);
}

#[test]
fn a_larger_maximum_is_worse() {
    changes(
        |report| {
            report["results"][1]["max_ulp"]["upper"] = json!(0.750_001);
            report["results"][1]["max_ulp"]["worst_case"] = json!("softmax/f32/ties/00007");
        },
        "worse | lib:./softmax.so | softmax | f32 | ties | max ulp 0.75 → 0.750001 (softmax/f32/ties/00007)",
        "max ulp 0.750001 → 0.75 (softmax/f32/ties/00003)",
    );
}

#[test]
fn a_sweep_is_compared_like_a_row() {
    changes(
        |report| {
            let sweep = &mut report["sweeps"][0];
            sweep["max_ulp"]["upper"] = json!(0.5);
            sweep["max_ulp"]["worst_input"] = json!("logits=0x1.8p+0");
            sweep["correctly_rounded"] = json!(3);
        },
        "worse | lib:./softmax.so | softmax | f32 | domain rows_of_1 | max ulp 0.25 → 0.5 (logits=0x1.8p+0); correctly rounded 4 → 3 of 4",
        "max ulp 0.5 → 0.25 (logits=0x1p+0); correctly rounded 3 → 4 of 4",
    );
    let partial = edited(|report| {
        report["sweeps"][0]["inputs"] = json!(3);
        report["sweeps"][0]["values"] = json!(3);
        report["sweeps"][0]["correctly_rounded"] = json!(3);
        report["sweeps"][0]["conforms"] = json!(false);
    });
    assert_eq!(
        cells(&partial),
        [
            "worse | lib:./softmax.so | softmax | f32 | domain rows_of_1 | conforms → DOES NOT CONFORM; inputs 4 → 3"
        ]
    );
    // One of two, of a kernel without rows in either report.
    let two = |sweeps: &[&str]| {
        let sweeps = sweeps.iter().map(|op| {
            let mut sweep = report()["sweeps"][0].clone();
            sweep["op"] = json!(op);
            sweep
        });
        let sweeps: Vec<Value> = sweeps.collect();
        edited(|report| report["sweeps"] = json!(sweeps))
    };
    let (before, after) = (two(&["sigmoid", "softplus"]), two(&["softplus"]));
    let fewer = compared(&before, &after, Options::default());
    assert!(fewer.worse, "{:?}", fewer.changes);
    let more = compared(&after, &before, Options::default());
    assert_eq!((more.worse, more.counts.appeared), (false, 1));
    let without = edited(|report| report["sweeps"] = json!([]));
    assert_eq!(cells(&without).len(), 1);
    assert!(compared(&report(), &without, Options::default()).worse);
}

#[test]
fn an_absent_maximum_is_infinite() {
    changes(
        |report| report["results"][0]["max_ulp"]["upper"] = Value::Null,
        "worse | lib:./softmax.so | softmax | f32 | ordinary | max ulp 0.75 → ∞ (softmax/f32/ordinary/00003)",
        "max ulp ∞ → 0.75 (softmax/f32/ordinary/00003)",
    );
    let infinite = edited(|report| report["results"][0]["max_ulp"]["upper"] = Value::Null);
    let same = compared(&infinite, &infinite, Options::default());
    assert_eq!(same.changes, []);
}

#[test]
fn a_maximum_over_no_distance_is_not_an_improvement() {
    // Every value turned to NaN: no distance is left, and a report says 0 without a worst case.
    changes(
        |report| {
            let row = &mut report["results"][0];
            row["max_ulp"] = json!({"lower": 0.0, "upper": 0.0, "coverage": "sampled", "worst_case": null,
                                    "worst_place": null});
            row["correctly_rounded"] = json!(0);
            row["verdicts"]["correctly_rounded"] = json!(0);
            row["verdicts"]["wrong_class"] = json!(100);
        },
        "worse | lib:./softmax.so | softmax | f32 | ordinary | wrong_class 0 → 100; correctly rounded 99 → 0 of 100",
        "wrong_class 100 → 0; correctly rounded 0 → 99 of 100",
    );
}

#[test]
fn a_smaller_share_correctly_rounded_is_worse() {
    changes(
        |report| report["results"][0]["correctly_rounded"] = json!(98),
        "worse | lib:./softmax.so | softmax | f32 | ordinary | correctly rounded 99 → 98 of 100",
        "correctly rounded 98 → 99 of 100",
    );
    changes(
        |report| {
            report["results"][0]["values"] = json!(200);
            report["results"][0]["correctly_rounded"] = json!(197);
        },
        "worse | lib:./softmax.so | softmax | f32 | ordinary | correctly rounded 99.00 % (99/100) → 98.50 % (197/200)",
        "correctly rounded 98.50 % (197/200) → 99.00 % (99/100)",
    );
    // The same share of more values.
    let more = edited(|report| {
        report["results"][0]["values"] = json!(200);
        report["results"][0]["correctly_rounded"] = json!(198);
    });
    assert_eq!(cells(&more), [] as [&str; 0]);
}

#[test]
fn any_verdict_that_is_a_fault_counts_even_one_of_a_later_version() {
    for verdict in [
        "exceeds",
        "wrong_class",
        "undecided",
        "failed",
        "crashed",
        "timed_out",
        "garbled",
        "trespassed",
        "set_on_fire",
    ] {
        changes(
            |report| report["results"][0]["verdicts"][verdict] = json!(2),
            &format!("worse | lib:./softmax.so | softmax | f32 | ordinary | {verdict} 0 → 2"),
            &format!("{verdict} 2 → 0"),
        );
    }
    for verdict in ["faithful", "within_bound", "refused", "unspecified"] {
        let after = edited(|report| report["results"][0]["verdicts"][verdict] = json!(50));
        assert_eq!(cells(&after), [] as [&str; 0], "{verdict}");
    }
}

#[test]
fn a_row_that_no_longer_conforms_is_worse() {
    changes(
        |report| report["results"][1]["conforms"] = json!(false),
        "worse | lib:./softmax.so | softmax | f32 | ties | conforms → DOES NOT CONFORM",
        "DOES NOT CONFORM → conforms",
    );
}

#[test]
fn better_and_worse_at_once_is_mixed_and_counts_as_worse() {
    let after = edited(|report| {
        report["results"][0]["max_ulp"]["upper"] = json!(0.5);
        report["results"][0]["correctly_rounded"] = json!(90);
    });
    let expected = "mixed | lib:./softmax.so | softmax | f32 | ordinary | better: max ulp 0.75 → 0.5 \
                    (softmax/f32/ordinary/00003); worse: correctly rounded 99 → 90 of 100";
    assert_eq!(cells(&after), [expected]);
    let mixed = compared(&report(), &after, Options::default());
    assert!(mixed.worse);
    assert_eq!((mixed.counts.mixed, mixed.counts.worse), (1, 0));
    assert!(compared(&after, &report(), Options::default()).worse);
}

#[test]
fn what_is_no_longer_tested_counts_as_worse_unless_allowed() {
    let without = edited(|report| {
        report["results"].as_array_mut().unwrap().remove(1);
    });
    let gone = "went away | lib:./softmax.so | softmax | f32 | ties | no longer tested";
    assert_eq!(cells(&without), [gone]);
    assert!(compared(&report(), &without, Options::default()).worse);
    let options = Options {
        allow_removed: true,
    };
    let allowed = compared(&report(), &without, options);
    assert!(!allowed.worse);
    assert_eq!(allowed.counts.went_away, 1);
    let back = compared(&without, &report(), Options::default());
    assert!(!back.worse);
    assert_eq!((back.counts.appeared, back.counts.better), (1, 0));
    assert_eq!(back.changes[0].kind, Kind::Appeared);
    // Fewer cases of a class are a part of it that is no longer tested.
    let fewer = edited(|report| report["results"][0]["cases"] = json!(9));
    let line = "worse | lib:./softmax.so | softmax | f32 | ordinary | cases 10 → 9";
    assert_eq!(cells(&fewer), [line]);
    assert!(!compared(&report(), &fewer, options).worse);
    assert_eq!(compared(&fewer, &report(), Options::default()).changes, []);
}

#[test]
fn a_kernel_that_went_away_is_one_line() {
    // Its clause and property went with it; the rest of the report stays.
    let two = edited(|report| {
        for class in ["ordinary", "ties"] {
            let mut more = row(class);
            more["dtype"] = json!("f64");
            more["conforms"] = json!(class == "ties");
            report["results"].as_array_mut().unwrap().push(more);
        }
        let exercised =
            json!({"subject": "lib:./softmax.so", "dtype": "f64", "values": 3, "conforming": 3});
        let clauses = &mut report["clauses"][0]["exercised"];
        clauses.as_array_mut().unwrap().push(exercised);
        report["property_results"][0]["ops"]["softmax"] = json!(["f32", "f64"]);
    });
    let line =
        "appeared | lib:./softmax.so | softmax | f64 | 2 classes | newly tested, 1 do not conform";
    assert_eq!(cells(&two), [line]);
    let back = compared(&two, &report(), Options::default());
    assert_eq!((back.counts.went_away, back.changes.len()), (2, 2));
    let told: Vec<String> = lines(&back)
        .iter()
        .map(|line| line.cells().join(" | "))
        .collect();
    let gone = "went away | lib:./softmax.so | softmax | f64 | 2 classes | no longer tested";
    assert_eq!(told, [gone]);
}

#[test]
fn clauses_are_compared_by_the_share_that_conforms() {
    changes(
        |report| report["clauses"][0]["exercised"][0]["conforming"] = json!(8),
        "worse | lib:./softmax.so | softmax | f32 | clause SOFTMAX-NAN | conforming 9 → 8 of 9",
        "conforming 8 → 9 of 9",
    );
    // Its rows are still tested, and it is not.
    let idle = edited(|report| {
        let mut other = report["clauses"][0].clone();
        other["id"] = json!("SOFTMAX-OTHER");
        report["clauses"][0]["exercised"] = json!([]);
        report["clauses"].as_array_mut().unwrap().push(other);
    });
    let place = "lib:./softmax.so | softmax | f32";
    let expected = [
        format!("went away | {place} | clause SOFTMAX-NAN | no longer tested"),
        format!("appeared | {place} | clause SOFTMAX-OTHER | newly tested"),
    ];
    assert_eq!(cells(&idle), expected);
}

#[test]
fn a_property_that_held_and_fails_is_worse() {
    changes(
        |report| {
            let row = &mut report["property_results"][0];
            row["verdict"] = json!("fails");
            row["failed"] = json!([{"op": "softmax", "dtype": "f32", "failures": 1,
                                    "case": "softmax/f32/ties/00001", "account": "it moved"}]);
        },
        "worse | lib:./softmax.so | softmax | f32 | property shift | holds → FAILS",
        "FAILS → holds",
    );
}

#[test]
fn the_self_proof_is_compared_by_kills_and_false_alarms() {
    changes(
        |report| report["self_proof"]["scores"][0]["killed"] = json!(7),
        "worse | – | – | f32 | self-proof | killed 8 → 7 of 8",
        "killed 7 → 8 of 8",
    );
    changes(
        |report| {
            report["self_proof"]["variants"][0]["trials"][0]["alarms"] =
                json!(["softmax/f32/ties"]);
        },
        "worse | – | – | – | self-proof | false alarms 0 → 1",
        "false alarms 1 → 0",
    );
}

#[test]
fn a_part_that_one_report_lacks_is_one_change() {
    let bare = edited(|report| {
        report["property_results"] = json!([]);
        report["self_proof"] = Value::Null;
    });
    let expected = [
        "went away | – | – | – | 1 property | no longer tested",
        "went away | – | – | – | self-proof | no longer tested",
    ];
    assert_eq!(cells(&bare), expected);
}

#[test]
fn a_verdict_that_no_entry_explains_is_said_once() {
    let closed = edited(|report| report["conforms"] = json!(false));
    let line = "worse | – | – | – | report | conforms → DOES NOT CONFORM";
    assert_eq!(cells(&closed), [line]);
    let explained = edited(|report| {
        report["conforms"] = json!(false);
        report["results"][0]["conforms"] = json!(false);
    });
    assert_eq!(cells(&explained).len(), 1);
}

#[test]
fn what_counts_as_worse_comes_first() {
    let after = edited(|report| {
        report["results"][0]["correctly_rounded"] = json!(100);
        report["results"][1]["correctly_rounded"] = json!(98);
        report["self_proof"] = Value::Null;
    });
    let kinds: Vec<Kind> = compared(&report(), &after, Options::default())
        .changes
        .iter()
        .map(|change| change.kind)
        .collect();
    assert_eq!(kinds, [Kind::Worse, Kind::WentAway, Kind::Better]);
}

#[test]
fn a_league_compares_by_the_same_rows() {
    let league = |upper: f64| {
        let mut row = row("ties");
        row["max_ulp"]["upper"] = json!(upper);
        row["tolerances"] = json!({"something": "of a league"});
        json!({"schema": "lossproof/league/1", "results": [row], "frameworks": [1, 2]})
    };
    let worse = compared(&league(0.75), &league(3.5), Options::default());
    assert_eq!(worse.counts.worse, 1);
    let mixed_kinds = compared(&report(), &league(0.75), Options::default());
    let note = "the schema was lossproof/report/1 and is lossproof/league/1";
    assert_eq!(mixed_kinds.notes, [note]);
}

#[test]
fn reports_without_a_row_in_common_say_so() {
    let other = edited(|report| {
        for row in report["results"].as_array_mut().unwrap() {
            row["subject"] = json!("lib:./other.so");
        }
    });
    let notes = compared(&report(), &other, Options::default()).notes;
    let note = "no subject, op and dtype is in both reports: the older one has lib:./softmax.so, the newer one \
                lib:./other.so";
    assert_eq!(notes, [note]);
}
