//! Documents over HTTP: handed in, previewed, withdrawn and restored by those who answer for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::CONTENT_ENCODING;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::IntoResponses;
use utoipa::openapi::{RefOr, Response as Described};

use crate::access::{Principal, Role};
use crate::config::Limits;
use crate::http::desk::Desk;
use crate::http::problem::{self, Code, Problem};
use crate::http::request::{Parameters, read_body};
use crate::http::shapes::{DayText, KindName, ShortText};
use crate::service::{
    self, Restored, Service, Upload, UploadState, Uploaded, Withdrawal, Withdrawn,
};
use crate::sources::Kind;
use crate::terms::{Audience, Day, parse_day};

/// Bytes of a document that is handed in; a guide full of pictures has some megabytes.
const DOCUMENT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Characters of a file's name.
const FILENAME_CHARS_MAX: usize = 200;
/// The names that `POST /api/v1/documents` takes.
const NAMES: [&str; 10] = [
    "filename",
    "title",
    "kind",
    "institution",
    "valid_from",
    "valid_to",
    "supersedes",
    "audience",
    "owner",
    "preview",
];
/// What can go wrong wherever documents are changed.
const ALWAYS: [Code; 8] = [
    Code::Forbidden,
    Code::BadParameter,
    Code::NotFound,
    Code::Busy,
    Code::Timeout,
    Code::IndexMissing,
    Code::IndexMismatch,
    Code::Internal,
];

/// What can go wrong with a document that is handed in.
pub(crate) struct HandInRefusals;

impl IntoResponses for HandInRefusals {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        let own = [
            Code::UnreadableDocument,
            Code::BadDay,
            Code::TooLarge,
            Code::WrongContentType,
            Code::IncompleteRequest,
        ];
        problem::responses(&[own.as_slice(), ALWAYS.as_slice()].concat())
    }
}

/// What can go wrong with withdrawing and restoring.
pub(crate) struct WithdrawRefusals;

impl IntoResponses for WithdrawRefusals {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        problem::responses(&ALWAYS)
    }
}

/// The documents that have been withdrawn.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct WithdrawnList {
    /// By id.
    documents: Vec<Withdrawal>,
}

/// Hand in a document, or see what would become of it.
///
/// The body is the file as it is. It is read in a process of its own, without network and with
/// little memory. What the file says of itself goes before what the address says.
/// A file of the same name and institution takes the place of the one before.
#[utoipa::path(
    post,
    path = "/api/v1/documents",
    tag = "sources",
    params(
        ("filename" = String, Query, max_length = 200, pattern = r"\S",
            description = "The name of the file; its ending says the format."),
        ("title" = inline(Option<ShortText>), Query, description = "Its title."),
        ("kind" = inline(Option<KindName>), Query, description = "What it is; a brugervejledning unless the file says more."),
        ("institution" = inline(Option<ShortText>), Query,
            description = "The institution that owns it, by any of its names; none makes it general."),
        ("valid_from" = inline(Option<DayText>), Query, description = "The first day on which it holds."),
        ("valid_to" = inline(Option<DayText>), Query, description = "The last day on which it holds."),
        ("supersedes" = inline(Option<ShortText>), Query,
            description = "What it replaces: document ids, or versions of the same document, with commas between them."),
        ("audience" = Option<String>, Query, description = "`kunde`, unless it is `intern`."),
        ("owner" = inline(Option<ShortText>), Query, description = "Who answers for it."),
        ("preview" = Option<bool>, Query, description = "`true`: nothing is kept."),
    ),
    request_body(description = "The file.",
        content((Vec<u8> = "application/octet-stream"))),
    responses(
        (status = 201, description = "It is new, or has taken the place of another, and is found by the next search.", body = Uploaded),
        (status = 200, description = "A preview, or a document that was there already as it is.", body = Uploaded),
        HandInRefusals,
    ),
)]
pub(crate) async fn hand_in(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let principal = source_owner(&parts)?;
    if is_packed(&parts.headers) {
        return Err(Problem::new(Code::WrongContentType));
    }
    let mut parameters = Parameters::read(&parts.uri, &NAMES)?;
    let preview = is_preview(&mut parameters)?;
    let mut upload = described(&mut parameters)?;
    if !acts_for(&desk, principal, upload.institution.clone()).await? {
        return Err(Problem::new(Code::Forbidden));
    }
    let limits = Limits { body_bytes_max: DOCUMENT_BYTES_MAX, ..desk.limits().clone() };
    upload.bytes = read_body(&parts.headers, body, &limits).await?.to_vec();
    let work = move |service: &Service| {
        if preview { service.preview(&upload) } else { service.upload(&upload) }
    };
    let uploaded: Uploaded = desk.work(work).await?;
    let status = match uploaded.state {
        UploadState::Added | UploadState::Replaced => StatusCode::CREATED,
        UploadState::Preview | UploadState::Unchanged => StatusCode::OK,
    };
    Ok((status, Json(uploaded)).into_response())
}

