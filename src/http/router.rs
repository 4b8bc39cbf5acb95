//! The addresses, their specification, and what holds for every request.

use std::any::Any;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tracing::Instrument;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, RefOr, Responses};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

use crate::http::counts::Answered;
use crate::http::desk::Desk;
use crate::http::door::Peer;
use crate::http::policy::{Policy, Unlisted, guard, policy};
use crate::http::problem::{Code, Problem, ProblemBody, responses, settle};
use crate::http::request::{RequestId, request_id};
use crate::http::review::{decisions, inquiries, learning, queue, record, webhook};
use crate::http::{drafts, evaluations, health, lookup, page, policy, session, sources};

/// What the specification calls a token, a key or a session that is shown.
const SCHEME: &str = "bearer";
const SPECIFICATION: &str = "/api/openapi.json";
const VIEWER: &str = "/api/docs";
/// Nothing in an answer of the service is to be run, loaded or framed.
const NOTHING_RUNS: &str =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// The viewer brings its own script and style, and asks this service.
const VIEWER_RUNS: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// All addresses of the service.
///
/// Fails if one of them has no policy: nothing is served that nobody has decided on.
pub(crate) fn router(desk: Arc<Desk>) -> Result<Router, Unlisted> {
    let (routes, mut specification) = specified().split_for_parts();
    policy::check(&specification, &["/", SPECIFICATION, VIEWER])?;
    for (place, path) in &mut specification.paths.paths {
        let all = [
            ("GET", &mut path.get),
            ("POST", &mut path.post),
            ("PUT", &mut path.put),
            ("PATCH", &mut path.patch),
            ("DELETE", &mut path.delete),
        ];
        for (method, operation) in all {
            let Some(operation) = operation else { continue };
            everywhere(&mut operation.responses, &[Code::WrongHost, Code::TooOften]);
            let asked = policy(method, place);
            if asked == Some(Policy::Public) {
                continue;
            }
            let codes = [Code::Unauthorized, Code::Forbidden, Code::SignOnUnavailable];
            everywhere(&mut operation.responses, &codes);
            let shown = SecurityRequirement::new(SCHEME, std::iter::empty::<String>());
            // On this machine some addresses ask for nothing.
            let nothing =
                matches!(asked, Some(Policy::Anyone(_))).then(SecurityRequirement::default);
            operation.security = Some(std::iter::once(shown).chain(nothing).collect());
        }
    }
    let viewer = Router::from(SwaggerUi::new(VIEWER).config(
        // Without a validator: its badge would be fetched from another server.
        utoipa_swagger_ui::Config::from(SPECIFICATION).validator_url("none"),
    ))
    .layer(set(CONTENT_SECURITY_POLICY, VIEWER_RUNS));
    let routes = routes
        .route("/", get(page::front))
        .route(SPECIFICATION, get(move || std::future::ready(Json(specification.clone()))))
        .merge(viewer)
        .layer(from_fn_with_state(Arc::clone(&desk), guard));
    Ok(finish(routes, desk))
}

/// Says of an address that it may turn a caller away before it is asked.
fn everywhere(held: &mut Responses, codes: &[Code]) {
    for code in codes {
        for (status, response) in responses(&[*code]) {
            match held.responses.get_mut(&status) {
                Some(RefOr::T(there)) => {
                    there.description = format!("{}, {}", there.description, code.value());
                }
                _ => {
                    held.responses.insert(status, response);
                }
            }
        }
    }
}

/// The addresses that programs call, each with its part of the specification.
fn specified() -> OpenApiRouter<Arc<Desk>> {
    let info = InfoBuilder::new()
        .title("svarforslag")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Suggested replies to customer inquiries, from the organisation's own sources, \
             for a caseworker to approve. Refusals and failures are RFC 9457 problems, \
             whose texts are Danish.",
        ));
    let bearer = Http::new(HttpAuthScheme::Bearer);
    let shared = ComponentsBuilder::new()
        .schema_from::<ProblemBody>()
        .security_scheme(SCHEME, SecurityScheme::Http(bearer))
        .build();
    let empty: OpenApi = OpenApiBuilder::new().info(info.build()).components(Some(shared)).build();
    OpenApiRouter::with_openapi(empty)
        .routes(routes!(drafts::suggest, queue::list))
        .routes(routes!(queue::show))
        .routes(routes!(decisions::approve))
        .routes(routes!(decisions::edit))
        .routes(routes!(decisions::reject))
        .routes(routes!(decisions::regenerate))
        .routes(routes!(decisions::take_over))
        .routes(routes!(decisions::reopen))
        .routes(routes!(inquiries::post))
        .routes(routes!(inquiries::post_all))
        .routes(routes!(webhook::receive))
        .routes(routes!(record::log))
        .routes(routes!(record::verify))
        .routes(routes!(record::export))
        .routes(routes!(record::quoting))
        .routes(routes!(learning::candidates))
        .routes(routes!(learning::accept))
        .routes(routes!(learning::decline))
        .routes(routes!(learning::gaps))
        .routes(routes!(learning::journal))
        .routes(routes!(learning::gold_line))
        .routes(routes!(lookup::look_up))
        .routes(routes!(lookup::documents))
        .routes(routes!(lookup::passage))
        .routes(routes!(sources::hand_in))
        .routes(routes!(sources::withdraw))
        .routes(routes!(sources::restore))
        .routes(routes!(sources::withdrawn))
        .routes(routes!(evaluations::start))
        .routes(routes!(evaluations::show))
        .routes(routes!(evaluations::report))
        .routes(routes!(session::ask, session::leave))
        .routes(routes!(session::enter))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
}

