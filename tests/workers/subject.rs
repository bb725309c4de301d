//! Workers as subjects: what they say of themselves, batches, limits on their number, and that none stays behind.

use crate::bench::{SPECS, case_of, first_bits, start, tallies, usual, words};
use libtest_mimic::{Failed, Trial};
use lossproof::cases::Tensor;
use lossproof::spec::Profile;
use lossproof::subject::{
    Answer, BatchCall, Builtin, CaseCall, Failure, Layout, Subject, SubjectError, Variant,
    subject_named, subject_within,
};
use lossproof_numerics::Dtype;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

type Test = (&'static str, fn() -> Result<(), Failed>);

pub fn trials() -> Vec<Trial> {
    let tests: [Test; 10] = [
        ("a worker says what it is", introduction),
        ("rows of a call come back in their places", batches),
        (
            "cases of mixed lengths come back in their order",
            mixed_cases,
        ),
        ("no case is lost to another dtype or op", unsupported),
        ("a worker that does not read cannot block the run", deaf),
        ("a worker's children end with it", children),
        ("one worker serves many threads", one_worker),
        ("waiting is told apart from calls", waiting),
        ("a worker that comes back as another is not used", changed),
        ("subjects that cannot be run say why", not_run),
    ];
    let tests = tests
        .into_iter()
        .map(|(name, test)| Trial::test(name, test));
    let measured = Trial::test("values per second", throughput).with_ignored_flag(true);
    tests.chain([measured]).collect()
}

fn row(values: &[f64]) -> Vec<Tensor> {
    vec![Tensor::Row(values.to_vec())]
}

fn introduction() -> Result<(), Failed> {
    let command: Vec<String> = words("none", None)
        .iter()
        .map(|word| format!("'{word}'"))
        .collect();
    let name = format!("cmd:{}", command.join(" "));
    let subject = subject_named(&name, &SPECS)?;
    assert_eq!(subject.name(), name);
    assert_eq!(subject.description(), "faulty 1: right but for one fault");
    assert_eq!(
        (subject.version(), subject.profile()),
        ("1", Profile::Exact)
    );
    assert!(subject.supports("logsumexp", Dtype::F32));
    Ok(())
}

fn batches() -> Result<(), Failed> {
    let subject = start("none", None, &usual())?;
    let rows = [row(&[1.0, 2.0]), row(&[-3.0, 0.5]), row(&[0.0, 0.0])];
    let mut call = BatchCall::new(Dtype::F32, &rows, 2, Layout::ALIGNED);
    subject.call_batch("softmax", &mut call)?;
    let ours = Builtin::new(Variant::Accurate);
    for (place, row) in rows.iter().enumerate() {
        let alone = ours.call("softmax", Dtype::F32, row, 2);
        assert_eq!(Answer::Values(call.output_row(place)), alone);
    }
    Ok(())
}

fn mixed_cases() -> Result<(), Failed> {
    let subject = start("none", None, &usual())?;
    let rows: Vec<Vec<Tensor>> = (0..12_u8)
        .map(|case| row(&vec![f64::from(case); usize::from(case % 3)]))
        .collect();
    let cases: Vec<CaseCall<'_>> = rows
        .iter()
        .map(|inputs| CaseCall {
            inputs,
            output_length: 1,
        })
        .collect();
    let ours = Builtin::new(Variant::Accurate).call_cases("logsumexp", Dtype::F32, &cases);
    assert_eq!(subject.call_cases("logsumexp", Dtype::F32, &cases), ours);
    Ok(())
}

/// Prints what the transport alone gives: `cargo test --release --test workers -- --ignored --nocapture`.
fn throughput() -> Result<(), Failed> {
    let subject = start("cheap", None, &usual())?;
    for (length, repeats) in [
        (1, 200_u32),
        (64, 200),
        (1000, 100),
        (4096, 50),
        (32_768, 10),
    ] {
        let rows: Vec<Vec<Tensor>> = (0..32).map(|_| row(&vec![0.5; length])).collect();
        let case = |inputs| CaseCall {
            inputs,
            output_length: 1,
        };
        let cases: Vec<CaseCall<'_>> = rows.iter().map(|row| case(row.as_slice())).collect();
        let calls_per_second = |cases: &[CaseCall<'_>]| {
            let started = Instant::now();
            for _ in 0..repeats {
                let answers = subject.call_cases("logsumexp", Dtype::F32, cases);
                assert!(matches!(answers[0], Answer::Values(_)));
            }
            f64::from(repeats) / started.elapsed().as_secs_f64()
        };
        let (alone, together) = (calls_per_second(&cases[..1]), calls_per_second(&cases));
        #[expect(clippy::cast_precision_loss, reason = "lengths are small")]
        let length = length as f64;
        println!(
            "rows of {length}: {alone:.0} messages of one row a second, {:.2e} values; {together:.0} of 32 rows, {:.2e} values",
            alone * length,
            together * 32.0 * length
        );
    }
    Ok(())
}

fn unsupported() -> Result<(), Failed> {
    let subject = start("none", None, &usual())?;
    assert!(!subject.supports("logsumexp", Dtype::F64));
    assert!(!subject.supports("kl_divergence", Dtype::F32));
    let answer = subject.call("no_such_op", Dtype::F32, &row(&[1.0]), 1);
    assert_eq!(
        answer,
        Answer::Refused("no spec gives the op `no_such_op`".to_owned())
    );
    Ok(())
}

/// The request is longer than any pipe holds, and nobody reads it.
fn deaf() -> Result<(), Failed> {
    let mut options = usual();
    options.call_limit = Duration::from_secs(1);
    let subject = start("deaf", None, &options)?;
    let answer = subject.call("logsumexp", Dtype::F32, &row(&vec![0.0; 1 << 20]), 1);
    let Answer::TimedOut(account) = answer else {
        return Err(format!("{answer:?}").into());
    };
    assert!(account.contains("no answer within 1 s"), "{account}");
    Ok(())
}

fn children() -> Result<(), Failed> {
    let mut options = usual();
    options.call_limit = Duration::from_secs(2);
    let subject = start("hangs with a child", None, &options)?;
    let answer = subject.call("logsumexp", Dtype::F32, &row(&[1.0]), 1);
    let Answer::TimedOut(account) = answer else {
        return Err(format!("{answer:?}").into());
    };
    let (_, child) = account.rsplit_once("child ").ok_or("no child told")?;
    let status = format!("/proc/{}/stat", child.trim());
    // The system may take a moment to take it away, and keeps its name until somebody asked for its status.
    let is_gone = || fs::read_to_string(&status).map_or(true, |stat| stat.contains(") Z "));
    let gone = (0..500).any(|_| {
        sleep(Duration::from_millis(20));
        is_gone()
    });
    assert!(gone, "the child still runs");
    Ok(())
}

fn one_worker() -> Result<(), Failed> {
    let mut options = usual();
    options.workers = Some(1);
    let case = case_of(40);
    let one = start("abort", Some(first_bits(&case)), &options)?;
    let many = start("abort", Some(first_bits(&case)), &usual())?;
    let told = |subject: &dyn Subject, threads| {
        let (found, _) = tallies(subject, threads);
        assert_eq!(found.verdicts.crashed, 1);
        format!("{:?} {:?}", found.verdicts, found.failures)
    };
    assert_eq!(told(&one, 4), told(&many, 1));
    Ok(())
}

fn waiting() -> Result<(), Failed> {
    let mut options = usual();
    options.workers = Some(1);
    let subject = start("slow", None, &options)?;
    let call = || subject.call("logsumexp", Dtype::F32, &row(&[1.0]), 1);
    call();
    let alone = subject.waiting_time();
    assert!(alone < Duration::from_millis(100), "{alone:?}");
    std::thread::scope(|scope| {
        scope.spawn(call);
        scope.spawn(call);
    });
    // One of the two waited for the other's 300 ms, but for what starting a thread takes.
    let together = subject.waiting_time();
    assert!(together > Duration::from_millis(100), "{together:?}");
    Ok(())
}

fn changed() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("started");
    let subject = start(&format!("changes {}", path.display()), None, &usual())?;
    // The fault's name is none of those that are committed, so the first call ends the first worker.
    let call = || subject.call("logsumexp", Dtype::F32, &row(&[1.0]), 1);
    assert!(matches!(call(), Answer::Crashed(_)));
    let Answer::Garbled(account) = call() else {
        return Err("the second worker was used".into());
    };
    assert!(
        account.contains("not the one that the first worker gave"),
        "{account}"
    );
    Ok(())
}

