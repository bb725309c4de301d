//! A worker with our own kernels and a fault. In: requests on standard input. Out: right answers, and the fault as soon as
//! a row begins with the trigger's bits; without a trigger, at once.

use lossproof::cases::Tensor;
use lossproof::subject::{Answer, Builtin, Subject, Variant};
use lossproof::worker::protocol::{Message, WireElement, WireTensor, read_message, write_message};
use lossproof_numerics::Dtype;
use std::io::{Read, Write, stdin, stdout};
use std::thread::sleep;
use std::time::Duration;

/// The argument that makes this program a worker.
pub const AS_WORKER: &str = "serve-faulty";

/// Long enough that no test waits for it, and short enough that nothing stays behind.
const FOREVER: Duration = Duration::from_secs(120);

const SUPPORTS: &str = r#"{"logsumexp":["f32"],"softmax":["f32"]}"#;

/// Answers requests until the input ends.
pub fn serve(fault: &str, trigger: Option<u32>) {
    match fault {
        "silent" => sleep(FOREVER),
        "dies at start" => {
            eprintln!("no module named numpy");
            std::process::exit(1);
        }
        "prints at start" => println!("Loading the model, please wait"),
        _ => {}
    }
    while let Some(request) = read_message(&mut stdin(), 1 << 30).unwrap() {
        if request.text("call") == "hello" {
            send(&hello(fault));
            if fault == "deaf" {
                eprintln!("not listening");
                sleep(FOREVER);
            }
            continue;
        }
        let rows = rows_of(&request);
        if fault == "cheap" {
            send(&cheap_answer(&request, &rows));
            continue;
        }
        let met = trigger.is_none_or(|bits| rows.iter().any(|row| begins_with(row, bits)));
        let answer = right_answer(&request, &rows);
        if met {
            eprintln!("meeting {fault}");
            commit(fault, answer, rows.len());
        } else {
            send(&answer);
        }
    }
}

fn hello(fault: &str) -> Message {
    let profile = if fault == "unknown profile" {
        "pytorch"
    } else {
        "exact"
    };
    // Whether this is the first worker is known by a file, since nothing else outlives one.
    let version = match fault.strip_prefix("changes ") {
        Some(path) if std::fs::metadata(path).is_ok() => "2",
        Some(path) => {
            std::fs::write(path, "").unwrap();
            "1"
        }
        None => "1",
    };
    Message::of_metadata([
        ("name", "faulty"),
        ("version", version),
        ("profile", profile),
        ("supports", SUPPORTS),
        ("description", "right but for one fault"),
    ])
}

fn rows_of(request: &Message) -> Vec<Vec<f32>> {
    let logits = request.tensor("logits").unwrap();
    let length = logits.shape[1];
    let elements = logits.bytes.chunks_exact(4);
    let values: Vec<f32> = elements
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
        .collect();
    (0..logits.shape[0])
        .map(|row| values[row * length..][..length].to_vec())
        .collect()
}

fn begins_with(row: &[f32], bits: u32) -> bool {
    row.first().is_some_and(|first| first.to_bits() == bits)
}

/// What our own kernels answer.
fn right_answer(request: &Message, rows: &[Vec<f32>]) -> Message {
    let op = request.text("op");
    let length = rows[0].len();
    let (output_length, shape) = match op {
        "logsumexp" => (1, vec![rows.len()]),
        _ => (length, vec![rows.len(), length]),
    };
    let mut bytes = Vec::new();
    for row in rows {
        let row = Tensor::Row(row.iter().copied().map(f64::from).collect());
        let answer = Builtin::new(Variant::Accurate).call(op, Dtype::F32, &[row], output_length);
        let Answer::Values(values) = answer else {
            panic!("{answer:?}");
        };
        #[expect(clippy::cast_possible_truncation, reason = "they are values of f32")]
        bytes.extend(
            values
                .iter()
                .flat_map(|&value| (value as f32).to_le_bytes()),
        );
    }
    let tensor = WireTensor {
        element: WireElement::Float(Dtype::F32),
        shape,
        bytes,
    };
    let mut answer = Message::of_metadata([("id", request.text("id"))]);
    answer
        .tensors
        .push((request.text("output").to_owned(), tensor));
    answer
}

/// Something that costs next to nothing, in the right form: what is left is the transport.
fn cheap_answer(request: &Message, rows: &[Vec<f32>]) -> Message {
    let sums = rows.iter().map(|row| row.iter().sum::<f32>());
    let tensor = WireTensor {
        element: WireElement::Float(Dtype::F32),
        shape: vec![rows.len()],
        bytes: sums.flat_map(f32::to_le_bytes).collect(),
    };
    let mut answer = Message::of_metadata([("id", request.text("id"))]);
    let output = request.text("output").to_owned();
    answer.tensors.push((output, tensor));
    answer
}

fn send(message: &Message) {
    write_message(&mut stdout().lock(), message).unwrap();
}

fn send_bytes(bytes: &[u8]) {
    let mut out = stdout().lock();
    out.write_all(bytes).unwrap();
    out.flush().unwrap();
}

fn frame(message: &Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_message(&mut bytes, message).unwrap();
    bytes
}

