//! The layers of BERT and XLM-RoBERTa, run over several texts at once without padding.
//!
//! The texts of a batch lie one after the other in one matrix, so that no work goes to places that
//! hold nothing; only attention sees where one text ends.

use crate::embedding::Error;
use crate::embedding::attention::{self, Heads, attend};
use crate::embedding::matrix::{Finish, Matrix, Norm};
use crate::embedding::panels::Strips;
use crate::embedding::settings::{Pooling, Positions, Settings};
use crate::embedding::weights::{Table, Weights};

/// The layers of a model.
#[derive(Debug)]
pub(crate) struct Encoder {
    words: Table,
    /// A row for each position, with what is added to every token.
    positions: Vec<f32>,
    counted: Positions,
    norm: Norm,
    layers: Vec<Layer>,
    heads: Heads,
    pooling: Pooling,
}

#[derive(Debug)]
struct Layer {
    /// Queries, keys and values in one product.
    mixed: Matrix,
    taken: Matrix,
    taken_norm: Norm,
    wide: Matrix,
    narrow: Matrix,
    narrow_norm: Norm,
}

/// Memory that is used again for every batch.
#[derive(Debug, Default)]
pub(crate) struct Room {
    tokens: Vec<f32>,
    mixed: Vec<f32>,
    taken: Vec<f32>,
    wide: Vec<f32>,
    strips: Strips,
    attention: attention::Room,
}

impl Encoder {
    /// Takes the weights that the settings ask for.
    pub(crate) fn of(settings: &Settings, weights: &Weights<'_>) -> Result<Self, Error> {
        let columns = settings.columns;
        let heads = Heads { count: settings.heads, width: columns / settings.heads };
        let kinds =
            weights.matrix("embeddings.token_type_embeddings", [settings.kinds, columns])?;
        let mut positions =
            weights.matrix("embeddings.position_embeddings", [settings.position_rows, columns])?;
        // Every token is of the first kind; the second is for pairs of texts.
        for row in positions.chunks_exact_mut(columns) {
            for (place, value) in row.iter_mut().zip(&kinds) {
                *place += *value;
            }
        }
        let layers = (0..settings.layers).map(|at| Layer::of(settings, weights, heads, at));
        Ok(Self {
            words: weights.table("embeddings.word_embeddings", [settings.vocabulary, columns])?,
            positions,
            counted: settings.positions,
            norm: norm(settings, weights, "embeddings.LayerNorm")?,
            layers: layers.collect::<Result<_, _>>()?,
            heads,
            pooling: settings.pooling,
        })
    }

    /// The pooled row of each text, in order, not yet brought to length one.
    pub(crate) fn encode(&self, texts: &[&[u32]], room: &mut Room) -> Vec<Vec<f32>> {
        let columns = self.heads.columns();
        let lengths: Vec<usize> = texts.iter().map(|text| text.len()).collect();
        let count: usize = lengths.iter().sum();
        for (place, width) in [
            (&mut room.tokens, columns),
            (&mut room.mixed, 3 * columns),
            (&mut room.taken, columns),
        ] {
            place.resize(count * width, 0.0);
        }
        self.look_up(texts, &mut room.tokens);
        self.norm.apply(&mut room.tokens);
        for layer in &self.layers {
            layer.run(self.heads, &lengths, room);
        }
        let mut rows = room.tokens.chunks_exact(columns);
        lengths.iter().map(|length| self.pool(rows.by_ref().take(*length))).collect()
    }

    fn look_up(&self, texts: &[&[u32]], onto: &mut [f32]) {
        let columns = self.heads.columns();
        let mut rows = onto.chunks_exact_mut(columns);
        for text in texts {
            let mut next = 0;
            for (token, row) in text.iter().zip(rows.by_ref()) {
                let token = usize::try_from(*token).unwrap_or(usize::MAX);
                let position = match self.counted {
                    Positions::AfterPadding(padding) if token == padding => padding,
                    Positions::AfterPadding(padding) => padding + 1 + next,
                    Positions::FromNought => next,
                };
                next += usize::from(self.counted != Positions::AfterPadding(token));
                self.words.copy_row(token, row);
                let position = self.positions.get(position * columns..).unwrap_or(&[]);
                for (place, value) in row.iter_mut().zip(position) {
                    *place += *value;
                }
            }
        }
    }

    fn pool<'a>(&self, mut rows: impl Iterator<Item = &'a [f32]>) -> Vec<f32> {
        let mut pooled = rows.next().unwrap_or(&[]).to_vec();
        if self.pooling == Pooling::Mean {
            let mut count = 1.0;
            for row in rows {
                count += 1.0;
                for (sum, value) in pooled.iter_mut().zip(row) {
                    *sum += *value;
                }
            }
            for sum in &mut pooled {
                *sum /= count;
            }
        } else {
            // The rows of this text must be passed over for those of the next to come.
            rows.for_each(drop);
        }
        pooled
    }
}

impl Layer {
    fn of(
        settings: &Settings,
        weights: &Weights<'_>,
        heads: Heads,
        at: usize,
    ) -> Result<Self, Error> {
        let (columns, between) = (settings.columns, settings.columns_between);
        let name = |part: &str| format!("encoder.layer.{at}.{part}");
        let linear = |part: &str, inputs, outputs| {
            let name = name(part);
            let rows = weights.matrix(&name, [outputs, inputs])?;
            Ok((rows, weights.vector(&format!("{name}.bias"), outputs)?))
        };
        let matrix = |part: &str, inputs, outputs| {
            linear(part, inputs, outputs).map(|(rows, bias)| Matrix::new(&rows, &bias, inputs))
        };
        let (mut rows, mut bias) = linear("attention.self.query", columns, columns)?;
        // Scores are divided by the root of a head's width; here that costs nothing.
        let scale = 1.0 / (heads.width as f32).sqrt();
        for value in rows.iter_mut().chain(&mut bias) {
            *value *= scale;
        }
        for part in ["attention.self.key", "attention.self.value"] {
            let (more_rows, more_bias) = linear(part, columns, columns)?;
            rows.extend(more_rows);
            bias.extend(more_bias);
        }
        Ok(Self {
            mixed: Matrix::new(&rows, &bias, columns),
            taken: matrix("attention.output.dense", columns, columns)?,
            taken_norm: norm(settings, weights, &name("attention.output.LayerNorm"))?,
            wide: matrix("intermediate.dense", columns, between)?,
            narrow: matrix("output.dense", between, columns)?,
            narrow_norm: norm(settings, weights, &name("output.LayerNorm"))?,
        })
    }

    fn run(&self, heads: Heads, lengths: &[usize], room: &mut Room) {
        let Room { tokens, mixed, taken, wide, strips, attention } = room;
        self.mixed.apply(tokens, mixed, Finish::Set, strips);
        attend(heads, lengths, mixed, taken, attention);
        self.taken.apply(taken, tokens, Finish::Add, strips);
        self.taken_norm.apply(tokens);
        wide.resize(tokens.len() / self.wide.inputs() * self.wide.outputs(), 0.0);
        self.wide.apply(tokens, wide, Finish::Gelu, strips);
        self.narrow.apply(wide, tokens, Finish::Add, strips);
        self.narrow_norm.apply(tokens);
    }
}

fn norm(settings: &Settings, weights: &Weights<'_>, name: &str) -> Result<Norm, Error> {
    Ok(Norm {
        weight: weights.vector(&format!("{name}.weight"), settings.columns)?,
        bias: weights.vector(&format!("{name}.bias"), settings.columns)?,
        epsilon: settings.epsilon,
    })
}
