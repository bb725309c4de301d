//! Shared libraries behind `lossproof.h`: the examples as users compile them, and libraries that do everything wrong.

mod served;

use lossproof::worker::protocol::Message;
use lossproof_numerics::Dtype;
use serde_json::{Value, json};
use served::{Ended, Library, Worker, Written, floats, repository, run, softmax, values};
use std::path::Path;

/// What the examples and the header must stand.
const STRICT: [&str; 3] = ["-Wall", "-Wextra", "-Werror"];

fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
}

/// What the host says of a library that it cannot serve.
fn refused(library: &Path, parts: &[&str]) {
    let Ended { code, stderr, rest } = Worker::start(library, &[]).end();
    assert_eq!((code, rest), (Some(3), Ok(None)), "{stderr}");
    has(&stderr, parts);
    assert!(!stderr.contains("panicked"), "{stderr}");
}

/// Serves a library whose f32 softmax is this body, and asks for it once.
fn asked(body: &str, options: &[&str]) -> (Message, Ended) {
    let kernel = format!("LOSSPROOF_KERNEL(softmax, f32) {{ {body} }}");
    let library = Library::of_c(&kernel, options);
    let mut worker = Worker::start(&library.path, &[]);
    let answer = worker.ask(&softmax(Dtype::F32));
    (answer, worker.end())
}

/// A call that did what it must not: told in the answer, which has no values.
fn trespasses(body: &str, options: &[&str], parts: &[&str]) -> Ended {
    let (answer, ended) = asked(body, options);
    assert_eq!((answer.text("id"), answer.tensors.len()), ("17", 0));
    has(answer.text("trespass"), parts);
    assert_eq!(ended.code, Some(0), "the host goes on: {}", ended.stderr);
    ended
}

fn example_works(written: Written, file: &str) {
    let library = Library::of_file(
        written,
        &repository().join("examples/kernels").join(file),
        &STRICT,
    );
    let mut worker = Worker::start(&library.path, &[]);
    let hello = worker.hello();
    let told = |key| hello.text(key);
    assert_eq!(
        (told("name"), told("version"), told("profile")),
        (file, "1", "exact")
    );
    let supports: Value = serde_json::from_str(hello.text("supports")).unwrap();
    assert_eq!(supports, json!({"softmax": ["f32", "f64"]}));
    for (dtype, tolerance) in [(Dtype::F32, 1e-6), (Dtype::F64, 1e-15)] {
        let answer = worker.ask(&softmax(dtype));
        assert_eq!(answer.text("id"), "17");
        let output = answer.tensor("probabilities").unwrap();
        assert_eq!(output.shape, [2, 3]);
        // e^-2, e^-1 and 1 over their sum; the second row is certain.
        let expected = [
            0.090_030_573_170_380_46,
            0.244_728_471_054_797_65,
            0.665_240_955_774_821_9,
        ];
        for (found, expected) in values(output)
            .iter()
            .zip(expected.iter().chain(&[0.0, 0.0, 1.0]))
        {
            assert!(
                (found - expected).abs() <= tolerance,
                "{found} for {expected}"
            );
        }
        let special = [
            f64::NAN,
            1.0,
            f64::NEG_INFINITY,
            f64::NEG_INFINITY,
            0.0,
            f64::NEG_INFINITY,
        ];
        let logits = floats(dtype, &[3, 2], &special);
        let answer = worker.ask(&run(
            "softmax",
            dtype,
            vec![("logits", logits)],
            "probabilities",
        ));
        let found = values(answer.tensor("probabilities").unwrap());
        assert!(found[..4].iter().all(|value| value.is_nan()), "{found:?}");
        assert_eq!(found[4..], [1.0, 0.0]);
        let empty = floats(dtype, &[2, 0], &[]);
        let answer = worker.ask(&run(
            "softmax",
            dtype,
            vec![("logits", empty)],
            "probabilities",
        ));
        assert_eq!(answer.tensor("probabilities").unwrap().shape, [2, 0]);
    }
    let other = worker.ask(&softmax_of_another_dtype());
    has(other.text("error"), &["no lossproof_softmax_bf16"]);
    let ended = worker.end();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert_eq!(ended.rest, Ok(None));
}

