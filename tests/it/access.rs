//! Who may do what: every address that the router has, for every kind of caller (P-AUTH-2), and the
//! way in where no tokens are issued.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use svarforslag::access::{KeySettings, PersonSettings, Reach, Role, Settings, new_key};
use svarforslag::config::Config;
use svarforslag::http::Code;
use svarforslag::service::clock;

use crate::desk::{PROGRAM, TestDesk, folder};
use crate::http::{Server, expect, indexed, json_of, logged};
use crate::issuer::{Issuer, token};

const OWN: &str = "Banedanmark";
const FOREIGN: &str = "Ankestyrelsen";

/// Who may call an address, as this test understands it; `src/http/policy.rs` has its own table.
#[derive(Clone, Copy, PartialEq)]
enum Who {
    Everybody,
    /// Anybody on this machine where there is no sign-on; else one of the roles.
    Here,
    /// One of the roles, of a person or a program.
    Signed,
    /// One of the roles, of a person.
    Person,
}

/// Whether a request can name an institution, and how.
#[derive(Clone, Copy, PartialEq)]
enum Names {
    Nothing,
    ByQuery,
    /// By query, in the body, and by the sender's mail domain.
    ByInquiry,
    ByGoldSet,
}

use Role::{Approver, Caseworker, Evaluator, Operator, SourceOwner};

const DESK: &[Role] = &[Caseworker, Approver];
const READERS: &[Role] = &[Caseworker, Approver, SourceOwner, Evaluator];

/// What is expected. An address that has no row here fails the test.
const EXPECTED: &[(&str, &str, Who, &[Role], Names)] = &[
    ("GET", "/", Who::Everybody, &[], Names::Nothing),
    ("GET", "/api/openapi.json", Who::Everybody, &[], Names::Nothing),
    ("GET", "/api/docs", Who::Everybody, &[], Names::Nothing),
    ("GET", "/api/docs/", Who::Everybody, &[], Names::Nothing),
    ("GET", "/api/docs/swagger-ui.css", Who::Everybody, &[], Names::Nothing),
    ("GET", "/health/live", Who::Everybody, &[], Names::Nothing),
    ("GET", "/health/ready", Who::Everybody, &[], Names::Nothing),
    ("GET", "/metrics", Who::Here, &[Operator], Names::Nothing),
    ("POST", "/api/v1/session", Who::Everybody, &[], Names::Nothing),
    // Without a code everybody is refused, but everybody may try.
    ("POST", "/api/v1/session/code", Who::Everybody, &[], Names::Nothing),
    ("DELETE", "/api/v1/session", Who::Person, &Role::ALL, Names::Nothing),
    ("POST", "/api/v1/drafts", Who::Here, DESK, Names::ByInquiry),
    ("GET", "/api/v1/drafts", Who::Signed, DESK, Names::ByQuery),
    ("GET", "/api/v1/drafts/{id}", Who::Signed, DESK, Names::Nothing),
    ("GET", "/api/v1/drafts/{id}/journal", Who::Signed, DESK, Names::Nothing),
    ("POST", "/api/v1/drafts/{id}/approve", Who::Person, DESK, Names::Nothing),
    ("POST", "/api/v1/drafts/{id}/edit", Who::Person, DESK, Names::Nothing),
    ("POST", "/api/v1/drafts/{id}/reject", Who::Person, DESK, Names::Nothing),
    ("POST", "/api/v1/drafts/{id}/regenerate", Who::Person, DESK, Names::Nothing),
    ("POST", "/api/v1/drafts/{id}/take-over", Who::Person, DESK, Names::Nothing),
    ("POST", "/api/v1/drafts/{id}/reopen", Who::Person, DESK, Names::Nothing),
    ("POST", "/api/v1/inquiries", Who::Signed, DESK, Names::ByInquiry),
    ("POST", "/api/v1/inquiries/batch", Who::Signed, DESK, Names::Nothing),
    ("GET", "/api/v1/inquiries/{id}/export", Who::Person, &[Operator], Names::Nothing),
    // Without a signature everybody is refused, but everybody may try.
    ("POST", "/api/v1/webhook", Who::Everybody, &[], Names::Nothing),
    ("GET", "/api/v1/log", Who::Signed, &[Operator], Names::Nothing),
    ("GET", "/api/v1/log/verify", Who::Signed, &[Operator], Names::Nothing),
    ("GET", "/api/v1/quoting", Who::Signed, &[SourceOwner], Names::Nothing),
    ("POST", "/api/v1/documents", Who::Signed, &[SourceOwner], Names::Nothing),
    ("DELETE", "/api/v1/documents/{id}", Who::Signed, &[SourceOwner], Names::Nothing),
    ("POST", "/api/v1/documents/{id}/restore", Who::Signed, &[SourceOwner], Names::Nothing),
    ("GET", "/api/v1/withdrawn", Who::Signed, &[SourceOwner], Names::Nothing),
    ("GET", "/api/v1/drafts/{id}/gold-line", Who::Signed, &[Evaluator], Names::Nothing),
    ("GET", "/api/v1/candidates", Who::Signed, &[SourceOwner], Names::Nothing),
    ("POST", "/api/v1/candidates/{id}/accept", Who::Person, &[SourceOwner], Names::Nothing),
    ("POST", "/api/v1/candidates/{id}/decline", Who::Person, &[SourceOwner], Names::Nothing),
    ("GET", "/api/v1/gaps", Who::Signed, &[SourceOwner], Names::ByQuery),
    ("GET", "/api/v1/lookup", Who::Here, READERS, Names::ByQuery),
    ("GET", "/api/v1/documents", Who::Here, READERS, Names::ByQuery),
    ("GET", "/api/v1/passages/{id}", Who::Here, READERS, Names::ByQuery),
    ("POST", "/api/v1/evaluations", Who::Here, &[Evaluator], Names::ByGoldSet),
    ("GET", "/api/v1/evaluations/{id}", Who::Here, &[Evaluator], Names::Nothing),
    ("GET", "/api/v1/evaluations/{id}/report.html", Who::Here, &[Evaluator], Names::Nothing),
];

