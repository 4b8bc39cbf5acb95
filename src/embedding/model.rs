//! A model in memory, shared by all threads, and the work divided among them.

use std::fmt::Write as _;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use sha2::{Digest, Sha256};

use crate::embedding::encoder::{Encoder, Room};
use crate::embedding::settings::{Pooling, Positions, Settings};
use crate::embedding::tokens::{Keep, Tokens};
use crate::embedding::weights::Weights;
use crate::embedding::{Error, Files, Vector};

/// Tokens encoded at once: their rows stay in the cache that the cores share.
const BATCH_TOKENS: usize = 512;
/// Queries of fewer tokens than this are not worth another thread.
const SHARED_TOKENS_MIN: usize = 48;
/// Part of every fingerprint: raise it when the same files give other vectors than before, beyond what
/// one machine rounds otherwise than another.
const ENCODING: &str = "svarforslag encoding 1";

/// A sentence model.
#[derive(Debug)]
pub struct Model {
    name: String,
    fingerprint: String,
    settings: Settings,
    tokens: Tokens,
    encoder: Encoder,
    workers: usize,
    /// Calls that encode queries right now, among which the cores are shared.
    callers: AtomicUsize,
    /// Memory of batches that have ended, for those that come.
    rooms: Mutex<Vec<Room>>,
}

/// One window of one text, on its way to a vector.
struct Task {
    text: usize,
    window: usize,
    /// How many windows the text has.
    windows: usize,
    tokens: Vec<u32>,
}

/// A vector, and where it belongs.
struct Done {
    text: usize,
    window: usize,
    windows: usize,
    vector: Vector,
}

impl Model {
    /// Makes a model of its files, if they fit each other.
    pub fn load(files: &Files<'_>) -> Result<Self, Error> {
        let settings = Settings::of(files)?;
        let weights = Weights::of(&files.name, &files.weights)?;
        let weights = weights.lasting(&files.weights, files.lasting_weights());
        // Before the weights: what a tokenizer of another model breaks is named more plainly here.
        let tokens = Tokens::of(files, &settings, weights.token_rows()?)?;
        let encoder = Encoder::of(&settings, &weights)?;
        Ok(Self {
            name: files.name.clone(),
            fingerprint: fingerprint(files, &settings),
            settings,
            tokens,
            encoder,
            workers: thread::available_parallelism().map_or(1, NonZero::get),
            callers: AtomicUsize::new(0),
            rooms: Mutex::default(),
        })
    }

    /// The same model with so many threads at work at once; without this, one for each core.
    #[must_use]
    pub fn with_workers(mut self, workers: NonZero<usize>) -> Self {
        self.workers = workers.get();
        self
    }

    /// What the model is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A hash of all that decides which vector a text gets.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// How many numbers a vector has.
    pub fn dimensions(&self) -> usize {
        self.settings.columns
    }

    /// How many tokens a window has at most, the marks at its ends included.
    pub fn tokens_max(&self) -> usize {
        self.settings.tokens_max
    }

    /// How many tokens a text has, the marks at its ends included, as far as one window goes.
    pub fn tokens(&self, text: &str) -> Result<usize, Error> {
        let windows = self.tokens.windows("", text, Keep::Start)?;
        Ok(windows.iter().map(Vec::len).sum())
    }

    /// The vector of each query; what is too long for one window is passed over.
    pub fn encode_queries(&self, texts: &[&str]) -> Result<Vec<Vector>, Error> {
        let mut tasks = Vec::with_capacity(texts.len());
        for (at, text) in texts.iter().enumerate() {
            tasks.extend(self.tasks(at, &self.settings.prompts.query, text, Keep::Start)?);
        }
        let tokens: usize = tasks.iter().map(|task| task.tokens.len()).sum();
        let caller = Caller::of(&self.callers);
        // Where every core has a caller, more threads only read the weights once more.
        let idle = (self.workers / caller.present).max(1);
        let shares = (tokens / SHARED_TOKENS_MIN).clamp(1, idle);
        let share = tokens.div_ceil(shares);
        let mut parts: Vec<Vec<Task>> = Vec::new();
        let mut filled = share;
        for task in tasks {
            if filled >= share {
                parts.push(Vec::new());
                filled = 0;
            }
            filled += task.tokens.len();
            if let Some(part) = parts.last_mut() {
                part.push(task);
            }
        }
        let mut done = self.encode_parts(parts);
        done.sort_unstable_by_key(|done| done.text);
        Ok(done.into_iter().map(|done| done.vector).collect())
    }

