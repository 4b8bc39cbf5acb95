//! The fields of the index.

use tantivy::schema::{
    FAST, Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};

use crate::index::analyser::{PARTS, WORDS, Words};
use crate::terms::Day;

/// The owner of what is general.
pub(crate) const GENERAL: &str = "";

/// The fields, by name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    pub(crate) id: Field,
    pub(crate) document: Field,
    pub(crate) owner: Field,
    pub(crate) kind: Field,
    pub(crate) system: Field,
    pub(crate) from: Field,
    pub(crate) until: Field,
    pub(crate) text: Field,
    pub(crate) head: Field,
    pub(crate) parts: Field,
    pub(crate) body: Field,
    pub(crate) stems: Field,
}

/// The schema and its fields.
pub(crate) fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let words = |tokenizer: &str| {
        TextOptions::default().set_indexing_options(
            TextFieldIndexing::default()
                .set_tokenizer(tokenizer)
                .set_index_option(IndexRecordOption::WithFreqs),
        )
    };
    let fields = Fields {
        id: builder.add_text_field("id", STRING),
        document: builder.add_text_field("document", STRING),
        owner: builder.add_text_field("owner", STRING),
        kind: builder.add_text_field("kind", STRING),
        system: builder.add_text_field("system", STRING),
        from: builder.add_i64_field("from", FAST),
        until: builder.add_i64_field("until", FAST),
        text: builder.add_text_field("text", words(WORDS)),
        head: builder.add_text_field("head", words(WORDS)),
        parts: builder.add_text_field("parts", words(PARTS)),
        body: builder.add_text_field("body", STORED),
        stems: builder.add_text_field("stems", STORED),
    };
    (builder.build(), fields)
}

/// Registers the analyser under the names that the schema uses.
pub(crate) fn register(index: &tantivy::Index) {
    index.tokenizers().register(WORDS, Words);
    index.tokenizers().register(PARTS, crate::index::analyser::Parts);
}

/// A day as a number that sorts as days do: 20251015.
pub(crate) fn day_number(day: Day) -> i64 {
    i64::from(day.year()) * 10_000 + i64::from(day.month()) * 100 + i64::from(day.day())
}
