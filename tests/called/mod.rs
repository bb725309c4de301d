//! The command as people type it, for tests. In: arguments and standard input. Out: its exit code and what it printed.

use assert_cmd::Command;
use std::time::Duration;

/// What a call of the command left behind.
pub struct Done {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Calls it without input.
pub fn lossproof(arguments: &[&str]) -> Done {
    with_input(arguments, "")
}

/// Calls it in the repository's root.
pub fn with_input(arguments: &[&str], input: impl AsRef<[u8]>) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lossproof"));
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command.args(arguments).write_stdin(input.as_ref().to_vec());
    let output = command.timeout(Duration::from_secs(300)).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    Done {
        code: output.status.code().expect("an exit code"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// Holds that a text has all these parts.
#[track_caller]
pub fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
}
