//! What goes wrong around a ledger: a clear error, nothing half, and on it goes when it is over.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use crate::privacy::MasterKey;
use crate::review::contract::{
    AT, Stage, caseworker, deciding, draft, inquiry, made, on_both, posting, shared,
};
use crate::review::database::Database as _;
use crate::review::{Actor, Decision, Error, Ledger, Purge, State};

on_both!(faults:
    another_key_opens_nothing_and_changes_nothing,
    a_ledger_of_a_later_program_is_left_alone,
);

async fn tables(ledger: &Ledger) -> String {
    let mut all = String::new();
    for table in ["meta", "head", "event", "draft", "inquiry"] {
        let mut rows: Vec<String> = Vec::new();
        for row in ledger.seen(format!("SELECT * FROM {table}")).await {
            rows.push(format!("{:?}", row.shown()));
        }
        rows.sort();
        all.extend(rows);
    }
    all
}

/// The bytes of the file, if the ledger is one.
fn bytes(stage: &Stage) -> Vec<u8> {
    std::fs::read(stage.folder.path().join("ledger.db")).unwrap_or_default()
}

async fn another_key_opens_nothing_and_changes_nothing(stage: Stage) {
    let ledger = stage.open().await;
    ledger.ready_draft(1, 1).await;
    let before = tables(&ledger).await;
    ledger.close().await;
    let file = bytes(&stage);
    let other = Ledger::open(&stage.settings, stage.folder.path(), MasterKey::of_this_run()).await;
    assert!(matches!(other, Err(Error::OtherKey)));
    assert_eq!(bytes(&stage), file);
    assert_eq!(tables(&stage.open().await).await, before);
}

