//! An office with a sign-on: persons with tokens, programs with keys, and a server of their own.

use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use serde_json::{Value, json};
use svarforslag::access::{KeySettings, NewKey, Reach, Role, Settings, new_key};
use svarforslag::config::Config;
use tempfile::TempDir;

use crate::http::{Server, copy, indexed, json_of};
use crate::issuer::{Issuer, token};

/// Longer than any draft takes, also on a loaded machine.
const LONG: Duration = Duration::from_mins(1);

/// An office that is open until it is dropped.
pub(crate) struct Office {
    pub(crate) server: Server,
    pub(crate) issuer: Issuer,
    pub(crate) data: TempDir,
    pub(crate) key: String,
}

impl Office {
    /// An office with the small index, all to itself.
    pub(crate) async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().unwrap();
        copy(&indexed(), data.path(), &|_, bytes| bytes);
        let issuer = Issuer::new().await;
        let NewKey { key, hash } = new_key([7; 32]);
        let mut config = Config { data: data.path().to_owned(), ..Config::default() };
        config.access = Self::access(&issuer, &hash);
        change(&mut config);
        let server = Server::of(config).await;
        Self { server, issuer, data, key }
    }

    fn access(issuer: &Issuer, hash: &str) -> Settings {
        let program = KeySettings {
            name: "p360".to_owned(),
            hash: hash.to_owned(),
            roles: vec![Role::Caseworker, Role::Approver],
            institutions: Reach::Word("alle".to_owned()),
            expires: None,
        };
        Settings { keys: vec![program], ..issuer.keycloak() }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.data.path()
    }

    /// A person's token.
    pub(crate) fn person(&self, sub: &str, roles: &[&str]) -> Clerk<'_> {
        let claims = self.issuer.person(sub, roles, &json!(["alle"]));
        Clerk { office: self, token: Some(token(&claims, "rs-1")) }
    }

    /// A person who may act for one institution.
    pub(crate) fn person_of(&self, sub: &str, roles: &[&str], institution: &str) -> Clerk<'_> {
        let claims = self.issuer.person(sub, roles, &json!([institution]));
        Clerk { office: self, token: Some(token(&claims, "rs-1")) }
    }

    /// A program with its key.
    pub(crate) fn program(&self) -> Clerk<'_> {
        Clerk { office: self, token: Some(self.key.clone()) }
    }

    /// Somebody who shows nothing.
    pub(crate) fn nobody(&self) -> Clerk<'_> {
        Clerk { office: self, token: None }
    }
}

/// Somebody who asks.
pub(crate) struct Clerk<'a> {
    office: &'a Office,
    token: Option<String>,
}

impl Clerk<'_> {
    /// Asks; `tag` is the version that was seen.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        tag: Option<&str>,
        body: Option<Value>,
    ) -> Response {
        let server = &self.office.server;
        let mut request = server.client.request(method, server.url(path));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(tag) = tag {
            request = request.header("if-match", tag);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.ask(Method::GET, path, None, None).await
    }

    /// Posts an inquiry; returns the id of its draft.
    pub(crate) async fn posts(&self, body: &str) -> String {
        self.posts_as(json!({ "body": body, "institution": "Banedanmark" })).await
    }

    pub(crate) async fn posts_as(&self, inquiry: Value) -> String {
        let posted = self.ask(Method::POST, "/api/v1/inquiries", None, Some(inquiry)).await;
        assert_eq!(posted.status(), 201, "{}", posted.text().await.unwrap());
        let posted: Value = posted.json().await.unwrap();
        posted["draft"].as_str().unwrap().to_owned()
    }

    /// Reads a draft once it is no longer being made; returns it and its tag.
    pub(crate) async fn reads(&self, draft: &str) -> (Value, String) {
        let started = Instant::now();
        loop {
            let response = self.get(&format!("/api/v1/drafts/{draft}")).await;
            let tag = response.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned());
            let view = json_of(response).await;
            if view["state"] != "drafting" {
                return (view, tag.unwrap());
            }
            assert!(started.elapsed() < LONG, "the draft is not made: {view}");
        }
    }

    /// Decides on the version of that tag.
    pub(crate) async fn decides(
        &self,
        draft: &str,
        what: &str,
        tag: &str,
        words: Value,
    ) -> Response {
        let path = format!("/api/v1/drafts/{draft}/{what}");
        self.ask(Method::POST, &path, Some(tag), Some(words)).await
    }
}
