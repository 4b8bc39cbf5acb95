//! Evaluations over HTTP, by a real server: begun, watched, reported, refused and interrupted.

use std::path::{Path, PathBuf};

use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use svarforslag::config::Limits;
use svarforslag::http::Code;
use tempfile::TempDir;

use crate::desk::folder;
use crate::http::{INDEXED, MARK, Server, copy, expect, json_of};

const ADDRESS: &str = "/api/v1/evaluations";
/// So many that the evaluation outlasts a few requests.
const MANY: usize = 600;

/// A data directory of its own, with the small index.
fn indexed() -> TempDir {
    let data = folder();
    copy(INDEXED.path(), data.path(), &|_, bytes| bytes);
    data
}

async fn server(data: &TempDir) -> Server {
    Server::over(data.path(), Limits::default()).await
}

/// An inquiry of a gold set, whose answer stands in the small index.
fn inquiry(id: &str) -> Value {
    json!({
        "id": id,
        "body": format!("Hej\n\nHvornår er fristen for lønbestillinger i december? {MARK} spørger."),
        "institution": "Banedanmark",
        "questions": [{
            "n": 1,
            "text": "Hvornår er fristen?",
            "from": ["Hvornår er fristen for lønbestillinger i december?"],
            "answerable": "guide",
            "must": [{ "text": "den 2. december", "vital": true, "match": [["2. december"]] }],
            "relevant": [{
                "document": "bestilling.md",
                "quote": "Fristen for lønbestillinger i december er den 2. december.",
                "grade": 2,
            }],
        }],
    })
}

fn gold(count: usize) -> Value {
    let inquiries: Vec<Value> = (0..count).map(|n| inquiry(&format!("D{n}"))).collect();
    json!({ "name": "tre linjer", "inquiries": inquiries })
}

fn asking(server: &Server, body: &Value) -> RequestBuilder {
    let request =
        server.client.post(server.url(ADDRESS)).header("content-type", "application/json");
    request.body(body.to_string())
}

async fn ask(server: &Server, body: &Value) -> Response {
    asking(server, body).send().await.unwrap()
}

/// Begins an evaluation and gives its address and its id.
async fn begun(server: &Server, body: &Value) -> (String, String) {
    let response = ask(server, body).await;
    let (status, headers) = (response.status(), response.headers().clone());
    let told: Value = response.json().await.unwrap();
    assert_eq!(status, StatusCode::ACCEPTED, "{told}");
    assert_eq!((&told["state"], &told["done"]), (&json!("running"), &json!(0)));
    let id = told["id"].as_str().unwrap().to_owned();
    let place = headers["location"].to_str().unwrap().to_owned();
    assert_eq!(place, format!("{ADDRESS}/{id}"));
    (place, id)
}

