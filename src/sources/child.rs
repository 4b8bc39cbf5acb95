//! Files read by a process of their own, which may die without harm.

use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::sources::format::{Format, Unreadable, extract};
use crate::sources::{Extracted, sandbox};

/// The hidden command by which the program starts itself as a reader.
pub const CHILD_COMMAND: &str = "extract";
/// What a reader exits with when it panicked.
const EXIT_PANICKED: u8 = 70;
/// What a reader exits with when it could not limit itself.
const EXIT_UNLIMITED: u8 = 71;
/// How often a reader is looked after once it has answered.
const POLL: Duration = Duration::from_millis(5);
/// What is kept of a reader's last words.
const LAST_WORDS_BYTES_MAX: u64 = 4096;
/// Stack of the thread that reads: documents nest deeply.
const STACK_BYTES: usize = 32 * 1024 * 1024;

/// What a file and its reader may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest file that is read.
    pub input_bytes_max: u64,
    /// The largest answer that is taken from a reader.
    pub output_bytes_max: u64,
    /// The longest wait for an answer.
    pub wall_seconds_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            input_bytes_max: 64 * 1024 * 1024,
            output_bytes_max: 128 * 1024 * 1024,
            wall_seconds_max: 30,
        }
    }
}

/// Reads files, those in risky formats in a process of their own.
#[derive(Debug, Clone)]
pub struct Extractor {
    /// This program, which is started again as a reader.
    pub program: PathBuf,
    /// What a file and its reader may take.
    pub limits: Limits,
}

impl Extractor {
    /// Reads one file of one document.
    pub fn extract(&self, format: Format, bytes: &[u8]) -> Result<Extracted, Unreadable> {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > self.limits.input_bytes_max {
            let bytes_max = self.limits.input_bytes_max;
            return Err(Unreadable::TooLarge { bytes: size, bytes_max });
        }
        if format.is_risky() { self.ask_child(format, bytes) } else { guarded(format, bytes) }
    }

    fn ask_child(&self, format: Format, bytes: &[u8]) -> Result<Extracted, Unreadable> {
        let mut child = self.start(format)?;
        let (mut input, output) = (child.stdin.take(), child.stdout.take());
        let last_words = child.stderr.take();
        let deadline = Instant::now() + Duration::from_secs(self.limits.wall_seconds_max);
        let most = self.limits.output_bytes_max;
        std::thread::scope(|scope| {
            scope.spawn(move || {
                // A reader that died no longer listens; its exit says why.
                let _ = input.as_mut().map(|input| input.write_all(bytes));
                drop(input);
            });
            let (answered, answer) = mpsc::channel();
            scope.spawn(move || {
                let answer = output.map(|output| read_up_to(output, most));
                let _ = answered.send(answer.unwrap_or_default());
            });
            let (spoke, words) = mpsc::channel();
            scope.spawn(move || {
                let words = last_words.map(|words| read_up_to(words, LAST_WORDS_BYTES_MAX));
                let _ = spoke.send(words.unwrap_or_default());
            });
            let answer = answer.recv_timeout(self.limits.wall_time()).ok();
            let status = wait_until(&mut child, deadline, answer.as_deref(), most);
            let words = words.recv_timeout(self.limits.wall_time()).unwrap_or_default();
            let words = String::from_utf8_lossy(&words).into_owned();
            self.judge(format, status, &answer.unwrap_or_default(), &words)
        })
    }

