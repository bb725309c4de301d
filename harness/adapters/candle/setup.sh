#!/bin/sh
# Builds the worker of candle.
#
# Out: target/release/candle_worker beside this file, or target/frameworks/candle.failed with the reason, of one line.
# FRAMEWORKS_DIR names another place than target/frameworks.
set -u

here=$(cd "$(dirname "$0")" && pwd)
root=${FRAMEWORKS_DIR:-$(cd "$here/../../.." && pwd)/target/frameworks}
mkdir -p "$root" || exit 1

# Without the workspace's target folder: cargo would take it from a variable set outside.
unset CARGO_TARGET_DIR
if cargo build --quiet --release --locked --manifest-path "$here/Cargo.toml" 2> "$root/candle.log"; then
    rm -f "$root/candle.failed" "$root/candle.log"
else
    grep -m 1 '^error' "$root/candle.log" > "$root/candle.failed" || echo "cargo could not be run" > "$root/candle.failed"
    echo "candle: not built, and so not tested; the reason is in $root/candle.failed" >&2
    exit 1
fi
