//! Review from end to end: nothing goes out without a person, and nothing is forgotten.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use svarforslag::http::Code;

use crate::http::{expect, json_of};
use crate::office::{Clerk, Office};

const ASKED: &str =
    "Hej\n\nHvornår er fristen for lønbestillinger i december?\n\nMange hilsner\nLone Prøvesen";
/// The longest until an approved reply is found as a past case.
const LEARNT_MAX: Duration = Duration::from_secs(2);

/// Looks a question up until a past case is among what is found; returns how long it took.
async fn learnt(clerk: &Clerk<'_>, words: &str) -> (Duration, Value) {
    let started = Instant::now();
    loop {
        let path = format!("/api/v1/lookup?institution=Banedanmark&kind=sag&q={words}");
        let found = json_of(clerk.get(&path).await).await;
        if let Some(hit) = found["hits"].as_array().unwrap().first() {
            return (started.elapsed(), hit.clone());
        }
        assert!(started.elapsed() < Duration::from_secs(30), "nothing is learnt: {found}");
    }
}

/// Waits until no past case is found any more.
async fn forgotten(clerk: &Clerk<'_>) {
    let started = Instant::now();
    loop {
        let path = "/api/v1/lookup?institution=Banedanmark&kind=sag&q=frist+l%C3%B8nbestilling";
        let found = json_of(clerk.get(path).await).await;
        if found["hits"] == json!([]) {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "it is still found: {found}");
    }
}

