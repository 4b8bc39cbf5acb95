//! Where requests meet the service: a few seats, a short wait, and a time in which to be done.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::Span;

use crate::access::{Access, ToldCode};
use crate::config::Limits;
use crate::http::counts::Counts;
use crate::http::door::Door;
use crate::http::problem::{Code, Problem};
use crate::service::{Jobs, Review, Service};

/// How long a request waits for a seat: a draft takes less, so a short burst is let in.
const SEAT_WAIT: Duration = Duration::from_secs(1);

/// Shows a code to the operator.
type Teller = Box<dyn Fn(&ToldCode) + Send + Sync>;

/// What every request needs.
pub(crate) struct Desk {
    pub(crate) service: Arc<Service>,
    pub(crate) counts: Counts,
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) door: Door,
    review: Option<Arc<Review>>,
    pub(crate) access: Access,
    teller: Teller,
    seats: Arc<Semaphore>,
}

impl Desk {
    /// A desk with the seats that the settings allow.
    pub(crate) fn new(service: Arc<Service>, counts: Counts, jobs: Jobs) -> Self {
        let seats = service.config().limits.work_at_once_max.min(Semaphore::MAX_PERMITS);
        let (jobs, seats) = (Arc::new(jobs), Arc::new(Semaphore::new(seats)));
        let (door, access) = (Door::default(), Access::closed());
        let teller = Box::new(|_: &ToldCode| {});
        Self { service, counts, jobs, door, access, teller, review: None, seats }
    }

    /// The same desk behind a door.
    pub(crate) fn behind(self, door: Door) -> Self {
        Self { door, ..self }
    }

    /// The same desk with a review.
    pub(crate) fn reviewing(self, review: Arc<Review>) -> Self {
        Self { review: Some(review), ..self }
    }

    /// The review of this service.
    pub(crate) fn review(&self) -> Result<&Arc<Review>, Problem> {
        self.review.as_ref().ok_or_else(|| Problem::internal("there is no review"))
    }

    /// The same desk for those whom the access lets in; codes are shown to the operator.
    pub(crate) fn open_to(
        self,
        access: Access,
        teller: impl Fn(&ToldCode) + Send + Sync + 'static,
    ) -> Self {
        Self { access, teller: Box::new(teller), ..self }
    }

    /// Shows a code to the operator, and to nobody else.
    pub(crate) fn told(&self, code: &ToldCode) {
        (self.teller)(code);
    }

    /// What one caller may take.
    pub(crate) fn limits(&self) -> &Limits {
        &self.service.config().limits
    }

    /// The time in which a request must be answered.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.limits().request_seconds_max)
    }

    /// Does work that holds a core, on a seat.
    pub(crate) async fn work<T: Send + 'static, E: Into<Problem> + Send + 'static>(
        &self,
        work: impl FnOnce(&Service) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem> {
        let free = timeout(SEAT_WAIT, Arc::clone(&self.seats).acquire_owned()).await;
        let Ok(Ok(seat)) = free else { return Err(Problem::new(Code::Busy)) };
        self.run(move |service| {
            // Held until the work ends, also when nobody waits for it any more.
            let _seat = seat;
            work(service)
        })
        .await
    }

    /// Does short work that must not wait for a seat.
    pub(crate) async fn run<T: Send + 'static, E: Into<Problem> + Send + 'static>(
        &self,
        work: impl FnOnce(&Service) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem> {
        let (service, span) = (Arc::clone(&self.service), Span::current());
        let working = tokio::task::spawn_blocking(move || span.in_scope(|| work(&service)));
        match timeout(self.patience(), working).await {
            Err(_) => Err(Problem::new(Code::Timeout)),
            // What a panic says may hold the text that it fell over; no log may.
            Ok(Err(_)) => Err(Problem::internal("the work panicked")),
            Ok(Ok(done)) => done.map_err(Into::into),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use tokio_util::sync::CancellationToken;

    fn desk(seats: usize, request_seconds_max: u64) -> (Desk, tempfile::TempDir) {
        let data = tempfile::tempdir().unwrap();
        let limits = Limits { work_at_once_max: seats, request_seconds_max, ..Limits::default() };
        let config = Config { data: data.path().to_owned(), limits, ..Config::default() };
        let service = Arc::new(Service::open(config).unwrap());
        let jobs = Jobs::open(data.path(), CancellationToken::new());
        (Desk::new(service, Counts::new().unwrap(), jobs), data)
    }

    #[tokio::test]
    async fn a_taken_seat_turns_others_away_and_is_given_back() {
        let (desk, _data) = desk(1, 30);
        let seat = Arc::clone(&desk.seats).acquire_owned().await.unwrap();
        let refused = desk.work(|_| Ok::<_, Problem>(())).await.unwrap_err();
        assert_eq!(refused.code(), Code::Busy);
        drop(seat);
        assert!(desk.work(|_| Ok::<_, Problem>(())).await.is_ok());
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_any_more_still_holds_its_seat() {
        let (desk, _data) = desk(1, 0);
        let (release, held) = std::sync::mpsc::channel::<()>();
        let work = move |_: &Service| {
            let _ = held.recv();
            Ok::<_, Problem>(())
        };
        assert_eq!(desk.work(work).await.unwrap_err().code(), Code::Timeout);
        assert_eq!(desk.seats.available_permits(), 0);
        drop(release);
        assert!(Arc::clone(&desk.seats).acquire_owned().await.is_ok());
    }

    #[tokio::test]
    async fn work_that_panics_is_a_fault_and_leaves_its_seat() {
        let (desk, _data) = desk(1, 30);
        let work = |_: &Service| -> Result<(), Problem> { panic!("Kære Hr. Prøvesen") };
        let failed = desk.work(work).await.unwrap_err();
        assert_eq!(failed.code(), Code::Internal);
        assert!(!failed.cause().unwrap().contains("Prøvesen"));
        assert!(desk.work(|_| Ok::<_, Problem>(())).await.is_ok());
    }
}