fn softmax_of_another_dtype() -> Message {
    let mut request = softmax(Dtype::F32);
    request
        .metadata
        .insert("dtype".to_owned(), "bf16".to_owned());
    let logits = &mut request.tensors[0].1;
    logits.element = lossproof::worker::protocol::WireElement::Float(Dtype::Bf16);
    logits.bytes.truncate(12);
    request
}

#[test]
fn the_example_in_c_is_served() {
    example_works(Written::C, "softmax.c");
}

#[test]
fn the_example_in_cpp_is_served() {
    example_works(Written::Cpp, "softmax.cpp");
}

#[test]
fn the_examples_are_short() {
    for file in ["kernels/softmax.c", "kernels/softmax.cpp", "rust_kernel.rs"] {
        let text = std::fs::read_to_string(repository().join("examples").join(file)).unwrap();
        assert!(
            text.lines().count() < 40,
            "{file} has {} lines",
            text.lines().count()
        );
    }
}

#[test]
fn the_header_is_c99_and_cpp98_without_warnings() {
    let kernel = "LOSSPROOF_KERNEL(softmax, f32) { return inputs == NULL || input_count == 0 || output == NULL; }\n";
    let options = [
        &["-std=c99", "-Wpedantic", "-fvisibility=hidden"][..],
        &STRICT,
    ]
    .concat();
    let library = Library::of_c(kernel, &options);
    assert_eq!(
        Worker::start(&library.path, &[]).end().code,
        Some(0),
        "visible where nothing else is"
    );
    let source = library.folder().join("kernel.cpp");
    std::fs::write(&source, format!("#include \"lossproof.h\"\n{kernel}")).unwrap();
    let own = [
        "-std=c++98",
        "-Wpedantic",
        "-Wno-long-long",
        "-fvisibility=hidden",
    ];
    let options = [&own[..], &STRICT].concat();
    let library = Library::of_file(Written::Cpp, &source, &options);
    assert_eq!(
        Worker::start(&library.path, &[]).end().code,
        Some(0),
        "visible where nothing else is"
    );
}

#[test]
fn every_kind_of_input_arrives_as_the_header_says() {
    // Each kernel answers with what it was given, so that a wrong rank, shape, stride or order shows in the values.
    let library = Library::of_c(
        "LOSSPROOF_KERNEL(nce_loss_grad_weights, f64) {
            const lossproof_tensor *t = output;
            if (t->rank != 3 || t->strides[0] != t->shape[1] * t->shape[2] || t->strides[1] != t->shape[2]) return 1;
            for (int64_t i = 0; i < t->shape[0] * t->strides[0]; i++) ((double *)t->data)[i] = (double)i;
            for (size_t i = 0; i < input_count; i++) {
                double *first = LOSSPROOF_ROW(double, *output, 0);
                const lossproof_tensor *in = &inputs[i];
                first[i] = 1000 * in->rank + 100 * in->shape[1] + 10 * in->shape[2] + in->strides[1];
            }
            return 0;
        }
        LOSSPROOF_KERNEL(sparse_softmax_cross_entropy_with_logits, f32) {
            if (input_count != 2 || output->rank != 1 || inputs[1].rank != 1) return 1;
            for (int64_t row = 0; row < output->shape[0]; row++)
                *LOSSPROOF_ROW(float, *output, row) =
                    LOSSPROOF_ROW(const float, inputs[0], row)[*LOSSPROOF_ROW(const int64_t, inputs[1], row)];
            return 0;
        }
        LOSSPROOF_KERNEL(twice, f32) {
            for (int64_t i = 0; i < output->shape[0]; i++) ((float *)output->data)[i] = 2 * ((float *)inputs[0].data)[i];
            return 0;
        }",
        &[],
    );
    let mut worker = Worker::start(&library.path, &[]);
    let place = |shape: &[usize], places: &[i64]| lossproof::worker::protocol::WireTensor {
        element: lossproof::worker::protocol::WireElement::Place,
        shape: shape.to_vec(),
        bytes: places
            .iter()
            .flat_map(|place| place.to_le_bytes())
            .collect(),
    };
    let request = run(
        "sparse_softmax_cross_entropy_with_logits",
        Dtype::F32,
        vec![
            (
                "logits",
                floats(Dtype::F32, &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
            ),
            ("label", place(&[2], &[1, 2])),
        ],
        "loss",
    );
    let answer = worker.ask(&request);
    assert_eq!(values(answer.tensor("loss").unwrap()), [2.0, 6.0]);
    // An op that no spec knows says how long its output is.
    let x = || vec![("x", floats(Dtype::F32, &[2], &[1.0, 4.0]))];
    let mut request = run("twice", Dtype::F32, x(), "y");
    request
        .metadata
        .insert("output_shape".to_owned(), "2".to_owned());
    assert_eq!(
        values(worker.ask(&request).tensor("y").unwrap()),
        [2.0, 8.0]
    );
    worker.send(&run("twice", Dtype::F32, x(), "y"));
    let ended = worker.end();
    assert_eq!((ended.code, ended.rest), (Some(3), Ok(None)));
    has(
        &ended.stderr,
        &["request `17` cannot be run", "no `output_shape`", "`twice`"],
    );
}