/// Withdraw a document: no search finds it any more.
///
/// What was handed in is removed for good; a document of an indexed folder can be restored.
/// The id is percent-encoded, its `/` and `#` too.
#[utoipa::path(
    delete,
    path = "/api/v1/documents/{id}",
    tag = "sources",
    params(
        ("id" = String, Path, description = "The document."),
        ("institution" = inline(Option<ShortText>), Query,
            description = "The institution whose own documents may be withdrawn too, by any of its names."),
    ),
    responses(
        (status = 200, description = "It is found no more.", body = Withdrawn),
        WithdrawRefusals,
    ),
)]
pub(crate) async fn withdraw(
    State(desk): State<Arc<Desk>>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Json<Withdrawn>, Problem> {
    let (id, institution, by) = named(&desk, id, request).await?;
    let work = move |service: &Service| service.withdraw(&id, institution.as_deref(), &by.asker());
    desk.work(work).await.map(Json)
}

/// Let a document be found again that was withdrawn.
#[utoipa::path(
    post,
    path = "/api/v1/documents/{id}/restore",
    tag = "sources",
    params(
        ("id" = String, Path, description = "The document."),
        ("institution" = inline(Option<ShortText>), Query,
            description = "The institution whose own documents may be restored too, by any of its names."),
    ),
    responses(
        (status = 200, description = "It is found again, as its file is now.", body = Restored),
        WithdrawRefusals,
    ),
)]
pub(crate) async fn restore(
    State(desk): State<Arc<Desk>>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Json<Restored>, Problem> {
    let (id, institution, by) = named(&desk, id, request).await?;
    let work = move |service: &Service| service.restore(&id, institution.as_deref(), &by.asker());
    desk.work(work).await.map(Json)
}

/// List the documents that have been withdrawn and can be restored.
#[utoipa::path(
    get,
    path = "/api/v1/withdrawn",
    tag = "sources",
    params(
        ("institution" = inline(Option<ShortText>), Query,
            description = "The institution whose own documents are listed too, by any of its names."),
    ),
    responses(
        (status = 200, description = "The documents, by id.", body = WithdrawnList),
        WithdrawRefusals,
    ),
)]
pub(crate) async fn withdrawn(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Result<Json<WithdrawnList>, Problem> {
    let (parts, _) = request.into_parts();
    let (institution, by) = asked(&desk, &parts).await?;
    let work = move |service: &Service| service.withdrawn(institution.as_deref(), &by.asker());
    let documents = desk.run(work).await?;
    Ok(Json(WithdrawnList { documents }))
}

/// The document that an address names, for whom, and who asks.
async fn named(
    desk: &Desk,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<(String, Option<String>, Principal), Problem> {
    let (parts, _) = request.into_parts();
    let (institution, by) = asked(desk, &parts).await?;
    // An id that cannot be decoded names nothing.
    let Path(id) = id.map_err(|_| Problem::new(Code::NotFound))?;
    Ok((id, institution, by))
}

/// For whom something is done to documents, and by whom. For an institution that somebody may not
/// act for, there are none.
async fn asked(desk: &Desk, parts: &Parts) -> Result<(Option<String>, Principal), Problem> {
    let principal = source_owner(parts)?;
    let institution = institution(&parts.uri)?;
    if acts_for(desk, principal.clone(), institution.clone()).await? {
        Ok((institution, principal))
    } else {
        Err(Problem::new(Code::NotFound))
    }
}

fn institution(uri: &Uri) -> Result<Option<String>, Problem> {
    Ok(Parameters::read(uri, &["institution"])?.take("institution"))
}

/// Who asks, if sources are theirs to change.
fn source_owner(parts: &Parts) -> Result<Principal, Problem> {
    let principal = parts.extensions.get::<Principal>().cloned().unwrap_or(Principal::Anyone);
    if principal.has(Role::SourceOwner) {
        Ok(principal)
    } else {
        Err(Problem::new(Code::Forbidden))
    }
}

/// Whether somebody may act for an institution, which is known by the register's name.
async fn acts_for(
    desk: &Desk,
    principal: Principal,
    institution: Option<String>,
) -> Result<bool, Problem> {
    let Some(name) = institution else { return Ok(principal.acts_for(None)) };
    let work = move |service: &Service| {
        let own = service.owner_named(&name);
        Ok::<_, service::Error>(principal.acts_for(Some(&own)))
    };
    desk.run(work).await
}

fn is_packed(headers: &HeaderMap) -> bool {
    let coding = headers.get(CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?").trim());
    coding.is_some_and(|coding| coding != "identity")
}

fn is_preview(parameters: &mut Parameters) -> Result<bool, Problem> {
    match parameters.take("preview").as_deref().map(str::trim) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(Problem::bad_parameter("preview", other, "true, false")),
    }
}

/// What an address says of a document.
fn described(parameters: &mut Parameters) -> Result<Upload, Problem> {
    let filename = parameters.take("filename").unwrap_or_default();
    if filename.trim().is_empty() {
        return Err(Problem::bad_parameter("filename", "", "drejebog.docx, vejledning.pdf, …"));
    }
    if filename.chars().nth(FILENAME_CHARS_MAX).is_some() {
        return Err(Problem::too_long("filename", &filename, FILENAME_CHARS_MAX));
    }
    let kind = |value: String| {
        let allowed = || Kind::ALL.map(Kind::value).join(", ");
        Kind::parse(&value).ok_or_else(|| Problem::bad_parameter("kind", &value, &allowed()))
    };
    let mut day = |name: &str| parameters.take(name).map(read_day).transpose();
    let (valid_from, valid_to) = (day("valid_from")?, day("valid_to")?);
    let supersedes = parameters.take("supersedes").unwrap_or_default();
    let supersedes = supersedes.split(',').map(str::trim).filter(|name| !name.is_empty());
    let audience = match parameters.take("audience").as_deref().map(str::trim) {
        None | Some("kunde") => Audience::Customer,
        Some("intern") => Audience::Internal,
        Some(other) => return Err(Problem::bad_parameter("audience", other, "kunde, intern")),
    };
    Ok(Upload {
        filename,
        bytes: Vec::new(),
        title: parameters.take("title"),
        kind: parameters.take("kind").map(kind).transpose()?,
        institution: parameters.take("institution"),
        valid_from,
        valid_to,
        supersedes: supersedes.map(str::to_owned).collect(),
        audience,
        owner: parameters.take("owner"),
    })
}

fn read_day(text: String) -> Result<Day, Problem> {
    parse_day(&text).ok_or_else(|| service::Error::BadDay(text).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    use axum::Router;
    use reqwest::{Client, Method};
    use serde_json::Value;
    use tokio_util::sync::CancellationToken;

    use crate::access::{Access, KeySettings, NewKey, Reach, new_key};
    use crate::config::Config;
    use crate::http::counts::Counts;
    use crate::http::router::router;
    use crate::service::{Build, Jobs, build};
    use crate::sources::{Extractor, Limits as Reading};

    /// The chance of a key: a test needs none.
    const KEY: [u8; 32] = [3; 32];
    const DREJEBOG: &str = "---\ndokumenttype: drejebog\ninstitution: Ankestyrelsen\n---\n# D\n\n\
        Ankestyrelsen taster selv.\n";

    /// A server over one data directory, for somebody who has signed on.
    struct Served {
        address: String,
        client: Client,
        key: Option<String>,
        _folder: tempfile::TempDir,
    }

    /// Two documents in an index, served to somebody.
    async fn serve(who: Option<KeySettings>) -> Served {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let documents = folder.path().join("documents");
        std::fs::create_dir(&documents).unwrap();
        std::fs::write(documents.join("guide.txt"), "Blanketten sendes i Lønportalen.").unwrap();
        std::fs::write(documents.join("drejebog.md"), DREJEBOG).unwrap();
        let register = "[[institution]]\nname = \"Banedanmark\"\nshort = \"BDK\"\n";
        std::fs::write(documents.join("institutions.toml"), register).unwrap();
        let data = folder.path().join("data");
        let mut config =
            Config { data: data.clone(), model: "off".to_owned(), ..Config::default() };
        let key = who.is_some().then(|| new_key(KEY).key);
        config.access.keys = who.into_iter().collect();
        let extractor = Extractor { program: "/nowhere".into(), limits: Reading::default() };
        let wanted = Build { paths: vec![documents], add: false };
        build(&config, &extractor, &wanted, &|_| {}).unwrap();
        let here = "127.0.0.1:0".parse().unwrap();
        let access = Access::open(&config.access, here).unwrap();
        let service = Arc::new(Service::open(config).unwrap());
        let jobs = Jobs::open(&data, CancellationToken::new());
        let desk = Desk::new(service, Counts::new().unwrap(), jobs).open_to(access, |_| {});
        let routes = router(Arc::new(desk)).unwrap();
        Served::over(routes, folder, key).await
    }

    impl Served {
        async fn over(routes: Router, folder: tempfile::TempDir, key: Option<String>) -> Self {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap().to_string();
            tokio::spawn(async move { axum::serve(listener, routes).await });
            let client = Client::builder().no_proxy().build().unwrap();
            Self { address, client, key, _folder: folder }
        }

        async fn ask(&self, method: Method, path: &str, body: &str) -> (u16, Value) {
            let url = format!("http://{}{path}", self.address);
            let mut request = self.client.request(method, url).body(body.to_owned());
            if let Some(key) = &self.key {
                request = request.bearer_auth(key);
            }
            let response = request.send().await.unwrap();
            (response.status().as_u16(), response.json().await.unwrap())
        }

        async fn post(&self, query: &str, body: &str) -> (u16, Value) {
            self.ask(Method::POST, &format!("/api/v1/documents?{query}"), body).await
        }

        async fn found(&self, q: &str) -> usize {
            let path = format!("/api/v1/lookup?institution=BDK&q={q}");
            self.ask(Method::GET, &path, "").await.1["hits"].as_array().unwrap().len()
        }
    }

    /// A key with these roles for these institutions.
    fn key(roles: &[Role], reach: Reach) -> KeySettings {
        let NewKey { hash, .. } = new_key(KEY);
        let (name, roles) = ("p-1".to_owned(), roles.to_vec());
        KeySettings { name, hash, roles, institutions: reach, expires: None }
    }

    fn owner_for(institutions: &[&str]) -> KeySettings {
        let names = institutions.iter().map(|name| (*name).to_owned()).collect();
        key(&[Role::SourceOwner], Reach::Names(names))
    }

    #[track_caller]
    fn is_problem((status, body): (u16, Value), code: Code) {
        assert_eq!((body["code"].as_str(), status), (Some(code.value()), code.status().as_u16()));
        for name in ["title", "detail", "remedy"] {
            let text = body[name].as_str().unwrap();
            assert!(!text.is_empty() && !text.contains(['{', '}']), "{name}: {text}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_source_owner_hands_in_previews_and_withdraws() {
        let served = serve(Some(owner_for(&["Banedanmark"]))).await;
        let query = "filename=rejser.md&kind=drejebog&institution=bdk&title=Rejser&owner=Bo";
        let text = "# Rejser\n\nRejseafregning sker i RejsUd.\n";
        let (status, shown) = served.post(&format!("{query}&preview=true"), text).await;
        assert_eq!((status, shown["state"].as_str()), (200, Some("preview")));
        assert_eq!(served.found("rejseafregning").await, 0);
        let (status, added) = served.post(query, text).await;
        assert_eq!((status, added["state"].as_str()), (201, Some("added")));
        assert_eq!(added["passages"], shown["passages"]);
        assert_eq!(added["documents"][0]["institution"], "Banedanmark");
        assert_eq!(added["documents"][0]["kind"], "drejebog");
        assert_eq!(served.found("rejseafregning").await, 1);
        let (status, same) = served.post(query, text).await;
        assert_eq!((status, same["state"].as_str()), (200, Some("unchanged")));
        let id = added["document"].as_str().unwrap().replace('/', "%2F").replace('#', "%23");
        let path = format!("/api/v1/documents/{id}");
        // Without its institution it does not exist.
        is_problem(served.ask(Method::DELETE, &path, "").await, Code::NotFound);
        let (status, gone) =
            served.ask(Method::DELETE, &format!("{path}?institution=BDK"), "").await;
        assert_eq!((status, gone["can_be_restored"].as_bool()), (200, Some(false)));
        assert_eq!(served.found("rejseafregning").await, 0);
        // A document of a folder comes back.
        let guide = "/api/v1/documents/guide.txt";
        let (status, gone) = served.ask(Method::DELETE, guide, "").await;
        assert_eq!((status, gone["can_be_restored"].as_bool()), (200, Some(true)));
        assert_eq!(served.found("blanketten").await, 0);
        let (_, listed) = served.ask(Method::GET, "/api/v1/withdrawn", "").await;
        assert_eq!(
            (listed["documents"][0]["document"].as_str(), listed["documents"][0]["by"].as_str()),
            (Some("guide.txt"), Some("p-1"))
        );
        let (status, restored) = served.ask(Method::POST, &format!("{guide}/restore"), "").await;
        assert_eq!((status, restored["passages"].as_u64()), (200, Some(1)));
        assert_eq!(served.found("blanketten").await, 1);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn another_institutions_documents_are_not_there_to_be_changed() {
        let served = serve(Some(owner_for(&["Banedanmark"]))).await;
        let foreign = "filename=a.md&kind=drejebog&institution=Ankestyrelsen";
        is_problem(served.post(foreign, "# A\n\nTekst.\n").await, Code::Forbidden);
        let path = "/api/v1/documents/drejebog.md";
        for institution in ["", "?institution=BDK", "?institution=Ankestyrelsen"] {
            let answer = served.ask(Method::DELETE, &format!("{path}{institution}"), "").await;
            let unknown = served
                .ask(Method::DELETE, &format!("/api/v1/documents/x.md{institution}"), "")
                .await;
            assert_eq!(answer.1["detail"], unknown.1["detail"]);
            is_problem(answer, Code::NotFound);
        }
        // A file that names another institution than the address is not taken in for it.
        let answer = served.post("filename=d.md&institution=BDK", DREJEBOG).await;
        assert!(answer.1["detail"].as_str().unwrap().contains("en anden institution"));
        is_problem(answer, Code::UnreadableDocument);
        is_problem(served.post("filename=d.md", DREJEBOG).await, Code::UnreadableDocument);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_owns_no_sources_changes_none() {
        let others = [Role::Caseworker, Role::Approver, Role::Evaluator, Role::Operator];
        let every = key(&others, Reach::Word("alle".to_owned()));
        for (who, code) in [(None, Code::Unauthorized), (Some(every), Code::Forbidden)] {
            let served = serve(who).await;
            is_problem(served.post("filename=a.md", "# A\n\nTekst.\n").await, code);
            let guide = "/api/v1/documents/guide.txt";
            is_problem(served.ask(Method::DELETE, guide, "").await, code);
            let restore = format!("{guide}/restore");
            is_problem(served.ask(Method::POST, &restore, "").await, code);
            is_problem(served.ask(Method::GET, "/api/v1/withdrawn", "").await, code);
            assert_eq!(served.found("blanketten").await, 1);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_cannot_be_taken_in_is_refused_with_the_way_out() {
        let served = serve(Some(owner_for(&[]))).await;
        for (query, body, code, says) in [
            ("", "A", Code::BadParameter, "filename"),
            ("filename=", "A", Code::BadParameter, "filename"),
            ("filename=a.md&kind=vejl", "A", Code::BadParameter, "drejebog"),
            ("filename=a.md&audience=alle", "A", Code::BadParameter, "intern"),
            ("filename=a.md&preview=ja", "A", Code::BadParameter, "true"),
            ("filename=a.md&valid_from=snart", "A", Code::BadDay, "snart"),
            ("filename=a.md&titel=A", "A", Code::BadParameter, "title"),
            ("filename=a.md", "", Code::UnreadableDocument, "tom"),
            ("filename=a.pdf", "ren tekst", Code::UnreadableDocument, "format"),
            ("filename=a.exe", "ren tekst", Code::UnreadableDocument, "format"),
            ("filename=a.md&kind=drejebog", "Tekst.", Code::UnreadableDocument, "institution"),
            (
                "filename=a.md&valid_from=2025-02-01&valid_to=2025-01-01",
                "Tekst.",
                Code::UnreadableDocument,
                "dag",
            ),
        ] {
            let answer = served.post(query, body).await;
            let detail = answer.1["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(says), "{query}: {detail}");
            is_problem(answer, code);
        }
        let whole = "x".repeat(DOCUMENT_BYTES_MAX + 1);
        is_problem(served.post("filename=a.txt", &whole).await, Code::TooLarge);
    }
}
