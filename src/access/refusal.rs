//! Why a caller is not believed: in one word for the log, and for nobody else.

/// Why a caller is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Refusal {
    /// What was shown is none of the forms that are known.
    Form,
    /// No tokens are issued for this service.
    NoIssuer,
    /// The token is signed in another way than ours are, or not at all.
    Algorithm,
    /// The token's head asks for something that is not done.
    Head,
    /// The issuer has no such key.
    UnknownKey,
    /// The signature is not the issuer's.
    Signature,
    /// The claims are no claims, or of another shape.
    Claims,
    /// Another issuer's token.
    Issuer,
    /// A token of a directory that is not on the list.
    Directory,
    /// The token says nothing of whom it is for.
    NoAudience,
    /// The token is for another service.
    Audience,
    /// It no longer holds.
    Expired,
    /// It does not hold yet.
    NotYet,
    /// It would hold longer than any token should.
    TooLong,
    /// It is no token to call with: an identity, a refreshment, or bound to another proof.
    Kind,
    /// It names groups elsewhere instead of what its bearer may do.
    Overage,
    /// The sign-on was weaker than the settings ask for.
    Level,
    /// There is no such key of a program.
    Key,
    /// There is no such session, or it has ended.
    Session,
    /// There is no such code, or it has been used, or was tried too often.
    Code,
    /// The issuer's keys cannot be had, so that nothing can be told.
    Unreachable,
}

impl Refusal {
    /// Its word in the log.
    pub fn word(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::NoIssuer => "no_issuer",
            Self::Algorithm => "algorithm",
            Self::Head => "head",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Issuer => "issuer",
            Self::Directory => "directory",
            Self::NoAudience => "no_audience",
            Self::Audience => "audience",
            Self::Expired => "expired",
            Self::NotYet => "not_yet",
            Self::TooLong => "too_long",
            Self::Kind => "kind",
            Self::Overage => "overage",
            Self::Level => "level",
            Self::Key => "key",
            Self::Session => "session",
            Self::Code => "code",
            Self::Unreachable => "unreachable",
        }
    }

    /// What the operator can do, where the caller cannot.
    pub fn advice(self) -> Option<&'static str> {
        match self {
            Self::NoAudience => Some(
                "the token names no audience: in Keycloak add a mapper of the type `Audience` to the \
                 client (or its dedicated scope), with `Included Custom Audience` set to the value \
                 of `access.audience`, and `Add to access token` on",
            ),
            Self::Audience => Some(
                "the token is for another audience: compare `access.audience` with the claim `aud`; \
                 in Keycloak `account` stands there until a mapper of the type `Audience` is added",
            ),
            Self::Overage => Some(
                "the token names its groups elsewhere because there are too many of them: give out \
                 app roles instead of groups (in Entra: Token configuration, no groups claim)",
            ),
            Self::Directory => {
                Some("add the directory to `access.tenants` if its people are meant")
            }
            Self::Issuer => Some("compare `access.issuer` with the claim `iss`, letter by letter"),
            Self::Unreachable => Some(
                "look at the way to the issuer: `access.issuer`, `access.jwks_url`, certificates, \
                 firewall; keys that were fetched before go on working for a day",
            ),
            Self::UnknownKey => Some("the issuer has not published the key that signed this token"),
            _ => None,
        }
    }
}
