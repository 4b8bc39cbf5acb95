//! `GET /`: what this is, and how it is used.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::response::Html;
use minijinja::{Environment, context};

use crate::http::desk::Desk;
use crate::http::problem::{Problem, chain};
use crate::service::Service;

/// The page; its name ends in `.html`, so that whatever is filled in is escaped.
const NAME: &str = "front.html";
const TEMPLATE: &str = include_str!("../../prompts/page/front.html");

/// Shows the page.
pub(crate) async fn front(
    State(desk): State<Arc<Desk>>,
    headers: HeaderMap,
) -> Result<Html<String>, Problem> {
    // Without an index the page says so; why stands in `/health/ready`.
    let ready = desk.run(Service::readiness).await.ok();
    let filled = context! {
        ready => ready.is_some(),
        demo => ready.as_ref().is_some_and(|ready| ready.demo),
        documents => ready.as_ref().map(|ready| ready.documents),
        passages => ready.as_ref().map(|ready| ready.passages),
        host => host(&headers).unwrap_or(&desk.service.config().listen),
    };
    let mut environment = Environment::new();
    let page = environment
        .add_template(NAME, TEMPLATE)
        .and_then(|()| environment.get_template(NAME)?.render(filled))
        .map_err(|error| Problem::internal(chain(&error)))?;
    Ok(Html(page))
}

/// The address by which the reader came, which a proxy may have named; it stands in commands
/// that are to be copied, so it holds nothing else.
fn host(headers: &HeaderMap) -> Option<&str> {
    let host = headers.get(HOST)?.to_str().ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".:-[]".contains(&byte);
    (!host.is_empty() && host.bytes().all(plain)).then_some(host)
}