    /// The vectors of each passage, one for each of its windows, in order.
    ///
    /// `progress` hears how many passages are done, and of how many.
    pub fn encode_passages(
        &self,
        texts: &[&str],
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Vec<Vec<Vector>>, Error> {
        let next = AtomicUsize::new(0);
        let (sender, receiver) = channel();
        let mut found: Vec<Vec<Done>> = texts.iter().map(|_| Vec::new()).collect();
        let mut ended = 0;
        let mut failure = None;
        let mut collect = |failure: &mut Option<Error>| {
            let before = ended;
            for done in receiver.try_iter() {
                let done: Done = match done {
                    Ok(done) => done,
                    Err(error) => {
                        *failure = Some(error);
                        continue;
                    }
                };
                let (windows, place) = (done.windows, found.get_mut(done.text));
                if let Some(place) = place {
                    place.push(done);
                    ended += usize::from(place.len() == windows);
                }
            }
            if ended > before {
                progress(ended, texts.len());
            }
        };
        thread::scope(|scope| {
            let mut helpers = Vec::new();
            for _ in 1..self.workers.min(texts.len()) {
                let (sender, next) = (sender.clone(), &next);
                let work = move || self.work(texts, next, &sender, &mut || {});
                // Where the machine gives no more threads, those that there are do the work.
                helpers.extend(thread::Builder::new().spawn_scoped(scope, work));
            }
            self.work(texts, &next, &sender, &mut || collect(&mut failure));
        });
        collect(&mut failure);
        if let Some(error) = failure {
            return Err(error);
        }
        for windows in &mut found {
            windows.sort_unstable_by_key(|done| done.window);
        }
        let vectors = |windows: Vec<Done>| windows.into_iter().map(|done| done.vector).collect();
        Ok(found.into_iter().map(vectors).collect())
    }

    /// Takes texts as long as there are any, and sends their vectors, a batch at a time.
    fn work(
        &self,
        texts: &[&str],
        next: &AtomicUsize,
        sender: &Sender<Result<Done, Error>>,
        after_batch: &mut dyn FnMut(),
    ) {
        let mut room = self.room();
        let mut waiting: Vec<Task> = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(text) = texts.get(at) else { break };
            match self.tasks(at, &self.settings.prompts.passage, text, Keep::All) {
                Ok(tasks) => waiting.extend(tasks),
                Err(error) => {
                    // The others stop too: nothing is left to take.
                    next.store(texts.len(), Ordering::Relaxed);
                    let _ = sender.send(Err(error));
                    break;
                }
            }
            while tokens_of(&waiting) >= BATCH_TOKENS {
                self.send_batch(&mut waiting, &mut room, sender);
                after_batch();
            }
        }
        while !waiting.is_empty() {
            self.send_batch(&mut waiting, &mut room, sender);
            after_batch();
        }
        self.give_back(room);
    }

    /// Encodes the first windows that wait, as many as make a batch.
    fn send_batch(
        &self,
        waiting: &mut Vec<Task>,
        room: &mut Room,
        sender: &Sender<Result<Done, Error>>,
    ) {
        let mut tokens = 0;
        let fits = |task: &&Task| {
            tokens += task.tokens.len();
            tokens <= BATCH_TOKENS
        };
        let count = waiting.iter().take_while(fits).count().max(1);
        for done in self.encode_batch(waiting.drain(..count.min(waiting.len())).collect(), room) {
            // The receiver outlives every sender; there is nobody to tell if it did not.
            let _ = sender.send(Ok(done));
        }
    }

