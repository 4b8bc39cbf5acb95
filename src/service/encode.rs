//! The embedding model that the settings name, and the encoding of what is indexed.

use std::num::NonZero;
use std::path::Path;

use crate::config::{Config, ModelChoice};
use crate::embedding::{Files, Model};
use crate::index::{Encoded, Encoding, SentenceEncoding, drop_vectors};
use crate::retrieval::{Encoder, sentence_texts};
use crate::service::{Error, Service};

/// Passages that are handed to the model at once.
const PORTION: usize = 256;
/// Passages after which what is encoded so far is saved, so that a run that is stopped goes on
/// from there.
const SAVED_EVERY: usize = 8192;

/// How many threads encode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// One for each core.
    Full,
    /// One, so that a service can answer meanwhile.
    Beside,
}

/// The model that the settings name; none if vectors are switched off.
pub(crate) fn encoder(config: &Config, pace: Pace) -> Result<Option<Encoder>, Error> {
    let files = match config.model_choice() {
        ModelChoice::None => return Ok(None),
        ModelChoice::Shipped => Files::shipped(),
        ModelChoice::Folder(folder) => Files::read(Path::new(folder))?,
    };
    let model = Model::load(&files)?;
    let model = match pace {
        Pace::Full => model,
        Pace::Beside => model.with_workers(NonZero::<usize>::MIN),
    };
    Ok(Some(Encoder::of(model)))
}

impl Service {
    /// Whether every passage has a vector of the model that the settings name.
    pub fn has_vectors(&self) -> bool {
        let Ok(snapshot) = self.snapshot() else { return false };
        snapshot.vectors().is_ok()
            && self.means(&snapshot).is_ok_and(|means| means.encoder.is_some())
    }
}

/// Gives every passage of the index its vectors; those of unchanged text are kept.
///
/// `progress` hears how many passages are done, and of how many. None if all had theirs, or if
/// the settings name no model.
pub fn encode(
    config: &Config,
    pace: Pace,
    progress: &dyn Fn(usize, usize),
) -> Result<Option<Encoded>, Error> {
    let Some(encoder) = encoder(config, pace)? else {
        drop_vectors(&config.data)?;
        return Ok(None);
    };
    let done = encode_passages(config, &encoder, progress)?;
    encode_sentences(config, &encoder, progress)?;
    Ok(done)
}

fn encode_passages(
    config: &Config,
    encoder: &Encoder,
    progress: &dyn Fn(usize, usize),
) -> Result<Option<Encoded>, Error> {
    let Some(mut encoding) = Encoding::begin(&config.data, &encoder.id)? else { return Ok(None) };
    let mut missing = encoding.missing();
    let of = missing.len();
    // Texts of like length share a batch; the longest come first, so that the time left is not
    // promised too short.
    missing.sort_by_key(|missing| std::cmp::Reverse(missing.bytes));
    let mut done = 0;
    for portion in missing.chunks(PORTION) {
        let texts: Vec<String> =
            portion.iter().map(|one| encoding.text(one)).collect::<Result<_, _>>()?;
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut tell = |part: usize, _: usize| progress(done + part, of);
        let vectors = encoder.model.encode_passages(&texts, &mut tell)?;
        for (one, windows) in portion.iter().zip(vectors) {
            let windows: Vec<Vec<f32>> =
                windows.iter().map(|window| window.values().to_vec()).collect();
            encoding.put(one, &windows)?;
        }
        let before = done / SAVED_EVERY;
        done += portion.len();
        progress(done, of);
        if done / SAVED_EVERY > before && done < of {
            encoding.save()?;
        }
    }
    Ok(Some(encoding.save()?))
}

/// Gives every sentence of the index its vector. Searches do not wait for them: until all are
/// there, sentences are weighed by words alone.
fn encode_sentences(
    config: &Config,
    encoder: &Encoder,
    progress: &dyn Fn(usize, usize),
) -> Result<(), Error> {
    let begun = SentenceEncoding::begin(&config.data, &encoder.id, &sentence_texts)?;
    let Some(mut encoding) = begun else { return Ok(()) };
    let mut missing = encoding.missing();
    let of = missing.len();
    missing.sort_by_key(|text| std::cmp::Reverse(text.len()));
    let mut done = 0;
    for portion in missing.chunks(PORTION) {
        let texts: Vec<&str> = portion.iter().map(String::as_str).collect();
        let mut tell = |part: usize, _: usize| progress(done + part, of);
        let vectors = encoder.model.encode_passages(&texts, &mut tell)?;
        for (text, windows) in portion.iter().zip(vectors) {
            // What is longer than a window is no sentence; its beginning stands for it.
            if let Some(first) = windows.first() {
                encoding.put(text, first.values())?;
            }
        }
        let before = done / SAVED_EVERY;
        done += portion.len();
        progress(done, of);
        if done / SAVED_EVERY > before && done < of {
            encoding.save()?;
        }
    }
    encoding.save()?;
    Ok(())
}
