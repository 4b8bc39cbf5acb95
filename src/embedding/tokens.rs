//! Texts cut into the tokens that a model knows, in windows that it can take.

use tokenizers::Tokenizer;

use crate::embedding::settings::Settings;
use crate::embedding::{Error, Files};

/// Of a window, one part in so many stands in the next window too, so that a sentence that is cut
/// by the end of one is whole in the other: 31 of 126 tokens are some twenty Danish words.
const OVERLAP: usize = 4;

/// How much of a text is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// What fits the model; the rest is passed over.
    Start,
    /// All of it, in as many windows as it takes.
    All,
}

/// The tokenizer of a model, and what it sets around a text.
#[derive(Debug)]
pub(crate) struct Tokens {
    model: String,
    tokenizer: Tokenizer,
    before: Vec<u32>,
    after: Vec<u32>,
    /// The most tokens a text may have between the marks.
    width: usize,
    lower_case: bool,
}

impl Tokens {
    /// Reads the tokenizer of a model whose weights know `rows` tokens.
    pub(crate) fn of(files: &Files<'_>, settings: &Settings, rows: usize) -> Result<Self, Error> {
        let failed = |detail| Error::Tokenizer { model: files.name.clone(), detail };
        let mut tokenizer =
            Tokenizer::from_bytes(&files.tokenizer).map_err(|error| failed(error.to_string()))?;
        tokenizer.with_truncation(None).map_err(|error| failed(error.to_string()))?;
        tokenizer.with_padding(None);
        let highest = tokenizer.get_vocab(true).into_values().max().unwrap_or_default();
        let highest = usize::try_from(highest).unwrap_or(usize::MAX);
        if highest >= rows {
            return Err(Error::Vocabulary { model: files.name.clone(), id: highest, rows });
        }
        let mut tokens = Self {
            model: files.name.clone(),
            tokenizer,
            before: Vec::new(),
            after: Vec::new(),
            width: 0,
            lower_case: settings.lower_case,
        };
        (tokens.before, tokens.after) = tokens.marks()?;
        let marks = tokens.before.len() + tokens.after.len();
        tokens.width = settings.tokens_max.saturating_sub(marks);
        if tokens.width == 0 {
            return Err(failed(format!(
                "a text may have {} tokens, and the marks around it take {marks}",
                settings.tokens_max
            )));
        }
        Ok(tokens)
    }

    /// The tokens that the tokenizer sets before and after every text.
    fn marks(&self) -> Result<(Vec<u32>, Vec<u32>), Error> {
        // Any text will do that has a token in every vocabulary.
        const TEXT: &str = "a";
        let (plain, marked) = (self.numbers(TEXT)?, self.tokenizer.encode_fast(TEXT, true));
        let marked = marked.map_err(|error| self.failed(TEXT, &error))?;
        let marked = marked.get_ids();
        let found = marked.windows(plain.len().max(1)).position(|window| window == plain);
        let split = found.and_then(|at| {
            Some((marked.get(..at)?.to_vec(), marked.get(at + plain.len()..)?.to_vec()))
        });
        split.ok_or_else(|| Error::Tokenizer {
            model: self.model.clone(),
            detail: "it has no token for the letter a, or changes texts when it marks their ends"
                .to_owned(),
        })
    }

    /// The numbers of a text's tokens, without marks.
    fn numbers(&self, text: &str) -> Result<Vec<u32>, Error> {
        let encoding = if self.lower_case {
            self.tokenizer.encode_fast(text.to_lowercase(), false)
        } else {
            self.tokenizer.encode_fast(text, false)
        };
        Ok(encoding.map_err(|error| self.failed(text, &error))?.get_ids().to_vec())
    }

    fn failed(&self, text: &str, error: &tokenizers::Error) -> Error {
        Error::Text { model: self.model.clone(), bytes: text.len(), detail: error.to_string() }
    }

    /// A text behind its prompt as windows of tokens, marks included; there is always one.
    pub(crate) fn windows(
        &self,
        prompt: &str,
        text: &str,
        keep: Keep,
    ) -> Result<Vec<Vec<u32>>, Error> {
        let mut numbers = if prompt.is_empty() {
            self.numbers(text)?
        } else {
            self.numbers(&format!("{prompt}{text}"))?
        };
        if keep == Keep::Start {
            numbers.truncate(self.width);
        }
        if numbers.len() <= self.width {
            return Ok(vec![self.marked(&[&numbers])]);
        }
        // The prompt stands before every window; what of it melts into the text stays with the text.
        let alone = if prompt.is_empty() { Vec::new() } else { self.numbers(prompt)? };
        let same = alone.iter().zip(&numbers).take_while(|(a, b)| a == b).count();
        let same = if same * 2 < self.width { same } else { 0 };
        let (head, rest) = numbers.split_at_checked(same).unwrap_or((&[], &numbers));
        let cut = cut(rest.len(), self.width - head.len());
        let windows = cut.into_iter().filter_map(|range| rest.get(range));
        Ok(windows.map(|window| self.marked(&[head, window])).collect())
    }

    fn marked(&self, parts: &[&[u32]]) -> Vec<u32> {
        let mut marked = self.before.clone();
        for part in parts {
            marked.extend_from_slice(part);
        }
        marked.extend_from_slice(&self.after);
        marked
    }
}

/// Equal windows over so many tokens, each overlapping the next.
fn cut(length: usize, width: usize) -> Vec<std::ops::Range<usize>> {
    let overlap = width / OVERLAP;
    let count = length.saturating_sub(overlap).div_ceil(width - overlap).max(1);
    let width = (length + (count - 1) * overlap).div_ceil(count);
    let windows = (0..count).map(|at| at * (width - overlap));
    windows.map(|start| start..(start + width).min(length)).collect()
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn windows_cover_a_text_and_overlap() {
        for width in 1..40 {
            for length in width + 1..300 {
                let windows = cut(length, width);
                assert_eq!(windows.first().unwrap().start, 0);
                assert_eq!(windows.last().unwrap().end, length, "{length} in {width}: {windows:?}");
                for window in &windows {
                    assert!(window.len() <= width && !window.is_empty(), "{length} in {width}");
                }
                for pair in windows.windows(2) {
                    let shared = pair[0].end.saturating_sub(pair[1].start);
                    assert_eq!(shared, width / super::OVERLAP, "{length} in {width}: {windows:?}");
                }
            }
        }
    }
}
