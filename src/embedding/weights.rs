//! Tensors taken from a safetensors file, checked, as numbers.

use std::borrow::Cow;

use candle_core::safetensors::SliceSafetensors;
use candle_core::{DType, Device, Tensor};

use crate::embedding::Error;

/// What is subtracted from a value of the 8-bit form before its row's scale is applied.
const BYTE_OF_NOUGHT: f32 = 128.0;
/// The end of the name of what every model has, by which the prefix of all names is found.
const WORDS: &str = "embeddings.word_embeddings.weight";

/// The tensors of a model.
pub(crate) struct Weights<'a> {
    model: &'a str,
    tensors: SliceSafetensors<'a>,
    /// What stands before every name: nothing, `bert.` or `roberta.`.
    prefix: String,
    /// The same bytes where they are part of the program, and those that were given.
    lasting: Option<(&'static [u8], &'a [u8])>,
}

/// A matrix that is only looked up, row by row.
#[derive(Debug)]
pub(crate) enum Table {
    /// As it is.
    Whole {
        /// Row after row.
        values: Vec<f32>,
    },
    /// In 8 bits, which keeps a large vocabulary small in memory.
    Bytes {
        /// Row after row.
        values: Cow<'static, [u8]>,
        /// One for each row.
        scales: Vec<f32>,
    },
}

impl Table {
    /// Copies a row.
    pub(crate) fn copy_row(&self, at: usize, onto: &mut [f32]) {
        let columns = onto.len();
        let range = at * columns..(at + 1) * columns;
        match self {
            Self::Whole { values } => {
                for (place, value) in onto.iter_mut().zip(values.get(range).unwrap_or(&[])) {
                    *place = *value;
                }
            }
            Self::Bytes { values, scales } => {
                let scale = scales.get(at).copied().unwrap_or_default();
                for (place, value) in onto.iter_mut().zip(values.get(range).unwrap_or(&[])) {
                    *place = (f32::from(*value) - BYTE_OF_NOUGHT) * scale;
                }
            }
        }
    }
}

impl<'a> Weights<'a> {
    /// Opens the weights of a model.
    pub(crate) fn of(model: &'a str, bytes: &'a [u8]) -> Result<Self, Error> {
        let damaged = |error: &candle_core::Error| Error::Damaged {
            model: model.to_owned(),
            detail: first_line(error),
        };
        let tensors = SliceSafetensors::new(bytes).map_err(|error| damaged(&error))?;
        let names = tensors.tensors();
        let prefix = names.iter().find_map(|(name, _)| name.strip_suffix(WORDS));
        let prefix = prefix.map(str::to_owned).ok_or_else(|| Error::MissingTensor {
            model: model.to_owned(),
            tensor: WORDS.to_owned(),
        })?;
        Ok(Self { model, tensors, prefix, lasting: None })
    }

    /// That the bytes are part of the program, so that what is only looked up stays where it is.
    #[must_use]
    pub(crate) fn lasting(mut self, given: &'a [u8], lasting: Option<&'static [u8]>) -> Self {
        self.lasting = lasting.map(|lasting| (lasting, given));
        self
    }

    /// The bytes of a tensor where they are part of the program.
    fn lasting_bytes(&self, name: &str) -> Option<&'static [u8]> {
        let (lasting, given) = self.lasting?;
        let view = self.tensors.get(&format!("{}{name}", self.prefix)).ok()?;
        let at = (view.data().as_ptr() as usize).checked_sub(given.as_ptr() as usize)?;
        lasting.get(at..at.checked_add(view.data().len())?)
    }

    /// How many rows the table of tokens has.
    pub(crate) fn token_rows(&self) -> Result<usize, Error> {
        let name = format!("{}{WORDS}", self.prefix);
        let view = self.tensors.get(&name).map_err(|error| self.damaged(&error))?;
        Ok(view.shape().first().copied().unwrap_or_default())
    }

    /// A matrix that is only looked up.
    pub(crate) fn table(&self, name: &str, shape: [usize; 2]) -> Result<Table, Error> {
        let tensor = self.tensor(&format!("{name}.weight"), &shape)?;
        if tensor.dtype() != DType::U8 {
            return Ok(Table::Whole { values: self.numbers(name, &tensor)? });
        }
        let scales = self.vector(&format!("{name}.weight_scale"), shape[0])?;
        if let Some(values) = self.lasting_bytes(&format!("{name}.weight")) {
            return Ok(Table::Bytes { values: Cow::Borrowed(values), scales });
        }
        let values = tensor.flatten_all().and_then(|flat| flat.to_vec1::<u8>());
        let values = Cow::Owned(values.map_err(|error| self.damaged(&error))?);
        Ok(Table::Bytes { values, scales })
    }

    /// A matrix, row after row.
    pub(crate) fn matrix(&self, name: &str, shape: [usize; 2]) -> Result<Vec<f32>, Error> {
        match self.table(name, shape)? {
            Table::Whole { values } => Ok(values),
            table @ Table::Bytes { .. } => {
                let [rows, columns] = shape;
                let mut values = vec![0.0; rows * columns];
                for (at, row) in values.chunks_exact_mut(columns).enumerate() {
                    table.copy_row(at, row);
                }
                Ok(values)
            }
        }
    }

    /// A row of numbers.
    pub(crate) fn vector(&self, name: &str, length: usize) -> Result<Vec<f32>, Error> {
        let tensor = self.tensor(name, &[length])?;
        self.numbers(name, &tensor)
    }

    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, Error> {
        let full = format!("{}{name}", self.prefix);
        let Ok(view) = self.tensors.get(&full) else {
            return Err(Error::MissingTensor { model: self.model.to_owned(), tensor: full });
        };
        if view.shape() != shape {
            return Err(Error::Shape {
                model: self.model.to_owned(),
                tensor: full,
                found: view.shape().to_vec(),
                wanted: shape.to_vec(),
            });
        }
        self.tensors.load(&full, &Device::Cpu).map_err(|error| self.damaged(&error))
    }

    fn numbers(&self, name: &str, tensor: &Tensor) -> Result<Vec<f32>, Error> {
        let flat = tensor.to_dtype(DType::F32).and_then(|tensor| tensor.flatten_all());
        let values = flat.and_then(|flat| flat.to_vec1::<f32>());
        let values = values.map_err(|error| self.damaged(&error))?;
        if values.iter().all(|value| value.is_finite()) {
            return Ok(values);
        }
        Err(Error::NotFinite {
            model: self.model.to_owned(),
            tensor: format!("{}{name}", self.prefix),
        })
    }

    fn damaged(&self, error: &candle_core::Error) -> Error {
        Error::Damaged { model: self.model.to_owned(), detail: first_line(error) }
    }
}

/// What an error says, without the trace that may follow.
fn first_line(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