fn commit(fault: &str, answer: Message, rows: usize) {
    match fault {
        "segfault" => segfault(),
        "abort" => std::process::abort(),
        "exits with 0" => std::process::exit(0),
        "exits with 3" => std::process::exit(3),
        "hangs" => sleep(FOREVER),
        "hangs with a child" => {
            let mut child = std::process::Command::new("sleep");
            let mut child = child.arg(FOREVER.as_secs().to_string()).spawn().unwrap();
            eprintln!("child {}", child.id());
            child.wait().unwrap();
        }
        "answers late" => {
            sleep(Duration::from_secs(20));
            send(&answer);
        }
        "closes its output" => close_output(),
        "megabytes on stderr" | "megabytes on stderr, then aborts" => {
            let line = "a warning that nobody reads\n".repeat(1 << 10);
            (0..300).for_each(|_| eprint!("{line}"));
            eprintln!("the last warning");
            if fault.ends_with("aborts") {
                std::process::abort();
            }
            send(&answer);
        }
        "huge allocation" => {
            let huge: Vec<u8> = vec![1; 1 << 45];
            std::hint::black_box(&huge);
        }
        "aborts in batches" | "aborts in batches, refuses alone" if rows > 1 => {
            std::process::abort();
        }
        "hangs in batches" if rows > 1 => sleep(FOREVER),
        "refuses batches" | "aborts in batches, refuses alone"
            if rows > 1 || fault != "refuses batches" =>
        {
            let refusal = Message::of_metadata([("id", answer.text("id")), ("error", "one row")]);
            send(&refusal);
        }
        "aborts in batches" | "hangs in batches" | "refuses batches" | "none" => send(&answer),
        "slow" => {
            sleep(Duration::from_millis(300));
            send(&answer);
        }
        _ if commit_frame(fault, &answer) => {}
        _ => commit_answer(fault, answer, rows),
    }
}

/// Faults of the bytes; false where it is none of them.
fn commit_frame(fault: &str, answer: &Message) -> bool {
    match fault {
        "short frame" => {
            let whole = frame(answer);
            send_bytes(&whole[..whole.len() - 3]);
            std::process::exit(0);
        }
        "surplus" => {
            let mut whole = frame(answer);
            whole.extend(b"debug");
            send_bytes(&whole);
        }
        "late surplus" => {
            send(answer);
            sleep(Duration::from_millis(50));
            send_bytes(b"loss = 1.25");
        }
        "short frame, then hangs" => {
            let whole = frame(answer);
            send_bytes(&whole[..whole.len() - 3]);
            sleep(FOREVER);
        }
        "over-long frame" => {
            send_bytes(&(1_u64 << 60).to_le_bytes());
            sleep(FOREVER);
        }
        "longer than any answer" => {
            send_bytes(&(1_u64 << 22).to_le_bytes());
            send_bytes(&vec![0; 1 << 22]);
        }
        "not safetensors" => {
            send_bytes(&16_u64.to_le_bytes());
            send_bytes(b"0123456789abcdef");
        }
        "garbage" => {
            println!("loss = 1.25");
            send(answer);
        }
        "integers" => {
            let mut bytes = frame(answer);
            let place = bytes.windows(3).position(|three| three == b"F32");
            let place = place.unwrap();
            bytes[place..place + 3].copy_from_slice(b"I32");
            send_bytes(&bytes);
        }
        _ => return false,
    }
    true
}

/// Faults of a whole message.
fn commit_answer(fault: &str, mut answer: Message, rows: usize) {
    match fault {
        "answers twice" => send(&answer),
        "wrong id" => {
            answer.metadata.insert("id".to_owned(), "banana".to_owned());
        }
        "no id" => {
            answer.metadata.clear();
        }
        "wrong call" => {
            answer
                .metadata
                .insert("call".to_owned(), "hello".to_owned());
        }
        "wrong shape" => {
            answer.tensors[0].1.shape = vec![rows, 1];
        }
        "a row too many" => {
            let tensor = &mut answer.tensors[0].1;
            tensor.shape[0] += 1;
            tensor.bytes.extend([0; 4]);
        }
        "wrong dtype" => {
            let tensor = &mut answer.tensors[0].1;
            tensor.element = WireElement::Float(Dtype::F64);
            tensor.bytes = vec![0; rows * 8];
        }
        "missing output" => {
            "result".clone_into(&mut answer.tensors[0].0);
        }
        "no tensors" => {
            answer.tensors.clear();
        }
        "extra output" => {
            let mut second = answer.tensors[0].clone();
            "scratch".clone_into(&mut second.0);
            answer.tensors.push(second);
        }
        "error" => {
            answer.tensors.clear();
            answer
                .metadata
                .insert("error".to_owned(), "no such kernel".to_owned());
        }
        "trespass" => {
            answer.metadata.insert(
                "trespass".to_owned(),
                "wrote byte 0 past the output".to_owned(),
            );
        }
        unknown => panic!("no fault `{unknown}`"),
    }
    send(&answer);
}

#[expect(unsafe_code, reason = "a fault to plant")]
fn segfault() {
    // SAFETY: none; the write is meant to end this process, and nothing else runs in it.
    unsafe { std::ptr::without_provenance_mut::<u8>(16).write_volatile(1) };
}

/// Standard output closed while the process goes on: whoever waits for an answer sees the end.
fn close_output() {
    use rustix::stdio::dup2_stdout;
    let null = std::fs::File::open("/dev/null").unwrap();
    dup2_stdout(&null).unwrap();
    let mut rest = Vec::new();
    let _ = stdin().read_to_end(&mut rest);
    sleep(FOREVER);
}