#[test]
fn the_floating_point_environment_is_the_usual_one_and_alignment_is_as_asked() {
    let library = Library::of_c(
        "LOSSPROOF_KERNEL(softmax, f32) {
            volatile float tiny = 0x1p-140f;
            float *p = output->data;
            p[0] = fegetround() == FE_TONEAREST;
            p[1] = tiny * 0.5f > 0;
            p[2] = (float)((uintptr_t)inputs[0].data % 64);
            p[3] = (float)((uintptr_t)output->data % 64);
            p[4] = (float)input_count;
            p[5] = 0;
            return 0;
        }",
        &[],
    );
    let mut worker = Worker::start(&library.path, &[]);
    let answer = worker.ask(&softmax(Dtype::F32));
    let found = values(answer.tensor("probabilities").unwrap());
    assert_eq!(found, [1.0, 1.0, 0.0, 0.0, 1.0, 0.0]);
    let mut request = softmax(Dtype::F32);
    request
        .metadata
        .insert("misalignment".to_owned(), "3".to_owned());
    let found = values(worker.ask(&request).tensor("probabilities").unwrap());
    assert_eq!(found, [1.0, 1.0, 12.0, 12.0, 1.0, 0.0]);
}

#[test]
fn what_is_no_library_is_told_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    refused(
        &folder.path().join("none.so"),
        &["cannot read the library", "none.so", "No such file"],
    );
    refused(
        &repository().join("README.md"),
        &["README.md` is no shared library", "cc -O2 -shared"],
    );
    refused(folder.path(), &["cannot read the library"]);
    let object = Library::of_c(
        "LOSSPROOF_KERNEL(softmax, f32) { return !inputs + !input_count + !output; }",
        &["-c"],
    );
    // With -c the compiler writes an object file under the library's name.
    refused(&object.path, &["is no shared library", "not linked yet"]);
}