/// Lets a request in, or says why not.
pub(crate) async fn admit(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    match desk.door.refusal(request.headers(), peer, Instant::now()) {
        Some(code) => Problem::new(code).into_response(),
        None => next.run(request).await,
    }
}

/// Adds what holds for every request, known or not.
fn finish(routes: Router<Arc<Desk>>, desk: Arc<Desk>) -> Router {
    routes
        .fallback(|| std::future::ready(Problem::new(Code::UnknownRoute)))
        .method_not_allowed_fallback(|| std::future::ready(Problem::new(Code::WrongMethod)))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Arc::clone(&desk), admit))
        .layer(from_fn_with_state(Arc::clone(&desk), account))
        .layer(set(CONTENT_SECURITY_POLICY, NOTHING_RUNS))
        .layer(set(CACHE_CONTROL, "no-store"))
        .layer(set(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(REFERRER_POLICY, "no-referrer"))
        .layer(set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin"))
        .with_state(desk)
}

fn set(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// What a panic says may hold the text that it fell over; it is dropped here.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::internal("a request panicked").into_response()
}

/// Gives the request its id, writes its problem, counts it, and logs it once, without its text.
async fn account(State(desk): State<Arc<Desk>>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(request.headers());
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = known(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let span = tracing::info_span!("request", %id);
    let (mut response, problem) = settle(next.run(request).instrument(span).await, &id);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    let answered = Answered {
        method,
        route: route.as_ref().map_or("none", MatchedPath::as_str),
        status: response.status().as_u16(),
        took: started.elapsed(),
        code: problem.as_ref().map(Problem::code),
    };
    desk.counts.answered(&answered);
    log(&id, &answered, problem.as_ref());
    response
}

fn log(id: &str, answered: &Answered<'_>, problem: Option<&Problem>) {
    let Answered { method, route, status, took, code } = *answered;
    let code = code.map(Code::value);
    let cause = problem.and_then(Problem::cause);
    let ms = took.as_secs_f64() * 1e3;
    match problem.map(Problem::code) {
        Some(Code::Internal) => {
            tracing::error!(id, method, route, status, ms, code, cause, "answered");
        }
        Some(problem) if problem.status().is_server_error() => {
            tracing::warn!(id, method, route, status, ms, code, cause, "answered");
        }
        _ => tracing::info!(id, method, route, status, ms, code, "answered"),
    }
}

/// A method by its name; any other word that a caller may think of is one in the log.
fn known(method: &Method) -> &'static str {
    const NAMES: [&str; 9] =
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
    NAMES.into_iter().find(|name| *name == method.as_str()).unwrap_or("OTHER")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use tokio_util::sync::CancellationToken;
    use tower::ServiceExt;

    use crate::config::Config;
    use crate::http::counts::Counts;
    use crate::service::{Jobs, Service};

    async fn ask(routes: Router<Arc<Desk>>, path: &str) -> (Response, String) {
        let data = tempfile::tempdir().unwrap();
        let config = Config { data: data.path().to_owned(), ..Config::default() };
        let service = Arc::new(Service::open(config).unwrap());
        let jobs = Jobs::open(data.path(), CancellationToken::new());
        let desk = Arc::new(Desk::new(service, Counts::new().unwrap(), jobs));
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = finish(routes, Arc::clone(&desk)).oneshot(request).await.unwrap();
        (response, desk.counts.render())
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_without_what_it_said() {
        async fn boom() {
            panic!("Kære Hr. Prøvesen")
        }
        let (response, counts) = ask(Router::new().route("/boom", get(boom)), "/boom").await;
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("\"internal\"") && !body.contains("Prøvesen"), "{body}");
        assert!(counts.contains("svarforslag_problems_total{code=\"internal\"} 1"), "{counts}");
    }

    #[tokio::test]
    async fn a_status_that_no_handler_meant_is_a_problem_too() {
        let bare = get(|| std::future::ready(axum::http::StatusCode::NOT_FOUND));
        let (response, _) = ask(Router::new().route("/x", bare), "/x").await;
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        assert!(String::from_utf8(body.to_vec()).unwrap().contains("unknown_route"));
    }

    #[test]
    fn the_log_knows_only_the_methods_that_there_are() {
        assert_eq!(known(&Method::GET), "GET");
        assert_eq!(known(&Method::from_bytes(b"PROEVESEN").unwrap()), "OTHER");
    }
}