    fn start(&self, format: Format) -> Result<Child, Unreadable> {
        Command::new(&self.program)
            .args([CHILD_COMMAND, "--format", format.ending()])
            .env_clear()
            // One thread and one arena: their address space would eat the memory limit.
            .envs([("RAYON_NUM_THREADS", "1"), ("MALLOC_ARENA_MAX", "1")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| Unreadable::NotStarted {
                format: format.ending().to_owned(),
                reason: error.to_string(),
            })
    }

    /// What an ended reader's answer, or its death, says about the file.
    fn judge(
        &self,
        format: Format,
        status: Option<ExitStatus>,
        answer: &[u8],
        words: &str,
    ) -> Result<Extracted, Unreadable> {
        let most = self.limits.output_bytes_max;
        if u64::try_from(answer.len()).is_ok_and(|len| len > most) {
            return Err(Unreadable::TooMuchText { bytes_max: most });
        }
        let Some(status) = status else {
            return Err(Unreadable::TimeLimit { seconds_max: self.limits.wall_seconds_max });
        };
        let format = format.ending().to_owned();
        if !status.success() {
            return Err(death(format, status, words));
        }
        let answer: Result<Result<Extracted, Unreadable>, _> = serde_json::from_slice(answer);
        answer.unwrap_or(Err(Unreadable::Garbled { format }))
    }
}

impl Limits {
    fn wall_time(&self) -> Duration {
        Duration::from_secs(self.wall_seconds_max)
    }
}

/// Reads in this process; a panic of a reader is its own death and nobody else's.
fn guarded(format: Format, bytes: &[u8]) -> Result<Extracted, Unreadable> {
    catch_unwind(AssertUnwindSafe(|| extract(format, bytes))).unwrap_or_else(|_| {
        Err(Unreadable::Crashed {
            format: format.ending().to_owned(),
            how: "it panicked".to_owned(),
        })
    })
}

fn read_up_to(from: impl Read, bytes_max: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    // One byte more than is taken shows that there was more.
    let _ = from.take(bytes_max + 1).read_to_end(&mut bytes);
    bytes
}

/// Waits for a reader that has answered; ends one that has not, or that says too much.
fn wait_until(
    child: &mut Child,
    deadline: Instant,
    answer: Option<&[u8]>,
    bytes_max: u64,
) -> Option<ExitStatus> {
    let is_fair =
        answer.is_some_and(|answer| u64::try_from(answer.len()).is_ok_and(|len| len <= bytes_max));
    while is_fair && Instant::now() < deadline {
        match child.try_wait() {
            Ok(None) => std::thread::sleep(POLL),
            Ok(status) => return status,
            Err(_) => break,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

#[cfg(unix)]
fn death(format: String, status: ExitStatus, words: &str) -> Unreadable {
    use std::os::unix::process::ExitStatusExt;
    const SIGKILL: i32 = 9;
    const SIGXCPU: i32 = 24;
    let out_of_memory = words.contains("memory allocation") || words.contains("out of memory");
    match (status.signal(), status.code()) {
        (Some(SIGXCPU), _) => Unreadable::CpuLimit { seconds_max: sandbox::CPU_SECONDS_MAX },
        // Nobody but the system's memory guard kills a reader that has answered fairly.
        (Some(SIGKILL), _) => Unreadable::MemoryLimit { megabytes_max: sandbox::MEMORY_MB_MAX },
        (Some(_), _) if out_of_memory => {
            Unreadable::MemoryLimit { megabytes_max: sandbox::MEMORY_MB_MAX }
        }
        (Some(_), _) if words.contains("overflowed its stack") => {
            Unreadable::Crashed { format, how: "it nests too deeply".to_owned() }
        }
        (Some(signal), _) => Unreadable::Crashed { format, how: format!("signal {signal}") },
        (None, code) => plain_death(format, code),
    }
}

#[cfg(not(unix))]
fn death(format: String, status: ExitStatus, _words: &str) -> Unreadable {
    plain_death(format, status.code())
}

fn plain_death(format: String, code: Option<i32>) -> Unreadable {
    match code.and_then(|code| u8::try_from(code).ok()) {
        Some(EXIT_PANICKED) => Unreadable::Crashed { format, how: "it panicked".to_owned() },
        Some(EXIT_UNLIMITED) => Unreadable::NotStarted {
            format,
            reason: "it could not limit its own memory, time and network".to_owned(),
        },
        _ => Unreadable::Crashed { format, how: format!("exit code {code:?}") },
    }
}

/// What the hidden command does: limits itself, reads a file, answers in JSON, ends.
pub fn child_main(format: Format, mut stdin: impl Read, mut stdout: impl Write) -> ExitCode {
    // What a reader says while it dies may quote the document, and nobody reads it.
    std::panic::set_hook(Box::new(|_| {}));
    if sandbox::enter().is_err() {
        return ExitCode::from(EXIT_UNLIMITED);
    }
    let mut bytes = Vec::new();
    if stdin.read_to_end(&mut bytes).is_err() {
        return ExitCode::FAILURE;
    }
    let reader = std::thread::Builder::new().stack_size(STACK_BYTES);
    let answer = reader.spawn(move || extract(format, &bytes)).map(std::thread::JoinHandle::join);
    let Ok(Ok(answer)) = answer else {
        return ExitCode::from(EXIT_PANICKED);
    };
    let written = serde_json::to_writer(&mut stdout, &answer).is_ok() && stdout.flush().is_ok();
    if written { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
