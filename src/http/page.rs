//! `GET /`: what this is, and how it is used.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Html;
use minijinja::{Environment, context};

use crate::http::desk::Desk;
use crate::http::problem::{Problem, chain};

/// The page; its name ends in `.html`, so that whatever is filled in is escaped.
const NAME: &str = "front.html";
const TEMPLATE: &str = include_str!("../../prompts/page/front.html");

/// Shows the page.
pub(crate) async fn front(State(desk): State<Arc<Desk>>) -> Result<Html<String>, Problem> {
    // Without an index the page says so; why stands in `/health/ready`.
    let ready = desk.run(crate::service::Service::readiness).await.ok();
    let filled = context! {
        ready => ready.is_some(),
        demo => ready.as_ref().is_some_and(|ready| ready.demo),
        documents => ready.as_ref().map(|ready| ready.documents),
        passages => ready.as_ref().map(|ready| ready.passages),
        host => desk.service.config().listen.clone(),
    };
    let mut environment = Environment::new();
    let page = environment
        .add_template(NAME, TEMPLATE)
        .and_then(|()| environment.get_template(NAME)?.render(filled))
        .map_err(|error| Problem::internal(chain(&error)))?;
    Ok(Html(page))
}
