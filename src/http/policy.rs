//! What each address asks of its callers: one table, and nothing that stands outside it.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::OpenApi;

use crate::access::Role::{self, Approver, Caseworker, Evaluator, SourceOwner};
use crate::access::{Mode, Principal};
use crate::http::desk::Desk;
use crate::http::identity::recognise;
use crate::http::problem::{Code, Problem};

/// What an address asks of its callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Nothing: it is not even looked at what they show. Whether the program lives must not hang
    /// on the issuer's keys, and nobody is to have them fetched without need.
    Public,
    /// One of the roles; where no sign-on is set up, nothing, as only this machine asks.
    Anyone(&'static [Role]),
    /// One of the roles, of a person or a program.
    Signed(&'static [Role]),
    /// One of the roles, of a person: no program decides.
    Person(&'static [Role]),
}

/// Who reads sources.
const READERS: &[Role] = &[Caseworker, Approver, SourceOwner, Evaluator];
/// Who works on inquiries.
const DESK: &[Role] = &[Caseworker, Approver];
const LIBRARIANS: &[Role] = &[SourceOwner];
const EVALUATORS: &[Role] = &[Evaluator];
const OPERATORS: &[Role] = &[Role::Operator];

/// Method, address and policy. An address that has no row here is not answered, and the program
/// does not start with one that its specification names. `docs/access.md` has the same table.
const ROWS: &[(&str, &str, Policy)] = &[
    ("GET", "/", Policy::Public),
    ("GET", "/api/openapi.json", Policy::Public),
    ("GET", "/api/docs", Policy::Public),
    ("GET", "/api/docs/", Policy::Public),
    ("GET", "/api/docs/{*rest}", Policy::Public),
    ("GET", "/health/live", Policy::Public),
    ("GET", "/health/ready", Policy::Public),
    ("GET", "/metrics", Policy::Anyone(OPERATORS)),
    ("POST", "/api/v1/session", Policy::Public),
    ("POST", "/api/v1/session/code", Policy::Public),
    ("DELETE", "/api/v1/session", Policy::Person(&Role::ALL)),
    ("POST", "/api/v1/drafts", Policy::Anyone(DESK)),
    ("GET", "/api/v1/drafts", Policy::Signed(DESK)),
    ("GET", "/api/v1/drafts/{id}", Policy::Signed(DESK)),
    ("POST", "/api/v1/drafts/{id}/approve", Policy::Person(DESK)),
    ("POST", "/api/v1/drafts/{id}/edit", Policy::Person(DESK)),
    ("POST", "/api/v1/drafts/{id}/reject", Policy::Person(DESK)),
    ("POST", "/api/v1/drafts/{id}/regenerate", Policy::Person(DESK)),
    ("POST", "/api/v1/drafts/{id}/take-over", Policy::Person(DESK)),
    ("POST", "/api/v1/drafts/{id}/reopen", Policy::Person(DESK)),
    ("POST", "/api/v1/inquiries", Policy::Signed(DESK)),
    ("POST", "/api/v1/inquiries/batch", Policy::Signed(DESK)),
    ("GET", "/api/v1/inquiries/{id}/export", Policy::Person(OPERATORS)),
    // What it shows is its signature.
    ("POST", "/api/v1/webhook", Policy::Public),
    ("GET", "/api/v1/log", Policy::Signed(OPERATORS)),
    ("GET", "/api/v1/log/verify", Policy::Signed(OPERATORS)),
    ("GET", "/api/v1/quoting", Policy::Signed(LIBRARIANS)),
    ("GET", "/api/v1/drafts/{id}/journal", Policy::Signed(DESK)),
    ("GET", "/api/v1/drafts/{id}/gold-line", Policy::Signed(EVALUATORS)),
    ("GET", "/api/v1/candidates", Policy::Signed(LIBRARIANS)),
    ("POST", "/api/v1/candidates/{id}/accept", Policy::Person(LIBRARIANS)),
    ("POST", "/api/v1/candidates/{id}/decline", Policy::Person(LIBRARIANS)),
    ("GET", "/api/v1/gaps", Policy::Signed(LIBRARIANS)),
    ("POST", "/api/v1/documents", Policy::Signed(LIBRARIANS)),
    ("DELETE", "/api/v1/documents/{id}", Policy::Signed(LIBRARIANS)),
    ("POST", "/api/v1/documents/{id}/restore", Policy::Signed(LIBRARIANS)),
    ("GET", "/api/v1/withdrawn", Policy::Signed(LIBRARIANS)),
    ("GET", "/api/v1/lookup", Policy::Anyone(READERS)),
    ("GET", "/api/v1/documents", Policy::Anyone(READERS)),
    ("GET", "/api/v1/passages/{id}", Policy::Anyone(READERS)),
    ("POST", "/api/v1/evaluations", Policy::Anyone(EVALUATORS)),
    ("GET", "/api/v1/evaluations/{id}", Policy::Anyone(EVALUATORS)),
    ("GET", "/api/v1/evaluations/{id}/report.html", Policy::Anyone(EVALUATORS)),
];

/// An address without a policy.
#[derive(Debug, thiserror::Error)]
#[error("{method} {path} has no row in the table of src/http/policy.rs: say there who may call it")]
pub(crate) struct Unlisted {
    method: String,
    path: String,
}

/// The policy of an address.
pub(crate) fn policy(method: &str, path: &str) -> Option<Policy> {
    // A head is a GET without its body.
    let method = if method == "HEAD" { "GET" } else { method };
    ROWS.iter().find(|row| row.0 == method && row.1 == path).map(|row| row.2)
}

/// Fails for the first address without a policy: those of the specification, and `others`.
pub(crate) fn check(specification: &OpenApi, others: &[&str]) -> Result<(), Unlisted> {
    let described = specification.paths.paths.iter().flat_map(|(path, item)| {
        let all = [
            ("GET", &item.get),
            ("PUT", &item.put),
            ("POST", &item.post),
            ("DELETE", &item.delete),
            ("OPTIONS", &item.options),
            ("HEAD", &item.head),
            ("PATCH", &item.patch),
            ("TRACE", &item.trace),
        ];
        let there = all.into_iter().filter(|(_, operation)| operation.is_some());
        there.map(move |(method, _)| (method, path.as_str()))
    });
    for (method, path) in described.chain(others.iter().map(|path| ("GET", *path))) {
        if policy(method, path).is_none() {
            return Err(Unlisted { method: method.to_owned(), path: path.to_owned() });
        }
    }
    Ok(())
}

/// Lets a request through to its address as the policy allows, with who calls in its extensions.
pub(crate) async fn guard(
    State(desk): State<Arc<Desk>>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.extensions().get::<MatchedPath>().cloned();
    // Where there is nothing, nothing is guarded.
    let Some(path) = path else { return next.run(request).await };
    let method = request.method().as_str();
    let Some(policy) = policy(method, path.as_str()) else {
        tracing::error!(path = path.as_str(), "an address without a policy was asked for");
        return Problem::new(Code::Forbidden).into_response();
    };
    match admitted(&desk, policy, request.headers()).await {
        Ok(principal) => {
            if let Some(principal) = principal {
                request.extensions_mut().insert(principal);
            }
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// Who calls, if the policy lets it in; nobody is asked for at an address that is public.
async fn admitted(
    desk: &Desk,
    policy: Policy,
    headers: &HeaderMap,
) -> Result<Option<Principal>, Problem> {
    if policy == Policy::Public {
        return Ok(None);
    }
    let principal = recognise(desk, headers).await?;
    let principal = principal.ok_or_else(|| Problem::new(Code::Unauthorized))?;
    match policy.refusal(&principal, desk.access.mode()) {
        Some(code) => Err(Problem::new(code)),
        None => Ok(Some(principal)),
    }
}

impl Policy {
    /// Why a caller may not do this, if it may not.
    fn refusal(self, principal: &Principal, mode: Mode) -> Option<Code> {
        let (roles, persons_alone) = match self {
            Self::Public => return None,
            Self::Anyone(roles) => {
                if mode == Mode::Local && *principal == Principal::Anyone {
                    return None;
                }
                (roles, false)
            }
            Self::Signed(roles) => (roles, false),
            Self::Person(roles) => (roles, true),
        };
        if *principal == Principal::Anyone {
            return Some(Code::Unauthorized);
        }
        let may = roles.iter().any(|role| principal.has(*role));
        let is_one = !persons_alone || principal.person().is_some();
        (!may || !is_one).then_some(Code::Forbidden)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem};
    use utoipa::openapi::{InfoBuilder, OpenApiBuilder, PathsBuilder};

    #[test]
    fn an_address_without_a_row_is_named() {
        let of = |path: &str| {
            let item = PathItem::new(HttpMethod::Post, OperationBuilder::new());
            let paths = PathsBuilder::new().path(path, item).build();
            OpenApiBuilder::new().info(InfoBuilder::new().build()).paths(paths).build()
        };
        assert!(check(&of("/api/v1/drafts"), &["/"]).is_ok());
        let said = check(&of("/api/v1/secrets"), &[]).unwrap_err().to_string();
        assert!(said.contains("POST /api/v1/secrets"), "{said}");
        // A row for another method is no row.
        assert!(check(&of("/api/v1/lookup"), &[]).is_err());
        assert!(
            check(&of("/api/v1/drafts"), &["/backdoor"])
                .unwrap_err()
                .to_string()
                .contains("/backdoor")
        );
    }

    #[test]
    fn no_address_has_two_rows() {
        for (at, row) in ROWS.iter().enumerate() {
            let again = ROWS.iter().skip(at + 1).find(|it| (it.0, it.1) == (row.0, row.1));
            assert!(again.is_none(), "{} {}", row.0, row.1);
        }
    }

    #[test]
    fn the_document_has_the_same_table() {
        let document = include_str!("../../docs/access.md");
        for (method, path, policy) in ROWS {
            let roles = |roles: &[Role]| {
                roles.iter().map(|role| role.value()).collect::<Vec<_>>().join(", ")
            };
            let (who, which) = match policy {
                Policy::Public => ("everybody", "-".to_owned()),
                Policy::Anyone(held) => ("on this machine anybody", roles(held)),
                Policy::Signed(held) => ("signed on", roles(held)),
                Policy::Person(held) => ("persons", roles(held)),
            };
            let row = format!("| {method} | `{path}` | {who} | {which} |");
            assert!(document.contains(&row), "docs/access.md has no row {row}");
        }
    }
}
