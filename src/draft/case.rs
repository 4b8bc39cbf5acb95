//! What is known before a draft is made.

use crate::draft::DayFrom;
use crate::inquiry::{Inquiry, Reading};
use crate::terms::Scope;

/// An inquiry with all that was found out about it before drafting.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// What the customer sent.
    pub inquiry: &'a Inquiry,
    /// The inquiry, read.
    pub reading: &'a Reading,
    /// Who asks, for whom, on which day.
    pub scope: &'a Scope,
    /// Where the day came from.
    pub day_from: DayFrom,
    /// Known names that look like the institution's, where it is not in the register.
    pub near_names: Option<&'a [String]>,
    /// What is known of the draft before it is made.
    pub brief: Brief<'a>,
}

/// What is known of a draft before it is made.
#[derive(Debug, Clone, Copy, Default)]
pub struct Brief<'a> {
    /// What a person asks to be heeded when the reply is made again; searched for beside every
    /// question, and never a part of the reply.
    pub hint: Option<&'a str>,
    /// Whether the draft is kept, for a person to decide on.
    pub kept: bool,
}