fn not_run() -> Result<(), Failed> {
    let mut options = usual();
    options.startup_limit = Duration::from_secs(1);
    let refused = start("silent", None, &options).unwrap_err().to_string();
    assert!(
        refused.contains("did not introduce itself within 1 s"),
        "{refused}"
    );
    for (fault, parts) in [
        (
            "dies at start",
            [
                "exited with code 1 before answering",
                "no module named numpy",
            ],
        ),
        (
            "prints at start",
            ["text where a message is due", "\"Loading \""],
        ),
        (
            "unknown profile",
            ["`pytorch` is none of exact", "could not be run"],
        ),
    ] {
        let refused = start(fault, None, &usual()).unwrap_err().to_string();
        for part in parts {
            assert!(refused.contains(part), "{refused}");
        }
    }
    for (name, part) in [
        ("cmd:", "names no command"),
        ("cmd:'x", "check its quotes"),
        ("cmd:/no/such/program --serve", "`/no/such/program`: "),
        (
            "lib:no/such/library.so",
            "there is no file no/such/library.so",
        ),
    ] {
        let refused = subject_within(name, &SPECS, &usual()).err().unwrap();
        assert!(matches!(refused, SubjectError::Start(_)), "{refused}");
        assert!(refused.to_string().contains(part), "{refused}");
    }
    let unknown = subject_named("nobody", &SPECS).err().unwrap();
    assert!(matches!(unknown, SubjectError::Unknown(_)));
    assert!(matches!(
        start("none", None, &usual())?.call_batch(
            "no_such_op",
            &mut BatchCall::new(Dtype::F32, &[row(&[1.0])], 1, Layout::ALIGNED)
        ),
        Err(Failure::Refused(_))
    ));
    Ok(())
}