/// Addresses that the specification does not hold.
const OTHERS: [&str; 5] =
    ["/", "/api/openapi.json", "/api/docs", "/api/docs/", "/api/docs/swagger-ui.css"];

/// What a caller is.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind {
    /// Shows nothing.
    Nobody,
    /// Shows what does not hold.
    Bad,
    Program,
    Person,
}

/// A caller, with what it shows.
#[derive(Clone, Debug)]
struct Caller {
    name: String,
    kind: Kind,
    shows: Option<String>,
    roles: Vec<Role>,
    /// Whether it acts for [`OWN`].
    own: bool,
}

/// What came of a request, as far as access goes.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Outcome {
    LetIn,
    Unauthorized,
    Forbidden,
    NotYours,
}

fn role_sets() -> Vec<Vec<Role>> {
    let mut sets: Vec<Vec<Role>> = Role::ALL.iter().map(|role| vec![*role]).collect();
    sets.push(Role::ALL.to_vec());
    sets
}

fn reaches() -> [(Reach, bool); 4] {
    let names = |names: &[&str]| Reach::Names(names.iter().map(|&name| name.to_owned()).collect());
    [
        (names(&[OWN]), true),
        (names(&[FOREIGN]), false),
        (names(&[]), false),
        (Reach::Word("alle".to_owned()), true),
    ]
}

fn claim(reach: &Reach) -> Value {
    match reach {
        Reach::Word(word) => json!(word),
        Reach::Names(names) => json!(names),
    }
}

fn words(roles: &[Role]) -> Vec<&'static str> {
    roles.iter().map(|role| role.value()).collect()
}

/// A key for each set of roles and institutions, and one whose day is past.
fn keys() -> (Vec<KeySettings>, Vec<Caller>) {
    let (mut settings, mut callers) = (Vec::new(), Vec::new());
    let mut add = |roles: &[Role], reach: &Reach, own: bool, expires: Option<&str>| {
        let name = format!("key {roles:?} {reach:?} {expires:?}");
        let made = new_key(*blake3::hash(name.as_bytes()).as_bytes());
        let expires = expires.map(str::to_owned);
        let kind = if expires.is_some() { Kind::Bad } else { Kind::Program };
        settings.push(KeySettings {
            name: name.clone(),
            hash: made.hash,
            roles: roles.to_vec(),
            institutions: reach.clone(),
            expires,
        });
        callers.push(Caller { name, kind, shows: Some(made.key), roles: roles.to_vec(), own });
    };
    for roles in role_sets() {
        for (reach, own) in reaches() {
            add(&roles, &reach, own, None);
        }
    }
    add(&Role::ALL, &Reach::Word("alle".to_owned()), true, Some("2020-01-01"));
    (settings, callers)
}

