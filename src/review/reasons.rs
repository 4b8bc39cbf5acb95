//! Why a person rejects a draft.

use serde::{Deserialize, Serialize};

use crate::review::texts::texts;

/// Characters of what a person writes about a rejection.
pub const TEXT_CHARS_MAX: usize = 2_000;

/// What is wrong with a draft.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// What it says is wrong.
    Wrong,
    /// It does not answer all that is asked.
    Incomplete,
    /// It quotes a source that is about something else.
    WrongSource,
    /// It quotes a source that no longer holds.
    OutdatedSource,
    /// It does not follow the institution's drejebog.
    IgnoresDrejebog,
    /// It meets the customer in the wrong way.
    WrongTone,
    /// The inquiry is for somebody else.
    NotOurs,
    /// Something that the person's own words say.
    Other,
}

impl Reason {
    /// Every reason, in the order in which people choose among them.
    pub const ALL: [Self; 8] = [
        Self::Wrong,
        Self::Incomplete,
        Self::WrongSource,
        Self::OutdatedSource,
        Self::IgnoresDrejebog,
        Self::WrongTone,
        Self::NotOurs,
        Self::Other,
    ];

    /// Its stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Incomplete => "incomplete",
            Self::WrongSource => "wrong_source",
            Self::OutdatedSource => "outdated_source",
            Self::IgnoresDrejebog => "ignores_drejebog",
            Self::WrongTone => "wrong_tone",
            Self::NotOurs => "not_ours",
            Self::Other => "other",
        }
    }

    /// What it is called, in Danish.
    pub fn label(self) -> &'static str {
        texts().reasons.of(self.code())
    }

    /// The reason with this code.
    pub fn parse(code: &str) -> Result<Self, ReasonError> {
        let found = Self::ALL.into_iter().find(|reason| reason.code() == code);
        found.ok_or_else(|| ReasonError::Unknown { code: code.to_owned() })
    }
}

/// Why something is no rejection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReasonError {
    /// A code is none that there is.
    #[error("`{code}` is no reason; there are: {}", codes())]
    Unknown {
        /// The code.
        code: String,
    },
    /// No reason is given.
    #[error("a rejection has at least one reason, out of: {}", codes())]
    None,
    /// The reason `other` says nothing by itself.
    #[error("the reason `other` needs a text that says what is wrong")]
    NeedsText,
    /// The text is longer than anybody reads.
    #[error("the text has {chars} characters, and at most {TEXT_CHARS_MAX} are kept")]
    TooLong {
        /// How many it has.
        chars: usize,
    },
}

impl ReasonError {
    /// What the caller can do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Unknown { .. } | Self::None => "use one or more of the codes that are listed",
            Self::NeedsText => "write what is wrong in `text`",
            Self::TooLong { .. } => "say it more briefly",
        }
    }
}

fn codes() -> String {
    Reason::ALL.map(Reason::code).join(", ")
}

/// A rejection: at least one reason, and what the person says about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Rejection {
    reasons: Vec<Reason>,
    text: Option<String>,
}

impl Rejection {
    /// A rejection by its codes; each counts once, and an empty text is none.
    pub fn new<C: AsRef<str>>(codes: &[C], text: Option<&str>) -> Result<Self, ReasonError> {
        let mut reasons = Vec::new();
        for code in codes {
            reasons.push(Reason::parse(code.as_ref())?);
        }
        reasons.sort_unstable();
        reasons.dedup();
        let text = text.map(str::trim).filter(|text| !text.is_empty());
        if reasons.is_empty() {
            return Err(ReasonError::None);
        }
        if reasons.contains(&Reason::Other) && text.is_none() {
            return Err(ReasonError::NeedsText);
        }
        let chars = text.map_or(0, |text| text.chars().count());
        if chars > TEXT_CHARS_MAX {
            return Err(ReasonError::TooLong { chars });
        }
        Ok(Self { reasons, text: text.map(str::to_owned) })
    }

    /// The reasons, each once.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// What the person says.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_one_code_and_a_danish_name() {
        for reason in Reason::ALL {
            assert_eq!(Reason::parse(reason.code()), Ok(reason));
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
            assert_ne!(reason.label(), reason.code(), "{reason:?}");
        }
    }

    #[test]
    fn a_rejection_says_why() {
        let rejection = Rejection::new(&["wrong_tone", "wrong", "wrong"], Some("  ")).unwrap();
        assert_eq!(rejection.reasons(), [Reason::Wrong, Reason::WrongTone]);
        assert_eq!(rejection.text(), None);
        assert!(Rejection::new(&["other"], Some("Kunden har ringet.")).is_ok());
        let error = |codes: &[&str], text: Option<&str>| Rejection::new(codes, text).unwrap_err();
        assert_eq!(error(&["other"], Some(" ")), ReasonError::NeedsText);
        assert_eq!(error(&[], None), ReasonError::None);
        assert_eq!(error(&["Wrong"], None), ReasonError::Unknown { code: "Wrong".to_owned() });
        assert!(error(&["bad"], None).to_string().contains("outdated_source"));
        let long = "æ".repeat(TEXT_CHARS_MAX + 1);
        assert_eq!(error(&["wrong"], Some(&long)), ReasonError::TooLong { chars: 2_001 });
    }
}