/// Looks until the evaluation no longer runs.
async fn ended(server: &Server, place: &str) -> Value {
    let mut before = 0;
    loop {
        let told = json_of(server.get(place).await).await;
        let done = told["done"].as_u64().unwrap();
        assert!(done >= before && done <= told["of"].as_u64().unwrap(), "{told}");
        before = done;
        if told["state"] != "running" {
            return told;
        }
        assert!(told.get("report").is_none() && told.get("problem").is_none(), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evaluation_is_begun_watched_and_reported() {
    let data = indexed();
    let server = server(&data).await;
    let (place, id) = begun(&server, &gold(3)).await;
    let told = ended(&server, &place).await;
    assert_eq!((&told["state"], &told["id"]), (&json!("done"), &json!(id)), "{told}");
    assert_eq!((&told["done"], &told["of"]), (&json!(3), &json!(3)));
    let report = &told["report"];
    assert_eq!((&report["data"], &report["n"]), (&json!("tre linjer"), &json!(3)));
    assert_eq!(report["measures"]["must_recall_strict"]["value"], 1.0, "{report}");
    assert_eq!(report["measures"]["nDCG@10"]["value"], 1.0, "{report}");
    let counts = server.get("/metrics").await.text().await.unwrap();
    assert!(counts.contains("route=\"/api/v1/evaluations/{id}\""), "{counts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_is_a_page_that_may_style_itself_and_nothing_else() {
    let data = indexed();
    let server = server(&data).await;
    let (place, _) = begun(&server, &gold(1)).await;
    ended(&server, &place).await;
    let accept = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8";
    let by_form = server.client.get(server.url(&place)).header("accept", accept);
    for response in
        [server.get(&format!("{place}/report.html")).await, by_form.send().await.unwrap()]
    {
        assert_eq!(response.status(), StatusCode::OK);
        let headers = response.headers().clone();
        assert_eq!(headers["content-type"], "text/html; charset=utf-8");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'unsafe-inline';"), "{policy}");
        assert!(headers.get_all("content-security-policy").iter().count() == 1);
        let page = response.text().await.unwrap();
        assert!(page.starts_with("<!DOCTYPE html>") && page.contains("tre linjer"), "{page}");
        assert!(!page.contains("<script"), "{page}");
    }
}

/// The events of a stream, each with its kind.
fn events(text: &str) -> Vec<(String, Value)> {
    let field = |event: &str, name: &str| {
        let line = event.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name} in {event}")).trim().to_owned()
    };
    let parts = text.split("\n\n").filter(|event| event.lines().any(|line| !line.starts_with(':')));
    let read = |event| (field(event, "event:"), serde_json::from_str(&field(event, "data:")));
    parts.map(read).map(|(kind, value)| (kind, value.unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_tells_the_progress_and_at_last_the_state() {
    let data = indexed();
    let server = server(&data).await;
    let request = asking(&server, &gold(20)).header("accept", "text/event-stream");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let headers = response.headers().clone();
    assert_eq!(headers["content-type"], "text/event-stream");
    assert_eq!(headers["cache-control"], "no-store");
    let mut told = events(&response.text().await.unwrap());
    let (kind, last) = told.pop().unwrap();
    assert_eq!(
        (kind.as_str(), &last["state"], &last["done"]),
        ("state", &json!("done"), &json!(20))
    );
    assert!(last.get("report").is_none(), "{last}");
    assert!(!told.is_empty());
    let done: Vec<u64> = told.iter().map(|(_, value)| value["done"].as_u64().unwrap()).collect();
    assert!(done.is_sorted(), "{done:?}");
    for (kind, value) in &told {
        assert_eq!((kind.as_str(), &value["of"]), ("progress", &json!(20)));
    }
    let place = headers["location"].to_str().unwrap();
    assert!(place.ends_with(last["id"].as_str().unwrap()));
    assert_eq!(json_of(server.get(place).await).await["report"]["n"], 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_evaluation_at_a_time_and_drafts_go_on() {
    let data = indexed();
    let mut server = server(&data).await;
    let (place, _) = begun(&server, &gold(MANY)).await;
    let refused = ask(&server, &gold(1)).await;
    assert_eq!(refused.headers()["retry-after"], "2");
    expect(refused, Code::Busy).await;
    assert_eq!(server.get("/api/v1/lookup?q=frist").await.status(), 200);
    let page = server.get(&format!("{place}/report.html")).await;
    expect(page, Code::NotFound).await;
    assert_eq!(json_of(server.get(&place).await).await["state"], "running");
    server.shutdown.cancel();
    server.stopped().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evaluation_that_is_stopped_says_so_after_a_restart() {
    let data = indexed();
    let mut first = server(&data).await;
    let request = asking(&first, &gold(MANY)).header("accept", "text/event-stream");
    let mut stream = request.send().await.unwrap();
    let place = stream.headers()["location"].to_str().unwrap().to_owned();
    let mut text = String::new();
    let more = stream.chunk().await.unwrap().unwrap();
    text.push_str(std::str::from_utf8(&more).unwrap());
    first.shutdown.cancel();
    first.stopped().await.unwrap();
    text.push_str(&stream.text().await.unwrap());
    assert_eq!(events(&text).pop().unwrap().1["state"], "interrupted", "{text}");

    let second = server(&data).await;
    let told = json_of(second.get(&place).await).await;
    assert_eq!(told["state"], "interrupted");
    assert!(told["done"].as_u64().unwrap() < told["of"].as_u64().unwrap(), "{told}");
    let (next, _) = begun(&second, &gold(1)).await;
    assert_eq!(ended(&second, &next).await["state"], "done");
}

fn kept(data: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(data.join("evaluations")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_evaluation_is_kept_and_one_of_a_killed_program_is_interrupted() {
    let data = indexed();
    let mut first = server(&data).await;
    let (place, id) = begun(&first, &gold(2)).await;
    let told = ended(&first, &place).await;
    first.shutdown.cancel();
    first.stopped().await.unwrap();
    let files = kept(data.path());
    assert_eq!(files, [data.path().join("evaluations").join(format!("{id}.json"))]);

    let mut second = server(&data).await;
    assert_eq!(json_of(second.get(&place).await).await, told);
    second.shutdown.cancel();
    second.stopped().await.unwrap();
    let text = std::fs::read_to_string(&files[0]).unwrap();
    assert!(!text.contains(MARK), "the file holds the report, not the mails: {text}");
    std::fs::write(&files[0], text.replacen("\"done\"", "\"running\"", 1)).unwrap();

    let third = server(&data).await;
    let told = json_of(third.get(&place).await).await;
    assert_eq!((&told["state"], told.get("report")), (&json!("interrupted"), None));
    expect(third.get(&format!("{place}/report.html")).await, Code::NotFound).await;
    std::fs::write(&files[0], "{\"id\":").unwrap();
    expect(third.get(&place).await, Code::Internal).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_none_names_nothing() {
    let data = indexed();
    let server = server(&data).await;
    std::fs::create_dir_all(data.path().join("evaluations")).unwrap();
    std::fs::write(data.path().join("secret.json"), "{}").unwrap();
    for id in [
        "019ab3c1-0000-7000-8000-000000000000",
        "019AB3C1-0000-7000-8000-000000000000",
        "..%2Fsecret",
        "%2e%2e%2fsecret",
        "%FF",
        "%00",
        "x",
    ] {
        expect(server.get(&format!("{ADDRESS}/{id}")).await, Code::NotFound).await;
        expect(server.get(&format!("{ADDRESS}/{id}/report.html")).await, Code::NotFound).await;
    }
    expect(server.get(ADDRESS).await, Code::WrongMethod).await;
}

/// Refused as a gold set, with these words, and with nothing written down.
async fn refused(server: &Server, data: &TempDir, body: &Value, says: &[&str]) {
    let problem = expect(ask(server, body).await, Code::BadEvaluation).await;
    for words in says {
        assert!(problem["detail"].as_str().unwrap().contains(words), "no `{words}`: {problem}");
    }
    assert!(!data.path().join("evaluations").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_gold_set_is_refused_with_its_line_and_what_is_wrong() {
    let data = indexed();
    let server = server(&data).await;
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut gold = gold(3);
        change(&mut gold);
        gold
    };
    let outcome =
        changed(&|gold| gold["inquiries"][1]["questions"][0]["answerable"] = json!("maaske"));
    refused(&server, &data, &outcome, &["tre linjer:2", "question 1: `maaske` is no outcome"])
        .await;
    let twice = changed(&|gold| gold["inquiries"][2]["id"] = json!("D0"));
    refused(&server, &data, &twice, &["tre linjer:3", "`D0` stands twice"]).await;
    let lost = changed(&|gold| {
        gold["inquiries"][1]["questions"][0]["relevant"][0]["quote"] = json!("står der ikke");
    });
    let says = ["1 judgements resolve to nothing", "tre linjer:2: D1 question 1: `bestilling.md`"];
    refused(&server, &data, &lost, &says).await;
    let pattern = changed(&|gold| {
        let never = json!([{ "text": "x", "never": ["\\w".repeat(2000)] }]);
        gold["inquiries"][0]["questions"][0]["must_not"] = never;
    });
    refused(&server, &data, &pattern, &["D0, question 1", "too large"]).await;
    let patterns = changed(&|gold| {
        let never = json!([{ "text": "x", "never": vec!["a"; 3000] }]);
        gold["inquiries"][0]["questions"][0]["must_not"] = never;
    });
    refused(&server, &data, &patterns, &["tre linjer:1", "more than 1000 patterns"]).await;
    let many = changed(&|gold| {
        gold["inquiries"][0]["questions"][0]["must"] = json!(vec![json!({ "text": "x" }); 10_001]);
    });
    refused(&server, &data, &many, &["judgements; at most 10000"]).await;
    refused(&server, &data, &gold(1001), &["1001 inquiries; at most 1000"]).await;
    refused(&server, &data, &json!({ "inquiries": [] }), &["inline", "nothing to evaluate"]).await;
    refused(&server, &data, &json!({}), &["`gold` or `inquiries`"]).await;
    let both = json!({ "gold": "demo", "inquiries": [] });
    refused(&server, &data, &both, &["one of the two"]).await;
    // The demo's judgements do not resolve in another collection; its own folder is not told.
    let problem = expect(ask(&server, &json!({ "gold": "demo" })).await, Code::BadEvaluation).await;
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("dev.jsonl:1: D001 question 1"), "{detail}");
    assert!(!detail.contains(env!("CARGO_MANIFEST_DIR")), "{detail}");
    assert_eq!(ask(&server, &gold(1)).await.status(), StatusCode::ACCEPTED, "the seat is free");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_no_gold_set_is_refused_as_everywhere() {
    let data = indexed();
    let server = server(&data).await;
    let other = expect(ask(&server, &json!({ "gold": "mine" })).await, Code::BadParameter).await;
    assert!(other["detail"].as_str().unwrap().contains("demo"), "{other}");
    let long = json!({ "name": "x".repeat(3000), "inquiries": [inquiry("D1")] });
    expect(ask(&server, &long).await, Code::BadParameter).await;
    for body in [json!([]), json!({ "inquiries": ["x"] }), json!({ "golden": "demo" })] {
        expect(ask(&server, &body).await, Code::BadJson).await;
    }
    let typed = |kind: &str, body: String| {
        server.client.post(server.url(ADDRESS)).header("content-type", kind.to_owned()).body(body)
    };
    expect(typed("application/json", "{".to_owned()).send().await.unwrap(), Code::BadJson).await;
    let mail = typed("message/rfc822", MARK.to_owned()).send().await.unwrap();
    expect(mail, Code::WrongContentType).await;
    let large = typed("application/json", "x".repeat(5_000_000)).send().await.unwrap();
    expect(large, Code::TooLarge).await;
    let none = folder();
    let bare = Server::over(none.path(), Limits::default()).await;
    expect(ask(&bare, &gold(1)).await, Code::IndexMissing).await;
}
