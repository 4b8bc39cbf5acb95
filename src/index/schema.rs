//! The fields of the index.

use tantivy::schema::{
    FAST, Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};

use crate::index::analyser::{WRITTEN, Written};

/// The owner of what is general.
pub(crate) const GENERAL: &str = "";
/// The name of the field with a passage's number in its document.
pub(crate) const ORDINAL: &str = "ordinal";

/// The fields, by name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    pub(crate) id: Field,
    pub(crate) document: Field,
    pub(crate) owner: Field,
    pub(crate) ordinal: Field,
    pub(crate) text: Field,
    pub(crate) head: Field,
    pub(crate) body: Field,
}

/// The schema and its fields.
pub(crate) fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let words = || {
        TextOptions::default().set_indexing_options(
            TextFieldIndexing::default()
                .set_tokenizer(WRITTEN)
                .set_index_option(IndexRecordOption::WithFreqs),
        )
    };
    let fields = Fields {
        id: builder.add_text_field("id", STRING),
        document: builder.add_text_field("document", STRING),
        owner: builder.add_text_field("owner", STRING),
        ordinal: builder.add_u64_field(ORDINAL, FAST),
        text: builder.add_text_field("text", words()),
        head: builder.add_text_field("head", words()),
        body: builder.add_text_field("body", STORED),
    };
    (builder.build(), fields)
}

/// Registers the analyser under the name that the schema uses.
pub(crate) fn register(index: &tantivy::Index) {
    index.tokenizers().register(WRITTEN, Written);
}
