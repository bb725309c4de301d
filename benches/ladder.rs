//! What the ladder saves: `make bench` measures it and writes `reports/bench.md`, every figure a ratio to another of the
//! same run.
//!
//! Oracle: enclosures of every output value of one row, by the rung that settles the dtype's values and by MPFR's lowest. Verification:
//! a row's answer enclosed and judged, against the kernel that gave it. Threads: a trial on one thread and on two.

#![expect(clippy::cast_precision_loss, reason = "row lengths are far below 2^53")]

use criterion::{BatchSize, Criterion, SamplingMode, Throughput};
use lossproof::cases::{Case, CaseId, Tensor, Tier};
use lossproof::command::{embedded_specs, references_of};
use lossproof::measure::{Floors, Oracle, measure_answers};
use lossproof::reference::{DEFAULT_PRECISION_LIMIT, Reference};
use lossproof::run::{Selection, Settings, Unobserved, run};
use lossproof::spec::Profile;
use lossproof::subject::{Answer, Builtin, Subject, Variant};
use lossproof_numerics::{Dtype, round_f64};
use lossproof_oracle::{Bracket, DoubleBall, Interval};
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

const LENGTHS: [usize; 3] = [10, 1000, 32768];

/// Bits of the lowest MPFR rung.
const MPFR_BITS: u32 = 128;

/// Elements of a row of the elementwise ops.
const ELEMENTS: usize = 4096;

fn main() {
    let output = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/criterion");
    let mut criterion = Criterion::default()
        .output_directory(&output)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1500))
        .sample_size(20)
        .configure_from_args();
    let specs = embedded_specs().expect("the embedded specs are valid");
    let references = references_of(&specs, Profile::Exact).expect("the embedded specs are valid");
    oracle(&mut criterion, op(&references, "softmax"));
    verification(
        &mut criterion,
        op(&references, "sigmoid_cross_entropy_with_logits"),
    );
    threads(&mut criterion, &references);
    criterion.final_summary();
    let page = page(&output);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/bench.md");
    if std::env::args().any(|argument| argument == "--bench") {
        std::fs::write(&path, page).expect("reports/bench.md can be written");
        println!("wrote {}", path.display());
    }
}

fn op<'a>(references: &'a [Reference], name: &str) -> &'a Reference {
    let found = references
        .iter()
        .find(|reference| reference.op.name == name);
    found.expect("the benchmark names a shipped op")
}

/// Numbers of a dtype spread over [−8, 8] by the golden ratio, the same on every machine.
fn row(dtype: Dtype, length: usize) -> Vec<f64> {
    let number = |place: usize| {
        let share = (place as f64 * 0.618_033_988_749_894_9).fract();
        round_f64(dtype, 16.0 * share - 8.0)
    };
    (0..length).map(number).collect()
}

fn case(op: &str, dtype: Dtype, inputs: Vec<Tensor>) -> Case {
    let id = CaseId {
        op: op.to_owned(),
        dtype,
        class: "bench".to_owned(),
        index: 0,
    };
    Case::of_rows(id, inputs)
}

fn oracle(criterion: &mut Criterion, softmax: &Reference) {
    for length in LENGTHS {
        let mut group = criterion.benchmark_group(format!("oracle_{length}"));
        group.sampling_mode(SamplingMode::Flat);
        group.throughput(Throughput::Elements(length as u64));
        let places: Vec<usize> = (0..length).collect();
        for dtype in Dtype::ALL {
            let case = case("softmax", dtype, vec![Tensor::Row(row(dtype, length))]);
            let call = softmax.call_on(&case);
            group.bench_function(format!("{dtype}_mpfr"), |bencher| {
                bencher.iter(|| -> Vec<Interval> {
                    softmax.enclose(black_box(&call), &places, MPFR_BITS)
                });
            });
            group.bench_function(format!("{dtype}_rung"), |bencher| {
                if dtype == Dtype::F64 {
                    bencher.iter(|| -> Vec<DoubleBall> {
                        softmax.enclose(black_box(&call), &places, ())
                    });
                } else {
                    bencher.iter(|| -> Vec<Bracket> {
                        softmax.enclose(black_box(&call), &places, ())
                    });
                }
            });
        }
        group.finish();
    }
}

fn verification(criterion: &mut Criterion, loss: &Reference) {
    let mut group = criterion.benchmark_group("verification");
    group.throughput(Throughput::Elements(ELEMENTS as u64));
    for dtype in Dtype::ALL {
        let labels = vec![1.0; ELEMENTS];
        let inputs = vec![Tensor::Row(row(dtype, ELEMENTS)), Tensor::Row(labels)];
        let name = &loss.op.name;
        let case = case(name, dtype, inputs);
        for (label, variant) in [
            ("builtin", Variant::Accurate),
            ("textbook", Variant::Textbook),
        ] {
            let subject = Builtin::new(variant);
            group.bench_function(format!("{dtype}_{label}_kernel"), |bencher| {
                bencher.iter(|| subject.call(name, dtype, black_box(&case.inputs), ELEMENTS));
            });
            let answer = subject.call(name, dtype, &case.inputs, ELEMENTS);
            for oracle in [Oracle::Ladder, Oracle::Mpfr] {
                let floors = Floors::in_order();
                let floors = (oracle == Oracle::Ladder).then_some(&floors);
                let judge = |answer: Answer| {
                    let answered = vec![(&subject as &dyn Subject, answer, floors)];
                    measure_answers(loss, &case, answered, DEFAULT_PRECISION_LIMIT)
                };
                let way = if floors.is_some() { "ladder" } else { "mpfr" };
                group.bench_function(format!("{dtype}_{label}_{way}"), |bencher| {
                    bencher.iter_batched(|| answer.clone(), judge, BatchSize::SmallInput);
                });
            }
        }
    }
    group.finish();
}