async fn a_ledger_of_a_later_program_is_left_alone(stage: Stage) {
    let ledger = stage.open().await;
    ledger.ready_draft(1, 1).await;
    ledger.by_hand("UPDATE meta SET value = '99' WHERE name = 'schema'").await.unwrap();
    let before = tables(&ledger).await;
    ledger.close().await;
    let file = bytes(&stage);
    let newer = stage.try_open().await.unwrap_err();
    assert!(matches!(newer, Error::Newer(99)));
    assert_eq!(newer.code(), "bad_ledger");
    assert_eq!(bytes(&stage), file, "not a byte was written");
    // Looked at without opening it as a ledger.
    if stage.settings.database.is_empty() {
        return;
    }
    let raw = crate::review::database::Postgres::open(&stage.settings.database).await.unwrap();
    let rows = raw.fetch("SELECT value FROM meta WHERE name = 'schema'".into(), Vec::new()).await;
    assert_eq!(rows.unwrap()[0].text("value").unwrap(), "99");
    assert!(before.contains("99"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_ledger_is_named() {
    let stage = Stage::sqlite();
    std::fs::write(stage.folder.path().join("ledger.db"), "Kære Kundebetjening".repeat(500))
        .unwrap();
    assert_eq!(stage.try_open().await.unwrap_err().code(), "bad_ledger");
    let stage = Stage::sqlite();
    std::fs::create_dir(stage.folder.path().join("ledger.db")).unwrap();
    let shut = stage.try_open().await.unwrap_err();
    assert_eq!(shut.code(), "ledger_gone");
    assert!(shut.remedy().contains("right to write"), "{}", shut.remedy());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn its_owner_alone_reads_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let stage = Stage::sqlite();
    let ledger = stage.open().await;
    ledger.post(posting(1)).await.unwrap();
    let mut files = 0;
    for file in std::fs::read_dir(stage.folder.path()).unwrap() {
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
        files += 1;
    }
    assert!(files >= 2, "the log beside it too");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_another_program_holds_is_busy_and_then_works() {
    let stage = Stage::sqlite();
    let ledger = stage.open().await;
    let id = ledger.ready_draft(1, 1).await;
    let path = stage.folder.path().join("ledger.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let mut other = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let ane = caseworker("ane");
    let busy = ledger.does(&id, &ane, Decision::Approve).await.unwrap_err();
    assert_eq!(busy.code(), "ledger_busy");
    assert_eq!(ledger.look(&id).await.unwrap().summary.state, State::Ready, "reads go on");
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    ledger.does(&id, &ane, Decision::Approve).await.unwrap();
    ledger.whole_log().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_beside_a_long_look_has_purged_and_says_what_is_left_to_wipe() {
    let stage = Stage::sqlite();
    let ledger = stage.open().await;
    ledger.ready_draft(1, 1).await;
    let path = stage.folder.path().join("ledger.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let mut other = sqlx::ConnectOptions::connect(&options).await.unwrap();
    for sql in ["BEGIN", "SELECT COUNT(*) FROM inquiry"] {
        sqlx::query(sql).execute(&mut other).await.unwrap();
    }
    let these = || Purge::These(vec![inquiry(1)]);
    let purged = ledger.purge(these(), &Actor::operator(), AT).await.unwrap();
    assert_eq!((purged.inquiries, purged.wiped), (vec![inquiry(1)], false));
    assert_eq!(ledger.number("SELECT COUNT(*) AS n FROM inquiry").await, 0);
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    let again = ledger.purge(these(), &Actor::operator(), AT).await.unwrap();
    assert_eq!((again.inquiries.len(), again.wiped), (0, true));
    let beside = std::fs::metadata(stage.folder.path().join("ledger.db-wal")).unwrap();
    assert_eq!(beside.len(), 0);
    ledger.whole_log().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_reads_go_on_and_writes_when_there_is_room() {
    let stage = Stage::sqlite();
    let ledger = shared(stage.open().await);
    let id = ledger.ready_draft(1, 1).await;
    let pages = ledger.seen("PRAGMA page_count").await[0].int("page_count").unwrap();
    // The one connection that writes may let the file grow by a little only.
    ledger.by_hand(format!("PRAGMA max_page_count = {}", pages + 20)).await.unwrap();
    let posts: Vec<_> = (2..400)
        .map(|n| {
            let ledger = ledger.clone();
            tokio::spawn(async move { ledger.post(posting(n)).await })
        })
        .collect();
    let mut full = 0;
    for (at, post) in posts.into_iter().enumerate() {
        let done = post.await.unwrap();
        let there = ledger.summary(&draft(at + 2)).await;
        match done {
            Ok(_) => assert!(there.is_ok(), "acknowledged and lost"),
            Err(error) => {
                // Each of those that were written together hears the same.
                assert_eq!(error.code(), "ledger_full", "{error:?}");
                assert!(matches!(there, Err(Error::NotFound)), "refused and kept");
                full += 1;
            }
        }
    }
    println!("{full} of 398 refused when the file could not grow");
    assert!(full > 0);
    assert_eq!(ledger.look(&id).await.unwrap().reply, Some(made(1).reply));
    ledger.whole_log().await;
    // The next connection has room: the fault left nothing behind.
    ledger.post(posting(400)).await.unwrap();
    ledger.does(&id, &caseworker("ane"), Decision::Approve).await.unwrap();
    ledger.whole_log().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_end_of_the_log_is_not_built_upon() {
    let forgeries = [
        "UPDATE head SET seq = seq - 1",
        "UPDATE head SET hash = 'x'",
        "UPDATE head SET mac = 'x'",
        "DELETE FROM head",
    ];
    for forgery in forgeries {
        let stage = Stage::sqlite();
        let ledger = stage.open().await;
        ledger.ready_draft(1, 1).await;
        ledger.by_hand(forgery).await.unwrap();
        let refused = ledger.post(posting(2)).await.unwrap_err();
        assert_eq!(refused.code(), "bad_ledger", "{forgery}");
        assert!(!ledger.verify().await.unwrap().damage.is_empty(), "{forgery}");
    }
    // An end that was good once is known too, as long as the program runs.
    let stage = Stage::sqlite();
    let ledger = stage.open().await;
    ledger.post(posting(1)).await.unwrap();
    let old = ledger.seen("SELECT hash, mac FROM head").await;
    ledger.post(posting(2)).await.unwrap();
    let (hash, mac) = (old[0].text("hash").unwrap(), old[0].text("mac").unwrap());
    ledger.by_hand("DELETE FROM event WHERE seq > 1").await.unwrap();
    let back = format!("UPDATE head SET seq = 1, hash = '{hash}', mac = '{mac}'");
    ledger.by_hand(back).await.unwrap();
    assert_eq!(ledger.post(posting(3)).await.unwrap_err().code(), "bad_ledger");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_another_hand_changed_is_decided_on_by_nobody() {
    let changes = [
        "UPDATE draft SET persons = 1",
        "UPDATE draft SET state = 'approved'",
        "UPDATE draft SET institution = 'DTU'",
        "UPDATE draft SET first_by = 'cai'",
        "UPDATE draft SET reply = content",
    ];
    for change in changes {
        let stage = Stage::sqlite();
        let ledger = stage.open().await;
        let id = ledger.ready_draft(1, 2).await;
        ledger.by_hand(change).await.unwrap();
        let refused = ledger.decide(deciding(&id, 2, &caseworker("ane"), Decision::Approve)).await;
        assert!(matches!(refused, Err(Error::Damaged(_))), "{change}: {refused:?}");
        assert!(matches!(ledger.look(&id).await, Err(Error::Damaged(_))), "{change}");
    }
}

/// What becomes of what goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Open,
    /// Connections are cut, and none is taken.
    Cut,
    /// Nothing comes through any more, and nobody is told.
    Dead,
}

/// The line is cut at the message that commits, whichever it is.
const AT_COMMIT: i64 = -2;

/// Stands between a ledger and its server, and can cut the line at any message.
struct Between {
    line: watch::Sender<Line>,
    /// Messages that still go through before the line is cut; -1: all.
    left: Arc<AtomicI64>,
    /// Whether the message at which the line is cut still reaches the server.
    reaches: Arc<std::sync::atomic::AtomicBool>,
    passed: Arc<AtomicI64>,
}

impl Between {
    fn start(stage: &mut Stage) -> Self {
        let (head, parameters) = stage.settings.database.split_once("?host=").unwrap();
        let server = Path::new(parameters).join(".s.PGSQL.5432");
        let own = stage.folder.path().join("between");
        std::fs::create_dir(&own).unwrap();
        let listener = UnixListener::bind(own.join(".s.PGSQL.5432")).unwrap();
        stage.settings.database = format!("{head}?host={}", own.display());
        let between = Self {
            line: watch::channel(Line::Open).0,
            left: Arc::new(AtomicI64::new(-1)),
            reaches: Arc::default(),
            passed: Arc::default(),
        };
        let line = between.line.clone();
        let counts = (between.left.clone(), between.reaches.clone(), between.passed.clone());
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                if *line.borrow() == Line::Cut {
                    continue;
                }
                let (server, counts) = (server.clone(), counts.clone());
                let (line, mut told) = (line.clone(), line.subscribe());
                tokio::spawn(async move {
                    let mut server = UnixStream::connect(server).await.unwrap();
                    let cut = async { drop(told.wait_for(|line| *line == Line::Cut).await) };
                    tokio::select! {
                        () = cut => {}
                        () = pass(&mut client, &mut server, &line, &counts) => {}
                    }
                });
            }
        });
        between
    }

    /// Cuts the line at the message behind so many.
    fn cut_behind(&self, messages: i64, reaches: bool) {
        self.reaches.store(reaches, Ordering::SeqCst);
        self.left.store(messages, Ordering::SeqCst);
    }

    fn set(&self, line: Line) {
        self.left.store(-1, Ordering::SeqCst);
        self.line.send_replace(line);
    }
}

type Counts = (Arc<AtomicI64>, Arc<std::sync::atomic::AtomicBool>, Arc<AtomicI64>);

/// Passes messages on, until the line is cut or one side goes.
async fn pass(
    client: &mut UnixStream,
    server: &mut UnixStream,
    line: &watch::Sender<Line>,
    (left, reaches, passed): &Counts,
) {
    let (mut asks, mut answers) = (vec![0; 65536], vec![0; 65536]);
    loop {
        if *line.borrow() == Line::Dead {
            // Whatever is sent, nobody answers and nobody hangs up.
            drop(line.subscribe().wait_for(|line| *line != Line::Dead).await);
            return;
        }
        tokio::select! {
            read = client.read(&mut asks) => {
                let n = read.unwrap_or(0);
                if n == 0 { return; }
                passed.fetch_add(1, Ordering::SeqCst);
                let before = left.load(Ordering::SeqCst);
                let commits = asks[..n].windows(6).any(|word| word == b"COMMIT");
                if before == 0 || before == AT_COMMIT && commits {
                    line.send_replace(Line::Cut);
                    if reaches.load(Ordering::SeqCst) {
                        drop(server.write_all(&asks[..n]).await);
                        // Until the server has done it; its answer goes nowhere.
                        drop(server.read(&mut answers).await);
                    }
                    return;
                }
                if before > 0 { left.fetch_sub(1, Ordering::SeqCst); }
                if server.write_all(&asks[..n]).await.is_err() { return; }
            }
            read = server.read(&mut answers) => {
                let n = read.unwrap_or(0);
                if n == 0 || client.write_all(&answers[..n]).await.is_err() { return; }
            }
        }
    }
}

/// Asks until the ledger answers again.
async fn comes_back(ledger: &Ledger) {
    let until = Instant::now() + Duration::from_secs(30);
    while let Err(error) = ledger.check().await {
        assert_eq!(error.code(), "ledger_gone");
        assert!(Instant::now() < until, "it does not come back: {error}");
    }
}

/// A draft was decided on wholly, or not at all.
async fn whole_or_nothing(ledger: &Ledger, id: &str) -> bool {
    let whole = ledger.look(id).await.unwrap();
    let decided = whole.summary.state == State::Approved;
    let n = i64::from(decided);
    let count = async |table: &str| {
        ledger.number(format!("SELECT COUNT(*) AS n FROM {table} WHERE draft = '{id}'")).await
    };
    assert_eq!((count("decision").await, count("lesson").await), (n, n));
    assert_eq!(count("event").await, 2 + n);
    assert_eq!(whole.summary.version, 2 + n);
    decided
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_cut_at_any_message_of_a_decision_leaves_nothing_half() {
    let Some(mut stage) = Stage::postgres().await else { return };
    let direct = stage.open().await;
    let between = Between::start(&mut stage);
    let ledger = stage.open().await;
    let ane = caseworker("ane");
    // How many messages a decision is, once its statements are known to the server.
    for n in 0..2 {
        let id = ledger.ready_draft(n, 1).await;
        between.passed.store(0, Ordering::SeqCst);
        ledger.decide(deciding(&id, 2, &ane, Decision::Approve)).await.unwrap();
    }
    let messages = between.passed.load(Ordering::SeqCst);
    assert!(messages > 10);
    let (mut cuts, mut lost, mut acknowledged, mut silently) = (0, 0, 0, 0);
    for reaches in [false, true] {
        for at in (0..messages).chain([AT_COMMIT]) {
            let n = 1000 + 2 * cuts;
            // The new connection is to know the statements again.
            let known = ledger.ready_draft(n + 1, 1).await;
            ledger.decide(deciding(&known, 2, &ane, Decision::Approve)).await.unwrap();
            let id = ledger.ready_draft(n, 1).await;
            between.cut_behind(at, reaches);
            let decided = ledger.decide(deciding(&id, 2, &ane, Decision::Approve)).await;
            between.set(Line::Open);
            // What a broken connection held is let go by the server first.
            direct.note_nothing().await;
            let there = whole_or_nothing(&direct, &id).await;
            match decided {
                Ok(_) => {
                    assert!(there, "acknowledged and lost, at message {at}");
                    assert_ne!(at, AT_COMMIT, "acknowledged without its commit");
                    acknowledged += 1;
                }
                Err(error) => {
                    assert_eq!(error.code(), "ledger_gone", "at message {at}: {error:?}");
                    assert!(at != AT_COMMIT || there == reaches, "made with its commit alone");
                    silently += i64::from(there);
                    lost += i64::from(!there);
                }
            }
            comes_back(&ledger).await;
            cuts += 1;
        }
    }
    direct.whole_log().await;
    println!(
        "{cuts} cuts in a decision of {messages} messages: {lost} not made, {silently} made \
         and not acknowledged (cut behind its commit), {acknowledged} acknowledged; none half"
    );
    assert!(lost > 0 && silently > 0);
}

impl Ledger {
    /// Waits for the lock that every writer takes.
    async fn note_nothing(&self) {
        let who = crate::review::Actor::program();
        self.note("note", &who, crate::review::contract::AT, serde_json::json!({})).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away_is_named_and_comes_back() {
    let Some(mut stage) = Stage::postgres().await else { return };
    let between = Between::start(&mut stage);
    let ledger = shared(stage.open().await);
    let id = ledger.ready_draft(1, 1).await;
    let ane = caseworker("ane");
    between.set(Line::Cut);
    let decided = ledger.decide(deciding(&id, 2, &ane, Decision::Approve)).await;
    let error = decided.unwrap_err();
    assert_eq!(error.code(), "ledger_gone");
    assert!(error.remedy().contains("database server"));
    assert_eq!(ledger.look(&id).await.unwrap_err().code(), "ledger_gone");
    assert_eq!(stage.try_open().await.unwrap_err().code(), "ledger_gone");
    between.set(Line::Open);
    comes_back(&ledger).await;
    ledger.decide(deciding(&id, 2, &ane, Decision::Approve)).await.unwrap();
    ledger.whole_log().await;
    // A line on which nobody answers: whoever waits is told in time.
    let other = ledger.ready_draft(2, 1).await;
    between.set(Line::Dead);
    let started = Instant::now();
    let decided = ledger.decide(deciding(&other, 2, &ane, Decision::Approve)).await;
    assert_eq!(decided.unwrap_err().code(), "ledger_gone");
    println!("a dead line was noticed after {:.1} s", started.elapsed().as_secs_f64());
    assert!(started.elapsed() < Duration::from_secs(40));
    between.set(Line::Cut);
    between.set(Line::Open);
    comes_back(&ledger).await;
    assert!(!whole_or_nothing(&ledger, &other).await);
    ledger.decide(deciding(&other, 2, &ane, Decision::Approve)).await.unwrap();
    ledger.whole_log().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn backends_that_are_ended_leave_nothing_half() {
    let Some(stage) = Stage::postgres().await else { return };
    let ledger = shared(stage.open().await);
    let other = stage.open().await;
    let decisions: Vec<_> = (0..300)
        .map(|n| {
            let ledger = ledger.clone();
            tokio::spawn(async move {
                // As a caller that tries again until it is told yes or no.
                loop {
                    match ledger.post(posting(n)).await {
                        Ok(_) => break true,
                        Err(error) if error.code() == "ledger_gone" => {}
                        // It was written, and the answer was lost.
                        Err(error) => {
                            assert_eq!(error.code(), "internal", "{error:?}");
                            break false;
                        }
                    }
                }
            })
        })
        .collect();
    let mut ended = 0;
    while decisions.iter().any(|decision| !decision.is_finished()) && ended < 200 {
        let sql = "SELECT COUNT(pg_terminate_backend(pid)) AS n FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid() \
                   AND state <> 'idle'";
        if let Ok(rows) = other.database.fetch(sql.into(), Vec::new()).await {
            ended += rows[0].int("n").unwrap();
        }
    }
    for decision in decisions {
        decision.await.unwrap();
    }
    println!("{ended} backends ended while 300 inquiries were taken in");
    assert!(ended > 0);
    comes_back(&other).await;
    for n in 0..300 {
        let summary = other.summary(&draft(n)).await.unwrap();
        assert_eq!(summary.inquiry, inquiry(n));
    }
    assert_eq!(other.number("SELECT COUNT(*) AS n FROM event").await, 300);
    other.whole_log().await;
}
