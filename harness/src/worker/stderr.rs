//! What a worker writes to standard error. In: any number of bytes. Out: the last lines, in little memory.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How many bytes are kept.
const KEPT_BYTES: usize = 4096;

/// How many lines are told.
const TOLD_LINES: usize = 8;

/// How long a line is told, in letters.
const TOLD_LETTERS: usize = 200;

/// The last bytes of a stream that a thread reads to its end.
#[derive(Debug)]
pub(super) struct LastLines {
    kept: Arc<Mutex<VecDeque<u8>>>,
    ended: Receiver<()>,
}

impl LastLines {
    /// Starts reading. The thread ends with the stream.
    pub(super) fn of(mut stream: impl Read + Send + 'static) -> Self {
        let kept: Arc<Mutex<VecDeque<u8>>> = Arc::default();
        let (end, ended) = channel();
        let shared = Arc::clone(&kept);
        thread::spawn(move || {
            let mut chunk = [0; KEPT_BYTES];
            while let Ok(count @ 1..) = stream.read(&mut chunk) {
                let mut kept = shared.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend(&chunk[..count]);
                let surplus = kept.len().saturating_sub(KEPT_BYTES);
                kept.drain(..surplus);
            }
            drop(end);
        });
        Self { kept, ended }
    }

    /// Forgets what belongs to earlier calls.
    pub(super) fn forget(&self) {
        self.bytes().clear();
    }

    fn bytes(&self) -> std::sync::MutexGuard<'_, VecDeque<u8>> {
        // A poisoned lock still holds bytes.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the stream's end, as long as this at most.
    pub(super) fn wait(&self, patience: Duration) {
        let ended = self.ended.recv_timeout(patience);
        debug_assert!(!matches!(ended, Ok(())), "only the end is ever told");
        debug_assert!(matches!(
            ended,
            Err(RecvTimeoutError::Disconnected | RecvTimeoutError::Timeout)
        ));
    }

    /// The last lines so far; empty where there are none.
    pub(super) fn text(&self) -> String {
        let bytes: Vec<u8> = self.bytes().iter().copied().collect();
        last_lines(&bytes)
    }
}

/// The last lines of bytes, in letters that do a terminal no harm.
fn last_lines(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let first = lines.len().saturating_sub(TOLD_LINES);
    let told = lines[first..].iter().map(|line| {
        let letters = line.trim_end().chars().map(|letter| match letter {
            '\t' => ' ',
            letter if letter.is_control() => '·',
            letter => letter,
        });
        let mut told: String = letters.take(TOLD_LETTERS).collect();
        if line.chars().count() > TOLD_LETTERS {
            told.push('…');
        }
        told
    });
    told.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_of_any_number() {
        let many: String = (0..100_000).map(|line| format!("line {line}\n")).collect();
        let lines = LastLines::of(std::io::Cursor::new(many.into_bytes()));
        lines.wait(Duration::from_secs(60));
        let text = lines.text();
        assert_eq!(text.lines().count(), TOLD_LINES);
        assert!(text.ends_with("line 99999"), "{text}");
        assert!(lines.bytes().len() <= KEPT_BYTES);
    }

    #[test]
    fn lines_are_short_and_without_control_letters() {
        let told = last_lines("\x1b[31mred\r\n\n\tindented\u{7}".as_bytes());
        assert_eq!(told, "·[31mred\n indented·");
        let long = last_lines("x".repeat(10_000).as_bytes());
        assert_eq!(long.chars().count(), TOLD_LETTERS + 1);
        assert_eq!(last_lines(b""), "");
    }
}