fn threads(criterion: &mut Criterion, references: &[Reference]) {
    let selection = Selection {
        ops: vec!["softmax".to_owned()],
        classes: vec!["stagnation".to_owned(), "ordinary".to_owned()],
        ..Selection::default()
    };
    let trials = selection
        .trials(references, Tier::Quick)
        .expect("the classes exist");
    let subject = Builtin::new(Variant::Accurate);
    let mut group = criterion.benchmark_group("threads");
    group.sample_size(10);
    for threads in [1, 2] {
        let settings = Settings {
            seed: 0,
            tier: Tier::Quick,
            precision_limit: DEFAULT_PRECISION_LIMIT,
            oracle: Oracle::Ladder,
            threads: Some(threads),
        };
        group.bench_function(threads.to_string(), |bencher| {
            bencher.iter(|| {
                run(trials.clone(), &[&subject], &settings, &Unobserved)
                    .map(|outcomes| outcomes.len())
            });
        });
    }
    group.finish();
}

/// The median time of a benchmark in nanoseconds; none where it was left out by a filter.
fn median(output: &Path, group: &str, name: &str) -> Option<f64> {
    let path = output.join(group).join(name).join("new/estimates.json");
    let text = std::fs::read_to_string(path).ok()?;
    let estimates: serde_json::Value = serde_json::from_str(&text).ok()?;
    estimates["median"]["point_estimate"].as_f64()
}

/// a / b with three digits, and as many zeros as it takes.
fn ratio(a: Option<f64>, b: Option<f64>) -> String {
    match (a, b) {
        (Some(a), Some(b)) if a >= 10.0 * b => format!("{:.0}", a / b),
        (Some(a), Some(b)) => format!("{:.2}", a / b),
        _ => "not run".to_owned(),
    }
}

fn page(output: &Path) -> String {
    let of = |group: &str, name: String| median(output, group, &name);
    let mut page = String::from(HEAD);
    for dtype in Dtype::ALL {
        let rung = if dtype == Dtype::F64 {
            "double-double"
        } else {
            "f64"
        };
        let _ = write!(page, "| {dtype} | {rung} |");
        for length in LENGTHS {
            let group = format!("oracle_{length}");
            let gain = ratio(
                of(&group, format!("{dtype}_mpfr")),
                of(&group, format!("{dtype}_rung")),
            );
            let _ = write!(page, " {gain} |");
        }
        page.push('\n');
    }
    page.push_str(LINEAR);
    for dtype in Dtype::ALL {
        let per_value = |length: usize| {
            let time = of(&format!("oracle_{length}"), format!("{dtype}_rung"));
            time.map(|time| time / length as f64)
        };
        let (short, middle, long) = (per_value(10), per_value(1000), per_value(32768));
        let _ = writeln!(
            page,
            "| {dtype} | {} | 1 | {} |",
            ratio(short, middle),
            ratio(long, middle)
        );
    }
    page.push_str(VERIFICATION);
    for dtype in Dtype::ALL {
        for kernel in ["builtin", "textbook"] {
            let time = |way: &str| of("verification", format!("{dtype}_{kernel}_{way}"));
            let _ = writeln!(
                page,
                "| {dtype} | {kernel} | {} | {} | {} |",
                ratio(time("ladder"), time("kernel")),
                ratio(time("mpfr"), time("kernel")),
                ratio(time("mpfr"), time("ladder")),
            );
        }
    }
    let _ = writeln!(
        page,
        "\n## Threads\n\nThe classes `ordinary` and `stagnation` of `softmax`, all dtypes, as `lossproof check` runs them: two threads are {} times as fast as one.",
        ratio(of("threads", "1".to_owned()), of("threads", "2".to_owned()))
    );
    page
}

const HEAD: &str = "# Speed, as ratios

Written by `make bench`, all of it measured in one run on one machine; machines differ, and so do ratios between them, but less than times do.
Medians.

## Oracle: enclosures with a cheap rung, times as fast as by MPFR at 128 bits

`softmax`, every output value of one row of n logits between −8 and 8. The rung is the one that settles nearly all values of the dtype.

| dtype | rung | n = 10 | n = 1000 | n = 32768 |
| --- | --- | ---: | ---: | ---: |
";

const LINEAR: &str = "
## Cost of a value in a rung, relative to a row of 1000

| dtype | n = 10 | n = 1000 | n = 32768 |
| --- | ---: | ---: | ---: |
";

const VERIFICATION: &str = "
## Verification: time to enclose and judge, in times of the kernel's own

`sigmoid_cross_entropy_with_logits`, a row of 4096 logits between −8 and 8 with labels of 1.

| dtype | kernel | ladder | MPFR alone | MPFR alone / ladder |
| --- | --- | ---: | ---: | ---: |
";