/// The walk of `docs/walkthrough.md`, step by step.
#[tokio::test(flavor = "multi_thread")]
async fn two_persons_bring_an_inquiry_to_an_approved_reply() {
    let office = Office::open().await;
    let anna = office.person("anna", &["caseworker"]);
    let bo = office.person("bo", &["caseworker", "approver"]);
    let operator = office.person("olga", &["operator"]);

    // 1. An inquiry is posted; a moment later its draft is ready.
    let draft = anna.posts(ASKED).await;
    let (view, tag) = anna.reads(&draft).await;
    assert_eq!(view["state"], "ready", "{view}");
    assert_eq!(view["questions"], 1);
    let reply = view["reply"].as_str().unwrap().to_owned();
    assert!(reply.contains("2. december"), "{reply}");

    // 2. Anna edits it. The check runs again, and the edit is kept word for word.
    let edited = format!("{reply}\n\nRing gerne, hvis I er i tvivl.");
    let changed = anna.decides(&draft, "edit", &tag, json!({ "reply": edited })).await;
    let changed = json_of(changed).await;
    assert_eq!(changed["state"], "ready");
    let (view, tag) = anna.reads(&draft).await;
    assert_eq!(view["reply"], edited.as_str());
    let kept = &view["decisions"][0]["content"]["changes"];
    assert!(kept.as_array().unwrap().iter().any(|it| it["kind"] == "added"), "{kept}");

    // 3. Anna approves it. No approved reply has cited this source yet: a second person must.
    let held = json_of(anna.decides(&draft, "approve", &tag, json!({})).await).await;
    assert_eq!(held["state"], "held", "{held}");
    let (view, tag) = anna.reads(&draft).await;
    assert!(view["found_risks"][0]["why"].as_str().is_some(), "{view}");
    expect(anna.decides(&draft, "approve", &tag, json!({})).await, Code::SamePerson).await;

    // 4. Neither a program nor one who shows nothing approves, and nobody on what they did not see.
    expect(office.program().decides(&draft, "approve", &tag, json!({})).await, Code::Forbidden)
        .await;
    let nobody = office.nobody().decides(&draft, "approve", &tag, json!({})).await;
    assert_eq!(nobody.status(), 401);
    expect(bo.decides(&draft, "approve", "\"1\"", json!({})).await, Code::Stale).await;
    let path = format!("/api/v1/drafts/{draft}/approve");
    expect(bo.ask(Method::POST, &path, None, None).await, Code::VersionNeeded).await;

    // 5. Bo approves it as the second person.
    let approved = json_of(bo.decides(&draft, "approve", &tag, json!({})).await).await;
    assert_eq!(approved["state"], "approved");

    // 6. It is a past case: the next lookup of the same institution finds it, without its persons.
    let (took, hit) = learnt(&bo, "frist+l%C3%B8nbestilling+december").await;
    println!("an approved reply was found as a past case after {took:?} (n=1)");
    assert!(took <= LEARNT_MAX, "{took:?}");
    assert!(hit["text"].as_str().unwrap().contains("2. december"), "{hit}");
    assert!(!hit.to_string().contains("Prøvesen"), "{hit}");

    // Its journal note tells what asked for the second person, also now that the source is known.
    let note = json_of(bo.get(&format!("/api/v1/drafts/{draft}/journal")).await).await;
    assert_eq!(note["risks"][0]["rule"], "new_source", "{note}");
    assert_eq!(note["approvals"].as_array().unwrap().len(), 2, "{note}");
    assert_eq!(note["prompts"].as_str().map(str::len), Some(64), "{note}");
    // A change of its source would reach the draft and what was learnt of it.
    let owner = office.person("sofie", &["source_owner"]);
    let quoting = json_of(owner.get("/api/v1/quoting?document=bestilling.md").await).await;
    assert_eq!(quoting["drafts"][0]["id"], draft.as_str(), "{quoting}");
    assert_eq!(quoting["documents"][0]["kind"], "sag", "{quoting}");

    // 7. Its record is given out, and the log holds.
    let inquiry = view["inquiry"].as_str().unwrap();
    let path = format!("/api/v1/inquiries/{inquiry}/export");
    let record = json_of(operator.get(&path).await).await;
    let actions: Vec<&str> = record["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["action"].as_str().unwrap())
        .filter(|action| *action != "read")
        .collect();
    assert_eq!(actions, ["post", "draft", "edit", "approve", "approve", "journal", "export"]);
    let whole = json_of(operator.get("/api/v1/log/verify").await).await;
    assert_eq!(whole["damage"], json!([]), "{whole}");
    assert!(whole["drafts"] == 1 && whole["events"].as_u64().unwrap() >= 10, "{whole}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_one_person_is_approved_by_one() {
    let office = Office::open().await;
    let anna = office.person("anna", &["caseworker"]);
    let bo = office.person("bo", &["approver"]);
    let first = anna.posts(ASKED).await;
    let (_, tag) = anna.reads(&first).await;
    json_of(anna.decides(&first, "approve", &tag, json!({})).await).await;
    let (_, tag) = bo.reads(&first).await;
    json_of(bo.decides(&first, "approve", &tag, json!({})).await).await;
    // The source is known by now.
    let second = anna.posts(ASKED).await;
    let (view, tag) = anna.reads(&second).await;
    assert_eq!((&view["persons"], &view["risks"]), (&json!(1), &json!([])), "{view}");
    // The earlier reply is shown beside it, with what the check says of it now.
    let earlier = &view["earlier"][0];
    assert_eq!((&earlier["draft"], &earlier["holds"]), (&json!(first), &json!(true)), "{view}");
    assert!(earlier["reply"].as_str().unwrap().contains("2. december"), "{earlier}");
    let done = json_of(anna.decides(&second, "approve", &tag, json!({})).await).await;
    assert_eq!(done["state"], "approved");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_adds_an_unsupported_number_asks_for_a_second_person() {
    let office = Office::open().await;
    let anna = office.person("anna", &["caseworker"]);
    let draft = anna.posts(ASKED).await;
    let (view, tag) = anna.reads(&draft).await;
    let reply = view["reply"].as_str().unwrap().replace("2. december", "9. december");
    let words = json!({ "reply": reply, "approve": true });
    let held = json_of(anna.decides(&draft, "edit", &tag, words).await).await;
    assert_eq!(held["state"], "held", "{held}");
    let (view, _) = anna.reads(&draft).await;
    let failed = |check: &&Value| check["code"] == "numbers_supported" && check["ok"] == false;
    let check = view["checks"].as_array().unwrap().iter().find(failed).unwrap();
    assert!(check["detail"].as_str().unwrap().contains("9. december"), "{check}");
    assert!(view["risks"].as_array().unwrap().contains(&json!("failed_checks")), "{view}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_draft_says_why_and_can_be_made_again() {
    let office = Office::open().await;
    let anna = office.person("anna", &["caseworker"]);
    let draft = anna.posts(ASKED).await;
    let (_, tag) = anna.reads(&draft).await;
    for words in
        [json!({ "reasons": [] }), json!({ "reasons": ["bad"] }), json!({ "reasons": ["other"] })]
    {
        expect(anna.decides(&draft, "reject", &tag, words).await, Code::BadDecision).await;
    }
    expect(anna.decides(&draft, "reject", &tag, json!({ "reason": "x" })).await, Code::BadJson)
        .await;
    let words = json!({ "reasons": ["incomplete", "wrong_tone"], "text": "Den svarer ikke." });
    let rejected = json_of(anna.decides(&draft, "reject", &tag, words).await).await;
    assert_eq!(rejected["state"], "rejected");
    let (view, tag) = anna.reads(&draft).await;
    assert_eq!(view["decisions"][0]["reason"], "incomplete,wrong_tone");
    assert_eq!(view["decisions"][0]["content"]["text"], "Den svarer ikke.");
    expect(anna.decides(&draft, "approve", &tag, json!({})).await, Code::WrongState).await;
    // It can become a test case, in which nobody is named.
    let evaluator = office.person("eva", &["evaluator"]);
    let line = json_of(evaluator.get(&format!("/api/v1/drafts/{draft}/gold-line")).await).await;
    assert_eq!(line["reasons"], json!(["incomplete", "wrong_tone"]), "{line}");
    assert!(!line.to_string().contains("Prøvesen"), "{line}");
    // The next inquiry that asks the same is warned of it.
    let next = anna.posts("Hej. Hvornår er fristen for lønbestillinger i december?").await;
    let warned = anna.reads(&next).await.0["warnings"].clone();
    assert_eq!(warned[0]["reasons"], json!(["incomplete", "wrong_tone"]), "{warned}");
    let again = anna.decides(&draft, "regenerate", &tag, json!({ "hint": "regneark" })).await;
    assert_eq!(json_of(again).await["state"], "drafting");
    let (view, _) = anna.reads(&draft).await;
    assert_eq!(view["state"], "ready");
    // What is hinted at is searched for beside the questions.
    assert!(view["draft"]["evidence"].to_string().contains("regneark"), "{}", view["draft"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_decide_at_once_do_not_overwrite_each_other() {
    let office = Office::open().await;
    let anna = office.person("anna", &["caseworker"]);
    let draft = anna.posts(ASKED).await;
    let (_, tag) = anna.reads(&draft).await;
    let clerks: Vec<Clerk<'_>> =
        (0..20).map(|n| office.person(&format!("p{n}"), &["caseworker"])).collect();
    let edit = |n: usize| json!({ "reply": format!("Fristen er den 2. december. {n}") });
    let deciding =
        clerks.iter().enumerate().map(|(n, it)| it.decides(&draft, "edit", &tag, edit(n)));
    let answers = futures_util::future::join_all(deciding).await;
    let won = answers.iter().filter(|answer| answer.status() == 200).count();
    let stale = answers.iter().filter(|answer| answer.status() == 412).count();
    assert_eq!((won, stale), (1, 19));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_draft_does_not_exist() {
    let office = Office::open().await;
    let anna = office.person("anna", &["caseworker"]);
    let draft = anna.posts(ASKED).await;
    let (_, tag) = anna.reads(&draft).await;
    let other = office.person_of("carl", &["caseworker", "approver"], "Ankestyrelsen");
    expect(other.get(&format!("/api/v1/drafts/{draft}")).await, Code::NotFound).await;
    for what in ["approve", "take-over", "regenerate", "reopen"] {
        expect(other.decides(&draft, what, &tag, json!({})).await, Code::NotFound).await;
    }
    let words = json!({ "reply": "Nej." });
    expect(other.decides(&draft, "edit", &tag, words).await, Code::NotFound).await;
    let words = json!({ "reasons": ["wrong"] });
    expect(other.decides(&draft, "reject", &tag, words).await, Code::NotFound).await;
    let queue = json_of(other.get("/api/v1/drafts").await).await;
    assert_eq!(queue["drafts"], json!([]));
    let asked = other.get("/api/v1/drafts?institution=Banedanmark").await;
    expect(asked, Code::NotYours).await;
    let inquiry = json!({ "body": ASKED, "institution": "Banedanmark" });
    let posted = other.ask(Method::POST, "/api/v1/inquiries", None, Some(inquiry)).await;
    expect(posted, Code::NotYours).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_sent_twice_is_taken_in_once() {
    let office = Office::open().await;
    let program = office.program();
    let post = |key: &'static str, body: &'static str| {
        let request = office.server.client.post(office.server.url("/api/v1/inquiries"));
        let request = request.bearer_auth(&office.key).header("idempotency-key", key);
        request.json(&json!({ "body": body, "institution": "Banedanmark" })).send()
    };
    let first = post("a-1", ASKED).await.unwrap();
    assert_eq!(first.status(), 201);
    let location = first.headers()["location"].clone();
    let first: Value = first.json().await.unwrap();
    let again = post("a-1", ASKED).await.unwrap();
    assert_eq!((again.status().as_u16(), &again.headers()["location"]), (200, &location));
    let again: Value = again.json().await.unwrap();
    assert_eq!((&again["draft"], &again["again"]), (&first["draft"], &json!(true)));
    expect(post("a-1", "Hvad er fristen?").await.unwrap(), Code::KeyReused).await;
    let queue = json_of(program.get("/api/v1/drafts").await).await;
    assert_eq!(queue["drafts"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_inquiries_in_one_call_are_taken_in_one_by_one() {
    let office = Office::open().await;
    let program = office.program();
    let inquiries: Vec<Value> = (0..12)
        .map(|n| match n {
            3 => json!({ "body": "" }),
            7 => json!("uden felter"),
            n => json!({ "body": ASKED, "institution": "Banedanmark", "id": n.to_string() }),
        })
        .collect();
    let body = Some(json!({ "inquiries": inquiries }));
    let taken = program.ask(Method::POST, "/api/v1/inquiries/batch", None, body).await;
    let taken = json_of(taken).await;
    let codes: Vec<&Value> =
        taken["inquiries"].as_array().unwrap().iter().map(|it| &it["problem"]["code"]).collect();
    assert_eq!(codes[3], "empty_inquiry", "{taken}");
    assert_eq!(codes[7], "bad_json", "{taken}");
    assert_eq!(codes.iter().filter(|code| code.is_null()).count(), 10);
    let anna = office.person("anna", &["caseworker"]);
    for it in taken["inquiries"].as_array().unwrap() {
        if let Some(draft) = it["taken"]["draft"].as_str() {
            assert_eq!(anna.reads(draft).await.0["state"], "ready");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_gives_every_draft_once_the_most_urgent_first() {
    let office = Office::open().await;
    let anna = office.person("anna", &["caseworker"]);
    for n in 0..9 {
        let received = format!("2025-10-{:02}", 20 - n);
        let inquiry = json!({ "body": ASKED, "institution": "Banedanmark", "received": received });
        anna.posts_as(inquiry).await;
    }
    let (mut path, mut seen) = ("/api/v1/drafts?limit=4".to_owned(), Vec::new());
    loop {
        let page = json_of(anna.get(&path).await).await;
        for draft in page["drafts"].as_array().unwrap() {
            seen.push((draft["due"].to_string(), draft["id"].to_string()));
        }
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/drafts?limit=4&cursor={next}");
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((seen.len(), &seen), (9, &sorted));
    for (query, code) in [
        ("state=sent", Code::BadParameter),
        ("cursor=x", Code::BadParameter),
        ("due_until=x", Code::BadDay),
        ("limit=0", Code::BadParameter),
    ] {
        expect(anna.get(&format!("/api/v1/drafts?{query}")).await, code).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let mut office = Office::open().await;
    let draft = office.person("anna", &["caseworker"]).posts(ASKED).await;
    office.server.shutdown.cancel();
    office.server.stopped().await.unwrap();
    let config = svarforslag::config::Config {
        data: office.folder().to_owned(),
        access: office.issuer.keycloak(),
        ..svarforslag::config::Config::default()
    };
    office.server = crate::http::Server::of(config).await;
    let anna = office.person("anna", &["caseworker"]);
    assert_eq!(anna.reads(&draft).await.0["state"], "ready");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_is_taken_back_is_forgotten() {
    let office = Office::open().await;
    let anna = office.person("anna", &["caseworker"]);
    let bo = office.person("bo", &["caseworker", "approver"]);
    let draft = anna.posts(ASKED).await;
    for clerk in [&anna, &bo] {
        let (_, tag) = clerk.reads(&draft).await;
        json_of(clerk.decides(&draft, "approve", &tag, json!({})).await).await;
    }
    learnt(&anna, "frist+l%C3%B8nbestilling").await;
    let (_, tag) = anna.reads(&draft).await;
    let words = json!({ "text": "Kunden har ringet." });
    let open = json_of(anna.decides(&draft, "reopen", &tag, words).await).await;
    assert_eq!(open["state"], "ready");
    forgotten(&anna).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_purges_leaves_the_index_of_a_running_service_too() {
    let office = Office::open().await;
    let anna = office.person("anna", &["caseworker"]);
    let bo = office.person("bo", &["caseworker", "approver"]);
    let draft = anna.posts(ASKED).await;
    for clerk in [&anna, &bo] {
        let (_, tag) = clerk.reads(&draft).await;
        json_of(clerk.decides(&draft, "approve", &tag, json!({})).await).await;
    }
    learnt(&anna, "frist+l%C3%B8nbestilling").await;
    let inquiry = anna.reads(&draft).await.0["inquiry"].as_str().unwrap().to_owned();
    let data = office.folder().to_str().unwrap().to_owned();
    let purge = std::process::Command::new(crate::desk::PROGRAM)
        .args(["--data", &data, "purge", "--inquiry", &inquiry])
        .output();
    assert!(purge.unwrap().status.success());
    forgotten(&anna).await;
    expect(anna.get(&format!("/api/v1/drafts/{draft}")).await, Code::NotFound).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_has_changed_is_told_before_an_approval() {
    let office = Office::open().await;
    let anna = office.person("anna", &["caseworker"]);
    let owner = office.person("sofie", &["source_owner"]);
    let draft = anna.posts(ASKED).await;
    let (_, tag) = anna.reads(&draft).await;
    let quoting = json_of(owner.get("/api/v1/quoting?document=bestilling.md").await).await;
    assert_eq!(quoting["drafts"][0]["id"], draft.as_str(), "{quoting}");
    let gone = owner.ask(Method::DELETE, "/api/v1/documents/bestilling.md", None, None).await;
    assert_eq!(gone.status(), 200, "{}", gone.text().await.unwrap());
    let told =
        expect(anna.decides(&draft, "approve", &tag, json!({})).await, Code::SourcesChanged).await;
    assert!(told["detail"].as_str().unwrap().contains("findes ikke mere"), "{told}");
    let (view, tag) = anna.reads(&draft).await;
    assert_eq!(view["changed_sources"][0]["what"], "gone", "{view}");
    let words = json!({ "sources_seen": true });
    let held = json_of(anna.decides(&draft, "approve", &tag, words).await).await;
    assert_eq!(held["state"], "held");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_webhook_and_a_watched_folder_take_inquiries_in() {
    let watched = tempfile::tempdir().unwrap();
    let folder = watched.path().to_owned();
    let office = Office::with(|config| {
        config.review.watch.clone_from(&folder);
        config.review.webhook_secret =
            Some(svarforslag::review::Secret::new("en lang hemmelighed"));
    })
    .await;
    let body = json!({ "body": ASKED, "institution": "Banedanmark" }).to_string();
    let sent = svarforslag::service::clock::seconds().to_string();
    let signature = sign("en lang hemmelighed", &sent, &body);
    let post = |signature: String, body: String| {
        let request = office.server.client.post(office.server.url("/api/v1/webhook"));
        let request = request.header("content-type", "application/json");
        let request = request.header("x-svarforslag-timestamp", &sent);
        request.header("x-svarforslag-signature", signature).body(body).send()
    };
    assert_eq!(post(signature.clone(), body.clone()).await.unwrap().status(), 201);
    assert_eq!(post(signature.clone(), body.clone()).await.unwrap().status(), 200);
    let forged = post(signature, body.replace("december", "november")).await.unwrap();
    expect(forged, Code::Unauthorized).await;
    let mail = format!(
        "From: mette@bane.example\r\nSubject: Frist\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\r\n{ASKED}\r\n"
    );
    std::fs::write(folder.join("a.eml"), &mail).unwrap();
    std::fs::write(folder.join("tom.eml"), "From: a@b.example\r\n\r\n").unwrap();
    let (taken, refused) = (folder.join("taken/a.eml"), folder.join("refused/tom.txt"));
    let started = Instant::now();
    while !(taken.exists() && refused.exists()) {
        assert!(started.elapsed() < Duration::from_secs(30), "the mails still lie there");
        tokio::task::yield_now().await;
    }
    let why = std::fs::read_to_string(refused).unwrap();
    assert!(why.starts_with("bad_mail\n") || why.starts_with("empty_inquiry\n"), "{why}");
    let anna = office.person("anna", &["caseworker"]);
    let path = "/api/v1/drafts?state=drafting,ready&institution=Banedanmark";
    let queue = json_of(anna.get(path).await).await;
    assert_eq!(queue["drafts"].as_array().unwrap().len(), 2, "{queue}");
}

fn sign(secret: &str, sent: &str, body: &str) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{sent}.{body}").as_bytes());
    let bytes = mac.finalize().into_bytes();
    format!("sha256={}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_who_has_signed_on_asks_for_is_kept() {
    let office = Office::open().await;
    let anna = office.person("anna", &["caseworker"]);
    let inquiry = json!({ "body": ASKED, "institution": "Banedanmark" });
    let draft = json_of(anna.ask(Method::POST, "/api/v1/drafts", None, Some(inquiry)).await).await;
    assert_eq!(draft["kept"], true);
    let (view, tag) = anna.reads(draft["id"].as_str().unwrap()).await;
    assert_eq!((&view["state"], &view["reply"]), (&json!("ready"), &draft["reply"]));
    let held = anna.decides(draft["id"].as_str().unwrap(), "approve", &tag, json!({})).await;
    assert_eq!(json_of(held).await["state"], "held");
}