fn nobody() -> Caller {
    Caller {
        name: "nobody".to_owned(),
        kind: Kind::Nobody,
        shows: None,
        roles: Vec::new(),
        own: true,
    }
}

fn bad(name: &str, shows: &str) -> Caller {
    let (name, shows) = (name.to_owned(), Some(shows.to_owned()));
    Caller { name, kind: Kind::Bad, shows, roles: Role::ALL.to_vec(), own: true }
}

/// Everybody who comes with a token.
fn bearers(issuer: &Issuer) -> Vec<Caller> {
    let mut callers = Vec::new();
    let caller = |name: String, kind, claims: &Value, roles: &[Role], own| Caller {
        name,
        kind,
        shows: Some(token(claims, "rs-1")),
        roles: roles.to_vec(),
        own,
    };
    let mut sets = role_sets();
    sets.push(Vec::new());
    for roles in sets {
        for (reach, own) in reaches() {
            let mut claims = issuer.person("1", &words(&roles), &claim(&reach));
            let name = format!("person {roles:?} {reach:?}");
            callers.push(caller(name, Kind::Person, &claims, &roles, own));
            claims["preferred_username"] = json!("service-account-p360");
            let name = format!("service account {roles:?} {reach:?}");
            callers.push(caller(name, Kind::Program, &claims, &roles, own));
        }
    }
    let mut late = issuer.person("1", &words(&Role::ALL), &json!("alle"));
    late["exp"] = json!(clock::seconds() - 100);
    callers.push(bad("a token that is past", &token(&late, "rs-1")));
    let elsewhere = issuer.person("1", &words(&Role::ALL), &json!("alle"));
    callers.push(bad("a token by another key", &token(&elsewhere, "rs-foe")));
    callers.push(bad("a session where there are none", "svs_AAAA"));
    callers
}

/// The requests that are made to an address: each with whether it names an institution.
fn requests(
    server: &Server,
    method: &str,
    path: &str,
    names: Names,
) -> Vec<(bool, RequestBuilder)> {
    let path = path.replace("{id}", "0190");
    let sends = method == "POST";
    let ask = |query: &str| {
        let method: Method = method.parse().unwrap();
        let mark = if query.is_empty() { "" } else { "?" };
        server.client.request(method, server.url(&format!("{path}{mark}{query}")))
    };
    let json = |request: RequestBuilder, body: Value| {
        request.header("content-type", "application/json").body(body.to_string())
    };
    let inquiry = json!({ "body": "Hvornår er fristen for lønbestillinger?" });
    let mail =
        format!("From: M <m@bane.example>\r\nSubject: Frist\r\n\r\n{}\r\n", "Hvornår er fristen?");
    // A judgement that resolves to nothing: it is looked at, and no evaluation begins.
    let gold = |institution: Value| {
        json!({ "inquiries": [{ "id": "1", "body": "Hvornår er fristen?", "institution": institution,
            "questions": [{ "n": 1, "text": "Frist?", "from": ["Hvornår er fristen?"],
                "answerable": "guide", "must": [],
                "relevant": [{ "document": "ingen.md", "quote": "intet", "grade": 2 }] }] }] })
    };
    match names {
        Names::Nothing if sends => vec![(false, json(ask(""), json!({ "name": "" })))],
        Names::Nothing => vec![(false, ask(""))],
        Names::ByQuery => vec![
            (false, ask("")),
            (false, ask(if path.ends_with("lookup") { "q=frist" } else { "" })),
            (
                true,
                ask(&format!(
                    "institution={OWN}{}",
                    if path.ends_with("lookup") { "&q=frist" } else { "" }
                )),
            ),
            (
                true,
                ask(&format!(
                    "institution=%20banedanmark%20{}",
                    if path.ends_with("lookup") { "&q=frist" } else { "" }
                )),
            ),
        ],
        Names::ByInquiry => {
            let mut with = inquiry.clone();
            with["institution"] = json!(OWN);
            let mut from = inquiry.clone();
            from["from"] = json!("Mette Prøvesen <m@bane.example>");
            let eml = |query: &str| {
                ask(query).header("content-type", "message/rfc822").body(mail.clone())
            };
            let streams = json(ask(""), with.clone()).header("accept", "text/event-stream");
            vec![
                (false, json(ask(""), json!({}))),
                (false, json(ask(""), inquiry.clone())),
                (true, json(ask(""), with)),
                (true, json(ask(""), from)),
                (true, json(ask(&format!("institution={OWN}")), inquiry)),
                (true, eml("")),
                (true, eml(&format!("institution={OWN}"))),
                (true, streams),
            ]
        }
        Names::ByGoldSet => vec![
            (false, json(ask(""), json!({}))),
            (false, json(ask(""), gold(Value::Null))),
            (true, json(ask(""), gold(json!(OWN)))),
        ],
    }
}

