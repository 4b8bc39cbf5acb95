//! Connections taken in, served within their limits, and let go.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::HttpBody;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::access::{Access, ToldCode};
use crate::http::connections::{Connections, Place};
use crate::http::counts::Counts;
use crate::http::desk::Desk;
use crate::http::door::{Door, Peer};
use crate::http::router::router;
use crate::service::{Jobs, Review, Service};

/// How long requests that run may go on once the program is told to stop.
const DRAIN: Duration = Duration::from_secs(8);
/// How long to wait when the system has no descriptor left for another connection.
const BREATH: Duration = Duration::from_millis(50);
/// How often the buffers of the numbers are emptied.
const TIDY: Duration = Duration::from_secs(10);
/// Bytes of the headers of one request.
const HEADER_BYTES_MAX: usize = 64 * 1024;

/// Serves until `shutdown`, then lets running requests finish for a while and returns.
///
/// The connections are served by hyper itself: `axum::serve` and hyper-util's server leave a
/// connection open for ever that never sends its headers.
///
/// Who may ask is a matter of the settings and of who reaches the address; `teller` shows the
/// codes of those who sign in here to the operator.
pub async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    teller: impl Fn(&ToldCode) + Send + Sync + 'static,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let listens = listener.local_addr()?;
    let access = Access::open(&service.config().access, listens).map_err(std::io::Error::other)?;
    let counts = Counts::new().map_err(std::io::Error::other)?;
    let jobs = Jobs::open(&service.config().data, shutdown.clone());
    let door = Door::of(service.config(), listens);
    let review = Review::open(Arc::clone(&service)).await.map_err(std::io::Error::other)?;
    let beside = TaskTracker::new();
    beside.spawn(Arc::clone(&review).work(shutdown.clone()));
    beside.spawn(Arc::clone(&review).learn(shutdown.clone()));
    beside.spawn(Arc::clone(&review).keep_watch(shutdown.clone()));
    beside.spawn(Arc::clone(&review).watch(shutdown.clone()));
    beside.close();
    let desk = Desk::new(service, counts, jobs).behind(door).open_to(access, teller);
    let desk = desk.reviewing(Arc::clone(&review));
    let desk = Arc::new(desk);
    let limits = desk.limits();
    let connections = Connections::new(limits.connections_max, limits.connections_per_peer_max);
    let router = router(Arc::clone(&desk)).map_err(std::io::Error::other)?;
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let tidying = tokio::spawn(tidy(Arc::clone(&desk), Arc::clone(&connections), stop.clone()));
    while let Some((stream, peer, place)) = next(&listener, &connections, &desk, &shutdown).await {
        desk.counts.connections(connections.open());
        let served = Served {
            router: router.clone(),
            place,
            peer,
            header_seconds_max: desk.limits().header_seconds_max,
        };
        let serving = served.connection(stream, shutdown.clone(), stop.clone());
        let (desk, connections) = (Arc::clone(&desk), Arc::clone(&connections));
        tasks.spawn(async move {
            serving.await;
            desk.counts.connections(connections.open());
        });
    }
    drop(listener);
    tasks.close();
    if tokio::time::timeout(DRAIN, tasks.wait()).await.is_err() {
        tracing::warn!(connections = tasks.len(), "requests were cut off");
    }
    stop.cancel();
    tasks.wait().await;
    // Its file says how it ended, before the program does.
    desk.jobs.ended().await;
    // What was begun is finished: a draft that is half made is made again after the start.
    beside.wait().await;
    review.close().await;
    tidying.await.map_err(std::io::Error::other)
}

/// The next connection with its place, or nothing when it is time to stop.
async fn next(
    listener: &TcpListener,
    connections: &Arc<Connections>,
    desk: &Desk,
    shutdown: &CancellationToken,
) -> Option<(TcpStream, Peer, Arc<Place>)> {
    let taking = async {
        let (stream, peer) = loop {
            match listener.accept().await {
                // One that holds all it may, and asks on all of them, gets no more.
                Ok((_, peer)) if !admits(connections, desk, peer.ip()) => desk.counts.evicted(),
                Ok((stream, peer)) => break (stream, peer.ip()),
                Err(error) => {
                    // A caller that has gone again is no trouble; a lack of descriptors passes.
                    tracing::warn!(cause = %error, "a connection could not be taken in");
                    tokio::time::sleep(BREATH).await;
                }
            }
        };
        let (place, evicted) = connections.enter(peer).await?;
        if evicted {
            desk.counts.evicted();
        }
        Some((stream, Peer(peer), place))
    };
    shutdown.run_until_cancelled(taking).await.flatten()
}

/// Whether one more connection from there may come; a proxy's are those of many.
fn admits(connections: &Arc<Connections>, desk: &Desk, peer: IpAddr) -> bool {
    desk.door.is_proxy(peer) || connections.makes_room(peer)
}

/// What one connection is served with.
struct Served {
    router: Router,
    place: Arc<Place>,
    peer: Peer,
    header_seconds_max: u64,
}

impl Served {
    async fn connection(
        self,
        stream: TcpStream,
        shutdown: CancellationToken,
        stop: CancellationToken,
    ) {
        // Answers are written at once; waiting to fill a packet would only delay them.
        let _ = stream.set_nodelay(true);
        let place = Arc::clone(&self.place);
        let answer = service_fn(move |mut request: Request<Incoming>| {
            // One whose body is still to come is taken for silent until it has come.
            let asking = request.body().is_end_stream().then(|| self.place.ask());
            request.extensions_mut().insert(Arc::clone(&self.place));
            request.extensions_mut().insert(self.peer);
            let answering = self.router.clone().oneshot(request);
            async move {
                let answer = answering.await;
                drop(asking);
                answer
            }
        });
        let serving = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(self.header_seconds_max))
            .max_header_size(HEADER_BYTES_MAX)
            .serve_connection(TokioIo::new(stream), answer);
        let mut serving = std::pin::pin!(serving);
        let mut stopping = std::pin::pin!(shutdown.cancelled());
        let mut told = false;
        loop {
            tokio::select! {
                // How a caller went away is of no interest; what it asked has been logged.
                _ = serving.as_mut() => break,
                () = place.ended.cancelled() => break,
                () = stop.cancelled() => break,
                () = stopping.as_mut(), if !told => {
                    told = true;
                    serving.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

async fn tidy(desk: Arc<Desk>, connections: Arc<Connections>, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(TIDY);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        desk.counts.connections(connections.open());
        desk.counts.tidy();
    }
}
