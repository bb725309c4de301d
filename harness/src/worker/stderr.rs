//! What a worker writes to standard error. In: any number of bytes. Out: the last lines, in little memory.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::ioctl_fionread;
use std::collections::VecDeque;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How many bytes are kept.
const KEPT_BYTES: usize = 16 << 10;

/// How many lines are told.
const TOLD_LINES: usize = 8;

/// How long a line is told, in letters.
const TOLD_LETTERS: usize = 200;

/// How long a stream that is still being written to is waited for.
const SETTLING: Duration = Duration::from_millis(200);

/// The last bytes of a stream that a thread reads to its end.
#[derive(Debug)]
pub(super) struct LastLines {
    kept: Arc<Mutex<VecDeque<u8>>>,
    /// The same stream, to ask whether anything waits in it.
    stream: Option<OwnedFd>,
    ended: Receiver<()>,
}

impl LastLines {
    /// Starts reading. The thread ends with the stream.
    pub(super) fn of(mut stream: impl Read + AsFd + Send + 'static) -> Self {
        let again = stream.as_fd().try_clone_to_owned().ok();
        let kept: Arc<Mutex<VecDeque<u8>>> = Arc::default();
        let (end, ended) = channel();
        let shared = Arc::clone(&kept);
        thread::spawn(move || {
            let mut chunk = [0; 4096];
            loop {
                // It waits without the lock and reads with it, so that bytes are in the stream or kept, and never between.
                let _ = poll(&mut [PollFd::new(&stream, PollFlags::IN)], None);
                let mut kept = shared.lock().unwrap_or_else(PoisonError::into_inner);
                let Ok(count @ 1..) = stream.read(&mut chunk) else {
                    break;
                };
                kept.extend(&chunk[..count]);
                let surplus = kept.len().saturating_sub(KEPT_BYTES);
                kept.drain(..surplus);
            }
            drop(end);
        });
        Self {
            kept,
            stream: again,
            ended,
        }
    }

    /// Forgets what belongs to earlier calls.
    pub(super) fn forget(&self) {
        self.settle();
        self.bytes().clear();
    }

    /// Waits until everything is kept that was written before an answer came, unless somebody goes on writing.
    pub(super) fn settle(&self) {
        let waiting = || {
            let _kept = self.bytes();
            let waiting = self.stream.as_ref().map(ioctl_fionread);
            waiting.and_then(Result::ok).unwrap_or(0)
        };
        let asked = Instant::now();
        while waiting() > 0 && asked.elapsed() < SETTLING {
            thread::sleep(Duration::from_millis(1));
        }
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
        last_lines(&self.kept_bytes())
    }

    /// Whether any of these words is in what is kept, which is more than is told.
    pub(super) fn mentions(&self, words: &[&str]) -> bool {
        let bytes = self.kept_bytes();
        let text = String::from_utf8_lossy(&bytes);
        words.iter().any(|words| text.contains(words))
    }

    fn kept_bytes(&self) -> Vec<u8> {
        self.bytes().iter().copied().collect()
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
    use std::io::Write;

    #[test]
    fn the_last_lines_are_kept_of_any_number() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let lines = LastLines::of(reader);
        writer.write_all(b"an earlier call\n").unwrap();
        lines.forget();
        assert_eq!(lines.text(), "");
        writer.write_all(b"memory is gone\n").unwrap();
        lines.settle();
        assert_eq!(lines.text(), "memory is gone");
        assert!(lines.mentions(&["gone"]) && !lines.mentions(&["earlier"]));
        for line in 0..100_000 {
            writeln!(writer, "line {line}").unwrap();
        }
        drop(writer);
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
