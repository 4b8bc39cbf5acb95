//! Shapes of the specification that no type of the program has.

use std::borrow::Cow;

use utoipa::openapi::schema::{AnyOfBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::http::request::PARAMETER_CHARS_MAX;
use crate::sources::Kind;
use crate::terms::System;

/// A day as text; an empty text is no day, because forms send their empty fields too.
pub(crate) struct DayText;

impl PartialSchema for DayText {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let day = text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)));
        let either = AnyOfBuilder::new().item(day).item(text().max_length(Some(0)));
        Schema::AnyOf(either.build()).into()
    }
}

impl ToSchema for DayText {
    fn name() -> Cow<'static, str> {
        "DayText".into()
    }
}

/// The name of a kind of source, or nothing.
pub(crate) struct KindName;

impl PartialSchema for KindName {
    fn schema() -> RefOr<Schema> {
        one_of(Kind::ALL.map(Kind::value).to_vec())
    }
}

impl ToSchema for KindName {
    fn name() -> Cow<'static, str> {
        "KindName".into()
    }
}

/// The name of a system, or nothing.
pub(crate) struct SystemName;

impl PartialSchema for SystemName {
    fn schema() -> RefOr<Schema> {
        one_of(System::ALL.map(System::name).to_vec())
    }
}

fn one_of(mut names: Vec<&'static str>) -> RefOr<Schema> {
    names.push("");
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).build().into()
}

impl ToSchema for SystemName {
    fn name() -> Cow<'static, str> {
        "SystemName".into()
    }
}

/// A text of at most [`PARAMETER_CHARS_MAX`] characters.
pub(crate) struct ShortText;

impl PartialSchema for ShortText {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        text.max_length(Some(PARAMETER_CHARS_MAX)).build().into()
    }
}

impl ToSchema for ShortText {
    fn name() -> Cow<'static, str> {
        "ShortText".into()
    }
}