/// What is expected of a caller at an address; `local` where there is no sign-on.
fn expected(who: Who, roles: &[Role], caller: &Caller, named: bool, local: bool) -> Outcome {
    let Caller { kind, own, .. } = caller;
    if who == Who::Everybody {
        return Outcome::LetIn;
    }
    if *kind == Kind::Bad {
        return Outcome::Unauthorized;
    }
    if *kind == Kind::Nobody {
        let here = who == Who::Here && local;
        return if here { Outcome::LetIn } else { Outcome::Unauthorized };
    }
    let may = caller.roles.iter().any(|role| roles.contains(role));
    if !may || (who == Who::Person && *kind != Kind::Person) {
        return Outcome::Forbidden;
    }
    if named && !own { Outcome::NotYours } else { Outcome::LetIn }
}

async fn outcome(response: Response, tries_a_code: bool) -> Outcome {
    let status = response.status();
    assert!(!status.is_server_error(), "{status}");
    let body = response.text().await.unwrap();
    match status {
        StatusCode::UNAUTHORIZED if tries_a_code => Outcome::LetIn,
        StatusCode::UNAUTHORIZED => Outcome::Unauthorized,
        StatusCode::FORBIDDEN if body.contains("\"not_yours\"") => Outcome::NotYours,
        StatusCode::FORBIDDEN => Outcome::Forbidden,
        // What is told while it is drafted has its status from the start.
        _ if body.contains("\"code\":\"not_yours\"") => Outcome::NotYours,
        _ => Outcome::LetIn,
    }
}

/// Every address of the router, with the method by which the specification has it.
async fn addresses(server: &Server) -> Vec<(String, String)> {
    let specification = json_of(server.get("/api/openapi.json").await).await;
    let mut found: Vec<(String, String)> =
        OTHERS.iter().map(|path| ("GET".to_owned(), (*path).to_owned())).collect();
    for (path, item) in specification["paths"].as_object().unwrap() {
        let methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
        for method in methods.iter().filter(|method| item.get(**method).is_some()) {
            found.push((method.to_uppercase(), path.clone()));
        }
    }
    // Who has signed out is nobody any more: that comes last.
    found.sort_by_key(|(method, path)| method == "DELETE" && path == "/api/v1/session");
    found
}

/// Asks everything of everybody, and gives how often, and what was not as expected.
async fn walk(server: &Server, callers: &[Caller], local: bool) -> (usize, Vec<String>) {
    let (mut count, mut wrong) = (0, Vec::new());
    for (method, path) in addresses(server).await {
        let row = EXPECTED.iter().find(|row| row.0 == method && row.1 == path);
        let Some((.., who, roles, names)) = row.copied() else {
            panic!("{method} {path} has no row in tests/it/access.rs: say there who may call it");
        };
        for caller in callers {
            let made = requests(server, &method, &path, names);
            for (at, (named, request)) in made.into_iter().enumerate() {
                let request = match &caller.shows {
                    Some(shows) => request.bearer_auth(shows),
                    None => request,
                };
                let tries_a_code = path.ends_with("/session/code") || path.ends_with("/webhook");
                let found = outcome(request.send().await.unwrap(), tries_a_code).await;
                let expected = expected(who, roles, caller, named, local);
                count += 1;
                if found != expected {
                    let Caller { name, .. } = caller;
                    wrong.push(format!(
                        "{method} {path} ({at}) by {name}: {found:?}, not {expected:?}"
                    ));
                }
            }
        }
    }
    (count, wrong)
}