    /// Encodes each part on a thread of its own, the first on this one.
    fn encode_parts(&self, mut parts: Vec<Vec<Task>>) -> Vec<Done> {
        let rest = parts.split_off(parts.len().min(1));
        let mut done = Vec::new();
        thread::scope(|scope| {
            let helpers: Vec<_> =
                rest.into_iter().map(|part| scope.spawn(move || self.encode_part(part))).collect();
            done.extend(parts.into_iter().flat_map(|part| self.encode_part(part)));
            done.extend(helpers.into_iter().filter_map(|helper| helper.join().ok()).flatten());
        });
        done
    }

    fn encode_part(&self, part: Vec<Task>) -> Vec<Done> {
        let mut room = self.room();
        let mut done = Vec::with_capacity(part.len());
        let mut batch = Vec::new();
        for task in part {
            if tokens_of(&batch) + task.tokens.len() > BATCH_TOKENS {
                done.extend(self.encode_batch(std::mem::take(&mut batch), &mut room));
            }
            batch.push(task);
        }
        done.extend(self.encode_batch(batch, &mut room));
        self.give_back(room);
        done
    }

    #[expect(clippy::needless_pass_by_value, reason = "a batch is encoded once")]
    fn encode_batch(&self, batch: Vec<Task>, room: &mut Room) -> Vec<Done> {
        let texts: Vec<&[u32]> = batch.iter().map(|task| task.tokens.as_slice()).collect();
        let rows = self.encoder.encode(&texts, room);
        let done = batch.iter().zip(rows).map(|(task, row)| Done {
            text: task.text,
            window: task.window,
            windows: task.windows,
            vector: Vector::new(row),
        });
        done.collect()
    }

    fn tasks(&self, at: usize, prompt: &str, text: &str, keep: Keep) -> Result<Vec<Task>, Error> {
        let windows = self.tokens.windows(prompt, text, keep)?;
        let count = windows.len();
        let tasks = windows.into_iter().enumerate().map(|(window, tokens)| Task {
            text: at,
            window,
            windows: count,
            tokens,
        });
        Ok(tasks.collect())
    }

    fn room(&self) -> Room {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn give_back(&self, room: Room) {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner).push(room);
    }
}

/// A call that encodes queries, counted as long as it lasts.
struct Caller<'a> {
    count: &'a AtomicUsize,
    /// How many there are, this one included.
    present: usize,
}

impl<'a> Caller<'a> {
    fn of(count: &'a AtomicUsize) -> Self {
        Self { count, present: count.fetch_add(1, Ordering::Relaxed) + 1 }
    }
}

impl Drop for Caller<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

fn tokens_of(tasks: &[Task]) -> usize {
    tasks.iter().map(|task| task.tokens.len()).sum()
}

/// A hash of all that decides which vector a text gets.
fn fingerprint(files: &Files<'_>, settings: &Settings) -> String {
    let pooling = match settings.pooling {
        Pooling::Mean => "mean",
        Pooling::First => "first",
    };
    let positions = match settings.positions {
        Positions::FromNought => "from nought".to_owned(),
        Positions::AfterPadding(padding) => format!("after {padding}"),
    };
    let Settings { heads, epsilon, tokens_max, lower_case, prompts, .. } = settings;
    let words = [&prompts.query, &prompts.passage].map(|prompt| format!("{prompt:?}")).join(" ");
    let settings = format!(
        "{ENCODING}; {pooling}; {positions}; {heads} {epsilon:e} {tokens_max} {lower_case} {words}"
    );
    let mut hash = Sha256::new();
    for part in [settings.as_bytes(), &files.weights, &files.tokenizer] {
        // The length before each part, or two models could differ by where a part ends alone.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