#[test]
fn a_library_without_kernels_is_told_with_the_remedy() {
    let empty = Library::of_c("LOSSPROOF_EXPORT int softmax(void) { return 0; }", &[]);
    refused(&empty.path, &["exports no kernel", "LOSSPROOF_KERNEL"]);
    let no_dtype =
        "LOSSPROOF_EXPORT int lossproof_softmax(void); int lossproof_softmax(void) { return 0; }";
    refused(
        &Library::of_c(no_dtype, &[]).path,
        &[
            "exports no kernel",
            "`lossproof_softmax`",
            "ends in a dtype",
        ],
    );
    let source = empty.folder().join("mangled.cpp");
    std::fs::write(
        &source,
        "int lossproof_softmax_f32(const void *) { return 0; }",
    )
    .unwrap();
    let mangled = Library::of_file(Written::Cpp, &source, &[]);
    refused(
        &mangled.path,
        &["exports no kernel", "a C++ name", "extern \"C\""],
    );
    let missing = "int nowhere(void); LOSSPROOF_KERNEL(softmax, f32) { return nowhere() + !inputs + !input_count + !output; }";
    refused(
        &Library::of_c(missing, &[]).path,
        &["cannot be loaded", "nowhere"],
    );
    let profile = "LOSSPROOF_KERNEL(softmax, f32) { return !inputs + !input_count + !output; }
        const char *lossproof_profile(void) { return \"pytorch\"; }";
    refused(
        &Library::of_c(profile, &[]).path,
        &["`pytorch`, which is no profile", "exact, ", "torch"],
    );
}

#[test]
fn a_misspelt_op_is_remarked_on_and_offered() {
    let text = "LOSSPROOF_KERNEL(sofmax, f32) { return !inputs + !input_count + !output; }
        const char *lossproof_profile(void) { return \"torch\"; }";
    let library = Library::of_c(text, &[]);
    let mut worker = Worker::start(&library.path, &[]);
    let hello = worker.hello();
    assert_eq!(
        (hello.text("name"), hello.text("profile")),
        ("kernel.so", "torch")
    );
    assert_eq!(hello.text("supports"), r#"{"sofmax":["f32"]}"#);
    let ended = worker.end();
    has(
        &ended.stderr,
        &[
            "`lossproof_sofmax_f32` is exported",
            "did you mean `softmax`?",
        ],
    );
    // A spec of one's own makes the name an op.
    let own = "LOSSPROOF_KERNEL(least_squares, f64) { return !inputs + !input_count + !output; }";
    let own = Library::of_c(own, &[]);
    has(
        &Worker::start(&own.path, &[]).end().stderr,
        &["no op is called `least_squares`"],
    );
    let spec = repository().join("examples/least_squares.toml");
    let known = Worker::start(&own.path, &["--spec", spec.to_str().unwrap()]).end();
    assert_eq!((known.code, known.stderr.as_str()), (Some(0), ""));
}

#[test]
fn what_a_call_does_beside_its_output_is_told() {
    let past = "((float *)output->data)[6] = 0; return 0;";
    trespasses(past, &[], &["wrote to byte 0 past the end of the output"]);
    let before = "((float *)output->data)[-1] = 0; return 1;";
    trespasses(before, &[], &["before the start of the output"]);
    let past_input = "((char *)inputs[0].data)[24] = 0; return 0;";
    trespasses(past_input, &[], &["past the end of input 0"]);
    let input = "((float *)inputs[0].data)[4] = 7; return 0;";
    trespasses(input, &[], &["changed its input `logits`"]);
    let rounding = "return fesetround(FE_UPWARD);";
    trespasses(
        rounding,
        &[],
        &[
            "left the floating-point environment changed",
            "the rounding mode",
        ],
    );
}

#[test]
fn a_library_that_flushes_subnormals_when_it_is_loaded_is_told() {
    // What GCC links into a library with -ffast-math, up to version 13.
    let constructor = "return 0; }
        __attribute__((constructor)) static void loaded(void) { fesetround(FE_TOWARDZERO);";
    let ended = trespasses(
        constructor,
        &[],
        &["loading the library", "the rounding mode", "-ffast-math"],
    );
    has(&ended.stderr, &["loading the library"]);
}

#[test]
fn what_a_library_prints_does_not_meet_the_protocol() {
    let body = "printf(\"computing\\n\"); fflush(stdout);
        char line[8]; if (fgets(line, 8, stdin)) return 2;
        for (int i = 0; i < 6; i++) ((float *)output->data)[i] = 1; return 0;";
    let (answer, ended) = asked(body, &[]);
    assert_eq!(values(answer.tensor("probabilities").unwrap()), [1.0; 6]);
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(0), "computing\n")
    );
    assert_eq!(ended.rest, Ok(None));
}

#[test]
fn a_refusal_is_told_with_the_reason() {
    let (answer, ended) = asked("return 7;", &[]);
    assert_eq!(answer.text("error"), "the kernel returned 7");
    assert_eq!((answer.tensors.len(), ended.code), (0, Some(0)));
    let reason = "return 7; } const char *lossproof_last_error(void) { return \"rows of 3 only\";";
    assert_eq!(asked(reason, &[]).0.text("error"), "rows of 3 only");
}

#[test]
fn a_kernel_that_ends_the_process_ends_it_without_an_answer() {
    for (body, code) in [
        ("exit(0);", Some(0)),
        ("_Exit(4);", Some(4)),
        ("abort();", None),
    ] {
        let library = Library::of_c(&format!("LOSSPROOF_KERNEL(softmax, f32) {{ {body} }}"), &[]);
        let mut worker = Worker::start(&library.path, &[]);
        worker.send(&softmax(Dtype::F32));
        let ended = worker.end();
        assert_eq!(
            (ended.code, ended.rest),
            (code, Ok(None)),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn requests_that_no_kernel_could_answer_are_the_harnesss_fault() {
    let library = Library::of_c(
        "LOSSPROOF_KERNEL(softmax, f32) { return !inputs + !input_count + !output; }",
        &[],
    );
    let with = |key: &str, text: &str| {
        let mut request = softmax(Dtype::F32);
        request.metadata.insert(key.to_owned(), text.to_owned());
        request
    };
    for (request, parts) in [
        (with("call", "walk"), ["calls `walk`", "hello or run"]),
        (with("dtype", "f8"), ["`dtype` is `f8`", "bf16"]),
        (
            with("dtype", "f64"),
            ["`logits` is f32[2, 3]", "the call's dtype"],
        ),
        (
            with("inputs", "labels"),
            ["request `17`", "no tensor `labels`"],
        ),
        (
            with("output_shape", "3,3"),
            ["`output_shape` is `3,3`", "rows"],
        ),
        (
            with("output_shape", "2,x"),
            ["`output_shape` is `2,x`", "lengths"],
        ),
        (with("pattern", "256"), ["`pattern` is `256`", "a byte"]),
    ] {
        let mut worker = Worker::start(&library.path, &[]);
        worker.send(&request);
        let ended = worker.end();
        assert_eq!((ended.code, ended.rest), (Some(3), Ok(None)));
        has(&ended.stderr, &parts);
    }
}

#[test]
fn a_check_names_what_a_library_did() {
    let check = |path: &Path, class: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_lossproof"));
        command.arg("check").arg(format!("lib:{}", path.display()));
        let options = ["--op", "softmax", "--dtype", "f32", "--class", class];
        let done = command.args(options).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (done.status.code(), text(&done.stdout), text(&done.stderr))
    };
    // Right but for one element too many, so that nothing but the guard bytes can tell.
    let text = "#include <math.h>
        LOSSPROOF_KERNEL(softmax, f32) {
            int64_t n = output->shape[1];
            for (int64_t row = 0; row < output->shape[0]; row++) {
                const float *x = LOSSPROOF_ROW(const float, inputs[0], row);
                double top = -INFINITY, total = 0;
                for (int64_t i = 0; i < n; i++) top = x[i] > top ? x[i] : top;
                for (int64_t i = 0; i < n; i++) total += exp(x[i] - top);
                for (int64_t i = 0; i < n; i++) LOSSPROOF_ROW(float, *output, row)[i] = exp(x[i] - top) / total;
            }
            if (PAST) *LOSSPROOF_ROW(float, *output, output->shape[0]) = 0;
            return 0;
        }";
    let right = Library::of_c(text, &["-DPAST=0"]);
    let (code, out, told) = check(&right.path, "ties");
    assert_eq!(code, Some(0), "{out}{told}");
    let past = Library::of_c(text, &["-DPAST=1"]);
    let (code, out, told) = check(&past.path, "ties");
    assert_eq!(code, Some(1), "{told}");
    has(
        &out,
        &[
            "trespassed",
            "the call wrote to byte 0 past the end of the output",
        ],
    );
    let (code, _, told) = check(&repository().join("README.md"), "ties");
    assert_eq!(code, Some(3), "{told}");
    has(
        &told,
        &["README.md` is no shared library", "cc -O2 -shared"],
    );
}
