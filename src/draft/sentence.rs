//! A sentence of a reply. It cannot be made without what supports it.

use std::ops::Range;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use crate::draft::phrases::Phrase;
use crate::passages::PassageId;
use crate::retrieval::Hit;
use crate::terms::Day;

/// A quote and the passage it stands in, letter for letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Citation {
    passage_id: PassageId,
    quote: String,
}

impl Citation {
    /// The part of a hit's text at this range; nothing if there is no such part.
    pub fn of(hit: &Hit, range: Range<usize>) -> Option<Self> {
        let quote = hit.text.get(range).filter(|quote| !quote.trim().is_empty())?;
        Some(Self { passage_id: hit.passage_id.clone(), quote: quote.to_owned() })
    }

    /// The passage.
    pub fn passage_id(&self) -> &PassageId {
        &self.passage_id
    }

    /// The quote.
    pub fn quote(&self) -> &str {
        &self.quote
    }
}

/// One citation or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citations {
    first: Citation,
    rest: Vec<Citation>,
}

impl Citations {
    /// The citations of a sentence; there is no empty form.
    pub fn new(first: Citation, rest: Vec<Citation>) -> Self {
        Self { first, rest }
    }

    /// Every citation.
    pub fn iter(&self) -> impl Iterator<Item = &Citation> {
        std::iter::once(&self.first).chain(&self.rest)
    }
}

/// A day that a named rule gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Computation {
    /// The rule.
    pub rule: String,
    /// The day from which it counts, told by the inquiry.
    pub start: Day,
    /// The day that it gives.
    pub day: Day,
    /// The passage that states it.
    pub citations: Citations,
}

/// What a sentence rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Support {
    /// Quotes from passages.
    Cited(Citations),
    /// A fixed phrase of `prompts/`, by name.
    Phrase(&'static str),
    /// A named rule, worked out from the inquiry, with the passage that states it.
    Computed(Computation),
    /// The inquiry's own words, by their place in its body.
    Inquiry(Range<usize>),
}

/// A sentence of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    id: String,
    text: String,
    support: Support,
}

impl Sentence {
    /// A sentence that is its own quote.
    pub fn quoted(id: String, citation: Citation) -> Self {
        let text = citation.quote.clone();
        Self { id, text, support: Support::Cited(Citations::new(citation, Vec::new())) }
    }

    /// A sentence in other words than its quotes.
    ///
    /// The gate of [`crate::draft::Check`] says whether they support it.
    pub fn rewritten(id: String, text: String, citations: Citations) -> Self {
        Self { id, text, support: Support::Cited(citations) }
    }

    /// A fixed phrase.
    pub fn phrase(id: String, phrase: &Phrase) -> Self {
        Self { id, text: phrase.text().to_owned(), support: Support::Phrase(phrase.name()) }
    }

    /// The same under another id.
    #[must_use]
    pub(crate) fn named(self, id: String) -> Self {
        Self { id, ..self }
    }

    /// A sentence that tells a day by a rule.
    pub fn computed(id: String, text: String, computation: Computation) -> Self {
        Self { id, text, support: Support::Computed(computation) }
    }

    /// Its id within the draft.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it rests on.
    pub fn support(&self) -> &Support {
        &self.support
    }

    /// Its citations; none for phrases and the inquiry's own words.
    pub fn citations(&self) -> Vec<&Citation> {
        match &self.support {
            Support::Cited(citations) | Support::Computed(Computation { citations, .. }) => {
                citations.iter().collect()
            }
            Support::Phrase(_) | Support::Inquiry(_) => Vec::new(),
        }
    }
}

impl Serialize for Sentence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (support, rule) = match &self.support {
            Support::Cited(_) => ("cited", None),
            Support::Phrase(name) => ("phrase", Some((*name).to_owned())),
            Support::Computed(computation) => ("computed", Some(computation.rule.clone())),
            Support::Inquiry(_) => ("inquiry", None),
        };
        let mut shape = serializer.serialize_struct("Sentence", 5)?;
        shape.serialize_field("id", &self.id)?;
        shape.serialize_field("text", &self.text)?;
        shape.serialize_field("support", support)?;
        shape.serialize_field("citations", &self.citations())?;
        shape.serialize_field("rule", &rule)?;
        shape.end()
    }
}

/// How a sentence is written in JSON.
#[derive(utoipa::ToSchema)]
#[schema(as = Sentence)]
#[expect(dead_code, reason = "only its shape is used, for the OpenAPI description")]
struct SentenceShape {
    /// Its id within the draft.
    id: String,
    /// Its text.
    text: String,
    /// `cited`, `phrase`, `computed` or `inquiry`.
    support: String,
    /// The quotes that it rests on.
    citations: Vec<Citation>,
    /// The phrase or the dated rule.
    rule: Option<String>,
}

impl utoipa::PartialSchema for Sentence {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        SentenceShape::schema()
    }
}

impl utoipa::ToSchema for Sentence {
    fn name() -> std::borrow::Cow<'static, str> {
        "Sentence".into()
    }

    fn schemas(
        schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>)>,
    ) {
        SentenceShape::schemas(schemas);
    }
}