#[tokio::test(flavor = "multi_thread")]
async fn with_sign_on_everybody_may_do_what_their_roles_and_institutions_allow_and_no_more() {
    let issuer = Issuer::new().await;
    let (keys, mut callers) = keys();
    callers.push(nobody());
    callers.extend(bearers(&issuer));
    let access = Settings { keys, ..issuer.keycloak() };
    assert_eq!(access.impossible(), None);
    let limits = svarforslag::config::Limits { requests_per_minute_max: 0, ..Default::default() };
    let config = Config { data: indexed(), access, limits, ..Config::default() };
    let server = Server::of(config).await;
    let (count, wrong) = walk(&server, &callers, false).await;
    let allows = wrong.iter().filter(|line| line.contains(": LetIn")).count();
    println!(
        "with sign-on: {count} requests by {} callers at {} addresses, {allows} unexpected allows, {} other surprises",
        callers.len(),
        addresses(&server).await.len(),
        wrong.len() - allows
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Nobody signs in here where tokens are issued.
    let asks = server.client.post(server.url("/api/v1/session"));
    let asks = asks.header("content-type", "application/json").body("{\"name\":\"Anna\"}");
    expect(asks.send().await.unwrap(), Code::UnknownRoute).await;
}

fn person(name: &str, roles: &[Role], institutions: Reach) -> PersonSettings {
    let (name, id) = (name.to_owned(), format!("id-{name}"));
    PersonSettings { name, id, roles: roles.to_vec(), institutions }
}

async fn post(server: &Server, path: &str, body: Value) -> Response {
    let request = server.client.post(server.url(path)).header("content-type", "application/json");
    request.body(body.to_string()).header("x-request-id", "den-samme").send().await.unwrap()
}

/// The token of somebody who signs in with the code that the operator's terminal shows.
async fn signed_in(server: &Server, name: &str) -> String {
    let asked = post(server, "/api/v1/session", json!({ "name": name })).await;
    assert_eq!(asked.status(), StatusCode::ACCEPTED);
    let told = server.code();
    assert_eq!(told.name, name);
    let body = json!({ "name": name, "code": told.code });
    let session = json_of(post(server, "/api/v1/session/code", body).await).await;
    session["token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_this_machine_anybody_drafts_and_who_signs_in_has_their_roles() {
    let (keys, mut callers) = keys();
    let names = |names: &[&str]| Reach::Names(names.iter().map(|&name| name.to_owned()).collect());
    let persons: Vec<PersonSettings> = Role::ALL
        .iter()
        .map(|role| person(&format!("{} Prøvesen", role.value()), &[*role], names(&[OWN])))
        .chain([
            person("Fremmed Prøvesen", &Role::ALL, names(&[FOREIGN])),
            person("Alle Prøvesen", &Role::ALL, Reach::Word("alle".to_owned())),
        ])
        .collect();
    let access = Settings { keys, persons: persons.clone(), ..Settings::default() };
    assert_eq!(access.impossible(), None);
    let limits = svarforslag::config::Limits { requests_per_minute_max: 0, ..Default::default() };
    let config = Config { data: indexed(), access, limits, ..Config::default() };
    let server = Server::of(config).await;
    for person in &persons {
        let shows = Some(signed_in(&server, &person.name).await);
        let (name, roles) = (person.name.clone(), person.roles.clone());
        let own = person.institutions != names(&[FOREIGN]);
        callers.push(Caller { name, kind: Kind::Person, shows, roles, own });
    }
    callers.extend([
        nobody(),
        bad("a session that nobody has", "svs_AAAA"),
        bad("a token where none are issued", "a.b.c"),
        bad("a key that nobody has", "svf_AAAA"),
    ]);
    let (count, wrong) = walk(&server, &callers, true).await;
    let allows = wrong.iter().filter(|line| line.contains(": LetIn")).count();
    println!(
        "on this machine: {count} requests by {} callers, {allows} unexpected allows, {} other surprises",
        callers.len(),
        wrong.len() - allows
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evaluation_is_shown_to_those_who_act_for_its_institutions() {
    let issuer = Issuer::new().await;
    let data = copied();
    let config =
        Config { data: data.path().to_owned(), access: issuer.keycloak(), ..Config::default() };
    let server = Server::of(config).await;
    let evaluator =
        |institutions: Value| token(&issuer.person("1", &["evaluator"], &institutions), "rs-1");
    let own = evaluator(json!([OWN]));
    let gold = json!({ "inquiries": [{ "id": "1", "institution": OWN,
        "body": "Hvornår er fristen for lønbestillinger i december?",
        "questions": [{ "n": 1, "text": "Frist?", "answerable": "guide",
            "from": ["Hvornår er fristen for lønbestillinger i december?"],
            "must": [{ "text": "den 2. december", "vital": true, "match": [["2. december"]] }] }] }] });
    let url = server.url("/api/v1/evaluations");
    let request = server.client.post(url).header("content-type", "application/json");
    let begun = request.bearer_auth(&own).body(gold.to_string()).send().await.unwrap();
    assert_eq!(begun.status(), StatusCode::ACCEPTED);
    let begun: Value = begun.json().await.unwrap();
    let place = format!("/api/v1/evaluations/{}", begun["id"].as_str().unwrap());
    let get = |shows: &str| server.client.get(server.url(&place)).bearer_auth(shows).send();
    for institutions in [json!([FOREIGN]), json!([])] {
        expect(get(&evaluator(institutions)).await.unwrap(), Code::NotFound).await;
    }
    for institutions in [json!([OWN, FOREIGN]), json!("alle")] {
        json_of(get(&evaluator(institutions)).await.unwrap()).await;
    }
    let started = std::time::Instant::now();
    while json_of(get(&own).await.unwrap()).await["state"] == "running" {
        assert!(started.elapsed().as_secs() < 20, "it does not end");
    }
    // Also when its file alone remembers it.
    expect(get(&evaluator(json!([FOREIGN]))).await.unwrap(), Code::NotFound).await;
    assert_eq!(json_of(get(&own).await.unwrap()).await["state"], "done");
}

/// A data directory of its own, with the small index.
fn copied() -> tempfile::TempDir {
    let data = folder();
    crate::http::copy(&indexed(), data.path(), &|_, bytes| bytes);
    data
}

#[tokio::test(flavor = "multi_thread")]
async fn an_institution_is_known_by_any_of_its_names_and_an_unknown_one_opens_nothing() {
    let key = |name: &str| {
        let made = new_key(*blake3::hash(name.as_bytes()).as_bytes());
        let settings = KeySettings {
            name: name.to_owned(),
            hash: made.hash,
            roles: vec![Caseworker],
            institutions: Reach::Names(vec![name.to_owned()]),
            expires: None,
        };
        (made.key, settings)
    };
    let names = ["bdk", "BANEDANMARK", "Banedanmark", "Bane", "Ukendt"];
    let (shown, keys): (Vec<String>, Vec<KeySettings>) = names.iter().map(|name| key(name)).unzip();
    let access = Settings { keys, ..Settings::default() };
    let server = Server::of(Config { data: indexed(), access, ..Config::default() }).await;
    for (at, shows) in shown.iter().enumerate() {
        for asked in ["Banedanmark", "BDK"] {
            let url = server.url(&format!("/api/v1/documents?institution={asked}"));
            let answer = server.client.get(url).bearer_auth(shows).send().await.unwrap();
            if at < 3 {
                let listed = json_of(answer).await;
                assert_eq!(listed["documents"].as_array().unwrap().len(), 2, "{}", names[at]);
            } else {
                let problem = expect(answer, Code::NotYours).await;
                assert!(!problem.to_string().contains("Banedanmark"), "{problem}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_in_shows_a_code_that_only_the_operator_sees() {
    const NAME: &str = "Anna Prøvesen";
    let access = Settings {
        persons: vec![person(NAME, &[Caseworker], Reach::default())],
        ..Settings::default()
    };
    let server = Server::of(Config { data: indexed(), access, ..Config::default() }).await;
    let ask = |name: &str| post(&server, "/api/v1/session", json!({ "name": name }));
    let enter = |name: &str, code: &str| {
        post(&server, "/api/v1/session/code", json!({ "name": name, "code": code }))
    };
    // Who has the name cannot be told from the answer.
    let (known, unknown) = (ask(NAME).await, ask("Ukendt Prøvesen").await);
    let told = server.code();
    assert!(server.shows_nothing(), "nobody has the other name");
    assert_eq!((known.status(), unknown.status()), (StatusCode::ACCEPTED, StatusCode::ACCEPTED));
    let header = |response: &Response| {
        let mut headers = response.headers().clone();
        headers.remove("date");
        format!("{headers:?}")
    };
    assert_eq!(header(&known), header(&unknown));
    let known = known.text().await.unwrap();
    assert_eq!(known, unknown.text().await.unwrap());
    assert_eq!(known, "{\"seconds\":300}");
    assert_eq!((told.name.as_str(), told.code.len()), (NAME, 9));

    let wrong = expect(enter(NAME, "AAAA-AAAA").await, Code::Unauthorized).await;
    for (name, code) in [("Ukendt Prøvesen", told.code.as_str()), (NAME, ""), ("", "")] {
        assert_eq!(expect(enter(name, code).await, Code::Unauthorized).await, wrong);
    }
    let session = json_of(enter(NAME, &told.code.to_lowercase()).await).await;
    let held = session["token"].as_str().unwrap();
    let expires: jiff::Timestamp = session["expires"].as_str().unwrap().parse().unwrap();
    let hours = (expires.as_second() - clock::seconds()) as f64 / 3600.0;
    assert!((7.9..=8.0).contains(&hours), "{hours}");
    expect(enter(NAME, &told.code).await, Code::Unauthorized).await;

    let get =
        |shows: &str| server.client.get(server.url("/api/v1/documents")).bearer_auth(shows).send();
    assert_eq!(get(held).await.unwrap().status(), 200);
    let url = server.url("/api/v1/session");
    expect(server.client.delete(&url).send().await.unwrap(), Code::Unauthorized).await;
    let left = server.client.delete(&url).bearer_auth(held).send().await.unwrap();
    assert_eq!((left.status(), left.text().await.unwrap().as_str()), (StatusCode::NO_CONTENT, ""));
    expect(get(held).await.unwrap(), Code::Unauthorized).await;

    // A code that was tried five times is worth nothing, though it be the right one.
    ask(NAME).await;
    let tried = server.code();
    for _ in 0..5 {
        expect(enter(NAME, "AAAA-AAAA").await, Code::Unauthorized).await;
    }
    expect(enter(NAME, &tried.code).await, Code::Unauthorized).await;
    ask(NAME).await;
    let fresh = json_of(enter(NAME, &server.code().code).await).await;
    // Four were asked for so far.
    for _ in 0..6 {
        assert_eq!(ask("Ukendt Prøvesen").await.status(), StatusCode::ACCEPTED);
    }
    for name in [NAME, "Ukendt Prøvesen"] {
        expect(ask(name).await, Code::TooOften).await;
    }
    assert!(server.shows_nothing());
    let log = logged();
    for secret in [&told.code, &tried.code, held, fresh["token"].as_str().unwrap()] {
        assert!(!log.contains(secret), "the log holds what only its owner may know");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_to_sign_in_that_cannot_be_read_says_so() {
    let server = Server::of(Config { data: indexed(), ..Config::default() }).await;
    for path in ["/api/v1/session", "/api/v1/session/code"] {
        for (body, code) in [
            ("{", Code::BadJson),
            ("[]", Code::BadJson),
            ("{\"name\": 7}", Code::BadJson),
            ("{\"name\": \"Anna\", \"code\": \"A\", \"role\": \"operator\"}", Code::BadJson),
        ] {
            let request = server.client.post(server.url(path)).body(body);
            let request = request.header("content-type", "application/json");
            expect(request.send().await.unwrap(), code).await;
        }
        let untyped = server.client.post(server.url(path)).body("{}").send().await.unwrap();
        expect(untyped, Code::WrongContentType).await;
    }
    let long = json!({ "name": "x".repeat(201) });
    expect(post(&server, "/api/v1/session", long).await, Code::BadParameter).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_machines_are_served_only_where_callers_must_say_who_they_are() {
    let everywhere = "0.0.0.0:0";
    let none = Config { data: indexed(), ..Config::default() };
    let mut refused = Server::at(none, everywhere).await;
    let said = refused.stopped().await.unwrap_err().to_string();
    assert!(said.contains("only this machine"), "{said}");

    let (keys, callers) = keys();
    let persons = vec![person("Anna Prøvesen", &Role::ALL, Reach::Word("alle".to_owned()))];
    let access = Settings { keys, persons, ..Settings::default() };
    let server =
        Server::at(Config { data: indexed(), access, ..Config::default() }, everywhere).await;
    expect(server.get("/api/v1/documents").await, Code::Unauthorized).await;
    let holder = callers.iter().find(|caller| caller.kind == Kind::Program).unwrap();
    let shows = holder.shows.as_ref().unwrap();
    let get = server.client.get(server.url("/api/v1/documents")).bearer_auth(shows);
    assert_eq!(get.send().await.unwrap().status(), 200);
    // A code over the open network would be anybody's.
    let asked = post(&server, "/api/v1/session", json!({ "name": "Anna Prøvesen" })).await;
    expect(asked, Code::UnknownRoute).await;
    assert!(server.shows_nothing());
}

/// The program itself, which ends with this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended cannot be ended again.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_makes_keys_shows_codes_and_says_who_may_ask() {
    let desk = TestDesk::new().guide("Vejledning", "Kunden bestiller selv ændringer.").open();
    let place = folder();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.env("SVARFORSLAG_MODEL", "off").current_dir(place.path());
        command.arg("--data").arg(desk.data()).args(arguments);
        command
    };
    let refused = run(&["serve", "--listen", "0.0.0.0:0"]).output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("0.0.0.0:0") && said.contains("docs/access.md"), "{said}");

    let new = ["keys", "new", "--name", "p360", "--role", "caseworker", "--institution", OWN];
    let made = run(&[&new[..], &["--expires", "2999-01-31"]].concat()).output().unwrap();
    let (key, lines) =
        (String::from_utf8(made.stdout).unwrap(), String::from_utf8(made.stderr).unwrap());
    let key = key.trim();
    assert!(key.starts_with("svf_") && key.len() == 47 && !lines.contains(key), "{lines}");
    let (_, lines) = lines.split_once("[[access.keys]]").unwrap();
    let (lines, _) = lines.split_once("A program").unwrap();
    let person = "[[access.persons]]\nname = \"Anna Prøvesen\"\nid = \"b1\"\nroles = [\"approver\"]\ninstitutions = \"alle\"\n";
    let settings = format!("[[access.keys]]{lines}\n{person}");
    std::fs::write(place.path().join("svarforslag.toml"), settings).unwrap();
    for wrong in [
        &["keys", "new", "--name", "x", "--role", "boss"][..],
        &["keys", "new", "--name", "x"],
        &["keys", "new", "--name", "p360", "--role", "operator"],
        &["keys", "new", "--name", "x", "--role", "operator", "--expires", "i morgen"],
        &[
            "keys",
            "new",
            "--name",
            "x",
            "--role",
            "operator",
            "--institution",
            "alle",
            "--institution",
            "A",
        ],
    ] {
        assert!(!run(wrong).output().unwrap().status.success(), "{wrong:?}");
    }

    let mut serving = run(&["serve", "--listen", "127.0.0.1:0"]);
    let child = serving.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut child = Running(child);
    let mut out = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let mut said = BufReader::new(child.0.stderr.take().unwrap()).lines();
    let address = out.next().unwrap().unwrap();
    let address = address.strip_prefix("svarforslag listens on ").unwrap();
    let mut line =
        |holds: &str| said.by_ref().map(Result::unwrap).find(|line| line.contains(holds));
    assert!(line("sign-on: local, on this machine only").is_some());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = |path: &str, body: Value| {
        let request =
            client.post(format!("{address}{path}")).header("content-type", "application/json");
        request.body(body.to_string()).send()
    };
    let name = "Anna Prøvesen";
    post("/api/v1/session", json!({ "name": name })).await.unwrap();
    let shown = line("sign-in code for Anna Prøvesen: ").unwrap();
    let code = shown.split(": ").nth(1).unwrap().split(' ').next().unwrap();
    let entered =
        post("/api/v1/session/code", json!({ "name": name, "code": code })).await.unwrap();
    let session: Value = entered.json().await.unwrap();
    for (shows, status) in [(session["token"].as_str().unwrap(), 200), (key, 200), ("svf_x", 401)] {
        let get = client.get(format!("{address}/api/v1/documents")).bearer_auth(shows);
        assert_eq!(get.send().await.unwrap().status().as_u16(), status);
    }
}
