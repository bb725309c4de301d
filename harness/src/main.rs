//! The `lossproof` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    lossproof::command::main()
}
